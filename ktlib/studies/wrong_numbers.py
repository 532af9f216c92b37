"""Deciding with wrong numbers: all four off at once, four fitted to a small class, or no model at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em, model
from ..bkt.model import NAMES, BKTParams, Simulated
from ..bkt.sensitivity import Cost, cost


@dataclass(frozen=True, eq=False)
class WrongNumbers:
    """What `run` found.

    truth: of the class. group: the class, on which all was decided. base: the cost with the true numbers.
    off_by: by how much all four were off at most -> n costs. fitted: (students, answers each) of the classes that the
    numbers were fitted to -> n costs. n, seed: as given.
    """

    truth: BKTParams
    group: Simulated
    base: Cost
    off_by: dict[float, list[Cost]]
    fitted: dict[tuple[int, int], list[Cost]]
    n: int
    seed: int


def run(
    truth: BKTParams,
    *,
    off_by: Iterable[float] = (0.01, 0.05, 0.1),
    classes: Iterable[tuple[int, int]] = ((22, 9), (200, 15)),
    students: int = 4000,
    questions: int = 20,
    n: int = 200,
    seed: int = 8,
    progress: bool = False,
) -> WrongNumbers:
    """Decide about a simulated class with numbers that are off, and with numbers that EM fits to other classes.

    off_by: each of the four is drawn uniformly within this much of the truth, and kept between 0.005 and 0.95.
    classes: students and answers each of the classes that are fitted. students, questions: of the class decided about,
    drawn with `seed` + 1. n: draws for each kind of wrong number.
    """
    rng = np.random.default_rng(seed)
    group = model.simulate(truth, students=students, steps=questions + 1, rng=seed + 1)
    off, fitted = {}, {}
    for delta in off_by:
        draws = np.clip(np.array(tuple(truth)) + rng.uniform(-delta, delta, (n, 4)), 0.005, 0.95)
        params = [BKTParams(**dict(zip(NAMES, draw, strict=True))) for draw in draws]
        off[delta] = [cost(group, truth, p) for p in tqdm(params, disable=not progress, desc=f"off by {delta}")]
    for size, steps in classes:
        fitted[size, steps] = []
        for _ in tqdm(range(n), disable=not progress, desc=f"fitted to {size} × {steps}"):
            seen = model.simulate(truth, students=size, steps=steps, rng=rng).answers
            fitted[size, steps].append(cost(group, truth, em.fit(seen).params))
    return WrongNumbers(truth, group, cost(group, truth, truth), off, fitted, n, seed)


def quantiles(costs: Sequence[Cost], what: str, shares: Sequence[float] = (0.05, 0.5, 0.95)) -> tuple[float, ...]:
    """Quantiles of one of a cost's numbers over many costs. what: such as "false_masters"."""
    return tuple(np.quantile([getattr(one, what) for one in costs], shares).tolist())


def three_in_a_row(group: Simulated) -> tuple[float, float, float]:
    """What `sensitivity.cost` counts, for letting go at three right answers in a row: false masters, kept, extra."""
    answers, known = group.answers[:, :-1], group.known[:, 1:]
    three = answers[:, :-2] * answers[:, 1:-1] * answers[:, 2:] == 1
    go = three.any(1)
    at = np.where(go, three.argmax(1) + 2, answers.shape[1] - 1)
    knows = known[np.arange(len(known)), at] == 1
    given = np.arange(answers.shape[1]) <= at[:, None]
    extra = (group.known[:, :-1] * given).sum(1).mean()
    return float((go & ~knows).mean()), float((~go & knows).mean()), float(extra)
