"""Profile likelihood: how well the answers can be explained with a parameter held where it was not estimated.

The profile shows what standard errors cannot: ridges along which parameters trade off, and ends at 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from reprlib import repr as shown
from statistics import NormalDist

import numpy as np

from .. import _checks as checks
from ..data.sequences import as_sequences
from ._stretches import Stretches
from .em import BKTFit, climb, moved_inside
from .model import NAMES, BKTParams

_TOL, _STEPS = 1e-6, 2000  # of an EM fit of the parameters that are not held: nats, and most steps
_FARTHEST = 30.0  # in logits; there a probability is as good as 0 or 1
_NEAR = 1e-4  # precision of an interval's end, in logits
_BETTER = 0.1  # nats above the fit from which a refit counts as another, better maximum
_ROUNDED = 1e-9  # share of a log likelihood by which two processors and two orders of students may differ


@dataclass(frozen=True, eq=False)
class Profile:
    """How well the answers can be explained with one parameter held at each value of a grid, the others refitted.

    grid, log_likelihood: (n,); -inf where the answers are impossible. paths: (n, 4) all parameters there. top: log
    likelihood of the fit. low, high: likelihood-ratio interval at `level`. at_boundary: whether low is 0, high is 1.
    """

    name: str
    grid: np.ndarray
    log_likelihood: np.ndarray
    paths: np.ndarray
    top: float
    level: float
    low: float
    high: float
    at_boundary: tuple[bool, bool]
    __repr__ = checks.short


@dataclass(frozen=True, eq=False)
class ProfilePair:
    """As `Profile`, with two parameters held: log_likelihood is (first grid, second grid)."""

    names: tuple[str, str]
    grids: tuple[np.ndarray, np.ndarray]
    log_likelihood: np.ndarray
    top: float
    __repr__ = checks.short

    def contour(self, level: float = 0.95) -> float:
        """The log likelihood on the edge of the joint likelihood-ratio region: top + log(1 - level)."""
        return float(self.top + np.log1p(-checks.inside(level, "level", 0.95)))


def profile(answers, fit: BKTFit, name: str, *, grid: Iterable[float] | None = None, level: float = 0.95) -> Profile:
    """Profile likelihood of one parameter, and the interval of the values that a likelihood-ratio test keeps.

    grid: values in [0, 1], ascending; by default 41 over the interval and a third of its width to either side. Each is
    fitted from its neighbour's end, outwards from the estimate, so the profile follows the ridge that the fit lies on.
    Raises ValueError for a parameter that was not estimated, for a fit to other answers, and where a refit comes out
    more than 0.1 nats likelier than the fit: not upside down (p_guess + p_slip ≥ 1), unless the fit is.
    """
    z = z_of(level)
    stretches = prepared(answers, fit)
    _check_estimated((name,), fit)
    estimate = getattr(fit.params, name)
    grid = None if grid is None else _values(grid, name)
    (low, seen), (high, also) = (end(stretches, fit, name, edge, z) for edge in (0, 1))
    if grid is None:
        margin = (high - low) / 3
        grid = np.linspace(max(low - margin, 0), min(high + margin, 1), 41)
    found, paths = np.empty(len(grid)), np.empty((len(grid), 4))
    for order in (np.flatnonzero(grid < estimate)[::-1], np.flatnonzero(grid >= estimate)):
        others = fit.params
        for i in order:
            found[i], others = refit(stretches, fit, others, **{name: grid[i]})
            paths[i] = tuple(others)
            seen.append((found[i], others))
    _refuse_better(fit, seen + also)
    return Profile(name, grid, found, paths, fit.log_likelihood, float(level), low, high, (low == 0, high == 1))


def profile_pair(answers, fit: BKTFit, names: tuple[str, str], grids: tuple[Iterable, Iterable]) -> ProfilePair:
    """Profile likelihood of two parameters over the product of two grids, for drawing ridges.

    Raises as `profile`.
    """
    stretches = prepared(answers, fit)
    names = _check_estimated(names, fit)
    grids = checks.listed(grids, "grids", "([0.1, 0.2], [0.1, 0.2])")
    if len(names) != 2 or names[0] == names[1] or len(grids) != 2:
        raise ValueError(f"names = {names} with {len(grids)} grids: give two different names and two grids")
    rows, columns = map(_values, grids, names)
    found, others, seen = np.empty((len(rows), len(columns))), fit.params, []
    for i, row in enumerate(rows):
        places = range(len(columns))
        for j in reversed(places) if i % 2 else places:  # to and fro, so that each start is a neighbour's end
            found[i, j], others = refit(stretches, fit, others, **{names[0]: row, names[1]: columns[j]})
            seen.append((found[i, j], others))
    _refuse_better(fit, seen)
    return ProfilePair(names, (rows, columns), found, fit.log_likelihood)


def prepared(answers, fit: BKTFit) -> Stretches:
    """The answers ready for `refit`. Raises ValueError unless `fit` is a fit, and to these answers, in any order."""
    checks.instance(fit, BKTFit, "fit", "give what em.fit returned for these answers")
    sequences = as_sequences(answers)
    if (len(sequences), sequences.n_answers) != (fit.students, fit.answers):
        raise ValueError(
            f"{len(sequences)} students with {sequences.n_answers} answers, but the fit saw {fit.students} with "
            f"{fit.answers}: pass the answers it was fitted to"
        )
    stretches = Stretches(sequences)
    try:
        here = stretches.expected_counts(fit.params).log_likelihood
    except ValueError:  # impossible under the fit
        here = -np.inf
    if not np.isclose(here, fit.log_likelihood, rtol=_ROUNDED, atol=_ROUNDED * fit.answers):
        raise ValueError(
            f"at the fit's parameters these answers have log likelihood {here:.6f}, but those it was fitted to "
            f"{fit.log_likelihood:.6f}: pass the answers it was fitted to"
        )
    return stretches


def estimated(fit: BKTFit) -> list[str]:
    """The names that were not frozen."""
    return [name for name in NAMES if name not in fit.frozen]


def refit(stretches: Stretches, fit: BKTFit, start: BKTParams, **held: float) -> tuple[float, BKTParams]:
    """Log likelihood and parameters with `held` held, the others fitted by EM from `start`; -inf if impossible.

    What the fit had frozen stays so. A start at 0 or 1 is moved off, by 0.001, as EM could not leave it.
    """
    start = moved_inside(start, [name for name in estimated(fit) if name not in held]).moved(**held)
    try:
        found = climb(stretches, start, (*fit.frozen, *held), _TOL, _STEPS)
    except ValueError:  # every free parameter is inside, so what is held makes the answers impossible
        return -np.inf, start
    return found["log_likelihood"], found["params"]


def end(stretches: Stretches, fit: BKTFit, name: str, edge: int, z: float) -> tuple[float, list]:
    """The end towards `edge` (0 or 1) of the values whose profile lies at most z²/2 below the fit; `edge` if all do.

    Beside it every refit on the way, (log likelihood, parameters), for `better`. The signed root √(2 drop) is nearly
    straight in logits, so few fits find it.
    """
    from scipy.optimize import brentq

    seen = [(fit.log_likelihood, fit.params)]

    def drop(p):
        seen.append(refit(stretches, fit, seen[-1][1], **{name: p}))
        return max(2 * (fit.log_likelihood - seen[-1][0]), 0.0)

    def excess(x):
        return np.sqrt(drop(float(expit(x)))) - z

    if drop(float(edge)) <= z * z:
        return float(edge), seen
    seen.append(seen[0])  # the walk starts at the fit
    inside = logit(np.clip(getattr(fit.params, name), *expit(np.array([-_FARTHEST, _FARTHEST]))))
    step = 0.5 if edge else -0.5
    while excess(outside := np.clip(inside + step, -_FARTHEST, _FARTHEST)) < 0:
        if abs(outside) == _FARTHEST:
            return float(edge), seen
        inside, step = outside, 2 * step
    return float(expit(brentq(excess, inside, outside, xtol=_NEAR))), seen


def better(fit: BKTFit, seen: Iterable[tuple[float, BKTParams]]) -> BKTParams | None:
    """Of these refits the likeliest, if it is more than 0.1 nats likelier than the fit: the fit is no maximum then."""
    value, params = max(seen, key=lambda refitted: refitted[0])
    return params if value > fit.log_likelihood + _BETTER else None


def _refuse_better(fit: BKTFit, seen: list[tuple[float, BKTParams]]) -> None:
    found = better(fit, [(value, params) for value, params in seen if fit.params.flipped or not params.flipped])
    if found is not None:
        raise ValueError(
            f"a better maximum exists: with {found} the answers are likelier than at the fit, {fit.params}: fit them "
            "again with that as start"
        )


def z_of(level: float) -> float:
    """How many standard errors to either side of a normal estimate hold the truth with probability `level`."""
    return NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)


def logit(p):
    """Log odds."""
    return np.log(p / (1 - p))


def expit(x):
    """Probability of log odds."""
    return (1 + np.tanh(x / 2)) / 2


def _check_estimated(names, fit: BKTFit) -> tuple[str, ...]:
    names = tuple(checks.one_of(name, NAMES, "name") for name in checks.listed(names, "names", "('p_init', 'p_slip')"))
    for name in names:
        if name not in estimated(fit):
            raise ValueError(f"{name!r} was not estimated: choose from {', '.join(estimated(fit))}")
    return names


def _values(grid, name: str) -> np.ndarray:
    """A grid for `name`, ascending."""
    values = checks.probabilities(grid, f"grid of {name}")
    if values.ndim != 1 or not values.size or (np.diff(values) <= 0).any():
        raise ValueError(
            f"grid of {name} = {shown(grid)}: give ascending values, such as numpy.linspace(0.05, 0.5, 20)"
        )
    return values
