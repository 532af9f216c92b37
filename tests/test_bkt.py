"""ktlib.bkt against every hidden path added up, exact fractions, hand values and hmmlearn."""

from fractions import Fraction

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM
from hypothesis import given
from hypothesis import strategies as st
from oracles import TRUTH, a_class, a_row, any_params, every_path, proper_params

from ktlib import bkt
from ktlib.bkt import BKTParams


@given(a_class(), any_params())
def test_smoothing_and_likelihood_agree_with_every_hidden_path(rows, params):
    truth = [every_path(row, params) for row in rows]
    with np.errstate(divide="ignore"):
        expected = np.log([t["weight"] for t in truth])
    np.testing.assert_allclose(bkt.log_likelihood(rows, params), expected, rtol=1e-10, atol=1e-10)
    impossible = np.isneginf(expected)
    if impossible.any():
        with pytest.raises(ValueError, match=r"student \d: the answer at step .*probability zero") as error:
            bkt.smooth(rows, params)
        assert impossible[int(str(error.value)[len("student ")])]
        return
    smoothed = bkt.smooth(rows, params)
    for i, (row, t) in enumerate(zip(rows, truth, strict=True)):
        np.testing.assert_allclose(smoothed.p_known[i, : len(row)], t["known"], rtol=0, atol=1e-10)
        np.testing.assert_allclose(smoothed.p_learned[i, : len(row)], t["learned"], rtol=0, atol=1e-10)
        assert np.isnan(smoothed.p_known[i, len(row) :]).all()


@given(a_row(), proper_params())
def test_the_filter_sees_what_every_hidden_path_up_to_there_says(row, params):
    """P(known at t | answers before t), by appending an unasked step to the answers so far."""
    before = [every_path([*row[:t], None], params)["known"][-1] for t in range(len(row) + 1)]
    trace = bkt.filter(row, params)
    np.testing.assert_allclose(trace.p_before, before[:-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(trace.p_known, before[1:], rtol=0, atol=1e-12)


HAND = {
    (1, 1, 0, 1, 0, 0): [0.576, 0.874, 0.517, 0.845, 0.465, 0.188],
    (0, 1, 1, 0, 0, 0): [0.127, 0.457, 0.812, 0.415, 0.173, 0.123],
}


@pytest.mark.parametrize("answers", HAND)
def test_filter_gives_the_values_worked_out_by_hand(answers):
    assert np.round(bkt.filter(answers, BKTParams()).p_known, 3).tolist() == HAND[answers]


@pytest.mark.parametrize("answers", HAND)
def test_filter_equals_exact_fractions(answers):
    known, transit, slip, guess = (Fraction(n, 10) for n in (2, 1, 1, 2))
    exact = []
    for right in answers:
        if_known, if_not = (1 - slip, guess) if right else (slip, 1 - guess)
        known = known * if_known / (known * if_known + (1 - known) * if_not)
        known += (1 - known) * transit
        exact.append(float(known))
    np.testing.assert_allclose(bkt.filter(answers, BKTParams()).p_known, exact, rtol=0, atol=1e-15)


@given(a_row(30), proper_params())
def test_update_step_by_step_is_the_filter_and_its_forecasts_make_the_likelihood(row, params):
    trace, known, total = bkt.filter(row, params), params.p_init, 0.0
    for t, right in enumerate(row):
        forecast = bkt.p_correct(known, params)
        assert forecast == pytest.approx(trace.p_correct[t], rel=1e-9)
        if right is not None:
            total += np.log(forecast if right else 1 - forecast)
        known = bkt.update(known, np.nan if right is None else right, params)
        assert known == pytest.approx(trace.p_known[t], rel=1e-9)
    assert bkt.log_likelihood(row, params) == pytest.approx(total, rel=1e-9)


@given(a_class(6, 40), proper_params())
def test_every_belief_is_a_probability_that_p_correct_takes(rows, params):
    trace, smoothed = bkt.filter(rows, params), bkt.smooth(rows, params)
    inside = ~np.isnan(trace.p_known)
    assert inside.sum() == sum(map(len, rows))
    for p in (trace.p_before, trace.p_correct, trace.p_known, smoothed.p_known, smoothed.p_learned):
        assert ((p[inside] >= 0) & (p[inside] <= 1)).all()
        assert not np.isnan(bkt.p_correct(p, params)[inside]).any()


@given(st.floats(0, 1), proper_params())
def test_a_right_answer_never_speaks_against_knowing(p_known, params):
    right, nothing, wrong = (bkt.update(p_known, y, params) for y in (1, np.nan, 0))
    assert right >= nothing - 1e-12
    assert nothing >= wrong - 1e-12


@given(a_class(), proper_params(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_unasked_steps_at_the_end_are_forecasts_and_the_order_of_students_changes_nothing(rows, params, extra, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    changed = [rows[i] + [None] * extra for i in order]
    original, moved = bkt.filter(rows, params), bkt.filter(changed, params)
    for row, i in enumerate(order):
        steps = len(rows[i])
        np.testing.assert_array_equal(moved.p_known[row, :steps], original.p_known[i, :steps])
        known = original.p_known[i, steps - 1]
        for t in range(steps, steps + extra):
            assert moved.p_before[row, t] == pytest.approx(known)
            known += (1 - known) * params.p_transit
        assert np.isnan(moved.p_known[row, steps + extra :]).all()
    np.testing.assert_array_equal(bkt.log_likelihood(changed, params), bkt.log_likelihood(rows, params)[order])


@pytest.mark.parametrize("answers", [[1, 0, None], np.array([1, 0, np.nan]), (y for y in [1, 0, None])], ids=type)
def test_a_question_to_come_keeps_its_place_by_every_door(answers):
    trace = bkt.filter(answers, BKTParams())
    np.testing.assert_allclose(trace.p_before, [0.2, 49 / 85, 7.78 / 33.7], atol=1e-15)


@pytest.mark.parametrize("follow", [bkt.filter, bkt.smooth])
def test_an_array_keeps_its_width_and_lists_end_at_their_own_end(follow):
    assert not np.isnan(follow(np.array([[1, 0, np.nan], [0, np.nan, np.nan]]), TRUTH).p_known).any()
    ragged = follow([[1, 0], [0]], TRUTH).p_known
    np.testing.assert_array_equal(np.isnan(ragged), [[False, False], [False, True]])


@pytest.mark.parametrize("call", [bkt.smooth, bkt.filter, bkt.log_likelihood], ids=lambda call: call.__name__)
def test_an_iterator_loses_nobody(call):
    rows = [[1, 0], [0, 0], [1, 1]]
    seen, again = call(iter([iter(row) for row in rows]), TRUTH), call(rows, TRUTH)
    np.testing.assert_array_equal(getattr(seen, "p_known", seen), getattr(again, "p_known", again))


def test_a_near_certain_belief_can_still_be_refuted():
    """24 right guesses, then a wrong answer that nobody who knows could give: unlikely, not impossible."""
    answers, params = [1] * 24 + [0], BKTParams(p_slip=0)
    exact = 24 * np.log(0.2) + np.log(0.8) + np.log(0.8) + 24 * np.log(0.9)
    assert bkt.log_likelihood(answers, params) == pytest.approx(exact, rel=1e-12)
    assert bkt.filter(answers, params).p_known[-1] == pytest.approx(0.1, abs=1e-12)


def test_likelihood_agrees_with_hmmlearn():
    answers = bkt.simulate(TRUTH, students=40, steps=12, rng=3).answers
    model = CategoricalHMM(n_components=2)
    model.startprob_ = np.array([1 - TRUTH.p_init, TRUTH.p_init])
    model.transmat_ = np.array([[1 - TRUTH.p_transit, TRUTH.p_transit], [0, 1]])
    model.emissionprob_ = np.array([[1 - TRUTH.p_guess, TRUTH.p_guess], [TRUTH.p_slip, 1 - TRUTH.p_slip]])
    peer = model.score(answers.astype(int).reshape(-1, 1), lengths=[12] * 40)
    assert bkt.log_likelihood(answers, TRUTH).sum() == pytest.approx(peer, abs=1e-8)


def test_simulated_answers_are_right_as_often_as_the_model_says():
    steps = np.arange(15)
    known = 1 - (1 - TRUTH.p_init) * (1 - TRUTH.p_transit) ** steps
    expected = (known * (1 - TRUTH.p_slip) + (1 - known) * TRUTH.p_guess).mean()
    assert expected == pytest.approx(0.657, abs=5e-4)
    simulated = bkt.simulate(TRUTH, students=20_000, steps=15, rng=1)
    each = simulated.answers.mean(1)
    assert abs(each.mean() - expected) < 4 * each.std() / np.sqrt(len(each))
    at_each_step = simulated.known.mean(0)
    assert (abs(at_each_step - known) < 4 * np.sqrt(known * (1 - known) / len(each))).all()


def test_simulation_is_seeded_ragged_with_gaps_and_nobody_forgets():
    lengths = np.arange(200) % 9 + 1
    one, same = (bkt.simulate(TRUTH, students=200, steps=lengths, rng=7, missing=0.3) for _ in range(2))
    assert one.answers.tobytes() == same.answers.tobytes()
    assert one.known.tobytes() == same.known.tobytes()
    inside = np.arange(9) < lengths[:, None]
    np.testing.assert_array_equal(np.isnan(one.known), ~inside)
    assert np.isnan(one.answers[~inside]).all()
    assert not np.isnan(one.answers[np.arange(200), lengths - 1]).any()
    assert 0.2 < np.isnan(one.answers[inside]).mean() < 0.3
    assert not (np.diff(one.known, axis=1) < 0).any()


def test_several_skills_are_joined_by_the_geometric_mean():
    assert bkt.p_correct_skills([0.9, 0.4, 0.6]) == pytest.approx((0.9 * 0.4 * 0.6) ** (1 / 3))
    np.testing.assert_allclose(bkt.p_correct_skills([[0.5, 0.5], [0.0, 1.0]]), [0.5, 0.0])


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "x", None, np.array([0.1, 0.2]), np.array([0.2])], ids=repr)
@pytest.mark.parametrize("name", bkt.NAMES)
def test_what_is_no_probability_is_refused_by_name_and_value(name, value):
    with pytest.raises(ValueError) as error:
        BKTParams(**{name: value})
    assert f"{name} = {value!r} is not a probability: give a number between 0 and 1" == str(error.value)


def test_upside_down_parameters_need_to_be_asked_for():
    with pytest.raises(ValueError, match=r"p_guess \+ p_slip = 0\.6 \+ 0\.4 = 1 is not below 1.*allow_flip=True"):
        BKTParams(p_guess=0.6, p_slip=0.4)
    assert BKTParams(p_guess=0.6, p_slip=0.4, allow_flip=True).flipped
    assert not BKTParams().flipped
    exactly = BKTParams(p_guess=0.5, p_slip=0.5, allow_flip=True)
    assert exactly.flipped and bkt.update(0.3, 1, exactly) == bkt.update(0.3, 0, exactly) == pytest.approx(0.37)


def test_moved_parameters_allow_the_flip_only_where_it_happened():
    turned = BKTParams().moved(p_guess=0.95)
    assert turned.flipped and turned.allow_flip
    assert not turned.moved(p_guess=0.2).allow_flip


BAD_CALLS = {
    "update: answer 2": (lambda: bkt.update(0.5, 2, TRUTH), "answer 2 is not 1 .*recode"),
    "update: answer x": (lambda: bkt.update(0.5, "x", TRUTH), "correct = 'x' is not a number: give"),
    "update: p_known 1.5": (lambda: bkt.update(1.5, 1, TRUTH), "p_known = 1.5 is not a probability: give"),
    "update: p_known x": (lambda: bkt.update("x", 1, TRUTH), "p_known = 'x' is not a number: give"),
    "update: impossible": (
        lambda: bkt.update(1, 0, BKTParams(p_slip=0)),
        "probability zero under BKTParams.*move slip and guess",
    ),
    "filter: impossible": (
        lambda: bkt.filter([[1], [1, 0]], BKTParams(p_init=1, p_slip=0)),
        "student 1: the answer at step 2 has probability zero under .*move slip and guess",
    ),
    "update: nan": (lambda: bkt.update(np.nan, 1, TRUTH), "p_known = nan is not a probability: give"),
    "update: shapes": (
        lambda: bkt.update([0.1, 0.2], [1, 0, 1], TRUTH),
        r"p_known has shape \(2,\) and correct \(3,\): give",
    ),
    "p_correct: complex": (lambda: bkt.p_correct(np.array([1j]), TRUTH), "p_known = .* is not a number: give"),
    "skills: none": (lambda: bkt.p_correct_skills([]), r"p_correct_each = \[\]: give .* at least one probability"),
    "skills: one number": (lambda: bkt.p_correct_skills(0.5), "p_correct_each = 0.5: give a list"),
    "skills: 2": (lambda: bkt.p_correct_skills([0.5, 2]), "p_correct_each = 2 is not a probability: give"),
    "simulate: no students": (
        lambda: bkt.simulate(TRUTH, students=0, steps=3, rng=1),
        "students = 0: give a whole number, 1 or more",
    ),
    "simulate: half a student": (lambda: bkt.simulate(TRUTH, students=3.0, steps=3, rng=1), "students = 3.0: give"),
    "simulate: text": (lambda: bkt.simulate(TRUTH, students="3", steps=3, rng=1), "students = '3': give"),
    "simulate: truth": (lambda: bkt.simulate(TRUTH, students=True, steps=3, rng=1), "students = True: give"),
    "simulate: ragged steps": (
        lambda: bkt.simulate(TRUTH, students=2, steps=[3, [4, 5]], rng=1),
        r"steps = \[3, \[4, 5\]\]: give",
    ),
    "simulate: no seed": (lambda: bkt.simulate(TRUTH, students=2, steps=3, rng=None), "rng = None: pass a seed"),
    "simulate: no such seed": (lambda: bkt.simulate(TRUTH, students=2, steps=3, rng="x"), "rng = 'x': pass a seed"),
    "simulate: no steps": (
        lambda: bkt.simulate(TRUTH, students=2, steps=[3, 0], rng=1),
        r"steps = \[3, 0\]: give",
    ),
    "simulate: half a step": (
        lambda: bkt.simulate(TRUTH, students=2, steps=2.5, rng=1),
        "steps = 2.5: give a whole",
    ),
    "simulate: three lengths for two": (
        lambda: bkt.simulate(TRUTH, students=2, steps=[3, 4, 5], rng=1),
        r"steps = \[3, 4, 5\]: give .* one for each of 2 students",
    ),
    "simulate: missing 1": (
        lambda: bkt.simulate(TRUTH, students=2, steps=3, rng=1, missing=1),
        "missing = 1 .*give",
    ),
}


FOUR = (0.2, 0.1, 0.1, 0.2)
BAD_CALLS |= {
    f"{call.__name__}: four bare numbers": (
        lambda call=call, first=first: call(*first, FOUR),
        r"params = \(0.2, 0.1, 0.1, 0.2\): give BKTParams\(p_init",
    )
    for call, first in (
        (bkt.p_correct, [0.5]),
        (bkt.update, [0.5, 1]),
        (bkt.filter, [[1]]),
        (bkt.smooth, [[1]]),
        (bkt.log_likelihood, [[1]]),
    )
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_is_refused_with_value_place_and_remedy(case):
    call, message = BAD_CALLS[case]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: BKTParams().moved(p_slp=0.1), "the name of a probability = 'p_slp': give one of 'p_init', 'p_trans"),
        (lambda: BKTParams(allow_flip="yes"), "allow_flip = 'yes': give True or False"),
        (lambda: bkt.p_correct_skills([0.1, 0.2], axis=3), "axis = 3 with 1 axes: give a whole number from -1 to 0"),
        (lambda: bkt.p_correct_skills([0.1, 0.2], axis="x"), "axis = 'x' with 1 axes"),
        (lambda: bkt.p_correct_skills([0.1, 0.2], axis=True), "axis = True with 1 axes"),
        (
            lambda: bkt.simulate(BKTParams(), students=10**9, steps=9, rng=1),
            "students = 1000000000 with up to 9 steps w",
        ),
        (lambda: bkt.simulate(BKTParams(), students=2, steps=10**9, rng=1), "2 with up to 1000000000 steps would take"),
    ],
)
def test_names_axes_and_sizes_are_checked(call, message):
    with pytest.raises(ValueError, match=message):
        call()
