"""How good forecasts of right and wrong answers are, and how sure that is.

Each metric comes with its answers' influences (`_influence`). So intervals hold when the answers of a student hang
 together, two forecasts are compared in pairs, and all of it takes one sort of the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special, stats

from .. import _checks as checks
from ..data import _frames as read
from ._influence import ALIKE, METRICS, Estimate, Measured, answers, check_metrics, factorized, measure, ratio, scaled


@dataclass(frozen=True)
class Score:
    """How good a forecast of `n` answers is. right: their share right. metrics: name -> `Estimate`."""

    n: int
    right: float
    metrics: dict[str, Estimate]

    def interval(self, metric: str, level: float = 0.95) -> tuple[float, float]:
        """Ends for one metric: AUC, F1 and Brier symmetric in logits, log loss in logs, so all inside their range."""
        return self.metrics[checks.one_of(metric, self.metrics, "metric")].interval(level)

    def row(self, level: float = 0.95) -> dict:
        """n, right, each metric with its _low and _high, reason: pandas.DataFrame([a.row(), b.row()]) is a table."""
        row = {"n": self.n, "right": self.right}
        for name, e in self.metrics.items():
            row |= zip((name, f"{name}_low", f"{name}_high"), (e.value, *e.interval(level)), strict=True)
        return row | {"reason": "; ".join(f"{name}: {e.reason}" for name, e in self.metrics.items() if e.reason)}


@dataclass(frozen=True, kw_only=True)
class OverSplits(Estimate):
    """A mean over n repeated splits. above: in how many of them the value is above 0."""

    above: int


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Whether of the answers forecast with p a share p is right.

    bins: DataFrame, a row a bin: forecast (mean), right (share), n, low and high (of right: Wilson 95 %, answers taken
    as independent). error: expected calibration error, the mean over answers of their bin's |forecast − right|; chance
    alone makes it above 0. slope, intercept: of the logistic regression of the answers on the forecasts' logits, 1 and
    0 where calibrated; a slope below 1 says that the forecasts lie too far apart (Cox 1958).
    """

    bins: object
    error: float
    slope: Estimate
    intercept: Estimate

    __repr__ = checks.short


def score(correct, forecast, *, cluster=None, metrics: Iterable[str] = METRICS) -> Score:
    """Metrics of one forecast, with standard errors.

    correct: (n,) 1 right, 0 wrong. forecast: (n,) P(right), 0 to 1. cluster: (n,) who answered; None takes the answers
    as independent. metrics: "auc", where ties count half (DeLong et al. 1988; clusters: Obuchowski 1997); "f1" of the
    right answers, forecast right from .5 on; "log_loss", nats an answer; "brier", mean squared error.

    What does not exist, such as the AUC of right answers only, is NaN with a reason. Raises ValueError for what is no
    answer or no forecast, and for the log loss of a certain forecast that was wrong, which is infinite.
    """
    y, p, codes = answers(correct, forecast, cluster=cluster)
    metrics = check_metrics(metrics, y, p)
    return _score(y, p, codes, metrics)


def by_group(correct, forecast, group, names=None, *, cluster=None, metrics=METRICS, level: float = 0.95):
    """`score` in each group: a DataFrame with the columns of `Score.row`, one row a group, most answers first.

    group: (n,) names; or, if names are given, places in them. A name without answers has a row with n = 0.
    """
    import pandas as pd

    y, p, codes = answers(correct, forecast, cluster=cluster)
    metrics = check_metrics(metrics, y, p)
    if names is None:
        places, names = factorized(group, len(y), "group")
    else:
        names = read.unique_names(names, "group")
        places = read.codes(group, names, len(y), "group")
    none = Estimate(value=np.nan, se=np.nan, n=0, reason="n = 0, no answers")
    rows = [Score(0, np.nan, dict.fromkeys(metrics, none)).row(level)] * len(names)
    for k, part, own in _groups(places, codes):
        rows[k] = _score(y[part], p[part], own, metrics).row(level)
    return pd.DataFrame(rows, read.index(names, "group")).sort_values("n", ascending=False, kind="stable")


def compare(correct, a, b, metric: str, *, cluster=None) -> Estimate:
    """By how much `metric` is higher for forecast a than for forecast b on the same answers: a − b, paired.

    Arguments as in `score`. Positive is better for AUC and F1, worse for log loss and Brier.
    """
    y, a, b, codes = answers(correct, a, b, cluster=cluster)
    check_metrics(checks.one_of(metric, METRICS, "metric"), y, a, b)
    first, second = measure(metric, y, a, codes), measure(metric, y, b, codes)
    difference, reason = first.value - second.value, first.reason or second.reason
    if reason:
        return Measured(difference, None, reason).estimate(len(y), codes)
    if (a == b).all():
        return Estimate(value=0.0, se=0.0, n=len(y))
    return Measured(difference, first.influence - second.influence, "").estimate(len(y), codes)


def over_splits(values, n_train: int, n_test: int) -> OverSplits:
    """The mean of a value, such as a difference in AUC, over repeated random splits of the same answers.

    values: (splits,), at least two. n_train, n_test: answers fitted to and answers tested on, in each split. As the
    splits overlap, the variance of the mean is (1 / splits + n_test / n_train) times the values' variance: the
    corrected resampled interval, on Student's t (Nadeau and Bengio 2003).
    """
    values = checks.numbers(values, "values")
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"values = {values!r}: give one finite number a split, for two splits or more")
    n, ratio_of_sizes = len(values), checks.whole(n_test, "n_test", 1) / checks.whole(n_train, "n_train", 1)
    se = float(np.sqrt((1 / n + ratio_of_sizes) * values.var(ddof=1)))
    found = Estimate(value=float(values.mean()), se=se, n=n, df=n - 1)
    if values.min() == values.max():
        found = replace(found, se=np.nan, reason=f"n = {n}, {ALIKE}")
    return OverSplits(**vars(found), above=int((values > 0).sum()))


def auc_by_skill(correct, forecast, skill, *, cluster=None, level: float = 0.95):
    """AUC of all answers (pooled), and its mean over skills: weighted by their answers, or each alike (mean).

    Pooled, a forecast also earns by knowing which skills are easy. skill: (n,) names. Weighted and mean leave out a
    skill without two right and two wrong answers (of two clusters each), which has no AUC or no standard error; their
    intervals take the skills and weights as given. A DataFrame, one row a way: auc, low, high, n, skills, reason.
    """
    import pandas as pd

    y, p, codes = answers(correct, forecast, cluster=cluster)
    places, names = factorized(skill, len(y), "skill")
    found = measure("auc", y, p, codes).estimate(len(y), codes, "logit")
    rows = [_way(found, len(names), level)]
    value, size, influence = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(y))
    for k, part, own in _groups(places, codes):
        auc, of_skill, _ = measure("auc", y[part], p[part], own)
        if of_skill is not None:
            value[k], size[k], influence[part] = auc, len(part), of_skill
    kept, n = int((size > 0).sum()), int(size.sum())
    apart = "" if codes is None else " of different clusters"
    left = f"{len(names) - kept} of {len(names)} skills left out, without two right and two wrong answers{apart}"
    for weight in (size, size > 0):
        found = Measured(np.nan, None, f"n = {len(y)}, no skill to average").estimate(0, None)
        if kept:
            weight = weight / weight.sum()
            found = Measured(float(weight @ value), weight[places] * influence, "").estimate(n, codes, "logit")
        rows.append(_way(found, kept, level, left if kept < len(names) else ""))
    return pd.DataFrame(rows, ["pooled", "weighted", "mean"])


def calibration(correct, forecast, bins: int = 10, *, cluster=None) -> Calibration:
    """Forecasts against shares right, in bins of equally many answers; equal forecasts share a bin, so fewer may be.

    cluster: as in `score`, for the standard errors of slope and intercept.
    """
    import pandas as pd

    y, p, codes = answers(correct, forecast, cluster=cluster)
    bins = min(checks.whole(bins, "bins", 1), len(y))
    ends = np.rint(np.arange(1, bins + 1) * len(y) / bins).astype(int)
    order = np.argsort(p, kind="stable")
    ascending = p[order]
    ends = np.unique(np.searchsorted(ascending, ascending[np.maximum(ends, 1) - 1], side="right"))
    starts, n = np.r_[0, ends[:-1]], np.diff(ends, prepend=0)
    hits = np.add.reduceat(y[order].astype(int), starts)
    table = pd.DataFrame({"forecast": np.add.reduceat(ascending, starts) / n, "right": hits / n, "n": n})
    wilson = [stats.binomtest(int(k), int(m)).proportion_ci(method="wilson") for k, m in zip(hits, n, strict=True)]
    table["low"], table["high"] = np.transpose(wilson)
    error = float((table.forecast - table.right).abs() @ n / len(y))
    return Calibration(table, error, *_line(y, p, codes))


def bootstrap(correct, forecast, metric: str, cluster, *, draws: int = 1000, rng) -> np.ndarray:
    """(draws,) values of a metric, each from whole clusters (students) drawn with replacement, as many as there are.

    Arguments as in `score`; the spread of the draws is the standard error, without its formulas. rng: a generator or a
    seed; the same seed draws the same clusters, so the draws of two forecasts can be subtracted. Raises ValueError
    where a draw has no value: its answers are all right, say.
    """
    y, p, codes = answers(correct, forecast, cluster=cluster)
    check_metrics(checks.one_of(metric, METRICS, "metric"), y, p)
    draws, rng = checks.whole(draws, "draws", 1), checks.generator(rng)
    checks.fits_in_memory(2 * draws, f"{draws:,} draws", most=2e8)
    codes = np.arange(len(y)) if codes is None else codes
    clusters = int(codes.max()) + 1
    order = np.argsort(p)
    starts = np.flatnonzero(np.diff(p[order], prepend=-1))
    right, codes_up = y[order].astype(int), codes[order]
    sums = None if metric == "auc" else np.array([np.bincount(codes, part) for part in ratio(metric, y, p)])
    out = np.empty((draws, 2))
    for draw in out:
        times = np.bincount(rng.integers(clusters, size=clusters), minlength=clusters)
        if sums is None:
            each = times[codes_up]
            hits = np.add.reduceat(each * right, starts)
            misses = np.add.reduceat(each, starts) - hits
            draw[:] = hits @ (np.cumsum(misses) - misses / 2), hits.sum() * misses.sum()
        else:
            draw[:] = sums @ times
    void = int((out[:, 1] == 0).sum())
    if void:
        raise ValueError(
            f"{void} of {draws} draws from {clusters} clusters have no {metric}: give more clusters, or use score, "
            "whose standard errors take no draws"
        )
    return out[:, 0] / out[:, 1]


def _score(y, p, codes, metrics) -> Score:
    scales = {"log_loss": "log"}
    estimates = {m: measure(m, y, p, codes).estimate(len(y), codes, scales.get(m, "logit")) for m in metrics}
    return Score(len(y), float(y.mean()), estimates)


def _groups(places: np.ndarray, codes: np.ndarray | None) -> Iterator[tuple]:
    """Each place that has answers, their rows, and their clusters coded anew."""
    order = np.argsort(places, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(places[order])) + 1):
        yield places[rows[0]], rows, None if codes is None else np.unique(codes[rows], return_inverse=True)[1]


def _way(found: Estimate, skills: int, level: float, left: str = "") -> dict:
    low, high = found.interval(level)
    reason = "; ".join(text for text in (found.reason, left) if text)
    return {"auc": found.value, "low": low, "high": high, "n": found.n, "skills": skills, "reason": reason}


def _line(y, p, codes) -> list[Estimate]:
    """Slope and intercept of the logistic regression on the forecasts' logits, by maximum likelihood."""
    n, certain = len(y), int(((p == 0) | (p == 1)).sum())
    reason = f"n = {n}, {certain} forecasts of exactly 0 or 1, whose logit is infinite" if certain else ""
    if not certain:
        x = special.logit(p)
        right, wrong = x[y == 1], x[y == 0]
        if not (len(right) and len(wrong) and right.min() < wrong.max() and wrong.min() < right.max()):
            reason = f"n = {n}, forecasts of right and wrong answers do not overlap: the slope has no estimate"
    if reason:
        return [Measured(np.nan, None, reason).estimate(n, codes)] * 2
    design = np.column_stack([x, np.ones(n)])

    def loss(line):
        return (np.logaddexp(0, design @ line) - y * (design @ line)).mean()

    def gradient(line):
        return (special.expit(design @ line) - y) @ design / n

    def hessian(line):
        q = special.expit(design @ line)
        return (design.T * (q * (1 - q))) @ design / n

    fit = optimize.minimize(loss, (1.0, 0.0), jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-9})
    residual = y - special.expit(design @ fit.x)
    influences = np.linalg.solve(hessian(fit.x) * n, design.T * residual)
    return [Measured(float(v), *scaled(i, codes)).estimate(n, codes) for v, i in zip(fit.x, influences, strict=True)]
