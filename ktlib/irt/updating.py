"""One week's answers added to a posterior: what was believed last week is the prior of this week.

Only this week's answers are read, and only the students and items that they touch are fitted; all others stay as they
are, bit for bit. From week to week one independent normal a number is kept. What goes together, such as an item's
discrimination and difficulty, is forgotten, and so spreads of items shrink too fast; `trust` makes up for it, and
`studies.weeks` measures both. Shi & Athey (2021), section 8.1; assumed density filtering: Opper (1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from .. import _checks as checks
from ..data.responses import Responses
from . import ascent
from .fits import Fit
from .model import ABSENT, PAPER, WHO
from .posterior import Normal, Posterior, as_priors, default_priors

NEXT = "give the posterior of last week's fit, such as fit.posterior"
TRUST = 0.5  # found on simulated weeks with other seeds than any that are reported


def update(
    posterior: Posterior,
    responses: Responses | None,
    *,
    priors: Mapping[str, Normal] | None = None,
    frozen: Iterable[str] = (),
    drift: float = 0.0,
    trust: float = TRUST,
    attributes=None,
    calibrate: bool = True,
    tol: float | None = None,
    max_steps: int = 500,
    progress: bool = False,
) -> Fit:
    """The posterior after one more week: of all students and items known before, and of those new in `responses`.

    posterior: last week's. responses: this week's `Responses`, or None for a week without answers, which teaches
    nothing. Known students and items that have no answer in it keep their numbers bit for bit; new ones stand behind
    the known, in the order of `responses`, at their prior if they have no answer.

    priors: block -> `Normal` for whoever is new, by default `default_priors`; blocks that are left out too. One number
    for all, a number a factor, or one for each new name, given with `names`. frozen: blocks, besides those that
    `posterior` marks, that stay bit for bit; with a block of the items frozen there can be no new items, with abilities
    frozen no new students. drift: standard deviation, in logits, by which an ability may have moved since last week
    (a random walk): its square is added to the variance of every known student's ability, who answered or not. trust:
    which share, above 0 to 1, of what a week adds to the precision of an item's numbers (or of an effect) is counted;
    with 1 all of it, as Bayes' rule has it if nothing were forgotten. It moves spreads at once, means from the next
    week on. attributes: hierarchical only, (items, A) of 0 and 1, the rows as in `responses.items`. tol: by default
    0.001 nats, or where that is more 1e-5 nats an answer: then no number is off by much of its spread. calibrate,
    max_steps, progress: as in `ascent.fit`.

    Returns a `Fit`, whose posterior is the prior of next week. Its trace and ELBO are of this week's answers alone, its
    priors those of the students and items that answered or were asked.

    Raises ValueError for what does not go together, before any work.
    """
    known = checks.instance(posterior, Posterior, "posterior", NEXT)
    drift = checks.not_negative(drift, "drift")
    whole = isinstance(trust, int | float) and trust is not True and trust == 1
    trust = 1.0 if whole else checks.inside(trust, "trust", TRUST)
    held = checks.frozen_blocks(frozen, known, known.model)
    if drift and "ability" in held:
        raise ValueError(f"drift = {drift:g} moves abilities, which are frozen: leave one of the two out")
    population = _population(known, priors)
    if drift:
        known = _drifted(known, drift)
    if responses is None:
        return Fit(known, np.empty(0), True, "a week without answers teaches nothing", None)
    checks.instance(responses, Responses, "responses", "make them with Responses.from_frame, or give None")
    union = _joined(known, responses, population, held, attributes)
    begin, week, places = _touched(union, responses)
    shape = {} if known.model == "two-parameter" else {"factors": begin.blocks["loadings"].loc.shape[1]}
    if known.model == "hierarchical":
        shape |= {"attributes": begin.attributes, "mask": begin.blocks["effects"].scale > ABSENT}
    tol = max(1e-3, 1e-5 * len(week)) if tol is None else tol
    settings = {"calibrate": calibrate, "tol": tol, "max_steps": max_steps, "progress": progress}
    marked = begin.freeze(*held)
    fit = ascent.fit(week, known.model, priors=begin.as_prior(), start=marked, **shape, **settings)
    return replace(fit, posterior=_put(union, fit.posterior, places, held, trust), priors=None)


def _population(known: Posterior, priors) -> dict[str, Normal]:
    """What is believed of whoever is new, a prior a block, normal or log-normal as the known ones are."""
    usual = default_priors(known.model)
    usual |= {name: PAPER[name] for name in usual if usual[name].log and not known.blocks[name].log}
    given = {} if priors is None else checks.mapping(priors, "priors", "default_priors(model)")
    population = as_priors(known.model, usual | given)
    for name, prior in population.items():
        if prior.log != known.blocks[name].log:
            words = {True: "log-normal", False: "normal"}
            raise ValueError(
                f"prior of {name!r} is {words[prior.log]}, the posterior's block {words[known.blocks[name].log]}: "
                "give both alike"
            )
    return population


def _drifted(known: Posterior, drift: float) -> Posterior:
    """The same means, every ability less sure by a week."""
    ability = known.blocks["ability"]
    return replace(known, blocks=known.blocks | {"ability": replace(ability, scale=np.hypot(ability.scale, drift))})


def _joined(known: Posterior, responses, population, held, attributes) -> Posterior:
    """Known students and items, and behind them the new ones of the week at the population's prior."""
    new = {"student": _unknown(responses.students, known.students), "item": _unknown(responses.items, known.items)}
    for name in held:
        who = "" if name == "effects" else WHO.get(name, "item")
        if who and new[who]:
            raise ValueError(
                f"{name!r} is frozen, and {who} {new[who][0]!r} ({len(new[who])} such) is not among the "
                f"{len(getattr(known, who + 's'))} {who}s it is known for: leave their answers out, or do not freeze it"
            )
    blocks = dict(known.blocks)
    for name, block in known.blocks.items():
        names = () if name == "effects" else new[WHO.get(name, "item")]
        if names:
            blocks[name] = _stacked(block, _rows(population[name], names, block.loc.shape[1:], name))
    rows = _attributes(known, responses, new["item"], attributes)
    return replace(
        known, blocks=blocks, students=known.students + new["student"], items=known.items + new["item"], attributes=rows
    )


def _unknown(names: tuple, known: tuple) -> tuple:
    """Those of `names` that are not known, in their order."""
    there = set(known)
    return tuple(name for name in names if name not in there)


def _rows(prior: Normal, names: tuple, shape: tuple, block: str) -> Normal:
    """A row of the prior for each new name."""
    prior = prior.at(names, f"prior of {block!r}", WHO.get(block, "item"))
    try:
        wide = [np.broadcast_to(value, (len(names), *shape)) for value in (prior.loc, prior.scale)]
    except ValueError:
        raise ValueError(
            f"prior of {block!r} has shape {prior.loc.shape} for {len(names)} new rows of shape {shape}: give one "
            "number, one a column, or one for each new name"
        ) from None
    return Normal(*wide, prior.log)


def _stacked(block: Normal, more: Normal) -> Normal:
    return Normal(*(np.concatenate([getattr(b, v) for b in (block, more)]) for v in ("loc", "scale")), block.log)


def _attributes(known: Posterior, responses, new: tuple, attributes) -> np.ndarray | None:
    """The attributes of all items, those of the new ones taken from the week's table."""
    if known.model != "hierarchical":
        if attributes is not None:
            raise ValueError(f"a {known.model} posterior has no attributes: leave them out")
        return None
    if attributes is None:
        if new:
            raise ValueError(f"item {new[0]!r} ({len(new)} such) is new: give attributes, a row for each item asked")
        return known.attributes
    table = checks.numbers(attributes, "attributes")
    if table.shape != (len(responses.items), known.attributes.shape[1]):
        raise ValueError(
            f"attributes have shape {table.shape}: give a row for each of the {len(responses.items)} items of the week "
            f"and {known.attributes.shape[1]} columns"
        )
    place = {name: row for row, name in enumerate(responses.items)}
    return np.vstack([known.attributes, table[[place[name] for name in new]]])


def _touched(union: Posterior, responses) -> tuple[Posterior, Responses, dict[str, np.ndarray]]:
    """The part of the belief that the week's answers are about, these answers, and where its rows stand in the whole.

    A known item more for each attribute that no item of the week has: it has no answer, and so no say.
    """
    places, codes, names = {}, {}, {}
    for who in ("student", "item"):
        there, codes[who] = np.unique(getattr(responses, who), return_inverse=True)
        listed, everyone = getattr(responses, who + "s"), getattr(union, who + "s")
        place = {name: row for row, name in enumerate(everyone)}
        places[who] = np.array([place[listed[code]] for code in there])
    if union.attributes is not None:
        unseen = np.flatnonzero(~union.attributes[places["item"]].any(0) & union.attributes.any(0))
        with_more = places | {"item": np.append(places["item"], np.unique(union.attributes[:, unseen].argmax(0)))}
    else:
        with_more = places
    blocks = {}
    for name, block in union.blocks.items():
        rows = slice(None) if name == "effects" else with_more[WHO.get(name, "item")]
        blocks[name] = Normal(block.loc[rows], block.scale[rows], block.log)
    for who, rows in with_more.items():
        names[who] = tuple(getattr(union, who + "s")[row] for row in rows)
    rows = None if union.attributes is None else union.attributes[with_more["item"]]
    begin = Posterior(union.model, blocks, names["student"], names["item"], rows, union.frozen)
    week = Responses(
        codes["student"], codes["item"], responses.correct, *names.values(), responses.order, responses.weight
    )
    return begin, week, places


def _put(union: Posterior, found: Posterior, places, held, trust: float) -> Posterior:
    """The whole belief with the rows that the week's answers moved."""
    blocks = dict(union.blocks)
    for name, block in found.blocks.items():
        if name in held:
            continue
        loc, scale = union.blocks[name].loc.copy(), union.blocks[name].scale.copy()
        if name == "effects":  # those that the mask leaves out stay so
            rows = own = scale > ABSENT
        else:  # without the items that only came along
            rows = places[WHO.get(name, "item")]
            own = slice(len(rows))
        before, after = scale[rows] ** -2, block.scale[own] ** -2
        counted = after if name in WHO else np.minimum(after, before + trust * (after - before))
        loc[rows], scale[rows] = block.loc[own], counted**-0.5
        blocks[name] = replace(union.blocks[name], loc=loc, scale=scale)
    return replace(union, blocks=blocks)
