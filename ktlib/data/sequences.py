"""How students answered one skill, step by step.

`Sequences` holds one sequence a student, ragged, with gaps. It is checked once, at the door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

import numpy as np

from .._checks import own
from ._frames import as_array, as_numbers, check_frame, factorized, in_order, ordered_rows, times

MISSING = -1


@dataclass(frozen=True, eq=False, repr=False)
class Sequences:
    """Answers to one skill in the order given; gaps after a student's last answer are dropped.

    answers: (answers in all,) int8; 1 right, 0 wrong, -1 not asked. Students lie one after the other.
    lengths: (students,) how many steps each has, at least one.
    students: their names, in the same order. The arrays are its own, and nobody can write into them.
    """

    answers: np.ndarray
    lengths: np.ndarray
    students: tuple[Any, ...]

    def __post_init__(self):
        answers, lengths = as_array(self.answers, "answers"), as_array(self.lengths, "lengths")
        students = in_order(self.students, "student")
        shaped = answers.ndim == lengths.ndim == 1 and 0 < lengths.size == len(students)
        typed = answers.dtype == np.int8 and lengths.dtype.kind in "iu"
        if not (shaped and typed and lengths.min() >= 1 and lengths.sum() == answers.size):
            total = lengths.sum() if lengths.dtype.kind in "iu" else shown(self.lengths)
            raise ValueError(
                f"{answers.size} answers of type {answers.dtype}, lengths adding up to {total} and {len(students)} "
                "names do not fit together: use from_lists, from_array or from_frame"
            )
        if answers.min() < MISSING or answers.max() > 1:
            raise ValueError(f"answers from {answers.min()} to {answers.max()}: 1 is right, 0 wrong, -1 not asked")
        for name, value in (("answers", own(answers)), ("lengths", own(lengths)), ("students", students)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return (
            f"Sequences: {self.n_answers:,} answers of {len(self):,} students, {self.lengths.min()} to "
            f"{self.lengths.max()} steps each"
        )

    @property
    def n_answers(self) -> int:
        """Steps that hold an answer (gaps not counted)."""
        return int((self.answers != MISSING).sum())

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self):
        return iter(np.split(self.answers, np.cumsum(self.lengths)[:-1]))

    def to_array(self) -> np.ndarray:
        """(students, longest) float array: 1 right, 0 wrong, NaN where nothing was asked or the sequence has ended."""
        out = np.full((len(self), int(self.lengths.max())), np.nan)
        inside = np.arange(out.shape[1]) < self.lengths[:, None]
        out[inside] = np.where(self.answers == MISSING, np.nan, self.answers)
        return out

    @classmethod
    def from_array(cls, answers, students: Sequence | None = None) -> Sequences:
        """From a (students, steps) array of 1, 0 and NaN (not asked). NaN after a student's last answer ends the row.

        Raises ValueError naming student and step for any other value, and for a student without answers.
        """
        _refuse_lookalikes(answers)
        try:
            array = np.asarray(answers)
        except ValueError:
            raise ValueError("the rows differ in length: use Sequences.from_lists") from None
        return cls._trimmed(*_read(array, students))

    @classmethod
    def from_lists(cls, answers: Iterable[Iterable], students: Sequence | None = None) -> Sequences:
        """From one iterable of 1, 0, True, False and None or NaN a student, of any lengths."""
        _refuse_lookalikes(answers)
        return cls._trimmed(*_read_rows(list(answers), students))

    @classmethod
    def _trimmed(cls, table: np.ndarray, lengths: np.ndarray, names: tuple) -> Sequences:
        """Each student ends at her last answer, however many steps the table has for her."""
        missing = np.isnan(table)
        if not missing.any():
            return cls(table.ravel().astype(np.int8), lengths, names)
        _check_answered(~missing.all(1), names)
        lengths = table.shape[1] - np.argmin(missing[:, ::-1], axis=1)
        inside = np.arange(table.shape[1]) < lengths[:, None]
        return cls(np.where(missing, MISSING, table)[inside].astype(np.int8), lengths, names)

    @classmethod
    def from_frame(
        cls, frame, student: str = "student", correct: str = "correct", order: str | None = None
    ) -> Sequences:
        """From a pandas DataFrame in long form, one row an answer.

        student, correct, order: its column names; correct holds 1, 0 or NaN. order: numbers or times to sort by, equal
        ones by row; if None, rows count as ordered, each student's. Students stand in the order of their first answer.

        Raises ValueError naming a missing column, the first row whose answer is not 0, 1 or missing, or without order a
        column of times that goes back within a student (`columns.ordered_rows`).
        """
        return cls._from_frame(frame, student, correct, order, ())

    @classmethod
    def _from_frame(cls, frame, student: str, correct: str, order: str | None, known: Iterable) -> Sequences:
        check_frame(frame, student, correct)
        unnamed = frame[student].isna().to_numpy()
        if unnamed.any():
            raise ValueError(f"row {frame.index.tolist()[unnamed.argmax()]!r} names no student: drop it or name one")
        values = as_numbers(np.asarray(frame[correct])).astype(float)
        wrong = ~(np.isin(values, (0, 1)) | frame[correct].isna().to_numpy())
        if wrong.any():
            row = wrong.argmax()
            raise ValueError(
                f"row {frame.index.tolist()[row]!r}: answer {frame[correct].tolist()[row]!r} of student "
                f"{frame[student].tolist()[row]!r} is not 1 (right), 0 (wrong) or missing: recode it"
            )
        rows = ordered_rows(frame, student, order, known=(correct, *known))
        codes, names = factorized(frame[student].iloc[rows], frame.index[rows], "student")
        by_student = np.argsort(codes, kind="stable")
        codes, flat = codes[by_student], np.nan_to_num(values[rows[by_student]], nan=MISSING).astype(np.int8)
        asked = flat != MISSING
        answered = np.bincount(codes[asked], minlength=len(names)) > 0
        _check_answered(answered, names)
        place = np.arange(len(flat))
        last = np.full(len(names), -1)
        np.maximum.at(last, codes[asked], place[asked])
        keep = place <= last[codes]
        return cls(flat[keep], np.bincount(codes[keep], minlength=len(names)), names)


def as_sequences(answers) -> Sequences:
    """`answers` as `Sequences`: taken as it is, or from an array (NaN: not asked), or from lists of any lengths."""
    return answers if isinstance(answers, Sequences) else Sequences._trimmed(*_read(answers))


def as_table(answers) -> tuple[np.ndarray, np.ndarray, bool]:
    """Every step of `answers`, gaps at the end included.

    Returns a (students, longest) float table of 1, 0 and NaN (not asked), a mask of the steps after each student's end
    (lists may differ in length; an array keeps its width), and whether `answers` was a single row.
    """
    if isinstance(answers, Sequences):
        table, lengths, single = answers.to_array(), answers.lengths, False
    else:
        answers = answers if isinstance(answers, np.ndarray) else list(_refuse_lookalikes(answers))
        table, lengths, _ = _read(answers)
        single = _is_one_row(answers)
    return table, np.arange(table.shape[1]) >= lengths[:, None], single


def sequences_by(
    frame, column: str, student: str = "student", correct: str = "correct", order: str | None = None
) -> dict[Any, Sequences]:
    """One `Sequences` for each value of `column` (a skill, say), in ascending order, from a long-form DataFrame.

    order: as in `Sequences.from_frame`; if None, rows count as ordered, each student's within a value of `column`.
    Raises ValueError as `Sequences.from_frame` does, naming the value of `column` that it happened under, and where
    `column` itself is missing or has empty rows.
    """
    import pandas as pd

    check_frame(frame, column, student, correct, *([] if order is None else [order]))
    empty = int(frame[column].isna().sum())
    if empty:
        raise ValueError(f"{empty} of {len(frame)} rows have no {column!r}: drop them or fill them in")
    if order is not None:
        times(frame[order], len(frame))
    found = {}
    for value, rows in frame.groupby(pd.Index(frame[column]), sort=True, observed=True):
        try:
            found[value] = Sequences._from_frame(rows, student, correct, order, (column,))
        except ValueError as error:
            raise ValueError(f"{column} {value!r}: {error}") from None
    return found


def _refuse_lookalikes(answers):
    """`answers`, unless Python could walk through them but would meet something else than answers."""
    if hasattr(answers, "columns"):
        raise ValueError(
            "answers are a DataFrame: use Sequences.from_frame(frame), or frame.to_numpy() if a row is a student"
        )
    no_order = isinstance(answers, str | bytes | bytearray | Mapping | Set)
    if no_order or isinstance(answers, np.ma.MaskedArray) or _is_complex(answers) or not _is_row(answers):
        raise ValueError(
            f"answers = {shown(answers)}: give one list of answers a student, or an array, with NaN for not asked"
        )
    return answers


def _read(answers, students: Sequence | None = None) -> tuple[np.ndarray, np.ndarray, tuple]:
    """An array or lists as a (students, longest) table of 1, 0 and NaN, how many steps each row has, and the names."""
    _refuse_lookalikes(answers)
    if not (isinstance(answers, np.ndarray) and answers.dtype.kind in "biuf"):
        rows = list(answers)
        return _read_rows([rows] if _is_one_row(rows) else rows, students)
    table = np.atleast_2d(answers).astype(float)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"answers have shape {answers.shape}: give a (students, steps) array with at least one row")
    names = _names(students, len(table))
    bad = ~((table == 1) | (table == 0) | np.isnan(table))
    if bad.any():
        row, step = np.argwhere(bad)[0]
        raise ValueError(_bad_answer(table[row, step].item(), names[row], step))
    return table, np.full(len(table), table.shape[1]), names


def _read_rows(rows: list, students: Sequence | None) -> tuple[np.ndarray, np.ndarray, tuple]:
    """As `_read`, from one iterable a student."""
    if not rows:
        raise ValueError("the list of sequences is empty: give at least one student's answers")
    names = _names(students, len(rows))
    for name, row in zip(names, rows, strict=True):
        if not _is_row(row) or isinstance(row, str | bytes | Mapping | Set):
            raise ValueError(f"student {name!r} has {shown(row)} for a sequence: give one list of answers a student")
    rows = [[_answer(value, name, t) for t, value in enumerate(row)] for name, row in zip(names, rows, strict=True)]
    lengths = np.array([len(row) for row in rows])
    _check_answered(lengths > 0, names)
    table = np.full((len(rows), lengths.max()), np.nan)
    table[np.arange(table.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return table, lengths, names


def _is_row(value) -> bool:
    return hasattr(value, "__iter__") and getattr(value, "ndim", 1) > 0


def _is_complex(value) -> bool:
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "c"


def _is_one_row(answers) -> bool:
    return len(answers) > 0 and not any(map(_is_row, answers))


def _answer(value, student, step: int) -> float:
    """1.0, 0.0, or NaN for None, NaN and pandas' NA."""
    if value is None or type(value).__name__ == "NAType":
        return np.nan
    try:
        number = np.inf if isinstance(value, str | bytes) or _is_complex(value) else float(value)
    except (TypeError, ValueError):
        number = np.inf
    if number in (0, 1) or np.isnan(number):
        return number
    raise ValueError(_bad_answer(value, student, step))


def _names(students, n: int) -> tuple:
    names = tuple(range(n)) if students is None else in_order(students, "student")
    if len(names) != n:
        raise ValueError(f"{len(names)} student names for {n} sequences: give one name a sequence")
    for name in names:
        if name is None or (isinstance(name, float) and name != name):
            raise ValueError(f"student name {name!r}: give each a text or a number")
    return names


def _bad_answer(value, student, step: int) -> str:
    return (
        f"answer {value!r} of student {student!r} at step {int(step) + 1} is not 1 (right), 0 (wrong) or missing "
        "(NaN or None): recode it"
    )


def _check_answered(answered: np.ndarray, names: tuple) -> None:
    if not answered.all():
        who = names[int(np.argmin(answered))]
        raise ValueError(f"student {who!r} has no answers: leave out students who were never asked")
