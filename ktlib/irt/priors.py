"""Independent normals, with names if they are students' or items': how beliefs and priors are written.

`BLOCKS` says which of them each model has, `paper_priors` and `default_priors` what is believed of them beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from reprlib import repr as shown
from statistics import NormalDist

import numpy as np

from .._checks import flag, inside, instance, listed, mapping, numbers, one_of, short
from ..data._frames import unique_names

FAR = 1e75  # products of four such numbers are still numbers
BLOCKS = {
    "two-parameter": ("ability", "discrimination", "difficulty"),
    "factorization": ("ability", "loadings", "difficulty"),
    "hierarchical": ("ability", "loadings", "effects", "difficulty"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Normal:
    """Independent normals; with `log`, independent log-normals: then loc and scale are those of the logarithm.

    loc, scale: numbers or arrays of one shape, kept as read-only copies; scale above 0. names: None, or the students or
    items that the rows are about. As a prior, rows with names go to the students or items of these names, whatever
    their order; without names, by place. Raises ValueError naming a scale of 0 or less, or a value that is not finite.
    """

    loc: np.ndarray | float
    scale: np.ndarray | float
    log: bool = False
    names: tuple | None = None

    def __post_init__(self):
        loc, scale, log = numbers(self.loc, "loc"), numbers(self.scale, "scale"), flag(self.log, "log")
        if not np.isfinite(loc).all():
            raise ValueError(f"loc = {loc[~np.isfinite(loc)].flat[0]!r} is not finite: give a number")
        good = np.isfinite(scale) & (scale > 0)
        if not good.all():
            raise ValueError(f"scale = {scale[~good].flat[0]:g} is not above 0: give a standard deviation")
        far = (np.abs(loc) > FAR).any() or (scale > FAR).any() or (scale < 1 / FAR).any()
        if far:
            raise ValueError(f"loc or scale is too far from 1 to be squared: give scale from {1 / FAR:g} to {FAR:g}")
        try:
            loc, scale = (np.array(v) for v in np.broadcast_arrays(loc, scale))
        except ValueError:
            raise ValueError(f"loc has shape {loc.shape}, scale {scale.shape}: give one scale for each loc") from None
        names = None if self.names is None else distinct(self.names, "names")
        if names is not None and loc.shape[:1] != (len(names),):
            raise ValueError(f"loc has shape {loc.shape} for {len(names)} names: its first axis must match them")
        for array in (loc, scale):
            array.setflags(write=False)
        for name, value in {"loc": loc, "scale": scale, "log": log, "names": names}.items():
            object.__setattr__(self, name, value)

    __repr__ = short

    @classmethod
    def trusted(cls, loc: np.ndarray, scale: np.ndarray, log: bool = False) -> Normal:
        """Of arrays of one shape that nobody else writes into, known to be good: kept as they are, unchecked."""
        made = object.__new__(cls)
        loc.setflags(write=False)
        scale.setflags(write=False)
        for name, value in {"loc": loc, "scale": scale, "log": log, "names": None}.items():
            object.__setattr__(made, name, value)
        return made

    @property
    def mean(self) -> np.ndarray:
        """Mean of the quantity itself, on its own scale."""
        return self._real(self.loc + self.scale**2 / 2, "mean") if self.log else self.loc

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of the quantity itself, on its own scale."""
        if not self.log:
            return self.scale
        self._real(self.scale**2, "square of spread over mean")
        return self.mean * np.sqrt(np.expm1(self.scale**2))

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central interval that holds `level` of the belief, a number between 0 and 1."""
        half = -NormalDist().inv_cdf((1 - inside(level, "level", 0.95)) / 2) * self.scale
        ends = self.loc - half, self.loc + half
        return tuple(self._real(e, "end of the interval") for e in ends) if self.log else ends

    def at(self, names: tuple, whose: str, what: str) -> Normal:
        """The rows of these names, in their order; without names of its own, as it is.

        Raises ValueError for a name that it does not know. whose, what: words for the message.
        """
        if self.names is None or self.names is names:
            return self
        names = distinct(names, "names")
        place = {name: row for row, name in enumerate(self.names)}
        missing = [name for name in names if name not in place]
        if missing:
            raise ValueError(
                f"{whose} says nothing of {what} {shown(missing[0])} ({len(missing)} such of {len(names)}), but of "
                f"{shown(self.names[0])} and {len(place) - 1} others: give one for each {what}, or one for all"
            )
        rows = [place[name] for name in names]
        return Normal(self.loc[rows], self.scale[rows], self.log, names)

    def _real(self, logarithm: np.ndarray, what: str) -> np.ndarray:
        """exp of it; ValueError where no number is as large."""
        if np.max(logarithm, initial=0) > 700:
            raise ValueError(
                f"the {what} of a log-normal is exp({np.max(logarithm):.3g}), too large for a number: "
                "give it a smaller loc or scale"
            )
        return np.exp(logarithm)


def distinct(names, what: str) -> tuple:
    """A list of names as a tuple: none twice, none that is missing or cannot be looked up."""
    names = listed(names, what, "['a', 'b']")
    for name in names:
        try:
            odd = name is None or (hash(name) and bool(name != name))
        except (TypeError, ValueError):
            odd = True
        if odd:
            raise ValueError(f"{what} include {shown(name)}: give texts or numbers")
    return unique_names(names, what.removesuffix("s"))


def divergence(block: Normal, prior: Normal) -> float:
    """KL divergence of independent normals from their prior, in nats (the same on the log scale)."""
    for value, name in ((block, "block"), (prior, "prior")):
        instance(value, Normal, name, "give a posterior.Normal(loc, scale)")
    if block.log != prior.log:
        raise ValueError("a log-normal block needs a log-normal prior, and a normal one a normal prior")
    try:
        ratio = block.scale / prior.scale
        shift = (block.loc - prior.loc) / prior.scale
    except ValueError:
        raise ValueError(
            f"block has shape {block.loc.shape}, prior {prior.loc.shape}: give one number or its shape"
        ) from None
    return float(0.5 * (ratio**2 + shift**2 - 1 - 2 * np.log(ratio)).sum())


def paper_priors(model: str) -> dict[str, Normal]:
    """Standard normal priors on everything, as Shi & Athey (2021) have them."""
    return {name: Normal(0.0, 1.0) for name in blocks_of(model)}


def default_priors(model: str) -> dict[str, Normal]:
    """The paper's, with discrimination log-normal(0, 0.5): positive, so that no scale can turn over."""
    priors = paper_priors(model)
    if "discrimination" in priors:
        priors["discrimination"] = Normal(0.0, 0.5, log=True)
    return priors


def as_priors(model: str, priors: Mapping[str, Normal]) -> dict[str, Normal]:
    """`priors` checked: exactly the blocks of `model`, each a `Normal`. Raises ValueError naming what is wrong."""
    names, priors = blocks_of(model), mapping(priors, "priors", "default_priors(model)")
    for name in names:
        if not isinstance(priors.get(name), Normal):
            raise ValueError(f"prior of {name!r} is {shown(priors.get(name))}: give a posterior.Normal(loc, scale)")
    extra = [str(name) for name in priors if name not in names]
    if extra:
        raise ValueError(f"priors for {', '.join(extra)}, which a {model} model does not have: drop them")
    return priors


def blocks_of(model: str) -> tuple[str, ...]:
    """The names of the blocks of a model."""
    return BLOCKS[one_of(model, BLOCKS, "model")]
