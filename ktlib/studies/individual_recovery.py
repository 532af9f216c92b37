"""What was put in comes out again: students' own start or pace simulated and fitted, many times, with its intervals.

`python benchmarks/variants_recovery.py` runs it in full; `variant_recovery.in_full()` reads what that stored.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from tqdm.auto import trange

from .. import _checks as checks
from ..bkt import NAMES, BKTParams, individual
from .variant_recovery import VariantRecovery

DESIGNS = {"own start": "p_init", "own pace": "p_transit"}  # what a student's shift moves
SPREAD, STUDENTS, ANSWERS = 1.2, 200, 8  # logits; answers to each skill
SKILLS = {
    name: BKTParams(p_init=0.25 + 0.07 * k, p_transit=0.1 + 0.03 * k, p_slip=0.1, p_guess=0.2)
    for k, name in enumerate("abcdef")
}


def truth() -> dict:
    """What was put in: "spread", and skill -> four probabilities."""
    return {"spread": SPREAD} | {name: list(params) for name, params in SKILLS.items()}


def run(design: str, *, n: int = 200, seed=2026, level: float = 0.95, progress: bool = False) -> VariantRecovery:
    """Simulate 200 students with eight answers to each of six skills, fit them, n times.

    Replicate k has the seed's k-th child. Blocks of the result are the spread and the four probabilities. Raises
    ValueError for another design, n below 1 or a level outside (0, 1).
    """
    shift = DESIGNS[checks.one_of(design, tuple(DESIGNS), "design")]
    children = np.random.default_rng(seed).spawn(checks.whole(n, "n", 1))
    rows = []
    for k in trange(n, disable=not progress, desc=design):
        seen = individual.simulate(SKILLS, SPREAD, students=STUDENTS, steps=ANSWERS, rng=children[k], shift=shift)
        fit = individual.fit(seen.frame, shift=shift)
        low, high = fit.interval("spread", level)
        rows.append(["spread", "spread", SPREAD, fit.spread, fit.spread_se, low, high, "", k])
        table = fit.frame(level)
        for name in NAMES:
            for skill, own in table.iterrows():
                found = (own[f"{before}{name}"] for before in ("", "se_", "low_", "high_"))
                rows.append([f"{name}[{skill}]", name, getattr(SKILLS[skill], name), *found, own.flag, k])
    columns = ["parameter", "block", "truth", "estimate", "se", "low", "high", "note", "replicate"]
    return VariantRecovery(design, STUDENTS, ANSWERS, n, seed, level, pd.DataFrame(rows, columns=columns))
