"""ktlib.data.sequences: the same answers by any door are the same sequences, and nothing else gets in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from oracles import a_class

from ktlib.data.sequences import Sequences, as_sequences, sequences_by


def same(a: Sequences, b: Sequences) -> bool:
    return a.students == b.students and list(map(list, a)) == list(map(list, b))


@given(a_class())
def test_lists_arrays_and_frames_are_the_same_sequences(rows):
    from_lists = Sequences.from_lists(rows)
    assert [[-1 if y is None else y for y in row] for row in rows] == [seq.tolist() for seq in from_lists]
    assert from_lists.n_answers == sum(y is not None for row in rows for y in row)
    table = from_lists.to_array()
    assert same(Sequences.from_array(table), from_lists)
    assert same(as_sequences(table), from_lists)
    long = pd.DataFrame([(i, y) for i, row in enumerate(rows) for y in row], columns=["student", "correct"])
    assert same(Sequences.from_frame(long), from_lists)


@given(a_class())
def test_unasked_steps_at_the_end_are_dropped_by_every_door(rows):
    longer = [[*row, None, None] for row in rows]
    plain = Sequences.from_lists(rows)
    assert same(Sequences.from_lists(longer), plain)
    table = np.array([[*row, *[None] * (10 - len(row))] for row in rows], dtype=float)
    assert same(Sequences.from_array(table), plain)
    long = pd.DataFrame([(i, y) for i, row in enumerate(longer) for y in row], columns=["student", "correct"])
    assert same(Sequences.from_frame(long), plain)


def test_a_frame_keeps_each_students_order_and_students_in_order_of_appearance():
    frame = pd.DataFrame({"who": ["b", "a", "b", "a", "b"], "right": [1, 0, np.nan, 1, 0]})
    sequences = Sequences.from_frame(frame, student="who", correct="right")
    assert sequences.students == ("b", "a")
    assert [s.tolist() for s in sequences] == [[1, -1, 0], [0, 1]]


def test_many_rows_of_many_students_mixed_keep_each_students_order():
    rng = np.random.default_rng(3)
    who, right = rng.integers(0, 40, 2000), rng.integers(0, 2, 2000)
    sequences = Sequences.from_frame(pd.DataFrame({"student": who, "correct": right}))
    for name, answers in zip(sequences.students, sequences, strict=True):
        assert answers.tolist() == right[who == name].tolist()


def test_missing_is_written_in_many_ways():
    for nothing in (None, np.nan, pd.NA, float("nan")):
        assert [s.tolist() for s in as_sequences([[1, nothing, 0]])] == [[1, -1, 0]]


def test_a_frame_splits_by_skill():
    frame = pd.DataFrame({"student": [1, 2, 1], "skill": ["y", "x", "x"], "correct": [1, 0, 1]})
    by_skill = sequences_by(frame, "skill")
    assert list(by_skill) == ["x", "y"]
    assert same(by_skill["x"], Sequences.from_lists([[0], [1]], students=[2, 1]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"skill": ["y", None, "x"]}, "1 of 3 rows have no 'skill': drop them or fill them in"),
        ({"correct": [1, 0, 2]}, "skill 'x': row 12: answer 2"),
        ({"correct": [1, 0, None]}, "skill 'x': student 8 has no answers: leave out"),
    ],
)
def test_what_is_wrong_in_one_skill_names_it(change, message):
    with pytest.raises(ValueError, match=message):
        sequences_by(frame(**{"skill": ["y", "x", "x"]} | change), "skill")


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame({"student": [7, 7, 8], "correct": [1, 0, 1]} | columns, index=[10, 11, 12])


RECODE = r"is not 1 \(right\), 0 \(wrong\) or missing.*recode it"
BAD_ANSWERS = {
    "2": ([[1, 0], [1, 0, 2]], f"answer 2.* of student 1 at step 3 {RECODE}"),
    "x": ([[1, "x"]], f"answer 'x' of student 0 at step 2 {RECODE}"),
    "-1": ([[-1]], f"answer -1.* of student 0 at step 1 {RECODE}"),
    "infinite": (np.array([[1, np.inf]]), f"answer inf of student 0 at step 2 {RECODE}"),
    "text in an array": (np.array([["1", "0"]]), f"answer .*'1'.* of student 0 at step 1 {RECODE}"),
    "complex inside": ([[1, np.complex128(1)]], f"answer .* of student 0 at step 2 {RECODE}"),
    "text": ("1011", "answers = '1011': give one list of answers a student"),
    "bytes": (b"\1\0", "answers = .*: give one list"),
    "dict": ({1: [1, 0]}, "answers = .*: give one list"),
    "set": ({0, 1}, "answers = .*: give one list"),
    "complex": (np.array([1j]), "answers = .*: give one list"),
    "masked": (np.ma.array([1, 0], mask=[0, 1]), "answers = .*: give one list"),
    "frame": (pd.DataFrame({"0": [1]}), r"DataFrame: use Sequences.from_frame\(frame\), or frame.to_numpy\(\)"),
    "text for a row": (["10", "01"], "student 0 has '10' for a sequence: give one list"),
    "a list inside": ([[1, [0, 1]]], rf"answer \[0, 1\] of student 0 at step 2 {RECODE}"),
    "no sequence": ([], "list of sequences is empty: give at least one"),
    "empty array": (np.empty((0, 5)), r"shape \(0, 5\): give a \(students, steps\) array"),
    "three axes": (np.ones((2, 2, 2)), r"shape \(2, 2, 2\): give a \(students, steps\) array"),
    "one number": (1, "answers = 1: give one list of answers a student"),
    "number among lists": ([[0, 1], 1], "student 1 has 1 for a sequence: give one list"),
    "student without answers": ([[1], []], "student 1 has no answers: leave out"),
    "only empty": ([[]], "student 0 has no answers: leave out"),
    "all missing": (np.array([[1.0, 0.0], [np.nan, np.nan]]), "student 1 has no answers: leave out"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_bad_answers_are_refused_with_value_place_and_remedy(case):
    answers, message = BAD_ANSWERS[case]
    with pytest.raises(ValueError, match=message):
        as_sequences(answers)


BAD_FRAMES = {
    "no such column": (
        frame().rename(columns={"correct": "right"}),
        "no column 'correct'; .*'student', 'right'",
    ),
    "answer 2": (frame(correct=[1, 2, 0]), f"row 11: answer 2 of student 7 {RECODE}"),
    "answer x": (frame(correct=[1, 0, "x"]), f"row 12: answer 'x' of student 8 {RECODE}"),
    "no rows": (frame().iloc[:0], "no rows: give at least one"),
    "no student": (frame(student=[7, None, 8]), "row 11 names no student: drop it or name one"),
    "no answers": (frame(correct=[1, 0, None]), "student 8 has no answers: leave out"),
    "two columns": (pd.concat([frame(), frame()], axis=1), "more than one column 'student': keep one"),
    "no columns": (pd.DataFrame(), "no column 'student'; the frame has none"),
    "a list": ([[1, 0]], r"frame = \[\[1, 0\]\]: give a pandas DataFrame"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames_are_refused_naming_column_or_row(case):
    bad, message = BAD_FRAMES[case]
    with pytest.raises(ValueError, match=message):
        Sequences.from_frame(bad)


def test_each_door_refuses_what_belongs_to_another():
    with pytest.raises(ValueError, match=r"rows differ in length: use Sequences\.from_lists"):
        Sequences.from_array([[1], [1, 0]])
    with pytest.raises(ValueError, match="answers = 3: give one list of answers a student"):
        Sequences.from_lists(3)
    with pytest.raises(ValueError, match="student 0 has 1 for a sequence: give one list"):
        Sequences.from_lists([1, 0])


@pytest.mark.parametrize(
    ("answers", "lengths", "students", "message"),
    [
        ([1, 0], [3], "a", "2 answers of type int8, lengths adding up to 3 and 1 names do not fit together: use from_"),
        ([1, 0], [2, 0], "ab", "do not fit together"),
        ([1, 0], [1, 1], "a", "do not fit together"),
        ([1, 3], [2], "a", "answers from 1 to 3: 1 is right, 0 wrong, -1 not asked"),
        ([], [], "", "do not fit together"),
    ],
)
def test_sequences_built_by_hand_must_fit_together(answers, lengths, students, message):
    with pytest.raises(ValueError, match=message):
        Sequences(np.array(answers, np.int8), np.array(lengths, int), tuple(students))
    with pytest.raises(ValueError, match="of type float64"):
        Sequences(np.ones(2), np.array([2]), ("a",))


def test_names_must_be_one_a_sequence():
    with pytest.raises(ValueError, match="2 student names for 1 sequences: give one name a sequence"):
        Sequences.from_lists([[1]], students=["a", "b"])


def test_what_the_caller_does_to_his_arrays_changes_nothing():
    answers, lengths = np.array([1, 0, 1], np.int8), np.array([2, 1])
    found = Sequences(answers, lengths, ["a", "b"])
    answers[:], lengths[:] = 0, 9
    assert [row.tolist() for row in found] == [[1, 0], [1]]
    assert found.students == ("a", "b")
    for array in (found.answers, found.lengths, next(iter(found)), Sequences.from_lists([[1, 0]]).answers):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    found.to_array()[0, 0] = 0
    assert found.answers.tolist() == [1, 0, 1]


def test_an_index_that_is_named_like_a_column_does_no_harm():
    frame = pd.DataFrame({"student": [*"aab"], "skill": [*"xyx"], "correct": [1, 0, 1]})
    for name in frame.columns:
        named = frame.set_index(pd.Index([*"pqr"], name=name))
        assert [list(map(list, s)) for s in sequences_by(named, "skill").values()] == [[[1], [1]], [[0]]]


def test_its_representation_is_one_line():
    assert repr(Sequences.from_lists([[1, None, 0], [1]])) == "Sequences: 3 answers of 2 students, 1 to 3 steps each"
