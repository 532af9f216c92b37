"""How wrong the forecast is for a question that nobody has answered: every question of a log once as if it were new.

All questions are dealt into piles. All answers to one pile are hidden, the rest is fitted, the hidden pile forecast
from its attributes alone; and so on, until every question has once been new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..data.exams import Exam
from ..forecast.scores import Calibration, Score, calibration, compare, score
from ..irt import ascent
from ..irt.posterior import Normal, Posterior
from .exams import ALL, settings
from .means import Mean

PENALTIES = (0.3, 1, 3, 10, 30, 100)  # of the ridge regression of difficulty on attributes
OFTEN = 50  # answers from which on a question's share right is compared with its forecast
WAYS = ("attributes feed loadings only", "attributes feed difficulty too")


@dataclass(frozen=True, repr=False, eq=False)
class AsIfNew:
    """Forecasts of all answers of a log, each question hidden from the fit that forecast it.

    correct, item: (answers,), as in the log. p: way of `WAYS` -> (answers,) P(right). seed: of the deal and the fits.
    """

    correct: np.ndarray
    item: np.ndarray
    p: dict[str, np.ndarray]
    seed: int

    def score(self, way: str = WAYS[0]) -> Score:
        """How good the forecasts are, with questions as clusters."""
        return score(self.correct, self.p[way], cluster=self.item)

    def calibration(self, way: str = WAYS[0]) -> Calibration:
        """Whether what is said to be 60% likely comes true in 60%, with questions as clusters."""
        return calibration(self.correct, self.p[way], cluster=self.item)

    def gain(self, metric: str) -> Mean:
        """What it changes that attributes feed difficulty too."""
        return Mean.of(compare(self.correct, self.p[WAYS[1]], self.p[WAYS[0]], metric, cluster=self.item))

    def shares(self, way: str = WAYS[0]) -> tuple[np.ndarray, np.ndarray]:
        """Forecast and actual share right of each question that was answered often."""
        n, right, expected = (np.bincount(self.item, w) for w in (None, self.correct, self.p[way]))
        often = n >= OFTEN
        return expected[often] / n[often], right[often] / n[often]

    def missed(self, way: str = WAYS[0]) -> float:
        """The typical (root mean square) gap between the two."""
        return float(np.sqrt(np.mean(np.subtract(*self.shares(way)) ** 2)))

    def bins(self, way: str = WAYS[0], n: int = 10) -> np.ndarray:
        """(n, 3): mean forecast, share right and half its 95% interval, by question, in equal bins."""
        out, p = [], self.p[way]
        for rows in np.array_split(np.argsort(p, kind="stable"), n):
            share = self.correct[rows].mean()
            sums = np.bincount(self.item[rows], self.correct[rows] - share)
            out.append((p[rows].mean(), share, 1.96 * np.sqrt((sums**2).sum()) / len(rows)))
        return np.array(out)

    def __repr__(self) -> str:
        return f"AsIfNew: {len(self.item):,} answers, a question's share right missed by {self.missed():.2f}"


def run(exam: Exam, *, seed: int, n: int = 5, tol: float = 1e-5) -> AsIfNew:
    """Hide every question once, and forecast it by three factors with attributes. n: piles. tol: nats an answer."""
    answers, items = exam.responses, len(exam.responses.items)
    pile = np.random.default_rng(seed).permutation(items) % n
    p = {way: np.empty(len(answers)) for way in WAYS}
    told = settings(exam)[f"K = 3, {ALL}"]
    for hidden in range(n):
        new = pile == hidden
        here = new[answers.item]
        rest = answers.subset(~here)
        posterior = ascent.fit(rest, tol=tol * len(rest), rng=seed, **told).posterior
        for way, known in zip(WAYS, (posterior, with_difficulty(posterior, exam.attributes, new)), strict=True):
            p[way][here] = known.predict(answers.student[here], answers.item[here])
    return AsIfNew(answers.correct, answers.item, p, seed)


def with_difficulty(posterior: Posterior, attributes: np.ndarray, new: np.ndarray) -> Posterior:
    """New questions' difficulty from attributes, by the ridge regression that does best with each question left out.

    attributes: (items, D). new: (items,), True where a question is new: it gets the regression's value and the spread
    of what that missed, instead of the average question's.
    """
    beta = posterior.blocks["difficulty"]
    old, y = attributes[~new], beta.loc[~new]
    best = None
    for penalty in PENALTIES:
        solve = np.linalg.inv(old.T @ old + penalty * np.eye(old.shape[1]))
        weights = solve @ old.T @ (y - y.mean())
        reach = np.einsum("ij,jk,ik->i", old, solve, old)
        missed = (y - y.mean() - old @ weights) / (1 - reach)
        if best is None or missed.std() < best[0]:
            best = missed.std(), y.mean() + attributes @ weights
    spread, value = best
    known = Normal(np.where(new, value, beta.loc), np.where(new, spread, beta.scale))
    return replace(posterior, blocks=posterior.blocks | {"difficulty": known})
