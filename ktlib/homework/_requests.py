"""What `recommend` is asked for, checked: weights, who is mastered, what is eligible, what was attempted."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data import _frames as read
from ..data.responses import Responses
from ._forecasts import located
from .pool import Pool

NEEDS = {
    "need": "mastery=, P(known) of each skill",
    "recency": "a pool with created",
    "picture": "a pool with picture",
    "table": "a pool with table",
    "uncertainty": "a fit or a posterior instead of a table of forecasts",
}


def shares(default: Mapping, weights, pool: Pool, mastery: bool, believes: bool) -> dict[str, float]:
    """Part -> its share of the score, above 0 and 1 together; a part that cannot be computed is refused."""
    there = {"closeness": True, "need": mastery, "uncertainty": believes, "recency": pool.created is not None}
    there |= {name: getattr(pool, name) is not None for name in ("picture", "table")}
    if weights is None:
        weights = {name: weight for name, weight in default.items() if there[name]}
    else:
        weights = checks.mapping(weights, "weights", "{'closeness': 0.7, 'need': 0.3}")
    for name, weight in weights.items():
        checks.one_of(name, default, "a weight's name")
        if checks.not_negative(weight, f"weights[{name!r}]") and not there[name]:
            raise ValueError(f"weights[{name!r}] = {weight:g} needs {NEEDS[name]}")
    total = sum(weights.values())
    if not 0 < total < np.inf:
        raise ValueError(f"weights = {shown(weights)} add up to {total:g}: give at least one above 0")
    return {name: float(weights[name] / total) for name in default if weights.get(name)}


def mastery_of(mastery, pool: Pool, students: tuple) -> np.ndarray:
    """(students, S) P(known), rows and columns in the order of students and of the pool's skills."""
    if hasattr(mastery, "columns"):
        rows = located(students, read.unique_names(mastery.index, "student"), "student", "mastery's rows")
        columns = located(pool.skill_names, read.unique_names(mastery.columns, "skill"), "skill", "mastery's columns")
        mastery = mastery.iloc[rows, columns]
    mastery = checks.probabilities(mastery, "mastery")
    if mastery.shape != (len(students), len(pool.skill_names)):
        raise ValueError(
            f"mastery has shape {mastery.shape}: give P(known) of {len(students)} students and "
            f"{len(pool.skill_names)} skills, or a DataFrame with their names"
        )
    return mastery


def eligibility(eligible, pool: Pool, students: int) -> np.ndarray:
    """(items,) or (students, items) of True and False. ValueError where nothing is left."""
    if eligible is None:
        return np.ones(len(pool), dtype=bool)
    array = read.as_array(eligible, "eligible")
    allowed = array if array.dtype == bool else _by_name(eligible, pool)
    if allowed.shape not in ((len(pool),), (students, len(pool))):
        raise ValueError(
            f"eligible has shape {allowed.shape}: give ({len(pool)} questions,) or ({students} students, {len(pool)}) "
            "of True and False, or names of labels and grades"
        )
    if not allowed.any():
        raise ValueError(f"eligible leaves none of {len(pool)} questions: allow some")
    return allowed


def _by_name(names, pool: Pool) -> np.ndarray:
    """(items,) whether a question has one of the labels named, if any is, and one of the grades, if any is."""
    names = checks.listed(names, "eligible", f"[{pool.label[0]!r}]")
    if not names:
        raise ValueError("eligible = []: name a label or a grade, or leave it out")
    of = [what for what in (pool.label, pool.grade) if what is not None]
    for name in names:
        places = sum(isinstance(name, Hashable) and name in set(what) for what in of)
        if places != 1:
            wrong = "both a label and a grade" if places else "no label or grade of the pool"
            raise ValueError(f"eligible names {shown(name)}, {wrong}: give True and False for each question, or others")
    chosen = [np.array([value in names for value in what]) for what in of]
    return np.all([one for one in chosen if one.any()], axis=0)


def attempts(seen, pool: Pool, source) -> tuple[np.ndarray, np.ndarray]:
    """What each asked student attempted: items (attempts,) by student, and (students + 1,) where each one's begin."""
    n = len(source.students)
    if seen is None:
        return np.zeros(0, dtype=np.int32), np.zeros(n + 1, dtype=int)
    checks.instance(seen, Responses, "seen", "give the answers so far as Responses")
    if not set(seen.students) & set(source.known):
        raise ValueError(
            f"seen has students such as {shown(seen.students[0])}, and none whom the forecasts know, such as "
            f"{shown(source.known[0])}: give both the same names"
        )
    student, item = (
        np.array([place.get(name, -1) for name in names], dtype=np.int32)[codes]
        for place, names, codes in (
            ({name: k for k, name in enumerate(source.students)}, seen.students, seen.student),
            ({name: k for k, name in enumerate(pool.items)}, seen.items, seen.item),
        )
    )
    here = (student >= 0) & (item >= 0)
    student, item = student[here], item[here]
    begin = np.concatenate([[0], np.cumsum(np.bincount(student, minlength=n))])
    return item[np.argsort(student, kind="stable")], begin
