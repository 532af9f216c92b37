"""How surprising new answers are to a posterior that has not seen them: the sign that a refit is due.

A forecast p says how surprised it expects to be, p ln(1/p) + (1 − p) ln(1/(1 − p)), the entropy. Where abilities have
moved, or spreads are too narrow, forecasts are too sure and what happens surprises more. The test of calibration by
expected scores is Spiegelhalter's (1986), here with the log score and with answers that hang together. A student's
answers of a week added up say more of her ability than each by itself: if abilities wander, totals scatter too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import entr, expit
from scipy.stats import norm

from .. import _checks as checks
from ..data.responses import Responses
from ._answers import NODES, WEIGHTS
from .posterior import Posterior

NAMES = ("excess", "level", "scatter")


@dataclass(frozen=True)
class Surprise:
    """What `n` new answers of known students to known items say of the forecasts.

    excess: surprise beyond what was expected, nats an answer; about 0 while forecasts are calibrated, above where they
    are too sure. level: share right less the share forecast. scatter: the mean square of students' totals (right
    answers less those forecast, in standard deviations that count what is not known of the ability), less 1; above 0
    where abilities have moved more than the posterior allows. excess_se, level_se, scatter_se: their standard errors;
    for the first two, answers of one student, and answers to one item, may hang together. left_out: answers of students
    or to items not known yet.
    """

    n: int
    excess: float
    excess_se: float
    level: float
    level_se: float
    scatter: float
    scatter_se: float
    left_out: int

    def z(self, name: str = "scatter") -> float:
        """One of the three in standard errors: above 1.64 once in twenty weeks by chance alone."""
        name = checks.one_of(name, NAMES, "name")
        return getattr(self, name) / getattr(self, f"{name}_se")

    def interval(self, name: str = "scatter", level: float = 0.95) -> tuple[float, float]:
        """Ends of a symmetric interval of "excess", "level" or "scatter"."""
        name = checks.one_of(name, NAMES, "name")
        half = norm.isf((1 - checks.inside(level, "level", 0.95)) / 2) * getattr(self, f"{name}_se")
        return getattr(self, name) - half, getattr(self, name) + half


def surprise(posterior: Posterior, responses: Responses) -> Surprise:
    """The surprise of answers that the posterior has not seen. Ask before `updating.update` takes them in.

    responses: `Responses`; students and items are found by name, and answers of others are left out. Raises ValueError
    where fewer than two students or two items are left, or where forecasts are all alike or certain.
    """
    checks.instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")
    checks.instance(responses, Responses, "responses", "make them with Responses.from_frame")
    codes, there = {}, np.ones(len(responses), dtype=bool)
    for who in ("student", "item"):
        place = {name: row for row, name in enumerate(getattr(posterior, who + "s"))}
        known = np.array([place.get(name, -1) for name in getattr(responses, who + "s")])
        codes[who] = known[getattr(responses, who)]
        there &= codes[who] >= 0
    codes = {who: code[there] for who, code in codes.items()}
    if any(len(np.unique(code)) < 2 for code in codes.values()):
        raise ValueError(
            f"{there.sum()} of {len(there)} answers are of known students to known items: give answers of at least two "
            "known students to two known items"
        )
    y, p = responses.correct[there], posterior.predict(codes["student"], codes["item"])
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = -np.log(np.where(y == 1, p, 1 - p)) - entr(p) - entr(1 - p)
    level = y - p
    ses = [_standard_error(values, codes.values()) for values in (excess, level)]
    square = _totals(posterior, codes["student"], codes["item"], level, p) ** 2
    ses.append(float(square.std(ddof=1) / np.sqrt(len(square))))
    if not (np.isfinite(ses).all() and min(ses) > 0):
        raise ValueError("forecasts that are all alike, or certain, leave nothing to test: give more answers")
    means = (float(values.mean()) for values in (excess, level, square - 1))
    told = [value for pair in zip(means, ses, strict=True) for value in pair]
    return Surprise(len(y), *told, left_out=int(len(there) - there.sum()))


def _totals(posterior: Posterior, student, item, level, p) -> np.ndarray:
    """Every student's right answers less those forecast, over their standard deviation.

    Variance of a sum: Σ p(1 − p), and for each pair of her answers the covariance that they have through her ability,
    w_j w_k Σ_d a_jd a_kd s_d², with w = E[p'(η)], a the item's loadings and s the spreads of her abilities.
    """
    mean, variance = posterior.predictor(student, item)
    eta = mean[:, None] + np.sqrt(variance)[:, None] * NODES
    slope = (expit(eta) * expit(-eta)) @ WEIGHTS
    two = posterior.model == "two-parameter"
    load = posterior.mean("discrimination")[:, None] if two else posterior.loadings()[0]
    spread = posterior.sd("ability").reshape(len(posterior.students), -1)
    shared = slope[:, None] * load[item] * spread[student]
    rows, place = np.unique(student, return_inverse=True)

    def summed(values):
        return np.bincount(place, values, len(rows))

    pairs = sum(summed(column) ** 2 - summed(column**2) for column in shared.T)
    return summed(level) / np.sqrt(np.maximum(summed(p * (1 - p)) + pairs, 1e-300))


def _standard_error(values: np.ndarray, clusters) -> float:
    """Of the mean: squared sums by student, plus those by item, less what is counted twice."""
    with np.errstate(invalid="ignore"):
        values = values - values.mean()
    own = float(values @ values)
    by = [float((np.bincount(codes, values) ** 2).sum()) for codes in clusters]
    return float(np.sqrt(max(sum(by) - own, own)) / len(values))
