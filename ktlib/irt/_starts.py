"""Where a fit starts: at the shares of right answers, or at a posterior, which must hold what is not fitted anew."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._sharing import ALONE, Alone
from .model import ABSENT, WHO, Model
from .posterior import Normal, Posterior

BLOCK = 4_000_000  # answers


def starting_values(
    kind: Model, responses, priors: Mapping[str, Normal], rng, among: Alone = ALONE
) -> dict[str, Normal]:
    """Where to begin: ability and difficulty from the share of right answers; a prior with a value for each
    number, at these values.

    The first factor is the score, on which all items load alike; the others start at random, for from zero nothing
    would ever move them.
    """

    def logit(codes, n, whole):
        right, wrong = np.zeros(n), np.zeros(n)
        for start in range(0, len(codes), BLOCK):  # so that no more numbers are held than these
            rows = slice(start, start + BLOCK)
            hit, weight = responses.correct[rows] == 1, responses.weight
            for one, found in ((hit, right), (~hit, wrong)):
                found += np.bincount(codes[rows][one], None if weight is None else weight[rows][one], n)
        return np.log((whole(right) + 0.5) / (whole(wrong) + 0.5))

    score, n = logit(responses.student, kind.students, ALONE.sum), among.sum(kind.students)
    score = score - among.sum(score.sum()) / n
    score = score / max(np.sqrt(among.sum((score * score).sum()) / n), 1e-9)
    difficulty = -logit(responses.item, kind.items, among.sum)
    values = {"ability": score, "discrimination": np.ones(kind.items), "difficulty": difficulty}
    if kind.name != "two-parameter":
        ability, loadings = among.drawn(rng, kind.shapes["ability"]), rng.standard_normal(kind.shapes["loadings"])
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


def check_start(
    kind: Model, start: Posterior, responses, priors: Mapping[str, Normal], frozen=(), among: Alone = ALONE
) -> dict[str, Normal]:
    """The blocks of a posterior that a fit can start from, students and items found by name.

    Where some blocks are `frozen`, the others may lack students or items; such a block begins at its prior.
    """
    blocks = dict(start.blocks)
    for name, names in kind.names.items():
        known = all(among.list(set(blocks[name].names).issuperset(names)))
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
