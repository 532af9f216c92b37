"""The paper's three models without torch: sizes, priors, starts, signs, and how to draw from them.

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
from dataclasses import dataclass, field, replace

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
        _check_responses(responses)
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


def sample_prior(model: Model, priors: Mapping[str, Normal] | None = None, *, draws: int, rng) -> dict[str, np.ndarray]:
    """Draws from the prior: block -> (draws, ...); entries of effects that the mask leaves out are 0."""
    checks.instance(model, Model, "model", "make one with Model.of")
    priors, rng, draws = model.priors(priors), checks.generator(rng), checks.whole(draws, "draws", 1)
    checks.fits_in_memory(draws * sum(map(np.prod, model.shapes.values())), f"draws = {draws}")
    out = {}
    for name, shape in model.shapes.items():
        normal = priors[name].loc + priors[name].scale * rng.standard_normal((draws, *shape))
        out[name] = np.exp(normal) if priors[name].log else normal
    if model.mask is not None:
        out["effects"] = out["effects"] * model.mask
    return out


def prior_predictive(model: Model, responses, priors=None, *, draws: int, rng) -> dict[str, np.ndarray]:
    """Draws from the prior with answers to go with them: block -> (draws, ...), "correct" -> (draws, answers) int8.

    Who was asked what is as in `responses`, whose own answers are not looked at.
    """
    checks.instance(model, Model, "model", "make one with Model.of")
    _check_responses(responses)
    sizes = len(responses.students), len(responses.items)
    if sizes != (model.students, model.items):
        raise ValueError(
            f"responses have {sizes[0]} students and {sizes[1]} items, the model {model.students} and {model.items}: "
            "make the model with Model.of from these responses"
        )
    checks.fits_in_memory(checks.whole(draws, "draws", 1) * len(responses), f"draws = {draws}")
    rng = checks.generator(rng)
    values = sample_prior(model, priors, draws=draws, rng=rng)
    eta = predictor(values, responses.student, responses.item, model.attributes)
    return values | {"correct": _answers(eta, rng)}


def simulate(responses, values: Mapping[str, np.ndarray], *, attributes=None, rng):
    """The same `Responses` with answers drawn from parameters: block -> array, of any of the three models.

    attributes: for the hierarchical model, (items, A). Raises ValueError for blocks or shapes that do not fit.
    """
    _check_responses(responses)
    values = checks.mapping(values, "values", "a draw of sample_prior or a posterior's means, block -> array")
    values = {name: checks.numbers(v, name) for name, v in values.items()}
    model = next((model for model, names in BLOCKS.items() if set(names) == set(values)), None)
    if model is None or (model == "hierarchical" and attributes is None):
        raise ValueError(
            f"values are {', '.join(map(str, values)) or 'empty'}: give all blocks of one model, such as "
            f"{', '.join(BLOCKS['two-parameter'])}; the hierarchical one needs attributes too"
        )
    students, items, own = len(responses.students), len(responses.items), ()
    if model != "two-parameter":
        own = values["loadings"].shape[1:2]
    shapes = {
        "ability": (students, *own),
        "discrimination": (items,),
        "loadings": (items, *own),
        "difficulty": (items,),
    }
    if model == "hierarchical":
        attributes = checks.numbers(attributes, "attributes")
        shapes["effects"] = values["effects"].shape[:1] + attributes.shape[1:]
        shapes["ability"] = (students, sum(own + values["effects"].shape[:1]))
        if attributes.ndim != 2 or len(attributes) != items or not np.isfinite(attributes).all():
            raise ValueError(f"attributes have shape {attributes.shape} for {items} items: give (items, attributes)")
    for name, value in values.items():
        if value.shape != shapes[name] or not np.isfinite(value).all():
            raise ValueError(f"{name} has shape {value.shape}: give {shapes[name]} finite numbers")
    eta = predictor(values, responses.student, responses.item, attributes)
    return replace(responses, correct=_answers(eta, checks.generator(rng)))


def _check_responses(responses) -> None:
    if not isinstance(responses, Responses):
        raise ValueError(
            f"responses are a {type(responses).__name__}: make them with Responses.from_wide or from_frame"
        )


def _answers(eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (rng.logistic(size=eta.shape) < eta).astype(np.int8)


def starting_values(kind: Model, responses, priors: Mapping[str, Normal], rng) -> dict[str, Normal]:
    """Where to begin: ability and difficulty from the share of right answers; a prior with a value for each
    number, at these values.

    The first factor is the score, on which all items load alike; the others start at random, for from zero nothing
    would ever move them.
    """
    weight = np.ones(len(responses)) if responses.weight is None else responses.weight

    def logit(codes, n):
        right, asked = np.bincount(codes, weight * responses.correct, n), np.bincount(codes, weight, n)
        return np.log((right + 0.5) / (asked - right + 0.5))

    score = logit(responses.student, kind.students)
    score = (score - score.mean()) / max(score.std(), 1e-9)
    values = {"ability": score, "discrimination": np.ones(kind.items), "difficulty": -logit(responses.item, kind.items)}
    if kind.name != "two-parameter":
        ability, loadings = (rng.standard_normal(kind.shapes[name]) for name in ("ability", "loadings"))
        ability[:, 0], loadings[:, 0] = score, 1.0
        values |= {"ability": ability, "loadings": loadings}
        if kind.mask is not None:
            values["effects"] = 0.3 * rng.standard_normal(kind.mask.shape)
    out = {}
    for name, shape in kind.shapes.items():
        prior = kind.spread(priors, name)
        known = prior.log or (priors[name].loc.shape == shape and prior.loc.any())
        loc = prior.loc if known else np.broadcast_to(values[name], shape)
        out[name] = Normal(loc, np.minimum(0.3, prior.scale), prior.log)
    return pack_effects(kind, out)


def pack_effects(kind: Model, blocks: dict[str, Normal]) -> dict[str, Normal]:
    """Effects as the Pyro program has them: the free entries in a row."""
    if kind.mask is None:
        return blocks
    effects = blocks["effects"]
    return blocks | {"effects": Normal(effects.loc[kind.mask], effects.scale[kind.mask], effects.log)}


def unpack_effects(kind: Model, blocks: dict[str, Normal]) -> dict[str, Normal]:
    """Effects back in their (D, A) matrix, those that the mask leaves out at 0."""
    if kind.mask is None:
        return blocks
    loc, scale = np.zeros(kind.mask.shape), np.full(kind.mask.shape, ABSENT)
    loc[kind.mask], scale[kind.mask] = blocks["effects"].loc, blocks["effects"].scale
    return blocks | {"effects": Normal(loc, scale, blocks["effects"].log)}


def signs(kind: Model, priors: Mapping[str, Normal], values: Mapping[str, np.ndarray], held=()) -> dict:
    """Block -> signs, 1 or -1, that turn `values` (draws in front) to the convention and keep η and the prior."""
    free = {
        name: np.broadcast_to(priors[name].loc == 0, shape) & (not priors[name].log and name not in held)
        for name, shape in kind.shapes.items()
    }
    if kind.name == "two-parameter":
        turn = all(f.all() for f in free.values()) & (values["discrimination"].mean(-1) < 0)
        return dict.fromkeys(values, np.where(turn, -1.0, 1.0)[..., None])
    k, loads = kind.factors, free["loadings"].all(0)
    if kind.mask is not None:
        loads = np.concatenate([loads, (free["effects"] | ~kind.mask).all(1)])
    turn = (whole_loadings(values, kind.attributes).mean(-2) < 0) & free["ability"].all(0) & loads
    sign = np.where(turn, -1.0, 1.0)
    turned = {"ability": sign[..., None, :], "loadings": sign[..., None, :k], "effects": sign[..., k:, None]}
    return {name: turned.get(name, np.ones(1)) for name in values}


def fix_signs(kind: Model, given, blocks: Mapping[str, Normal], priors, held=()) -> tuple[dict, dict]:
    """The beliefs turned to the convention, but for the blocks in `held`, and the priors with them.

    given: the priors that the fit was given, which say what may turn; priors: those it ended with.
    """
    turn = signs(kind, given, {name: block.mean for name, block in blocks.items()}, held)

    def turned(name, belief):
        if belief.log or name in held or (turn[name] > 0).all() or not belief.loc.any():
            return belief
        return Normal((belief.loc * turn[name]).reshape(belief.loc.shape), belief.scale)

    return tuple({name: turned(name, belief) for name, belief in beliefs.items()} for beliefs in (blocks, priors))
