"""The study guide's own class: its code, its seed, its M-step, and the rows that it prints (`bktguide`, its NB-3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em, model
from ..bkt.model import NAMES, BKTParams
from ..data.sequences import Sequences

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
START = BKTParams(p_init=0.5, p_transit=0.05, p_slip=0.3, p_guess=0.3)
PRINTED = {  # iteration -> the estimates it prints under the words "Expected output shape"
    1: (0.32, 0.10, 0.14, 0.21),
    5: (0.27, 0.11, 0.10, 0.19),
    10: (0.26, 0.12, 0.09, 0.19),
    20: (0.25, 0.12, 0.08, 0.18),
    30: (0.25, 0.12, 0.08, 0.18),
}
PRINTED_RATE = 0.612  # of right answers
FALL = 1e-9  # a log likelihood that goes down by more than this share of itself has fallen


@dataclass(frozen=True, eq=False)
class GuideClass:
    """What `run` found.

    answers: the class. truth: the numbers that made it. start: where the guide starts. path: (iterations + 1, 4)
    estimates of its own steps, path[0] the start. exact: the same of exact EM, which stays where it stands still.
    printed: iteration -> the estimates that the guide prints. seed: of NumPy's old generator.
    """

    answers: Sequences
    truth: BKTParams
    start: BKTParams
    path: np.ndarray
    exact: np.ndarray
    printed: dict[int, tuple[float, ...]]
    seed: int

    def as_printed(self) -> dict[int, int]:
        """For each printed row, how many of its four numbers the guide's own steps give, to two digits."""
        return {i: int((self.path[i].round(2) == row).sum()) for i, row in self.printed.items()}


@dataclass(frozen=True, eq=False)
class Falls:
    """Where a log likelihood fell. runs: DataFrame, a row a class and start: start ("own" or "habit"), exact and guide
    (whether it fell), gap (largest distance between the two ends). n: classes. seed: of their draws."""

    runs: Any
    n: int
    seed: int


def run(
    truth: BKTParams = TRUTH, *, students: int = 200, answers: int = 15, iterations: int = 30, seed: int = 42
) -> GuideClass:
    """Draw the class as the guide's code does, student after student, and walk its steps from its start."""
    draw = np.random.RandomState(seed).random_sample  # as np.random.seed(42) does
    rows = []
    for _ in range(students):
        knows, row = draw() < truth.p_init, []
        for _ in range(answers):
            row.append(draw() >= truth.p_slip if knows else draw() < truth.p_guess)
            knows = (draw() < truth.p_transit) or knows
        rows.append(row)
    seen = Sequences.from_lists(rows)
    path = np.array([tuple(params) for params in walk(seen.to_array(), START, iterations)])
    exact = em.fit(seen, start=START, tol=0, max_steps=iterations).path
    still = np.minimum(np.arange(iterations + 1), len(exact) - 1)
    return GuideClass(seen, truth, START, path, exact[still], PRINTED, seed)


def step(table: np.ndarray, params: BKTParams) -> BKTParams:
    """The guide's M-step: it drops jumps of those almost surely past learning, and clips three numbers.

    table: (students, steps) of 1 and 0.
    """
    gamma = model.smooth(table, params).p_known
    not_yet, jump = 1 - gamma[:, :-1], np.diff(gamma, axis=1)
    rates = (
        np.maximum(jump, 0)[not_yet > 0.01].sum() / not_yet.sum(),
        (gamma * (table == 0)).sum() / gamma.sum(),
        ((1 - gamma) * (table == 1)).sum() / (1 - gamma).sum(),
    )
    new = gamma[:, 0].mean(), *np.clip(rates, 0.01, 0.5)
    return BKTParams(**dict(zip(NAMES, new, strict=True)))


def walk(table: np.ndarray, start: BKTParams, iterations: int) -> list[BKTParams]:
    """The guide's steps, the start first."""
    path = [start]
    for _ in range(iterations):
        path.append(step(table, path[-1]))
    return path


def falls(
    truth: BKTParams = TRUTH,
    *,
    students: int = 200,
    answers: int = 15,
    iterations: int = 20,
    n: int = 200,
    seed: int = 3,
    progress: bool = False,
) -> Falls:
    """In how many of n fresh classes the log likelihood falls, for exact EM and for the guide's step, from two starts.

    The theory promises that it never does, for exact steps (Dempster et al. 1977).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    runs = []
    for _ in tqdm(range(n), disable=not progress, desc="classes"):
        table = model.simulate(truth, students=students, steps=answers, rng=rng).answers
        for label, start in (("own", START), ("habit", BKTParams())):
            exact, path = em.fit(table, start=start), walk(table, start, iterations)
            trace = [model.log_likelihood(table, params).sum() for params in path[:-1]]
            gap = np.abs(np.subtract(tuple(path[-1]), tuple(exact.params))).max()
            runs.append((label, _fell(exact.trace), _fell(trace), gap))
    return Falls(pd.DataFrame(runs, columns=["start", "exact", "guide", "gap"]), n, seed)


def _fell(trace) -> bool:
    return bool(np.diff(trace).min() < -FALL * abs(trace[0]))


def clipped(truth: BKTParams, name: str, value: float, *, seed: int = 5) -> tuple[float, float]:
    """What the guide's steps and exact EM answer for one number that its clips do not let through.

    2,000 students with 15 answers each, from `truth` with `name` at `value`; 60 steps from the literature's habit.
    """
    odd = truth.moved(**{name: value})
    table = model.simulate(odd, students=2000, steps=15, rng=seed).answers
    return getattr(walk(table, BKTParams(), 60)[-1], name), getattr(em.fit(table).params, name)
