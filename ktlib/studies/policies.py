"""Which question next? Ways to choose a homework, compared on a simulated school that learns, under several learning
models; and a student who games it.

In each replicate the same school meets every policy: a pool, students, their past answers and the days' chances come
from one seed, so policies are compared in pairs. Forecasts are those of a product: a two-parameter model whose
questions were fitted to other students' answers and then stay, and whose students are scored again every week.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from scipy.special import expit, softmax
from tqdm.auto import tqdm

from .. import _checks as checks
from ..homework import school
from ..homework.session import EXERCISES
from ..irt import ascent
from ..irt.posterior import Posterior
from . import stored
from .means import Mean

TARGETS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
ORDERS = ("random", "fixed", "easiest", "hardest", "oracle")
AIMS = tuple(f"aim {target:g}" for target in TARGETS)  # at a forecast
TRUE = tuple(f"true {target:g}" for target in TARGETS)  # at the truth
POLICIES = (*ORDERS, *AIMS, *TRUE)
MEASURES = ("per_hour", "gain", "minutes", "finished", "right")
THIRDS = ("weakest", "middle", "strongest")
ITEMS, PAST, EACH, BEFORE = 600, 600, 100, 30  # questions; other students and their answers; own answers before
WEEK = 5  # school days
GRID = np.linspace(-4, 4, 81)  # of abilities
ANSWER_MINUTES = 1.0 * np.exp(0.08)  # the mean of what takes one minute in the median, see homework._days
MODULE_MINUTES = EXERCISES * 0.7 * np.exp(0.08) / 0.75


class Forecast:
    """P(right) of every student to every question, (students, items), scored again each week from all answers so far.

    questions: a two-parameter posterior; its questions' means count as known. A student's belief is exact on a grid of
    abilities, from N(0, 1) on, and the forecast averages over it.
    """

    def __init__(self, questions: Posterior):
        slope, difficulty = questions.mean("discrimination"), questions.mean("difficulty")
        self.p = expit(slope * (GRID[:, None] - difficulty))  # (grid, items)
        self.week, self.found = None, None

    def __call__(self, view) -> np.ndarray:
        """The forecasts that stand on a day."""
        if self.week != view.day // WEEK:
            self.week, self.found = view.day // WEEK, self.belief(view.responses()) @ self.p
        return self.found

    def belief(self, answers) -> np.ndarray:
        """(students, grid) how likely each ability is, given the answers."""
        log = np.broadcast_to(-(GRID**2) / 2, (len(answers.students), len(GRID))).copy()
        says = np.where(
            answers.correct[:, None] == 1, np.log(self.p).T[answers.item], np.log1p(-self.p).T[answers.item]
        )
        np.add.at(log, answers.student, says)
        return softmax(log, axis=1)


def pick(score: np.ndarray, view, most: int) -> np.ndarray:
    """(students, most) codes of the questions with the highest score that a student has not attempted, −1 where none is
    left; ties go by the pool's order."""
    score = np.where(view.attempted, -np.inf, score)
    order = np.argsort(-score, axis=1, kind="stable")[:, :most]
    return np.where(np.take_along_axis(view.attempted, order, 1), -1, order)


def policy(name: str, questions: Posterior, learning: str) -> Callable:
    """A way to choose, by its name in `POLICIES`.

    "random"; "fixed": the pool's order for everybody; "easiest" and "hardest": by forecast; "aim 0.7": forecasts
    nearest to it; "true 0.7": the same with the truth for a forecast; "oracle": knows the truth and the learning model,
    and takes what raises the expected share right most in a minute, question by question.
    """
    checks.one_of(name, POLICIES, "policy")
    forecast = Forecast(questions)
    if name in (*AIMS, *TRUE):
        target, told = float(name.split()[1]), forecast if name in AIMS else lambda view: view.school.p_correct
        return lambda view, most: pick(-np.abs(told(view) - target), view, most)
    return {
        "random": lambda view, most: pick(view.rng.random(view.attempted.shape), view, most),
        "fixed": lambda view, most: pick(np.broadcast_to(0.0, view.attempted.shape), view, most),
        "easiest": lambda view, most: pick(forecast(view), view, most),
        "hardest": lambda view, most: pick(-forecast(view), view, most),
        "oracle": lambda view, most: _oracle(view, most, school.LEARNING[learning]),
    }[name]


def _oracle(view, most: int, teaches: Callable) -> np.ndarray:
    """Greedy: each next question has the highest expected gain a minute, given what those before it may have taught."""
    now, needs = view.school, np.asarray(view.school.pool.skills, dtype=float)
    p = now.p_correct
    right, wrong = (np.broadcast_to(teaches(p, np.full_like(p, y), True), p.shape) for y in (1, 0))
    rate = school.RATE * (p * right + (1 - p) * wrong)
    minutes = ANSWER_MINUTES + (1 - p) * (MODULE_MINUTES + ANSWER_MINUTES)
    worth = _worth(now)
    open_, taken, plan = np.ones(worth.shape), view.attempted.copy(), []
    rows = np.arange(len(p))
    for _ in range(most):
        score = np.where(taken, -np.inf, rate * ((worth * open_) @ needs.T) / minutes)
        best = score.argmax(1)
        plan.append(np.where(taken[rows, best], -1, best))
        taken[rows, best] = True
        open_ *= 1 - needs[best] * rate[rows, best][:, None]
    return np.array(plan).T


def _worth(now: school.School) -> np.ndarray:
    """(students, skills) by how much the expected share right would rise if the student knew this skill too."""
    known, out = np.array(now.known), np.zeros(now.known.shape)
    for s in range(known.shape[1]):
        more = known.copy()
        more[:, s] = True
        out[:, s] = school.School(now.pool, now.students, now.ability, more, now.difficulty).expected - now.expected
    return out


@dataclass(frozen=True, repr=False, eq=False)
class Policies:
    """What each policy brought. rows: one for each replicate, learning model and policy, with the `MEASURES`: per_hour,
    points (hundredths of the expected share right of the whole pool) that an hour of homework brings; gain, points over
    the term; minutes of a student's term; finished, share of homework begun that was done to its end; right, share of
    homework questions answered right. And gain and right in each of `THIRDS` of ability, such as "gain weakest".
    """

    rows: tuple[dict, ...]
    students: int
    days: int
    seed: int
    n: int = field(default=0)

    def values(self, learning: str, policy: str, what: str = "per_hour") -> np.ndarray:
        """(replicates,) one measure."""
        found = [row[what] for row in self.rows if (row["learning"], row["policy"]) == (learning, policy)]
        if not found:
            raise ValueError(f"the study has no policy {policy!r} under {learning!r}: run it with these names")
        return np.array(found)

    def of(self, learning: str, policy: str, what: str = "per_hour") -> Mean:
        """A measure, its mean over the replicates."""
        return mean(self.values(learning, policy, what))

    def lead(self, learning: str, one: str, other: str, what: str = "per_hour") -> Mean:
        """By how much one policy is above another, in pairs of the same replicate."""
        return mean(self.values(learning, one, what) - self.values(learning, other, what))

    def best(self, learning: str, among: Sequence[str] = AIMS, what: str = "per_hour") -> str:
        """The policy with the highest mean."""
        return max(among, key=lambda name: self.of(learning, name, what).mean)

    def __repr__(self) -> str:
        return f"Policies: {self.n} replicates of {self.students} students × {self.days} days"


def mean(values) -> Mean:
    """The mean of independent replicates with its 95% interval by Student's t; no interval from one."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return Mean(float(values.mean()), splits=len(values))
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    centre = float(values.mean())
    return Mean(centre, centre - half, centre + half, splits=len(values), above=int((values > 0).sum()))


def lacking(here: SchoolWorld, name: str, learning: str, days: int = 20) -> float:
    """Share of a policy's picks that need a skill which the student lacks on that day: only these can teach."""
    choose, found = policy(name, here.questions, learning), []

    def seen(view, most: int) -> np.ndarray:
        plan = choose(view, most)
        given = plan >= 0
        found.append(~view.school.ready[np.nonzero(given)[0], plan[given]])
        return plan

    school.simulate(here.school, seen, days=days, learning=learning, history=here.past, rng=here.seed)
    return float(np.concatenate(found).mean())


@dataclass(frozen=True, repr=False, eq=False)
class SchoolWorld:
    """A replicate: a school, its past answers, and questions as other students' answers tell of them."""

    school: school.School
    past: object
    questions: Posterior
    seed: int

    def term(self, name: str, learning: str, days: int, **more) -> school.Term:
        """A term under a policy; the days' chances are the replicate's own."""
        choose = policy(name, self.questions, learning)
        return school.simulate(
            self.school, choose, days=days, learning=learning, history=self.past, rng=self.seed, **more
        )


def world(students: int, seed: int, items: int = ITEMS) -> SchoolWorld:
    """A school and a pool of questions, both new, with a fit of the questions to other students' answers."""
    rng = np.random.default_rng(seed)
    pool = school.questions(items, rng=rng)
    others = school.history(school.school(pool, PAST, rng=rng), EACH, rng=rng)
    fit = ascent.fit(others, tol=1e-5 * len(others), calibrate=False)
    own = school.school(pool, students, rng=rng)
    past = school.history(own, BEFORE, rng=rng)
    return SchoolWorld(own, past, fit.posterior, seed)


def measures(term: school.Term) -> dict:
    """The `MEASURES` of a term, and gain and right in each third of ability."""
    table = term.books.table()
    homework = table["kind"] == 0
    student, right = table["student"][homework], table["correct"][homework]
    third = np.argsort(np.argsort(term.before.ability)) * len(THIRDS) // len(term.gain)
    found = {
        "per_hour": term.per_hour(),
        "gain": 100 * term.gain.mean(),
        "minutes": term.minutes.sum(0).mean(),
        "finished": term.finished.sum() / max(1, term.opened.sum()),
        "right": right.mean(),
    }
    for k, name in enumerate(THIRDS):
        found[f"gain {name}"] = 100 * term.gain[third == k].mean()
        found[f"right {name}"] = right[third[student] == k].mean()
    return {name: float(value) for name, value in found.items()}


def run(
    n: int = 2,
    seed: int = 14,
    *,
    students: int = 100,
    days: int = 20,
    policies: Sequence[str] = POLICIES,
    learning: Sequence[str] = tuple(school.LEARNING),
    progress: bool = False,
) -> Policies:
    """n new schools, each under every policy and every learning model; replicate k has the seed `seed` + k."""
    n, students = checks.whole(n, "n", 1), checks.whole(students, "students", len(THIRDS))
    rows = []
    for k in tqdm(range(n), disable=not progress):
        here = world(students, seed + k)
        for model in learning:
            for name in policies:
                found = measures(here.term(name, model, days))
                rows.append({"replicate": k, "learning": model, "policy": name} | found)
    return Policies(tuple(rows), students, days, seed, n)


def read() -> Policies:
    """What `benchmarks/policy_study.py` stored: twenty replicates of `run`."""
    found = json.loads(stored("results/policies.json").read_text())
    about = found["about"]
    return Policies(tuple(found["rows"]), about["students"], about["days"], about["seed"], about["n"])
