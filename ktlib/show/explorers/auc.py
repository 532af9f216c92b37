"""An AUC built by hand: pairs of a right and a wrong answer, counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...forecast._influence import answers as checked
from ._base import Element, count, places

_MOST = 20
_FORECASTS = (0.92, 0.85, 0.81, 0.74, 0.7, 0.66, 0.6, 0.55, 0.48, 0.4, 0.31, 0.2)
_ANSWERS = (1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0)


@dataclass(frozen=True)
class AUCExplorer(Element):
    """Some forecasts and what came, both to be moved; the AUC is the share of pairs that are in the right order.

    forecasts: probabilities of a right answer, at most 20. answers: what came, 1 or 0, as many.
    Raises ValueError for anything else.
    """

    tag = "kt-auc"
    forecasts: tuple[float, ...] = _FORECASTS
    answers: tuple[int, ...] = _ANSWERS

    def __post_init__(self):
        right, forecasts, _ = checked(self.answers, self.forecasts)
        if len(right) > _MOST:
            raise ValueError(f"{len(right)} forecasts are too many to move by hand: give {_MOST} or fewer")
        object.__setattr__(self, "forecasts", tuple(forecasts.tolist()))
        object.__setattr__(self, "answers", tuple(right.astype(int).tolist()))

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        forecasts, answers = np.array(self.forecasts), np.array(self.answers)
        right, wrong = forecasts[answers == 1], forecasts[answers == 0]
        seen = f"{count(len(right), 'right answer')} and {count(len(wrong), 'wrong one')}"
        pairs = right[:, None] - wrong
        if not pairs.size:
            return f"{seen}: there is no pair to compare, and no AUC."
        won, tied = int((pairs > 0).sum()), int((pairs == 0).sum())
        same = f" In {tied} both are the same, which counts half." if tied else ""
        total = f"({won} + {tied}/2)/{pairs.size}" if tied else f"{won}/{pairs.size}"
        said = f"{seen} make {count(pairs.size, 'pair')}. In {won} the right answer has the higher forecast.{same}"
        return f"{said} AUC = {total} = {places((won + tied / 2) / pairs.size)}."

    def _config(self) -> dict:
        return {"forecasts": self.forecasts, "answers": self.answers}
