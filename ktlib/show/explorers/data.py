"""How much data it takes: the floor under the width of an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..._checks import whole
from ...bkt import bounds
from ...bkt.model import NAMES, BKTParams
from ._base import Element, count, thousandths
from ._student import SYMBOL

_FEWEST, _MOST = 3, 60  # answers each, where one may ask how much data
_Z = 1.96
_AIMS = (0.05, 0.02, 0.01)


@dataclass(frozen=True)
class DataExplorer(Element):
    """How much data: the 95 % intervals that so many students with so many answers each can give.

    params: the true four. students, answers: where the sliders start; answers each, from 3 to 60.
    Precomputed from `information` for each number of answers: the Cramér-Rao bound and the floor, times √students.
    Raises ValueError for anything else, and as `bounds.standard_errors`.
    """

    tag = "kt-data"
    params: BKTParams = field(default_factory=BKTParams)
    students: int = 22
    answers: int = 15

    def __post_init__(self):
        object.__setattr__(self, "students", whole(self.students, "students", 1))
        if not _FEWEST <= whole(self.answers, "answers", 1) <= _MOST:
            raise ValueError(f"answers = {self.answers}: give {_FEWEST} to {_MOST} answers each")
        object.__setattr__(self, "answers", int(self.answers))
        designs = [(1, answers) for answers in range(_FEWEST, _MOST + 1)]
        table = bounds.how_much_data(self.params, designs)
        columns = {"bound": list(NAMES), "floor": [f"floor_{name}" for name in NAMES]}
        found = {what: np.round(table[names].to_numpy(), 6).tolist() for what, names in columns.items()}
        object.__setattr__(self, "_table", found)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        one = self._table["bound"][self.answers - _FEWEST]
        half = [_Z / math.sqrt(self.students) * sd for sd in one]
        each = [f"{SYMBOL[name]} ±{thousandths(h)}" for name, h in zip(NAMES, half, strict=True)]
        design = f"{count(self.students, 'student')} with {self.answers} answers each"
        total = f"{self.students * self.answers:,} in all"
        said = f"{design}, {total}: 95% of fits lie, at best, within {', '.join(each)}."
        worst = half.index(max(half))
        aim = next((aim for aim in _AIMS if aim < half[worst]), None)
        if aim is None:
            return said
        need = math.ceil((_Z * one[worst] / aim) ** 2)
        return f"{said} For {SYMBOL[NAMES[worst]]} within ±{aim} it takes {need:,} students."

    def _config(self) -> dict:
        truth = dict(zip(NAMES, self.params, strict=True))
        return {"params": truth, "students": self.students, "answers": self.answers, "fewest": _FEWEST} | self._table
