"""Draws from the three models: parameters from a prior, and answers to go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .. import _checks as checks
from .model import Model, check_responses, predictor
from .posterior import BLOCKS, Normal


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
    check_responses(responses)
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
    check_responses(responses)
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


def _answers(eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (rng.logistic(size=eta.shape) < eta).astype(np.int8)
