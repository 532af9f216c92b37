"""Cells of a messy table, column by column: names, answers and moments, each looked at once however often it stands."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from reprlib import repr as shown

import numpy as np

from .._checks import instance
from ._frames import factorized

NOTHING = {"", "na", "n/a", "#n/a", "nan", "nat", "<na>", "null", "none", "\\n"}  # in lower case, without spaces
WORDS = {
    **dict.fromkeys("1 true t yes y right correct".split(), 1),
    **dict.fromkeys("0 false f no n wrong incorrect".split(), 0),
}


def plain(value):
    """A text without spaces at its ends; a whole float as an integer; None where nothing stands."""
    if isinstance(value, str):
        value = value.strip()
        return None if value.lower() in NOTHING else value
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value != value or type(value).__name__ == "NAType":
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coded(column, rows, what: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows,) places in the names, -1 where nothing stands; the names, ascending; and where spaces were trimmed."""
    places, found = factorized(column, rows, what)
    clean = [plain(value) for value in found]
    names = sorted(
        dict.fromkeys(value for value in clean if value is not None), key=lambda v: (str(v), type(v).__name__)
    )
    place = {name: k for k, name in enumerate(names)} | {None: -1}
    where = np.array([place[value] for value in clean] + [-1])  # the last for rows of which pandas says: missing
    trimmed = np.array([isinstance(value, str) and value != value.strip() for value in found] + [False])
    return where[places], as_objects(names), trimmed[places] & (where[places] >= 0)


def as_objects(names) -> np.ndarray:
    """A list as an array of its own objects, tuples too."""
    out = np.empty(len(names), dtype=object)
    out[:] = names
    return out


def pieces(names: np.ndarray, sign: str) -> list[tuple]:
    """Each name cut at a sign: its parts without spaces, each once, none of them empty."""
    cut = [[plain(part) for part in name.split(sign)] if isinstance(name, str) else [name] for name in names.tolist()]
    return [tuple(dict.fromkeys(part for part in parts if part is not None)) for parts in cut]


def said(words) -> dict:
    """Further words for answers, checked: text in lower case -> 1, 0 or None, which leaves the row out."""
    if words is None:
        return {}
    if not isinstance(words, Mapping):
        raise ValueError(f"words = {shown(words)}: give a dict such as {{'solved': 1, 'gave up': 0, 'hint': None}}")
    for word, means in words.items():
        if not isinstance(word, str) or not (means is None or means in (0, 1)):
            raise ValueError(f"words[{shown(word)}] = {shown(means)}: give a text that means 1, 0 or None (leave out)")
    return {word.strip().lower(): means for word, means in words.items()}


def answers(column, rows, words: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) answers from 0 to 1, NaN where nothing stands; and where a word of `words` says that the row is to go."""
    places, found = factorized(column, rows, "correct")
    values = np.array([_answer(value, words) for value in found] + [math.nan])
    bad = np.flatnonzero(np.isinf(values[places]))
    if bad.size:
        value = found[places[bad[0]]]
        points = isinstance(_number(value), float)
        remedy = "divide points by the most there is to get" if points else f"words={{{shown(value)}: 0}} says which"
        raise ValueError(
            f"row {rows[bad[0]]}: answer {shown(value)} is neither right (1) nor wrong (0), {bad.size} such of "
            f"{len(places)} rows: {remedy}"
        )
    gone = np.array([isinstance(v, str) and words.get(v.strip().lower(), 1) is None for v in found] + [False])
    return values[places], gone[places]


def _answer(value, words: Mapping) -> float:
    """0 to 1; NaN for nothing, infinity for what is no answer."""
    value = plain(value)
    text = value.lower() if isinstance(value, str) else None
    if value is None or (text in words and words[text] is None):
        return math.nan
    if text is not None and text in (known := {**WORDS, **words}):
        return float(known[text])
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else math.inf


def _number(value) -> float | None:
    try:
        return float(value) if isinstance(value, str | bool | np.bool_ | numbers.Real) else None
    except (ValueError, OverflowError):
        return None


def moments(column, rows, dates: str | None, zone: str | None) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) numbers, or times as datetime64 (in UTC if they have zones); and where nothing stands.

    Text is numbers throughout or dates throughout: as 2026-09-07 17:24, or in the format `dates`. zone: of times that
    name none; without it all or none must name theirs.
    """
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(column.dtype) or types.is_complex_dtype(column.dtype):
        raise ValueError(f"row {rows[0]}: order {column.iloc[0]} is neither a number nor a date: name another column")
    if types.is_numeric_dtype(column.dtype):
        empty = column.isna().to_numpy()
        values = column.to_numpy(float, na_value=np.nan) if empty.any() else column.to_numpy()
        return _finite(values, empty, rows), empty
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    if types.is_datetime64_dtype(column.dtype):
        if zone is not None:
            column = _local(column, zone)
        return column.to_numpy(), column.isna().to_numpy()
    text = column.astype("str").str.strip()
    empty = (column.isna() | text.str.lower().isin(NOTHING)).to_numpy()
    text = text.reset_index(drop=True)[~empty]
    values = pd.to_numeric(text, errors="coerce")
    if values.notna().all() and dates is None:
        out = np.zeros(len(column), dtype=values.dtype if len(values) else float)
        out[~empty] = values
        return _finite(out, empty, rows), empty
    out = np.full(len(column), np.datetime64("NaT"), dtype="datetime64[us]")
    out[~empty] = _dates(text, rows, dates, zone)
    return out, empty


def _finite(values: np.ndarray, empty: np.ndarray, rows) -> np.ndarray:
    endless = np.isinf(values) & ~empty if values.dtype.kind == "f" else np.zeros(len(values), bool)
    if endless.any():
        raise ValueError(f"row {rows[int(endless.argmax())]}: order is infinite: give a number or a date")
    return values


def _dates(text, rows, dates: str | None, zone: str | None) -> np.ndarray:
    """datetime64 of texts that are all dates; text's index says which row each stands in."""
    import pandas as pd

    found = pd.to_datetime(text, format=dates or "ISO8601", errors="coerce", utc=True)
    if found.isna().any():
        place = found.index[int(found.isna().to_numpy().argmax())]
        like = (
            f"as dates={dates!r} has it"
            if dates
            else "as 2026-09-07 17:24; another way to write dates: dates='%d/%m/%Y'"
        )
        raise ValueError(
            f"row {rows[place]}: order {text[place]!r} is no date {like} ({found.isna().sum()} such of {len(text)} "
            "rows)"
        )
    zoned = _zoned(text) if dates is None else pd.Series("%z" in dates, text.index)
    if zoned.nunique() > 1 and zone is None:
        place = zoned.index[int((zoned != zoned.iloc[0]).to_numpy().argmax())]
        raise ValueError(
            f"row {rows[place]}: {text[place]!r} and {text.iloc[0]!r} in row {rows[text.index[0]]}: only one names its "
            "time zone; zone='UTC', or zone='Europe/Berlin', says where times without one were taken"
        )
    found = found.dt.tz_convert(None)
    if zone is not None and not zoned.all():
        found[~zoned] = _local(found[~zoned], zone)
    return found.to_numpy()


def _zoned(text):
    """Which times name their zone: Z, UTC, GMT, or an offset such as +02:00 or +0200 or +02 after a time of the day."""
    signs = [text.str.slice(-k, 1 - k).isin(["+", "-"]) for k in (6, 5, 3)]
    ends = text.str.endswith(("Z", "z", "UTC", "GMT"))
    return text.str.contains(":", regex=False) & (ends | np.logical_or.reduce(signs))


def _local(times, zone: str):
    """Times of a place as UTC: an hour that comes twice counts as its first, one left out by the clock as after it."""
    import pandas as pd

    first = np.ones(len(times), dtype=bool)
    try:
        local = times.dt.tz_localize(
            instance(zone, str, "zone", "give a name such as 'UTC'"), ambiguous=first, nonexistent="shift_forward"
        )
    except (KeyError, OSError, ValueError, TypeError):
        raise ValueError(f"zone = {zone!r}: give a name such as 'UTC' or 'Europe/Berlin'") from None
    return pd.Series(local).dt.tz_convert(None)
