"""The order answered: shuffled rows with order= give what sorted rows give; rows that only seem ordered are refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktlib.data._frames import ordered_rows
from ktlib.data.responses import Responses
from ktlib.data.sequences import Sequences, sequences_by
from ktlib.forecast import baselines

SKILLS = pd.DataFrame({"item": [0, 1, 2, 2, 3], "skill": [*"aabcd"]})


def a_log(seed: int, rows: int = 90) -> pd.DataFrame:
    """Rows of six students, interleaved, at different times; a skill for each item."""
    rng = np.random.default_rng(seed)
    item = rng.integers(0, 4, rows)
    who = rng.choice(["f", "b", "a", "e", "c", "d"], rows)
    at = np.sort(rng.choice(10 * rows, rows, replace=False))
    return pd.DataFrame(
        {
            "student": who,
            "item": item,
            "skill": np.array([*"xyzx"])[item],
            "correct": rng.integers(0, 2, rows),
            "at": at,
        }
    )


def as_times(kind: str, at: pd.Series) -> pd.Series:
    moments = pd.Timestamp("2026-09-07 08:00") + pd.to_timedelta(at, unit="min")
    return {
        "number": at,
        "fraction": at / 7,
        "time": moments,
        "zone": moments.dt.tz_localize("UTC").dt.tz_convert("America/New_York"),
        "text": moments.dt.strftime("%Y-%m-%d %H:%M:%S"),
        "nullable": at.astype("Int64"),
    }[kind]


def mixed(log: pd.DataFrame, seed: int) -> pd.DataFrame:
    return log.iloc[np.random.default_rng(seed).permutation(len(log))]


def same(a: Sequences, b: Sequences) -> bool:
    equal = np.array_equal(a.answers, b.answers) and np.array_equal(a.lengths, b.lengths)
    return equal and a.students == b.students


@given(
    st.integers(0, 99), st.integers(0, 99), st.sampled_from(["number", "fraction", "time", "zone", "text", "nullable"])
)
@settings(max_examples=25, deadline=None)
def test_shuffled_rows_give_the_same_sequences(seed, shuffle, kind):
    log = a_log(seed)
    log["at"] = as_times(kind, log["at"])
    shuffled = mixed(log, shuffle)
    plain = log.drop(columns="at")
    assert same(Sequences.from_frame(shuffled, order="at"), Sequences.from_frame(plain))
    ours, theirs = sequences_by(shuffled, "skill", order="at"), sequences_by(plain, "skill")
    assert list(ours) == list(theirs)
    assert all(same(ours[name], theirs[name]) for name in ours)
    first = shuffled.drop_duplicates(["student", "item"])
    long = Responses.from_frame(first, order="at").sequences()
    by_hand = {who: own.correct.tolist() for who, own in first.sort_values("at").groupby("student")}
    assert {name: row.tolist() for name, row in zip(long.students, long, strict=True)} == by_hand


def test_rows_of_the_same_time_keep_their_order():
    frame = pd.DataFrame({"student": [*"abab"], "correct": [1, 0, 0, 1], "at": [5, 5, 5, 2]})
    found = Sequences.from_frame(frame, order="at")
    assert found.students == ("b", "a")
    assert [row.tolist() for row in found] == [[1, 0], [1, 0]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["skill mean", "item mean", "Rasch", "PFA", "best logistic"])
def test_baselines_forecast_shuffled_rows_as_sorted_ones(name, seed):
    """A forecast stands beside the row that it is for."""
    log = a_log(seed)
    plain, shuffled = log.drop(columns="at"), mixed(log, seed + 10)
    fitted, again = {
        "skill mean": lambda: [baselines.fit_skill_mean(table, SKILLS) for table in (plain, shuffled)],
        "item mean": lambda: [baselines.fit_item_mean(table, SKILLS) for table in (plain, shuffled)],
        "Rasch": lambda: [baselines.fit_rasch(table) for table in (plain, shuffled)],
        "PFA": lambda: [baselines.fit_pfa(plain, SKILLS), baselines.fit_pfa(shuffled, SKILLS, order="at")],
        "best logistic": lambda: [
            baselines.fit_best_logistic(plain, SKILLS),
            baselines.fit_best_logistic(shuffled, SKILLS, order="at"),
        ],
    }[name]()
    expected = fitted.predict(plain)
    np.testing.assert_allclose(fitted.predict(shuffled, order="at"), expected[shuffled.index], rtol=1e-10)
    np.testing.assert_allclose(again.predict(plain), expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_dkt_is_the_same_whatever_the_rows_order(seed):
    dkt = pytest.importorskip("ktlib.forecast.dkt", exc_type=ImportError)
    log = a_log(seed)
    plain, shuffled = log.drop(columns="at"), mixed(log, seed + 10)
    settings = {"hidden": 4, "epochs": 2, "learning_rate": 0.02, "rng": 0}
    fitted, again = dkt.fit(plain, SKILLS, **settings), dkt.fit(shuffled, SKILLS, order="at", **settings)
    np.testing.assert_array_equal(again.trace, fitted.trace)
    np.testing.assert_allclose(again.predict(shuffled, order="at"), fitted.predict(plain)[shuffled.index], rtol=1e-5)


DOORS = {
    "Sequences.from_frame": Sequences.from_frame,
    "sequences_by": lambda table: sequences_by(table, "skill"),
    "Responses.from_frame, first": lambda table: Responses.from_frame(table, keep="first"),
    "Responses.from_frame, last": lambda table: Responses.from_frame(table, keep="last"),
    "fit_pfa": lambda table: baselines.fit_pfa(table, SKILLS),
    "fit_best_logistic": lambda table: baselines.fit_best_logistic(table, SKILLS),
    "forecast of Rasch": lambda table: baselines.fit_rasch(table).predict(table),
    "forecast of PFA": lambda table: baselines.fit_pfa(table.drop(columns="when"), SKILLS).predict(table),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["time", "zone", "text"])
def test_times_out_of_order_are_refused_without_order(door, kind):
    log = a_log(1)
    log["when"] = as_times(kind, log.pop("at"))
    DOORS[door](log)
    with pytest.raises(ValueError, match=r"'when' goes back in row \d+: .*Give order='when', or drop the column"):
        DOORS[door](mixed(log, 2))


@pytest.mark.parametrize("name", ["order", "Time", "timestamp", "order_id", "start_time", "Date", "ts", "startTime"])
def test_numbers_that_are_called_a_time_are_one(name):
    log = a_log(3).rename(columns={"at": name})
    np.testing.assert_array_equal(ordered_rows(log, "student", None), np.arange(len(log)))
    with pytest.raises(ValueError, match=f"column '{name}' goes back"):
        ordered_rows(mixed(log, 0), "student", None)


def test_the_first_row_that_goes_back_is_named():
    frame = pd.DataFrame({"student": [*"abaab"], "time": [3, 1, 4, 2, 0]}, index=[10, 20, 30, 40, 50])
    with pytest.raises(ValueError, match="row 40: 2 after 4, student 'a'"):
        ordered_rows(frame, "student", None)


@pytest.mark.parametrize(
    "column",
    {
        "date of birth": [f"2001-02-{day:02}" for day in (9, 2, 9, 2)],
        "equal times": [5, 7, 5, 7],
        "time_taken": [9, 8, 3, 1],
        "ms_first_response": [9, 8, 3, 1],
        "code": ["2024", "2023", "2022", "2021"],
        "version": ["2024-01-05", "2023-01-05", "no date", "2021-01-05"],
        "elapsed": pd.to_timedelta([9, 8, 3, 1], unit="s"),
        "timestamp": [True, True, False, False],
        "time": pd.array([1, None, None, 7], dtype="Int64"),
        "date": [None] * 4,
    }.items(),
    ids=lambda pair: pair[0],
)
def test_what_says_nothing_of_the_order_raises_no_alarm(column):
    name, values = column
    name = "time" if name == "equal times" else name
    frame = pd.DataFrame({"student": [*"abab"], "correct": [1, 0, 0, 1], name: values})
    assert ordered_rows(frame, "student", None).tolist() == [0, 1, 2, 3]


def test_a_column_with_another_job_is_not_looked_at():
    frame = pd.DataFrame(
        {"student": [*"aab"], "correct": [1, 0, 1], "date": ["2026-01-02", "2026-01-01", "2026-01-01"]}
    )
    assert list(sequences_by(frame, "date")) == ["2026-01-01", "2026-01-02"]
    assert len(Responses.from_frame(frame, item="date", keep="first")) == 3


def test_rows_grouped_by_skill_are_in_order_within_each():
    log = a_log(4).rename(columns={"at": "time"})
    grouped = log.sort_values(["skill", "time"])
    ours, theirs = sequences_by(grouped, "skill"), sequences_by(log, "skill")
    assert all(same(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("nowhere", "no column 'nowhere'"),
        ("text", "order has type .* pandas.to_datetime"),
        ("gap", "1 of 90 answers have no order"),
        (["at"], r"no column \['at'\]"),
        (0, "no column 0"),
    ],
)
def test_an_order_that_cannot_be_is_refused(order, message):
    log = a_log(0).assign(text="10", gap=np.r_[np.nan, np.arange(89)])
    for door in (
        lambda: Sequences.from_frame(log, order=order),
        lambda: sequences_by(log, "skill", order=order),
        lambda: baselines.fit_pfa(log, SKILLS, order=order),
        lambda: baselines.fit_rasch(log).predict(log, order=order),
    ):
        with pytest.raises(ValueError, match=message):
            door()


def test_a_log_with_other_names_is_the_same_log():
    frame = pd.DataFrame({"who": ["b", "a", "b"], "what": [1, 2, 2], "ok": [1, 0, 0], "at": [5, 1, 3], "more": 0})
    got = baselines.log(frame, student="who", item="what", correct="ok", order="at")
    assert list(got) == ["student", "item", "correct"] and len(got) == 3
    assert list(got.index[got.student == "b"]) == [2, 0]  # forecasts find their rows again
    assert got[got.student == "b"].values.tolist() == [["b", 2, 0], ["b", 1, 1]]
    with pytest.raises(ValueError, match="no column 'student'; the frame has 'who'"):
        baselines.log(frame)
    with pytest.raises(ValueError, match="give three columns"):
        baselines.log(frame, student="who", item="who", correct="ok")
