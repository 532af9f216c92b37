"""The fast E-step of BKT: one change point a student, equal stretches of answers worked out once.

*Learned* is absorbing, so a student's hidden path is one change point: known throughout, learned somewhere, or not yet.
Any stretch of answers therefore acts on the likelihood through three numbers:

    known    log P(answers | known throughout)
    learned  log P(answers, learned within the stretch | not known before it)
    unknown  log P(answers, still not known after it | not known before it)

Two neighbouring stretches join as a product of triangular 2 × 2 matrices [[known, 0], [learned, unknown]]. `Stretches`
halves every sequence down to single answers and keeps each distinct stretch once: all students who share a run of
answers share its arithmetic, whole sequences included. Joining runs upwards (inside); expected counts run back
down (outside). Everything is in logarithms, so long sequences and parameters near 0 or 1 are safe.

With numba (the extra "fast") the same is done by compiled loops, several times faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from ..data.sequences import MISSING, Sequences

# A single answer is one of seven letters: wrong, right, not asked; the same three as a student's last; and nothing.
_WRONG, _RIGHT, _GAP, _LAST, _NOTHING, _LETTERS = 0, 1, 2, 3, 6, 7


@dataclass(frozen=True)
class Counts:
    """Expected counts given all answers, summed over students: what the M-step divides.

    students; init: of these, knew it at the start. chances: steps not known with a question to follow; learned: of
    these, learned there. known, slips: answers given while knowing, and the wrong ones. unknown, guesses: answers given
    while not knowing, and the right ones. log_likelihood: of all answers.
    """

    students: int
    init: float
    chances: float
    learned: float
    known: float
    slips: float
    unknown: float
    guesses: float
    log_likelihood: float

    def pairs(self) -> tuple[tuple[float, float], ...]:
        """(expected successes, expected trials) for p_init, p_transit, p_slip, p_guess."""
        return (
            (self.init, self.students),
            (self.learned, self.chances),
            (self.slips, self.known),
            (self.guesses, self.unknown),
        )


class Stretches:
    """The distinct stretches of answers in `sequences`, ready for `expected_counts` under any parameters.

    Stretches are numbered through all levels of doubling lengths, the letters first. sizes: where each level's begin,
    and how many there are in all. left, right: the halves of each stretch that is no letter, in the level below.
    whole: numbers of the stretches that are someone's whole sequence, and how many students' each is.
    """

    def __init__(self, sequences: Sequences):
        lengths = sequences.lengths
        self.students = len(lengths)
        depth = np.ceil(np.log2(lengths)).astype(int)
        if (lengths != lengths[0]).any():
            order = np.argsort(-depth, kind="stable")
            starts = np.cumsum(lengths) - lengths
            place = np.repeat(starts[order], lengths[order]) + _step_number(lengths[order])
            answers, lengths, depth = sequences.answers[place], lengths[order], depth[order]
        else:
            answers = sequences.answers
        nodes = _spread(answers, lengths, depth)
        whole, halves, sizes = [_tally(nodes[len(nodes) - (depth == 0).sum() :], _LETTERS)], [], [0, _LETTERS]
        for level in range(1, int(depth[0]) + 1):
            alive = int((depth >= level).sum())
            nodes = nodes[: int((1 << (depth[:alive] - level + 1)).sum())]
            size = sizes[-1] - sizes[-2]
            kinds, nodes = _pairs(nodes, size)
            halves.append(np.stack([kinds // size, kinds % size]) + sizes[-2])
            sizes.append(sizes[-1] + len(kinds))
            ends = int((depth[:alive] == level).sum())
            whole.append(_tally(nodes[len(nodes) - ends :], len(kinds)))
        self.sizes = sizes
        self.left, self.right = np.concatenate([np.empty((2, 0), int), *halves], axis=1)
        numbers, students = zip(*whole, strict=True)
        self.whole = np.concatenate([n + at for n, at in zip(numbers, sizes, strict=False)]), np.concatenate(students)

    def halves(self, level: slice) -> tuple[np.ndarray, np.ndarray]:
        """The left and right halves of one level's stretches."""
        here = slice(level.start - _LETTERS, level.stop - _LETTERS)
        return self.left[here], self.right[here]

    def expected_counts(self, params) -> Counts:
        """The E-step: expected counts under `params` (p_init, p_transit, p_slip, p_guess).

        Raises ValueError where some student's answers have probability zero.
        """
        p_init, p_transit, p_slip, p_guess = params
        if loops() is None:
            total, init, letters = _expected(self, params)
        else:
            total, init, letters = loops().expected(self.left, self.right, *self.whole, *params)
        if np.isnan(total):
            raise ValueError(
                f"some student's answers have probability zero under p_init, p_transit, p_slip, p_guess = "
                f"{p_init:g}, {p_transit:g}, {p_slip:g}, {p_guess:g}: move them away from 0 and 1"
            )
        k, a, u = letters[:_NOTHING].T.reshape(3, 2, 3)  # (path, before last or last, wrong · right · gap)
        asked_known, asked_not = k.sum(0), (a + u).sum(0)
        return Counts(
            students=self.students,
            init=init,
            chances=float((a + u)[0].sum()),
            learned=float(a[0].sum()),
            known=float(asked_known[:2].sum()),
            slips=float(asked_known[_WRONG]),
            unknown=float(asked_not[:2].sum()),
            guesses=float(asked_not[_RIGHT]),
            log_likelihood=total,
        )


@cache
def loops():
    """The compiled loops; None without numba."""
    try:
        from . import _loops
    except ImportError:
        return None
    return _loops


def _expected(stretches: Stretches, params) -> tuple[float, float, np.ndarray]:
    """The E-step in numpy, level by level; what it returns stands at `_loops.expected`."""
    p_init, p_transit, p_slip, p_guess = params
    with np.errstate(divide="ignore"):
        log = np.log(np.array([p_init, 1 - p_init, p_transit, 1 - p_transit]))
        if_known = np.log(np.array([p_slip, 1 - p_slip, 1.0]))
        if_not = np.log(np.array([1 - p_guess, p_guess, 1.0]))
    sizes, n = stretches.sizes, stretches.sizes[-1]
    levels = [slice(a, b) for a, b in pairwise(sizes[1:])]
    known, learned, unknown = up = np.zeros((3, n))
    known[:_LETTERS] = np.concatenate([if_known, if_known, [0.0]])
    learned[:_LETTERS] = np.concatenate([if_not + log[2], np.full(4, -np.inf)])
    unknown[:_LETTERS] = np.concatenate([if_not + log[3], if_not, [0.0]])
    late = np.zeros(n)  # P(learned in the right half | learned in the stretch)
    for here in levels:
        left, right = stretches.halves(here)
        early_path, late_path = learned[left] + known[right], unknown[left] + learned[right]
        joined = np.logaddexp(early_path, late_path)
        late[here] = np.exp(late_path - np.where(np.isneginf(joined), 0.0, joined))
        known[here], learned[here], unknown[here] = known[left] + known[right], joined, unknown[left] + unknown[right]

    index, students = stretches.whole
    paths = up[:, index] + log[[0, 1, 1], None]
    top = paths.max(0)
    if np.isneginf(top).any():
        return np.nan, np.nan, up[:, :_LETTERS].T
    weights = np.exp(paths - top)
    norm = weights.sum(0)
    total = float(students @ (top + np.log(norm)))
    weights *= students / norm
    down = np.zeros((3, n))
    down[:, index] = weights

    for here in reversed(levels):
        left, right = stretches.halves(here)
        k, a, u = down[:, here]
        in_right = a * late[here]
        in_left = a - in_right
        for half, parts in ((left, (k, in_left, u + in_right)), (right, (k + in_left, in_right, u))):
            first = sizes[sizes.index(here.start) - 1]
            for row, part in zip(down[:, first : here.start], parts, strict=True):
                row += np.bincount(half - first, part, minlength=len(row))
    return total, float(weights[0].sum()), down[:, :_LETTERS].T


def _step_number(lengths: np.ndarray) -> np.ndarray:
    """0, 1, .. for each sequence, one after the other."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _spread(answers: np.ndarray, lengths: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Letters of all sequences, each spread evenly over 2**depth places, so that halves hold equally many answers."""
    alike = (lengths == lengths[0]).all()
    if alike:
        out = np.full((len(lengths), 1 << depth[0]), _NOTHING, np.uint8)
        place = (np.arange(lengths[0]) << depth[0]) // lengths[0]
        if loops() is not None:
            loops().spread(answers, place, _GAP, _LAST, out)
            return out.ravel()
    letter = np.where(answers == MISSING, _GAP, answers).astype(np.uint8)
    letter[np.cumsum(lengths) - 1] += _LAST
    if alike:
        out[:, place] = letter.reshape(len(lengths), -1)
        return out.ravel()
    places = 1 << depth
    first = np.cumsum(places) - places
    out = np.full(int(places.sum()), _NOTHING, np.uint8)
    out[
        np.repeat(first, lengths) + _step_number(lengths) * np.repeat(places, lengths) // np.repeat(lengths, lengths)
    ] = letter
    return out


def _pairs(nodes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours among nodes below `size`: the distinct ones, ascending, as left · size + right, and the place
    of each among them."""
    if loops() is None or size * size > max(4 * len(nodes), 1 << 20):
        # uint64 plus a signed index would become float, so beyond 32 bits the key is signed
        dtype = np.min_scalar_type(size * size) if size < 1 << 16 else np.int64
        return _distinct(nodes[0::2].astype(dtype) * size + nodes[1::2], size * size)
    place = np.zeros(size * size, np.int32)
    kinds = np.empty(loops().marked(nodes, size, place), np.int64)
    out = np.empty(len(nodes) // 2, np.uint8 if len(kinds) <= 1 << 8 else np.int32)
    loops().named(nodes, size, place, kinds, out)
    return kinds, out


def _distinct(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys below `size`, ascending, and each key's place among them."""
    if size <= 4096 and len(key) > 1 << 20:  # sorting out would cost more than it saves
        return np.arange(size), key
    if size > max(4 * len(key), 1 << 20):
        return np.unique(key, return_inverse=True)
    there = np.zeros(size, bool)
    there[key] = True
    return np.flatnonzero(there), (np.cumsum(there, dtype=np.int32) - 1)[key]


def _tally(nodes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct nodes and how often each occurs."""
    if not len(nodes):
        return np.empty(0, int), np.empty(0)
    times = np.bincount(nodes, minlength=size)
    index = np.flatnonzero(times)
    return index, times[index].astype(float)
