"""Compiled loops of `_stretches`: the same sums, without arrays in between.

Stretches are numbered through all levels, letters first, so that halves come before what they join.
"""

from __future__ import annotations

import math

import numpy as np

from .._numba import kept

LETTERS = 7


@kept
def spread(answers, place, gap, last, out):
    """Letters of sequences of one length, each at its places of a row of `out` (students, 2**depth)."""
    steps = len(place)
    for row in range(len(out)):
        for step in range(steps):
            answer = answers[row * steps + step]
            letter = gap if answer < 0 else answer
            out[row, place[step]] = letter + (last if step == steps - 1 else 0)


@kept
def marked(nodes, size, place):
    """`place` (size²,), zeros, becomes each pair's place among the distinct pairs of neighbours; how many these are."""
    for k in range(0, len(nodes), 2):
        place[np.int64(nodes[k]) * size + nodes[k + 1]] = 1
    kinds = 0
    for key in range(len(place)):
        if place[key]:
            kinds += 1
            place[key] = kinds
    return kinds


@kept
def named(nodes, size, place, kinds, out):
    """The distinct pairs, ascending, into `kinds`, and each pair's place among them into `out`."""
    for key in range(len(place)):
        if place[key]:
            kinds[place[key] - 1] = key
    for k in range(len(out)):
        out[k] = place[np.int64(nodes[2 * k]) * size + nodes[2 * k + 1]] - 1


@kept
def expected(left, right, whole, students, p_init, p_transit, p_slip, p_guess):
    """The E-step: log likelihood, how many knew it at the start, and (letters, 3) what comes down on the letters.

    whole: stretches that are the whole sequences of so many `students`. The log likelihood is NaN where some student's
    answers have probability zero.
    """
    up, down = np.zeros((LETTERS + len(left), 3)), np.zeros((LETTERS + len(left), 3))
    log_init, log_not = np.log(p_init), np.log(1 - p_init)
    up[0, 0], up[1, 0] = np.log(p_slip), np.log(1 - p_slip)  # wrong, right, not asked; then the same as last answers
    up[0, 2], up[1, 2] = np.log(1 - p_guess), np.log(p_guess)
    for n in range(3):
        up[n + 3, 0], up[n + 3, 1], up[n + 3, 2] = up[n, 0], -np.inf, up[n, 2]
        up[n, 1] = up[n, 2] + np.log(p_transit)
        up[n, 2] += np.log(1 - p_transit)
    up[LETTERS - 1, 1] = -np.inf
    late = np.empty(len(left))
    for n in range(len(left)):
        one, two, here = left[n], right[n], LETTERS + n
        early_path, late_path = up[one, 1] + up[two, 0], up[one, 2] + up[two, 1]
        up[here, 0] = up[one, 0] + up[two, 0]
        up[here, 2] = up[one, 2] + up[two, 2]
        if early_path == -np.inf or late_path == -np.inf:
            up[here, 1] = max(early_path, late_path)
            late[n] = 1.0 if late_path > -np.inf else 0.0
            continue
        less = math.exp(-abs(late_path - early_path))
        up[here, 1] = max(early_path, late_path) + math.log1p(less)
        late[n] = (1.0 if late_path > early_path else less) / (1.0 + less)
    total = init = 0.0
    for k in range(len(whole)):
        n = whole[k]
        known, learned, unknown = log_init + up[n, 0], log_not + up[n, 1], log_not + up[n, 2]
        top = max(known, learned, unknown)
        if top == -np.inf:
            return np.nan, np.nan, down[:LETTERS]
        known, learned, unknown = math.exp(known - top), math.exp(learned - top), math.exp(unknown - top)
        norm = known + learned + unknown
        total += students[k] * (top + math.log(norm))
        share = students[k] / norm
        init += share * known
        down[n, 0] += share * known
        down[n, 1] += share * learned
        down[n, 2] += share * unknown
    for n in range(len(left) - 1, -1, -1):
        one, two, here = left[n], right[n], LETTERS + n
        known, learned, unknown = down[here, 0], down[here, 1], down[here, 2]
        in_right = learned * late[n]
        in_left = learned - in_right
        down[one, 0] += known
        down[one, 1] += in_left
        down[one, 2] += unknown + in_right
        down[two, 0] += known + in_left
        down[two, 1] += in_right
        down[two, 2] += unknown
    return total, init, down[:LETTERS]
