"""Compiled loops of coordinate ascent: the sums of `_two_parameter`, a row at a time; `_factor_kernels` has the others.

A row is a student, whose answers name items, or an item, whose answers name students: `starts[row]` and
`starts[row + 1]` say where they stand in `words`, each 2 × the other's code, + 1 if right. Answers are gathered
`TILE` at a time into arrays that stay in the nearest cache, where loops over them work on several numbers at once;
only if their places have no sign, for else each might be counted from the end.
Sums are of 64 bits and run in the order of the answers, so they do not depend on how many threads there are.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .._numba import kept
from ._answers import FEW, FEW_WEIGHTS
from ._quadrature import compiled, expected, expected_curvature, expected_soft

TILE = 128


@kept
def two_parameter(first, last, starts, words, weight, students, items, nodes, kind, log, value, out):
    """Slopes of the rows from `first` to `last`, added to `out` (rows, 2); returns the expected log likelihood.

    kind: whose slopes, 0 ability (rows are students), 1 difficulty, 2 discrimination (rows are items), or −1, nobody's
    (rows are students, nodes are given); log: whether discrimination is log-normal. students: (students, 2) mean and
    variance of ability. items: (items, 4), the same of difficulty and of discrimination itself. nodes: (items, 5)
    values of discrimination, to integrate over it too, or (0, 5) to match the moments of η. value: whether the log
    likelihood is wanted.
    """
    row, end, total = first, starts[last], 0.0
    code, y, gap, gap_var = np.empty(TILE, np.int64), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    a, a_var = np.empty(TILE), np.empty(TILE)
    mean, sd, p, slope, soft = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    one, two, gain = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    for begin in range(starts[first], end, TILE):
        n, here, left = min(TILE, end - begin), row, 0
        read(n, words[begin:], code, y)
        if kind <= 0:
            _of_items(n, code, items, gap, gap_var, a, a_var)
        else:
            _of_students(n, code, students, gap, gap_var)
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            if kind <= 0:
                _from_student(np.uint64(left), np.uint64(right), students[row], gap, gap_var)
            else:
                _from_item(np.uint64(left), np.uint64(right), row, items[row], code, gap, gap_var, a, a_var)
            left = right
        if len(nodes):
            _integrated(n, kind, log, value, nodes, code, y, gap, gap_var, one, two, gain)
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
        total += summed(gain, np.uint64(0), np.uint64(n)) if value else 0.0
        row, left = here, 0
        while left < n:
            while starts[row + 1] <= begin + left:
                row += 1
            right = min(n, starts[row + 1] - begin)
            out[row, 0] += summed(one, np.uint64(left), np.uint64(right))
            out[row, 1] += summed(two, np.uint64(left), np.uint64(right))
            left = right
    return total


@njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def summed(values, left, right):
    """The sum of the values from `left` to `right`, by number without a sign, as all such numbers below."""
    total = 0.0
    for t in range(left, right):
        total += values[t]
    return total


@compiled
def read(n, words, code, y):
    """The other's code and the answer, of n words."""
    for t in range(n):
        code[t] = np.int64(words[t] >> np.uint32(1))
        y[t] = np.float64(np.int32(words[t] & np.uint32(1)))


@compiled
def _of_items(n, code, items, mean, var, a, a_var):
    """What is known of the items of n answers."""
    for t in range(n):
        own = items[code[t]]
        mean[t], var[t], a[t], a_var[t] = own[0], own[1], own[2], own[3]


@compiled
def _of_students(n, code, students, mean, var):
    """What is known of the students of n answers."""
    for t in range(n):
        own = students[code[t]]
        mean[t], var[t] = own[0], own[1]


@compiled
def _from_student(left, right, own, gap, gap_var):
    """The items' numbers become the gaps' from `left` to `right`, all one student's answers."""
    mean, var = own[0], own[1]
    for t in range(left, right):
        gap[t] = mean - gap[t]
        gap_var[t] += var


@compiled
def _from_item(left, right, row, own, item, gap, gap_var, a, a_var):
    """The students' numbers become the gaps', all of one item's answers, whose row and discrimination they get."""
    mean, var, mean_a, var_a = own[0], own[1], own[2], own[3]
    for t in range(left, right):
        gap[t] -= mean
        gap_var[t] += var
        item[t], a[t], a_var[t] = row, mean_a, var_a


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
        if kind < 0:
            expected_soft(n, mean, sd, p, slope, soft)
        else:
            expected(n, mean, sd, p, slope, soft, value)
        sign = 1.0 if kind == 0 else -1.0
        for t in range(n if kind >= 0 else 0):
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
    code, y, gap, gap_var = np.empty(TILE, np.int64), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    a, a_var, mean, sd, found = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    for row in range(first, last):
        for begin in range(starts[row], starts[row + 1], TILE):
            n, place = min(TILE, starts[row + 1] - begin), begin - starts[first]
            read(n, words[begin:], code, y)
            _of_items(n, code, items, gap, gap_var, a, a_var)
            _from_student(np.uint64(0), np.uint64(n), students[row], gap, gap_var)
            for t in range(n):
                mean[t] = a[t] * gap[t]
                sd[t] = np.sqrt((a[t] * a[t] + a_var[t]) * gap_var[t] + a_var[t] * gap[t] * gap[t])
            expected_curvature(n, mean, sd, found)
            for t in range(n):
                out[place + t] = found[t] * (weight[begin + t] if len(weight) else 1.0)


@kept
def newton(loc, scale, prior_loc, prior_scale, first, second, step, far, new_loc, new_scale):
    """`_two_parameter.newton` of every number into `new_loc` and `new_scale`; False where one is beyond `far`.

    prior_loc, prior_scale: one number, or one each.
    """
    good = True
    for t in range(len(loc)):
        k = t if len(prior_loc) > 1 else 0
        rate = 1 / (prior_scale[k] * prior_scale[k])
        precision = rate + second[t]
        if precision < 0.1 * rate:
            precision = 0.1 * rate
        new_loc[t] = loc[t] + step * (first[t] - rate * (loc[t] - prior_loc[k])) / precision
        new_scale[t] = scale[t] ** (1 - step) * precision ** (-step / 2)
        good &= abs(new_loc[t]) <= far and 1 / far <= new_scale[t] <= far  # which what is no number is not
    return good


@kept
def divergence(loc, scale, prior_loc, prior_scale):
    """`priors.divergence` of normals from their priors, one for all or one each."""
    total = 0.0
    for t in range(len(loc)):
        k = t if len(prior_loc) > 1 else 0
        ratio, shift = scale[t] / prior_scale[k], (loc[t] - prior_loc[k]) / prior_scale[k]
        total += ratio * ratio + shift * shift - 1 - 2 * np.log(ratio)
    return total / 2
