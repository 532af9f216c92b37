"""How surprising new answers are to a posterior that has not seen them: the sign that a refit is due.

A forecast p says how surprised it expects to be, p ln(1/p) + (1 − p) ln(1/(1 − p)), the entropy. Where abilities have
moved, or spreads are too narrow, forecasts are too sure and what happens surprises more. The test of calibration by
expected scores is Spiegelhalter's (1986), here with the log score and with answers that hang together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import entr
from scipy.stats import norm

from .. import _checks as checks
from ..data.responses import Responses
from .posterior import Posterior


@dataclass(frozen=True)
class Surprise:
    """What `n` new answers of known students to known items say of the forecasts.

    excess: surprise beyond what was expected, nats an answer; about 0 while forecasts are calibrated, above where they
    are too sure. level: share right less the share forecast. excess_se, level_se: their standard errors; answers of one
    student, and answers to one item, may hang together. left_out: answers of students or to items not known yet.
    """

    n: int
    excess: float
    excess_se: float
    level: float
    level_se: float
    left_out: int

    @property
    def z(self) -> float:
        """The excess in standard errors: above 1.64 once in twenty weeks by chance alone."""
        return self.excess / self.excess_se

    @property
    def p_value(self) -> float:
        """How often chance alone gives as much excess or more."""
        return float(norm.sf(self.z))

    def interval(self, name: str = "excess", level: float = 0.95) -> tuple[float, float]:
        """Ends of a symmetric interval of "excess" or "level"."""
        name = checks.one_of(name, ("excess", "level"), "name")
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
    if not (np.isfinite(ses).all() and min(ses) > 0):
        raise ValueError("forecasts that are all alike, or certain, leave nothing to test: give more answers")
    return Surprise(
        len(y), float(excess.mean()), ses[0], float(level.mean()), ses[1], left_out=int(len(there) - there.sum())
    )


def _standard_error(values: np.ndarray, clusters) -> float:
    """Of the mean: squared sums by student, plus those by item, less what is counted twice."""
    with np.errstate(invalid="ignore"):
        values = values - values.mean()
    own = float(values @ values)
    by = [float((np.bincount(codes, values) ** 2).sum()) for codes in clusters]
    return float(np.sqrt(max(sum(by) - own, own)) / len(values))
