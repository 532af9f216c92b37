"""How sure: standard errors and intervals for a fitted skill, from the curvature of its log likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from . import checks
from .bkt import NAMES, BKTParams
from .changepoint import Stretches
from .em import BKTFit
from .sequences import as_sequences

EDGE = 1e-3  # closer than this to 0 or 1 counts as on the boundary
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

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Interval for one parameter, symmetric in logits, so inside (0, 1). ValueError if it has no standard error.

        level: how often such intervals hold the truth, in (0, 1).
        """
        level = checks.inside(level, "level", 0.95)
        if name not in NAMES:
            raise ValueError(f"{name!r} is no parameter; the estimated ones are {', '.join(self.se)}")
        if name not in self.se:
            where = "lies on the boundary" if name in self.boundary else "was not estimated"
            raise ValueError(f"{name} {where}: it has no standard error; the estimated ones are {', '.join(self.se)}")
        p = getattr(self.params, name)
        half = NormalDist().inv_cdf((1 + level) / 2) * self.se[name] / (p * (1 - p))
        ends = np.log(p / (1 - p)) + np.array([-half, half])
        low, high = (1 + np.tanh(ends / 2)) / 2
        return float(low), float(high)


def standard_errors(answers, fit: BKTFit) -> Uncertainty:
    """Standard errors from the observed information: minus the second derivative of the log likelihood at the estimate.

    answers: those that `fit` was fitted to. The first derivative is exact: in logits, by Fisher's identity, expected
    successes minus expected trials times the probability. The second is its central difference.
    Raises ValueError where the likelihood is flat, so that no standard error exists, or where the estimate lies more
    than a tenth of a standard error from its maximum: not converged, or other answers.
    Source: Louis (1982); Oakes (1999).
    """
    if not isinstance(fit, BKTFit):
        raise ValueError(f"fit = {fit!r}: give what em.fit returned for these answers")
    sequences = as_sequences(answers)
    if (len(sequences), sequences.n_answers) != (fit.students, fit.answers):
        raise ValueError(
            f"{len(sequences)} students with {sequences.n_answers} answers, but the fit saw {fit.students} with "
            f"{fit.answers}: pass the answers it was fitted to"
        )
    estimated = [n for n in NAMES if n not in fit.frozen]
    inside = [n for n in estimated if EDGE < getattr(fit.params, n) < 1 - EDGE]
    boundary = tuple(n for n in estimated if n not in inside)
    if not inside:
        return Uncertainty(fit.params, {}, np.empty((0, 0)), boundary, fit.frozen)
    point = np.array([getattr(fit.params, n) for n in inside])
    pick = [NAMES.index(n) for n in inside]
    stretches = Stretches(sequences)

    def score(logits):
        p = 1 / (1 + np.exp(-logits))
        moved = fit.params.moved(**dict(zip(inside, p.tolist(), strict=True)))
        pairs = np.array(stretches.expected_counts(moved).pairs())[pick]
        return pairs[:, 0] - pairs[:, 1] * p

    logits = np.log(point / (1 - point))
    shifts = np.eye(len(inside)) * _STEP
    information = -np.array([(score(logits + s) - score(logits - s)) / (2 * _STEP) for s in shifts])
    information = (information + information.T) / 2
    if not _pinned(information):
        first = "" if fit.converged else " EM had not converged: raise max_steps first."
        raise ValueError(
            f"the log likelihood is flat at {fit.params}: these answers do not pin {', '.join(inside)} together; "
            f"freeze one, or give at least three answers a student.{first}"
        )
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
