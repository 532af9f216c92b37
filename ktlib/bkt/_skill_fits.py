"""Many fitted skills, and what is known of skills beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .. import _checks as checks
from ..data import _saved
from ._newton import BOUND, to_logit, to_params, to_probability
from .model import NAMES, BKTParams


@dataclass(frozen=True, eq=False)
class SkillPrior:
    """How skills differ: the logits of p_init, p_transit, p_slip, p_guess are independent normals over skills.

    mean, sd: (4,) arrays, in logits; sd above 0. skills: from how many skills they were learned, 0 if given.
    Raises ValueError for other shapes or values.
    """

    mean: np.ndarray
    sd: np.ndarray
    skills: int = 0

    def __post_init__(self):
        for name, low in (("mean", -BOUND), ("sd", 0.0)):
            array = checks.numbers(getattr(self, name), name)
            if array.shape != (4,) or not ((array > low) & (array < (np.inf if name == "sd" else BOUND))).all():
                wanted = "above 0" if name == "sd" else f"within ±{BOUND:.1f}"
                raise ValueError(f"{name} = {array}: give four logits {wanted}, one each for {', '.join(NAMES)}")
            object.__setattr__(self, name, array)
        checks.whole(self.skills, "skills", 0)

    @property
    def params(self) -> BKTParams:
        """The typical skill: the median of each probability."""
        return to_params(self.mean)


_ARRAYS = ("covariance", "log_likelihood", "converged", "students", "answers")  # saved as they are


@dataclass(frozen=True, eq=False)
class SkillFits:
    """Many fitted skills, in the order given.

    names: of the skills. params: their estimates: the likeliest probabilities or, with a prior, the posterior's mean,
    taken in logits. covariance: (skills, 4, 4) of the logits, in the order p_init, p_transit, p_slip, p_guess: inverse
    curvature of the log likelihood or, with a prior, the posterior's covariance. NaN for a probability whose likeliest
    value lies within 0.001 of 0 or 1, where it is held, and for all four where the likelihood is flat; `flags` says so.
    prior: what was assumed about skills, or None. log_likelihood: (skills,) at the estimates, without the prior.
    converged: (skills,), the learning of the prior included. flags: for each skill, why its numbers may not mean what
    they say. students, answers: (skills,) how many.
    """

    names: tuple
    params: tuple[BKTParams, ...]
    covariance: np.ndarray
    prior: SkillPrior | None
    log_likelihood: np.ndarray
    converged: np.ndarray
    flags: tuple[tuple[str, ...], ...]
    students: np.ndarray
    answers: np.ndarray
    __repr__ = checks.short

    @property
    def estimates(self) -> np.ndarray:
        """(skills, 4) estimated probabilities."""
        return np.array([tuple(p) for p in self.params])

    @property
    def se(self) -> np.ndarray:
        """(skills, 4) standard errors of the probabilities; NaN where `covariance` is."""
        p = self.estimates
        return p * (1 - p) * np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    def interval(self, name: str | None = None, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends (low, high), (skills,) each, of one probability; without a name of all, (skills, 4).

        Symmetric in logits, so inside (0, 1); NaN where `covariance` is. level: how often such intervals hold the
        truth, in (0, 1); with a prior, over skills that vary as it says.
        """
        place = slice(None) if name is None else NAMES.index(checks.one_of(name, NAMES, "name"))
        z = NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)
        half = z * np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))
        logits = to_logit(self.estimates)
        return to_probability(logits - half)[:, place], to_probability(logits + half)[:, place]

    def frame(self, level: float = 0.95):
        """A DataFrame with a row a skill: students, answers, estimates, se_, low_ and high_ of each, fit, flag."""
        import pandas as pd

        low, high = self.interval(level=level)
        columns = {"students": self.students, "answers": self.answers}
        for prefix, values in (("", self.estimates), ("se_", self.se), ("low_", low), ("high_", high)):
            columns |= {prefix + name: values[:, i] for i, name in enumerate(NAMES)}
        columns |= {"log_likelihood": self.log_likelihood, "converged": self.converged}
        columns["flag"] = ["; ".join(flags) for flags in self.flags]
        return pd.DataFrame(columns, index=pd.Index(self.names, name="skill", tupleize_cols=False))

    def save(self, path) -> None:
        """Write to an .npz file, without pickle."""
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, "estimates")}
        about = {"names": _saved.plain(self.names, "names"), "flags": self.flags}
        about["prior"] = self.prior and [self.prior.mean.tolist(), self.prior.sd.tolist(), self.prior.skills]
        _saved.save(path, "skill fits", arrays, about)

    @classmethod
    def load(cls, path) -> SkillFits:
        """Read what `save` wrote. ValueError for a file that is cut short or holds no fits of skills."""
        arrays, about = _saved.load(path, "skill fits")
        with _saved.whole(path, "skill fits"):
            params = tuple(
                BKTParams(**dict(zip(NAMES, row, strict=True)), allow_flip=True) for row in arrays["estimates"].tolist()
            )
            prior, flags = about["prior"] and SkillPrior(*about["prior"]), tuple(map(tuple, about["flags"]))
            kept = {name: arrays[name] for name in _ARRAYS}
            return cls(names=tuple(about["names"]), params=params, prior=prior, flags=flags, **kept)
