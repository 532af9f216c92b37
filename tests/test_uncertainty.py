"""Standard errors agree with a numeric Hessian of an independent likelihood, and with the spread of repeated fits."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt, em
from ktlib.bkt import NAMES
from ktlib.uncertainty import standard_errors

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)


def numeric_covariance(answers, params, h=1e-4):
    """Inverse of minus the Hessian of `bkt.log_likelihood`, by second central differences."""
    point = np.array(tuple(params))

    def value(p):
        return bkt.log_likelihood(answers, params.moved(**dict(zip(NAMES, p, strict=True)))).sum()

    step = np.eye(4) * h
    hessian = [
        [(value(point + a + b) - value(point + a - b) - value(point - a + b) + value(point - a - b)) / (4 * h * h)]
        for a in step
        for b in step
    ]
    return np.linalg.inv(-np.reshape(hessian, (4, 4)))


NEAR_THE_EDGE = TRUTH.moved(p_slip=0.004)
FLIPPED = BKTParams(p_init=0.3, p_transit=0.15, p_slip=0.8, p_guess=0.75, allow_flip=True)


@pytest.mark.parametrize("truth", [TRUTH, NEAR_THE_EDGE, FLIPPED], ids=["usual", "near the edge", "flipped"])
def test_covariance_is_the_inverse_of_the_observed_information(truth):
    answers = bkt.simulate(truth, students=600, steps=12, rng=2, missing=0.1).answers
    fit = em.fit(answers, start=truth, tol=1e-11)
    assert fit.params.flipped == truth.flipped
    sure = standard_errors(answers, fit)
    np.testing.assert_allclose(sure.covariance, numeric_covariance(answers, fit.params), rtol=2e-3, atol=1e-8)
    assert list(sure.se) == list(NAMES) and not sure.boundary


def test_reported_errors_match_the_spread_of_200_fits():
    rng = np.random.default_rng(5)
    estimates, reported = [], []
    for _ in range(200):
        answers = bkt.simulate(TRUTH, students=200, steps=15, rng=rng).answers
        fit = em.fit(answers)
        estimates.append(tuple(fit.params))
        reported.append(list(standard_errors(answers, fit).se.values()))
    ratio = np.median(reported, 0) / np.std(estimates, 0, ddof=1)
    assert np.all(np.abs(ratio - 1) < 4 / np.sqrt(2 * 200))  # an SD from 200 draws is good to 1 in sqrt(400)


def test_interval_contains_the_estimate_and_stays_inside():
    answers = bkt.simulate(TRUTH, students=30, steps=8, rng=1).answers
    fit = em.fit(answers)
    sure = standard_errors(answers, fit)
    for name in sure.se:
        low, high = sure.interval(name)
        assert 0 < low < getattr(fit.params, name) < high < 1
        assert high - low > sure.interval(name, level=0.5)[1] - sure.interval(name, level=0.5)[0]


def test_frozen_and_boundary_parameters_have_no_standard_error():
    answers = bkt.simulate(TRUTH, students=100, steps=10, rng=3).answers
    frozen = standard_errors(answers, em.fit(answers, frozen=["p_guess"]))
    assert "p_guess" not in frozen.se
    with pytest.raises(ValueError, match="p_guess was not estimated"):
        frozen.interval("p_guess")
    with pytest.raises(ValueError, match="'slip' is no parameter; the estimated ones are p_init, p_transit, p_slip"):
        frozen.interval("slip")
    for level in (95, -0.1, 0, 1, "x"):
        with pytest.raises(ValueError, match=f"level = {level!r} is not between 0 and 1: give a number such as 0.95"):
            frozen.interval("p_slip", level)
    no_slip = np.where(np.arange(10) < np.arange(100)[:, None] % 10, 0.0, 1.0)
    edge = standard_errors(no_slip, em.fit(no_slip))
    assert edge.boundary and not set(edge.boundary) & set(edge.se)


@pytest.mark.parametrize("students", [50, 500, 50_000])
def test_three_answers_a_student_pin_four_numbers_and_two_do_not(students):
    answers = bkt.simulate(TRUTH, students=students, steps=3, rng=4).answers
    assert standard_errors(answers, em.fit(answers)).se
    with pytest.raises(ValueError, match="at least three answers"):
        standard_errors(answers[:, :2], em.fit(answers[:, :2]))


def test_one_number_pinned_far_better_than_another_is_not_flat():
    truth = BKTParams(p_init=0.3, p_transit=0.1, p_slip=0.1, p_guess=0.2)
    answers = bkt.simulate(truth, students=100, steps=20_000, rng=3).answers
    sure = standard_errors(answers, em.fit(answers, tol=1e-8))
    assert sure.se["p_slip"] < 0.001 < 0.03 < sure.se["p_init"]


def test_only_the_maximum_of_these_answers_has_standard_errors():
    answers, others = (bkt.simulate(TRUTH, students=200, steps=15, rng=seed).answers for seed in (5, 6))
    fit = em.fit(answers)
    for wrong_answers, wrong_fit, message in (
        (others, fit, "not at its maximum at .*: raise max_steps, or pass the answers it was fitted to"),
        (answers, em.fit(answers, max_steps=1), "not at its maximum"),
        (answers[:100], fit, "100 students with 1500 answers, but the fit saw 200 with 3000: pass the answers"),
        (answers, fit.params, "fit = BKTParams.*: give what em.fit returned"),
    ):
        with pytest.raises(ValueError, match=message):
            standard_errors(wrong_answers, wrong_fit)
