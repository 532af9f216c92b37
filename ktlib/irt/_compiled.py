"""Coordinate ascent by compiled loops: the same sweeps as `_two_parameter` and `_factors`, for a log of any size.

The answers are held twice, by student and by item, four bytes each; nothing else is as long as they are, unless they
have weights. Sums are the same to rounding, and the same to the last bit whatever the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from . import _kernels as kernels
from . import _two_parameter as two_parameter
from ._answers import FEW, each
from ._factors import FactorAscent, symmetric
from .model import Model

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
        kernels.counted(codes, starts)
        return cls(starts, np.empty(len(codes), dtype=np.uint32), np.empty(len(codes) * weighted))

    def parts(self, numbers: int = 1) -> list[slice]:
        """Rows in parts of about `PART` answers each, and of few rows where each has many `numbers` of its own."""
        cost = self.starts * (1 / PART) + np.arange(len(self.starts)) * (numbers / NUMBERS)
        ends = np.searchsorted(cost, np.arange(1, np.ceil(cost[-1])))
        cuts = np.unique(np.concatenate([[0], ends, [len(self.starts) - 1]]))
        return [slice(int(a), int(b)) for a, b in pairwise(cuts)]

    def turned_into(self, other: Side) -> None:
        """Writes its answers to the other side, whose rows then hold them in the order of this side's codes."""
        kernels.turned(self.starts, self.words, self.weight, other.starts, other.words, other.weight)

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
        kernels.placed(*codes, responses.correct, given, *items.arrays)
        items.turned_into(students)
        students.turned_into(items)
        return cls(students, items)

    def __len__(self) -> int:
        return len(self.items.words)


class CompiledTwoParameter(two_parameter.TwoParameterAscent):
    """`TwoParameterAscent` with its two passes over the answers compiled."""

    def __init__(self, data: Packed, frozen):
        self.data, self.frozen = data, frozen
        self.stages = (False, True) if len(data) <= two_parameter.EXACT else (False,)
        self.students, self.items = data.students.parts(), data.items.parts()

    def _students(self, blocks, exact):
        return self._pass(blocks, 0, exact, True)

    def _items(self, blocks, name, exact):
        first, second = self._pass(blocks, 1 + (name == "discrimination"), exact, False)[1]
        return first, second / blocks[name].scale if exact and name == "discrimination" else second

    def _pass(self, blocks, kind, exact, value):
        """The expected log likelihood, if wanted, and the two slopes of every row."""
        ability, difficulty, alpha = (blocks[name] for name in ("ability", "difficulty", "discrimination"))
        with np.errstate(over="ignore", invalid="ignore"):
            mean, var = two_parameter.moments(alpha)
            nodes = alpha.loc[:, None] + alpha.scale[:, None] * FEW if exact else np.empty((0, 5))
            nodes = np.exp(nodes) if alpha.log else nodes
        students = np.column_stack([ability.loc, ability.scale**2])
        items = np.column_stack([difficulty.loc, difficulty.scale**2, mean, var])
        side, parts = (self.data.items, self.items) if kind else (self.data.students, self.students)
        out = np.zeros((len(side.starts) - 1, 2))

        def work(rows):
            place = rows.start, rows.stop, *side.arrays
            return kernels.two_parameter(*place, students, items, nodes, kind, alpha.log, value, out)

        total = sum(each(work, parts))
        return total, out.T


class CompiledFactors(FactorAscent):
    """`FactorAscent` with its passes over the answers compiled, students and items a part at a time.

    The difficulty is one more loading, on a coordinate that is −1 for every student and certain.
    """

    def __init__(self, kind: Model, data: Packed, frozen):
        self.kind, self.data, self.frozen = kind, data, frozen
        self.own, self.coordinates = kind.factors, kind.shapes["ability"][1]
        each_has = (self.coordinates + 1) ** 2
        self.students, self.items = data.students.parts(each_has), data.items.parts(each_has)

    def _sides(self, blocks):
        """Means and variances of what is multiplied: (students, 2, coordinates + 1), (items, 2, coordinates + 1)."""
        ability, beta = blocks["ability"], blocks["difficulty"]
        students = np.empty((len(ability.loc), 2, self.coordinates + 1))
        students[:, 0, :-1], students[:, 1, :-1] = ability.loc, ability.scale**2
        students[:, :, -1] = -1.0, 0.0
        items = np.empty((len(beta.loc), 2, self.coordinates + 1))
        items[:, 0, :-1], items[:, 1, :-1] = self._loadings(blocks)
        items[:, 0, -1], items[:, 1, -1] = beta.loc, beta.scale**2
        return students, items

    def _sums(self, rows, side, own, other, value):
        wide, n = self.coordinates + 1, rows.stop - rows.start
        half, pull = np.zeros((n, wide * (wide + 1) // 2)), np.zeros((n, wide))
        total = kernels.factors(rows.start, rows.stop, *side.arrays, own, other, value, half, pull)
        return symmetric(half, wide), pull, total

    def _student_sums(self, rows, sides):
        matrix, pull, value = self._sums(rows, self.data.students, *sides, True)
        return matrix[:, :-1, :-1], pull[:, :-1] + matrix[:, :-1, -1], value

    def _item_sums(self, rows, sides):
        return self._sums(rows, self.data.items, *sides[::-1], False)[:2]

    def _remainder(self, blocks):
        own, other = self._sides(blocks)

        def work(rows):
            return kernels.remainder(rows.start, rows.stop, *self.data.students.arrays, own, other)

        return sum(each(work, self.students))
