"""Where EM ends when it starts anywhere in the cube of possible numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..bkt import em
from ..bkt.em import BKTFit
from ..bkt.model import NAMES, BKTParams


@dataclass(frozen=True, eq=False)
class RandomStarts:
    """What `run` found.

    ends: DataFrame, a row a start: below (it had guess + slip below 1), the four numbers and log_likelihood at its end,
    flipped (guess + slip of 1 or more there), top (within 0.01 nats of the best). stuck: the best fit that cannot
    learn. n, seed: as given.
    """

    ends: Any
    stuck: BKTFit
    n: int
    seed: int


def run(answers, *, n: int = 300, seed: int = 12, progress: bool = False) -> RandomStarts:
    """Fit the same answers from n starts drawn uniformly, upside down or not."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for draw in tqdm(rng.random((n, 4)), disable=not progress, desc="starts"):
        start = BKTParams(**dict(zip(NAMES, draw, strict=True)), allow_flip=True)
        fit = em.fit(answers, start=start)
        rows.append((draw[2] + draw[3] < 1, *fit.params, fit.log_likelihood))
    ends = pd.DataFrame(rows, columns=["below", *NAMES, "log_likelihood"])
    ends["flipped"] = ends.p_slip + ends.p_guess >= 1
    ends["top"] = ends.log_likelihood > ends.log_likelihood.max() - 0.01
    stuck = em.fit(answers, start=BKTParams(p_transit=0), frozen=["p_transit"], tol=1e-9)
    return RandomStarts(ends, stuck, n, seed)


def mirrored(params: BKTParams) -> BKTParams:
    """The same skill with the names of its two states exchanged; it is as likely where nobody learns."""
    exchanged = {"p_init": 1 - params.p_init, "p_slip": 1 - params.p_guess, "p_guess": 1 - params.p_slip}
    return params.moved(**exchanged)
