"""Answers to one skill with codes: which question, what practice, which group of students. Checked once, at the door.

The names of this module stand in `variants` too: `variants.from_frame`, `variants.by_first_answer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _checks as checks
from ..data._frames import as_array, cell, check_frame, factorized, ordered_rows, refuse_empty, unique_names
from ..data.sequences import MISSING, Sequences, as_table
from .variant_params import unnamed

MOST = 2000  # questions, kinds or groups: their curvature is a square table


@dataclass(frozen=True, eq=False)
class Coded:
    """Answers to one skill with the codes that go with them; what `from_frame`, `code` and `by_first_answer` return.

    sequences: the answers. question, practice: (steps,) codes, one for every step of `sequences.answers`; group:
    (students,) codes. questions, kinds, groups: the names that these codes count through; one name, None, where there
    is no code. rows: (steps,) place of each step among the rows of the frame it came from, or None.
    The arrays are its own. Raises ValueError where they do not fit together.
    """

    sequences: Sequences
    question: np.ndarray
    practice: np.ndarray
    group: np.ndarray
    questions: tuple[Any, ...] = (None,)
    kinds: tuple[Any, ...] = (None,)
    groups: tuple[Any, ...] = (None,)
    rows: np.ndarray | None = None
    __repr__ = checks.short

    def __post_init__(self):
        remedy = "give Sequences, such as Sequences.from_lists makes"
        checks.instance(self.sequences, Sequences, "sequences", remedy)
        unique_names(self.sequences.students, "student")
        steps, students = self.sequences.answers.size, len(self.sequences)
        for one, many, n in (
            ("question", "questions", steps),
            ("practice", "kinds", steps),
            ("group", "groups", students),
        ):
            names = checks.listed(getattr(self, many), many, "['a', 'b']")
            names = names if unnamed(names) else unique_names(names, many)
            values = as_array(getattr(self, one), one)
            if (
                values.dtype.kind not in "iu"
                or values.shape != (n,)
                or not 0 <= values.min() <= values.max() < len(names)
            ):
                raise ValueError(
                    f"{one} = {checks.shown(getattr(self, one))}: give {n} whole numbers from 0 to {len(names) - 1}"
                )
            object.__setattr__(self, many, names)
            object.__setattr__(self, one, checks.own(values.astype(np.int64)))
        if self.rows is not None:
            rows = as_array(self.rows, "rows")
            if rows.dtype.kind not in "iu" or not np.array_equal(np.sort(rows, axis=None), np.arange(steps)):
                raise ValueError(f"rows = {checks.shown(self.rows)}: give the place of each of {steps} steps, or None")
            object.__setattr__(self, "rows", checks.own(rows))


def code(answers, question=None, practice=None, group=None) -> Coded:
    """Answers and codes in one object.

    answers: as `model.filter` takes them, several students. question, practice: a code for every step, gaps included,
    in the layout of the answers: whole numbers 0, 1, 2 .. in a (students, steps) array or in lists of the same lengths.
    In an array, −1 beside NaN says that a student has ended. For `Sequences` a flat (steps,) array, one code for each
    of its answers, serves too. group: (students,) whole numbers 0, 1, 2 .. `Coded` answers are taken as they are.
    Raises ValueError naming the student and step of a code that is none, and for codes in another layout.
    """
    if isinstance(answers, Coded):
        if not (question is None and practice is None and group is None):
            raise ValueError("the answers bring their codes along: leave out question, practice and group")
        return answers
    if isinstance(answers, Sequences):
        sequences = answers
    else:
        table, ended, _ = as_table(answers)
        ended = ended | _after_the_end(table, question, practice)
        flat = np.nan_to_num(table[~ended], nan=MISSING).astype(np.int8)
        sequences = Sequences(flat, (~ended).sum(1), tuple(range(len(table))))
    codes = {
        "question": _steps(question, sequences, "question"),
        "practice": _steps(practice, sequences, "practice"),
        "group": _students(group, sequences),
    }
    names = {}
    for one, many, given in (
        ("question", "questions", question),
        ("practice", "kinds", practice),
        ("group", "groups", group),
    ):
        most = int(codes[one].max())
        if most >= MOST:
            raise ValueError(f"{one} {most}: there may be {MOST:,} codes, 0 to {MOST - 1}; put rare ones together")
        names[many] = (None,) if given is None else tuple(range(most + 1))
    return Coded(sequences, **codes, **names)


def from_frame(
    frame,
    *,
    student: str = "student",
    correct: str = "correct",
    order: str | None = None,
    question: str | None = None,
    practice: str | None = None,
    group: str | None = None,
) -> Coded:
    """From a pandas DataFrame in long form, one row an answer, with the names of questions, practice and groups.

    student, correct, order: as in `Sequences.from_frame`; but rows without an answer (NaN) after a student's last are
    kept, so that they get a forecast. question, practice, group: columns of names, None for none; a student has one
    group. Names are coded in the order in which they first appear.
    Raises ValueError as `Sequences.from_frame` does, and naming a column with empty cells, a student in two groups, or
    more than 2,000 names.
    """
    given = {"question": question, "practice": practice, "group": group}
    columns = [name for name in given.values() if name is not None]
    check_frame(frame, student, correct, *columns)
    Sequences._from_frame(frame, student, correct, order, columns)  # for its checks
    refuse_empty(frame, columns)
    rows = ordered_rows(frame, student, order, known=(correct, *columns))
    who, names = factorized(frame[student].iloc[rows], frame.index[rows], "student")
    by_student = np.argsort(who, kind="stable")
    rows, who = rows[by_student], who[by_student]
    right = frame[correct].iloc[rows]
    right = np.where(right.isna().to_numpy(), MISSING, np.asarray(right.fillna(0), float)).astype(np.int8)
    sequences = Sequences(right, np.bincount(who), names)
    codes, found = {}, {}
    for one, many in (("question", "questions"), ("practice", "kinds"), ("group", "groups")):
        column = given[one]
        if column is None:
            codes[one], found[many] = np.zeros(len(rows), np.int64), (None,)
        else:
            codes[one], found[many] = factorized(frame[column].iloc[rows], frame.index[rows], one)
            checks.whole(len(found[many]), f"the number of names in column {column!r}", 1, MOST)
    first = np.cumsum(sequences.lengths) - sequences.lengths
    moved = codes["group"] != codes["group"][first][who]
    if moved.any():
        at = int(moved.argmax())
        both = f"{cell(frame[group], rows[first[who[at]]])} and {cell(frame[group], rows[at])}"
        raise ValueError(f"student {names[who[at]]!r} is in two groups, {both}: give each student one")
    codes["group"] = codes["group"][first]
    return Coded(sequences, **codes, **found, rows=rows)


def by_first_answer(answers, question=None, practice=None) -> Coded:
    """Students in two groups, by their first answer: "first wrong" and "first right".

    Pardos & Heffernan (2010) let P(known) at the start depend on a student's first answer; pyBKT's "multiprior" can do
    so, and keeps that answer as evidence as well. Then it counts twice: the fit forecasts it from itself, and p_init
    goes to 0 and 1. Here the first answer becomes a gap, and p_init is P(known before the first question | its answer).
    The likelihood is that of the later answers given the first: compare it, or a score, on later answers alone.

    answers, question, practice: as in `code`, or `Coded` whose students have no groups. Raises ValueError as `code`
    does, for students who are in groups already, and where all first answers are alike.
    """
    coded = code(answers, question, practice)
    if coded.groups != (None,):
        raise ValueError(f"the students are in {len(coded.groups)} groups already: leave the column of groups out")
    flat, lengths = coded.sequences.answers.copy(), coded.sequences.lengths
    who, place = np.repeat(np.arange(len(lengths)), lengths), np.arange(len(flat))
    asked = np.flatnonzero(flat != MISSING)
    answered, at = np.unique(who[asked], return_index=True)
    if len(answered) < len(lengths):
        missing = np.setdiff1d(np.arange(len(lengths)), answered)[0]
        raise ValueError(f"student {coded.sequences.students[missing]!r} has no answers: leave out who was never asked")
    first = place[asked[at]]
    group = flat[first].astype(np.int64)
    if group.min() == group.max():
        raise ValueError(f"every first answer is {'right' if group[0] else 'wrong'}: there is only one group")
    flat[first] = MISSING
    sequences = Sequences(flat, lengths, coded.sequences.students)
    codes = coded.question, coded.practice, group, coded.questions, coded.kinds, ("first wrong", "first right")
    return Coded(sequences, *codes, coded.rows)


def _after_the_end(table: np.ndarray, *codes) -> np.ndarray:
    """Steps without an answer, and none to come, where an array of codes says −1."""
    trailing = np.isnan(table)[:, ::-1].cumprod(1)[:, ::-1].astype(bool)
    for value in codes:
        if isinstance(value, np.ndarray) and value.shape == table.shape and value.dtype.kind in "iu":
            return trailing & (value == -1)
    return np.zeros(table.shape, bool)


def _steps(value, sequences: Sequences, name: str) -> np.ndarray:
    """(steps,) codes of the steps of `sequences`, from its layout or flat; zeros for None."""
    lengths = sequences.lengths
    if value is None:
        return np.zeros(lengths.sum(), np.int64)
    ragged = isinstance(value, list | tuple) and any(isinstance(row, list | tuple | np.ndarray) for row in value)
    if ragged:
        rows = [
            as_array(row, f"{name} of student {who!r}") for who, row in zip(sequences.students, value, strict=False)
        ]
        sizes = [row.size if row.ndim == 1 else -1 for row in rows]
        if len(value) != len(lengths) or (np.array(sizes) != lengths).any():
            raise ValueError(f"{name} = {checks.shown(value)} has another layout than the answers: give a code a step")
        flat = np.concatenate(rows)
    else:
        flat = as_array(value, name)
        if len(lengths) == 1 and flat.ndim == 1:
            flat = flat[None]
        if flat.ndim == 2 and flat.shape[0] == len(lengths) and flat.shape[1] >= lengths.max():
            flat = flat[np.arange(flat.shape[1]) < lengths[:, None]]
    if flat.shape != (lengths.sum(),):
        raise ValueError(
            f"{name} = {checks.shown(value)} has another layout than the answers: give a code for each of "
            f"{lengths.sum()} steps of {len(lengths)} students"
        )
    bad = flat < 0 if flat.dtype.kind in "iu" else flat % 1 != 0 if flat.dtype.kind == "f" else np.array([True])
    if flat.dtype.kind == "f" and not bad.any():  # whole, but not as whole numbers
        bad = np.array([True])
    if bad.any():
        at = int(bad.argmax())
        who = int(np.searchsorted(np.cumsum(lengths), at, "right"))
        step = at - int(lengths[:who].sum()) + 1
        raise ValueError(
            f"{name} {checks.shown(flat[at].item())} of student {sequences.students[who]!r} at step {step}: codes are "
            "whole numbers, 0 or more; names go through variants.from_frame"
        )
    return flat


def _students(value, sequences: Sequences) -> np.ndarray:
    """(students,) codes; zeros for None."""
    if value is None:
        return np.zeros(len(sequences), np.int64)
    codes = as_array(value, "group")
    if codes.dtype.kind not in "iu" or codes.shape != (len(sequences),) or codes.min() < 0:
        raise ValueError(
            f"group = {checks.shown(value)}: give a whole number, 0 or more, for each of {len(sequences)} students"
        )
    return codes
