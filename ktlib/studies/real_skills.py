"""Every skill of a real log, fitted with standard errors; and what the literature's numbers would cost on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em, model
from ..bkt.model import NAMES, BKTParams
from ..bkt.sensitivity import cost, degenerate
from ..bkt.uncertainty import standard_errors


@dataclass(frozen=True, eq=False)
class RealSkills:
    """What `run` found. frame: a row a skill: students, answers, the four numbers, low_ and high_ of their 95%
    intervals, flag: why its numbers may not mean what they say, empty if nothing does. n: skills."""

    frame: Any
    n: int

    @property
    def plain(self):
        """The rows without a flag."""
        return self.frame[self.frame.flag == ""]


@dataclass(frozen=True, eq=False)
class Price:
    """What `price` found. frame: a row a skill; false_masters, kept and declared for "own" numbers and the "habit".

    n: simulated students a skill. seed: of their draws.
    """

    frame: Any
    n: int
    seed: int


def run(sequences_by_skill: Mapping, *, progress: bool = False) -> RealSkills:
    """Fit every skill by exact EM from the literature's start. sequences_by_skill: as `sequences_by` gives it."""
    import pandas as pd

    rows = []
    for skill, answers in tqdm(sequences_by_skill.items(), disable=not progress, desc="skills"):
        fit = em.fit(answers)
        row = {"skill": skill, "students": fit.students, "answers": fit.answers} | dict(
            zip(NAMES, fit.params, strict=True)
        )
        flags = []
        try:
            sure = standard_errors(answers, fit)
            for name in sure.se:
                row[f"low_{name}"], row[f"high_{name}"] = sure.interval(name)
            flags += degenerate(fit.params)
        except ValueError:
            flags.append("flat: these answers do not pin the four numbers")
        if not fit.converged:
            flags.append("EM had not converged")
        rows.append(row | {"flag": "; ".join(flags)})
    return RealSkills(pd.DataFrame(rows).set_index("skill"), len(rows))


def price(skills, *, questions: int = 20, n: int = 4000, seed: int = 17, progress: bool = False) -> Price:
    """Simulate n students from each skill's own numbers, and decide with these and with the literature's habit.

    skills: a frame with a row a skill, as `RealSkills.plain`. The fitted numbers count as the truth here.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for skill, row in tqdm(skills.iterrows(), total=len(skills), disable=not progress, desc="skills"):
        own = BKTParams(**{name: row[name] for name in NAMES})
        group = model.simulate(own, students=n, steps=questions + 1, rng=rng)
        for label, assumed in (("own", own), ("habit", BKTParams())):
            c = cost(group, own, assumed)
            rows.append((skill, label, c.false_masters, c.kept, c.declared))
    frame = pd.DataFrame(rows, columns=["skill", "numbers", "false_masters", "kept", "declared"])
    return Price(frame.pivot(index="skill", columns="numbers"), n, seed)
