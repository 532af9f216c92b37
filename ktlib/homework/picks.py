"""A homework for each student: which questions, in which order, and why these."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data import _frames as read
from .pool import Pool


@dataclass(frozen=True, eq=False)
class Homework:
    """What `recommend` chose, best first; read-only arrays with a row a student.

    items: (students, n) int32 places in the pool, -1 where a list has ended; n is never more than the pool has. score:
    (students, n), from 0 to 1. p_correct: (students, n) P(right answer), under Thompson sampling the draw that was
    scored. parts: name -> (students, n), each part of the score times its weight; they add up to the score. weights:
    part -> its share of the score, 1 in all. barred: (students, 2) how many questions of the pool the student has
    attempted, and how many others are not eligible. n: how many were asked for. Where a list has ended, scores, parts
    and P are NaN.
    """

    pool: Pool
    students: tuple
    items: np.ndarray
    score: np.ndarray
    p_correct: np.ndarray
    parts: dict[str, np.ndarray]
    weights: dict[str, float]
    barred: np.ndarray
    n: int

    __repr__ = checks.short

    def __post_init__(self):
        arrays = [self.items, self.score, self.p_correct, self.barred, *self.parts.values()]
        for array in arrays:  # the ranking's own, handed over
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.students)

    @property
    def count(self) -> np.ndarray:
        """(students,) how many questions each list has."""
        return (self.items >= 0).sum(axis=1)

    def list(self, student) -> tuple:
        """The names of this student's questions, best first. ValueError for a student who was not asked for."""
        row = self._row(student)
        return tuple(self.pool.items[code] for code in self.items[row] if code >= 0)

    def reasons(self, student):
        """A DataFrame with a row for each of this student's questions: its score, part by part, see `frame`."""
        return self._frame(np.array([self._row(student)]))

    def frame(self):
        """A DataFrame with a row a pick: student, rank, item, label, p_correct, a column for each part, and score.

        The parts are weighted: those of a row add up to its score.
        """
        return self._frame(np.arange(len(self)))

    def lacking(self) -> dict:
        """Student -> why the list has fewer than `n` questions, for all whose list is short."""
        total, rows = len(self.pool), np.flatnonzero(self.count < self.n)
        said = {}
        for row, have, (tried, other) in zip(rows, self.count[rows], self.barred[rows].tolist(), strict=True):
            said[self.students[row]] = (
                f"{have} of {self.n}: of {total} questions in the pool, {tried} attempted, {other} others not eligible"
            )
        return said

    def _row(self, student) -> int:
        place = {name: row for row, name in enumerate(self.students)}
        try:
            return place[student]
        except (KeyError, TypeError):
            raise ValueError(f"no homework for student {shown(student)}: give a name from students") from None

    def _frame(self, rows: np.ndarray):
        import pandas as pd

        line, rank = np.nonzero(self.items[rows] >= 0)
        at = rows[line], rank
        item = self.items[at]
        columns = {
            "student": read.index(self.students, "student").take(at[0]),
            "rank": rank + 1,
            "item": read.index(self.pool.items, "item").take(item),
            "label": self.pool.label[item],
            "p_correct": self.p_correct[at],
        }
        columns |= {name: part[at] for name, part in self.parts.items()}
        return pd.DataFrame(columns | {"score": self.score[at]})
