"""Is an interval with a prior honest? Skills drawn from a prior, one small class for each, the prior learned again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import _checks as checks
from .. import bkt
from ..bkt import NAMES, BKTParams, skills
from ..bkt.profiles import expit


@dataclass(frozen=True, eq=False)
class Kept:
    """Fits of one class a skill beside the truth. truths: (skills, 4). seed: of the draws."""

    truths: np.ndarray
    fits: skills.SkillFits
    seed: object
    __repr__ = checks.short

    @property
    def n(self) -> int:
        """How many skills, one class each."""
        return len(self.truths)

    @property
    def held(self) -> np.ndarray:
        """(skills, 4) whether the 95% interval holds the truth; one that does not exist does not."""
        low, high = self.fits.interval()
        return (low <= self.truths) & (self.truths <= high)

    @property
    def missing(self) -> float:
        """Share of the intervals that do not exist."""
        return float(np.isnan(self.fits.interval()[0]).mean())

    @property
    def off(self) -> np.ndarray:
        """(4,) how far the estimates lie from the truth on average, with sign."""
        return (self.fits.estimates - self.truths).mean(0)

    @property
    def error(self) -> np.ndarray:
        """(4,) root mean squared error of the estimates."""
        return np.sqrt(((self.fits.estimates - self.truths) ** 2).mean(0))

    @property
    def half_width(self) -> np.ndarray:
        """(4,) median half-width of the intervals that exist."""
        low, high = self.fits.interval()
        return np.nanmedian(high - low, axis=0) / 2


def run(
    prior: skills.SkillPrior, designs: Iterable[tuple[int, int]] = ((22, 9), (22, 23)), *, n: int = 300, seed=5
) -> dict:
    """Draw n skills from the prior, simulate one class for each, forget where they came from, and fit them.

    designs: (students, answers each). Gives (students, answers, "learned") -> `Kept` with a prior learned again from
    these classes alone, and (students, answers, "none") without any. Raises as `bkt.simulate` and `skills.fit`.
    """
    rng, found = checks.generator(seed), {}
    truths = expit(prior.mean + prior.sd * rng.standard_normal((checks.whole(n, "n", skills.LEAST), 4)))
    drawn = [BKTParams().moved(**dict(zip(NAMES, row, strict=True))) for row in truths.tolist()]
    for students, answers in designs:
        classes = {
            i: bkt.simulate(truth, students=students, steps=answers, rng=rng).answers for i, truth in enumerate(drawn)
        }
        for how, given in (("learned", "learned"), ("none", None)):
            found[students, answers, how] = Kept(truths, skills.fit(classes, prior=given), seed)
    return found


def one_skill(truth: BKTParams, prior: skills.SkillPrior | None, students: int, answers: int, *, n: int = 300) -> Kept:
    """The same skill n times, unlike what the prior expects: class i is drawn with seed i. Raises as `run`."""
    classes = {
        i: bkt.simulate(truth, students=students, steps=answers, rng=i).answers for i in range(checks.whole(n, "n", 1))
    }
    return Kept(np.tile(tuple(truth), (n, 1)), skills.fit(classes, prior=prior), 0)
