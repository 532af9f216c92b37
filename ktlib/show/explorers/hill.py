"""EM climbs a hill: the log likelihood of one class over slip and guess."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ..._checks import inside, listed, whole
from ...bkt import em, model
from ...bkt.model import BKTParams, check_params
from ...data.sequences import as_sequences
from ._base import Element, count, places
from ._student import flipped

_HELD = ("p_init", "p_transit")
_MOST, _STEPS = 2000, 200  # answers, steps
_SETTLED, _AT_TOP = 0.001, 0.01  # nats
_MARK = {0.0: "0", 1.0: "1"}


@dataclass(frozen=True, eq=False)
class HillExplorer(Element):
    """EM steps up a hill of log likelihood, from a start that one may move.

    answers: a class, as `em.fit` takes it, of at most 2,000 answers; unless given, 22 students with 9 answers each,
    drawn from `params`. params: its p_init and p_transit are held, so that the hill has two directions. start: slip
    and guess at first. steps: how many EM has taken as the page opens.
    Raises ValueError for anything else.
    """

    tag = "kt-hill"
    answers: object = None
    params: BKTParams = field(default_factory=lambda: BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18))
    start: tuple[float, float] = (0.4, 0.4)
    steps: int = 0

    def __post_init__(self):
        check_params(self.params)
        answers = self.answers
        if answers is None:
            answers = model.simulate(self.params, students=22, steps=9, rng=7).answers
        sequences = as_sequences(answers)
        if sequences.n_answers > _MOST:
            raise ValueError(f"{sequences.n_answers} answers are too many to climb in a page: give {_MOST} or fewer")
        object.__setattr__(self, "_rows", tuple(_counted(sequences.to_array()).items()))
        start = tuple(inside(p, "start", 0.5) for p in listed(self.start, "start", "(0.1, 0.2)"))
        if len(start) != 2:
            raise ValueError(f"start = {self.start!r}: give slip and guess, such as (0.1, 0.2)")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "steps", whole(self.steps, "steps", 0, _STEPS))
        object.__setattr__(self, "_top", self._climb((0.1, 0.2), 2000, 1e-9)[1][-1])

    def _at(self, slip_and_guess) -> BKTParams:
        slip, guess = slip_and_guess
        held = {name: getattr(self.params, name) for name in _HELD}
        return BKTParams(**held, p_slip=slip, p_guess=guess, allow_flip=True)

    def _climb(self, start, steps: int, tol: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Slip and guess at each step, and the log likelihood there."""
        at = self._at(start)
        rows = [[None if mark == "-" else int(mark) for mark in row] for row, n in self._rows for _ in range(n)]
        fit = em.fit(rows, start=at, frozen=_HELD, tol=tol, max_steps=max(steps, 1))
        return fit.path[: steps + 1, 2:], fit.trace[: steps + 1]

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        path, trace = self._climb(self.start, self.steps)
        last = self._at(path[-1])
        at = f"P(S) {places(last.p_slip)}, P(G) {places(last.p_guess)}, log likelihood {places(trace[-1])}"
        if not self.steps:
            return f"EM starts at {at}. Each step goes uphill.{flipped(last)}"
        said = f"After {count(self.steps, 'step')}: {at}, {places(trace[-1] - trace[0])} above the start."
        if trace[-1] - trace[-2] >= _SETTLED:
            return said + flipped(last)
        below = self._top - trace[-1]
        where = "at the top" if below < _AT_TOP else f"on a lower hill, {places(below)} below the top"
        return f"{said} It has settled {where}.{flipped(last)}"

    def _config(self) -> dict:
        return {
            "rows": self._rows,
            "held": {name: getattr(self.params, name) for name in _HELD},
            "start": self.start,
            "steps": self.steps,
            "top": self._top,
            "presets": [["The habit", [0.1, 0.2]], ["Upside down", [0.7, 0.7]]],
        }


def _counted(table: np.ndarray) -> Counter:
    """How many students gave each row of answers, written as 0, 1 and - for not asked."""
    return Counter("".join(_MARK.get(answer, "-") for answer in row) for row in table.tolist())
