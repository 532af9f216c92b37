"""Be the student: questions chosen for you, a module for each one missed, and what is believed of you meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from ..._checks import finite, listed, whole
from ...bkt import model
from ...bkt.model import BKTParams, check_params
from ...data.responses import Responses
from ...homework import session
from ...homework.pool import Pool
from ...homework.recommend import recommend
from ._base import Element, count, likely, places, tenths

PARAMS = BKTParams(p_init=0.35, p_transit=0.15, p_slip=0.1, p_guess=0.2)
_POINTS = 41
_QUESTIONS = {  # words: label, other skills, difficulty, week in which it was made
    "½ of 18": ("fractions", (), -1.9, 4),
    "½ + ¼": ("fractions", (), -1.1, 22),
    "¾ of 20": ("fractions", (), -0.7, 15),
    "⅔ + ⅙": ("fractions", (), -0.1, 9),
    "½ − ⅓": ("fractions", (), 0.3, 27),
    "⅚ × 3/10": ("fractions", (), 0.9, 2),
    "⅔ ÷ 4/9": ("fractions", (), 1.6, 18),
    "50% of 30": ("per cent", (), -2.1, 11),
    "10% of 70": ("per cent", (), -1.4, 20),
    "25% of 48": ("per cent", ("fractions",), -0.6, 6),
    "15% of 60": ("per cent", (), -0.2, 25),
    "⅜ as per cent": ("per cent", ("fractions",), 0.7, 13),
    "£35, then 20% off": ("per cent", (), 0.1, 1),
    "up 10%, down 10%": ("per cent", (), 1.3, 23),
    "right angle, less 35°": ("angles", (), -1.7, 16),
    "on a line with 125°": ("angles", (), -1.0, 8),
    "third of 60° and 70°": ("angles", (), -0.5, 26),
    "isosceles, top 40°": ("angles", (), 0.2, 3),
    "corner of a hexagon": ("angles", (), 1.0, 19),
    "angles x, 2x and 3x": ("angles", ("equations",), 0.6, 12),
    "clock at 20 past 4": ("angles", (), 1.9, 24),
    "x + 4 = 9": ("equations", (), -2.0, 7),
    "3x = 21": ("equations", (), -1.5, 17),
    "2x + 1 = 15": ("equations", (), -0.8, 28),
    "2(x − 3) = 10": ("equations", (), 0.0, 5),
    "5x − 3 = 2x + 9": ("equations", (), 0.5, 21),
    "x/4 + 2 = 5": ("equations", ("fractions",), 0.4, 10),
    "x/2 + x/3 = 10": ("equations", ("fractions",), 1.4, 14),
}


def pool() -> Pool:
    """The invented pool: 28 questions of school maths on four skills, some on two."""
    rows = _QUESTIONS.values()
    label, others, difficulty, created = zip(*rows, strict=True)
    skills = tuple(dict.fromkeys(label))
    needs = [[name in (own, *more) for name in skills] for own, more in zip(label, others, strict=True)]
    known = dict(label=label, skills=needs, skill_names=skills, difficulty=difficulty, created=created)
    return Pool(list(_QUESTIONS), **known)


@dataclass(frozen=True)
class HomeworkExplorer(Element):
    """A homework that one plays: each question answered right or wrong, the next chosen by `recommend`.

    target: P(right) aimed at. closeness, need, recency: weights of the score. params: BKT's four, of every skill.
    answers: 1 and 0 given so far, exercises of modules too. questions: how many the homework has, 1 to 10.

    The rules are `session`'s, but that what is left is chosen again after each question. Belief: ability standard
    normal before any answer, questions of discrimination 1 and known difficulty; each answer counts for every skill
    that its question needs; each exercise done in a module is a chance to learn, without evidence. Raises ValueError
    for anything else, and for answers after the end.
    """

    tag = "kt-homework"
    target: float = 0.7
    closeness: float = 0.6
    need: float = 0.2
    recency: float = 0.1
    params: BKTParams = field(default_factory=lambda: PARAMS)
    answers: tuple[int, ...] = ()
    questions: int = 10

    def __post_init__(self):
        for name in ("target", "closeness", "need", "recency"):
            object.__setattr__(self, name, finite(getattr(self, name), name))
        check_params(self.params)
        if not (0 < self.params.p_slip < 1 and 0 < self.params.p_guess < 1):
            raise ValueError("params make an answer impossible: give p_slip and p_guess above 0 and below 1")
        answers = listed(self.answers, "answers", "(1, 0, 1)")
        object.__setattr__(self, "answers", tuple(session.right_or_wrong(answer) for answer in answers))
        object.__setattr__(self, "questions", whole(self.questions, "questions", 1, 10))
        self.play()

    def play(self) -> session.State:
        """Where the session stands after `answers`."""
        bank = pool()
        state = session.start(self.choose(())[: self.questions], like=_alike(bank))
        for answer in self.answers:
            state = session.step(state, answer)
            if state.kind == "homework":
                first, *left = self.choose(state.log)[: 1 + len(state.left)]
                state = replace(state, question=first, left=tuple(left))
        return state

    def choose(self, log) -> tuple:
        """The names of all questions not in `log`, best first."""
        return self._homework(log).list("you")

    def _homework(self, log):
        """What `recommend` says after a log, for one student, "you"."""
        bank, (_, known, forecast) = pool(), self.belief(log)
        tried = bank.places(list(dict.fromkeys(answer.question for answer in log)))
        seen = Responses([0] * len(tried), tried, [0] * len(tried), ["you"], bank.items) if len(tried) else None
        table = pd.DataFrame([forecast], ["you"], list(bank.items))
        weights = {name: getattr(self, name) for name in ("closeness", "need", "recency")}
        asked = dict(seen=seen, weights=weights, target=self.target, mastery=[known], n=len(bank), rng=0)
        return recommend(table, bank, **asked)

    def belief(self, log) -> tuple[tuple[float, float], np.ndarray, np.ndarray]:
        """After a log: mean and standard deviation of ability, P(known) of each skill, P(right) of each question."""
        bank, node = pool(), np.linspace(-4, 4, _POINTS)
        right = expit(node - bank.difficulty[:, None])
        weight, given = np.exp(-(node**2) / 2), [[] for _ in bank.skill_names]
        for answer in log:
            place, tried = int(bank.places([answer.question])[0]), answer.kind != "module"
            if tried or answer.correct:
                for skill in np.flatnonzero(bank.skills[place]):
                    given[skill].append(answer.correct if tried else None)
            if tried:
                weight = weight * (right[place] if answer.correct else 1 - right[place])
        weight = weight / weight.sum()
        mean = float(weight @ node)
        known = [model.filter(of, self.params).p_known[-1] if of else self.params.p_init for of in given]
        return (mean, float(np.sqrt(weight @ (node - mean) ** 2))), np.array(known), right @ weight

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        state = self.play()
        (mean, sd), known, forecast = self.belief(state.log)
        able = f"Your ability: {tenths(mean)} ± {tenths(1.96 * sd)}."
        if state.done:
            first = [answer for answer in state.log if answer.kind == "homework"]
            right = sum(answer.correct for answer in first)
            return (
                f"Done: {right} of {count(len(first), 'question')} right, {count(len(first) - right, 'module')}. {able}"
            )
        bank = pool()
        place = int(bank.places([state.question])[0])
        weakest = min(_needs(bank)[place], key=lambda skill: known[skill])
        skill = f"{bank.skill_names[weakest]}, P(known) {likely(known[weakest])}"
        if state.kind == "module":
            hints = f", {count(state.hints, 'hint')} given" if state.hints else ""
            return (
                f"You missed “{state.question}”: a module on {skill}. Exercise {state.exercise} of {state.exercises}"
                f"{hints}. Only a right answer moves on."
            )
        chance = f"“{state.question}”, forecast {likely(forecast[place])} right"
        if state.kind == "similar":
            return f"One like it: {chance}. Right or wrong, the homework goes on. {able}"
        number = 1 + sum(answer.kind == "homework" for answer in state.log)
        row = self._homework(state.log).reasons("you").iloc[0]
        score = " + ".join(
            f"{places(row[name])} for {name}" for name in ("closeness", "need", "recency") if name in row
        )
        return (
            f"Question {number} of {self.questions}: {chance}; score {places(row.score)} = {score}. "
            f"It needs {skill}. {able}"
        )

    def _config(self) -> dict:
        bank = pool()
        like, place = _alike(bank), {name: k for k, name in enumerate(bank.items)}
        made = (bank.created - bank.created.min()) / np.ptp(bank.created)
        told = {
            name: getattr(self, name) for name in ("target", "closeness", "need", "recency", "answers", "questions")
        }
        told |= {"params": {name: getattr(self.params, name) for name in model.NAMES}, "skills": bank.skill_names}
        told["exercises"] = session.EXERCISES
        told["bank"] = [
            {"name": name, "needs": needs, "hard": hard, "recency": recency, "like": [place[one] for one in like[name]]}
            for name, needs, hard, recency in zip(
                bank.items, _needs(bank), bank.difficulty.tolist(), made.tolist(), strict=True
            )
        ]
        return told


def _needs(bank: Pool) -> list[list[int]]:
    """The skills of each question, that of its label first."""
    own = [bank.skill_names.index(name) for name in bank.label]
    return [[k, *(int(j) for j in np.flatnonzero(row) if j != k)] for k, row in zip(own, bank.skills, strict=True)]


def _alike(bank: Pool) -> dict:
    """Question -> the six most similar to it."""
    return session.likes(bank, bank.items, most=6)
