"""The four arms of the experiment in the simulated school, classes drawn by lot, under each of its learning models.

What comes out depends on the learning model, which is an assumption: the study shows how far, and nothing about
children. `run` needs a minute a learning model; `read` gives back what `benchmarks/four_arms_study.py` stored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from .. import _checks as checks
from ..homework.analysis import Analysis, analyse
from ..homework.trial import ARMS, Trial, randomise
from . import stored

HOW = {  # arm -> the policy that chooses its questions, and whether a wrong answer opens the module
    "control": ("fixed", False),
    "personal": ("aim 0.7", False),
    "feedback": ("fixed", True),
    "both": ("aim 0.7", True),
}


@dataclass(frozen=True)
class Arms:
    """What a learning model made of the four arms. effect, low, high: contrast -> its estimate and 95% interval, in
    standard deviations that students had before the term. classes, students: in all. days: of homework.
    """

    learning: str
    effect: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    classes: int
    students: int
    days: int


def told(found: Analysis) -> dict[str, dict[str, float]]:
    """effect, low and high of each contrast."""
    low, high = found.interval()
    return {
        name: {contrast: round(float(value), 4) for contrast, value in zip(found.names, values, strict=True)}
        for name, values in (("effect", found.estimate), ("low", low), ("high", high))
    }


def run(
    learning: Sequence[str] = ("flat", "zone", "errors"), *, each: int = 10, students: int = 17, days: int = 20,
    seed: int = 1640, progress: bool = False,
) -> list[Arms]:  # fmt: skip
    """A trial for each learning model, with `each` classes of so many students in each arm, a homework a day.

    All classes share one pool of questions, known from other students' answers. The result is the share of the whole
    pool that a student would now answer right, the truth of the simulation; the past result is that share before.
    """
    from ..homework import school
    from . import policies

    each, students, days = (checks.whole(v, n, 2) for v, n in ((each, "each"), (students, "students"), (days, "days")))
    world = policies.world(students, checks.whole(seed, "seed", 0))
    found = []
    for model in learning:
        rng = np.random.default_rng(seed)
        arms = randomise(each * len(ARMS), rng=rng)
        terms = []
        for place, arm in enumerate(tqdm(arms, desc=model, unit="class", disable=not progress)):
            group = school.school(world.school.pool, students, rng=[seed, place])
            past = school.history(group, policies.BEFORE, rng=[seed, place, 1])
            name, feedback = HOW[arm]
            choose = policies.policy(name, world.questions, model)
            options = {"days": days, "learning": model, "feedback": feedback, "history": past}
            terms.append(school.simulate(group, choose, rng=[seed, place, 2], **options))
        before, after = (np.concatenate([term.expected[at] for term in terms]) for at in (0, -1))
        unit = before.std()
        trial = Trial(
            ARMS,
            np.array([ARMS.index(arm) for arm in arms]),
            np.zeros(len(arms), dtype=int),
            np.repeat(np.arange(len(arms)), students),
            before,
            {"achievement": after / unit},
        )
        found.append(Arms(model, **told(analyse(trial)), classes=len(arms), students=len(before), days=days))
    return found


def read() -> tuple[dict, list[Arms]]:
    """The stored study: settings and versions, and what each learning model made of it."""
    found = json.loads(stored("results/four_arms.json").read_text())
    return found["about"], [Arms(**row) for row in found["arms"]]
