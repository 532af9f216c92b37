"""A start or a pace of a student's own on a real log: what does it forecast that plain BKT does not?

The log, the skills, the students held out and the rows are those of `beyond_log`. One fit holds all skills. A forecast
of an answer uses the student's own earlier answers, on whatever skill, and nothing later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from .._checks import short
from ..bkt import individual
from . import beyond_log, stored
from .beyond_log import PLAIN, RealLog
from .tutor_race import Found

START, PACE = "own start", "own pace"
MODELS = {START: "p_init", PACE: "p_transit"}  # name -> what a student's own shift moves


@dataclass(frozen=True, eq=False, repr=False)
class Own:
    """What `run` found. log: metrics and leads over plain BKT, as `beyond_log.run` gives them, of the two models.

    spreads: model -> standard deviation of shifts over training students, in logits. firsts: model -> "auc" and
    "log_loss" -> lead over plain BKT on a student's first answer to a skill. students: who were learned from.
    """

    log: RealLog
    spreads: Mapping[str, Found]
    firsts: Mapping
    students: int
    __repr__ = short

    def told(self) -> dict:
        """As JSON holds it."""
        spreads = {name: [round(v, 6) for v in found] for name, found in self.spreads.items()}
        firsts = {name: {k: [round(v, 6) for v in f] for k, f in of.items()} for name, of in self.firsts.items()}
        return {"log": self.log.told(), "spreads": spreads, "firsts": firsts, "students": self.students}

    @classmethod
    def read(cls, told: Mapping) -> Own:
        """What `told` gave."""
        spreads = {name: Found(*values) for name, values in told["spreads"].items()}
        firsts = {name: {k: Found(*values) for k, values in of.items()} for name, of in told["firsts"].items()}
        return cls(RealLog.read(told["log"]), spreads, firsts, told["students"])


def full() -> Own:
    """What `benchmarks/beyond_study.py` stored: all skills."""
    return Own.read(json.loads(stored("results/beyond.json").read_text(encoding="utf-8"))["own"])


def run(train: pd.DataFrame, test: pd.DataFrame, *, skills=None, progress: bool = False) -> Own:
    """Fit both models to every skill of `beyond_log.LEAST` training students, or to `skills`; forecast the others.

    train, test: as `beyond_log.assistments` gives them.
    """
    skills = beyond_log.enough(train) if skills is None else list(skills)
    parts = []
    for skill in skills:
        ours, theirs = train[train.skill == skill], test[test.skill == skill]
        if len(theirs):
            parts.append(beyond_log.one(ours, theirs, [PLAIN], beyond_log.SPREAD)[0])
    rows = pd.concat(parts, ignore_index=True)
    ours = train[train.skill.isin(skills)]
    spreads = {}
    for name, shift in MODELS.items():
        fit = individual.fit(ours, order="answer", shift=shift, tol=beyond_log.TOL, progress=progress)
        rows[name] = individual.predict(fit, rows, order="answer", unseen="error")
        spreads[name] = Found(fit.spread, *fit.interval("spread"))
    models = [PLAIN, *MODELS]
    log = RealLog(
        metrics={name: beyond_log.measured(rows, name) for name in models},
        leads={name: beyond_log.lead(rows, name) for name in MODELS},
        pauses=beyond_log.by_pause(rows, models),
        support=beyond_log.by_support(rows, models),
        forgets=pd.DataFrame(),
        answers=len(rows),
        students=int(rows.student.nunique()),
        skills=len(parts),
        left=float(1 - len(rows) / len(test)),
        spread=beyond_log.SPREAD,
    )
    first = rows[rows.step == 0]
    firsts = {name: beyond_log.lead(first, name) for name in MODELS}
    return Own(log, spreads, firsts, int(ours.student.nunique()))
