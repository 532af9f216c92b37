"""One student judged with one probability wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..._checks import one_of
from ...bkt.model import NAMES, BKTParams
from ...bkt.sensitivity import MASTERY, sweep
from ._base import count, percent, places
from ._student import SYMBOL, Student, flipped


@dataclass(frozen=True)
class SweepExplorer(Student):
    """One student judged with one probability wrong: when is mastery declared, and when should it be?

    truth: the right probabilities. answers, threshold: as in `TraceExplorer`. vary: the probability that is
    wrong at first, one of `bkt.NAMES`. value: where its slider starts; unless given, 0.2 from the truth.
    Raises ValueError for anything else, and where an answer is impossible under the truth or under `value`.
    """

    tag = "kt-sweep"
    truth: BKTParams = field(default_factory=BKTParams)
    answers: tuple[int | None, ...] = (0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1)
    vary: str = "p_slip"
    threshold: float = MASTERY
    value: float | None = None

    def __post_init__(self):
        self._check(self.truth)
        one_of(self.vary, NAMES, "vary")
        if self.value is None:
            true = getattr(self.truth, self.vary, 0.0)
            object.__setattr__(self, "value", round(true + (0.2 if true <= 0.3 else -0.2), 4))
        assumed = self._assumed()
        object.__setattr__(self, "value", getattr(assumed, self.vary))
        self._step(assumed)

    def _assumed(self) -> BKTParams:
        return sweep(self.truth, self.vary, [self.value])[0]

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        should, does, assumed = self._step(self.truth), self._step(self._assumed()), self._assumed()
        symbol, right = SYMBOL[self.vary], getattr(self.truth, self.vary)
        mastery = f"mastery ({percent(self.threshold)})"
        never = f"not reached in {count(len(self.answers), 'question')}"
        said = f"declared at question {does}" if does else never
        if self.value == right:
            return f"With the true {symbol}, {places(right)}, {mastery} is {said}.{flipped(assumed)}"
        if does == should:
            said += ", as with the true value"
        elif does and should:
            when = "early" if does < should else "late"
            said += f" instead of {should}: {count(abs(does - should), 'question')} {when}"
        else:
            said += f"; with the true value it is {f'declared at question {should}' if should else never}"
        taken = f"{symbol} taken as {places(self.value)} instead of {places(right)}"
        return f"With {taken}, {mastery} is {said}.{flipped(assumed)}"

    def _config(self) -> dict:
        truth = dict(zip(NAMES, self.truth, strict=True))
        return {"truth": truth, "vary": self.vary, "value": self.value} | self._student()
