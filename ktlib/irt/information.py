"""What items say about whom: characteristic curves, information and the standard error that it leaves.

An item tells students apart best where it could go either way. Its information at an ability is the square of its
curve's slope over the variance of an answer there (Birnbaum 1968, ch. 17; Lord 1980, §5.2):

    I(θ) = a² · (P − c)² / (1 − c)² · (1 − P) / P,    for c = 0 simply a² P (1 − P).

Information adds up over items, and one over its root is the standard error of an ability from the answers alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._checks import fits_in_memory, numbers, own, short
from .mml import MMLFit
from .posterior import Posterior

ABILITY = np.linspace(-4, 4, 81)  # where curves are drawn unless told


@dataclass(frozen=True, eq=False)
class Information:
    """What the items of a fit say at each ability.

    ability: (abilities,). item: (abilities, items) information, in one over ability squared. items: names. The arrays
    are its own, and nobody can write into them.
    """

    ability: np.ndarray
    item: np.ndarray
    items: tuple
    __repr__ = short

    def __post_init__(self):
        for name in ("ability", "item"):
            object.__setattr__(self, name, own(getattr(self, name)))

    @property
    def test(self) -> np.ndarray:
        """(abilities,) information of all items together."""
        return self.item.sum(1)

    @property
    def standard_error(self) -> np.ndarray:
        """(abilities,) 1 / √information, of an ability from the answers alone; `inf` where they say nothing."""
        with np.errstate(divide="ignore"):
            return 1 / np.sqrt(self.test)

    @property
    def sd(self) -> np.ndarray:
        """(abilities,) about what is left open once it is known that abilities are N(0, 1): 1 / √(information + 1)."""
        return 1 / np.sqrt(self.test + 1)

    def best(self) -> np.ndarray:
        """(items,) the ability, of those given, at which each item says most."""
        return self.ability[self.item.argmax(0)]

    def frame(self):
        """A DataFrame with a row an ability: test, standard_error, sd, and a column an item."""
        import pandas as pd

        index = pd.Index(self.ability, name="ability")
        told = pd.DataFrame({"test": self.test, "standard_error": self.standard_error, "sd": self.sd}, index)
        items = pd.Index(self.items, tupleize_cols=False)
        return pd.concat([told, pd.DataFrame(self.item, index, items)], axis=1)


def curves(fit, ability=ABILITY) -> np.ndarray:
    """P(right answer) at each ability: the items' characteristic curves, (abilities, items).

    fit: what `mml.fit` returned, or a two-parameter fit or `Posterior`, whose means are taken. ability: a list or array
    of numbers, 0 the typical student. Raises ValueError for anything else.
    """
    slope, intercept, floor, items = numbers_of(fit)
    return curves_at(slope, intercept, floor, _places(ability, items))[1]


def information(fit, ability=ABILITY) -> Information:
    """What each item, and all together, say at each ability; arguments as in `curves`.

    For a model with a floor for guessing, what is lost to guessing is lost here too.
    """
    slope, intercept, floor, items = numbers_of(fit)
    ability = _places(ability, items)
    s, p = curves_at(slope, intercept, floor, ability)
    kept = np.divide(s, p, out=np.ones_like(s), where=p > 0)  # 1 without a floor, also where both round to 0
    return Information(ability, slope**2 * s * kept * (1 - floor) * (1 - s), items)


def standard_error(fit, ability=ABILITY) -> np.ndarray:
    """(abilities,) 1 / √test information; arguments as in `curves`."""
    return information(fit, ability).standard_error


def numbers_of(fit) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple]:
    """Discriminations, intercepts and floors, (items,) each, and the items' names; ValueError for other fits."""
    if isinstance(fit, MMLFit):
        return fit.discrimination, fit.intercept, fit.guess, tuple(fit.items)
    posterior = getattr(fit, "posterior", fit)
    if not isinstance(posterior, Posterior) or posterior.model != "two-parameter":
        model = f" of a {posterior.model} model" if isinstance(posterior, Posterior) else ""
        raise ValueError(
            f"fit is a {type(fit).__name__}{model}: give what mml.fit returned, or a two-parameter fit or Posterior"
        )
    slope = posterior.mean("discrimination")
    return slope, -slope * posterior.mean("difficulty"), np.zeros_like(slope), posterior.items


def curves_at(slope, intercept, floor, ability) -> tuple[np.ndarray, np.ndarray]:
    """(abilities, items) the chance without and with the floor, of arrays (items,) and (abilities,), unchecked."""
    s = (1 + np.tanh((ability[:, None] * slope + intercept) / 2)) / 2
    return s, floor + (1 - floor) * s


def _places(ability, items: tuple) -> np.ndarray:
    ability = numbers(ability, "ability")
    if ability.ndim != 1 or not ability.size or not (np.abs(ability) <= 1e6).all():
        raise ValueError(f"ability has shape {ability.shape}: give a list of finite numbers, such as [-1, 0, 1]")
    fits_in_memory(4 * ability.size * len(items), f"{ability.size} abilities")
    return ability
