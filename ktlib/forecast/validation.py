"""Cross-validation in one call: students dealt into folds, each forecast by models that learned from the others.

Every answer is forecast once, by a model that has seen no answer of that student beyond her earlier ones. Intervals
count students, not answers, and take the fitted models as they are; models are compared in pairs, on the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from reprlib import repr as shown

import numpy as np
from tqdm import tqdm

from .. import _checks as checks
from ..bkt import skills
from ..data.log import Log
from . import baselines, scores
from ._influence import METRICS, Estimate, check_metrics

GROUPS = 50  # of students, each left out once for the standard error of a metric of one's own


@dataclass(frozen=True, eq=False)
class Validation:
    """What `cross_validate` found.

    metric: its name. answers: DataFrame with a row an answer, in the order answered: student, item, correct, row, fold.
    forecasts: model -> (answers,) P(right). scores: model -> `Estimate` of the metric over all answers. folds: how
    many.
    """

    metric: str
    answers: object
    forecasts: dict[str, np.ndarray]
    scores: dict[str, Estimate]
    folds: int
    _measure: Callable = field(repr=False)
    __repr__ = checks.short

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Ends of a model's metric, clustered by student."""
        return self.scores[checks.one_of(name, self.scores, "name")].interval(level)

    def lead(self, a: str, b: str) -> Estimate:
        """By how much the metric is higher for model a than for model b on the same answers: a − b, paired."""
        first, second = (self.forecasts[checks.one_of(name, self.forecasts, "name")] for name in (a, b))
        return self._measure(first, second)

    def frame(self, against: str | None = None, level: float = 0.95):
        """A DataFrame with a row a model: value, low, high; lead over the model `against`, by default the first, with
        its ends; reason where something is NaN."""
        import pandas as pd

        against = next(iter(self.scores)) if against is None else checks.one_of(against, self.scores, "against")
        rows = []
        for name, found in self.scores.items():
            lead = self.lead(name, against)
            ends = (found.value, *found.interval(level), lead.value, *lead.interval(level))
            rows.append((*ends, found.reason or (lead.reason if name != against else "")))
        columns = ["value", "low", "high", "lead", "lead_low", "lead_high", "reason"]
        return pd.DataFrame(rows, pd.Index(list(self.scores), name="model"), columns)


def cross_validate(
    log: Log,
    models: Iterable[str] | Mapping[str, Callable] = ("BKT", "skill mean"),
    *,
    folds: int = 5,
    metric: str | Callable = "auc",
    rng,
    progress: bool = False,
) -> Validation:
    """Forecast every answer of a log by models fitted to other students.

    log: what `data.read` returned. models: names among `MODELS`; or name -> a name of these or a function that is given
    the training `Log` and gives back a function from a test `Log` to P(right) of each row of its `answers()`. folds:
    parts that the students are dealt into, 2 or more, at most as many as students. metric: "auc", "f1", "log_loss",
    "brier", or a function of (correct, forecast), whose interval is a jackknife over groups of students (Efron 1982,
    ch. 3). rng: a generator or a seed. progress: show a bar.

    Raises ValueError for settings, naming the model where one fails on a fold, or forecasts no probability.
    """
    checks.instance(log, Log, "log", "give what data.read returned")
    chosen = _chosen(models)
    answers = log.answers().reset_index(drop=True)
    students = answers["student"].unique()
    folds = checks.whole(folds, "folds", 2, len(students))
    own = callable(metric)
    if not own:
        checks.one_of(metric, METRICS, "metric")
    part = np.empty(len(students), dtype=int)
    part[checks.generator(rng).permutation(len(students))] = np.arange(len(students)) % folds
    fold = part[answers["student"].map(dict(zip(students, range(len(students)), strict=True))).to_numpy()]
    forecasts = {name: np.full(len(answers), np.nan) for name in chosen}
    for k in tqdm(range(folds), "folds", disable=not checks.flag(progress, "progress")):
        train, test = log.of(students[part != k]), log.of(students[part == k])
        for name, fit in chosen.items():
            forecasts[name][fold == k] = _forecast(name, fit, train, test)
    y, who = answers["correct"].to_numpy(), answers["student"].to_numpy()
    if own:
        group = dict(zip(students, np.argsort(np.argsort(part, kind="stable")) % GROUPS, strict=True))
        measure = _by_groups(metric, y, answers["student"].map(group).to_numpy())
    else:
        check_metrics(metric, y, *forecasts.values())
        measure = _by_influence(metric, y, who)
    found = {name: measure(p) for name, p in forecasts.items()}
    called = getattr(metric, "__name__", "own metric") if own else metric
    return Validation(called, answers.assign(fold=fold), forecasts, found, folds, measure)


def fit_bkt(train: Log, prior=None) -> Callable:
    """BKT of every skill, by maximum likelihood or with a prior as in `bkt.skills.fit`; several skills: their mean."""
    fits = skills.fit(train.sequences(), prior=prior)

    def predict(test: Log) -> np.ndarray:
        each = test.frame[["row"]].assign(p=skills.predict(fits, test.frame, unseen="default"))
        return each.groupby("row", sort=False)["p"].mean().to_numpy()

    return predict


def _learned(train: Log) -> Callable:
    return fit_bkt(train, "learned")


def _baseline(fit: Callable, with_skills: bool = True) -> Callable:
    """A model of `baselines` as a function from a training log to a function from a test log to forecasts."""

    def fitted(train: Log) -> Callable:
        model = fit(train.answers(), train.links()) if with_skills else fit(train.answers())
        return lambda test: model.predict(test.answers())

    return fitted


MODELS = {
    "BKT": fit_bkt,
    "BKT, learned prior": _learned,
    "skill mean": _baseline(baselines.fit_skill_mean),
    "item mean": _baseline(baselines.fit_item_mean),
    "Rasch": _baseline(baselines.fit_rasch, with_skills=False),
    "PFA": _baseline(baselines.fit_pfa),
    "best logistic": _baseline(baselines.fit_best_logistic),
}


def _chosen(models) -> dict[str, Callable]:
    """Name -> function, each checked."""
    if isinstance(models, Mapping):
        chosen = dict(models)
    else:
        chosen = {
            name: name for name in checks.listed(models, "models", str(list(MODELS)[:2])) if isinstance(name, str)
        }
        if len(chosen) < len(tuple(models)):
            raise ValueError(f"models = {shown(models)}: give names, each once, or a dict from name to function")
    for name, model in chosen.items():
        if not callable(model):
            chosen[name] = MODELS[checks.one_of(model, MODELS, f"model {shown(name)}")]
    if not chosen or not all(isinstance(name, str) for name in chosen):
        raise ValueError(f"models = {shown(models)}: name at least one, such as {list(MODELS)[:2]}")
    return chosen


def _forecast(name: str, fit: Callable, train: Log, test: Log) -> np.ndarray:
    """(answers,) P(right) of a test log; what goes wrong names the model."""
    try:
        found = fit(train)(test)
    except ValueError as error:
        raise ValueError(f"model {name!r}: {error}") from error
    p = checks.probabilities(found, f"forecast of model {name!r}")
    if p.shape != (len(test),):
        raise ValueError(f"model {name!r} gives forecasts of shape {p.shape}: give one for each of {len(test)} answers")
    return p


def _by_influence(metric: str, y: np.ndarray, who: np.ndarray) -> Callable:
    """A metric of `scores`, of one forecast or of two in pairs."""

    def measure(a: np.ndarray, b: np.ndarray | None = None) -> Estimate:
        if b is None:
            return scores.score(y, a, cluster=who, metrics=metric).metrics[metric]
        return scores.compare(y, a, b, metric, cluster=who)

    return measure


def _by_groups(metric: Callable, y: np.ndarray, group: np.ndarray) -> Callable:
    """A metric of one's own, or its difference; each group left out once gives the standard error."""
    parts = [group != k for k in np.unique(group)]

    def value(rows, *forecasts) -> float:
        try:
            found = [metric(y[rows], p[rows]) for p in forecasts]
        except (TypeError, ValueError) as error:
            raise ValueError(f"metric {shown(metric)}: {error}; give a function of (correct, forecast)") from error
        for number in found:
            checks.finite(number, "metric(correct, forecast)")
        return float(found[0] - sum(found[1:]))

    def measure(*forecasts: np.ndarray) -> Estimate:
        whole, k = value(slice(None), *forecasts), len(parts)
        if k < 2:
            return Estimate(value=whole, se=np.nan, n=len(y), reason=f"n = {len(y)}, one group of students")
        left = np.array([value(rows, *forecasts) for rows in parts])
        se = float(np.sqrt((k - 1) / k * ((left - left.mean()) ** 2).sum()))
        return Estimate(value=whole, se=se, n=len(y), df=k - 1)

    return measure
