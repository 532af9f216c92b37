"""NB-5's studies: run twice they give the same, and what the plain functions give."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, skills
from ktlib.studies import borrowing, prior_coverage

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
PRIOR = skills.SkillPrior(np.array([0.5, -2.0, -2.0, -1.0]), np.array([0.8, 0.5, 0.5, 0.5]))


def test_a_prior_that_tells_the_truth_is_kept():
    found = prior_coverage.run(PRIOR, [(22, 9)], n=40, seed=1)
    learned, none = found[22, 9, "learned"], found[22, 9, "none"]
    assert learned.held.mean() > max(0.9, none.held.mean())
    assert learned.missing == 0 < none.missing
    assert np.allclose(learned.error, np.sqrt(((learned.fits.estimates - learned.truths) ** 2).mean(0)))
    again = prior_coverage.run(PRIOR, [(22, 9)], n=40, seed=1)[22, 9, "learned"]
    assert np.array_equal(again.fits.estimates, learned.fits.estimates) and again.n == 40


def test_one_skill_is_one_class_a_seed():
    kept = prior_coverage.one_skill(TRUTH, PRIOR, 22, 9, n=5)
    rooms = {i: bkt.simulate(TRUTH, students=22, steps=9, rng=i).answers for i in range(5)}
    assert np.array_equal(kept.fits.estimates, skills.fit(rooms, prior=PRIOR).estimates)
    assert np.allclose(kept.off, (kept.fits.estimates - tuple(TRUTH)).mean(0))


@cache
def log(students: int, seed: int) -> pd.DataFrame:
    """Eight skills of a course, seven answers each."""
    rng = np.random.default_rng(seed)
    parts = []
    for skill in range(8):
        params = TRUTH.moved(p_init=0.2 + 0.08 * skill)
        seen = bkt.simulate(params, students=students, steps=7, rng=rng).answers
        student = np.repeat(np.arange(students), 7)
        parts.append(pd.DataFrame({"student": student, "skill": skill, "correct": seen.ravel().astype(int)}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def found():
    return borrowing.run(log(60, 1), log(12, 2), size=8, classes=2, seed=3)


def test_borrowing_run_twice_is_the_same(found):
    again = borrowing.run(log(60, 1), log(12, 2), size=8, classes=2, seed=3)
    pd.testing.assert_frame_equal(found.scores, again.scores)
    assert (found.teachers, found.ours, len(found.answered)) == (30, 30, 16)


def test_losses_are_those_of_the_forecasts(found):
    skill, params = found.skills[0], found.prior[found.skills[0]].params
    seen = log(12, 2).query("skill == @skill").correct.to_numpy().reshape(12, 7)
    p = bkt.filter(seen, params).p_correct
    by_hand = -np.log(np.where(seen == 1, p, 1 - p)).sum(1)
    assert np.allclose(found.scores[found.scores.skill == skill].typical, by_hand)
    assert found.loss.typical == pytest.approx(found.scores.typical.sum() / (8 * 12 * 7))


def test_a_class_with_the_prior_is_what_skills_fit_gives(found):
    skill = found.skills[-1]
    assert found.borrowed[skill].prior is found.prior[skill]
    assert found.alone[skill].prior is None
    saved, words = found.saved()
    assert saved.borrowed == 0 and words.borrowed == "0.000 to 0.000"
    assert found.wins().borrowed == 0 and 0 <= found.wins().habit <= len(found.skills)


def test_the_second_opinion_measures_in_joint_standard_errors(found):
    second = borrowing.second_opinion(found, students=20)
    skill = second.skills[0]
    other = skills.fit({skill: found.others[skill]}, prior=None)
    mine = found.borrowed[skill]
    to_logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    j = NAMES.index("p_guess")
    gap = to_logit(mine.estimates[1, j]) - to_logit(other.estimates[0, j])
    se = np.sqrt(mine.covariance[1, j, j] + other.covariance[0, j, j])
    assert second.gaps[0, 1, j] == pytest.approx(gap / se)
    assert borrowing.second_opinion(found, students=1000).skills == []


def test_what_a_prior_expects_is_as_large_as_what_is_real_and_mostly_holds_it(found):
    check = borrowing.expected(found, draws=40, answers=4, seed=2)
    again = borrowing.expected(found, draws=40, answers=4, seed=2)
    assert np.array_equal(check.drawn["rise"], again.drawn["rise"])
    assert check.drawn["level"].shape == (8, 40) and check.real["level"].shape == (8,)
    skill = next(iter(found.others))
    seen = found.others[skill].to_array()[: found.size, :4]
    assert check.real["level"][0] == pytest.approx(seen.mean())
    assert check.real["rise"][0] == pytest.approx(seen[:, 1:].mean() - seen[:, 0].mean())
    assert check.inside("level") > 0.7  # these skills are BKT, and alike
    with pytest.raises(ValueError, match="level"):
        check.inside("slope")
