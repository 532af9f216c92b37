"""A question whose difficulty runs away from the answers alone, and a prior that brings it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._checks import finite, whole
from ._base import Element, count, places, rounded, stop

STUDENTS = (20, 30, 50, 100, 200, 500, 1000)  # stops of the sliders
SPREADS = (None, 8, 4, 2, 1, 0.5, 0.25)  # of the prior of difficulty; None: no prior
_LEVELS = np.arange(-6, 7) / 2  # abilities, known to the nearest half
_PLACES = -12 + 0.3 * np.arange(81)  # difficulties looked at
_LOGS = np.log(0.02) + np.log(300) / 23 * np.arange(24)  # logarithms of discriminations looked at
_FAR, _ALLOWED = 3.0, 1.92  # an estimate so far off ran away; nats below the best that 95% allow


@dataclass(frozen=True)
class RunawayExplorer(Element):
    """One question that hardly tells strong from weak: its difficulty from the answers alone and with a prior.

    discrimination, difficulty: the truth. students: how many have answered, one of `STUDENTS`. spread: standard
    deviation of the prior of difficulty, one of `SPREADS`. classes: how many are drawn, seeds from `seed` on.

    Abilities are drawn from N(0, 1), rounded to halves, and known; P(right) = σ(α(θ - β)). With a prior the estimate is
    the highest place of likelihood times N(0, spread²) for β times log-normal(0, (spread/2)²) for α, as in the chapter
    at spread 1; without one it is the likelihood's. Raises ValueError for anything else, and where the answers of a
    class leave nothing to estimate.
    """

    tag = "kt-runaway"
    discrimination: float = 0.3
    difficulty: float = -1.5
    students: int = 50
    spread: float | None = 1
    classes: int = 12
    seed: int = 0

    def __post_init__(self):
        for name, value, stops in (("students", self.students, STUDENTS), ("spread", self.spread, SPREADS)):
            object.__setattr__(self, name, stop(value, stops, name))
        a, b = finite(self.discrimination, "discrimination"), finite(self.difficulty, "difficulty")
        seeds = range(whole(self.seed, "seed", 0), self.seed + whole(self.classes, "classes", 1, 50))
        drawn = [[{"counts": counts} | alone(counts) for counts in _class(a, b, seed)] for seed in seeds]
        object.__setattr__(self, "_drawn", drawn)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        size = STUDENTS.index(self.students)
        away = [abs(stops[size]["b"] - self.difficulty) > _FAR for stops in self._drawn]
        here, tail = self._drawn[0][size], "No prior is set."
        if self.spread:
            b = held(here["counts"], self.spread)["b"]
            tail = f"With a prior of standard deviation {self.spread:g} it is {_far(b)}."
        return (
            f"{count(self.students, 'student')}. From the answers alone the question's difficulty is "
            f"{_far(here['b'])}, with discrimination {places(here['a'])}; the truth is {_far(self.difficulty)}"
            f"{': it ran away' if away[0] else ''}. In {sum(away)} of {len(away)} such classes it runs away. {tail}"
        )

    def _config(self) -> dict:
        truth = {"discrimination": self.discrimination, "difficulty": self.difficulty}
        at = [STUDENTS.index(self.students), SPREADS.index(self.spread)]
        return truth | {"at": at, "sizes": STUDENTS, "spreads": SPREADS, "classes": self._drawn}


def height(counts, a, b) -> np.ndarray:
    """Log likelihood of (asked, right), counts for each ability, at discriminations and difficulties."""
    asked, right = np.array(counts, dtype=float)
    eta = np.asarray(a)[..., None] * (_LEVELS - np.asarray(b)[..., None])
    return (right * eta - asked * np.logaddexp(0, eta)).sum(-1)


def alone(counts) -> dict:
    """From the answers alone: a and b of the highest likelihood, by Newton's steps on intercept and slope, and allowed.

    allowed: from where to where 95% allow the difficulty, within ±12.
    """
    asked, right = np.array(counts, dtype=float)
    design, at = np.stack([np.ones_like(_LEVELS), _LEVELS], 1), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ at))
        at = at + np.linalg.solve(design.T @ (design * (asked * p * (1 - p))[:, None]), design.T @ (right - asked * p))
        if np.abs(at).max() > 50:
            break
    c, a = at
    if np.abs(design.T @ (right - asked * p)).max() > 1e-6 or abs(a) < 1e-9:
        raise ValueError("the answers of a class leave nothing to estimate: give another seed")
    slopes, b = np.meshgrid(np.exp(_LOGS), _PLACES, indexing="ij")
    best = np.maximum(height(counts, slopes, b), height(counts, -slopes, b)).max(0)
    return {"a": round(float(a), 6), "b": round(float(-c / a), 6), "allowed": _runs(best > best.max() - _ALLOWED)}


def held(counts, spread: float) -> dict:
    """With a prior: a and b where likelihood times prior is highest, by a grid and four finer ones; and allowed."""
    logs, b = _LOGS, _PLACES
    reach = np.array([_LOGS[1] - _LOGS[0], 0.3])
    for turn in range(5):
        at = np.meshgrid(logs, b, indexing="ij")
        heights = height(counts, np.exp(at[0]), at[1]) - (at[1] ** 2 + 4 * at[0] ** 2) / (2 * spread**2)
        if turn == 0:
            allowed = _runs(heights.max(0) > heights.max() - _ALLOWED)
        found = [axis.flat[heights.argmax()] for axis in at]
        logs, b = (middle + far / 4**turn * np.linspace(-1, 1, 11) for middle, far in zip(found, reach, strict=True))
    return {"a": float(np.exp(found[0])), "b": float(found[1]), "allowed": allowed}


def _class(a: float, b: float, seed: int) -> list:
    """For each number of students: how many of each ability answered, and how many of them were right."""
    rng = np.random.default_rng(seed)
    ability = np.clip(np.round(2 * rng.standard_normal(STUDENTS[-1])) / 2, -3, 3)
    right = rng.random(len(ability)) < 1 / (1 + np.exp(-a * (ability - b)))
    level = (2 * ability + 6).astype(int)
    return [[_tally(level[:n]), _tally(level[:n][right[:n]])] for n in STUDENTS]


def _tally(level: np.ndarray) -> list[int]:
    return np.bincount(level, minlength=len(_LEVELS)).tolist()


def _runs(ok: np.ndarray) -> list[list[float]]:
    """First and last place of each run of places that are allowed."""
    edge = np.flatnonzero(np.diff(np.r_[False, ok, False]))
    return [
        [round(float(_PLACES[first]), 6), round(float(_PLACES[last - 1]), 6)] for first, last in edge.reshape(-1, 2)
    ]


def _far(b: float) -> str:
    """A difficulty with one digit."""
    near = rounded(b, 1)
    return f"beyond {'−' * (b < 0)}100" if abs(b) >= 100 else f"{'−' * (near < 0)}{abs(near):.1f}"
