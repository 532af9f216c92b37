"""A number computed from answers, with each answer's influence on it: what standard errors and intervals are made of.

Influences add up to 0. Summed within a cluster, such as the answers of a student, and squared, they add up to the
variance; the influence on a difference or a mean is the difference or mean of influences (Hampel 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as shown
from typing import NamedTuple

import numpy as np
from scipy import stats

from .. import _checks as checks
from ..data import _frames as read

METRICS = ("auc", "f1", "log_loss", "brier")
ALIKE = "all alike: no spread to take a standard error from"
_ROUNDING = 1e-12  # a standard error below this is none


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and how sure it is.

    se: standard error. n: from how many answers (for a mean over splits: how many splits). reason: why value or se is
    NaN, with n; else "". scale: "logit" or "log" where the interval is symmetric there, else "plain". df: of Student's
    t, infinite for the normal distribution.
    """

    value: float
    se: float
    n: int
    reason: str = ""
    scale: str = "plain"
    df: float = np.inf

    def __format__(self, spec: str) -> str:
        """With its 95% interval: f"{found:.3f}" is "0.716 (0.707 to 0.726)", or "0.036 ± 0.009" on the plain scale."""
        if not spec:
            return str(self)
        low, high = self.interval()
        if self.scale == "plain":
            text = f"{self.value:{spec}} ± {(high - low) / 2:{spec.lstrip('+')}}"
        else:
            text = f"{self.value:{spec}} ({low:{spec}} to {high:{spec}})"
        return text.replace("-", "−")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Ends that hold the truth in a share `level` of all samples; both NaN where `reason` says why.

        On the logit scale they stay inside 0 to 1, on the log scale above 0; plain ends are not cut.
        """
        half = stats.t.ppf((1 + checks.inside(level, "level", 0.95)) / 2, self.df) * self.se
        v = self.value
        if self.reason or self.scale == "plain":
            ends = v - half, v + half
        elif self.scale == "log":
            ends = v * np.exp(-half / v), v * np.exp(half / v)
        else:
            ends = (1 + np.tanh((np.log(v / (1 - v)) + np.array([-half, half]) / (v * (1 - v))) / 2)) / 2
        low, high = ends
        return float(low), float(high)


class Measured(NamedTuple):
    """A value, each answer's influence on it (None: no standard error), and why something is missing, else ""."""

    value: float
    influence: np.ndarray | None
    reason: str

    def estimate(self, n: int, codes: np.ndarray | None, scale: str = "plain") -> Estimate:
        """With the standard error over clusters: codes (n,), or None for independent answers."""
        se, reason = np.nan, self.reason
        if self.influence is not None:
            sums = self.influence if codes is None else np.bincount(codes, self.influence)
            se = float(np.sqrt(sums @ sums))
            if se < _ROUNDING:
                se, reason = np.nan, f"n = {n}, {ALIKE}"
        return Estimate(value=self.value, se=se, n=n, reason=reason, scale=scale)


def answers(correct, *forecasts, cluster=None) -> tuple:
    """(n,) int8 answers, a float array for each forecast, and the clusters' (n,) codes or None; ValueError naming row
    and remedy."""
    n = read.as_array(correct, "correct").size
    if not n:
        raise ValueError("there are no answers: give at least one")
    y = read.right_or_wrong(correct, range(n))
    out = []
    for forecast in forecasts:
        p = checks.numbers(forecast, "forecast")
        if p.shape != y.shape:
            raise ValueError(f"forecast has shape {p.shape}, correct {y.shape}: give one forecast for each answer")
        good = (p >= 0) & (p <= 1)
        if not good.all():
            row = int(np.argmin(good))
            raise ValueError(
                f"row {row}: forecast {p[row]:g} is not a probability: give P(right), 0 to 1, or leave the row out"
            )
        out.append(p)
    return y, *out, None if cluster is None else factorized(cluster, n, "cluster")[0]


def check_metrics(metrics, y: np.ndarray, *forecasts: np.ndarray) -> tuple[str, ...]:
    """The names, each known; ValueError also for the log loss of a certain forecast that was wrong."""
    names = (metrics,) if isinstance(metrics, str) else checks.listed(metrics, "metrics", str(list(METRICS)))
    if not names or not all(isinstance(name, str) and name in METRICS for name in names):
        raise ValueError(f"metrics = {shown(metrics)}: give names among {', '.join(METRICS)}")
    for p in forecasts if "log_loss" in names else ():
        wrong = p == 1 - y
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"row {row}: forecast {p[row]:g} for {('a wrong', 'a right')[y[row]]} answer, an infinite log loss "
                f"({wrong.sum()} such rows of {len(y)}): give forecasts inside 0 to 1, or leave log_loss out"
            )
    return names


def factorized(values, n: int, what: str) -> tuple[np.ndarray, tuple]:
    """(n,) codes, and the names in order of appearance; none may be missing."""
    import pandas as pd

    shape = read.as_array(values, what).shape
    if shape != (n,):
        raise ValueError(f"{what} has shape {shape}: give one name for each of {n} answers")
    codes, names = read.factorized(pd.Series(values), range(n), what)
    if codes.min() < 0:
        raise ValueError(f"row {int(np.argmin(codes))} has no {what}: name it or leave the row out")
    return codes, names


def measure(metric: str, y: np.ndarray, p: np.ndarray, codes: np.ndarray | None) -> Measured:
    """A metric of one forecast."""
    n, right = len(y), y == 1
    if metric != "auc":
        top, bottom = ratio(metric, y, p)
        total = bottom.sum()
        if not total:
            return Measured(np.nan, None, f"n = {n}, none right and none forecast right")
        value = float(top.sum() / total)
        return Measured(value, *scaled((top - value * bottom) / total, codes))
    m = right.sum()
    if m in (0, n):
        return Measured(np.nan, None, f"n = {n}, all {'right' if m else 'wrong'}: AUC compares right with wrong")
    rank = stats.rankdata(p)
    placed = np.empty(n)  # DeLong's placements: the share of the other side that an answer is on the right side of
    placed[right] = (rank[right] - stats.rankdata(p[right])) / (n - m)
    placed[~right] = 1 - (rank[~right] - stats.rankdata(p[~right])) / m
    value = float(placed[right].mean())
    influence = (placed - value) / np.where(right, m, n - m)
    return Measured(value, *scaled(influence, codes, {"right ": right, "wrong ": ~right}))


def ratio(metric: str, y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F1, log loss or Brier as a sum over a sum: both (n,)."""
    if metric == "f1":
        told = p >= 0.5
        return 2.0 * (y * told), y + 1.0 * told
    return (p - y) ** 2 if metric == "brier" else -np.log(np.where(y == 1, p, 1 - p)), np.ones(len(y))


def scaled(influence: np.ndarray, codes: np.ndarray | None, strata: dict | None = None) -> tuple:
    """Influences times √(k / (k − 1)) for the k clusters in each stratum, as in a sample's variance; and a reason.

    None and the reason where a stratum has one cluster only.
    """
    out = influence.copy()
    for name, rows in (strata or {"": np.ones(len(influence), bool)}).items():
        k = rows.sum() if codes is None else np.count_nonzero(np.bincount(codes[rows]))
        if k < 2:
            only = f"one {name}answer" if codes is None else f"{name}answers of one cluster"
            return None, f"n = {len(influence)}, only {only}: no standard error"
        out[rows] *= np.sqrt(k / (k - 1))
    return out, ""
