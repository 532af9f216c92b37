"""One skill, four probabilities: Bayesian Knowledge Tracing (Corbett & Anderson 1995).

A student either knows the skill or does not. Before the first question she knows it with probability `p_init`. Each
question she answers; one who knows it slips with `p_slip`, one who does not guesses right with `p_guess`. After each
question one who did not know it may have learned it, with `p_transit`. Nobody forgets.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace

import numpy as np

from .._checks import fits_in_memory, flag, generator, numbers, one_of, probabilities, short, shown, whole, whole_each
from ..data.sequences import as_table

NAMES = ("p_init", "p_transit", "p_slip", "p_guess")


@dataclass(frozen=True)
class BKTParams:
    """The four probabilities of one skill, each in [0, 1]; keyword-only, because four floats are easily swapped.

    p_init: knows it before the first question, P(L0). p_transit: learns it from one question, P(T).
    p_slip: wrong though known, P(S). p_guess: right though not known, P(G).
    allow_flip: accept p_guess + p_slip ≥ 1, where a right answer says nothing (at 1) or speaks against knowing.

    Raises ValueError naming the probability and its value. Defaults: the literature's usual starting point.
    """

    _: KW_ONLY
    p_init: float = 0.2
    p_transit: float = 0.1
    p_slip: float = 0.1
    p_guess: float = 0.2
    allow_flip: bool = field(default=False, repr=False, compare=False)

    def __post_init__(self):
        for name in NAMES:
            value = getattr(self, name)
            try:
                inside = (type(value) is float or np.ndim(value) == 0) and 0 <= value <= 1
            except (TypeError, ValueError):
                inside = False
            if not inside:
                raise ValueError(f"{name} = {shown(value)} is not a probability: give a number between 0 and 1")
            object.__setattr__(self, name, float(value))
        if not flag(self.allow_flip, "allow_flip") and self.flipped:
            raise ValueError(
                f"p_guess + p_slip = {self.p_guess:g} + {self.p_slip:g} = {self.p_guess + self.p_slip:g} is not below "
                "1: a right answer would say nothing of knowing the skill, or count against it. Lower one of them, or "
                "pass allow_flip=True to look at the model upside down"
            )

    def __iter__(self):
        return iter((self.p_init, self.p_transit, self.p_slip, self.p_guess))

    @property
    def flipped(self) -> bool:
        """True where p_guess + p_slip ≥ 1: "known" then means the state that answers no better."""
        return self.p_guess + self.p_slip >= 1

    def moved(self, **probabilities: float) -> BKTParams:
        """These, with some probabilities changed; allow_flip is set where the change turned them upside down."""
        for name in probabilities:
            one_of(name, NAMES, "the name of a probability")
        new = replace(self, allow_flip=True, **probabilities)
        object.__setattr__(new, "allow_flip", new.flipped)
        return new


def check_params(params, name: str = "params") -> None:
    """Raise ValueError unless `params` are `BKTParams`: four bare numbers are easily swapped."""
    if not isinstance(params, BKTParams):
        raise ValueError(f"{name} = {shown(params)}: give BKTParams(p_init=.., p_transit=.., p_slip=.., p_guess=..)")


@dataclass(frozen=True, eq=False)
class Trace:
    """What the model believes at each step, knowing the answers up to there. Arrays are (steps,) or (students, steps).

    p_before: P(known at t | y_1..y_{t-1}), just before the answer.
    p_correct: P(y_t = 1 | y_1..y_{t-1}), the forecast of that answer.
    p_known: P(known at t+1 | y_1..y_t), after the answer and the chance to learn from it.
    """

    p_before: np.ndarray
    p_correct: np.ndarray
    p_known: np.ndarray
    __repr__ = short


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What the model believes in hindsight, knowing all answers. Arrays are (steps,) or (students, steps).

    p_known: P(known at t | y_1..y_T). p_learned: P(learned between t and t+1 | y_1..y_T); zero at the last step.
    """

    p_known: np.ndarray
    p_learned: np.ndarray
    __repr__ = short


@dataclass(frozen=True, eq=False)
class Simulated:
    """Simulated students. answers, known: (students, longest) arrays; NaN after a student's end, answers also in gaps.

    known: 1 where the student knew the skill when she answered. `Sequences.from_array(answers)` ends each student at
    her end; the bare array counts every NaN as a question not asked.
    """

    answers: np.ndarray
    known: np.ndarray
    __repr__ = short


def p_correct(p_known, params: BKTParams):
    """P(right answer) for someone who knows the skill with probability `p_known`: a number or array in [0, 1].

    NaN gives NaN, so the padding of `filter` and `smooth` may stay in.
    """
    check_params(params)
    p_known = probabilities(p_known, "p_known", missing=True)
    return p_known * (1 - params.p_slip) + (1 - p_known) * params.p_guess


def update(p_known, correct, params: BKTParams):
    """P(known) for the next question, after one answer: Bayes' rule, then the chance to have learned from it.

    p_known: number or array in [0, 1]. correct: 1, 0 or NaN (not asked), same shape or one for all.
    Raises ValueError for anything else, and where the answer is impossible under `params` (its probability is zero).
    Source: Corbett & Anderson (1995), p. 258.
    """
    check_params(params)
    known = probabilities(p_known, "p_known")
    right = numbers(correct, "correct")
    bad = ~(np.isnan(right) | (right == 0) | (right == 1))
    if bad.any():
        raise ValueError(f"answer {right[bad].flat[0]:g} is not 1 (right), 0 (wrong) or missing (NaN): recode it")
    if known.ndim and right.ndim and known.shape != right.shape:
        raise ValueError(f"p_known has shape {known.shape} and correct {right.shape}: give both the same shape")
    out, _ = _step(known, 1 - known, right, params)
    if np.isnan(out).any():
        raise ValueError(f"the answer has probability zero under {params}: move slip and guess away from 0 and 1")
    return float(out) if np.ndim(out) == 0 else out


def _step(known, unknown, right, params):
    """P(known) and P(not known) after one answer and the chance to learn; NaN where the answer is impossible.

    Both are carried along: a P(known) that rounds to 1 must not make P(not known) zero.
    """
    if_known = np.where(right == 1, 1 - params.p_slip, np.where(right == 0, params.p_slip, 1.0))
    if_not = np.where(right == 1, params.p_guess, np.where(right == 0, 1 - params.p_guess, 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        total = known * if_known + unknown * if_not
        posterior = known * if_known / total
        return posterior + (1 - posterior) * params.p_transit, unknown * if_not / total * (1 - params.p_transit)


def filter(answers, params: BKTParams) -> Trace:
    """Follow students answer by answer.

    answers: one list of 1, 0 and None (not asked), a (students, steps) array with NaN, lists of any lengths or
    `Sequences`. A gap leaves the chance to learn; one at the end forecasts the question to come. One sequence gives
    (steps,) arrays; several give (students, longest) arrays, NaN after the end of a shorter list.
    Raises ValueError where an answer is impossible under `params`. A doubt below 1e-308 counts as none: where nobody
    slips, a wrong answer after some 400 right ones is taken for impossible (`em` has no such limit).
    """
    check_params(params)
    table, ended, single = as_table(answers)
    before, after = np.empty(table.shape), np.empty(table.shape)
    known, unknown = np.full(len(table), params.p_init), np.full(len(table), 1 - params.p_init)
    for t in range(table.shape[1]):
        before[:, t] = known
        known, unknown = _step(known, unknown, table[:, t], params)
        after[:, t] = known
    if np.isnan(after).any():
        _impossible(np.argwhere(np.isnan(after))[0], params)
    before[ended] = after[ended] = np.nan
    correct = before * (1 - params.p_slip) + (1 - before) * params.p_guess
    return Trace(before[0], correct[0], after[0]) if single else Trace(before, correct, after)


def smooth(answers, params: BKTParams) -> Smoothed:
    """P(known) and P(learned) at each step in hindsight, by forward-backward recursion (Rabiner 1989, III.A).

    answers: as in `filter`, with the same limit; the result has the same shape.
    """
    check_params(params)
    table, ended, single = as_table(answers)
    seen = forward_backward(table, ended, params)
    p_known, p_learned = seen["known"], seen["learned"]
    p_known[ended] = p_learned[ended] = np.nan
    return Smoothed(p_known[0], p_learned[0]) if single else Smoothed(p_known, p_learned)


def log_likelihood(answers, params: BKTParams):
    """log P(answers), natural: a float for one sequence, a (students,) array for several. `-inf` if impossible.

    answers: as in `filter`, with the same limit.
    """
    check_params(params)
    table, _, single = as_table(answers)
    known, unknown = np.full(len(table), params.p_init), np.full(len(table), 1 - params.p_init)
    total = np.zeros(len(table))
    with np.errstate(divide="ignore"):
        for t in range(table.shape[1]):
            y = table[:, t]
            right = known * (1 - params.p_slip) + unknown * params.p_guess
            wrong = known * params.p_slip + unknown * (1 - params.p_guess)
            total += np.log(np.where(y == 1, right, np.where(y == 0, wrong, 1.0)))
            known, unknown = np.nan_to_num(_step(known, unknown, y, params))
    return float(total[0]) if single else total


def forward_backward(table: np.ndarray, ended: np.ndarray, params: BKTParams) -> dict[str, np.ndarray]:
    """The textbook recursion over (students, steps), kept as the version to read and the oracle to test against.

    table: 1, 0, NaN. ended: True after a student's last step. Returns `known` P(known at t | all answers), `learned`
    P(learned between t and t+1 | all answers), both (students, steps), and `log_likelihood` (students,).
    """
    (n, steps), (p_init, p_transit, p_slip, p_guess) = table.shape, params
    if_known = np.where(table == 1, 1 - p_slip, np.where(table == 0, p_slip, 1.0))
    if_not = np.where(table == 1, p_guess, np.where(table == 0, 1 - p_guess, 1.0))
    transit = np.where(ended[:, 1:], 0.0, p_transit)  # nobody learns after the last answer

    forward, scale = np.empty((2, n, steps)), np.empty((n, steps))
    state = np.array([np.full(n, 1 - p_init), np.full(n, p_init)])
    for t in range(steps):
        state = state * np.array([if_not[:, t], if_known[:, t]])
        scale[:, t] = state.sum(0)
        if (scale[:, t] == 0).any():
            _impossible((int(np.argmin(scale[:, t])), t), params)
        forward[:, :, t] = state = state / scale[:, t]
        if t + 1 < steps:
            state = np.array([state[0] * (1 - transit[:, t]), state[1] + state[0] * transit[:, t]])

    known, learned = np.empty((n, steps)), np.zeros((n, steps))
    back = np.ones((2, n))
    for t in reversed(range(steps)):
        known[:, t] = forward[1, :, t] * back[1]
        if t:
            later = back * np.array([if_not[:, t], if_known[:, t]]) / scale[:, t]
            move = transit[:, t - 1]
            learned[:, t - 1] = forward[0, :, t - 1] * move * later[1]
            back = np.array([(1 - move) * later[0] + move * later[1], later[1]])
    known, learned = np.minimum(known, 1), np.minimum(learned, 1)  # a product may round to a hair above
    return {"known": known, "learned": learned, "log_likelihood": np.log(scale).sum(1)}


def simulate(params: BKTParams, *, students: int, steps, rng, missing: float = 0.0) -> Simulated:
    """Draw students who learn as the model says.

    students: how many. steps: questions each, one integer or (students,) integers, at least 1. rng: a
    `numpy.random.Generator` or a seed. missing: chance that a question is not asked, in [0, 1); each student keeps at
    least her last answer. Raises ValueError for any other value.
    """
    check_params(params)
    students = whole(students, "students", 1)
    lengths = whole_each(steps, "steps", students)
    if probabilities(missing, "missing").shape or missing == 1:
        raise ValueError(f"missing = {shown(missing)} leaves no answers: give one number in [0, 1)")
    rng = generator(rng)
    longest = int(lengths.max())
    fits_in_memory(8 * students * longest, f"students = {students} with up to {longest} steps")
    learned_at = np.where(rng.random(students) < params.p_init, 0, longest)
    chances = rng.random((students, longest)) < params.p_transit
    first = np.where(chances.any(1), chances.argmax(1) + 1, longest)
    known = (np.arange(longest) >= np.minimum(learned_at, first)[:, None]).astype(float)
    p_right = np.where(known == 1, 1 - params.p_slip, params.p_guess)
    answers = (rng.random(p_right.shape) < p_right).astype(float)
    step = np.arange(longest)
    if missing:
        answers[(rng.random(answers.shape) < missing) & (step != lengths[:, None] - 1)] = np.nan
    answers[step >= lengths[:, None]] = known[step >= lengths[:, None]] = np.nan
    return Simulated(answers, known)


def p_correct_skills(p_correct_each, axis: int = -1):
    """P(right answer) to a question that needs several skills: the geometric mean of P(right) skill by skill.

    p_correct_each: probabilities in [0, 1], one a skill along `axis`. One near-certain failure pulls the geometric
    mean down where the arithmetic mean would hide it; unlike the product it does not punish many labels.
    """
    p = probabilities(p_correct_each, "p_correct_each")
    if not p.ndim or not p.size:
        raise ValueError(f"p_correct_each = {p_correct_each!r}: give a list or array with at least one probability")
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not -p.ndim <= axis < p.ndim:
        raise ValueError(f"axis = {shown(axis)} with {p.ndim} axes: give a whole number from {-p.ndim} to {p.ndim - 1}")
    with np.errstate(divide="ignore"):
        return np.exp(np.log(p).mean(axis))


def _impossible(where, params) -> None:
    raise ValueError(
        f"student {int(where[0])}: the answer at step {int(where[1]) + 1} has probability zero under {params}: "
        "move slip and guess away from 0 and 1"
    )
