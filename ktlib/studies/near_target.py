"""Of the questions forecast near 0.7, how many were answered right? Real logs, answers held out, by ability and area.

Every answer is forecast by a fit that has not seen it: the log's answers are dealt into folds, and each fold is
forecast from all others. Students are sorted into thirds by what that same fit expects of them on all questions, so no
held-out answer tells where its student belongs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import _checks as checks
from ..data import datasets
from ..data.responses import Responses
from ..irt import ascent
from . import stored
from .means import Mean
from .policies import THIRDS

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9)
WIDTH = 0.025  # a band reaches so far to either side
LEAST = 30  # answers of a question in ASSISTments, which has tens of thousands that few have seen
FEW = 30  # answers in a band: an area with fewer is not looked at by itself
TOP = 10  # questions of a homework
MODELS = {
    "2PL": {"learned": ("discrimination", "difficulty"), "calibrate": False},
    "K = 3": {"model": "factorization", "factors": 3, "learned": ("loadings", "difficulty")},
}


class Labelled(NamedTuple):
    """Answers, and each question's area: names and (items,) codes."""

    responses: Responses
    labels: tuple
    label: np.ndarray


def _exam(read: Callable) -> Labelled:
    found = read()
    return Labelled(found.responses, found.labels, found.label)


def _assistments() -> Labelled:
    """First answers to questions with at least `LEAST` of them; the area is a question's first skill."""
    table = datasets.assist2009("all")
    table = table.drop_duplicates(["student", "item"])
    table = table[table.groupby("item").correct.transform("size") >= LEAST]
    answers = Responses.from_frame(table, keep="first", order=None)
    skill = datasets.assist2009_skills().groupby("item").skill.min().reindex(list(answers.items))
    names, label = np.unique(skill.fillna(-1).astype(int).to_numpy(), return_inverse=True)
    return Labelled(answers, tuple(f"skill {name}" if name >= 0 else "none" for name in names.tolist()), label)


LOGS = {
    "Eedi": lambda: _exam(datasets.eedi),
    "TIMSS": lambda: _exam(datasets.timss2007),
    "ASSISTments": _assistments,
}


@dataclass(frozen=True, repr=False, eq=False)
class Near:
    """What came of one log and one model.

    rows: for a group of answers, "all", each third of ability or an area, and each of `BANDS`: group, band, n answers,
    students, forecast (the mean), right (the share), low and high (of right, 95%, answers of a student together).
    served: for each third what a homework of the `TOP` questions nearest 0.7 would hold, were all questions open to
    everybody: forecast, its mean; farthest, how far the last of them is from 0.7, on average; difficulty, the share of
    all students who are expected to answer such a question right. n, students, items: of the log. areas: how many.
    """

    log: str
    model: str
    rows: tuple[dict, ...]
    served: tuple[dict, ...]
    n: int
    students: int
    items: int
    areas: int
    folds: int
    seed: int

    def right(self, group: str = "all", band: float = 0.7) -> Mean:
        """The share right among answers forecast in a band."""
        row = self.row(group, band)
        return Mean(row["right"], row["low"], row["high"], n=row["n"])

    def row(self, group: str = "all", band: float = 0.7) -> dict:
        """A row of `rows`."""
        found = [row for row in self.rows if (row["group"], row["band"]) == (group, band)]
        if not found:
            raise ValueError(f"no group {group!r} with answers forecast near {band:g}")
        return found[0]

    def by_area(self, band: float = 0.7) -> list[dict]:
        """Rows of the areas with at least `FEW` answers in the band, the largest first."""
        names = ("all", *THIRDS)
        found = [row for row in self.rows if row["band"] == band and row["group"] not in names and row["n"] >= FEW]
        return sorted(found, key=lambda row: -row["n"])

    def misses(self, band: float = 0.7) -> tuple[int, int]:
        """In how many areas the interval of the share right lies off the mean forecast, and of how many."""
        rows = self.by_area(band)
        return sum(not row["low"] <= row["forecast"] <= row["high"] for row in rows), len(rows)

    def __repr__(self) -> str:
        return f"Near: {self.log}, {self.model}, {self.n:,} answers of {self.students:,} students"


def run(log: str = "TIMSS", model: str = "2PL", folds: int = 5, seed: int = 14, only: int | None = None) -> Near:
    """Forecast a log's answers fold by fold, and count. only: so many folds of them, for a quick look."""
    log, model = checks.one_of(log, LOGS, "log"), checks.one_of(model, MODELS, "model")
    folds = checks.whole(folds, "folds", 2)
    only = folds if only is None else checks.whole(only, "only", 1, folds)
    answers, labels, label = LOGS[log]()
    rng = np.random.default_rng(seed)
    fold = rng.permutation(np.arange(len(answers)) % folds)
    p, third, served = np.full(len(answers), np.nan), np.zeros(len(answers), int), []
    for k in range(only):
        here, there = fold == k, answers.subset(fold != k)
        fit = ascent.fit(there, tol=1e-5 * len(there), rng=seed, **MODELS[model])
        p[here] = fit.posterior.predict(answers.student[here], answers.item[here])
        matrix = expected(fit.posterior)
        place = np.argsort(np.argsort(matrix.mean(1))) * len(THIRDS) // len(matrix)
        third[here] = place[answers.student[here]]
        served.append(homework(matrix, place))
    part = np.flatnonzero(fold < only)
    groups = {"all": np.ones(len(part), bool)}
    groups |= {name: third[part] == k for k, name in enumerate(THIRDS)}
    groups |= {name: label[answers.item[part]] == k for k, name in enumerate(labels)}
    y, who = answers.correct[part].astype(float), answers.student[part]
    rows = [
        {"group": name, "band": band} | share(y[rows], p[part][rows], who[rows])
        for name, mask in groups.items()
        for band in BANDS
        if (rows := mask & (np.abs(p[part] - band) <= WIDTH)).any()
    ]
    mean = [{key: float(np.mean([s[t][key] for s in served])) for key in served[0][t]} for t in range(len(THIRDS))]
    served = tuple({"third": name} | found for name, found in zip(THIRDS, mean, strict=True))
    sizes = (len(part), len(np.unique(who)), len(answers.items), len(labels))
    return Near(log, model, tuple(rows), served, *sizes, folds, seed)


def expected(posterior) -> np.ndarray:
    """(students, items) forecasts, averaged over the belief."""
    blocks = np.array_split(np.arange(len(posterior.students)), max(1, len(posterior.students) // 200))
    items = np.arange(len(posterior.items))
    return np.concatenate([posterior.predict(block[:, None], items) for block in blocks])


def share(right: np.ndarray, forecast: np.ndarray, student: np.ndarray) -> dict:
    """n, students, the mean forecast, and the share right with its 95% interval: answers of one student hang together,
    so the interval is that of a ratio of sums over students (linearised)."""
    names, codes = np.unique(student, return_inverse=True)
    mean, n, m = right.mean(), len(right), len(names)
    off = np.bincount(codes, right - mean)
    se = np.sqrt((off**2).sum() * m / max(1, m - 1)) / n
    found = {"forecast": forecast.mean(), "right": mean, "low": max(0, mean - 1.96 * se), "high": mean + 1.96 * se}
    return {"n": n, "students": m} | {key: float(min(1, value)) for key, value in found.items()}


def homework(p: np.ndarray, third: np.ndarray, target: float = 0.7) -> list[dict]:
    """What the `TOP` questions nearest the target are, for each third of the students."""
    gap = np.abs(p - target)
    best = np.argsort(gap, axis=1, kind="stable")[:, :TOP]
    forecast, farthest = np.take_along_axis(p, best, 1), np.take_along_axis(gap, best[:, -1:], 1)[:, 0]
    easy = p.mean(0)[best]
    return [
        {
            "forecast": float(forecast[third == k].mean()),
            "farthest": float(farthest[third == k].mean()),
            "difficulty": float(easy[third == k].mean()),
        }
        for k in range(len(THIRDS))
    ]


def read() -> dict[tuple[str, str], Near]:
    """(log, model) -> what `benchmarks/near_target_study.py` stored."""
    found = json.loads(stored("results/near_target.json").read_text())["found"]
    return {
        (one["log"], one["model"]): Near(**one | {"rows": tuple(one["rows"]), "served": tuple(one["served"])})
        for one in found
    }
