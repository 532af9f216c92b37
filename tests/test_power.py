"""Power: computed and simulated agree, bounds for looks and comparisons are the published ones, and inverses invert."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from ktlib.homework import alarms, pilot, power, trial
from ktlib.homework.trial import TrialDesign

TWO = TrialDesign(12, 10, arms=("control", "both"), icc=0.2, past_r2=0.0)


@pytest.mark.parametrize(
    ("design", "effect", "asked"),
    [
        (TrialDesign(6, 10, icc=0.25), 0.4, {"contrast": "both - control"}),
        (TrialDesign(6, 10, icc=0.25), 0.4, {"contrast": "both - control", "adjust": False}),
        (TrialDesign(5, 8, icc=0.1, icc_school=0.3, blocked=True), 0.3, {"contrast": "personalisation"}),
        (TrialDesign(10, 8, past_r2=0.7), 0.3, {"contrast": "interaction"}),
        (TrialDesign(15, 10), 0.15, {"contrast": "both - control", "outcome": "opened"}),
        (TrialDesign(15, 10), 0.15, {"outcome": "used_feedback"}),
    ],
)
def test_power_computed_is_power_counted(design, effect, asked):
    counted, computed = (
        power.power(design, effect, rng=11, n=800, **asked),
        power.analytic_power(design, effect, **asked),
    )
    error = np.sqrt(computed * (1 - computed) / 800)
    assert abs(counted.share - computed) < 3.5 * error + (0.01 if "outcome" in asked else 0)


def test_power_of_two_arms_is_the_textbooks():
    """Noncentral t with the design effect; and for large trials, the normal formula of every handbook."""
    variance = (1 + 9 * 0.2) / 10
    away = 0.5 / np.sqrt(2 * variance / 12)
    bound = stats.t.ppf(0.975, 22)
    exact = stats.nct.sf(bound, 22, away) + stats.nct.cdf(-bound, 22, away)
    assert power.analytic_power(TWO, 0.5, adjust=False) == pytest.approx(exact, abs=1e-9)
    assert power.analytic_power(TWO, -0.5, adjust=False) == pytest.approx(exact, abs=1e-9)
    large = replace(TWO, classes_per_arm=2000)
    by_hand = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * np.sqrt(2 * variance / 2000)
    assert power.smallest_effect(large, adjust=False) == pytest.approx(by_hand, rel=1e-3)


def test_an_uneven_draw_of_past_results_is_averaged_over_rightly():
    """Against quadrature over the t by which two arms differ in their past results."""
    design, df = TrialDesign(4, 10, arms=("control", "both"), past_r2=0.6), 6
    variance = 0.4 * (0.2 + 0.8 / 10)

    def given(u):
        away = 0.6 / np.sqrt(2 * variance / 4 * (1 + u**2 / df))
        bound = stats.t.ppf(0.975, df - 1)
        return stats.t.pdf(u, df) * (stats.nct.sf(bound, df - 1, away) + stats.nct.cdf(-bound, df - 1, away))

    expected = 2 * integrate.quad(given, 0, np.inf)[0]
    assert power.analytic_power(design, 0.6) == pytest.approx(expected, abs=2e-4)


def test_a_test_without_effect_has_its_level_as_power():
    for treatments in (1, 3):
        found = power.analytic_power(
            TrialDesign(9, 20), 0.0, contrast="both - control", level=0.1, treatments=treatments
        )
        assert found == pytest.approx(0.1 if treatments == 1 else 0.0396, abs=2e-3)


def test_more_of_everything_helps_and_more_alike_hurts():
    base = TrialDesign(20, 20)
    better = [
        replace(base, **{k: v})
        for k, v in (("classes_per_arm", 30), ("students_per_class", 30), ("past_r2", 0.7), ("icc", 0.1))
    ]
    assert all(power.analytic_power(d, 0.2) > power.analytic_power(base, 0.2) for d in better)
    assert power.analytic_power(base, 0.2, treatments=3) < power.analytic_power(base, 0.2)
    no_end = replace(base, students_per_class=10**6)
    assert power.smallest_effect(no_end) > 0.8 * power.smallest_effect(base)  # students do not make up for classes


@pytest.mark.parametrize("contrast", ["both - control", "personalisation", "interaction"])
def test_smallest_effect_and_classes_needed_invert_each_other(contrast):
    design = TrialDesign(30, 20)
    seen = power.smallest_effect(design, contrast=contrast)
    assert power.analytic_power(design, seen, contrast=contrast) == pytest.approx(0.8, abs=1e-6)
    assert power.classes_needed(design, seen * 1.0001, contrast=contrast) == 30
    assert power.classes_needed(design, seen * 0.9999, contrast=contrast) == 31


def test_the_smallest_trials_can_be_asked_for():
    assert power.classes_needed(replace(TWO, blocked=True), 50.0) == 3  # two leave nothing to judge by, once adjusted
    assert power.classes_needed(replace(TWO, blocked=True), 50.0, adjust=False) == 2


def test_schools_are_classes_put_together():
    blocks = TrialDesign(2, 18, icc=0.05, icc_school=0.35, blocked=True)
    each = power.classes_needed(blocks, 0.1)
    assert power.schools_needed(blocks, 0.1) == each
    assert power.schools_needed(TrialDesign(2, 18), 0.1, classes_per_school=3) == -(
        -4 * power.classes_needed(TrialDesign(2, 18), 0.1) // 3
    )
    with pytest.raises(ValueError, match="a school that is a block sends 4"):
        power.schools_needed(blocks, 0.1, classes_per_school=3)


def test_looks_have_the_published_bounds():
    """Jennison & Turnbull (2000), tables 2.1 and 2.3, and how often five usual looks cry wolf (table 2.7: 0.142)."""
    assert alarms.chance_of_alarm(alarms.look_bounds(5, rule="none")) == pytest.approx(0.142, abs=5e-4)
    for looks, pocock, obrien in ((2, 2.178, 1.977), (5, 2.413, 2.040), (10, 2.555, 2.087)):
        assert alarms.look_bounds(looks, rule="pocock")[0] == pytest.approx(pocock, abs=6e-4)
        found = alarms.look_bounds(looks)
        assert found[-1] == pytest.approx(obrien, abs=6e-4)
        np.testing.assert_allclose(found * np.sqrt(np.arange(1, looks + 1)), found[-1] * np.sqrt(looks))
        assert alarms.chance_of_alarm(found) == pytest.approx(0.05, abs=1e-7)


def test_two_looks_are_a_two_dimensional_normal():
    z = stats.multivariate_normal([0, 0], [[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]])
    inside = sum(sign * z.cdf(at) for at, sign in (((1.5, 2), 1), ((-1.5, 2), -1), ((1.5, -2), -1), ((-1.5, -2), 1)))
    assert alarms.chance_of_alarm([1.5, 2]) == pytest.approx(1 - inside, abs=1e-5)
    assert alarms.chance_of_alarm([np.inf, 1.96]) == pytest.approx(0.05, abs=1e-4)


def test_many_comparisons_have_dunnetts_bounds():
    """Dunnett (1964), two-sided: three treatments, 5%. And scipy's own test, with as many classes, at the bound."""
    for df, published in ((5, 3.29), (20, 2.54), (np.inf, 2.35)):
        assert alarms.dunnett_bound(3, df) == pytest.approx(published, abs=6e-3)
    assert alarms.dunnett_bound(1, 10) == pytest.approx(stats.t.ppf(0.975, 10))
    rng = np.random.default_rng(1)
    arms = rng.normal(size=(4, 6))
    pooled = np.sqrt(arms.var(1, ddof=1).mean() / 3)
    arms[1] += arms[0].mean() - arms[1].mean() + alarms.dunnett_bound(3, 20) * pooled
    assert stats.dunnett(*arms[1:], control=arms[0], rng=2).pvalue[0] == pytest.approx(0.05, abs=2e-3)


def test_a_rates_icc_is_counted():
    seen = trial.simulate(TrialDesign(500, 20, icc_keen=0.2), rng=3)
    opened = seen.outcomes["opened"].reshape(-1, 20).mean(1)
    icc = power.rate_icc(0.7, 0.2)
    assert opened.var() == pytest.approx(0.21 * (icc + (1 - icc) / 20), rel=0.08)
    assert power.rate_icc(0.3, 0.0) == pytest.approx(0, abs=1e-12)


def test_a_pilots_interval_holds_in_95_of_100():
    rng, held = np.random.default_rng(4), 0
    for _ in range(1000):
        y = np.sqrt(0.3) * rng.normal(size=(15, 1)) + np.sqrt(0.7) * rng.normal(size=(15, 8))
        ratio = 8 * y.mean(1).var(ddof=1) / y.var(1, ddof=1).mean()
        low, high = pilot.icc_interval(max((ratio - 1) / (ratio + 7), 0), classes=15, students=8)
        held += low <= 0.3 <= high
    assert abs(held / 1000 - 0.95) < 3.5 * np.sqrt(0.95 * 0.05 / 1000)


def test_a_rates_interval_is_the_students_times_the_design_effect():
    free = pilot.rate_half_width(0.5, classes=100, students=10, icc=0)
    assert free == pytest.approx(1.96 * np.sqrt(0.25 / 1000), rel=1e-4)
    assert pilot.rate_half_width(0.5, classes=100, students=10, icc=0.2) == pytest.approx(free * np.sqrt(2.8))


def test_a_spread_is_found_in_classes_of_any_size():
    """Two estimators agree: sums of squares, and REML by statsmodels."""
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    rng = np.random.default_rng(5)
    sizes = rng.integers(5, 25, 160)
    group = np.repeat(np.arange(160), sizes)
    school = group // 2
    y = 0.6 * rng.normal(size=80)[school] + 0.4 * rng.normal(size=160)[group] + 0.7 * rng.normal(size=len(group))
    found = pilot.spread(y, group, school)
    one_hot = [np.eye(2)[group[school == s] % 2] for s in range(80)]
    spec = VCSpec(["class"], [[["0", "1"]] * 80], [one_hot])
    fit = MixedLM(y, np.ones((len(y), 1)), groups=school, exog_re=np.ones((len(y), 1)), exog_vc=spec).fit()
    parts = np.array([fit.cov_re[0, 0], fit.vcomp[0], fit.scale])
    np.testing.assert_allclose([found.school, found.group, found.own], parts / parts.sum(), atol=0.03)
    assert found.icc == pytest.approx(found.school + found.group) and (found.schools, found.classes) == (80, 160)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: power.analytic_power(TWO, np.nan), "effect = nan: give one finite number"),
        (lambda: power.analytic_power(TWO, 0.1, contrast="interaction"), "contrast = 'interaction': give one of"),
        (lambda: power.analytic_power(replace(TWO, classes_per_arm=2, blocked=True), 0.1), "leave no degree of"),
        (lambda: power.analytic_power(TrialDesign(9, 9), 0.4, outcome="opened"), "stay inside 0 and 1"),
        (lambda: power.smallest_effect(TWO, power=0.04), "give a number above the level"),
        (lambda: power.smallest_effect(TrialDesign(2, 2), outcome="opened", power=0.99), "no effect on opened is seen"),
        (lambda: power.classes_needed(TWO, 1e-7), "1,000,000 classes in an arm do not see it"),
        (lambda: power.power(TWO, 0.1, rng=None), "rng = None"),
        (lambda: alarms.chance_of_alarm([1.96, 0]), "give 1 to 50 bounds above 0"),
        (lambda: alarms.look_bounds(0), "looks = 0"),
        (lambda: alarms.dunnett_bound(3, 0.5), "df = 0.5: give 1 or more"),
        (lambda: pilot.icc_interval(1.0, classes=10, students=10), "icc = 1: give a share"),
        (lambda: pilot.icc_interval(0.2, classes=10, students=1), "students = 1"),
        (lambda: pilot.spread([1.0, 2.0], ["a", "b"], ["s", "s"]), "one with two classes"),
        (lambda: pilot.spread([], [], []), "one for each student"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
