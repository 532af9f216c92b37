"""Messy tables: each ends in a log with an account of every row, or in one line that names row and remedy."""

import gzip
import io
import re
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktlib.data import read

NAMES = dict(student="user", skill="kc", item="q", correct="right", order="time")
PLAIN = """user,kc,q,right,time
ann,add,q1,1,2026-09-01T10:00
bob,add,q1,0,2026-09-01T10:01
ann,add,q2,0,2026-09-01T10:02
ann,sub,q3,1,2026-09-01T10:03
"""


def packed(text: str) -> bytes:
    return gzip.compress(text.encode())


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def plain(**columns) -> str:
    """The plain file with some columns' cells replaced."""
    return pd.read_csv(io.StringIO(PLAIN)).assign(**columns).to_csv(index=False)


FRAME = pd.read_csv(io.StringIO(PLAIN))
GOOD = {  # kind: file, further arguments, what a sentence of the account says (or None)
    "commas": (PLAIN, {}, None),
    "tabs": (PLAIN.replace(",", "\t"), {}, None),
    "semicolons": (PLAIN.replace(",", ";"), {}, None),
    "bars": (PLAIN.replace(",", "|"), {}, None),
    "gzip, whatever it is called": (packed(PLAIN), {}, None),
    "parquet": (parquet(FRAME), {}, None),
    "byte order mark": (b"\xef\xbb\xbf" + PLAIN.encode(), {}, None),
    "UTF-16": (PLAIN.encode("utf-16"), {}, None),
    "Windows line ends": (PLAIN.replace("\n", "\r\n"), {}, None),
    "no line end at the end": (PLAIN.rstrip(), {}, None),
    "western letters": (PLAIN.replace("ann", "Zoë").encode("cp1252"), {"encoding": "cp1252"}, None),
    "spaces in the header": (PLAIN.replace("user,kc", " user , kc"), {}, None),
    "spaces around names": (PLAIN.replace("ann,", " ann ,"), {}, "spaces around a student trimmed (row 2, 4, 5)"),
    "words": (plain(right=["Correct", "incorrect", "TRUE", "no"]), {}, None),
    "booleans in parquet": (parquet(FRAME.assign(right=[True, False, False, True])), {}, None),
    "numbers with a point": (plain(right=["1.0", "0.0", "0", "1"]), {}, None),
    "own words": (plain(right=["solved", "gave up", "0", "1"]), {"words": {"solved": 1, "gave up": 0}}, None),
    "a word that leaves out": (plain(right=["1", "0", "hint", "1"]), {"words": {"hint": None}}, "leave out (row 4)"),
    "credit dropped": (plain(right=[1, 0.5, 0, 1]), {"partial": "drop"}, "left out: part of the credit (row 3)"),
    "credit counted": (plain(right=[1, 0.5, 0, 1]), {"partial": 0.5}, "right from 0.5 on, else wrong (row 3)"),
    "no answer": (plain(right=[1, None, 0, "NA"]), {}, "2 rows left out: no answer (row 3, 5)"),
    "no student": (plain(user=["ann", "", "ann", " "]), {}, "no student (row 3, 5)"),
    "empty rows": (PLAIN.replace("bob", "\nbob"), {}, "no student (row 3)"),
    "a short last row": (PLAIN + "bob,add\n", {}, "no item (row 6)"),
    "several skills": (
        plain(kc=["add~~sub", "add", "add~~ sub~~add", "sub"]), {"separator": "~~"}, "of its own (row 2, 4)"
    ),
    "ten skills a row": (
        plain(kc="|".join(f"s{k}" for k in range(10))), {"separator": "|"}, "4 rows changed: several skills"
    ),
    "a sign that is none": (plain(kc="A|B"), {"separator": False}, None),
    "repeats, first": (plain(q="q1"), {"repeats": "first"}, "the same item again (row 4)"),
    "repeats, all": (plain(q="q1"), {"repeats": "all"}, "1 answers are to an item that the student had answered"),
    "order as numbers in text": (plain(time=["9", "10", "11", "100"]), {}, None),
    "time zones": (plain(time=[f"2026-09-01T1{k}:00+0{k}:00" for k in range(4)]), {}, "same moment"),
    "one time zone named": (
        plain(time=["2026-09-01T10:00Z", *["2026-09-01T12:30"] * 3]), {"zone": "Europe/Berlin"}, None
    ),
    "dates as they write them there": (
        plain(time=["03/09/2026", "02/09/2026", "04/09/2026", "05/09/2026"]), {"dates": "%d/%m/%Y"}, None
    ),
    "names that look alike": (plain(kc=["Add", "add", "add", "sub"]), {}, "Skills 'Add' and 'add' look alike"),
    "leading zeros": (plain(user=["01", "1", "01", "01"]), {}, "Students '01' and '1' look alike"),
    "a quoted comma": (PLAIN.replace("sub", '"sub, hard"'), {}, None),
}  # fmt: skip
BAD = {  # kind: file, further arguments, what the one line says
    "nothing": (b"", {}, "empty or begins with an empty row"),
    "header alone": (PLAIN.splitlines()[0], {}, "the frame has no rows"),
    "no such column": (PLAIN, {"student": "usr"}, "no column 'usr' for student (did you mean 'user'?)"),
    "no header": ("\n".join(PLAIN.splitlines()[1:]), {}, "no column 'user' for student"),
    "two columns of a name": (PLAIN.replace("q,right", "kc,right"), {"item": None}, "more than one column 'kc'"),
    "one column for two": (PLAIN, {"item": "kc"}, "one column stands for two things"),
    "cut gzip": (packed(PLAIN * 50)[:-20], {}, "cut short"),
    "a spreadsheet": (b"PK\x03\x04xyz", {}, "save the sheet as CSV"),
    "a web page": ("<!DOCTYPE html><html>", {}, "a web page"),
    "JSON": ('[{"user": 1}]', {}, "JSON"),
    "cut parquet": (parquet(FRAME)[:-30], {}, "cut short or damaged"),
    "western letters": (PLAIN.replace("bob", "Zoë").encode("cp1252"), {}, "row 3 is not in utf-8"),
    "an encoding that is none": (PLAIN, {"encoding": "utf-99"}, "encoding = 'utf-99'"),
    "too many fields": (PLAIN.replace("q2,", "q2,x,"), {}, "line 4, saw 6"),
    "a comma at every end": (PLAIN.replace("\n", ",\n").replace("time,", "time"), {}, "row 2 has 6 fields"),
    "an open quote": (PLAIN.replace("q1", '"q1', 1), {}, "EOF inside string"),
    "a word nobody knows": (plain(right=["1", "0", "hint", "1"]), {}, "row 4: answer 'hint' is neither"),
    "points": (plain(right=[100, 0, 85, 1]), {}, "row 2: answer '100' is neither right"),
    "credit": (plain(right=[1, 0.5, 0, 1]), {}, "row 3: answer 0.5 is partial credit"),
    "all blank": (plain(right=""), {}, "none of 4 rows is left; most have no answer"),
    "blanks refused": (plain(user=["ann", "", "ann", ""]), {"blanks": "refuse"}, "row 3 has no student, 2 such"),
    "several skills": (plain(kc=["a~~b", "a", "b", "a"]), {}, "row 2: skill 'a~~b' holds '~~', as 1 of 4 rows do"),
    "only a sign": (plain(kc=["~~", "a", "b", "a"]), {"separator": "~~"}, "row 2: its skill holds '~~' and nothing"),
    "repeats": (plain(q="q1"), {}, "row 4: student 'ann' answers item 'q1' again, 1 such"),
    "dates as text": (plain(time="1st of May"), {}, "row 2: order '1st of May' is no date"),
    "day first": (plain(time="03/09/2026"), {}, "dates='%d/%m/%Y'"),
    "numbers and dates": (plain(time=["1", "2026-09-01", "3", "4"]), {}, "is no date"),
    "one time zone": (plain(time=["2026-09-01T10:00Z", *["2026-09-01T12:30"] * 3]), {}, "only one names its time zone"),
    "no such zone": (plain(), {"zone": "Mars"}, "zone = 'Mars'"),
    "infinite order": (plain(time=["1", "inf", "3", "4"]), {}, "row 3: order is infinite"),
    "order not named": (plain(time=["4", "2", "3", "1"]), {"order": None}, "column 'time' goes back in row 4"),
}  # fmt: skip


def written(tmp_path, content):
    path = tmp_path / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("kind", GOOD)
def test_a_messy_file_is_read_with_an_account(kind, tmp_path):
    content, more, says = GOOD[kind]
    log = read(written(tmp_path, content), **NAMES | more)
    account = log.account
    assert account.read - len(log) == sum(map(len, account.left_out.values()))
    assert len(log) == log.frame.row.nunique() == len(log.answers())
    assert set(log.frame.correct) <= {0, 1} and not log.frame.isna().any(axis=None)
    assert len(repr(log)) < 300 and len(repr(account).splitlines()) < 10
    if says is None:
        assert account.read == len(log) == 4 and not account.frame().shape[0]
        assert log.frame.order.is_monotonic_increasing
    else:
        assert says in " ".join(account.sentences())


@pytest.mark.parametrize("kind", BAD)
def test_or_it_is_refused_in_one_line(kind, tmp_path):
    content, more, says = BAD[kind]
    with pytest.raises(ValueError, match=re.escape(says)) as caught:
        read(written(tmp_path, content), **NAMES | more)
    assert str(caught.value).startswith("log.csv: ") and "\n" not in str(caught.value)


def test_every_separator_gives_the_same_log(tmp_path):
    logs = [read(written(tmp_path, PLAIN.replace(",", sign)), **NAMES).frame for sign in ",\t;|"]
    assert all(log.equals(logs[0]) for log in logs)
    assert read(FRAME, **NAMES).frame.drop(columns="row").equals(logs[0].drop(columns="row"))


def test_choices_that_are_none_are_refused():
    for name, value in (("repeats", "some"), ("blanks", None), ("partial", 2), ("separator", " "), ("words", {"a": 3})):
        with pytest.raises(ValueError, match=name):
            read(FRAME, **NAMES, **{name: value})
    with pytest.raises(ValueError, match="a skill or an item are needed"):
        read(FRAME, student="user", correct="right")


def test_after_a_hint_the_second_answer_is_not_the_first():
    """Whoever is left out for a hint must not come back as the one who then knew it."""
    again = pd.DataFrame(
        {"user": "ann", "kc": "add", "q": ["q1", "q1", "q2"], "right": ["hint", "1", "0"], "time": [1, 2, 3]}
    )
    log = read(again, **NAMES, words={"hint": None}, repeats="first")
    assert log.frame.item.tolist() == ["q2"]
    assert {why: rows.tolist() for why, rows in log.account.left_out.items()} == {
        "an answer to the same item again": [1],
        "a word that says leave out": [0],
    }
    assert read(again.replace("hint", 0.5), **NAMES, partial="drop", repeats="first").frame.equals(log.frame)
    with pytest.raises(ValueError, match="none of 1 rows is left; most have a word that says leave out"):
        read(again[:1], **NAMES, words={"hint": None})


def test_a_log_becomes_what_models_take():
    log = read(FRAME.assign(kc=["add|sub", "add", "add", "sub"]), **NAMES, separator="|")
    found = log.sequences()
    assert set(found) == {"add", "sub"} and [row.tolist() for row in found["add"]] == [[1, 0], [0]]
    assert [row.tolist() for row in found["sub"]] == [[1, 1]]
    assert log.links().to_numpy().tolist() == [["q1", "add"], ["q1", "sub"], ["q2", "add"], ["q3", "sub"]]
    assert len(log.responses()) == 4 and log.responses().students == ("ann", "bob")
    assert log.of(["bob"]).frame.student.tolist() == ["bob"]
    without = read(FRAME.assign(kc=["add|sub", "add", "add", "sub"]), **NAMES | {"item": None}, separator="|")
    assert without.answers().item.tolist() == ["add + sub", "add", "add", "sub"]
    with pytest.raises(ValueError, match="this log has no item"):
        without.responses()
    with pytest.raises(ValueError, match="none of them answered"):
        log.of(["eve"])


cell = st.sampled_from(["", "a", "b", "a~~b", "c"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(cell, cell, cell, st.sampled_from(["1", "0", "0.5", ""]), st.integers(0, 5)), min_size=1),
    st.sampled_from(["first", "last", "all"]),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter_and_no_row_is_lost(rows, repeats, random):
    frame = pd.DataFrame(rows, columns=list(NAMES.values()))
    shuffled = frame.sample(frac=1, random_state=random.randint(0, 10**6))
    choices = dict(**NAMES, separator="~~", partial=0.5, repeats=repeats)
    try:
        log = read(frame, **choices)
    except ValueError as error:
        assert "none of" in str(error)
        return
    other = read(shuffled, **choices)
    assert other.frame.drop(columns="row").equals(log.frame.drop(columns="row"))
    seen = np.concatenate([log.frame.row.unique(), *log.account.left_out.values()])
    assert sorted(seen) == list(range(len(frame)))


def test_a_large_file_is_read_quickly(tmp_path):
    n, rng = 100_000, np.random.default_rng(1)
    frame = pd.DataFrame(
        {"user": rng.integers(0, 3000, n), "kc": rng.integers(0, 200, n), "right": rng.integers(0, 2, n)}
    )
    frame["time"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.permutation(n), unit="s")
    frame.to_csv(tmp_path / "log.csv", index=False)
    start = time.process_time()
    log = read(tmp_path / "log.csv", **NAMES | {"item": None})
    assert time.process_time() - start < 5 and len(log) == n
