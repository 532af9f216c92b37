"""A .parquet file is read by column, in chunks, into the same `Responses` that a frame of it makes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow")

import ktlib
from ktlib.data import _parquet, _repeats, designs
from ktlib.data.responses import Responses

FRAME = pd.DataFrame(
    {
        "who": ["bob", "ann", "bob", "cy", "ann", "cy", "dee"],
        "what": [30, 10, 10, 20, 30, 10, 20],
        "right": [1, 0, 0, 1, 1, 1, 0],
        "when": [3.0, 1.0, 2.0, 5.0, 4.0, 7.0, 6.0],
        "weight": [1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.0],
        "note": list("abcdefg"),
    }
)
NAMES = {"student": "who", "item": "what", "correct": "right"}


@pytest.fixture(autouse=True)
def few_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(_parquet, "ROWS", 3)


def written(folder, frame, **options):
    path = folder / "log.parquet"
    frame.to_parquet(path, **options)
    return path


def same(one, two):
    assert (one.students, one.items) == (two.students, two.items)
    for name in ("student", "item", "correct", "order", "weight"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, {}),
        ({}, {"order": "when", "weight": "weight"}),
        ({"when": pd.date_range("2026-09-07", periods=7, freq="h")}, {"order": "when"}),
        ({"when": pd.date_range("2026-09-07", periods=7, freq="h", tz="Europe/Zurich")}, {"order": "when"}),
        ({"when": [f"2026-09-0{day}" for day in range(1, 8)]}, {"order": "when"}),
        ({"when": [4, 1, 2, 3, 7, 6, 5]}, {"order": "when"}),
        ({"right": FRAME.right.astype(bool)}, {}),
        ({"right": FRAME.right.astype(float)}, {}),
        ({"right": FRAME.right.astype(str)}, {}),
        ({"who": FRAME.who.astype("category")}, {}),
        ({"what": FRAME.what / 8}, {}),
        ({"what": FRAME.what.astype(np.uint8)}, {}),
        ({}, {"students": ["zoe", "dee", "cy", "bob", "ann"], "items": [10, 20, 30]}),
        ({"what": 10}, {"order": "when", "keep": "last"}),
    ],
)
def test_a_file_is_read_as_its_frame(tmp_path, changed, named):
    frame = FRAME.assign(**changed)
    read = Responses.from_file(written(tmp_path, frame, row_group_size=2), **NAMES, **named)
    same(read, Responses.from_frame(frame, **NAMES, **named))
    assert not any(a.flags.writeable for a in (read.student, read.item, read.correct))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, unique_by=lambda r: r[:2]))
@settings(max_examples=30, deadline=None)
def test_any_log_comes_back(tmp_path_factory, rows):
    frame = pd.DataFrame(rows, columns=["student", "item", "correct"]).assign(correct=lambda f: f.correct.astype(int))
    path = written(tmp_path_factory.mktemp("log"), frame, row_group_size=2, index=False)
    same(Responses.from_file(path), Responses.from_frame(frame))


@pytest.mark.parametrize(
    ("changed", "named", "message"),
    [
        ({"right": [1, 0, 0, 1, 2, 1, 0]}, {}, r"log\.parquet: row 4: answer 2 is not 1 \(right\) or 0 \(wrong\)"),
        ({"right": [1, 0, 0, 1, np.nan, 1, 0]}, {}, r"row 4(: answer nan is not 1| has no 'right')"),
        ({"who": ["a", "b", "c", None, "d", None, "e"]}, {}, r"log\.parquet: row 3 has no 'who' .*: leave such rows"),
        ({"what": pd.array([1, 2, 3, 4, 5, 6, None], "Int64")}, {}, "row 6 has no 'what'"),
        ({"weight": [1, 1, 1, 1, 1, -1.0, 1]}, {"weight": "weight"}, r"row 5: weight -1\.0: give a finite number"),
        ({"what": 10}, {}, r"student 'bob' answered item 10 twice, in rows 0 and 2 \(3 such repeats in all\)"),
        ({}, {"items": [10, 20]}, r"row 0: item 30 is not among the 2 item names given: add it to them"),
        ({}, {"order": "wen"}, r"no column 'wen'; the frame has 'who', 'what'"),
        ({}, {"weight": ["w"]}, r"no column \['w'\]; the frame has"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path, changed, named, message):
    path = written(tmp_path, FRAME.assign(**changed))
    with pytest.raises(ValueError, match=message):
        Responses.from_file(path, **NAMES, **named)


def test_a_file_without_rows_or_a_column_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no rows: give at least one answer"):
        Responses.from_file(written(tmp_path, FRAME[:0]), **NAMES)
    with pytest.raises(ValueError, match=r"log\.parquet: no column 'student'; the frame has 'who'"):
        Responses.from_file(written(tmp_path, FRAME))


def test_a_cut_or_changed_file_is_one_clear_error(tmp_path):
    path = written(tmp_path, FRAME)
    whole = path.read_bytes()
    middle = whole[:40] + bytes(400) + whole[440:]
    for broken in (b"", whole[:50], whole[:-30], middle):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"log\.parquet: the parquet file is cut short or damaged .*: write it"):
            Responses.from_file(path, **NAMES)
    with pytest.raises(FileNotFoundError, match="none"):
        Responses.from_file(tmp_path / "none.parquet")


def test_without_pyarrow_it_is_said(tmp_path, monkeypatch):
    path = written(tmp_path, FRAME)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError):
        Responses.from_file(path, **NAMES)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), min_size=1, max_size=80))
@settings(deadline=None)
def test_repeats_are_found_in_parts_as_in_one_go(pairs):
    student, item = np.array(pairs, dtype=np.int32).T
    whole = _repeats.first_repeat(student, item, 9, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_repeats, "BLOCK", 8)
        assert _repeats.first_repeat(student, item, 9, 5) == whole
    unique = set(pairs)
    if len(unique) == len(pairs):
        assert whole is None
    else:
        first, second, repeats = whole
        least = min(pair for pair in unique if pairs.count(pair) > 1)
        assert [k for k, pair in enumerate(pairs) if pair == least][:2] == [first, second]
        assert repeats == len(pairs) - len(unique)


MEASURE = """
import re, sys
from pathlib import Path
from ktlib.data.responses import Responses

status = Path("/proc/self/status")
held = lambda what: 1024 * int(re.search(what + r":\\s+(\\d+)", status.read_text())[1])
Responses.from_file(sys.argv[1])
Path("/proc/self/clear_refs").write_text("5")
before = held("VmRSS")
log = Responses.from_file(sys.argv[2])
print((held("VmHWM") - before) / len(log), sum(map(sys.getsizeof, log.students + log.items)) / len(log))
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="measured where Linux tells")
def test_five_million_rows_take_fourteen_bytes_each(tmp_path):
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    designs.homework_file(small, rng=0, answers=10_000)
    designs.homework_file(large, rng=0, answers=5_000_000)
    frame = pd.read_parquet(large)  # in no order, so that repeats are looked for
    frame.iloc[np.random.default_rng(0).permutation(len(frame))].to_parquet(large, index=False)
    here = {"PYTHONPATH": str(Path(ktlib.__file__).parents[1])}
    here |= {"ARROW_DEFAULT_MEMORY_POOL": "system"}  # its own keeps some twenty megabytes, however little is read
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | here)
    a_row, names = map(float, done.stdout.split())
    assert 9 < a_row < 14 + names
