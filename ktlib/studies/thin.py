"""Hardly an answer a question: what a fit to 1,000 answers on 717 questions is worth (Shi & Athey 2021, footnote 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._checks import whole
from ..data import designs
from ..forecast.recovery import recovery
from ..irt import ascent
from . import stored

TOP, HARDEST = 20, 100  # the list one may make, and where its questions should come from


@dataclass(frozen=True, eq=False, repr=False)
class Thin:
    """`n` sparse samples, seeds from `seed` on, each fitted by coordinate ascent.

    frame: a row a sample: converged; of difficulty and ability the correlation "… r", the "… coverage" of 95%
    intervals, the mean spread "… sd" and the "… slope" on truth; hits: how many of the twenty questions that look
    hardest are among the truly hardest hundred. by_count: of the last sample, for 1, 2 and 3 answers a question, how
    many such questions there are and the mean spread of their difficulties.
    """

    n: int
    seed: int
    frame: pd.DataFrame
    by_count: tuple[tuple[int, int, float], ...]


def run(n: int = 20, seed: int = 7000, progress: bool = False) -> Thin:
    """Draw `n` samples as the footnote describes them, and fit each with calibrated intervals."""
    n, rows = whole(n, "n", 1), []
    for one in tqdm(range(seed, seed + n), unit="sample", disable=not progress):
        drawn = designs.sparse(rng=one)
        fit = ascent.fit(drawn.responses)
        q, row = fit.posterior, {"converged": fit.converged}
        for block in ("difficulty", "ability"):
            r = recovery(getattr(drawn, block), q.mean(block), sd=q.sd(block))
            row |= {f"{block} r": r.pearson, f"{block} coverage": r.coverage, f"{block} slope": r.slope}
            row |= {f"{block} sd": q.sd(block).mean()}
        looks = np.argsort(-q.mean("difficulty").round(5), kind="stable")[:TOP]
        rows.append(row | {"hits": int(np.isin(looks, np.argsort(-drawn.difficulty)[:HARDEST]).sum())})
    counts, sd = np.bincount(drawn.responses.item, minlength=len(q.items)), q.sd("difficulty")
    by_count = tuple((k, int((counts == k).sum()), float(sd[counts == k].mean())) for k in (1, 2, 3))
    return Thin(n, seed, pd.DataFrame(rows), by_count)


def growing(records: Iterable[int] = (1000, 3000, 10_000, 30_000), n: int = 3, seed: int = 7100) -> pd.Series:
    """Correlation of estimated and true difficulty by number of answers, a mean of `n` samples each."""
    means = {}
    for answers in records:
        found = []
        for one in range(seed, seed + whole(n, "n", 1)):
            drawn = designs.sparse(rng=one, records=answers)
            q = ascent.fit(drawn.responses, calibrate=False).posterior
            found.append(recovery(drawn.difficulty, q.mean("difficulty")).pearson)
        means[answers] = float(np.mean(found))
    return pd.Series(means)


def peer() -> pd.DataFrame:
    """What ltm 1.2-0 did on samples of this design, as recorded: a row for each number of records.

    gaps: the message with which it stopped when gaps are left as gaps. zero_filled_seconds: its time when they are
    counted as wrong answers.
    """
    return pd.read_csv(stored("peers/sparse_ltm.csv"))
