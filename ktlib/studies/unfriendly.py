"""Classes that do not follow the model or its priors, and whether a posterior predictive check sees it.

The check (Rubin 1984; Gelman, Meng & Stern 1996) needs no truth: draw answers from the fitted belief, and ask whether
the observed ones look like them, by a number that one chooses. Here: how the scores of the two halves of the test
correlate. A model with one ability says that who is good at the one is good at the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit

from .._checks import generator, whole
from ..data import designs
from ..data.designs import Design
from ..data.responses import Responses
from ..irt import ascent
from ..irt.posterior import Posterior


def draw(*, rng, spread: float = 1.0, guess: float = 0.0, subjects: int = 1) -> Design:
    """A dense class whose difficulties spread wider, whose students guess, or whose second half asks something else.

    spread: of the difficulties. guess: the chance of a right answer without knowing. subjects: 1, or 2: then the second
    half of the questions asks for another, independent ability.
    """
    rng = generator(rng)
    drawn = designs.dense(rng=rng)
    difficulty = spread * drawn.difficulty
    ability = np.repeat(drawn.ability[:, None], len(difficulty), axis=1)
    if subjects == 2:
        ability[:, len(difficulty) // 2 :] = rng.standard_normal((len(ability), 1))
    p = guess + (1 - guess) * expit(drawn.discrimination * (ability - difficulty))
    answered = Responses.from_wide((rng.random(p.shape) < p) * 1.0)
    return replace(drawn, responses=answered, difficulty=difficulty)


FRIENDLY, WIDE, GUESS, TWO = "as the prior says", "difficulties twice as wide", "guessing, one in five", "two subjects"
WORLDS: Mapping[str, Callable] = {
    FRIENDLY: draw,
    WIDE: partial(draw, spread=2.0),
    GUESS: partial(draw, guess=0.2),
    TWO: partial(draw, subjects=2),
}


def halves(answers: np.ndarray) -> float:
    """How the scores of the first and the second half of a test correlate. answers: (students, items)."""
    middle = answers.shape[1] // 2
    return float(np.corrcoef(answers[:, :middle].mean(1), answers[:, middle:].mean(1))[0, 1])


def replicates(q: Posterior, n: int = 200, rng=0) -> np.ndarray:
    """`n` tables of answers as the belief `q` expects them, (n, students, items): numbers drawn, then answers."""
    rng, size = generator(rng), (whole(n, "n", 1), 1)
    theta, alpha, beta = (
        rng.normal(block.loc, block.scale, (*size, len(block.loc)))
        for block in (q.blocks[name] for name in ("ability", "discrimination", "difficulty"))
    )
    alpha = np.exp(alpha) if q.blocks["discrimination"].log else alpha
    p = expit(alpha * (np.swapaxes(theta, 1, 2) - beta))
    return (rng.random(p.shape) < p) * 1.0


def check(drawn: Design, n: int = 200, rng=0) -> tuple[float, np.ndarray]:
    """The halves' correlation as observed, and in `n` replicates from the fit."""
    q = ascent.fit(drawn.responses).posterior
    return halves(drawn.responses.to_wide().to_numpy()), np.array([halves(t) for t in replicates(q, n, rng)])


def alarms(n: int = 20, seed: int = 5000) -> pd.Series:
    """In how many of `n` classes of each world the observed number lies outside 95% of the replicates."""
    found = {}
    for name, world in WORLDS.items():
        outside = []
        for one in range(seed, seed + whole(n, "n", 1)):
            observed, drawn = check(world(rng=one), rng=one)
            low, high = np.quantile(drawn, [0.025, 0.975])
            outside.append(not low <= observed <= high)
        found[name] = sum(outside)
    return pd.Series(found)
