"""Curves, information and item fit: by differences, by enumeration, and whether tests hold their size."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import chi2

from ktlib.data.responses import Responses
from ktlib.irt import ascent, information, item_fit, mml
from ktlib.studies import item_misfit

ABILITY = np.linspace(-3, 3, 13)


def drawn(seed: int, students: int = 800, items: int = 10, floor: float = 0.0, slope=None) -> np.ndarray:
    return item_misfit.drawn(np.random.default_rng(seed), students, items, floor=floor, slope=slope)


@pytest.fixture(scope="module")
def answers():
    return drawn(1, floor=0.2)


@pytest.mark.parametrize("model", ["2pl", "rasch", "3pl"])
def test_information_is_the_slope_squared_over_the_variance(answers, model):
    fit = mml.fit(answers, model)
    p, step = information.curves(fit, ABILITY), 1e-5
    slope = (information.curves(fit, ABILITY + step) - information.curves(fit, ABILITY - step)) / (2 * step)
    found = information.information(fit, ABILITY)
    np.testing.assert_allclose(found.item, slope**2 / (p * (1 - p)), rtol=1e-6)
    np.testing.assert_allclose(found.standard_error, 1 / np.sqrt(found.item.sum(1)))
    np.testing.assert_allclose(information.standard_error(fit, ABILITY), found.standard_error)
    place = int(np.argmin(np.abs(ABILITY - fit.difficulty[0])))
    assert p[place, 0] == pytest.approx(
        fit.guess[0] + (1 - fit.guess[0]) * expit(fit.discrimination[0] * (ABILITY[place] - fit.difficulty[0]))
    )


def test_information_is_the_expected_curvature_over_all_answers(answers):
    """Minus the second derivative of log P(answers | ability), averaged over all 2^4 rows of answers."""
    fit, at, step = mml.fit(answers[:, :4], "3pl"), 0.4, 1e-3

    def log_p(row, ability):
        p = information.curves(fit, [ability])[0]
        return np.log(np.where(row, p, 1 - p)).sum()

    total = 0.0
    for row in product([0, 1], repeat=4):
        up, middle, down = (log_p(row, at + way * step) for way in (1, 0, -1))
        total -= np.exp(middle) * (up - 2 * middle + down) / step**2
    assert information.information(fit, [at]).test == pytest.approx([total], rel=1e-4)


def test_a_posterior_has_curves_too(answers):
    fit = ascent.fit(Responses.from_wide(answers))
    p = information.curves(fit, ABILITY)
    np.testing.assert_array_equal(information.curves(fit.posterior, ABILITY), p)
    table = information.information(fit, ABILITY).frame()
    assert list(table.columns[:3]) == ["test", "standard_error", "sd"] and len(table) == len(ABILITY)
    best = information.information(fit, np.linspace(-6, 6, 1201)).best()
    np.testing.assert_allclose(best, fit.posterior.mean("difficulty").clip(-6, 6), atol=0.01)
    factors = ascent.fit(Responses.from_wide(answers), "factorization", factors=1, rng=0, max_steps=2)
    for call in (information.curves, item_fit.item_fit):
        with pytest.raises(ValueError, match="of a factorization model: give what mml"):
            call(factors, ABILITY)


def test_number_right_is_the_sum_over_all_rows():
    p = np.random.default_rng(2).random((5, 3))
    by_hand = np.zeros((6, 3))
    for row in product([0, 1], repeat=5):
        by_hand[sum(row)] += np.where(np.array(row)[:, None] == 1, p, 1 - p).prod(0)
    np.testing.assert_allclose(item_fit.number_right(p), by_hand)


def test_s_x2_by_enumeration(answers):
    """Three items: what the model says of each item at each score, by all eight rows of answers."""
    fit = mml.fit(answers[:, :3], "rasch")
    nodes, log_weights = item_fit.NODES
    p, weights = information.curves(fit, nodes), np.exp(log_weights)
    chance = {row: weights @ np.where(np.array(row) == 1, p, 1 - p).prod(1) for row in product([0, 1], repeat=3)}
    found = item_fit.item_fit(fit, answers[:, :3])
    for item in range(3):
        x2 = 0.0
        for score in (1, 2):
            rows = {row: c for row, c in chance.items() if sum(row) == score}
            expected = sum(c for row, c in rows.items() if row[item]) / sum(rows.values())
            who = answers[:, :3].sum(1) == score
            x2 += who.sum() * (answers[who, item].mean() - expected) ** 2 / (expected * (1 - expected))
        assert found.s_x2[item] == pytest.approx(x2) and found.df[item] == 1
        assert found.p[item] == pytest.approx(chi2.sf(x2, 1))


def test_mean_squares_by_hand(answers):
    """A student at a time, her ability's nodes one after the other."""
    fit = mml.fit(answers[:60, :4], "2pl", priors=mml.MIRT)
    nodes, log_weights = item_fit.NODES
    p, weights = information.curves(fit, nodes), np.exp(log_weights)
    left, expected, ratio = np.zeros(4), np.zeros(4), np.zeros(4)
    for row in answers[:60, :4]:
        given = weights * np.where(row == 1, p, 1 - p).prod(1)
        given /= given.sum()
        left += given @ (row - p) ** 2
        expected += given @ (p * (1 - p))
        ratio += given @ ((row - p) ** 2 / (p * (1 - p)))
    found = item_fit.item_fit(fit, answers[:60, :4])
    np.testing.assert_allclose(found.infit, left / expected)
    np.testing.assert_allclose(found.outfit, ratio / 60)


def test_size_and_power_in_a_small_study():
    """Stored in full by benchmarks/item_fit_study.py; here as few replicates as can fail."""
    cases = {name: item_misfit.CASES[name] for name in ("2PL, true", "miskeyed item under Rasch")}
    found = item_misfit.run(replicates=8, students=500, items=8, seed=3, cases=cases)
    true = found.table.loc["2PL, true"]
    assert max(true.s_x2, true.infit) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / true.tests)
    assert abs(true.mean_infit - 1) < 0.01 and abs(true.mean_outfit - 1) < 0.05
    assert found.table.loc["miskeyed item under Rasch"].s_x2 > 0.9


def test_each_fault_has_its_word():
    answers = drawn(4, 1500, 12, slope=1.2)
    answers[:, 3] = 1 - answers[:, 3]
    table = item_fit.item_fit(mml.fit(answers), answers).frame()
    assert table.index[0] == 3 and table.p.iloc[1:].is_monotonic_increasing
    assert table.advice[3] == "abler students solve it less often: check its key"
    tied = item_fit.item_fit(mml.fit(answers, "rasch"), answers)
    assert tied.frame().index[0] == 3 and tied.flagged[3] and tied.infit[3] > 1.2
    assert "check its key" in tied.advice()[3]
    clean = drawn(4, 1500, 12, slope=1.2)
    fine = item_fit.item_fit(mml.fit(clean, "rasch"), clean)
    assert not fine.flagged.any() and set(fine.advice()) == {""}
    guessed = clean.copy()
    guessed[:, 5] = np.where(np.random.default_rng(5).random(1500) < 0.3, 1, clean[:, 5])
    assert item_fit.item_fit(mml.fit(guessed, "rasch"), guessed).flagged[5]
    freed = item_fit.item_fit(mml.fit(guessed, "3pl"), guessed)
    assert not freed.flagged[5]


def test_students_who_lack_an_answer_are_refused_or_left_out_by_name(answers):
    gaps = answers.copy()
    gaps[7, 2] = np.nan
    fit = mml.fit(gaps)
    with pytest.raises(ValueError, match=r"student 7 did not answer item 2 \(1 of 800 students lack an answer\)"):
        item_fit.item_fit(fit, gaps)
    found = item_fit.item_fit(fit, gaps, missing="complete")
    assert (found.students, found.left_out, found.asked[2]) == (799, 1, 799)
    frame = pd.DataFrame(answers[:, ::-1], columns=list(range(10))[::-1])
    turned, straight = (item_fit.item_fit(mml.fit(answers), a) for a in (Responses.from_wide(frame), answers))
    np.testing.assert_allclose(turned.s_x2, straight.s_x2)
    with pytest.raises(ValueError, match="knows nothing of item 'x'"):
        item_fit.item_fit(fit, Responses.from_wide(frame.rename(columns={3: "x"})))


def test_few_students_leave_no_test_and_say_so():
    answers = drawn(6, 8, 3)
    answers[0], answers[1] = [1, 0, 1], [0, 1, 0]
    found = item_fit.item_fit(mml.fit(answers, priors=mml.MIRT), answers, least=5)
    assert (found.df == 0).all() and np.isnan(found.p).all() and not found.flagged.any()
    assert found.advice()[0].startswith("too few students")


def test_groups_hold_what_they_must_and_lose_no_score():
    right, wrong = np.array([0.2, 0.9, 3, 8, 0.1]), np.array([9, 4, 2, 0.5, 0.3])
    starts = item_fit._groups(right, wrong, 1.0)
    assert starts == [0, 2]  # 0.2 + 0.9 ≥ 1 and 13 ≥ 1; 3 and 2; the rest has too few wrong, and joins the last
    assert item_fit._groups(right, wrong, 0.0) == [0, 1, 2, 3, 4]


def test_adjusted_as_benjamini_and_hochberg_do_it():
    """Their own example (1995, §4): of 15 p values, those up to the fourth are rejected at .05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]
    found = item_fit.adjusted(p)
    assert (found <= 0.05).sum() == 4 and found[3] == pytest.approx(0.0095 * 15 / 4)
    assert (np.diff(found) >= 0).all() and found[-1] == 1
    with_gap = item_fit.adjusted([np.nan, *p])
    np.testing.assert_array_equal(with_gap[1:], found)


def test_the_stored_study_holds_its_size_and_says_how_many():
    """Three errors of a share of so many items around 5%; estimates spread about as their standard errors say."""
    told = item_misfit.in_full()
    for name in ("2PL, true", "Rasch, true", "3PL, true"):
        case = told["cases"][name]
        assert abs(case["s_x2"] - 0.05) < 3 * np.sqrt(0.05 * 0.95 / case["tests"]) and case["tests"] >= 1000
    assert told["cases"]["miskeyed item under Rasch"]["s_x2"] > 0.95
    assert told["cases"]["miskeyed item under 2PL"]["negative"] > 0.95
    assert {"rasch", "2pl", "3pl"} == set(told["recovery"]) and told["about"]["seed"] == 0
    for model in told["recovery"].values():
        assert all(0.85 < found["held"] < 0.99 for found in model.values())
