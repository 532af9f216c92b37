"""How often intervals hold the truth, and how far fits spread, over classes simulated from the same truth.

`python benchmarks/coverage_study.py` runs it in full; `in_full()` reads what that stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from .. import _checks as checks
from .. import bkt
from ..bkt import NAMES, BKTParams, bounds, em
from ..bkt.sensitivity import degenerate
from ..bkt.uncertainty import intervals
from . import stored

TOL = 1e-8  # of EM, in nats


@dataclass(frozen=True, eq=False)
class Coverage:
    """What `run` found, a row a class and a column a parameter, in the order p_init, p_transit, p_slip, p_guess.

    estimates, se, low, high, method: (n, 4), as in `uncertainty.Intervals`; se is NaN where there is none.
    flags: how many classes raised each kind of flag.
    """

    truth: BKTParams
    students: int
    answers: int
    n: int
    seed: object
    level: float
    estimates: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray
    method: np.ndarray
    flags: dict[str, int]
    __repr__ = checks.short

    @property
    def held(self) -> np.ndarray:
        """(n, 4) whether the interval holds the truth."""
        return (self.low <= tuple(self.truth)) & (tuple(self.truth) <= self.high)

    @property
    def wald(self) -> np.ndarray:
        """(n, 4) whether it comes from curvature; the others are profiles."""
        return self.method == "Wald"

    def frame(self, name: str) -> pd.DataFrame:
        """One parameter, a row a class: estimate, se, low, high, method, and whether the interval holds the truth."""
        j = NAMES.index(checks.one_of(name, NAMES, "name"))
        columns = {"estimate": self.estimates, "se": self.se, "low": self.low, "high": self.high}
        columns |= {"method": self.method, "holds": self.held}
        return pd.DataFrame({column: values[:, j] for column, values in columns.items()})


def run(
    truth: BKTParams, students: int, answers: int, *, n: int = 400, seed=2024, level: float = 0.95, progress=False
) -> Coverage:
    """Simulate a class, fit it from the literature's start, put an interval on each number; n times.

    seed: a whole number, or a generator to go on with. Raises as `bkt.simulate`, `em.fit` and `intervals`.
    """
    tables, flags = [], Counter()
    for seen in _classes(truth, students, answers, n, seed, progress):
        found = intervals(seen, em.fit(seen, tol=TOL), level)
        tables.append(found.table)
        flags.update(flag.split(":")[0] for flag in found.flags)
    numbers = np.array([table[["estimate", "se", "low", "high"]].to_numpy(float).T for table in tables])
    method = np.array([table["method"].to_list() for table in tables])
    return Coverage(truth, students, answers, n, seed, level, *numbers.swapaxes(0, 1), method, dict(flags))


def fits(truth: BKTParams, students: int, answers: int, *, n: int = 300, seed=2024, progress=False) -> np.ndarray:
    """(n, 4) estimates alone, one row a simulated class; several times as fast as `run`. Raises as `run`."""
    classes = _classes(truth, students, answers, n, seed, progress)
    return np.array([tuple(em.fit(seen).params) for seen in classes])


def flagged(truth: BKTParams, designs: Iterable[tuple[int, int]], *, n: int = 200, seed=31) -> dict:
    """(students, answers each) -> share of simulated classes whose fit `sensitivity.degenerate` flags.

    One stream of random numbers serves all designs in turn. Raises as `run`.
    """
    rng, shares = checks.generator(seed), {}
    for students, answers in designs:
        found = fits(truth, students, answers, n=n, seed=rng)
        shares[students, answers] = float(np.mean([bool(degenerate(truth.moved(**_named(row)))) for row in found]))
    return shares


def in_full() -> dict:
    """What the full run stored: seed, versions, and under "designs" a dict for each design."""
    return json.loads(stored("results/coverage.json").read_text(encoding="utf-8"))


def judged(truth: BKTParams, design: Mapping) -> dict[str, str]:
    """The guide's promise for a stored design beside what was found: says, ours, n, verdict and why, as a claim wants.

    design: one of `in_full()["designs"]` with a claim. It holds if the bound allows ±claim, as 95%, for all four.
    """
    students, answers, within, n = (design[key] for key in ("students", "answers_each", "claim", "replicates"))
    share, need = design["all_within_claim"], bounds.students_needed(truth, answers, within=within)
    low, high = (share + z * np.sqrt(share * (1 - share) / n) for z in (-1.96, 1.96))
    short = {name: name.removeprefix("p_") for name in NAMES}
    allowed = [short[name] for name in NAMES if need[name] <= students]
    shares = ", ".join(f"{short[name]} in {design['each_within_claim'][name]:.0%} of classes" for name in NAMES)
    spread = (f"{short[name]} {design['sd'][name]:.4f} (bound {design['cramer_rao'][name]:.4f})" for name in NAMES)
    return {
        "says": f"{students:,} students × {answers} answers each: accuracy ±{within}",
        "ours": f"single numbers within ±{within}: {shares}; all four at once in {share:.1%} "
        f"({low:.1%} to {high:.1%}). Standard deviations {', '.join(spread)}",
        "n": f"{n:,} simulated classes; bound exact; one set of true numbers",
        "verdict": ("does not hold", "does not hold", "holds with a caveat", "holds with a caveat", "holds")[
            len(allowed)
        ],
        "why": "The guide does not say what ± means. Read as 95% for each number, the bound allows it for "
        f"{' and '.join(allowed) or 'none'}; read as all four at once, which is our reading, it takes {need['all']:,} "
        f"students with {answers} answers.",
    }


def _classes(truth: BKTParams, students: int, answers: int, n: int, seed, progress: bool) -> Iterator[np.ndarray]:
    rng = checks.generator(seed)
    for _ in tqdm(range(checks.whole(n, "n", 1)), unit="class", disable=not checks.flag(progress, "progress")):
        yield bkt.simulate(truth, students=students, steps=answers, rng=rng).answers


def _named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, row.tolist(), strict=True))
