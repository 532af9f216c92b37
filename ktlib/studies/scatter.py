"""How far fits scatter around the truth: classes of one size, simulated and fitted again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em, model
from ..bkt.model import NAMES, BKTParams
from ..bkt.sensitivity import degenerate


@dataclass(frozen=True, eq=False)
class Scatter:
    """Fits to n classes of one size.

    truth: of all classes. students, answers: of each, answers a student. estimates: (n, 4), in the order p_init,
    p_transit, p_slip, p_guess. n, seed: as given to `run`.
    """

    truth: BKTParams
    students: int
    answers: int
    estimates: np.ndarray
    n: int
    seed: int

    @property
    def sd(self) -> np.ndarray:
        """(4,) standard deviations of the estimates."""
        return self.estimates.std(0, ddof=1)

    @property
    def off(self) -> np.ndarray:
        """(n, 4) estimates minus truth."""
        return self.estimates - tuple(self.truth)

    def half(self, level: float = 0.95) -> np.ndarray:
        """(4,) half widths of the middle `level` of the estimates: what ± should mean."""
        low, high = np.quantile(self.estimates, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return (high - low) / 2

    def within(self, claim: float) -> float:
        """In what share of classes all four lie within `claim` of the truth."""
        return float((np.abs(self.off) <= claim).all(1).mean())

    def degenerate(self) -> float:
        """What share of fits do not mean what their names say."""
        fits = (BKTParams(**dict(zip(NAMES, row, strict=True)), allow_flip=True) for row in self.estimates)
        return float(np.mean([bool(degenerate(params)) for params in fits]))


def run(
    truth: BKTParams,
    designs: Iterable[tuple[int, int]],
    *,
    n: int = 1000,
    seed: int | Iterable[int] = 100,
    progress: bool = False,
) -> dict[tuple[int, int], Scatter]:
    """Simulate and fit n classes of each design, from the literature's start.

    designs: (students, answers each). seed: one for all designs, drawn one after the other; or a list, one a design.
    """
    designs = list(designs)
    seeds = [seed] * len(designs) if isinstance(seed, int) else list(seed)
    one = np.random.default_rng(seed) if isinstance(seed, int) else None
    found = {}
    for (students, answers), own in zip(designs, seeds, strict=True):
        rng = np.random.default_rng(own) if one is None else one
        estimates = np.empty((n, 4))
        for i in tqdm(range(n), disable=not progress, desc=f"{students} × {answers}"):
            seen = model.simulate(truth, students=students, steps=answers, rng=rng).answers
            estimates[i] = tuple(em.fit(seen).params)
        found[students, answers] = Scatter(truth, students, answers, estimates, n, own)
    return found
