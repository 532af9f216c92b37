"""The paper's data sets, simulated from the two-parameter model: answers together with the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .._checks import fits_in_memory, generator, own, whole
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


def _size(students, items) -> tuple[int, int]:
    students, items = whole(students, "students", 1), whole(items, "items", 1)
    fits_in_memory(4 * students * items, f"a table of {students:,} students and {items:,} items")
    return students, items


def _answered(rng: np.random.Generator, asked: np.ndarray, difficulty: np.ndarray) -> Design:
    ability = rng.standard_normal(asked.shape[0])
    discrimination = rng.normal(1.2, 0.5, asked.shape[1])
    while (low := discrimination <= 0).any():
        discrimination[low] = rng.normal(1.2, 0.5, low.sum())
    student, item = np.nonzero(asked)
    p = expit(discrimination[item] * (ability[student] - difficulty[item]))
    correct = (rng.random(p.size) < p).astype(np.int8)
    names = (tuple(range(n)) for n in asked.shape)
    return Design(Responses(student, item, correct, *names), ability, discrimination, difficulty)
