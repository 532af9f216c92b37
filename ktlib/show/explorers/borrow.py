"""One class and the other skills: how far an estimate is pulled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..._checks import inside, instance, one_of, whole
from ...bkt import bounds
from ...bkt.model import NAMES, BKTParams
from ...bkt.skills import SkillPrior
from ._base import Element, count, places, rounded
from ._student import SYMBOL

_FEWEST, _MOST = 3, 40  # answers each
_MOST_STUDENTS = 100_000
_Z = 1.96


@dataclass(frozen=True, eq=False)
class BorrowExplorer(Element):
    """One probability of a skill: what a class says alone, what other skills say, and both together.

    prior: how skills differ, as `skills.fit` learns it; unless given, the literature's four with one logit of spread.
    vary: the probability to look at. own: what the class alone says. students, answers: its size, answers each from 3
    to 40. The model: all four are unknown, and what the answers say of their logits is normal, with the information
    that `bounds` has for the typical skill. Raises ValueError for anything else.
    """

    tag = "kt-borrow"
    prior: SkillPrior | None = None
    vary: str = "p_slip"
    own: float = 0.3
    students: int = 22
    answers: int = 9

    def __post_init__(self):
        logits = [math.log(p / (1 - p)) for p in BKTParams()]
        prior = SkillPrior(np.array(logits), np.ones(4)) if self.prior is None else self.prior
        instance(prior, SkillPrior, "prior", "give what skills.fit learned, fits.prior")
        one_of(self.vary, NAMES, "vary")
        known = {
            "prior": prior,
            "own": inside(self.own, "own", 0.3),
            "students": whole(self.students, "students", 1, _MOST_STUDENTS),
            "answers": whole(self.answers, "answers", _FEWEST, _MOST),
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)
        p = np.array(tuple(prior.params))
        each = bounds.fisher(prior.params, list(range(_FEWEST, _MOST + 1))) * np.outer(p * (1 - p), p * (1 - p))
        object.__setattr__(
            self, "_information", np.array([[[float(f"{v:.6g}") for v in row] for row in m] for m in each])
        )

    def together(self) -> tuple[float, float, float]:
        """How much the class counts, and the logit of both together with its standard deviation."""
        k = NAMES.index(self.vary)
        mean, sd = self.prior.mean, self.prior.sd
        both = self.students * self._information[self.answers - _FEWEST] + np.diag(1 / sd**2)
        left = float(np.linalg.inv(both)[k, k])
        weight = 1 - left / float(sd[k]) ** 2
        logit = math.log(self.own / (1 - self.own))
        return weight, float(mean[k]) + weight * (logit - float(mean[k])), math.sqrt(left)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        weight, middle, sd = self.together()
        low, at, high = (places(1 / (1 + math.exp(-middle - z * sd))) for z in (-_Z, 0, _Z))
        share = int(rounded(100 * weight))
        typical = places(getattr(self.prior.params, self.vary))
        design = f"{count(self.students, 'student')} with {count(self.answers, 'answer')} each"
        said = f"{design}: alone they say {SYMBOL[self.vary]} {places(self.own)}, the typical skill has {typical}."
        found = f"Together {at} (95%: {low} to {high})."
        return f"{said} {found} The class counts for {share}%, the other skills for {100 - share}%."

    def _config(self) -> dict:
        told = {name: getattr(self, name) for name in ("vary", "own", "students", "answers")}
        prior = {"mean": self.prior.mean.tolist(), "sd": self.prior.sd.tolist()}
        return told | prior | {"fewest": _FEWEST, "information": self._information.tolist()}
