"""IRT and BKT on a real log, taken apart: what the questions, the memory over skills and the movement are each worth.

The two are fitted to training students and forecast each answer of the test students from that student's earlier ones.
A log has the columns student, item, skill, correct; `with_sets` gives it the skill, the set of those an item needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from .._checks import short
from ..bkt import BKTParams, em, skills
from ..data.sequences import sequences_by
from ..forecast import baselines, scores
from ..forecast.scores import Estimate
from .levels import best_step, fresh_start, many_levels, two_levels

STAGES = {"1": 1, "2": 2, "3–4": 4, "5–8": 8, "9–16": 16, "17–32": 32, "33+": np.inf}  # the last answer of each
STEP_STUDENTS = 600  # training students on whom the step of a moving ability is chosen
FRESH = "IRT without questions, a fresh start each skill"


@dataclass(frozen=True, eq=False, repr=False)
class Forecasts:
    """Forecasts of one test log. p: model -> (rows,) P(right). step: of the ability that moves. fits: of BKT's skills.

    Metrics and leads are by student; rows: places of some rows, default all.
    """

    log: pd.DataFrame
    p: Mapping[str, np.ndarray]
    step: float | None = None
    fits: skills.SkillFits | None = None
    __repr__ = short

    def score(self, model: str, metric: str = "auc", rows=None) -> Estimate:
        """A metric of one model."""
        right, who, rows = self._of(rows)
        return scores.score(right, self.p[model][rows], cluster=who, metrics=metric).metrics[metric]

    def lead(self, a: str, b: str, metric: str = "auc", rows=None) -> Estimate:
        """By how much a metric is higher for a than for b, paired."""
        right, who, rows = self._of(rows)
        return scores.compare(right, self.p[a][rows], self.p[b][rows], metric, cluster=who)

    def resampled(self, a: str, b: str, draws: int = 300, seed: int = 6) -> float:
        """The standard error of a lead in AUC, by drawing whole students anew."""
        right, who, _ = self._of(None)
        drawn = [scores.bootstrap(right, self.p[m], "auc", who, draws=draws, rng=seed) for m in (a, b)]
        return float(np.std(drawn[0] - drawn[1], ddof=1))

    def stages(self) -> dict[str, np.ndarray]:
        """Rows by which answer of hers on the skill it is; a stage without rows is left out."""
        nth = 1 + self.log.groupby(["student", "skill"]).cumcount().to_numpy()
        stage = np.searchsorted(list(STAGES.values()), nth)
        return {name: np.flatnonzero(stage == k) for k, name in enumerate(STAGES) if (stage == k).any()}

    def by_stage(self, models=("BKT", "IRT", "average")) -> pd.DataFrame:
        """AUC and log loss of each stage and model, as `scores.Score.row` gives them."""
        found = []
        for name, rows in self.stages().items():
            right, who, _ = self._of(rows)
            for model in models:
                score = scores.score(right, self.p[model][rows], cluster=who, metrics=("auc", "log_loss"))
                found.append({"stage": name, "model": model} | score.row())
        return pd.DataFrame(found)

    def skills_won(self, a: str, b: str, least: int = 200) -> tuple[int, int]:
        """On how many skills a has the lower log loss, and of how many with `least` answers."""
        won = []
        for rows in self.log.groupby("skill").indices.values():
            if len(rows) >= least and 0 < self.log.correct.iloc[rows].mean() < 1:
                won.append(self.score(a, "log_loss", rows).value < self.score(b, "log_loss", rows).value)
        return sum(won), len(won)

    def _of(self, rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answers, students and places of these rows."""
        rows = np.arange(len(self.log)) if rows is None else rows
        return self.log.correct.to_numpy()[rows], self.log.student.to_numpy()[rows], rows


def with_sets(log: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The log with a column skill: the set of skills that the item needs, which counts as one skill."""
    needs = links.sort_values("skill").groupby("item").skill.agg(tuple)
    return log.assign(skill=log.item.map(pd.Series(pd.factorize(needs)[0], needs.index)))


def run(log: pd.DataFrame, test: pd.DataFrame) -> Forecasts:
    """Every model of the chapter, fitted to `log` and forecasting `test`; both as `with_sets` gives them."""
    by_skill = sequences_by(log, "skill")
    learned = skills.fit(by_skill)
    p = {"BKT": skills.predict(learned, test)}
    irt, step = irt_taken_apart(log, test)
    p |= irt
    for name, how in (
        ("BKT without the prior", {}),
        ("BKT that cannot learn", {"start": BKTParams(p_transit=0), "frozen": ["p_transit"]}),
    ):
        p[name] = skill_by_skill(by_skill, test, **how)
    p["BKT with questions"] = with_questions(log, test, skills.predict(learned, log), p["BKT"])
    p["average"] = (p["BKT"] + p["IRT"]) / 2
    return Forecasts(test, p, step, learned)


def irt_taken_apart(log: pd.DataFrame, test: pd.DataFrame) -> tuple[dict[str, np.ndarray], float]:
    """Forecasts of Rasch: plain, without questions, starting afresh each skill, with ability that moves; its step."""
    rasch = baselines.fit_rasch(log, points=31)
    alike, alike_test = (table.assign(item=table.skill) for table in (log, test))  # one question a skill
    some = log[log.student.isin(log.student.unique()[:STEP_STUDENTS])]
    step = best_step(some, rasch, (0, 0.05, 0.1, 0.15, 0.2, 0.3))
    return {
        "IRT": many_levels(test, rasch),
        "IRT without questions": many_levels(alike_test, baselines.fit_rasch(alike, points=31)),
        FRESH: many_levels(fresh_start(alike_test), baselines.fit_rasch(fresh_start(alike), points=31)),
        "IRT, a fresh start each skill": many_levels(fresh_start(test), rasch),
        "IRT, ability that moves": many_levels(test, rasch, step),
    }, step


def skill_by_skill(by_skill: Mapping, test: pd.DataFrame, **how) -> np.ndarray:
    """BKT fitted to each skill by itself, by EM; how: start, frozen and such, as `em.fit` takes them."""
    params = {skill: em.fit(answers, **how).params for skill, answers in by_skill.items()}
    out = np.empty(len(test))
    for skill, rows in test.groupby("skill").indices.items():
        out[rows] = two_levels(test.iloc[rows], params[skill])
    return out


def with_questions(log, test, p_log: np.ndarray, p_test: np.ndarray, strength: float = 10) -> np.ndarray:
    """A forecast moved by how easy each question is within its skill; a logistic regression on `log` weighs the two.

    p_log, p_test: the forecasts of both logs. strength: answers at the skill's rate that are added to a question's own.
    While the regression is fitted, an answer does not count towards the ease of its own question.
    """
    overall = log.correct.mean()
    of_skill, counts = log.groupby("skill").correct, log.groupby("item").correct.agg(["sum", "size"])
    skill_share = (of_skill.sum() + strength * overall) / (of_skill.size() + strength)

    def ease(table, own: bool) -> np.ndarray:
        """Logit of a question's share right, less its skill's. own: leave the answer itself out."""
        base = table.skill.map(skill_share).fillna(overall).to_numpy()
        right, asked = counts.reindex(table.item).fillna(0).to_numpy().T
        right, asked = right - own * table.correct.to_numpy(), asked - own
        return logit((right + strength * base) / (asked + strength)) - logit(base)

    model = LogisticRegression(C=1e6).fit(np.c_[logit(p_log), ease(log, own=True)], log.correct)
    return model.predict_proba(np.c_[logit(p_test), ease(test, own=False)])[:, 1]
