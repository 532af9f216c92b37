"""Standard errors agree with a numeric Hessian of an independent likelihood, and with the spread of repeated fits."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, em
from ktlib.bkt.profiles import profile, profile_pair
from ktlib.bkt.uncertainty import bootstrap, intervals, standard_errors

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
    with pytest.raises(ValueError, match="name = 'slip': give one of 'p_init', 'p_transit', 'p_slip'"):
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
        (others, fit, "these answers have log likelihood .*, but those it was .* pass the answers it was fitted to"),
        (answers, em.fit(answers, max_steps=1), "not at its maximum"),
        (answers[:100], fit, "100 students with 1500 answers, but the fit saw 200 with 3000: pass the answers"),
        (answers, fit.params, "fit = BKTParams.*: give what em.fit returned"),
    ):
        with pytest.raises(ValueError, match=message):
            standard_errors(wrong_answers, wrong_fit)


@pytest.mark.parametrize("look", ["profile", "profile_pair", "intervals", "bootstrap", "standard_errors"])
def test_other_answers_of_the_same_size_are_refused_and_another_order_is_not(look):
    flat = BKTParams(p_init=0.5, p_transit=0.02, p_slip=0.3, p_guess=0.3)
    answers = bkt.simulate(flat, students=100, steps=5, rng=2).answers
    others = bkt.simulate(BKTParams(), students=100, steps=5, rng=3).answers
    fit = em.fit(answers, tol=1e-9)
    call = {
        "profile": lambda rows: profile(rows, fit, "p_slip", grid=[0.1, 0.2]).log_likelihood,
        "profile_pair": lambda rows: profile_pair(rows, fit, ("p_slip", "p_guess"), ([0.3], [0.2])).log_likelihood,
        "intervals": lambda rows: intervals(rows, fit).table.low.to_numpy(float),
        "bootstrap": lambda rows: bootstrap(rows, fit, draws=2, rng=1).draws[:0],
        "standard_errors": lambda rows: standard_errors(rows, fit).covariance,
    }[look]
    one_changed = answers.copy()
    one_changed[0, 0] = 1 - one_changed[0, 0]
    for rows in (others, one_changed):
        with pytest.raises(ValueError, match="pass the answers it was fitted to"):
            call(rows)
    if look != "standard_errors":
        np.testing.assert_allclose(call(answers[::-1]), call(answers), rtol=1e-3, atol=1e-6)


def stuck():
    """A class and a fit to it that ended on the lower of two summits, 3.7 nats below the other."""
    half_know = BKTParams(p_init=0.5, p_transit=0.5, p_slip=0.5, p_guess=0.02)
    answers = bkt.simulate(half_know, students=40, steps=8, rng=368).answers
    return answers, em.fit(answers, tol=1e-9), em.fit(answers, start=half_know, tol=1e-9)


def test_a_better_maximum_that_a_profile_meets_is_named_not_hidden():
    answers, low, high = stuck()
    assert high.log_likelihood > low.log_likelihood + 3 and not high.params.flipped
    for call in (
        lambda: profile(answers, low, "p_guess"),
        lambda: profile_pair(answers, low, ("p_guess", "p_slip"), ([0.01, 0.3], [0.3, 0.55])),
    ):
        with pytest.raises(
            ValueError, match=r"a better maximum exists: with BKTParams.*again with that as start"
        ) as caught:
            call()
    named = eval(str(caught.value).split("with ")[1].split(" the answers")[0], {"BKTParams": BKTParams})
    assert em.fit(answers, start=named, tol=1e-9).log_likelihood == pytest.approx(high.log_likelihood, abs=1e-3)
    assert any(flag.startswith("no maximum: the answers are likelier at") for flag in intervals(answers, low).flags)
    assert not any(flag.startswith("no maximum") for flag in intervals(answers, high).flags)
    assert np.isfinite(profile(answers, high, "p_guess").log_likelihood).any()


def refitted(answers, value, name="p_slip"):
    """Profile log likelihood at one value by a fit of its own, from another start."""
    start = BKTParams(p_init=0.4, p_transit=0.2, p_slip=0.1, p_guess=0.3).moved(**{name: value})
    return em.fit(answers, start=start, frozen=[name], tol=1e-10).log_likelihood


def test_a_profile_is_what_fits_with_the_parameter_held_reach():
    answers = bkt.simulate(TRUTH, students=60, steps=8, rng=1).answers
    fit = em.fit(answers, tol=1e-9)
    found = profile(answers, fit, "p_slip", grid=[0.01, 0.05, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(found.log_likelihood, [refitted(answers, v) for v in found.grid], atol=1e-4)
    np.testing.assert_array_equal(found.paths[:, 2], found.grid)
    for value, path in zip(found.log_likelihood, found.paths, strict=True):
        params = BKTParams(**dict(zip(NAMES, path, strict=True)))
        assert value == pytest.approx(bkt.log_likelihood(answers, params).sum())
    for at in (found.low, found.high):  # chi-squared with one degree of freedom: 3.841
        assert 2 * (fit.log_likelihood - refitted(answers, at)) == pytest.approx(3.841, abs=0.01)
    assert found.at_boundary == (False, False) and found.low < fit.params.p_slip < found.high


def test_the_default_grid_covers_the_interval_and_stays_in_range():
    answers = bkt.simulate(TRUTH, students=25, steps=6, rng=2).answers
    found = profile(answers, em.fit(answers), "p_init", level=0.8)
    assert 0 <= found.grid[0] <= found.low < found.high <= found.grid[-1] <= 1
    keeps = 2 * (found.top - found.log_likelihood) < 1.642  # chi-squared, 80 %
    np.testing.assert_array_equal(keeps, (found.low < found.grid) & (found.grid < found.high))


def test_an_interval_that_reaches_zero_says_so():
    answers = bkt.simulate(TRUTH.moved(p_slip=0.003), students=30, steps=10, rng=7).answers
    found = profile(answers, em.fit(answers), "p_slip")
    assert found.low == 0 and found.at_boundary == (True, False)
    assert 2 * (found.top - refitted(answers, 0.0)) < 3.841 < 2 * (found.top - refitted(answers, 1.05 * found.high))
    worst = profile(answers, em.fit(answers), "p_slip", grid=[0.0, 1.0])
    assert np.isfinite(worst.log_likelihood[0])


def test_a_value_that_makes_the_answers_impossible_has_log_likelihood_minus_infinity():
    answers = np.array([[0.0, 1, 1], [1, 0, 1], [0, 0, 1]] * 20)
    start = BKTParams(p_init=0.4, p_transit=0.2, p_slip=0.0, p_guess=0.3)
    found = profile(answers, em.fit(answers, start=start, frozen=["p_slip"]), "p_init", grid=[0.0, 0.2, 1.0])
    assert np.isfinite(found.log_likelihood[:2]).all() and found.log_likelihood[2] == -np.inf
    assert found.high < 1


def test_a_pair_of_profiles_shows_the_ridge():
    answers = bkt.simulate(TRUTH, students=200, steps=3, rng=3).answers
    fit = em.fit(answers, tol=1e-9)
    grids = np.linspace(0.05, 0.6, 12), np.linspace(0.02, 0.35, 12)
    pair = profile_pair(answers, fit, ("p_init", "p_slip"), grids)
    over_slip = profile(answers, fit, "p_init", grid=grids[0]).log_likelihood
    assert pair.log_likelihood.shape == (12, 12)
    assert np.all(pair.log_likelihood.max(1) <= over_slip + 1e-4)
    own = em.fit(answers, start=TRUTH.moved(p_init=grids[0][7], p_slip=grids[1][2]), frozen=["p_init", "p_slip"])
    assert pair.log_likelihood[7, 2] == pytest.approx(own.log_likelihood, abs=1e-3)
    assert 2 * (fit.log_likelihood - pair.contour()) == pytest.approx(5.991, abs=1e-3)  # two degrees of freedom
    inside = np.argwhere(pair.log_likelihood > pair.contour())
    assert np.corrcoef(inside.T)[0, 1] > 0.5  # more known at the start is paid for by more slips


def test_bootstrap_of_a_share_is_binomial():
    """One answer each, no slips, no guesses: p_init is the share of right answers."""
    answers = np.array([[1.0]] * 30 + [[0.0]] * 70)
    start = BKTParams(p_init=0.5, p_transit=0.1, p_slip=0.0, p_guess=0.0)
    fit = em.fit(answers, start=start, frozen=["p_transit", "p_slip", "p_guess"])
    found = bootstrap(answers, fit, draws=2000, rng=1)
    right = found.draws[:, 0] * 100
    np.testing.assert_allclose(right, np.round(right), atol=1e-9)
    assert abs(right.mean() - 30) < 4 * np.sqrt(21 / 2000)
    assert abs(found.se["p_init"] / np.sqrt(0.0021) - 1) < 4 / np.sqrt(2 * 2000)
    assert found.se["p_slip"] == 0
    np.testing.assert_array_equal(found.draws, bootstrap(answers, fit, draws=2000, rng=1).draws)


def test_bootstrap_agrees_with_fits_to_students_drawn_one_by_one():
    rng = np.random.default_rng(4)
    lengths = rng.integers(4, 12, 150)
    answers = bkt.simulate(TRUTH, students=150, steps=lengths, rng=rng, missing=0.1).answers
    fit = em.fit(answers)
    found = bootstrap(answers, fit, draws=200, rng=2)
    slow = np.array([tuple(em.fit(answers[rng.integers(0, 150, 150)]).params) for _ in range(200)])
    sd = np.array(list(found.se.values()))
    assert np.all(np.abs(found.draws.mean(0) - slow.mean(0)) < 4 * sd * np.sqrt(2 / 200))
    assert np.all(np.abs(np.log(sd / slow.std(0, ddof=1))) < 4 / np.sqrt(200))
    for name, column in zip(NAMES, found.draws.T, strict=True):
        low, high = found.interval(name, 0.9)
        assert np.mean((column >= low) & (column <= high)) == pytest.approx(0.9, abs=0.01)


def test_intervals_are_wald_where_that_holds():
    answers = bkt.simulate(TRUTH, students=200, steps=15, rng=1).answers
    fit = em.fit(answers)
    found, sure = intervals(answers, fit, 0.9), standard_errors(answers, fit)
    assert found.level == 0.9 and found.flags == () and list(found.table.index) == list(NAMES)
    for name, row in found.table.iterrows():
        assert (row["estimate"], row["se"], row["method"]) == (getattr(fit.params, name), sure.se[name], "Wald")
        assert (row["low"], row["high"]) == sure.interval(name, 0.9)


def test_intervals_near_a_boundary_are_profiles_and_say_so():
    answers = bkt.simulate(TRUTH.moved(p_slip=0.003), students=30, steps=10, rng=7).answers
    fit = em.fit(answers)
    found = intervals(answers, fit)
    own = profile(answers, fit, "p_slip")
    slip = found.table.loc["p_slip"]
    assert slip["method"] == "profile: estimated at 0 or 1" and np.isnan(slip["se"])
    assert (slip["low"], slip["high"]) == (own.low, own.high) == (0, own.high)
    assert [flag.split(" = ")[0] for flag in found.flags] == ["boundary: p_slip"]
    near = bkt.simulate(TRUTH, students=12, steps=10, rng=1).answers
    row = intervals(near, em.fit(near)).table.loc["p_init"]
    assert row["method"] == "profile: near 0 or 1" and row["estimate"] < 1.96 * row["se"]


def test_intervals_flag_what_cannot_be_trusted():
    answers = bkt.simulate(TRUTH, students=200, steps=15, rng=1).answers
    two = intervals(answers[:, :2], em.fit(answers[:, :2]))
    assert set(two.table["method"]) == {"profile: flat likelihood"} and two.table["se"].isna().all()
    assert two.flags[0].startswith("flat: ") and (two.table["high"] - two.table["low"] > 0.2).all()
    alone = np.ones((30, 5))
    assert [flag.split(":")[0] for flag in intervals(alone, em.fit(alone)).flags] == [
        "flipped",
        "boundary",
        "flat",
        "open",
    ]
    one = intervals(answers[:1], em.fit(answers[:1]))
    assert any(flag.startswith("open: any value of p_init") for flag in one.flags)
    flipped = BKTParams(p_init=0.3, p_transit=0.15, p_slip=0.8, p_guess=0.75, allow_flip=True)
    drawn = bkt.simulate(flipped, students=600, steps=12, rng=2).answers
    assert (
        intervals(drawn, em.fit(drawn, start=flipped, tol=1e-9)).flags[0].startswith("flipped: p_guess + p_slip = 1.")
    )
    stopped = em.fit(answers, max_steps=5)
    assert not stopped.converged and intervals(answers, stopped).flags[0].startswith("not converged: max_steps = 5")
    frozen = intervals(answers, em.fit(answers, frozen=["p_guess"])).table.loc["p_guess"]
    assert frozen["low"] == frozen["estimate"] == frozen["high"] == 0.2 and frozen["method"] == "frozen"


@pytest.mark.parametrize("truth, students, answers", [(TRUTH, 22, 15), (TRUTH.moved(p_slip=0.01), 50, 10)])
def test_intervals_hold_the_truth_as_often_as_they_say(truth, students, answers):
    rng, held, runs, point = np.random.default_rng(11), 0, 100, np.array(tuple(truth))
    for _ in range(runs):
        seen = bkt.simulate(truth, students=students, steps=answers, rng=rng).answers
        table = intervals(seen, em.fit(seen)).table
        held = held + ((table["low"] <= point) & (point <= table["high"])).to_numpy()
    assert np.all(np.abs(held / runs - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs))


def test_profiles_and_bootstrap_refuse_what_they_cannot_use():
    answers = bkt.simulate(TRUTH, students=50, steps=8, rng=1).answers
    fit, held = em.fit(answers), em.fit(answers, frozen=["p_slip"])
    for call, message in (
        (
            lambda: profile(answers, held, "p_slip"),
            "'p_slip' was not estimated: choose from p_init, p_transit, p_guess",
        ),
        (lambda: profile(answers, fit, "slip"), "name = 'slip': give one of"),
        (lambda: profile(answers[:9], fit, "p_slip"), "9 students with 72 answers, but the fit saw 50"),
        (lambda: profile(answers, fit, "p_slip", grid=[0.2, 0.1]), "give ascending values"),
        (lambda: profile(answers, fit, "p_slip", grid=[0.2, 1.1]), "grid of p_slip = 1.1 is not a probability"),
        (lambda: profile(answers, fit, "p_slip", level=95), "level = 95 is not between 0 and 1"),
        (lambda: profile_pair(answers, fit, ("p_slip", "p_slip"), ([0.1], [0.1])), "two different names"),
        (lambda: profile_pair(answers, fit, ("p_slip", "p_guess"), [[0.1]]), "two grids"),
        (lambda: bootstrap(answers, fit, draws=1, rng=1), "draws = 1: give a whole number, 2 or more"),
        (lambda: bootstrap(answers, fit, rng=None), "rng = None: pass a seed"),
        (lambda: bootstrap(answers, fit.params, rng=1), "fit = BKTParams.*: give what em.fit returned"),
        (lambda: bootstrap(answers, fit, draws=2, rng=1).interval("slip"), "name = 'slip': give one of 'p_init'"),
        (lambda: intervals(answers, fit, 1.5), "level = 1.5 is not between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_names_of_any_kind_and_draws_beyond_memory_are_refused():
    answers = bkt.simulate(TRUTH, students=60, steps=6, rng=1).answers
    fit = em.fit(answers)
    for call, message in (
        (lambda: profile(answers, fit, ["p_slip"]), r"name = \['p_slip'\]: give one of"),
        (lambda: profile_pair(answers, fit, 5, ([0.1], [0.2])), "names = 5: give a list such as"),
        (lambda: profile_pair(answers, fit, "p_slip", ([0.1], [0.2])), "names = 'p_slip': give a list"),
        (lambda: profile_pair(answers, fit, ("p_init", "p_slip"), np.array(1.0)), "grids = array.* give a list"),
        (lambda: standard_errors(answers, fit).interval({}), "name = {}: give one of"),
        (lambda: bootstrap(answers, fit, draws=2, rng=1).interval(np.zeros(2)), "name = array.* give one of"),
        (lambda: bootstrap(answers, fit, draws=10**9, rng=1), "draws = 1000000000 would take"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
