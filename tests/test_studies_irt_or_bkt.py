"""The studies of IRT beside BKT agree with plain functions called by hand, and say the same twice."""

import numpy as np
import pandas as pd
import pytest

from ktlib import bkt
from ktlib.bkt import em
from ktlib.forecast import baselines, scores
from ktlib.studies import irt_or_bkt, levels, worlds


@pytest.fixture(scope="module")
def log():
    """A class of the world of learners."""
    return worlds.learners(np.random.default_rng(5))


def test_two_levels_are_bkt_and_many_are_rasch(log):
    rasch = baselines.fit_rasch(log, points=41)
    np.testing.assert_allclose(
        levels.two_levels(log, worlds.TRUTH), bkt.filter(worlds.wide(log), worlds.TRUTH).p_correct.ravel()
    )
    np.testing.assert_allclose(levels.many_levels(log, rasch), rasch.predict(log))
    mean, sd = levels.ability_path(log[log.student == 3], rasch)
    assert np.isclose(mean[0], 0, atol=1e-12) and sd[-1] < sd[0]


def test_after_an_answer_an_average_question_is_forecast(log):
    rasch = baselines.fit_rasch(log, points=21)
    after = levels.many_levels(log, rasch, points=21, after=True)
    ahead = log.assign(item=-1).groupby("student").head(4)  # to forecast a question nobody has seen, after three others
    ahead["item"] = np.where(ahead.groupby("student").cumcount() == 3, -1, log.item[ahead.index])
    says = rasch.predict(ahead)[3::4]
    np.testing.assert_allclose(after.reshape(-1, worlds.STEPS)[:, 2], says)


def test_last_answers_are_a_log_of_their_own(log):
    rasch = baselines.fit_rasch(log, points=21)
    found = levels.last_answers(log, rasch, 3)
    hers = log[log.student == 7].iloc[8:12]  # three answers, and the one to forecast
    assert np.isclose(found[7 * worlds.STEPS + 11], rasch.predict(hers)[-1])
    assert np.isclose(found[7 * worlds.STEPS + 2], rasch.predict(log)[7 * worlds.STEPS + 2])


def test_the_best_step_is_the_one_with_the_lowest_log_loss(log):
    rasch, sizes = baselines.fit_rasch(log, points=21), (0, 0.3)
    loss = [
        scores.score(log.correct, levels.many_levels(log, rasch, s), metrics="log_loss").metrics["log_loss"].value
        for s in sizes
    ]
    assert levels.best_step(log, rasch, sizes) == sizes[int(np.argmin(loss))]


def test_worlds_say_the_same_twice_and_as_by_hand():
    first, second = worlds.run(draws=1, seed=9), worlds.run(draws=1, seed=9)
    pd.testing.assert_frame_equal(first.scores, second.scores)
    rng = np.random.default_rng(9)
    rng.normal(0, 1, worlds.STEPS)
    training, new = worlds.learners(rng), worlds.learners(rng)
    p = levels.two_levels(new, em.fit(worlds.wide(training)).params)
    assert first.mean("they learn", "BKT", "auc") == scores.score(new.correct, p, metrics="auc").metrics["auc"].value
    assert first.better("they learn", "BKT", "IRT") == 1 and first.by_difficulty.truth.is_monotonic_decreasing


def test_late_learner_learned_when_asked(log):
    hers = worlds.late_learner(log, 8)
    assert (hers.known == 0).sum() == 8 and hers.student.nunique() == 1


def test_a_set_of_skills_is_a_skill():
    links = pd.DataFrame({"item": [1, 2, 3, 3, 4, 4], "skill": [7, 8, 7, 8, 8, 7]})
    found = irt_or_bkt.with_sets(pd.DataFrame({"item": [1, 2, 3, 4, 3]}), links).skill
    assert found[2] == found[3] == found[4] and found.nunique() == 3


@pytest.fixture(scope="module")
def real(log):
    """Two classes whose questions fall into two skills, and all forecasts of the second."""
    other = worlds.both(np.random.default_rng(6), np.linspace(-1, 1, worlds.STEPS))
    classes = [table.assign(skill=table.item % 6) for table in (log.head(1200), other.head(1200))]
    return classes, irt_or_bkt.run(*classes)


def test_a_run_agrees_with_plain_functions(real):
    (training, test), found = real
    rasch = baselines.fit_rasch(training, points=31)
    np.testing.assert_allclose(found.p["IRT"], levels.many_levels(test, rasch))
    np.testing.assert_allclose(found.p["average"], (found.p["BKT"] + found.p["IRT"]) / 2)
    stuck = em.fit(
        [part.correct.tolist() for _, part in training[training.skill == 1].groupby("student")],
        start=bkt.BKTParams(p_transit=0), frozen=["p_transit"],
    ).params  # fmt: skip
    assert stuck.p_transit == 0 and len(found.p) == 10


def test_scores_and_leads_are_those_of_scores(real):
    (_, test), found = real
    wanted = scores.compare(test.correct, found.p["IRT"], found.p["BKT"], "auc", cluster=test.student)
    assert found.lead("IRT", "BKT") == wanted
    rows = np.arange(400)
    assert found.score("IRT", rows=rows).n == 400
    stages = found.by_stage()
    assert stages[stages.model == "BKT"].n.sum() == len(test)
    assert found.skills_won("BKT", "IRT", least=50)[1] == test.skill.nunique()


def test_a_fresh_start_makes_a_student_of_each_skill(real):
    (training, _), _ = real
    assert levels.fresh_start(training).student.nunique() == len(training.groupby(["student", "skill"]))


def test_an_estimate_is_written_with_its_interval():
    lead = scores.compare([1, 0, 1, 0, 1, 1], [0.9, 0.2, 0.6, 0.7, 0.8, 0.4], [0.5, 0.4, 0.6, 0.5, 0.3, 0.2], "auc")
    assert f"{lead:+.2f}" == f"{lead.value:+.2f} ± {1.959964 * lead.se:.2f}".replace("-", "−")
    auc = scores.score([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.7], metrics="auc").metrics["auc"]
    low, high = auc.interval()
    assert f"{auc:.3f}" == f"{auc.value:.3f} ({low:.3f} to {high:.3f})" and f"{auc}" == str(auc)
