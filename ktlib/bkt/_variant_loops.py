"""Compiled loop of `_variant_counts`: forward-backward over two states, student by student, codes at every step."""

from __future__ import annotations

import math

import numpy as np

from .._numba import kept


@kept
def expected(symbol, kind, group, first, length, times, who, tables, init, moves, seen, room):
    """Log likelihood of the students `who`; expected counts are added to `init`, `moves` and `seen`.

    symbol: 3 · question + 0 (not asked), 1 (wrong) or 2 (right), at every step; kind: of practice there. group: of
    every student; first, length: where her steps begin, and how many they are; times: how many she stands for. tables:
    p_init by group, p_transit and p_forget by kind, P(answer | not known) and P(answer | known) by symbol. init:
    (groups, 2) not known and known at the start. moves: (kinds, 4) stayed unknown, learned, forgot, stayed known. seen:
    (symbols, 2) not known, known.
    room: (5, longest). NaN where answers are impossible.
    """
    p_init, p_transit, p_forget, if_not, if_known = tables
    total = 0.0
    for i in who:
        start, steps, part, own = first[i], length[i], 1.0, 0.0
        known = p_init[group[i]]
        unknown = 1.0 - known
        for t in range(steps):
            s = symbol[start + t]
            known *= if_known[s]
            unknown *= if_not[s]
            scale = known + unknown
            if not scale > 0.0:
                return np.nan
            part *= scale
            if part < 1e-200:
                own += math.log(part)
                part = 1.0
            share = 1.0 / scale
            known *= share
            unknown *= share
            room[0, t], room[1, t] = unknown, known
            room[2, t], room[3, t] = if_not[s] * share, if_known[s] * share
            k = kind[start + t]
            learned, forgot = unknown * p_transit[k], known * p_forget[k]
            known, unknown = known * (1.0 - p_forget[k]) + learned, unknown * (1.0 - p_transit[k]) + forgot
        total += times[i] * (own + math.log(part))
        back_not, back_known = float(times[i]), float(times[i])
        for t in range(steps - 1, -1, -1):
            s = symbol[start + t]
            seen[s, 0] += room[0, t] * back_not
            seen[s, 1] += room[1, t] * back_known
            if t:
                k = kind[start + t - 1]
                back_not *= room[2, t]
                back_known *= room[3, t]
                stay, learn = (1.0 - p_transit[k]) * back_not, p_transit[k] * back_known
                forget, hold = p_forget[k] * back_not, (1.0 - p_forget[k]) * back_known
                moves[k, 0] += room[0, t - 1] * stay
                moves[k, 1] += room[0, t - 1] * learn
                moves[k, 2] += room[1, t - 1] * forget
                moves[k, 3] += room[1, t - 1] * hold
                back_not, back_known = stay + learn, forget + hold
        init[group[i], 0] += room[0, 0] * back_not
        init[group[i], 1] += room[1, 0] * back_known
    return total
