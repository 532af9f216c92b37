"""A simulated school that learns from its homework: truth is visible, and how it learns can be exchanged.

A student knows a skill or does not (BKT), and has an ability. A question needs one or more skills; who lacks one of
them, the weakest link, answers it as if she lacked all:

    P(right) = GUESS + (1 − GUESS − SLIP) · expit(ability − difficulty + KNOWS or LACKS)

So a student who knows slips more on a hard question, and one who does not guesses better on an easy one.

What a question teaches stands in `LEARNING`, and only there. Every conclusion about learning depends on it, and no
simulation can say which is true of children.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from scipy.special import expit

from .. import _checks as checks
from ..data.responses import Responses
from . import session
from ._days import Books, Rules, checked_plan, function, gaming, hold_day, same_school, share
from .pool import Pool

GUESS, SLIP = 0.2, 0.05  # the least and, from 1, the most that P(right) can be
KNOWS, LACKS = 1.5, -1.0  # logits, for a question of the student's own level
RATE = 0.05  # chance to learn a lacking skill from a question that teaches as much as one can
LEARNING = {  # (P(right), right or wrong, whether feedback follows a wrong answer) -> how much it teaches, 0 to 1
    "flat": lambda p, correct, feedback: np.full(np.shape(p), 0.5),
    "zone": lambda p, correct, feedback: 4 * p * (1 - p),
    "errors": lambda p, correct, feedback: (1.0 - correct) * feedback,
}


def chance(ability, difficulty, ready):
    """P(right) by the formula above. ability, difficulty: logits. ready: whether every skill needed is known."""
    return GUESS + (1 - GUESS - SLIP) * expit(ability - difficulty + np.where(ready, KNOWS, LACKS))


def goes_on(p_correct):
    """Chance to stay for the next question after one with this P(right): less where it was too hard or too easy."""
    return 0.99 - 0.3 * np.maximum(0, 0.5 - p_correct) - 0.5 * np.maximum(0, p_correct - 0.9)


@dataclass(frozen=True, eq=False, repr=False)
class School:
    """Students and questions, as they truly are.

    pool: the questions. students: names. ability: (students,) logits. known: (students, skills) True where the student
    knows the skill. difficulty: (items,) logits, the true ones.
    """

    pool: Pool
    students: tuple
    ability: np.ndarray
    known: np.ndarray
    difficulty: np.ndarray

    def __post_init__(self):
        for name in ("ability", "known", "difficulty"):
            object.__setattr__(self, name, checks.own(getattr(self, name)))

    def __repr__(self) -> str:
        n, items, skills = len(self.students), len(self.pool.items), self.known.shape[1]
        return f"School: {n:,} students, {items:,} questions, {skills} skills, {self.known.mean():.0%} known"

    @property
    def ready(self) -> np.ndarray:
        """(students, items) True where a student knows every skill that a question needs."""
        return ~((~self.known).astype(np.float32) @ self.pool.skills.T.astype(np.float32) > 0)

    @property
    def p_correct(self) -> np.ndarray:
        """(students, items) the true P(right), by the formula above."""
        return chance(self.ability[:, None], self.difficulty, self.ready)

    @property
    def expected(self) -> np.ndarray:
        """(students,) the share of the whole pool that each would now answer right, on average over chance."""
        return self.p_correct.mean(1)


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """What a policy sees on a day: day (from 0), what each student has attempted, (students, items), a generator, and
    all answers so far, by `responses`. school: the truth, for an oracle and for nobody else."""

    day: int
    attempted: np.ndarray
    rng: np.random.Generator
    school: School
    books: Books

    def responses(self) -> Responses:
        """All answers so far, history and homework; module exercises do not count."""
        return self.books.responses(self.school.students, self.school.pool.items)


@dataclass(frozen=True, eq=False, repr=False)
class Term:
    """What a school did. Rows of arrays are days.

    before, after: the school at either end. expected: (days + 1, students) share of the pool each would answer right,
    before the first day and after each. minutes: (days, students). opened, finished: (days, students) True where a
    homework was begun, and done to its end. served: (days, questions, students) codes of the questions put into
    homework, −1 none. books: every answer.
    """

    before: School
    after: School
    expected: np.ndarray
    minutes: np.ndarray
    opened: np.ndarray
    finished: np.ndarray
    served: np.ndarray
    books: Books = field(repr=False)

    def __post_init__(self):
        for name in ("expected", "minutes", "opened", "finished", "served"):
            object.__setattr__(self, name, checks.own(getattr(self, name)))

    def __repr__(self) -> str:
        days, students = self.minutes.shape
        return f"Term: {days} days, {students:,} students, {self.per_hour():+.1f} points an hour"

    @property
    def gain(self) -> np.ndarray:
        """(students,) by how much the expected share right of the whole pool rose."""
        return self.expected[-1] - self.expected[0]

    def per_hour(self) -> float:
        """Percentage points of that share gained in an hour of homework: all gains over all hours; 0 without any."""
        hours = self.minutes.sum() / 60
        return float(100 * self.gain.sum() / hours) if hours else 0.0

    def responses(self) -> Responses:
        """All answers that count, history and homework: the time is days, history at −1."""
        return self.books.responses(self.before.students, self.before.pool.items)

    def frame(self):
        """A DataFrame, one row an answer, modules too: day, student, question, kind, correct, minutes, exercise, hints,
        and clock, minutes since that day's homework began; of each student in the order answered."""
        import pandas as pd

        t = self.books.table()
        names = {
            "student": np.array(self.before.students, dtype=object)[t["student"]],
            "question": np.array(self.before.pool.items, dtype=object)[t["item"]],
            "kind": np.array(session.KINDS)[t["kind"]],
        }
        rest = ("correct", "minutes", "exercise", "hints", "clock")
        return pd.DataFrame({"day": t["day"]} | names | {name: t[name] for name in rest})


def questions(items: int = 300, labels: int = 4, skills: int = 12, *, rng) -> Pool:
    """A simulated pool: questions named q1, q2 …, each with one label and one or two of its label's skills.

    items, labels, skills: how many; at least one skill a label. difficulty: N(0, 1) logits. created: 0 to 52 weeks,
    larger is newer; a picture in a third of the questions, a table in a sixth.
    """
    items, labels = checks.whole(items, "items", 1, 100_000), checks.whole(labels, "labels", 1, 1000)
    skills, rng = checks.whole(skills, "skills", labels, 1000), checks.generator(rng)
    label = rng.integers(labels, size=items)
    home = np.arange(skills) % labels
    needs = np.zeros((items, skills), dtype=int)
    for j in range(items):
        own = np.flatnonzero(home == label[j])
        needs[j, rng.choice(own, size=min(len(own), rng.integers(1, 3)), replace=False)] = 1
    return Pool(
        items=tuple(f"q{j + 1}" for j in range(items)),
        label=np.array([f"area {chr(65 + k)}" if labels <= 26 else f"area {k + 1}" for k in label]),
        skills=needs,
        skill_names=tuple(f"skill {k + 1}" for k in range(skills)),
        difficulty=rng.normal(size=items),
        created=rng.integers(0, 53, items).astype(float),
        picture=rng.random(items) < 1 / 3,
        table=rng.random(items) < 1 / 6,
    )


def school(pool: Pool, students: int = 30, *, known: float = 0.4, spread: float = 0.8, rng) -> School:
    """A school before its first homework.

    pool: questions with difficulties, which are taken as the true ones. students: how many. known: the
    share of skills that a student of ability 0 knows, between 0 and 1; more for the able. spread: of abilities, in
    logits, 0 or more. Raises ValueError for a pool without difficulties.
    """
    checks.instance(pool, Pool, "pool", "give a pool.Pool, such as school.questions(rng=1)")
    if pool.difficulty is None:
        raise ValueError("the pool has no difficulty: simulated students need it; give Pool(..., difficulty=...)")
    students, rng = checks.whole(students, "students", 1), checks.generator(rng)
    known, spread = checks.inside(known, "known", 0.4), checks.not_negative(spread, "spread")
    checks.fits_in_memory(students * len(pool.items), f"{students} students and {len(pool.items)} questions", 2e8)
    ability = spread * rng.normal(size=students)
    share = expit(np.log(known / (1 - known)) + ability)
    knows = rng.random((students, np.shape(pool.skills)[1])) < share[:, None]
    return School(pool, tuple(f"s{i + 1}" for i in range(students)), ability, knows, pool.difficulty)


def history(school: School, answers: int = 30, *, rng) -> Responses:
    """Answers of every student to so many questions drawn at random, before the homework begins: nobody learns."""
    checks.instance(school, School, "school", "make one with school.school")
    answers, rng = checks.whole(answers, "answers", 1, len(school.pool.items)), checks.generator(rng)
    n = len(school.students)
    item = rng.random((n, len(school.pool.items))).argsort(1)[:, :answers]
    right = rng.random(item.shape) < np.take_along_axis(school.p_correct, item, 1)
    student = np.arange(n).repeat(answers)
    order = np.full(student.size, -1.0)
    return Responses(student, item.ravel(), right.ravel(), school.students, school.pool.items, order=order)


def simulate(
    school: School,
    choose: Callable[[View, int], np.ndarray],
    *,
    days: int = 20,
    questions: int = 10,
    learning: str | Callable = "flat",
    feedback: bool = True,
    engagement: bool = True,
    opens: float = 0.9,
    gamed: np.ndarray | None = None,
    gamed_right: float = 0.0,
    history: Responses | None = None,
    rng,
) -> Term:
    """A term of homework.

    choose: a policy, (view, questions) -> (students, questions) codes of questions, each row without repeats and
    without what the student has attempted; −1 for none. days, questions: how many, and how many a day. learning: a name
    of `LEARNING`, or a function like those. feedback: whether a wrong answer opens the module and a similar question.
    engagement: whether students leave as `goes_on` says; else all stay. opens: chance to begin a day's homework, above
    0. gamed: (days, students) True where a student answers without trying, right with the chance gamed_right; such an
    answer takes a fifth of a minute and teaches nothing. history: earlier answers of the same students and questions.

    Each question follows `session`: its log of a day replays there. A question takes about a minute, a module two to
    four. Raises ValueError for a policy that gives what was attempted, or another shape.
    """
    state = checks.instance(school, School, "school", "make one with school.school")
    function(choose, 2, "choose", "give a function of a view and a number of questions")
    n, items = len(school.students), len(school.pool.items)
    days, questions = checks.whole(days, "days", 1, 10_000), checks.whole(questions, "questions", 1, items)
    rng, gamed = checks.generator(rng), gaming(gamed, days, n)
    rules = Rules(
        chance=chance,
        teaches=_teaches(learning),
        feedback=checks.flag(feedback, "feedback"),
        goes_on=goes_on if checks.flag(engagement, "engagement") else None,
        rate=RATE,
        opens=share(opens, "opens"),
        blind=share(gamed_right, "gamed_right"),
        exercises=session.EXERCISES,
        nearest=nearest(school.pool),
    )
    books = Books(n, items)
    if history is not None:
        books.recall(same_school(history, school))
    expected, minutes, opened, finished, served = [state.expected], [], [], [], []
    for day in range(days):
        view = View(day, checks.own(books.attempted), rng, state, books)
        plan = checked_plan(choose(view, questions), view, questions)
        known, held = hold_day(state, plan, books, rules, gamed[day], day, rng)
        state = replace(state, known=known)
        expected.append(state.expected)
        for rows, value in zip((minutes, opened, finished, served), (*held, plan.T), strict=True):
            rows.append(value)
    return Term(school, state, *map(np.array, (expected, minutes, opened, finished, served)), books)


def _teaches(learning) -> Callable:
    """A learning model, by name or as it is."""
    if callable(learning):
        return function(learning, 3, "learning", "give a function of P(right), right or wrong, and feedback")
    return LEARNING[checks.one_of(learning, LEARNING, "learning")]


def nearest(pool: Pool, most: int = 30) -> np.ndarray:
    """(items, most) codes of each question's most similar ones, as `session.nearest`; fewer in a small pool."""
    checks.instance(pool, Pool, "pool", "give a pool.Pool")
    return _nearest(pool, checks.whole(most, "most", 1))


@lru_cache(maxsize=4)
def _nearest(pool: Pool, most: int) -> np.ndarray:
    return checks.own([session.nearest(pool, j)[:most] for j in range(len(pool.items))])
