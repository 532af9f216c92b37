"""A log of answers and its table of skills, checked and coded: what `baselines` and `dkt` read."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from ..data._frames import check_frame, factorized, ordered_rows, refuse_empty, right_or_wrong


def read_log(table) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) codes of the students in order of appearance, and (rows,) answers, 1 or 0, of a checked log."""
    check_frame(table, "student", "item", "correct")
    refuse_empty(table, ("student", "item", "correct"))
    factorized(table["item"], table.index, "item")
    student, _ = factorized(table["student"], table.index, "student")
    return student, right_or_wrong(table["correct"], table.index)


def read_training(table) -> tuple[np.ndarray, np.ndarray]:
    """As `read_log`, of a log with right and wrong answers."""
    student, correct = read_log(table)
    if correct.min() == correct.max():
        kind = "right" if correct[0] else "wrong"
        raise ValueError(f"all {len(correct)} answers are {kind}: give a log that holds right and wrong answers")
    return student, correct


def log_order(table, order: str | None) -> np.ndarray:
    """Positions of the rows of a checked log such that each student's stand in the order answered."""
    return ordered_rows(table, "student", order, known=("item", "correct"))


def as_given(forecast, table, order: str | None) -> np.ndarray:
    """`forecast` of the log in the order answered, (rows,) in the order of the rows given."""
    read_log(table)
    rows = log_order(table, order)
    out = np.empty(len(rows))
    out[rows] = forecast(table.iloc[rows])
    return out


def skill_names(table, skills) -> pd.Index:
    """The skills, ascending, that some item of the log needs."""
    links = links_of(skills)
    known = links.loc[links["item"].isin(table["item"]), "skill"]
    if known.empty:
        raise ValueError(f"skills name none of the {table['item'].nunique()} items of the log: give their skills")
    return pd.factorize(known, sort=True)[1]


def skill_matrix(items, skills, known: pd.Index) -> sparse.csr_array:
    """(rows, known skills) 1.0 where the row's item needs the skill; an item without known skills has a row of 0."""
    links = links_of(skills)
    links = links[links["skill"].isin(known)]
    codes, names = pd.factorize(links["item"])
    shape = len(names) + 1, len(known)
    table = sparse.csr_array((np.ones(len(links)), (codes, known.get_indexer(links["skill"]))), shape)
    return table[pd.Index(names).get_indexer(items)]  # what is not found, -1, takes the last row, which is empty


def earlier(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """For each row the sum of `value` (rows, ...) over the earlier rows of its group."""
    order = np.argsort(group, kind="stable")
    ascending = group[order]
    before = np.cumsum(value[order], axis=0, dtype=float)
    before = np.concatenate([np.zeros_like(before[:1]), before[:-1]])
    first = np.r_[0, np.flatnonzero(np.diff(ascending)) + 1]
    out = np.empty(before.shape)
    out[order] = before - np.repeat(before[first], np.diff(np.r_[first, len(group)]), axis=0)
    return out


def links_of(skills) -> pd.DataFrame:
    """The checked table of items and skills, each pair once."""
    check_frame(skills, "item", "skill")
    refuse_empty(skills, ("item", "skill"))
    for column in ("item", "skill"):
        factorized(skills[column], skills.index, column)
    return skills[["item", "skill"]].drop_duplicates()
