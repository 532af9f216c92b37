"""NB-2's figures draw what they were given, and no two of their texts touch."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt.sensitivity import MASTERY, cost, mastery_step, sweep
from ktlib.show.figures import sensitivity as figures
from ktlib.studies import wrong_numbers

TRUTH = BKTParams(p_init=0.3, p_transit=0.2, p_slip=0.1, p_guess=0.2)
ANSWERS = [0, 1, 1, 0, 1, 1, 1]
GROUP = bkt.simulate(TRUTH, students=60, steps=9, rng=1)
BASE = cost(GROUP, TRUTH, TRUTH)
FACTORS = np.array([0.5, 1, 2])
COSTS = {n: [cost(GROUP, TRUTH, p) for p in sweep(TRUTH, n, FACTORS * getattr(TRUTH, n))] for n in bkt.NAMES}
SLIPS, GUESSES = np.linspace(0.05, 0.4, 4), np.linspace(0.05, 0.5, 5)
PLANE = np.linspace(0.3, 0.005, 20).reshape(5, 4)
AXIS = np.linspace(0.01, 0.99, 9)
AFTER = {slip: (1 - slip) / (1 - slip + AXIS) for slip in (0.1, 0.3, 0.5)}
STUDY = wrong_numbers.run(TRUTH, off_by=(0.05, 0.1), classes=(), students=50, questions=6, n=5)
FIGURES = {
    "one-student": figures.one_student(ANSWERS, TRUTH),
    "wrong-numbers": figures.wrong_numbers(FACTORS, COSTS, TRUTH, BASE),
    "together": figures.together(STUDY),
    "slip-and-guess": figures.slip_and_guess(SLIPS, GUESSES, PLANE, TRUTH, BASE),
    "upside-down": figures.upside_down(AXIS, AFTER),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_two_texts_touch(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.clashes() + figure.clashes(narrow=True) == []


def curves(axes):
    """The y values of the lines with a point an x, without dashed levels."""
    return [line.get_ydata() for line in axes.lines if len(line.get_xdata()) > 2]


def test_one_student_is_followed_under_half_true_and_double():
    axes = FIGURES["one-student"].fig().axes
    for ax, name in zip(axes, bkt.NAMES, strict=True):
        taken = [bkt.filter(ANSWERS, p).p_known for p in sweep(TRUTH, name, FACTORS * getattr(TRUTH, name))]
        half, double, true = curves(ax)
        np.testing.assert_allclose([half, true, double], taken)
        said = [text.get_text() for text in ax.texts]
        for words, known in zip(("half", "true", "double"), taken, strict=True):
            assert f"{words} {mastery_step(known, MASTERY) or 'never'}" in said


def test_each_number_is_priced():
    for narrow in (False, True):
        axes = FIGURES["wrong-numbers"].fig(narrow).axes
        for i, name in enumerate(bkt.NAMES):
            np.testing.assert_allclose(curves(axes[i]), [[100 * one.false_masters for one in COSTS[name]]])
            np.testing.assert_allclose(curves(axes[4 + i]), [[one.extra for one in COSTS[name]]])
    assert f"{COSTS['p_guess'][0].false_masters:.0%}" in FIGURES["wrong-numbers"].finding


def test_medians_of_all_draws_stand_in_their_rows():
    costs = list(STUDY.off_by.values())
    for ax, what in zip(FIGURES["together"].fig().axes, ("changed", "flipped", "false_masters", "kept"), strict=True):
        dots = np.concatenate([np.column_stack(line.get_data()) for line in ax.lines if line.get_marker() == "o"])
        wanted = [wrong_numbers.quantiles(found, what)[1] for found in costs]
        np.testing.assert_allclose(dots, np.column_stack([wanted, range(2)]))
    assert "off by up to ±0.1" in FIGURES["together"].finding


def test_the_plane_has_the_truth_in_its_place():
    (dot,) = (line for line in FIGURES["slip-and-guess"].fig().axes[0].lines if line.get_marker() == "o")
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (TRUTH.p_slip, TRUTH.p_guess)
    assert f"up to {PLANE.max():.0%}" in FIGURES["slip-and-guess"].alt


def test_each_curve_is_marked_where_guess_and_slip_add_up_to_one():
    ax = FIGURES["upside-down"].fig().axes[0]
    np.testing.assert_allclose(curves(ax), list(AFTER.values()))
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == [1 - slip for slip in AFTER]
