"""An item's curve, and a belief about one ability that moves answer by answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._checks import finite, listed
from ._base import Element, count, likely, places

_GRID = np.arange(-600, 601) / 100  # abilities
_STEEPEST, _FURTHEST, _MOST = 4.0, 4.0, 60
_FLAT, _OPEN, _LITTLE = 0.5, 0.1, 0.97  # a discrimination, a p(1 - p), and what little leaves of a spread


@dataclass(frozen=True)
class CurveExplorer(Element):
    """One question's curve over what is believed of a student, and what either answer would make of it.

    discrimination, difficulty: of the question that is asked next. answers: (discrimination, difficulty, 1 or 0) of
    those answered before, 60 at most. Before any, the belief is N(0, 1).
    Raises ValueError for a discrimination outside 0.1 to 4, a difficulty beyond ±4, or any other answer.
    """

    tag = "kt-curve"
    discrimination: float = 1.2
    difficulty: float = 3.5
    answers: tuple[tuple[float, float, int], ...] = ((1.0, -1.5, 1), (1.0, 0.0, 1), (1.5, 0.5, 1), (1.2, 1.5, 0))

    def __post_init__(self):
        given = [_question(answer) for answer in listed(self.answers, "answers", "[(1.0, 0.0, 1)]")]
        if len(given) > _MOST:
            raise ValueError(f"{len(given)} answers: give {_MOST} at most")
        object.__setattr__(self, "answers", tuple(given))
        a, b, _ = _question((self.discrimination, self.difficulty, 1))
        object.__setattr__(self, "discrimination", a)
        object.__setattr__(self, "difficulty", b)

    def belief(self) -> tuple[np.ndarray, np.ndarray]:
        """Abilities from -6 to 6, and how much each is believed after the answers."""
        weight = np.exp(-(_GRID**2) / 2)
        for a, b, right in self.answers:
            weight = weight * (_right(a, b) if right else 1 - _right(a, b))
        return _GRID, weight / weight.sum()

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        _, now = self.belief()
        p = _right(self.discrimination, self.difficulty)
        chance = float(now @ p)
        mean, sd = _middle(now)
        left = chance * _middle(now * p)[1] + (1 - chance) * _middle(now * (1 - p))[1]
        seen = f"After {count(len(self.answers), 'answer')}" if self.answers else "Before any answer"
        spread = chance * (1 - chance)
        if spread < _OPEN:
            why = f", too {'hard' if chance < 0.5 else 'easy'} for her"
        else:
            why = ", but its curve is nearly flat" if self.discrimination < _FLAT else ""
        little = ": it says little" if left > _LITTLE * sd else ""
        return (
            f"{seen} her ability is {places(mean)}, with standard deviation {places(sd)}. She would get this question "
            f"right with {likely(chance)}: p(1 − p) = {places(spread)}{why}. On average its answer leaves "
            f"{places(left)} of the {places(sd)}{little}."
        )

    def _config(self) -> dict:
        return {"discrimination": self.discrimination, "difficulty": self.difficulty, "answers": self.answers}


def _question(answer) -> tuple[float, float, int]:
    """A question and its answer, checked."""
    given = listed(answer, "answer", "(1.0, 0.0, 1)")
    if len(given) != 3:
        raise ValueError(f"an answer has {len(given)} parts: give (discrimination, difficulty, 1 or 0)")
    a, b, right = map(finite, given, ("discrimination", "difficulty", "answer"))
    if not 0.1 <= a <= _STEEPEST:
        raise ValueError(f"discrimination = {a:g}: give 0.1 to {_STEEPEST:g}")
    if not abs(b) <= _FURTHEST:
        raise ValueError(f"difficulty = {b:g}: give -{_FURTHEST:g} to {_FURTHEST:g}")
    if right not in (0, 1):
        raise ValueError(f"answer {right:g} is not 1 (right) or 0 (wrong)")
    return float(a), float(b), int(right)


def _right(a: float, b: float) -> np.ndarray:
    """P(right) at each ability of the grid."""
    return 1 / (1 + np.exp(-a * (_GRID - b)))


def _middle(weight: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of abilities so weighted."""
    weight = weight / weight.sum()
    mean = float(weight @ _GRID)
    return mean, float(np.sqrt(weight @ (_GRID - mean) ** 2))
