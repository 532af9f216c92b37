"""How sure: standard errors and intervals for a fitted skill, from the curvature of its log likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from .bkt import NAMES, BKTParams
from .changepoint import Stretches
from .em import BKTFit
from .responses import as_sequences

EDGE = 1e-3  # closer than this to 0 or 1 counts as on the boundary
_STEP = 1e-4  # of the central difference, in logits
_FLAT = 1e-4  # a curvature this much below the largest is none


@dataclass(frozen=True)
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
        """Interval for one parameter, symmetric in logits, so inside (0, 1). ValueError if it has no standard error."""
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
    Raises ValueError where the likelihood is flat or not at a maximum, so that no standard error exists.
    Source: Louis (1982); Oakes (1999).
    """
    stretches = Stretches(as_sequences(answers))
    estimated = [n for n in NAMES if n not in fit.frozen]
    inside = [n for n in estimated if EDGE < getattr(fit.params, n) < 1 - EDGE]
    point = np.array([getattr(fit.params, n) for n in inside])
    if not inside:
        return Uncertainty(fit.params, {}, np.empty((0, 0)), tuple(estimated), fit.frozen)
    pick = [NAMES.index(n) for n in inside]

    def score(logits):
        p = 1 / (1 + np.exp(-logits))
        moved = replace(fit.params, allow_flip=True, **dict(zip(inside, p.tolist(), strict=True)))
        pairs = np.array(stretches.expected_counts(moved).pairs())[pick]
        return pairs[:, 0] - pairs[:, 1] * p

    logits = np.log(point / (1 - point))
    shifts = np.eye(len(inside)) * _STEP
    information = -np.array([(score(logits + s) - score(logits - s)) / (2 * _STEP) for s in shifts])
    information = (information + information.T) / 2
    least, *_, most = np.linalg.eigvalsh(information) if len(inside) > 1 else (information[0, 0],) * 2
    if least <= _FLAT * most:
        raise ValueError(
            f"the log likelihood is flat or not at its maximum at {fit.params} (curvature {least:.1g} one way, "
            f"{most:.1g} another): these answers do not pin all four numbers; freeze one, or give at "
            "least three answers a student"
        )
    jacobian = point * (1 - point)
    covariance = np.linalg.inv(information) * np.outer(jacobian, jacobian)
    se = dict(zip(inside, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    return Uncertainty(fit.params, se, covariance, tuple(n for n in estimated if n not in inside), fit.frozen)
