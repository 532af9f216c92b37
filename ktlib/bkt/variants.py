"""Beyond four numbers: BKT with forgetting, and with numbers of its own for a question, a practice or a group.

Guess and slip by question are KT-IDEM (Pardos & Heffernan 2011); by type of question, the same with fewer codes.
Learning, and forgetting, by kind of practice: Pardos & Heffernan (2009), pyBKT's "multilearn". P(known) at the start by
group of students: Pardos & Heffernan (2010). All of them may stand together, in one engine; without any it is `em.fit`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import _checks as checks
from . import _variant_path as path
from ._newton import to_logit
from ._variant_climb import BOUND, Hill, climb, learn
from ._variant_counts import Counted
from ._variant_fit import EDGE, VariantFit, described
from .coded import Coded, by_first_answer, code, from_frame
from .model import BKTParams, Trace
from .variant_params import BLOCKS, QuestionPrior, VariantParams

__all__ = [
    "Coded", "QuestionPrior", "VariantFit", "VariantParams", "VariantSimulated", "by_first_answer", "code", "filter",
    "fit", "from_frame", "log_likelihood", "predict", "simulate",
]  # fmt: skip
LEAST = 5  # questions from which a prior can be learned
FORGET = 0.05  # where P(forget) starts


@dataclass(frozen=True, eq=False)
class VariantSimulated:
    """Simulated students, with their codes.

    answers, known: (students, longest) as in `model.Simulated`, NaN after a student's end. question, practice:
    (students, longest) codes, −1 after her end. group: (students,) codes. `fit` takes all four as they are.
    """

    answers: np.ndarray
    known: np.ndarray
    question: np.ndarray
    practice: np.ndarray
    group: np.ndarray
    __repr__ = checks.short


def fit(
    answers,
    *,
    forgets: bool = False,
    question=None,
    practice=None,
    group=None,
    start: BKTParams | VariantParams | None = None,
    frozen: Iterable[str] = (),
    priors: QuestionPrior | str | None = None,
    starts: int = 1,
    rng=None,
    tol: float = 1e-8,
    max_steps: int = 200,
    progress: bool = False,
) -> VariantFit:
    """Maximum likelihood, or with a prior on questions the summit of the posterior, by EM and Newton's method.

    answers: `Coded`, or `Sequences`, an array or lists with question=, practice=, group= as in `code`. Where questions
    are given each has its own p_slip and p_guess; practices their p_transit, groups their p_init. forgets: whether what
    is known may be forgotten after a step, with p_forget (by practice); else it is 0.
    start: where to begin, by default `BKTParams()` for every code, and p_forget 0.05. frozen: what stays at its start:
    a block such as "p_slip", or one number such as "p_guess[3]". priors: None; a `QuestionPrior`; or "learned", from
    five questions on: the prior under which these questions are likeliest; it lends rare questions what others show.
    starts: how many; all after the first are drawn at random, and need rng. tol: a climb ends where Newton's step
    promises less than this (nats). max_steps: or after so many. progress: show a bar.

    Of the ends where right answers speak for knowing, over all answers, the highest is taken; where there is none, the
    highest of all. Raises ValueError for answers, codes or settings that cannot be used, before any work starts: also
    for a code that no answer has, a practice that no step follows, a group without students.
    """
    forgets, progress = checks.flag(forgets, "forgets"), checks.flag(progress, "progress")
    coded = code(answers, question, practice, group)
    starts, max_steps = checks.whole(starts, "starts", 1, 10_000), checks.whole(max_steps, "max_steps", 1)
    tol = checks.not_negative(tol, "tol")
    rng = checks.generator(rng) if starts > 1 else None
    begin = _begin(start, forgets, coded)
    held = _held(frozen, begin) | (np.zeros(len(begin.names), bool) if forgets else _block(begin, "p_forget"))
    _check_priors(priors, coded, held, begin)
    counted = Counted(coded)
    _check_trials(counted, begin, held)
    free = np.flatnonzero(~held)
    if np.isnan(counted.expected(begin.values)[0]):
        raise ValueError("some student's answers have probability zero at the start: move frozen numbers off 0 and 1")
    begins = [begin.values] + [_drawn(begin, held, rng) for _ in range(starts - 1)]

    def ascend(values, told):
        at = np.clip(to_logit(np.clip(values[free], EDGE, 1 - EDGE)), -BOUND, BOUND)
        if priors == "learned":
            return learn(
                lambda prior: Hill(counted, values, free, prior), at, len(coded.questions), tol, max_steps, told
            )
        return priors, climb(Hill(counted, values, free, priors), at, tol, max_steps, told), True

    with path.bar(progress, starts) as told:
        ends = [ascend(values, told) for values in begins]
    shares = counted.parts(counted.trials / counted.answers)[3]

    def upright(end):
        p = begin.filled(Hill(counted, begin.values, free, None).at(end[1].logits))
        return shares @ (1 - p.p_slip - p.p_guess) > 0

    prior, summit, settled = max(ends, key=lambda end: (upright(end), end[1].trace[-1]))
    params = begin.filled(Hill(counted, begin.values, free, None).at(summit.logits))
    heights = np.array([end[1].log_likelihood for end in ends])
    return described(params, summit, free, heights, prior, settled, priors == "learned", counted)


def simulate(
    params: VariantParams, students: int, steps, *, rng, question=None, practice=None, group=None
) -> VariantSimulated:
    """Draw students who learn, and forget, as the model says.

    students: how many. steps: each, one whole number or (students,) of them, 1 or more. rng: a generator or a seed.
    question, practice: (students, longest) codes, places in params.questions and params.kinds; group: (students,).
    Where params have several and no codes are given, they are drawn evenly. Raises ValueError for anything else.
    """
    checks.instance(params, VariantParams, "params", "give VariantParams")
    students = checks.whole(students, "students", 1)
    lengths = checks.whole_each(steps, "steps", students)
    rng, longest = checks.generator(rng), int(lengths.max())
    checks.fits_in_memory(8 * students * longest, f"students = {students} with up to {longest} steps")
    shape = students, longest
    q = path.codes(question, shape, len(params.questions), "question", rng)
    k = path.codes(practice, shape, len(params.kinds), "practice", rng)
    g = path.codes(group, (students,), len(params.groups), "group", rng)
    known = np.empty(shape)
    state = rng.random(students) < params.p_init[g]
    for t in range(longest):
        known[:, t] = state
        move = rng.random(students)
        state = np.where(state, move >= params.p_forget[k[:, t]], move < params.p_transit[k[:, t]])
    right = np.where(known == 1, 1 - params.p_slip[q], params.p_guess[q])
    answers = (rng.random(shape) < right).astype(float)
    ended = np.arange(longest) >= lengths[:, None]
    answers[ended] = known[ended] = np.nan
    q[ended] = k[ended] = -1
    return VariantSimulated(answers, known, q, k, g)


def filter(answers, params: VariantParams, *, question=None, practice=None, group=None) -> Trace:
    """Follow students answer by answer: the forecast of each answer, and P(known) before and after.

    answers and codes: as in `code`; codes are places in params.questions, params.kinds, params.groups, and names of
    `Coded` go by name. p_known is after the answer and the chance to learn and to forget. One list gives (steps,)
    arrays, several give (students, longest), NaN after the end. Raises ValueError where an answer is impossible under
    `params`, for codes that params do not have, and where params tell codes apart that are not given.
    """
    coded = code(answers, question, practice, group)
    before, correct, after, _ = path.forward(coded, path.aligned(params, coded))
    path.check_possible(after, coded)
    parts = [path.table(coded, part) for part in (before, correct, after)]
    return Trace(*(part[0] for part in parts)) if path.single(answers) else Trace(*parts)


def log_likelihood(answers, params: VariantParams, *, question=None, practice=None, group=None):
    """log P(answers), natural: a float for one list, a (students,) array for several; −inf if impossible.

    answers and codes: as in `filter`, with the same errors but for impossible answers.
    """
    coded = code(answers, question, practice, group)
    total = path.forward(coded, path.aligned(params, coded))[-1]
    return float(total[0]) if path.single(answers) else total


def predict(fit: VariantFit, answers, *, question=None, practice=None, group=None, unseen: str = "error") -> np.ndarray:
    """P(right) of every answer, given the same student's answers before it.

    fit: what `fit` returned. answers and codes: as in `filter`. From `from_frame` come (rows,) in the order of the
    frame's rows; else the same array as `filter(..).p_correct`. unseen: what a code gets that the fit has not met:
    "error", or "mean", the fitted codes' mean in logits. A question that the fit has not met gets its prior's mean,
    where the fit has a prior. Raises ValueError as `filter` does, and naming a code that was not met.
    """
    checks.instance(fit, VariantFit, "fit", "give what variants.fit returned")
    checks.one_of(unseen, ("error", "mean"), "unseen")
    coded = code(answers, question, practice, group)
    _, correct, after, _ = path.forward(coded, path.aligned(fit.params, coded, fit.prior, unseen))
    path.check_possible(after, coded)
    if coded.rows is None:
        forecast = path.table(coded, correct)
        return forecast[0] if path.single(answers) else forecast
    out = np.empty(len(correct))
    out[coded.rows] = correct
    return out


def _begin(start, forgets: bool, coded: Coded) -> VariantParams:
    """The start for these codes, by name."""
    if start is None or isinstance(start, BKTParams):
        start = VariantParams.of(start or BKTParams(), p_forget=FORGET if forgets else 0.0)
    checks.instance(start, VariantParams, "start", "give BKTParams or VariantParams, such as fit.params")
    if not forgets and start.p_forget.any():
        raise ValueError(
            f"start has p_forget = {start.p_forget.max():g}, and forgets=False holds it at 0: forgets=True"
        )
    return path.aligned(start, coded)


def _held(frozen, begin: VariantParams) -> np.ndarray:
    """(numbers,) True for what `frozen` names, by block or one by one."""
    held = np.zeros(len(begin.names), bool)
    for name in checks.listed(frozen, "frozen", "['p_slip']"):
        checks.one_of(name, dict.fromkeys((*BLOCKS, *begin.names)), "a name in frozen")
        held |= _block(begin, name) if name in BLOCKS else np.array([name == other for other in begin.names])
    return held


def _block(begin: VariantParams, block: str) -> np.ndarray:
    return np.repeat([name == block for name in BLOCKS], [len(getattr(begin, many)) for many in BLOCKS.values()])


def _check_priors(priors, coded: Coded, held: np.ndarray, begin: VariantParams) -> None:
    if not (priors is None or isinstance(priors, QuestionPrior) or (isinstance(priors, str) and priors == "learned")):
        raise ValueError(f"priors = {checks.shown(priors)}: give None, 'learned' or a QuestionPrior, such as fit.prior")
    if priors is not None and held[_block(begin, "p_slip") | _block(begin, "p_guess")].any():
        raise ValueError("a prior on questions needs their p_slip and p_guess free: leave these out of frozen")
    if isinstance(priors, str) and len(coded.questions) < LEAST:
        raise ValueError(
            f"{len(coded.questions)} questions are too few to learn a prior from: give at least {LEAST}, or priors=None"
        )


def _check_trials(counted: Counted, begin: VariantParams, held: np.ndarray) -> None:
    """ValueError for a free number that no answer can inform."""
    empty = np.flatnonzero((counted.trials == 0) & ~held)
    if len(empty):
        name = begin.names[empty[0]]
        why = {"p_init": "the group has no students", "p_slip": "the question has no answers"}
        why = why.get(name.partition("[")[0], "no step with this practice is followed by another")
        remedy = "number codes without holes, put the code together with another, or freeze it"
        raise ValueError(f"{name} cannot be fitted: {why}; {remedy}")


def _drawn(begin: VariantParams, held: np.ndarray, rng) -> np.ndarray:
    """A random start with p_guess + p_slip < 1, the same for all codes of a block; what is held stays."""
    p_init, p_transit, p_forget, p_slip, p_guess = rng.random(5)
    if p_slip + p_guess > 1:
        p_slip, p_guess = 1 - p_slip, 1 - p_guess
    blocks = (p_init, p_transit / 2, p_forget / 5, p_slip, p_guess)
    drawn = np.concatenate([np.full(len(getattr(begin, m)), v) for m, v in zip(BLOCKS.values(), blocks, strict=True)])
    return np.where(held, begin.values, drawn)
