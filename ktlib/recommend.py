"""Choosing the next question: how close its difficulty comes to the one aimed at."""

from __future__ import annotations

import numpy as np


def closeness(p_correct, target: float = 0.7):
    """1 where P(right answer) equals `target`, falling in a straight line to 0 at the far end of [0, 1].

    p_correct: number or array in [0, 1]. target: in (0, 1). Raises ValueError for anything else.
    """
    if not 0 < target < 1:
        raise ValueError(f"target = {target!r} is not between 0 and 1: give the success rate to aim at, such as 0.7")
    p = np.asarray(p_correct, dtype=float)
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        raise ValueError(f"p_correct = {p[bad].flat[0]:g} is not a probability: give numbers between 0 and 1")
    return 1 - np.abs(p - target) / max(target, 1 - target)
