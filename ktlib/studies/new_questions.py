"""What a difficulty guessed from attributes brings to questions that nobody, or hardly anybody, has answered.

What `benchmarks/new_questions.py` stored, read back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from . import stored
from .means import Mean


@dataclass(frozen=True, repr=False, eq=False)
class NewQuestions:
    """The stored study. about: settings and versions. data: log -> a row for each number of own answers and draw."""

    about: dict
    data: dict

    def score(self, log: str, kept: int, prior: str, metric: str = "auc") -> float:
        """The mean score over the draws. prior: "population" or "attributes"."""
        return float(np.mean([row["models"][prior][metric][0] for row in self._rows(log, kept)]))

    def gain(self, log: str, kept: int, metric: str = "auc") -> Mean:
        """What attributes add, questions as clusters, over draws that share a part of their questions."""
        value, se = np.transpose([row["gain"][metric] for row in self._rows(log, kept)])
        spread = np.sqrt((1 + (len(se) - 1) * self.about["share_cold"]) / len(se))
        mean, half = value.mean(), 1.96 * spread * np.sqrt((se**2).mean())
        return Mean(float(mean), float(mean - half), float(mean + half), splits=len(se))

    def items(self, log: str) -> int:
        """How many questions are new in a draw."""
        return self.data[log][0]["items"]

    def _rows(self, log, kept):
        return [row for row in self.data[log] if row["kept"] == kept]

    def __repr__(self) -> str:
        return f"NewQuestions of {', '.join(self.data)}"


def read() -> NewQuestions:
    """The stored study."""
    found = json.loads(stored("results/new_questions.json").read_text())
    return NewQuestions(found["about"], found["data"])
