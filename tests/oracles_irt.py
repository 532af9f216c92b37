"""Peers' fits of simulated two-parameter data (R's ltm and mirt, NUTS), recorded outside this project.

They lie in the folder that KTLIB_ORACLES names, or in `shared/oracles` beside a checkout. A test that asks for them is
skipped where they are absent, unless KTLIB_REQUIRE_ALL is set: then it fails.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

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


def folder() -> Path:
    """Where the recorded fits lie; skips or fails the test that asks where they are not."""
    named = os.environ.get("KTLIB_ORACLES")
    places = [Path(named)] if named else [Path(__file__).resolve().parents[2] / "shared" / "oracles"]
    for place in places:
        if (place / "irt").is_dir():
            return place / "irt"
    reason = f"recorded peer fits are not in {places[0]}: set KTLIB_ORACLES to the folder that holds irt/"
    if os.environ.get("KTLIB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def load(design: str) -> Oracle:
    """Everything recorded for "dense" or "overlap"."""
    place = folder()

    def read(name: str, **kwargs) -> pd.DataFrame:
        return pd.read_csv(place / f"{design}_{name}.csv.gz", **kwargs)

    rows = read("answers", dtype={"answers": str}).sort_values(["rep", "student"])
    score = {"1": 1.0, "0": 0.0, ".": np.nan}
    answers = {
        rep: np.array([[score[c] for c in line] for line in group.answers]) for rep, group in rows.groupby("rep")
    }
    return Oracle(answers, *(read(n) for n in ("truth", "peer_items", "peer_ability", "peer_fits", "nuts")))
