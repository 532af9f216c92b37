"""Studies of exams: small runs, twice the same; what is read back agrees with the files and with plain functions."""

import json

import numpy as np
import pytest
from invented import cold_items, exam_study

from ktlib.data.exams import exam
from ktlib.forecast.scores import compare, score
from ktlib.irt import ascent, recipe
from ktlib.studies import as_if_new, exams, label_maps, stopping, stored
from ktlib.studies import cold_items as cold
from ktlib.studies.means import Mean, signed

SMALL = exam(1500, students=80, items=40, labels=6, skills=3, rng=3)


def test_a_mean_is_written_with_its_interval():
    d = Mean(0.01394, 0.0077, 0.0201, n=5)
    assert f"{d}" == "+0.014 (+0.008 to +0.020)" and f"{d:.4f}" == "+0.0139 (+0.0077 to +0.0201)"
    assert f"{d:±.4f}" == "+0.0139 ± 0.0062" and f"{d:,.3f}" == "+0.014, +0.008 to +0.020"
    assert f"{d:=.2f}" == "0.01 (0.01 to 0.02)" and d.sign == 1
    assert signed(-0.0021) == "−0.002" and signed(-0.00004) == "0.000"
    assert Mean(-1, -2, -0.5).sign == -1 and Mean(0.1, -1, 1).sign == 0 and Mean(3).sign is None


def test_a_stored_study_is_read_as_it_is():
    study, factors = exams.read(), exams.read("exam_factors")
    raw = json.loads(stored("results/exams.json").read_text())["data"]["eedi"]
    row = raw["differences"][0]
    found = study.gap("eedi", row["what"], row["where"], row["metric"])
    assert (found.mean, found.low, found.n) == (row["mean"], row["low"], row["n"])
    assert study.of("eedi", "2PL", "f1", "train").mean == raw["models"]["2PL"]["train"]["f1"]["mean"]
    assert study.more("eedi", "half") == factors.more("eedi", "half")  # only the other study has it
    assert study.gap("timss", "K = 5 - 2PL", "thin") is None and study.gap("flat", "none - such") is None
    assert [area.answers for area in study.areas("timss")] == sorted((r["answers"] for r in
            json.loads(stored("results/exams.json").read_text())["data"]["timss"]["labels"]), reverse=True)  # fmt: skip
    with pytest.raises(ValueError, match="name"):
        exams.read("exam")


def test_what_attributes_do_is_said_from_both_intervals():
    study = exam_study()
    assert study.outcome("eedi") == "a sure gain" and study.ahead("eedi", "K = 5", "2PL") == (2, 2)
    assert study.more_by_area("eedi", ", fixed") == (0, 1)
    told = exams.agreement(study, [(3, "apart")])
    assert set(told.alike) == {True} and told.areas == {(3, "apart"): (8, 8)}


def test_rare_areas_depth_by_hand():
    areas, known = exams.depth(SMALL, share=0.1, training=1)
    asked = np.bincount(SMALL.responses.item, minlength=40)
    label = SMALL.label[SMALL.responses.item]
    rare = [k for k in range(6) if (label == k).sum() <= 150]
    assert areas == len(rare)
    assert known == np.median(
        np.concatenate([np.repeat(asked[i], asked[i]) for i in range(40) if SMALL.label[i] in rare])
    )


def test_models_of_the_study_can_be_fitted():
    told = exams.settings(SMALL)
    assert len(told) == 19
    for model in ("Rasch", "K = 3", "K = 3, all to all"):
        assert ascent.fit(SMALL.responses, tol=20.0, rng=1, **told[model]).converged


def test_own_answers_cross_where_the_rows_say():
    found = cold_items()
    assert found.crossed("eedi") == 2 and found.kept == [0, 1, 2, 5] and found.draws("eedi") == 2
    one = found.of("eedi", 5, "K = 3")
    assert one.mean == pytest.approx(0.54) and one.high - one.mean == pytest.approx(1.96 * 0.002 * np.sqrt(1.2 / 2))
    assert cold.read().crossed("eedi") == 2


def test_a_question_is_forecast_as_if_new_without_its_answers():
    one, again = (as_if_new.run(SMALL, seed=1, n=2, tol=1e-2) for _ in range(2))
    np.testing.assert_array_equal(one.p[as_if_new.WAYS[1]], again.p[as_if_new.WAYS[1]])
    assert one.score().metrics["auc"].value == score(one.correct, one.p[as_if_new.WAYS[0]]).metrics["auc"].value
    by_hand = compare(one.correct, one.p[as_if_new.WAYS[1]], one.p[as_if_new.WAYS[0]], "auc", cluster=one.item)
    assert one.gain("auc").mean == by_hand.value
    pile = np.random.default_rng(1).permutation(40) % 2
    here = pile[SMALL.responses.item] == 0
    rest = SMALL.responses.subset(~here)
    told = exams.settings(SMALL)["K = 3, all to all"]
    posterior = ascent.fit(rest, tol=1e-2 * len(rest), rng=1, **told).posterior
    hidden = SMALL.responses.subset(here)
    np.testing.assert_array_equal(one.p[as_if_new.WAYS[0]][here], posterior.predict(hidden.student, hidden.item))
    assert one.bins(n=4).shape == (4, 3)


def test_a_map_finds_its_kin_and_its_halves():
    family = np.array(["a", "a", "a", "b", "b", "b"])
    one, again = (label_maps.run({"small": (SMALL, family)}, seed=1, n=20, tol=1e-2)["small"] for _ in range(2))
    np.testing.assert_array_equal(one.points, again.points)
    np.testing.assert_array_equal(one.chance, again.chance)
    assert one.right == (label_maps.nearest(one.points, family) == family).sum() and -1 <= one.agree <= 1
    points = np.array([[0, 0], [0, 1], [1, 0], [9, 9], [9, 8], [8, 9.0]])
    np.testing.assert_array_equal(label_maps.nearest(points, family), family)
    assert label_maps.parted(points, family == "a") == 1.0
    turned = label_maps.turn(points, points @ np.array([[0, 1], [-1, 0]]))
    np.testing.assert_allclose(turned, [[0, 1], [-1, 0]], atol=1e-12)


def test_directions_of_the_truth_itself_are_not_off():
    class Known:
        def loadings(self):
            strength = np.sqrt(0.9) * SMALL.truth.label_loadings
            further = strength[:, None] * SMALL.truth.label_directions[SMALL.label]
            return np.column_stack([SMALL.truth.discrimination, further]), None

    off = label_maps.directions_off(SMALL, Known(), np.ones(6))
    np.testing.assert_allclose(off, 0, atol=0.1)


def test_a_race_is_the_recipe_stopped_by_its_rule():
    races = stopping.run(n=1, seed=5, steps=30, threshold=0.2, answers=1500, items=100)
    assert races == stopping.run(n=1, seed=5, steps=30, threshold=0.2, answers=1500, items=100)
    log = exam(answers=1500, items=100, rng=5, **stopping.FLAT).responses
    train, test = log.split_answers((0.8, 0.2), rng=5, seen=True)
    run = recipe.Recipe(train, None, rng=5)
    for _ in range(races[0].stop):
        assert not run.settled(0.2)
        run.step()
    assert run.settled(0.2) or races[0].stop == 30
    assert races[0].there == score(test.correct, run.predict(test.student, test.item)).metrics["auc"].value
    there, then = stopping.leads(races)
    assert there[0] == races[1].there - races[0].there and then[0] == races[1].then - races[0].then


def test_the_stored_runs_were_stopped_by_the_rule():
    study = stopping.read()
    assert study.simulated == ["100K", "860K", "2.6M", "8.6M"] and study.runs("eedi") == 5
    for losses in study.last_losses():
        assert (losses[2] - losses[-1]) / 4 < study.about["threshold"] * (losses[0] - losses[1])
    np.testing.assert_allclose(
        study.lead("8.6M", "stop"), study.auc("8.6M", "K = 5", "stop") - study.auc("8.6M", "2PL", "stop")
    )
