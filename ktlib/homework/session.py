"""Smart Homework as a small state machine: one question at a time, and a module where one was missed.

Shi & Athey (2021, §8): a right answer leads to the next question. A wrong one opens the learn–practise–explain module,
a few exercises on one knowledge point. In it only a right answer moves on; a wrong one gives a hint and the same
exercise again. After the module comes a question similar to the one missed, and, right or wrong, the homework goes on.
It ends when every question is done. `start` gives the first state, `step` the next one; nothing is ever changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from reprlib import repr as shown

import numpy as np

from .._checks import instance, listed, mapping, not_negative, short, whole
from ..data._frames import unique_names
from ..data.responses import Responses
from .pool import Pool

KINDS = ("homework", "module", "similar")
EXERCISES = 3  # of a module


@dataclass(frozen=True)
class Answer:
    """One answer of a session.

    question: its name; for an exercise of a module that of the question missed. kind: one of `KINDS`. correct: 1 or 0.
    minutes: how long it took. exercise: 0, or in a module which of its exercises, from 1. hints: how many the student
    had seen at this exercise when she answered.
    """

    question: Hashable
    kind: str
    correct: int
    minutes: float
    exercise: int = 0
    hints: int = 0


@dataclass(frozen=True)
class State:
    """Where a session stands: what is asked now, what is still to come, and every answer so far.

    kind: one of `KINDS`, or "done". question: the name of what is asked, in a module of the question missed, or None
    when done. left: homework still to come after it. like: question -> others, the most similar first. exercise: in a
    module, which of `exercises`, from 1, else 0. hints: seen at this exercise. log: the answers in their order.
    most_hints: as in `start`.
    """

    kind: str
    question: Hashable
    left: tuple
    like: Mapping = field(repr=False)
    exercises: int
    most_hints: int | None
    exercise: int = 0
    hints: int = 0
    log: tuple[Answer, ...] = ()

    __repr__ = short

    @property
    def done(self) -> bool:
        """Whether every question is done."""
        return self.kind == "done"

    @property
    def minutes(self) -> float:
        """Time spent on all answers so far."""
        return float(sum(answer.minutes for answer in self.log))

    def frame(self):
        """A DataFrame, one row an answer in their order: order (from 1), the fields of `Answer`, and clock: minutes
        since the session began, at the end of the answer."""
        import pandas as pd

        table = pd.DataFrame([vars(answer) for answer in self.log], columns=list(Answer.__dataclass_fields__))
        table.insert(0, "order", np.arange(1, len(table) + 1))
        return table.assign(clock=table.minutes.cumsum())

    def responses(self, student: Hashable = "student") -> Responses:
        """The answers that a model of answers may be fitted to: homework and similar questions, each asked once.

        What is answered inside a module comes after explanations and hints, and to exercises that stand in no pool: it
        is left out. order: minutes since the session began. Raises ValueError while there is no such answer.
        """
        return responses(dict.fromkeys(unique_names([student], "student"), self))


def start(
    items: Iterable, *, like: Mapping | None = None, exercises: int = EXERCISES, most_hints: int | None = None
) -> State:
    """The first state of a session with the questions `items`, in this order.

    like: question -> the names of others, the most similar first, as `likes` gives them; the first that is not in the
    session yet follows a module. A question with none left goes back to the homework at once. exercises: of each
    module, 1 or more. most_hints: None, as the paper has it: only a right answer moves on. With a number, the hint of
    that count is the solution itself, and the module moves on. Raises ValueError for no or repeated questions.
    """
    items = unique_names(items, "question")
    if not items:
        raise ValueError("there are no questions: give at least one")
    near = {} if like is None else mapping(like, "like", "{'q1': ('q7', 'q4')}")
    near = {name: unique_names(others, f"like[{shown(name)}]") for name, others in near.items()}
    exercises = whole(exercises, "exercises", 1, 1000)
    most_hints = None if most_hints is None else whole(most_hints, "most_hints", 1)
    return State("homework", items[0], items[1:], near, exercises, most_hints)


def step(state: State, answer, minutes: float = 1.0) -> State:
    """The state after one answer.

    answer: 1 or True, right; 0 or False, wrong. minutes: how long it took, 0 or more. Raises ValueError for anything
    else, and for a session that is done.
    """
    instance(state, State, "state", "give what session.start or session.step returned")
    if state.done:
        raise ValueError(f"the session is done after {len(state.log)} answers: start another")
    correct, minutes = right_or_wrong(answer), not_negative(minutes, "minutes")
    given = Answer(state.question, state.kind, correct, minutes, state.exercise, state.hints)
    state = replace(state, log=(*state.log, given))
    if state.kind == "module":
        return _in_module(state, correct)
    if state.kind == "homework" and not correct:
        return replace(state, kind="module", exercise=1, hints=0)
    return _homework(state)


def _in_module(state: State, correct: int) -> State:
    """A wrong answer: a hint, and the same exercise again. A right one: the next exercise, or out of the module."""
    hints = state.hints + 1 - correct
    if not correct and (state.most_hints is None or hints < state.most_hints):
        return replace(state, hints=hints)
    if state.exercise < state.exercises:
        return replace(state, exercise=state.exercise + 1, hints=0)
    taken = {answer.question for answer in state.log} | set(state.left)
    found = next((name for name in state.like.get(state.question, ()) if name not in taken), None)
    if found is None:
        return _homework(state)
    return replace(state, kind="similar", question=found, exercise=0, hints=0)


def _homework(state: State) -> State:
    """Back to the homework, or the end."""
    if not state.left:
        return replace(state, kind="done", question=None, exercise=0, hints=0)
    return replace(state, kind="homework", question=state.left[0], left=state.left[1:], exercise=0, hints=0)


def right_or_wrong(answer) -> int:
    """1 or 0 of an answer; ValueError for anything but 1, 0, True and False."""
    if isinstance(answer, bool | int | np.bool_ | np.integer) and answer in (0, 1):
        return int(answer)
    raise ValueError(f"answer = {shown(answer)}: give 1 or True for right, 0 or False for wrong")


def replay(state: State, log: Iterable[Answer]) -> State:
    """The state after all answers of a log, from a state before them. ValueError for one to another question."""
    for place, answer in enumerate(listed(log, "log", "state.log")):
        instance(answer, Answer, f"log[{place}]", "give the log of a session")
        instance(state, State, "state", "give what session.start returned")
        if (answer.kind, answer.question) != (state.kind, state.question):
            raise ValueError(
                f"log[{place}] answers {answer.question!r} ({answer.kind}), but {state.question!r} ({state.kind}) is "
                "asked there: replay from the state in which this log began"
            )
        state = step(state, answer.correct, answer.minutes)
    return state


def responses(sessions: Mapping, items: Iterable | None = None) -> Responses:
    """The homework and similar answers of many sessions, student -> `State`, as `State.responses` has them.

    items: names of all questions in the order of their codes, such as `pool.items`; default: as they appear. A
    question that a student answered in two sessions cannot come: one mapping holds one session a student. Raises
    ValueError where no answer counts.
    """
    import pandas as pd

    rows = []
    for student, state in mapping(sessions, "sessions", "{'ada': state}").items():
        instance(state, State, f"the session of {shown(student)}", "give what session.step returned")
        clock = np.cumsum([answer.minutes for answer in state.log])
        rows += [
            (student, answer.question, answer.correct, when)
            for answer, when in zip(state.log, clock, strict=True)
            if answer.kind != "module"
        ]
    if not rows:
        raise ValueError("no session holds an answer to a homework or similar question: answer one first")
    table = pd.DataFrame(rows, columns=["student", "item", "correct", "order"])
    return Responses.from_frame(table, order="order", students=list(sessions), items=items)


def similar(pool: Pool, item: Hashable, *, among: Iterable | None = None) -> tuple:
    """All other questions of a pool, the most similar to `item` first.

    The same label comes first; within it those with the fewest skills that only one of the two needs; then the nearest
    difficulty, where the pool has difficulties; then the pool's order. among: only these names.
    """
    instance(pool, Pool, "pool", "give a pool.Pool")
    near = [pool.items[k] for k in nearest(pool, int(pool.places([item])[0]))]
    if among is None:
        return tuple(near)
    among = unique_names(among, "among")
    pool.places(among)
    among = set(among)
    return tuple(name for name in near if name in among)


def likes(pool: Pool, items: Iterable, most: int = 20) -> dict:
    """question -> its `most` most similar ones in the pool, for `start`."""
    most = whole(most, "most", 1)
    return {item: similar(pool, item)[:most] for item in unique_names(items, "question")}


def nearest(pool: Pool, place: int) -> np.ndarray:
    """Codes of all other questions of a pool, the most similar to the one at `place` first: the rule of `similar`."""
    instance(pool, Pool, "pool", "give a pool.Pool")
    n = len(pool.items)
    place = whole(place, "place", 0, n - 1)
    other = pool.label != pool.label[place]
    skills = np.abs(pool.skills - pool.skills[place]).sum(1)
    gap = np.zeros(n) if pool.difficulty is None else np.abs(pool.difficulty - pool.difficulty[place])
    order = np.lexsort((gap, skills, other))
    return order[order != place]
