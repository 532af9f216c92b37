"""Coordinate ascent for the factor models: η = θ·a − β, with a = α (factorization) or a = α ⊕ HX (hierarchical).

The same idea as `ascent`, many coordinates at once: with κ = g + ωη̄ an answer acts as κη − ωη²/2 on every block.
One pass over the answers gives every student a small ridge problem for all their coordinates; a second one gives every
item one for its loadings and difficulty together, and from the same sums the effects H. Passes go through the answers
in pieces of whole students, two at a time; sums over answers are products with sparse matrices.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from ._answers import NODES, WEIGHTS, Answers, each, stepped
from ._sharing import ALONE, Alone
from .model import Model
from .posterior import Normal, divergence

FAR = 2.0  # logits by which a step may change the predictors of one student or item


class FactorAscent:
    """One sweep, what it climbs and the one stage of the factorization or hierarchical model, for `ascent.climb`.

    It climbs the ELBO as if every η were normal, with the mean and variance that it has. `bound(state, True)` is the
    ELBO itself but for a small remainder: sums of products have a third and a fourth cumulant too (Edgeworth).
    """

    stages = (False,)

    def __init__(self, kind: Model, data: Answers, frozen, among: Alone = ALONE):
        self.kind, self.frozen, self.pieces, self.among = kind, frozen, data.pieces(), among
        self.own, self.coordinates = kind.factors, kind.shapes["ability"][1]
        self.students, self.items = [piece.rows for piece in self.pieces], [slice(0, data.items)]  # done at a time

    def bound(self, state, exact):
        """What is climbed, and the abilities that one whole step leads to, which come from the same pass."""
        blocks, priors = state
        ability, likelihood = self._students(blocks, priors)
        kl = -self._remainder(blocks) if exact else 0.0
        for name, block in blocks.items():
            if name != "ability" and self.among.rank:
                continue  # items' numbers are counted once
            prior = self.kind.spread(priors, name)
            if name == "effects":
                block, prior = (Normal(b.loc[self.kind.mask], b.scale[self.kind.mask]) for b in (block, prior))
            kl += divergence(block, prior)
        return self.among.sum(likelihood - kl), ability

    def sweep(self, state, step, stage, ability):
        """Students, then items and effects moved by a step; frozen blocks stay."""
        blocks, priors = state
        if "ability" not in self.frozen:
            square = (self._loadings(blocks)[0] ** 2).mean(0)
            blocks = blocks | {"ability": self.among.agreed(_towards, blocks["ability"], ability, step, square)}
        square = (blocks["ability"].loc[:, : self.own] ** 2).sum(0)
        square = self.among.sum(square) / self.among.sum(self.kind.students)
        for name, to in self._items(blocks, priors).items():
            blocks = blocks | {name: _towards(blocks[name], to, step, square if name == "loadings" else None)}
        return blocks, priors

    def _loadings(self, blocks):
        """Mean and variance of every item's whole loading."""
        load, x, mask = blocks["loadings"], self.kind.attributes, self.kind.mask
        if x is None:
            return load.loc, load.scale**2
        h = blocks["effects"]
        fed, fed_var = x @ np.where(mask, h.loc, 0).T, x**2 @ np.where(mask, h.scale**2, 0).T
        return np.hstack([load.loc, fed]), np.hstack([load.scale**2, fed_var])

    def _sides(self, blocks):
        """What students and items bring to η̄ and its variance: tables whose rows' products are these."""
        a, a_var = self._loadings(blocks)
        m, s2, beta = blocks["ability"].loc, blocks["ability"].scale ** 2, blocks["difficulty"]
        return (m, np.hstack([m**2, s2])), (a, np.hstack([a_var, a**2 + a_var]), beta.loc, beta.scale**2)

    def _students(self, blocks, priors):
        """The ability block that one whole step leads to, and the expected log likelihood before it."""
        sides, prior = self._sides(blocks), self.kind.spread(priors, "ability")

        def work(rows):
            matrix, pull, value = self._student_sums(rows, sides)
            to = self._solved(matrix, pull, Normal(prior.loc[rows], prior.scale[rows]))
            return value, to.loc, to.scale

        values, *to = zip(*each(work, self.students), strict=True)
        return Normal(*map(np.concatenate, to)), float(sum(values))

    def _student_sums(self, rows, sides):
        """Of these students: the quadratic in θ that their answers make, and their expected log likelihood."""
        piece, item_side = self.pieces[self.students.index(rows)], sides[1]
        a, a_var, beta = item_side[0], item_side[1][:, : self.coordinates], item_side[2]
        lower, across = np.tril_indices(self.coordinates)  # a symmetric matrix is summed by its lower half
        square = a[:, lower] * a[:, across]
        square[:, lower == across] += a_var
        kappa, omega, value = _local(piece, *sides, likelihood=True)
        matrix = self._symmetric(piece.table(omega) @ square, self.coordinates)
        return matrix, piece.table(kappa + omega * beta[piece.item]) @ a, value

    def _item_sums(self, rows, sides):
        """Of all items: the quadratic in (a, β) that their answers make, by its lower half."""
        m, s2 = sides[0][0], sides[0][1][:, self.coordinates :]
        lower, across = np.tril_indices(self.coordinates + 1)

        def work(piece):
            kappa, omega, _ = _local(piece, *sides)
            here = m[piece.rows]
            f = np.hstack([here, np.full((len(here), 1), -1.0)])
            square = f[:, lower] * f[:, across]
            square[:, (lower == across) & (lower < self.coordinates)] += s2[piece.rows]
            return np.hstack([piece.table(omega).T @ square, piece.table(kappa).T @ f])

        return np.split(sum(each(work, self.pieces)), [len(lower)], axis=1)

    def _items(self, blocks, priors):
        """Loadings, difficulty and effects after one whole step; those held stay."""
        kind, sides = self.kind, self._sides(blocks)
        means = np.hstack([self._loadings(blocks)[0], blocks["difficulty"].loc[:, None]])
        free = [name for name in ("loadings", "difficulty") if name not in self.frozen]
        moved = {name: self._held(kind.spread(priors, name)) for name in free}  # prior, and then where they go
        fed = kind.attributes is not None and "effects" not in self.frozen

        def work(rows, half, pull):
            matrix = self._symmetric(half, self.coordinates + 1)
            if free:
                self._solve_items(rows, matrix, pull, means, moved)
            return self._effect_sums(rows, matrix, pull, means[rows]) if fed else 0.0

        sums = list(self.among.each(lambda rows: self._item_sums(rows, sides), work, self.items))
        new = {name: Normal(*(v.reshape(kind.shapes[name]) for v in moved[name])) for name in free}
        return new | ({"effects": self._effects(blocks, priors, *map(sum, zip(*sums, strict=True)))} if fed else {})

    def _solve_items(self, rows, matrix, pull, means, moved):
        """Free loadings and difficulties of these items from their sums, into `means` and `moved`, held ones given."""
        columns = {"loadings": np.arange(self.own), "difficulty": np.array([self.coordinates])}
        place = np.concatenate([columns[name] for name in moved])
        held = np.setdiff1d(np.arange(self.coordinates + 1), place)
        left = pull[:, place] - np.einsum("jpq,jq->jp", matrix[:, place[:, None], held], means[rows][:, held])
        prior = Normal(*(np.hstack([parts[k][rows] for parts in moved.values()]) for k in (0, 1)))
        free = matrix[:, place[:, None], place] if len(held) else matrix
        to = self._solved(free, left, prior)
        means[rows][:, place] = to.loc
        for name, parts in moved.items():
            for array, found in zip(parts, (to.loc, to.scale), strict=True):
                array[rows] = found[:, np.isin(place, columns[name])]

    @staticmethod
    def _symmetric(half, size):
        """(rows, size, size) symmetric matrices from their lower halves, (rows, size (size + 1) / 2)."""
        matrix = np.empty((len(half), size, size))
        rows, columns = np.tril_indices(size)
        matrix[:, rows, columns] = matrix[:, columns, rows] = half
        return matrix

    def _solved(self, matrix, pull, prior: Normal) -> Normal:
        """(Λ + M) m = Λ m₀ + pull for every row, and elementwise precisions."""
        rate = 1 / prior.scale**2
        diagonal = np.einsum("rkk->rk", matrix)
        diagonal += rate
        loc = np.linalg.solve(matrix, (rate * prior.loc + pull)[:, :, None])[:, :, 0]
        return stepped(loc, diagonal**-0.5)

    @staticmethod
    def _held(prior):
        """Locations and scales of a block, a row an item, in arrays of their own."""
        return [np.array(v).reshape(len(v), -1) for v in (prior.loc, prior.scale)]

    def _effect_sums(self, rows, matrix, pull, mean):
        """What these items say of all free effects at once, their own loadings and difficulty given."""
        x, mask = self.kind.attributes[rows], self.kind.mask
        fed, rest = np.arange(self.own, self.coordinates), np.r_[: self.own, self.coordinates]
        left = pull[:, fed] - np.einsum("jpq,jq->jp", matrix[:, fed[:, None], rest], mean[:, rest])
        d, k = np.nonzero(mask)
        weights = matrix[:, fed[:, None], fed]
        system = np.empty((len(d), len(d)))
        for one in range(len(mask)):
            for two in range(len(mask)):
                block = (x * weights[:, one, two, None]).T @ x
                system[np.ix_(d == one, d == two)] = block[np.ix_(k[d == one], k[d == two])]
        return system, (left.T @ x)[mask]

    def _effects(self, blocks, priors, system, pull):
        """All free effects, from the sums over all items."""
        mask, prior = self.kind.mask, self.kind.spread(priors, "effects")
        rate = 1 / prior.scale[mask] ** 2
        system[np.diag_indices(len(system))] += rate
        loc, scale = blocks["effects"].loc.copy(), blocks["effects"].scale.copy()
        loc[mask] = np.linalg.solve(system, rate * prior.loc[mask] + pull)
        scale[mask] = np.diag(system) ** -0.5
        return stepped(loc, scale)

    def _remainder(self, blocks):
        """What the third and fourth cumulants of η add to the expected log likelihood."""
        return sum(each(lambda piece: self._skewed(piece, blocks), self.pieces))

    def _skewed(self, piece, blocks):
        """What they add to a piece's."""
        (m, ms), (a, av, beta, beta_var) = self._sides(blocks)
        s2, a_var, student, item = ms[:, self.coordinates :], av[:, : self.coordinates], piece.student, piece.item
        mean = np.einsum("nk,nk->n", m[student], a[item]) - beta[item]
        sd = np.sqrt(np.einsum("nk,nk->n", ms[student], av[item]) + beta_var[item])
        third = 6 * np.einsum("nk,nk->n", (m * s2)[student], (a * a_var)[item])
        fourth = np.hstack([m**2 * s2, s2**2]), np.hstack([12 * a_var**2, 6 * a_var**2 + 12 * a**2 * a_var])
        fourth = np.einsum("nk,nk->n", fourth[0][student], fourth[1][item])
        p = expit(mean + NODES[:, None] * sd)
        v = p * (1 - p)  # below the third, fourth and sixth derivative of log(1 + exp η)
        three, four, six = v * (1 - 2 * p), v * (1 - 6 * v), v * (1 - 30 * v + 120 * v * v)
        parts = third / 6 * (WEIGHTS @ three) + fourth / 24 * (WEIGHTS @ four) + third**2 / 72 * (WEIGHTS @ six)
        return -piece.weight @ parts


def _local(piece, student_side, item_side, likelihood=False):
    """κ and ω of a piece's answers, and, if asked, its expected log likelihood."""
    (m, ms), (a, av, beta, beta_var) = student_side, item_side
    student, item, y, weight = piece.student, piece.item, piece.correct, piece.weight
    mean = np.einsum("nk,nk->n", m[student], a[item]) - beta[item]
    sd = np.sqrt(np.einsum("nk,nk->n", ms[student], av[item]) + beta_var[item])
    eta = mean + NODES[:, None] * sd
    e = np.exp(-np.abs(eta))
    p = np.where(eta > 0, 1, e) / (1 + e)
    omega = weight * ((WEIGHTS * NODES) @ p) / sd  # E[p(1 − p)], as the slope of the very sum that is climbed
    kappa = weight * (y - WEIGHTS @ p) + omega * mean
    value = weight @ (y * mean - WEIGHTS @ (np.maximum(eta, 0) + np.log1p(e))) if likelihood else 0.0
    return kappa, omega, value


def _towards(old: Normal, to: Normal, step: float, square=None) -> Normal:
    """A step from old to `to`; with `square`, the mean square of what a row is multiplied by, none that overshoots.

    Where forecasts are nearly certain curvature tells little, and a row may be sent far away; so none changes its
    η by more than `FAR`, root mean square.
    """
    move = step * (to.loc - old.loc)
    if square is not None:
        move *= np.minimum(1, FAR / np.sqrt(np.maximum(move**2 @ square, 1e-12)))[:, None]
    return Normal(old.loc + move, old.scale ** (1 - step) * to.scale**step)
