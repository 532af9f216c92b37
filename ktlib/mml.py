"""The traditional fit of the two-parameter model: items that make the answers likeliest, abilities averaged out.

Marginal maximum likelihood (Bock & Aitkin 1981): ability ~ N(0, 1) is summed over the nodes of a Gauss-Hermite rule;
EM gives the start, quasi-Newton (BFGS) the end, as in the R package ltm (Rizopoulos 2006). Nothing holds the items: a
discrimination may come near zero, and difficulty = -intercept / discrimination explodes. With `priors` it is the
penalised fit of the R package mirt (Chalmers 2012), and does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .checks import not_negative, whole
from .posterior import Normal
from .responses import Responses

MIRT = {"discrimination": Normal(0, 0.5, log=True), "intercept": Normal(0, 2)}


@dataclass(frozen=True, eq=False)
class MMLFit:
    """Where the fit stopped. η = discrimination · ability + intercept = discrimination · (ability − difficulty).

    discrimination, intercept, difficulty: (items,). Their `_se`: standard errors from the observed information, that of
    difficulty by the delta method; `inf` means not determined: everybody gave the same answer and no prior holds the
    intercept, or the information has no curvature there. ability, ability_sd: (students,) mean and sd given her
    answers, the items taken as known. log_likelihood: nats, priors left out. converged, reason: has the gradient
    vanished?

    Mirror images (discrimination and ability with the other sign) are equally likely: the one with positive median
    discrimination is given. ltm keeps the one it meets.
    """

    discrimination: np.ndarray
    intercept: np.ndarray
    difficulty: np.ndarray
    discrimination_se: np.ndarray
    intercept_se: np.ndarray
    difficulty_se: np.ndarray
    ability: np.ndarray
    ability_sd: np.ndarray
    log_likelihood: float
    converged: bool
    reason: str
    students: tuple
    items: tuple

    @property
    def determined(self) -> np.ndarray:
        """(items,) True where all three standard errors are finite."""
        return np.isfinite([self.discrimination_se, self.intercept_se, self.difficulty_se]).all(0)


def fit(responses, *, points=21, em_steps=40, max_steps=500, tol=1e-3, priors: Mapping | None = None) -> MMLFit:
    """Fit the two-parameter model by marginal maximum likelihood.

    responses: `Responses`, or a (students, items) array of 1, 0 and NaN (not asked). points: quadrature nodes.
    em_steps: EM steps before BFGS, which takes max_steps at most and stops when no entry of the gradient exceeds tol
    (nats per unit). priors: None, or a normal or log-normal "discrimination", a normal "intercept", or both, such as
    `MIRT`, each a `Normal` of numbers or of one value an item. What is maximised is then likelihood times densities.

    Raises ValueError for an item nobody answered, a student without answers, weights, or priors that do not fit.
    """
    points, em_steps = whole(points, "points", 2), whole(em_steps, "em_steps", 0)
    max_steps, tol = whole(max_steps, "max_steps", 1), not_negative(tol, "tol")
    responses = responses if isinstance(responses, Responses) else Responses.from_wide(responses)
    model = Objective(_table(responses), points, priors)
    free = model.start()
    for _ in range(em_steps):
        free = model.em_step(free)
    end = minimize(model.loss, free.ravel(), jac=True, method="BFGS", options={"maxiter": max_steps, "gtol": tol})
    steepest = float(np.abs(end.jac).max())
    reason = f"the gradient's largest entry is {steepest:.1g} nats per unit after {end.nit} quasi-Newton steps"
    if steepest > tol:
        reason += f": max_steps = {max_steps} reached" if end.status == 1 else ": no step along it gains any more"
    free = end.x.reshape(2, -1).copy()
    if not model.log and np.median(free[1]) < 0:
        free[1] *= -1
    (intercept, slope), _ = model.split(free)
    log_likelihood, given, _ = model.expect(free)
    ability = given @ model.nodes
    ability_sd = np.sqrt((given @ model.nodes**2 - ability**2).clip(0))
    (v_intercept, v_slope), mixed = model.covariance(free)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        difficulty = np.where(intercept == 0, 0.0, -intercept / slope)
        v_difficulty = (v_intercept + 2 * difficulty * mixed + difficulty**2 * v_slope) / slope**2
    v_difficulty = np.where(np.isfinite(v_difficulty), v_difficulty.clip(0), np.inf)
    items = slope, intercept, difficulty, *np.sqrt([v_slope, v_intercept, v_difficulty])
    rest = log_likelihood, steepest <= tol, reason, responses.students, responses.items
    return MMLFit(*items, ability, ability_sd, *rest)


class Objective:
    """Log likelihood plus log priors at `free` (2, items): intercepts; discriminations, if log-normal their logs."""

    def __init__(self, table: np.ndarray, points: int = 21, priors: Mapping[str, Normal] | None = None):
        self.right, self.wrong = (table == 1).astype(float), (table == 0).astype(float)
        self.nodes, weights = np.polynomial.hermite_e.hermegauss(points)
        self.log_weights = np.log(weights / weights.sum())
        self.powers = np.stack([np.ones(points), self.nodes], axis=1)  # (nodes, 2): η = powers @ (intercept, slope)
        self.loc, self.precision, self.log = _arrays(priors or {}, table.shape[1])

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
        eta = self.split(free)[0].T @ self.powers.T
        log_right = -np.logaddexp(0, -eta)
        joint = self.right @ log_right + self.wrong @ (log_right - eta) + self.log_weights
        total = np.logaddexp.reduce(joint, axis=1, keepdims=True)
        return float(total.sum()), np.exp(joint - total), np.exp(log_right)

    def derivatives(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The objective, its gradient (2, items), and the information (2, 2, items) if abilities were known."""
        free = free.reshape(2, -1)
        _, change = self.split(free)
        value, given, p = self.expect(free)
        right = self.right.T @ given
        asked = right + self.wrong.T @ given
        gradient = change * ((right - asked * p) @ self.powers).T
        information = np.einsum("jq,qa,qb->abj", asked * p * (1 - p), self.powers, self.powers, optimize=True)
        information *= change[:, None] * change
        information[[0, 1], [0, 1]] += self.precision
        pull = self.precision * (free - self.loc)
        pull[1] += self.log  # the density is the discrimination's, not its logarithm's
        value -= (self.precision * (free - self.loc) ** 2).sum() / 2 + self.log * free[1].sum()
        return value, gradient - pull, information

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
        if self.log:  # a logarithm bends; only the likelihood's own gradient counts, the log prior is a parabola
            out[1, 1, range(n), range(n)] -= gradient[1] + 1 + self.precision[1] * (free[1] - self.loc[1])
        return out.transpose(0, 2, 1, 3).reshape(2 * n, 2 * n)

    def covariance(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variances (2, items) of intercepts and slopes, `inf` if not determined, and covariances of both (items,)."""
        information = self.information(free)
        diagonal = np.diag(information)
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
        values, vectors = np.linalg.eigh(information * scale * scale[:, None])
        flat = values < 1e-8
        lost = ((vectors[:, flat] ** 2).sum(1) > 0.01).reshape(2, -1)
        lost |= ((self.right.sum(0) == 0) | (self.wrong.sum(0) == 0)) & (self.precision[0] == 0)
        root = (self.split(free)[1].ravel() * scale)[:, None] * vectors[:, ~flat] / np.sqrt(values[~flat])
        root = root.reshape(2, free.shape[1], -1)
        return np.where(lost, np.inf, (root**2).sum(2)), (root[0] * root[1]).sum(1)


def _table(responses: Responses) -> np.ndarray:
    """(students, items) of 1, 0 and NaN, somebody in each row and column."""
    if responses.weight is not None:
        raise ValueError("the answers have weights, which this fit does not know: leave the weights out")
    table = np.full((len(responses.students), len(responses.items)), np.nan)
    table[responses.student, responses.item] = responses.correct
    for what, names, axis in (("student", responses.students, 1), ("item", responses.items, 0)):
        empty = np.flatnonzero(np.isnan(table).all(axis))
        if empty.size:
            raise ValueError(f"{what} {names[empty[0]]!r} has no answers ({empty.size} such in all): leave it out")
    return table


def _arrays(priors: Mapping[str, Normal], n: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """(2, items) locations and precisions, 0 where there is no prior, and whether discrimination is log-normal."""
    loc, precision, rows = np.zeros((2, n)), np.zeros((2, n)), ("intercept", "discrimination")
    for name, prior in dict(priors).items():
        if name not in rows or not isinstance(prior, Normal) or (prior.log and name == "intercept"):
            raise ValueError(f"prior {name!r} = {prior!r}: give a normal intercept, a (log-)normal discrimination")
        shape = np.broadcast_shapes(prior.loc.shape, prior.scale.shape)
        if shape not in ((), (n,)):
            raise ValueError(f"the prior of {name!r} has shape {shape}: give numbers, or one for each of {n} items")
        loc[rows.index(name)], precision[rows.index(name)] = prior.loc, prior.scale**-2.0
    return loc, precision, "discrimination" in priors and priors["discrimination"].log
