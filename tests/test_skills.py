"""Many skills: against EM, a product quadrature, known priors and simulated classes; and what bad input says."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from oracles import random_class
from scipy.special import expit, logit
from sklearn.metrics import log_loss, roc_auc_score
from test_newton import textbook

from ktlib import BKTParams, Sequences, bkt
from ktlib.bkt import NAMES, em, skills
from ktlib.bkt._newton import ChangePoints, climb, to_params
from ktlib.bkt.skills import SkillPrior, predict
from ktlib.bkt.uncertainty import standard_errors
from ktlib.data import datasets
from ktlib.data.sequences import as_sequences, sequences_by

TRUE = SkillPrior([0.7, -2.0, -1.3, -1.4], [1.2, 1.2, 0.6, 0.9])


def course(seed, *, skills, students, steps, prior=TRUE):
    """Skills drawn from a prior, and a class of each."""
    rng = np.random.default_rng(seed)
    params = [to_params(at) for at in prior.mean + prior.sd * rng.normal(size=(skills, 4))]
    draw = [bkt.simulate(p, students=students, steps=steps, rng=rng).answers for p in params]
    return params, {f"skill {i}": answers for i, answers in enumerate(draw)}, rng


# -- each by itself -------------------------------------------------------------------------------


def test_maximum_likelihood_is_em_s_with_its_standard_errors():
    _, classes, _ = course(1, skills=12, students=150, steps=12)
    fits = skills.fit(classes, prior=None)
    interior = [not np.isnan(v).any() for v in fits.se]
    assert fits.converged.all() and sum(interior) >= 8
    low, high = fits.interval(level=0.9)
    for i, name in enumerate(classes):
        slow = em.fit(classes[name], tol=1e-10, max_steps=50_000)
        if not interior[i]:
            continue
        assert fits.log_likelihood[i] == pytest.approx(slow.log_likelihood, abs=1e-6)
        np.testing.assert_allclose(tuple(fits.params[i]), tuple(slow.params), atol=1e-3)
        sure = standard_errors(classes[name], slow)
        np.testing.assert_allclose(fits.se[i], list(sure.se.values()), rtol=5e-3)
        np.testing.assert_allclose((low[i, 3], high[i, 3]), sure.interval("p_guess", 0.9), atol=2e-3)


def test_on_the_boundary_it_says_so_and_loses_next_to_nothing():
    never_slips = np.where(np.arange(10) < np.arange(100)[:, None] % 9, 0.0, 1.0)
    fits = skills.fit({"a": never_slips}, prior=None)
    assert np.isnan(fits.se[0, 2]) and np.isnan(fits.interval()[0][0, 2]) and fits.params[0].p_slip < 1e-5
    assert "slip = 0: nobody who knows it ever misses" in fits.flags[0]
    assert 1e-6 / 2 <= min(fits.params[0]) and max(fits.params[0]) <= 1 - 1e-6 / 2
    assert 0 <= em.fit(never_slips, tol=1e-9).log_likelihood - fits.log_likelihood[0] < 1e-6 * 2 * never_slips.size
    # what is not on the boundary has its standard error with the rest held there
    assert fits.se[0, 1] == pytest.approx(
        standard_errors(never_slips, em.fit(never_slips, tol=1e-9)).se["p_transit"], 0.01
    )


MANY_SUMMITS = {  # EM from the usual start ends lower; students and steps, probabilities, seed
    "late": (300, 40, BKTParams(p_init=0.01, p_transit=0.02), 1),
    "big guess": (60, 12, BKTParams(p_guess=0.75, p_slip=0.05), 2),
    "noise": (150, 8, BKTParams(p_guess=0.47, p_slip=0.45), 3),
    "high slip": (80, 10, BKTParams(p_guess=0.1, p_slip=0.6), 4),
    "few": (4, 9, BKTParams(), 5),
    "short": (200, 3, BKTParams(p_init=0.5), 6),
    "nobody learns": (100, 7, BKTParams(p_transit=0.0, p_init=0.6), 7),
    "extreme": (120, 6, BKTParams(p_init=0.001, p_transit=0.97, p_slip=0.3, p_guess=0.65), 8),
}


HALF_KNOW = BKTParams(p_init=0.5, p_transit=0.5, p_slip=0.5, p_guess=0.02)
TWO_SUMMITS = bkt.simulate(HALF_KNOW, students=40, steps=8, rng=368).answers


def random_summit(rows, rng, starts=20):
    """The likeliest end with guess + slip < 1 of Newton climbs from random starts; -inf where none ends there."""
    skill, ends = ChangePoints(as_sequences(rows)), [-np.inf]
    for _ in range(starts):
        p = rng.uniform(0.001, 0.999, 4)
        if p[2] + p[3] >= 1:
            p[2:] = 1 - p[3], 1 - p[2]
        end = climb(skill, logit(p), max_steps=500)
        ends += [] if end.flipped else [end.log_likelihood]
    return max(ends)


def test_twenty_random_starts_find_nothing_likelier():
    rng = np.random.default_rng(1)
    classes = {
        name: bkt.simulate(params, students=n, steps=steps, rng=seed).answers
        for name, (n, steps, params, seed) in MANY_SUMMITS.items()
    }
    classes |= {f"ragged {i}": random_class(rng, students=40, longest=12) for i in range(4)}
    nearly = np.ones((60, 9))
    nearly[0, 3] = 0
    classes |= {"all right but one": nearly, "all wrong but one": 1 - nearly, "two summits": TWO_SUMMITS}
    fits = skills.fit(classes, prior=None)
    assert fits.converged.all()
    for name, rows, found in zip(fits.names, classes.values(), fits.log_likelihood, strict=True):
        assert random_summit(rows, rng) < found + 0.1, name


def test_one_start_would_have_ended_lower_and_another_maximum_is_named():
    usual = climb(ChangePoints(as_sequences(TWO_SUMMITS)), logit(tuple(BKTParams())))
    fits = skills.fit(
        {"a": TWO_SUMMITS, "b": bkt.simulate(HALF_KNOW, students=40, steps=8, rng=114).answers}, prior=None
    )
    assert usual.converged and fits.log_likelihood[0] > usual.log_likelihood + 3
    assert any(flag.startswith("a second maximum, 0.6 nats lower: p_init 0.57, p_tr") for flag in fits.flags[1])


def test_an_upside_down_maximum_that_is_likelier_is_named_not_taken():
    worse = BKTParams(p_init=0.2, p_transit=0.2, p_slip=0.8, p_guess=0.9, allow_flip=True)
    rows = bkt.simulate(worse, students=100, steps=10, rng=2).answers
    fits = skills.fit({"a": rows}, prior=None)
    more = em.fit(rows, start=worse).log_likelihood - fits.log_likelihood[0]
    assert not fits.params[0].flipped and more > 1
    assert f"likelier upside down: with guess + slip ≥ 1 by {more:.1f} nats" in fits.flags[0]


@pytest.mark.parametrize("rows", [[[1, 1, 1]] * 5, [[0, 0, 0, 0]] * 5, [[1, 0, 1]], [[1] * 30] * 400], ids=len)
def test_a_likelihood_that_rises_to_the_edge_converges_there_whatever_the_rounding(rows):
    """From any start, with every number a hair off, a climb converges, and within 0.001 nats of the best."""
    skill, rng = ChangePoints(as_sequences(rows)), np.random.default_rng(1)
    exact = skill.derivatives

    def rounded(logits):  # as on another processor
        return [part * (1 + rng.uniform(-4e-16, 4e-16, np.shape(part))) for part in exact(logits)]

    skill.derivatives = rounded
    ends = [climb(skill, start) for start in [logit(tuple(BKTParams())), *rng.normal(0, 3, (40, 4))]]
    assert all(end.converged for end in ends)
    if len(rows) > 1:  # one way or another the answers become certain
        assert min(end.log_likelihood for end in ends) > -1e-3 - 2e-6 * np.size(rows)


# -- under a prior --------------------------------------------------------------------------------


def quadrature(rows, prior, points=13):
    """Mean and covariance of the four logits given the answers, by a product of Gauss-Hermite rules over the prior."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    grid = np.stack([g.ravel() for g in np.meshgrid(*[nodes] * 4, indexing="ij")], 1)
    weight = np.prod([g.ravel() for g in np.meshgrid(*[weights] * 4, indexing="ij")], 0)
    logits = prior.mean + prior.sd * grid
    log = textbook(rows, expit(logits))
    weight = weight * np.exp(log - log.max())
    weight /= weight.sum()
    mean = weight @ logits
    return mean, ((logits - mean).T * weight) @ (logits - mean)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_posterior_is_the_one_that_quadrature_gives(seed):
    rows = bkt.simulate(BKTParams(p_init=0.6), students=5, steps=6, rng=seed).answers
    fits = skills.fit({"a": rows}, prior=TRUE)
    mean, covariance = quadrature(rows, TRUE)
    sd = np.sqrt(np.diag(covariance))
    assert np.abs(logit(fits.estimates[0]) - mean).max() < 0.06 * sd.max()
    np.testing.assert_allclose(np.sqrt(np.diag(fits.covariance[0])), sd, rtol=0.06)
    p = fits.estimates[0]
    np.testing.assert_allclose(fits.se[0], p * (1 - p) * np.sqrt(np.diag(fits.covariance[0])))
    low, high = fits.interval()
    np.testing.assert_allclose(
        logit(high[0]) - logit(low[0]), 2 * 1.959964 * np.sqrt(np.diag(fits.covariance[0])), rtol=1e-6
    )


def test_a_certain_prior_is_the_answer_and_a_vague_one_leaves_it_to_the_answers():
    _, classes, _ = course(3, skills=1, students=3000, steps=12, prior=SkillPrior([-1, -2, -2, -1.5], [0.1] * 4))
    certain = skills.fit(classes, prior=SkillPrior(TRUE.mean, [1e-4] * 4))
    np.testing.assert_allclose(logit(certain.estimates[0]), TRUE.mean, atol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(certain.covariance[0])), 1e-4, rtol=0.02)
    vague, alone = skills.fit(classes, prior=SkillPrior(TRUE.mean, [100.0] * 4)), skills.fit(classes, prior=None)
    assert np.abs(vague.estimates - alone.estimates).max() < 0.1 * alone.se.max()
    np.testing.assert_allclose(vague.se, alone.se, rtol=0.1)


def test_a_known_prior_is_recovered():
    params, classes, _ = course(4, skills=120, students=60, steps=12)
    fits = skills.fit(classes)
    drawn = np.array([logit(tuple(p)) for p in params])
    unsure = np.array([np.diag(c) for c in fits.covariance]).mean(0)
    error = np.sqrt(unsure / len(drawn))  # around the mean and sd of the skills that were drawn
    assert fits.converged.all() and fits.prior.skills == 120
    assert (np.abs(fits.prior.mean - drawn.mean(0)) < 4 * error).all()
    assert (np.abs(fits.prior.sd - drawn.std(0)) < 4 * error).all()
    assert not any("rough" in why for flags in fits.flags for why in flags)


def test_small_classes_under_a_prior_from_other_skills():
    """Intervals of classes of 22 hold the truth, and they forecast better than the raw fit and than the habit."""
    prior = skills.fit(course(5, skills=120, students=60, steps=12)[1]).prior
    params, classes, rng = course(6, skills=250, students=22, steps=15)
    fits, raw = skills.fit(classes, prior=prior), skills.fit(classes, prior=None)
    truth = np.array([tuple(p) for p in params])
    low, high = fits.interval()
    coverage = ((low <= truth) & (truth <= high)).mean(0)
    assert (np.abs(coverage - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 250)).all(), coverage
    later = [bkt.simulate(p, students=100, steps=15, rng=rng).answers for p in params]

    def loss(each):
        return np.array([-bkt.log_likelihood(a, p).mean() / 15 for a, p in zip(later, each, strict=True)])

    ours = loss(fits.params)
    for other in (raw.params, [BKTParams()] * len(params)):
        gain = loss(other) - ours
        assert gain.mean() > 3 * gain.std() / np.sqrt(len(gain))
    assert np.mean([bool(on_an_edge(f)) for f in raw.flags]) > 0.2
    assert not any(on_an_edge(f) for f in fits.flags)


def on_an_edge(flags):
    """Those that speak of a boundary."""
    return [why for why in flags if " = 0:" in why or " = 1:" in why]


def test_skills_that_are_all_alike_are_fitted_alike():
    one = SkillPrior(TRUE.mean, [1e-6] * 4)
    fits = skills.fit(course(7, skills=20, students=100, steps=12, prior=one)[1])
    assert (fits.prior.sd < 0.35).all()
    assert (np.ptp(logit(fits.estimates), axis=0) < 1).all()


def test_same_answers_same_fit_whatever_the_order():
    _, classes, _ = course(8, skills=8, students=30, steps=8)
    first, again = skills.fit(classes), skills.fit(classes)
    np.testing.assert_array_equal(first.estimates, again.estimates)
    back = skills.fit(dict(reversed(classes.items())))
    assert back.names == first.names[::-1]
    np.testing.assert_allclose(back.estimates[::-1], first.estimates, rtol=1e-9)
    under = skills.fit(classes, prior=first.prior)
    np.testing.assert_array_equal(under.estimates, first.estimates)
    np.testing.assert_array_equal(under.covariance, first.covariance)


# -- what cannot be fitted ------------------------------------------------------------------------

ODD = {
    "one student": ([[0, 1, 0, 1, 1]], "one student"),
    "one answer": ([[1], [0], [1]], "at most two answers a student: too few for four probabilities"),
    "two answers": ([[1, 0], [0, 1], [1, 1], [0, 0]] * 20, "at most two answers a student"),
    "all right": ([[1, 1, 1]] * 5, "every answer right"),
    "all wrong": ([[0, 0, 0, 0]] * 5, "every answer wrong"),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("prior", [None, TRUE], ids=["alone", "prior"])
def test_odd_classes_get_an_answer_and_a_reason(what, prior):
    rows, why = ODD[what]
    fits = skills.fit(
        {"odd": rows, "plain": bkt.simulate(BKTParams(), students=50, steps=9, rng=1).answers}, prior=prior
    )
    assert any(why in flag for flag in fits.flags[0])
    assert np.isfinite(fits.estimates).all() and np.isfinite(fits.log_likelihood).all() and fits.converged.all()
    assert fits.log_likelihood[0] == pytest.approx(bkt.log_likelihood(rows, fits.params[0]).sum(), abs=1e-9)
    if prior is None:
        assert np.isnan(fits.se[0]).any() and len(fits.flags[0]) > 1
    else:
        assert (fits.se > 0).all()
        left = np.sqrt(np.diagonal(fits.covariance[0])) / prior.sd
        assert (left < 1.25).all() and left.max() > 0.8  # mostly the prior's


def test_odd_classes_do_not_spoil_what_is_learned():
    _, classes, _ = course(9, skills=30, students=60, steps=10)
    with_odd = skills.fit({**classes, **{name: rows for name, (rows, _) in ODD.items()}})
    without = skills.fit(classes)
    assert with_odd.converged.all()
    assert (np.abs(with_odd.prior.mean - without.prior.mean) < 0.6 * without.prior.sd).all()


def test_a_cut_off_climb_says_so():
    fits = skills.fit(course(1, skills=1, students=50, steps=10)[1], prior=None, max_steps=1)
    assert not fits.converged[0] and "had not converged after 1 steps: raise max_steps" in fits.flags[0]


@pytest.mark.parametrize(
    "given, settings, message",
    [
        ({}, {}, "give a dict from skill to its answers, at least one"),
        ([[1, 0]], {}, "give a dict"),
        ({"a": [[1, 0]]}, {}, "1 skills are too few to learn a prior from: give at least 5, or a SkillPrior"),
        ({"a": [[1, 0]]}, {"prior": "flat"}, "prior = 'flat': give 'learned', None or a SkillPrior"),
        ({"a": [[1, 0]]}, {"prior": BKTParams()}, "prior = BKTParams"),
        ({"a": [[1, 0]]}, {"prior": None, "max_steps": 0}, "max_steps = 0"),
        ({"a": [[1, 0]], "b": [[1, 2]]}, {"prior": None}, "skill 'b': answer 2 of student 0 at step 2"),
        ({"a": [[None]]}, {"prior": None}, "skill 'a': student 0 has no answers"),
    ],
)
def test_bad_settings_are_one_clear_error(given, settings, message):
    with pytest.raises(ValueError, match=message):
        skills.fit(given, **settings)


@pytest.mark.parametrize(
    "mean, sd, message",
    [
        ([0, 0, 0], [1, 1, 1, 1], r"mean = .*: give four logits within ±13.8, one each for p_init, p_transit"),
        ([0, 0, 0, np.nan], [1, 1, 1, 1], "mean = "),
        ([0, 0, 0, 14], [1, 1, 1, 1], "mean = "),
        ([0, 0, 0, 0], [1, 0, 1, 1], "sd = .*: give four logits above 0"),
        ([0, 0, 0, 0], [1, np.inf, 1, 1], "sd = "),
        (["x"] * 4, [1] * 4, "mean = .* is not a number"),
    ],
)
def test_a_prior_is_checked(mean, sd, message):
    with pytest.raises(ValueError, match=message):
        SkillPrior(mean, sd)


def test_results_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TRUE.mean = 0
    np.testing.assert_allclose(tuple(TRUE.params), expit(TRUE.mean))


def test_frame():
    fits = skills.fit(
        {("a", 1): ODD["all right"][0], "b": random_class(np.random.default_rng(1), students=9, longest=9)}, prior=TRUE
    )
    frame = fits.frame(level=0.5)
    assert frame.index.tolist() == [("a", 1), "b"] and frame.index.name == "skill"
    assert frame.students.tolist() == [5, 9] and frame.answers.iloc[0] == 15
    assert frame.flag.iloc[0].startswith("every answer right")
    for i, name in enumerate(NAMES):
        assert ((frame[f"low_{name}"] < frame[name]) & (frame[name] < frame[f"high_{name}"])).all()
        np.testing.assert_array_equal(frame[f"se_{name}"], fits.se[:, i])
    with pytest.raises(ValueError, match="level = 95"):
        fits.frame(level=95)


def test_results_are_shown_in_under_ten_lines():
    fits = skills.fit(course(1, skills=60, students=20, steps=6)[1], prior=TRUE)
    for result in (fits, em.fit([[1, 0, 1]] * 9), bkt.filter(np.ones((500, 90)), BKTParams())):
        said = repr(result)
        assert said.startswith(type(result).__name__ + "(") and said.count("\n") < 9 and len(said) < 1100
        assert all(f"{f.name}=" in said for f in dataclasses.fields(result))
    assert "covariance=float64 array (60, 4, 4)" in repr(fits)
    with pytest.raises(ValueError, match=r"^prior = BKTFit") as caught:
        skills.fit({"a": [[1, 0]]}, prior=em.fit([[1, 0, 1]] * 9))
    assert len(str(caught.value)) < 200


# -- forecasts ------------------------------------------------------------------------------------


def log_of(rng, rows=400):
    return pd.DataFrame(
        {
            "student": rng.choice(["ann", "bo", "cy"], rows),
            "skill": rng.choice([3, 7, 9], rows),
            "correct": rng.choice([0, 1], rows, p=[0.3, 0.7]),
        },
        index=rng.permutation(rows),
    )


def test_each_row_is_forecast_from_earlier_rows_of_that_student_and_skill():
    log = log_of(np.random.default_rng(1))
    fits = skills.fit(sequences_by(log, "skill"), prior=TRUE)
    p = predict(fits, log)
    assert p.shape == (len(log),)
    params = dict(zip(fits.names, fits.params, strict=True))
    for place in (0, 5, 100, 399):
        row = log.iloc[place]
        before = log.iloc[:place]
        before = before[(before.student == row.student) & (before.skill == row.skill)].correct.tolist()
        assert p[place] == pytest.approx(bkt.filter([*before, None], params[row.skill]).p_correct[-1], abs=1e-12)
    changed = log.copy()
    changed.iloc[200:, 2] = 1 - changed.iloc[200:, 2]
    np.testing.assert_array_equal(predict(fits, changed)[:200], p[:200])  # nothing looks ahead


def test_an_answer_to_come_and_a_gap_are_forecast_too():
    log = pd.DataFrame({"student": [1, 1, 1, 2], "skill": ["a"] * 4, "correct": [1, np.nan, np.nan, np.nan]})
    fits = skills.fit({"a": [[1, 0, 1]]}, prior=TRUE)
    expected = bkt.filter([1, None, None], fits.params[0]).p_correct
    np.testing.assert_allclose(predict(fits, log), [*expected, expected[0]])


def test_an_unknown_skill_is_forecast_by_name_and_count_or_refused():
    log = log_of(np.random.default_rng(2))
    known = log[log.skill != 9]
    fits = skills.fit(sequences_by(known, "skill"), prior=TRUE)
    new = (log.skill == 9).to_numpy()
    as_typical = skills.fit({9: [[1]]}, prior=SkillPrior(TRUE.mean, [1e-6] * 4))
    said = rf"1 skills in {new.sum()} of 400 rows were not fitted: \[9\]"
    with pytest.warns(UserWarning, match=rf"{said}\. They are forecast from BKTParams\(p_init=0\.66"):
        p = predict(fits, log)
    np.testing.assert_allclose(p[new], predict(as_typical, log[new]), atol=1e-5)
    np.testing.assert_array_equal(p[~new], predict(fits, known))
    alone = skills.fit(sequences_by(known, "skill"), prior=None)
    with pytest.warns(UserWarning, match=said):
        p = predict(alone, log)
    who = log[new].student.to_numpy()
    own = log[new].correct[who == "bo"].tolist()
    np.testing.assert_allclose(p[new][who == "bo"], bkt.filter(own, BKTParams()).p_correct)
    np.testing.assert_array_equal(p[~new], predict(alone, known))
    for some in (fits, alone):
        with pytest.raises(ValueError, match=rf'{said}\. Leave their rows out, or unseen="default"'):
            predict(some, log, unseen="error")
    with pytest.raises(ValueError, match="unseen = 'prior': give one of 'default', 'error'"):
        predict(fits, log, unseen="prior")


def test_rows_may_come_in_any_order_where_a_column_says_which():
    log = log_of(np.random.default_rng(5))
    fits = skills.fit(sequences_by(log, "skill"), prior=TRUE)
    log["when"] = np.repeat(np.arange(200), 2)  # ties keep the order of the rows
    mixed = log.sample(frac=1, random_state=1).sort_values("when", kind="stable")
    turned = pd.concat([mixed[mixed.when >= 90], mixed[mixed.when < 90]])
    expected = pd.Series(predict(fits, mixed), mixed.index)
    np.testing.assert_array_equal(predict(fits, turned, order="when"), expected[turned.index])
    assert np.abs(predict(fits, turned.drop(columns="when")) - expected[turned.index]).max() > 0.05
    with pytest.raises(ValueError, match="column 'when' goes back"):
        predict(fits, turned)
    with pytest.raises(ValueError, match="no column 'order'"):
        predict(fits, turned, order="order")
    dated = turned.assign(at=pd.Timestamp("2026-09-07") + pd.to_timedelta(turned.when, unit="h")).drop(columns="when")
    with pytest.raises(ValueError, match=r"column 'at' goes back in row .* Give order='at'"):
        predict(fits, dated)
    np.testing.assert_array_equal(predict(fits, dated, order="at"), expected[turned.index])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"correct": ["x"] * 400}, "answer 'x' is not 1"),
        ({"correct": [2] * 400}, "answer 2 is not 1"),
        ({"student": [None] * 400}, "400 of 400 rows have no 'student'"),
        ({"skill": [None] * 400}, "400 of 400 rows have no 'skill'"),
    ],
)
def test_bad_logs_are_one_clear_error(change, message):
    log = log_of(np.random.default_rng(3))
    fits = skills.fit(sequences_by(log, "skill"), prior=TRUE)
    with pytest.raises(ValueError, match=message):
        predict(fits, log.assign(**change))
    with pytest.raises(ValueError, match="no column 'item'"):
        predict(fits, log, skill="item")
    with pytest.raises(ValueError, match=r"give what skills\.fit returned"):
        predict(log, log)


def test_sequences_arrays_and_lists_are_one():
    rows = [[1, 0, None, 1], [0, 1]]
    a = skills.fit({"x": rows}, prior=TRUE)
    b = skills.fit({"x": Sequences.from_lists(rows)}, prior=TRUE)
    np.testing.assert_array_equal(a.estimates, b.estimates)


# -- real logs ------------------------------------------------------------------------------------


def test_assist2009_is_forecast_as_well_as_published_and_no_skill_degenerates(needs):
    """Held-out students of the source's own split; an answer that needs several skills is forecast by their mean."""
    for file in ("assist2009_train.csv", "assist2009_test.csv", "assist2009_q_mat.npz"):
        needs(file)
    train, test, links = datasets.assist2009("train"), datasets.assist2009("test"), datasets.assist2009_skills()
    classes = sequences_by(train.merge(links, on="item"), "skill")
    rows = test.assign(answer=np.arange(len(test))).merge(links, on="item")
    loss, edges = {}, {}
    for prior in (None, "learned"):
        fits = skills.fit(classes, prior=prior)
        answers = rows.assign(p=predict(fits, rows)).groupby("answer").agg(y=("correct", "first"), p=("p", "mean"))
        assert len(answers) == len(test) and fits.converged.all() and len(fits.names) == 123
        assert roc_auc_score(answers.y, answers.p) > 0.71
        loss[prior] = log_loss(answers.y, answers.p)
        edges[prior] = sum(bool(on_an_edge(flags)) for flags in fits.flags)
    assert loss["learned"] < loss[None]
    assert edges["learned"] == 0 and edges[None] > 25
    assert not np.isnan(fits.se).any()


def test_where_the_integrals_look_does_not_hang_on_an_eigenvectors_sign(monkeypatch):
    """Which way an eigenvector points differs between builds of LAPACK; so did the third digit of a learned prior."""
    _, classes, _ = course(4, skills=8, students=30, steps=6)
    eigh = np.linalg.eigh

    def turned(matrix):
        size, axes = eigh(matrix)
        return size, axes * (-1, 1, -1, 1)[: len(size)]

    one = skills.fit(classes)
    monkeypatch.setattr(np.linalg, "eigh", turned)
    other = skills.fit(classes)
    np.testing.assert_allclose(one.estimates, other.estimates, rtol=0, atol=1e-9)
