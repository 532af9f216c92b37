"""One day of homework for a whole school at once, by the rules of `session`, and the books that keep every answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data._frames import as_array
from ..data.responses import Responses

COLUMNS = ("day", "student", "item", "kind", "correct", "minutes", "exercise", "hints", "slot")
HOMEWORK, MODULE, SIMILAR = range(3)  # places in session.KINDS
MOVES_ON = 0.75  # chance that an attempt at an exercise of a module is right
QUESTION, EXERCISE = 1.0, 0.7  # minutes that an attempt takes, in the median
UNREAD = 0.2  # share of that time which an answer without trying takes


@dataclass(frozen=True)
class Rules:
    """What a day goes by. chance: (ability, difficulty, ready) -> P(right). teaches: a learning model. feedback: if
    wrong answers open the module. goes_on: P(right) -> chance to stay, or None. rate: chance to learn a lacking skill
    where a question teaches all it can. opens: chance to begin. blind: P(right) without trying. exercises: of a module.
    nearest: (items, most) codes of similar questions."""

    chance: Callable
    teaches: Callable
    feedback: bool
    goes_on: Callable | None
    rate: float
    opens: float
    blind: float
    exercises: int
    nearest: np.ndarray


class Books:
    """Every answer so far, and who has attempted what: (students, items) True or False."""

    def __init__(self, students: int, items: int):
        self.attempted = np.zeros((students, items), dtype=bool)
        self._parts = {name: [np.empty(0, float if name == "minutes" else int)] for name in COLUMNS}
        self._past = (np.empty(0, int),) * 3

    def recall(self, past: Responses) -> None:
        """Answers from before the first day."""
        self._past = past.student, past.item, past.correct
        self.attempted[past.student, past.item] = True

    def add(self, **columns) -> None:
        """Rows of answers; a column may be one number for all rows."""
        rows = len(columns["student"])
        for name in COLUMNS:
            column = columns.get(name, 0)
            self._parts[name].append(np.full(rows, column) if np.isscalar(column) else column)
        if columns["kind"] != MODULE:
            self.attempted[columns["student"], columns["item"]] = True

    def table(self) -> dict[str, np.ndarray]:
        """Column -> (answers,) array, each student's answers in their order, and clock: minutes since the day began."""
        t = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        rows = np.lexsort([t[name] for name in ("hints", "exercise", "kind", "slot", "day", "student")])
        t = {name: column[rows] for name, column in t.items()}
        total = np.cumsum(t["minutes"])
        new = np.diff(t["student"], prepend=-1).astype(bool) | np.diff(t["day"], prepend=-1).astype(bool)
        begun = (total - t["minutes"])[new]
        return t | {"clock": total - begun[np.cumsum(new) - 1]}

    def responses(self, students: tuple, items: tuple) -> Responses:
        """All but module exercises, those of the past too, which stand at time −1; time is in days."""
        t = self.table()
        counts = t["kind"] != MODULE
        past_student, past_item, past_correct = self._past
        when = np.concatenate([np.full(len(past_item), -1.0), (t["day"] + t["clock"] / 1440)[counts]])
        columns = ((past_student, "student"), (past_item, "item"), (past_correct, "correct"))
        return Responses(*(np.concatenate([old, t[name][counts]]) for old, name in columns), students, items, when)


def hold_day(school, plan: np.ndarray, books: Books, rules: Rules, gamed: np.ndarray, day: int, rng):
    """A day: what students know after it, and (students,) minutes, opened and finished.

    plan: (students, questions) codes, −1 none. gamed: (students,) True where no answer is tried. Answers go to `books`.
    """
    held = _Day(school, books, rules, gamed, day, rng)
    opened = (rng.random(len(plan)) < rules.opens) & (plan >= 0).any(1)
    taken = held.taken(plan)
    here = opened.copy()
    for slot in range(plan.shape[1]):
        who = np.flatnonzero(here & (plan[:, slot] >= 0))
        item = plan[who, slot]
        p, right = held.ask(who, item, slot, HOMEWORK, rules.feedback)
        if rules.feedback:
            missed, about = who[~right], item[~right]
            held.module(missed, about, slot)
            found, there = _similar(rules.nearest, taken, missed, about)
            taken[missed[there], found[there]] = True
            held.ask(missed[there], found[there], slot, SIMILAR, False)
        if rules.goes_on is not None and (plan[:, slot + 1 :] >= 0).any():
            here[who] = rng.random(len(who)) < rules.goes_on(p)
    return held.known, (held.minutes, opened, here)


class _Day:
    """What changes in the course of a day: who knows what, and for how long each has worked."""

    def __init__(self, school, books: Books, rules: Rules, gamed, day: int, rng):
        self.school, self.books, self.rules, self.gamed, self.day, self.rng = school, books, rules, gamed, day, rng
        self.known = np.array(school.known)
        self.needs = np.asarray(school.pool.skills, dtype=bool)
        self.minutes = np.zeros(len(self.known))

    def taken(self, plan: np.ndarray) -> np.ndarray:
        """(students, items) True for what was attempted before or is in today's homework."""
        taken = self.books.attempted.copy()
        student, slot = np.nonzero(plan >= 0)
        taken[student, plan[student, slot]] = True
        return taken

    def ask(self, who, item, slot: int, kind: int, feedback: bool):
        """Each of `who` answers one question, and may learn from it: P(right) and whether right."""
        lacks = self.needs[item] & ~self.known[who]
        p = self.rules.chance(self.school.ability[who], self.school.difficulty[item], ~lacks.any(1))
        right = self.rng.random(len(who)) < np.where(self.gamed[who], self.rules.blind, p)
        teaches = self.rules.rate * np.where(self.gamed[who], 0, self.rules.teaches(p, right, feedback))
        self.known[who] |= lacks & (self.rng.random(lacks.shape) < teaches[:, None])
        minutes = self._take(QUESTION, who)
        np.add.at(self.minutes, who, minutes)
        self.books.add(day=self.day, student=who, item=item, kind=kind, correct=right, minutes=minutes, slot=slot)
        return p, right

    def module(self, who, about, slot: int) -> None:
        """The learn–practise–explain module: each exercise again and again until it is right."""
        moves_on = np.where(self.gamed[who], self.rules.blind or 0.25, MOVES_ON)
        for exercise in range(1, self.rules.exercises + 1):
            attempts = self.rng.geometric(moves_on)
            row = np.arange(len(who)).repeat(attempts)
            hints = np.arange(len(row)) - (np.cumsum(attempts) - attempts).repeat(attempts)
            minutes = self._take(EXERCISE, who[row])
            np.add.at(self.minutes, who[row], minutes)
            correct = hints == attempts[row] - 1
            rows = {"student": who[row], "item": about[row], "correct": correct, "minutes": minutes, "hints": hints}
            self.books.add(day=self.day, kind=MODULE, exercise=exercise, slot=slot, **rows)

    def _take(self, median: float, who) -> np.ndarray:
        """Minutes of an attempt by each: log-normal, and little without trying."""
        return median * np.where(self.gamed[who], UNREAD, 1) * np.exp(0.4 * self.rng.normal(size=len(who)))


def _similar(nearest: np.ndarray, taken: np.ndarray, who: np.ndarray, about: np.ndarray):
    """The most similar question that each has not had, and whether there is one."""
    if not nearest.shape[1]:  # a pool of one question
        return about, np.zeros(len(about), dtype=bool)
    free = ~taken[who[:, None], nearest[about]]
    return nearest[about, free.argmax(1)], free.any(1)


def function(value, arguments: int, name: str, remedy: str):
    """A function that takes so many arguments by place."""
    try:
        inspect.signature(value).bind(*range(arguments))
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {shown(value)}: {remedy}") from None
    return value


def share(value, name: str) -> float:
    """One probability."""
    array = checks.probabilities(value, name)
    if array.shape:
        raise ValueError(f"{name} has shape {array.shape}: give one number between 0 and 1")
    return float(array)


def gaming(gamed, days: int, students: int) -> np.ndarray:
    """(days, students) True where nothing is tried; by default nowhere."""
    if gamed is None:
        return np.zeros((days, students), dtype=bool)
    gamed = as_array(gamed, "gamed")
    if gamed.dtype != bool or gamed.shape != (days, students):
        raise ValueError(
            f"gamed has type {gamed.dtype} and shape {gamed.shape}: give True or False for {days} days and {students} "
            "students"
        )
    return gamed


def same_school(past, school) -> Responses:
    """Earlier answers of this school's students to its questions, in the same codes."""
    checks.instance(past, Responses, "history", "give Responses, such as school.history(school, rng=1)")
    if (past.students, past.items) != (school.students, school.pool.items):
        raise ValueError(
            f"history has {len(past.students)} students and {len(past.items)} questions, not the school's own in their "
            "order: make it with Responses.from_frame(..., students=school.students, items=school.pool.items)"
        )
    return past


def checked_plan(plan, view, most: int) -> np.ndarray:
    """What a policy chose, checked: codes of questions not attempted, none twice."""
    plan, shape = as_array(plan, "the policy's choice"), (len(view.attempted), most)
    items = view.attempted.shape[1]
    if plan.dtype.kind not in "iu" or plan.shape != shape or (plan < -1).any() or (plan >= items).any():
        raise ValueError(
            f"the policy chose {plan.dtype} of shape {plan.shape} on day {view.day}: give codes from −1 to "
            f"{items - 1}, {shape[0]} rows of {shape[1]}"
        )
    student, slot = np.nonzero(plan >= 0)
    times = np.zeros(view.attempted.shape, dtype=np.int16)
    np.add.at(times, (student, plan[student, slot]), 1)
    wrong = np.argwhere((times > 1) | ((times > 0) & view.attempted))
    if len(wrong):
        i, j = wrong[0]
        raise ValueError(
            f"on day {view.day} the policy gives student {view.school.students[i]!r} question "
            f"{view.school.pool.items[j]!r} twice or again: choose where view.attempted is False, each once"
        )
    return plan
