"""Answers given twice: found without a second copy of the log."""

from __future__ import annotations

import numpy as np

BLOCK = 4_000_000  # rows looked at in one go
PARTS = 16  # of a log too large for one go, by students


def one_each(key: np.ndarray, when: np.ndarray | None, keep: str) -> np.ndarray:
    """The rows, ascending, that hold the "first" or "last" of each key, by `when`, else by row."""
    rows = np.argsort(key, kind="stable") if when is None else np.lexsort((when, key))
    new = np.flatnonzero(np.diff(key[rows])) + 1
    ends = np.r_[0, new] if keep == "first" else np.r_[new, len(key)] - 1
    return np.sort(rows[ends])


def first_repeat(student: np.ndarray, item: np.ndarray, students: int, items: int) -> tuple[int, int, int] | None:
    """The first two rows of one student and item, and how many rows repeat an earlier one; None if all differ.

    student, item: (answers,) codes below `students` and `items`. A log that is sorted, as many are, is only looked
    through; a long one that is not is sorted in parts, a sixteenth of its students' answers at a time.
    """
    if _ascending(student, item):
        return None
    found, repeats = None, 0
    for rows in _parts(student, students):
        key = (student if rows is None else student[rows]).astype(np.int64)
        key *= items
        key += item if rows is None else item[rows]
        key.sort()
        again = key[1:][key[1:] == key[:-1]]
        if again.size and found is None:
            who, what = divmod(int(again[0]), items)
            found = np.flatnonzero((student == who) & (item == what))[:2]
        repeats += again.size
    return None if found is None else (int(found[0]), int(found[1]), repeats)


def _ascending(student: np.ndarray, item: np.ndarray) -> bool:
    """Whether rows stand by student, and a student's by item, none twice."""
    for start in range(0, len(student) - 1, BLOCK):
        who, what = student[start : start + BLOCK + 1], item[start : start + BLOCK + 1]
        if not ((who[1:] > who[:-1]) | ((who[1:] == who[:-1]) & (what[1:] > what[:-1]))).all():
            return False
    return True


def _parts(student: np.ndarray, students: int):
    """Rows of some students after the other; None where all are looked at in one go."""
    if len(student) <= BLOCK:
        yield None
        return
    blocks = [slice(start, start + BLOCK // 4) for start in range(0, len(student), BLOCK // 4)]
    ends = np.cumsum(sum(np.bincount(student[block], minlength=students) for block in blocks))
    cuts = np.unique(np.searchsorted(ends, np.linspace(0, len(student), PARTS + 1)[1:-1]))
    for low, high in zip(np.r_[0, cuts], np.r_[cuts, students], strict=True):
        if low < high:
            rows = (np.flatnonzero((student[b] >= low) & (student[b] < high)) + b.start for b in blocks)
            yield np.concatenate(list(rows))
