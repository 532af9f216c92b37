"""One student's P(known), answer by answer, with a slider for each of the four probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...bkt import model
from ...bkt.model import NAMES, BKTParams
from ...bkt.sensitivity import MASTERY
from ._base import count, percent
from ._student import Student, flipped, sure


@dataclass(frozen=True)
class TraceExplorer(Student):
    """One student's P(known), answer by answer, with a slider for each of the four probabilities.

    params: where the sliders start, and the setting to compare with. answers: 1, 0 and None (not asked) of
    one student. threshold: P(known) taken as mastery, in (0, 1).
    Raises ValueError for anything else, and where an answer is impossible under `params`.
    """

    tag = "kt-trace"
    params: BKTParams = field(default_factory=BKTParams)
    answers: tuple[int | None, ...] = (1, 1, 0, 1, 0, 0)
    threshold: float = MASTERY

    def __post_init__(self):
        self._check(self.params)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        known = model.filter(self.answers, self.params).p_known
        n, gaps, last, step = len(known), self.answers.count(None), known[-1], self._step(self.params)
        seen = f"{count(n, 'question')} ({gaps} not asked)" if gaps else count(n, "answer")
        lost = ", then lost" if last < self.threshold else ""
        reached = f"reached at question {step}{lost}" if step else "not reached"
        return (
            f"After {seen} the model is {sure(last, self.threshold)} sure she knows it; "
            f"mastery ({percent(self.threshold)}) {reached}.{flipped(self.params)}"
        )

    def _config(self) -> dict:
        return {"params": dict(zip(NAMES, self.params, strict=True))} | self._student()
