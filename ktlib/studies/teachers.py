"""What teachers like to assign, read off who assigned what, on a simulated school where the truth is known.

Each teacher has a taste for each area and one for hard questions, and each question its popularity. The log holds what
was assigned; as many pairs that were not are drawn from the rest. A factor model of teachers and questions is fitted
as if "assigned" were a right answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .._checks import generator, whole
from ..data.responses import Responses
from ..forecast.scores import score
from ..irt import ascent
from .means import Mean

AREAS, TASTE, HARD = 6, 1.0, 0.7  # spreads in logits: of a teacher's taste for an area, and for hard questions


@dataclass(frozen=True, eq=False)
class Tastes:
    """Tastes put in and got back.

    auc: model -> `Mean`, of telling held-out assigned pairs from others. agree: `Mean`, the correlation of (teacher,
    area) tastes with the truth, each teacher's own mean and each area's taken off. true, found: (teachers, areas)
    those tastes. teachers, questions, assigned, held: how many; seed.
    """

    auc: dict
    agree: Mean
    true: np.ndarray
    found: np.ndarray
    teachers: int
    questions: int
    assigned: int
    held: int
    seed: int

    def __repr__(self) -> str:
        return f"Tastes: agree {self.agree.mean:.2f}, {self.teachers} teachers, {self.assigned} assigned"


def run(*, n: int = 150, seed: int, questions: int = 240, factors: int = 6) -> Tastes:
    """`n` teachers; a tenth of the pairs is held out. factors: K of the model. seed: of school, deal and fit."""
    n, rng = whole(n, "n", 10), generator(seed)
    area, hard = np.arange(questions) % AREAS, rng.standard_normal(questions)
    taste, popular = TASTE * rng.standard_normal((n, AREAS)), rng.normal(-2, 0.7, questions)
    harder = HARD * rng.standard_normal(n)
    eta = popular + taste[:, area] + harder[:, None] * hard
    assigned = rng.random(eta.shape) < expit(eta)
    yes, no = np.flatnonzero(assigned), np.flatnonzero(~assigned)
    pairs = np.sort(np.concatenate([yes, rng.choice(no, min(len(yes), len(no)), replace=False)]))
    teacher, question = np.divmod(pairs, questions)
    names = tuple(f"teacher {i + 1}" for i in range(n)), tuple(f"question {j + 1}" for j in range(questions))
    log = Responses(teacher, question, assigned.ravel()[pairs].astype(np.int8), *names)
    seen, held = log.split_answers((0.9, 0.1), rng=rng, seen=True)
    free = {"model": "factorization", "factors": factors, "learned": ("loadings", "difficulty")}
    fits = {
        "popularity alone": ascent.fit(seen, learned=("discrimination", "difficulty")),
        "factors": ascent.fit(seen, rng=seed, **free),
    }
    auc = {
        name: Mean.of(score(held.correct, fit.predict(held.student, held.item), cluster=held.student).metrics["auc"])
        for name, fit in fits.items()
    }
    share = np.eye(AREAS)[area] / np.bincount(area)
    belief = fits["factors"].posterior
    predictor = belief.predictor(np.arange(n)[:, None], np.arange(questions))[0]
    found, true = (_own(part @ share) for part in (predictor, eta))
    return Tastes(auc, _agree(true, found), true, found, n, questions, int(assigned.sum()), len(held), seed)


def _own(table: np.ndarray) -> np.ndarray:
    """What is a teacher's own: rows and columns centred."""
    return table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()


def _agree(true: np.ndarray, found: np.ndarray) -> Mean:
    """Correlation over all cells, with a 95% interval by leaving out one teacher at a time (jackknife)."""
    n, r = len(true), float(np.corrcoef(true.ravel(), found.ravel())[0, 1])
    left = [np.corrcoef(np.delete(true, i, 0).ravel(), np.delete(found, i, 0).ravel())[0, 1] for i in range(n)]
    half = 1.96 * float(np.sqrt((n - 1) / n * ((left - np.mean(left)) ** 2).sum()))
    return Mean(r, r - half, r + half, n=n)
