"""IRT and BKT where the truth is known: students who learn, students who do not, and both at once.

Three worlds, each drawn anew many times: a class to fit, a new one to forecast. "they learn": BKT's own world, all
questions alike. "they do not": IRT's own, abilities from N(0.5, 1.5²), difficulties from N(0, 1). "both": a logit of 2
if known and −1.5 if not, plus a student's own N(0, 0.7²), less the question's N(0, 1). Each student has an order of the
questions of her own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from tqdm.auto import tqdm

from .. import bkt
from .._checks import short
from ..bkt import BKTParams, em
from ..forecast import baselines, scores
from .levels import best_step, many_levels, two_levels

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
STUDENTS, STEPS = 300, 20
MODELS = ("truth", "BKT", "IRT", "ability that moves", "average")


@dataclass(frozen=True, eq=False, repr=False)
class Worlds:
    """What `draws` draws of each world gave, seeds `seed` and up; `students` of `steps` answers in each class.

    scores: a row a world, draw and model, with auc and log_loss. step_sizes: world -> the step chosen in each draw.
    since_learning: mean truth and forecasts by questions since she learned it (0: the first after), where they learn.
    by_difficulty: the same by a question's difficulty, where they do not. verdicts: where nobody learns, the share whom
    BKT credits with learning, and the share of middling students (right 50 to 70% of the time) of whom it ends up sure,
    with fitted numbers and with the literature's habit.
    """

    draws: int
    seed: int
    students: int
    steps: int
    scores: pd.DataFrame
    step_sizes: dict[str, tuple[float, ...]]
    since_learning: pd.DataFrame
    by_difficulty: pd.DataFrame
    verdicts: pd.DataFrame
    __repr__ = short

    def of(self, world: str, model: str, metric: str = "log_loss") -> np.ndarray:
        """(draws,) values of a metric."""
        at = (self.scores.world == world) & (self.scores.model == model)
        return self.scores[at][metric].to_numpy()

    def mean(self, world: str, model: str, metric: str = "log_loss") -> float:
        """Its mean over draws."""
        return float(self.of(world, model, metric).mean())

    def spread(self, world: str, model: str, metric: str = "log_loss") -> str:
        """Its mean, and in brackets the range of 95% of draws."""
        values = self.of(world, model, metric)
        low, high = np.quantile(values, [0.025, 0.975])
        return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"

    def better(self, world: str, a: str, b: str) -> int:
        """In how many draws a has the lower log loss."""
        return int((self.of(world, a) < self.of(world, b)).sum())


def run(draws: int = 40, seed: int = 600, progress: bool = False) -> Worlds:
    """Draw, fit and forecast each world `draws` times, draw k with the seed `seed` + k."""
    rows, sizes, near, questions, verdicts = [], {name: [] for name in WORLDS}, [], [], []
    for world, draw_class in WORLDS.items():
        for draw in tqdm(range(draws), world, disable=not progress):
            rng = np.random.default_rng(seed + draw)
            hard = rng.normal(0, 1, STEPS)
            training, new = draw_class(rng, hard), draw_class(rng, hard)
            params, size, forecasts = _forecasts(training, new)
            sizes[world].append(size)
            for model, p in forecasts.items():
                found = scores.score(new.correct, p, metrics=("auc", "log_loss"))
                rows.append({"world": world, "draw": draw, "model": model} | found.row())
            log = new.assign(hard=hard[new.item], **forecasts)
            if world == "they learn":
                near.append(_since_learning(log))
            elif world == "they do not":
                questions.append(log)
                verdicts += [
                    _verdict(log, numbers, name) for name, numbers in (("fitted", params), ("habit", BKTParams()))
                ]
    shown = ["truth", "BKT", "IRT"]
    questions = pd.concat(questions)
    band = pd.cut(questions.hard, np.arange(-2.25, 2.5, 0.5))
    return Worlds(
        draws=draws,
        seed=seed,
        students=STUDENTS,
        steps=STEPS,
        scores=pd.DataFrame(rows),
        step_sizes={world: tuple(found) for world, found in sizes.items()},
        since_learning=pd.concat(near).groupby("at")[shown].mean(),
        by_difficulty=questions.groupby(band, observed=True)[["hard", *shown]].mean(),
        verdicts=pd.DataFrame(verdicts).groupby("numbers").mean(),
    )


def wide(log: pd.DataFrame, column: str = "correct") -> np.ndarray:
    """A column of such a log as (students, steps)."""
    return log[column].to_numpy(float).reshape(-1, STEPS)


def learners(rng: np.random.Generator, difficulty=None, params: BKTParams = TRUTH) -> pd.DataFrame:
    """BKT's world: they learn; questions are alike. A row an answer: item, correct, p (the true chance), known."""
    group = bkt.simulate(params, students=STUDENTS, steps=STEPS, rng=rng)
    p = np.where(group.known == 1, 1 - params.p_slip, params.p_guess)
    return _log_of(group.answers, _mixed(rng), p=p, known=group.known)


def late_learner(log: pd.DataFrame, after: int = 8) -> pd.DataFrame:
    """The rows of the first student who learned it after so many answers, or as near to that as there is."""
    learned_at = (wide(log, "known") == 0).sum(1)
    return log[log.student == np.abs(learned_at - after).argmin()].reset_index(drop=True)


def steady(rng: np.random.Generator, difficulty: np.ndarray) -> pd.DataFrame:
    """IRT's world: abilities and difficulties differ; nobody changes."""
    item = _mixed(rng)
    able = rng.normal(0.5, 1.5, STUDENTS)[:, None]
    p = expit(able - difficulty[item])
    return _log_of(rng.random(p.shape) < p, item, p=p)


def both(rng: np.random.Generator, difficulty: np.ndarray) -> pd.DataFrame:
    """They learn, they differ, and so do questions."""
    item = _mixed(rng)
    group = bkt.simulate(TRUTH, students=STUDENTS, steps=STEPS, rng=rng)
    own = rng.normal(0, 0.7, STUDENTS)[:, None]
    p = expit(np.where(group.known == 1, 2, -1.5) + own - difficulty[item])
    return _log_of(rng.random(p.shape) < p, item, p=p, known=group.known)


WORLDS = {"they learn": learners, "they do not": steady, "both": both}


def _forecasts(training: pd.DataFrame, new: pd.DataFrame) -> tuple[BKTParams, float, dict[str, np.ndarray]]:
    """BKT's numbers fitted to a class, the step chosen on it, and each model's forecasts of another."""
    params = em.fit(wide(training)).params
    rasch = baselines.fit_rasch(training, points=41)
    size = best_step(training, rasch)
    by = {
        "truth": new.p,
        "BKT": two_levels(new, params),
        "IRT": many_levels(new, rasch),
        "ability that moves": many_levels(new, rasch, size),
    }
    return params, size, by | {"average": (by["BKT"] + by["IRT"]) / 2}


def _since_learning(log: pd.DataFrame) -> pd.DataFrame:
    """The rows of students who learned it, near that moment; at: questions since."""
    late = (wide(log, "known") == 0).sum(1)[log.student]
    log = log.assign(at=np.arange(len(log)) % STEPS - late)
    return log[(late > 0) & log["at"].between(-6, 10)]


def _verdict(log: pd.DataFrame, numbers: BKTParams, name: str) -> dict:
    """Whom BKT credits with learning, and with mastery among the middling."""
    middling = np.abs(wide(log, "p").mean(1) - 0.6) < 0.1
    learned = bkt.smooth(wide(log), numbers).p_learned.sum(1).mean()
    mastered = (bkt.filter(wide(log), numbers).p_known[:, -1][middling] > 0.95).mean()
    return {"numbers": name, "learned": learned, "mastered": mastered}


def _log_of(answers: np.ndarray, item: np.ndarray, **more) -> pd.DataFrame:
    """One row an answer, each student's in order."""
    columns = {"item": item, "correct": answers.astype(int)} | more
    log = pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})
    return log.assign(student=np.arange(len(log)) // STEPS)


def _mixed(rng: np.random.Generator) -> np.ndarray:
    """Every student's own order of the questions."""
    return rng.permuted(np.tile(np.arange(STEPS), (STUDENTS, 1)), axis=1)
