"""What if she games it? Students who miss on purpose for a week, against the same students who try, on the simulated
school of `policies`; homework aims at a forecast of 0.7."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from .. import _checks as checks
from ..homework import school
from . import stored
from .means import Mean
from .policies import WEEK, mean, world

AIM = "aim 0.7"


@dataclass(frozen=True, repr=False, eq=False)
class Gaming:
    """rows: one for each replicate and learning model. For half of the students, who miss everything on purpose in the
    first week ("gamed") or try ("tried"): difficulty, a list by week, of the questions served, in logits; minutes, a
    list by week, of a day's homework; gain, points of the expected share right of the whole pool over the term.
    """

    rows: tuple[dict, ...]
    students: int
    seed: int
    n: int

    def change(self, learning: str, what: str, week: int | None = None) -> Mean:
        """By how much gaming moves a measure, in a week (from 0) or over the term, paired by replicate."""
        found = [row for row in self.rows if row["learning"] == learning]
        pairs = [(row["gamed"][what], row["tried"][what]) for row in found]
        if week is not None:
            pairs = [(one[week], other[week]) for one, other in pairs]
        return mean([one - other for one, other in pairs])

    @property
    def weeks(self) -> int:
        """How many weeks a term has."""
        return len(self.rows[0]["tried"]["minutes"])

    def __repr__(self) -> str:
        return f"Gaming: {self.n} replicates, {self.students // 2} of {self.students} students miss on purpose"


def run(
    n: int = 2,
    seed: int = 140,
    *,
    students: int = 100,
    days: int = 20,
    learning: Sequence[str] = tuple(school.LEARNING),
    progress: bool = False,
) -> Gaming:
    """n new schools, each once with and once without gaming; replicate k has the seed `seed` + k. days: whole weeks."""
    n, students = checks.whole(n, "n", 1), checks.whole(students, "students", 2)
    weeks, rows = checks.whole(days, "days", WEEK) // WEEK, []
    for k in tqdm(range(n), disable=not progress):
        here = world(students, seed + k)
        who = np.arange(students) % 2 == 0
        gamed = np.zeros((days, students), dtype=bool)
        gamed[:WEEK, who] = True
        for model in learning:
            found = {"replicate": k, "learning": model}
            for name, mask in (("gamed", gamed), ("tried", None)):
                found[name] = measures(here.term(AIM, model, days, gamed=mask), who, weeks)
            rows.append(found)
    return Gaming(tuple(rows), students, seed, n)


def measures(term: school.Term, who: np.ndarray, weeks: int) -> dict:
    """difficulty and minutes by week and gain, of the students `who`."""
    served = term.served[:, :, who]
    hard = np.where(served >= 0, term.before.difficulty[served], 0).reshape(weeks, -1)
    count = (served >= 0).reshape(weeks, -1).sum(1)
    spent, opened = (a[:, who].reshape(weeks, -1).sum(1) for a in (term.minutes, term.opened))
    return {
        "difficulty": (hard.sum(1) / np.maximum(1, count)).tolist(),
        "minutes": (spent / np.maximum(1, opened)).tolist(),
        "gain": float(100 * term.gain[who].mean()),
    }


def read() -> Gaming:
    """What `benchmarks/policy_study.py` stored."""
    found = json.loads(stored("results/policies.json").read_text())
    about = found["about"]
    return Gaming(tuple(found["gaming"]), about["students"], about["gaming_seed"], about["gaming_n"])
