"""Coordinate ascent for the two-parameter model, η = α(θ − β).

Up to `EXACT` answers the product of discrimination and gap is integrated over both, which is exact; beyond, η counts as
normal with the product's mean and variance.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from ._answers import FEW, FEW_WEIGHTS, NODES, WEIGHTS, Answers, each, stepped
from ._sharing import ALONE, Alone
from .priors import Normal, divergence

EXACT = 50_000  # up to so many answers the product of discrimination and gap is integrated over both


def newton(block: Normal, prior: Normal, first, second, step) -> Normal:
    """One natural-gradient step of a block of independent normals: exact where the block is conjugate."""
    rate = 1 / prior.scale**2
    precision = np.maximum(rate + second, 0.1 * rate)
    loc = block.loc + step * (first - rate * (block.loc - prior.loc)) / precision
    scale = block.scale ** (1 - step) * precision ** (-step / 2)
    return stepped(loc, scale, block.log)


class TwoParameterAscent:
    """One sweep, the ELBO, and the stages of `ascent.climb`: first with matched moments, then exactly if few.

    Both take the stage: True integrates the product, False matches its moments.
    """

    newton, divergence = staticmethod(newton), staticmethod(divergence)

    def __init__(self, data: Answers, frozen, among: Alone = ALONE):
        self.pieces, self.frozen, self.among = data.pieces(), frozen, among
        self.stages = stages(data, among)

    def bound(self, state, exact):
        """The ELBO, and the students' slopes, which come from the same pass over the answers."""
        blocks, priors = state
        value, slopes = self._students(blocks, exact)
        counted = [name for name in blocks if name == "ability" or self.among.rank == 0]  # items' numbers once
        return self.among.sum(value - sum(self.divergence(blocks[name], priors[name]) for name in counted)), slopes

    def sweep(self, state, step, exact, students):
        """Students, then difficulties, then discriminations moved by a step; frozen blocks stay."""
        blocks, priors = dict(state[0]), state[1]
        if "ability" not in self.frozen:
            blocks["ability"] = self.among.agreed(self.newton, blocks["ability"], priors["ability"], *students, step)
        for name in ("difficulty", "discrimination"):
            if name not in self.frozen:
                slopes = self.among.sum(self._items(blocks, name, exact))
                blocks[name] = self.newton(blocks[name], priors[name], *slopes, step)
        return blocks, priors

    def _students(self, blocks, exact):
        """The expected log likelihood, and every student's two slopes."""

        def work(piece):
            first, second = _slopes(piece, blocks, "ability", exact)
            value = _expected_log_likelihood(piece, blocks, exact).sum()
            return piece.by_student(first), piece.by_student(second), value

        first, second, values = zip(*each(work, self.pieces), strict=True)
        return float(sum(values)), (np.concatenate(first), np.concatenate(second))

    def _items(self, blocks, name, exact):
        """Every item's two slopes, of its number in the block `name`."""

        def work(piece):
            return np.stack([piece.by_item(v) for v in _slopes(piece, blocks, name, exact)])

        return sum(each(work, self.pieces))


def stages(data, among: Alone) -> tuple[bool, ...]:
    """Whether each stage integrates the product: the last one, if the answers of all processes are few."""
    return (False, True) if among.sum(len(data)) <= EXACT else (False,)


def _moments(data, blocks):
    """Mean and variance of α and of the gap δ = θ − β, for every answer."""
    alpha, theta, beta = blocks["discrimination"], blocks["ability"], blocks["difficulty"]
    gap = theta.loc[data.student] - beta.loc[data.item]
    gap_var = theta.scale[data.student] ** 2 + beta.scale[data.item] ** 2
    mean, var = moments(alpha)
    return mean[data.item], var[data.item], gap, gap_var


def curvature(data, blocks) -> np.ndarray:
    """E[p(1 − p)] of every answer, times its weight: what it tells of η."""
    a, a_var, gap, gap_var = _moments(data, blocks)
    eta = (a * gap)[:, None] + np.sqrt((a * a + a_var) * gap_var + a_var * gap * gap)[:, None] * NODES
    p = expit(eta)
    return data.weight * ((p * (1 - p)) @ WEIGHTS)


def moments(alpha: Normal):
    """Mean and variance of α itself; not `alpha.mean`: where a step went too far this is no number, and it is lost."""
    mean, var = alpha.loc, alpha.scale**2
    if alpha.log:
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.exp(mean + var / 2)
            var = mean**2 * np.expm1(var)
    return mean, var


def _product_nodes(data, blocks):
    """α on five nodes an item, δ on seven an answer: (answers, 5, 1), (answers, 1, 7), and the weights (5, 7)."""
    alpha = blocks["discrimination"]
    a = alpha.loc[:, None] + alpha.scale[:, None] * FEW
    a = np.exp(a) if alpha.log else a
    _, _, gap, gap_var = _moments(data, blocks)
    delta = gap[:, None] + np.sqrt(gap_var)[:, None] * NODES
    return a[data.item][:, :, None], delta[:, None, :], np.outer(FEW_WEIGHTS, WEIGHTS)


def _slopes(data, blocks, name, exact):
    """Of every answer, for the block `name`: ∂E[l]/∂x, x its location (the logarithm's, where log), and −∂E[l]/∂s / s.

    s is the block's spread. The second is E[−∂²l/∂x²] (Price), taken as the slope of the very sum over nodes that is
    climbed: so a small enough step of either never loses, however wide the belief and however few the nodes.
    """
    y, weight, alpha = data.correct, data.weight, blocks["discrimination"]
    if exact:
        a, delta, w = _product_nodes(data, blocks)
        score = y[:, None, None] - expit(a * delta)
        if name == "discrimination":
            by = a * delta if alpha.log else delta
            node, spread = FEW[:, None], alpha.scale[data.item]
        else:
            by = a if name == "ability" else -a
            node, spread = NODES, np.sqrt(_moments(data, blocks)[3])
            node = node if name == "ability" else -node
        first = score * by
        return weight * np.tensordot(first, w, 2), -weight * np.tensordot(first * node, w, 2) / spread
    a, a_var, gap, gap_var = _moments(data, blocks)
    square = a * a + a_var
    mean, sd = a * gap, np.sqrt(square * gap_var + a_var * gap * gap)
    p = expit(mean[:, None] + sd[:, None] * NODES)
    g, omega = y - p @ WEIGHTS, p @ (WEIGHTS * NODES) / sd
    if name != "discrimination":
        sign = 1 if name == "ability" else -1
        first, second = sign * (g * a - omega * a_var * gap), omega * square
    elif alpha.log:
        first = g * a * gap - omega * (square * gap_var + a_var * gap * gap)
        second = omega * (2 * square * gap_var + (square + a_var) * gap * gap) - g * a * gap
    else:
        first, second = g * gap - omega * a * gap_var, omega * (gap * gap + gap_var)
    return weight * first, weight * second


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
