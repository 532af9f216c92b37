"""Compiled expectations under a normal, on seven nodes, of many normals in a row: the innermost loops of `_kernels`.

exp and log are of our own making, for a processor works on several of them at once only where they are plain sums and
products. They are right to the last bit or two: their polynomials are Chebyshev's (Trefethen 2013, Approximation Theory
and Approximation Practice, ch. 8).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial

from ._answers import NODES, WEIGHTS

AT = NODES[3:].copy()  # the nodes are symmetric: pairs at mean ± x, the middle one twice with half its weight
BY = WEIGHTS[3:] * [0.5, 1, 1, 1]
NEAR = 80.0  # logits
compiled = njit(fastmath={"contract"}, error_model="numpy")


def _polynomial(function, low: float, high: float, degree: int) -> tuple:
    """Coefficients, the highest power's first."""
    near = Chebyshev.interpolate(function, degree, domain=[low, high])
    return tuple(float(c) for c in near.convert(kind=Polynomial).coef[::-1])


def _slant(z):
    """atanh √z / √z."""
    root = np.sqrt(np.maximum(z, 1e-30))
    return np.arctanh(root) / root


_PER_LOG2, _SHIFTER = 1 / np.log(2), 1.5 * 2.0**52  # a number plus the shifter has its whole part in the lowest bits
_LOG2, _LOG2_REST, _LN2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10, float(np.log(2))
_EXP = _polynomial(np.exp, -np.log(2) / 2, np.log(2) / 2, 10)
_LOG = _polynomial(_slant, 0.0, (2**0.5 - 1) ** 2 / (2**0.5 + 1) ** 2, 7)
_ONE, _ROOT_HALF, _BITS = np.int64(1023 << 52), np.int64(0x3FE6A09E667F3BCD), np.int64(52)
_W0, _W1, _W2, _W3 = 2 * float(BY[0]), *map(float, BY[1:])
_X1, _X2, _X3 = map(float, AT[1:])
_V1, _V2, _V3 = _W1 * _X1, _W2 * _X2, _W3 * _X3
_V = _V1 + _V2 + _V3


@compiled
def _power(x):
    """exp of a number between −700 and 700."""
    shifted = x * _PER_LOG2 + _SHIFTER
    whole = shifted - _SHIFTER
    r = (x - whole * _LOG2) - whole * _LOG2_REST
    value = _EXP[0]
    for k in range(1, 11):
        value = value * r + _EXP[k]
    return value * np.int64((np.float64(shifted).view(np.int64) << _BITS) + _ONE).view(np.float64)


@compiled
def exp(x):
    """exp of a number up to 700."""
    return _power(max(x, -708.0))


@compiled
def log(x):
    """log of a positive number."""
    bits = np.float64(x).view(np.int64)
    power = (bits - _ROOT_HALF) >> _BITS
    f = np.int64(bits - (power << _BITS)).view(np.float64)
    s = (f - 1.0) / (f + 1.0)
    z, value = s * s, _LOG[0]
    for k in range(1, 8):
        value = value * z + _LOG[k]
    return 2.0 * s * value + power * _LN2


@compiled
def expected(n, mean, sd, p, slope, soft, value):
    """Of n normals η: E σ(η) into p, E[σ(η) (η − mean) / sd] into slope and, if asked, E log(1 + exp η) into soft."""
    if _all_near(n, mean, sd):
        _near(n, mean, sd, p, slope)
        if value:
            _near_soft(n, mean, sd, soft)
    else:
        _far(n, mean, sd, p, slope, soft, value)


@compiled
def expected_soft(n, mean, sd, p, slope, soft):
    """Of n normals η, E log(1 + exp η) into soft. p, slope: room for n numbers."""
    if _all_near(n, mean, sd):
        _near_soft(n, mean, sd, soft)
    else:
        _far(n, mean, sd, p, slope, soft, True)


@compiled
def _all_near(n, mean, sd):
    near = True
    for t in range(n):
        near &= abs(mean[t]) + abs(sd[t]) * _X3 < NEAR
    return near


@compiled
def _near(n, mean, sd, p, slope):
    """`expected` where no exponential is too large: those of mean ± sd x are products, and one division is for all.

    At mean + sd x, σ is (step + base) / m and at mean − sd x it is step (1 + base step) / m, with base = exp −mean,
    step = exp −sd x and m = (1 + base step) (step + base).
    """
    for t in range(n):
        base = _power(-mean[t])
        step1, step2, step3 = _power(-_X1 * sd[t]), _power(-_X2 * sd[t]), _power(-_X3 * sd[t])
        up1, up2, up3 = 1.0 + base * step1, 1.0 + base * step2, 1.0 + base * step3
        down1, down2, down3 = step1 + base, step2 + base, step3 + base
        m0, m1, m2, m3 = 1.0 + base, up1 * down1, up2 * down2, up3 * down3
        early, late = m0 * m1, m2 * m3
        by = 1.0 / (early * late)
        early, late = by * late, by * early
        r0, r1, r2, r3 = early * m1, early * m0, late * m3, late * m2
        high1, high2, high3 = down1 * r1, down2 * r2, down3 * r3
        low1, low2, low3 = step1 * up1 * r1, step2 * up2 * r2, step3 * up3 * r3
        p[t] = _W0 * r0 + _W1 * (high1 + low1) + _W2 * (high2 + low2) + _W3 * (high3 + low3)
        slope[t] = _V1 * (high1 - low1) + _V2 * (high2 - low2) + _V3 * (high3 - low3)


@compiled
def _near_soft(n, mean, sd, soft):
    """E log(1 + exp η), from m as `_near` has it."""
    for t in range(n):
        base = _power(-mean[t])
        step1, step2, step3 = _power(-_X1 * sd[t]), _power(-_X2 * sd[t]), _power(-_X3 * sd[t])
        total = mean[t] + sd[t] * _V + _W0 * log(1.0 + base)
        total += _W1 * log((1.0 + base * step1) * (step1 + base))
        total += _W2 * log((1.0 + base * step2) * (step2 + base))
        soft[t] = total + _W3 * log((1.0 + base * step3) * (step3 + base))


@compiled
def _far(n, mean, sd, p, slope, soft, value):
    """`expected` of any numbers."""
    for t in range(n):
        p[t], slope[t], soft[t] = 0.0, 0.0, 0.0
    for k in range(len(AT)):
        x, w = AT[k], BY[k]
        for t in range(n):
            up, down = mean[t] + sd[t] * x, mean[t] - sd[t] * x
            e, f = exp(-abs(up)), exp(-abs(down))
            first, second = (1.0 if up > 0 else e) / (1.0 + e), (1.0 if down > 0 else f) / (1.0 + f)
            p[t] += w * (first + second)
            slope[t] += w * x * (first - second)
            if value:
                soft[t] += w * (max(up, 0.0) + max(down, 0.0) + log((1.0 + e) * (1.0 + f)))


@compiled
def expected_curvature(n, mean, sd, out):
    """Of n normals η, E[σ(η) (1 − σ(η))] into out."""
    if _all_near(n, mean, sd):
        _near_curvature(n, mean, sd, out)
        return
    for t in range(n):
        out[t] = 0.0
    for k in range(len(NODES)):
        for t in range(n):
            e = exp(-abs(mean[t] + NODES[k] * sd[t]))
            out[t] += WEIGHTS[k] * e / ((1.0 + e) * (1.0 + e))


@compiled
def _near_curvature(n, mean, sd, out):
    """`expected_curvature`, in the numbers of `_near`: at mean ± sd x it is base step (up² + down²) / m²."""
    for t in range(n):
        base = _power(-mean[t])
        step1, step2, step3 = _power(-_X1 * sd[t]), _power(-_X2 * sd[t]), _power(-_X3 * sd[t])
        up1, up2, up3 = 1.0 + base * step1, 1.0 + base * step2, 1.0 + base * step3
        down1, down2, down3 = step1 + base, step2 + base, step3 + base
        m0, m1, m2, m3 = 1.0 + base, up1 * down1, up2 * down2, up3 * down3
        early, late = m0 * m1, m2 * m3
        by = 1.0 / (early * late)
        early, late = by * late, by * early
        r0, r1, r2, r3 = early * m1, early * m0, late * m3, late * m2
        total = _W1 * step1 * (up1 * up1 + down1 * down1) * (r1 * r1)
        total += _W2 * step2 * (up2 * up2 + down2 * down2) * (r2 * r2)
        total += _W3 * step3 * (up3 * up3 + down3 * down3) * (r3 * r3)
        out[t] = base * (_W0 * r0 * r0 + total)
