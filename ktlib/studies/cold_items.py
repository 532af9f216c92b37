"""What a question that nobody has answered gets as a forecast, and how many answers it takes to do without attributes.

What `benchmarks/cold_items.py` stored, read back: a fifth of the questions keep 0, 1, 2, 5 … 100 of their answers in
training, all other questions keep all, and the same further answers are forecast each time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from . import stored
from .exams import ALL
from .means import Mean

INFORMED = f"K = 3, {ALL}"
NONE_KEPT = f"K = 3 - {INFORMED}, none kept"  # own answers against attributes alone


@dataclass(frozen=True, repr=False, eq=False)
class ColdItems:
    """The stored study. about: settings and versions. data: log -> a row for each number of answers and draw."""

    about: dict
    data: dict

    @property
    def kept(self) -> list[int]:
        """How many answers to a cold question stayed in training."""
        return self.about["kept"]

    def draws(self, log: str) -> int:
        """How often the cold questions were drawn."""
        return len({row["seed"] for row in self.data[log]})

    def items(self, log: str) -> int:
        """How many questions are cold in a draw."""
        return self.data[log][0]["items"]

    def of(self, log: str, kept: int, model: str, metric: str = "log_loss") -> Mean:
        """A model's score on further answers, with questions as clusters."""
        return self._mean(log, kept, lambda row: row["models"][model][metric])

    def gap(self, log: str, kept: int, what: str, metric: str = "log_loss") -> Mean:
        """A difference between two models, such as "regression - 2PL"."""
        return self._mean(log, kept, lambda row: row["pairs"][f"{what}: {metric}"])

    def _mean(self, log, kept, pick) -> Mean:
        """Over the draws, which share a part of their cold questions."""
        value, se = np.transpose([pick(row) for row in self.data[log] if row["kept"] == kept])
        spread = np.sqrt((1 + (len(se) - 1) * self.about["share_cold"]) / len(se))
        mean, half = value.mean(), 1.96 * spread * np.sqrt((se**2).mean())
        return Mean(float(mean), float(mean - half), float(mean + half), splits=len(se))

    def crossed(self, log: str, sure: bool = True) -> int | None:
        """The least number of own answers that beat both forecasts from attributes alone; None if none did.

        They beat the hierarchical model's beyond its 95% interval, or on average unless `sure`, and the logistic
        regression's on average.
        """
        alone = self.of(log, 0, "regression").mean
        for kept in self.kept:
            won = self.gap(log, kept, NONE_KEPT)
            if (won.high if sure else won.mean) < 0 and self.of(log, kept, "K = 3").mean < alone:
                return kept
        return None

    def __repr__(self) -> str:
        return f"ColdItems of {', '.join(self.data)}"


def read() -> ColdItems:
    """The stored study."""
    found = json.loads(stored("results/cold_items.json").read_text())
    return ColdItems(found["about"], found["data"])
