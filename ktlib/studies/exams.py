"""Which model predicts exams best, overall and where data is thin: repeated splits, many models, four logs.

What `benchmarks/exam_study.py` and `benchmarks/exam_factors.py` stored, read back; and what each model is told, which
they share with the chapters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .. import _checks as checks
from ..irt.posterior import Normal
from . import stored
from .means import Mean

HELD = ("loadings", "difficulty")  # whose priors are learned
ALL = "all to all"  # our layout of attributes; the paper's first is "apart", its second "two each"
RASCH = {"discrimination": Normal(0, 1e-3, log=True), "ability": Normal(0, 1), "difficulty": Normal(0, 1)}
FEW = 30  # test answers in a split: an area with fewer is not looked at by itself


def settings(exam, layouts: Sequence[str] = ("apart", ALL)) -> dict[str, dict]:
    """Model -> what `ascent.fit` is told: Rasch, 2PL, 3 to 20 factors, 3 and 5 with attributes in each layout.

    "fixed" in a name: every prior N(0, 1) or as it comes; else the spreads are learned.
    """
    out = {
        "Rasch": {"priors": RASCH, "learned": ("ability", "difficulty"), "calibrate": False},
        "2PL": {"learned": ("discrimination", "difficulty"), "calibrate": False},
        "2PL, fixed": {"calibrate": False},
    }
    for k in (3, 5, 10, 20):
        out[f"K = {k}"] = {"model": "factorization", "factors": k, "learned": HELD}
        out[f"K = {k}, fixed"] = {"model": "factorization", "factors": k}
    for k in (3, 5):
        for layout in layouts:
            own = {"model": "hierarchical", "factors": k, "attributes": exam.attributes, "mask": exam.layouts()[layout]}
            out[f"K = {k}, {layout}"] = own | {"learned": (*HELD, "effects")}
            out[f"K = {k}, {layout}, fixed"] = own
    return out


@dataclass(frozen=True)
class Area:
    """A content area of a log: all its answers, and its test answers in a split, on average.

    rare: at most a hundredth of the training answers. half: of the less frequent half of the areas. Both None where
    the study did not ask. scores: model -> metric -> `Mean`. pairs: "A - B" -> metric -> `Mean`.
    """

    name: str
    answers: int
    n_test: float
    scores: Mapping[str, Mapping[str, Mean]]
    pairs: Mapping[str, Mapping[str, Mean]]
    rare: bool | None = None
    half: bool | None = None

    @property
    def told(self) -> bool:
        """Whether there are test answers enough to look at it by itself."""
        return self.n_test >= FEW

    def lead(self, one: str, other: str, metric: str = "auc") -> float:
        """By how much one model's mean is above another's."""
        return self.scores[one][metric].mean - self.scores[other][metric].mean


@dataclass(frozen=True, repr=False, eq=False)
class ExamStudy:
    """A stored study of exams. about: settings and versions. data: log -> what was found, as in the file.

    further: another study of the same splits, which is asked for differences that this one did not measure. by_area:
    differences in each content area, log -> area -> pair -> metric, which a third measured.
    """

    about: dict
    data: dict
    further: ExamStudy | None = None
    by_area: Mapping[str, Mapping[str, dict]] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """Of the simulated logs and of the first split; each further split adds 1."""
        return self.about["seed"]

    @cached_property
    def splits(self) -> dict[str, int]:
        """Log -> how many splits."""
        return {log: found["splits"] for log, found in self.data.items()}

    def of(self, log: str, model: str, metric: str = "auc", part: str = "test") -> Mean:
        """A model's score, the mean over the splits."""
        return Mean.read(self.data[log]["models"][model][part][metric])

    def gap(self, log: str, what: str, where: str = "all", metric: str = "auc") -> Mean | None:
        """A difference between two models on the same test answers, such as "K = 5 - 2PL"; None if not measured.

        where: "all" answers, those in "rare" areas, to "thin" questions, in the less frequent "half" of the areas.
        """
        for row in self.data[log]["differences"]:
            if (row["what"], row["where"], row["metric"]) == (what, where, metric):
                return Mean.read(row)
        return self.further.gap(log, what, where, metric) if self.further and log in self.further.data else None

    def attributes(self, log: str, where: str = "all", layout: str = ALL, metric: str = "auc", k: int = 3):
        """What attributes add to the same K factors without; None if not measured."""
        return self.gap(log, f"K = {k}, {layout} - K = {k}", where, metric)

    def outcome(self, log: str, where: str = "rare") -> str:
        """What attributes, all to all, do to AUC and log loss together: "a sure gain", "a loss" or "no clear gain"."""
        auc, loss = (self.attributes(log, where, metric=metric).sign for metric in ("auc", "log_loss"))
        if auc == -1 or loss == 1:
            return "a loss"
        if auc == 1 and loss == -1:
            return "a sure gain"
        return f"a sure gain in {'AUC' if auc == 1 else 'log loss'} only" if auc == 1 or loss == -1 else "no clear gain"

    def more_by_area(self, log: str, fixed: str = "") -> tuple[int, int]:
        """In how many of the less frequent areas ten and twenty factors are ahead in AUC, and of how many."""
        what = f"K = 10, 20 - K = 3, 5{fixed}"
        means = [area.pairs[what]["auc"].mean for area in self.areas(log) if area.half and area.told]
        means = [mean for mean in means if mean is not None]
        return sum(mean > 0 for mean in means), len(means)

    def more(self, log: str, where: str = "all", fixed: str = "", metric: str = "auc") -> Mean | None:
        """Ten and twenty factors against three and five. fixed: ", fixed" with every prior N(0, 1)."""
        return self.gap(log, f"K = 10, 20 - K = 3, 5{fixed}", where, metric)

    def areas(self, log: str) -> list[Area]:
        """A log's content areas, the largest first."""
        rows = sorted(self.data[log]["labels"], key=lambda row: -row["answers"])
        pairs = self.by_area.get(log, {})
        return [
            Area(
                row["label"],
                row["answers"],
                row["n_test"],
                *(
                    {name: {m: Mean.read(v) for m, v in by.items()} for name, by in found.items()}
                    for found in (row["models"], row.get("pairs", {}) | pairs.get(row["label"], {}))
                ),
                rare=row.get("rare"),
                half=row.get("half"),
            )
            for row in rows
        ]

    def ahead(self, log: str, one: str, other: str, metric: str = "auc") -> tuple[int, int]:
        """In how many areas one model's mean is above another's, and of how many that could be looked at."""
        leads = [
            area.lead(one, other, metric) for area in self.areas(log) if area.told and area.scores[one][metric].mean
        ]
        return sum(lead > 0 for lead in leads), len(leads)

    def __repr__(self) -> str:
        return f"ExamStudy of {', '.join(self.data)}"


def depth(exam, share: float = 0.01, training: float = 0.8) -> tuple[int, float]:
    """How many areas are rare, and how well the questions asked there are known.

    share: of all answers, at most, in a rare area. The second number: half of the answers in rare areas go to questions
    with so many training answers or more.
    """
    answers = exam.responses
    label = exam.label[answers.item]
    rare = np.bincount(label, minlength=len(exam.labels)) <= share * len(answers)
    asked = np.bincount(answers.item, minlength=len(answers.items))
    return int(rare.sum()), float(training * np.median(asked[answers.item[rare[label]]]))


@dataclass(frozen=True)
class Agreement:
    """Whether two metrics tell the same of attributes. signs: of the first and the second, for each comparison.

    alike: over all answers, whether both move the same way, for each. areas: (K, layout) -> in how many areas they do,
    and of how many.
    """

    signs: tuple[tuple[int, int], ...]
    alike: tuple[bool, ...]
    areas: dict[tuple, tuple[int, int]]


def agreement(study: ExamStudy, ways: Sequence[tuple[int, str]], metrics=("auc", "f1")) -> Agreement:
    """Compare two metrics in every log, everywhere and area by area. ways: (K, layout of attributes) each."""
    places = [(log, at) for log in study.data for at in ("all", "half", "rare")]
    both = {
        (*place, k, layout): [study.attributes(*place, layout, metric, k) for metric in metrics]
        for place in places
        for k, layout in ways
    }
    areas = {}
    for k, layout in ways:
        found = [a.pairs[f"K = {k}, {layout} - K = {k}"] for log in study.data for a in study.areas(log) if a.told]
        moved = [[by[metric].mean for metric in metrics] for by in found]
        moved = [one * other > 0 for one, other in moved if None not in (one, other)]
        areas[k, layout] = sum(moved), len(moved)
    return Agreement(
        tuple((one.sign, other.sign) for one, other in both.values() if other),
        tuple(one.mean * other.mean > 0 for (_, at, *_), (one, other) in both.items() if at == "all"),
        areas,
    )


def read(name: str = "exams") -> ExamStudy:
    """A stored study. "exams": the most splits and models, and behind it the other: "exam_factors", which has the
    paper's layouts, more factors and F1 in rare areas and in each area, on fewer splits. With "exams" come differences
    by area, on all splits of the real logs ("exam_areas").
    """
    name = checks.one_of(name, ("exams", "exam_factors"), "name")
    found = json.loads(stored(f"results/{name}.json").read_text())
    if name == "exam_factors":
        return ExamStudy(found["about"], found["data"])
    areas = json.loads(stored("results/exam_areas.json").read_text())["data"]
    by_area = {log: {row["label"]: row["pairs"] for row in rows["labels"]} for log, rows in areas.items()}
    return ExamStudy(found["about"], found["data"], read("exam_factors"), by_area)


def read_full() -> dict:
    """What `benchmarks/exam_full.py` stored: the main models fitted once at the paper's own size, as in the file."""
    return json.loads(stored("results/exam_full.json").read_text())
