"""ktlib.forecast.scores: values are scikit-learn's, and intervals hold the truth as often as they say."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics as peer
from sklearn.linear_model import LogisticRegression

from ktlib.forecast import scores
from ktlib.forecast._influence import METRICS
from ktlib.forecast.scores import auc_by_skill, bootstrap, by_group, calibration, compare, over_splits, score

PEERS = {
    "auc": peer.roc_auc_score,
    "f1": lambda y, p: peer.f1_score(y, np.asarray(p) >= 0.5),
    "log_loss": peer.log_loss,
    "brier": peer.brier_score_loss,
}
SURE = 4  # standard errors that a simulated number may lie from its expectation


@st.composite
def logs(draw, least: int = 2):
    """Answers with at least `least` right and `least` wrong, and forecasts with many ties."""
    y = draw(st.permutations([0, 1] * least + draw(st.lists(st.integers(0, 1), max_size=20))))
    p = draw(st.lists(st.integers(1, 15).map(lambda k: k / 16), min_size=len(y), max_size=len(y)))
    return np.array(y), np.array(p)


def students(rng, n: int = 100, each: int = 8, spread: float = 1.0):
    """Answers of n students, who differ, and forecasts that know the items and half of the student's deviation."""
    ability, item = spread * rng.standard_normal((n, 1)), rng.standard_normal((n, each))
    y = rng.random((n, each)) < special.expit(ability + item)
    p = special.expit(0.5 * ability + item)
    return y.ravel().astype(int), p.ravel(), np.repeat(np.arange(n), each)


def wins(y, p) -> np.ndarray:
    """(right, wrong) 1 where the right answer had the higher forecast, .5 where they tie."""
    return (np.sign(p[y == 1][:, None] - p[y == 0]) + 1) / 2


def delong(y, *forecasts) -> np.ndarray:
    """Covariance matrix of AUCs from every pair of a right and a wrong answer (DeLong et al. 1988)."""
    tables = [wins(y, p) for p in forecasts]
    right, wrong = (np.atleast_2d(np.cov([t.mean(axis) for t in tables])) for axis in (1, 0))
    return right / tables[0].shape[0] + wrong / tables[0].shape[1]


@given(logs())
def test_values_are_those_of_scikit_learn(log):
    y, p = log
    found = score(y, p)
    assert (found.n, found.right) == (len(y), y.mean())
    for name, value in PEERS.items():
        assert found.metrics[name].value == pytest.approx(value(y, p))


@given(logs())
def test_the_standard_error_of_auc_is_that_of_delong(log):
    y, p = log
    direct = np.sqrt(delong(y, p)[0, 0])
    found = score(y, p, metrics=["auc"]).metrics["auc"]
    assert found.value == pytest.approx(wins(y, p).mean())
    if direct > 1e-9:
        assert found.se == pytest.approx(direct)
    else:
        assert np.isnan(found.se) and found.reason.startswith(f"n = {len(y)}, all alike")


@given(logs(), st.randoms(use_true_random=False))
def test_a_paired_difference_of_aucs_is_that_of_delong(log, random):
    y, a = log
    b = np.array(random.sample(a.tolist(), len(a)))
    covariance = delong(y, a, b)
    direct = np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0))
    found = compare(y, a, b, "auc")
    assert found.value == pytest.approx(wins(y, a).mean() - wins(y, b).mean(), abs=1e-12)
    if direct > 1e-6:
        assert found.se == pytest.approx(direct)
        assert found.interval() == pytest.approx(found.value + 1.959964 * direct * np.array([-1, 1]), abs=1e-6)


def test_clusters_with_answers_of_both_kinds_have_obuchowskis_standard_error():
    """Obuchowski (1997), from the sums of placements in each cluster; her factors agree where all hold both kinds."""
    rng = np.random.default_rng(1)
    y, p, who = students(rng, 30, 6)
    y[::6], y[1::6] = 0, 1
    p = p.round(1).clip(0.05, 0.95)
    table, k = wins(y, p), 30
    auc, sums = table.mean(), []
    for axis, side in ((1, y == 1), (0, y == 0)):
        sums.append([(table.mean(axis)[who[side] == c] - auc).sum() / side.sum() for c in range(k)])
    right, wrong = np.array(sums)
    variance = k / (k - 1) * (right @ right + wrong @ wrong + 2 * right @ wrong)
    assert score(y, p, cluster=who).metrics["auc"].se == pytest.approx(np.sqrt(variance))


@given(logs())
def test_one_answer_a_cluster_is_no_cluster(log):
    y, p = log
    alone, clustered = score(y, p), score(y, p, cluster=np.arange(len(y))[::-1])
    for name in METRICS:
        assert clustered.metrics[name].se == pytest.approx(alone.metrics[name].se, nan_ok=True)


@given(logs(), st.integers(2, 5))
def test_the_same_answers_again_tell_nothing_new(log, k):
    y, p = log
    once, again = score(y, p), score(np.tile(y, k), np.tile(p, k), cluster=np.tile(np.arange(len(y)), k))
    for name in METRICS:
        e, f = once.metrics[name], again.metrics[name]
        assert (f.value, f.se) == pytest.approx((e.value, e.se), nan_ok=True)
    b = p[::-1]
    e, f = compare(y, p, b, "brier"), compare(*(np.tile(x, k) for x in (y, p, b)), "brier",
                                            cluster=np.tile(np.arange(len(y)), k))  # fmt: skip
    assert (f.value, f.se) == pytest.approx((e.value, e.se), nan_ok=True)


@given(logs(), st.randoms(use_true_random=False))
def test_what_must_not_matter_does_not(log, random):
    y, p = log
    plain, swapped, mirrored = score(y, p), score(1 - y, p), score(1 - y, 1 - p)
    auc = plain.metrics["auc"]
    for other in (score(y, p**3), score(y, 0.3 + p / 2)):
        assert other.metrics["auc"] == auc
    assert swapped.metrics["auc"].value == pytest.approx(1 - auc.value)
    assert swapped.metrics["auc"].se == pytest.approx(auc.se, nan_ok=True)
    for name in ("auc", "log_loss", "brier"):
        one, two = plain.metrics[name], mirrored.metrics[name]
        assert (two.value, two.se) == pytest.approx((one.value, one.se), nan_ok=True)
    rows = random.sample(range(len(y)), len(y))
    for name, e in score(y[rows], p[rows]).metrics.items():
        assert (e.value, e.se) == pytest.approx((plain.metrics[name].value, plain.metrics[name].se), nan_ok=True)


def test_intervals_stay_inside_the_range_of_their_metric():
    for seed in range(50):
        y, p, _ = students(np.random.default_rng(seed), 4, 3)
        found = score(y, p)
        for name, e in found.metrics.items():
            if not e.reason:
                low, high = found.interval(name, 0.999)
                assert 0 < low < e.value < high < (np.inf if name == "log_loss" else 1)
    assert e.interval(0.5)[1] < e.interval(0.9)[1]
    logits = special.logit(score(y, p).interval("brier"))
    assert logits.mean() == pytest.approx(special.logit(e.value))
    loss = score(y, p).metrics["log_loss"]
    assert np.log(loss.interval()) == pytest.approx(np.log(loss.value) + np.array([-1, 1]) * 1.959964 * loss.se
                                                   / loss.value)  # fmt: skip


def test_auc_intervals_cover_the_truth():
    """Scores N(1, 1) of right and N(0, 1) of wrong answers have the AUC Φ(1 / √2)."""
    truth, times, held = stats.norm.cdf(1 / np.sqrt(2)), 1500, 0
    rng = np.random.default_rng(3)
    for _ in range(times):
        y = (np.arange(120) < 40).astype(int)
        low, high = score(y, special.expit(rng.standard_normal(120) + y), metrics=["auc"]).interval("auc")
        held += low <= truth <= high
    assert abs(held / times - 0.95) < SURE * np.sqrt(0.95 * 0.05 / times)


def test_standard_errors_match_the_spread_of_repeated_classes():
    """Students who differ widely: with clusters the standard errors are right, without too small."""
    rng, times = np.random.default_rng(4), 400
    values, clustered, alone = [], [], []
    for _ in range(times):
        y, p, who = students(rng, 60, 10, spread=2)
        line = calibration(y, p, cluster=who)
        found = [*score(y, p, cluster=who).metrics.values(), line.slope, line.intercept,
                 *(compare(y, p, np.sqrt(p), m, cluster=who) for m in ("f1", "log_loss"))]  # fmt: skip
        values.append([e.value for e in found])
        clustered.append([e.se for e in found])
        alone.append([e.se for e in score(y, p).metrics.values()])
    spread = np.std(values, axis=0, ddof=1)
    ratio = np.sqrt(np.mean(np.square(clustered), 0)) / spread
    np.testing.assert_allclose(ratio, 1, atol=SURE / np.sqrt(2 * times))
    assert (np.median(alone, 0)[[1, 2]] < 0.8 * spread[[1, 2]]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_bootstrap_draws_are_whole_students_scored_by_scikit_learn(metric):
    y, p, who = students(np.random.default_rng(5), 12, 5)
    p = p.round(1).clip(0.05, 0.95)
    draws, rng = bootstrap(y, p, metric, who, draws=20, rng=6), np.random.default_rng(6)
    for value in draws:
        rows = np.concatenate([np.flatnonzero(who == c) for c in rng.integers(12, size=12)])
        assert value == pytest.approx(PEERS[metric](y[rows], p[rows]))


@pytest.mark.parametrize("metric", METRICS)
def test_standard_errors_are_the_spread_of_the_bootstrap(metric):
    y, p, who = students(np.random.default_rng(7), 200, 6)
    b = np.clip(p + 0.3 * np.random.default_rng(8).standard_normal(len(p)), 0.05, 0.95)
    close = SURE / np.sqrt(2 * 1500)
    for cluster in (who, None):
        a_draws, b_draws = (bootstrap(y, x, metric, cluster, draws=1500, rng=9) for x in (p, b))
        assert a_draws.std() == pytest.approx(score(y, p, cluster=cluster).metrics[metric].se, rel=close)
        assert (a_draws - b_draws).std() == pytest.approx(compare(y, p, b, metric, cluster=cluster).se, rel=close)


def test_a_group_is_scored_as_if_alone():
    rng = np.random.default_rng(10)
    y, p, who = students(rng, 40, 10)
    group = rng.choice(list("abc"), len(y), p=[0.2, 0.5, 0.3])
    table = by_group(y, p, group, cluster=who, level=0.9)
    assert table.index.tolist() == list("bca") and (table.reason == "").all()
    for name, row in table.iterrows():
        own = group == name
        alone = score(y[own], p[own], cluster=who[own])
        assert row.to_dict() == pytest.approx(alone.row(0.9))
        assert (row.auc_low, row.auc_high) == alone.interval("auc", 0.9)


def test_groups_without_a_metric_say_why():
    y, p = [1, 1, 1, 0, 1, 0, 1], [0.9, 0.8, 0.7, 0.4, 0.9, 0.2, 0.7]
    table = by_group(y, p, [2, 2, 2, 0, 0, 0, 3], ["mixed", "none", "all right", "one"])
    assert table.index.tolist() == ["mixed", "all right", "one", "none"]  # of equally many, in the order of names
    assert table.n.tolist() == [3, 3, 1, 0]
    right = table.loc["all right"]
    assert np.isnan([right.auc, right.auc_low, right.auc_high]).all()
    assert right.brier == pytest.approx(0.14 / 3) and right.log_loss_low < right.log_loss < right.log_loss_high
    assert right.reason == (
        "auc: n = 3, all right: AUC compares right with wrong; "
        "f1: n = 3, all alike: no spread to take a standard error from"
    )
    assert table.loc["mixed"].auc == 1 and np.isnan(table.loc["mixed"].auc_low)
    assert "auc: n = 3, only one right answer: no standard error" in table.loc["mixed"].reason
    assert table.loc["one"].brier == pytest.approx(0.09)
    assert "brier: n = 1, only one answer: no standard error" in table.loc["one"].reason
    assert table.loc["none"].reason.startswith("auc: n = 0, no answers; f1: n = 0")
    assert table.loc["none"].drop(["n", "reason"]).isna().all()
    lonely = by_group(y, p, ["g"] * 7, cluster=["s"] * 7).iloc[0]
    assert "auc: n = 7, only right answers of one cluster" in lonely.reason
    assert "log_loss: n = 7, only answers of one cluster" in lonely.reason and lonely.log_loss > 0


def test_missing_never_comes_without_n_and_reason():
    """Every sequence of up to five answers with every forecast among three."""
    rng = np.random.default_rng(11)
    for n in range(1, 6):
        for _ in range(60):
            y, p, who = rng.integers(2, size=n), rng.choice([0.2, 0.5, 0.9], n), rng.integers(3, size=n)
            line = calibration(y, p, cluster=who)
            found = [*score(y, p, cluster=who).metrics.values(), line.slope, line.intercept,
                     *(compare(y, p, 1 - p, m) for m in METRICS)]  # fmt: skip
            for e in found:
                assert np.isnan([e.value, e.se, *e.interval()]).any() == e.reason.startswith(f"n = {n}, ")


def test_f1_without_right_answers_or_forecasts_has_a_reason():
    f1 = score([0, 0], [0.2, 0.4]).metrics["f1"]
    assert np.isnan(f1.value) and f1.reason == "n = 2, none right and none forecast right"


def test_a_forecast_does_not_differ_from_itself():
    y, p, who = students(np.random.default_rng(12), 5, 4)
    for metric in METRICS:
        same = compare(y, p, p, metric, cluster=who)
        assert (same.value, same.se, same.interval(), same.n) == (0, 0, (0, 0), 20)
    perfect = compare([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [0.2, 0.3, 0.6, 0.8], "auc")
    assert perfect.value == 0 and np.isnan(perfect.interval()).all() and "n = 4, all alike" in perfect.reason
    assert "all right" in compare([1, 1], [0.1, 0.2], [0.3, 0.4], "auc").reason


def test_pairing_narrows_a_difference_and_keeps_its_sign():
    y, p, who = students(np.random.default_rng(13), 200, 6)
    worse = special.expit(special.logit(p) + 0.2 * np.random.default_rng(14).standard_normal(len(p)))
    found = compare(y, p, worse, "auc", cluster=who)
    assert found.value == pytest.approx(peer.roc_auc_score(y, p) - peer.roc_auc_score(y, worse))
    back = compare(y, worse, p, "auc", cluster=who)
    assert (back.value, back.se) == pytest.approx((-found.value, found.se))
    assert found.se < 0.5 * score(y, p, cluster=who).metrics["auc"].se


def test_repeated_splits_share_their_answers():
    """By hand: ten values with mean .003 and variance 4e-6; tests a ninth of the training answers."""
    values = 0.003 + 0.002 * np.sqrt(9 / 10) * np.tile([1, -1], 5)
    found = over_splits(values, n_train=900, n_test=100)
    assert (found.n, found.df, found.above) == (10, 9, 10)
    assert (found.value, found.se) == pytest.approx((0.003, 0.002 * np.sqrt(1 / 10 + 1 / 9)))
    assert found.interval() == pytest.approx(0.003 + np.array([-1, 1]) * 2.262157 * found.se)
    assert over_splits(values - 0.003, 900, 100).above == 5


def test_the_interval_over_splits_covers_where_plain_standard_errors_do_not():
    """Means of one answer in ten, over ten splits of 100 answers: the truth is 0."""
    rng, times, corrected, naive = np.random.default_rng(15), 1000, 0, 0
    for _ in range(times):
        sample = rng.standard_normal(100)
        values = np.array([sample[rng.permutation(100)[:10]].mean() for _ in range(10)])
        low, high = over_splits(values, 90, 10).interval()
        corrected += low <= 0 <= high
        naive += abs(values.mean()) <= 2.262157 * values.std(ddof=1) / np.sqrt(10)
    assert abs(corrected / times - 0.95) < SURE * np.sqrt(0.95 * 0.05 / times)
    assert naive / times < 0.88


def skills(seed: int, n: int = 150):
    """Students' answers to items of three skills, one rare, and forecasts that know little but the skill."""
    rng = np.random.default_rng(seed)
    y, p, who = students(rng, n, 10)
    skill = rng.choice(3, len(y), p=[0.5, 0.4, 0.1])
    easy = np.array([-1.5, 1, 2])[skill]
    y = (rng.random(len(y)) < special.expit(easy + special.logit(p))).astype(int)
    return y, special.expit(easy + 0.3 * special.logit(p)), skill, who


def test_three_ways_to_an_auc_over_skills():
    y, p, skill, who = skills(16)
    table = auc_by_skill(y, p, skill, cluster=who)
    each = [peer.roc_auc_score(y[skill == k], p[skill == k]) for k in range(3)]
    means = [peer.roc_auc_score(y, p), np.average(each, weights=np.bincount(skill)), np.mean(each)]
    assert table.auc.tolist() == pytest.approx(means)
    assert (table.n == len(y)).all() and (table.skills == 3).all() and (table.reason == "").all()
    assert tuple(table.loc["pooled", ["low", "high"]]) == score(y, p, cluster=who).interval("auc")
    one = auc_by_skill(y, p, ["all"] * len(y), cluster=who)
    assert np.ptp(one[["auc", "low", "high"]].to_numpy(), axis=0) == pytest.approx(0, abs=1e-12)


def test_intervals_over_skills_match_a_bootstrap_of_students():
    y, p, skill, who = skills(17)
    table, rng, draws = auc_by_skill(y, p, skill, cluster=who), np.random.default_rng(18), 400
    rows = np.argsort(who, kind="stable").reshape(150, 10)
    drawn = []
    for _ in range(draws):
        again = rows[rng.integers(150, size=150)].ravel()
        drawn.append(auc_by_skill(y[again], p[again], skill[again]).auc)
    half = np.ptp(special.logit(table[["low", "high"]].to_numpy()), axis=1) / 2
    np.testing.assert_allclose(special.logit(drawn).std(0) * 1.959964, half, rtol=SURE / np.sqrt(2 * draws))


def test_skills_without_an_auc_are_left_out_and_counted():
    y, p = [1, 0, 1, 0, 1, 1, 1, 0], [0.8, 0.3, 0.4, 0.6, 0.7, 0.6, 0.9, 0.1]
    skill = ["a"] * 4 + ["b"] * 2 + ["c"] * 2
    table = auc_by_skill(y, p, skill)
    assert table.auc.tolist() == pytest.approx([peer.roc_auc_score(y, p), 0.75, 0.75])
    assert table.n.tolist() == [8, 4, 4] and table.skills.tolist() == [3, 1, 1]
    assert table.reason["weighted"] == "2 of 3 skills left out, without two right and two wrong answers"
    none = auc_by_skill(y[4:], p[4:], skill[4:])
    assert none.reason["mean"].startswith("n = 4, no skill to average; 2 of 2 skills left out")
    assert none.loc["weighted", ["auc", "low", "high"]].isna().all()
    by_student = auc_by_skill(y, p, skill, cluster=[0, 0, 0, 1, 1, 1, 1, 1])
    assert by_student.reason["mean"].endswith("3 of 3 skills left out, without two right and two wrong answers of "
                                              "different clusters")  # fmt: skip


@given(logs(), st.integers(1, 12))
def test_bins_hold_every_answer_once_and_equal_forecasts_together(log, bins):
    y, p = log
    found = calibration(y, p, bins)
    table = found.bins
    assert len(table) <= bins and table.n.sum() == len(y) and table.forecast.is_monotonic_increasing
    ends = np.r_[0, table.n.cumsum()]
    rows = np.argsort(p, kind="stable")
    for (start, end), (_, b) in zip(pairwise(ends), table.iterrows(), strict=True):
        own = rows[start:end]
        assert (b.forecast, b.right) == pytest.approx((p[own].mean(), y[own].mean()))
        assert end == len(y) or p[own].max() < p[rows[end]]
        wilson = np.roots([1 + 3.841459 / b.n, -2 * b.right - 3.841459 / b.n, b.right**2])
        assert (b.low, b.high) == pytest.approx(tuple(sorted(wilson)), abs=1e-6)
    assert found.error == pytest.approx((table.n * (table.forecast - table.right).abs()).sum() / len(y))


def test_bins_are_equal_without_ties():
    y, p, _ = students(np.random.default_rng(19), 25, 4)
    assert calibration(y, p, 8).bins.n.tolist() == [12, 13, 13, 12, 12, 13, 13, 12]


def test_the_calibration_line_is_that_of_scikit_learn():
    y, p, _ = students(np.random.default_rng(20), 80, 10)
    x = special.logit(p)[:, None]
    line = LogisticRegression(C=np.inf, tol=1e-10).fit(x, y)
    found = calibration(y, p)
    assert (found.slope.value, found.intercept.value) == pytest.approx((line.coef_[0, 0], line.intercept_[0]), rel=1e-5)
    narrow = calibration(y, 0.7 + (p - 0.5) / 1000)
    assert narrow.slope.value > 50 and abs(narrow.intercept.value) > 50


def test_too_bold_a_forecast_has_a_slope_under_one():
    rng = np.random.default_rng(21)
    x = rng.standard_normal(20_000)
    y = rng.random(x.size) < special.expit(x + 0.3)
    found = calibration(y, special.expit(2 * x))
    assert abs(found.slope.value - 0.5) < SURE * found.slope.se < 0.1
    assert abs(found.intercept.value - 0.3) < SURE * found.intercept.se < 0.1
    assert calibration(y, special.expit(x + 0.3)).error < 0.015 < found.error


@pytest.mark.parametrize(
    ("y", "p", "reason"),
    [
        ([1, 0, 1], [1.0, 0.2, 0.0], "n = 3, 2 forecasts of exactly 0 or 1, whose logit is infinite"),
        ([1, 1, 1], [0.3, 0.2, 0.4], "n = 3, forecasts of right and wrong answers do not overlap"),
        ([1, 0, 1], [0.3, 0.3, 0.3], "n = 3, forecasts of right and wrong answers do not overlap"),
        ([1, 0, 1], [0.3, 0.2, 0.4], "n = 3, forecasts of right and wrong answers do not overlap"),
        ([1, 0, 0], [0.3, 0.3, 0.4], "n = 3, forecasts of right and wrong answers do not overlap"),
    ],
)
def test_a_line_that_does_not_exist_says_why(y, p, reason):
    found = calibration(y, p, 2)
    assert len(found.bins) and found.slope.reason.startswith(reason) and found.intercept.reason == found.slope.reason
    assert np.isnan([found.slope.value, found.slope.se, found.intercept.value]).all()


def test_rows_of_several_scores_make_a_table():
    y, p, who = students(np.random.default_rng(22), 10, 4)
    found = score(y, p, cluster=who, metrics=["brier"])
    table = pd.DataFrame([found.row(), score(y, p, metrics=["brier"]).row()])
    assert list(table) == ["n", "right", "brier", "brier_low", "brier_high", "reason"]
    assert table.brier_low[0] == found.interval("brier")[0]
    with pytest.raises(ValueError, match="metric = 'auc': give one of 'brier'"):
        found.interval("auc")
    with pytest.raises(ValueError, match="level = 95 is not between 0 and 1"):
        found.interval("brier", 95)


def test_answers_and_forecasts_are_read_from_series_and_text():
    y, p = [1, 0, 1, 0], [0.7, 0.6, 0.5, 0.2]
    frame = pd.DataFrame({"y": [True, False, True, False], "p": p, "who": list("aabb")}, index=[9, 8, 7, 6])
    assert score(frame.y, frame.p, cluster=frame.who) == score(y, p, cluster=pd.Categorical(list("xxyy")))
    certain = score([1, 0, 1], [1, 0, 0.5])
    assert certain.metrics["log_loss"].value == pytest.approx(np.log(2) / 3)
    wrong = score([1, 0, 1], [0, 0, 0.5], metrics=("auc", "brier"))
    assert wrong.metrics["brier"].value == pytest.approx(1.25 / 3)


GOOD = {"correct": [1, 0, 1], "forecast": [0.5, 0.4, 0.8]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct": [], "forecast": []}, "there are no answers: give at least one"),
        ({"correct": [1, 2, 0]}, r"row 1: answer 2 is not 1 \(right\) or 0 \(wrong\): recode it"),
        ({"correct": [1, np.nan, 0]}, "row 1: answer nan is not 1"),
        ({"correct": [[1, 0, 1]]}, r"correct has shape \(1, 3\): give one answer a row"),
        ({"forecast": [0.5, 0.4]}, r"forecast has shape \(2,\), correct \(3,\): give one forecast for each answer"),
        ({"forecast": 0.5}, r"forecast has shape \(\)"),
        ({"forecast": [0.5, np.nan, 0.4]}, "row 1: forecast nan is not a probability: .* leave the row out"),
        ({"forecast": [0.5, 0.4, 1.2]}, r"row 2: forecast 1\.2 is not a probability: give P\(right\), 0 to 1"),
        ({"forecast": ["a", "b", "c"]}, "forecast = .* is not a number"),
        ({"forecast": [0.5, 1, 0]}, r"row 1: forecast 1 for a wrong answer, an infinite log loss \(2 such rows of 3\)"),
        ({"forecast": [0, 0.4, 0.8]}, "row 0: forecast 0 for a right answer, .* leave log_loss out"),
        ({"cluster": [1, 2]}, r"cluster has shape \(2,\): give one name for each of 3 answers"),
        ({"cluster": ["a", None, "b"]}, "row 1 has no cluster: name it or leave the row out"),
        ({"cluster": [0.0, 1.0, np.nan]}, "row 2 has no cluster"),
        ({"metrics": ["auc", "acc"]}, r"metrics = \['auc', 'acc'\]: give names among auc, f1, log_loss, brier"),
        ({"metrics": ()}, "give names among"),
    ],
)
def test_what_cannot_be_scored_is_refused(change, message):
    score(**GOOD)
    with pytest.raises(ValueError, match=message):
        score(**GOOD | change)


Y, P = GOOD.values()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: by_group(Y, P, ["a", "b"]), r"group has shape \(2,\): give one name"),
        (lambda: by_group(Y, P, ["a", None, "b"]), "row 1 has no group"),
        (lambda: by_group(Y, P, [0, 1, 2], ["a", "b"]), "group codes from 0 to 2 with 2 names"),
        (lambda: by_group(Y, P, [0, 1, 1], ["a", "a"]), "group 'a' stands twice"),
        (lambda: by_group(Y, [0.5, 1, 0.5], list("abc")), "row 1: forecast 1 for a wrong answer"),
        (lambda: compare(Y, P, [0.5, 1, 0.5], "log_loss"), "row 1: forecast 1 for a wrong answer"),
        (lambda: compare(Y, P, P[:2], "auc"), r"forecast has shape \(2,\)"),
        (lambda: compare(Y, P, P, "acc"), "metric = 'acc': give one of 'auc'"),
        (lambda: over_splits([0.1], 9, 1), "for two splits or more"),
        (lambda: over_splits([0.1, np.nan], 9, 1), "give one finite number a split"),
        (lambda: over_splits([0.1, 0.2], 0, 1), "n_train = 0: give a whole number, 1 or more"),
        (lambda: auc_by_skill(Y, P, ["a", "b", np.nan]), "row 2 has no skill"),
        (lambda: calibration(Y, P, 0), "bins = 0: give a whole number"),
        (lambda: bootstrap(Y, P, "auc", None, draws=50, rng=0), r"\d+ of 50 draws from 3 clusters have no auc: give"),
        (lambda: bootstrap(Y, P, "auc", None, rng=None), "rng = None: pass a seed"),
        (lambda: bootstrap(Y, P, "auc", None, draws=0, rng=1), "draws = 0"),
    ],
)
def test_other_doors_refuse_as_well(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_results_are_frozen():
    found = score(Y, P)
    assert replace(found, n=4).n == 4
    for result in (found, found.metrics["auc"], over_splits([0, 1], 9, 1), calibration(Y, P)):
        with pytest.raises(AttributeError):
            result.n = 1
    assert scores.METRICS is METRICS


def test_equal_values_of_all_splits_leave_no_spread():
    found = over_splits([0.25, 0.25, 0.25], 8, 2)
    assert (found.value, found.above, found.n) == (0.25, 3, 3)
    assert np.isnan([found.se, *found.interval()]).all()
    assert found.reason == "n = 3, all alike: no spread to take a standard error from"


def test_more_bins_than_answers_are_as_many_as_answers():
    few, many = (calibration([1, 0, 1], [0.2, 0.3, 0.8], bins=bins) for bins in (3, 10**12))
    pd.testing.assert_frame_equal(few.bins, many.bins)
    with pytest.raises(ValueError, match="ask for less"):
        bootstrap([1, 0], [0.5, 0.4], "brier", [0, 1], draws=10**10, rng=0)
