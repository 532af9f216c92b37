"""How much do real classes differ? TIMSS 2007, whose students' numbers tell their school and their class.

It draws schools, then one or two whole classes of each. A student's number is her school, two digits for the class and
two for her place in it. The result is mathematics: the share right of the items given to her, less what all students
got on the same items. Science, on the same day, stands in for a past result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import _checks as checks
from ..data import datasets
from ..homework import pilot

FEWEST = 5  # items of a subject, or a student is left out


@dataclass(frozen=True, repr=False, eq=False)
class ClassSpread:
    """Shares of variance, and what another subject explains.

    spread: `pilot.Spread` of mathematics. r2: share of the variance of classes' means, around their school's, that
    their means in science explain. size: students in a class, the median. draws: a row for each time that schools were
    drawn anew, with repeats: school, group, icc, r2. seed: of these.
    """

    spread: pilot.Spread
    r2: float
    size: int
    draws: pd.DataFrame
    seed: int

    __repr__ = checks.short

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Of "school", "group", "icc" or "r2", from the draws."""
        tail = (1 - checks.inside(level, "level", 0.95)) / 2
        column = self.draws[checks.one_of(name, self.draws.columns, "name")]
        return float(column.quantile(tail)), float(column.quantile(1 - tail))


def timss() -> pd.DataFrame:
    """A row a student: school, group (her class), mathematics, science. Raises DataError if the file is missing."""
    answers = datasets.timss2007().responses
    expected = np.bincount(answers.item, answers.correct) / np.bincount(answers.item)
    more = answers.correct - expected[answers.item]
    subject = np.array([name[0] for name in answers.items])[answers.item]
    number = np.array(answers.students, dtype=int)
    columns = {"school": number // 10_000, "group": number // 100}
    enough = np.ones(len(number), dtype=bool)
    for letter, name in (("M", "mathematics"), ("S", "science")):
        asked = np.bincount(answers.student[subject == letter], minlength=len(number))
        total = np.bincount(answers.student[subject == letter], more[subject == letter], minlength=len(number))
        columns[name], enough = total / np.maximum(asked, 1), enough & (asked >= FEWEST)
    return pd.DataFrame(columns)[enough]


def explained(table: pd.DataFrame) -> float:
    """Squared correlation of classes' means in two subjects, each less its school's; lone classes tell nothing."""
    means = table.groupby(["school", "group"], as_index=False)[["mathematics", "science"]].mean()
    school = means.school.factorize()[0]
    count = np.bincount(school)
    one, other = (
        means[name] - (np.bincount(school, means[name]) / count)[school] for name in ("mathematics", "science")
    )
    return float((one @ other) ** 2 / (one @ one) / (other @ other))


def run(n: int = 200, seed: int = 16) -> ClassSpread:
    """Shares of variance in TIMSS, and again for `n` draws of its schools with repeats."""
    n, table = checks.whole(n, "n", 2), timss()
    rng, found = np.random.default_rng(checks.whole(seed, "seed", 0)), []
    places = list(table.groupby("school").indices.values())
    for _ in range(n):
        draw = rng.integers(len(places), size=len(places))
        again = table.iloc[np.concatenate([places[i] for i in draw])]
        again = again.assign(school=np.repeat(np.arange(len(draw)), [len(places[i]) for i in draw]))
        parts = pilot.spread(again.mathematics, again.group, again.school)
        found.append({"school": parts.school, "group": parts.group, "icc": parts.icc, "r2": explained(again)})
    size = int(table.groupby("group").size().median())
    whole = pilot.spread(table.mathematics, table.group, table.school)
    return ClassSpread(whole, explained(table), size, pd.DataFrame(found), seed)
