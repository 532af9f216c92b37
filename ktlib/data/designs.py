"""The paper's data sets, simulated from the two-parameter model: answers together with the truth behind them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from .._checks import extra, fits_in_memory, generator, instance, own, whole
from .responses import Responses


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Answers and the numbers they were drawn from: P(right) = 1 / (1 + exp(−discrimination (ability − difficulty))).

    ability: (students,). discrimination, difficulty: (items,). Nobody can write into these arrays.
    """

    responses: Responses
    ability: np.ndarray
    discrimination: np.ndarray
    difficulty: np.ndarray

    def __post_init__(self):
        for name in ("ability", "discrimination", "difficulty"):
            object.__setattr__(self, name, own(getattr(self, name)))

    def __repr__(self) -> str:
        return f"Design, with its truth. {self.responses}"


def dense(*, rng, students: int = 50, items: int = 30) -> Design:
    """Every student answers every item. ability, difficulty ~ N(0, 1); discrimination ~ N(1.2, 0.5) above 0.

    rng: a generator or a seed.
    """
    students, items = _size(students, items)
    rng = generator(rng)
    asked = np.ones((students, items), dtype=bool)
    return _answered(rng, asked, rng.standard_normal(items))


def overlap(*, rng) -> Design:
    """Two groups of 50 students who share 10 of 50 items: 1–20 only the first, 21–30 both, 31–50 only the second.

    As `dense`, but the second group's own items have difficulty ~ N(0.5, 0.7).
    """
    rng = generator(rng)
    asked = np.zeros((100, 50), dtype=bool)
    asked[:50, :30] = asked[50:, 20:] = True
    difficulty = np.r_[rng.standard_normal(30), rng.normal(0.5, 0.7, 20)]
    return _answered(rng, asked, difficulty)


def sparse(*, rng, records: int = 1000, students: int = 639, items: int = 717) -> Design:
    """Few answers, scattered at random; every student and every item has at least one (the paper's footnote 2).

    As `dense` otherwise. Raises ValueError for more records than pairs, or too few to reach every student and item.
    """
    students, items = _size(students, items)
    least = max(students, items)
    if whole(records, "records", 1) < least or records > students * items:
        raise ValueError(f"records = {records!r}: give {least} to {students * items} for {students} × {items}")
    rng = generator(rng)
    place = np.arange(least)
    asked = np.zeros((students, items), dtype=bool)
    asked[rng.permutation(students)[place % students], rng.permutation(items)[place % items]] = True
    free = np.flatnonzero(~asked)
    asked.flat[rng.choice(free, records - least, replace=False)] = True
    return _answered(rng, asked, rng.standard_normal(items))


@dataclass(frozen=True, eq=False, repr=False)
class HomeworkLog(Design):
    """A `Design` in which students also differ by factor: strengths · loadings is added to what decides.

    strengths: (students, factors). loadings: (items, factors).
    """

    strengths: np.ndarray
    loadings: np.ndarray

    def __post_init__(self):
        super().__post_init__()
        for name in ("strengths", "loadings"):
            object.__setattr__(self, name, own(getattr(self, name)))


def homework(
    *, rng, answers: int = 1_000_000, students: int | None = None, items: int | None = None, factors: int = 4
) -> HomeworkLog:
    """A log like the one of Shi & Athey (2021), section 6: few of all pairs, active students, popular questions.

    answers: how many; the paper has 88 million. students, items: by default the paper's 162,000 and 334,000, in
    proportion to the answers, or so many that a seventh of all pairs is answered. How many answers a student gives is
    log-normal(0, 1) in proportion, at least one and at most half of the items; so is how often an item is asked.
    factors: of `HomeworkLog.strengths` ~ N(0, 1) and `loadings` ~ N(0, 0.4); 0 leaves the two-parameter model, with
    parameters as in `dense`. Work goes by chunks of students: what is kept grows by nine bytes an answer. rng: a
    generator or a seed.

    Raises ValueError for more answers than a quarter of all pairs.
    """
    answers, students, items, factors = _homework_size(answers, students, items, factors)
    truth, chunks = _homework(generator(rng), answers, students, items, factors)
    columns = [np.empty(answers, dtype=kind) for kind in (np.int32, np.int32, np.int8)]
    done = 0
    for chunk in chunks:
        for column, values in zip(columns, chunk, strict=True):
            column[done : done + len(values)] = values
        done += len(chunk[0])
    responses = Responses(*columns, tuple(range(students)), tuple(range(items)))
    return HomeworkLog(responses, *truth)


def homework_file(
    path, *, rng, answers: int = 1_000_000, students: int | None = None, items: int | None = None, factors: int = 4
) -> Path:
    """The answers of `homework`, with the same settings the same ones, written to a .parquet file and not kept.

    Its columns are student, item and correct, as `Responses.from_file` reads them. Raises ValueError for another
    ending, ModuleNotFoundError without pyarrow (the extra "fast").
    """
    path = Path(instance(path, (str, os.PathLike), "path", "give the path of a file"))
    if path.suffix != ".parquet":
        raise ValueError(f"path = {str(path)!r}: give one that ends in .parquet")
    with extra("fast", "designs.homework_file"):
        import pyarrow
        import pyarrow.parquet
    _, chunks = _homework(generator(rng), *_homework_size(answers, students, items, factors))
    kinds = {"student": pyarrow.int32(), "item": pyarrow.int32(), "correct": pyarrow.int8()}
    with pyarrow.parquet.ParquetWriter(path, pyarrow.schema(list(kinds.items()))) as file:
        for chunk in chunks:
            file.write_table(pyarrow.table(dict(zip(kinds, chunk, strict=True))))
    return path


def _homework_size(answers, students, items, factors) -> tuple[int, int, int, int]:
    answers = whole(answers, "answers", 1)
    fits_in_memory(answers, f"a log of {answers:,} answers")
    size = max(answers / 88e6, (answers / 8e9) ** 0.5)  # of the paper's; the latter makes a seventh of all pairs
    students = round(162_000 * size) if students is None else whole(students, "students", 1)
    items = round(334_000 * size) if items is None else whole(items, "items", 1)
    factors = whole(factors, "factors", 0)
    fits_in_memory(
        10 * (students + items) * (factors + 3),
        f"the truth of {students:,} students, {items:,} items, {factors:,} factors",
    )
    if not students <= answers <= students * items / 4:
        raise ValueError(
            f"answers = {answers} for {students} students and {items} items: give at least one a student and at most "
            f"a quarter of all pairs, {students * items // 4}"
        )
    return answers, students, items, factors


def _homework(rng: np.random.Generator, answers: int, students: int, items: int, factors: int):
    """The truth, and the chunks of answers, each (students' codes, items' codes, right or wrong), to be drawn."""
    truth = (
        rng.standard_normal(students),
        _discriminations(rng, items),
        rng.standard_normal(items),
        rng.standard_normal((students, factors)),
        rng.normal(0, 0.4, (items, factors)),
    )
    asked, most = np.ones(students, dtype=np.int64), max(1, items // 2)
    activity = rng.lognormal(0, 1, students)
    while left := answers - asked.sum():  # who has too many gives the rest to the others
        share = activity * (asked < most)
        more = np.floor(np.cumsum(share) * (left / share.sum()) + 0.5).astype(np.int64)
        asked = np.minimum(asked + np.diff(more, prepend=0), most)
    return truth, _drawn(rng, truth, asked, rng.lognormal(0, 1, items))


def _drawn(rng, truth, asked, popular):
    """Chunks of about a million answers: (student, item, correct) of some students, in order."""
    ability, discrimination, difficulty, strengths, loadings = truth
    urn = np.repeat(np.arange(len(popular)), np.ceil(popular * (16 / popular.mean())).astype(int))
    for rows in np.split(np.arange(len(asked)), np.flatnonzero(np.diff(np.cumsum(asked) // 1_000_000)) + 1):
        place, item = np.divmod(_pairs(rng, asked[rows], urn, len(popular)), len(popular))
        student = rows[place]
        eta = discrimination[item] * (ability[student] - difficulty[item])
        for strength, loading in zip(strengths.T, loadings.T, strict=True):
            eta += strength[student] * loading[item]
        correct = rng.random(len(eta)) < expit(eta)
        yield student.astype(np.int32), item.astype(np.int32), correct.astype(np.int8)


def _pairs(rng, asked, urn, items):
    """Ascending row × items + item, `asked` of each row, drawn one after the other from the urn, none twice.

    Rows that ask for many items get theirs by one exponential waiting time an item: the shortest are drawn.
    """
    rows, many = np.arange(len(asked)), asked > items / 20
    share = np.bincount(urn, minlength=items)
    pairs = [
        row * items + np.argpartition(rng.standard_exponential(items) / share, asked[row] - 1)[: asked[row]]
        for row in np.flatnonzero(many)
    ]
    few = np.empty(0, dtype=np.int64)
    while (missing := np.where(many, 0, asked) - np.bincount(few // items, minlength=len(rows))).any():
        drawn = np.repeat(rows, missing) * items + rng.choice(urn, missing.sum())
        few = np.unique(np.concatenate([few, drawn]))
    return np.sort(np.concatenate([*pairs, few]))


def _discriminations(rng: np.random.Generator, items: int) -> np.ndarray:
    """N(1.2, 0.5), those at 0 or below drawn again."""
    discrimination = rng.normal(1.2, 0.5, items)
    while (low := discrimination <= 0).any():
        discrimination[low] = rng.normal(1.2, 0.5, low.sum())
    return discrimination


def _size(students, items) -> tuple[int, int]:
    students, items = whole(students, "students", 1), whole(items, "items", 1)
    fits_in_memory(4 * students * items, f"a table of {students:,} students and {items:,} items")
    return students, items


def _answered(rng: np.random.Generator, asked: np.ndarray, difficulty: np.ndarray) -> Design:
    ability = rng.standard_normal(asked.shape[0])
    discrimination = _discriminations(rng, asked.shape[1])
    student, item = np.nonzero(asked)
    p = expit(discrimination[item] * (ability[student] - difficulty[item]))
    correct = (rng.random(p.size) < p).astype(np.int8)
    names = (tuple(range(n)) for n in asked.shape)
    return Design(Responses(student, item, correct, *names), ability, discrimination, difficulty)
