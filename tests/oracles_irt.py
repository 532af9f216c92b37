"""Peers' fits of simulated two-parameter data (R's ltm and mirt, NUTS), as they come with ktlib."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ktlib.studies import stored

DESIGNS = ("dense", "overlap")


class Oracle(NamedTuple):
    """One design: 20 data sets by their number `rep`, the truth, and what each peer (`method`) made of them.

    answers: rep -> (students, items) array of 1, 0 and NaN (not asked). The rest are DataFrames: truth and nuts by rep,
    param (theta, alpha, beta) and idx from 1; items and ability by rep, method and item or student from 1; fits by rep
    and method.
    """

    answers: dict[int, np.ndarray]
    truth: pd.DataFrame
    items: pd.DataFrame
    ability: pd.DataFrame
    fits: pd.DataFrame
    nuts: pd.DataFrame

    def true(self, rep: int, param: str) -> np.ndarray:
        """The numbers that data set `rep` was drawn with."""
        rows = self.truth[(self.truth.rep == rep) & (self.truth.param == param)]
        return rows.sort_values("idx").true.to_numpy()

    def peer(self, rep: int, method: str) -> pd.DataFrame:
        """What `method` made of the items of data set `rep`, in their order; no rows where it refused."""
        rows = self.items[(self.items.rep == rep) & (self.items.method == method)]
        return rows.sort_values("item").reset_index(drop=True)


def load(design: str) -> Oracle:
    """Everything recorded for "dense" or "overlap"."""

    def read(name: str, **kwargs) -> pd.DataFrame:
        return pd.read_csv(stored(f"peers/{design}_{name}.csv.gz"), **kwargs)

    rows = read("answers", dtype={"answers": str}).sort_values(["rep", "student"])
    score = {"1": 1.0, "0": 0.0, ".": np.nan}
    answers = {
        rep: np.array([[score[c] for c in line] for line in group.answers]) for rep, group in rows.groupby("rep")
    }
    return Oracle(answers, *(read(n) for n in ("truth", "peer_items", "peer_ability", "peer_fits", "nuts")))
