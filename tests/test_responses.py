"""ktlib.data.responses: the same answers by any door are the same, parts share them out, and nothing else gets in."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ktlib.data.responses import Responses


@st.composite
def wide_tables(draw, least: int = 1) -> pd.DataFrame:
    """A named (students, items) table of 1, 0 and NaN with at least `least` answers; empty rows and columns too."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    cells = draw(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=shape[0] * shape[1], max_size=25))
    table = np.array(cells[: shape[0] * shape[1]]).reshape(shape)
    assume((~np.isnan(table)).sum() >= least)
    return pd.DataFrame(table, [f"s{i}" for i in range(shape[0])], [10 * (j + 1) for j in range(shape[1])])


def rows(responses: Responses) -> list[tuple]:
    """Every answer by names, in row order."""
    columns = [[responses.students[s] for s in responses.student], [responses.items[i] for i in responses.item]]
    columns += [c.tolist() for c in (responses.correct, responses.order, responses.weight) if c is not None]
    return list(zip(*columns, strict=True))


def with_order(table: pd.DataFrame) -> Responses:
    """The answers of `table` at times that run against the rows, two at a time."""
    frame = Responses.from_wide(table).to_frame()
    frame = frame.assign(when=-(np.arange(len(frame)) // 2))
    return Responses.from_frame(frame, order="when", students=table.index, items=table.columns)


@given(wide_tables())
def test_wide_and_long_are_the_same_answers(table):
    responses = Responses.from_wide(table)
    pd.testing.assert_frame_equal(responses.to_wide(), table, check_names=False)
    assert (responses.students, responses.items) == (tuple(table.index), tuple(table.columns))
    frame = responses.to_frame()
    again = Responses.from_frame(frame, students=table.index, items=table.columns)
    assert rows(again) == rows(responses)
    for name in ("student", "item", "correct"):
        assert getattr(again, name).dtype == getattr(responses, name).dtype
        assert (getattr(again, name) == getattr(responses, name)).all()
    array = Responses.from_wide(table.to_numpy())
    assert array.students == tuple(range(len(table))) and (array.correct == responses.correct).all()
    assert rows(Responses.from_frame(frame)) == rows(responses)


@given(wide_tables(), st.randoms(use_true_random=False))
def test_rows_may_come_in_any_order(table, random):
    frame = Responses.from_wide(table).to_frame()
    places = random.sample(range(len(frame)), len(frame))
    shuffled = Responses.from_frame(frame.iloc[places])
    assert set(rows(shuffled)) == set(rows(Responses.from_frame(frame)))
    same_names = Responses.from_frame(frame.iloc[places], students=table.index, items=table.columns)
    pd.testing.assert_frame_equal(same_names.to_wide(), table, check_names=False)
    pd.testing.assert_frame_equal(same_names.counts(), Responses.from_wide(table).counts())


@given(wide_tables())
def test_counts_and_density(table):
    responses = Responses.from_wide(table)
    for by, axis in (("item", 0), ("student", 1)):
        counts = responses.counts(by)
        assert counts.index.tolist() == list(table.axes[1 - axis])
        assert counts.asked.tolist() == table.notna().sum(axis=axis).tolist()
        assert counts.right.tolist() == table.sum(axis=axis).tolist()
    assert len(responses) == counts.asked.sum()
    assert responses.density == pytest.approx(table.notna().to_numpy().mean())


def check_parts(whole: Responses, parts) -> None:
    """Every answer is in one part, no part is empty, and all know the same names."""
    assert sorted(row for part in parts for row in rows(part)) == sorted(rows(whole))
    for part in parts:
        assert len(part) and (part.students, part.items) == (whole.students, whole.items)
        assert part.student.dtype == np.int32 and part.correct.dtype == np.int8


@given(wide_tables(least=5), st.integers(0, 5))
def test_answers_split_at_random_into_parts(table, seed):
    whole = with_order(table)
    parts = whole.split_answers((0.4, 0.4, 0.2), rng=seed)
    check_parts(whole, parts)
    assert [len(p) for p in parts] == np.diff(np.rint(np.array([0, 0.4, 0.8, 1]) * len(whole))).tolist()
    again = whole.split_answers((0.4, 0.4, 0.2), rng=np.random.default_rng(seed))
    assert [rows(p) for p in parts] == [rows(p) for p in again]


def test_a_split_is_a_shuffled_deal():
    """The plain split, by its definition: what a seed gave once, it gives always."""
    whole = Responses.from_wide(np.ones((6, 5)))
    part = np.repeat([0, 1, 2], [18, 9, 3])
    np.random.default_rng(7).shuffle(part)
    for k, found in enumerate(whole.split_answers((0.6, 0.3, 0.1), rng=7)):
        assert rows(found) == rows(whole.subset(part == k))


def seen(part: Responses, whole: Responses) -> bool:
    """Whether `part` holds every student and every item of `whole` that has an answer."""
    return all(set(getattr(part, side)) == set(getattr(whole, side)) for side in ("student", "item"))


@given(wide_tables(least=8), st.integers(0, 5))
def test_the_first_part_has_seen_every_student_and_item(table, seed):
    whole, shares = with_order(table), (0.7, 0.3)
    plain, parts = whole.split_answers(shares, rng=seed), whole.split_answers(shares, rng=seed, seen=True)
    check_parts(whole, parts)
    assert seen(parts[0], whole)
    room = len(set(whole.student)) + len(set(whole.item)) <= len(plain[0])
    assert len(parts[0]) == len(plain[0]) or (len(parts[0]) > len(plain[0]) and not room)
    again = whole.split_answers(shares, rng=seed, seen=True)
    assert [rows(p) for p in again] == [rows(p) for p in parts]
    if seen(plain[0], whole):
        assert [rows(p) for p in plain] == [rows(p) for p in parts]


def sparse_log(n: int, students: int, items: int, seed: int = 0) -> Responses:
    """`n` answers to pairs drawn at random."""
    rng = np.random.default_rng(seed)
    student, item = np.divmod(rng.choice(students * items, n, replace=False), items)
    return Responses(student, item, rng.integers(2, size=n), range(students), range(items))


def test_a_seen_split_swaps_no_more_than_it_must():
    """3,000 answers, some 2.9 a student: who has one answer keeps it in part one; elsewhere little moves."""
    whole = sparse_log(3000, 1000, 40)
    plain, parts = whole.split_answers(rng=1), whole.split_answers(rng=1, seen=True)
    assert [len(p) for p in parts] == [len(p) for p in plain] == [2400, 300, 300]
    unseen = len(set(whole.student) - set(plain[0].student)) + len(set(whole.item) - set(plain[0].item))
    left = set(rows(plain[0])) - set(rows(parts[0]))
    assert unseen > 20 and len(left) == unseen  # 1000 exp(−3) (exp(.6) − 1) = 41 students are expected
    places = np.array([i for i, row in enumerate(rows(whole)) if row in left]) / len(whole)
    assert abs(places.mean() - 0.5) < 4 / np.sqrt(12 * unseen)  # given back from anywhere
    asked = whole.counts("student").asked
    once = asked[asked == 1].index
    assert len(once) > 50 and not set(once) & {r[0] for part in parts[1:] for r in rows(part)}


def test_seen_splits_are_random():
    """Over 400 splits an answer of a student with many, to an item with many, is in part one four times in five."""
    whole = Responses.from_wide(np.ones((12, 10)))
    drawn = [rows(whole.split_answers((0.8, 0.2), rng=seed, seen=True)[0]) for seed in range(400)]
    times = pd.Series([row for part in drawn for row in part]).value_counts()
    assert len(times) == 120
    assert abs(times - 320).max() < 5 * np.sqrt(400 * 0.8 * 0.2)


def test_students_without_room_make_the_first_part_larger():
    """Of 10 answers 9 are the only one of their student: part one holds these, not 8."""
    whole = Responses([*range(9), 9], [0] * 9 + [1], [1] * 10, range(10), ["a", "b"])
    with pytest.raises(ValueError, match="part 2 of 2 would hold none of 10 answers"):
        whole.split_answers((0.8, 0.2), rng=0, seen=True)
    whole = Responses([*range(9), 8], [0] * 9 + [1], [1] * 10, range(9), ["a", "b"])
    first, second = whole.split_answers((0.8, 0.2), rng=0, seen=True)
    assert (len(first), rows(second)) == (9, [(8, "a", 1)])


@given(wide_tables(), st.integers(0, 5))
def test_students_split_with_all_their_answers(table, seed):
    whole = with_order(table)
    answered = len(set(whole.student))
    assume(answered > 1)
    parts = whole.split_students(0.5, rng=seed)
    check_parts(whole, parts)
    first, second = (set(p.student) for p in parts)
    assert not first & second
    assert len(first) == round(answered / 2)


@given(wide_tables(least=3))
def test_time_splits_each_students_answers(table):
    whole = with_order(table)
    assume(np.bincount(whole.student).max() > 2)
    early, late = whole.split_time(0.6)
    check_parts(whole, (early, late))
    for student in set(whole.student):
        before, after = (p.order[p.student == student] for p in (early, late))
        assert len(before) == max(1, round(0.6 * (len(before) + len(after))))
        assert not len(after) or before.max() <= after.min()


def test_answers_at_the_same_time_are_split_in_row_order():
    responses = Responses([0, 0, 0, 0], [0, 1, 2, 3], [1, 1, 0, 0], ["a"], [*"wxyz"], order=[5, 5, 5, 1])
    early, late = responses.split_time(0.5)
    assert rows(early) == [("a", "w", 1, 5), ("a", "z", 0, 1)]
    assert rows(late) == [("a", "x", 1, 5), ("a", "y", 0, 5)]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": pd.array([1, None], "Int8"), "b": pd.array([True, False], "boolean")}),
        pd.DataFrame({"a": ["1", None], "b": [True, False]}),
        [[1, True], [None, 0]],
        np.array([[1.0, 1.0], [np.nan, 0.0]], np.float32),
    ],
)
def test_tables_of_many_types_are_read(table):
    responses = Responses.from_wide(table)
    np.testing.assert_array_equal(responses.to_wide(), [[1, 1], [np.nan, 0]])
    assert isinstance(responses.correct, np.ndarray)


def test_ten_thousand_answers_split_as_the_default_says():
    whole = Responses.from_wide(np.ones((100, 100)))
    assert [len(p) for p in whole.split_answers(rng=0)] == [8000, 1000, 1000]
    assert [len(p) for p in whole.split_students(rng=0)] == [8000, 2000]
    tenth = whole.split_answers(rng=0)[1]
    assert tenth.counts().asked.max() < 30 and tenth.counts("student").asked.max() < 30  # 10 each, by chance
    assert whole.split_students(0.5, rng=0)[0].student.max() > 90
    assert rows(tenth) != rows(whole.split_answers(rng=1)[1])


def test_a_subset_keeps_codes_names_order_and_weight():
    whole = Responses.from_frame(log(), order="when", weight="w")
    part = whole.subset(whole.correct == 0)
    assert rows(part) == [("b", "q1", 0, 2, 2.0)]
    assert part.student.tolist() == [1] and part.students == ("a", "b")
    assert repr(part) == "Responses: 1 answers of 2 students to 2 items, 0.25 of all pairs"


@given(wide_tables())
def test_sequences_follow_the_order(table):
    responses = with_order(table)
    sequences = responses.sequences()
    assert sequences.students == tuple(table.index[table.notna().any(axis=1)])
    expected = {name: [] for name in sequences.students}
    for student, _, correct, _ in sorted(rows(responses), key=lambda row: row[3]):
        expected[student].append(correct)
    assert [s.tolist() for s in sequences] == list(expected.values())
    plain = Responses.from_wide(table).sequences()
    assert [s.tolist() for s in plain] == [
        [y for y in row if y == y] for row in table.to_numpy() if not all(row != row)
    ]


def log(**columns) -> pd.DataFrame:
    """Three answers, with odd row labels."""
    frame = {"student": ["a", "b", "a"], "item": ["q1", "q1", "q2"], "correct": [1, 0, 1]}
    return pd.DataFrame(frame | {"when": [3, 2, 1], "w": [1.0, 2.0, 0.0]} | columns, index=[10, 11, 12])


@pytest.mark.parametrize(
    "correct", [[True, False, True], [1.0, 0.0, 1.0], ["1", "0", "1"], pd.array([1, 0, 1], "Int8")]
)
def test_right_and_wrong_are_written_in_several_ways(correct):
    assert rows(Responses.from_frame(log(correct=correct))) == rows(Responses.from_frame(log()))


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        (pd.to_datetime(["2024-03-01", "2024-02-01", "2024-01-01"]), "M"),
        (pd.to_datetime(["2024-03-01", "2024-02-01", "2024-01-01"], utc=True), "M"),
        (pd.array([3, 2, 1], "Int64"), "i"),
        ([0.3, 0.2, 0.1], "f"),
    ],
)
def test_times_and_numbers_order(when, kind):
    responses = Responses.from_frame(log(when=when), order="when")
    assert responses.order.dtype.kind == kind
    assert rows(responses.split_time(0.5)[0])[1][:3] == ("a", "q2", 1)


def test_names_keep_the_order_of_their_first_row():
    responses = Responses.from_frame(log(student=["b", "a", "b"], item=["q9", "q1", "q10"]))
    assert (responses.students, responses.items) == (("b", "a"), ("q9", "q1", "q10"))


def test_columns_may_have_other_names():
    frame = log().rename(columns={"student": "who", "item": "question", "correct": "right"})
    assert rows(Responses.from_frame(frame, "who", "question", "right")) == rows(Responses.from_frame(log()))


@pytest.mark.parametrize(
    ("keep", "order", "kept"),
    [
        ("first", None, [("a", "q1", 1), ("b", "q1", 0)]),
        ("last", None, [("b", "q1", 0), ("a", "q1", 0)]),
        ("first", "when", [("b", "q1", 0, 2), ("a", "q1", 0, 1)]),
        ("last", "when", [("a", "q1", 1, 3), ("b", "q1", 0, 2)]),
    ],
)
def test_of_repeated_answers_one_is_kept(keep, order, kept):
    frame = log(item="q1", correct=[1, 0, 0]).drop(columns=[] if order else "when")  # or the column is asked for
    assert rows(Responses.from_frame(frame, order=order, keep=keep)) == kept


def test_names_given_make_two_frames_share_their_codes():
    students, items = ("c", "b", "a"), ("q2", "q1", "never asked")
    one = Responses.from_frame(log(), students=students, items=items)
    two = Responses.from_frame(log().iloc[:2], students=students, items=items)
    assert one.student.tolist() == [2, 1, 2] and two.student.tolist() == [2, 1]
    assert one.counts().asked.to_dict() == {"q2": 1, "q1": 2, "never asked": 0}
    with pytest.raises(ValueError, match="row 11: student 'b' is not among the 1 student names given: add it"):
        Responses.from_frame(log(), students=["a"])
    with pytest.raises(ValueError, match="item 'q1' stands twice among the item names"):
        Responses.from_frame(log(), items=["q1", "q1"])


RECODE = r"is not 1 \(right\) or 0 \(wrong\): recode it"
BAD_FRAMES = {
    "twice": (
        log(item="q1"),
        r"student 'a' answered item 'q1' twice, in rows 10 and 12 \(1 such repeats in all\): keep=.first. .* aggregate",
    ),
    "answer 2": (log(correct=[1, 2, 1]), f"row 11: answer 2 {RECODE}"),
    "a share": (log(correct=[1, 0.5, 1]), rf"row 11: answer 0\.5 {RECODE}"),
    "text": (log(correct=["1", "0", "no"]), f"row 12: answer 'no' {RECODE}"),
    "infinite": (log(correct=[np.inf, 0, 1]), f"row 10: answer inf {RECODE}"),
    "no answer": (
        log(correct=[1, None, np.nan]),
        r"2 of 3 rows have no 'correct': leave them out, frame\.dropna\(subset=\['correct'\]\)",
    ),
    "no student": (log(student=["a", None, "b"]), "1 of 3 rows have no 'student': leave them out"),
    "no item": (log(item=["q", None, "r"]), "1 of 3 rows have no 'item': leave them out"),
    "no time": (log(when=[1, None, 2]), "1 of 3 rows have no 'when': leave them out"),
    "no weight": (log(w=[1, None, 2]), "1 of 3 rows have no 'w': leave them out"),
    "times as text": (log(when=["1", "2", "10"]), r"order has type .*pandas\.to_numeric or pandas\.to_datetime"),
    "weight below 0": (log(w=[1, -0.5, 1]), r"row 11: weight -0\.5: give a finite number, 0 or more"),
    "endless weight": (log(w=[1, 1, np.inf]), "row 12: weight inf: give a finite number"),
    "weight in words": (log(w=[1, "much", 1]), "row 11: weight 'much': give a finite number"),
    "no column": (log().drop(columns="item"), "no column 'item'; the frame has 'student', 'correct'"),
    "no rows": (log().iloc[:0], "the frame has no rows"),
    "two columns": (pd.concat([log(), log()], axis=1), "more than one column 'student'"),
    "no frame": ([("a", "q", 1)], "frame = .*: give a pandas DataFrame"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames_are_refused_with_row_value_and_remedy(case):
    frame, message = BAD_FRAMES[case]
    with pytest.raises(ValueError, match=message):
        Responses.from_frame(frame, order="when", weight="w")


BAD_TABLES = {
    "answer 2": (pd.DataFrame({"q": [1, 2]}, ["a", "b"]), r"answer 2 of student 'b' to item 'q' is not 1 \(right\)"),
    "a number of text": ("1", r"table has shape \(\)"),
    "answer -1": ([[1, -1]], "answer -1 of student 0 to item 1 is not 1"),
    "text": (pd.DataFrame({"q": [1, "yes"]}), "answer 'yes' of student 1 to item 'q' is not 1"),
    "one row": ([1, 0], r"table has shape \(2,\): give a \(students, items\) array"),
    "ragged": ([[1], [1, 0]], "rows of table differ in length: give"),
    "all missing": (np.full((2, 2), np.nan), "there are no answers: give at least one"),
    "empty": (np.empty((0, 3)), "there are no answers"),
    "masked": (np.ma.array([[1, 0]], mask=[[0, 1]]), r"masked array: give table\.astype\(float\)\.filled"),
    "a student twice": (pd.DataFrame({"q": [1, 0]}, ["a", "a"]), "student 'a' stands twice among the student names"),
    "an item twice": (pd.DataFrame([[1, 0]], columns=["q", "q"]), "item 'q' stands twice among the item names"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_tables_are_refused_naming_student_and_item(case):
    table, message = BAD_TABLES[case]
    with pytest.raises(ValueError, match=message):
        Responses.from_wide(table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"student": [0, 2]}, "student codes from 0 to 2 with 2 names: give 0 to 1"),
        ({"item": [-1, 0]}, "item codes from -1 to 0 with 1 names: give 0 to 0"),
        ({"student": [0.0, 1.0]}, "student codes have type float64 and shape .*: give 2 whole numbers"),
        ({"item": [0]}, r"item codes have type int64 and shape \(1,\): give 2 whole numbers"),
        ({"correct": [1, 3]}, f"row 1: answer 3 {RECODE}"),
        ({"correct": np.ones((2, 1))}, r"correct has shape \(2, 1\): give one answer a row"),
        ({"correct": []}, "there are no answers"),
        ({"student": [1, 1]}, "student 'b' answered item 'q' twice, in rows 0 and 1"),
        ({"students": [*"aa"]}, "student 'a' stands twice"),
        ({"order": [1, 2, 3]}, r"order has type int64 and shape \(3,\): give one number or time for each of 2"),
        ({"order": [1, np.nan]}, "1 of 2 answers have no order: fill it in"),
        ({"order": np.array(["2024-01-01", "NaT"], "datetime64[s]")}, "1 of 2 answers have no order"),
        ({"weight": [1.0]}, r"weight has shape \(1,\): give one for each of 2"),
        ({"weight": [1.0, np.nan]}, "row 1: weight nan: give a finite number"),
    ],
)
def test_responses_built_by_hand_must_fit_together(change, message):
    good = {"student": [0, 1], "item": [0, 0], "correct": [1, 0], "students": [*"ab"], "items": ["q"]}
    assert len(Responses(**good)) == 2
    with pytest.raises(ValueError, match=message):
        Responses(**good | change)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda r: r.subset([True]), r"mask has shape \(1,\) and type bool: give True or False for each of 3 answers"),
        (lambda r: r.subset([0, 1, 2]), r"mask has shape \(3,\) and type int64"),
        (lambda r: r.subset([False] * 3), "mask keeps none of 3 answers"),
        (lambda r: r.counts("skill"), "by = 'skill': give one of 'item', 'student'"),
        (lambda r: r.split_answers((0.5, 0.4), rng=1), r"fractions = \(0\.5, 0\.4\): .* add up to 1"),
        (lambda r: r.split_answers((1.5, -0.5), rng=1), "numbers above 0"),
        (lambda r: r.split_answers(rng=1), "part 3 of 3 would hold none of 3 answers: give other fractions"),
        (lambda r: r.split_answers((0.5, 0.5), rng=None), "rng = None: pass a seed"),
        (lambda r: r.split_students(0.1, rng=1), "part 1 of 2 would hold none"),
        (lambda r: r.split_students(1, rng=1), "fraction = 1 is not between 0 and 1"),
        (lambda r: r.split_time(), r"no order: name its column, from_frame\(\.\.\., order=\.\.\.\)"),
        (lambda r: Responses.from_frame(log(), keep="best"), "keep = 'best': give one of 'first', 'last', None"),
    ],
)
def test_what_cannot_be_done_is_said(act, message):
    with pytest.raises(ValueError, match=message):
        act(Responses.from_frame(log()))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".CSV"])
def test_text_files_are_read(tmp_path, ending):
    path = tmp_path / f"my.log{ending}"
    log().to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    read = Responses.from_file(path, order="when", weight="w")
    assert rows(read) == rows(Responses.from_frame(log(), order="when", weight="w"))


def test_a_bad_file_is_named(tmp_path):
    path = tmp_path / "log.csv"
    log(correct=[1, 2, 0]).to_csv(path, index=False)
    with pytest.raises(ValueError, match=rf"log\.csv: row 1: answer 2 {RECODE}"):
        Responses.from_file(path)
    path.write_text("")
    with pytest.raises(ValueError, match=r"log\.csv: the file is empty"):
        Responses.from_file(path)
    with pytest.raises(ValueError, match=r"log\.xlsx ends in none of \.csv, \.tsv, \.parquet: save it as one of them"):
        Responses.from_file(tmp_path / "log.xlsx")
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        Responses.from_file(tmp_path / "none.csv")


def test_ids_in_a_file_stay_the_text_they_are(tmp_path):
    """01, 1 and 1.0 are three students, NA and None two more; none is read as a number or as missing."""
    names = ["01", "1", "1.0", "NA", "None", "null", "1e3", "True"]
    path = tmp_path / "log.csv"
    path.write_text("student,item,correct\n" + "".join(f"{name},007,1\n" for name in names))
    read = Responses.from_file(path)
    assert (read.students, read.items) == (tuple(names), ("007",))
    path.write_text("who,what,correct\n01,a,1\n1,NA,0\n")
    read = Responses.from_file(path, student="who", item="what")
    assert (read.students, read.items) == (("01", "1"), ("a", "NA"))
    for empty in ("", "  "):
        path.write_text(f"student,item,correct\n01,1,1\n{empty},1,0\n")
        with pytest.raises(ValueError, match=r"log\.csv: 1 of 2 rows have no 'student'"):
            Responses.from_file(path)


PACKED = gzip.compress(b"student,item,correct\n" + b"".join(b"%d,%d,1\n" % (i, i * 7919 % 1000) for i in range(3000)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv.gz", PACKED[:-20], r"log\.csv\.gz: the file is cut short or is no \.gz"),
        ("log.csv.gz", PACKED[:200] + b"xx" + PACKED[202:], r"log\.csv\.gz: the file is cut short or is no \.gz"),
        ("log.csv.gz", b"student,item,correct\n1,1,1\n", r"log\.csv\.gz: the file is cut short or is no \.gz"),
        ("log.csv", b"student,item,correct\n1,1,1\n2,1,1,9\n", r"log\.csv: not a table .*Expected 3 fields in line 3"),
        ("log.csv", b"student,item,correct\n1,1,1,9\n2,1,1,9\n", r"log\.csv: not a table .*: mend it"),
        ("log.csv", b"student,item,correct\n\xe9,1,1\n", r"log\.csv: not a table .* in UTF-8 .*: mend it"),
        ("log.csv", b'student,item,correct\n"1,1,1\n', r"log\.csv: not a table .*: mend it"),
        ("log.csv", b"student\titem\tcorrect\n1\t1\t1\n", r"log\.csv: its header .* is one column: give sep='\\t'"),
        ("log.csv", b"", r"log\.csv: the file is empty"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        Responses.from_file(tmp_path / name)


def test_another_separator_can_be_named(tmp_path):
    path = tmp_path / "log.csv"
    log().to_csv(path, index=False, sep=";")
    assert rows(Responses.from_file(path, sep=";")) == rows(Responses.from_frame(log()))
    with pytest.raises(ValueError, match="sep = 'ab': give one character"):
        Responses.from_file(path, sep="ab")
    for bad in (None, [], 3):
        with pytest.raises(ValueError, match=r"path = .*: give the path of a file"):
            Responses.from_file(bad)


def test_what_the_caller_does_to_his_arrays_changes_nothing():
    arrays = {
        "student": np.array([0, 1], np.int32),
        "item": np.array([0, 0], np.int32),
        "correct": np.array([1, 0], np.int8),
        "order": np.array([2.0, 1.0]),
        "weight": np.array([1.0, 3.0]),
    }
    found = Responses(**arrays, students=("a", "b"), items=("q",))
    before = {name: array.copy() for name, array in arrays.items()}
    for name, array in arrays.items():
        array[:] = 7
        np.testing.assert_array_equal(getattr(found, name), before[name])
        for holder in (found, found.subset([True, False]), *found.split_students(0.5, rng=0)):
            with pytest.raises(ValueError, match="read-only"):
                getattr(holder, name)[0] = 0
    frame, wide = found.to_frame(), found.to_wide()
    frame.loc[0, "correct"] = wide.iloc[0, 0] = 9
    assert found.correct.tolist() == [1, 0]


@pytest.mark.parametrize("names", [(float("nan"), float("nan")), (None, 1), ([1], [2]), {"a", "b"}, 5, "ab", {"a": 1}])
def test_names_that_are_none_are_refused(names):
    with pytest.raises(ValueError, match="student name"):
        Responses([0, 1], [0, 0], [1, 0], names, ("q",))
    with pytest.raises(ValueError, match="item name"):
        Responses([0, 0], [0, 1], [1, 0], ("s",), names)


@pytest.mark.parametrize("weight", [np.ones((2, 2)), np.array([1j, 2]), [[1], [1, 2]], ["x", 1], [True, None]])
def test_weights_that_are_none_are_refused(weight):
    with pytest.raises(ValueError, match="weight"):
        Responses([0, 1], [0, 0], [1, 0], ("a", "b"), ("q",), weight=weight)
