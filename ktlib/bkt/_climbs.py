"""Compiled form of `_newton`: the same sums and the same climb, without arrays in between.

A skill comes as the fields of `_newton.ChangePoints`: x, n, start, size, times, and weight, room for as many numbers as
the longest sequence has change points.
"""

from __future__ import annotations

import math

import numpy as np

from .._numba import kept

ROWS = 64  # places at a time, whose sums the processor's nearest memory holds
STEPS = 8  # answers after which what has grown small is made large again


@kept
def derivatives(logits, soft, p, x, n, start, size, times, weight, out):
    """log P(answers) of `_newton.ChangePoints`; Σ weight·x, Σ weight·n and Louis's curvature into `out` (6, 4), zeros.

    soft: log(1 + e^θ) of the four logits; p: their probabilities. The curvature lacks the part −p(1 − p) Σ weight·n of
    its diagonal.
    """
    value, score = 0.0, np.empty(4)
    for s in range(len(start)):
        first, top = start[s], -np.inf
        for c in range(size[s]):
            log = 0.0
            for d in range(4):
                log += logits[d] * x[d, first + c] - soft[d] * n[d, first + c]
            weight[c] = log
            top = max(top, log)
        norm = 0.0
        for c in range(size[s]):
            weight[c] = math.exp(weight[c] - top)
            norm += weight[c]
        value += times[s] * (top + math.log(norm))
        each = np.zeros(4)
        for c in range(size[s]):
            w = weight[c] * times[s] / norm
            for d in range(4):
                done, tried = x[d, first + c], n[d, first + c]
                out[0, d] += w * done
                out[1, d] += w * tried
                score[d] = done - tried * p[d]
                each[d] += w * score[d]
                for e in range(d + 1):
                    out[2 + d, e] += w * score[d] * score[e]
        for d in range(4):
            for e in range(d + 1):
                out[2 + d, e] -= each[d] * each[e] / times[s]
    for d in range(4):
        for e in range(d):
            out[2 + e, d] = out[2 + d, e]
    return value


@kept
def slopes(logits, place, p, out):
    """log P(answers), with `derivatives`'s sums in `out`; `p` becomes the probabilities."""
    soft = np.empty(4)
    for d in range(4):
        p[d] = (1 + math.tanh(logits[d] / 2)) / 2
        soft[d] = max(logits[d], 0.0) + math.log1p(math.exp(-abs(logits[d])))
    x, n, start, size, times, weight = place
    out[:] = 0.0
    return derivatives(logits, soft, p, x, n, start, size, times, weight, out)


@kept
def look(logits, place, mean, precision, p, sums, slope, curvature):
    """Height with the prior, and without; slope and curvature with it, into (4,) and (4, 4)."""
    value = slopes(logits, place, p, sums)
    height = value
    for d in range(4):
        pull = 0.0
        for e in range(4):
            pull += precision[d, e] * (logits[e] - mean[e])
            curvature[d, e] = sums[2 + d, e] - precision[d, e]
        curvature[d, d] -= p[d] * (1 - p[d]) * sums[1, d]
        slope[d] = sums[0, d] - sums[1, d] * p[d] - pull
        height -= (logits[d] - mean[d]) * pull / 2
    return height, value


@kept
def newton_steps(slope, curvature, free, step, alone):
    """Newton's step among the free logits, and each free logit's own; a curvature upwards counts as one downwards."""
    m, place = 0, np.empty(4, np.int64)
    for d in range(4):
        step[d] = alone[d] = 0.0
        if free[d]:
            place[m] = d
            m += 1
    if m == 0:
        return
    part = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            part[i, j] = -curvature[place[i], place[j]]
    size, axes = np.linalg.eigh(part)
    least = 1e-8 * max(1.0, np.abs(size).max())
    for k in range(m):
        along = 0.0
        for i in range(m):
            along += axes[i, k] * slope[place[i]]
        along /= max(abs(size[k]), least)
        for i in range(m):
            step[place[i]] += axes[i, k] * along
    for i in range(m):
        d = place[i]
        alone[d] = slope[d] / max(abs(curvature[d, d]), least)


@kept
def gained(slope, logits, way, bound):
    """Half of what the slope promises of a step that is cut off at the bounds."""
    total = 0.0
    for d in range(4):
        total += slope[d] * (min(max(logits[d] + way[d], -bound), bound) - logits[d])
    return total / 2


@kept
def climb(start, mean, precision, place, rule, max_steps):
    """`_newton.climb`: where it ended, the log likelihood and the curvature (4, 4) there, and whether it converged.

    rule: nats that end it, absolute and as a share; EM steps, halvings, stride, the bound and how close to it is there,
    and the same bound as probability.
    """
    enough_nats, share, em_steps, halvings, stride, bound, at, edge = rule
    logits, new, p, sums = start.copy(), np.empty(4), np.empty(4), np.empty((6, 4))
    slope, curvature, slope_there, curvature_there = np.empty(4), np.empty((4, 4)), np.empty(4), np.empty((4, 4))
    step, alone, free = np.empty(4), np.empty(4), np.empty(4, np.bool_)
    for _ in range(int(em_steps)):
        slopes(logits, place, p, sums)
        for d in range(4):
            found = sums[0, d] / sums[1, d] if sums[1, d] > 0 else p[d]
            found = min(max(found, edge), 1 - edge)
            logits[d] = min(max(math.log(found / (1 - found)), -bound), bound)
    height, value = look(logits, place, mean, precision, p, sums, slope, curvature)
    for _ in range(max_steps):
        for d in range(4):
            free[d] = abs(logits[d]) < bound - at or logits[d] * slope[d] < 0
        newton_steps(slope, curvature, free, step, alone)
        enough = enough_nats - share * height
        promised = 0.0
        for d in range(4):
            promised += slope[d] * step[d]
        if promised / 2 < enough:
            return logits, value, curvature, True
        way = step
        if gained(slope, logits, way, bound) < enough:
            way = alone
            if gained(slope, logits, way, bound) < enough:
                return logits, value, curvature, True
        scale = min(1.0, stride / np.abs(way).max())
        moved = False
        for _ in range(int(halvings)):
            for d in range(4):
                new[d] = min(max(logits[d] + scale * way[d], -bound), bound)
            there, value_there = look(new, place, mean, precision, p, sums, slope_there, curvature_there)
            needed = height
            for d in range(4):
                needed += 1e-4 * slope[d] * (new[d] - logits[d])
            if there >= needed:
                moved = True
                break
            scale /= 2
        if not moved:
            return logits, value, curvature, False
        logits[:] = new
        slope[:] = slope_there
        curvature[:] = curvature_there
        height, value = there, value_there
    return logits, value, curvature, False


@kept
def heights(logits, answers, lengths, times, out):
    """log P(answers) under each of (places, 4) logits into `out`, zeros, by the forward recursion, many places at once.

    answers: all sequences, one after the other, 1 right, 0 wrong, -1 not asked. `out` is NaN where the one state was so
    unlikely that its probability fell to nothing.
    """
    room = min(ROWS, len(logits))
    known, not_yet, log = np.empty(room), np.empty(room), np.empty(room)
    chance, init, learns = np.empty((2, 2, room)), np.empty(room), np.empty(room)
    for first in range(0, len(logits), room):
        rows = min(room, len(logits) - first)
        for j in range(rows):
            theta = logits[first + j]
            init[j] = 1 / (1 + math.exp(-theta[0]))
            learns[j] = 1 / (1 + math.exp(-theta[1]))
            chance[0, 0, j], chance[1, 0, j] = 1 / (1 + math.exp(-theta[2])), 1 / (1 + math.exp(theta[2]))
            chance[0, 1, j], chance[1, 1, j] = 1 / (1 + math.exp(theta[3])), 1 / (1 + math.exp(-theta[3]))
        begin = 0
        for s in range(len(lengths)):
            for j in range(rows):
                known[j], not_yet[j], log[j] = init[j], 1 - init[j], 0.0
            for t in range(lengths[s]):
                if t:
                    for j in range(rows):
                        learned = not_yet[j] * learns[j]
                        known[j] += learned
                        not_yet[j] -= learned
                answer = answers[begin + t]
                if answer >= 0:
                    if_known, if_not = chance[answer, 0], chance[answer, 1]
                    for j in range(rows):
                        known[j] *= if_known[j]
                        not_yet[j] *= if_not[j]
                if t % STEPS == STEPS - 1:
                    for j in range(rows):
                        total = known[j] + not_yet[j]
                        log[j] += math.log(total)
                        known[j] /= total
                        not_yet[j] /= total
            for j in range(rows):
                whole = log[j] + math.log(known[j] + not_yet[j])
                out[first + j] += times[s] * (whole if known[j] > 0 and not_yet[j] > 0 else math.nan)
            begin += lengths[s]
