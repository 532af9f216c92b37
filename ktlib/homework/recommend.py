"""Choosing the next question: how close its difficulty comes to the one aimed at."""

from __future__ import annotations

import numpy as np

from .._checks import inside, probabilities
from .pool import Pool

__all__ = ["Pool", "closeness"]


def closeness(p_correct, target: float = 0.7):
    """1 where P(right answer) equals `target`, falling in a straight line to 0 at the far end of [0, 1].

    p_correct: number or array in [0, 1]. target: in (0, 1). Raises ValueError for anything else.
    """
    target = inside(target, "target", 0.7)
    p = probabilities(p_correct, "p_correct")
    return 1 - np.abs(p - target) / max(target, 1 - target)
