"""What wrong parameters do: to one student's trace, to mastery decisions, and to a whole class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .._checks import inside, instance, listed, one_of, probabilities
from . import model
from .model import NAMES, BKTParams, Simulated, check_params

MASTERY = 0.95  # the usual threshold (Corbett & Anderson 1995)


def sweep(params: BKTParams, name: str, values: Iterable[float]) -> list[BKTParams]:
    """`params` with one probability set to each of `values` in turn; guess + slip ≥ 1 is allowed here.

    Raises ValueError for an unknown name, a value outside [0, 1], or one number where a list belongs.
    """
    check_params(params)
    name = one_of(name, NAMES, "name")
    return [params.moved(**{name: value}) for value in listed(values, "values", "[0.1, 0.2]")]


def mastery_step(p_known, threshold: float = MASTERY):
    """After which answer the model first reaches `threshold`: 1, 2, ..; 0 where it never does.

    p_known: (steps,) or (students, steps), as in `bkt.Trace.p_known`. Gives an int or a (students,) array.
    """
    threshold = inside(threshold, "threshold", MASTERY)
    p_known = probabilities(p_known, "p_known", missing=True)
    if p_known.ndim not in (1, 2) or not p_known.size:
        raise ValueError(f"p_known has shape {p_known.shape}: give (steps,) or (students, steps), at least one step")
    reached = p_known >= threshold
    step = np.where(reached.any(-1), reached.argmax(-1) + 1, 0)
    return int(step) if step.ndim == 0 else step


@dataclass(frozen=True)
class Cost:
    """What deciding with `assumed` parameters does to a class whose true parameters are known.

    Each student answers until she is declared a master or the questions run out. All but `students` are shares of the
    class in [0, 1], or mean numbers of answers.

    declared: declared masters. false_masters: declared, but do not know the skill. kept: know it at the end, and were
    not declared. extra: answers a student gives while she already knows the skill, before she is let go, on average.
    flipped: declared here but not with the true parameters, or the other way round. changed: flipped, or declared after
    another answer. shift: answers by which those declared under both are declared later (positive) or earlier, on
    average; 0 if none.
    """

    assumed: BKTParams
    students: int
    declared: float
    false_masters: float
    kept: float
    extra: float
    flipped: float
    changed: float
    shift: float


def cost(group: Simulated, truth: BKTParams, assumed: BKTParams, threshold: float = MASTERY) -> Cost:
    """Decide about a simulated class with `assumed` parameters, and compare with what is true of it.

    group: students simulated under `truth`, all with the same number of steps and no gaps; the last step only tells
    whether the skill was known after the one before. Raises ValueError for a class with gaps or a single step.
    """
    instance(group, Simulated, "group", "give what bkt.simulate returned")
    check_params(truth, "truth")
    check_params(assumed, "assumed")
    answers, known = group.answers[:, :-1], group.known[:, 1:]
    if not answers.shape[1] or np.isnan(group.answers).any():
        raise ValueError(
            "the class needs at least two steps each and no gaps: simulate it with one `steps` and missing=0"
        )
    step = mastery_step(model.filter(answers, assumed).p_known, threshold)
    best = mastery_step(model.filter(answers, truth).p_known, threshold)
    declared = step > 0
    at = np.where(declared, step, answers.shape[1]) - 1
    knows = known[np.arange(len(known)), at] == 1
    given = np.arange(answers.shape[1]) <= at[:, None]
    both = declared & (best > 0)
    return Cost(
        assumed=assumed,
        students=len(answers),
        declared=float(declared.mean()),
        false_masters=float((declared & ~knows).mean()),
        kept=float((~declared & knows).mean()),
        extra=float((group.known[:, :-1] * given).sum(1).mean()),
        flipped=float((declared != (best > 0)).mean()),
        changed=float((step != best).mean()),
        shift=float((step - best)[both].mean()) if both.any() else 0.0,
    )


def degenerate(params: BKTParams, edge: float = 1e-3) -> tuple[str, ...]:
    """Why these parameters do not mean what their names say; empty if they do.

    edge: closer than this to 0 or 1 counts as on the boundary. Source: Baker, Corbett & Aleven (2008).
    """
    check_params(params)
    edge = inside(edge, "edge", 1e-3)
    reasons = []
    if params.flipped:
        even = np.isclose(params.p_guess + params.p_slip, 1, rtol=0, atol=1e-9)
        what = "equal 1: an answer says nothing of knowing" if even else "> 1: a right answer counts against knowing"
        reasons.append(f"guess + slip {what}")
    if params.p_guess > 0.5:
        reasons.append("guess > ½: those who do not know answer right more often than not")
    if params.p_slip > 0.5:
        reasons.append("slip > ½: those who know answer wrong more often than not")
    if params.p_transit < edge:
        reasons.append("transit = 0: nobody learns")
    if params.p_transit > 1 - edge:
        reasons.append("transit = 1: everybody knows it after one question")
    if params.p_init < edge:
        reasons.append("init = 0: nobody knew it before")
    if params.p_init > 1 - edge:
        reasons.append("init = 1: everybody knew it before")
    if params.p_slip < edge:
        reasons.append("slip = 0: nobody who knows it ever misses")
    if params.p_guess < edge:
        reasons.append("guess = 0: nobody who does not know it ever gets it right")
    return tuple(reasons)
