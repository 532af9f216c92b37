"""Do gaps and warnings come true? A fit to half of each log's answers, judged by the other half.

The halves are dealt at random within the log, so they are of the same time: what is asked is whether a gap or a warning
is more than luck, not whether it lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from .._checks import instance, one_of
from ..data.exams import Exam
from ..homework import gaps, proficiency
from ..irt import ascent
from .gap_alarms import NO_PRIOR, READERS
from .means import Mean

DOMAINS = ("Number", "Algebra", "Geometry", "Data and Chance", "Biology", "Chemistry", "Physics", "Earth Science")
WELL_ASKED = 6000  # answers in an area
TOL = 1e-5  # nats an answer that a last sweep may still gain
THIRDS = ("weakest third", "middle third", "strongest third")


@dataclass(frozen=True, repr=False, eq=False)
class Halves:
    """What half of a log said, and the other half answered.

    cells: how many pairs of a student and an area there are. flags: reader -> how many of them it flagged. said, seen:
    reader -> the mean gap of the flagged, as it said and as the other half has it, `Mean` of shares right, each answer
    of the other half counting alike; None without flags. warnings: what was forecast for the other half. below: of its
    students, who fell below the line. third: 0 to 2, of each, by ability in the first half. about: seed and the like.
    """

    cells: int
    flags: dict
    said: dict
    seen: dict
    warnings: proficiency.Warnings
    below: np.ndarray
    third: np.ndarray
    about: dict

    def warned(self, sure: float = 0.5) -> dict[str, dict]:
        """ "all" and each third -> students, below, warned, and as `Mean` precision, found and false.

        precision: of those warned, who fell below. found: of those who fell below, who was warned. false: of those who
        did not, who was. None where there is nobody to count.
        """
        flags, groups = self.warnings.flags(sure), {"all": np.ones(len(self.third), dtype=bool)}
        groups |= {name: self.third == k for k, name in enumerate(THIRDS)}
        out = {}
        for name, here in groups.items():
            both, warned, below = ((part & here).sum() for part in (flags & self.below, flags, self.below))
            out[name] = {"students": int(here.sum()), "below": int(below), "warned": int(warned)}
            out[name] |= {"precision": _share(both, warned), "found": _share(both, below)}
            out[name]["false"] = _share(warned - both, here.sum() - below)
        return out

    def __repr__(self) -> str:
        return f"Halves: {self.cells} cells, {len(self.below)} students, {self.about}"


def areas(exam: Exam) -> list:
    """Each question's area: of TIMSS its content domain, else its label, None where a label has too few answers."""
    if set(DOMAINS) & set(exam.skills):
        return [
            next(s for s, needed in zip(exam.skills, row, strict=True) if needed and s in DOMAINS) for row in exam.needs
        ]
    asked = np.bincount(exam.label[exam.responses.item], minlength=len(exam.labels))
    return [exam.labels[k] if asked[k] >= WELL_ASKED else None for k in exam.label]


def run(
    exam: Exam, *, seed: int, line: float = 0.4, alarm: float = 0.05, readers: Iterable[str] = READERS, draws: int = 100
) -> Halves:
    """One deal of a log in halves. readers: of `gap_alarms.READERS`. line: a share right that is too little."""
    instance(exam, Exam, "exam", "give one such as datasets.eedi()")
    readers = [one_of(reader, READERS, "readers") for reader in readers]
    first, later = exam.responses.split_answers((0.5, 0.5), rng=seed, seen=True)
    simple = ascent.fit(first, learned=("discrimination", "difficulty"), tol=TOL * len(first)).posterior
    labels = areas(exam)
    names = list(dict.fromkeys(name for name in labels if name is not None))
    place = np.array([-1 if name is None else names.index(name) for name in labels])
    p = simple.predict(later.student, later.item)
    use, shape = place[later.item] >= 0, (len(later.students), len(names))
    cell = later.student[use] * len(names) + place[later.item[use]]
    off, asked = (np.bincount(cell, w, np.prod(shape)).reshape(shape) for w in ((later.correct - p)[use], p[use] ** 0))
    flags, said, seen = {}, {}, {}
    for reader in readers:
        found = _read(reader, simple, first, labels, seed, draws)
        flagged = found.flags(alarm)
        flags[reader] = int(flagged.sum())
        told = (flagged * asked).sum(1) > 0
        said[reader], seen[reader] = (
            _ratio((flagged * what).sum(1)[told], (flagged * asked).sum(1)[told]) for what in (found.gap * asked, off)
        )
    warnings = proficiency.early_warning(simple, later.student, later.item, line=line, draws=2 * draws, rng=seed)
    who = np.unique(later.student)
    below = np.bincount(later.student, later.correct)[who] < line * warnings.asked - 1e-9
    ability = simple.mean("ability")[who]
    third = np.searchsorted(np.quantile(ability, [1 / 3, 2 / 3]), ability)
    about = {"seed": seed, "line": line, "alarm": alarm, "areas": len(names), "later": len(later), "first": len(first)}
    return Halves(int(np.prod(shape)), flags, said, seen, warnings, below, third, about)


def _read(reader: str, simple, first, labels, seed: int, draws: int) -> gaps.Gaps:
    how = {"labels": labels, "draws": draws, "rng": seed}
    if reader in READERS[:2]:
        spread = NO_PRIOR if reader == READERS[0] else "learned"
        return gaps.counted_gaps(simple, first, spread=spread, **how)
    fit = {"tol": TOL * len(first), "rng": seed}
    if reader == READERS[2]:
        fit |= {"model": "factorization", "factors": 5, "learned": ("loadings", "difficulty")}
    else:
        names = list(dict.fromkeys(name for name in labels if name is not None))
        own = np.array([[name == area for area in names] for name in labels], dtype=float)
        fit |= {"model": "hierarchical", "factors": 1, "attributes": own, "mask": np.eye(len(names), dtype=bool)}
    return gaps.gaps(ascent.fit(first, **fit).posterior, **how)


def _ratio(sums: np.ndarray, counts: np.ndarray) -> Mean | None:
    """A mean over answers, with students as clusters."""
    n = counts.sum()
    if not n:
        return None
    mean = sums.sum() / n
    half = 1.96 * np.sqrt(((sums - mean * counts) ** 2).sum()) / n
    return Mean(float(mean), float(mean - half), float(mean + half), n=int(n))


def _share(hits: int, n: int) -> Mean | None:
    """A share with Wilson's interval."""
    if not n:
        return None
    low, high = binomtest(int(hits), int(n)).proportion_ci(method="wilson")
    return Mean(float(hits / n), float(low), float(high), n=int(n))
