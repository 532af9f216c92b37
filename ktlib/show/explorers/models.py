"""The same answers under two models: BKT's belief and IRT's ability."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from ..._checks import finite
from ...bkt import model
from ...bkt.model import BKTParams, check_params
from ...data.sequences import as_table
from ._base import Element, count, tenths, whole
from ._student import sure

_POINTS = 41


@dataclass(frozen=True)
class TwoModelsExplorer(Element):
    """One student's answers, seen by BKT and by Rasch: for one of them their order matters.

    params: BKT's four. ability_sd, difficulty: Rasch's; the questions are all equally hard. answers: 1 and 0 of one
    student. Raises ValueError for anything else, and where an answer is impossible under `params`.
    """

    tag = "kt-models"
    params: BKTParams = field(default_factory=BKTParams)
    ability_sd: float = 1.0
    difficulty: float = 0.0
    answers: tuple[int, ...] = (0,) * 6 + (1,) * 6

    def __post_init__(self):
        check_params(self.params)
        table, _, _ = as_table(self.answers)
        if len(table) != 1 or np.isnan(table).any():
            raise ValueError("answers: give those of one student, each 1 or 0")
        object.__setattr__(self, "answers", tuple(int(answer) for answer in table[0]))
        for name in ("ability_sd", "difficulty"):
            object.__setattr__(self, name, finite(getattr(self, name), name))
        if self.ability_sd <= 0:
            raise ValueError(f"ability_sd = {self.ability_sd:g}: give a number above 0")
        for answers in (self.answers, self.answers[::-1]):
            model.filter(answers, self.params)

    def _belief(self, answers) -> tuple[float, float]:
        """BKT after these answers: P(known) and the forecast."""
        known = float(model.filter(answers, self.params).p_known[-1])
        return known, float(model.p_correct(known, self.params))

    def _ability(self) -> tuple[float, float]:
        """Rasch after these answers: the posterior mean of ability and the forecast, on a grid as in `levels`."""
        node = np.linspace(-4, 4, _POINTS) * self.ability_sd
        right = expit(node - self.difficulty)
        n, won = len(self.answers), sum(self.answers)
        weight = np.exp(-((node / self.ability_sd) ** 2) / 2) * right**won * (1 - right) ** (n - won)
        weight /= weight.sum()
        return float(weight @ node), float(weight @ right)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        known, now = self._belief(self.answers)
        _, turned = self._belief(self.answers[::-1])
        ability, same = self._ability()
        return (
            f"{sum(self.answers)} of {count(len(self.answers), 'answer')} right. BKT is {sure(known, 2)} sure that she "
            f"knows it and forecasts {whole(now)} for the next question; IRT puts her ability at {tenths(ability)} and "
            f"forecasts {whole(same)}. The same answers in reverse order: BKT {whole(turned)}, IRT still {whole(same)}."
        )

    def _config(self) -> dict:
        params = {name: getattr(self.params, name) for name in model.NAMES}
        return {"params": params, "sd": self.ability_sd, "difficulty": self.difficulty, "answers": self.answers}
