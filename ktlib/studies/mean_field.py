"""What independent normals forget of the two-parameter model's belief, and what one linear solve puts back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._checks import whole
from ..data import designs
from ..data.responses import Responses
from ..irt import ascent
from ..irt.ascent import calibrated
from ..irt.posterior import Posterior, default_priors
from . import stored

RAW, SOLVED = "mean-field", "calibrated"
BLOCKS = ("ability", "difficulty", "discrimination")


@dataclass(frozen=True, eq=False, repr=False)
class ByBlock:
    """Shares of 95% intervals that hold the truth, over `n` dense classes with seeds from `seed` on.

    frame: a row a class, columns (fit, block); fits are "mean-field" and "calibrated".
    """

    n: int
    seed: int
    frame: pd.DataFrame

    @property
    def mean(self) -> pd.Series:
        """Averages over the classes, by (fit, block)."""
        return self.frame.mean()

    @property
    def half(self) -> pd.Series:
        """Half the 95% intervals of these averages."""
        return 1.96 * self.frame.std() / np.sqrt(self.n)


@dataclass(frozen=True)
class Beside:
    """Mean-field beside recorded draws of the no-U-turn sampler, difficulties, an average over `n` classes.

    distance: of the means, RMS in the sampler's standard deviations. raw, solved: ratios of mean-field's and the
    calibrated standard deviations to the sampler's.
    """

    n: int
    distance: float
    raw: float
    solved: float


def run(n: int = 100, seed: int = 2000, progress: bool = False) -> ByBlock:
    """Draw `n` dense classes, fit each once, and ask how often intervals of both kinds hold the truth."""
    rows = []
    for one in tqdm(range(seed, seed + whole(n, "n", 2)), unit="class", disable=not progress):
        drawn, row = designs.dense(rng=one), {}
        for name, posterior in both(drawn.responses).items():
            for block in BLOCKS:
                low, high = posterior.interval(block)
                true = getattr(drawn, block)
                row[name, block] = np.mean((low <= true) & (true <= high))
        rows.append(row)
    columns = pd.MultiIndex.from_tuples(rows[0], names=["fit", "block"])
    return ByBlock(n, seed, pd.DataFrame(rows).set_axis(columns, axis=1))


def both(responses: Responses) -> dict[str, Posterior]:
    """The belief of coordinate ascent as it comes, and with its spreads calibrated."""
    raw = ascent.fit(responses, calibrate=False).posterior
    return {RAW: raw, SOLVED: calibrated(raw, responses, default_priors("two-parameter"))}


def beside_nuts() -> Beside:
    """Both beliefs beside the recorded no-U-turn draws (Hoffman & Gelman 2014) of the same answers."""
    answers = pd.read_csv(stored("peers/dense_answers.csv.gz"), dtype={"answers": str})
    nuts = pd.read_csv(stored("peers/dense_nuts.csv.gz"))
    rows = []
    for rep, drawn in nuts[nuts.param == "beta"].sort_values("idx").groupby("rep"):
        sheet = [[float(sign) for sign in line] for line in answers[answers.rep == rep].answers]
        raw, solved = both(Responses.from_wide(sheet)).values()
        mean, sd = drawn.post_mean.to_numpy(), drawn.post_sd.to_numpy()
        off = (raw.mean("difficulty") - mean) / sd
        rows.append([np.sqrt(np.mean(off**2)), *(np.mean(q.sd("difficulty") / sd) for q in (raw, solved))])
    return Beside(len(rows), *(float(value) for value in np.mean(rows, axis=0)))
