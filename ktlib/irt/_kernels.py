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

TILE = 128
_AT = NODES[3:].copy()  # the nodes are symmetric: pairs at mean ± x, the middle one twice with half its weight
_BY = WEIGHTS[3:] * [0.5, 1, 1, 1]

_PER_LOG2, _SHIFTER = 1 / np.log(2), 1.5 * 2.0**52  # a number plus the shifter has its whole part in the lowest bits
_LOG2, _LOG2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXP = tuple(1.0 / np.prod(np.arange(1.0, k + 1)) for k in range(13, -1, -1))
_LOG = tuple(1.0 / k for k in range(21, 0, -2))
NEAR = 300.0  # logits
_ONE, _ROOT_HALF, _BITS = np.int64(1023 << 52), np.int64(0x3FE6A09E667F3BCD), np.int64(52)


@njit(fastmath={"contract"}, error_model="numpy")
def _exp(x):
    """exp of a number up to 700, to the last bit but one; numpy's own would not work on several at once here."""
    x = max(x, -708.0)
    shifted = x * _PER_LOG2 + _SHIFTER
    whole = shifted - _SHIFTER
    r = (x - whole * _LOG2) - whole * _LOG2_REST
    value = _EXP[0]
    for k in range(1, 14):
        value = value * r + _EXP[k]
    return value * np.int64((np.float64(shifted).view(np.int64) << _BITS) + _ONE).view(np.float64)


@njit(fastmath={"contract"}, error_model="numpy")
def _log(x):
    """log of a positive number."""
    bits = np.float64(x).view(np.int64)
    power = (bits - _ROOT_HALF) >> _BITS
    f = np.int64(bits - (power << _BITS)).view(np.float64)
    s = (f - 1.0) / (f + 1.0)
    z, value = s * s, _LOG[0]
    for k in range(1, 11):
        value = value * z + _LOG[k]
    return 2.0 * s * value + power * 0.6931471805599453


@njit(fastmath={"contract"}, error_model="numpy")
def _expected(n, mean, sd, p, slope, soft, one, two, value):
    """Of n normals η: E σ(η) into p, E[σ(η) (η − mean) / sd] into slope and, if asked, E log(1 + exp η) into soft.

    one, two: room for n numbers.
    """
    p[:n] = 0.0
    slope[:n] = 0.0
    soft[:n] = 0.0
    near = True
    for t in range(n):
        near &= abs(mean[t]) + abs(sd[t]) * _AT[3] < NEAR
    if near:
        _near(n, mean, sd, p, slope, soft, one, two, value)
        return
    for k in range(len(_AT)):
        x, w = _AT[k], _BY[k]
        for t in range(n):
            up, down = mean[t] + sd[t] * x, mean[t] - sd[t] * x
            e, f = _exp(-abs(up)), _exp(-abs(down))
            first, second = (1.0 if up > 0 else e) / (1.0 + e), (1.0 if down > 0 else f) / (1.0 + f)
            p[t] += w * (first + second)
            slope[t] += w * x * (first - second)
            if value:
                soft[t] += w * (max(up, 0.0) + max(down, 0.0) + _log((1.0 + e) * (1.0 + f)))


@njit(fastmath={"contract"}, error_model="numpy")
def _near(n, mean, sd, p, slope, soft, base, both, value):
    """`_expected` where no exponential is too large: then those of mean ± sd x are products, and half as many."""
    for t in range(n):
        base[t] = _exp(-mean[t])
    for k in range(len(_AT)):
        x, w, wx = _AT[k], _BY[k], _AT[k] * _BY[k]
        for t in range(n):
            step = _exp(-sd[t] * x)
            up, down = 1.0 + base[t] * step, step + base[t]  # 1 / σ above the mean, step / σ below it
            both[t] = up * down
            by = 1.0 / both[t]
            first, second = down * by, step * up * by
            p[t] += w * (first + second)
            slope[t] += wx * (first - second)
        if value:
            for t in range(n):
                soft[t] += w * (2.0 * mean[t] + sd[t] * x + _log(both[t]))


@kept
def two_parameter(first, last, starts, words, weight, students, items, nodes, kind, log, value, out):
    """Slopes of the rows from `first` to `last`, added to `out` (rows, 2); returns the expected log likelihood.

    kind: whose slopes, 0 ability (rows are students), 1 difficulty, 2 discrimination (rows are items); log: whether
    discrimination is log-normal. students: (students, 2) mean and variance of ability. items: (items, 4), the same of
    difficulty and of discrimination itself. nodes: (items, 5) values of discrimination, to integrate over it too, or
    (0, 5) to match the moments of η. value: whether the log likelihood is wanted.
    """
    row, end, total, few = first, starts[last], 0.0, len(nodes) > 0
    who, item = np.empty(TILE, np.int64), np.empty(TILE, np.int64)
    y, times, gap, gap_var = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    a, a_var, mean, sd = np.empty(TILE), np.empty(TILE), np.empty(TILE), np.empty(TILE)
    p, slope, soft = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    room, both = np.empty(TILE), np.empty(TILE)
    one, two, gain = np.empty(TILE), np.empty(TILE), np.empty(TILE)
    sign = 1.0 if kind == 0 else -1.0
    for begin in range(starts[first], end, TILE):
        n = min(TILE, end - begin)
        for t in range(n):
            while starts[row + 1] <= begin + t:
                row += 1
            other = np.int64(words[begin + t] >> np.uint32(1))
            i, j = (row, other) if kind == 0 else (other, row)
            who[t], item[t] = row, j
            y[t] = np.float64(words[begin + t] & np.uint32(1))
            times[t] = weight[begin + t] if len(weight) else 1.0
            gap[t] = students[i, 0] - items[j, 0]
            gap_var[t] = students[i, 1] + items[j, 1]
            a[t], a_var[t] = items[j, 2], items[j, 3]
        one[:n] = 0.0
        two[:n] = 0.0
        gain[:n] = 0.0
        for q in range(5 if few else 0):
            for t in range(n):
                a[t] = nodes[item[t], q]
                mean[t], sd[t] = a[t] * gap[t], a[t] * np.sqrt(gap_var[t])
            _expected(n, mean, sd, p, slope, soft, room, both, value)
            for t in range(n):
                if kind < 2:
                    one[t] += sign * FEW_WEIGHTS[q] * a[t] * (y[t] - p[t])
                    two[t] += FEW_WEIGHTS[q] * a[t] * slope[t] / np.sqrt(gap_var[t])
                else:
                    by = FEW_WEIGHTS[q] * (gap[t] * (y[t] - p[t]) - np.sqrt(gap_var[t]) * slope[t])
                    by *= a[t] if log else 1.0
                    one[t] += by
                    two[t] -= by * FEW[q]
                gain[t] += FEW_WEIGHTS[q] * (y[t] * mean[t] - soft[t])
        if not few:
            for t in range(n):
                mean[t] = a[t] * gap[t]
                sd[t] = np.sqrt((a[t] * a[t] + a_var[t]) * gap_var[t] + a_var[t] * gap[t] * gap[t])
            _expected(n, mean, sd, p, slope, soft, room, both, value)
            for t in range(n):
                square, miss, omega = a[t] * a[t] + a_var[t], y[t] - p[t], slope[t] / sd[t]
                if kind < 2:
                    one[t] = sign * (miss * a[t] - omega * a_var[t] * gap[t])
                    two[t] = omega * square
                elif log:
                    one[t] = miss * mean[t] - omega * sd[t] * sd[t]
                    two[t] = omega * (2 * square * gap_var[t] + (square + a_var[t]) * gap[t] * gap[t])
                    two[t] -= miss * mean[t]
                else:
                    one[t] = miss * gap[t] - omega * a[t] * gap_var[t]
                    two[t] = omega * (gap[t] * gap[t] + gap_var[t])
                gain[t] = y[t] * mean[t] - soft[t]
        for t in range(n):
            out[who[t], 0] += times[t] * one[t]
            out[who[t], 1] += times[t] * two[t]
            total += times[t] * gain[t]
    return total


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
                    e = _exp(-abs(mean[t] + NODES[k] * sd[t]))
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
    room, both = np.empty(TILE), np.empty(TILE)
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
        _expected(n, mean, sd, p, slope, soft, room, both, value)
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
