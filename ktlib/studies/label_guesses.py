"""Can latent parameters label a question? Its area guessed from the areas of the nearest questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._checks import whole
from ..data.exams import Exam
from ..homework import gaps
from ..irt import ascent
from . import label_maps
from .means import Mean

TOL = 1e-5  # nats an answer that a last sweep may still gain


@dataclass(frozen=True, eq=False)
class Guesses:
    """Labels guessed, by several fits that begin elsewhere. own: (questions,) names. guessed: (starts, questions)."""

    own: np.ndarray
    guessed: np.ndarray

    @property
    def largest(self) -> float:
        """The share of the largest area: what one name for all gets right."""
        return float(np.unique(self.own, return_counts=True)[1].max() / len(self.own))

    def right(self) -> Mean:
        """The share guessed right, mean over the starts, its interval over questions; by_split: of each start."""
        hits = self.guessed == self.own
        mean, half = hits.mean(), 1.96 * hits.mean(0).std(ddof=1) / np.sqrt(hits.shape[1])
        by_start = tuple(hits.mean(1).tolist())
        return Mean(float(mean), float(mean - half), float(mean + half), hits.shape[1], len(hits), by_split=by_start)

    def by_area(self):
        """A DataFrame with a row an area, the largest first: questions, and right, the share of them."""
        import pandas as pd

        names, row = np.unique(self.own, return_inverse=True)
        hits = (self.guessed == self.own).mean(0)
        table = pd.DataFrame({"questions": np.bincount(row), "right": np.bincount(row, hits) / np.bincount(row)}, names)
        return table.sort_values("questions", ascending=False, kind="stable")

    def __repr__(self) -> str:
        return f"Guesses: {self.right():=.3f} right of {len(self.own)} questions, the largest area {self.largest:.3f}"


def run(
    exams: Mapping[str, Exam], *, seed: int, n: int = 2, factors: int = 5, neighbours: int = 15
) -> dict[str, dict[str, Guesses]]:
    """Log -> "areas" and "families" -> `Guesses`. The fits see answers and no label; an area has two questions or more.

    n: fits, which begin at `seed`, `seed` + 1, …: a factor model has no one solution. factors: K, with learned spreads.
    neighbours: as in `gaps.guess_labels`.
    """
    out = {}
    for log, exam in exams.items():
        answers, learned = exam.responses, ("loadings", "difficulty")
        how = {"factors": factors, "learned": learned, "tol": TOL * len(answers)}
        fits = [ascent.fit(answers, "factorization", **how, rng=seed + k).posterior for k in range(whole(n, "n", 1))]
        family = label_maps.families(exam)[exam.label].astype(str)
        area = np.array(exam.labels, dtype=str)[exam.label]
        out[log] = {"areas": _guess(fits, area, neighbours), "families": _guess(fits, family, neighbours)}
    return out


def _guess(fits, own: np.ndarray, neighbours: int) -> Guesses:
    near = [gaps.guess_labels(fit, own.tolist(), neighbours=neighbours).astype(str) for fit in fits]
    return Guesses(own, np.array(near))
