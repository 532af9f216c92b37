"""How well estimates recover the truth: what a correlation shows, and what it hides."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks


@dataclass(frozen=True)
class Recovery:
    """How `n` estimates compare with the numbers they estimate.

    pearson, kendall (τ-b), spearman: correlations. rmse: root mean squared error. bias: mean of estimate − truth.
    slope: of the regression of estimate on truth; under 1 the estimates are shrunk together, over 1 drawn apart.
    coverage: which share of the intervals holds the truth; None without intervals. far: how many errors exceed the
    limit, 3 by default.
    """

    n: int
    pearson: float
    kendall: float
    spearman: float
    rmse: float
    bias: float
    slope: float
    coverage: float | None
    far: int


def recovery(truth, estimate, *, sd=None, interval=None, far: float = 3.0) -> Recovery:
    """Compare estimates with the truth.

    truth, estimate: arrays of one shape, at least two different numbers each. sd: standard deviations of the estimates;
    their 95 % intervals are estimate ± 1.96 sd. interval: instead of sd, the ends (low, high). far: an error above this
    is counted as far off. Raises ValueError naming what is constant, not finite or of another shape.
    """
    from scipy import stats

    truth, estimate = _varied(truth, "truth"), _varied(estimate, "estimate")
    if truth.shape != estimate.shape:
        raise ValueError(f"truth has shape {truth.shape}, estimate {estimate.shape}: give one estimate for each truth")
    if not checks.finite(far, "far") > 0:
        raise ValueError(f"far = {far!r}: give an error above 0")
    ends = _ends(estimate, sd, interval)
    error = estimate - truth
    deviation = truth - truth.mean()
    flat = truth.ravel(), estimate.ravel()
    return Recovery(
        n=truth.size,
        pearson=float(stats.pearsonr(*flat).statistic),
        kendall=float(stats.kendalltau(*flat).statistic),
        spearman=float(stats.spearmanr(*flat).statistic),
        rmse=float(np.sqrt((error**2).mean())),
        bias=float(error.mean()),
        slope=float((deviation * estimate).sum() / (deviation**2).sum()),
        coverage=None if ends is None else float(((ends[0] <= truth) & (truth <= ends[1])).mean()),
        far=int((np.abs(error) > far).sum()),
    )


def _varied(values, name: str) -> np.ndarray:
    array = checks.numbers(values, name)
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(
            f"{name} holds {array[bad].flat[0]} ({bad.sum()} of {array.size} values are not finite): leave these out "
            "of truth and estimate alike, and say how many"
        )
    if not array.size or array.min() == array.max():
        raise ValueError(f"{name} has no two different values (n = {array.size}): nothing can correlate with it")
    return array


def _ends(estimate: np.ndarray, sd, interval) -> tuple[np.ndarray, np.ndarray] | None:
    """Ends of the intervals, an infinite one included."""
    if sd is not None and interval is not None:
        raise ValueError("both sd and interval are given: give one of them")
    if sd is None and interval is None:
        return None
    if interval is not None and len(interval := checks.listed(interval, "interval", "(low, high)")) != 2:
        raise ValueError(f"interval = {shown(interval)}: give the ends, (low, high)")
    given = {"sd": sd} if interval is None else dict(zip(("low", "high"), interval, strict=True))
    given = {name: checks.numbers(values, name) for name, values in given.items()}
    for name, values in given.items():
        if values.shape != estimate.shape:
            raise ValueError(f"{name} has shape {values.shape}, estimate {estimate.shape}: give one for each estimate")
    if interval is None:
        half = 1.959964 * given["sd"]
        low, high = estimate - half, estimate + half
    else:
        low, high = given["low"], given["high"]
    if not (low <= high).all():
        place = int(np.argmin((low <= high).ravel()))
        raise ValueError(
            f"the interval of estimate {place} is {low.flat[place]:g} to {high.flat[place]:g}: give an sd of 0 or "
            "more, or ends (low, high) with low at most high, none of them NaN"
        )
    return low, high
