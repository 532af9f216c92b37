"""The E-step of a BKT with codes: forward-backward over two states (Rabiner 1989, III), and what follows from it.

With forgetting the hidden path is no longer one change point, so the recursion is the textbook's. Numbers stand in one
vector, p_init by group, p_transit and p_forget by kind, p_slip and p_guess by question; so do expected successes and
trials. With numba (the extra "fast") the recursion is a compiled loop; without, it runs in numpy over all students.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..data._fingerprint import fingerprint
from ..data.sequences import MISSING
from .coded import Coded

_TABLE = 1 << 26  # cells of a table of who met which code, above which pairs are sorted


class Counted:
    """Answers with codes, ready for E-steps under any probabilities.

    sizes: how many groups, kinds, kinds, questions, questions. trials: (numbers,) how often each can at most be seen:
    students by group, steps with one to follow by kind (twice), answers by question (twice). Gaps at a student's end
    say nothing and are left out. everybody: a student of each sequence of answers and codes; times: (students,) how
    many have hers, 0 for those whom another stands for.
    """

    def __init__(self, coded: Coded):
        lengths = coded.sequences.lengths
        who, flat = np.repeat(np.arange(len(lengths)), lengths), coded.sequences.answers
        place = np.arange(len(flat))
        last = (np.cumsum(lengths) - lengths).copy()  # at least one step remains
        np.maximum.at(last, who[flat != MISSING], place[flat != MISSING])
        keep = place <= last[who]
        flat, who, question = flat[keep], who[keep], coded.question[keep]
        self.kind, self.group = coded.practice[keep], coded.group
        self.symbol = 3 * question + flat + 1
        self.length = np.bincount(who, minlength=len(lengths))
        self.first = np.cumsum(self.length) - self.length
        self.students, self.answers = len(lengths), int((flat != MISSING).sum())
        self.data = fingerprint(coded.sequences.answers, lengths.astype(np.int64))
        groups, kinds, questions = (len(names) for names in (coded.groups, coded.kinds, coded.questions))
        self.sizes = groups, kinds, kinds, questions, questions
        followed = np.ones(len(flat), bool)
        followed[self.first + self.length - 1] = False
        by_group = np.bincount(self.group, minlength=groups)
        by_kind = np.bincount(self.kind[followed], minlength=kinds)
        by_question = np.bincount(question[flat != MISSING], minlength=questions)
        self.trials = np.concatenate([by_group, by_kind, by_kind, by_question, by_question])
        self.kind = np.where(followed, self.kind, 0)
        self.everybody, self.times = _alike(self.symbol, self.kind, self.group, self.first, self.length, who)
        self._pairs = {"kind": (self.kind, followed), "question": (question, flat != MISSING)}
        self._who = who

    def parts(self, vector: np.ndarray) -> list[np.ndarray]:
        """A vector of numbers block by block: p_init, p_transit, p_forget, p_slip, p_guess."""
        return np.split(vector, np.cumsum(self.sizes)[:-1])

    @property
    def touched(self) -> list[np.ndarray]:
        """For each number, those of `everybody` whose answers depend on it."""
        groups, kinds, _, questions, _ = self.sizes
        by_group = [np.flatnonzero(self.group == g) for g in range(groups)]
        by_kind, by_question = (
            _members(*self._pairs[name], self._who, size) for name, size in (("kind", kinds), ("question", questions))
        )
        return [who[self.times[who] > 0] for who in by_group + 2 * by_kind + 2 * by_question]

    def expected(self, values: np.ndarray, who: np.ndarray | None = None) -> tuple[float, np.ndarray, np.ndarray]:
        """Log likelihood of the students `who` (`everybody`) as often as there are such, and expected successes and
        trials, (numbers,) each.

        The log likelihood is NaN where some student's answers are impossible.
        """
        p_init, p_transit, p_forget, p_slip, p_guess = self.parts(values)
        if_not = np.stack([np.ones_like(p_guess), 1 - p_guess, p_guess], axis=1).ravel()
        if_known = np.stack([np.ones_like(p_slip), p_slip, 1 - p_slip], axis=1).ravel()
        tables = p_init, p_transit, p_forget, if_not, if_known
        init, moves, seen = np.zeros((len(p_init), 2)), np.zeros((len(p_transit), 4)), np.zeros((len(if_not), 2))
        who = self.everybody if who is None else who
        steps = self.symbol, self.kind, self.group, self.first, self.length, self.times, who
        if loops() is None:
            total = _expected(*steps, tables, init, moves, seen)
        else:
            total = loops().expected(*steps, tables, init, moves, seen, np.empty((5, self.length.max())))
        seen = seen.reshape(-1, 3, 2)
        wins = [init[:, 1], moves[:, 1], moves[:, 2], seen[:, 1, 1], seen[:, 2, 0]]
        asked = seen[:, 1] + seen[:, 2]
        tries = [init.sum(1), moves[:, :2].sum(1), moves[:, 2:].sum(1), asked[:, 1], asked[:, 0]]
        return float(total), np.concatenate(wins), np.concatenate(tries)


@cache
def loops():
    """The compiled loop; None without numba."""
    try:
        from . import _variant_loops
    except ImportError:
        return None
    return _variant_loops


def _members(codes: np.ndarray, counted: np.ndarray, who: np.ndarray, size: int) -> list[np.ndarray]:
    """For each code, the students with a step that counts and bears it, each once."""
    students = int(who[-1]) + 1
    if size * students <= _TABLE:
        there = np.zeros((size, students), bool)
        there[codes[counted], who[counted]] = True
        return [np.flatnonzero(row) for row in there]
    pairs = np.unique(codes[counted] * students + who[counted])
    return np.split(pairs % students, np.searchsorted(pairs, students * np.arange(1, size)))


def _alike(symbol, kind, group, first, length, who) -> tuple[np.ndarray, np.ndarray]:
    """A student of each sequence of symbols and kinds in a group, and (students,) how many there are of hers.

    Sequences are told apart by a sum of random numbers, and then compared: if two should ever share a sum, nobody
    stands for another.
    """
    rng, step = np.random.default_rng(0), np.arange(len(symbol)) - first[who]

    def drawn(codes):
        return rng.integers(1 << 63, size=int(codes.max()) + 1, dtype=np.uint64)[codes]

    sums = np.add.reduceat((drawn(symbol) + drawn(kind)) * (2 * drawn(step) + 1), first) + drawn(group)
    _, one, which, times = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    same, out = one[which], np.zeros(len(first), dtype=np.int64)
    equal = (length[same] == length).all() and (group[same] == group).all()
    if equal:
        at = first[same][who] + step
        equal = (symbol[at] == symbol).all() and (kind[at] == kind).all()
    if not equal:
        return np.arange(len(first)), out + 1
    out[one] = times
    return np.sort(one), out


def _expected(symbol, kind, group, first, length, times, who, tables, init, moves, seen) -> float:
    """The E-step in numpy, step by step for all students at once; what it does stands at `_variant_loops.expected`."""
    p_init, p_transit, p_forget, if_not, if_known = tables
    who = who[np.argsort(-length[who], kind="stable")]  # the longest first: those still there are the first so many
    first, length, group, times = first[who], length[who], group[who], times[who]
    steps = int(length[0])
    there = [int((length > t).sum()) for t in range(steps)]
    state = np.stack([1 - p_init[group], p_init[group]])
    filtered, emitted, total = [], [], 0.0
    for t, n in enumerate(there):
        s = symbol[first[:n] + t]
        emission = np.stack([if_not[s], if_known[s]])
        state = state[:, :n] * emission
        scale = state.sum(0)
        if not (scale > 0).all():
            return np.nan
        total += float(np.log(scale) @ times[:n])
        state = state / scale
        filtered.append(state)
        emitted.append(emission / scale)
        k = kind[first[:n] + t]
        learned, forgot = state[0] * p_transit[k], state[1] * p_forget[k]
        state = np.stack([state[0] * (1 - p_transit[k]) + forgot, state[1] * (1 - p_forget[k]) + learned])
    back = np.ones((2, 0))
    for t in reversed(range(steps)):
        n = there[t]
        back = np.concatenate([back, np.ones((2, n - back.shape[1]))], axis=1)
        s = symbol[first[:n] + t]
        for column in range(2):
            seen[:, column] += np.bincount(s, times[:n] * filtered[t][column] * back[column], len(seen))
        if t:
            k = kind[first[:n] + t - 1]
            back = back * emitted[t]
            before = filtered[t - 1][:, :n]
            ways = (
                (1 - p_transit[k]) * back[0], p_transit[k] * back[1], p_forget[k] * back[0], (1 - p_forget[k]) * back[1]
            )  # fmt: skip
            for column, way in enumerate(ways):
                moves[:, column] += np.bincount(k, times[:n] * before[column // 2] * way, len(moves))
            back = np.stack([ways[0] + ways[1], ways[2] + ways[3]])
    for column in range(2):
        init[:, column] += np.bincount(group, times * filtered[0][column] * back[column], len(init))
    return total
