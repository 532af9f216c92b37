"""Gaps found and false alarms: what so many answers an area can tell, and what it costs to be told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from ..._checks import inside, whole
from ._base import Element, count, rounded, stop
from ._base import whole as per_cent

AREAS, CLASS, RIGHT = 8, 30, 0.6  # areas; children in a class; the share right of a child at her own level
_MOST = 200  # answers
_STOPS = (0.8, 0.9, 0.95, 0.975, 0.99, 0.999)


@dataclass(frozen=True)
class GapsExplorer(Element):
    """How many real gaps a count finds, and how many false alarms a class of 30 gets.

    answers: of a child in each of 8 areas. gap: how much weaker she is in one, a share right. sure: a flag is raised
    where chance alone would do as badly in no more than 1 - sure of the cases; one of 0.8, 0.9, 0.95, 0.975, 0.99,
    0.999. A normal model: shares right of 0.6 vary by chance alone, and her own level comes from the same answers.
    Raises ValueError for anything else.
    """

    tag = "kt-gaps"
    answers: int = 12
    gap: float = 0.2
    sure: float = 0.95

    def __post_init__(self):
        known = {
            "answers": whole(self.answers, "answers", 1, _MOST),
            "gap": inside(self.gap, "gap", 0.2),
            "sure": stop(self.sure, _STOPS, "sure"),
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def rates(self) -> tuple[float, float]:
        """The share of real gaps found, and false alarms in a class of 30 without gaps."""
        error = math.sqrt(RIGHT * (1 - RIGHT) / self.answers * (1 - 1 / AREAS))
        z = NormalDist().inv_cdf(self.sure)
        return NormalDist().cdf(self.gap / error - z), CLASS * AREAS * (1 - self.sure)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        found, false = self.rates()
        points = count(int(rounded(100 * self.gap)), "point")
        return (
            f"{count(self.answers, 'answer')} in an area, a gap of {points}: {per_cent(found)} of such gaps are found. "
            f"A class of {CLASS} without any gap gets {rounded(false, 1):.1f} false alarms."
        )

    def _config(self) -> dict:
        z = [[p, NormalDist().inv_cdf(p)] for p in _STOPS]
        told = {"answers": self.answers, "gap": self.gap, "sure": self.sure}
        return told | {"areas": AREAS, "children": CLASS, "right": RIGHT, "most": _MOST, "z": z}
