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
"""

from __future__ import annotations

from dataclasses import dataclass

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

    levels: for doubling lengths, (left, right) indices of each distinct stretch's halves in the level below.
    whole: for each level, (index, how many students) of the stretches that are someone's whole sequence.
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
        self.whole = [_tally(nodes[len(nodes) - (depth == 0).sum() :], _LETTERS)]
        self.levels = []
        size = _LETTERS
        for level in range(1, int(depth[0]) + 1):
            alive = int((depth >= level).sum())
            nodes = nodes[: int((1 << (depth[:alive] - level + 1)).sum())]
            # uint64 plus a signed index would become float, so beyond 32 bits the key is signed
            dtype = np.min_scalar_type(size * size) if size < 1 << 16 else np.int64
            key = nodes[0::2].astype(dtype) * size + nodes[1::2]
            kinds, nodes = _distinct(key, size * size)
            self.levels.append((kinds // size, kinds % size))
            size = len(kinds)
            ends = int((depth[:alive] == level).sum())
            self.whole.append(_tally(nodes[len(nodes) - ends :], size))

    def expected_counts(self, params) -> Counts:
        """The E-step: expected counts under `params` (p_init, p_transit, p_slip, p_guess).

        Raises ValueError where some student's answers have probability zero.
        """
        p_init, p_transit, p_slip, p_guess = params
        with np.errstate(divide="ignore"):
            log = np.log(np.array([p_init, 1 - p_init, p_transit, 1 - p_transit]))
            if_known = np.log(np.array([p_slip, 1 - p_slip, 1.0]))
            if_not = np.log(np.array([1 - p_guess, p_guess, 1.0]))
        nothing = [0.0]
        known = [np.concatenate([if_known, if_known, nothing])]
        learned = [np.concatenate([if_not + log[2], np.full(4, -np.inf)])]
        unknown = [np.concatenate([if_not + log[3], if_not, nothing])]
        late = []  # P(learned in the right half | learned in the stretch)
        for left, right in self.levels:
            k, a, u = known[-1], learned[-1], unknown[-1]
            early_path, late_path = a[left] + k[right], u[left] + a[right]
            joined = np.logaddexp(early_path, late_path)
            late.append(np.exp(late_path - np.where(np.isneginf(joined), 0.0, joined)))
            known.append(k[left] + k[right])
            learned.append(joined)
            unknown.append(u[left] + u[right])

        total, init = 0.0, 0.0
        down = [np.zeros((3, len(k))) for k in known]
        for level, (index, students) in enumerate(self.whole):
            if not len(index):
                continue
            paths = np.stack(
                [log[0] + known[level][index], log[1] + learned[level][index], log[1] + unknown[level][index]]
            )
            top = paths.max(0)
            if np.isneginf(top).any():
                raise ValueError(
                    f"some student's answers have probability zero under p_init, p_transit, p_slip, p_guess = "
                    f"{p_init:g}, {p_transit:g}, {p_slip:g}, {p_guess:g}: move them away from 0 and 1"
                )
            weights = np.exp(paths - top)
            norm = weights.sum(0)
            total += float(students @ (top + np.log(norm)))
            weights *= students / norm
            init += float(weights[0].sum())
            down[level][:, index] += weights

        for level in reversed(range(len(self.levels))):
            (left, right), q = self.levels[level], late[level]
            k, a, u = down[level + 1]
            below, size = down[level], down[level].shape[1]
            in_right = a * q
            in_left = a - in_right
            for half, parts in ((left, (k, in_left, u + in_right)), (right, (k + in_left, in_right, u))):
                for row, part in zip(below, parts, strict=True):
                    row += np.bincount(half, part, minlength=size)

        k, a, u = down[0][:, :_NOTHING].reshape(3, 2, 3)  # (path, before last or last, wrong · right · gap)
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


def _step_number(lengths: np.ndarray) -> np.ndarray:
    """0, 1, .. for each sequence, one after the other."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _spread(answers: np.ndarray, lengths: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Letters of all sequences, each spread evenly over 2**depth places, so that halves hold equally many answers."""
    letter = np.where(answers == MISSING, _GAP, answers).astype(np.uint8)
    letter[np.cumsum(lengths) - 1] += _LAST
    if (lengths == lengths[0]).all():
        out = np.full((len(lengths), 1 << depth[0]), _NOTHING, np.uint8)
        out[:, (np.arange(lengths[0]) << depth[0]) // lengths[0]] = letter.reshape(len(lengths), -1)
        return out.ravel()
    places = 1 << depth
    first = np.cumsum(places) - places
    out = np.full(int(places.sum()), _NOTHING, np.uint8)
    out[
        np.repeat(first, lengths) + _step_number(lengths) * np.repeat(places, lengths) // np.repeat(lengths, lengths)
    ] = letter
    return out


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
