"""P(right answer) of every asked student to every question of a pool, in blocks, by a posterior or from a table.

`fast` gives a whole block in single precision, `exact` chosen pairs in double. Both average over the belief's
uncertainty by the 15 nodes of `Posterior.predict`; fast by 7 where no predictor of the block has a standard deviation
above 1, which moves P by less than 1e-5.
"""

from __future__ import annotations

from dataclasses import replace
from reprlib import repr as shown

import numpy as np
from scipy.special import expit

from .. import _checks as checks
from ..data import _frames as read
from ..irt.fits import Fit
from ..irt.posterior import Posterior
from ..irt.priors import Normal, default_priors
from .pool import Pool

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_FEW_WEIGHTS = _FEW_WEIGHTS / _FEW_WEIGHTS.sum()


class Table:
    """Forecasts that are given: (students, items) probabilities, columns in the pool's order or a frame's names."""

    believes = False  # whether it knows how sure its forecasts are

    def __init__(self, table, pool: Pool, students):
        names = None
        if hasattr(table, "columns"):
            names = read.unique_names(table.index, "student")
            table = table.iloc[:, located(pool.items, table.columns, "question", "the forecasts' columns")]
        table = checks.probabilities(table, "forecasts")
        if table.ndim != 2 or table.shape[1] != len(pool) or not len(table):
            raise ValueError(f"forecasts have shape {table.shape}: give (students, {len(pool)} questions)")
        self.known = tuple(range(len(table))) if names is None else names
        self.students, rows = asked(students, self.known, "forecasts")
        self._table = table[rows]

    def fast(self, rows: slice, noise=None, spread: bool = False):
        """P(right) and its spread, which is 0: (rows, items) float32, and None."""
        return self._table[rows].astype(np.float32), None

    def exact(self, rows, items, noise=None):
        """P(right) of these pairs and 0 as its spread."""
        p = self._table[rows, items]
        return p, np.zeros_like(p)


class Belief:
    """Forecasts of a posterior. prior: for students whom it does not know, of one ability; None refuses them."""

    believes = True

    def __init__(self, posterior: Posterior, prior: Normal | None, pool: Pool, students):
        self.known = posterior.students
        if prior is not None and students is not None:
            posterior = _with_strangers(posterior, prior, students)
        self.students, rows = asked(students, posterior.students, "posterior")
        items = located(pool.items, posterior.items, "question", "the posterior")
        self._students, self._items = _products(posterior, rows, items)
        self._quick = [part.T.astype(np.float32) for part in self._items]

    def fast(self, rows: slice, noise=None, spread: bool = False):
        """P(right) and, if asked, the standard deviation of P under the belief: (rows, items) float32 each, or None.

        noise: standard normal draws; then P at one draw of each pair's predictor. By σ(x) = (1 + tanh(x/2)) / 2.
        """
        half, deviation = (
            one[rows].astype(np.float32) @ other for one, other in zip(self._students, self._quick, strict=True)
        )
        half *= 0.5
        np.sqrt(deviation, out=deviation)
        deviation *= 0.5
        if noise is not None:
            drawn = (1 + np.tanh(half + deviation * noise)) / 2
            if not spread:
                return drawn, None
        first, second = np.zeros_like(half), np.zeros_like(half) if spread else None
        nodes = (_FEW, _FEW_WEIGHTS) if deviation.max() < 0.5 else (_NODES, _WEIGHTS)
        for node, weight in zip(*(part.astype(np.float32) for part in nodes), strict=True):
            value = deviation * node
            value += half
            np.tanh(value, out=value)
            first += weight * value
            if spread:
                second += weight * value**2
        if spread:
            second = np.sqrt(np.maximum(second - first**2, 0)) / 2
        first += 1
        first *= 0.5
        return (first if noise is None else drawn), second

    def exact(self, rows, items, noise=None):
        """P(right) of these pairs and its standard deviation under the belief, in double precision.

        noise: standard normal draws; then P at that draw of the predictor, and the same deviation.
        """
        mean, variance = (
            np.einsum("...k,...k->...", one[rows], other[items])
            for one, other in zip(self._students, self._items, strict=True)
        )
        deviation = np.sqrt(variance)
        p = expit(mean[..., None] + deviation[..., None] * _NODES)
        average = p @ _WEIGHTS
        spread = np.sqrt(np.maximum((p - average[..., None]) ** 2 @ _WEIGHTS, 0))
        return (average if noise is None else expit(mean + deviation * noise)), spread


def forecasts_of(given, pool: Pool, students, unknown: str) -> Table | Belief:
    """The forecasts that `recommend` was given, checked, for the students asked."""
    unknown = checks.one_of(unknown, ("error", "prior"), "unknown")
    if isinstance(given, Fit | Posterior):
        posterior = given.posterior if isinstance(given, Fit) else given
        priors = getattr(given, "priors", None) or default_priors(posterior.model)
        return Belief(posterior, priors["ability"] if unknown == "prior" else None, pool, students)
    if unknown == "prior":
        raise ValueError("unknown = 'prior' needs a model of students: give a fit or a posterior, not a table")
    return Table(given, pool, students)


def asked(students, known: tuple, whose: str) -> tuple[tuple, np.ndarray]:
    """The names asked for (None: all that are known) and their places."""
    if students is None:
        return known, np.arange(len(known))
    names = read.unique_names(students, "student")
    if not names:
        raise ValueError(f"students = {shown(students)}: give at least one name")
    return names, located(names, known, "student", f"the {whose}")


def located(names, known, what: str, where: str) -> np.ndarray:
    """Places of `names` in `known`. ValueError naming the first that is not there, and how many."""
    place = {name: code for code, name in enumerate(known)}
    found = np.array([place.get(name, -1) for name in names], dtype=int)
    lacks = np.flatnonzero(found < 0)
    if len(lacks):
        remedy = "; unknown='prior' takes new ones as its prior has them" if where == "the posterior" else ""
        raise ValueError(
            f"{what} {shown(names[lacks[0]])} ({len(lacks)} such of {len(names)}) is not in {where}: "
            f"leave it out, or fit with it{remedy if what == 'student' else ''}"
        )
    return found


def _with_strangers(posterior: Posterior, prior: Normal, students) -> Posterior:
    """The posterior with a row for each asked student whom it does not know, as the prior of one ability has it."""
    known, ability = set(posterior.students), posterior.blocks["ability"]
    new = tuple(name for name in read.unique_names(students, "student") if name not in known)
    if prior.loc.shape not in ((), ability.loc.shape[1:]):
        raise ValueError("the fit's prior has an ability for each student it knew: give its posterior instead of it")
    rows = (len(new), *ability.loc.shape[1:])
    loc, scale = (
        np.concatenate([of, np.broadcast_to(add, rows)])
        for of, add in ((ability.loc, prior.loc), (ability.scale, prior.scale))
    )
    blocks = posterior.blocks | {"ability": Normal(loc, scale, ability.log)}
    return replace(posterior, blocks=blocks, students=posterior.students + new)


def _products(posterior: Posterior, rows: np.ndarray, items: np.ndarray) -> tuple[list, list]:
    """Mean and variance of every predictor η, as `Posterior.predictor` has them, as products of two small tables.

    Two tables of the students, (students, F) and (students, G), and two of the items, (items, F) and (items, G).
    """
    b = {name: (block.mean, block.sd**2) for name, block in posterior.blocks.items()}
    theta, theta_var = (v[rows] for v in b["ability"])
    beta, beta_var = (v[items] for v in b["difficulty"])
    one, stack = np.ones(len(rows)), np.column_stack
    if posterior.model == "two-parameter":  # η = α (θ − β)
        alpha, alpha_var = (v[items] for v in b["discrimination"])
        square = alpha**2 + alpha_var
        fixed = square * beta_var + alpha_var * beta**2
        return (
            [stack([theta, one]), stack([theta_var, theta**2, theta, one])],
            [stack([alpha, -alpha * beta]), stack([square, alpha_var, -2 * beta * alpha_var, fixed])],
        )
    load, load_var = (v[items] for v in posterior.loadings())  # η = θ·α − β
    return (
        [stack([theta, one]), stack([theta_var, theta**2, one])],
        [stack([load, -beta]), stack([load**2 + load_var, load_var, beta_var])],
    )
