"""Mastery decisions and their costs against a plain loop; degenerate parameters are named."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt.sensitivity import cost, degenerate, mastery_step, sweep
from ktlib.homework.recommend import closeness

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)


def test_cost_equals_a_student_by_student_count():
    group = bkt.simulate(TRUTH, students=80, steps=13, rng=6)
    assumed = BKTParams(p_guess=0.05)
    declared = false = kept = extra = flipped = changed = 0
    shift = []
    for answers, known in zip(group.answers, group.known, strict=True):
        steps = {}
        for name, params in (("truth", TRUTH), ("assumed", assumed)):
            belief, steps[name], already = params.p_init, 0, 0
            for t in range(12):
                already += known[t] == 1
                belief = bkt.update(belief, answers[t], params)
                if belief >= 0.95:
                    steps[name] = t + 1
                    break
        stop = steps["assumed"] or 12
        declared += steps["assumed"] > 0
        false += steps["assumed"] > 0 and known[stop] == 0
        kept += steps["assumed"] == 0 and known[12] == 1
        extra += already
        flipped += (steps["assumed"] > 0) != (steps["truth"] > 0)
        changed += steps["assumed"] != steps["truth"]
        if all(steps.values()):
            shift.append(steps["assumed"] - steps["truth"])
    found = cost(group, TRUTH, assumed)
    expected = (declared, false, kept, extra, flipped, changed)
    ours = (found.declared, found.false_masters, found.kept, found.extra, found.flipped, found.changed)
    np.testing.assert_allclose(ours, np.array(expected) / 80)
    assert found.shift == pytest.approx(np.mean(shift)) and found.students == 80


def test_the_truth_flips_nothing_and_believing_in_luck_costs():
    group = bkt.simulate(TRUTH, students=4000, steps=21, rng=7)
    base, lucky = cost(group, TRUTH, TRUTH), cost(group, TRUTH, BKTParams(p_guess=0.02))
    assert base.flipped == base.changed == base.shift == 0
    assert base.false_masters <= 0.05  # what a threshold of 0.95 promises of those declared
    assert lucky.false_masters > 3 * base.false_masters


def test_mastery_step_is_the_first_to_reach_the_threshold():
    assert mastery_step([0.5, 0.95, 0.2, 0.99]) == 2
    np.testing.assert_array_equal(mastery_step([[0.1, 0.2], [0.1, 0.99]]), [0, 2])
    assert mastery_step([[0.99, np.nan], [np.nan, np.nan]]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("p_known", "threshold", "message"),
    [
        ([0.5], 1.5, r"threshold = 1\.5.*such as 0\.95"),
        ([0.5], "x", "threshold = 'x'.*such as"),
        ([], 0.95, r"p_known has shape \(0,\): give .* at least one step"),
        (0.5, 0.95, r"p_known has shape \(\): give"),
        ([1.5], 0.95, "p_known = 1.5 is not a probability"),
    ],
)
def test_no_mastery_without_beliefs_and_a_threshold(p_known, threshold, message):
    with pytest.raises(ValueError, match=message):
        mastery_step(p_known, threshold)


def test_sweep_changes_one_number_and_allows_the_flip():
    params = sweep(TRUTH, "p_guess", [0.1, 0.95])
    assert [p.p_guess for p in params] == [0.1, 0.95] and params[1].flipped
    assert {p.p_slip for p in params} == {TRUTH.p_slip}
    with pytest.raises(ValueError, match="name = 'guess': give one of 'p_init'"):
        sweep(TRUTH, "guess", [0.1])
    with pytest.raises(ValueError, match=r"values = 0\.1: give a list such as"):
        sweep(TRUTH, "p_guess", 0.1)


def test_cost_refuses_gaps_and_single_steps():
    for group in (
        bkt.simulate(TRUTH, students=5, steps=1, rng=1),
        bkt.simulate(TRUTH, students=5, steps=6, rng=1, missing=0.5),
    ):
        with pytest.raises(ValueError, match="at least two steps each and no gaps"):
            cost(group, TRUTH, TRUTH)


@pytest.mark.parametrize(
    ("name", "sound", "limit", "word"),
    [
        ("p_guess", 0.5, 0.5001, "guess > ½"),
        ("p_slip", 0.5, 0.5001, "slip > ½"),
        ("p_transit", 0.001, 0.0009, "transit = 0"),
        ("p_transit", 0.999, 0.9991, "transit = 1"),
        ("p_init", 0.001, 0.0009, "init = 0"),
        ("p_init", 0.999, 0.9991, "init = 1"),
        ("p_slip", 0.001, 0.0009, "slip = 0"),
        ("p_guess", 0.001, 0.0009, "guess = 0"),
    ],
)
def test_degenerate_parameters_are_named_from_the_limit_on(name, sound, limit, word):
    usual = BKTParams()
    assert not degenerate(usual) and not degenerate(usual.moved(**{name: sound}))
    (reason,) = degenerate(usual.moved(**{name: limit}))
    assert reason.startswith(word)


def test_guess_and_slip_are_degenerate_from_a_sum_of_exactly_1_on():
    assert not degenerate(BKTParams(p_guess=0.5, p_slip=0.4999))
    (even,) = degenerate(BKTParams(p_guess=0.5, p_slip=0.5, allow_flip=True))
    assert even == "guess + slip equal 1: an answer says nothing of knowing"
    over = degenerate(BKTParams(p_guess=0.5, p_slip=0.6, allow_flip=True))
    assert over[0] == "guess + slip > 1: a right answer counts against knowing"


def test_closeness_is_one_on_target_and_zero_at_the_far_end():
    np.testing.assert_allclose(closeness([0.7, 0.0, 0.35, 1.0]), [1, 0, 0.5, 1 - 0.3 / 0.7])
    with pytest.raises(ValueError, match=r"p_correct = 1\.2 is not"):
        closeness(1.2)
    with pytest.raises(ValueError, match=r"target = 0 .*such as 0\.7"):
        closeness(0.5, target=0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: cost(np.ones((3, 4)), TRUTH, TRUTH), "group = array.* give what bkt.simulate returned"),
        (
            lambda: cost(bkt.simulate(TRUTH, students=3, steps=4, rng=1), TRUTH, (0.1,) * 4),
            "assumed = .* give BKTParams",
        ),
        (lambda: cost(bkt.simulate(TRUTH, students=3, steps=4, rng=1), None, TRUTH), "truth = None: give BKTParams"),
        (lambda: degenerate(TRUTH, edge="x"), "edge = 'x' is not between 0 and 1: give a number such as 0.001"),
        (lambda: sweep(TRUTH, ["p_slip"], [0.1]), r"name = \['p_slip'\]: give one of"),
        (lambda: sweep(TRUTH, np.zeros((2, 2)), [0.1]), "name = array.* give one of"),
    ],
)
def test_what_is_no_class_no_parameters_and_no_name_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
