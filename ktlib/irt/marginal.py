"""The likelihood of answers with abilities summed out over nodes, its slopes and its curvature."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from reprlib import repr as shown

import numpy as np

from .._checks import mapping, whole
from .posterior import Normal

MOST = 200  # Gauss-Hermite nodes; beyond, their weights are lost to rounding


def gauss_hermite(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes, and the logarithms of their weights, that sum polynomials over a standard normal exactly."""
    points = whole(points, "points", 2)
    if points > MOST:
        raise ValueError(f"points = {points}: give at most {MOST}, or None, which takes as many nodes as are needed")
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    return nodes, np.log(weights / weights.sum())


def even(reach: float, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes from -reach to reach, `apart` from each other, and the logarithms of a standard normal's weights there."""
    nodes = np.linspace(-reach, reach, round(2 * reach / apart) + 1)
    return nodes, -(nodes**2) / 2 - np.logaddexp.reduce(-(nodes**2) / 2)


def summed(right, wrong, eta: np.ndarray, log_weights: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood, P(node | answers) (students, nodes), P(right | node) (items, nodes).

    right, wrong: (students, items) how often each student was right and wrong, arrays or sparse ones. eta: (items,
    nodes) logits of a right answer. log_weights: of the nodes.
    """
    log_right = -np.logaddexp(0, -eta)
    joint = right @ log_right + wrong @ (log_right - eta) + log_weights
    total = np.logaddexp.reduce(joint, axis=1, keepdims=True)
    return float(total.sum()), np.exp(joint - total), np.exp(log_right)


class TwoParameter:
    """Log likelihood plus log priors at `free` (2, items): intercepts; discriminations, or their logs."""

    each = 2  # numbers an item

    def __init__(self, table: np.ndarray, points=21, priors: Mapping[str, Normal] | None = None, items=None):
        """table: (students, items) of 1, 0 and NaN. points: of a Gauss-Hermite rule, or `even` nodes. items: names."""
        self.right, self.wrong = (table == 1).astype(float), (table == 0).astype(float)
        loc, precision, self.log, self.density = _arrays(priors, items or tuple(range(table.shape[1])))
        (self.loc, self.beta), (self.precision, self.beta_precision) = (np.split(v, [2]) for v in (loc, precision))
        self._set(gauss_hermite(points) if isinstance(points, int) else points)

    def _set(self, rule):
        self.nodes, self.log_weights = rule
        self.powers = np.stack([np.ones_like(self.nodes), self.nodes], axis=1)  # η = powers @ (intercept, slope)

    def on(self, rule) -> TwoParameter:
        """The same objective, summed over other nodes."""
        other = copy.copy(self)
        other._set(rule)
        return other

    def start(self) -> np.ndarray:
        """Discrimination 1, and intercepts from the shares of right answers."""
        odds = (self.right.sum(0) + 0.5) / (self.wrong.sum(0) + 0.5)
        return np.stack([np.log(odds), np.full(len(odds), 0.0 if self.log else 1.0)])

    def split(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Intercepts and discriminations, and how each changes with `free`; both (2, items)."""
        free = free.reshape(2, -1)
        if not self.log:
            return free, np.ones_like(free)
        slope = np.exp(free[1].clip(-50, 50))  # the line search may leap
        return np.stack([free[0], slope]), np.stack([np.ones_like(slope), slope])

    def expect(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log likelihood, P(node | answers) (students, nodes), P(right | node) (items, nodes)."""
        return summed(self.right, self.wrong, self.split(free)[0].T @ self.powers.T, self.log_weights)

    def derivatives(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The objective, its gradient (2, items), and the information (2, 2, items) if abilities were known."""
        free = free.reshape(2, -1)
        _, change = self.split(free)
        value, given, p = self.expect(free)
        right = self.right.T @ given
        asked = right + self.wrong.T @ given
        gradient = change * ((right - asked * p) @ self.powers).T
        pairs = self.powers[:, :, None] * self.powers[:, None, :]
        information = np.tensordot(asked * p * (1 - p), pairs, 1).transpose(1, 2, 0) * (change[:, None] * change)
        less, pull, more = self.held(free)
        return value - less, gradient - pull, information + more

    def held(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Minus the log priors, their gradient (2, items) and curvature (2, 2, items)."""
        off = free - self.loc
        value = (self.precision * off**2).sum() / 2 + self.density * free[1].sum()
        pull, bend = self.precision * off, np.zeros((2, 2, free.shape[1]))
        pull[1] += self.density  # the density is the discrimination's, not its logarithm's
        bend[[0, 1], [0, 1]] = self.precision
        if self.beta_precision.any():
            beta, change, _ = self.difficulty(free)
            value += (self.beta_precision * (beta - self.beta) ** 2).sum() / 2
            pull = pull + self.beta_precision * (beta - self.beta) * change
            bend += self.beta_precision * change[:, None] * change
        return value, pull, bend

    def difficulty(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Difficulties (items,), their slopes (2, items) and second ones (2, 2, items); discriminations are logs."""
        slope = self.split(free)[0][1]
        beta = -free[0] / slope
        bend = np.array([[np.zeros_like(beta), 1 / slope], [1 / slope, beta]])
        return beta, np.stack([-1 / slope, -beta]), bend

    def loss(self, free: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the objective and its gradient, for a minimiser."""
        value, gradient, _ = self.derivatives(free)
        return -value, -gradient.ravel()

    def em_step(self, free: np.ndarray) -> np.ndarray:
        """Expected counts at the nodes, then one Fisher step for each item, no entry of it longer than 1."""
        _, (g0, g1), information = self.derivatives(free)
        (h00, h01), (_, h11) = information
        h00, h11 = h00 * (1 + 1e-6) + 1e-6, h11 * (1 + 1e-6) + 1e-6  # an item that all solved has hardly any curvature
        step = np.stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0]) / (h00 * h11 - h01**2)
        return free + step.clip(-1, 1)

    def information(self, free: np.ndarray) -> np.ndarray:
        """Minus the second derivatives, (2 items, 2 items).

        As if abilities were known, less the spread of each student's score over what she may be (Louis 1982).
        """
        n = free.shape[1]
        _, change = self.split(free)
        _, given, p = self.expect(free)
        _, gradient, known = self.derivatives(free)
        spread, mean = np.zeros((2, 2, n, n)), np.zeros((2, len(given), n))
        for power, p_node, share in zip(self.powers, p.T, given.T, strict=True):
            score = self.right * (1 - p_node) - self.wrong * p_node
            shared = share[:, None] * score
            spread += np.multiply.outer(np.outer(power, power), score.T @ shared)
            mean += np.multiply.outer(power, shared)
        spread -= np.einsum("asi,bsj->abij", mean, mean, optimize=True)
        out = -spread * change[:, None, :, None] * change[:, None, :]
        out[:, :, range(n), range(n)] += known
        own = gradient[1] + self.density + self.precision[1] * (free[1] - self.loc[1])
        if self.beta_precision.any():
            beta, change, bend = self.difficulty(free)
            pull = self.beta_precision[0] * (beta - self.beta[0])
            out[:, :, range(n), range(n)] += pull * bend
            own = own + pull * change[1]
        if self.log:  # a logarithm bends; only the likelihood's own gradient counts, the log prior is a parabola
            out[1, 1, range(n), range(n)] -= own
        return out.transpose(0, 2, 1, 3).reshape(2 * n, 2 * n)

    def covariance(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variances (2, items) of intercepts and slopes, `inf` if not determined, and covariances of both (items,)."""
        root, lost = roots(self.information(free), self.split(free)[1].ravel())
        lost = lost.reshape(2, -1)
        lost |= self.one_sided()
        root = root.reshape(2, free.shape[1], -1)
        return np.where(lost, np.inf, (root**2).sum(2)), (root[0] * root[1]).sum(1)

    def one_sided(self) -> np.ndarray:
        """(items,) True where everybody gave the same answer and no prior holds the intercept."""
        alike = (self.right.sum(0) == 0) | (self.wrong.sum(0) == 0)
        return alike & (self.precision[0] + self.beta_precision[0] == 0)

    def upright(self, free: np.ndarray) -> np.ndarray:
        """The mirror image with positive median discrimination."""
        if not self.log and np.median(free[1]) < 0:
            free[1] *= -1
        return free


def roots(information: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A root R (numbers, directions) of the covariance R Rᵀ, and which numbers have no curvature.

    information: minus the second derivatives by the free numbers. change: how each number changes with its free one.
    """
    diagonal = np.diag(information)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    values, vectors = np.linalg.eigh(information * scale * scale[:, None])
    flat = values < 1e-8
    lost = (vectors[:, flat] ** 2).sum(1) > 0.01
    return (change * scale)[:, None] * vectors[:, ~flat] / np.sqrt(values[~flat]), lost


def _arrays(priors: Mapping[str, Normal] | None, items: tuple) -> tuple[np.ndarray, np.ndarray, bool, bool]:
    """(3, items) locations and precisions, 0 without a prior; are discriminations free as logs, and log-normal?"""
    n, rows = len(items), ("intercept", "discrimination", "difficulty")
    loc, precision = np.zeros((3, n)), np.zeros((3, n))
    priors = mapping({} if priors is None else priors, "priors", "mml.MIRT")
    for name, prior in priors.items():
        if name not in rows or not isinstance(prior, Normal) or (prior.log and name != "discrimination"):
            raise ValueError(
                f"prior {shown(name)} = {shown(prior)}: give a normal intercept or difficulty, "
                "a (log-)normal discrimination"
            )
        prior = prior.at(items, f"the prior of {name!r}", "item")
        if prior.loc.shape not in ((), (n,)):
            raise ValueError(
                f"the prior of {name!r} has shape {prior.loc.shape}: give numbers, or one for each of {n} items"
            )
        loc[rows.index(name)], precision[rows.index(name)] = prior.loc, prior.scale**-2.0
    given = priors.get("discrimination")
    density = given is not None and given.log
    if "difficulty" in priors and given is not None and not density:
        raise ValueError("a prior on difficulty needs positive discriminations: give theirs as log-normal, or none")
    return loc, precision, density or "difficulty" in priors, density
