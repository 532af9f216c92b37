"""Of two sets of numbers that say the same of every answer, the one that the convention in `model` names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._sharing import ALONE, Alone
from .model import Model, whole_loadings
from .posterior import Normal


def signs(
    kind: Model, priors: Mapping[str, Normal], values: Mapping[str, np.ndarray], held=(), among: Alone = ALONE
) -> dict:
    """Block -> signs, 1 or -1, that turn `values` (draws in front) to the convention and keep η and the prior."""
    free = {
        name: np.broadcast_to(priors[name].loc == 0, shape) & (not priors[name].log and name not in held)
        for name, shape in kind.shapes.items()
    }
    free["ability"] = np.all(among.list(free["ability"].all(0)), axis=0)
    if kind.name == "two-parameter":
        turn = all(f.all() for f in free.values()) & (values["discrimination"].mean(-1) < 0)
        return dict.fromkeys(values, np.where(turn, -1.0, 1.0)[..., None])
    k, loads = kind.factors, free["loadings"].all(0)
    if kind.mask is not None:
        loads = np.concatenate([loads, (free["effects"] | ~kind.mask).all(1)])
    turn = (whole_loadings(values, kind.attributes).mean(-2) < 0) & free["ability"] & loads
    sign = np.where(turn, -1.0, 1.0)
    turned = {"ability": sign[..., None, :], "loadings": sign[..., None, :k], "effects": sign[..., k:, None]}
    return {name: turned.get(name, np.ones(1)) for name in values}


def fix_signs(
    kind: Model, given, blocks: Mapping[str, Normal], priors, held=(), among: Alone = ALONE
) -> tuple[dict, dict]:
    """The beliefs turned to the convention, but for the blocks in `held`, and the priors with them.

    given: the priors that the fit was given, which say what may turn; priors: those it ended with.
    """
    turn = signs(kind, given, {name: block.mean for name, block in blocks.items()}, held, among)

    def turned(name, belief):
        if belief.log or name in held or (turn[name] > 0).all() or not belief.loc.any():
            return belief
        return Normal((belief.loc * turn[name]).reshape(belief.loc.shape), belief.scale)

    return tuple({name: turned(name, belief) for name, belief in beliefs.items()} for beliefs in (blocks, priors))
