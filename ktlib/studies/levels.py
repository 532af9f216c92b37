"""One filter for BKT, for Rasch and for an ability that moves: levels, and how belief moves between them.

A student stands on one of several levels; on each the chance of a right answer is known. An answer weighs the levels
(Bayes' rule), and between two answers a table moves the belief. BKT has two levels and moves one way; Rasch has many
and moves nothing; an ability that moves is Rasch with a table that blurs. A log has the columns student, item, correct,
each student's rows in order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from ..bkt import BKTParams
from ..forecast import baselines, scores

STEP_SIZES = (0, 0.1, 0.2, 0.4, 0.6, 0.9)


def follow(log: pd.DataFrame, p_right: np.ndarray, start: np.ndarray, move=None, after=None) -> np.ndarray:
    """P(right) before each answer. p_right: (rows, levels). start: (levels,). move: (levels, levels), row by row, or
    None where nobody moves.

    after: (levels,) values, such as P(right) of another question: instead, what they are on average after each answer.
    """
    who = pd.factorize(log.student)[0]
    nth = log.groupby("student").cumcount().to_numpy()
    right = log.correct.to_numpy()[:, None] == 1
    belief = np.tile(start, (who.max() + 1, 1))
    out = np.empty(len(log))
    turns = np.split(np.argsort(nth, kind="stable"), np.bincount(nth).cumsum())
    for rows in turns[:-1]:  # everyone's first answer, second, ...
        p, now = p_right[rows], belief[who[rows]]
        out[rows] = (now * p).sum(1)
        now = now * np.where(right[rows], p, 1 - p)
        now /= now.sum(1, keepdims=True)
        belief[who[rows]] = now = now if move is None else now @ move
        if after is not None:
            out[rows] = now @ after
    return out


def two_levels(log: pd.DataFrame, params: BKTParams) -> np.ndarray:
    """BKT, one skill: she knows it or does not, and belief moves one way."""
    p_init, p_transit, p_slip, p_guess = params
    p_right = np.tile([p_guess, 1 - p_slip], (len(log), 1))
    move = np.array([[1 - p_transit, p_transit], [0, 1]])
    return follow(log, p_right, np.array([1 - p_init, p_init]), move)


def many_levels(log: pd.DataFrame, rasch: baselines.Rasch, step: float = 0.0, points: int = 41, after=False):
    """Rasch on a grid of abilities; with a step, ability moves by N(0, step²) a question.

    Gives (rows,) P(right) before each answer; after: that of an average question, after each.
    """
    node = np.linspace(-4, 4, points) * rasch.ability_sd
    item, names = pd.factorize(log.item)
    difficulty = rasch.difficulty.reindex(names).fillna(rasch.new_item)
    move = None
    if step:
        move = norm.pdf(node, node[:, None], step)
        move /= move.sum(1, keepdims=True)
    start = norm.pdf(node, 0, rasch.ability_sd)
    p_right = expit(node - difficulty.to_numpy()[:, None])[item]
    return follow(log, p_right, start / start.sum(), move, expit(node - rasch.new_item) if after else None)


def last_answers(log: pd.DataFrame, rasch: baselines.Rasch, size: int = 5) -> np.ndarray:
    """Rasch's P(right) before each answer, from the last `size` answers of hers and no others."""
    nth = log.groupby("student").cumcount().to_numpy()
    windows = [np.arange(row - min(n, size), row + 1) for row, n in enumerate(nth)]  # rows of a student lie together
    who = np.repeat(np.arange(len(log)), [len(window) for window in windows])
    seen = log.iloc[np.concatenate(windows)].assign(student=who)
    return rasch.predict(seen)[np.flatnonzero(np.diff(who, append=-1))]


def best_step(log: pd.DataFrame, rasch: baselines.Rasch, sizes=STEP_SIZES) -> float:
    """The size of step with which ability that moves forecasts this log best, by log loss."""
    return min(sizes, key=lambda size: _log_loss(log, many_levels(log, rasch, size)))


def fresh_start(log: pd.DataFrame) -> pd.DataFrame:
    """The same log where everyone is a new student whenever the skill is another. It has a column skill."""
    return log.assign(student=log.student.astype(str) + " " + log.skill.astype(str))


def ability_path(log: pd.DataFrame, rasch: baselines.Rasch, points: int = 201) -> tuple[np.ndarray, np.ndarray]:
    """One student's ability, mean and sd of the posterior, before her first answer and after each."""
    node = np.linspace(-4, 4, points) * rasch.ability_sd
    p = expit(node - rasch.difficulty[log.item].to_numpy()[:, None])
    right = log.correct.to_numpy()[:, None] == 1
    path = np.vstack([-(node**2) / 2 / rasch.ability_sd**2, np.log(np.where(right, p, 1 - p))]).cumsum(0)
    weight = np.exp(path - path.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    mean = weight @ node
    return mean, np.sqrt(weight @ node**2 - mean**2)


def _log_loss(log: pd.DataFrame, forecast: np.ndarray) -> float:
    return scores.score(log.correct, forecast, metrics="log_loss").metrics["log_loss"].value
