"""Real classes of 22, fitted alone and with a prior from other skills; students whom no fit has seen are the judges.

Half of the training students teach the prior, and a skill's prior comes from other skills only. Classes are drawn from
the other half. Each answer of a judge is forecast from her earlier answers on that skill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from .. import _checks as checks
from .. import bkt
from ..bkt import NAMES, BKTParams, skills
from ..bkt.profiles import expit, logit
from ..data import datasets
from ..data.sequences import sequences_by

FOLDS = 5
METHODS = {
    "habit": "the literature's numbers",
    "typical": "the prior's typical skill, without any class",
    "raw": "a class alone",
    "raw .001": "a class alone, kept 0.001 from 0 and 1",
    "raw .01": "a class alone, kept 0.01 from 0 and 1",
    "borrowed": "a class with the prior",
    "large": "all students of our half",
}


@dataclass(frozen=True, eq=False)
class Borrowing:
    """What `run` found.

    teachers, ours: how many students in each half. others, prior: skill -> the teaching half's answers, and the prior
    from skills of other folds. alone, borrowed: skill -> fits of its classes. answered: how many answers each class
    holds. scores: a row for each skill and judge, with her number of answers and each method's total log loss on them.
    """

    size: int
    classes: int
    seed: object
    teachers: int
    ours: int
    others: dict
    prior: dict
    alone: dict
    borrowed: dict
    answered: np.ndarray
    scores: pd.DataFrame
    __repr__ = checks.short

    @property
    def skills(self) -> list:
        """The skills on which classes were drawn."""
        return list(self.alone)

    @property
    def loss(self) -> pd.Series:
        """Log loss an answer, by method."""
        return self.scores[list(METHODS)].sum() / self.scores.answers.sum()

    def bootstrap(self, draws: int = 2000, seed=23) -> pd.DataFrame:
        """`loss` again for judges drawn with replacement, a row a draw. `.quantile` and `.sub` give intervals."""
        sums = self.scores.groupby("student")[["answers", *METHODS]].sum().to_numpy()
        times = checks.generator(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws)
        totals = times @ sums
        return pd.DataFrame(totals[:, 1:] / totals[:, :1], columns=list(METHODS))

    def saved(self) -> tuple[pd.Series, pd.Series]:
        """By method, what the class with the prior saves of its log loss, and the 95% interval in words, paired."""
        again = self.bootstrap()
        low, high = again.sub(again.borrowed, axis=0).quantile([0.025, 0.975]).to_numpy()
        words = [f"{a:.3f} to {b:.3f}" for a, b in zip(low, high, strict=True)]
        return self.loss - self.loss.borrowed, pd.Series(words, again.columns)

    def wins(self) -> pd.Series:
        """On how many skills the class with the prior forecasts better, by method."""
        sums = self.scores.groupby("skill")[["answers", *METHODS]].sum()
        each = sums[list(METHODS)].div(sums.answers, axis=0)
        return each.gt(each.borrowed, axis=0).sum()

    def flagged(self) -> tuple[int, int]:
        """How many fits raise a flag: alone, and with the prior."""
        return tuple(sum(map(bool, flags)) for flags in (_flags(self.alone), _flags(self.borrowed)))


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """Classes with a prior beside fits to the other half. gaps: (skills, classes, 4) in joint standard errors."""

    skills: list
    gaps: np.ndarray
    __repr__ = checks.short

    @property
    def agree(self) -> np.ndarray:
        """Whether the two differ by less than 1.96 joint standard errors, shaped as `gaps`."""
        return np.abs(self.gaps) < 1.96

    def half_width(self, name: str | None = None) -> float:
        """95% half-width of the share that agrees, skills drawn again: of one parameter, or of all four together."""
        which = slice(None) if name is None else [NAMES.index(checks.one_of(name, NAMES, "name"))]
        shares = self.agree[:, :, which].mean((1, 2))  # a skill's classes hang together
        return float(1.96 * shares.std(ddof=1) / np.sqrt(len(shares)))


@dataclass(frozen=True, eq=False)
class Expected:
    """Real classes beside those that their prior expects, before any answer is seen: a prior predictive check.

    real: by what was measured, (classes,); drawn: (classes, draws). "level": share right among each child's first
    answers; "rise": how much higher it is after the very first one.
    """

    real: dict[str, np.ndarray]
    drawn: dict[str, np.ndarray]
    __repr__ = checks.short

    def inside(self, what: str) -> float:
        """Share of real classes among the middle 95% of what their own prior expects. what: "level" or "rise"."""
        drawn = self.drawn[checks.one_of(what, tuple(self.drawn), "what")]
        low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
        return float(((low <= self.real[what]) & (self.real[what] <= high)).mean())


def assistments() -> tuple[pd.DataFrame, pd.DataFrame]:
    """ASSISTments training and test answers, a row for each skill that an answer needs. Raises as `datasets`."""
    labels = datasets.assist2009_skills()
    return tuple(datasets.assist2009(part).merge(labels, on="item") for part in ("train", "test"))


def run(train, test, *, size: int = 22, classes: int = 10, seed=22, progress=False) -> Borrowing:
    """Learn priors from half of the training students, draw classes from the other half, judge by the test students.

    train, test: frames in the order answered, with student, skill and correct. size, classes: students in a class, and
    classes for every skill that twice as many of our half and as many judges have answered. Raises as `skills.fit`.
    """
    rng, size = checks.generator(seed), checks.whole(size, "size", 1)
    everyone = rng.permutation(train.student.unique())
    teaches = train.student.isin(everyone[: len(everyone) // 2])
    others, ours = (sequences_by(part, "skill") for part in (train[teaches], train[~teaches]))
    judges = sequences_by(test, "skill")
    prior = _priors(others, rng)
    eligible = [s for s in ours if s in prior and s in judges and len(ours[s]) >= 2 * size and len(judges[s]) >= size]
    alone, borrowed, answered, scores = {}, {}, [], []
    for skill in tqdm(eligible, unit="skill", disable=not checks.flag(progress, "progress")):
        everybody = ours[skill].to_array()
        rooms = {k: everybody[rng.choice(len(everybody), size, replace=False)] for k in range(classes)}
        answered += [int((~np.isnan(room)).sum()) for room in rooms.values()]
        alone[skill] = skills.fit(rooms, prior=None)
        borrowed[skill] = skills.fit(rooms, prior=prior[skill])
        large = skills.fit({"all": ours[skill]}, prior=None)
        raw = alone[skill].params
        tried = {
            "habit": [BKTParams()],
            "typical": [prior[skill].params],
            "raw": raw,
            "raw .001": [_kept_off(p, 0.001) for p in raw],
            "raw .01": [_kept_off(p, 0.01) for p in raw],
            "borrowed": borrowed[skill].params,
            "large": large.params,
        }
        seen = judges[skill].to_array()
        losses = {how: np.mean([_losses(seen, p) for p in params], 0) for how, params in tried.items()}
        who = {"skill": skill, "student": judges[skill].students, "answers": [len(a) for a in judges[skill]]}
        scores.append(pd.DataFrame(who | losses))
    teachers = len(everyone) // 2
    found = (others, prior, alone, borrowed, np.array(answered), pd.concat(scores, ignore_index=True))
    return Borrowing(size, classes, seed, teachers, len(everyone) - teachers, *found)


def second_opinion(found: Borrowing, students: int = 200) -> SecondOpinion:
    """Where the teaching half has as many students on a skill and its fit no flag: do its classes agree with that fit?

    The difference is measured in logits, against both standard errors together.
    """
    gaps = {}
    for skill in found.skills:
        if len(found.others[skill]) < students:
            continue
        second = skills.fit({skill: found.others[skill]}, prior=None)
        if second.flags[0]:
            continue
        mine = found.borrowed[skill]
        variance = np.diagonal(mine.covariance + second.covariance, axis1=1, axis2=2)
        gaps[skill] = (logit(mine.estimates) - logit(second.estimates)) / np.sqrt(variance)
    return SecondOpinion(list(gaps), np.array(list(gaps.values())))


def expected(found: Borrowing, *, draws: int = 50, answers: int = 5, seed=24) -> Expected:
    """What classes do the priors expect? For each skill of the teaching half one real class and `draws` imagined ones.

    The real one: the first `found.size` students on that skill, their first `answers` answers. An imagined one: a skill
    drawn from the prior that other skills taught, and as many answers of as many students.
    """
    rng, draws, answers = checks.generator(seed), checks.whole(draws, "draws", 2), checks.whole(answers, "answers", 2)
    real, drawn = [], []
    for skill, everyone in found.others.items():
        seen = everyone.to_array()[: found.size, :answers]
        if len(seen) < found.size or seen.shape[1] < 2:
            continue
        real.append(_level_and_rise(seen))
        classes = []
        for logits in found.prior[skill].mean + found.prior[skill].sd * rng.standard_normal((draws, 4)):
            params = BKTParams(**dict(zip(NAMES, expit(logits).tolist(), strict=True)), allow_flip=True)
            room = bkt.simulate(params, students=found.size, steps=seen.shape[1], rng=rng).answers
            classes.append(_level_and_rise(np.where(np.isnan(seen), np.nan, room)))
        drawn.append(classes)
    real, drawn = np.array(real).T, np.moveaxis(np.array(drawn), 2, 0)
    return Expected(*(dict(zip(("level", "rise"), values, strict=True)) for values in (real, drawn)))


def _level_and_rise(answers: np.ndarray) -> tuple[float, float]:
    return float(np.nanmean(answers)), float(np.nanmean(answers[:, 1:]) - np.nanmean(answers[:, 0]))


def _priors(others: dict, rng: np.random.Generator) -> dict:
    """Skill -> what the skills of the other folds say of skills."""
    prior = {}
    for fold in np.array_split(rng.permutation(sorted(others)), FOLDS):
        fold = fold.tolist()
        learned = skills.fit({skill: answers for skill, answers in others.items() if skill not in fold})
        if not learned.converged.all():
            raise ValueError(f"the prior from the skills outside {fold} did not settle: use more students or skills")
        prior |= dict.fromkeys(fold, learned.prior)
    return prior


def _losses(seen: np.ndarray, params: BKTParams) -> np.ndarray:
    """(students,) total log loss of the judges' answers."""
    p = bkt.filter(seen, params).p_correct
    each = np.where(seen == 1, -np.log(p), -np.log1p(-p))
    return np.where(np.isnan(seen), 0, each).sum(1)


def _kept_off(params: BKTParams, edge: float) -> BKTParams:
    """Every number at least `edge` from 0 and 1."""
    return params.moved(**dict(zip(NAMES, np.clip(tuple(params), edge, 1 - edge).tolist(), strict=True)))


def _flags(fits: dict) -> list:
    return [flags for fit in fits.values() for flags in fit.flags]
