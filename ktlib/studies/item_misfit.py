"""Does item fit cry wolf, and does it find the wolf? Size and power of S-X² and infit on simulated tests.

Each replicate draws a class and its answers, fits a model and holds every item against it. Where the model is the true
one, tests at 5% should flag 5%. Where it is not, they should flag more: floors for guessing fitted as 2PL; one item
with the wrong key, fitted as Rasch and as 2PL.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .._checks import short
from ..irt import mml
from ..irt.item_fit import item_fit
from . import stored

FLOOR = 0.2
KEYED_WRONG = 0  # the item whose key is wrong
CASES = {  # name: floor, one slope for all or None, whether one item is keyed wrong, model fitted
    "2PL, true": (0.0, None, False, "2pl"),
    "Rasch, true": (0.0, 1.2, False, "rasch"),
    "3PL, true": (FLOOR, None, False, "3pl"),
    "3PL fitted as 2PL": (FLOOR, None, False, "2pl"),
    "2PL fitted as Rasch": (0.0, None, False, "rasch"),
    "miskeyed item under Rasch": (0.0, 1.2, True, "rasch"),
    "miskeyed item under 2PL": (0.0, 1.2, True, "2pl"),
}
_COLUMNS = ("s_x2", "infit", "flagged", "mean_infit", "mean_outfit", "negative", "tests")


@dataclass(frozen=True, eq=False)
class ItemMisfit:
    """What was flagged.

    table: a DataFrame with a row a case: s_x2, infit, shares of items with p below .05, and with |z| above 1.96;
    flagged, the share with an adjusted p below .05; mean_infit, mean_outfit; negative, the share with a negative
    discrimination; tests, how many items counted. Cases with a miskeyed item count that item alone. replicates,
    students, items, seed: of the study.
    """

    table: object
    replicates: int
    students: int
    items: int
    seed: int
    __repr__ = short


def in_full() -> dict:
    """What benchmarks/item_fit_study.py stored: "about", "cases" as the table's rows, and "recovery" of each model."""
    return json.loads(stored("results/item_fit.json").read_text())


def drawn(rng: np.random.Generator, students: int, items: int, *, floor: float = 0.0, slope=None) -> np.ndarray:
    """(students, items) answers: ability and difficulty N(0, 1), discrimination log-normal(.2, .3) unless given."""
    slopes = rng.lognormal(0.2, 0.3, items) if slope is None else np.full(items, slope)
    difficulty, ability = rng.normal(size=items), rng.normal(size=students)
    p = floor + (1 - floor) * expit(slopes * (ability[:, None] - difficulty))
    return (rng.random(p.shape) < p).astype(float)


def run(*, replicates: int = 200, students: int = 1000, items: int = 20, seed: int = 0, cases=CASES) -> ItemMisfit:
    """Every case, replicate by replicate; each replicate has a seed of its own."""
    import pandas as pd

    rows = {}
    for number, (name, (floor, slope, wrong, model)) in enumerate(cases.items()):
        found = [one([seed, number, k], students, items, floor, slope, wrong, model) for k in range(replicates)]
        rows[name] = np.concatenate(found, axis=1)
    table = {name: (*(np.mean(row) for row in values), values.shape[1]) for name, values in rows.items()}
    table = pd.DataFrame.from_dict(table, orient="index", columns=list(_COLUMNS))
    return ItemMisfit(table, replicates, students, items, seed)


def one(seed, students: int, items: int, floor: float, slope, wrong: bool, model: str) -> np.ndarray:
    """(6, items counted) what one class shows, in the order of the table's columns."""
    answers = drawn(np.random.default_rng(seed), students, items, floor=floor, slope=slope)
    if wrong:
        answers[:, KEYED_WRONG] = 1 - answers[:, KEYED_WRONG]
    fit = mml.fit(answers, model)
    held = item_fit(fit, answers)
    counted = slice(KEYED_WRONG, KEYED_WRONG + 1) if wrong else slice(None)
    seen = (
        held.p < 0.05, np.abs(held.infit_z) > 1.96, held.flagged, held.infit, held.outfit, fit.discrimination < 0,
    )  # fmt: skip
    return np.array(seen, float)[:, counted]
