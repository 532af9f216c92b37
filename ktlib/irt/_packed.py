"""Answers held twice, by student and by item, as the compiled loops read them: counted, then placed, never sorted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._numba import kept
from ._answers import parts

PART = 131_072  # answers that one thread takes at a time
NUMBERS = 1_000_000  # of a part's rows, at most


@dataclass(frozen=True, eq=False)
class Side:
    """Answers by student, or by item: `words` as `_kernels` reads them, `weight` (0,) where every answer weighs one."""

    starts: np.ndarray
    words: np.ndarray
    weight: np.ndarray

    @classmethod
    def empty(cls, codes, rows: int, weighted: bool) -> Side:
        """Room for the answers of `rows` students or items."""
        starts = np.zeros(rows + 1, dtype=np.int64)
        counted(codes, starts)
        return cls(starts, np.empty(len(codes), dtype=np.uint32), np.empty(len(codes) * weighted))

    def parts(self, numbers: int = 1, group: int | None = None) -> list[slice]:
        """Rows in parts of about `group` (`PART`) answers each, few rows where each has many `numbers` of its own."""
        return parts(self.starts, group or PART, numbers / NUMBERS)

    def turned_into(self, other: Side) -> None:
        """Writes its answers to the other side, whose rows then hold them in the order of this side's codes."""
        turned(self.starts, self.words, self.weight, other.starts, other.words, other.weight)

    @property
    def arrays(self) -> tuple:
        """As the compiled loops take it."""
        return self.starts, self.words, self.weight


@dataclass(frozen=True, eq=False)
class Packed:
    """The answers of a `Responses`, by student and by item, whatever the order of their rows."""

    students: Side
    items: Side

    @classmethod
    def of(cls, responses) -> Packed:
        """Counted, then placed: no sorting, and no memory but the result's."""
        weighted = responses.weight is not None
        codes = responses.student, responses.item
        students, items = (
            Side.empty(code, len(names), weighted)
            for code, names in zip(codes, (responses.students, responses.items), strict=True)
        )
        given = responses.weight if weighted else np.empty(0)
        placed(*codes, responses.correct, given, *items.arrays)
        items.turned_into(students)
        students.turned_into(items)
        return cls(students, items)

    def __len__(self) -> int:
        return len(self.items.words)


@kept
def counted(codes, starts):
    """`starts` (rows + 1,), zeros, becomes where each row's answers begin; their number at the end."""
    for code in codes:
        starts[code + 1] += 1
    for row in range(len(starts) - 1):
        starts[row + 1] += starts[row]


@kept
def placed(student, item, correct, weight, starts, words, kept):
    """Answers as words by item, as they come; weights into `kept`, if any."""
    at = starts.copy()
    for k in range(len(item)):
        place = at[item[k]]
        at[item[k]] += 1
        words[place] = np.uint32((np.uint32(student[k]) << np.uint32(1)) | np.uint32(correct[k]))
        if len(weight):
            kept[place] = weight[k]


@kept
def turned(starts, words, weight, into, there, kept):
    """Answers ordered by one side, as words `there` by the other; of one row they stand by the first side's code."""
    at = into.copy()
    for row in range(len(starts) - 1):
        for k in range(starts[row], starts[row + 1]):
            other = words[k] >> np.uint32(1)
            place = at[other]
            at[other] += 1
            there[place] = np.uint32((np.uint32(row) << np.uint32(1)) | (words[k] & np.uint32(1)))
            if len(weight):
                kept[place] = weight[k]
