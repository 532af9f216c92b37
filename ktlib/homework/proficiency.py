"""What a student would score on a fixed set of questions, and who is likely to fall behind on those to come.

Both are read off a posterior by draws: what holds in so many of the draws holds with that probability. Shi & Athey
(2021, section 9) name these uses; how to compute them is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .._checks import fits_in_memory, flag, generator, inside, own, short, whole
from ..irt.posterior import Posterior, check_codes
from ._belief import MOST, checked, chosen, drawn, ends, names_of, rates


@dataclass(frozen=True, eq=False)
class Proficiency:
    """What students would score on a fixed set of questions, as a share right.

    students, items: names. score: (students,) the expected share. drawn: (students, draws) the share in each draw: of
    the belief, and with `answers` of the answers too.
    """

    students: tuple
    items: tuple
    score: np.ndarray
    drawn: np.ndarray
    answers: bool = False

    __repr__ = short

    def __post_init__(self):
        for name in ("score", "drawn"):
            object.__setattr__(self, name, own(getattr(self, name)))

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central intervals of the scores, (students,) each."""
        return ends(self.drawn, level)

    def p_below(self, line: float) -> np.ndarray:
        """(students,) P(score below `line`), a share right between 0 and 1."""
        return (self.drawn < inside(line, "line", 0.5)).mean(1)

    def frame(self, level: float = 0.95):
        """A DataFrame with a row a student: score, low_score, high_score."""
        import pandas as pd

        low, high = self.interval(level)
        columns = {"score": self.score, "low_score": low, "high_score": high}
        return pd.DataFrame(columns, pd.Index(self.students, name="student", tupleize_cols=False))


@dataclass(frozen=True, eq=False)
class Warnings:
    """Who is likely to get less than a share `line` of the questions to come.

    students: names of those who will be asked any. asked: (students,) how many. expected: (students,) the share
    right that is forecast. p_below: (students,) P(the share right is below `line`), the luck of answers included.
    """

    students: tuple
    asked: np.ndarray
    expected: np.ndarray
    p_below: np.ndarray
    line: float

    __repr__ = short

    def __post_init__(self):
        for name in ("asked", "expected", "p_below"):
            object.__setattr__(self, name, own(getattr(self, name)))

    def flags(self, sure: float = 0.5) -> np.ndarray:
        """(students,) True where P(below the line) is `sure` or more."""
        return self.p_below >= inside(sure, "sure", 0.5)

    def frame(self, sure: float = 0.5):
        """A DataFrame with a row a student: asked, expected, p_below, flag."""
        import pandas as pd

        columns = {"asked": self.asked, "expected": self.expected, "p_below": self.p_below, "flag": self.flags(sure)}
        return pd.DataFrame(columns, pd.Index(self.students, name="student", tupleize_cols=False))


def proficiency(
    posterior: Posterior, items, *, students=None, answers: bool = False, draws: int = 1000, rng
) -> Proficiency:
    """The share of a fixed set of questions that each student would get right, with its interval.

    items: names, a set that stands for its domain (Shi & Athey 2021, section 9: "pre-selected domain-representative
    questions"). students: names, default all. answers: whether the interval also holds the luck of answering once; else
    it is that of the expected score. draws: from the posterior. rng: seed or generator. Raises ValueError for unknown
    or repeated names and for an empty set.
    """
    posterior, draws, rng = checked(posterior), whole(draws, "draws", 2, MOST), generator(rng)
    answers, who = flag(answers, "answers"), chosen(students, posterior.students, "students")
    use = chosen(items, posterior.items, "items")
    fits_in_memory(len(who) * draws, f"draws = {draws}")
    again, score = np.empty((len(who), draws), np.float32), np.zeros(len(who))
    for d, p in enumerate(rates(posterior, use, np.eye(len(use)) if answers else None, draws, rng, who)):
        score += p.mean(1) / draws
        again[:, d] = (rng.random(p.shape) < p).mean(1) if answers else p[:, 0]
    return Proficiency(names_of(posterior, who), tuple(posterior.items[j] for j in use), score, again, answers)


def early_warning(posterior: Posterior, student, item, *, line: float = 0.5, draws: int = 400, rng) -> Warnings:
    """P(less than a share `line` right) of each student on the questions that come next.

    student, item: integer codes, places in the posterior's `students` and `items`, a pair for each question to come.
    line: between 0 and 1. The luck of answering is in the probability: with few questions nobody is sure. draws: from
    the posterior. rng: seed or generator. Raises ValueError for codes that do not exist, or none.
    """
    posterior, line, draws = checked(posterior), inside(line, "line", 0.5), whole(draws, "draws", 2, MOST)
    student = check_codes(student, len(posterior.students), "student")
    item, rng = check_codes(item, len(posterior.items), "item"), generator(rng)
    if student.ndim != 1 or student.shape != item.shape or not len(student):
        raise ValueError(
            f"student codes have shape {student.shape}, item codes {item.shape}: give one of each for every question"
        )
    fits_in_memory(len(student), "these questions")
    who, row = np.unique(student, return_inverse=True)
    asked, below, expected = np.bincount(row), np.zeros(len(who)), np.zeros(len(who))
    for theta, slope, shift in drawn(posterior, draws, rng):
        p = expit((theta[student] * slope[item]).sum(1) + shift[item])
        expected += np.bincount(row, p) / asked / draws
        below += (np.bincount(row, rng.random(len(p)) < p) < line * asked - 1e-9) / draws
    return Warnings(names_of(posterior, who), asked, expected, below, line)
