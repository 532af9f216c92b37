"""Two students with the same score, a question that asks for two things, and what more numbers a student gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from ... import studies
from ..._checks import finite, listed
from ._base import Element, stop, thousandths, whole

STUDENTS = {"Ana": (1.5, -1.0), "Ben": (-1.0, 1.5)}  # abilities in algebra and in biology, as in the chapter
FACTORS = (3, 5, 10, 20)
LOGS = {"eedi": "Eedi", "timss": "TIMSS", "simulated": "simulated"}
_MOST = 2.0  # a loading


@dataclass(frozen=True)
class FactorsExplorer(Element):
    """P(right) of two students under a question's two loadings, and what several numbers a student gain on real logs.

    loadings: the question's, on algebra and on biology, 0 to 2; its difficulty is 0. factors: numbers a student, one of
    `FACTORS`; the gains are differences in test AUC to one number, from the stored study `exams`. Raises ValueError for
    anything else.
    """

    tag = "kt-factors"
    loadings: tuple[float, float] = (1.2, 0.2)
    factors: int = 20

    def __post_init__(self):
        given = listed(self.loadings, "loadings", "(1.2, 0.2)")
        found = tuple(float(finite(loading, "loading")) for loading in given)
        if len(found) != 2 or not all(0 <= loading <= _MOST for loading in found):
            raise ValueError(f"loadings = {self.loadings}: give two from 0 to {_MOST:g}")
        object.__setattr__(self, "loadings", found)
        object.__setattr__(self, "factors", stop(self.factors, FACTORS, "factors"))

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        ana, ben = (whole(_right(ability, self.loadings)) for ability in STUDENTS.values())
        one = whole(_right([sum(STUDENTS["Ana"]) / 2] * 2, self.loadings))
        gains = [
            "{} and {}".format(
                *(_change(_gains(log)[way][FACTORS.index(self.factors)][0]) for way in ("fixed", "learned"))
            )
            for log in ("eedi", "timss")
        ]
        each = f"Ana is right with {ana}, Ben with {ben}; with one number each, the mean of the two, both with {one}."
        if ana == ben:
            each = f"Ana and Ben are both right with {ana}: for this question one number each is enough."
        return (
            f"{each} On answers held back, {self.factors} numbers a student instead of one change the AUC, with fixed "
            f"and with learned priors, by {gains[0]} on Eedi, by {gains[1]} on TIMSS."
        )

    def _config(self) -> dict:
        gains = [{"name": LOGS[log]} | _gains(log) for log in LOGS]
        return {
            "students": STUDENTS,
            "loadings": self.loadings,
            "factors": self.factors,
            "stops": FACTORS,
            "gains": gains,
        }


def _right(ability, loadings) -> float:
    """P(right) at difficulty 0."""
    eta = sum(one * other for one, other in zip(ability, loadings, strict=True))
    return 1 / (1 + math.exp(-eta))


@cache
def _gains(log: str) -> dict:
    """Difference in test AUC to one number a student, with its 95% interval, for each number of factors."""
    study, found = studies.exams.read(), {}
    for way, suffix in (("fixed", ", fixed"), ("learned", "")):
        gaps = [study.gap(log, f"K = {k}{suffix} - 2PL") for k in FACTORS]
        found[way] = [[round(value, 5) for value in (gap.mean, gap.low, gap.high)] for gap in gaps]
    return found


def _change(x: float) -> str:
    near = thousandths(abs(x))
    return near if near == "0.000" else f"{'−' if x < 0 else '+'}{near}"
