"""Coordinate ascent in torch: the same sweeps as `_two_parameter` and `_factors`, for a GPU or a processor.

The answers lie on the device twice, by student and by item, five bytes each; the sums over a row's answers are products
with sparse matrices, in 64 bits and in the answers' order, so that they are the same in every run.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from .. import _checks as checks
from ._answers import FEW, FEW_WEIGHTS, NODES, WEIGHTS, Answers, each, parts, stepped
from ._factors import FactorAscent
from ._sharing import ALONE, Alone
from ._two_parameter import TwoParameterAscent, moments, stages
from .model import Model

GROUP = {"cuda": 1_000_000, "cpu": 65_536}  # answers of a part
NUMBERS = 16_000_000  # of a part's rows, at most


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows, students or items, and their answers: where each row's begin, the other side's codes, right or wrong,
    weights or None."""

    rows: slice
    starts: object
    other: object
    correct: object
    weight: object

    def codes(self, torch):
        """The row of every answer."""
        each_has = self.starts[1:] - self.starts[:-1]
        rows = torch.arange(self.rows.start, self.rows.stop, device=self.starts.device)
        return torch.repeat_interleave(rows, each_has.long(), output_size=len(self.other))

    def sums(self, torch, values, table):
        """Of each row the sum of its answers' values, times the others' rows of the table."""
        shape = self.rows.stop - self.rows.start, len(table)
        return torch.sparse_csr_tensor(self.starts, self.other, values, shape, check_invariants=False) @ table


class Device:
    """Where torch computes, and the answers there, by student and by item.

    device: "cuda" or "cpu". Raises ValueError for a GPU that torch does not find, ModuleNotFoundError without torch.
    """

    def __init__(self, device: str):
        with checks.extra("bayes", "device"):
            import torch
        if device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device = 'cuda', but torch finds no GPU: leave it out, or give 'cpu'")
        self.torch, self.kind = torch, device
        self.device = torch.device(device, torch.cuda.current_device()) if device == "cuda" else torch.device(device)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says once that its sparse matrices are new
            torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1))
        self.nodes, self.weights = self.put(NODES[:, None]), self.put(WEIGHTS)

    def put(self, array):
        """An array on the device."""
        return self.torch.tensor(np.ascontiguousarray(array), device=self.device)

    def side(self, own, other, responses, rows: int, numbers: int = 1, among: Alone = ALONE) -> list[Part]:
        """All answers by `own` codes, in parts: the same ones in all processes, where there are several."""
        order = self.torch.sort(self.put(own), stable=True).indices
        other = self.put(other)[order].int()
        correct = self.put(responses.correct)[order].to(self.torch.int8)
        weight = None if responses.weight is None else self.put(responses.weight)[order]
        starts = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=rows))])
        found = []
        for some in parts(among.sum(starts) / among.size, GROUP[self.kind], numbers / NUMBERS):
            here = slice(int(starts[some.start]), int(starts[some.stop]))
            begin = self.put((starts[some.start : some.stop + 1] - here.start).astype(np.int32))
            found.append(Part(some, begin, other[here], correct[here], None if weight is None else weight[here]))
        return found

    def expected(self, part: Part, mean, var):
        """Of normals η: y − E σ(η), E σ'(η) and the expected log likelihoods, each times its answer's weight."""
        torch = self.torch
        sd = var.sqrt()
        eta = mean + self.nodes * sd
        p = torch.sigmoid(eta)
        miss = part.correct - self.weights @ p
        omega = (self.weights * self.nodes[:, 0]) @ p / sd  # as the slope of the very sum that is climbed
        value = part.correct * mean - self.weights @ torch.logaddexp(eta, torch.zeros_like(eta))
        return (v if part.weight is None else v * part.weight for v in (miss, omega, value))


class TorchTwoParameter(TwoParameterAscent):
    """`TwoParameterAscent` with its passes over the answers in torch; few answers' last stage is numpy's."""

    def __init__(self, responses, frozen, among: Alone, device: str):
        self.on, self.frozen, self.among = Device(device), frozen, among
        self.stages = stages(responses, among)
        self.pieces = Answers.of(responses).pieces() if True in self.stages else []
        students, items, sizes = responses.student, responses.item, (len(responses.students), len(responses.items))
        self.by_student = self.on.side(students, items, responses, sizes[0])
        self.by_item = self.on.side(items, students, responses, sizes[1])

    def _students(self, blocks, exact):
        if exact:
            return super()._students(blocks, exact) if self.pieces else (self._integrated(blocks), None)
        values, *slopes = zip(*self._pass(blocks, "ability", self.by_student), strict=True)
        return float(sum(values)), tuple(map(np.concatenate, slopes))

    def _integrated(self, blocks) -> float:
        """The expected log likelihood with discrimination integrated over too."""
        torch, put, alpha = self.on.torch, self.on.put, blocks["discrimination"]
        theta, beta = (put(np.stack([b.loc, b.scale**2])) for b in (blocks["ability"], blocks["difficulty"]))
        a = alpha.loc[:, None] + alpha.scale[:, None] * FEW
        a = put(np.exp(a) if alpha.log else a)

        def work(part):
            student, item, total = part.codes(torch), part.other, 0.0
            gap, gap_var = theta[0][student] - beta[0][item], theta[1][student] + beta[1][item]
            for k, weight in enumerate(FEW_WEIGHTS):
                some = a[:, k][item]
                *_, value = self.on.expected(part, some * gap, some * some * gap_var)
                total += weight * float(value.sum())
            return total

        return sum(each(work, self.by_student))

    def _items(self, blocks, name, exact):
        if exact:
            return super()._items(blocks, name, exact)
        _, *slopes = zip(*self._pass(blocks, name, self.by_item), strict=True)
        return np.stack([np.concatenate(v) for v in slopes])

    def _pass(self, blocks, name, side):
        """Of each part the expected log likelihood and its rows' two slopes, as `_two_parameter` has them."""
        torch, put, alpha = self.on.torch, self.on.put, blocks["discrimination"]
        theta, theta_var, beta, beta_var = (
            put(v) for b in (blocks["ability"], blocks["difficulty"]) for v in (b.loc, b.scale**2)
        )
        alphas = [put(v) for v in moments(alpha)]
        ones = torch.ones((len(theta if side is self.by_item else beta), 1), dtype=theta.dtype, device=theta.device)

        def work(part):
            student, item = part.codes(torch), part.other
            if side is self.by_item:
                student, item = item, student
            gap, gap_var = theta[student] - beta[item], theta_var[student] + beta_var[item]
            a, a_var = (v[item] for v in alphas)
            square = a * a + a_var
            mean, var = a * gap, square * gap_var + a_var * gap * gap
            miss, omega, value = self.on.expected(part, mean, var)
            if name != "discrimination":
                first, second = miss * a - omega * a_var * gap, omega * square
                first = first if name == "ability" else -first
            elif alpha.log:
                first = miss * mean - omega * var
                second = omega * (2 * square * gap_var + (square + a_var) * gap * gap) - miss * mean
            else:
                first, second = miss * gap - omega * a * gap_var, omega * (gap * gap + gap_var)
            slopes = (part.sums(torch, v, ones)[:, 0].cpu().numpy() for v in (first, second))
            return float(value.sum()), *slopes

        return list(each(work, side))


class TorchFactors(FactorAscent):
    """`FactorAscent` with its passes over the answers, and the rows' small systems, in torch."""

    def __init__(self, kind: Model, responses, frozen, among: Alone, device: str):
        self.on, self.kind, self.frozen, self.among = Device(device), kind, frozen, among
        self.own, self.coordinates = kind.factors, kind.shapes["ability"][1]
        each_has, codes = (self.coordinates + 1) ** 2, (responses.student, responses.item)
        self.by_student = self.on.side(*codes, responses, kind.students, each_has)
        self.by_item = self.on.side(*codes[::-1], responses, kind.items, each_has, among)
        self.students, self.items = ([part.rows for part in side] for side in (self.by_student, self.by_item))

    def _sides(self, blocks):
        """As numpy's, on the device; with each side what the other's quadratics are made of."""
        (m, ms), (a, av, beta, beta_var) = super()._sides(blocks)
        minus = np.hstack([m, np.full((len(m), 1), -1.0)])
        squares = self._square(minus, ms[:, self.coordinates :]), self._square(a, av[:, : self.coordinates])
        return tuple(map(self.on.put, (m, ms, minus, squares[0]))), tuple(
            map(self.on.put, (a, av, beta, beta_var, squares[1]))
        )

    def _square(self, x, var):
        """The lower halves of x xᵀ + diag var, a row each; the last x may be certain."""
        lower, across = np.tril_indices(x.shape[1])
        square = x[:, lower] * x[:, across]
        square[:, (lower == across) & (lower < var.shape[1])] += var
        return square

    def _local(self, part, student, item, sides):
        """κ and ω of a part's answers, and their expected log likelihood."""
        (m, ms, *_), (a, av, beta, beta_var, _) = sides
        mean = (m[student] * a[item]).sum(1) - beta[item]
        miss, omega, value = self.on.expected(part, mean, (ms[student] * av[item]).sum(1) + beta_var[item])
        return miss + omega * mean, omega, float(value.sum())

    def _student_sums(self, rows, sides):
        torch, part = self.on.torch, self.by_student[self.students.index(rows)]
        a, beta, square = (sides[1][k] for k in (0, 2, 4))
        kappa, omega, value = self._local(part, part.codes(torch), part.other, sides)
        half, wide = part.sums(torch, omega, square), self.coordinates
        matrix = torch.empty((len(half), wide, wide), dtype=half.dtype, device=half.device)
        lower, across = np.tril_indices(wide)
        matrix[:, lower, across] = half
        matrix[:, across, lower] = half
        return matrix, part.sums(torch, kappa + omega * beta[part.other], a), value

    def _item_sums(self, rows, sides):
        torch, part = self.on.torch, self.by_item[self.items.index(rows)]
        kappa, omega, _ = self._local(part, part.other, part.codes(torch), sides)
        minus, square = sides[0][2:]
        return part.sums(torch, omega, square).cpu().numpy(), part.sums(torch, kappa, minus).cpu().numpy()

    def _solved(self, matrix, pull, prior):
        """As numpy's `solve`, on the device."""
        torch, rate = self.on.torch, 1 / prior.scale**2
        matrix, pull = (v if torch.is_tensor(v) else self.on.put(v) for v in (matrix, pull))
        diagonal = matrix.diagonal(dim1=1, dim2=2)
        diagonal += self.on.put(rate)
        try:
            loc = torch.linalg.solve(matrix, (pull + self.on.put(rate * prior.loc))[:, :, None])[:, :, 0]
        except torch.linalg.LinAlgError as error:
            raise np.linalg.LinAlgError(str(error)) from error
        return stepped(loc.cpu().numpy(), (diagonal**-0.5).cpu().numpy())

    def _remainder(self, blocks):
        sides = self._sides(blocks)
        return sum(each(lambda part: self._skewed_sum(part, sides), self.by_student))

    def _skewed_sum(self, part, sides):
        """What the third and fourth cumulants of η add to a part's expected log likelihood, as numpy's."""
        (m, ms, *_), (a, av, beta, beta_var, _) = sides
        student, item, wide, on = part.codes(self.on.torch), part.other, self.coordinates, self.on
        s2, a_var = ms[:, wide:], av[:, :wide]
        mean = (m[student] * a[item]).sum(1) - beta[item]
        sd = ((ms[student] * av[item]).sum(1) + beta_var[item]).sqrt()
        third = 6 * ((m * s2)[student] * (a * a_var)[item]).sum(1)
        fourth = ((m**2 * s2)[student] * (12 * a_var**2)[item]).sum(1)
        fourth += ((s2**2)[student] * (6 * a_var**2 + 12 * a**2 * a_var)[item]).sum(1)
        p = on.torch.sigmoid(mean + on.nodes * sd)
        v = p * (1 - p)
        three, four, six = (on.weights @ x for x in (v * (1 - 2 * p), v * (1 - 6 * v), v * (1 - 30 * v + 120 * v * v)))
        added = third / 6 * three + fourth / 24 * four + third**2 / 72 * six
        return -float((added if part.weight is None else added * part.weight).sum())
