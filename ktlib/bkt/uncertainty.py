"""How sure: standard errors and intervals for a fitted skill, by curvature, by resampling, by what holds."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _checks as checks
from ._stretches import Stretches
from .em import EDGE, BKTFit
from .model import NAMES, BKTParams
from .profiles import better, end, estimated, expit, logit, prepared, refit, z_of

_STEP = 1e-4  # of the central difference, in logits
_ROUNDING = 1e-6  # a curvature below this is none
_FLAT = 5e-3  # nor is one this small in some direction, where 1 is the average
_OFF = 1e-2  # squared standard errors from the maximum: a tenth of one


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Standard errors at a fit.

    se: name -> standard error, for each parameter that was estimated and lies inside (0, 1). covariance: of these, in
    the same order. boundary: names estimated at 0 or 1 (within 0.001), where curvature says nothing; they are held
    where they are. frozen: names that were not estimated.
    """

    params: BKTParams
    se: dict[str, float]
    covariance: np.ndarray
    boundary: tuple[str, ...]
    frozen: tuple[str, ...]
    __repr__ = checks.short

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Interval for one parameter, symmetric in logits, so inside (0, 1). ValueError if it has no standard error.

        level: how often such intervals hold the truth, in (0, 1).
        """
        z = z_of(level)
        checks.one_of(name, NAMES, "name")
        if name not in self.se:
            where = "lies on the boundary" if name in self.boundary else "was not estimated"
            raise ValueError(f"{name} {where}: it has no standard error; the estimated ones are {', '.join(self.se)}")
        p = getattr(self.params, name)
        half = z * self.se[name] / (p * (1 - p))
        return float(expit(logit(p) - half)), float(expit(logit(p) + half))

    def frame(self, level: float = 0.95):
        """A DataFrame with a row an estimated parameter: estimate, se, low, high; NaN where it is on the boundary."""
        import pandas as pd

        rows = {name: [getattr(self.params, name), np.nan, np.nan, np.nan] for name in self.boundary}
        rows |= {name: [getattr(self.params, name), se, *self.interval(name, level)] for name, se in self.se.items()}
        names = [name for name in NAMES if name in rows]
        return pd.DataFrame([rows[name] for name in names], names, ["estimate", "se", "low", "high"])


@dataclass(frozen=True, eq=False)
class Intervals:
    """What `intervals` found.

    table: DataFrame, one row a parameter by name: estimate, se (NaN where method says why), low, high, method.
    level: of the intervals. flags: what to know before trusting them, one sentence each; empty if nothing.
    """

    table: Any
    level: float
    flags: tuple[str, ...]
    __repr__ = checks.short

    def interval(self, name: str) -> tuple[float, float]:
        """Low and high of one parameter, at the level they were found for."""
        row = self.table.loc[checks.one_of(name, tuple(self.table.index), "name")]
        return float(row.low), float(row.high)

    def frame(self):
        """The table, a copy."""
        return self.table.copy()


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Fits to students drawn again with replacement. draws: (draws, 4): p_init, p_transit, p_slip, p_guess."""

    draws: np.ndarray
    __repr__ = checks.short

    @property
    def se(self) -> dict[str, float]:
        """Standard deviation of the draws, by name."""
        return dict(zip(NAMES, self.draws.std(0, ddof=1).tolist(), strict=True))

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval for one parameter."""
        level = checks.inside(level, "level", 0.95)
        checks.one_of(name, NAMES, "name")
        low, high = np.quantile(self.draws[:, NAMES.index(name)], [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def standard_errors(answers, fit: BKTFit) -> Uncertainty:
    """Standard errors from the observed information: minus the second derivative of the log likelihood at the estimate.

    answers: those that `fit` was fitted to. The first derivative is exact: in logits, by Fisher's identity, expected
    successes minus expected trials times the probability. The second is its central difference.
    Raises ValueError where the likelihood is flat, so that no standard error exists, or where the estimate lies more
    than a tenth of a standard error from its maximum: not converged, or other answers.
    Source: Louis (1982); Oakes (1999).
    """
    sure = _curved(prepared(answers, fit), fit)
    if sure is None:
        first = "" if fit.converged else " EM had not converged: raise max_steps first."
        raise ValueError(
            f"the log likelihood is flat at {fit.params}: these answers do not pin {', '.join(_inside(fit))} together; "
            f"freeze one, or give at least three answers a student.{first}"
        )
    return sure


def intervals(answers, fit: BKTFit, level: float = 0.95) -> Intervals:
    """An interval for each parameter, by the method that holds there, and what to know before trusting it.

    Where the likelihood curves and the estimate is more than z standard errors from 0 and 1: estimate ± z standard
    errors in logits (Wald). Otherwise the profile likelihood ("profile"): at an estimate of 0 or 1 it is too wide where
    the truth is just that, and too narrow where it is merely near. Wald intervals hold parameters estimated at 0 or 1
    there. Raises as `standard_errors`, but not for a flat likelihood: that is a flag.
    """
    import pandas as pd

    z = z_of(level)
    stretches = prepared(answers, fit)
    sure = _curved(stretches, fit)
    boundary = [name for name in estimated(fit) if name not in _inside(fit)]
    rows, unpinned, seen = {}, [], [(fit.log_likelihood, fit.params)]
    for name in NAMES:
        p = getattr(fit.params, name)
        if name in fit.frozen:
            rows[name] = (p, np.nan, p, p, "frozen")
            continue
        se = np.nan if sure is None else sure.se.get(name, np.nan)
        if z * se < min(p, 1 - p):
            rows[name] = (p, se, *sure.interval(name, level), "Wald")
            continue
        why = "estimated at 0 or 1" if name in boundary else "flat likelihood" if sure is None else "near 0 or 1"
        (low, below), (high, above) = (end(stretches, fit, name, edge, z) for edge in (0, 1))
        seen += below + above
        rows[name] = (p, se, low, high, f"profile: {why}")
        unpinned += [name] if (low, high) == (0, 1) else []
    both = fit.params.p_guess + fit.params.p_slip
    likelier = better(fit, seen)
    turned = ", upside down" if likelier is not None and likelier.flipped else ""
    flags = {
        f"no maximum: the answers are likelier at {likelier}{turned}; fit again with that as start": likelier
        is not None,
        f"flipped: p_guess + p_slip = {both:.3g}, so a right answer does not speak for knowing": fit.params.flipped,
        f"boundary: {', '.join(f'{n} = {getattr(fit.params, n):.3g}' for n in boundary)}": boundary,
        "flat: these answers do not pin the parameters together": sure is None,
        f"open: any value of {', '.join(unpinned)} explains the answers": unpinned,
        f"not converged: {fit.reason}": not fit.converged,
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "se", "low", "high", "method"])
    return Intervals(table, float(level), tuple(flag for flag, there in flags.items() if there))


def bootstrap(answers, fit: BKTFit, *, draws: int = 500, rng) -> Bootstrap:
    """Fit again to as many students, drawn with replacement, `draws` times (Efron 1979), each from the estimate.

    Students with equal answers are exchangeable, so a draw is new numbers of students for the distinct sequences.
    Raises ValueError for fewer than two draws, without rng, and as `standard_errors` for a fit to other answers.
    """
    draws, rng = checks.whole(draws, "draws", 2), checks.generator(rng)
    checks.fits_in_memory(1000 * draws, f"draws = {draws}")
    stretches = prepared(answers, fit)
    index, times = stretches.whole
    out, again = np.empty((draws, 4)), copy(stretches)
    for row, drawn in zip(out, rng.multinomial(fit.students, times / fit.students, draws), strict=True):
        again.whole = index[drawn > 0], drawn[drawn > 0].astype(float)
        row[:] = tuple(refit(again, fit, fit.params)[1])
    return Bootstrap(out)


def _inside(fit: BKTFit) -> list[str]:
    """Estimated, and not at 0 or 1."""
    return [name for name in estimated(fit) if EDGE < getattr(fit.params, name) < 1 - EDGE]


def _curved(stretches: Stretches, fit: BKTFit) -> Uncertainty | None:
    """Standard errors, or None where the likelihood is flat. ValueError if the fit is not at its maximum."""
    inside = _inside(fit)
    boundary = tuple(name for name in estimated(fit) if name not in inside)
    if not inside:
        return Uncertainty(fit.params, {}, np.empty((0, 0)), boundary, fit.frozen)
    point = np.array([getattr(fit.params, name) for name in inside])
    pick = [NAMES.index(name) for name in inside]

    def score(logits):
        p = expit(logits)
        moved = fit.params.moved(**dict(zip(inside, p.tolist(), strict=True)))
        pairs = np.array(stretches.expected_counts(moved).pairs())[pick]
        return pairs[:, 0] - pairs[:, 1] * p

    logits = logit(point)
    shifts = np.eye(len(inside)) * _STEP
    information = -np.array([(score(logits + s) - score(logits - s)) / (2 * _STEP) for s in shifts])
    information = (information + information.T) / 2
    if not _pinned(information):
        return None
    slope = score(logits)
    if slope @ np.linalg.solve(information, slope) > _OFF:
        raise ValueError(
            f"the log likelihood is not at its maximum at {fit.params}: raise max_steps, or pass the answers it was "
            "fitted to"
        )
    jacobian = point * (1 - point)
    covariance = np.linalg.inv(information) * np.outer(jacobian, jacobian)
    se = dict(zip(inside, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    return Uncertainty(fit.params, se, covariance, boundary, fit.frozen)


def _pinned(information: np.ndarray) -> bool:
    """Whether it curves in every direction, each parameter measured by its own curvature."""
    own = np.diag(information)
    if (own < _ROUNDING).any():
        return False
    return np.linalg.eigvalsh(information / np.sqrt(np.outer(own, own)))[0] > _FLAT
