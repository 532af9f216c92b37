"""One skill's likelihood in logits: Newton's method to a summit, and draws from the belief that a prior turns into.

Given k, the number of steps before a student knows the skill, her answers are four binomials; so with θ the logits, and
x successes in n trials for each probability, log P(answers, k) = Σ xθ − n log(1 + e^θ), and slope and curvature of
log P(answers) are means and covariances of x − np over k (Fisher's identity; Louis 1982). With both exact, Newton's
method takes a handful of steps where expectation-maximisation can take hundreds.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..data.sequences import Sequences
from .model import NAMES, BKTParams

EDGE = 1e-6  # probabilities are sought between this and one minus this
BOUND = float(np.log((1 - EDGE) / EDGE))
_STRIDE = 3.0  # longest step, in logits
_HALVINGS = 40
_EM_STEPS = 3  # they leave a poor start without crossing over to the upside-down maximum
_WIDER = 1.3  # draws are spread wider than the summit's curvature says, for longer tails
_BLOCK = 1 << 16  # numbers at a time, to stay in the processor's cache
_GAIN = 1e-9, 1e-12  # a climb ends where no more is to gain: nats, and a share of the log likelihood
_AT = 1e-6  # logits; what lies closer than this to the bound, and wants beyond it, is there
_NONE = np.zeros((4, 4))  # the precision of no prior


@cache
def compiled():
    """The compiled form; None without numba."""
    with suppress(ImportError):
        from . import _climbs

        return _climbs


class ChangePoints:
    """One skill's distinct sequences with all their change points k.

    x, n: (4, change points of all sequences) successes and trials, as above. start, size: (sequences,) where each
    begins, and how many it has. times: how many students share it. sequences: their answers, one after the other.
    students, answers, wrong: how many. longest: most answers of one student.
    """

    def __init__(self, sequences: Sequences):
        rows = Counter(row.tobytes() for row in sequences)
        self.times = np.array(list(rows.values()), float)
        answers = np.frombuffer(b"".join(rows), np.int8)
        size = np.array([len(row) for row in rows]) + 1
        self.size, self.start = size, np.cumsum(size) - size
        self.row = np.repeat(np.arange(len(size)), size)
        k = np.arange(size.sum()) - self.start[self.row]
        asked = [np.zeros(len(k)) for _ in range(2)]  # wrong and right answers before the change
        for y in (0, 1):
            asked[y][k > 0] = answers == y
            asked[y] = np.cumsum(asked[y])
            asked[y] -= asked[y][self.start][self.row]
        last = self.start + size - 1
        wrong, right = asked
        after = (wrong + right)[last][self.row] - wrong - right
        last_k = (size - 1)[self.row]
        self.x = np.stack([k == 0, (k > 0) & (k < last_k), wrong[last][self.row] - wrong, right]).astype(float)
        self.n = np.stack([np.ones(len(k)), np.minimum(k, last_k - 1), after, wrong + right]).astype(float)
        self.n[1, k == 0] = 0
        self.students, self.answers = len(sequences), sequences.n_answers
        self.longest = int((wrong + right)[last].max())  # most answers of one student
        self.wrong = int(self.times @ wrong[last])
        self.sequences = answers

    def _place(self):
        """What the compiled form asks for."""
        return self.x, self.n, self.start, self.size, self.times, np.empty(self.size.max())

    def _weights(self, logits):
        """log P(answers), and how often each change point is expected."""
        log = logits @ self.x - np.logaddexp(0, logits) @ self.n
        top = np.maximum.reduceat(log, self.start)
        weight = np.exp(log - top[self.row])
        norm = np.add.reduceat(weight, self.start)
        return float(self.times @ (top + np.log(norm))), weight * (self.times / norm)[self.row]

    def _sums(self, logits):
        """log P(answers), expected successes and trials, (4,) each, and the covariance of x − np over k, (4, 4)."""
        p = to_probability(logits)
        if compiled() is not None:
            out = np.empty((6, 4))
            value = compiled().slopes(np.array(logits, float), self._place(), p, out)
            return value, out[0], out[1], out[2:]
        value, weight = self._weights(logits)
        score = self.x - self.n * p[:, None]
        weighted = score * weight
        each = np.add.reduceat(weighted, self.start, axis=1)
        return value, self.x @ weight, self.n @ weight, weighted @ score.T - (each / self.times) @ each.T

    def em_step(self, logits):
        """Logits after one step of expectation-maximisation; a probability without trials keeps its value."""
        _, x, n, _ = self._sums(logits)
        p = np.where(n > 0, x / np.where(n > 0, n, 1), to_probability(logits))
        return np.clip(to_logit(np.clip(p, EDGE, 1 - EDGE)), -BOUND, BOUND)

    def derivatives(self, logits):
        """log P(answers), its slope (4,) and its curvature (4, 4)."""
        value, x, n, covariance = self._sums(logits)
        p = to_probability(logits)
        return value, x - n * p, covariance - np.diag(p * (1 - p) * n)

    def log_likelihoods(self, logits):
        """log P(answers) under each of (n, 4) logits."""
        if compiled() is None:
            return self._by_change_points(logits)
        out = np.zeros(len(logits))
        compiled().heights(np.ascontiguousarray(logits, float), self.sequences, self.size - 1, self.times, out)
        lost = np.isnan(out)
        if lost.any():
            out[lost] = self._by_change_points(logits[lost])
        return out

    def _by_change_points(self, logits):
        rows = max(1, _BLOCK // len(self.row))
        parts = []
        for at in np.split(logits, range(rows, len(logits), rows)):
            log = self.x.T @ at.T - self.n.T @ np.logaddexp(0, at).T
            top = np.maximum.reduceat(log, self.start)
            log = np.exp(log - np.repeat(top, self.size, axis=0))
            parts.append(self.times @ (top + np.log(np.add.reduceat(log, self.start))))
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class Climb:
    """Where a climb ended. log_likelihood: without the prior. curvature: (4, 4), with it."""

    logits: np.ndarray
    log_likelihood: float
    curvature: np.ndarray
    converged: bool

    @property
    def flipped(self) -> bool:
        """Whether p_guess + p_slip ≥ 1 there."""
        return bool(self.logits[2] + self.logits[3] >= 0)


def climb(skill: ChangePoints, logits, *, mean=0.0, precision=_NONE, max_steps: int = 200, gain=_GAIN[0]) -> Climb:
    """Maximise log P(answers) − ½ (logits − mean)ᵀ precision (logits − mean), within ±BOUND, from `logits` (4,).

    Three steps of expectation-maximisation, then Newton's method, in which every step goes up: where the height curves
    upwards it steps as if it curved downwards. What stands at a bound and wants beyond it is held there (projected
    Newton; Bertsekas 1982), so a likelihood that rises towards 0 or 1 without end has its summit at the bound.
    precision: (4, 4), 0 for no prior. gain: converged where neither Newton's step nor each logit's own step, cut off
    at the bounds, promises so many nats.
    """
    if compiled() is not None:
        at = np.array(logits, float), np.zeros(4) + mean, np.array(precision, float)
        rule = tuple(map(float, (gain, _GAIN[1], _EM_STEPS, _HALVINGS, _STRIDE, BOUND, _AT, EDGE)))
        return Climb(*compiled().climb(*at, skill._place(), rule, max_steps))
    for _ in range(_EM_STEPS):
        logits = skill.em_step(logits)

    def look(logits):
        value, slope, curvature = skill.derivatives(logits)
        off = logits - mean
        pull = precision @ off
        return value - off @ pull / 2, slope - pull, curvature - precision, value

    height, slope, curvature, value = look(logits)
    for _ in range(max_steps):
        free = (np.abs(logits) < BOUND - _AT) | (logits * slope < 0)
        size, axes = np.linalg.eigh(-curvature[np.ix_(free, free)])
        least = 1e-8 * max(1.0, np.abs(size).max(initial=0))
        step, alone = np.zeros(4), np.where(free, slope / np.maximum(np.abs(np.diag(curvature)), least), 0.0)
        step[free] = axes @ (axes.T @ slope[free] / np.maximum(np.abs(size), least))
        enough = gain - _GAIN[1] * height
        if slope @ step / 2 < enough:
            return Climb(logits, value, curvature, True)
        for way in (step, alone):
            if slope @ (np.clip(logits + way, -BOUND, BOUND) - logits) / 2 >= enough:
                break
        else:
            return Climb(logits, value, curvature, True)
        way = way * min(1.0, _STRIDE / np.abs(way).max())
        for _ in range(_HALVINGS):
            new = np.clip(logits + way, -BOUND, BOUND)
            there = look(new)
            if there[0] >= height + 1e-4 * slope @ (new - logits):
                break
            way = way / 2
        else:
            return Climb(logits, value, curvature, False)
        logits, (height, slope, curvature, value) = new, there
    return Climb(logits, value, curvature, False)


def draws(skill: ChangePoints, mean, root, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where to look for θ, and how much each place counts before the prior: (n, 4) logits and (n,) log weights.

    With the log density of the prior, a normal of covariance root rootᵀ, added to the log weights, sums over the n
    places are integrals over the posterior: importance sampling (Owen & Zhou 2000). Two thirds lie around the summit
    under this prior, one third as the prior does. Nothing is random: the points are those of `normal_points`.
    """
    inverse = np.linalg.inv(root)
    precision = inverse.T @ inverse
    top = climb(skill, mean, mean=mean, precision=precision)
    size, axes = np.linalg.eigh(-top.curvature)
    spread = _WIDER / np.sqrt(np.maximum(size, np.linalg.eigvalsh(precision)[0] / 2))
    near, far = normal_points(n - n // 3), normal_points(n // 3)
    # stretched along the axes by the symmetric root: an eigenvector's sign, which is chance, does not matter
    logits = np.concatenate([top.logits + near @ (axes * spread @ axes.T), mean + far @ root.T])
    around = np.log(len(near)) - (((logits - top.logits) @ axes / spread) ** 2).sum(1) / 2 - np.log(spread).sum()
    prior = np.log(len(far)) - (((logits - mean) @ inverse.T) ** 2).sum(1) / 2 - np.linalg.slogdet(root)[1]
    return logits, skill.log_likelihoods(logits) - np.logaddexp(around, prior)


@cache
def normal_points(n: int) -> np.ndarray:
    """(n, 4) points that fill a standard normal evenly: Halton's (1960), through the normal's quantiles."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    return ndtri(qmc.Halton(4, scramble=False).random(n + 1)[1:])


def to_probability(logits):
    """1 / (1 + e^−θ), which neither overflows nor loses the small ones' sign."""
    return (1 + np.tanh(logits / 2)) / 2


def to_logit(p):
    """log p / (1 − p)."""
    return np.log(p / (1 - p))


def to_params(logits: np.ndarray) -> BKTParams:
    """Four logits as `BKTParams`, upside down if they are."""
    return BKTParams().moved(**dict(zip(NAMES, to_probability(logits).tolist(), strict=True)))
