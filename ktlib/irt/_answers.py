"""Answers as flat arrays, sorted by student, and worked on in pieces that a processor's cache can hold."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from .priors import FAR, Normal

PIECE = 32_768  # answers
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)  # expectations under a normal
WEIGHTS = WEIGHTS / WEIGHTS.sum()
FEW, FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)  # of discrimination, where it is integrated over too
FEW_WEIGHTS = FEW_WEIGHTS / FEW_WEIGHTS.sum()
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers by student: student and item codes, 1.0 or 0.0, weights; `rows` are the students that are in it.

    students, items: how many there are in all.
    """

    student: np.ndarray
    item: np.ndarray
    correct: np.ndarray
    weight: np.ndarray
    students: int
    items: int
    rows: slice

    @classmethod
    def of(cls, responses) -> Answers:
        """The answers of a `Responses`; each weighs one unless it says otherwise."""
        order = np.lexsort((responses.item, responses.student))
        weight = np.ones(len(order)) if responses.weight is None else np.asarray(responses.weight, dtype=float)[order]
        students = len(responses.students)
        return cls(
            np.asarray(responses.student)[order],
            np.asarray(responses.item)[order],
            np.asarray(responses.correct, dtype=float)[order],
            weight,
            students,
            len(responses.items),
            slice(0, students),
        )

    def __len__(self) -> int:
        return len(self.correct)

    def pieces(self) -> list[Answers]:
        """The same answers in pieces of whole students, about `PIECE` answers each."""
        ends = np.cumsum(np.bincount(self.student, minlength=self.students))
        pieces, first, start = [], 0, 0
        while first < self.students:
            last = max(first + 1, int(np.searchsorted(ends, start + PIECE, side="right")))
            here, stop = slice(start, ends[last - 1]), ends[last - 1]
            columns = (v[here] for v in (self.student, self.item, self.correct, self.weight))
            pieces.append(Answers(*columns, self.students, self.items, slice(first, last)))
            first, start = last, stop
        return pieces

    def by_student(self, values) -> np.ndarray:
        """Sums of the answers' values over each student in it."""
        return np.bincount(self.student - self.rows.start, values, self.rows.stop - self.rows.start)

    def by_item(self, values) -> np.ndarray:
        """Sums of the answers' values over each item."""
        return np.bincount(self.item, values, self.items)

    def table(self, values) -> sparse.csr_matrix:
        """The answers' values as a sparse (students in it, items) matrix."""
        indptr = np.concatenate([[0], np.cumsum(self.by_student(None))])
        return sparse.csr_matrix((values, self.item, indptr), shape=(len(indptr) - 1, self.items))


def parts(starts, group: int, share: float) -> list[slice]:
    """Rows in parts of about `group` answers each, or fewer, as a row takes up the share `share` of a part besides.

    starts: (rows + 1,) where each row's answers begin, their number at the end.
    """
    cost = starts * (1 / group) + np.arange(len(starts)) * share
    ends = np.searchsorted(cost, np.arange(1, np.ceil(cost[-1])))
    cuts = np.unique(np.concatenate([[0], ends, [len(starts) - 1]]))
    return [slice(int(a), int(b)) for a, b in pairwise(cuts)]


def each(work: Callable, parts: Sequence | Iterator) -> Iterator:
    """`work` done on every part, as many at a time as there are processors; the results in the parts' order, so that
    sums are always the same, and never many of them waiting.

    A step too far may overflow; it is seen in the sums, which are then not finite.
    """

    def quietly(part):
        with np.errstate(over="ignore", invalid="ignore"):
            return work(part)

    if isinstance(parts, Sequence) and len(parts) == 1:
        yield quietly(parts[0])
        return
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = deque()
        for part in parts:
            waiting.append(pool.submit(quietly, part))
            if len(waiting) > 2 * THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def stepped(loc, scale, log: bool = False) -> Normal:
    """The belief that a step leads to. OverflowError for one beyond all numbers: the sweep is lost, not the fit."""
    if not (np.abs(loc).max() <= FAR and 1 / FAR <= scale.min() <= scale.max() <= FAR):  # nor for what is none
        raise OverflowError("a step beyond all numbers")
    return Normal.trusted(loc, scale, log)
