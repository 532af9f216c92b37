"""Interactive figures that need no kernel: one custom element each, and the module `bkt.mjs` that draws them.

The same object works in a live notebook and on the built page. Without JavaScript the finding in words stays.
"""

from __future__ import annotations

import html
import json
import math
from dataclasses import dataclass, field
from importlib.resources import files

import numpy as np

from .._checks import inside, one_of, whole
from ..bkt import bounds, model
from ..bkt.model import NAMES, BKTParams
from ..bkt.sensitivity import MASTERY, mastery_step, sweep
from ..data.sequences import as_table

SYMBOL = {"p_init": "P(L0)", "p_transit": "P(T)", "p_slip": "P(S)", "p_guess": "P(G)"}
_MODULE = files(__package__).joinpath("bkt.mjs")
_FEWEST, _MOST = 3, 60  # answers each, where one may ask how much data
_Z = 1.96
_AIMS = (0.05, 0.02, 0.01)


class _Element:
    """Shared: how an explorer shows itself. A subclass adds its tag, its finding and its config."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        config = html.escape(json.dumps(self._config()))
        element = f'<{self.tag} config="{config}"><p>{html.escape(self.finding())}</p></{self.tag}>'
        script = f'<script type="module">\n{_MODULE.read_text(encoding="utf-8")}</script>'
        return {"text/plain": self.finding(), "text/html": f"{element}\n{script}"}


class _Explorer(_Element):
    """Shared by those that follow one student: answers and threshold, checked at the door."""

    def _check(self, params: BKTParams) -> None:
        table, _, _ = as_table(self.answers)
        if len(table) != 1:
            raise ValueError(f"answers hold {len(table)} students: an explorer follows one")
        object.__setattr__(self, "answers", tuple(None if math.isnan(a) else int(a) for a in table[0]))
        object.__setattr__(self, "threshold", inside(self.threshold, "threshold", MASTERY))
        self._step(params)

    def _step(self, params: BKTParams) -> int:
        return mastery_step(model.filter(self.answers, params).p_known, self.threshold)

    def _student(self) -> dict:
        return {"answers": self.answers, "threshold": self.threshold}


@dataclass(frozen=True)
class TraceExplorer(_Explorer):
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
        seen = f"{_count(n, 'question')} ({gaps} not asked)" if gaps else _count(n, "answer")
        lost = ", then lost" if last < self.threshold else ""
        reached = f"reached at question {step}{lost}" if step else "not reached"
        return (
            f"After {seen} the model is {_sure(last, self.threshold)} sure she knows it; "
            f"mastery ({_percent(self.threshold)}) {reached}.{_flipped(self.params)}"
        )

    def _config(self) -> dict:
        return {"params": dict(zip(NAMES, self.params, strict=True))} | self._student()


@dataclass(frozen=True)
class SweepExplorer(_Explorer):
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
        mastery = f"mastery ({_percent(self.threshold)})"
        never = f"not reached in {_count(len(self.answers), 'question')}"
        said = f"declared at question {does}" if does else never
        if self.value == right:
            return f"With the true {symbol}, {_places(right)}, {mastery} is {said}.{_flipped(assumed)}"
        if does == should:
            said += ", as with the true value"
        elif does and should:
            when = "early" if does < should else "late"
            said += f" instead of {should}: {_count(abs(does - should), 'question')} {when}"
        else:
            said += f"; with the true value it is {f'declared at question {should}' if should else never}"
        taken = f"{symbol} taken as {_places(self.value)} instead of {_places(right)}"
        return f"With {taken}, {mastery} is {said}.{_flipped(assumed)}"

    def _config(self) -> dict:
        truth = dict(zip(NAMES, self.truth, strict=True))
        return {"truth": truth, "vary": self.vary, "value": self.value} | self._student()


@dataclass(frozen=True)
class DataExplorer(_Element):
    """How much data: the 95 % intervals that so many students with so many answers each can give.

    params: the true four. students, answers: where the sliders start; answers each, from 3 to 60.
    Precomputed from `information` for each number of answers: the Cramér-Rao bound and the floor, times √students.
    Raises ValueError for anything else, and as `bounds.standard_errors`.
    """

    tag = "kt-data"
    params: BKTParams = field(default_factory=BKTParams)
    students: int = 22
    answers: int = 15

    def __post_init__(self):
        object.__setattr__(self, "students", whole(self.students, "students", 1))
        if not _FEWEST <= whole(self.answers, "answers", 1) <= _MOST:
            raise ValueError(f"answers = {self.answers}: give {_FEWEST} to {_MOST} answers each")
        object.__setattr__(self, "answers", int(self.answers))
        designs = [(1, answers) for answers in range(_FEWEST, _MOST + 1)]
        table = bounds.how_much_data(self.params, designs)
        columns = {"bound": list(NAMES), "floor": [f"floor_{name}" for name in NAMES]}
        found = {what: np.round(table[names].to_numpy(), 6).tolist() for what, names in columns.items()}
        object.__setattr__(self, "_table", found)

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        one = self._table["bound"][self.answers - _FEWEST]
        half = [_Z / math.sqrt(self.students) * sd for sd in one]
        each = [f"{SYMBOL[name]} ±{_thousandths(h)}" for name, h in zip(NAMES, half, strict=True)]
        design = f"{_count(self.students, 'student')} with {self.answers} answers each"
        total = f"{self.students * self.answers:,} in all"
        said = f"{design}, {total}: 95% of fits lie, at best, within {', '.join(each)}."
        worst = half.index(max(half))
        aim = next((aim for aim in _AIMS if aim < half[worst]), None)
        if aim is None:
            return said
        need = math.ceil((_Z * one[worst] / aim) ** 2)
        return f"{said} For {SYMBOL[NAMES[worst]]} within ±{aim} it takes {need:,} students."

    def _config(self) -> dict:
        truth = dict(zip(NAMES, self.params, strict=True))
        return {"params": truth, "students": self.students, "answers": self.answers, "fewest": _FEWEST} | self._table


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _round(x: float) -> int:
    """To the nearest whole number, halves up: Python and JavaScript round ties apart when they format."""
    return math.floor(x + 0.5)


def _places(p: float) -> str:
    return f"{_round(100 * p) / 100:.2f}"


def _thousandths(p: float) -> str:
    return f"{_round(1000 * p) / 1000:.3f}"


def _percent(p: float) -> str:
    return f"{_round(1e6 * p) / 1e4:g}%"


def _sure(p: float, threshold: float) -> str:
    """`p` in whole per cent, never rounded up to the threshold, nor to 0 or 100."""
    if not 0.005 <= p <= 0.995:
        return "less than 1%" if p < 0.5 else "more than 99%"
    rounded = _round(100 * p)
    return f"{rounded - (p < threshold and rounded >= 100 * threshold)}%"


def _flipped(params: BKTParams) -> str:
    total = params.p_slip + params.p_guess
    if total < 1 - 1e-9:
        return ""
    what = "says nothing about her" if total < 1 + 1e-9 else "counts against her"
    return f" Slip + guess = {_places(total)}: a right answer now {what}."
