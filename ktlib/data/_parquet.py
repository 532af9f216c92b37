"""A .parquet file of answers as the arrays of a `Responses`, by column and in chunks: the log is never there twice."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .._checks import extra
from . import _frames as read

ROWS = 65_536  # read at a time


def columns(
    path: Path,
    student: str = "student",
    item: str = "item",
    correct: str = "correct",
    order: str | None = None,
    weight: str | None = None,
    *,
    keep: str | None = None,
    students: Iterable | None = None,
    items: Iterable | None = None,
) -> dict | None:
    """Field -> value of the `Responses` in a file, all of it checked but that no answer is there twice.

    Settings as `Responses.from_frame` has them. Names are coded chunk by chunk. None where pandas has to read
    all at once: to `keep` one of several answers, or for names that are neither whole numbers nor text, or an order
    that is neither a number nor a time.
    Raises ValueError naming the row, counted from 0, and a remedy; ModuleNotFoundError without pyarrow.
    """
    if keep is not None:
        return None
    with extra("fast", "reading a .parquet file"):
        import pyarrow.parquet
    with _damage():
        file = pyarrow.parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    with file:
        named = {"student": student, "item": item, "correct": correct, "order": order, "weight": weight}
        named = {field: name for field, name in named.items() if name is not None}
        read.check_columns(file.schema_arrow.names, *named.values())
        n = file.metadata.num_rows
        if not n:
            raise ValueError("the file has no rows: give at least one answer")
        if not _simple(file.schema_arrow, named):
            return None
        names = {"student": _Names("student", students), "item": _Names("item", items)}
        found, done = {}, 0
        for batch in _batches(file, list(dict.fromkeys(named.values()))):
            rows = range(done, done + len(batch))
            for field, name in named.items():
                column = batch.column(name)
                if column.null_count:
                    row = done + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
                    raise ValueError(
                        f"row {row} has no {name!r} ({column.null_count} rows up to row {rows[-1]}): leave such rows "
                        "out; what was not asked needs no row"
                    )
                values = names[field].codes(column, rows) if field in names else _values(field, column, rows)
                if field not in found:
                    found[field] = np.empty(n, dtype=values.dtype)
                found[field][done : done + len(values)] = values
            done += len(batch)
        return found | {"students": names["student"].all(), "items": names["item"].all()}


def _simple(schema, named) -> bool:
    """Whether names are whole numbers or text, and the order numbers or times."""
    from pyarrow import types

    def is_name(kind):
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind)

    kind = {field: schema.field(name).type for field, name in named.items()}
    when = kind.get("order")
    told = when is None or types.is_integer(when) or types.is_floating(when) or types.is_timestamp(when)
    return told and is_name(kind["student"]) and is_name(kind["item"])


def _batches(file, wanted):
    """The file's rows, some at a time; damage that shows only then is named too."""
    batches = file.iter_batches(ROWS, columns=wanted, use_threads=False)
    while True:
        with _damage():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _values(field: str, column, rows) -> np.ndarray:
    """Answers, times or weights of some rows, as `Responses` holds them."""
    column = column.to_pandas()
    if field == "order":
        return read.times(column, len(column))
    return read.right_or_wrong(column, rows) if field == "correct" else read.weights(column, rows, len(column))


class _Names:
    """Names of students or items, and codes for them: those given, else those found, in order of appearance."""

    def __init__(self, what: str, given: Iterable | None):
        self.what, self.given, self.known = what, None, None
        if given is not None:
            self.given = read.unique_names(given, what)

    def codes(self, column, rows) -> np.ndarray:
        """(rows,) int32 codes of a column without gaps."""
        import pyarrow
        from pyarrow import compute

        if pyarrow.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        column = column.dictionary_encode()
        here, place = column.dictionary, column.indices.to_numpy()
        if self.given is not None:
            return self._places(here.to_pylist(), place, rows)
        self.known = here.slice(0, 0) if self.known is None else self.known
        new = here.filter(compute.invert(compute.is_in(here, value_set=self.known)))
        if len(new):
            self.known = pyarrow.concat_arrays([self.known, new])
        return compute.index_in(here, value_set=self.known).to_numpy().astype(np.int32)[place]

    def _places(self, here: list, place, rows) -> np.ndarray:
        """Codes among the names given; ValueError for a name that is none of them."""
        if self.known is None:
            self.known = {name: code for code, name in enumerate(self.given)}
        codes = np.array([self.known.get(name, -1) for name in here], dtype=np.int32)[place]
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            raise read.not_among(rows, row, self.what, here[place[row]], len(self.given))
        return codes

    def all(self) -> tuple:
        """The names, in the order of their codes."""
        return self.given if self.given is not None else tuple(self.known.to_pylist())


@contextmanager
def _damage():
    """Around the reading: what is wrong with the file is one ValueError."""
    import pyarrow

    try:
        yield
    except FileNotFoundError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(
            f"the parquet file is cut short or damaged ({type(error).__name__}): write it again"
        ) from error
