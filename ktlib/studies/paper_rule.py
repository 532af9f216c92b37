"""Where the stopping rule of Shi & Athey (2021), §6, ends a fit of a small class, and what running on would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._checks import whole
from ..data import designs
from ..irt.recipe import Recipe

RULE = 0.001  # §6: the mean drop over the last five losses, as a share of the first drop
LAST = 500  # steps over which the loss's noise is measured


@dataclass(frozen=True, eq=False, repr=False)
class PaperRule:
    """Runs of the released code's recipe on `n` dense classes, seeds from `seed` on, each continued to `on` steps.

    frame: a row a class: steps, where the rule stops; stopped and full, correlations of estimated and true difficulty
    there and at the end; noise, the standard deviation of the loss's last changes; first, its first drop, in nats.
    """

    n: int
    seed: int
    on: int
    frame: pd.DataFrame

    @property
    def median(self) -> pd.Series:
        """The medians over the classes."""
        return self.frame.median()

    @property
    def waits_for(self) -> float:
        """The drop below which the rule stops, in nats: its share of the first drop's median size."""
        return float(RULE * self.frame["first"].abs().median())


def run(n: int = 20, seed: int = 1000, on: int = 1000, progress: bool = False) -> PaperRule:
    """Run the recipe on `n` classes, note where the rule stops it, and run it on to `on` steps."""
    n, on, rows = whole(n, "n", 1), whole(on, "on", 5), []
    for k in tqdm(range(n), unit="class", disable=not progress):
        drawn = designs.dense(rng=seed + k)
        recipe, stop = Recipe(drawn.responses, rng=k), None
        for step in range(1, on + 1):
            recipe.step()
            if stop is None and (recipe.settled(RULE) or step == on):
                stop = {"steps": step, "stopped": _r(drawn, recipe)}
        noise = np.std(np.diff(recipe.losses[-LAST:]))
        first = recipe.losses[0] - recipe.losses[1]
        rows.append(stop | {"full": _r(drawn, recipe), "noise": noise, "first": first})
    return PaperRule(n, seed, on, pd.DataFrame(rows))


def _r(drawn: designs.Design, recipe: Recipe) -> float:
    """Correlation of the recipe's difficulties with the truth."""
    return float(np.corrcoef(drawn.difficulty, recipe.means["difficulty"])[0, 1])
