"""To the summit of a BKT with codes: expectation-maximisation, sped up, then Newton's method, all in logits.

Expectation-maximisation is sped up by squared extrapolation (Varadhan & Roland 2008), taken only where it goes up. Its
expected counts also give the slope (Fisher's identity: successes − trials · p), and differences of the slope the
curvature, of which a question's column needs only the students who met it. With a prior on questions all of this is of
the log posterior. A prior that is learned alternates with the climb: its means and spreads become those of the
questions' posteriors, normal around the summit, and the mean's own uncertainty counts (empirical Bayes, restricted
maximum likelihood; Laird & Ware 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ._newton import to_logit, to_probability
from ._variant_counts import Counted
from .variant_params import QuestionPrior

BOUND = float(np.log(1e10 - 1))  # probabilities are sought between 1e-10 and one minus this
ROUGH = 0.5  # nats that a cycle of two EM steps must gain, or else Newton's method takes over
_CYCLES = 40  # of two EM steps, at most, before it does
_STRIDE = 3.0  # longest step, in logits
_HALVINGS = 40
_SHIFT = 1e-5  # of a difference, in logits
_AT = 1e-6  # logits; what lies closer than this to the bound, and wants beyond it, is there
_ROUNDS = 30  # while a prior is learned
_NEAR = 0.1  # nats that a step may promise where a round's climb ends
_STILL = 0.01  # standard errors of a learned mean, moved in a round, at which learning ends
_AWAY = 0.5  # logits from the mean at which one more question is imagined, as in `skills`


@dataclass(frozen=True, eq=False)
class Summit:
    """Where a climb ended. logits: of the free numbers. curvature: (free, free), of the log posterior."""

    logits: np.ndarray
    log_likelihood: float
    trace: np.ndarray
    curvature: np.ndarray
    converged: bool
    reason: str


class Hill:
    """The log posterior of the numbers `free`, the others held at `values`; without `prior`, the log likelihood."""

    def __init__(self, counted: Counted, values: np.ndarray, free: np.ndarray, prior: QuestionPrior | None):
        self.counted, self.values, self.free = counted, values, free
        self.mean, self.precision = np.zeros(len(free)), np.zeros(len(free))
        if prior is not None:
            edges = np.cumsum(counted.sizes)
            for place, block in enumerate((3, 4)):
                here = (free >= edges[block - 1]) & (free < edges[block])
                self.mean[here], self.precision[here] = prior.mean[place], prior.sd[place] ** -2.0
        self._touched = None

    def at(self, logits: np.ndarray) -> np.ndarray:
        """All numbers, as probabilities."""
        values = self.values.copy()
        values[self.free] = to_probability(logits)
        return values

    def look(self, logits: np.ndarray) -> tuple[float, np.ndarray, float, np.ndarray, np.ndarray]:
        """Height (−inf if impossible), slope, log likelihood, expected successes and trials of the free numbers."""
        total, wins, tries = self.counted.expected(self.at(logits))
        wins, tries, off = wins[self.free], tries[self.free], logits - self.mean
        slope = wins - tries * to_probability(logits) - self.precision * off
        height = total - (self.precision * off**2).sum() / 2
        return (-np.inf if np.isnan(height) else height), slope, total, wins, tries

    def em(self, logits: np.ndarray, wins: np.ndarray, tries: np.ndarray) -> np.ndarray:
        """The M-step: successes over trials; under a prior the summit of a hill with one dimension, by Newton."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(tries > 0, wins / tries, to_probability(logits))
            new = np.clip(to_logit(np.clip(share, 0, 1)), -BOUND, BOUND)
        under = self.precision > 0
        if not under.any():
            return new
        theta, wins, tries = logits[under], wins[under], tries[under]
        mean, precision = self.mean[under], self.precision[under]
        for _ in range(12):
            p = to_probability(theta)
            step = (wins - tries * p - precision * (theta - mean)) / (tries * p * (1 - p) + precision)
            theta = theta + np.clip(step, -1, 1)
        new[under] = np.clip(theta, -BOUND, BOUND)
        return new

    def curvature(self, logits: np.ndarray, wins: np.ndarray, tries: np.ndarray) -> np.ndarray:
        """(free, free) second derivatives, by differences of the slope; wins, tries: as `look` gave them there.

        A question that few students met takes two passes through their answers; what concerns most students takes one
        through all, as their slope here is known.
        """
        if self._touched is None:
            touched = self.counted.touched
            self._touched = [touched[k] for k in self.free]
        out, here = np.zeros((len(logits), len(logits))), wins - tries * to_probability(logits)
        for k, who in enumerate(self._touched):
            if 2 * len(who) > len(self.counted.everybody):
                out[k] = (self._slope(logits, k, _SHIFT, None) - here) / _SHIFT
            else:
                out[k] = (self._slope(logits, k, _SHIFT, who) - self._slope(logits, k, -_SHIFT, who)) / (2 * _SHIFT)
        return (out + out.T) / 2 - np.diag(self.precision)

    def _slope(self, logits: np.ndarray, k: int, shift: float, who) -> np.ndarray:
        """The slope of the log likelihood of the students `who`, with the k-th logit moved."""
        moved = logits.copy()
        moved[k] += shift
        _, wins, tries = self.counted.expected(self.at(moved), who)
        return wins[self.free] - tries[self.free] * to_probability(moved)


def climb(hill: Hill, logits: np.ndarray, tol: float, max_steps: int, told=None, rough: float = ROUGH) -> Summit:
    """From `logits` (free,) to a summit within ±BOUND; converged where a Newton step promises less than `tol` nats.

    told: called with the height after each step. rough: nats below which a cycle of EM gives way to Newton's method. No
    step goes down.
    """
    told = told or (lambda height: None)
    seen = hill.look(logits)
    trace = [seen[0]]
    gain = np.inf
    while gain > rough and len(trace) <= min(_CYCLES, max_steps):
        logits, seen = _leap(hill, logits, seen)
        gain = seen[0] - trace[-1]
        trace.append(seen[0])
        told(seen[0])
    promise = np.inf
    while True:
        _, slope, total, *counts = seen
        curvature = hill.curvature(logits, *counts)
        free = (np.abs(logits) < BOUND - _AT) | (logits * slope < 0)
        way = np.zeros(len(logits))
        way[free] = _newton(-curvature[np.ix_(free, free)], slope[free])
        promise = slope @ way / 2
        done = promise < tol
        if not done and len(trace) > max_steps:
            reason = f"max_steps = {max_steps} reached; another step promises {promise:.1g} nats"
            return Summit(logits, total, np.array(trace), curvature, False, reason)
        found = _along(hill, logits, seen, way)
        if found is None:
            reason = "no step goes further up" + ("" if done else f", though {promise:.1g} nats are promised")
            return Summit(logits, total, np.array(trace), curvature, bool(done), reason)
        logits, seen = found
        trace.append(seen[0])
        told(seen[0])
        if done:
            reason = f"the last step promised {promise:.1g} nats, less than {tol:g}"
            return Summit(logits, seen[2], np.array(trace), curvature, True, reason)


def _leap(hill: Hill, logits, seen):
    """Two EM steps, extrapolated where that goes up."""
    one = hill.em(logits, *seen[3:])
    there = hill.look(one)
    two = hill.em(one, *there[3:])
    first, bend = one - logits, two - 2 * one + logits
    size = np.linalg.norm(bend)
    if size > 0:
        reach = max(1.0, np.linalg.norm(first) / size)
        far = np.clip(logits + 2 * reach * first + reach**2 * bend, -BOUND, BOUND)
        beyond = hill.look(far)
        if beyond[0] >= there[0]:
            return far, beyond
    beyond = hill.look(two)
    return (two, beyond) if beyond[0] >= there[0] else (one, there)


def _newton(information: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Newton's step up; where the height curves upwards, as if it curved downwards."""
    try:
        low = cho_factor(information, lower=True)
        if np.diag(low[0]).min(initial=1) > 1e-4 * np.diag(low[0]).max(initial=1):
            return cho_solve(low, slope)
    except np.linalg.LinAlgError:
        pass
    size, axes = np.linalg.eigh(information)
    least = 1e-8 * max(1.0, np.abs(size).max(initial=0))
    return axes @ (axes.T @ slope / np.maximum(np.abs(size), least))


def _along(hill: Hill, logits, seen, way):
    """The first of the halved steps that goes up, and what is seen there; None where none does."""
    way = way * min(1.0, _STRIDE / max(np.abs(way).max(initial=0), 1e-300))
    for _ in range(_HALVINGS):
        new = np.clip(logits + way, -BOUND, BOUND)
        there = hill.look(new)
        if there[0] >= seen[0] + 1e-4 * seen[1] @ (new - logits):
            return new, there
        way = way / 2
    return None


def doubt(covariance: np.ndarray, logits: np.ndarray, prior: QuestionPrior, blocks) -> np.ndarray:
    """What a learned prior's own uncertainty adds to the covariance (Kass & Steffey 1989, first order).

    blocks: for p_slip and p_guess, which of the logits are theirs.
    """
    more = np.zeros_like(covariance)
    for mean, sd, block in zip(prior.mean, prior.sd, blocks, strict=True):
        weight = 1 - np.clip(np.diag(covariance)[block], 0, sd**2) / sd**2  # of a question's own answers
        by_mean = covariance[:, block].sum(1) / sd**2
        by_log_sd = covariance[:, block] @ (2 * (logits[block] - mean)) / sd**2
        more += np.outer(by_mean, by_mean) * sd**2 / max(weight.sum(), 1)
        more += np.outer(by_log_sd, by_log_sd) / (2 * max((weight**2).sum(), 1))
    return more


def learn(hill_under, logits, questions: int, tol: float, max_steps: int, told=None):
    """The prior under which the questions are likeliest, the summit under it, and whether it settled.

    hill_under: prior -> `Hill`. The first prior stands at the mean of the questions, one logit wide.
    """
    hill = hill_under(QuestionPrior(np.zeros(2), np.ones(2)))
    edges = np.cumsum(hill.counted.sizes)
    blocks = [np.flatnonzero((hill.free >= edges[b - 1]) & (hill.free < edges[b])) for b in (3, 4)]
    mean = np.array([logits[block].mean() for block in blocks])
    prior, moved = QuestionPrior(mean, np.ones(2), questions), np.inf
    for _ in range(_ROUNDS):
        summit = climb(hill_under(prior), logits, max(tol, _NEAR), max_steps, told)
        logits = summit.logits
        if moved < _STILL:
            break
        covariance = np.linalg.inv(-summit.curvature)
        mean, sd = prior.mean.copy(), prior.sd.copy()
        for place, block in enumerate(blocks):
            mean[place], sd[place] = _spread(logits[block], np.diag(covariance)[block], mean[place], sd[place])
        moved = (np.maximum(np.abs(mean - prior.mean), np.abs(sd - prior.sd)) / (sd / np.sqrt(questions))).max()
        prior = QuestionPrior(mean, sd, questions)
    return prior, climb(hill_under(prior), logits, tol, max_steps, told), bool(moved < _STILL)


def _spread(top: np.ndarray, own: np.ndarray, mean: float, sd: float) -> tuple[float, float]:
    """Mean and sd over questions, from each question's summit and variance under the old ones, taken as normal.

    What a question's answers alone say is the old posterior without the old prior; with that held, EM runs to its end.
    """
    own = np.clip(own, 1e-12, sd**2 * (1 - 1e-9))
    precision = 1 / own - 1 / sd**2
    alone = (top / own - mean / sd**2) / precision
    for _ in range(1000):
        before = mean, sd
        own = 1 / (precision + 1 / sd**2)
        at = own * (precision * alone + mean / sd**2)
        weight = 1 - own / sd**2  # of a question's own answers
        mean = at.mean()
        spread = (at - mean) ** 2 + own + weight**2 * sd**2 / max(weight.sum(), 1)
        sd = np.sqrt((spread.sum() + _AWAY**2) / (len(top) + 1))
        if max(abs(mean - before[0]), abs(sd - before[1])) < 1e-6:
            break
    return float(mean), float(sd)
