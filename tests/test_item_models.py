"""Rasch and 3PL: derivatives, a second implementation, the LSAT as published, recovery; AIC, BIC and what they need."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit, logit

from ktlib.bkt import em
from ktlib.data import datasets
from ktlib.forecast import criteria
from ktlib.irt import mml
from ktlib.irt._item_models import Rasch, ThreeParameter
from ktlib.irt.posterior import Normal

PRIORS = {"none": None, "mirt": mml.MIRT}
ON_DIFFICULTY = {"difficulty": Normal(0, 1), "discrimination": Normal(0, 0.5, log=True)}


def draw(seed: int, students: int, items: int, floor: float = 0.0, slope=None):
    """Answers and the items' numbers."""
    rng = np.random.default_rng(seed)
    slope = rng.lognormal(0.2, 0.3, items) if slope is None else np.full(items, slope)
    difficulty, ability = rng.normal(size=items), rng.normal(size=students)
    p = floor + (1 - floor) * expit(slope * (ability[:, None] - difficulty))
    return (rng.random(p.shape) < p).astype(float), slope, difficulty


@pytest.fixture
def small():
    answers, *_ = draw(1, 40, 5, floor=0.2)
    answers[np.random.default_rng(2).random(answers.shape) < 0.2] = np.nan
    return answers


@pytest.mark.parametrize("kind", [Rasch, ThreeParameter])
@pytest.mark.parametrize("priors", PRIORS.values(), ids=PRIORS)
def test_gradient_and_curvature_are_the_derivatives(small, kind, priors):
    model = kind(small, 21, priors)
    free = np.random.default_rng(3).normal(0, 0.5, model.start().shape)
    steps = 1e-5 * np.eye(free.size).reshape(-1, *free.shape)
    ends = [[model.loss((free + way * step).ravel()) for way in (1, -1)] for step in steps]
    slopes = np.array([(up[0] - down[0]) / 2e-5 for up, down in ends])
    bends = np.array([(up[1] - down[1]) / 2e-5 for up, down in ends])
    np.testing.assert_allclose(model.loss(free.ravel())[1], slopes, atol=1e-6)
    found = model.information(free)
    if kind is Rasch:  # the slopes of all items move as one
        fold = np.zeros((10, 6))
        fold[:5, :5], fold[5:, 5] = np.eye(5), 1
        found = fold.T @ found @ fold
    np.testing.assert_allclose(found, bends, atol=1e-6)


def loss_3pl(free, answers, nodes, weights) -> float:
    """Minus log likelihood and priors of a 3PL, written out student by student in difficulties."""
    slope, difficulty, floor = np.exp(free[0]), free[1], expit(free[2])
    p = floor + (1 - floor) * expit(slope * (nodes[:, None] - difficulty))
    total = 0.0
    for row in answers:
        asked = ~np.isnan(row)
        each = np.where(row[asked] == 1, p[:, asked], 1 - p[:, asked]).prod(1)
        total += np.log(weights @ each)
    intercept = -slope * difficulty
    held = ((free[0] / 0.5) ** 2 / 2 + free[0] + (intercept / 2) ** 2 / 2 + (free[2] + 1.4) ** 2 / 2).sum()
    return held - total


def test_3pl_is_the_mode_of_another_implementation(small):
    """In logarithms of slopes and difficulties, by Gauss-Hermite nodes and scipy's differences."""
    fit = mml.fit(small, "3pl", priors=mml.MIRT, tol=1e-5)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights /= weights.sum()
    start = np.stack([np.zeros(5), np.zeros(5), np.full(5, -1.0)])
    end = optimize.minimize(lambda v: loss_3pl(v.reshape(3, 5), small, nodes, weights), start.ravel(), method="BFGS")
    slope, difficulty, floor = end.x.reshape(3, 5)
    assert fit.converged
    np.testing.assert_allclose(np.log(fit.discrimination), slope, atol=2e-3)
    np.testing.assert_allclose(fit.difficulty, difficulty, atol=2e-3)
    np.testing.assert_allclose(logit(fit.guess), floor, atol=2e-3)


def test_rasch_on_the_lsat_as_published(needs):
    """Rizopoulos (2006), Journal of Statistical Software 17(5), §3.1: ltm's rasch with a common discrimination."""
    needs("lsat.rda")
    fit = mml.fit(datasets.lsat(), "rasch")
    assert fit.converged and fit.parameters == 6
    assert [fit.log_likelihood, fit.aic, fit.bic] == pytest.approx([-2466.938, 4945.875, 4975.322], abs=0.002)
    assert fit.difficulty == pytest.approx([-3.6153, -1.3224, -0.3176, -1.7301, -2.7802], abs=2e-4)
    assert fit.difficulty_se == pytest.approx([0.3266, 0.1422, 0.0977, 0.1691, 0.2510], abs=2e-4)
    assert fit.discrimination == pytest.approx([0.7551] * 5, abs=2e-4)
    assert fit.discrimination_se == pytest.approx([0.0694] * 5, abs=2e-4)


def test_rasch_is_a_two_parameter_fit_with_one_slope():
    """A prior that ties slopes hard gives the same items; unbound, each item more is a parameter more."""
    answers, slope, _ = draw(4, 400, 8, slope=1.3)
    rasch = mml.fit(answers, "rasch")
    tied = mml.fit(answers, priors={"discrimination": Normal(np.log(rasch.discrimination[0]), 1e-3, log=True)})
    np.testing.assert_allclose(tied.intercept, rasch.intercept, atol=2e-3)
    assert abs(rasch.discrimination[0] - slope[0]) < 3 * rasch.discrimination_se[0]
    free = mml.fit(answers)
    assert (rasch.parameters, free.parameters) == (9, 16)
    assert 0 < 2 * (free.log_likelihood - rasch.log_likelihood) < 20  # χ² with 7 degrees of freedom


def test_a_prior_on_the_one_discrimination_counts_once():
    answers, *_ = draw(5, 30, 4)
    fit = mml.fit(answers, "rasch", priors={"discrimination": Normal(3.0, 0.1)}, tol=1e-6)
    model = Rasch(answers, mml.even(8, 1 / 16))
    _, gradient = model.loss(np.append(fit.intercept, fit.discrimination[0]))
    assert -gradient[-1] == pytest.approx((fit.discrimination[0] - 3) / 0.01, abs=1e-2)
    held = mml.fit(answers, "rasch", priors=ON_DIFFICULTY)
    assert held.converged and held.determined.all()


@pytest.mark.parametrize("model", ["rasch", "3pl"])
def test_recovers_what_it_was_drawn_from(model):
    floor = 0.2 if model == "3pl" else 0.0
    answers, slope, difficulty = draw(6, 4000, 15, floor, slope=None if model == "3pl" else 1.2)
    fit = mml.fit(answers, model)
    assert fit.converged
    for name, truth in (("discrimination", slope), ("difficulty", difficulty), ("guess", np.full(15, floor))):
        if name == "guess" and model == "rasch":
            assert not fit.guess.any() and not fit.guess_se.any()
            continue
        z = (getattr(fit, name) - truth) / getattr(fit, f"{name}_se")
        assert (np.abs(z) < 1.96).mean() > 0.8 and np.sqrt((z**2).mean()) < 1.6, name
    low, high = fit.interval("guess", 0.99)
    assert ((low <= floor) & (floor <= high)).mean() > 0.9 and (low >= 0).all() and (high <= 1).all()


def test_a_floor_that_nothing_pins_stays_with_its_prior():
    """An easy item that nobody guesses at: its floor is the prior's, and says so by its standard error."""
    answers, *_ = draw(7, 300, 6)
    answers[:, 0] = np.random.default_rng(8).random(300) < 0.97
    fit = mml.fit(answers, "3pl")
    assert fit.guess_se[0] > 0.1
    loose = mml.fit(answers, "3pl", priors={"guess": Normal(0.0, 1.0)})
    assert loose.guess[0] > fit.guess[0] + 0.1
    assert "guess" in fit.frame().columns and "guess" not in mml.fit(answers).frame().columns


def test_forecasts_have_the_floor():
    answers, *_ = draw(9, 200, 6, floor=0.25)
    fit = mml.fit(answers, "3pl")
    by_hand = fit.guess[2] + (1 - fit.guess[2]) * expit(fit.discrimination[2] * fit.ability[5] + fit.intercept[2])
    assert fit.predict([5], [2]) == pytest.approx([by_hand])


def test_a_floor_is_told_from_none_by_aic():
    with_floor, without = draw(10, 3000, 12, floor=0.25)[0], draw(10, 3000, 12)[0]
    for answers, best in ((with_floor, "3PL"), (without, "2PL")):
        fits = {"2PL": mml.fit(answers), "3PL": mml.fit(answers, "3pl"), "Rasch": mml.fit(answers, "rasch")}
        table = criteria.compare(fits)
        assert table.index[0] == best and table.above_aic.iloc[0] == 0
        assert table.aic[best] == pytest.approx(2 * fits[best].parameters - 2 * fits[best].log_likelihood)
        assert table.bic[best] - table.aic[best] == pytest.approx((np.log(3000) - 2) * fits[best].parameters)


def test_other_answers_are_not_compared(small):
    fit, other = mml.fit(small), mml.fit(small[:, ::-1], "rasch")
    with pytest.raises(ValueError, match="'a' and 'b' were fitted to other answers"):
        criteria.compare({"a": fit, "b": other})
    with pytest.raises(ValueError, match="give at least two"):
        criteria.compare({"a": fit})
    with pytest.raises(ValueError, match=r"fits\['b'\] = 3: give a fit by likelihood"):
        criteria.compare({"a": fit, "b": 3})
    rows = [[1, 0, 1, 1], [0, 0, 1], [1, 1, 1]]
    free, held = em.fit(rows), em.fit(rows, frozen=["p_slip", "p_guess"])
    assert (free.parameters, held.parameters) == (4, 2)
    table = criteria.compare({"free": free, "held": held})
    assert table.bic["held"] == pytest.approx(2 * np.log(3) - 2 * held.log_likelihood)
    with pytest.raises(ValueError, match="other answers"):
        criteria.compare({"free": free, "other": em.fit([[1, 0, 1, 0], [0, 0, 1], [1, 1, 1]])})
    with pytest.raises(ValueError, match="other answers"):
        criteria.compare({"free": free, "items": fit})


@pytest.mark.parametrize(
    ("model", "priors", "message"),
    [
        ("4pl", None, "model = '4pl': give one of '2pl', 'rasch', '3pl'"),
        ("rasch", {"discrimination": Normal(np.zeros(5), 1)}, "a Rasch model has one discrimination"),
        ("3pl", {"guess": Normal(0, 1, log=True)}, "prior 'guess' = .*: give a Normal of the logit"),
        ("3pl", {"guess": Normal(np.zeros(3), 1)}, r"the prior of 'guess' has shape \(3,\).*each of 5 items"),
        ("3pl", {"difficulty": Normal(0, 1)}, "takes no prior on difficulty"),
        ("2pl", {"guess": Normal(0, 1)}, "prior 'guess'"),
    ],
)
def test_bad_settings_are_named(small, model, priors, message):
    with pytest.raises(ValueError, match=message):
        mml.fit(small, model, priors=priors)
