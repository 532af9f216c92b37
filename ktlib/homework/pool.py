"""The questions that a homework is chosen from, with what is known of each without asking anyone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import KW_ONLY, dataclass
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data import _frames as read


@dataclass(frozen=True, eq=False)
class Pool:
    """Questions, one a place; every array is in the order of `items`, is the pool's own and read-only.

    items: names. label: (items,) array of names, the one content area of each question. skills: (items, S) array of 0
    and 1, which skills a question asks for; left out, each label is one skill. skill_names: (S,) names, by default the
    labels, or 0, 1, 2 ... difficulty: (items,) numbers, larger is harder. created: (items,) when it was made, in weeks,
    larger is newer. picture, table: (items,) True where a question has one. grade: (items,) array of names, the school
    year. What is None is not known. Raises ValueError naming what does not fit.
    """

    items: tuple
    _: KW_ONLY
    label: np.ndarray
    skills: np.ndarray | None = None
    skill_names: tuple | None = None
    difficulty: np.ndarray | None = None
    created: np.ndarray | None = None
    picture: np.ndarray | None = None
    table: np.ndarray | None = None
    grade: np.ndarray | None = None

    __repr__ = checks.short

    def __post_init__(self):
        items = read.unique_names(self.items, "item")
        if not items:
            raise ValueError("the pool has no questions: give at least one")
        label = _named(self.label, "label", len(items))
        skills, skill_names = _skills(self.skills, self.skill_names, label)
        found = {"items": items, "label": label, "skills": skills, "skill_names": skill_names}
        for name in ("difficulty", "created"):
            found[name] = _each(getattr(self, name), name, len(items))
        for name in ("picture", "table"):
            found[name] = _shows(getattr(self, name), name, len(items))
        found["grade"] = None if self.grade is None else _named(self.grade, "grade", len(items))
        for name, value in found.items():
            object.__setattr__(self, name, checks.own(value) if isinstance(value, np.ndarray) else value)

    def __len__(self) -> int:
        return len(self.items)

    def places(self, names) -> np.ndarray:
        """(names,) integer codes: where questions of these names stand in the pool. ValueError for one it lacks."""
        names = checks.listed(names, "names", f"[{self.items[0]!r}]")
        place = {item: code for code, item in enumerate(self.items)}
        try:
            return np.array([place[name] for name in names], dtype=int)
        except (KeyError, TypeError):
            lacks = next(name for name in names if not isinstance(name, Hashable) or name not in place)
            raise ValueError(f"no question {shown(lacks)} in the pool: give names from pool.items") from None

    def frame(self):
        """A DataFrame with a row a question: what is known of it, and a column of 0 and 1 for each skill."""
        import pandas as pd

        names = ("label", "grade", "difficulty", "created", "picture", "table")
        columns = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        columns |= {f"skill {name}": self.skills[:, k] for k, name in enumerate(self.skill_names)}
        return pd.DataFrame(columns, read.index(self.items, "item"))


def _named(values, name: str, items: int) -> np.ndarray:
    """(items,) array of names, one an item: each hashable, none missing."""
    names = read.in_order(values, name)
    if len(names) != items:
        raise ValueError(f"{name} has {len(names)} names for {items} questions: one for each")
    for k, value in enumerate(names):
        if not isinstance(value, Hashable) or value is None or value != value:
            raise ValueError(f"{name}[{k}] = {shown(value)}: give a text or a number")
    array = np.empty(items, dtype=object)
    array[:] = names
    return array


def _skills(skills, names, label: np.ndarray) -> tuple[np.ndarray, tuple]:
    """(items, S) array of 0 and 1, and the S names; by default a skill a label."""
    if skills is None:
        if names is not None:
            raise ValueError("skill_names without skills: give the (items, S) array too, or leave both out")
        names = tuple(dict.fromkeys(label))
        return np.array([[own == name for name in names] for own in label], dtype=np.int8), names
    skills = checks.numbers(skills, "skills")
    if skills.ndim != 2 or len(skills) != len(label) or not skills.shape[1]:
        raise ValueError(f"skills have shape {skills.shape} for {len(label)} questions: give (items, skills)")
    if not np.isin(skills, (0, 1)).all():
        row, column = np.argwhere(~np.isin(skills, (0, 1)))[0]
        raise ValueError(
            f"skills[{row}, {column}] = {skills[row, column]:g}: a question asks for a skill, 1, or not, 0"
        )
    names = range(skills.shape[1]) if names is None else checks.listed(names, "skill_names", "['adding']")
    names = read.unique_names(names, "skill")
    if len(names) != skills.shape[1]:
        raise ValueError(f"skill_names has {len(names)} names for {skills.shape[1]} skills: give each one")
    return skills.astype(np.int8), names


def _each(values, name: str, items: int) -> np.ndarray | None:
    """(items,) finite floats, or None."""
    if values is None:
        return None
    values = checks.numbers(values, name)
    if values.shape != (items,) or not np.isfinite(values).all():
        raise ValueError(f"{name} = {shown(values)}: give a finite number for each of {items} questions")
    return values


def _shows(values, name: str, items: int) -> np.ndarray | None:
    """(items,) True or False, or None."""
    values = _each(values, name, items)
    if values is not None and not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} = {shown(values)}: give True or False for each of {items} questions")
    return None if values is None else values.astype(bool)
