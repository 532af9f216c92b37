"""What a class borrows: the page pulls as far as the posterior of the normal model, which is computed here by grid."""

from dataclasses import replace

import numpy as np
import pytest
from explorer_page import config, in_node
from scipy.special import expit, logit

from ktlib.bkt import NAMES, BKTParams, bounds
from ktlib.bkt.skills import SkillPrior
from ktlib.show.explorers import BorrowExplorer

PRIOR = SkillPrior(logit([0.4, 0.15, 0.1, 0.25]), np.array([0.9, 0.7, 0.5, 0.4]), skills=50)
DESIGNS = [(1, 3), (22, 9), (100, 23), (1000, 40)]


def test_the_page_pulls_as_ktlib_does():
    explorer = BorrowExplorer(PRIOR)
    told = config(explorer)
    calls = [(name, *design, own) for name in NAMES for design in DESIGNS for own in (0.02, 0.3, 0.9)]
    found = in_node("borrow", *[("borrow", told, *call) for call in calls])
    said = in_node("borrow", *[("sentence", told, *call) for call in calls])
    for (vary, students, answers, own), one, words in zip(calls, found, said, strict=True):
        there = replace(explorer, vary=vary, students=students, answers=answers, own=own)
        weight, middle, sd = there.together()
        np.testing.assert_allclose([one["weight"], *one["together"]], [weight, middle, sd], rtol=0, atol=1e-9)
        assert words == there.finding()


def test_it_is_the_posterior_of_all_four_numbers():
    """Bayes' rule on a million places drawn from the prior: weights by the likelihood, nothing inverted."""
    explorer = BorrowExplorer(PRIOR, vary="p_slip", own=0.2, students=10, answers=6)
    p = np.array(tuple(PRIOR.params))
    information = 10 * bounds.fisher(PRIOR.params, 6) * np.outer(p * (1 - p), p * (1 - p))
    places = np.random.default_rng(4).normal(PRIOR.mean, PRIOR.sd, (1_000_000, 4))
    away = places - np.where(np.array(NAMES) == "p_slip", logit(0.2), PRIOR.mean)
    weight = np.exp(-np.einsum("ni,ij,nj->n", away, information, away) / 2)
    mean = np.average(places[:, 2], weights=weight)
    sd = np.sqrt(np.average((places[:, 2] - mean) ** 2, weights=weight))
    np.testing.assert_allclose(explorer.together()[1:], [mean, sd], atol=0.005)


def test_a_large_class_needs_no_other_and_a_small_one_leans():
    lean = [BorrowExplorer(PRIOR, students=n).together()[0] for n in (1, 10, 100, 1000, 100_000)]
    assert lean == sorted(lean) and lean[0] < 0.2 and lean[-1] > 0.99
    said = BorrowExplorer(PRIOR, own=0.25, students=22, answers=9).finding()
    assert said.startswith(
        "22 students with 9 answers each: alone they say P(S) 0.25, the typical skill has 0.10. Together"
    )
    typical = BorrowExplorer(PRIOR, own=float(expit(PRIOR.mean[2]))).together()[1]
    assert typical == pytest.approx(PRIOR.mean[2])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"prior": BKTParams()}, "fits.prior"),
        ({"vary": "slip"}, "vary = 'slip'"),
        ({"own": 0}, "own = 0 is not between"),
        ({"students": 0}, "students = 0"),
        ({"answers": 2}, "answers = 2"),
        ({"answers": 41}, "answers = 41"),
    ],
)
def test_what_cannot_be_borrowed_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        BorrowExplorer(**wrong)
