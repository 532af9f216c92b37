"""Columns of a long table as the arrays that `Responses` holds; what is wrong is named with its row and a remedy."""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable, Iterable
from reprlib import repr as shown

import numpy as np

from .._checks import listed

# Columns of numbers that say when: their names in lower case, without signs. Durations, such as time_taken, are none.
_WHEN = set(
    "order orderid time times timestamp timestamps when date datetime ts t unixtime epoch answeredat createdat "
    "submittedat starttime startdate startedat endtime enddate endedat finishedat timecreated timemodified".split()
)


def check_frame(frame, *columns: str) -> None:
    """Raise ValueError unless `frame` is a DataFrame that has rows, and each of `columns` once."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame = {shown(frame)}: give a pandas DataFrame, one row an answer")
    check_columns(frame.columns.tolist(), *columns)
    if not len(frame):
        raise ValueError("the frame has no rows: give at least one answer")


def check_columns(have: list, *columns: str) -> None:
    """Raise ValueError unless each of `columns` stands once among the names of a table's."""
    import pandas as pd

    for column in columns:
        named = isinstance(column, Hashable) and column is not pd.NA
        found = have.count(column) if named else 0
        if not found:
            told = ", ".join(map(repr, have[:30])) + " ..." * (len(have) > 30)
            raise ValueError(f"no column {shown(column)}; the frame has {told or 'none'}")
        if found > 1:
            raise ValueError(f"the frame has more than one column {column!r}: keep one")


def ordered_rows(frame, student: str, order: str | None, *, known: Iterable = ()) -> np.ndarray:
    """Positions of all rows of a long frame such that each student's stand in the order answered.

    order: the column of numbers or times to sort by; rows of the same time keep their order. None: the rows stand as
    answered, unless a column says otherwise. Then ValueError names it, and the first row where it goes back within a
    student. Such a column holds dates or times, or dates as text (2026-09-07, with a time or without), or numbers under
    a name such as order, time or timestamp. known: columns with another job, which are not looked at.
    """
    check_frame(frame, student, *([] if order is None else [order]))
    if order is not None:
        return np.argsort(times(frame[order], len(frame)), kind="stable")

    rows, ascending = None, None
    for place, name in enumerate(frame.columns):
        when = None if name == student or name in known else _looks_like_time(frame.iloc[:, place])
        if when is None:
            continue
        if rows is None:
            group, _ = factorized(frame[student], frame.index, "student")
            rows = np.argsort(group, kind="stable")
            ascending = group[rows]
        filled = ~np.isnan(when[rows])
        own, value, who = rows[filled], when[rows][filled], ascending[filled]
        back = np.flatnonzero((value[1:] < value[:-1]) & (who[1:] == who[:-1]))
        if back.size:
            first = back[np.argmin(own[back + 1])]
            column = frame.iloc[:, place]
            raise ValueError(
                f"rows count as ordered, but column {name!r} goes back in row {cell(frame.index, own[first + 1])}: "
                f"{cell(column, own[first + 1])} after {cell(column, own[first])}, student "
                f"{cell(frame[student], own[first])}. Give order={name!r}, or drop the column if the rows are in order"
            )
    return np.arange(len(frame))


def _looks_like_time(column) -> np.ndarray | None:
    """(rows,) numbers or datetime64, missing where nothing stands, of a column that says when; None of any other."""
    from pandas.api import types

    if types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
        named = isinstance(column.name, str) and re.sub(r"[\W_]", "", column.name.lower()) in _WHEN
        real = named and not types.is_complex_dtype(column.dtype)
        return column.to_numpy(dtype=float, na_value=np.nan) if real else None
    return _dates(column)


def _dates(column) -> np.ndarray | None:
    """(rows,) datetime64, NaT where nothing stands, of a column of dates, or of text that is all dates; else None."""
    import pandas as pd
    from pandas.api import types

    if not types.is_datetime64_any_dtype(column.dtype):
        if not (types.is_object_dtype(column.dtype) or types.is_string_dtype(column.dtype)):
            return None
        first = column[column.notna()].head(1).tolist()  # a cheap look before all are read
        written = first and isinstance(first[0], str) and re.match(r"\s*\d{4}-\d\d-\d\d", first[0])
        if not (written or (first and isinstance(first[0], datetime.date))):
            return None
    when = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    return None if (when.isna() & column.notna()).any() else when.dt.tz_convert(None).to_numpy()


def unique_names(names: Iterable, what: str) -> tuple:
    """Names of students or items as a tuple, each hashable, none missing; the same name twice is refused."""
    names = in_order(names, what)
    for name in names:
        if not isinstance(name, Hashable) or name is None or name != name:  # NaN is not itself
            raise ValueError(f"{what} name {shown(name)}: give each a text or a number of its own")
    if len(set(names)) < len(names):
        seen = set()
        twice = next(name for name in names if name in seen or seen.add(name))
        raise ValueError(f"{what} {twice!r} stands twice among the {what} names: give each a name of its own")
    return names


def in_order(names: Iterable, what: str) -> tuple:
    """Names as a tuple; a set, which has no order, is refused."""
    if isinstance(names, set | frozenset | np.ma.MaskedArray):
        raise ValueError(f"{what} names = {shown(names)} stand in no order or are masked: give a list")
    return listed(names, f"{what} names", "['ann', 'bob']")


def codes(values, names: tuple, n: int, what: str) -> np.ndarray:
    """(n,) int32 places in `names`."""
    array = as_array(values, f"{what} codes")
    if array.dtype.kind not in "iu" or array.shape != (n,) or not n:
        raise ValueError(
            f"{what} codes have type {array.dtype} and shape {array.shape}: give {n} whole numbers, one an answer"
        )
    if not 0 <= array.min() <= array.max() < len(names):
        raise ValueError(
            f"{what} codes from {array.min()} to {array.max()} with {len(names)} names: give 0 to {len(names) - 1}"
        )
    return array.astype(np.int32, copy=False)


def coded(column, names: Iterable | None, rows, what: str) -> tuple[np.ndarray, tuple]:
    """A column's codes, and the names they are places in: those given, else those found, in order of appearance."""
    import pandas as pd

    if names is None:
        return factorized(column, rows, what)
    names = unique_names(names, what)
    found, theirs = factorized(column, rows, what)
    places = pd.Index(list(names), tupleize_cols=False).get_indexer(pd.Index(theirs, tupleize_cols=False))[found]
    if (places < 0).any():
        row = int(np.argmax(places < 0))
        raise not_among(rows, row, what, column.iloc[row], len(names))
    return places, names


def not_among(rows, row: int, what: str, name, given: int) -> ValueError:
    """What to say of a name that is not among those given."""
    told = f"row {cell(rows, row)}: {what} {cell([name], 0)} is not among the {given} {what} names given"
    return ValueError(f"{told}: add it to them or drop the row")


def factorized(column, rows, what: str) -> tuple[np.ndarray, tuple]:
    """A column's codes, and the names in order of appearance; -1 where none stands."""
    import pandas as pd

    try:
        places, names = pd.factorize(column)
    except TypeError:  # a list, say, among the names
        row = next((row for row, value in enumerate(column) if not isinstance(value, Hashable)), 0)
        what = f"{what} {shown(column.iloc[row])}"
        raise ValueError(f"row {cell(rows, row)}: {what} is no name: give a text or a number") from None
    return places, tuple(names.tolist())


def right_or_wrong(column, rows) -> np.ndarray:
    """Answers as int8, 1 right and 0 wrong; text that says 1 or 0 is taken, anything else refused."""
    raw = as_array(column, "correct")
    if raw.ndim != 1:
        raise ValueError(f"correct has shape {raw.shape}: give one answer a row, or use Responses.from_wide")
    values = as_numbers(raw)
    good = (values == 0) | (values == 1)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(
            f"row {cell(rows, row)}: answer {cell(column, row)} is not 1 (right) or 0 (wrong): recode it, or leave out "
            "rows that hold no answer"
        )
    return values.astype(np.int8, copy=False)


def wide(table, students: tuple | None, items: tuple | None) -> tuple[np.ndarray, tuple, tuple]:
    """A (students, items) float array of 1, 0 and NaN (not asked), and the names: those given, else 0, 1, 2 ..."""
    import pandas as pd

    try:
        raw = np.asarray(table)
    except ValueError:
        raise ValueError("the rows of table differ in length: give a (students, items) array, NaN: not asked") from None
    if isinstance(table, np.ma.MaskedArray):
        raise ValueError("table is a masked array: give table.astype(float).filled(np.nan)")
    if raw.ndim != 2:
        raise ValueError(f"table has shape {raw.shape}: give a (students, items) array")
    students, items = students or tuple(range(raw.shape[0])), items or tuple(range(raw.shape[1]))
    values = as_numbers(raw)
    bad = ~(pd.isna(raw) | (values == 0) | (values == 1))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"answer {cell(raw[row], column)} of student {students[row]!r} to item {items[column]!r} is not 1 (right), "
            "0 (wrong) or NaN (not asked): recode it"
        )
    return values.astype(float, copy=False), students, items


def as_array(values, name: str) -> np.ndarray:
    """As numpy reads it; what it cannot read, lists of different lengths or a masked array, is refused by name."""
    try:
        if not isinstance(values, np.ma.MaskedArray):
            return np.asarray(values)
    except (ValueError, TypeError):
        pass
    raise ValueError(f"{name} = {shown(values)}: give one list or array, all rows of one length, nothing masked")


def as_numbers(raw: np.ndarray) -> np.ndarray:
    """As numbers; NaN for what is none."""
    import pandas as pd

    if raw.dtype.kind in "biuf":
        return raw
    real = [np.nan if isinstance(value, complex) else value for value in raw.ravel().tolist()]
    column = pd.Series(real, dtype=object)
    return pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan).reshape(raw.shape)


def times(column, n: int) -> np.ndarray:
    """(n,) numbers, or times as datetime64, none missing; text that is no date is refused, for "10" is before "9"."""
    import pandas as pd
    from pandas.api import types

    values = _dates(column) if isinstance(column, pd.Series) else None
    if values is None and types.is_extension_array_dtype(column) and column.dtype.kind in "iuf":
        values = column.to_numpy(dtype=float, na_value=np.nan) if column.isna().any() else column.to_numpy()
    elif values is None:
        values = as_array(column, "order")
    if values.dtype.kind not in "iufM" or values.shape != (n,):
        raise ValueError(
            f"order has type {values.dtype} and shape {values.shape}: give one number or time for each of {n} answers "
            "(pandas.to_numeric or pandas.to_datetime make them from text)"
        )
    if np.isnan(values).any():
        raise ValueError(f"{int(np.isnan(values).sum())} of {n} answers have no order: fill it in or leave them out")
    return values


def weights(column, rows, n: int) -> np.ndarray:
    """(n,) finite floats, 0 or more."""
    raw = as_array(column, "weight")
    if raw.shape != (n,):
        raise ValueError(f"weight has shape {raw.shape}: give one for each of {n} answers")
    values = as_numbers(raw).astype(float)
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"row {cell(rows, row)}: weight {cell(column, row)}: give a finite number, 0 or more")
    return values


def refuse_empty(frame, columns: Iterable[str]) -> None:
    """Raise ValueError if a cell of these columns is missing: say how many, and what drops them."""
    for column in columns:
        if empty := int(frame[column].isna().sum()):
            raise ValueError(
                f"{empty} of {len(frame)} rows have no {column!r}: leave them out, "
                f"frame.dropna(subset=[{column!r}]); what was not asked needs no row"
            )


def cell(values, row: int) -> str:
    """One value of a column, an array or a list as messages show it."""
    value = values.iloc[row] if hasattr(values, "iloc") else values[row]
    if isinstance(value, datetime.date):
        return str(value)
    return shown(value.item() if isinstance(value, np.generic) else value)


def index(names: tuple, what: str):
    """Names as a pandas Index; a name that is a tuple stays one."""
    import pandas as pd

    return pd.Index(list(names), name=what, tupleize_cols=False)
