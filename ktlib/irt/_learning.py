"""Priors learned from the beliefs of all students and items together (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._sharing import ALONE, Alone
from .model import Model
from .posterior import Normal


def learn_priors(
    kind: Model, blocks: Mapping[str, Normal], priors: Mapping[str, Normal], learned, among: Alone = ALONE
) -> dict[str, Normal]:
    """The priors, those of the blocks `learned` put where the ELBO is highest, the beliefs given (empirical Bayes).

    One location and spread for discrimination and for difficulty; one for each factor's loadings and for each row of
    the effects (automatic relevance: a factor that nothing needs shrinks to nothing). Ability has one spread for each
    coordinate and keeps its location, as does a prior of a single number. The best spread's square is the mean of
    (mean - location)² + spread².
    """
    new = dict(priors)
    for name in learned:
        loc, scale = blocks[name].loc, blocks[name].scale
        free = kind.mask if name == "effects" else np.ones(loc.shape, dtype=bool)
        over = {"axis": 1, "keepdims": True} if name == "effects" else {"axis": 0}
        whole = among.sum if name == "ability" else lambda sums: sums
        n = whole(free.sum(**over))
        given = whole((kind.spread(priors, name).loc * free).sum(**over)) / n
        centre = given if name == "ability" else np.where(n > 1, (loc * free).sum(**over) / n, given)
        square = whole((((loc - centre) ** 2 + scale**2) * free).sum(**over)) / n
        new[name] = Normal(centre, np.sqrt(square), blocks[name].log)
    return new


def restore_ability_scale(
    kind: Model, given, blocks: Mapping[str, Normal], priors: Mapping[str, Normal]
) -> tuple[dict, dict]:
    """Beliefs and learned priors with abilities spread as `given` has them, the loadings taking the factor instead."""
    factor = np.broadcast_to(given["ability"].scale / priors["ability"].scale, kind.shapes["ability"][1:])
    by = {"ability": factor, "loadings": 1 / factor[: kind.factors], "effects": 1 / factor[kind.factors :, None]}
    return tuple(
        {name: Normal(b.loc * by.get(name, 1), b.scale * by.get(name, 1), b.log) for name, b in beliefs.items()}
        for beliefs in (blocks, priors)
    )
