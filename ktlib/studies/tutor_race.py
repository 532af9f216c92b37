"""What the full study of the tutor's log found: ten forecasters, one protocol, and how many students each needs.

`benchmarks/tutor_study.py` ran it and stored it; here it is read and asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from .._checks import short
from . import stored

BKT = "BKT, learned prior"
RIVALS = ("BKT", BKT, "PFA, log counts", "Rasch", "best logistic")  # whose distance from DKT is told
SAME_AS = {  # the source's name: ours that means the same
    "IRT": "item mean",
    "PFA": "PFA, log counts",
    "best logistic regression": "best logistic",
    "DKT": "DKT",
}


class Found(NamedTuple):
    """A number with its 95% interval. As text: f"{found:.3f}" is "0.716 (0.707 to 0.726)"."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        value, low, high = (format(number, spec) for number in self)
        return f"{value} ({low} to {high})"

    def __neg__(self) -> Found:
        return Found(-self.value, -self.high, -self.low)

    def __truediv__(self, by: float) -> Found:
        return Found(*(number / by for number in self))


@dataclass(frozen=True, eq=False, repr=False)
class TutorRace:
    """The stored study. report: all of it. seed: of its draws. models: name -> what was found of each."""

    report: dict
    __repr__ = short

    @property
    def seed(self) -> int:
        """Seed of settings, subsets and networks."""
        return self.report["seed"]

    @property
    def models(self) -> dict:
        """Name -> metrics, settings, seconds, memory."""
        return self.report["models"]

    @property
    def published(self) -> dict[str, float]:
        """AUCs that the source of the split reports, by its own names."""
        return self.report["published_auc"]

    @property
    def order(self) -> list[str]:
        """The models, best AUC first."""
        return sorted(self.models, key=lambda name: -self.metric(name).value)

    def metric(self, name: str, metric: str = "auc") -> Found:
        """A metric of a model fitted to all training students."""
        return _found(self.models[name]["metrics"][metric])

    def lead_of(self, name: str, metric: str = "auc") -> Found:
        """By how much a model's metric is above that of BKT with a learned prior, paired."""
        return _found(self.models[name]["minus_bkt_learned_prior"][metric])

    @cached_property
    def ways(self) -> pd.DataFrame:
        """AUC of each model, over rows of answer and skill: pooled, weighted by skill, mean over skills."""
        found = {
            name: {way: values["auc"] for way, values in model["auc_of_answer_and_skill"].items()}
            for name, model in self.models.items()
        }
        return pd.DataFrame(found).T

    @property
    def costs(self) -> pd.DataFrame:
        """Of each model, best first: auc, log_loss, seconds (fit, fit_processor, forecast), megabytes at the peak."""
        found = {
            name: {metric: self.metric(name, metric).value for metric in ("auc", "log_loss")}
            | self.models[name]["seconds"]
            | {"megabytes": self.models[name]["megabytes"]["peak"]}
            for name in self.order
        }
        return pd.DataFrame(found).T

    @cached_property
    def fits(self) -> pd.DataFrame:
        """A row a fit of the learning curve: model, students, draw, answers, auc, log_loss."""
        rows = pd.DataFrame(self.report["learning_curve"]["fits"])
        for metric in ("auc", "log_loss"):
            rows[metric] = [found["value"] for found in rows[metric]]
        return rows

    @cached_property
    def means(self) -> pd.DataFrame:
        """Mean auc and log_loss over draws, by model and students."""
        return self.fits.groupby(["model", "students"])[["auc", "log_loss"]].mean()

    @cached_property
    def answers(self) -> pd.Series:
        """Mean number of answers by number of training students."""
        return self.fits.groupby("students").answers.mean()

    @property
    def networks(self) -> pd.Series:
        """How many networks were trained, by number of students."""
        return self.fits[self.fits.model == "DKT"].groupby("students").size()

    @property
    def agrees(self) -> dict[str, bool]:
        """Of each published AUC that has a like of ours: whether it lies in our interval, its rounding allowed for."""
        found = {said: self.metric(ours) for said, ours in SAME_AS.items()}
        return {said: e.low - 0.005 <= self.published[said] <= e.high + 0.005 for said, e in found.items()}

    def last_level(self, other: str) -> int:
        """The largest size below that from which DKT leads."""
        return int(max(size for size in self.answers.index if size < self.leads_from(other)))

    def tried(self, name: str) -> dict[str, float]:
        """How questions of several skills were counted -> log loss of validation students, of a BKT."""
        return {row["several"]: row["log_loss"] for row in self.models[name]["tuning"]["tried"]}

    def students_for(self, answers: float) -> float:
        """How many students have so many answers, between the sizes tried."""
        return float(np.exp(np.interp(np.log(answers), np.log(self.answers), np.log(self.answers.index))))

    def lead(self, other: str, metric: str = "auc") -> Found:
        """DKT's lead over another model with all training students; above 0 where DKT is better."""
        return _found(self._ahead(other, metric)[-1]["first_draw"])

    def second_lead(self, other: str) -> float:
        """The same in AUC for a network from another seed."""
        return self._ahead(other, "auc")[-1]["draws"][1]

    def draws(self, other: str, students: int, metric: str = "auc") -> list[float]:
        """DKT's lead in each draw of so many training students."""
        return next(row["draws"] for row in self._ahead(other, metric) if row["students"] == students)

    def ahead_on_average(self, other: str) -> list[int]:
        """Numbers of students at which DKT's mean lead is above 0, by AUC and by log loss."""
        both = [set(self._against[other][metric]["dkt_better_at"]) for metric in ("auc", "log_loss")]
        return sorted(both[0] & both[1])

    def leads_from(self, other: str, sign: int = 1) -> int | None:
        """Students from which DKT leads (sign −1: trails) in every draw, by AUC and by log loss, there and above."""
        found = None
        for size in self.answers.index[::-1]:
            if not all(sign * lead > 0 for metric in ("auc", "log_loss") for lead in self.draws(other, size, metric)):
                break
            found = int(size)
        return found

    @property
    def _against(self) -> dict:
        return self.report["learning_curve"]["dkt_against"]

    def _ahead(self, other: str, metric: str) -> list[dict]:
        return self._against[other][metric]["ahead"]


def full() -> TutorRace:
    """What the full run stored."""
    return TutorRace(json.loads(stored("results/tutor.json").read_text(encoding="utf-8")))


def _found(row: dict) -> Found:
    return Found(row["value"], row["low"], row["high"])
