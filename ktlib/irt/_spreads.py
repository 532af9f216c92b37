"""Calibrated spreads of the two-parameter model where there are too many items for the whole solve.

Items are tied to each other by the students they share: with abilities eliminated, their information is a 2 × 2 block
an item, D, less these ties. Scaled by the roots of D it is I − A, where A ties no item to itself. The directions in
which A is largest (all difficulties shift, all discriminations stretch) are found by iteration and solved for; of the
rest of A the mean square counts, found with random signs. So work grows with the answers, not with the items cubed. At
a few items the whole solve is done too, by conjugate gradients, which tells how far off the spreads are. They start
from the directions, so that few steps are left to do. Sums over answers are of 32 bits, the sums of these of 64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._answers import each
from ._sharing import ALONE, Alone
from ._two_parameter import moments

DIRECTIONS, ROUNDS, CHECKED, STEPS = 8, 4, 4, 25
ENOUGH = 1e-4  # of a variance
PASSES = 5 + 2 * (ROUNDS + 1) + 2 * STEPS  # over the answers, at most


class Ties:
    """The information of all items' discrimination and difficulty, (items, 2), abilities eliminated unless frozen.

    blocks: of the posterior. rates: block -> what its prior adds. pieces: (students, sparse (students in it, items)
    matrix of ω), all students once. frozen: names of blocks. passed: called after each pass over the answers, of which
    there are at most `PASSES`.
    """

    def __init__(self, blocks, rates, pieces, frozen, among: Alone = ALONE, passed: Callable = int):
        self.among, self.passed = among, passed
        alpha, self.pieces, self.known = blocks["discrimination"], pieces, "ability" in frozen
        self.theta, self.beta, a = blocks["ability"].loc, blocks["difficulty"].loc, moments(alpha)[0]
        self.by = np.column_stack([a, -a]) if alpha.log else np.column_stack([np.ones_like(a), -a])
        self.tie = self.by * a[:, None]  # of a product of slopes by θ and by the item's number; the first times θ − β
        self.free = np.array([name not in frozen for name in ("discrimination", "difficulty")])
        self.student = rates["ability"] + self._pull(lambda w: w @ (a * a)[:, None])[:, 0]
        own = self._outer(self._push(lambda w, rows: w.T @ self._powers(rows)), self.by)
        own[:, [0, 1], [0, 1]] += np.column_stack([rates["discrimination"], rates["difficulty"]])
        less = 0.0 if self.known else self._outer(self._shared(1 / self.student), self.tie)
        both = np.outer(self.free, self.free)
        self.whole = own - less
        self.own, self.block = np.where(both, own, 0), np.where(both, self.whole, np.eye(2))
        self.root = np.linalg.inv(np.linalg.cholesky(self.block))

    def _powers(self, rows):
        return self.theta[rows, None] ** np.arange(3)

    def _pull(self, work: Callable) -> np.ndarray:
        found = np.concatenate(list(each(lambda piece: work(piece[1]), self.pieces)), dtype=float)
        self.passed()
        return found

    def _push(self, work: Callable) -> np.ndarray:
        parts = each(lambda piece: work(piece[1], piece[0]), self.pieces)
        found = next(parts).astype(float)
        for part in parts:
            found += part
        self.passed()
        return self.among.sum(found)

    def _shared(self, weight) -> np.ndarray:
        """(items, 3) sums of ω² times the students' weights, times 1, θ and θ²."""
        return self._push(lambda w, rows: w.power(2).T @ (weight[rows, None] * self._powers(rows)))

    def _outer(self, sums, by):
        """(items, 2, 2) sums of v vᵀ, v = ((θ − β) by₀, by₁), from the sums of 1, θ and θ²."""
        zero, one, two = sums.T
        out = by[:, :, None] * by[:, None, :]
        out[:, 0, 0] *= two - 2 * self.beta * one + self.beta**2 * zero
        out[:, 0, 1] *= one - self.beta * zero
        out[:, 1, 0], out[:, 1, 1] = out[:, 0, 1], out[:, 1, 1] * zero
        return out

    def students_of(self, x) -> np.ndarray:
        """(students, r): the students' side of the ties, times x (items, 2, r)."""
        one, two = (x * self.tie[:, :, None]).transpose(1, 0, 2)
        both = np.hstack([one, two - one * self.beta[:, None]]).astype(np.float32)
        both = self._pull(lambda w: w @ both)
        one, two = np.split(both, 2, 1)
        return self.theta[:, None] * one + two

    def items_of(self, z) -> np.ndarray:
        """(items, 2, r): the items' side of the ties, times z (students, r)."""
        both = np.hstack([self.theta[:, None] * z, z]).astype(np.float32)
        both = self._push(lambda w, rows: w.T @ both[rows])
        one, two = np.split(both, 2, 1)
        return np.stack([one - self.beta[:, None] * two, two], 1) * (self.tie * self.free)[:, :, None]

    def information(self, x) -> np.ndarray:
        """The information of all free numbers, times x (items, 2, r)."""
        tied = 0.0 if self.known else self.items_of(self.students_of(x) / self.student[:, None])
        return self.own @ x - tied

    def unscaled(self, y) -> np.ndarray:
        """Back from units in which every block is the unit matrix."""
        return self.root.transpose(0, 2, 1) @ y * self.free[:, None]

    def scaled(self, y) -> np.ndarray:
        """A y: the ties in units in which every block is the unit matrix."""
        return (y - self.root @ self.information(self.unscaled(y))) * self.free[:, None]

    def directions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The largest eigenvalues of A, their vectors (items, 2, r), and what the rest of A makes of random signs."""
        shape = len(self.beta), 2, DIRECTIONS
        signs = np.random.default_rng(0).choice([-1.0, 1.0], shape) * self.free[:, None]
        first = y = self.scaled(signs)
        for _ in range(ROUNDS):
            basis = np.linalg.qr(y.reshape(-1, DIRECTIONS))[0]
            y = self.scaled(basis.reshape(shape))
        values, turn = np.linalg.eigh(basis.T @ y.reshape(-1, DIRECTIONS))
        vectors = basis @ turn
        rest = first.reshape(-1, DIRECTIONS) - vectors @ (values[:, None] * (vectors.T @ signs.reshape(-1, DIRECTIONS)))
        return values, vectors.reshape(shape), rest.reshape(shape)

    def solved(self, places, values, vectors) -> np.ndarray:
        """The variances of these numbers, (item, which) each, by the whole solve: conjugate gradients.

        What `directions` found is solved for at every step, so that A is small in all that is left to solve.
        """
        item, which = np.array(places).T
        flat, by = vectors.reshape(-1, DIRECTIONS), (values / (1 - values))[:, None]

        def near(y):
            return y + (flat @ (by * (flat.T @ y.reshape(len(flat), -1)))).reshape(y.shape)

        aim = np.zeros((len(self.beta), 2, len(item)))
        aim[item, which, np.arange(len(item))] = 1.0
        residual = self.root @ aim
        direction, found = near(residual), np.zeros_like(aim)
        size = first = (residual * direction).sum((0, 1))  # what is left of the variance to find
        for _ in range(STEPS):
            ahead = direction - self.scaled(direction)
            step = size / (direction * ahead).sum((0, 1))
            found, residual = found + step * direction, residual - step * ahead
            left = near(residual)
            size, before = (residual * left).sum((0, 1)), size
            if (size < ENOUGH * first).all():
                break
            direction = left + size / before * direction
        return self.unscaled(found)[item, which, np.arange(len(item))]


def spreads(ties: Ties, known: np.ndarray, ability: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Variances of items' numbers (items, 2) and of abilities, and in words how good they are.

    known: (items, 2) variances of what is frozen, which is handed on; ability: (students,), handed on if frozen.
    """
    free, both = ties.free, np.outer(ties.free, ties.free)
    own = np.linalg.inv(ties.block) * both
    alone = own[:, [0, 1], [0, 1]]  # without what is handed on
    if ties.known:
        own = own + own @ ties._outer(ties._shared(ability), ties.tie) @ own
    for held in np.flatnonzero(~free):  # an item's free number moves with its frozen one
        moved = np.eye(2)[held] - np.where(free, ties.whole[:, :, held] / ties.block[:, [0, 1], [0, 1]], 0)
        own = own + known[:, held, None, None] * moved[:, :, None] * moved[:, None, :]
    handed = own[:, [0, 1], [0, 1]] - alone
    if ties.known:
        return alone + handed, ability, "calibrated item by item, abilities frozen"
    student = 1 / ties.student + _quadratic(ties, own) / ties.student**2
    if not free.any():
        return alone + handed, student, "calibrated student by student, items frozen"
    values, vectors, rest = ties.directions()
    along, rest = ties.unscaled(vectors), ties.unscaled(rest)
    alone = alone + along**2 @ (values**2 / (1 - values)) + (rest**2).mean(2)
    student += ties.students_of(along) ** 2 @ (values / (1 - values)) / ties.student**2
    items = np.unique(np.linspace(0, len(alone) - 1, CHECKED).astype(int))
    places = [(item, which) for item in items for which in np.flatnonzero(free)]
    off = np.sqrt(alone[tuple(np.transpose(places))] / ties.solved(places, values, vectors)) - 1
    worst = off[np.argmax(np.abs(off))]
    words = f"calibrated by {len(values)} directions; where solved, for {len(items)} items, at most {worst:+.1%} off"
    return alone + handed, student, words


def _quadratic(ties: Ties, q) -> np.ndarray:
    """(students,) sums of m q mᵀ over a student's items, m the ties and q (items, 2, 2)."""
    q, beta = q * ties.tie[:, :, None] * ties.tie[:, None, :], ties.beta
    two, one = q[:, 0, 0], 2 * q[:, 0, 1] - 2 * beta * q[:, 0, 0]
    zero = q[:, 1, 1] - 2 * beta * q[:, 0, 1] + beta**2 * q[:, 0, 0]
    sums = ties._pull(lambda w: w.power(2) @ np.column_stack([zero, one, two]))
    return (sums * ties.theta[:, None] ** np.arange(3)).sum(1)
