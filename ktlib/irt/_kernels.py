"""Compiled loops of coordinate ascent: the sums of `_two_parameter` and `_factors`, a row at a time.

A row is a student, whose answers name items, or an item, whose answers name students: `starts[row]` and
`starts[row + 1]` say where they stand in `words`, each 2 × the other's code, + 1 if right. Answers are gathered
`TILE` at a time into arrays that stay in the nearest cache, where loops over them work on several numbers at once.
Sums are of 64 bits and run in the order of the answers, so they do not depend on how many threads there are.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .._numba import kept
from ._answers import FEW, FEW_WEIGHTS, NODES, WEIGHTS
from ._quadrature import compiled, exp, expected

TILE = 256


@kept
def two_parameter(first, last, starts, words, weight, students, items, nodes, kind, log, value, out):
    """Slopes of the rows from `first` to `last`, added to `out` (rows, 2); returns the expected log likelihood.

    kind: whose slopes, 0 ability (rows are students), 1 difficulty, 2 discrimination (rows are items); log: whether
    discrimination is log-normal. students: (students, 2) mean and variance of ability. items: (items, 4), the same of
    difficulty and of discrimination itself. nodes: (items, 5) values of discrimination, to integrate over it too, or
    (0, 5) to match the moments of η. value: whether the log likelihood is wanted.
    """
    row, end, total = first, starts[last], 0.0
    item, y, gap, gap_var = np.empty(TILE, np.int64), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    a, a_var = np.empty(TILE), np.empty(TILE)
    mean, sd, p, slope, soft = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    one, two, gain = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    for begin in range(starts[first], end, TILE):
        n, here, left = min(TILE, end - begin), row, 0
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            if kind == 0:
                _of_student(left, right, words[begin:], students[row], items, item, y, gap, gap_var, a, a_var)
            else:
                _of_item(left, right, words[begin:], row, students, items[row], item, y, gap, gap_var, a, a_var)
            left = right
        if len(nodes):
            _integrated(n, kind, log, value, nodes, item, y, gap, gap_var, one, two, gain)
        else:
            for t in range(n):
                mean[t] = a[t] * gap[t]
                sd[t] = np.sqrt((a[t] * a[t] + a_var[t]) * gap_var[t] + a_var[t] * gap[t] * gap[t])
            expected(n, mean, sd, p, slope, soft, value)
            _matched(n, kind, log, y, gap, gap_var, a, a_var, mean, sd, p, slope, one, two)
            for t in range(n if value else 0):
                gain[t] = y[t] * mean[t] - soft[t]
        for t in range(n if len(weight) else 0):
            one[t] *= weight[begin + t]
            two[t] *= weight[begin + t]
            gain[t] *= weight[begin + t]
        total += gain[:n].sum() if value else 0.0
        row, left = here, 0
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            out[row, 0] += _sum(one, left, right)
            out[row, 1] += _sum(two, left, right)
            left = right
    return total


@njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _sum(values, left, right):
    total = 0.0
    for t in range(left, right):
        total += values[t]
    return total


@compiled
def _of_student(left, right, words, student, items, item, y, gap, gap_var, a, a_var):
    """What the formulas need of the answers from `left` to `right`, all one student's."""
    mean, var = student[0], student[1]
    for t in range(left, right):
        j = np.int64(words[t] >> np.uint32(1))
        item[t], y[t] = j, np.float64(words[t] & np.uint32(1))
        gap[t], gap_var[t] = mean - items[j, 0], var + items[j, 1]
        a[t], a_var[t] = items[j, 2], items[j, 3]


@compiled
def _of_item(left, right, words, row, students, own, item, y, gap, gap_var, a, a_var):
    """The same, all of one item."""
    mean, var, mean_a, var_a = own[0], own[1], own[2], own[3]
    for t in range(left, right):
        i = np.int64(words[t] >> np.uint32(1))
        item[t], y[t] = row, np.float64(words[t] & np.uint32(1))
        gap[t], gap_var[t] = students[i, 0] - mean, students[i, 1] + var
        a[t], a_var[t] = mean_a, var_a


@compiled
def _integrated(n, kind, log, value, nodes, item, y, gap, gap_var, one, two, gain):
    """Slopes and expected log likelihood of n answers, integrated over discrimination as well."""
    a, mean, sd = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    p, slope, soft = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    for t in range(n):
        one[t], two[t], gain[t] = 0.0, 0.0, 0.0
    for q in range(len(FEW)):
        for t in range(n):
            a[t] = nodes[item[t], q]
            mean[t], sd[t] = a[t] * gap[t], a[t] * np.sqrt(gap_var[t])
        expected(n, mean, sd, p, slope, soft, value)
        sign = 1.0 if kind == 0 else -1.0
        for t in range(n):
            if kind < 2:
                one[t] += sign * FEW_WEIGHTS[q] * a[t] * (y[t] - p[t])
                two[t] += FEW_WEIGHTS[q] * a[t] * slope[t] / np.sqrt(gap_var[t])
            else:
                by = FEW_WEIGHTS[q] * (gap[t] * (y[t] - p[t]) - np.sqrt(gap_var[t]) * slope[t])
                by *= a[t] if log else 1.0
                one[t] += by
                two[t] -= by * FEW[q]
        for t in range(n if value else 0):
            gain[t] += FEW_WEIGHTS[q] * (y[t] * mean[t] - soft[t])


@compiled
def _matched(n, kind, log, y, gap, gap_var, a, a_var, mean, sd, p, slope, one, two):
    """Slopes of n answers with η as normal as its mean and variance say."""
    sign = 1.0 if kind == 0 else -1.0
    if kind < 2:
        for t in range(n):
            omega = slope[t] / sd[t]
            one[t] = sign * ((y[t] - p[t]) * a[t] - omega * a_var[t] * gap[t])
            two[t] = omega * (a[t] * a[t] + a_var[t])
    elif log:
        for t in range(n):
            square, pull, omega = a[t] * a[t] + a_var[t], (y[t] - p[t]) * mean[t], slope[t] / sd[t]
            one[t] = pull - omega * sd[t] * sd[t]
            two[t] = omega * (2 * square * gap_var[t] + (square + a_var[t]) * gap[t] * gap[t]) - pull
    else:
        for t in range(n):
            omega = slope[t] / sd[t]
            one[t] = (y[t] - p[t]) * gap[t] - omega * a[t] * gap_var[t]
            two[t] = omega * (gap[t] * gap[t] + gap_var[t])


@kept
def curvature(first, last, starts, words, weight, students, items, out):
    """E[p(1 − p)] of the answers of these students into `out`, from the first answer on; tables as `two_parameter`."""
    mean, sd = np.empty(TILE), np.empty(TILE)
    for row in range(first, last):
        for begin in range(starts[row], starts[row + 1], TILE):
            n, place = min(TILE, starts[row + 1] - begin), begin - starts[first]
            for t in range(n):
                j = np.int64(words[begin + t] >> np.uint32(1))
                gap, gap_var = students[row, 0] - items[j, 0], students[row, 1] + items[j, 1]
                a, a_var = items[j, 2], items[j, 3]
                mean[t], sd[t] = a * gap, np.sqrt((a * a + a_var) * gap_var + a_var * gap * gap)
                out[place + t] = 0.0
            for k in range(len(NODES)):
                for t in range(n):
                    e = exp(-abs(mean[t] + NODES[k] * sd[t]))
                    out[place + t] += WEIGHTS[k] * e / ((1.0 + e) * (1.0 + e))
            for t in range(n if len(weight) else 0):
                out[place + t] *= weight[begin + t]


@kept
def factors(first, last, starts, words, weight, own, other, value, half, pull):
    """The quadratic that the answers of the rows from `first` to `last` make, and their expected log likelihood.

    own: (rows, 2, E) and other: (others, 2, E) means and variances; η of an answer is the product of its two rows.
    half: (last − first, E (E + 1) / 2), to which Σ ω (x xᵀ + diag var x) is added, by its lower half, x the others;
    pull: (last − first, E), Σ κ x.
    """
    row, end, total, wide = first, starts[last], 0.0, own.shape[2]
    who = np.empty(TILE, np.int64)
    y, times, mean, sd, omega = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    p, slope, soft, kappa = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    x, x_var, by = np.empty((wide, TILE)), np.empty((wide, TILE)), np.empty(TILE)
    for begin in range(starts[first], end, TILE):
        n = min(TILE, end - begin)
        for t in range(n):
            while starts[row + 1] <= begin + t:
                row += 1
            who[t] = row
            code = np.int64(words[begin + t] >> np.uint32(1))
            y[t] = np.float64(words[begin + t] & np.uint32(1))
            times[t] = weight[begin + t] if len(weight) else 1.0
            at, var = 0.0, 0.0
            for d in range(wide):
                m, s, o, v = own[row, 0, d], own[row, 1, d], other[code, 0, d], other[code, 1, d]
                at += m * o
                var += m * m * v + s * (o * o + v)
            for d in range(wide):
                x[d, t] = other[code, 0, d]
                x_var[d, t] = other[code, 1, d]
            mean[t], sd[t] = at, np.sqrt(var)
        expected(n, mean, sd, p, slope, soft, value)
        for t in range(n):
            omega[t] = times[t] * slope[t] / sd[t]
            kappa[t] = times[t] * (y[t] - p[t]) + omega[t] * mean[t]
            total += times[t] * (y[t] * mean[t] - soft[t])
        left = 0
        while left < n:
            right, here = left + 1, who[left] - first
            while right < n and who[right] == who[left]:
                right += 1
            span = slice(left, right)
            _quadratic(x[:, span], x_var[:, span], omega[span], kappa[span], by, half[here], pull[here])
            left = right
    return total


@njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _quadratic(x, x_var, omega, kappa, by, half, pull):
    """Adds the answers of one row to its quadratic. by: room for as many numbers."""
    k, n = 0, len(omega)
    for r in range(len(x)):
        linear, own = 0.0, 0.0
        for t in range(n):
            by[t] = omega[t] * x[r, t]
            own += omega[t] * x_var[r, t]
            linear += kappa[t] * x[r, t]
        for c in range(r + 1):
            total = 0.0
            for t in range(n):
                total += by[t] * x[c, t]
            half[k] += total
            k += 1
        half[k - 1] += own
        pull[r] += linear


@kept
def remainder(first, last, starts, words, weight, own, other):
    """What the third and fourth cumulants of η add to these rows' expected log likelihood; arguments as in `factors`.

    A coordinate that is certain on either side has no such cumulants.
    """
    total = 0.0
    for row in range(first, last):
        for place in range(starts[row], starts[row + 1]):
            code = np.int64(words[place] >> np.uint32(1))
            mean, var, third, fourth = 0.0, 0.0, 0.0, 0.0
            for d in range(own.shape[2]):
                m, s, o, v = own[row, 0, d], own[row, 1, d], other[code, 0, d], other[code, 1, d]
                mean += m * o
                var += m * m * v + s * (o * o + v)
                third += 6 * m * s * o * v
                fourth += m * m * s * 12 * v * v + s * s * (6 * v * v + 12 * o * o * v)
            sd, added = np.sqrt(var), 0.0
            for k in range(len(NODES)):
                p = 1 / (1 + np.exp(-(mean + NODES[k] * sd)))
                u = p * (1 - p)
                six = u * (1 - 30 * u + 120 * u * u) * third / 72
                added += WEIGHTS[k] * third * (u * (1 - 2 * p) / 6 + six)
                added += WEIGHTS[k] * fourth * u * (1 - 6 * u) / 24
            total -= added * (weight[place] if len(weight) else 1.0)
    return total
