"""Classes on which EM does its work and the numbers mean nothing: too small, one-sided, forgetting, two skills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em, model
from ..bkt.em import BKTFit
from ..bkt.model import BKTParams
from ..bkt.sensitivity import degenerate

HARD = BKTParams(p_init=0.05, p_transit=0.02, p_slip=0.2, p_guess=0.1)
EASY = BKTParams(p_init=0.8, p_transit=0.3, p_slip=0.03, p_guess=0.3)


@dataclass(frozen=True, eq=False)
class OddClasses:
    """What `run` found. fits: the class in words -> its fit. broken: of n tiny classes, how many fits are degenerate.

    students, answers: of each tiny class; the first with a degenerate fit stands first in `fits`, if there is one.
    """

    fits: dict[str, BKTFit]
    broken: int
    students: int
    answers: int
    n: int
    seed: int


def run(
    truth: BKTParams, *, students: int = 22, answers: int = 4, n: int = 200, seed: int = 31, progress: bool = False
) -> OddClasses:
    """Fit a class that is always right, one that forgets, one with two skills under a label, and n tiny classes."""
    rng = np.random.default_rng(seed)
    classes = {
        "everybody right, always": np.ones((60, 8)),
        "students who forget": forgetting(truth, rng),
        "one label on two skills": two_skills(rng),
    }
    fits = {words: em.fit(table) for words, table in classes.items()}
    tiny = [
        em.fit(model.simulate(truth, students=students, steps=answers, rng=rng).answers)
        for _ in tqdm(range(n), disable=not progress, desc="tiny classes")
    ]
    broken = [fit for fit in tiny if degenerate(fit.params)]
    first = {f"{students} students, {answers} answers each": broken[0]} if broken else {}
    return OddClasses(first | fits, len(broken), students, answers, n, seed)


def forgetting(
    truth: BKTParams, rng: np.random.Generator, *, forget: float = 0.15, students: int = 500, steps: int = 15
) -> np.ndarray:
    """Answers of students who learn as `truth` says and, knowing it, forget with probability `forget` a step."""
    known = rng.random(students) < truth.p_init
    rows = []
    for _ in range(steps):
        rows.append(rng.random(students) < np.where(known, 1 - truth.p_slip, truth.p_guess))
        known = np.where(known, rng.random(students) >= forget, rng.random(students) < truth.p_transit)
    return np.array(rows, dtype=float).T


def two_skills(rng: np.random.Generator, *, students: int = 500, steps: int = 16) -> np.ndarray:
    """Answers under one label to two skills in turns, `HARD` and `EASY`."""
    table = np.empty((students, steps))
    for start, params in enumerate((HARD, EASY)):
        table[:, start::2] = model.simulate(params, students=students, steps=steps // 2, rng=rng).answers
    return table
