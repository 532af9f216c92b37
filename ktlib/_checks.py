"""Checks at the door: each gives a value as the code needs it, or one ValueError with its name, value and remedy."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from reprlib import Repr
from reprlib import repr as shown

import numpy as np


@contextmanager
def extra(name: str, module: str) -> Iterator[None]:
    """Imports of `module` that come with the extra `name`: ModuleNotFoundError says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"{module} needs {error.name}, which is not installed: pip install 'ktlib[{name}]'"
        raise ModuleNotFoundError(message, name=error.name) from error


def one_of(value, options: Iterable, name: str):
    """One of `options`, which are names or None; anything else, a list or an array too, is refused by name."""
    options = tuple(options)
    for option in options:
        if value is option or (isinstance(value, str) and value == option):
            return option
    raise ValueError(f"{name} = {shown(value)}: give one of {', '.join(map(repr, options))}")


def instance(value, kind: type | tuple[type, ...], name: str, remedy: str):
    """A value of the class it must have; `remedy` says where one comes from, as in "give what em.fit returned"."""
    if isinstance(value, kind):
        return value
    raise ValueError(f"{name} = {shown(value)}: {remedy}")


def mapping(value, name: str, example: str) -> dict:
    """A mapping as a dict; `example` shows one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"{name} = {shown(value)}: give a dict such as {example}")


def listed(value, name: str, example: str) -> tuple:
    """A list, tuple, array or index as a tuple; a text, a number or a mapping is none. `example` shows one."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        try:
            return tuple(v.item() if isinstance(v, np.generic) else v for v in value)
        except TypeError:  # an array without dimensions
            pass
    raise ValueError(f"{name} = {shown(value)}: give a list such as {example}")


def flag(value, name: str) -> bool:
    """True or False, nothing that merely counts as one."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"{name} = {shown(value)}: give True or False")


def own(array) -> np.ndarray:
    """A copy that nobody can write into: for an object that is checked once and keeps its arrays."""
    array = np.array(array)
    array.setflags(write=False)
    return array


def finite(value, name: str) -> float:
    """One finite number."""
    if _is_real(value) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{name} = {shown(value)}: give one finite number")


def fits_in_memory(values: int, what: str, most: float = 2e9) -> None:
    """Raise ValueError if so many numbers (`most`: 16 GB of floats) are asked for: before work, not half-way."""
    if values > most:
        raise ValueError(
            f"{what} would take {float(values):.1g} numbers, {8 * float(values) / 2**30:,.0f} GiB: ask for less"
        )


def numbers(value, name: str) -> np.ndarray:
    """A number or an array of numbers, as floats."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufO":
            return array.astype(float)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} = {shown(value)} is not a number: give a number or an array of numbers")


def probabilities(value, name: str, *, missing: bool = False) -> np.ndarray:
    """A number or an array in [0, 1]; NaN passes if `missing`."""
    array = numbers(value, name)
    good = (array >= 0) & (array <= 1)
    if missing:
        good |= np.isnan(array)
    if not good.all():
        raise ValueError(f"{name} = {array[~good].flat[0]:g} is not a probability: give numbers between 0 and 1")
    return array


def inside(value, name: str, example: float) -> float:
    """One number between 0 and 1, neither of them."""
    if _is_real(value) and 0 < value < 1:
        return float(value)
    raise ValueError(f"{name} = {shown(value)} is not between 0 and 1: give a number such as {example:g}")


def not_negative(value, name: str) -> float:
    """One finite number, 0 or more."""
    if _is_real(value) and 0 <= value < math.inf:
        return float(value)
    raise ValueError(f"{name} = {shown(value)}: give a finite number, 0 or more")


def whole(value, name: str, least: int, most: float = math.inf) -> int:
    """One whole number, `least` to `most`; True and 3.0 are none."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and least <= value <= most:
        return int(value)
    limit = f"{least} or more" if most == math.inf else f"{least} to {most:,}"
    raise ValueError(f"{name} = {shown(value)}: give a whole number, {limit}")


def whole_each(value, name: str, students: int) -> np.ndarray:
    """(students,) whole numbers of 1 or more, from one for all or one for each."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "iu" or array.shape not in ((), (students,)) or (array < 1).any():
        raise ValueError(
            f"{name} = {shown(value)}: give a whole number, 1 or more, or one for each of {students} students"
        )
    return np.broadcast_to(array, (students,))


def generator(rng) -> np.random.Generator:
    """A generator from a generator or a seed. None, which would draw differently in every run, is refused."""
    try:
        if rng is not None:
            return np.random.default_rng(rng)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"rng = {shown(rng)}: pass a seed, a whole number, or a numpy.random.Generator")


def frozen_blocks(frozen, start, model: str) -> tuple[str, ...]:
    """Blocks to leave as they are: named, or marked in `start`, which must hold them."""
    if start is not None and not (hasattr(start, "blocks") and hasattr(start, "frozen")):
        raise ValueError(f"start is a {type(start).__name__}: give a posterior, such as fit.posterior")
    if isinstance(frozen, str) or not isinstance(frozen, Iterable):
        raise ValueError(f"frozen = {shown(frozen)}: give a list of names, such as ['difficulty']")
    frozen = listed(frozen, "frozen", "['difficulty']")
    for name in frozen:
        if not isinstance(name, str):
            raise ValueError(f"frozen names {shown(name)}: give names of blocks, such as 'difficulty'")
    names = tuple(dict.fromkeys([*frozen, *(start.frozen if start is not None else ())]))
    if names and start is None:
        raise ValueError(
            f"frozen = {list(names)}: a frozen block needs values; pass a posterior that has them as start"
        )
    if start is not None and start.model != model:
        raise ValueError(f"start holds a {start.model} model, not a {model} one: fit that model, or start without")
    for name in names:
        if name not in start.blocks:
            raise ValueError(f"frozen names {name!r}; a {model} model has {', '.join(start.blocks)}")
    return names


def layout(model: str, responses, factors, attributes, mask) -> None:
    """The shape of a factor model: factors K, attributes X (items, A), mask (D, A)."""
    if model == "two-parameter":
        for value, name in ((factors, "factors"), (attributes, "attributes"), (mask, "mask")):
            if value is not None:
                raise ValueError(f"a two-parameter model takes no {name}: leave it out, or choose a factor model")
        return
    students, items = len(responses.students), len(responses.items)
    if whole(factors, "factors", 1) > min(students, items):
        raise ValueError(
            f"factors = {factors} for {students} students and {items} items: give at most the smaller number"
        )
    if model == "factorization":
        if attributes is not None or mask is not None:
            raise ValueError("a factorization model takes no attributes and no mask: choose model='hierarchical'")
        return
    x = numbers(attributes, "attributes")
    if x.ndim != 2 or len(x) != items or not x.shape[1]:
        raise ValueError(f"attributes have shape {x.shape} for {items} items: give (items, attributes)")
    if not np.isin(x, (0, 1)).all():
        row, column = np.argwhere(~np.isin(x, (0, 1)))[0]
        raise ValueError(f"attributes[{row}, {column}] = {x[row, column]:g}: an item has an attribute, 1, or not, 0")
    unseen = np.flatnonzero(~x.any(0))
    if len(unseen):
        raise ValueError(f"no item has attribute {unseen[0]}: leave its column out")
    try:
        mask = np.asarray(mask)
    except ValueError:  # rows of different lengths
        mask = np.asarray(mask, dtype=object)
    if mask.dtype != bool or mask.ndim != 2 or mask.shape[1] != x.shape[1] or not mask.any(1).all():
        raise ValueError(
            f"mask of type {mask.dtype} and shape {mask.shape}: give True and False, a row for each extra coordinate "
            f"with at least one True, and {x.shape[1]} columns"
        )


class _Short(Repr):
    """Arrays and tables by their size; anything else is cut off where it grows long."""

    def __init__(self):
        super().__init__()
        self.maxtuple = self.maxlist = 3
        self.maxstring = self.maxother = 130

    def repr_float(self, number, level):
        """Six digits."""
        return f"{number:.6g}"

    def repr_ndarray(self, array, level):
        """An array's type and shape."""
        return f"{array.dtype} array {array.shape}"

    def repr_DataFrame(self, table, level):
        """A table's shape."""
        return f"DataFrame {table.shape}"


_SHORT = _Short()


def short(self) -> str:
    """A result in at most nine lines, as its `__repr__`: class, then each field, arrays by their type and shape."""
    said = ", ".join(f"{f.name}={_SHORT.repr(getattr(self, f.name))}" for f in fields(self) if f.repr)
    said = f"{type(self).__name__}({said})"
    return textwrap.fill(said, 110, subsequent_indent="    ", max_lines=9, placeholder=" ...")


def _is_real(value) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
