"""What a fit of skills whose students each have a shift of their own found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .. import _checks as checks
from ..data import _saved
from ..data._frames import index
from ._individual_hill import Hill
from ._newton import to_logit, to_params, to_probability
from ._variant_climb import Summit
from ._variant_fit import EDGE, pinned
from .model import NAMES, BKTParams
from .sensitivity import degenerate

_KEPT = (
    "shift", "spread", "spread_se", "log_likelihood", "plain_log_likelihood", "converged", "reason", "answers",
    "nodes", "frozen", "note",
)  # fmt: skip
ZERO = 1e-4  # logits; a spread below this is none
FAR = 10.0  # logits; a spread beyond this is of students of two kinds
_ARRAYS = ("covariance", "shifts", "shifts_sd", "trace")


@dataclass(frozen=True, eq=False)
class IndividualFit:
    """Many skills fitted together, with a shift for each student that all her skills share.

    names: of the skills. params: their estimates, those of a student whose shift is 0. shift: what a student's shift,
    in logits, is added to: "p_init" or "p_transit". spread: standard deviation of shifts over students, and spread_se
    its standard error, from the curvature of the log likelihood with all other numbers refitted (the profile's); NaN
    where these are not pinned. students: their names. shifts, shifts_sd: (students,) posterior mean and standard
    deviation of each student's shift, at the estimates. covariance: (skills, 4, 4) of the logits, in the order p_init,
    p_transit, p_slip, p_guess: inverse curvature of the log likelihood, in which all skills and the spread stand
    together; NaN for a probability within 0.001 of 0 or 1, where it is held, for a skill whose likelihood is flat, and
    for skills that were frozen. log_likelihood: natural, over all answers; plain_log_likelihood: of the best fit
    without shifts, each skill by itself, or of the frozen skills. trace: (steps + 1,) log likelihood before each step
    and at the end. converged, reason: whether the climb stopped by itself, and why. flags: for each skill, why its
    numbers may not mean what they say. answers: how many. nodes: over which shifts were integrated. frozen: whether the
    skills were given. note: what to know before trusting the spread, "" if nothing.
    """

    names: tuple
    params: tuple[BKTParams, ...]
    covariance: np.ndarray
    shift: str
    spread: float
    spread_se: float
    students: tuple
    shifts: np.ndarray
    shifts_sd: np.ndarray
    log_likelihood: float
    plain_log_likelihood: float
    trace: np.ndarray
    converged: bool
    reason: str
    flags: tuple[tuple[str, ...], ...]
    answers: int
    nodes: int
    frozen: bool
    note: str
    __repr__ = checks.short

    def __post_init__(self):
        for name in _ARRAYS:
            object.__setattr__(self, name, checks.own(getattr(self, name)))

    @property
    def estimates(self) -> np.ndarray:
        """(skills, 4) estimated probabilities of a student whose shift is 0."""
        return np.array([tuple(p) for p in self.params])

    @property
    def se(self) -> np.ndarray:
        """(skills, 4) standard errors of the probabilities; NaN where `covariance` is."""
        p = self.estimates
        return p * (1 - p) * np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    @property
    def parameters(self) -> int:
        """How many numbers were fitted: the spread, and four a skill unless they were given."""
        return 1 + (0 if self.frozen else 4 * len(self.names))

    @property
    def aic(self) -> float:
        """2 · parameters − 2 · log likelihood (Akaike 1974); lower is better, on the same answers only."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """log(students) · parameters − 2 · log likelihood (Schwarz 1978); n is students, who answer independently."""
        return float(np.log(len(self.students))) * self.parameters - 2 * self.log_likelihood

    def interval(self, name: str, level: float = 0.95) -> tuple:
        """Ends (low, high) of "spread", two numbers, or of one probability over skills, (skills,) each.

        Those of a probability are symmetric in logits, so inside (0, 1), and NaN where `covariance` is. Those of the
        spread are symmetric, and begin at 0 where they would begin below. level: how often such intervals hold the
        truth, in (0, 1). Raises ValueError for another name, and for a spread without a standard error.
        """
        checks.one_of(name, (*NAMES, "spread"), "name")
        z = NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)
        if name == "spread":
            if np.isnan(self.spread_se):
                raise ValueError(f"the spread has no standard error ({self.note}): give more students or skills")
            return max(self.spread - z * self.spread_se, 0.0), self.spread + z * self.spread_se
        place = NAMES.index(name)
        half = z * np.sqrt(self.covariance[:, place, place])
        middle = to_logit(self.estimates[:, place])
        return to_probability(middle - half), to_probability(middle + half)

    def frame(self, level: float = 0.95):
        """A DataFrame with a row a skill: estimates, se_, low_ and high_ of each probability, flag."""
        import pandas as pd

        columns = {name: self.estimates[:, i] for i, name in enumerate(NAMES)}
        columns |= {f"se_{name}": self.se[:, i] for i, name in enumerate(NAMES)}
        ends = {name: self.interval(name, level) for name in NAMES}
        for side, prefix in enumerate(("low_", "high_")):
            columns |= {prefix + name: ends[name][side] for name in NAMES}
        columns["flag"] = ["; ".join(flags) for flags in self.flags]
        return pd.DataFrame(columns, index=index(self.names, "skill"))

    def students_frame(self, level: float = 0.95):
        """A DataFrame with a row a student: shift, sd, and the ends low, high of its interval, taken as normal."""
        import pandas as pd

        z = NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)
        half = z * self.shifts_sd
        columns = {"shift": self.shifts, "sd": self.shifts_sd, "low": self.shifts - half, "high": self.shifts + half}
        return pd.DataFrame(columns, index=index(self.students, "student"))

    def save(self, path) -> None:
        """Write to an .npz file, without pickle."""
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, "estimates")}
        about = {name: getattr(self, name) for name in _KEPT} | {"flags": self.flags}
        about |= {name: _saved.plain(getattr(self, name), name) for name in ("names", "students")}
        _saved.save(path, "individual fit", arrays, about)

    @classmethod
    def load(cls, path) -> IndividualFit:
        """Read what `save` wrote. ValueError for a file that is cut short or holds no such fit."""
        arrays, about = _saved.load(path, "individual fit")
        with _saved.whole(path, "individual fit"):
            params = tuple(
                BKTParams(**dict(zip(NAMES, row, strict=True)), allow_flip=True) for row in arrays["estimates"].tolist()
            )
            kept = {name: about[name] for name in _KEPT} | {name: arrays[name] for name in _ARRAYS}
            kept |= {name: tuple(about[name]) for name in ("names", "students")}
            return cls(params=params, flags=tuple(map(tuple, about["flags"])), **kept)


def described(hill: Hill, summit: Summit, names: tuple, students: tuple, shift: str, plain: float, answers: int):
    """The fit at a summit."""
    theta, spread = hill.at(summit.logits)
    spread = float(abs(spread)) if abs(spread) > ZERO else 0.0
    belief = hill.beliefs(summit.logits)[0]
    shifts = belief @ hill.z * spread
    variance = belief @ (hill.z * spread) ** 2 - shifts**2
    params = tuple(to_params(logits) for logits in theta)
    frozen = len(summit.logits) == 1
    covariance, spread_se, flat = _covariance(hill, summit, theta)
    why = ("flat: these answers do not pin the four probabilities",)
    said = {
        "flat: these answers do not pin the spread": np.isnan(spread_se),
        "none: students do not differ more than chance makes them": spread == 0,
        f"beyond {FAR:g} logits: students are of two kinds, and how far apart says little": spread > FAR,
    }
    flags = [(why if k in flat else ()) + degenerate(p) for k, p in enumerate(params)]
    return IndividualFit(
        names=names,
        params=params,
        covariance=covariance,
        shift=shift,
        spread=spread,
        spread_se=spread_se,
        students=students,
        shifts=shifts,
        shifts_sd=np.sqrt(np.maximum(variance, 0)),
        log_likelihood=summit.log_likelihood,
        plain_log_likelihood=plain,
        trace=summit.trace,
        converged=summit.converged,
        reason=summit.reason,
        flags=tuple(flags),
        answers=answers,
        nodes=len(hill.z),
        frozen=frozen,
        note="; ".join(words for words, true in said.items() if true),
    )


def _covariance(hill: Hill, summit: Summit, theta: np.ndarray):
    """(skills, 4, 4), the standard error of the spread, and places of skills whose likelihood is flat."""
    skills = len(theta)
    full = np.full((4 * skills + 1,) * 2, np.nan)
    inside = np.append((np.abs(theta) < to_logit(1 - EDGE)).ravel(), True) & hill.free
    bend = np.zeros((4 * skills + 1,) * 2)
    bend[np.ix_(hill.free, hill.free)] = -summit.curvature
    flat = set()
    for k in range(skills):
        own = 4 * k + np.flatnonzero(inside[4 * k : 4 * k + 4])
        if len(own) and not pinned(bend[np.ix_(own, own)]):
            flat.add(k)
            inside[own] = False
    if pinned(bend[np.ix_(inside, inside)]):
        full[np.ix_(inside, inside)] = np.linalg.inv(bend[np.ix_(inside, inside)])
    blocks = np.array([full[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] for k in range(skills)])
    return blocks, float(np.sqrt(full[-1, -1])), flat
