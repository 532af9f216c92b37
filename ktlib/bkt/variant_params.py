"""The probabilities of a BKT with codes, and what is assumed of its questions beforehand.

The names of this module stand in `variants` too: `variants.VariantParams`.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from .. import _checks as checks
from ..data._frames import unique_names
from .model import BKTParams

BLOCKS = {"p_init": "groups", "p_transit": "kinds", "p_forget": "kinds", "p_slip": "questions", "p_guess": "questions"}
_UNNAMED = (None,)


def unnamed(names: tuple) -> bool:
    """Whether there is one code without a name."""
    return len(names) == 1 and names[0] is None


@dataclass(frozen=True, eq=False)
class VariantParams:
    """The probabilities of a skill whose questions, practice and students may differ, each in [0, 1].

    p_init: (groups,) knows it before the first question. p_transit: (kinds,) learns it from a step with that kind of
    practice; p_forget: (kinds,) forgets it there, 0 where nobody does. p_slip: (questions,) wrong though known;
    p_guess: (questions,) right though not known. One number serves for all codes of a block. questions, kinds, groups:
    names of the codes, by default 0, 1, 2 .., or None where there is only one. The arrays are its own.

    p_guess + p_slip ≥ 1 is allowed, as a rare question's fit may end there: `flipped` says which. Raises ValueError
    naming the probability and its value, or the blocks that do not fit together.
    """

    _: KW_ONLY
    p_init: np.ndarray = field(default=0.2)
    p_transit: np.ndarray = field(default=0.1)
    p_forget: np.ndarray = field(default=0.0)
    p_slip: np.ndarray = field(default=0.1)
    p_guess: np.ndarray = field(default=0.2)
    questions: tuple[Any, ...] | None = None
    kinds: tuple[Any, ...] | None = None
    groups: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        said = []
        for block in BLOCKS:
            value = getattr(self, block)
            many = f"{len(value)} from {value.min():.3g} to {value.max():.3g}"
            said.append(f"{block}={value[0]:.4g}" if len(value) == 1 else f"{block}: {many}")
        return f"VariantParams({', '.join(said)})"

    def __post_init__(self):
        values = {name: checks.probabilities(getattr(self, name), name) for name in BLOCKS}
        for many in ("questions", "kinds", "groups"):
            names = self._named(many, [name for name, other in BLOCKS.items() if other == many], values)
            object.__setattr__(self, many, names)
        for name, value in values.items():
            size = len(getattr(self, BLOCKS[name]))
            object.__setattr__(self, name, checks.own(np.broadcast_to(value, (size,)).astype(float)))

    def _named(self, many: str, blocks: list[str], values: dict) -> tuple:
        """The names of one sort of codes; ValueError where blocks and names differ in number."""
        given = getattr(self, many)
        names = None if given is None else checks.listed(given, many, "['a', 'b']")
        names = names if names is None or unnamed(names) else unique_names(names, many)
        sizes = {name: values[name].size for name in blocks if values[name].ndim}
        size = len(names) if names is not None else max(sizes.values(), default=1)
        if not size or any(values[name].ndim > 1 for name in blocks) or any(n not in (1, size) for n in sizes.values()):
            told = ", ".join(f"{name} of shape {values[name].shape}" for name in blocks)
            raise ValueError(f"{told} for {size} {many}: give each one number, or one for each of {many}")
        if names is None:
            names = _UNNAMED if size == 1 else tuple(range(size))
        return names

    @classmethod
    def of(cls, params: BKTParams, *, p_forget: float = 0.0, questions=None, kinds=None, groups=None) -> VariantParams:
        """The same four numbers for every question, kind and group. Raises ValueError unless `params` are BKTParams."""
        checks.instance(params, BKTParams, "params", "give BKTParams")
        names = {"questions": questions, "kinds": kinds, "groups": groups}
        p_init, p_transit, p_slip, p_guess = params
        return cls(p_init=p_init, p_transit=p_transit, p_forget=p_forget, p_slip=p_slip, p_guess=p_guess, **names)

    @property
    def flipped(self) -> np.ndarray:
        """(questions,) True where p_guess + p_slip ≥ 1: a right answer does not speak for knowing."""
        return self.p_guess + self.p_slip >= 1

    @property
    def names(self) -> tuple[str, ...]:
        """A name for every number, such as "p_transit" or "p_guess[fractions-7]", in the order of `values`."""
        return tuple(
            block if getattr(self, many) == _UNNAMED else f"{block}[{name}]"
            for block, many in BLOCKS.items()
            for name in getattr(self, many)
        )

    @property
    def values(self) -> np.ndarray:
        """(numbers,) all probabilities: p_init, p_transit, p_forget, p_slip, p_guess, each by its codes."""
        return np.concatenate([getattr(self, block) for block in BLOCKS])

    def filled(self, values: np.ndarray) -> VariantParams:
        """The same codes with other numbers, (numbers,), in the order of `values`. ValueError for another shape."""
        values = checks.probabilities(values, "values")
        if values.shape != self.values.shape:
            raise ValueError(
                f"values have shape {values.shape}: give {self.values.size} numbers, one for each of names"
            )
        parts = np.split(values, np.cumsum([len(getattr(self, many)) for many in BLOCKS.values()])[:-1])
        names = {many: getattr(self, many) for many in ("questions", "kinds", "groups")}
        return VariantParams(**dict(zip(BLOCKS, parts, strict=True)), **names)

    def frame(self):
        """A DataFrame with a row a probability: block, code's name, value."""
        import pandas as pd

        blocks, codes = zip(*((b, name) for b, many in BLOCKS.items() for name in getattr(self, many)), strict=True)
        index = pd.Index(self.names, name="parameter")
        code = pd.Series(codes, index, dtype=object)
        return pd.DataFrame({"block": blocks, "code": code, "value": self.values}, index)


@dataclass(frozen=True, eq=False)
class QuestionPrior:
    """How questions of one skill differ: the logits of p_slip and p_guess are independent normals over questions.

    mean, sd: (2,) logits, for p_slip and p_guess; sd above 0. questions: from how many they were learned, 0 if given.
    Raises ValueError for other shapes or values.
    """

    mean: np.ndarray
    sd: np.ndarray
    questions: int = 0
    __repr__ = checks.short

    def __post_init__(self):
        for name in ("mean", "sd"):
            array = checks.numbers(getattr(self, name), name)
            if array.shape != (2,) or not np.isfinite(array).all() or (name == "sd" and not (array > 0).all()):
                wanted = "above 0" if name == "sd" else "finite"
                raise ValueError(f"{name} = {checks.shown(array)}: give two logits, {wanted}, for p_slip and p_guess")
            object.__setattr__(self, name, checks.own(array))
        checks.whole(self.questions, "questions", 0)
