"""Trials: lots are fair, one simulated gives back what was put in, and under no effect 5% cry wolf."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ktlib.homework import analysis, pilot, power, trial
from ktlib.homework.trial import Trial, TrialDesign

DESIGN = TrialDesign(8, 12, icc=0.25, past_r2=0.5)
BLOCKS = TrialDesign(8, 12, icc=0.1, icc_school=0.3, blocked=True)
SOME = trial.simulate(DESIGN, {"both": 0.2}, rng=1)


def two_arms(arm=(0, 0, 1, 1), group=(0, 0, 1, 1, 2, 2, 3, 3), past=tuple(range(8))) -> Trial:
    """The smallest trial there is."""
    return Trial(("a", "b"), arm, [0] * 4, group, past)


@given(st.lists(st.integers(0, 4), min_size=4, max_size=60), st.integers(0, 10**6), st.integers(2, 4))
@settings(deadline=None, max_examples=50)
def test_lots_are_balanced_in_every_stratum_and_in_all(strata, seed, arms):
    dealt = trial.randomise(len(strata), trial.ARMS[:arms], rng=seed, strata=strata)
    for part in (dealt, *(dealt[np.array(strata) == s] for s in set(strata))):
        counts = [Counter(part)[arm] for arm in trial.ARMS[:arms]]
        assert max(counts) - min(counts) <= 1
    pd.testing.assert_series_equal(dealt, trial.randomise(len(strata), trial.ARMS[:arms], rng=seed, strata=strata))


def test_every_class_has_the_same_chance_of_every_arm():
    rng = np.random.default_rng(3)
    dealt = np.array([trial.randomise(list("abcdef"), rng=rng, strata=list("nnnsss")) for _ in range(400)])
    for column in dealt.T:
        assert stats.chisquare([np.sum(column == arm) for arm in trial.ARMS]).pvalue > 1e-4


def test_a_trial_has_the_variances_it_was_designed_with():
    design = TrialDesign(300, 10, icc=0.15, icc_school=0.25, past_r2=0.4, blocked=True)
    seen = trial.simulate(design, rng=2)
    y = seen.outcomes["achievement"]
    shares = pilot.spread(y, seen.group, seen.school[seen.group])
    assert (shares.school, shares.group) == pytest.approx((0.25, 0.15), abs=0.04)
    assert y.var() == pytest.approx(1, abs=0.05) and np.corrcoef(y, seen.past)[0, 1] ** 2 == pytest.approx(
        0.4, abs=0.03
    )
    for name, rate in zip(trial.ENGAGEMENT[:2], design.rates[:2], strict=True):
        assert seen.outcomes[name].mean() == pytest.approx(rate, abs=0.02)
    assert (seen.outcomes["opened"] >= seen.outcomes["completed"]).all()
    assert Counter(seen.arm[seen.school == 7]) == Counter(range(4))


def test_feedback_is_used_only_where_there_is_any():
    seen = trial.simulate(DESIGN, rng=1).frame().groupby("arm").used_feedback.mean()
    assert seen.control == seen.personal == 0 < min(seen.feedback, seen.both)
    assert analysis.analyse(SOME, "used_feedback").names == ("both - feedback",)


def test_class_means_are_what_two_by_two_is_by_hand():
    means = SOME.frame().groupby(["arm", "class"]).achievement.mean()
    found = analysis.analyse(SOME, adjust=False)
    table = found.frame()
    one, other = means["both"], means["control"]
    assert table.estimate["both - control"] == pytest.approx(one.mean() - other.mean())
    spread = np.mean([means[arm].var() for arm in trial.ARMS])
    assert table.se["both - control"] == pytest.approx(np.sqrt(2 * spread / 8)) and found.df == 28
    by_arm = means.groupby("arm").mean()
    assert table.estimate["personalisation"] == pytest.approx(
        (by_arm.personal - by_arm.control + by_arm.both - by_arm.feedback) / 2
    )
    assert table.estimate["interaction"] == pytest.approx(
        by_arm.both - by_arm.personal - by_arm.feedback + by_arm.control
    )
    assert table.se["interaction"] == pytest.approx(2 * table.se["personalisation"])
    two = Trial(
        ("control", "both"),
        [0, 0, 1, 1],
        [0] * 4,
        np.repeat(range(4), 2),
        np.arange(8.0),
        {"achievement": np.arange(8.0) ** 2},
    )
    classic = stats.ttest_ind([x.mean() for x in np.split(np.arange(8.0) ** 2, 4)][2:], [0.5, 6.5])
    assert analysis.analyse(two, adjust=False).p_value[0] == pytest.approx(classic.pvalue)


def test_the_mixed_model_of_equal_classes_is_the_comparison_of_their_means():
    for design in (DESIGN, BLOCKS):
        seen = trial.simulate(design, {"both": 0.2}, rng=4)
        one, other = (analysis.analyse(seen, adjust=False, how=how) for how in ("classes", "mixed"))
        np.testing.assert_allclose(other.estimate, one.estimate, atol=1e-6)
        np.testing.assert_allclose(other.se, one.se, rtol=0.02)
        assert other.converged and other.df == one.df


def test_adjusted_estimates_agree_and_are_surer():
    plain, adjusted, mixed = (
        analysis.analyse(trial.simulate(TrialDesign(40, 20), {"both": 0.2}, rng=5), adjust=a, how=how)
        for a, how in ((False, "classes"), (True, "classes"), (True, "mixed"))
    )
    assert (adjusted.se < 0.8 * plain.se).all()
    assert (np.abs(adjusted.estimate - mixed.estimate) < adjusted.se / 2).all()
    for name in adjusted.names:
        low, high = adjusted.interval(name)
        assert (low, high) == tuple(adjusted.frame().loc[name, ["low", "high"]]) and low < high


@pytest.mark.parametrize("design", [DESIGN, BLOCKS], ids=["classes", "blocks"])
def test_no_effect_cries_wolf_in_five_of_a_hundred(design):
    rng = np.random.default_rng(6)
    p = np.array([analysis.analyse(trial.simulate(design, rng=rng)).p_value for _ in range(800)])
    alarms = (p < 0.05).mean(0)
    assert (np.abs(alarms - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 800)).all()


def test_students_counted_as_if_they_drew_lots_cry_wolf_often():
    wolf = power.power(DESIGN, 0.0, rng=7, n=400, how="students", adjust=False)
    errors = 1 + 11 * 0.25  # the design effect
    assert wolf.low < 2 * stats.norm.sf(1.96 / np.sqrt(errors)) < wolf.high and wolf.low > 0.2


def test_intervals_hold_what_was_put_in():
    rng, held = np.random.default_rng(8), []
    for _ in range(400):
        low, high = analysis.analyse(trial.simulate(BLOCKS, {"personal": 0.1, "both": 0.3}, rng=rng)).interval()
        truth = np.array([0.1, 0.0, 0.3, 0.2, 0.1, 0.2])
        held.append((low < truth) & (truth < high))
    assert (np.abs(np.mean(held, 0) - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / 400)).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TrialDesign(8, 1), "students_per_class = 1: give a whole number, 2 or more"),
        (lambda: TrialDesign(0, 20), "classes_per_arm = 0"),
        (lambda: TrialDesign(8, 20, arms=("control",)), "give two or more different names"),
        (lambda: TrialDesign(8, 20, icc=1.0), "icc = 1: give a share of the variance, 0 or more and below 1"),
        (lambda: TrialDesign(8, 20, icc=0.6, icc_school=0.5), "leave a share to the students"),
        (lambda: TrialDesign(8, 20, rates=(0.5, 0.7, 0.1)), "no more students can complete than open"),
        (lambda: trial.simulate(DESIGN, {"both": np.nan}, rng=1), r"effects\['both'\] = nan: give one finite number"),
        (lambda: trial.simulate(DESIGN, {"gold": 0.1}, rng=1), "'gold': give one of 'control', 'personal'"),
        (lambda: trial.simulate(DESIGN, engagement={"opened": {"both": 0.4}}, rng=1), "brings a share to 1.1"),
        (lambda: trial.randomise(3, rng=1), "3 classes for 4 arms"),
        (lambda: trial.randomise(["a", "b", "a", "c"], rng=1), "class 'a' stands twice"),
        (lambda: trial.randomise(4, rng=1, strata=["n"]), "1 strata for 4 classes"),
        (lambda: trial.contrasts(("control", "both"), "used_feedback"), "needs two arms that offer it"),
        (lambda: two_arms(group=[0, 0, 1, 1, 2, 2, 3], past=np.zeros(7)), "class 3 has 1 of the students"),
        (lambda: two_arms(arm=[0, 0, 0, 1]), "arm 'b' has fewer than two classes"),
        (lambda: two_arms(arm=[]), "arm must be a row of codes"),
        (lambda: two_arms(group=[0, 0, 1, 1, 2, 2, 4, 4]), "group holds 4: 4 classes have an arm, 0 to 3"),
        (lambda: two_arms(past=[np.nan] * 8), r"past \[0\] is not finite"),
        (lambda: analysis.analyse(SOME, "happiness"), "outcome = 'happiness'"),
        (lambda: analysis.analyse(two_arms()), "the trial has no outcome"),
        (lambda: analysis.analyse(replace(SOME, past=SOME.past * 0)), "past results are all alike"),
        (lambda: analysis.analyse(replace(SOME, school=SOME.arm)), "each school needs several arms"),
    ],
)  # fmt: skip
def test_what_makes_no_trial_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
