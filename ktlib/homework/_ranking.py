"""The ranking behind `recommend`: block by block, first all candidates in single precision, then the best in double."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from ._forecasts import Belief, Table
from .picks import Homework
from .pool import Pool

CELLS = 2**16  # pairs of a student and a question in a block: a few arrays of so many floats stay in the cache
AT_ONCE = 32  # blocks that the processor's cores are handed together


def nearness(p, target: float, shape: str, width: float):
    """`recommend.closeness` of what was checked, in the precision of `p`."""
    if shape == "gaussian":
        return np.exp(-0.5 * ((p - target) / width) ** 2)
    return 1 - np.abs(p - target) / max(target, 1 - target)


@dataclass
class Ranking:
    """One request. weights: part -> share. aim: target, shape and width. allowed: (items,) or (students, items).

    attempted: items by student, and where each one's begin. key: (items,) places, which break ties. rng: for draws of
    the predictor, or None: forecasts.
    """

    pool: Pool
    source: Table | Belief
    n: int
    weights: dict[str, float]
    aim: tuple[float, str, float]
    mastery: np.ndarray | None
    allowed: np.ndarray
    attempted: tuple[np.ndarray, np.ndarray]
    key: np.ndarray
    rng: np.random.Generator | None

    def run(self, block: int | None, progress: bool) -> Homework:
        """All blocks, one after another."""
        students, pool = self.source.students, self.pool
        self.fixed = self._fixed()
        self.sets, self.starts, self.set_of = _skill_sets(pool.skills)
        block = block or max(1, CELLS // len(pool))
        shape = len(students), min(self.n, len(pool))
        found = {"items": np.full(shape, -1, np.int32), "barred": np.zeros((len(students), 2), np.int32)}
        for name in ("p_correct", "score", *self.weights):
            found[name] = np.full(shape, np.nan)
        blocks = [slice(first, min(first + block, len(students))) for first in range(0, len(students), block)]
        bar = tqdm(total=len(students), unit="student", disable=not progress)
        with ThreadPoolExecutor(os.cpu_count()) as cores, bar:
            for start in range(0, len(blocks), AT_ONCE):
                some = blocks[start : start + AT_ONCE]
                for rows, picks in zip(some, cores.map(self._block, some, map(self._noise, some)), strict=True):
                    for name, value in picks.items():
                        found[name][rows] = value
                    bar.update(rows.stop - rows.start)
        parts = {name: found.pop(name) for name in self.weights}
        return Homework(pool=pool, students=students, n=self.n, weights=self.weights, parts=parts, **found)

    def _noise(self, rows: slice) -> np.ndarray | None:
        """Standard normal draws for some students, taken one block after another, so that its size does not matter."""
        size = rows.stop - rows.start, len(self.pool)
        return None if self.rng is None else self.rng.standard_normal(size, dtype=np.float32)

    def _block(self, rows: slice, noise: np.ndarray | None) -> dict:
        """The picks of some students, best first, and what could not be picked: (attempted, not eligible)."""
        size, few = rows.stop - rows.start, min(self.n, len(self.pool))
        weakest = None if self.mastery is None else self._weakest(rows)
        barred, counts = self._barred(rows)
        score = self._fast(rows, noise, weakest)
        score[barred] = -np.inf
        short = min(max(2 * few, 32), len(self.pool))
        near = np.arange(len(self.pool)) + np.zeros((size, 1), dtype=int)
        if short < len(self.pool):
            near = np.argpartition(score, len(self.pool) - short, axis=1)[:, -short:]
        line = np.arange(size)[:, None]
        parts, p = self._exact(rows, near, noise, weakest)
        total = sum(parts.values())
        none = barred[line, near]
        order = np.lexsort((self.key[near], -total, none))[:, :few]
        none = none[line, order]
        found = {name: np.where(none, np.nan, value[line, order]) for name, value in parts.items()}
        found |= {"p_correct": np.where(none, np.nan, p[line, order]), "barred": counts}
        found |= {"score": np.where(none, np.nan, total[line, order]), "items": np.where(none, -1, near[line, order])}
        return found

    def _barred(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """(rows, items) what is not to be asked; how many were attempted, and how many others are not eligible."""
        items, begin = self.attempted
        size, n = rows.stop - rows.start, len(self.pool)
        line = np.repeat(np.arange(size), np.diff(begin[rows.start : rows.stop + 1]))
        tried = np.zeros((size, n), dtype=bool)
        tried[line, items[begin[rows.start] : begin[rows.stop]]] = True
        allowed = self.allowed if self.allowed.ndim == 1 else self.allowed[rows]
        barred = tried | ~allowed
        attempted = tried.sum(axis=1)
        return barred, np.column_stack([attempted, barred.sum(axis=1) - attempted])

    def _fast(self, rows: slice, noise, weakest) -> np.ndarray:
        """Scores of all pairs, float32; ties moved apart by up to 1e-6."""
        share = self.weights.get
        p, spread = self.source.fast(rows, noise, share("uncertainty", 0) > 0)
        score = nearness(p, *self.aim)
        score *= share("closeness", 0)
        score += (sum(self.fixed.values()) - 1e-6 * self.key / len(self.key)).astype(np.float32)
        if share("need", 0):
            score += np.take(share("need") * (1 - weakest).astype(np.float32), self.set_of, axis=1)
        if share("uncertainty", 0):
            score += 2 * share("uncertainty") * spread
        return score

    def _exact(self, rows: slice, near: np.ndarray, noise, weakest) -> tuple[dict, np.ndarray]:
        """The parts of the score of the pairs (rows, near), weighted, in double precision; and P(right)."""
        line = np.arange(len(near))[:, None]
        drawn = None if noise is None else noise[line, near].astype(float)
        p, spread = self.source.exact(line + rows.start, near, drawn)
        own = {"closeness": nearness(p, *self.aim), "uncertainty": np.minimum(2 * spread, 1)}
        if weakest is not None:
            own["need"] = 1 - weakest[line, self.set_of[near]]
        fixed = self.fixed
        return {k: fixed[k][near] if k in fixed else share * own[k] for k, share in self.weights.items()}, p

    def _fixed(self) -> dict[str, np.ndarray]:
        """Weighted parts that are the same for every student: (items,) each."""
        pool, fixed = self.pool, {}
        if pool.created is not None:
            age, span = pool.created.max() - pool.created, np.ptp(pool.created)
            fixed["recency"] = 1 - age / span if span else np.ones(len(pool))
        fixed |= {name: getattr(pool, name) for name in ("picture", "table") if getattr(pool, name) is not None}
        return {name: self.weights[name] * value for name, value in fixed.items() if name in self.weights}

    def _weakest(self, rows: slice) -> np.ndarray:
        """(rows, sets) P(known) of the weakest skill of each distinct set of skills; 1 where none is asked for."""
        known = np.vstack([self.mastery[rows].T, np.ones(rows.stop - rows.start)])
        return np.minimum.reduceat(known[self.sets], self.starts).T


def _skill_sets(skills: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct sets of skills: their members one after another, each set's first place, and each item's set.

    Every set gets one skill more, the last, which all have.
    """
    distinct, set_of = np.unique(skills, axis=0, return_inverse=True)
    sets = [[*np.flatnonzero(row), skills.shape[1]] for row in distinct]
    starts = np.cumsum([0, *map(len, sets[:-1])])
    return np.concatenate(sets).astype(int), starts, set_of.ravel()
