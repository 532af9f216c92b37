"""Parameter retrieval: draw a class, hide the truth, fit it several ways, and see what comes back.

The designs are those of Shi & Athey (2021), §5: `designs.dense` and `designs.overlap`. The fits compared are two
Bayesian ones (our priors and the paper's), marginal likelihood as in R's ltm, and the same likelihood times our priors.
What ltm and mirt themselves printed on twenty recorded draws of each design is read by `peers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._checks import one_of, whole
from ..data.responses import Responses
from ..forecast.recovery import recovery
from ..irt import ascent, mml
from ..irt.posterior import Normal, paper_priors
from . import stored

BLOCKS = ("difficulty", "discrimination", "ability")
KINDS = ("pearson", "kendall", "spearman")
BAYES, PAPER = "Bayesian", "Bayesian, the paper's priors"
PLAIN, PRIORS = "likelihood", "likelihood with priors"
ONLY = {block: f"likelihood, prior on {block} only" for block in ("difficulty", "discrimination")}
METHODS = (BAYES, PAPER, PLAIN, PRIORS)
TABLE1 = {  # of Shi & Athey (2021): what it prints for difficulty, of its one dense class
    PAPER: dict(zip(KINDS, (0.95, 0.83, 0.93), strict=True)),
    PLAIN: dict(zip(KINDS, (0.91, 0.69, 0.83), strict=True)),
}
TABLE2 = {  # and of its one pair of classes
    PAPER: dict(zip(KINDS, (0.96, 0.84, 0.96), strict=True)),
    PLAIN: dict(zip(KINDS, (0.41, 0.76, 0.91), strict=True)),
}
PEERS = (BAYES, "mirt with priors", "our likelihood, mirt's priors", "ltm", "mirt", "our likelihood")
POINTS = 21  # of the sum over abilities, as in ltm
SD_LOG_ALPHA = 0.5  # our prior of log discrimination; that of difficulty is N(0, 1)
OURS = {  # the mode is that of discrimination's logarithm, as for the other fits: hence the shifted mean
    "difficulty": Normal(0, 1),
    "discrimination": Normal(SD_LOG_ALPHA**2, SD_LOG_ALPHA, log=True),
}
LOST = 5.0  # a standard error from which on we call a difficulty not known
TIE = 1e-9


class Estimate(NamedTuple):
    """What a fit says of one block: its estimates, their standard deviations, the ends of their 95% intervals."""

    mean: np.ndarray
    sd: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def normal(cls, mean, sd) -> Estimate:
        """With intervals of 1.96 standard deviations. Estimates are rounded, so that twins tie in ranks."""
        mean = np.round(mean, 5)
        return cls(mean, sd, mean - 1.959964 * sd, mean + 1.959964 * sd)


@dataclass(frozen=True, eq=False, repr=False)
class Retrieval:
    """What came back of `n` draws with seeds from `seed` on.

    scores: a row for each seed, method and block, with the measures of `recovery`. questions: a row for each seed and
    question with the true difficulty, and for each method its estimate and, named "… sd", its spread.
    """

    n: int
    seed: int
    scores: pd.DataFrame
    questions: pd.DataFrame

    @property
    def seeds(self) -> str:
        """As a claim says them."""
        return f"{self.seed} to {self.seed + self.n - 1}"

    def of(self, method: str, measure: str, block: str = "difficulty") -> np.ndarray:
        """One measure of one method, (n,), a value for each draw."""
        mine = (self.scores.method == method) & (self.scores.block == block)
        return self.scores.loc[mine, measure].to_numpy()

    def median(self, method: str, measure: str, block: str = "difficulty") -> float:
        """The median of a measure over the draws."""
        return float(np.median(self.of(method, measure, block)))

    def far(self, method: str, block: str = "difficulty") -> float:
        """In which share of draws at least one estimate is far off."""
        return float((self.of(method, "far", block) > 0).mean())

    def lost(self, method: str = PLAIN) -> float:
        """In which share of draws a difficulty's standard error exceeds 5 or cannot be had."""
        unknown = ~(self.questions[f"{method} sd"] < LOST)
        return float(unknown.groupby(self.questions.seed).any().mean())

    def gain(self, rival: str, kind: str, method: str = BAYES) -> tuple[float, float, float]:
        """Shares of draws in which `method` correlates better and worse than its rival, and the median gap."""
        gap = self.of(method, kind) - self.of(rival, kind)
        return float((gap > TIE).mean()), float((gap < -TIE).mean()), float(abs(np.median(gap)))

    def better_on_all(self, rival: str, method: str = BAYES) -> float:
        """In which share of draws `method` correlates better than its rival by all three correlations."""
        gaps = [self.of(method, kind) - self.of(rival, kind) for kind in KINDS]
        return float((np.min(gaps, axis=0) > TIE).mean())

    def place(self, method: str, said: Mapping[str, float]) -> tuple[dict[str, float], float]:
        """Where printed correlations lie among ours, rounded as they are: the share of draws that each beats, and
        the share of draws that reach all of them."""
        mine = {kind: self.of(method, kind).round(2) for kind in said}
        place = {kind: float((mine[kind] < said[kind]).mean()) for kind in said}
        return place, float(np.all([mine[kind] >= said[kind] for kind in said], axis=0).mean())


def run(
    draw: Callable, n: int = 200, seed: int = 3000, methods: Sequence[str] = METHODS, progress: bool = False
) -> Retrieval:
    """Draw `n` classes, fit each with all methods, and compare with the truth.

    draw: rng -> `Design`, such as `designs.dense`. seed: of the first draw; the others follow. methods: of `FITS`.
    """
    n, scores, questions = whole(n, "n", 1), [], []
    methods = [one_of(method, tuple(FITS), "method") for method in methods]
    for one in tqdm(range(seed, seed + n), unit="class", disable=not progress):
        drawn = draw(rng=one)
        row = {"seed": one, "item": np.arange(len(drawn.difficulty)), "truth": drawn.difficulty}
        for method in methods:
            found = FITS[method](drawn.responses)
            row |= {method: found["difficulty"].mean, f"{method} sd": found["difficulty"].sd}
            for block, e in found.items():
                r = recovery(getattr(drawn, block), e.mean, interval=(e.low, e.high))
                scores.append({"seed": one, "method": method, "block": block} | vars(r))
        questions.append(pd.DataFrame(row))
    return Retrieval(n, seed, pd.DataFrame(scores), pd.concat(questions, ignore_index=True))


def by_bayes(responses: Responses, priors: Mapping | None = None) -> dict[str, Estimate]:
    """Coordinate ascent with calibrated intervals."""
    q = ascent.fit(responses, priors=priors).posterior
    return {block: Estimate(q.mean(block).round(5), q.sd(block), *q.interval(block)) for block in BLOCKS}


def by_likelihood(responses: Responses) -> dict[str, Estimate]:
    """Marginal maximum likelihood as in ltm, no priors on questions."""
    fit = mml.fit(responses, points=POINTS)
    spread = fit.difficulty_se, fit.discrimination_se, fit.ability_sd
    return {block: Estimate.normal(getattr(fit, block), sd) for block, sd in zip(BLOCKS, spread, strict=True)}


def by_likelihood_with_priors(responses: Responses, priors: Mapping = OURS) -> dict[str, Estimate]:
    """The same likelihood times our priors: difficulty N(0, 1), discrimination log-normal(0, 0.5)."""
    fit = mml.fit(responses, points=POINTS, priors=priors, tol=1e-5)
    alpha, sd_log = fit.discrimination, fit.discrimination_se / fit.discrimination
    ends = (alpha * np.exp(np.clip(z * sd_log, -50, 50)) for z in (-1.96, 1.96))
    return {
        "difficulty": Estimate.normal(fit.difficulty, fit.difficulty_se),
        "discrimination": Estimate(alpha.round(5), fit.discrimination_se, *ends),
        "ability": Estimate.normal(fit.ability, fit.ability_sd),
    }


FITS = {
    BAYES: by_bayes,
    PAPER: lambda responses: by_bayes(responses, paper_priors("two-parameter")),
    PLAIN: by_likelihood,
    PRIORS: by_likelihood_with_priors,
} | {name: partial(by_likelihood_with_priors, priors={block: OURS[block]}) for block, name in ONLY.items()}


@dataclass(frozen=True, eq=False, repr=False)
class Peers:
    """Recorded runs of ltm 1.2-0 and mirt 1.45 beside our fits of the same answers.

    n: recorded draws. scores: a row for each draw and method of `PEERS` that gave estimates, with the measures of
    `recovery` for difficulty. off_log: (n,) nats between ltm's log likelihood and ours. off_beta: (n,) median
    difference of the difficulties that both place within ±4. refused: draws that mirt would not fit.
    """

    n: int
    scores: pd.DataFrame
    off_log: np.ndarray
    off_beta: np.ndarray
    refused: int


def peers(design: str) -> Peers:
    """Fit what ltm and mirt were given, and set their estimates beside ours. design: "dense" or "overlap"."""
    one_of(design, ("dense", "overlap"), "design")
    sheet, truth, items, fits = (
        pd.read_csv(stored(f"peers/{design}_{what}.csv.gz"), dtype={"answers": str})
        for what in ("answers", "truth", "peer_items", "peer_fits")
    )
    mark, scores, off_log, off_beta = {"1": 1.0, "0": 0.0, ".": np.nan}, [], [], []
    for rep, lines in sheet.groupby("rep"):
        responses = Responses.from_wide([[mark[sign] for sign in line] for line in lines.answers])
        true = truth[(truth.rep == rep) & (truth.param == "beta")].true.to_numpy()
        ours = mml.fit(responses, points=POINTS)
        estimates = {
            BAYES: ascent.fit(responses).posterior.mean("difficulty"),
            "our likelihood": ours.difficulty,
            "our likelihood, mirt's priors": mml.fit(responses, priors=mml.MIRT).difficulty,
        }
        for method, name in (("ltm", "ltm"), ("mirt", "mirt"), ("mirt_prior", "mirt with priors")):
            beta = items[(items.rep == rep) & (items.method == method)].beta.to_numpy()
            if len(beta) == len(true) and not np.isnan(beta).any():
                estimates[name] = beta
        scores += [{"rep": rep, "method": name} | vars(recovery(true, beta)) for name, beta in estimates.items()]
        ltm = estimates["ltm"]
        loglik = fits[(fits.rep == rep) & (fits.method == "ltm")].loglik.iloc[0]
        off_log.append(abs(loglik - ours.log_likelihood))
        tame = (np.abs(ltm) < 4) & (np.abs(ours.difficulty) < 4)
        off_beta.append(np.median(np.abs(ltm - ours.difficulty)[tame]))
    refused = int((fits.error.notna() & (fits.method == "mirt")).sum())
    return Peers(len(off_log), pd.DataFrame(scores), np.array(off_log), np.array(off_beta), refused)
