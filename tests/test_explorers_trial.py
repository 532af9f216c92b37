"""The explorer of a trial is near the exact power, and the page says what Python says."""

from dataclasses import replace

import numpy as np
import pytest
from explorer_page import config, in_node

from ktlib.homework import power
from ktlib.homework.trial import TrialDesign
from ktlib.show.explorers import TrialExplorer
from ktlib.show.explorers.trial import normal

PLANS = [
    TrialExplorer(0.1, 100, 17, 0.18, 0.5),
    TrialExplorer(0.3, 4, 5, 0.0, 0.0),
    TrialExplorer(0.5, 4, 30, 0.6, 0.9),
    TrialExplorer(0.0, 12, 40, 0.3, 0.2),
    TrialExplorer(0.05, 400, 25, 0.1, 0.7),
    TrialExplorer(0.2, 30, 20, 0.4, 0.0),
]


def exact(plan: TrialExplorer) -> TrialDesign:
    """The same trial, for `ktlib.homework.power`."""
    return TrialDesign(plan.classes, plan.students, icc=plan.icc, past_r2=plan.past_r2)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_the_curve_is_the_exact_one_within_a_point(plan):
    for effect in np.linspace(0, 0.5, 11):
        computed = power.analytic_power(exact(plan), effect, contrast="both - control")
        assert plan.power(effect) == pytest.approx(computed, abs=0.01)
    assert plan.smallest == pytest.approx(power.smallest_effect(exact(plan), contrast="both - control"), rel=0.02)


def test_the_page_computes_and_says_the_same():
    told = [config(plan) for plan in PLANS]
    got = in_node("trial", *[("power", t, t["effect"]) for t in told])
    np.testing.assert_allclose(got, [plan.power(plan.effect) for plan in PLANS], rtol=0, atol=1e-12)
    got = in_node("trial", *[("smallest", t) for t in told])
    np.testing.assert_allclose(got, [plan.smallest for plan in PLANS], rtol=0, atol=1e-12)
    assert in_node("trial", *[("sentence", t) for t in told]) == [plan.finding() for plan in PLANS]


def test_the_normal_of_the_page_is_the_normal():
    from scipy.special import ndtr

    x = np.linspace(-6, 6, 41)
    np.testing.assert_allclose([normal(v) for v in x], ndtr(x), atol=1e-7)


def test_classes_help_more_than_students():
    plan = TrialExplorer()
    assert replace(plan, classes=200).smallest < 0.75 * plan.smallest
    assert replace(plan, students=34).smallest > 0.9 * plan.smallest


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"classes": 3}, "classes = 3: give a whole number, 4 to 400"),
        ({"students": 1}, "students = 1: give a whole number, 5 to 40"),
        ({"icc": 0.7}, "icc = 0.7: give 0 to 0.6"),
        ({"effect": float("nan")}, "effect = nan"),
    ],
)
def test_what_no_slider_reaches_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        TrialExplorer(**given)
