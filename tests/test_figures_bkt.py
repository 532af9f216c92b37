"""NB-1's figures draw what they were given, and no two of their texts touch."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.show.figures import bkt as figures

PARAMS = BKTParams(p_init=0.3, p_transit=0.15, p_slip=0.1, p_guess=0.2)
CHILDREN = {"Eva": [1, 1, 0, 0], "Tom": [0, 0, 1, 1]}
GROUP = bkt.simulate(PARAMS, students=5, steps=8, rng=2)
BELIEF = bkt.filter(GROUP.answers, PARAMS).p_known
LEARNED = np.where((GROUP.known == 1).any(1), (GROUP.known == 1).argmax(1), -1)
STREAK = [1, 1, 0, 1, 1]
FIGURES = {
    "two-children": figures.two_children(PARAMS, CHILDREN),
    "cover": figures.learned_and_believed(PARAMS, BELIEF, LEARNED, np.array([2, 4])),
    "one-wrong-answer": figures.one_wrong_answer(PARAMS, STREAK),
    "several-skills": figures.several_skills(PARAMS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_two_texts_touch(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.clashes() + figure.clashes(narrow=True) == []


def curves(name, least=3):
    return [line.get_ydata() for line in FIGURES[name].fig().axes[0].lines if len(line.get_xdata()) >= least]


def test_each_child_is_traced_from_before_the_first_answer():
    wanted = [[PARAMS.p_init, *bkt.filter(given, PARAMS).p_known] for given in CHILDREN.values()]
    np.testing.assert_allclose(curves("two-children"), wanted)
    assert f"Eva ends at {wanted[0][-1]:.2f}" in FIGURES["two-children"].finding


def test_a_dot_stands_where_she_learned_it():
    dots = [line.get_data() for line in FIGURES["cover"].fig().axes[0].lines if line.get_marker() == "o"]
    traces = np.insert(BELIEF, 0, PARAMS.p_init, axis=1)
    wanted = [(step, trace[step]) for step, trace in zip(LEARNED, traces, strict=True) if step >= 0]
    np.testing.assert_allclose([(x[0], y[0]) for x, y in dots], wanted)
    assert "about 3 answers" in FIGURES["cover"].finding


def test_the_miss_is_told_in_numbers():
    _, _, _, dip, back, _ = trace = [PARAMS.p_init, *bkt.filter(STREAK, PARAMS).p_known]
    np.testing.assert_allclose(curves("one-wrong-answer"), [trace])
    assert f"{dip:.0%}" in FIGURES["one-wrong-answer"].finding and f"{back:.2f}" in FIGURES["one-wrong-answer"].alt


def test_three_ways_to_join_skills_meet_where_all_are_known():
    has, lacks = bkt.p_correct([1.0, 0.0], PARAMS)
    mean, geometric, product = curves("several-skills")
    np.testing.assert_allclose([mean[-1], geometric[-1], product[-1]], [has, has, has**3])
    np.testing.assert_allclose(product[0], has**2 * lacks)
