"""A tutor's log: every skill fitted, and BKT's forecast of each answer, whether a question needs one skill or several.

A log has the columns student, item, correct, each student's rows in order; links is a table with a row for each item
and skill it needs. The protocol: learn from some students, forecast each answer of others from their earlier ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .. import forecast
from .._checks import short
from ..bkt import NAMES, BKTParams, simulate, skills
from ..data.sequences import sequences_by

if TYPE_CHECKING:
    from ..forecast.scores import Estimate

A_SKILL_OF_ITS_OWN = "a skill of its own"
FLAGS = {  # a kind of flag in words -> what such flags of `skills.fit` say
    "a probability at 0 or 1": (" = 0:", " = 1:"),
    "guess > ½, slip > ½, or both too high together": ("½", "slip > 1", "slip equal 1"),
    "flat: the answers do not pin the four numbers": ("flat",),
    "another maximum: lower, or likelier upside down": ("second maximum", "upside down"),
    "one student, at most two answers each, or all alike": ("one student", "at most", "every answer"),
    "did not settle, or only roughly integrated": ("converged", "rough", "settled"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Tracing:
    """BKT for every skill. several: where an item needs several, "mean" or "geometric mean" of their forecasts, or the
    set is "a skill of its own". links: the table that the fits go by. overall: share right, for a skill not fitted.
    """

    fits: skills.SkillFits
    links: pd.DataFrame
    overall: float
    several: str = "mean"
    __repr__ = short

    def predict_rows(self, rows: pd.DataFrame) -> np.ndarray:
        """P(right) for each row of `by_skill(log, self.links)`; raw fits know nothing of a new skill."""
        known = rows["skill"].isin(self.fits.names).to_numpy() | (self.fits.prior is not None)
        out = np.full(len(rows), self.overall)
        out[known] = skills.predict(self.fits, rows[known], unseen="default")
        return out

    def predict(self, log: pd.DataFrame) -> np.ndarray:
        """P(right) for each answer."""
        rows = by_skill(log, self.links)
        p, n = self.predict_rows(rows), np.bincount(rows["answer"])
        if self.several == "mean":
            return np.bincount(rows["answer"], p) / n
        return np.exp(np.bincount(rows["answer"], np.log(p)) / n)

    def predict_each(self, rows: pd.DataFrame, log: pd.DataFrame) -> np.ndarray:
        """P(right) for each row of `by_skill(log, links)`, the links of single skills: of its skill, or of its set."""
        if self.several == A_SKILL_OF_ITS_OWN:
            return self.predict(log)[rows["answer"].to_numpy()]
        return self.predict_rows(rows)


def by_skill(log: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """A row for each answer and skill it needs, in the order answered; answer: its place in the log."""
    rows = log.assign(answer=np.arange(len(log))).merge(links, on="item", how="left")
    return rows.sort_values("answer", kind="stable", ignore_index=True)


def sets_of(links: pd.DataFrame) -> pd.DataFrame:
    """Links in which the set of skills that an item needs is one skill."""
    own = links.sort_values("skill").groupby("item")["skill"]
    return own.agg(lambda names: " ".join(map(str, names))).reset_index()


def fit(
    log: pd.DataFrame, links: pd.DataFrame, *, prior: str | None = "learned", several: str = A_SKILL_OF_ITS_OWN
) -> Tracing:
    """Fit every skill, or with several="a skill of its own" every set of skills."""
    links = sets_of(links) if several == A_SKILL_OF_ITS_OWN else links
    fits = skills.fit(sequences_by(by_skill(log, links), "skill"), prior=prior)
    return Tracing(fits, links, log["correct"].mean(), several)


def score(log: pd.DataFrame, p: np.ndarray, metrics=("auc", "log_loss")) -> dict[str, Estimate]:
    """Metrics of a forecast of this log, by student."""
    return forecast.scores.score(log.correct, p, cluster=log.student, metrics=metrics).metrics


def lead(log: pd.DataFrame, a: np.ndarray, b: np.ndarray, metric: str = "auc") -> Estimate:
    """By how much a metric is higher for forecast a than for b, paired, by student."""
    return forecast.scores.compare(log.correct, a, b, metric, cluster=log.student)


def resampled(log: pd.DataFrame, *forecasts: np.ndarray, metric: str, seed: int = 5) -> float:
    """The standard error of a metric, or of the first forecast's lead over the second, by drawing students anew."""
    drawn = [forecast.scores.bootstrap(log.correct, p, metric, log.student, rng=seed) for p in forecasts]
    return float((drawn[0] - drawn[1] if len(drawn) > 1 else drawn[0]).std(ddof=1))


def flagged(fits: skills.SkillFits) -> Mapping[str, np.ndarray]:
    """For each kind of `FLAGS`, and for "any": (skills,) whether a skill carries such a flag."""
    found = {
        kind: np.array([any(mark in flag for flag in flags for mark in marks) for flags in fits.flags])
        for kind, marks in FLAGS.items()
    }
    return found | {"any": np.array([bool(flags) for flags in fits.flags])}


def typical(fits: skills.SkillFits) -> pd.DataFrame:
    """How skills differ, a row a probability: the typical skill, between what 95% of skills lie, the typical half-width
    of one skill's interval, and how many skills' intervals exclude the typical one. fits: with a learned prior.
    """
    (low, high), prior = fits.interval(), fits.prior
    least, middle, most = (1 / (1 + np.exp(-(prior.mean + z * prior.sd))) for z in (-1.96, 0, 1.96))
    half, off = np.median((high - low) / 2, axis=0), ((low > middle) | (high < middle)).sum(0)
    columns = {"typical": middle, "low": least, "high": most, "half": half, "excluding": off}
    return pd.DataFrame(columns, index=list(NAMES))


def one_pair(rows: pd.DataFrame, answers: int = 8, right: int = 5) -> pd.DataFrame:
    """The first student's rows on one skill with so many answers, so many of them right."""
    came = rows.groupby(["student", "skill"]).correct
    fitting = (came.transform("size") == answers) & (came.transform("sum") == right)
    first = rows[fitting].iloc[0]
    return rows[(rows.student == first.student) & (rows.skill == first.skill)]


def longer_by_student(log: pd.DataFrame, p: np.ndarray, bins: int = 20) -> np.ndarray:
    """How many times as long the interval of each bin's share right is, by student, as with independent answers."""
    right, who, found = log.correct.to_numpy(), log.student.to_numpy(), []
    for part in np.array_split(np.argsort(p, kind="stable"), bins):
        off = right[part] - right[part].mean()
        own = pd.Series(off).groupby(who[part]).sum()
        found.append(np.sqrt((own**2).sum() / (off**2).sum()))
    return np.array(found)


def invented(students: int = 500, p_guess: float = 0.2, *, n: int = 30, seed: int = 5) -> dict[str, np.ndarray]:
    """Answers to n simulated skills that differ, of 5 to `students` students each, eight answers a student."""
    rng, found = np.random.default_rng(seed), {}
    for k, size in enumerate(np.geomspace(5, students, n).round().astype(int)):
        p_init, p_transit, p_slip = rng.beta([4, 2, 3], [4, 12, 12])
        guess = rng.beta(1 + 10 * p_guess, 11 - 10 * p_guess)
        skill = BKTParams(p_init=p_init, p_transit=p_transit, p_slip=p_slip, p_guess=guess)
        found[f"skill {k}"] = simulate(skill, students=size, steps=8, rng=rng).answers
    return found
