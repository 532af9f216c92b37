"""A trial by class: what it would see, as effect, classes and what is known of them change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from ..._checks import not_negative, whole
from ...homework.trial import TrialDesign
from ._base import Element, likely, places, tenths

_Z, _Z80 = float(special.ndtri(0.975)), float(special.ndtri(0.8))
_LIMITS = {"effect": 0.5, "icc": 0.6, "past_r2": 0.9}  # the most that a slider goes to
_CLASSES, _STUDENTS = (4, 400), (5, 40)


def normal(x: float) -> float:
    """Share of a normal below x, to 8 digits (Abramowitz & Stegun 1964, 26.2.17): the page has no other."""
    t = 1 / (1 + 0.2316419 * abs(x))
    tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    above = math.exp(-x * x / 2) / math.sqrt(2 * math.pi) * tail
    return 1 - above if x > 0 else above


@dataclass(frozen=True)
class TrialExplorer(Element):
    """Power of a planned trial by effect, and the smallest effect it sees in four cases of five.

    effect: in standard deviations, 0 to 0.5. classes: in each of four arms, 4 to 400. students: in a class, 5 to 40.
    icc: share of the variance between the classes that are compared, 0 to 0.6. past_r2: share that past results
    explain, 0 to 0.9. One arm against control, adjusted. The noncentral t is taken as the normal that has its first
    two moments (Abramowitz & Stegun 1964, 26.7.10), its bound by Fisher's expansion (26.7.5).
    Raises ValueError for anything else.
    """

    tag = "kt-trial"
    effect: float = 0.1
    classes: int = 100
    students: int = 17
    icc: float = 0.18
    past_r2: float = 0.5

    def __post_init__(self):
        for name, most in _LIMITS.items():
            value = not_negative(getattr(self, name), name)
            if value > most:
                raise ValueError(f"{name} = {value:g}: give 0 to {most:g}")
            object.__setattr__(self, name, value)
        for name, limits in (("classes", _CLASSES), ("students", _STUDENTS)):
            object.__setattr__(self, name, whole(getattr(self, name), name, *limits))
        TrialDesign(self.classes, self.students, icc=self.icc, past_r2=self.past_r2)

    def _parts(self) -> tuple[float, float, float]:
        """Where the bound for |t| lies on the scale of the normal, standard error, spread of t."""
        df = 4 * (self.classes - 1)
        nu, z = df - 1, _Z
        bound = (
            z
            + (z**3 + z) / (4 * nu)
            + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * nu**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * nu**3)
        )
        one = (1 - self.past_r2) * (self.icc + (1 - self.icc) / self.students)
        middle = bound * (1 - 1 / (4 * nu))
        return middle, math.sqrt(2 * one / self.classes * (df + 1) / df), math.sqrt(1 + bound**2 / (2 * nu))

    def power(self, effect: float) -> float:
        """Share of such trials that would find an effect of this size."""
        bound, error, spread = self._parts()
        away = abs(effect) / error
        return normal((away - bound) / spread) + normal((-away - bound) / spread)

    @property
    def smallest(self) -> float:
        """The effect that is found in four cases of five."""
        bound, error, spread = self._parts()
        return (bound + _Z80 * spread) * error

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        total = f"{4 * self.classes:,} classes with {4 * self.classes * self.students:,} students"
        found = f"an effect of {places(self.effect)} is found in {likely(self.power(self.effect))} of trials"
        worth = tenths(self.students / (1 + (self.students - 1) * self.icc))
        return (
            f"{total} in four arms: {found}. Four cases of five need {places(self.smallest)} or more. "
            f"A class of {self.students} tells as much as {worth} students who have nothing in common."
        )

    def _config(self) -> dict:
        return {name: getattr(self, name) for name in ("effect", "classes", "students", "icc", "past_r2")} | {
            "z": _Z,
            "z80": _Z80,
        }
