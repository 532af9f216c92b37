"""Where BKT fails on a real log: the first answer, after a pause, and along a skill.

BKT says that chances to learn are all alike, that nobody forgets, and that on a skill the share right only rises. Each
can be checked on rows of answer and skill (`tutor_log.by_skill`), as right minus forecast with intervals by student, or
as a posterior predictive check: would students drawn from the fitted model show the same (Rubin 1984)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import bkt
from .._checks import short
from ..bkt import skills
from ..data.sequences import sequences_by
from ..forecast import baselines
from .children import possible
from .tutor_log import by_skill, score

STEPS = {"1": 1, "2": 2, "3": 3, "4–5": 5, "6–10": 10, "11–20": 20, "21 or later": np.inf}  # the last of each
GAPS = {"none": 0, "1–3": 3, "4–30": 30, "31–100": 100, "more": np.inf}
KEEP = (1.0, 0.995, 0.99, 0.98, 0.95)


def looked_at(rows: pd.DataFrame, forecast: np.ndarray) -> pd.DataFrame:
    """Rows with forecast, over (right minus forecast), step (which encounter) and gap (answers to something else)."""
    turn = rows.groupby(["student", "skill"])
    return rows.assign(
        forecast=forecast,
        over=rows.correct - forecast,
        step=turn.cumcount() + 1,
        gap=turn.answer.diff() - 1,
    )


def surprise(rows: pd.DataFrame) -> dict:
    """n, students, forecast, right, off (right minus forecast) and half, the half-width of its 95% interval."""
    off = rows.over.mean()
    own = (rows.over - off).groupby(rows.student).sum()
    return {
        "n": len(rows),
        "students": own.size,
        "forecast": rows.forecast.mean(),
        "right": rows.correct.mean(),
        "off": off,
        "half": 1.96 * np.sqrt((own**2).sum()) / len(rows),
    }


def by_step(rows: pd.DataFrame) -> pd.DataFrame:
    """`surprise` by which encounter with the skill it is; rows as `looked_at` gives them."""
    return _by(rows, pd.cut(rows.step, [0, *STEPS.values()], labels=list(STEPS)))


def by_gap(rows: pd.DataFrame) -> pd.DataFrame:
    """`surprise` by how many other answers lie between this and her last on the skill; first ones are left out."""
    return _by(rows, _gaps(rows))


def ease_by_gap(rows: pd.DataFrame, ease: np.ndarray) -> pd.Series:
    """The mean of something by gap: are the questions harder after a pause?"""
    return pd.Series(ease, rows.index).groupby(_gaps(rows), observed=False).mean()


def halves(log: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The students of a log, each half forecast by skills fitted to the other half; as `looked_at` gives them."""
    half = log.student.isin(np.unique(log.student)[::2])
    found = []
    for here, there in ((half, ~half), (~half, half)):
        fits = skills.fit(sequences_by(by_skill(log[here], links), "skill"))
        rows = by_skill(log[there], links)
        found.append(looked_at(rows, skills.predict(fits, rows, unseen="default")))
    return pd.concat(found, ignore_index=True)


@dataclass(frozen=True, eq=False, repr=False)
class Along:
    """How the share right changes along each skill, from answers 2–4 to 8–10 of the same students.

    changes: a row a skill: students, came (the change), half (its 95% interval), expected (by BKT); least came first.
    """

    changes: pd.DataFrame
    __repr__ = short

    @property
    def less(self) -> np.ndarray:
        """Skills where less came than BKT expects, surely."""
        return (self.changes.came + self.changes.half < self.changes.expected).to_numpy()

    @property
    def more(self) -> np.ndarray:
        """Skills where more came than BKT expects, surely."""
        return (self.changes.came - self.changes.half > self.changes.expected).to_numpy()

    @property
    def outside(self) -> np.ndarray:
        """Skills where BKT's expected change lies outside the interval."""
        return self.less | self.more

    @property
    def fell(self) -> np.ndarray:
        """Skills where the share right falls."""
        return (self.changes.came < 0).to_numpy()

    @property
    def surely_fell(self) -> np.ndarray:
        """Those with the whole interval below zero."""
        return (self.changes.came + self.changes.half < 0).to_numpy()


def along(rows: pd.DataFrame, fits: skills.SkillFits, least: int = 100) -> Along:
    """Skills with `least` students or more who gave ten answers or more; rows: of all students."""
    turn = rows.groupby(["student", "skill"])
    stay = rows.assign(step=turn.cumcount(), length=turn.answer.transform("size"))
    stay = stay[(stay.length >= 10) & (stay.step < 10)]
    found = []
    for skill, own in stay.groupby("skill"):
        wide = own.pivot(index="student", columns="step", values="correct")
        if len(wide) < least:
            continue
        params = fits.params[fits.names.index(skill)]
        unknown = (1 - params.p_init) * (1 - params.p_transit) ** np.arange(10)
        expected = bkt.p_correct(1 - unknown, params)
        found.append((skill, len(wide), *_moved(wide.to_numpy()), expected[7:].mean() - expected[1:4].mean()))
    columns = ["skill", "students", "came", "half", "expected"]
    return Along(pd.DataFrame(found, columns=columns).sort_values("came", ignore_index=True))


def replicated(fits: skills.SkillFits, rows: pd.DataFrame, n: int = 100, seed: int = 7) -> dict[str, pd.DataFrame]:
    """By "step" and by "gap": between what ends right minus forecast lies for 95% of n copies of the log.

    In a copy every skill has four numbers that its answers allow (`children.possible`), every student answers as BKT
    with these numbers says, as often and after the same pauses as in rows, and the fits forecast her as ever.
    """
    rng, rows = np.random.default_rng(seed), rows.reset_index(drop=True)
    found, whose = {"step": [], "gap": []}, pd.Index(fits.names).get_indexer(rows.skill)
    for _ in range(n):
        drawn = [tuple(possible(fits, k, rng)) for k in range(len(fits.names))] + [tuple(fits.prior.params)]
        copy = rows.assign(correct=_answers(rows, np.array(drawn)[whose].T, rng))
        copy = looked_at(copy, forgetting(fits, copy, 1.0))
        found["step"].append(by_step(copy).off)
        found["gap"].append(by_gap(copy).off)
    ends = {name: pd.DataFrame(offs).quantile([0.025, 0.975]).T for name, offs in found.items()}
    return {name: both.set_axis(["low", "high"], axis=1) for name, both in ends.items()}


def along_replicated(found: Along, fits: skills.SkillFits, n: int = 200, seed: int = 7) -> dict[str, np.ndarray]:
    """(n,) counts of "outside" and "surely_fell" where the students of `along` answer as BKT says."""
    rng, counts = np.random.default_rng(seed), {"outside": [], "surely_fell": []}
    for _ in range(n):
        rows = []
        for skill, students, expected in found.changes[["skill", "students", "expected"]].itertuples(index=False):
            truth = possible(fits, fits.names.index(skill), rng)
            answers = bkt.simulate(truth, students=int(students), steps=10, rng=rng).answers
            rows.append((skill, students, *_moved(answers), expected))
        copy = Along(pd.DataFrame(rows, columns=found.changes.columns))
        for name, values in counts.items():
            values.append(getattr(copy, name).sum())
    return {name: np.array(values) for name, values in counts.items()}


def forgetting(fits: skills.SkillFits, rows: pd.DataFrame, keep: float) -> np.ndarray:
    """P(right) for each row where P(known) is multiplied by keep ** min(gap, 30) before each answer."""
    turn = rows.groupby(["student", "skill"])
    gap = (turn.answer.diff() - 1).fillna(0).clip(upper=30).to_numpy()
    nth, pair = turn.cumcount().to_numpy(), turn.ngroup().to_numpy()
    new = bkt.BKTParams() if fits.prior is None else fits.prior.params
    own = np.vstack([fits.estimates, tuple(new)])  # a skill that was not fitted is at place −1, the last
    p_init, p_transit, p_slip, p_guess = own[pd.Index(fits.names).get_indexer(rows.skill)].T
    came = rows.correct.to_numpy() == 1
    known, out = np.empty(pair.max() + 1), np.empty(len(rows))
    for t in range(nth.max() + 1):
        r = np.flatnonzero(nth == t)
        now = (p_init[r] if t == 0 else known[pair[r]]) * keep ** gap[r]
        out[r] = now * (1 - p_slip[r]) + (1 - now) * p_guess[r]
        yes, no = now * (1 - p_slip[r]) / out[r], now * p_slip[r]
        now = np.where(came[r], yes, no / (1 - out[r]))
        known[pair[r]] = now + (1 - now) * p_transit[r]
    return out


def tried(log: pd.DataFrame, links: pd.DataFrame, keep: Sequence[float] = KEEP, seed: int = 6) -> dict[float, float]:
    """keep -> log loss of `forgetting` on a fifth of the students, drawn at random, fitted to the others."""
    fit_on, choose_on = baselines.split_students(log, rng=seed)
    fits = skills.fit(sequences_by(by_skill(fit_on, links), "skill"))
    rows = by_skill(choose_on, links)
    return {k: score(rows, forgetting(fits, rows, k))["log_loss"].value for k in keep}


def _moved(answers: np.ndarray) -> tuple[float, float]:
    """From answers 2–4 to 8–10, the change in share right and half of its 95% interval. answers: (students, 10)."""
    moved = answers[:, 7:10].mean(1) - answers[:, 1:4].mean(1)
    return moved.mean(), 1.96 * moved.std(ddof=1) / np.sqrt(len(moved))


def _answers(rows: pd.DataFrame, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Answers as BKT says, each row with the four numbers in its column of params, (4, rows)."""
    turn, chance = rows.groupby(["student", "skill"]), rng.random((2, len(rows)))
    nth, pair = turn.cumcount().to_numpy(), turn.ngroup().to_numpy()
    p_init, p_transit, p_slip, p_guess = params
    known, out = np.zeros(pair.max() + 1, bool), np.empty(len(rows), int)
    for r in np.split(np.argsort(nth, kind="stable"), np.bincount(nth).cumsum())[:-1]:  # all first answers, second, …
        known[pair[r]] |= chance[0, r] < np.where(nth[r] == 0, p_init[r], p_transit[r])
        out[r] = chance[1, r] < np.where(known[pair[r]], 1 - p_slip[r], p_guess[r])
    return out


def _gaps(rows: pd.DataFrame) -> pd.Series:
    return pd.cut(rows.gap, [-1, *GAPS.values()], labels=list(GAPS))


def _by(rows: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({name: surprise(own) for name, own in rows.groupby(groups, observed=True)}).T
