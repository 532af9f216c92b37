"""Exports as they come, each trap sprung on purpose: what it does to four fitted numbers, and that a choice mends it.

A class is simulated from known numbers and written down as a program might export it. A reader who falls into the trap
fits one thing, a reader who names the right choice another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from .. import bkt
from .._checks import short
from ..bkt import NAMES, BKTParams, skills
from ..data.log import Log, read

TRUTH = BKTParams(p_init=0.3, p_transit=0.12, p_slip=0.08, p_guess=0.2)
SKILL, OTHER = "fractions", "decimals"
COLUMNS = dict(student="user", skill="kc", item="question", correct="right", order="time")
CREDIT = 0.4  # of wrong answers that get half the credit
SHARED = 0.4  # of questions that need another skill too
FEW = 11  # students


def answered(students: int, steps: int, rng: np.random.Generator, truth: BKTParams = TRUTH) -> pd.DataFrame:
    """A class on one skill, a row an answer in the order answered; each student has the questions in her own order."""
    right = bkt.simulate(truth, students=students, steps=steps, rng=rng).answers
    question = rng.permuted(np.tile(np.arange(steps), (students, 1)), axis=1)
    who, step = np.divmod(np.arange(students * steps), steps)
    frame = pd.DataFrame({"user": who, "kc": SKILL, "question": question.ravel(), "right": right.ravel()})
    return frame.assign(time=10 * step)


def shuffled(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The rows in any order, such as by question."""
    return frame.sample(frac=1, random_state=int(rng.integers(2**31)))


def told(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """After each wrong answer the program says what is right, and the same question is answered again, right."""
    again = frame[frame.right == 0].assign(right=1.0, time=lambda wrong: wrong.time + 5)
    return pd.concat([frame, again]).sort_values(["user", "time"], ignore_index=True)


def tagged(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Some questions need another skill too, and stand under both: "fractions~~decimals"."""
    questions = frame.question[frame.kc == SKILL].unique()
    both = rng.permutation(questions)[: round(SHARED * len(questions))]
    return frame.assign(kc=frame.kc.mask(frame.question.isin(both), f"{SKILL}~~{OTHER}"))


def hinted(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Some wrong answers get half the credit, for a hint."""
    half = (frame.right == 0) & (rng.random(len(frame)) < CREDIT)
    return frame.assign(right=frame.right.mask(half, 0.5))


def small(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A skill that few came to."""
    return frame[frame.user < FEW]


@dataclass(frozen=True)
class Trap:
    """What happens to an export, what a reader does who falls into it, and the choices that mend it (None: nothing)."""

    spoil: Callable
    falls: dict
    mends: dict | None


TRAPS = {
    "order lost": Trap(shuffled, {"order": None}, {}),
    "repeats kept": Trap(told, {"repeats": "all"}, {"repeats": "first"}),
    "joint tags kept": Trap(tagged, {"separator": False}, {"separator": "~~"}),
    "half credits": Trap(hinted, {"partial": 0.5}, {"partial": 1}),
    f"{FEW} students": Trap(small, {}, None),
}


def opened(frame: pd.DataFrame, choices: dict) -> Log:
    """The export as `data.read` reads it with these choices; without order its column of times is not there at all."""
    named = COLUMNS | choices
    return read(frame if named["order"] else frame.drop(columns="time"), **named)


def messy(*, students: int = 120, steps: int = 8, seed: int) -> pd.DataFrame:
    """One export with all traps in it, three skills, words for answers and cells with nothing in them."""
    rng, parts = np.random.default_rng(seed), []
    for skill, many in ((SKILL, students), (OTHER, students), ("angles", FEW)):
        part = answered(many, steps, rng)
        question = skill[:3] + part.question.astype(str)
        parts.append(part.assign(kc=skill, question=question, time=part.time + 100 * len(parts)))
    whole = hinted(told(tagged(pd.concat(parts, ignore_index=True), rng), rng), rng)
    words = whole.right.map({1.0: "Correct", 0.0: "incorrect", 0.5: "0.5"})
    blank = rng.random(len(whole)) < 0.01
    return shuffled(whole.assign(right=words.mask(blank, "")), rng).reset_index(drop=True)


@dataclass(frozen=True, eq=False, repr=False)
class Traps:
    """What `run` found. frame: a row a class and trap ("as it was" for none) with the four numbers fitted."""

    frame: pd.DataFrame
    truth: BKTParams
    classes: int
    students: int
    steps: int
    seed: int
    __repr__ = short

    def means(self) -> pd.DataFrame:
        """A row a trap and number: mean over classes, half of its 95% interval, low and high of 95% of the classes."""
        by = self.frame.groupby("trap", sort=False)[list(NAMES)]
        found = {
            "mean": by.mean(),
            "half": 1.96 * by.std() / np.sqrt(self.classes),
            "low": by.quantile(0.025),
            "high": by.quantile(0.975),
        }
        return pd.concat({name: table.stack() for name, table in found.items()}, axis=1)


def run(*, n: int = 40, students: int = 300, steps: int = 10, seed: int = 18, progress: bool = False) -> Traps:
    """n classes, each fitted by maximum likelihood as it was and after each trap."""
    classes = {}
    for k in tqdm(range(n), "classes", disable=not progress):
        rng = np.random.default_rng([seed, k])
        frame = answered(students, steps, rng)
        classes[k, "as it was"] = opened(frame, {}).sequences()[SKILL]
        for name, trap in TRAPS.items():
            classes[k, name] = opened(trap.spoil(frame, rng), trap.falls).sequences()[SKILL]
    fits = skills.fit(classes, prior=None)
    rows = [
        {"trap": name} | dict(zip(NAMES, p, strict=True)) for (_, name), p in zip(classes, fits.params, strict=True)
    ]
    return Traps(pd.DataFrame(rows), TRUTH, n, students, steps, seed)
