"""Where a fit may start: at a posterior, of which it needs what it does not fit anew."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .model import ABSENT, WHO, Model, pack_effects
from .posterior import Normal, Posterior


def check_start(kind: Model, start: Posterior, responses, priors: Mapping[str, Normal], frozen=()) -> dict[str, Normal]:
    """The blocks of a posterior that a fit can start from, students and items found by name.

    Where some blocks are `frozen`, the others may lack students or items; such a block begins at its prior.
    """
    blocks = dict(start.blocks)
    for name, names in kind.names.items():
        known = set(blocks[name].names).issuperset(names)
        if not known and frozen and name not in frozen:
            prior = kind.spread(priors, name)
            blocks[name] = Normal(prior.loc, np.minimum(0.3, prior.scale), prior.log)
        else:
            blocks[name] = blocks[name].at(names, f"start's {name!r}", WHO.get(name, "item"))
    for name, shape in kind.shapes.items():
        block = blocks[name]
        if block.loc.shape != shape:
            raise ValueError(f"start's {name!r} has shape {block.loc.shape}, this model's has {shape}: fit that model")
        if block.log != priors[name].log:
            words = {True: "log-normal", False: "normal"}
            raise ValueError(
                f"start's {name!r} is {words[block.log]}, its prior {words[priors[name].log]}: give both alike, such "
                f"as priors=start.as_prior()"
            )
    if kind.mask is not None:
        effects = blocks["effects"]
        if effects.loc[~kind.mask].any() or (effects.scale[kind.mask] < 10 * ABSENT).any():
            raise ValueError("start was fitted with another mask: give that mask, or fit without start")
    return pack_effects(kind, {name: blocks[name] for name in kind.shapes})
