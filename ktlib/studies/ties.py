"""Two classes with few questions in common: how far apart does a fit say they are?

Shi & Athey (2021), §5.2, draw both classes from N(0, 1), so a fit that assumes them alike cannot be caught. Here class
B leads by what we choose, and the number of shared questions goes down to none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._checks import whole
from ..data import designs
from ..data.responses import Responses
from ..irt import ascent, mml
from ..irt.posterior import Normal, default_priors
from . import stored

STUDENTS, ASKED = 50, 30  # of a class; questions that each answers
ONE_PRIOR, PLAIN, OWN_MIDDLE = "one prior", "likelihood", "own middle"


@dataclass(frozen=True, eq=False, repr=False)
class Ties:
    """What `n` pairs of classes, seeds from `seed` on, gave for each lead and number of shared questions.

    frame: a row a pair: lead, shared, seed, and how far B lies above A in truth ("true") and by each fit: "one prior",
    the Bayesian fit with N(0, 1) for all; "likelihood"; "own middle", the Bayesian fit with a mean of its own for B.
    """

    n: int
    seed: int
    frame: pd.DataFrame

    @property
    def mean(self) -> pd.DataFrame:
        """Averages over the pairs, a row for each (lead, shared)."""
        return self.frame.drop(columns="seed").groupby(["lead", "shared"]).mean()

    @property
    def half(self) -> pd.DataFrame:
        """Half the 95% intervals of these averages."""
        return 1.96 * self.frame.drop(columns="seed").groupby(["lead", "shared"]).std() / np.sqrt(self.n)


def run(
    shared: Iterable[int] = (0, 2, 5, 10),
    leads: Iterable[float] = (0, 1),
    n: int = 8,
    seed: int = 6000,
    sharp: bool = False,
    progress: bool = False,
) -> Ties:
    """Draw `n` pairs for each lead of class B and each number of shared questions, and fit each three ways.

    sharp: whether the questions with the highest discriminations are the shared ones.
    """
    n, leads, rows = whole(n, "n", 2), tuple(leads), []
    for common in tqdm(tuple(shared), unit="setting", disable=not progress):
        for lead in leads:
            for one in range(seed, seed + n):
                responses, ability = two_classes(common, lead, one, sharp)
                says = {
                    "true": ability,
                    ONE_PRIOR: ascent.fit(responses, calibrate=False).posterior.mean("ability"),
                    PLAIN: mml.fit(responses, points=21).ability,
                    OWN_MIDDLE: own_middle(responses),
                }
                rows.append({"lead": lead, "shared": common, "seed": one} | {k: apart(v) for k, v in says.items()})
    return Ties(n, seed, pd.DataFrame(rows))


def two_classes(shared: int, lead: float, seed: int, sharp: bool = False) -> tuple[Responses, np.ndarray]:
    """Answers and true abilities of two classes; B leads by `lead`, and `shared` questions are in both sets.

    sharp: whether these are the questions with the highest discriminations.
    """
    rng = np.random.default_rng(seed)
    items = 2 * ASKED - shared
    own = rng.normal(0.5, 0.7, ASKED - shared)
    difficulty = np.r_[rng.standard_normal(ASKED), own]
    ability = rng.standard_normal((2, STUDENTS))
    ability -= ability.mean(1, keepdims=True)  # apart by exactly `lead`
    ability = ability.ravel() + np.repeat([0, lead], STUDENTS)
    alpha = np.abs(rng.normal(1.2, 0.5, items))
    if sharp:
        alpha = np.roll(np.sort(alpha), ASKED - items)  # the highest at the places of the shared ones
    p = 1 / (1 + np.exp(-alpha * (ability[:, None] - difficulty)))
    table = (rng.random(p.shape) < p) * 1.0
    table[:STUDENTS, ASKED:] = np.nan
    table[STUDENTS:, : ASKED - shared] = np.nan
    return Responses.from_wide(table), ability


def apart(ability: np.ndarray) -> float:
    """How far class B lies above class A, on average."""
    return float(ability[STUDENTS:].mean() - ability[:STUDENTS].mean())


def own_middle(responses: Responses, rounds: int = 6) -> np.ndarray:
    """Ability means when class B has a prior mean of its own: fit, set that mean to B's average, and repeat."""
    priors, middle, fit = default_priors("two-parameter"), 0.0, None
    for _ in range(rounds):
        given = priors | {"ability": Normal(np.repeat([0.0, middle], STUDENTS), 1.0)}
        fit = ascent.fit(responses, priors=given, start=fit, calibrate=False, tol=0.1).posterior
        middle = fit.mean("ability")[STUDENTS:].mean()
    return fit.mean("ability")


def read() -> Ties:
    """What `benchmarks/shared_questions.py` stored: more pairs, and the stops of the explorer's sliders."""
    found = json.loads(stored("results/shared_questions.json").read_text())
    return Ties(found["about"]["n"], found["about"]["seed"], pd.DataFrame(found["frame"]))


def gaps(n: int = 20, seed: int = 4000, progress: bool = False) -> pd.DataFrame:
    """What becomes of `n` pairs of classes of `designs.overlap` when questions not asked are counted as wrong.

    A row for each pair and way to treat the gaps, "left out" or "as wrong": how far off the estimated distance of the
    classes is ("off"), and the correlation of estimated and true difficulties ("difficulty r").
    """
    rows = []
    for one in tqdm(range(seed, seed + whole(n, "n", 1)), unit="pair", disable=not progress):
        drawn = designs.overlap(rng=one)
        filled = Responses.from_wide(drawn.responses.to_wide().fillna(0).to_numpy())
        for way, responses in (("left out", drawn.responses), ("as wrong", filled)):
            q = ascent.fit(responses, calibrate=False).posterior
            off = abs(apart(q.mean("ability")) - apart(drawn.ability))
            r = np.corrcoef(drawn.difficulty, q.mean("difficulty"))[0, 1]
            rows.append({"seed": one, "gaps": way, "off": off, "difficulty r": r})
    return pd.DataFrame(rows)
