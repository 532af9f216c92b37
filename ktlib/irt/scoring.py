"""One student's ability from items that are known: what a live product asks after every answer.

Items stay as the posterior has them; the student need not be known to it. In the two-parameter model the chance of a
right answer at each of many abilities is tabled once, averaged over what is not known of the item, so that a score is a
sum over rows of the table (EAP by quadrature, Bock & Mislevy 1982). Factor models take Newton steps to the likeliest
abilities, the items at their means, and the curvature there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from .. import _checks as checks
from .posterior import Normal, Posterior
from .priors import paper_priors

NODES = np.linspace(-8, 8, 321)
STANDARD = paper_priors("two-parameter")["ability"]
_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_FEW_WEIGHTS = _FEW_WEIGHTS / _FEW_WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class FixedItems:
    """Items made ready for scoring, by `ready`.

    items: names. log_right, log_wrong: two-parameter, (items, nodes) logarithms of P(right) and P(wrong) at `NODES`.
    loadings, difficulty: factor models, (items, coordinates) and (items,) posterior means.
    """

    items: tuple
    log_right: np.ndarray | None = None
    log_wrong: np.ndarray | None = None
    loadings: np.ndarray | None = None
    difficulty: np.ndarray | None = None
    places: dict = field(default_factory=dict, repr=False)

    __repr__ = checks.short

    def ability(self, items, correct, *, prior: Normal | None = None):
        """As `ability` below."""
        rows, correct = self._rows(items), _right_or_wrong(correct)
        if len(rows) != len(correct):
            raise ValueError(f"{len(rows)} items and {len(correct)} answers: give one answer for each item")
        prior = STANDARD if prior is None else checks.instance(prior, Normal, "prior", "give a Normal(loc, scale)")
        if prior.log:
            raise ValueError("prior is log-normal, abilities are not: give a normal one")
        if self.log_right is not None:
            return self._by_quadrature(rows, correct, prior)
        return self._by_newton(rows, correct, prior)

    def _rows(self, items) -> np.ndarray:
        """Places of the names."""
        try:
            return np.array([self.places[name] for name in items], dtype=int)
        except (KeyError, TypeError):
            names = checks.listed(items, "items", "['q1', 'q2']")
        for name in names:
            try:
                known = name in self.places
            except TypeError:
                known = False
            if not known:
                raise ValueError(f"item {name!r} is not among the {len(self.items)} that are fixed: leave it out")
        return np.array([self.places[name] for name in names], dtype=int)

    def _by_quadrature(self, rows, correct, prior: Normal) -> tuple[float, float]:
        """Mean and standard deviation over the nodes."""
        if prior.loc.ndim:
            raise ValueError(f"prior has shape {prior.loc.shape}: give one number, for one student's one ability")
        log = -0.5 * ((NODES - prior.loc) / prior.scale) ** 2
        log += self.log_right[rows[correct]].sum(0) + self.log_wrong[rows[~correct]].sum(0)
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        if weight[[0, -1]].max() > 1e-6 or weight.max() > 0.9:
            raise ValueError(
                f"ability would lie beyond ±{NODES[-1]:g} logits, or be known to less than {NODES[1] - NODES[0]:.2f}: "
                "give a prior near the items and wider than that"
            )
        mean = float(weight @ NODES)
        return mean, float(np.sqrt(weight @ (NODES - mean) ** 2))

    def _by_newton(self, rows, correct, prior: Normal) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest abilities, and the standard deviations of a normal with the same curvature."""
        a, b = self.loadings[rows], self.difficulty[rows]
        try:
            centre, rate = (np.broadcast_to(v, a.shape[1:]) for v in (prior.loc, prior.scale**-2))
        except ValueError:
            raise ValueError(f"prior has shape {prior.loc.shape}: give one number, or {a.shape[1]}") from None
        at = centre
        for _ in range(100):
            eta = a @ at - b
            p = expit(eta)
            precision = (a.T * (p * (1 - p))) @ a + np.diag(rate)
            step = np.linalg.solve(precision, a.T @ (correct - p) - rate * (at - centre))
            at = _uphill(at, step, a, b, correct, centre, rate)
            if np.abs(step).max() < 1e-9:
                break
        return at, np.sqrt(np.diag(np.linalg.inv(precision)))


def ready(posterior: Posterior) -> FixedItems:
    """The items of a posterior made ready: once, as it takes longer than many scores. ValueError for anything else."""
    checks.instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")
    places = {name: row for row, name in enumerate(posterior.items)}
    if posterior.model != "two-parameter":
        means = checks.own(posterior.loadings()[0]), posterior.mean("difficulty")
        return FixedItems(posterior.items, None, None, *means, places)
    alpha, beta = posterior.blocks["discrimination"], posterior.blocks["difficulty"]
    right = np.zeros((len(posterior.items), len(NODES)))
    for i, one in zip(_FEW, _FEW_WEIGHTS, strict=True):
        a = alpha.loc + alpha.scale * i
        a = np.exp(a) if alpha.log else a
        for j, other in zip(_FEW, _FEW_WEIGHTS, strict=True):
            right += one * other * expit(a[:, None] * (NODES - (beta.loc + beta.scale * j)[:, None]))
    right = right.clip(1e-300, 1 - 1e-16)
    return FixedItems(posterior.items, checks.own(np.log(right)), checks.own(np.log1p(-right)), places=places)


def ability(fixed: FixedItems | Posterior, items, correct, *, prior: Normal | None = None):
    """One student's ability: mean and standard deviation, from her answers to items that stay as they are.

    fixed: what `ready` made, or a posterior, which is made ready each time. items: names of items she was asked; one
    named twice counts twice. correct: 1 or 0 for each. prior: `Normal`, by default N(0, 1), what a fit has for students
    that it does not know; for one whom it knows her own row of the posterior.

    Two-parameter: two numbers, the posterior's mean and standard deviation, what is not known of the items averaged
    over. Factor models: two arrays (coordinates,), the likeliest values and the spread by the curvature there, the
    items at their means. Raises ValueError for an item that is not known, and for what is neither 1 nor 0.
    """
    if isinstance(fixed, Posterior):
        fixed = ready(fixed)
    return checks.instance(fixed, FixedItems, "fixed", "give ready(posterior)").ability(items, correct, prior=prior)


def _uphill(at, step, a, b, correct, centre, rate):
    """The point after the step, which is halved until the log posterior does not fall."""

    def value(theta):
        eta = a @ theta - b
        return correct @ eta - np.logaddexp(0, eta).sum() - 0.5 * rate @ (theta - centre) ** 2

    before = value(at)
    while value(at + step) < before - 1e-12 * abs(before):
        step = step / 2
    return at + step


def _right_or_wrong(correct) -> np.ndarray:
    """Answers as booleans."""
    array = checks.numbers(correct, "correct")
    if array.ndim != 1:
        raise ValueError(f"correct has shape {array.shape}: give a list of 1 and 0")
    odd = (array != 0) & (array != 1)
    if odd.any():
        raise ValueError(f"correct[{int(odd.argmax())}] = {array[odd][0]:g}: an answer is right, 1, or wrong, 0")
    return array == 1
