"""Compiled loops of coordinate ascent: the sums of `_factors`, a row at a time, as `_kernels` does it."""

from __future__ import annotations

import numpy as np
from numba import njit

from .._numba import kept
from ._answers import NODES, WEIGHTS
from ._kernels import TILE, read, summed
from ._quadrature import compiled, exp, expected


@kept
def factors(first, last, starts, words, weight, own, other, value, half, pull):
    """The quadratic that the answers of the rows from `first` to `last` make, and their expected log likelihood.

    own: (rows, 2, E) and other: (others, 2, E) means and variances; η of an answer is the product of its two rows.
    half: (last − first, E (E + 1) / 2), to which Σ ω (x xᵀ + diag var x) is added, by its lower half, x the others;
    pull: (last − first, E), Σ κ x.
    """
    row, end, total, wide = first, starts[last], 0.0, own.shape[2]
    code, y, mean, sd = np.empty(TILE, np.int64), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    p, slope, soft, omega, kappa = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    # rows of x a little longer than a tile, or else they would all want the same places of the cache
    x, x_var, by = np.empty((wide, TILE + 8)), np.empty((wide, TILE + 8)), np.empty(TILE)
    for begin in range(starts[first], end, TILE):
        n, here, left = min(TILE, end - begin), row, 0
        read(n, words[begin:], code, y)
        for d in range(wide):
            for t in range(n):
                x[d, t], x_var[d, t] = other[code[t], 0, d], other[code[t], 1, d]
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            _product(np.uint64(left), np.uint64(right), own[row], x, x_var, mean, sd)
            left = right
        expected(n, mean, sd, p, slope, soft, value)
        for t in range(n):
            omega[t] = slope[t] / sd[t]
            kappa[t] = y[t] - p[t] + omega[t] * mean[t]
            soft[t] = y[t] * mean[t] - soft[t]
        for t in range(n if len(weight) else 0):
            omega[t] *= weight[begin + t]
            kappa[t] *= weight[begin + t]
            soft[t] *= weight[begin + t]
        total += summed(soft, np.uint64(0), np.uint64(n)) if value else 0.0
        row, left = here, 0
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            _quadratic(
                np.uint64(left), np.uint64(right), x, x_var, omega, kappa, by, half[row - first], pull[row - first]
            )
            left = right
    return total


@compiled
def _product(left, right, own, x, x_var, mean, sd):
    """Mean and spread of η of the answers from `left` to `right`, all of one row, whose numbers are `own`."""
    for t in range(left, right):
        mean[t], sd[t] = 0.0, 0.0
    for d in range(len(x)):
        m, s = own[0, d], own[1, d]
        for t in range(left, right):
            mean[t] += m * x[d, t]
            sd[t] += (m * m + s) * x_var[d, t] + s * x[d, t] * x[d, t]
    for t in range(left, right):
        sd[t] = np.sqrt(sd[t])


@njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _quadratic(left, right, x, x_var, omega, kappa, by, half, pull):
    """Adds the answers from `left` to `right`, all of one row, to its quadratic. by: room for as many numbers."""
    k = 0
    for r in range(len(x)):
        linear, own = 0.0, 0.0
        for t in range(left, right):
            by[t] = omega[t] * x[r, t]
            own += omega[t] * x_var[r, t]
            linear += kappa[t] * x[r, t]
        for c in range(0, r - 2, 4):  # four sums at a time
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for t in range(left, right):
                one += by[t] * x[c, t]
                two += by[t] * x[c + 1, t]
                three += by[t] * x[c + 2, t]
                four += by[t] * x[c + 3, t]
            half[k + c] += one
            half[k + c + 1] += two
            half[k + c + 2] += three
            half[k + c + 3] += four
        for c in range((r + 1) // 4 * 4, r + 1):
            total = 0.0
            for t in range(left, right):
                total += by[t] * x[c, t]
            half[k + c] += total
        k += r + 1
        half[k - 1] += own
        pull[r] += linear


@kept
def remainder(first, last, starts, words, weight, own, other):
    """What the third and fourth cumulants of η add to these rows' expected log likelihood; arguments as in `factors`.

    A coordinate that is certain on either side has no such cumulants.
    """
    row, end, total, wide = first, starts[last], 0.0, own.shape[2]
    code, y, x, x_var = np.empty(TILE, np.int64), np.empty(TILE), np.empty((wide, TILE + 8)), np.empty((wide, TILE + 8))
    mean, sd, third, fourth, added = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    for begin in range(starts[first], end, TILE):
        n, left = min(TILE, end - begin), 0
        read(n, words[begin:], code, y)
        for d in range(wide):
            for t in range(n):
                x[d, t], x_var[d, t] = other[code[t], 0, d], other[code[t], 1, d]
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            _product(np.uint64(left), np.uint64(right), own[row], x, x_var, mean, sd)
            _cumulants(np.uint64(left), np.uint64(right), own[row], x, x_var, third, fourth)
            left = right
        _expected_remainder(n, mean, sd, third, fourth, added)
        for t in range(n if len(weight) else 0):
            added[t] *= weight[begin + t]
        total -= summed(added, np.uint64(0), np.uint64(n))
    return total


@compiled
def _cumulants(left, right, own, x, x_var, third, fourth):
    """The third and fourth cumulants of η of the answers from `left` to `right`, all of one row."""
    for t in range(left, right):
        third[t], fourth[t] = 0.0, 0.0
    for d in range(len(x)):
        m, s = own[0, d], own[1, d]
        for t in range(left, right):
            o, v = x[d, t], x_var[d, t]
            third[t] += 6 * m * s * o * v
            fourth[t] += m * m * s * 12 * v * v + s * s * (6 * v * v + 12 * o * o * v)


@compiled
def _expected_remainder(n, mean, sd, third, fourth, added):
    """What cumulants beyond the second add to E log(1 + exp η), from derivatives of log(1 + exp η) in the mean."""
    for t in range(n):
        added[t] = 0.0
    for k in range(len(NODES)):
        for t in range(n):
            z = mean[t] + NODES[k] * sd[t]
            e = exp(-abs(z))
            u, slant = e / ((1 + e) * (1 + e)), (1 - e) / (1 + e)
            slant = -slant if z > 0 else slant  # 1 − 2p
            six = u * (1 - 30 * u + 120 * u * u) * third[t] / 72
            added[t] += WEIGHTS[k] * (third[t] * (u * slant / 6 + six) + fourth[t] * u * (1 - 6 * u) / 24)


@kept
def mirrored(half, matrix):
    """The lower halves (rows, size (size + 1) / 2) into `matrix` (rows, size, size)."""
    for row in range(len(half)):
        k = 0
        for r in range(matrix.shape[1]):
            for c in range(r + 1):
                matrix[row, r, c] = matrix[row, c, r] = half[row, k]
                k += 1


@kept
def solved(matrix, rate, right, found, diagonal):
    """(matrix + diag rate) found = right for every row, by Cholesky's way (Golub & Van Loan 2013, section 4.2).

    matrix: (rows, size, size), symmetric and positive definite with its rates, or else `found` is not a number. rate,
    right, found: (rows, size). diagonal: (rows, size), that of the sum.
    """
    size = right.shape[1]
    low, x = np.empty((size, size)), np.empty(size)
    for row in range(len(right)):
        for r in range(size):
            for c in range(r):
                total = matrix[row, r, c]
                for k in range(c):
                    total -= low[r, k] * low[c, k]
                low[r, c] = total * low[c, c]
            total = diagonal[row, r] = matrix[row, r, r] + rate[row, r]
            above = right[row, r]
            for k in range(r):
                total -= low[r, k] * low[r, k]
                above -= low[r, k] * x[k]
            low[r, r] = 1 / np.sqrt(total)  # the one that is divided by
            x[r] = above * low[r, r]
        for r in range(size - 1, -1, -1):
            x[r] *= low[r, r]
            found[row, r] = x[r]
            for k in range(r):
                x[k] -= low[r, k] * x[r]
