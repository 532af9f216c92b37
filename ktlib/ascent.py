"""The fast way to the mean-field posterior: coordinate ascent on the ELBO, without Monte Carlo.

Under independent normals the linear predictor η of one answer has a closed-form mean and variance, so the expected
log likelihood needs a handful of quadrature nodes. With g = E[∂l/∂η] and ω = E[−∂²l/∂η²] every answer acts on every
block as a quadratic, and each block's update is a small weighted ridge problem: students given items, items given
students. For small data the product of discrimination and ability is then integrated over both, which is exact.
Prior art: Jaakkola & Jordan (2000); Imai, Lo & Olmsted (2016); Cho et al. (2021). Expectations: Bonnet, Price (Opper &
Archambeau 2009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from tqdm.auto import tqdm

from . import checks
from .models import Model, checked, oriented, scores, unlinked
from .posterior import Fit, Normal, Posterior

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_FEW_WEIGHTS = _FEW_WEIGHTS / _FEW_WEIGHTS.sum()
EXACT = 50_000  # up to so many answers the product of discrimination and ability is integrated over both


def coordinate_ascent(
    responses,
    model: str = "two-parameter",
    *,
    priors: Mapping[str, Normal] | None = None,
    factors: int | None = None,
    attributes=None,
    mask=None,
    start: Posterior | None = None,
    frozen: Iterable[str] = (),
    tol: float = 1e-3,
    max_sweeps: int = 500,
    rule: str = "safe",
    calibrate: bool = True,
    rng=None,
    progress: bool = False,
) -> Fit:
    """The mean-field posterior of one of the paper's models, at the top of its ELBO.

    responses: `Responses`. model, priors: "two-parameter", "factorization" or "hierarchical"; by default
    `default_priors(model)`. factors: K, for the factor models. attributes, mask: hierarchical only, (items, A) of 0 and
    1 and (D, A) of True and False, see `ktlib.irt`. start: a posterior to begin at; its blocks in `frozen` (or marked
    by `freeze`) stay as they are. rule: "safe" stops when a sweep gains less than `tol` nats; "paper" when the mean
    gain of the last 5 sweeps is below the share `tol` of the first. calibrate: two-parameter only, give spreads as
    `calibrated` does; else mean-field's own, which are too narrow. rng: seed or generator, for the factor models'
    start. progress: show a bar.

    `Fit.trace` never falls. Raises ValueError for settings that cannot be, before any work.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    frozen = checks.frozen_blocks(frozen, start, model)
    tol, max_sweeps = checks.not_negative(tol, "tol"), checks.whole(max_sweeps, "max_sweeps", 1)
    if rule not in ("safe", "paper"):
        raise ValueError(f'rule = {rule!r}: give "safe" or "paper"')
    if start is None and model != "two-parameter":
        rng = checks.generator(rng)
    begin = scores(kind, responses, priors, rng) if start is None else checked(kind, start, responses, priors)
    blocks, data = unlinked(kind, begin), Answers.of(responses)
    if model == "two-parameter":
        sweep, bound, stages = _two_parameter(data, priors, frozen)
    else:
        from .factors import factor_model  # which imports this module

        sweep, bound, stages = factor_model(kind, data, priors, frozen)
    blocks, trace, converged, reason = climb(blocks, sweep, bound, stages, tol, max_sweeps, rule, progress)
    blocks = oriented(kind, priors, blocks, frozen)
    posterior = Posterior(model, blocks, responses.students, responses.items, kind.attributes, frozen)
    if calibrate and model == "two-parameter":
        posterior = calibrated(posterior, responses, priors)
    return Fit(posterior, trace, converged, reason)


def _two_parameter(data, priors, frozen):
    """One sweep, the ELBO, and the stages: first with matched moments, then, if few enough, exactly."""

    def sweep(blocks, step, exact):
        blocks = dict(blocks)
        for name, index, n in (
            ("ability", data.student, data.students),
            ("difficulty", data.item, data.items),
            ("discrimination", data.item, data.items),
        ):
            if name not in frozen:
                first, second = _slopes(data, blocks, name, exact)
                add = np.bincount(index, first, n), np.bincount(index, second, n)
                blocks[name] = _newton(blocks[name], priors[name], *add, step)
        return blocks

    def bound(blocks, exact):
        kl = sum(divergence(blocks[name], priors[name]) for name in blocks)
        return float(_expected_log_likelihood(data, blocks, exact).sum()) - kl

    return sweep, bound, (False, True) if data.size <= EXACT else (False,)


def climb(blocks, sweep, bound, stages, tol, max_sweeps, rule, progress):
    """Sweep in each stage until the rule says stop; a sweep that loses is retaken at half the step."""
    trace, sweeps = [], 0
    bar = tqdm(total=max_sweeps, unit="sweep", disable=not progress)
    for stage in stages:
        best, step, first = bound(blocks, stage), 1.0, len(trace)
        trace.append(best)
        while True:
            if sweeps == max_sweeps:
                bar.close()
                return blocks, np.array(trace), False, f"max_sweeps = {max_sweeps} reached"
            sweeps += 1
            bar.update()
            moved = sweep(blocks, step, stage)
            value = bound(moved, stage)
            if value < best - 1e-9 * abs(best):
                step /= 2
                if step < 1e-3:
                    break
                continue
            gain, best, blocks = value - best, value, moved
            trace.append(value)
            bar.set_postfix(elbo=f"{best:.2f}", gain=f"{gain:.2g}")
            if rule == "safe" and gain < tol:
                break
            if rule == "paper" and len(trace) > first + 6:
                if (trace[-1] - trace[-6]) / 5 < tol * (trace[first + 1] - trace[first]):
                    break
    bar.close()
    less = f"{tol:g} nats" if rule == "safe" else f"the share {tol:g} of the first, by the mean of 5"
    return blocks, np.array(trace), True, f"the last sweep gained less than {less}"


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers as flat arrays: student and item codes, 1 or 0, weights."""

    student: np.ndarray
    item: np.ndarray
    correct: np.ndarray
    weight: np.ndarray
    students: int
    items: int

    @property
    def size(self) -> int:
        """How many answers."""
        return len(self.correct)

    @classmethod
    def of(cls, responses) -> Answers:
        """The answers of a `Responses`; each weighs one unless it says otherwise."""
        correct = np.asarray(responses.correct, dtype=float)
        weight = np.ones(len(correct)) if responses.weight is None else np.asarray(responses.weight, dtype=float)
        return cls(
            np.asarray(responses.student),
            np.asarray(responses.item),
            correct,
            weight,
            len(responses.students),
            len(responses.items),
        )


def _moments(data, blocks):
    """Mean and variance of α and of the gap δ = θ − β, for every answer."""
    alpha, theta, beta = blocks["discrimination"], blocks["ability"], blocks["difficulty"]
    gap = theta.loc[data.student] - beta.loc[data.item]
    gap_var = theta.scale[data.student] ** 2 + beta.scale[data.item] ** 2
    return alpha.mean[data.item], alpha.sd[data.item] ** 2, gap, gap_var


def _product_nodes(data, blocks):
    """α on five nodes an item, δ on seven an answer: (answers, 5, 1), (answers, 1, 7), and the weights (5, 7)."""
    alpha = blocks["discrimination"]
    a = alpha.loc[:, None] + alpha.scale[:, None] * _FEW
    a = np.exp(a) if alpha.log else a
    _, _, gap, gap_var = _moments(data, blocks)
    delta = gap[:, None] + np.sqrt(gap_var)[:, None] * NODES
    return a[data.item][:, :, None], delta[:, None, :], np.outer(_FEW_WEIGHTS, WEIGHTS)


def _slopes(data, blocks, name, exact):
    """E[∂l/∂x] and E[−∂²l/∂x²] of every answer for the block `name`, x its location (the logarithm's, where log)."""
    y, weight = data.correct, data.weight
    log = blocks["discrimination"].log
    if exact:
        a, delta, w = _product_nodes(data, blocks)
        p = 1 / (1 + np.exp(-a * delta))
        score, info = y[:, None, None] - p, p * (1 - p)
        if name != "discrimination":
            sign = 1 if name == "ability" else -1
            first, second = sign * score * a, info * a * a
        elif log:
            eta = a * delta
            first = score * eta
            second = info * eta * eta - first
        else:
            first, second = score * delta, info * delta * delta
        return weight * np.tensordot(first, w, 2), weight * np.tensordot(second, w, 2)
    a, a_var, gap, gap_var = _moments(data, blocks)
    square = a * a + a_var
    eta = (a * gap)[:, None] + np.sqrt(square * gap_var + a_var * gap * gap)[:, None] * NODES
    p = 1 / (1 + np.exp(-eta))
    g, omega = y - p @ WEIGHTS, (p * (1 - p)) @ WEIGHTS
    if name != "discrimination":
        sign = 1 if name == "ability" else -1
        first, second = sign * (g * a - omega * a_var * gap), omega * square
    elif log:
        first = g * a * gap - omega * (square * gap_var + a_var * gap * gap)
        second = omega * (2 * square * gap_var + (square + a_var) * gap * gap) - g * a * gap
    else:
        first, second = g * gap - omega * a * gap_var, omega * (gap * gap + gap_var)
    return weight * first, weight * second


def _newton(block: Normal, prior: Normal, first, second, step) -> Normal:
    """One natural-gradient step of a block of independent normals: exact where the block is conjugate."""
    rate = 1 / prior.scale**2
    precision = np.maximum(rate + second, 0.1 * rate)
    loc = block.loc + step * (first - rate * (block.loc - prior.loc)) / precision
    scale = block.scale ** (1 - step) * precision ** (-step / 2)
    return Normal(loc, scale, block.log)


def _expected_log_likelihood(data, blocks, exact) -> np.ndarray:
    y = data.correct
    if exact:
        a, delta, w = _product_nodes(data, blocks)
        eta = a * delta
        return data.weight * np.tensordot(y[:, None, None] * eta - np.logaddexp(0, eta), w, 2)
    a, a_var, gap, gap_var = _moments(data, blocks)
    mean, var = a * gap, (a * a + a_var) * gap_var + a_var * gap * gap
    eta = mean[:, None] + np.sqrt(var)[:, None] * NODES
    return data.weight * (y * mean - np.logaddexp(0, eta) @ WEIGHTS)


def divergence(block: Normal, prior: Normal) -> float:
    """KL divergence of independent normals from their prior, in nats (the same on the log scale)."""
    if block.log != prior.log:
        raise ValueError("a log-normal block needs a log-normal prior, and a normal one a normal prior")
    ratio = block.scale / prior.scale
    shift = (block.loc - prior.loc) / prior.scale
    return float(0.5 * (ratio**2 + shift**2 - 1 - 2 * np.log(ratio)).sum())


def calibrated(posterior: Posterior, responses, priors) -> Posterior:
    """The two-parameter posterior with honest spreads: what mean-field forgets is put back by one linear solve.

    Mean-field leaves out that abilities and difficulties shift together, and that discriminations stretch what
    abilities shrink. Here the Fisher information of all of them, weighted by E[p(1 − p)] under the belief and with the
    priors added, is inverted, abilities eliminated by a Schur complement. Costs grow as items cubed.
    """
    data, blocks = Answers.of(responses), posterior.blocks
    a, a_var, gap, gap_var = _moments(data, blocks)
    eta = (a * gap)[:, None] + np.sqrt((a * a + a_var) * gap_var + a_var * gap * gap)[:, None] * NODES
    p = 1 / (1 + np.exp(-eta))
    omega = data.weight * ((p * (1 - p)) @ WEIGHTS)
    alpha = blocks["discrimination"]
    by_alpha = a * gap if alpha.log else gap  # dη by the location of α
    n, items = data.items, np.arange(data.items)
    pair = (data.student, data.item)

    def cross(values):
        return sparse.csr_matrix((values, pair), shape=(data.students, n)).toarray()

    student = 1 / as_array(priors["ability"].scale, data.students) ** 2 + np.bincount(
        data.student, omega * a * a, data.students
    )
    mixed = np.hstack([cross(omega * a * by_alpha), cross(-omega * a * a)])
    item = np.zeros((2 * n, 2 * n))
    for row, col, values in ((0, 0, by_alpha * by_alpha), (0, 1, -by_alpha * a), (1, 0, -by_alpha * a), (1, 1, a * a)):
        item[items + row * n, items + col * n] = np.bincount(data.item, omega * values, n)
    rates = [1 / as_array(priors[k].scale, n) ** 2 for k in ("discrimination", "difficulty")]
    item[np.diag_indices(2 * n)] += np.concatenate(rates)
    scaled = mixed / student[:, None]
    covariance = np.linalg.inv(item - mixed.T @ scaled)
    spread = np.sqrt(np.diag(covariance))
    ability = np.sqrt(1 / student + np.einsum("ij,jk,ik->i", scaled, covariance, scaled, optimize=True))
    new = {"ability": ability, "discrimination": spread[:n], "difficulty": spread[n:]}
    blocks = {
        name: block if name in posterior.frozen else replace(block, scale=new[name]) for name, block in blocks.items()
    }
    return replace(posterior, blocks=blocks)


def as_array(value, n: int) -> np.ndarray:
    """A number, or one for each of `n`, as (n,)."""
    return np.broadcast_to(np.asarray(value, dtype=float), (n,))
