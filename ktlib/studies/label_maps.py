"""What a hierarchical model makes of content areas: a map of them, and whether to believe it.

Each area has a column of H, the effects of attributes on further loadings: two numbers, a place on a map that may be
turned without changing a forecast. So what is asked of a map is who lies with whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..data import datasets
from ..data.exams import OWN, Exam
from ..irt import ascent

TOL = 1e-5  # nats an answer that a last sweep may still gain
TRIES = 999  # deals of the families at random
WELL_KNOWN = 1000  # answers in an area
MATHS = ("Number", "Algebra", "Geometry", "Data and Chance")  # TIMSS's other domains are science


@dataclass(frozen=True, repr=False, eq=False)
class LabelMap:
    """Content areas on a map, with what was asked of it.

    names, answers, family: of each area. points: (areas, 2), its columns of H. nearest: the family whose centre lies
    nearest, the area itself left out. chance: how many areas lie nearest to their own with families dealt at random.
    agree: correlation of the maps of two halves of the students, one turned onto the other, weighted by answers.
    """

    names: tuple
    answers: np.ndarray
    family: np.ndarray
    points: np.ndarray
    nearest: np.ndarray
    chance: np.ndarray
    agree: float

    @property
    def right(self) -> int:
        """How many areas lie nearest to their own family."""
        return int((self.nearest == self.family).sum())

    @property
    def p_value(self) -> float:
        """Of so many or more by chance."""
        return (1 + (self.chance >= self.right).sum()) / (1 + len(self.chance))

    def closest(self, pairs: int = 3) -> list[tuple]:
        """The closest pairs of well-known areas whose columns are longer than most."""
        size = np.linalg.norm(self.points, axis=1)
        use = np.flatnonzero((self.answers >= WELL_KNOWN) & (size > np.median(size)))
        found = sorted((self._apart(i, j), i, j) for a, i in enumerate(use) for j in use[a + 1 :])
        return [(self.names[i], self.names[j]) for _, i, j in found[:pairs]]

    def loneliest(self):
        """The area whose nearest neighbour is farthest."""
        apart = np.linalg.norm(self.points[:, None] - self.points, axis=2)
        np.fill_diagonal(apart, np.inf)
        return self.names[int(np.argmax(apart.min(1)))]

    def astray(self) -> list[tuple]:
        """Well-known areas that lie with another family: name, own family, the other."""
        out = np.flatnonzero((self.nearest != self.family) & (self.answers >= WELL_KNOWN))
        return [(self.names[k], str(self.family[k]), str(self.nearest[k])) for k in out]

    def turned(self) -> np.ndarray:
        """The points with their first axis from the first family to the last, in order of names, and a third up."""
        first, *others, last = sorted(set(self.family))
        one, other = (self.points[self.family == family].mean(0) for family in (first, last))
        c, s = (other - one) / np.linalg.norm(other - one)
        points, third = self.points @ np.array([[c, -s], [s, c]]), np.isin(self.family, others)
        down = third.any() and points[third, 1].mean() < points[~third, 1].mean()
        return points * [1, -1] if down else points

    def framed(self) -> tuple[np.ndarray, np.ndarray, int | None]:
        """Points turned, a frame for them, and which of them, far from all others, was moved to the frame's edge."""
        points = self.turned()
        far = np.linalg.norm(points - np.median(points, axis=0), axis=1)
        second, first = np.argsort(far)[-2:]
        away = int(first) if far[first] > 1.4 * far[second] else None
        rest = points if away is None else np.delete(points, away, 0)
        middle, half = (rest.max(0) + rest.min(0)) / 2, np.ptp(rest, axis=0) * [0.8, 0.62]
        inside = np.clip(points, middle - 0.95 * half, middle + 0.95 * half)
        return inside, np.array([middle - half, middle + half]), away

    def _apart(self, i, j) -> float:
        return float(np.linalg.norm(self.points[i] - self.points[j]))

    def __repr__(self) -> str:
        return f"LabelMap: {self.right} of {len(self.names)} areas with their kin, halves agree {self.agree:.2f}"


def run(
    logs: Mapping[str, tuple[Exam, np.ndarray]], *, seed: int, n: int = TRIES, tol: float = TOL
) -> dict[str, LabelMap]:
    """A map of each log's content areas, with its two checks. logs: name -> the exam and its areas' families.

    n: deals of the families at random, one log after the other from one stream that `seed` starts. tol: nats
    an answer that a last sweep may still gain.
    """
    rng = np.random.default_rng(seed)
    points = {log: columns(exam, exam.responses, seed=seed, tol=tol) for log, (exam, _) in logs.items()}
    out = {}
    for log, (exam, family) in logs.items():
        chance = [(nearest(points[log], dealt) == dealt).sum() for dealt in (rng.permutation(family) for _ in range(n))]
        out[log] = LabelMap(
            exam.labels,
            np.bincount(exam.label[exam.responses.item], minlength=len(exam.labels)),
            family,
            points[log],
            nearest(points[log], family),
            np.array(chance),
            halves(exam, seed=seed, tol=tol),
        )
    return out


def columns(exam: Exam, responses, *, seed: int, tol: float = TOL) -> np.ndarray:
    """(areas, 2): each area's column of H, from answers and labels alone."""
    areas = len(exam.labels)
    fit = ascent.fit(
        responses,
        "hierarchical",
        factors=3,
        attributes=np.eye(areas)[exam.label],
        mask=np.ones((2, areas), dtype=bool),
        learned=("loadings", "difficulty", "effects"),
        tol=tol * len(responses),
        rng=seed,
    )
    return fit.posterior.mean("effects").T


def nearest(points: np.ndarray, family: np.ndarray) -> np.ndarray:
    """The family whose centre lies nearest to each area, the area left out of its own."""
    out = []
    for k, point in enumerate(points):
        rest = np.arange(len(points)) != k
        centres = {f: points[rest & (family == f)].mean(0) for f in sorted(set(family[rest]))}
        out.append(min(centres, key=lambda f: np.linalg.norm(point - centres[f])))
    return np.array(out)


def halves(exam: Exam, *, seed: int, tol: float = TOL) -> float:
    """How well the maps of two halves of the students agree: their correlation, one turned, weighted by answers."""
    weight = np.bincount(exam.label[exam.responses.item])
    one, two = (columns(exam, part, seed=seed, tol=tol) for part in exam.responses.split_students(0.5, rng=seed))
    one, two = (points - np.average(points, axis=0, weights=weight) for points in (one, two))
    heavy = np.sqrt(weight)[:, None]
    pair = (one * heavy).ravel(), (two @ turn(two * heavy, one * heavy) * heavy).ravel()
    return float(np.corrcoef(*pair)[0, 1])


def turn(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The turn, with a mirror if need be, that brings points as near to others as can be (Procrustes)."""
    u, _, v = np.linalg.svd(points.T @ onto, full_matrices=False)
    return u @ v


def families(exam: Exam) -> np.ndarray:
    """Each area's family: for Eedi the branch of its tree of subjects, for TIMSS mathematics or science."""
    if not set(MATHS) & set(exam.skills):
        import pandas as pd

        tree = pd.read_csv(datasets.path_to("eedi_subjects.csv"), encoding="utf-8-sig")
        name_of = dict(zip(tree.SubjectId, tree.Name, strict=True))
        parent = {s.Name: name_of[int(s.ParentId)] for s in tree[tree.Level == 2].itertuples()}
        return np.array([parent[name] for name in exam.labels])
    maths = exam.needs[:, [skill in MATHS for skill in exam.skills]].sum(1) > 0
    return np.array(["Mathematics" if maths[exam.label == k].any() else "Science" for k in range(len(exam.labels))])


def directions_off(exam, posterior, answers) -> np.ndarray:
    """By how many degrees the fit misses the direction of each area of a simulated exam.

    answers: training answers of each area. A question's whole loadings, its own and those its attributes feed, are
    averaged over the area's questions and turned, once for all areas and weighted by answers, onto the truth's.
    """
    truth, load = exam.truth, posterior.loadings()[0]
    strength = np.sqrt(1 - OWN) * truth.label_loadings
    found, true = [], []
    for k, direction in enumerate(truth.label_directions):
        here = exam.label == k
        found.append(load[here].mean(0))
        true.append([truth.discrimination[here].mean(), *strength[here].mean() * direction])
    heavy = np.sqrt(answers)[:, None]
    placed = np.array(found) @ turn(found * heavy, true * heavy)
    one, other = (np.arctan2(xy[:, 2], xy[:, 1]) for xy in (placed, np.array(true)))
    return np.degrees(np.angle(np.exp(1j * (one - other)))).round(1)


def parted(points: np.ndarray, group: np.ndarray) -> float:
    """Turned so that the first axis parts two groups: in how many pairs the one lies farther along it."""
    along = points @ (points[group].mean(0) - points[~group].mean(0))
    return float(np.mean(along[group][:, None] > along[~group][None]))


def parted_by_chance(points: np.ndarray, group: np.ndarray, *, seed: int, n: int = 200) -> np.ndarray:
    """The same for n shufflings of the groups, the turn chosen anew each time."""
    rng = np.random.default_rng(seed)
    return np.array([parted(points, rng.permutation(group)) for _ in range(n)])
