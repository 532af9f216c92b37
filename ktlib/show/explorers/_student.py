"""What the explorers that follow one student share, and the names of the four probabilities."""

from __future__ import annotations

import math

from ..._checks import inside
from ...bkt import model
from ...bkt.model import BKTParams
from ...bkt.sensitivity import MASTERY, mastery_step
from ...data.sequences import as_table
from ._base import Element, places, rounded

SYMBOL = {"p_init": "P(L₀)", "p_transit": "P(T)", "p_slip": "P(S)", "p_guess": "P(G)"}


class Student(Element):
    """Shared by those that follow one student: answers and threshold, checked at the door."""

    def _check(self, params: BKTParams) -> None:
        table, _, _ = as_table(self.answers)
        if len(table) != 1:
            raise ValueError(f"answers hold {len(table)} students: an explorer follows one")
        object.__setattr__(self, "answers", tuple(None if math.isnan(a) else int(a) for a in table[0]))
        object.__setattr__(self, "threshold", inside(self.threshold, "threshold", MASTERY))
        self._step(params)

    def _step(self, params: BKTParams) -> int:
        return mastery_step(model.filter(self.answers, params).p_known, self.threshold)

    def _student(self) -> dict:
        return {"answers": self.answers, "threshold": self.threshold}


def sure(p: float, threshold: float) -> str:
    """`p` in whole per cent, never rounded up to the threshold, nor to 0 or 100."""
    if not 0.005 <= p <= 0.995:
        return "less than 1%" if p < 0.5 else "more than 99%"
    near = int(rounded(100 * p))
    return f"{near - (p < threshold and near >= 100 * threshold)}%"


def flipped(params: BKTParams) -> str:
    """A warning where a right answer is no evidence for knowing."""
    total = params.p_slip + params.p_guess
    if total < 1 - 1e-9:
        return ""
    what = "says nothing about her" if total < 1 + 1e-9 else "counts against her"
    return f" Slip + guess = {places(total)}: a right answer now {what}."
