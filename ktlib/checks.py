"""Checks at the door: each gives a value as the code needs it, or one ValueError with its name, value and remedy."""

from __future__ import annotations

import math

import numpy as np


def numbers(value, name: str) -> np.ndarray:
    """A number or an array of numbers, as floats."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufO":
            return array.astype(float)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} = {value!r} is not a number: give a number or an array of numbers")


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
    raise ValueError(f"{name} = {value!r} is not between 0 and 1: give a number such as {example:g}")


def not_negative(value, name: str) -> float:
    """One finite number, 0 or more."""
    if _is_real(value) and 0 <= value < math.inf:
        return float(value)
    raise ValueError(f"{name} = {value!r}: give a finite number, 0 or more")


def whole(value, name: str, least: int) -> int:
    """One whole number, `least` or more; True and 3.0 are none."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ValueError(f"{name} = {value!r}: give a whole number, {least} or more")


def whole_each(value, name: str, students: int) -> np.ndarray:
    """(students,) whole numbers of 1 or more, from one for all or one for each."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "iu" or array.shape not in ((), (students,)) or (array < 1).any():
        raise ValueError(f"{name} = {value!r}: give a whole number, 1 or more, or one for each of {students} students")
    return np.broadcast_to(array, (students,))


def generator(rng) -> np.random.Generator:
    """A generator from a generator or a seed. None, which would draw differently in every run, is refused."""
    try:
        if rng is not None:
            return np.random.default_rng(rng)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"rng = {rng!r}: pass a seed, a whole number, or a numpy.random.Generator")


def _is_real(value) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
