"""Is power what the formula says, and is 5% what an analysis keeps? Whole trials are simulated and counted.

`run` counts a few of them; `read` gives back what `benchmarks/power_study.py` counted and stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tqdm import tqdm

from .. import _checks as checks
from ..homework.power import Power, analytic_power, classes_needed, power
from ..homework.trial import TrialDesign
from . import stored

PLAN = {"students_per_class": 17, "icc": 0.18, "icc_school": 0.20, "past_r2": 0.5, "blocked": True}  # near to TIMSS


MAIN = "both - control"


def schools(effect: float, contrast: str = MAIN, *, treatments: int = 1, **changed) -> int:
    """Classes in each arm, so schools where each is a block, that see `effect` with 80%: `PLAN`, but for `changed`."""
    return classes_needed(TrialDesign(2, **PLAN | changed), effect, contrast=contrast, treatments=treatments)


def lines(effects: Iterable[float]) -> dict[str, list[int]]:
    """Plan -> schools for each effect: lots between schools, a class each; inside schools without past results, with
    them, and for the question whether personal is better, which all four arms answer together.
    """
    plans = {
        "a class a school, lots between schools": lambda e: 4 * schools(e, blocked=False),
        "four classes a school, no past results": lambda e: schools(e, past_r2=0.0),
        "four classes a school": schools,
        "and only: is personal better?": lambda e: schools(e, "personalisation"),
    }
    effects = tuple(effects)
    return {name: [plan(effect) for effect in effects] for name, plan in plans.items()}


def curves(sizes: Iterable[int], effects: Iterable[float]) -> dict[int, list[float]]:
    """Schools -> computed power of `MAIN` at each effect, as planned."""
    effects = tuple(effects)
    return {k: [analytic_power(TrialDesign(k, **PLAN), effect, contrast=MAIN) for effect in effects] for k in sizes}


@dataclass(frozen=True)
class Cell:
    """One design, effect and contrast: how often n simulated trials found it, and how often they should.

    how: the analysis. computed: by `power.analytic_power`; None where it does not hold, as for students.
    """

    design: TrialDesign
    effect: float
    contrast: str
    how: str
    counted: Power
    computed: float | None

    @property
    def off(self) -> float:
        """Counted less computed, in standard errors of the count, one of which is at least a trial."""
        error = max((self.computed * (1 - self.computed) / self.counted.n) ** 0.5, 1 / self.counted.n)
        return (self.counted.share - self.computed) / error


def run(
    cells: Iterable[tuple[TrialDesign, float, str, str]], n: int = 500, seed: int = 1600, progress: bool = False
) -> list[Cell]:
    """Count `n` trials for each (design, effect, contrast, how), with seeds from `seed` on."""
    n, out = checks.whole(n, "n", 2), []
    cells = checks.listed(cells, "cells", "[(TrialDesign(20, 25), 0.1, 'both - control', 'classes')]")
    for place, (design, effect, contrast, how) in enumerate(tqdm(cells, unit="design", disable=not progress)):
        counted = power(design, effect, rng=seed + place, n=n, contrast=contrast, how=how)
        computed = analytic_power(design, effect, contrast=contrast) if how == "classes" else None
        out.append(Cell(design, effect, contrast, how, counted, computed))
    return out


def rows(cells: Iterable[Cell]) -> list[dict]:
    """Cells as they are stored."""
    return [asdict(cell) for cell in cells]


def read() -> tuple[dict, list[Cell]]:
    """The stored study: settings and versions, and its cells."""
    found = json.loads(stored("results/power.json").read_text())
    return found["about"], [
        Cell(**row | {"design": TrialDesign(**row["design"]), "counted": Power(**row["counted"])})
        for row in found["cells"]
    ]
