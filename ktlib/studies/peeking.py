"""Looking at a running trial before its end: how often it cries wolf, by the usual bound and by two made for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .. import _checks as checks
from ..homework import alarms
from ..homework.power import Power


@dataclass(frozen=True, repr=False, eq=False)
class Peeking:
    """n trials without effect, two arms, looked at after each of `looks` equal parts of its classes.

    crossed: rule -> (looks,) share of trials that had cried wolf by then, each a `Power`. computed: rule -> (looks,)
    the same by recursion. bounds: rule -> (looks,) for |z|. classes: in each arm, at the end. seed: of the draws.
    """

    n: int
    seed: int
    looks: int
    classes: int
    bounds: dict[str, np.ndarray]
    crossed: dict[str, tuple[Power, ...]]
    computed: dict[str, np.ndarray]

    __repr__ = checks.short


def run(n: int = 4000, seed: int = 5, *, looks: int = 5, each: int = 20) -> Peeking:
    """Draw the means of classes, which have no effect in them, and look after every `each` more in both arms.

    A look compares both arms' classes by Student's t; its p-value is held against that of the bound for |z|.
    """
    n, looks, each = checks.whole(n, "n", 2), checks.whole(looks, "looks", 1, 50), checks.whole(each, "each", 2)
    checks.fits_in_memory(2 * n * looks * each, "the classes of all trials", 2e8)
    means = np.random.default_rng(checks.whole(seed, "seed", 0)).normal(size=(n, 2, looks * each))
    p = np.empty((n, looks))
    for look in range(looks):
        p[:, look] = stats.ttest_ind(*np.moveaxis(means[:, :, : each * (look + 1)], 1, 0), axis=1).pvalue
    bounds = {rule: alarms.look_bounds(looks, rule=rule) for rule in alarms.RULES}
    ever = {rule: np.logical_or.accumulate(p < 2 * stats.norm.sf(z), axis=1) for rule, z in bounds.items()}
    return Peeking(
        n,
        seed,
        looks,
        looks * each,
        bounds,
        {rule: tuple(map(Power.of, rows.T)) for rule, rows in ever.items()},
        {rule: np.array([alarms.chance_of_alarm(z[: i + 1]) for i in range(looks)]) for rule, z in bounds.items()},
    )
