"""How long does a fit of millions of answers take, and what does it cost? Simulated logs like the paper's homework log.

`timed` fits one log and notes when each sweep ended. `benchmarks/scale.py` stored such fits for up to 88 million
answers; `read` gives them back. `run` is a small version, for the chapter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np

from .. import _checks as checks
from ..irt import ascent
from ..irt.fits import Fit

PAPER = 88_000_000  # answers in the log of Shi & Athey (2021), section 6
ANSWERS_TO_A_QUESTION = (1, 10, 30, 100, 300, 1000, 3000)  # where the groups of `by_answers` begin


@dataclass(frozen=True, eq=False, repr=False)
class Timed:
    """A fit with a clock beside it. curve: (sweeps + 1, 2), seconds since the start and ELBO an answer.

    seconds: wall clock. cpu_seconds: of all cores together. A sweep that lost and was taken again adds a row as well,
    which holds the value from before.
    """

    fit: Fit
    curve: np.ndarray
    seconds: float
    cpu_seconds: float

    def __post_init__(self):
        object.__setattr__(self, "curve", checks.own(self.curve))

    def __repr__(self) -> str:
        return f"Timed: {len(self.curve) - 1} sweeps in {self.seconds:.2f} s"


def timed(log, model: str = "2pl", factors: int | None = None, *, rule: str = "paper", seed: int = 11) -> Timed:
    """Fit a `Responses`, with nothing calibrated, and note the time after each sweep. model: "2pl" or "factor".

    rule: as `ascent.fit`. seed: of the factors' start. Raises ValueError for another model or rule.
    """
    model = checks.one_of(model, ("2pl", "factor"), "model")
    kind = {"model": "factorization", "factors": factors, "rng": seed} if model == "factor" else {}
    climb, seen = ascent.climb, []

    def noted(*place, bound, **settings):
        def known(*at):
            found = bound(*at)
            seen.append((time.perf_counter() - wall, found[0]))
            return found

        return climb(*place, bound=known, **settings)

    wall, work = time.perf_counter(), time.process_time()
    with patch.object(ascent, "climb", noted):
        fit = ascent.fit(log, rule=rule, calibrate=False, **kind)
    wall_spent, work = time.perf_counter() - wall, time.process_time() - work
    seconds, value = np.array(seen).T
    return Timed(fit, np.column_stack([seconds, np.fmax.accumulate(value) / len(log)]), wall_spent, work)


def by_answers(posterior, log, level: float = 0.95) -> list[dict]:
    """How well questions are known, by how many answers they have: groups that begin at `ANSWERS_TO_A_QUESTION`.

    Each with its questions, "answers" in the median, and the median "half_width" of their intervals of difficulty.
    """
    asked = np.bincount(log.item, minlength=len(log.items))
    low, high = posterior.interval("difficulty", level)
    group = np.digitize(asked, ANSWERS_TO_A_QUESTION)
    return [
        {
            "from": ANSWERS_TO_A_QUESTION[g - 1],
            "questions": int((group == g).sum()),
            "answers": float(np.median(asked[group == g])),
            "half_width": float(np.median((high - low)[group == g] / 2)),
        }
        for g in np.unique(group[group > 0])
    ]
