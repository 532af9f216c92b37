"""The studies beyond four numbers: what breaks is what was broken, and no forecast knows what came after it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib import bkt
from ktlib.bkt import em, variants
from ktlib.studies import beyond, beyond_log, individual_log, individual_recovery
from ktlib.studies.beyond_log import MODELS, PLAIN


@cache
def small() -> beyond.Broken:
    return beyond.run(n=3, students=150, steps=12, seed=1)


def test_twice_the_same_and_read_back_as_it_was_told():
    again = beyond.run(["a holiday"], n=3, students=150, steps=12, seed=1)
    own = small().rows[small().rows.world == "a holiday"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own[again.rows.columns], again.rows)
    back = beyond.Broken.read(small().told())
    assert back.seed == 1 and back.off("groups", beyond.PLAIN).off.equals(
        small().off("groups", beyond.PLAIN).off.round(6)
    )
    assert back.mended("forgetting") == pytest.approx(small().mended("forgetting"), abs=1e-3)


def test_a_class_is_judged_by_another_as_by_hand():
    row, off = beyond.one(beyond.WORLDS["groups"], 80, 5, [4, 2])
    rng = np.random.default_rng([4, 2])
    ours, theirs = (beyond.two_groups(80, 5, rng)["group"] for _ in range(2))
    truth = beyond.WORLDS["groups"].truth
    answers = variants.simulate(truth, 80, 5, rng=rng, group=ours).answers
    others = variants.simulate(truth, 80, 5, rng=rng, group=theirs).answers
    p = bkt.filter(others, em.fit(answers, tol=1e-10).params).p_correct
    assert row["plain"] == pytest.approx(-np.log(np.where(others == 1, p, 1 - p)).mean(), abs=1e-5)
    np.testing.assert_allclose(off[0], (others - p).mean(0), atol=1e-4)
    assert row["numbers"] == 5 and {"p_init 0", "p_init 1", "plain p_init"} <= set(row)


@pytest.mark.parametrize("world", [name for name in beyond.WORLDS if name != "no break"])
def test_each_extension_wins_back_what_its_break_costs(world):
    share, _ = small().mended(world)
    assert share > 0.2 and small().rows.plain.gt(0).all()


def test_the_codes_of_a_world_are_those_it_says():
    rng = np.random.default_rng(3)
    assert beyond.pause(4, 6, rng)["practice"].tolist() == [[0, 0, 1, 0, 0, 0]] * 4
    asked = beyond.own_questions(9, beyond.QUESTIONS + 2, rng)["question"]
    assert all(len(set(row[: beyond.QUESTIONS])) == beyond.QUESTIONS for row in asked) and asked.shape[1] == 22
    assert np.bincount(beyond.two_groups(10, 3, rng)["group"]).tolist() == [5, 5]
    logits = np.log(beyond.spread(0.2, 1) / (1 - beyond.spread(0.2, 1)))
    assert logits.std() == pytest.approx(beyond.SPREAD) and logits.mean() == pytest.approx(np.log(0.25))


def test_few_answers_alone_do_harm_and_a_prior_does_less():
    found = beyond.few(n=2, per_question=(5,), judges=300, seed=2)
    means = found.means()
    assert means.alone[5] > means.learned[5] and found.crossing() in (None, 5)
    np.testing.assert_allclose(beyond.Few.read(found.told()).means(), means, atol=1e-5)
    tried = ((1, 2), (2, 0.5), (3, 2), (4, 0.9))
    rows = [{"answers": a, "class": 0, "plain": 1, "alone": b, "learned": 0} for a, b in tried]
    assert beyond.Few(pd.DataFrame(rows), 1, 0).crossing() == 4


@cache
def invented() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two skills of eight questions, 80 students to learn from and 30 to judge by, skills in turn or mixed."""
    rng = np.random.default_rng(5)
    parts, params = [], bkt.BKTParams(p_init=0.4)
    for student in range(110):
        skill = rng.permutation(["a"] * 6 + ["b"] * 6) if student % 2 else np.array(["a"] * 6 + ["b"] * 6)
        right = {s: iter(bkt.simulate(params, students=1, steps=6, rng=rng).answers[0]) for s in "ab"}
        correct = [int(next(right[s])) for s in skill]
        item = [f"{s}{rng.integers(8)}" for s in skill]
        parts.append(pd.DataFrame({"student": student, "skill": skill, "item": item, "correct": correct}))
    rows = pd.concat(parts, ignore_index=True)
    rows["answer"] = np.arange(len(rows))
    train, test = (rows[part].reset_index(drop=True) for part in (rows.student < 80, rows.student >= 80))
    return train, test


def told(rows: pd.DataFrame) -> pd.DataFrame:
    return beyond_log.told_before(rows, pd.Series([0.5, 0.7]), invented()[0].groupby("item").size())


def test_pauses_groups_and_first_answers_are_those_of_the_log():
    rows = pd.DataFrame(
        {"student": 1, "skill": ["a", "b", "a", "a", "b"], "item": "q", "correct": [1, 0, 0, 1, 1], "answer": range(5)}
    )
    seen = told(rows)
    assert seen.since.tolist() == ["straight on", "straight on", "1–30 others", "straight on", "1–30 others"]
    assert seen.pause.tolist() == ["1–30 others", "1–30 others", "straight on", "straight on", "straight on"]
    assert seen["first"].tolist() == ["right", "wrong", "right", "right", "wrong"]
    assert seen.step.tolist() == [0, 0, 1, 2, 1] and set(seen.before) == {"middle"}
    spent = beyond_log.spent(seen[seen.skill == "b"])
    assert np.isnan(spent.correct.iloc[0]) and spent.correct.iloc[1] == 1
    long = pd.DataFrame({"student": 1, "skill": ["a"] * 12 + ["b"], "item": "q", "correct": 0, "answer": range(13)})
    assert told(long).before.tolist() == ["middle"] * 12 + ["low"]


@cache
def forecast() -> pd.DataFrame:
    train, test = map(told, invented())
    return beyond_log.one(train[train.skill == "a"], test[test.skill == "a"], list(MODELS), (0.7, 0.7))[0]


def test_plain_bkt_is_plain_bkt():
    ours, theirs = (rows[rows.skill == "a"] for rows in invented())
    fit = em.fit(ours.correct.to_numpy().reshape(-1, 6), tol=1e-10)
    p = bkt.filter(theirs.correct.to_numpy().reshape(-1, 6), fit.params).p_correct
    np.testing.assert_allclose(forecast()[PLAIN], p.ravel(), atol=5e-3)


def test_no_forecast_knows_its_own_answer_or_a_later_one():
    train, test = invented()
    last = test.groupby(["student", "skill"]).answer.transform("max") == test.answer
    flipped = test.assign(correct=test.correct.where(~last, 1 - test.correct))
    train, flipped = told(train), told(flipped)
    other = beyond_log.one(train[train.skill == "a"], flipped[flipped.skill == "a"], list(MODELS), (0.7, 0.7))[0]
    assert (other.correct != forecast().correct).sum() == 30
    for name in MODELS:
        if name not in ("groups, other skills", "all together"):  # told of the other skill's last answer, if earlier
            np.testing.assert_allclose(other[name], forecast()[name], atol=1e-12)
    first = forecast().step == 0
    np.testing.assert_allclose(forecast()["groups, first answer"][first], forecast()[PLAIN][first])


def test_a_log_is_measured_against_plain_bkt_and_read_back():
    train, test = map(told, invented())
    found = beyond_log.run(train, test, models=["forgetting", "groups, other skills"])
    assert found.answers == len(test) and found.skills == 2 and found.left == 0
    assert set(found.leads) == {"forgetting", "groups, other skills"}
    gain = found.metrics["forgetting"]["auc"].value - found.metrics[PLAIN]["auc"].value
    assert found.leads["forgetting"]["auc"].value == pytest.approx(gain, abs=1e-9)
    assert found.pauses.groupby("model").n.sum().unique().tolist() == [len(test) - 60]
    both = beyond_log.run(train, test, models=["forgetting"]).joined(found)
    assert both.leads == found.leads and both.metrics == found.metrics
    assert sorted(map(tuple, both.pauses.to_numpy())) == sorted(map(tuple, found.pauses.to_numpy()))
    back = beyond_log.RealLog.read(found.told())
    assert back.leads["forgetting"]["auc"] == pytest.approx(found.leads["forgetting"]["auc"], abs=1e-5)


def test_a_start_of_her_own_is_judged_on_the_rows_of_the_others():
    train, test = map(told, invented())
    found = individual_log.run(train, test, skills=["a", "b"])
    others = beyond_log.run(train, test, skills=["a", "b"], models=["forgetting"])
    assert found.log.metrics[PLAIN] == others.metrics[PLAIN] and found.students == 80
    both = others.joined(found.log)
    assert (
        list(both.leads) == ["forgetting", *individual_log.MODELS]
        and both.leads["own start"] == found.log.leads["own start"]
    )
    assert found.spreads["own start"].low <= found.spreads["own start"].value
    back = individual_log.Own.read(found.told())
    assert back.firsts["own pace"]["auc"] == pytest.approx(found.firsts["own pace"]["auc"], abs=1e-5)
    assert back.log.answers == len(test) and back.spreads["own pace"] == pytest.approx(
        found.spreads["own pace"], abs=1e-5
    )


def test_own_starts_come_out_again_in_blocks():
    found = individual_recovery.run("own start", n=2, seed=4)
    assert list(found.frame("block").index) == ["spread", *bkt.NAMES] and len(found.table) == 50
    assert (found.table.estimate - found.table.truth).abs().max() < 0.7
    with pytest.raises(ValueError, match="design = 'own': give one of"):
        individual_recovery.run("own")
