"""Who answered what, and how: any students, any items, most pairs not asked.

`Responses` keeps answers in long form with integer codes. It is checked once, at the door; its parts need no check,
for its arrays are its own, and nobody can write into them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from .._checks import generator, inside, numbers
from ..data import _files as files
from ..data import _frames as read
from ..data import _parquet as parquet
from ._repeats import first_repeat, one_each
from .sequences import Sequences, check_frame, sequences_by

__all__ = ["Responses", "Sequences", "sequences_by"]


@dataclass(frozen=True, eq=False, repr=False)
class Responses:
    """One row an answer, each student and item together at most once; what was not asked has no row.

    student, item: (answers,) int32 codes, places in `students` and `items`. correct: (answers,) int8, 1 right, 0 wrong.
    students, items: names, also of those who have no answer. order: (answers,) numbers or times, later is larger, or
    None. weight: (answers,) finite numbers, 0 or more, or None: every answer counts once. rows: how messages call the
    rows, by default 0, 1, 2 ...

    Raises ValueError naming row, value and remedy.
    """

    student: np.ndarray
    item: np.ndarray
    correct: np.ndarray
    students: tuple
    items: tuple
    order: np.ndarray | None = None
    weight: np.ndarray | None = None
    rows: InitVar[Sequence | None] = None

    def __post_init__(self, rows):
        n = read.as_array(self.correct, "correct").size
        if not n:
            raise ValueError("there are no answers: give at least one")
        rows = range(n) if rows is None else rows
        shape = (len(rows),) if isinstance(rows, range) else np.shape(rows)  # which would make an array of a range
        if shape != (n,):
            raise ValueError(f"rows = {shown(rows)}: give a name for each of {n} rows, or leave it out")
        students, items = read.unique_names(self.students, "student"), read.unique_names(self.items, "item")
        checked = {
            "students": students,
            "items": items,
            "correct": read.right_or_wrong(self.correct, rows),
            "student": read.codes(self.student, students, n, "student"),
            "item": read.codes(self.item, items, n, "item"),
            "order": None if self.order is None else read.times(self.order, n),
            "weight": None if self.weight is None else read.weights(self.weight, rows, n),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, checks.own(value) if isinstance(value, np.ndarray) else value)
        self._refuse_repeats(rows)

    def _refuse_repeats(self, rows):
        """Raise ValueError where a student answered an item twice."""
        repeat = first_repeat(self.student, self.item, len(self.students), len(self.items))
        if repeat:
            one, two, number = repeat
            raise ValueError(
                f"student {self.students[self.student[one]]!r} answered item {self.items[self.item[one]]!r} twice, in "
                f"rows {read.cell(rows, one)} and {read.cell(rows, two)} ({number} such repeats in all): "
                'keep="first" or keep="last" in from_frame takes one of them; or aggregate them first'
            )

    @classmethod
    def from_frame(
        cls,
        frame,
        student: str = "student",
        item: str = "item",
        correct: str = "correct",
        order: str | None = None,
        weight: str | None = None,
        *,
        keep: str | None = None,
        students: Iterable | None = None,
        items: Iterable | None = None,
    ) -> Responses:
        """From a pandas DataFrame in long form, one row an answer.

        student to weight: its column names. order: numbers or times, equal ones stand by row; if None, rows count as
        ordered. keep: where a student answered an item again, "first" or "last" takes one answer (without order by row,
        if no column of times goes back within a student, `columns.ordered_rows`); None refuses. students, items: all
        names, in the order of their codes, so that two frames share their codes; by default those in the frame, in
        order of appearance.
        """
        columns = [student, item, correct] + [c for c in (order, weight) if c is not None]
        check_frame(frame, *columns)
        keep = checks.one_of(keep, ("first", "last", None), "keep")
        read.refuse_empty(frame, columns)
        n, rows = len(frame), frame.index
        answers = read.right_or_wrong(frame[correct], rows)
        student_codes, students = read.coded(frame[student], students, rows, "student")
        item_codes, items = read.coded(frame[item], items, rows, "item")
        when = None if order is None else read.times(frame[order], n)
        weights = None if weight is None else read.weights(frame[weight], rows, n)
        arrays = {"student": student_codes, "item": item_codes, "correct": answers, "order": when, "weight": weights}
        if keep:
            if order is None:
                read.ordered_rows(frame, student, None, known=columns)
            one = one_each(student_codes * np.int64(len(items)) + item_codes, when, keep)
            rows = rows[one]
            arrays = {name: None if array is None else array[one] for name, array in arrays.items()}
        return cls(**arrays, students=students, items=items, rows=rows)

    @classmethod
    def from_wide(cls, table) -> Responses:
        """From a (students, items) array or DataFrame of 1, 0 and NaN (not asked); a DataFrame's labels are the names.

        A student without answers, or an item that nobody was asked, keeps its name.
        """
        students = items = None
        if hasattr(table, "columns"):
            students, items = read.unique_names(table.index, "student"), read.unique_names(table.columns, "item")
        table, students, items = read.wide(table, students, items)
        asked = ~np.isnan(table)
        student, item = np.nonzero(asked)
        return cls(student, item, table[asked], students, items)

    @classmethod
    def from_file(cls, path, *, sep: str | None = None, **columns) -> Responses:
        """From a .csv, .tsv (both also .gz) or .parquet file in long form; columns: as in `from_frame`.

        Students and items of a text file are named as they stand there, as text: 01, 1 and 1.0 are three, NA is one.
        sep: what separates the fields of a text file, by default a comma, in .tsv a tab. A .parquet file is read by
        column and in chunks, so that the log is never in memory twice; its rows are counted from 0.

        Raises ValueError naming the file, also for one that is damaged; FileNotFoundError; ImportError for .parquet
        without pyarrow.
        """
        path, sep = files.named(path, sep)
        names = [name for name in (columns.get(k, k) for k in ("student", "item")) if isinstance(name, str)]
        try:
            known = None if sep else parquet.columns(path, **columns)
            if known is not None:
                return cls._owning(known)
            return cls.from_frame(files.frame_of(path, sep, names), **columns)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def _owning(cls, known: dict) -> Responses:
        """Of arrays and names that were checked and made for it, which it keeps as they are, never copied."""
        one = object.__new__(cls)
        for name, value in ({"order": None, "weight": None} | known).items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(one, name, value)
        one._refuse_repeats(range(len(one)))
        return one

    def __len__(self) -> int:
        return len(self.correct)

    def __repr__(self) -> str:
        n, students, items = (f"{k:,}" for k in (len(self), len(self.students), len(self.items)))
        return f"Responses: {n} answers of {students} students to {items} items, {self.density:.2g} of all pairs"

    @property
    def density(self) -> float:
        """Which share of all pairs of a student and an item has an answer."""
        return len(self) / (len(self.students) * len(self.items))

    def counts(self, by: str = "item"):
        """How many answers each item (`by="student"`: each student) has: a DataFrame with columns asked and right."""
        import pandas as pd

        by = checks.one_of(by, ("item", "student"), "by")
        codes, names = (self.item, self.items) if by == "item" else (self.student, self.students)
        asked, right = (np.bincount(c, minlength=len(names)) for c in (codes, codes[self.correct == 1]))
        return pd.DataFrame({"asked": asked, "right": right}, index=read.index(names, by))

    def to_wide(self):
        """(students, items) DataFrame of 1.0, 0.0 and NaN (not asked), with the names; order and weight are lost."""
        import pandas as pd

        table = np.full((len(self.students), len(self.items)), np.nan)
        table[self.student, self.item] = self.correct
        return pd.DataFrame(table, read.index(self.students, "student"), read.index(self.items, "item"))

    def to_frame(self):
        """Long-form DataFrame, one row an answer, with names: what `from_frame` reads."""
        import pandas as pd

        columns = {
            "student": read.index(self.students, "student").take(self.student),
            "item": read.index(self.items, "item").take(self.item),
        }
        rest = {"correct": self.correct, "order": self.order, "weight": self.weight}
        return pd.DataFrame(columns | {name: value for name, value in rest.items() if value is not None})

    def sequences(self) -> Sequences:
        """All answers of each student as one sequence, by `order`; who has none is left out.

        Answers at the same time stand by row. Without `order` all do: rows count as ordered, and nothing can tell here
        whether they are, so name the column in `from_frame`.
        """
        rows = np.lexsort((self.student,) if self.order is None else (self.order, self.student))
        lengths = np.bincount(self.student)
        names = tuple(self.students[code] for code in np.flatnonzero(lengths))
        return Sequences(self.correct[rows], lengths[lengths > 0], names)

    def subset(self, mask) -> Responses:
        """The answers where `mask`, (answers,) of True and False, holds; names and codes stay."""
        mask = read.as_array(mask, "mask")
        if mask.dtype != bool or mask.shape != (len(self),):
            raise ValueError(
                f"mask has shape {mask.shape} and type {mask.dtype}: give True or False for each of {len(self)} answers"
            )
        if not mask.any():
            raise ValueError(f"mask keeps none of {len(self)} answers: keep at least one")
        part = copy.copy(self)
        for name in ("student", "item", "correct", "order", "weight"):
            value = getattr(self, name)
            object.__setattr__(part, name, None if value is None else checks.own(value[mask]))
        return part

    def split_answers(self, fractions=(0.8, 0.1, 0.1), *, rng, seen: bool = False) -> tuple[Responses, ...]:
        """The answers dealt at random into parts of these fractions; names and codes stay. rng: generator or seed.

        seen: whether the first part must hold an answer of every student and of every item that has one. What it lacks
        is swapped in for answers whose student and item it holds anyway, so the parts keep their sizes; only where it
        finds no room, as with more students than answers in it, is it larger and the others smaller.
        """
        shares = numbers(fractions, "fractions")
        if shares.ndim != 1 or not (shares > 0).all() or not np.isclose(shares.sum(), 1):
            raise ValueError(f"fractions = {fractions!r}: give numbers above 0 that add up to 1")
        ends = np.rint(np.cumsum(shares) * len(self)).astype(int)
        part = np.repeat(np.arange(len(shares)), np.diff(ends, prepend=0))
        rng = generator(rng)
        rng.shuffle(part)
        return self._parts(self._all_seen(part, rng) if checks.flag(seen, "seen") else part, len(shares))

    def _all_seen(self, part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """`part` after the swaps: some answers are held in part 0, one or more of each student and item; all others
        there may leave."""
        first = rng.permutation(len(self))
        first = first[np.argsort(part[first], kind="stable")][::-1]  # of one code, the row written last stands
        sides = self.student, self.item
        held = np.any([np.bincount(codes)[codes] == 1 for codes in sides], axis=0)
        for codes in sides:
            row = np.full(codes.max() + 1, -1)
            row[codes[first]] = first
            held[row[(row >= 0) & (np.bincount(codes, held) == 0)]] = True
        pulled = rng.permutation(np.flatnonzero(held & (part > 0)))
        free = rng.permutation(np.flatnonzero(~held & (part == 0)))[: len(pulled)]
        part[free] = part[pulled[: len(free)]]
        part[pulled] = 0
        return part

    def split_students(self, fraction: float = 0.8, *, rng) -> tuple[Responses, Responses]:
        """A random `fraction` of the students who answered, with all their answers; and the others."""
        answered = np.unique(self.student)
        first = round(inside(fraction, "fraction", 0.8) * len(answered))
        late = np.ones(len(self.students), dtype=int)
        late[generator(rng).permutation(answered)[:first]] = 0
        return self._parts(late[self.student], 2)

    def split_time(self, fraction: float = 0.8) -> tuple[Responses, Responses]:
        """The first `fraction` of each student's answers by `order`, at least one each; and the later ones.

        Answers of one student at the same time are taken in row order.
        """
        if self.order is None:
            raise ValueError("these answers have no order: name its column, from_frame(..., order=...)")
        fraction = inside(fraction, "fraction", 0.8)
        rows = np.lexsort((self.order, self.student))
        asked = np.bincount(self.student, minlength=len(self.students))
        first = np.maximum(1, np.rint(fraction * asked))
        place = np.empty(len(self), dtype=int)
        place[rows] = np.arange(len(self)) - np.repeat(np.cumsum(asked) - asked, asked)
        return self._parts((place >= first[self.student]).astype(int), 2)

    def _parts(self, part: np.ndarray, n: int) -> tuple:
        sizes = np.bincount(part, minlength=n)
        if not sizes.all():
            raise ValueError(
                f"part {int(np.argmin(sizes)) + 1} of {n} would hold none of {len(self)} answers: give other fractions "
                "or more answers"
            )
        return tuple(self.subset(part == k) for k in range(n))
