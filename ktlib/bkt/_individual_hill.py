"""The log likelihood of many skills whose students each have a shift of their own, with its slope and curvature.

A student's shift is integrated over even nodes. Given a node, her skills are independent, and each is a sum over change
points as in `_newton`; what they say of her together weighs the nodes. So slope and curvature are exact for the nodes
(Fisher's identity; Louis 1982): means and covariances of successes − trials · p, over change points and over nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.sequences import Sequences
from ._newton import ChangePoints, to_logit, to_probability
from ._variant_climb import BOUND
from .model import NAMES

REACH = 5.0  # standard deviations between which nodes lie
_NEWTON = 12  # steps of an M-step


def even(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n even nodes of a standard normal, and the logarithms of their weights, which add up to 1."""
    z = np.linspace(-REACH, REACH, n)
    weight = np.exp(-(z**2) / 2)
    return z, np.log(weight / weight.sum())


def normed(log: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(.., nodes) weights that add up to 1, and (..) the logarithm of what they added up to."""
    top = log.max(-1, keepdims=True)
    weight = np.exp(log - top)
    total = weight.sum(-1, keepdims=True)
    return weight / total, (top + np.log(total))[..., 0]


class Skill:
    """One skill's distinct sequences with their change points, and which student has which.

    who: (students of the skill,) places among all students; code: the distinct sequence of each.
    """

    def __init__(self, sequences: Sequences, place: dict):
        points = ChangePoints(sequences)
        self.x, self.n, self.start, self.row = points.x, points.n, points.start, points.row
        distinct: dict[bytes, int] = {}
        self.code = np.array([distinct.setdefault(row.tobytes(), len(distinct)) for row in sequences])
        self.who = np.array([place[name] for name in sequences.students])
        self._order = np.argsort(self.code, kind="stable")
        self._first = np.searchsorted(self.code[self._order], np.arange(len(distinct)))

    def given(self, logits: np.ndarray, shifted: int, shifts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(change point | answers, node) and (distinct, nodes) log P(answers | node).

        logits: (4,) without a shift. shifted: which of them the (nodes,) shifts are added to.
        """
        rest = np.arange(4) != shifted
        same = logits[rest] @ self.x[rest] - np.logaddexp(0, logits[rest]) @ self.n[rest]
        moved = logits[shifted] + shifts
        log = np.outer(self.x[shifted], moved)
        log -= np.outer(self.n[shifted], np.logaddexp(0, moved))
        log += same[:, None]
        top = np.maximum.reduceat(log, self.start)
        log -= top[self.row]
        weight = np.exp(log, out=log)
        norm = np.add.reduceat(weight, self.start)
        weight *= (1 / norm)[self.row]
        return weight, top + np.log(norm)

    def shared(self, belief: np.ndarray) -> np.ndarray:
        """(distinct, nodes) the beliefs of the students who share a sequence, added up."""
        return np.add.reduceat(belief[self.who[self._order]], self._first)


@dataclass(frozen=True, eq=False)
class Counted:
    """Expected successes and trials. wins, tries: (skills, 4). moved_wins, moved_tries: (skills, nodes), of the shifted
    probability. belief: (students, nodes)."""

    wins: np.ndarray
    tries: np.ndarray
    moved_wins: np.ndarray
    moved_tries: np.ndarray
    belief: np.ndarray


class Hill:
    """What `_variant_climb.climb` climbs: four logits a skill and, last, the spread; `free` of them, the others held.

    skills: `Skill`s. students: how many. shift: "p_init" or "p_transit". nodes: how many. values: (4 · skills + 1,).
    """

    def __init__(self, skills: list[Skill], students: int, shift: str, nodes: int, values: np.ndarray, free):
        self.skills, self.students, self.shifted = skills, students, NAMES.index(shift)
        self.z, self.log_weight = even(nodes)
        self.values, self.free = values, free

    def at(self, logits: np.ndarray) -> tuple[np.ndarray, float]:
        """(skills, 4) logits and the spread."""
        values = self.values.copy()
        values[self.free] = logits
        return values[:-1].reshape(-1, 4), values[-1]

    def beliefs(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """(students, nodes) beliefs about each student's node, (students,) log likelihoods, change points' weights."""
        theta, spread = self.at(logits)
        log, weights = np.tile(self.log_weight, (self.students, 1)), []
        for skill, own in zip(self.skills, theta, strict=True):
            weight, heights = skill.given(own, self.shifted, spread * self.z)
            log[skill.who] += heights[skill.code]
            weights.append(weight)
        return *normed(log), weights

    def look(self, logits: np.ndarray) -> tuple[float, np.ndarray, float, Counted]:
        """Height, slope, log likelihood (the height again) and what `em` and `curvature` need."""
        belief, heights, weights = self.beliefs(logits)
        wins, tries, moved_wins, moved_tries = [], [], [], []
        for skill, weight in zip(self.skills, weights, strict=True):
            weight *= skill.shared(belief)[skill.row]
            each = weight.sum(1)
            wins.append(skill.x @ each)
            tries.append(skill.n @ each)
            moved_wins.append(skill.x[self.shifted] @ weight)
            moved_tries.append(skill.n[self.shifted] @ weight)
        counted = Counted(*map(np.array, (wins, tries, moved_wins, moved_tries)), belief)
        theta, spread = self.at(logits)
        slope = counted.wins - counted.tries * to_probability(theta)
        left = counted.moved_wins - counted.moved_tries * to_probability(self._moved(theta, spread))
        slope[:, self.shifted] = left.sum(1)
        total = float(heights.sum())
        return total, np.append(slope.ravel(), (left @ self.z).sum())[self.free], total, counted

    def _moved(self, theta, spread):
        """(skills, nodes) shifted logits."""
        return theta[:, self.shifted, None] + spread * self.z

    def em(self, logits: np.ndarray, counted: Counted) -> np.ndarray:
        """The M-step: successes over trials, and for the shifted probability and the spread a logistic regression."""
        theta, spread = self.at(logits)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(counted.tries > 0, counted.wins / counted.tries, to_probability(theta))
            new = np.clip(to_logit(np.clip(share, 0, 1)), -BOUND, BOUND)
        new[:, self.shifted] = theta[:, self.shifted]
        middle_free = float(self.free[:-1].any())  # all skills or none are
        for _ in range(_NEWTON):
            p = to_probability(self._moved(new, spread))
            left, bend = counted.moved_wins - counted.moved_tries * p, counted.moved_tries * p * (1 - p)
            own, cross, both = np.maximum(bend.sum(1), 1e-12), bend @ self.z, (bend @ self.z**2).sum()
            up = left.sum(1) * middle_free
            pull = cross * middle_free / own
            step = ((left @ self.z).sum() - pull @ up) / max(both - pull @ cross, 1e-12)
            spread += np.clip(step, -1, 1)
            new[:, self.shifted] += np.clip((up - cross * middle_free * step) / own, -1, 1)
        return np.append(np.clip(new, -BOUND, BOUND).ravel(), spread)[self.free]

    def curvature(self, logits: np.ndarray, counted: Counted) -> np.ndarray:
        """(free, free) second derivatives, exact for the nodes."""
        theta, spread = self.at(logits)
        belief, _, weights = self.beliefs(logits)
        out = np.zeros((len(self.values),) * 2)
        means = []
        for k, (skill, weight) in enumerate(zip(self.skills, weights, strict=True)):
            block, mean = self._within(skill, weight, theta[k], spread, belief)
            means.append(mean)
            place = np.append(4 * k + np.arange(4), len(self.values) - 1)
            out[np.ix_(place, place)] += block
        out += self._between(means, belief)
        return out[np.ix_(self.free, self.free)]

    def _within(self, skill: Skill, weight, logits, spread, belief):
        """A skill's (5, 5) share, given each student's node, and (distinct, nodes, 4) mean scores."""
        t, z, shared = self.shifted, self.z, skill.shared(belief)
        p, moved = to_probability(logits), to_probability(logits[t] + spread * z)
        score = skill.x - skill.n * p[:, None]
        own = skill.x[t][:, None] - np.outer(skill.n[t], moved)
        mean = np.empty((*shared.shape, 4))
        for d in range(4):
            mean[..., d] = np.add.reduceat(weight * (own if d == t else score[d][:, None]), skill.start)
        weight = weight * shared[skill.row]
        tries = skill.n[t] @ weight * moved * (1 - moved)
        each = weight.sum(1)
        out = np.zeros((5, 5))
        out[:4, :4] = (score * each) @ score.T - np.diag(skill.n @ each * p * (1 - p))
        weight *= own
        out[t, :4] = out[:4, t] = score @ weight.sum(1)
        out[4, :4] = out[:4, 4] = score @ (weight @ z)
        square = (weight * own).sum(0) - tries
        out[t, t], out[4, 4] = square.sum(), square @ z**2
        out[4, t] = out[t, 4] = square @ z
        scores = np.concatenate([mean, (mean[..., t] * z)[..., None]], 2).reshape(-1, 5)
        return out - (scores * shared.reshape(-1, 1)).T @ scores, mean

    def _between(self, means: list[np.ndarray], belief: np.ndarray) -> np.ndarray:
        """What students' unknown nodes add: the covariance over nodes of the scores of all their skills."""
        out = np.zeros((len(self.values),) * 2)
        first = np.cumsum([0, *map(len, means)])
        rows = np.concatenate([first[k] + skill.code for k, skill in enumerate(self.skills)])
        whose = np.concatenate([np.full(len(skill.who), k) for k, skill in enumerate(self.skills)])
        who = np.concatenate([skill.who for skill in self.skills])
        order, every = np.argsort(who, kind="stable"), np.concatenate(means)
        ends = np.cumsum(np.bincount(who, minlength=self.students))
        for own, of in zip(belief, np.split(order, ends[:-1]), strict=True):
            score = every[rows[of]]  # (her skills, nodes, 4)
            by_spread = score[..., self.shifted].sum(0) * self.z
            score = np.column_stack([score.transpose(1, 0, 2).reshape(len(own), -1), by_spread])
            score -= own @ score
            place = np.append((4 * whose[of][:, None] + np.arange(4)).ravel(), len(self.values) - 1)
            out[place[:, None], place] += (score * own[:, None]).T @ score
        return out
