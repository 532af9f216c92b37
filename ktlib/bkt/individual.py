"""BKT in which each student has a shift of her own, shared by all her skills.

Plain BKT forgets a student between two skills: whoever did well in fractions begins decimals like everybody else. Here
logit P(init), or logit P(transit), of every skill is moved by her shift, and shifts are normal over students. Each
answer then says something of every skill to come. Yudelson, Koedinger & Gordon (2013) individualise both probabilities
by gradient descent; here a shift is integrated out, over even nodes, so a student of few answers is not overfitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data.sequences import sequences_by
from . import skills as many
from ._individual_fit import IndividualFit, described
from ._individual_hill import Hill, Skill, even, normed
from ._newton import to_logit, to_probability
from ._skill_fits import SkillFits
from ._variant_climb import climb
from ._variant_path import bar
from .model import NAMES, BKTParams

__all__ = ["IndividualFit", "IndividualSimulated", "fit", "predict", "simulate"]
SHIFTS = ("p_init", "p_transit")
_INSIDE = 0.01  # closer than this to 0 or 1 no probability starts
_STARTS = 1.0, 0.1  # spreads; the second where the first ends below the plain fit
_ROUGH = 20.0  # nats that a cycle of EM must gain, or else Newton's method takes over
_WORTH = 1e-3  # nats that a spread must gain, or else it is 0
_AT_A_TIME = 1 << 22  # numbers while forecasting


@dataclass(frozen=True, eq=False)
class IndividualSimulated:
    """Simulated students.

    frame: a row an answer, each student's in order: student, skill, correct. shifts: (students,), in logits.
    """

    frame: object
    shifts: np.ndarray
    __repr__ = checks.short


def fit(
    frame,
    student: str = "student",
    skill: str = "skill",
    correct: str = "correct",
    *,
    order: str | None = None,
    shift: str = "p_init",
    fits: SkillFits | None = None,
    nodes: int = 41,
    tol: float = 1e-4,
    max_steps: int = 200,
    progress: bool = False,
) -> IndividualFit:
    """Marginal maximum likelihood of all skills' probabilities and of the spread of students' shifts, together.

    frame: a pandas DataFrame, a row an answer and skill; correct holds 1, 0, or NaN for a question not asked. order:
    the column to sort by; without it rows count as ordered. shift: the probability that a student's own shift moves, in
    logits, on every skill: "p_init", where she starts, or "p_transit", how fast she learns. fits: `SkillFits` to hold
    the skills at; then only the spread is learned. nodes: of the integral over a shift, even between ±5 spreads.

    Begins at each skill's plain maximum; accelerated EM, then Newton's method with the exact slope and curvature, and
    no step goes down. tol: it ends where a step promises less than this (nats); max_steps: or after so many. A spread
    that gains less than 0.001 nats over none is 0. progress: show a bar. Memory: while it works, some 1.5 kB for each
    answer of each different sequence of answers to a skill.

    Raises ValueError for columns, answers and settings that cannot be used, and for a skill that `fits` lacks.
    """
    checks.one_of(shift, SHIFTS, "shift")
    if fits is not None:
        checks.instance(fits, SkillFits, "fits", "give what skills.fit returned, or None")
    nodes, max_steps = checks.whole(nodes, "nodes", 5, 1001), checks.whole(max_steps, "max_steps", 1)
    tol, progress = checks.not_negative(tol, "tol"), checks.flag(progress, "progress")
    by = sequences_by(frame, skill, student, correct, order)
    names = tuple(by)
    students = tuple(dict.fromkeys(name for sequences in by.values() for name in sequences.students))
    place = {name: k for k, name in enumerate(students)}
    steps = sum(sequences.answers.size for sequences in by.values())
    checks.fits_in_memory(4 * nodes * steps, f"{nodes} nodes for {steps:,} steps")
    held = fits is not None
    plain = _given(fits, names) if held else many.fit(by, prior=None).estimates
    free = np.append(np.full(4 * len(names), not held), True)
    prepared = [Skill(sequences, place) for sequences in by.values()]

    def hill(values):
        return Hill(prepared, len(students), shift, nodes, values, free)

    edge = 0.0 if held else _INSIDE
    logits = to_logit(plain).ravel()
    alike = hill(np.append(logits, 0.0))
    without = float(alike.beliefs(alike.values[free])[1].sum())
    with bar(progress, 1) as told:
        for spread in _STARTS:
            near = spread == _STARTS[-1]
            values = np.append(logits if near else to_logit(np.clip(plain, edge, 1 - edge)).ravel(), spread)
            found = hill(values)
            summit = climb(found, values[free], tol, max_steps, told, _ROUGH)
            if summit.log_likelihood >= without:
                break
        if summit.log_likelihood < without + _WORTH:
            found, summit = alike, climb(alike, alike.values[free], tol, max_steps, told, _ROUGH)
    answers = sum(sequences.n_answers for sequences in by.values())
    return described(found, summit, names, students, shift, without, answers)


def predict(
    fit: IndividualFit,
    frame,
    student: str = "student",
    skill: str = "skill",
    correct: str = "correct",
    *,
    order: str | None = None,
    unseen: str | None = None,
) -> np.ndarray:
    """P(right) for each row, from all earlier rows of the same student, on whatever skill.

    What she did on a skill moves what is believed of that skill, and of her shift, which moves all others. fit: what
    `fit` returned. Every student begins with the shifts' distribution, whether the fit has met her or not: give her
    earlier rows too. frame, unseen: as in `skills.predict`; a row whose correct is NaN is yet to come, and says
    nothing. order: the column that puts rows in order. Rows of one student with the same order, such as the skills of
    one question, say nothing of each other's shift. Gives a (rows,) array in the order of the rows.

    Raises ValueError as `skills.predict` does.
    """
    import pandas as pd

    checks.instance(fit, IndividualFit, "fit", "give what individual.fit returned")
    checks.one_of(unseen, ("default", "error", None), "unseen")
    right, place = many.answers_in_order(frame, student, skill, correct, order)
    known = dict(zip(fit.names, fit.params, strict=True))
    whose, names = pd.factorize(frame[skill].iloc[place])
    many.told_of_unseen(names.tolist(), known, frame[skill], BKTParams(), unseen)
    params = np.array([tuple(known.get(name, BKTParams())) for name in names.tolist()])
    who, _ = pd.factorize(frame[student].iloc[place])
    rows = np.argsort(who, kind="stable")  # student by student, each in order
    place, who, whose = place[rows], who[rows], whose[rows]
    new = np.append(True, who[1:] != who[:-1])  # where another moment begins
    if order is not None:
        new |= np.append(True, frame[order].iloc[place].to_numpy()[1:] != frame[order].iloc[place].to_numpy()[:-1])
    else:
        new[:] = True
    out = np.empty(len(frame))
    most = max(_AT_A_TIME // fit.nodes, 1)
    ends = np.append(np.flatnonzero(np.append(True, who[1:] != who[:-1])), len(who))
    begin = 0
    while begin < len(who):
        end = int(ends[max(np.searchsorted(ends, begin + most, "right") - 1, np.searchsorted(ends, begin) + 1)])
        part = slice(begin, end)
        out[place[part]] = _followed(fit, params, who[part], whose[part], right[place[part]], new[part])
        begin = end
    return out


def simulate(
    skills: Mapping, spread: float, *, students: int, steps: int, rng, shift: str = "p_init"
) -> IndividualSimulated:
    """Draw students who answer one skill after the other, each with a shift of her own on all of them.

    skills: name -> `BKTParams`, of a student whose shift is 0; spread: standard deviation of shifts, in logits. steps:
    answers to each skill. rng: a generator or a seed. shift: as in `fit`. Raises ValueError for anything else.
    """
    import pandas as pd

    given = checks.mapping(skills, "skills", "{'fractions': BKTParams()}")
    if not given:
        raise ValueError("skills are none: give at least one, such as {'fractions': BKTParams()}")
    for name, params in given.items():
        checks.instance(params, BKTParams, f"skills[{shown(name)}]", "give BKTParams")
    spread, shifted = checks.not_negative(spread, "spread"), SHIFTS.index(checks.one_of(shift, SHIFTS, "shift"))
    students, steps = checks.whole(students, "students", 1), checks.whole(steps, "steps", 1)
    rng, shape = checks.generator(rng), (students, len(given), steps)
    checks.fits_in_memory(8 * students * len(given) * steps, f"{students} students with {steps} answers to each skill")
    p = np.array([tuple(params) for params in given.values()])
    shifts = spread * rng.normal(size=students)
    with np.errstate(divide="ignore"):
        moved = to_probability(to_logit(p[:, shifted]) + shifts[:, None])
    p_init, p_transit = (moved if k == shifted else p[:, k] for k in range(2))
    known = np.empty(shape, bool)
    known[..., 0] = rng.random(shape[:2]) < p_init
    for t in range(1, steps):
        known[..., t] = known[..., t - 1] | (rng.random(shape[:2]) < p_transit)
    right = np.where(known, 1 - p[:, 2, None], p[:, 3, None])
    correct = (rng.random(shape) < right).astype(int)
    who, which, _ = np.indices(shape).reshape(3, -1)
    named = pd.Index(list(given), tupleize_cols=False)[which]
    frame = pd.DataFrame({"student": who, "skill": named, "correct": correct.ravel()})
    return IndividualSimulated(frame, checks.own(shifts))


def _given(fits: SkillFits, names: tuple) -> np.ndarray:
    """(skills, 4) probabilities that are held."""
    known = dict(zip(fits.names, fits.params, strict=True))
    for name in names:
        if name not in known:
            raise ValueError(f"fits have no skill {shown(name)}: leave its rows out, or fit it too")
        inside = [0 < value < 1 for value in known[name]]
        if not all(inside):
            raise ValueError(f"fits hold {NAMES[inside.index(False)]} of skill {shown(name)} at 0 or 1: move it inside")
    return np.array([tuple(known[name]) for name in names])


def _followed(fit: IndividualFit, params, who, whose, right, new) -> np.ndarray:
    """(rows,) forecasts of students whose rows stand one student after the other, each in order.

    params: (skills, 4). whose: each row's skill. new: whether a row is of another moment than the row before it.
    """
    import pandas as pd

    correct, heights = _by_node(fit, params, pd.factorize(who * len(params) + whose)[0], whose, right)
    before = np.cumsum(heights, axis=0) - heights  # what earlier rows say of the node
    first = np.flatnonzero(np.append(True, who[1:] != who[:-1]))
    before -= np.repeat(before[first], np.diff(np.append(first, len(who))), axis=0)
    moment = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
    belief = normed(before[moment] + even(fit.nodes)[1])[0]
    return (belief * correct).sum(1)


def _by_node(fit: IndividualFit, params, pair, whose, right):
    """(rows, nodes) P(right), given the node and the earlier rows of the same student and skill, and log P(answer)."""
    import pandas as pd

    tables = [np.repeat(params[:, k, None], fit.nodes, 1) for k in range(2)]
    shifted = SHIFTS.index(fit.shift)
    tables[shifted] = to_probability(to_logit(params[:, shifted, None]) + fit.spread * even(fit.nodes)[0])
    step = pd.Series(pair).groupby(pair).cumcount().to_numpy()
    rows = np.lexsort((pair, -np.bincount(pair)[pair], step))  # step by step, the pairs with most steps first
    sizes = np.bincount(step)
    correct, heights = np.empty((2, len(pair), fit.nodes))
    known = tables[0][whose[rows[: sizes[0]]]]
    unknown = 1 - known
    for at in np.split(rows, np.cumsum(sizes)[:-1]):
        known, unknown, y = known[: len(at)], unknown[: len(at)], right[at, None]
        slip, guess, transit = params[whose[at], 2, None], params[whose[at], 3, None], tables[1][whose[at]]
        correct[at] = known * (1 - slip) + unknown * guess
        known = known * np.where(y == 1, 1 - slip, np.where(y == 0, slip, 1.0))
        unknown = unknown * np.where(y == 1, guess, np.where(y == 0, 1 - guess, 1.0))
        chance = known + unknown
        heights[at] = np.log(chance)
        known, unknown = known / chance, unknown / chance
        known, unknown = known + unknown * transit, unknown * (1 - transit)
    return correct, heights
