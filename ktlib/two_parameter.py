"""Coordinate ascent for the two-parameter model, η = α(θ − β), and its calibrated spreads.

Up to `EXACT` answers the product of discrimination and gap is integrated over both, which is exact; beyond, η counts as
normal with the product's mean and variance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .pieces import NODES, WEIGHTS, Answers, each
from .posterior import Normal, Posterior, divergence

_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_FEW_WEIGHTS = _FEW_WEIGHTS / _FEW_WEIGHTS.sum()
EXACT = 50_000  # up to so many answers the product of discrimination and gap is integrated over both


def two_parameter_model(data, frozen):
    """One sweep, the ELBO, and the stages of `ktlib.ascent.climb`: first with matched moments, then exactly if few."""

    pieces, known = data.pieces(), [None, None, None]  # the last state's students' slopes, made with its bound

    def passed(state, exact):
        if known[0] is not state or known[1] != exact:

            def work(piece):
                first, second = _slopes(piece, state[0], "ability", exact)
                value = _expected_log_likelihood(piece, state[0], exact).sum()
                return piece.by_student(first), piece.by_student(second), value

            first, second, values = zip(*each(work, pieces), strict=True)
            known[:] = state, exact, (np.concatenate(first), np.concatenate(second), float(sum(values)))
        return known[2]

    def sweep(state, step, exact):
        blocks, priors = dict(state[0]), state[1]
        if "ability" not in frozen:
            blocks["ability"] = _newton(blocks["ability"], priors["ability"], *passed(state, exact)[:2], step)
        for name in ("difficulty", "discrimination"):
            if name not in frozen:

                def work(piece, name=name):
                    return [piece.by_item(v) for v in _slopes(piece, blocks, name, exact)]

                first, second = map(sum, zip(*each(work, pieces), strict=True))
                blocks[name] = _newton(blocks[name], priors[name], first, second, step)
        return blocks, priors

    def bound(state, exact):
        blocks, priors = state
        kl = sum(divergence(blocks[name], priors[name]) for name in blocks)
        return passed(state, exact)[2] - kl

    return sweep, bound, (False, True) if len(data) <= EXACT else (False,)


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


def calibrated(posterior: Posterior, responses, priors) -> Posterior:
    """The two-parameter posterior with honest spreads: what mean-field forgets is put back by one linear solve.

    Mean-field leaves out that abilities and difficulties shift together, and that discriminations stretch what
    abilities shrink. Here the Fisher information of all of them, weighted by E[p(1 − p)] under the belief and with the
    priors added, is inverted, abilities eliminated by a Schur complement. Costs grow as items cubed.
    """
    data, blocks = Answers.of(responses), posterior.blocks
    priors = dict(priors) | {name: blocks[name] for name in posterior.frozen}  # known as well as they are
    a, a_var, gap, gap_var = _moments(data, blocks)
    eta = (a * gap)[:, None] + np.sqrt((a * a + a_var) * gap_var + a_var * gap * gap)[:, None] * NODES
    p = 1 / (1 + np.exp(-eta))
    omega = data.weight * ((p * (1 - p)) @ WEIGHTS)
    alpha = blocks["discrimination"]
    by_alpha = a * gap if alpha.log else gap  # dη by the location of α
    n, items = data.items, np.arange(data.items)

    student = 1 / as_array(priors["ability"].scale, data.students) ** 2 + data.by_student(omega * a * a)
    mixed = np.hstack([data.table(values).toarray() for values in (omega * a * by_alpha, -omega * a * a)])
    item = np.zeros((2 * n, 2 * n))
    for row, col, values in ((0, 0, by_alpha * by_alpha), (0, 1, -by_alpha * a), (1, 0, -by_alpha * a), (1, 1, a * a)):
        item[items + row * n, items + col * n] = data.by_item(omega * values)
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
