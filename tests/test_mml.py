"""Marginal maximum likelihood: derivatives, the integral itself, LSAT as published, R's ltm and mirt as recorded."""

import math
import os
import warnings

import numpy as np
import oracles_irt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from ktlib.data import datasets
from ktlib.data.responses import Responses
from ktlib.irt import marginal, mml
from ktlib.irt.posterior import Normal

NUMBERS = (
    "discrimination", "intercept", "difficulty", "discrimination_se", "intercept_se", "difficulty_se", "ability",
    "ability_sd",
)  # fmt: skip
PRIORS = {
    "none": None,
    "mirt": mml.MIRT,
    "normal": {"discrimination": Normal(1, 0.5)},
    "by item": {"discrimination": Normal(np.linspace(-1, 1, 5), 0.3, log=True), "intercept": Normal(0, 2)},
    "difficulty": {"discrimination": Normal(0.25, 0.5, log=True), "difficulty": Normal(0, 1)},
    "difficulty alone": {"difficulty": Normal(np.linspace(-1, 1, 5), 1)},
}


def draw(rng, students: int, items: int, missing: float = 0.0):
    """Answers, abilities, discriminations and difficulties of a simulated class."""
    ability, difficulty = rng.normal(size=students), rng.normal(size=items)
    discrimination = np.clip(rng.normal(1.2, 0.5, items), 0.3, None)
    right = rng.random((students, items)) < expit(discrimination * (ability[:, None] - difficulty))
    answers = np.where(rng.random(right.shape) < missing, np.nan, right)
    return answers, ability, discrimination, difficulty


@pytest.fixture
def small():
    answers, *_ = draw(np.random.default_rng(1), 40, 5, missing=0.2)
    return answers


def fit_quietly(answers, **kwargs) -> mml.MMLFit:
    """A fit that may not warn, whose numbers are numbers, and that is the right one of two mirror images."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = mml.fit(answers, **kwargs)
    for name in NUMBERS:
        assert not np.isnan(getattr(fit, name)).any(), name
    assert np.median(fit.discrimination) >= 0
    return fit


@pytest.mark.parametrize("priors", PRIORS.values(), ids=PRIORS)
def test_gradient_and_information_are_the_derivatives(small, priors):
    objective = marginal.TwoParameter(small, 21, priors)
    free = np.random.default_rng(2).normal(0, 0.5, (2, 5))
    gradient, information = np.empty(10), np.empty((10, 10))
    for k in range(10):
        step = np.zeros(10)
        step[k] = 1e-5
        (above, slope_above), (below, slope_below) = (objective.loss(free + s * step.reshape(2, 5)) for s in (1, -1))
        gradient[k], information[k] = (above - below) / 2e-5, (slope_above - slope_below) / 2e-5
    assert np.allclose(objective.loss(free)[1], gradient, atol=1e-6)
    assert np.allclose(objective.information(free), information, atol=1e-6)


def test_log_likelihood_is_the_integral(small):
    rng = np.random.default_rng(3)
    free = np.stack([rng.normal(size=5), rng.normal(1, 0.3, 5)])

    def chance(ability, row):
        etas = free[0] + free[1] * ability
        return math.prod(expit(e if y == 1 else -e) for e, y in zip(etas, row, strict=True) if not np.isnan(y))

    nodes, weights = np.polynomial.hermite.hermgauss(21)
    nodes, weights = math.sqrt(2) * nodes, weights / math.sqrt(math.pi)
    summed = sum(math.log(sum(w * chance(x, row) for x, w in zip(nodes, weights, strict=True))) for row in small)
    integral = sum(math.log(quad(lambda t, row=row: chance(t, row) * norm.pdf(t), -9, 9)[0]) for row in small)
    assert marginal.TwoParameter(small).expect(free)[0] == pytest.approx(summed, abs=1e-10)
    assert marginal.TwoParameter(small, 61).expect(free)[0] == pytest.approx(integral, abs=1e-6)


def test_priors_multiply_their_densities_to_the_likelihood(small):
    at = [np.stack([np.full(5, c), np.log(np.full(5, a))]) for c, a in ((0.3, 0.7), (-0.4, 1.6))]

    def log_density(c, a):
        return 5 * (norm.logpdf(math.log(a), 0, 0.5) - math.log(a) + norm.logpdf(c, 0, 2))

    held = marginal.TwoParameter(small, 21, mml.MIRT)
    gained = [-held.loss(free)[0] - held.expect(free)[0] for free in at]
    assert gained[0] - gained[1] == pytest.approx(log_density(0.3, 0.7) - log_density(-0.4, 1.6))


def test_lsat_as_published(needs):
    """Bock & Lieberman's data as Rizopoulos (2006) fits them in ltm."""
    needs("lsat.rda")
    fit = fit_quietly(datasets.lsat())
    assert fit.log_likelihood == pytest.approx(-2466.653, abs=0.005)
    assert fit.difficulty == pytest.approx([-3.3597, -1.3696, -0.2799, -1.8660, -3.1240], abs=0.01)
    assert fit.discrimination == pytest.approx([0.825, 0.723, 0.890, 0.689, 0.657], abs=0.01)
    assert fit.converged and fit.determined.all()
    assert len(fit.students) == 1000 and len(fit.items) == 5


def against(design: str, method: str, **settings) -> pd.DataFrame:
    """One row a data set that `method` has fitted: our fit less its own, where its item is not near the edge."""
    oracle, rows = oracles_irt.load(design), []
    fits = oracle.fits[oracle.fits.method == method].set_index("rep")
    for rep, answers in oracle.answers.items():
        peer, fit = oracle.peer(rep, method), fit_quietly(answers, **settings)
        if len(peer):
            a, b = (np.sign(peer.alpha.median()) * peer[name].to_numpy() for name in ("alpha", "beta"))
            inner = (np.abs(b) < 4) & (np.abs(a) < 6)
            rows.append(
                {
                    "log_likelihood": fit.log_likelihood - fits.loglik[rep],
                    "difficulty": np.median(np.abs(fit.difficulty - b)[inner]),
                    "discrimination": np.median(np.abs(fit.discrimination - a)[inner]),
                    "difficulty_se": np.median((fit.difficulty_se / peer.se_beta)[inner]),
                    "discrimination_se": np.median((fit.discrimination_se / peer.se_alpha)[inner]),
                    "correlation": np.corrcoef(fit.difficulty, b)[0, 1],
                    "converged": fit.converged,
                }
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("design", oracles_irt.DESIGNS)
def test_agrees_with_ltm(design):
    """Blow-ups included. Where the two part, ours is the likelier: the likelihood has more than one top."""
    apart = against(design, "ltm", points=21)
    assert len(apart) == 20 and apart.converged.all()
    assert (apart.log_likelihood.abs() < 0.05).sum() >= 18
    assert apart.log_likelihood.min() > -0.05
    assert apart[["difficulty", "discrimination"]].median().max() < 0.002
    assert apart[["difficulty_se", "discrimination_se"]].median().to_numpy() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("design", oracles_irt.DESIGNS)
def test_agrees_with_mirt_under_priors(design):
    """To the accuracy of mirt's own stopping rule; it refuses data sets with an item that all solved, two of 20."""
    apart = against(design, "mirt_prior", priors=mml.MIRT)
    assert len(apart) >= 18 and apart.converged.all()
    assert apart.correlation.min() > 0.999
    assert apart[["difficulty", "discrimination"]].to_numpy().max() < 0.02
    assert apart.log_likelihood.abs().max() < 0.3
    assert apart[["difficulty_se", "discrimination_se"]].median().to_numpy() == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("design", oracles_irt.DESIGNS)
def test_the_prior_does_the_work(design):
    """Without it most data sets hold a difficulty more than 3 off; with it hardly any."""
    oracle, off = oracles_irt.load(design), [0, 0]
    for rep, answers in oracle.answers.items():
        for k, priors in enumerate((None, mml.MIRT)):
            off[k] += np.abs(mml.fit(answers, priors=priors).difficulty - oracle.true(rep, "beta")).max() > 3
    assert off[0] >= 10 and off[1] <= 2


@pytest.mark.parametrize("priors", [None, mml.MIRT], ids=["none", "mirt"])
def test_recovers_what_it_was_drawn_from(priors):
    answers, ability, discrimination, difficulty = draw(np.random.default_rng(4), 2000, 20)
    fit = fit_quietly(answers, priors=priors)
    assert np.corrcoef(fit.difficulty, difficulty)[0, 1] > 0.99
    assert np.corrcoef(fit.ability, ability)[0, 1] > 0.85
    assert 0.94 < (np.abs(fit.ability - ability) < 1.96 * fit.ability_sd).mean() < 0.96
    assert np.abs(fit.discrimination - discrimination).max() < 0.5


def test_intervals_cover_the_truth():
    """20 items in each of 15 large classes: 95 % intervals hold the truth in .90 to .99 of 300."""
    inside = {"difficulty": [], "discrimination": []}
    for seed in range(15):
        answers, _, *truth = draw(np.random.default_rng(100 + seed), 2000, 20)
        fit = fit_quietly(answers)
        for name, true in zip(("discrimination", "difficulty"), truth, strict=True):
            inside[name].append(np.abs(getattr(fit, name) - true) < 1.96 * getattr(fit, f"{name}_se"))
    for name, hits in inside.items():
        assert 0.90 < np.mean(hits) < 0.99, name


def test_an_item_that_all_solved_explodes_and_says_so(small):
    small[:, 2] = np.where(np.isnan(small[:, 2]), np.nan, 1)
    fit = fit_quietly(small)
    assert abs(fit.difficulty[2]) > 5
    assert not fit.determined[2] and fit.intercept_se[2] == fit.difficulty_se[2] == np.inf
    assert np.delete(fit.determined, 2).all()
    held = fit_quietly(small, priors=mml.MIRT)
    assert held.determined.all() and -8 < held.difficulty[2] < -2


def test_items_that_are_not_determined_are_named(small):
    """A difficulty of some hundreds beside "converged" is not left to speak for itself."""
    small[:, 2] = np.where(np.isnan(small[:, 2]), np.nan, 1)
    fit = fit_quietly(pd.DataFrame(small, columns=list("vwxyz")))
    assert fit.reason.endswith("; not determined: 1 of 5 items, such as 'x'")
    assert "not determined" in repr(fit) and len(repr(fit).splitlines()) < 10
    frame = fit.frame()
    assert list(frame.index[~frame.determined]) == ["x"] and np.isinf(frame.se_difficulty["x"])
    assert frame.difficulty.to_numpy() == pytest.approx(fit.difficulty)
    assert "not determined" not in fit_quietly(small, priors=mml.MIRT).reason


def test_nodes_double_until_nothing_moves():
    """80 answers a student: a rule of 21 nodes is nats off, the default agrees with ten times as many even nodes."""
    answers, *_ = draw(np.random.default_rng(7), 150, 80)
    fit, ltm = fit_quietly(answers), fit_quietly(answers, points=21)
    fine = marginal.TwoParameter(answers, marginal.even(7, 1 / 32))
    value, gradient, _ = fine.derivatives(np.stack([fit.intercept, fit.discrimination]))
    assert fit.converged and fit.points > 21 and f"{fit.points} nodes" in fit.reason
    assert value == pytest.approx(fit.log_likelihood, abs=1e-3) and np.abs(gradient).max() < 2e-3
    assert ltm.points == 21 and abs(ltm.log_likelihood - fit.log_likelihood) > 0.5
    assert np.abs((ltm.discrimination - fit.discrimination) / fit.discrimination_se).max() > 0.1


def test_timss_agrees_with_121_nodes():
    """Some 60 answers a student, every fourth student: within .05 nats and .02 standard errors."""
    try:
        answers = datasets.timss2007().responses.to_wide().iloc[::4]
    except datasets.DataError as error:
        if os.environ.get("KTLIB_REQUIRE_ALL"):
            raise
        pytest.skip(str(error))
    responses = Responses.from_wide(answers.dropna(axis=1, how="all"))
    fit, many = mml.fit(responses), mml.fit(responses, points=121)
    assert fit.converged and fit.log_likelihood == pytest.approx(many.log_likelihood, abs=0.05)
    known = fit.determined & many.determined
    assert known.mean() > 0.9
    for name in ("discrimination", "intercept", "difficulty"):
        apart = (getattr(fit, name) - getattr(many, name)) / getattr(many, f"{name}_se")
        assert np.abs(apart[known]).max() < 0.02, name


def test_an_item_that_stands_alone_has_no_discrimination():
    """Students who answer nothing else say how many solve it, not who."""
    answers = np.full((60, 6), np.nan)
    answers[:40, :5], *_ = draw(np.random.default_rng(1), 40, 5)
    answers[40:, 5] = np.arange(20) < 7
    fit = fit_quietly(answers)
    assert list(fit.determined) == [True] * 5 + [False]
    assert fit.discrimination_se[5] == fit.difficulty_se[5] == np.inf


def test_turning_all_answers_round_turns_ability_and_difficulty_round(small):
    fit, turned = fit_quietly(small, tol=1e-6), fit_quietly(1 - small, tol=1e-6)
    assert turned.discrimination == pytest.approx(fit.discrimination, abs=1e-4)
    assert turned.difficulty == pytest.approx(-fit.difficulty, abs=1e-3)
    assert turned.ability == pytest.approx(-fit.ability, abs=1e-4)


def test_the_mirror_image_with_positive_discrimination_is_given():
    """Most items measure the same way round; a first item that is coded upside down decides nothing."""
    answers, ability, *_ = draw(np.random.default_rng(5), 400, 8)
    answers[:, 0] = 1 - answers[:, 0]
    fit = fit_quietly(answers)
    assert fit.discrimination[0] < 0 < fit.discrimination[1:].min()
    assert np.corrcoef(fit.ability, ability)[0, 1] > 0.7


def test_sparse_answers_are_fitted():
    """A few answers a student, most items with one kind of answer: ltm and mirt refuse these."""
    rng = np.random.default_rng(6)
    answers, *_ = draw(rng, 160, 180, missing=0.9915)
    answers = answers[~np.isnan(answers).all(1)]
    answers = answers[:, ~np.isnan(answers).all(0)]
    loose, held = fit_quietly(answers), fit_quietly(answers, priors=mml.MIRT)
    assert held.converged and (loose.converged or "twice the nodes still moved" in loose.reason)  # slopes without end
    assert fit_quietly(answers, points=21).converged
    assert np.abs(loose.difficulty).max() > 20 > np.abs(held.difficulty).max()
    alike = (np.nanmin(answers, axis=0) == np.nanmax(answers, axis=0)).astype(bool)
    assert alike.mean() > 0.5 and not loose.determined[alike].any()
    assert held.determined.all()


@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.5, 0.9, 1.0]), st.sampled_from([0, 0.5]), st.booleans())
def test_any_answers_give_numbers_without_a_warning(seed, easy, missing, prior):
    rng = np.random.default_rng(seed)
    answers = (rng.random(rng.integers(1, 9, 2)) < easy).astype(float)
    gaps = rng.random(answers.shape) < missing
    gaps[np.arange(len(answers)), np.arange(len(answers)) % answers.shape[1]] = False
    answers[gaps] = np.nan
    answers = answers[:, ~np.isnan(answers).all(0)]
    fit_quietly(answers, priors=mml.MIRT if prior else None)


def test_responses_and_arrays_give_the_same_fit(small):
    frame = pd.DataFrame(small, [f"s{i}" for i in range(40)], list("vwxyz"))
    fit, same = mml.fit(Responses.from_wide(frame)), mml.fit(small)
    assert fit.items == tuple("vwxyz") and fit.students[0] == "s0" and same.items == (0, 1, 2, 3, 4)
    assert all(np.array_equal(getattr(fit, name), getattr(same, name)) for name in NUMBERS)


def test_says_why_it_stopped(small):
    fit = mml.fit(small)
    assert fit.converged and "quasi-Newton steps" in fit.reason
    early = mml.fit(small, em_steps=0, max_steps=1)
    assert not early.converged and "max_steps = 1 reached" in early.reason
    exact = mml.fit(small, tol=0)
    assert exact.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-4)
    assert exact.converged or "no step along it gains any more" in exact.reason


def test_em_alone_climbs_to_the_same_place(small):
    objective = marginal.TwoParameter(small, marginal.even(6, 0.25), mml.MIRT)
    free = objective.start()
    for _ in range(300):
        free = objective.em_step(free)
    fit = mml.fit(small, priors=mml.MIRT, em_steps=0, tol=1e-6)
    assert free[0] == pytest.approx(fit.intercept, abs=1e-4)
    assert np.exp(free[1]) == pytest.approx(fit.discrimination, abs=1e-4)


def test_priors_on_difficulty_give_the_mode_and_the_curvature_there(small):
    """In other coordinates, the logarithm of discrimination and difficulty, by scipy and differences."""
    nodes, log_weights = marginal.even(8, 1 / 16)

    def loss(free):
        log_alpha, beta = free.reshape(2, 5)
        eta = np.exp(log_alpha)[:, None] * (nodes - beta[:, None])
        return (log_alpha**2).sum() / (2 * 0.5**2) + (beta**2).sum() / 2 - marginal.summed(*marks, eta, log_weights)[0]

    marks = (small == 1).astype(float), (small == 0).astype(float)
    end = optimize.minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-6}).x
    unit = 1e-3 * np.eye(10)
    bend = [
        [(loss(end + a + b) - loss(end + a - b) - loss(end - a + b) + loss(end - a - b)) / 4e-6 for a in unit]
        for b in unit
    ]
    sd = np.sqrt(np.diag(np.linalg.inv(bend))).reshape(2, 5)
    fit = mml.fit(small, priors=PRIORS["difficulty"], tol=1e-6)
    assert fit.converged and fit.determined.all()
    np.testing.assert_allclose([np.log(fit.discrimination), fit.difficulty], end.reshape(2, 5), atol=1e-4)
    np.testing.assert_allclose([fit.discrimination_se / fit.discrimination, fit.difficulty_se], sd, rtol=1e-3)


def weighted() -> Responses:
    return Responses([0, 1], [0, 0], [1, 0], ("a", "b"), ("x",), weight=[1.0, 2.0])


def too_many() -> Responses:
    return Responses([0], [0], [1], tuple(range(100_000)), tuple(range(5000)))


@pytest.mark.parametrize(
    ("answers", "settings", "message"),
    [
        ([[1, np.nan], [0, np.nan]], {}, "item 1 has no answers"),
        (Responses([0, 1], [0, 0], [1, 0], ("a", "b", "c"), ("x",)), {}, "student 'c' has no answers"),
        (Responses([0, 1], [0, 0], [1, 0], ("a", "b"), ("x", "y", "z")), {}, r"item 'y' has no answers \(2 such"),
        ([[1, 2], [0, 1]], {}, "answer 2 of student 0 to item 1 is not 1"),
        (weighted(), {}, "weights"),
        ([[1, 0]], {"points": 1}, "points = 1"),
        ([[1, 0]], {"em_steps": -1}, "em_steps = -1"),
        ([[1, 0]], {"points": 10**9}, "points = 1000000000: give at most 200"),
        ([[1, 0]], {"points": 21.0}, "points = 21.0: give a whole number"),
        ([[1, 0]], {"max_steps": 0}, "max_steps = 0"),
        ([[1, 0]], {"priors": 5}, "priors = 5: give a dict such as mml.MIRT"),
        (too_many(), {}, r"100000 students, 5000 items and up to 577 nodes would take .* GiB: ask for less"),
        ([[1, 0]], {"tol": -1}, "tol = -1"),
        ([[1, 0]], {"priors": {"difficulty": Normal(0, 1, log=True)}}, "prior 'difficulty'"),
        ([[1, 0]], {"priors": PRIORS["normal"] | {"difficulty": Normal(0, 1)}}, "needs positive discriminations"),
        ([[1, 0]], {"priors": {"intercept": Normal(0, 1, log=True)}}, "prior 'intercept'"),
        ([[1, 0]], {"priors": {"intercept": 1}}, "prior 'intercept' = 1: give a normal"),
        ([[1, 0]], {"priors": {"intercept": Normal(np.zeros(3), 1)}}, r"has shape \(3,\).*each of 2 items"),
    ],
)
def test_bad_input_is_named(answers, settings, message):
    with pytest.raises(ValueError, match=message):
        mml.fit(np.array(answers) if isinstance(answers, list) else answers, **settings)
