"""What a better forecast is worth in children: let go too early, or kept though they know it, of a hundred.

A child answers questions on one skill until she is let go, or the questions run out. Classes are simulated, so that who
knows the skill is known. `numbers` takes real skills, each with four numbers that its real answers allow, and decides
with the habit, with the fit and with those numbers themselves. `models` lets BKT and IRT decide about such skills, each
with the bar that lets equally many go too early; there questions are alike, or children and questions differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from tqdm.auto import tqdm

from .. import bkt
from .._checks import short
from ..bkt import NAMES, BKTParams, em
from ..bkt.sensitivity import MASTERY, mastery_step
from ..bkt.skills import SkillFits
from ..forecast import baselines
from .levels import best_step, many_levels

COSTS = ("early", "kept", "extra")
WORLDS = {"questions alike": (0.0, 0.0), "children and questions differ": (0.7, 1.0)}  # spreads of both, in logits
POINTS = 31  # levels of ability


@dataclass(frozen=True, eq=False, repr=False)
class Decisions:
    """What deciding did. draws: a row a draw and decider with early and kept, of 100 children, and extra questions.

    early: let go and do not know it. kept: know it at the end and were never let go. extra: questions answered while
    she already knew it, of one child. Each is a mean over children. skills, children: decided about in a draw.
    """

    draws: pd.DataFrame
    skills: int
    children: int
    questions: int
    seed: int
    __repr__ = short

    @property
    def means(self) -> pd.DataFrame:
        """Means over draws, a row a decider."""
        return self.draws.groupby("decider", sort=False)[list(COSTS)].mean()

    def range(self, level: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Ends between which so many draws lie, a row a decider each."""
        by = self.draws.groupby("decider", sort=False)[list(COSTS)]
        return by.quantile((1 - level) / 2), by.quantile((1 + level) / 2)

    def fewer(self, a: str, b: str, cost: str) -> tuple[float, float, float]:
        """By how much a cost is lower for a than for b, paired by draw: mean, and ends of 95% of draws."""
        wide = self.draws.pivot(index="draw", columns="decider", values=cost)
        less = wide[b] - wide[a]
        return float(less.mean()), *map(float, less.quantile([0.025, 0.975]))


def numbers(fits: SkillFits, *, questions: int = 20, n: int = 20, seed: int = 24, progress: bool = False) -> Decisions:
    """Decide n times about simulated classes of real skills, with the habit, with the fit, and with the true numbers.

    fits: with a learned prior. In each draw a skill's true four numbers are drawn from what its answers leave open, its
    class is as large as the real one, and all decide at P(known) of 0.95. Skills with a flag are left out.
    """
    rng, found, plain = np.random.default_rng(seed), [], [k for k, why in enumerate(fits.flags) if not why]
    for draw in tqdm(range(n), disable=not progress, desc="draws"):
        total: Mapping[str, np.ndarray] = {name: np.zeros(3) for name in ("habit", "fit", "true numbers")}
        for k in plain:
            truth = possible(fits, k, rng)
            group = bkt.simulate(truth, students=int(fits.students[k]), steps=questions + 1, rng=rng)
            for name, assumed in zip(total, (BKTParams(), fits.params[k], truth), strict=True):
                known = bkt.filter(group.answers[:, :-1], assumed).p_known
                total[name] += costs(known, group.known, MASTERY) * len(known)
        children = fits.students[plain].sum()
        found += [{"draw": draw, "decider": name, **_row(sums / children)} for name, sums in total.items()]
    return Decisions(pd.DataFrame(found), len(plain), int(children), questions, seed)


def possible(fits: SkillFits, k: int, rng: np.random.Generator) -> BKTParams:
    """Four numbers of a skill that its answers allow, guess + slip below 1."""
    while True:
        p = expit(rng.multivariate_normal(logit(fits.estimates[k]), fits.covariance[k]))
        if p[2] + p[3] < 1:
            return BKTParams(**dict(zip(NAMES, p, strict=True)))


@dataclass(frozen=True, eq=False, repr=False)
class Models:
    """What `models` found. frame: a row a world, skill and decider: kept of 100 children, extra questions of one child,
    and loss, the log loss of its forecasts of the same answers. early: of 100, let go too early by every decider.
    """

    frame: pd.DataFrame
    early: float
    skills: int
    children: int
    questions: int
    seed: int
    __repr__ = short

    def found(self, world: str, cost: str, less: str | None = None) -> pd.DataFrame:
        """A row a decider: mean over skills, low and high of its 95% interval, by skill.

        less: a decider whose cost is taken off first, skill by skill.
        """
        own = self.frame[self.frame.world == world].pivot(index="skill", columns="decider", values=cost)
        own = own.sub(own[less] if less else 0, axis=0)[self.frame.decider.unique()]
        mean, half = own.mean(), 1.96 * own.std() / np.sqrt(self.skills)
        return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def models(
    fits: SkillFits, *, every: int = 3, early: float = 0.05, questions: int = 20, n: int = 1000, seed: int = 25,
    progress: bool = False,
) -> Models:  # fmt: skip
    """BKT and IRT decide about n simulated children of every third real skill with 100 students or more and no flag.

    In each skill all are fitted to a class of its real size, at most 500. Each decider has the bar with which it lets a
    share `early` go too early, on each skill: nobody could set it so well, and so bars play no part in the comparison.
    """
    rng, found = np.random.default_rng(seed), []
    plain = [k for k, why in enumerate(fits.flags) if not why and fits.students[k] >= 100][::every]
    for world, (own, hard) in WORLDS.items():
        for k in tqdm(plain, world, disable=not progress):
            truth, difficulty = possible(fits, k, rng), rng.normal(0, 1, questions) * hard
            sizes = min(int(fits.students[k]), 500), n
            (seen, _), (new, known) = (_class(truth, size, difficulty, own, rng) for size in sizes)
            for name, (sure, forecast) in _deciders(seen, new).items():
                kept, extra = at_equal(sure.reshape(n, -1), known, early)
                loss = -np.log(np.where(new.correct == 1, forecast, 1 - forecast)).mean()
                row = {"kept": 100 * kept, "extra": extra, "loss": loss}
                found.append({"world": world, "skill": fits.names[k], "decider": name, **row})
    return Models(pd.DataFrame(found), 100 * early, len(plain), n, questions, seed)


def at_equal(sure: np.ndarray, known: np.ndarray, early: float, bars: int = 80) -> np.ndarray:
    """Share kept and mean extra questions at the bar that lets a share `early` go too early, between bars tried."""
    tried = np.quantile(sure, np.linspace(0.9999, 0.02, bars)).clip(1e-9, 1 - 1e-9)
    gone, *others = np.array([costs(sure, known, bar) for bar in tried]).T
    return np.array([np.interp(early, np.maximum.accumulate(gone), other) for other in others])


def costs(sure: np.ndarray, known: np.ndarray, bar: float) -> np.ndarray:
    """Shares let go too early and kept, and mean extra questions, where one is let go once sure of her.

    sure: (children, questions), after each question. known: (children, questions + 1), before each, and after the last.
    """
    step = mastery_step(sure, bar)
    let_go, at = step > 0, np.where(step > 0, step, sure.shape[1]) - 1
    knows = known[np.arange(len(known)), at + 1] == 1
    given = np.arange(sure.shape[1]) <= at[:, None]
    extra = (known[:, :-1] * given).sum(1)
    return np.array([(let_go & ~knows).mean(), (~let_go & knows).mean(), extra.mean()])


def _class(p: BKTParams, n: int, difficulty: np.ndarray, own: float, rng) -> tuple[pd.DataFrame, np.ndarray]:
    """A log of n children, each with an order of the questions of her own, and what each knew: (n, questions + 1)."""
    steps = len(difficulty)
    known = bkt.simulate(p, students=n, steps=steps + 1, rng=rng).known
    item = rng.permuted(np.tile(np.arange(steps), (n, 1)), axis=1)
    level = logit(np.where(known[:, :-1] == 1, 1 - p.p_slip, p.p_guess))
    right = rng.random(item.shape) < expit(level + own * rng.normal(size=(n, 1)) - difficulty[item])
    student = np.repeat(np.arange(n), steps)
    return pd.DataFrame({"student": student, "item": item.ravel(), "correct": right.ravel().astype(int)}), known


def _deciders(seen: pd.DataFrame, new: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Fitted to one class: how sure each is of the children of another after each answer, and its forecast before."""
    wide = [log.correct.to_numpy(float).reshape(log.student.nunique(), -1) for log in (seen, new)]
    params, rasch = em.fit(wide[0]).params, baselines.fit_rasch(seen, points=POINTS)
    step, out = best_step(seen, rasch), {}
    for name, own in (("habit", BKTParams()), ("BKT", params)):
        trace = bkt.filter(wide[1], own)
        out[name] = trace.p_known.ravel(), trace.p_correct.ravel()
    for name, size in (("IRT", 0.0), ("IRT that moves", step)):
        out[name] = tuple(many_levels(new, rasch, size, POINTS, after=after) for after in (True, False))
    after = bkt.p_correct(out["BKT"][0], params), out["BKT"][1]
    return out | {"average": tuple((a + b) / 2 for a, b in zip(after, out["IRT"], strict=True))}


def _row(found: np.ndarray) -> dict[str, float]:
    return dict(zip(COSTS, found * (100, 100, 1), strict=True))
