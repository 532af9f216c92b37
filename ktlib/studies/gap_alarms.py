"""How many gaps are found, and how many false alarms a teacher gets, where the truth is known.

Simulated children answer questions of eight areas. In one world nobody has a gap; in another one child in ten has one
in each area, of 1.5 logits. Four readers flag who is surely weaker than her own level: a count, a count that is drawn
to zero, a factor model that is not told the areas and a model that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import t as student_t

from .._checks import generator, whole
from ..data.responses import Responses
from ..homework import gaps, proficiency
from ..irt import ascent

AREAS, QUESTIONS = 8, 20  # questions of an area
SHARE, SIZE = 0.1, 1.5  # of the children have a gap in an area, of so many logits
CLASS = 30
NO_PRIOR = 100.0  # logits
WORLDS = ("no gaps", "gaps")
READERS = ("count", "count, drawn to zero", "factors, not told the areas", "factors, told the areas")


@dataclass(frozen=True, eq=False)
class GapWorld:
    """Answers of children to questions with a known area. gap: (children, areas) True where one was put. true: how far
    each child's rate is from what is usual at her level. score: (children,) the share of all questions right to expect.
    """

    responses: Responses
    labels: tuple
    gap: np.ndarray
    true: np.ndarray
    score: np.ndarray

    def __repr__(self) -> str:
        return f"GapWorld: {int(self.gap.sum())} gaps of {self.gap.size}. {self.responses}"


@dataclass(frozen=True, repr=False, eq=False)
class Alarms:
    """What the readers flagged. wrong, right: world -> reader -> flags of each replicate, without and with a gap behind
    them, in a class of 30. held: the same of intervals that hold the truth, as shares. there: world -> gaps in a class.
    """

    n: int
    seed: int
    students: int
    answers: int
    alarm: float
    wrong: dict
    right: dict
    held: dict
    there: dict

    def false(self, reader: str, world: str = "no gaps") -> tuple[float, float]:
        """False alarms in a class of 30, with the half-width of its 95% interval over replicates."""
        return _mean(self.wrong[world][reader])

    def found(self, reader: str) -> tuple[float, float]:
        """Share of the real gaps that is found, with its half-width."""
        return _mean(np.array(self.right["gaps"][reader]) / self.there["gaps"])

    def true_flags(self, reader: str) -> float | None:
        """Of all flags in the world with gaps, the share with a gap behind it; None without flags."""
        right, wrong = (np.sum(part["gaps"][reader]) for part in (self.right, self.wrong))
        return float(right / (right + wrong)) if right + wrong else None

    def __repr__(self) -> str:
        return f"Alarms: {self.n} replicates of {self.students} children, {self.answers} answers an area"


def world(kind: str, *, students: int, answers: int, rng) -> GapWorld:
    """One of `WORLDS`: children with one ability each, and questions like those of a test."""
    rng, items = generator(rng), AREAS * QUESTIONS
    area = np.repeat(np.arange(AREAS), QUESTIONS)
    ability, sharp, hard = rng.standard_normal(students), rng.lognormal(0, 0.3, items), rng.normal(0, 1, items)
    gap = (rng.random((students, AREAS)) < SHARE) & (kind == "gaps")
    p = expit(sharp * (ability[:, None] - SIZE * gap[:, area] - hard))
    asked = rng.random((students, AREAS, QUESTIONS)).argsort(2).argsort(2) < answers
    student, item = np.nonzero(asked.reshape(students, items))
    correct = rng.random(len(student)) < p[student, item]
    names = tuple(f"area {k + 1}" for k in area)
    responses = Responses(student, item, correct.astype(np.int8), tuple(range(students)), tuple(range(items)))
    true = gaps.from_own_level(p @ (np.eye(AREAS)[area] / QUESTIONS))
    return GapWorld(responses, names, gap, true, p.mean(1))


def read(found: GapWorld, *, seed: int, draws: int = 80) -> dict[str, gaps.Gaps]:
    """Reader -> the gaps it sees."""
    log, names = found.responses, found.labels
    own = np.array([name == area for name in names for area in dict.fromkeys(names)]).reshape(len(names), -1)
    simple = ascent.fit(log, learned=("discrimination", "difficulty")).posterior
    free = ascent.fit(log, "factorization", factors=5, learned=("loadings", "difficulty"), rng=seed).posterior
    told = {"attributes": own.astype(float), "mask": np.eye(AREAS, dtype=bool)}
    told = ascent.fit(log, "hierarchical", factors=1, **told, rng=seed).posterior
    how = {"labels": names, "draws": draws, "rng": seed}
    return {
        "count": gaps.counted_gaps(simple, log, spread=NO_PRIOR, **how),
        "count, drawn to zero": gaps.counted_gaps(simple, log, **how),
        "factors, not told the areas": gaps.gaps(free, **how),
        "factors, told the areas": gaps.gaps(told, **how),
    }


def run(*, n: int, seed: int, students: int = 240, answers: int = 12, alarm: float = 0.05) -> Alarms:
    """`n` replicates of both worlds. answers: of each child in each area. alarm: P(no gap) at most, to raise a flag.

    A flag without a gap put there is a false alarm. Replicate r of a world begins its own stream, (seed, r).
    """
    n, answers = whole(n, "n", 2), whole(answers, "answers", 1, QUESTIONS)
    wrong, right, held = ({kind: {reader: [] for reader in READERS} for kind in WORLDS} for _ in range(3))
    there = {kind: [] for kind in WORLDS}
    for r in range(n):
        for kind in WORLDS:
            found = world(kind, students=students, answers=answers, rng=np.random.default_rng((seed, r)))
            there[kind].append(found.gap.sum() * CLASS / students)
            for reader, seen in read(found, seed=seed).items():
                flags, (low, high) = seen.flags(alarm), seen.interval()
                wrong[kind][reader].append((flags & ~found.gap).sum() * CLASS / students)
                right[kind][reader].append((flags & found.gap).sum() * CLASS / students)
                held[kind][reader].append(((low <= found.true) & (found.true <= high)).mean())
    return Alarms(n, seed, students, answers, alarm, wrong, right, held, {k: np.array(v) for k, v in there.items()})


def scores_held(*, n: int, seed: int, students: int = 300, answers: int = 12) -> tuple[float, float, int]:
    """How many 95% intervals of `proficiency` hold the true score where nobody has a gap: share, half-width, intervals.

    The set is every question of the world; children answered a part of it. `n` replicates, as in `run`.
    """
    held = []
    for r in range(whole(n, "n", 2)):
        found = world("no gaps", students=students, answers=answers, rng=np.random.default_rng((seed, r)))
        fit = ascent.fit(found.responses, learned=("discrimination", "difficulty")).posterior
        low, high = proficiency.proficiency(fit, fit.items, draws=200, rng=seed).interval()
        held.append(((low <= found.score) & (found.score <= high)).mean())
    return *_mean(held), n * students


def _mean(values) -> tuple[float, float]:
    values = np.asarray(values, dtype=float)
    half = student_t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)
