"""Coordinate ascent by compiled loops: the same sweeps as `_two_parameter` and `_factors`, for a log of any size.

The answers are held twice, by student and by item, four bytes each; nothing else is as long as they are, unless they
have weights. Sums are the same to rounding, and the same to the last bit whatever the number of threads.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from . import _factor_kernels as factor_kernels
from . import _kernels as kernels
from . import _two_parameter as two_parameter
from ._answers import FEW, each, stepped
from ._factors import FactorAscent
from ._packed import Packed
from ._sharing import ALONE, Alone
from .model import Model
from .priors import FAR, Normal


def newton(block: Normal, prior: Normal, first, second, step) -> Normal:
    """`_two_parameter.newton`, compiled."""
    loc, scale, known = np.empty_like(block.loc), np.empty_like(block.loc), (prior.loc.ravel(), prior.scale.ravel())
    if not kernels.newton(block.loc, block.scale, *known, first, second, step, FAR, loc, scale):
        raise OverflowError("a step beyond all numbers")
    return Normal.trusted(loc, scale, block.log)


def divergence(block: Normal, prior: Normal) -> float:
    """`priors.divergence`, compiled."""
    return kernels.divergence(block.loc, block.scale, prior.loc.ravel(), prior.scale.ravel())


class CompiledTwoParameter(two_parameter.TwoParameterAscent):
    """`TwoParameterAscent` with its two passes over the answers compiled, and its steps."""

    newton, divergence = staticmethod(newton), staticmethod(divergence)

    def __init__(self, data: Packed, frozen, among: Alone = ALONE):
        self.data, self.frozen, self.among = data, frozen, among
        self.stages = two_parameter.stages(data, among)
        self.students, self.items = data.students.parts(), data.items.parts()
        self.known = {}  # the blocks of the last pass

    def _students(self, blocks, exact):
        return self._pass(blocks, 0 if exact in self.stages else -1, exact, True)  # after the climb no slope is used

    def _items(self, blocks, name, exact):
        slopes = self._pass(blocks, 1 + (name == "discrimination"), exact, False)[1]
        slopes[1] /= blocks[name].scale if exact and name == "discrimination" else 1.0
        return slopes

    def _pass(self, blocks, kind, exact, value):
        """The expected log likelihood, if wanted, and the two slopes of every row."""
        alpha, (students, items) = blocks["discrimination"], self._tables(blocks)
        with np.errstate(over="ignore", invalid="ignore"):
            nodes = alpha.loc[:, None] + alpha.scale[:, None] * FEW if exact else np.empty((0, 5))
            nodes = np.exp(nodes) if alpha.log else nodes
        side, parts = (self.data.items, self.items) if kind > 0 else (self.data.students, self.students)
        out = np.zeros((len(side.starts) - 1, 2))

        def work(rows):
            place = rows.start, rows.stop, *side.arrays
            return kernels.two_parameter(*place, students, items, nodes, kind, alpha.log, value, out)

        total = sum(each(work, parts))
        return total, out.T

    def _tables(self, blocks):
        """What is known of students and of items, made anew where a block is another than at the last pass."""
        new = {name for name, block in blocks.items() if self.known.get(name) is not block}
        if "ability" in new:
            self.of_students = of_students(blocks)
        if new - {"ability"}:
            self.of_items = of_items(blocks)
        self.known = dict(blocks)
        return self.of_students, self.of_items


def of_students(blocks) -> np.ndarray:
    """Means and variances of abilities, (students, 2)."""
    return np.array([blocks["ability"].loc, blocks["ability"].scale ** 2]).T.copy()


def of_items(blocks) -> np.ndarray:
    """Means and variances of difficulties and discriminations, (items, 4)."""
    beta = blocks["difficulty"]
    return np.array([beta.loc, beta.scale**2, *two_parameter.moments(blocks["discrimination"])]).T.copy()


def curvature_tables(data: Packed, blocks, group: int) -> list:
    """Students and their sparse (students, items) matrix of E[p(1 − p)], about `group` answers each."""
    side, students, items = data.students, of_students(blocks), of_items(blocks)

    def work(rows):
        here = slice(side.starts[rows.start], side.starts[rows.stop])
        omega = np.empty(here.stop - here.start, dtype=np.float32)
        kernels.curvature(rows.start, rows.stop, *side.arrays, students, items, omega)
        item = (side.words[here] >> np.uint32(1)).astype(np.int32)
        starts = (side.starts[rows.start : rows.stop + 1] - here.start).astype(np.int32)
        return rows, sparse.csr_matrix((omega, item, starts), shape=(len(starts) - 1, len(items)))

    return list(each(work, side.parts(group=group)))


class CompiledFactors(FactorAscent):
    """`FactorAscent` with its passes over the answers compiled, students and items a part at a time.

    The difficulty is one more loading, on a coordinate that is −1 for every student and certain.
    """

    def __init__(self, kind: Model, data: Packed, frozen, among: Alone = ALONE):
        self.kind, self.data, self.frozen, self.among = kind, data, frozen, among
        self.own, self.coordinates = kind.factors, kind.shapes["ability"][1]
        each_has, typical = (self.coordinates + 1) ** 2, among.sum(data.items.starts) / among.size
        self.students, self.items = data.students.parts(each_has), replace(data.items, starts=typical).parts(each_has)

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
        total = factor_kernels.factors(rows.start, rows.stop, *side.arrays, own, other, value, half, pull)
        return half, pull, total

    def _student_sums(self, rows, sides):
        half, pull, value = self._sums(rows, self.data.students, *sides, True)
        matrix = self._symmetric(half, self.coordinates + 1)
        return matrix[:, :-1, :-1], pull[:, :-1] + matrix[:, :-1, -1], value

    def _item_sums(self, rows, sides):
        return self._sums(rows, self.data.items, *sides[::-1], False)[:2]

    @staticmethod
    def _symmetric(half, size):
        matrix = np.empty((len(half), size, size))
        factor_kernels.mirrored(half, matrix)
        return matrix

    def _solved(self, matrix, pull, prior):
        rate = np.broadcast_to(1 / prior.scale**2, pull.shape)
        loc, precision = np.empty_like(pull), np.empty_like(pull)
        factor_kernels.solved(matrix, rate, rate * prior.loc + pull, loc, precision)
        return stepped(loc, precision**-0.5)

    def _remainder(self, blocks):
        own, other = self._sides(blocks)

        def work(rows):
            return factor_kernels.remainder(rows.start, rows.stop, *self.data.students.arrays, own, other)

        return sum(each(work, self.students))
