"""Who answered what, how, in which order.

`Sequences` holds one skill's answers: one sequence a student, ragged, with gaps. It is checked once, at the door.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MISSING = -1


@dataclass(frozen=True)
class Sequences:
    """Answers to one skill in the order given.

    answers: (answers in all,) int8; 1 right, 0 wrong, -1 not asked. Students lie one after the other.
    lengths: (students,) how many steps each has, at least one.
    students: their names, in the same order.
    """

    answers: np.ndarray
    lengths: np.ndarray
    students: tuple[Any, ...]

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
        table = np.asarray(answers, dtype=float)
        if table.ndim == 1:
            table = table[None]
        if table.ndim != 2 or not table.size:
            raise ValueError(f"answers have shape {table.shape}: give a (students, steps) array with at least one row")
        names = _names(students, len(table))
        right, missing = table == 1, np.isnan(table)
        bad = ~(right | missing | (table == 0))
        if bad.any():
            row, step = np.argwhere(bad)[0]
            raise ValueError(_bad_answer(table[row, step].item(), names[row], step))
        if not missing.any():
            return cls(right.ravel().astype(np.int8), np.full(len(table), table.shape[1]), names)
        _check_answered(~missing.all(1), names)
        lengths = table.shape[1] - np.argmin(missing[:, ::-1], axis=1)
        inside = np.arange(table.shape[1]) < lengths[:, None]
        flat = np.where(missing, MISSING, right)[inside].astype(np.int8)
        return cls(flat, lengths.astype(np.int64), names)

    @classmethod
    def from_lists(cls, answers: Iterable[Iterable], students: Sequence | None = None) -> Sequences:
        """From one iterable of 1, 0, True, False and None or NaN a student, of any lengths."""
        rows = list(answers)
        if not rows:
            raise ValueError("the list of sequences is empty: give at least one student's answers")
        names = _names(students, len(rows))
        for name, row in zip(names, rows, strict=True):
            if not hasattr(row, "__iter__"):
                raise ValueError(f"student {name!r} has {row!r} for a sequence: give one list of answers a student")
        rows = [list(row) for row in rows]
        width = max(map(len, rows))
        if not width:
            _check_answered(np.zeros(len(rows), bool), names)
        table = np.full((len(rows), width), np.nan)
        for i, row in enumerate(rows):
            for step, value in enumerate(row):
                try:
                    table[i, step] = np.nan if value is None else float(value)
                except (TypeError, ValueError):
                    raise ValueError(_bad_answer(value, names[i], step)) from None
        return cls.from_array(table, names)

    @classmethod
    def from_frame(cls, frame, student: str = "student", correct: str = "correct") -> Sequences:
        """From a pandas DataFrame in long form, one row an answer, in the order answered.

        student, correct: its column names; correct holds 1, 0 or NaN. Students keep the order of their first row.
        Raises ValueError naming a missing column, or the first row whose answer is not 0, 1 or missing.
        """
        import pandas as pd

        for column in (student, correct):
            if column not in frame:
                raise ValueError(f"no column {column!r}; the frame has {', '.join(map(repr, frame.columns))}")
        if not len(frame):
            raise ValueError("the frame has no rows: give at least one answer")
        unnamed = frame[student].isna().to_numpy()
        if unnamed.any():
            raise ValueError(f"row {frame.index.tolist()[unnamed.argmax()]!r} names no student: drop it or name one")
        values = pd.to_numeric(frame[correct], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        wrong = ~(np.isin(values, (0, 1)) | frame[correct].isna().to_numpy())
        if wrong.any():
            row = wrong.argmax()
            raise ValueError(
                f"row {frame.index.tolist()[row]!r}: answer {frame[correct].tolist()[row]!r} of student "
                f"{frame[student].tolist()[row]!r} is not 1 (right), 0 (wrong) or missing: recode it"
            )
        codes, names = pd.factorize(frame[student])
        names = tuple(names.tolist())
        order = np.argsort(codes, kind="stable")
        codes, flat = codes[order], np.nan_to_num(values[order], nan=MISSING).astype(np.int8)
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
    if isinstance(answers, Sequences):
        return answers
    if isinstance(answers, np.ndarray) and answers.dtype.kind in "biuf":
        return Sequences.from_array(answers)
    if not hasattr(answers, "__iter__"):
        raise ValueError(f"answers = {answers!r}: give one list of answers a student")
    rows = list(answers)
    if rows and not hasattr(rows[0], "__iter__"):
        rows = [rows]
    return Sequences.from_lists(rows)


def sequences_by(frame, column: str, student: str = "student", correct: str = "correct") -> dict[Any, Sequences]:
    """One `Sequences` for each value of `column` (a skill, say), in ascending order, from a long-form DataFrame.

    Raises ValueError as `Sequences.from_frame` does, or if `column` is missing.
    """
    if column not in frame:
        raise ValueError(f"no column {column!r}; the frame has {', '.join(map(repr, frame.columns))}")
    return {value: Sequences.from_frame(rows, student, correct) for value, rows in frame.groupby(column, sort=True)}


def _names(students, n: int) -> tuple:
    names = tuple(range(n)) if students is None else tuple(students)
    if len(names) != n:
        raise ValueError(f"{len(names)} student names for {n} sequences: give one name a sequence")
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
