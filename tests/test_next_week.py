"""Last week's fits as this week's prior: beside one fit of all weeks, and what is refused."""

import numpy as np
import pytest

from ktlib.bkt import BKTParams, skills
from ktlib.bkt._newton import to_logit
from ktlib.studies import next_week


@pytest.fixture(scope="module")
def weeks():
    """Two weeks of new students in five skills."""
    rng, params = np.random.default_rng(1), BKTParams()
    return [{k: next_week.drawn(params, 40, 6, rng) for k in range(5)} for _ in range(2)]


@pytest.fixture(scope="module")
def last(weeks):
    return skills.fit(weeks[0], prior=next_week.PRIOR)


def test_two_weeks_in_turn_are_close_to_both_at_once(weeks, last):
    """The belief between the weeks is cut to a normal: a third of a standard error is what that may cost."""
    kept = skills.fit(weeks[1], prior=last)
    both = skills.fit({k: next_week.joined(weeks[0][k], weeks[1][k]) for k in weeks[0]}, prior=next_week.PRIOR)
    se = np.sqrt(np.diagonal(both.covariance, 0, 1, 2))
    apart = (to_logit(kept.estimates) - to_logit(both.estimates)) / se
    assert np.sqrt((apart**2).mean()) < 0.35
    ratio = np.sqrt(np.diagonal(kept.covariance, 0, 1, 2)) / se
    assert 0.8 < np.median(ratio) < 1.2
    assert kept.prior is last.prior and kept.students.tolist() == [40] * 5


def test_drift_lets_go_of_last_week(weeks, last):
    """Much drift: this week's answers alone, under a prior as wide as the drift."""
    held, far = (skills.fit(weeks[1], prior=last, drift=drift) for drift in (0.0, 3.0))
    first = to_logit(last.estimates)
    moved = [np.abs(to_logit(fit.estimates) - first).mean() for fit in (held, far)]
    assert moved[0] < moved[1]
    wide = [np.diagonal(fit.covariance, 0, 1, 2).mean() for fit in (held, far)]
    assert wide[0] < wide[1]
    one = skills.fit(weeks[1], prior=last, drift=[3.0, 0, 0, 0])
    se = np.sqrt(np.diagonal(one.covariance, 0, 1, 2)).mean(0)
    assert se[0] > np.sqrt(np.diagonal(held.covariance, 0, 1, 2)).mean(0)[0]


def test_a_skill_that_is_new_has_the_prior_over_skills(weeks, last):
    fit = skills.fit({"new": weeks[1][0], 0: weeks[1][0]}, prior=last)
    alone = skills.fit({"new": weeks[1][0]}, prior=last.prior)
    np.testing.assert_allclose(fit.estimates[0], alone.estimates[0])
    assert not np.allclose(fit.estimates[1], alone.estimates[0], atol=1e-3)


def test_no_answers_much_to_say_leave_the_belief(last):
    """One answer of one student moves nothing by half a standard error."""
    fit = skills.fit({0: [[1]]}, prior=last)
    se = np.sqrt(np.diagonal(last.covariance, 0, 1, 2))[0]
    assert (np.abs(to_logit(fit.estimates[0]) - to_logit(last.estimates[0])) < 0.5 * se).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"drift": -1}, "drift = -1: give a number of logits, 0 or more"),
        ({"drift": [1, 2]}, r"drift = \[1, 2\]"),
        ({"prior": "learned", "drift": 0.1}, "drift = 0.1 without last week's fits"),
    ],
)
def test_bad_settings_are_named(weeks, last, settings, message):
    with pytest.raises(ValueError, match=message):
        skills.fit(weeks[1], **({"prior": last} | settings))


def test_fits_without_a_prior_carry_nothing_on(weeks):
    loose = skills.fit({0: weeks[0][0]}, prior=None)
    with pytest.raises(ValueError, match="prior holds fits without a prior"):
        skills.fit(weeks[1], prior=loose)


def test_the_study_says_what_it_costs():
    found = next_week.run(weeks=3, number=6, students=20, steps=6, prior=next_week.PRIOR, seed=2)
    assert found.apart()[0] == 0 and found.apart()[2] < 0.6
    kept, refit = found.error()
    assert abs(kept[2] - refit[2]) < 0.15
    assert len(found.kept_seconds) == len(found.refit_seconds) == 3


def test_the_stored_study_says_what_it_saves():
    told = next_week.in_full()["found"]
    for prior in ("learned", "known"):
        assert max(told[prior]["apart"]) < 0.35
        assert told[prior]["error"]["kept"][-1] < 1.15 * told[prior]["error"]["refit"][-1]
        assert told[prior]["seconds"]["kept"][-1] < told[prior]["seconds"]["refit"][-1]
