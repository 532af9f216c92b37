"""Extensions of BKT on a real log: which of them forecasts students better whom no fit has seen?

ASSISTments 2009-2010 (Feng, Heffernan & Koedinger 2009) in the split of Gervet et al. (2020). The set of skills that a
question needs counts as a skill of its own, as in `tutor_log`; each is fitted by maximum likelihood. Everything that an
extension is told of an answer is known before that answer comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from .._checks import short
from ..bkt import variants
from ..bkt.profiles import logit
from ..data import datasets
from ..forecast import scores
from . import stored, tutor_log
from .tutor_race import Found

PLAIN, ALONE, ALL = "plain BKT", "questions, each alone", "all together"
LEAST = 50  # training students of a skill
PAUSES = {"straight on": 0, "1–30 others": 30, "more": np.inf}  # the most answers to something else of each kind
TOL, STEPS = 0.01, 40  # nats and steps at which a climb of hundreds of questions may end
OFF_THE_EDGE = (0.02, 0.5)  # between which a prior over questions is centred
KNOWN = 10  # earlier answers to other skills from which on a student is sorted into a group
MODELS = {  # name -> columns and settings that `variants` is told
    PLAIN: {},
    "forgetting": {"forgets": True},
    "forgetting, by pause": {"forgets": True, "practice": "pause"},
    "learning, by pause": {"practice": "pause"},
    ALONE: {"question": "item"},
    "questions, a prior": {"question": "item", "priors": True},
    "groups, first answer": {"group": "first"},
    "groups, other skills": {"group": "before"},
    ALL: {
        "forgets": True, "practice": "pause", "question": "item", "priors": True, "group": "before",
    },
}  # fmt: skip
SPREAD = (0.7, 0.7)  # of logits of slip and guess over questions, where nobody measured it
METRICS = ("auc", "log_loss")


@dataclass(frozen=True, eq=False, repr=False)
class RealLog:
    """What `run` found on held-out students.

    metrics: model -> "auc" and "log_loss" -> `Found`; leads: the same minus those of plain BKT, paired by student, for
    every other model. pauses: a row a model and pause, with n, off (right minus forecast) and half of its 95% interval.
    support: a row a model and number of training answers to the question, with n and log_loss. forgets: a row a pause
    with the median P(forget) over skills. answers, students: forecast; skills: fitted; left: the share of held-out
    answers whose skills had too few training students. spread: of the logits of slip
    and guess over questions, in the prior.
    """

    metrics: Mapping
    leads: Mapping
    pauses: pd.DataFrame
    support: pd.DataFrame
    forgets: pd.DataFrame
    answers: int
    students: int
    skills: int
    left: float
    spread: tuple[float, float]
    __repr__ = short

    def joined(self, other: RealLog) -> RealLog:
        """With the models of another run on the same answers, this one's first."""
        new = {m: of for m, of in other.metrics.items() if m not in self.metrics}
        tables = {
            name: pd.concat([getattr(self, name), table[table.model.isin(list(new))]], ignore_index=True)
            for name, table in (("pauses", other.pauses), ("support", other.support))
        }
        leads = self.leads | {m: of for m, of in other.leads.items() if m in new}
        forgets = self.forgets if len(self.forgets) else other.forgets
        return replace(self, metrics=self.metrics | new, leads=leads, forgets=forgets, **tables)

    def told(self) -> dict:
        """As JSON holds it."""
        tables = {name: getattr(self, name).round(6).to_dict("list") for name in ("pauses", "support", "forgets")}
        numbers = {name: getattr(self, name) for name in ("answers", "students", "skills", "left", "spread")}
        rounded = {
            kind: {
                m: {k: [round(v, 6) for v in found] for k, found in of.items()} for m, of in getattr(self, kind).items()
            }
            for kind in ("metrics", "leads")
        }
        return rounded | tables | numbers

    @classmethod
    def read(cls, told: Mapping) -> RealLog:
        """What `told` gave."""
        found = {
            kind: {m: {k: Found(*values) for k, values in of.items()} for m, of in told[kind].items()}
            for kind in ("metrics", "leads")
        }
        tables = {name: pd.DataFrame(told[name]) for name in ("pauses", "support", "forgets")}
        return cls(**{**told, **found, **tables})


def full() -> RealLog:
    """What `benchmarks/beyond_study.py` stored: all skills, all models."""
    told = json.loads(stored("results/beyond.json").read_text(encoding="utf-8"))
    return RealLog.read(told["real"]).joined(RealLog.read(told["alone"])).joined(RealLog.read(told["own"]["log"]))


def assistments() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out answers, as `told_before` gives them. Raises as `datasets`."""
    links = tutor_log.sets_of(datasets.assist2009_skills())
    train, test = (tutor_log.by_skill(datasets.assist2009(part), links) for part in ("train", "test"))
    cuts = share_before(train).dropna()[train.groupby(["student", "skill"]).cumcount() == 0].quantile([1 / 3, 2 / 3])
    support = train.groupby("item").size()
    return told_before(train, cuts, support), told_before(test, cuts, support)


def share_before(rows: pd.DataFrame) -> pd.Series:
    """Each student's share right so far, on other skills too; missing before her tenth answer."""
    answered = rows.groupby("student").cumcount()
    right = rows.groupby("student").correct.cumsum() - rows.correct
    return (right / answered).where(answered >= KNOWN)


def told_before(rows: pd.DataFrame, cuts: Sequence[float], support: pd.Series) -> pd.DataFrame:
    """Rows with what is known before each answer comes.

    step: which encounter with the skill. since: the pause before it. pause: the pause after it, known before the next.
    before: "low", "middle" or "high" share right when she first met the skill, "middle" where she had answered little.
    first: her first answer on the skill. support: training answers to the question.
    """
    turn = rows.groupby(["student", "skill"])
    between = turn.answer.diff() - 1
    since = pd.cut(between.fillna(0), [-1, *PAUSES.values()], labels=list(PAUSES)).astype(str)
    share = share_before(rows).fillna((cuts.iloc[0] + cuts.iloc[1]) / 2)
    group = pd.Series(np.select([share <= cuts.iloc[0], share > cuts.iloc[1]], ["low", "high"], "middle"), rows.index)
    rows = rows.assign(step=turn.cumcount(), since=since, before=group, support=rows.item.map(support).fillna(0))
    turn = rows.groupby(["student", "skill"])
    after = turn.since.shift(-1).fillna("straight on")
    first = turn.correct.transform("first").map({1: "right", 0: "wrong"})
    return rows.assign(pause=after, before=turn.before.transform("first"), first=first)


def spread_over_questions(train: pd.DataFrame, *, skills: int = 12, questions=(20, 60)) -> tuple[float, float]:
    """How questions of one skill differ: the standard deviation of the logits of slip and of guess.

    The medians over priors learned on so many skills, those with the most answers among skills of so many questions.
    """
    size = train.groupby("skill").item.nunique()
    often = train.groupby("skill").size()[size.between(*questions)].nlargest(skills).index
    coded = [variants.from_frame(train[train.skill == skill], question="item") for skill in often]
    found = [variants.fit(one, priors="learned", tol=TOL, max_steps=STEPS).prior.sd for one in coded]
    return tuple(np.median(found, axis=0).tolist())


def run(
    train: pd.DataFrame, test: pd.DataFrame, *, spread=SPREAD, skills=None, models=tuple(MODELS), progress=False
) -> RealLog:
    """Fit every model to every skill of `LEAST` training students, or to `skills`, and forecast the test students.

    train, test: as `assistments` gives them. spread: as `spread_over_questions` gives it. models: among `MODELS`; plain
    BKT is always fitted.
    """
    skills = enough(train) if skills is None else list(skills)
    models = [PLAIN, *(name for name in models if name != PLAIN)]
    parts, forgets = [], []
    for skill in tqdm(skills, "skills", disable=not progress):
        ours, theirs = train[train.skill == skill], test[test.skill == skill]
        if len(theirs):
            part, lost = one(ours, theirs, models, spread)
            parts.append(part)
            forgets.append(lost)
    rows = pd.concat(parts, ignore_index=True)
    lost = pd.DataFrame(forgets, columns=list(PAUSES)).median().dropna()
    return RealLog(
        metrics={name: measured(rows, name) for name in models},
        leads={name: lead(rows, name) for name in models[1:]},
        pauses=by_pause(rows, models),
        support=by_support(rows, models),
        forgets=pd.DataFrame({"pause": lost.index, "p_forget": lost.to_numpy()}),
        answers=len(rows),
        students=int(rows.student.nunique()),
        skills=len(parts),
        left=float(1 - len(rows) / len(test)),
        spread=tuple(spread),
    )


def enough(train: pd.DataFrame) -> list:
    """The skills of `LEAST` training students."""
    students = train.groupby("skill").student.nunique()
    return list(students.index[students >= LEAST])


def one(ours: pd.DataFrame, theirs: pd.DataFrame, models: Sequence[str], spread) -> tuple[pd.DataFrame, dict]:
    """A skill: the held-out rows with a column a model, and P(forget) by pause where that was fitted."""
    both = [
        rows.assign(
            pause=common(ours.pause, rows.pause, 20, "straight on"),
            before=common(ours.before, rows.before, 5, "middle"),
        )
        for rows in (ours, theirs)
    ]
    part, lost, plain = theirs.copy(), {}, None
    for name in models:
        told = dict(MODELS[name])
        columns = {key: told.pop(key) for key in ("question", "practice", "group") if key in told}
        learn, judge = map(spent, both) if columns.get("group") == "first" else both
        if told.get("priors"):
            told["priors"] = around(plain, spread)
        fit = variants.fit(variants.from_frame(learn, **columns), tol=TOL, max_steps=STEPS, **told)
        plain = fit.params if name == PLAIN else plain
        part[name] = np.nan if name == PLAIN else part[PLAIN]  # stays where a first answer is already spent
        if len(judge):
            forecast = variants.predict(fit, variants.from_frame(judge, **columns), unseen="mean")
            here = judge.correct.notna().to_numpy()
            part.loc[judge.index[here], name] = forecast[here]
        if name == "forgetting, by pause":
            lost = dict(zip(fit.params.kinds, fit.params.p_forget.tolist(), strict=True))
    return part, lost


def around(plain: variants.VariantParams, spread: tuple[float, float]) -> variants.QuestionPrior:
    """Questions around the slip and guess that plain BKT finds for their skill, as far apart as on other skills."""
    middle = np.clip([plain.p_slip[0], plain.p_guess[0]], *OFF_THE_EDGE)
    return variants.QuestionPrior(logit(middle), np.array(spread))


def common(learned: pd.Series, column: pd.Series, least: int, else_: str) -> pd.Series:
    """A column in which names that are rare where we learn give way to `else_`."""
    often = learned.value_counts()
    return column.where(column.isin(often.index[often >= least]), else_)


def spent(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in which a student's first answer has become her group, and is no evidence a second time."""
    more = rows[rows.groupby("student").step.transform("max") > 0]
    return more.assign(correct=more.correct.where(more.step > 0))


def measured(rows: pd.DataFrame, name: str) -> dict[str, Found]:
    """AUC and log loss of a model, with 95% intervals by student."""
    found = scores.score(rows.correct, rows[name], cluster=rows.student, metrics=METRICS)
    return {metric: Found(found.metrics[metric].value, *found.interval(metric)) for metric in METRICS}


def lead(rows: pd.DataFrame, name: str, other: str = PLAIN) -> dict[str, Found]:
    """By how much a model's metrics are above those of another, paired, with 95% intervals by student."""
    found = {m: scores.compare(rows.correct, rows[name], rows[other], m, cluster=rows.student) for m in METRICS}
    return {metric: Found(e.value, *e.interval()) for metric, e in found.items()}


def by_pause(rows: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Right minus forecast by the pause before an answer, from the second encounter on."""
    out = []
    for pause, own in rows[rows.step > 0].groupby("since"):
        for name in models:
            over = own.correct - own[name]
            sums = (over - over.mean()).groupby(own.student).sum()
            half = 1.96 * np.sqrt((sums**2).sum()) / len(own)
            out.append({"model": name, "pause": pause, "n": len(own), "off": over.mean(), "half": half})
    return pd.DataFrame(out)


def by_support(rows: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Log loss by how many training answers the question had."""
    bins = pd.cut(rows.support, [-1, 4, 19, np.inf], labels=["under 5", "5–19", "20 or more"]).astype(str)
    out = []
    for size, own in rows.groupby(bins):
        for name in models:
            p = np.where(own.correct == 1, own[name], 1 - own[name])
            out.append({"model": name, "support": size, "n": len(own), "log_loss": float(-np.log(p).mean())})
    return pd.DataFrame(out)
