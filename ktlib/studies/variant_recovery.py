"""What was put in comes out again: each extension of BKT simulated and fitted, many times, with its intervals.

`python benchmarks/variants_recovery.py` runs it in full; `in_full()` reads what that stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import trange

from .. import _checks as checks
from ..bkt import variants
from ..bkt.variants import VariantParams
from . import stored

_USUAL = {"p_init": 0.3, "p_transit": 0.12, "p_slip": 0.1, "p_guess": 0.2}
_SLIPS, _GUESSES = [0.05, 0.08, 0.12, 0.2, 0.3], [0.1, 0.15, 0.2, 0.3, 0.4]
DESIGNS = {  # truth, students, answers each, further settings of the fit
    "forgetting": (_USUAL | {"p_forget": 0.05}, 500, 20, {"forgets": True}),
    "question": (_USUAL | {"p_slip": _SLIPS, "p_guess": _GUESSES}, 500, 15, {}),
    "practice": (_USUAL | {"p_transit": [0.05, 0.12, 0.3]}, 500, 15, {}),
    "practice, forgetting": (
        _USUAL | {"p_transit": [0.08, 0.25], "p_forget": [0.03, 0.08]}, 1000, 20, {"forgets": True}
    ),
    "group": (_USUAL | {"p_init": [0.2, 0.6]}, 500, 15, {}),
    "first answer": (_USUAL | {"p_init": 0.4}, 500, 15, {}),
    "all": (
        {"p_init": [0.2, 0.6], "p_transit": [0.08, 0.25], "p_forget": [0.03, 0.08], "p_slip": [0.08, 0.2]}
        | {"p_guess": [0.15, 0.3]}, 1000, 20, {"forgets": True}
    ),
    "learned prior": (_USUAL, 300, 12, {"priors": "learned"}),
}  # fmt: skip
QUESTIONS, SPREAD = 25, (0.5, 0.7)  # of the last design: how many, and the sd of their logits of p_slip and p_guess


@dataclass(frozen=True, eq=False)
class VariantRecovery:
    """What `run` found. table: a row a replicate and number: parameter, block, truth, estimate, se, low, high, note.

    design, students, answers: what was simulated, answers each. n, seed: replicates. level: of the intervals.
    """

    design: str
    students: int
    answers: int
    n: int
    seed: object
    level: float
    table: pd.DataFrame
    __repr__ = checks.short

    def frame(self, by: str = "parameter") -> pd.DataFrame:
        """A row a parameter, or a block (by="block").

        n: estimates with an interval; without: how many have none. truth, estimate: means. bias: mean error; bias_se:
        its standard error; bias_in_se: mean error in standard errors of one estimate. sd: of the errors; se_over_sd:
        the mean reported standard error over it. coverage: share of intervals that hold the truth; low, high: its 95 %
        interval (Wilson 1927).
        """
        rows = {}
        for name, part in self.table.groupby(checks.one_of(by, ("parameter", "block"), "by"), sort=False):
            sure = part[part.se.notna()]
            error, k, m = (
                sure.estimate - sure.truth,
                ((sure.low < sure.truth) & (sure.truth < sure.high)).sum(),
                len(sure),
            )
            centre, half = (k + 1.92) / (m + 3.84), 1.96 * np.sqrt(k * (m - k) / m + 0.96) / (m + 3.84)
            sd = error.std()
            rows[name] = {
                "n": m, "without": len(part) - m, "truth": sure.truth.mean(), "estimate": sure.estimate.mean(),
                "bias": error.mean(), "bias_se": sd / np.sqrt(m), "bias_in_se": (error / sure.se).mean(), "sd": sd,
                "se_over_sd": sure.se.mean() / sd, "coverage": k / m, "low": centre - half, "high": centre + half,
            }  # fmt: skip
        return pd.DataFrame.from_dict(rows, orient="index")


def run(design: str, *, n: int = 200, seed=2026, level: float = 0.95, progress: bool = False) -> VariantRecovery:
    """Simulate `DESIGNS[design]`, fit it from the usual start, n times; replicate k has the seed's k-th child.

    With a learned prior the questions are drawn anew each time, and come up unevenly, so that some are rare. Raises
    ValueError for another design, n below 1 or a level outside (0, 1).
    """
    truth, students, answers, settings = DESIGNS[checks.one_of(design, tuple(DESIGNS), "design")]
    parts = []
    children = np.random.default_rng(seed).spawn(checks.whole(n, "n", 1))
    for k in trange(n, disable=not progress, desc=design):
        rng = children[k]
        params, question = VariantParams(**truth), None
        if design == "learned prior":
            params, question = _drawn(params, students, answers, rng)
        seen = variants.simulate(params, students, answers, rng=rng, question=question)
        coded = _coded(design, params, seen)
        fit = variants.fit(coded, **settings)
        expected = _expected(params, fit.params)
        found = fit.frame(level)
        found = found.assign(parameter=found.index, truth=expected, replicate=k)
        parts.append(found[found.note != "frozen"])
    return VariantRecovery(design, students, answers, n, seed, level, pd.concat(parts, ignore_index=True))


def in_full() -> dict[str, pd.DataFrame]:
    """For every design, a table as `VariantRecovery.frame` makes it, from the stored run of 200 replicates."""
    told = json.loads(stored("results/variants_recovery.json").read_text("utf8"))
    return {row["design"]: pd.DataFrame.from_dict(row["found"], orient="index") for row in told["designs"]}


def _coded(design: str, params: VariantParams, seen) -> variants.Coded:
    if design == "first answer":
        return variants.by_first_answer(seen.answers)
    given = {"question": params.questions, "practice": params.kinds, "group": params.groups}
    return variants.code(seen.answers, **{one: getattr(seen, one) for one, names in given.items() if len(names) > 1})


def _expected(params: VariantParams, fitted: VariantParams) -> np.ndarray:
    """The truth in the fit's layout; P(known at the start | first answer) by Bayes' rule where groups are that."""
    if fitted.groups != ("first wrong", "first right"):
        return params.values
    known, slip, guess = params.p_init, params.p_slip, params.p_guess
    wrong, right = known * slip, known * (1 - slip)
    given = np.concatenate([wrong / (wrong + (1 - known) * (1 - guess)), right / (right + (1 - known) * guess)])
    return np.concatenate([given, params.values[1:]])


def _drawn(params: VariantParams, students: int, answers: int, rng) -> tuple[VariantParams, np.ndarray]:
    """Questions drawn around the usual one, and who meets which: the k-th as often as 1/k says, each at least once."""
    middle = np.log([params.p_slip[0] / (1 - params.p_slip[0]), params.p_guess[0] / (1 - params.p_guess[0])])
    logits = middle[:, None] + np.array(SPREAD)[:, None] * rng.normal(size=(2, QUESTIONS))
    p_slip, p_guess = 1 / (1 + np.exp(-logits))
    share = 1 / np.arange(1, QUESTIONS + 1)
    question = rng.choice(QUESTIONS, (students, answers), p=share / share.sum())
    question.flat[rng.choice(question.size, QUESTIONS, replace=False)] = np.arange(QUESTIONS)
    return VariantParams(p_init=params.p_init, p_transit=params.p_transit, p_slip=p_slip, p_guess=p_guess), question
