"""A process's share of a log in .parquet files: whole students, and of the files only the row groups that it needs."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np

from .. import _checks as checks
from ..data.responses import Responses

ORDER = "sort it by student, and write it again"


def columns_of(paths, names, rank: int, size: int) -> list[np.ndarray]:
    """Students, items and answers of share `rank` of `size`: about as many rows in each, no student in two.

    A share ends where the student of its last row does, so the next one begins there. Raises ValueError for a file that
    is missing, unreadable or lacks a column, rows not ordered by student, and a share that would be empty.
    """
    with checks.extra("fast", "distributed.read"):
        import pyarrow.parquet
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(checks.listed(paths, "paths", "['log.parquet']"))
    for path in paths:
        checks.instance(path, str | os.PathLike, "a path", "give the path of a .parquet file")
    if not paths:
        raise ValueError("there are no paths: give at least one .parquet file")
    groups, rows = [], [0]
    for path in paths:
        file = _opened(pyarrow.parquet.ParquetFile, path, names)
        for group in range(file.metadata.num_row_groups):
            if file.metadata.row_group(group).num_rows:
                groups.append((path, file, group))
                rows.append(rows[-1] + file.metadata.row_group(group).num_rows)
    first, last = (rows[-1] * k // size for k in (rank, rank + 1))
    few = ValueError(f"{rows[-1]} rows are too few for {size} processes, or too many are one student's: start fewer")
    if last == first:
        raise few
    kept = [k for k, (start, stop) in enumerate(pairwise(rows)) if start < last and stop > first - 1]
    parts = [_group(*groups[k], names) for k in kept]
    offset, edge = rows[kept[0]], parts[-1][0][last - 1 - rows[kept[-1]]]
    while parts[-1][0][-1] == edge and kept[-1] + 1 < len(groups):
        kept.append(kept[-1] + 1)
        parts.append(_group(*groups[kept[-1]], names))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    student = columns[0]
    back = np.flatnonzero(student[1:] < student[:-1])
    if len(back):
        row = offset + int(back[0]) + 1
        raise ValueError(f"the log is not ordered by student: in row {row} comes {student[back[0] + 1]}; {ORDER}")
    begin = int(np.searchsorted(student, student[first - 1 - offset], side="right")) if first else 0
    end = int(np.searchsorted(student, edge, side="right"))
    if begin >= end:
        raise few
    return [column[begin:end] for column in columns]


def coded(columns, items) -> Responses:
    """Answers as `Responses` of the students in them, and of these items, which are in order."""
    student, item, correct = columns
    starts = np.flatnonzero(np.r_[True, student[1:] != student[:-1]])
    codes = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(student)]))
    place = np.searchsorted(np.array(items, dtype=item.dtype), item)
    return Responses(codes, place, correct, tuple(student[starts].tolist()), tuple(items))


def _opened(opener, path, names):
    """A file with these columns."""
    try:
        file = opener(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({_first(error)}): give all parts of the log, whole") from error
    missing = [name for name in names if name not in file.schema_arrow.names]
    if missing:
        raise ValueError(f"{path} has no column {missing[0]!r}, but {', '.join(file.schema_arrow.names)}: name it")
    return file


def _group(path, file, group: int, names) -> list[np.ndarray]:
    """The columns of one row group."""
    try:
        table = file.read_row_group(group, columns=names)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged in row group {group} ({_first(error)}): write it again") from error
    holes = [name for name in names if table.column(name).null_count]
    if holes:
        raise ValueError(f"{path} lacks a value in column {holes[0]!r}, row group {group}: leave such rows out")
    return [table.column(name).to_numpy() for name in names]


def _first(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
