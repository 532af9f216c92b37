"""The paper's three models without torch: their sizes, their priors, and what they say of an answer.

N students, J items, K factors, A attributes, D further coordinates; P(right) = 1 / (1 + exp(−η)).
two-parameter, η = α(θ − β): ability θ (N,), discrimination α (J,), difficulty β (J,).
factorization, η = θ·α − β: ability (N, K), loadings α (J, K), difficulty (J,).
hierarchical, η = θ·(α ⊕ HX) − β: ability (N, K + D), loadings (J, K), effects H (D, A), difficulty (J,).

Signs: η stays the same when ability, discrimination and difficulty all change sign, or a factor's abilities with its
loadings. Where the priors do not tell the two apart, results are turned so that the mean discrimination, or the
factor's mean loading, is positive. The scale is the priors'. Order and rotation of factors stay as found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .. import _checks as checks
from ..data.responses import Responses
from .posterior import BLOCKS, Normal, as_priors, default_priors, paper_priors

PAPER = {block: prior for model in BLOCKS for block, prior in paper_priors(model).items()}
POSITIVE = {block: prior for model in BLOCKS for block, prior in default_priors(model).items()}
ABSENT = 1e-9  # spread of an effect that the mask leaves out: it is 0
WHO = {"ability": "student"}  # whose rows a block has, if not the items'
default = default_priors


@dataclass(frozen=True, eq=False)
class Model:
    """One of the three models with its sizes; made by `Model.of`, which checks.

    attributes: (J, A) of 0 and 1. mask: (D, A), True where an attribute feeds a further coordinate; an attribute that
    feeds none has no effect.
    """

    name: str
    students: int
    items: int
    factors: int | None = None
    attributes: np.ndarray | None = None
    mask: np.ndarray | None = None
    names: Mapping[str, tuple] = field(default_factory=dict, repr=False)  # of the rows of blocks, from the responses

    @classmethod
    def of(cls, name: str, responses, *, factors=None, attributes=None, mask=None) -> Model:
        """The model `name` for the students and items of `responses`; ValueError for a layout that cannot be."""
        name = checks.one_of(name, BLOCKS, "model")
        check_responses(responses)
        checks.layout(name, responses, factors, attributes, mask)
        if name == "hierarchical":
            attributes, mask = np.array(attributes, dtype=float), np.asarray(mask)
        names = {block: responses.items for block in BLOCKS[name] if block != "effects"}
        names["ability"] = responses.students
        return cls(name, len(responses.students), len(responses.items), factors, attributes, mask, names)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Block -> shape."""
        n, j, k = self.students, self.items, self.factors
        if self.name == "two-parameter":
            return {"ability": (n,), "discrimination": (j,), "difficulty": (j,)}
        if self.name == "factorization":
            return {"ability": (n, k), "loadings": (j, k), "difficulty": (j,)}
        return {"ability": (n, k + len(self.mask)), "loadings": (j, k), "effects": self.mask.shape, "difficulty": (j,)}

    def priors(self, priors: Mapping[str, Normal] | None = None) -> dict[str, Normal]:
        """`priors`, by default `default(name)`, checked; blocks of other models are left out.

        Priors with names are put in the order of the responses' students and items; those of others are left out.
        Raises ValueError for a block that is missing or unknown, or of a shape that does not fit, and for a student or
        an item that a prior with names does not know.
        """
        priors = default(self.name) if priors is None else checks.mapping(priors, "priors", "default_priors(model)")
        priors = as_priors(self.name, {k: v for k, v in priors.items() if k in self.shapes or k not in PAPER})
        for name, shape in self.shapes.items():
            if name in self.names:
                priors[name] = priors[name].at(self.names[name], f"prior of {name!r}", WHO.get(name, "item"))
            found = priors[name].loc.shape
            if not all(f in (1, s) for f, s in zip(found[::-1], shape[::-1], strict=False)) or len(found) > len(shape):
                raise ValueError(f"prior of {name!r} has shape {found}, which does not fit the block's {shape}")
        return priors

    def named(self, names, what: str) -> tuple[str, ...]:
        """Names of blocks as a tuple; ValueError for one that this model does not have."""
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise ValueError(f"{what} = {names!r}: give a list of names, such as ['difficulty']")
        names = checks.listed(names, what, "['difficulty']")
        for name in names:
            if not isinstance(name, str) or name not in self.shapes:
                raise ValueError(f"{what} names {name!r}: a {self.name} model has {', '.join(self.shapes)}")
        return names

    def spread(self, priors: Mapping[str, Normal], name: str) -> Normal:
        """The prior of a block, with a number for each of the block's."""
        prior = priors[name]
        wide = (np.broadcast_to(v, self.shapes[name]) for v in (prior.loc, prior.scale))
        return Normal(*wide, prior.log)


def predictor(values: Mapping[str, np.ndarray], student, item, attributes=None) -> np.ndarray:
    """η of students to items, (..., answers), from block -> array; draws may stand in front of a block's shape."""
    ability, difficulty = values["ability"], values["difficulty"]
    if "discrimination" in values:
        return values["discrimination"][..., item] * (ability[..., student] - difficulty[..., item])
    match = ability[..., student, :] * whole_loadings(values, attributes)[..., item, :]
    return match.sum(-1) - difficulty[..., item]


def whole_loadings(values: Mapping[str, np.ndarray], attributes=None) -> np.ndarray:
    """Every item's loadings (..., J, K + D): α, or for the hierarchical model α ⊕ HX."""
    if "effects" not in values:
        return values["loadings"]
    return np.concatenate([values["loadings"], attributes @ np.swapaxes(values["effects"], -1, -2)], -1)


def check_responses(responses) -> None:
    """Raise ValueError unless they are a `Responses`."""
    if not isinstance(responses, Responses):
        raise ValueError(
            f"responses are a {type(responses).__name__}: make them with Responses.from_wide or from_frame"
        )
