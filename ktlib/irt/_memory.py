"""What a fit by coordinate ascent will take of the machine's memory, and what of it is free: told before it starts.

The sizes are those of the arrays that the engines make; how many of them live at a time was counted where a fit takes
the most, and `tests/test_memory.py` holds it against measured peaks.
"""

from __future__ import annotations

from pathlib import Path

from tqdm.auto import tqdm

from .. import _checks as checks
from ._answers import PIECE, THREADS
from ._calibration import GROUP, ITEMS, NUMBERS
from ._spreads import DIRECTIONS
from ._starts import BLOCK
from .posterior import BLOCKS

ROWS = 1_000_000  # numbers in what a thread sums at a time, `_packed.NUMBERS`
GB = 1e9
SMALL = 50_000_000  # bytes that are there where Python runs


def memory(
    answers: int,
    students: int,
    items: int,
    model: str = "two-parameter",
    *,
    factors: int | None = None,
    weighted: bool = False,
    calibrate: bool = True,
) -> int:
    """Bytes that `ascent.fit` takes at its peak, beyond the answers themselves, on this machine.

    answers, students, items: how many. model, factors, calibrate: as `ascent.fit` has them; for the hierarchical model
    count its further coordinates among the factors. weighted: whether the answers have weights. Within a quarter of
    what a fit of a million answers or more takes; numpy's own memory, some tens of megabytes, comes before it. Raises
    ValueError for numbers that are no such counts.
    """
    answers, students, items = (
        checks.whole(value, name, 1) for value, name in ((answers, "answers"), (students, "students"), (items, "items"))
    )
    model, weighted = checks.one_of(model, BLOCKS, "model"), checks.flag(weighted, "weighted")
    calibrate = checks.flag(calibrate, "calibrate")
    if model == "two-parameter":
        if factors is not None:
            raise ValueError(f"factors = {factors!r}: a two-parameter model has none, leave it out")
        numbers = students + 2 * items
    else:
        numbers = (students + items) * checks.whole(factors, "factors", 1) + items
    start = (24 if weighted else 16) * min(answers, BLOCK)
    held, passing = (_compiled if compiled() else _plain)(answers, students, items, factors, weighted)
    state, packing = 8 * numbers, (12 if weighted else 4) * answers if compiled() else 0
    peak = max(start, held + packing, held + 7 * state + passing, held + 14 * state)
    if calibrate and model == "two-parameter":
        peak = max(peak, _spreads(answers, students, items, weighted))
    return int(peak)


def compiled() -> bool:
    """Whether the compiled engine is there."""
    try:
        from . import _packed  # noqa: F401
    except ImportError:
        return False
    return True


def _compiled(answers, students, items, factors, weighted):
    """What the compiled engine holds, and what its threads need for a pass: the sums of a part's rows."""
    held = (24 if weighted else 8) * answers + 16 * (students + items)
    each = 0 if factors is None else (factors + 1) ** 2
    parts = min(THREADS * ROWS, max(students, items) * each)
    return held, 8 * parts


def _plain(answers, students, items, factors, weighted):
    """The same of numpy's engine, whose arrays are an answer and a node long; of items it sums all, for each piece."""
    piece = 8 * 7 * PIECE * THREADS
    if factors is None:
        return 32 * answers, 15 * piece
    return 32 * answers, 6 * piece + 8 * items * (factors + 1) * (factors + 2) / 2 * (THREADS + 3)


def _spreads(answers, students, items, weighted):
    """What calibrating takes: one dense solve, or the answers as sparse matrices and some directions of all numbers."""
    if items <= ITEMS and students * items <= NUMBERS:
        return 8 * (4 * students * 2 * items + 3 * (2 * items) ** 2) + 40 * answers
    twice = (40 if weighted else 16) * answers
    return twice + 10 * min(answers, THREADS * GROUP) + 8 * DIRECTIONS * (25 * items + 3.5 * students)


def refuse_too_large(kind, responses, calibrate: bool, progress: bool) -> None:
    """Raise ValueError where a fit of this `Model` will not fit into the memory that is free; say both, if asked."""
    coordinates = None if kind.factors is None else kind.shapes["ability"][1]
    weighted, sizes = responses.weight is not None, (len(responses), kind.students, kind.items)
    needed = memory(*sizes, kind.name, factors=coordinates, weighted=weighted, calibrate=calibrate)
    if needed < SMALL and not progress:
        return
    left = free()
    told = f"{len(responses):,} answers of {kind.students:,} students to {kind.items:,} items take about "
    told += f"{needed / GB:.2g} GB to fit"
    if left is not None and needed > left:
        fewer = "fewer factors, " if coordinates else "calibrate=False, " if calibrate else ""
        raise ValueError(
            f"{told}, but only {left / GB:.2g} GB are free: take {fewer}a part of the answers (split_students), a "
            "machine with more memory, or several machines"
        )
    if progress:
        tqdm.write(told + ("" if left is None else f"; {left / GB:.2g} GB are free"))


def free(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take, by the system and by its control groups; None where none tells."""
    found = [*_of_machine(root / "proc/meminfo"), *_of_groups(root)]
    return max(0, min(found)) if found else None


def _of_machine(path: Path):
    for line in _lines(path):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _of_groups(root: Path):
    """What each of this process's control groups has left: of both versions, the groups above it too."""
    for line in _lines(root / "proc/self/cgroup"):
        _, kinds, group = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        names = ("memory.max", "memory.current", "inactive_file")
        if kinds:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        folder = root / "sys/fs/cgroup" / kinds
        parts = [part for part in group.split("/") if part and part != ".."]
        for depth in range(len(parts) + 1):
            yield from _of_group(folder.joinpath(*parts[:depth]), *names)


def _of_group(folder: Path, most: str, used: str, cached: str):
    limit, taken = "".join(_lines(folder / most)).strip(), "".join(_lines(folder / used)).strip()
    if limit.isdigit() and taken.isdigit():
        given_back = [line.split()[1] for line in _lines(folder / "memory.stat") if line.split()[0] == cached]
        yield int(limit) - int(taken) + sum(map(int, given_back))


def _lines(path: Path) -> list[str]:
    """Lines of a file of the system; none where there is none."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
