"""One skill's likelihood in logits against the textbook recursion, finite differences, EM and a general optimiser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import a_class, random_class
from scipy.optimize import minimize
from scipy.special import expit, logit

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, _newton, em
from ktlib.bkt._newton import BOUND, ChangePoints, climb, draws, normal_points, to_logit, to_params, to_probability
from ktlib.data.sequences import as_sequences

some_logits = st.lists(st.floats(-6, 6), min_size=4, max_size=4).map(np.array)


def differences(function, at, h):
    """Central differences of a function of four numbers."""
    return np.array([(function(at + e) - function(at - e)) / (2 * h) for e in np.eye(4) * h])


@settings(max_examples=60, deadline=None)
@given(rows=a_class(), logits=some_logits)
def test_value_slope_and_curvature(rows, logits):
    skill = ChangePoints(as_sequences(rows))
    value, slope, curvature = skill.derivatives(logits)
    assert value == pytest.approx(bkt.log_likelihood(rows, to_params(logits)).sum(), abs=1e-9)
    by_steps = differences(lambda at: bkt.log_likelihood(rows, to_params(at)).sum(), logits, 1e-5)
    np.testing.assert_allclose(slope, by_steps, atol=1e-5)
    np.testing.assert_allclose(curvature, differences(lambda at: skill.derivatives(at)[1], logits, 1e-5), atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(rows=a_class(), logits=some_logits)
def test_compiled_loops_find_what_arrays_do(rows, logits):
    skill = ChangePoints(as_sequences(rows))
    compiled = skill.derivatives(logits), skill.em_step(logits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_newton, "compiled", lambda: None)
        arrays = skill.derivatives(logits), skill.em_step(logits)
    for one, other in zip((*compiled[0], compiled[1]), (*arrays[0], arrays[1]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(rows=a_class(), logits=some_logits)
def test_an_em_step_is_em_s(rows, logits):
    params = to_params(logits)
    one = em.maximise(em.expected_counts(rows, params), params)
    np.testing.assert_allclose(
        to_probability(ChangePoints(as_sequences(rows)).em_step(logits)), np.clip(tuple(one), 1e-6, 1 - 1e-6), rtol=1e-8
    )


def test_many_places_at_once():
    rng = np.random.default_rng(1)
    rows = random_class(rng, students=300, longest=40)
    skill = ChangePoints(as_sequences(rows))
    places = rng.normal(0, 3, (50, 4))
    one_by_one = [bkt.log_likelihood(rows, to_params(at)).sum() for at in places]
    np.testing.assert_allclose(skill.log_likelihoods(places), one_by_one, rtol=1e-10)


def test_what_falls_to_nothing_is_counted_all_the_same():
    """Sixty right answers that nobody guesses, then more wrong ones that nobody slips."""
    rows = [[1] * 60 + [0] * 80, [1, 0, None]]
    skill, places = ChangePoints(as_sequences(rows)), np.array([[0.0, -1, -13, -13], [0, -1, -2, -1]])
    exact = [skill.derivatives(at)[0] for at in places]
    np.testing.assert_allclose(skill.log_likelihoods(places), exact, rtol=1e-12)


@pytest.mark.parametrize("sd", [0.5, np.inf])
def test_both_forms_climb_alike(sd, monkeypatch):
    rng = np.random.default_rng(5)
    mean, precision = np.array([0.5, -1.5, -1.0, -1.0]), np.eye(4) * sd**-2.0
    skills = [ChangePoints(as_sequences(random_class(rng, students=20, longest=9))) for _ in range(10)]
    one = [climb(skill, mean, mean=mean, precision=precision) for skill in skills]
    monkeypatch.setattr(_newton, "compiled", lambda: None)
    other = [climb(skill, mean, mean=mean, precision=precision) for skill in skills]
    for a, b in zip(one, other, strict=True):
        assert a.converged and b.converged and a.log_likelihood == pytest.approx(b.log_likelihood, abs=1e-8)
        np.testing.assert_allclose(to_probability(a.logits), to_probability(b.logits), atol=1e-6)
        np.testing.assert_allclose(a.curvature, b.curvature, rtol=1e-5, atol=1e-5)


def test_what_is_counted():
    skill = ChangePoints(as_sequences([[1, None, 0], [1, None, 0], [1, 1, 1, 0]]))
    assert (skill.students, skill.answers, skill.wrong, skill.longest) == (3, 8, 3, 4)
    assert sorted(skill.times) == [1, 2]


@pytest.mark.parametrize("sd", [0.3, 1.0, np.inf])
def test_the_summit_is_a_general_optimiser_s(sd):
    rows = random_class(np.random.default_rng(2), students=60, longest=12)
    rows += bkt.simulate(BKTParams(), students=60, steps=10, rng=3).answers.tolist()
    mean, precision = np.array([0.5, -1.5, -1.0, -1.0]), np.eye(4) * sd**-2.0

    def depth(at):
        return -bkt.log_likelihood(rows, to_params(at)).sum() + (at - mean) @ precision @ (at - mean) / 2

    end = climb(ChangePoints(as_sequences(rows)), mean, mean=mean, precision=precision)
    other = minimize(depth, mean, method="BFGS", options={"gtol": 1e-6})
    assert end.converged
    assert depth(end.logits) <= other.fun + 1e-9
    np.testing.assert_allclose(end.logits, other.x, atol=1e-3)
    assert end.log_likelihood == pytest.approx(bkt.log_likelihood(rows, to_params(end.logits)).sum(), abs=1e-8)


def test_a_climb_never_ends_below_its_start_and_says_when_it_was_cut_off():
    rng = np.random.default_rng(4)
    for _ in range(20):
        skill = ChangePoints(as_sequences(random_class(rng, students=8, longest=6)))
        start = rng.normal(0, 2, 4)
        before = skill.derivatives(start)[0]
        ends = [climb(skill, start, max_steps=n) for n in (1, 4, 200)]
        heights = [before, *(end.log_likelihood for end in ends)]
        assert np.all(np.diff(heights) >= -1e-9)
        assert ends[-1].converged and np.abs(ends[-1].logits).max() <= BOUND
        assert not ends[0].converged or heights[1] == pytest.approx(heights[-1], abs=1e-6)


def test_points_are_those_of_a_standard_normal():
    points = normal_points(4000)
    np.testing.assert_allclose(points.mean(0), 0, atol=0.01)
    np.testing.assert_allclose(np.cov(points.T), np.eye(4), atol=0.02)


def test_draws_integrate_to_the_evidence():
    """Against a product of Gauss-Hermite rules over the prior, with the textbook likelihood."""
    rows = bkt.simulate(BKTParams(), students=6, steps=5, rng=1).answers
    mean, sd = np.array([0.0, -1.5, -1.5, -1.0]), np.array([1.0, 0.8, 0.7, 0.9])
    nodes, weights = np.polynomial.hermite_e.hermegauss(13)
    places = mean + sd * np.stack([g.ravel() for g in np.meshgrid(*[nodes] * 4, indexing="ij")], 1)
    weight = np.prod([g.ravel() for g in np.meshgrid(*[weights] * 4, indexing="ij")], 0) / (2 * np.pi) ** 2
    weight = weight * np.exp(textbook(rows, expit(places)))
    exact = np.log(weight.sum())

    logits, log_weight = draws(ChangePoints(as_sequences(rows)), mean, np.diag(sd), 3000)
    log_weight = log_weight - (((logits - mean) / sd) ** 2).sum(1) / 2 - np.log(sd).sum()
    assert np.log(np.exp(log_weight).sum()) == pytest.approx(exact, abs=0.02)


def textbook(rows, p):
    """log P(answers), all students, under each row of p (n, 4): the forward recursion over all n at once."""
    total = np.zeros(len(p))
    for row in rows:
        known = p[:, 0]
        for y in row:
            if_known, if_not = np.abs(1 - y - np.array([1 - p[:, 2], p[:, 3]]))
            right = known * if_known + (1 - known) * if_not
            total += np.log(right)
            known = known * if_known / right
            known = known + (1 - known) * p[:, 1]
    return total


def test_textbook_is_one():
    params = BKTParams(p_init=0.3, p_transit=0.2, p_slip=0.05, p_guess=0.25)
    rows = np.array([[1.0, 0, 1, 1], [0, 0, 1, 0]])
    assert textbook(rows, np.array([tuple(params)]))[0] == pytest.approx(bkt.log_likelihood(rows, params).sum())


def test_scales():
    p = np.array([1e-6, 0.2, 0.5, 0.999])
    np.testing.assert_allclose(to_logit(p), logit(p))
    np.testing.assert_allclose(to_probability(to_logit(p)), p, rtol=1e-9)
    params = to_params(logit([0.2, 0.1, 0.6, 0.7]))
    assert params.flipped
    np.testing.assert_allclose([getattr(params, n) for n in NAMES], [0.2, 0.1, 0.6, 0.7])
