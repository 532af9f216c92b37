"""Students followed step by step under a BKT with codes: what filter, predict, simulate and log_likelihood share."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from .. import _checks as checks
from ..data.sequences import Sequences
from ._newton import to_logit, to_probability
from .coded import Coded
from .variant_params import BLOCKS, QuestionPrior, VariantParams

_CODES = {"questions": "question", "kinds": "practice", "groups": "group"}


def aligned(params, coded: Coded, prior: QuestionPrior | None = None, unseen: str = "error") -> VariantParams:
    """`params` for the codes of `coded`, by name; see `variants.predict` for prior and unseen."""
    checks.instance(params, VariantParams, "params", "give VariantParams, such as fit.params")
    blocks = {name: getattr(params, name) for name in BLOCKS}
    for many, one in _CODES.items():
        have, want = getattr(params, many), getattr(coded, many)
        if have == want:
            continue
        if have == (None,):
            place = np.zeros(len(want), int)
        elif want == (None,):
            raise ValueError(f"params tell {len(have)} {many} apart: give {one}= codes for the answers")
        else:
            at = {name: k for k, name in enumerate(have)}
            place = np.array([at.get(name, -1) for name in want])
            met = np.isin(np.arange(len(want)), getattr(coded, one))
            place[~met] = np.maximum(place[~met], 0)  # a number that no answer bears
        for name in (name for name, other in BLOCKS.items() if other == many):
            value = blocks[name][place]
            if (place < 0).any():
                value[place < 0] = _unmet(name, blocks[name], want[int(place.argmin())], one, prior, unseen)
            blocks[name] = value
    return VariantParams(**blocks, questions=coded.questions, kinds=coded.kinds, groups=coded.groups)


def _unmet(name: str, values: np.ndarray, who, one: str, prior: QuestionPrior | None, unseen: str) -> float:
    """What a code that the fit has not met gets; ValueError where nothing says."""
    if prior is not None and name in ("p_slip", "p_guess"):
        return float(to_probability(prior.mean[("p_slip", "p_guess").index(name)]))
    if unseen == "mean":
        inner = np.clip(values, 1e-6, 1 - 1e-6) if values.any() else values
        return float(to_probability(to_logit(inner).mean())) if values.any() else 0.0
    raise ValueError(
        f"{one} {checks.shown(who)} was not fitted: leave its students out, or let variants.predict give it the mean "
        f'of the others (unseen="mean")' + (', or fit with priors="learned"' if one == "question" else "")
    )


def forward(coded: Coded, params: VariantParams):
    """Flat (steps,) P(known) before, P(right) and P(known) after each step, NaN from an impossible answer on, and
    (students,) log likelihoods, −inf where impossible."""
    lengths = coded.sequences.lengths
    first = np.cumsum(lengths) - lengths
    order = np.argsort(-lengths, kind="stable")  # the longest first: who is still there are the first so many
    before, correct, after = np.empty((3, len(coded.question)))
    known = params.p_init[coded.group[order]]
    unknown, total = 1 - known, np.zeros(len(order))
    for t in range(int(lengths.max())):
        n = int((lengths > t).sum())
        at = first[order[:n]] + t
        known, unknown, y = known[:n], unknown[:n], coded.sequences.answers[at]
        slip, guess = params.p_slip[coded.question[at]], params.p_guess[coded.question[at]]
        before[at], correct[at] = known, known * (1 - slip) + unknown * guess
        if_known = np.where(y == 1, 1 - slip, np.where(y == 0, slip, 1.0))
        if_not = np.where(y == 1, guess, np.where(y == 0, 1 - guess, 1.0))
        transit, forget = params.p_transit[coded.practice[at]], params.p_forget[coded.practice[at]]
        with np.errstate(invalid="ignore", divide="ignore"):
            chance = known * if_known + unknown * if_not
            total[order[:n]] += np.log(chance)
            known, unknown = known * if_known / chance, unknown * if_not / chance
            known, unknown = known * (1 - forget) + unknown * transit, unknown * (1 - transit) + known * forget
        after[at] = known
    return before, correct, after, np.where(np.isnan(total), -np.inf, total)


def check_possible(after: np.ndarray, coded: Coded) -> None:
    """ValueError naming student and step of the first answer that is impossible."""
    wrong = np.isnan(after)
    if wrong.any():
        at, ends = int(wrong.argmax()), np.cumsum(coded.sequences.lengths)
        who = int(np.searchsorted(ends, at, "right"))
        step = at - int(ends[who] - coded.sequences.lengths[who]) + 1
        name = coded.sequences.students[who]
        remedy = "move slip and guess off 0 and 1"
        raise ValueError(f"student {name!r}: the answer at step {step} has probability zero under params: {remedy}")


def table(coded: Coded, flat: np.ndarray) -> np.ndarray:
    """(students, longest), NaN after a student's end."""
    lengths = coded.sequences.lengths
    out = np.full((len(lengths), int(lengths.max())), np.nan)
    out[np.arange(out.shape[1]) < lengths[:, None]] = flat
    return out


def single(answers) -> bool:
    """Whether `answers`, which were read without error, are one row."""
    if isinstance(answers, Coded | Sequences):
        return False
    if isinstance(answers, np.ndarray) and answers.dtype.kind in "biuf":
        return answers.ndim == 1
    return not any(hasattr(row, "__iter__") and getattr(row, "ndim", 1) > 0 for row in answers)


def codes(given, shape: tuple, size: int, name: str, rng) -> np.ndarray:
    """Codes for simulated students: those given, or drawn evenly."""
    if given is None:
        return rng.integers(0, size, shape)
    try:
        array = np.asarray(given)
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "iu" or array.shape != shape or not 0 <= array.min() <= array.max() < size:
        raise ValueError(
            f"{name} = {checks.shown(given)}: give whole numbers from 0 to {size - 1} in an array of shape {shape}"
        )
    return array.astype(np.int64)


@contextmanager
def bar(progress: bool, starts: int):
    """A bar of steps, with what they have reached; silent unless `progress`."""
    from tqdm.auto import tqdm

    with tqdm(unit="step", disable=not progress, desc=f"{starts} starts" if starts > 1 else None) as shown:

        def told(height: float) -> None:
            shown.update()
            shown.set_postfix_str(f"log likelihood {height:.4f}", refresh=False)

        yield told
