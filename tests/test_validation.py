"""Cross-validation over students: each answer forecast once by a model that never saw its student; any metric."""

import numpy as np
import pandas as pd
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import skills
from ktlib.data import read
from ktlib.forecast import baselines, scores
from ktlib.forecast.validation import MODELS, cross_validate

NAMES = dict(student="student", skill="skill", item="item", correct="correct", order="t")


@pytest.fixture(scope="module")
def log():
    """Sixty students, two unlike skills, six answers to each; one answer in six needs both."""
    rng, rows = np.random.default_rng(3), []
    for name, params in (("easy", BKTParams(p_init=0.7, p_slip=0.05)), ("hard", BKTParams(p_init=0.05, p_guess=0.1))):
        found = bkt.simulate(params, students=60, steps=6, rng=rng).answers
        for who, row in enumerate(found):
            both = "easy|hard" if name == "hard" else name
            rows += [(f"s{who}", name if t else both, f"{name}{t}", int(y), t) for t, y in enumerate(row)]
    return read(pd.DataFrame(rows, columns=list(NAMES.values())), **NAMES, separator="|")


def test_forecasts_are_those_of_a_loop_written_out(log):
    found = cross_validate(log, ["BKT", "PFA"], folds=3, rng=1)
    table = found.answers
    assert (
        table.groupby("student").fold.nunique().max() == 1
        and table.groupby("fold").student.nunique().tolist() == [20] * 3
    )
    for fold in range(3):
        inside = table.fold == fold
        train, test = log.of(table.student[~inside].unique()), log.of(table.student[inside].unique())
        fits = skills.fit(train.sequences(), prior=None)
        each = skills.predict(fits, test.frame)
        by_hand = [each[(test.frame.row == row).to_numpy()].mean() for row in test.answers().row]
        np.testing.assert_allclose(found.forecasts["BKT"][inside], by_hand)
        pfa = baselines.fit_pfa(train.answers(), log.links()).predict(test.answers())
        np.testing.assert_allclose(found.forecasts["PFA"][inside], pfa, atol=1e-6)
    score = scores.score(table.correct, found.forecasts["BKT"], cluster=table.student).metrics["auc"]
    assert found.scores["BKT"] == score and found.interval("BKT", 0.9) == score.interval(0.9)
    lead = scores.compare(table.correct, *found.forecasts.values(), "auc", cluster=table.student)
    assert found.lead("BKT", "PFA") == lead
    row = found.frame(against="PFA").loc["BKT"]
    assert (row["lead"], row.lead_low) == (lead.value, lead.interval()[0])


def test_no_model_sees_whom_it_forecasts(log):
    seen = []

    def nosy(train):
        known = set(train.frame.student)

        def predict(test):
            seen.append(known & set(test.frame.student))
            return np.full(len(test), 0.5)

        return predict

    found = cross_validate(log, {"nosy": nosy, "mean": "skill mean"}, folds=4, rng=2, metric="brier")
    assert seen == [set()] * 4 and found.scores["nosy"].value == 0.25
    assert found.lead("mean", "nosy").interval()[1] < 0


def test_every_model_there_is(log):
    found = cross_validate(log, [name for name in MODELS if "prior" not in name], folds=2, rng=1, metric="log_loss")
    assert found.frame().value.between(0.3, 0.8).all() and not found.frame().reason.any()
    with pytest.raises(ValueError, match="model 'BKT, learned prior': 2 skills are too few"):
        cross_validate(log, ["BKT, learned prior"], rng=1)


def test_a_metric_of_ones_own_has_an_interval_like_the_exact_one(log):
    own = cross_validate(log, ["BKT", "skill mean"], folds=3, rng=1, metric=lambda y, p: np.mean((y - p) ** 2))
    exact = cross_validate(log, ["BKT", "skill mean"], folds=3, rng=1, metric="brier")
    for one, other in (
        (own.scores["BKT"], exact.scores["BKT"]),
        (own.lead("BKT", "skill mean"), exact.lead("BKT", "skill mean")),
    ):
        assert one.value == pytest.approx(other.value, abs=1e-12) and 0.75 < one.se / other.se < 1.33


def test_rows_in_another_order_and_the_same_seed_give_the_same(log):
    frame = log.frame.assign(t=log.frame.order).sample(frac=1, random_state=5)
    again = read(frame, **NAMES, repeats="refuse")
    assert len(again) > len(log)  # each row of a skill is an answer here
    one, other = (cross_validate(read(f, **NAMES), ["BKT"], folds=3, rng=4) for f in (frame, frame.iloc[::-1]))
    np.testing.assert_array_equal(one.forecasts["BKT"], other.forecasts["BKT"])


def test_what_cannot_be_is_refused(log):
    for arguments, says in (
        (dict(models=["BKTT"]), "model 'BKTT' = 'BKTT': give one of"),
        (dict(models="BKT"), "models = 'BKT': give a list"),
        (dict(folds=61), "folds = 61"),
        (dict(metric="accuracy"), "metric = 'accuracy'"),
        (dict(rng=None), "rng = None"),
        (dict(models={"odd": lambda train: lambda test: [2.0]}), "forecast of model 'odd' = 2 is not a probability"),
        (dict(models={"odd": lambda train: lambda test: [0.2]}), r"model 'odd' gives forecasts of shape \(1,\)"),
    ):
        with pytest.raises(ValueError, match=says):
            cross_validate(log, **{"rng": 1} | arguments)
    with pytest.raises(ValueError, match="give what data"):
        cross_validate(log.frame, rng=1)
