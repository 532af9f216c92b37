"""Last week's fits as this week's prior: what it costs against fitting all the weeks again.

New students come to the same skills every week. One way keeps every answer and fits all of them each week, prior and
all; the other keeps last week's `SkillFits` alone, and fits this week's answers with these as the prior. The second
forgets what a normal cannot hold: skew, and what later weeks say of the prior over skills.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from .. import bkt
from .._checks import short
from ..bkt import BKTParams, skills
from ..bkt._newton import to_logit, to_params
from ..data.sequences import Sequences
from . import stored

PRIOR = skills.SkillPrior(to_logit(np.array([0.3, 0.15, 0.1, 0.2])), np.array([0.8, 0.6, 0.5, 0.5]))


@dataclass(frozen=True, eq=False)
class NextWeek:
    """Both ways, week by week.

    kept, refit: (weeks, skills, 4) logits; kept_se, refit_se: their standard errors; truth: (skills, 4).
    kept_seconds, refit_seconds: (weeks,). students: new ones a skill and week. steps: answers each. seed: of the draws.
    """

    kept: np.ndarray
    kept_se: np.ndarray
    refit: np.ndarray
    refit_se: np.ndarray
    truth: np.ndarray
    kept_seconds: np.ndarray
    refit_seconds: np.ndarray
    students: int
    steps: int
    seed: int
    __repr__ = short

    def apart(self) -> np.ndarray:
        """(weeks,) the root mean squared distance of the two, in standard errors of the refit."""
        return np.sqrt((((self.kept - self.refit) / self.refit_se) ** 2).mean((1, 2)))

    def error(self) -> tuple[np.ndarray, np.ndarray]:
        """(weeks,) root mean squared errors in logits against the truth: kept, refit."""
        return tuple(np.sqrt(((found - self.truth) ** 2).mean((1, 2))) for found in (self.kept, self.refit))

    def holds(self) -> tuple[np.ndarray, np.ndarray]:
        """(weeks,) how often 95% intervals hold the truth: kept, refit."""
        pairs = (self.kept, self.kept_se), (self.refit, self.refit_se)
        return tuple((np.abs(found - self.truth) < 1.96 * se).mean((1, 2)) for found, se in pairs)


def in_full() -> dict:
    """What benchmarks/next_week_study.py stored: "about", and by prior "learned" or "known" the means over seeds."""
    return json.loads(stored("results/next_week.json").read_text())


def run(
    *, weeks: int = 6, number: int = 20, students: int = 25, steps: int = 8, prior="learned", seed: int = 0
) -> NextWeek:
    """Draw skills from `PRIOR`, then classes week by week, and fit both ways.

    number: of skills, at least five. prior: "learned", by the refit anew every week and by the other in the first week
    alone; or a `SkillPrior` for both, such as `PRIOR`, which leaves only what the normal between the weeks cuts off.
    """
    rng = np.random.default_rng(seed)
    truth = PRIOR.mean + PRIOR.sd * rng.normal(size=(number, 4))
    everything, last, found = {}, None, {name: [] for name in ("kept", "refit")}
    for _ in range(weeks):
        new = {k: drawn(to_params(logits), students, steps, rng) for k, logits in enumerate(truth)}
        everything = {k: joined(everything.get(k), answers) for k, answers in new.items()}
        start = perf_counter()
        last = skills.fit(new, prior=prior if last is None else last)
        middle = perf_counter()
        refit = skills.fit(everything, prior=prior)
        found["kept"].append((last, middle - start))
        found["refit"].append((refit, perf_counter() - middle))
    arrays = {}
    for name, fits in found.items():
        arrays[name] = np.array([to_logit(fit.estimates) for fit, _ in fits])
        arrays[f"{name}_se"] = np.array([np.sqrt(np.diagonal(fit.covariance, 0, 1, 2)) for fit, _ in fits])
        arrays[f"{name}_seconds"] = np.array([seconds for _, seconds in fits])
    return NextWeek(**arrays, truth=truth, students=students, steps=steps, seed=seed)


def drawn(params: BKTParams, students: int, steps: int, rng: np.random.Generator) -> Sequences:
    """A class that begins the skill."""
    return Sequences.from_array(bkt.simulate(params, students=students, steps=steps, rng=rng).answers)


def joined(one: Sequences | None, other: Sequences) -> Sequences:
    """Both classes as one."""
    if one is None:
        return other
    answers, lengths = (np.concatenate([getattr(s, name) for s in (one, other)]) for name in ("answers", "lengths"))
    return Sequences(answers, lengths, tuple(range(len(lengths))))
