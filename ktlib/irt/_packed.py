"""Answers held twice, by student and by item, as the compiled loops read them: counted, then placed, never sorted.

Answers are placed in two steps, as a radix sort does (Knuth 1998, The Art of Computer Programming 3, section 5.2.5):
first into bins of neighbouring rows, of which there are so few that the next free place of each stays in the cache,
then within each bin, which is small enough to stay there itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._numba import kept
from ._answers import each, parts

PART = 131_072  # answers that one thread takes at a time
NUMBERS = 1_000_000  # of a part's rows, at most
CHUNK = 4_000_000  # answers that one thread puts into bins
BINS = 9  # bits


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

    def binned(self, chunks: list[slice], count, place, others: int) -> None:
        """Answers from elsewhere, a chunk after the other, into its rows, where they keep their order.

        count(chunk, shift, bins) counts a chunk's answers in bins of 2^shift rows; place(chunk, at, shift, bits, keys,
        weight) writes them at the places `at` of their bins, each the row in its bin, the other's code and the answer
        in its lowest `bits`. others: how many others there are.
        """
        rows, bits = len(self.starts) - 1, (others - 1).bit_length() + 1
        shift = max(0, (rows - 1).bit_length() - BINS)
        edges = self.starts[np.minimum(np.arange(((rows - 1) >> shift) + 2) << shift, rows)]
        at = np.zeros((len(chunks), len(edges) - 1), dtype=np.int64)
        keys = np.empty(len(self.words), dtype=np.uint32 if shift + bits <= 32 else np.uint64)
        weight, places = np.empty(len(self.weight)), list(zip(chunks, at, strict=True))
        list(each(lambda one: count(one[0], shift, one[1]), places))
        at[:] = edges[:-1] + np.cumsum(at, axis=0) - at
        list(each(lambda one: place(*one, shift, bits, keys, weight), places))
        settle = (shift, bits, *self.arrays, keys, weight)
        list(each(lambda bins: settled(bins.start, bins.stop, *settle), parts(edges, PART, 0.0)))

    def turned_into(self, other: Side) -> None:
        """Writes its answers to the other side, whose rows then hold them in the order of this side's codes."""

        def count(rows, shift, bins):
            tallied(self.words[self.starts[rows.start] : self.starts[rows.stop]], shift + 1, bins)

        def place(rows, *where):
            turned(rows.start, rows.stop, *self.arrays, *where)

        other.binned(self.parts(group=CHUNK), count, place, len(self.starts) - 1)

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
        """Counted, then placed: no sorting, and beside the result only four bytes an answer at a time, or eight."""
        weighted, given = responses.weight is not None, responses.weight
        sides = (responses.student, responses.students), (responses.item, responses.items)
        both = map if len(responses) <= PART else each  # threads cost more than a small log
        students, items = both(lambda side: Side.empty(side[0], len(side[1]), weighted), sides)

        def count(rows, shift, bins):
            tallied(responses.item[rows], shift, bins)

        def place(rows, *where):
            log = responses.student[rows], responses.item[rows], responses.correct[rows]
            placed(*log, given[rows] if weighted else np.empty(0), *where)

        n = len(responses.correct)
        chunks = [slice(first, min(first + CHUNK, n)) for first in range(0, n, CHUNK)]
        items.binned(chunks, count, place, len(responses.students))
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
def tallied(codes, shift, bins):
    """Adds to each of the `bins` how many codes there are whose bits beyond the lowest `shift` are its number."""
    for code in codes:
        bins[np.int64(code) >> shift] += 1


@kept
def placed(student, item, correct, weight, at, shift, bits, keys, kept):
    """Answers into bins of items, as they come; weights into `kept`, if any."""
    low = (np.int64(1) << shift) - 1
    for k in range(len(item)):
        row = np.int64(item[k])
        place = at[row >> shift]
        at[row >> shift] += 1
        keys[place] = ((row & low) << bits) | (np.int64(student[k]) << 1) | np.int64(correct[k])
        if len(weight):
            kept[place] = weight[k]


@kept
def turned(first, last, starts, words, weight, at, shift, bits, keys, kept):
    """Answers of one side's rows from `first` to `last` into bins of the other's."""
    low = (np.int64(1) << shift) - 1
    for row in range(first, last):
        for k in range(starts[row], starts[row + 1]):
            other = np.int64(words[k] >> np.uint32(1))
            place = at[other >> shift]
            at[other >> shift] += 1
            keys[place] = ((other & low) << bits) | (row << 1) | np.int64(words[k] & np.uint32(1))
            if len(weight):
                kept[place] = weight[k]


@kept
def settled(first, last, shift, bits, starts, words, weight, keys, kept):
    """Answers of the bins from `first` to `last`, each to its row."""
    rows, start = len(starts) - 1, np.int64(first) << shift
    at = starts[start : min(np.int64(last) << shift, rows)].copy()
    low = (np.int64(1) << bits) - 1
    for one in range(first, last):
        base = np.int64(one) << shift
        for k in range(starts[base], starts[min(base + (np.int64(1) << shift), rows)]):
            key = np.int64(keys[k])
            row = base + (key >> bits)
            place = at[row - start]
            at[row - start] += 1
            words[place] = np.uint32(key & low)
            if len(weight):
                weight[place] = kept[k]
