"""Simple forecasts of the next answer, to hold knowledge tracing against: means, Rasch, performance factors.

A log is one long table with the columns student, item, correct (1 or 0); `log` makes one of a table with other names.
order: its column of numbers or times that each student's rows are sorted by; without it rows count as ordered.
`skills` is a table with a row for each item and skill it needs (columns item, skill). Every model is fitted to the log
of some students; its `predict` of another log gives (rows,) P(right answer), in the order of the rows given, each from
the earlier rows of the same student and from nothing else in that log. Students may be new, and so may items and
skills: each model says what it does then.

Raises ValueError naming a missing column, an empty table, an answer that is not 1 or 0, a log to fit with one kind of
answer alone, or without order a column of times that goes back within a student (`log`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, log_expit, softmax

from .._checks import fits_in_memory, flag, generator, inside, not_negative, short, whole
from ..data._frames import check_frame, ordered_rows
from ..irt.marginal import even, summed
from ._logs import as_given, earlier, links_of, log_order, read_log, read_training, skill_matrix, skill_names


def log(
    frame, *, student: str = "student", item: str = "item", correct: str = "correct", order: str | None = None
) -> pd.DataFrame:
    """A log from a table with a row an answer, its columns named as at every other door; further ones are left out.

    order: a column of numbers or times that each student's rows are sorted by; without it rows count as ordered. Rows
    keep their index, so that forecasts find their way back: `frame["p"] = pd.Series(fit.predict(found), found.index)`.
    """
    check_frame(frame, student, item, correct, *([] if order is None else [order]))
    if len({student, item, correct}) < 3:
        raise ValueError(f"student, item and correct are {student!r}, {item!r} and {correct!r}: give three columns")
    found = frame[[student, item, correct]].set_axis(["student", "item", "correct"], axis=1)
    read_log(found)
    return found.iloc[ordered_rows(frame, student, order, known=(item, correct))]


@dataclass(frozen=True, eq=False, repr=False)
class Means:
    """Shares of right answers, the same for every student.

    overall: share of right answers. skill, item: share of each, moved towards `overall`; item is None in a model of
    skills alone. links: the table of skills.
    """

    overall: float
    skill: pd.Series
    item: pd.Series | None
    links: pd.DataFrame

    __repr__ = short

    def predict(self, table, *, order: str | None = None) -> np.ndarray:
        """An item's share; of a new item, or in a model of skills, the mean of its skills'; if all are new, overall.

        The order of the rows does not matter here.
        """
        read_log(table)
        check_frame(table, *([] if order is None else [order]))
        incidence = skill_matrix(table["item"], self.links, self.skill.index)
        n = incidence.sum(1)
        by_skill = np.where(n > 0, incidence @ self.skill.to_numpy() / np.maximum(n, 1), self.overall)
        if self.item is None:
            return by_skill
        own = self.item.reindex(table["item"]).to_numpy()
        return np.where(np.isnan(own), by_skill, own)


@dataclass(frozen=True, eq=False, repr=False)
class Rasch:
    """P(right) = σ(ability − difficulty), ability ~ N(0, ability_sd²) (Rasch 1960).

    difficulty: of each item, in logits. new_item: of an item not seen, their mean. converged: has the fit settled?
    """

    difficulty: pd.Series
    new_item: float
    ability_sd: float
    converged: bool
    points: int

    __repr__ = short

    def predict(self, table, *, order: str | None = None) -> np.ndarray:
        """Ability is the posterior, on a grid, given the student's earlier answers, none of them discounted."""
        return as_given(self._forecast, table, order)

    def _forecast(self, table) -> np.ndarray:
        student, correct = read_log(table)
        items, names = pd.factorize(table["item"])
        difficulty = self.difficulty.reindex(names).fillna(self.new_item).to_numpy()
        node, log_weights = even(4, 8 / (self.points - 1))
        logit = self.ability_sd * node - difficulty[:, None]
        seen = np.where(correct[:, None] == 1, log_expit(logit)[items], log_expit(-logit)[items])
        weight = softmax(earlier(student, seen) + log_weights, axis=1)
        return (weight * expit(logit)[items]).sum(1)


@dataclass(frozen=True, eq=False, repr=False)
class LogisticFactors:
    """P(right) = σ(intercept + sum of weights), after `fit_pfa` or `fit_best_logistic`.

    weights: a Series by feature and name. ("skill", k), ("right", k), ("wrong", k): easiness of skill k, and what each
    earlier right or wrong answer on it adds. ("item", i), ("all right", ""), ("all wrong", ""): the same for items and
    for all answers together, in the larger model. logs: are counts c taken as log(1 + c)? converged: has the fit
    settled? links: the table of skills.
    """

    intercept: float
    weights: pd.Series
    logs: bool
    converged: bool
    links: pd.DataFrame

    __repr__ = short

    def predict(self, table, *, order: str | None = None) -> np.ndarray:
        """What is new, an item or a skill, adds nothing; with nothing known it is σ(intercept)."""
        return as_given(self._forecast, table, order)

    def _forecast(self, table) -> np.ndarray:
        names = {feature: part.index.get_level_values(1) for feature, part in self.weights.groupby(level=0)}
        design = _design(table, self.links, names["skill"], names.get("item"), self.logs)
        return expit(self.intercept + design @ self.weights.to_numpy())


def fit_skill_mean(table, skills, *, strength: float = 10.0) -> Means:
    """The share of right answers of each skill, as if `strength` more answers had come in at the overall share."""
    _, correct = read_training(table)
    strength = not_negative(strength, "strength")
    known = skill_names(table, skills)
    incidence, overall = skill_matrix(table["item"], skills, known), correct.mean()
    share = (incidence.T @ correct + strength * overall) / (incidence.sum(0) + strength)
    return Means(float(overall), pd.Series(share, known), None, links_of(skills))


def fit_item_mean(table, skills, *, strength: float = 10.0) -> Means:
    """The share of right answers of each item, as if `strength` more answers had come in at the overall share.

    skills, smoothed alike, stand in for items not seen.
    """
    by_skill = fit_skill_mean(table, skills, strength=strength)
    items, names = pd.factorize(table["item"], sort=True)
    right, asked = np.bincount(items, read_training(table)[1]), np.bincount(items)
    share = pd.Series((right + strength * by_skill.overall) / (asked + strength), names)
    return Means(by_skill.overall, by_skill.skill, share, by_skill.links)


def fit_rasch(table, *, item_sd: float = 1.0, points: int = 81) -> Rasch:
    """Difficulties by maximum a posteriori with the abilities summed out on a grid (Bock & Aitkin 1981).

    item_sd: a normal of this sd holds each difficulty near their mean; mean and ability_sd are fitted freely. An item
    answered again counts each time. points: nodes of the grid, from −4 to 4 sd of ability.
    """
    student, correct = read_training(table)
    item_sd, points = not_negative(item_sd, "item_sd"), whole(points, "points", 11)
    if item_sd == 0:
        raise ValueError("item_sd = 0: all items would be alike; give a number above 0")
    items, names = pd.factorize(table["item"], sort=True)
    shape = student.max() + 1, len(names)
    fits_in_memory(4 * points * max(shape), f"a grid of {points:,} points for {shape[0]:,} students")
    right = sparse.csr_array((correct.astype(float), (student, items)), shape)
    wrong = sparse.csr_array((1.0 - correct, (student, items)), shape)
    node, log_weights = even(4, 8 / (points - 1))

    def loss(x):
        """Minus the log posterior and its gradient; x: each item's distance from the mean, the mean, log ability_sd."""
        offset, mean, sd = x[:-2], x[-2], np.exp(x[-1])
        likelihood, weight, p = summed(right, wrong, sd * node - (mean + offset)[:, None], log_weights)
        successes = right.T @ weight
        residual = successes * (1 - p) - (wrong.T @ weight) * p
        by_item = residual.sum(1) + offset / item_sd**2
        gradient = np.r_[by_item, residual.sum(), -(residual @ node).sum() * sd]
        return (offset**2).sum() / (2 * item_sd**2) - likelihood, gradient

    found = minimize(loss, np.zeros(len(names) + 2), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    offset, mean = found.x[:-2], float(found.x[-2])
    difficulty = pd.Series(mean + offset, names)
    return Rasch(difficulty, mean, float(np.exp(found.x[-1])), bool(found.success), points)


def fit_pfa(table, skills, *, order: str | None = None, strength: float = 1.0, logs: bool = False) -> LogisticFactors:
    """Performance factors: each skill's easiness, and slopes on earlier right and wrong answers (Pavlik et al. 2009).

    An item that needs several skills adds up theirs. strength: 1 / variance of the normal prior that holds every weight
    near 0 (the source has none); the intercept is free. logs: take counts c as log(1 + c), not as they are.
    """
    return _fit_logistic(table, skills, False, order, strength, logs)


def fit_best_logistic(
    table, skills, *, order: str | None = None, strength: float = 1.0, logs: bool = True
) -> LogisticFactors:
    """Performance factors with each item's easiness and the student's right and wrong answers on anything.

    The best logistic regression of Gervet et al. (2020) without its counts of the same item. Settings: as `fit_pfa`.
    """
    return _fit_logistic(table, skills, True, order, strength, logs)


def split_students(table, fraction: float = 0.8, *, rng) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A random `fraction` of the students with all their rows, and the others; rows keep their order."""
    student, _ = read_log(table)
    n = student.max() + 1
    kept = round(inside(fraction, "fraction", 0.8) * n)
    if not 0 < kept < n:
        raise ValueError(f"fraction = {fraction!r} of {n} students leaves one side empty: give more students")
    first = np.isin(student, generator(rng).permutation(n)[:kept])
    return table[first], table[~first]


def _design(table, skills, known: pd.Index, items: pd.Index | None, logs: bool) -> sparse.csr_array:
    """(rows, features) of a log, features in the order of `_fit_logistic`."""
    student, correct = read_log(table)
    scale = np.log1p if logs else np.asarray
    incidence = skill_matrix(table["item"], skills, known)
    row, skill = incidence.nonzero()
    group = student[row] * len(known) + skill
    blocks = [incidence]
    for answer in (1, 0):
        count = scale(earlier(group, correct[row] == answer))
        blocks.append(sparse.csr_array((count, (row, skill)), incidence.shape))
    if items is not None:
        place = items.get_indexer(table["item"])
        seen = np.flatnonzero(place >= 0)
        blocks.append(sparse.csr_array((np.ones(len(seen)), (seen, place[seen])), (len(table), len(items))))
        blocks += [sparse.csr_array(scale(earlier(student, correct == a))[:, None]) for a in (1, 0)]
    return sparse.hstack(blocks, format="csr")


def _fit_logistic(table, skills, with_items: bool, order, strength: float, logs: bool) -> LogisticFactors:
    from sklearn.linear_model import LogisticRegression

    logs = flag(logs, "logs")
    read_training(table)
    table = table.iloc[log_order(table, order)]
    _, correct = read_training(table)
    if not_negative(strength, "strength") == 0:
        raise ValueError("strength = 0: a weight with answers of one kind would run away; give a number above 0")
    known = skill_names(table, skills)
    items = pd.factorize(table["item"], sort=True)[1] if with_items else None
    design = _design(table, skills, known, items, logs)
    solver = "lbfgs" if with_items else "newton-cholesky"
    model = LogisticRegression(C=1 / strength, solver=solver, max_iter=5000, tol=1e-6)  # or machines would differ
    model.fit(design, correct)
    features = [(feature, name) for feature in ("skill", "right", "wrong") for name in known]
    if with_items:
        features += [("item", name) for name in items] + [("all right", ""), ("all wrong", "")]
    weights = pd.Series(model.coef_[0], pd.MultiIndex.from_tuples(features, names=["feature", "name"]))
    converged = bool(model.n_iter_[0] < model.max_iter)
    return LogisticFactors(float(model.intercept_[0]), weights, logs, converged, links_of(skills))
