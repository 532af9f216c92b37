"""NB-4's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, bounds, em, profiles, uncertainty
from ktlib.show.figures import how_much
from ktlib.show.figures import how_sure as figures
from ktlib.studies import coverage

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
LENGTHS = np.arange(3, 61, 3)
GUIDE = coverage.in_full()["designs"][:3]
DESIGNS = [(22, 15), (1000, 20)]


def one() -> np.ndarray:
    """(lengths, 4) standard errors of one child."""
    return np.sqrt([np.diag(np.linalg.inv(i)) for i in bounds.fisher(TRUTH, LENGTHS)])


@cache
def fitted():
    answers = bkt.simulate(TRUTH, students=60, steps=8, rng=3).answers
    fit = em.fit(answers, tol=1e-9)
    return answers, fit, uncertainty.standard_errors(answers, fit)


def three_ways():
    answers, fit, sure = fitted()
    found = {name: profiles.profile(answers, fit, name) for name in NAMES}
    return figures.three_ways(TRUTH, sure, found, uncertainty.bootstrap(answers, fit, draws=50, rng=1), "a class")


def ridge_and_hill():
    answers, fit, sure = fitted()
    grids = np.linspace(0.05, 0.6, 6), np.linspace(0.01, 0.3, 6)
    pair = profiles.profile_pair(answers, fit, ("p_init", "p_slip"), grids)
    return figures.ridge_and_hill(TRUTH, {"60 children × 8": (sure, pair), "the same again": (sure, pair)})


def twins():
    """The truth and one that is alike on two answers; invented chances."""
    return figures.twins(TRUTH, [TRUTH, bounds.alike(TRUTH, 0.3)], np.full((2, 4), 0.25), np.array([0.2, 0.1]))


HALF = np.arange(1, 9).reshape(2, 4) / 50
DRAWN = {
    "coin": lambda: figures.coin([(3, 10), (30, 100), (300, 1000)]),
    "three-ways": three_ways,
    "ridge-and-hill": ridge_and_hill,
    "bound": lambda: how_much.bound(GUIDE),
    "data-map": lambda: how_much.data_map(TRUTH, LENGTHS, one(), DESIGNS),
    "one-child": lambda: figures.one_child(TRUTH, LENGTHS, one()),
    "twins": twins,
    "intervals-kept": lambda: how_much.coverage({"small": GUIDE[0], "large": GUIDE[2]}),
    "pilot": lambda: how_much.pilot(TRUTH, ["22 × 9", "200 × 15"], HALF),
    "students-needed": lambda: how_much.needed(bounds.students_needed(TRUTH, 10, within=0.05), 10, 0.05),
    "breadth": lambda: how_much.breadth(600, LENGTHS, one() / np.sqrt(600 / LENGTHS)[:, None]),
}
figure = cache(lambda name: DRAWN[name]())


def lines(ax, colour=None, marker="None"):
    """Data of the lines in axes: of one colour, or of one kind of mark."""
    return [
        line.get_xydata()
        for line in ax.lines
        if line.get_marker() == marker and (colour is None or line.get_color() == colour)
    ]


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_the_coin_peaks_where_it_was_seen_and_says_its_half_width():
    (ax,) = figure("coin").fig().axes
    for curve in lines(ax):
        assert curve[curve[:, 1].argmax(), 0] == pytest.approx(0.3, abs=2e-3)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 100)
    assert f"30 of 100: ±{half:.3f}" in [text.get_text() for text in ax.texts]


def test_the_three_ways_draw_the_intervals_of_the_fit():
    _, fit, sure = fitted()
    for ax, name in zip(figure("three-ways").fig().axes, NAMES, strict=True):
        assert np.allclose(lines(ax, figures.ESTIMATE)[0][:, 0], sure.interval(name))
        assert np.allclose(lines(ax, figures.PAPER, "o")[0][:, 0], getattr(fit.params, name))
        assert np.allclose(lines(ax, figures.TRUTH)[0][:, 0], getattr(TRUTH, name))


def test_they_are_said_to_agree_only_where_they_do():
    near, far = np.array([[0.1, 0.3], [0.11, 0.31]]), np.array([[0.1, 0.3], [0.2, 0.4]])
    assert figures._agree({"p_init": near}) and not figures._agree({"p_init": near, "p_slip": far})


def test_the_ridge_holds_fit_truth_and_twins():
    _, fit, _ = fitted()
    first, second = figure("ridge-and-hill").fig().axes
    (twins,) = lines(first, figures.OTHER)
    assert all(bounds.alike(TRUTH, p_init).p_slip == pytest.approx(slip) for p_init, slip in twins)
    assert not lines(second, figures.OTHER)
    (ellipse,) = lines(second, figures.PEER)
    assert np.allclose(ellipse[:-1].mean(0), (fit.params.p_init, fit.params.p_slip), atol=1e-9)


def test_the_bound_counts_the_promises_below_it():
    below = sum(d["claim"] < 1.96 * d["cramer_rao"][name] for d in GUIDE for name in NAMES)
    assert figure("bound").finding == f"Fits sit on the bound; {below} of 12 promises lie below it"
    for ax, name in zip(figure("bound").fig().axes, NAMES, strict=True):
        assert np.allclose(lines(ax, figures.ESTIMATE, "o")[0][:, 1], [1.96 * d["sd"][name] for d in GUIDE])


def test_the_map_is_drawn_in_95_percent():
    """At a line's number of students, 1.96 standard errors are what the line says."""
    for ax, name in zip(figure("data-map").fig().axes, NAMES, strict=True):
        for line, half in zip(lines(ax, figures.ESTIMATE), (0.05, 0.02, 0.01), strict=True):
            students, answers = line[4]
            need = bounds.students_needed(TRUTH, int(answers), within=half)[name]
            assert need == np.ceil(students) or need == pytest.approx(students, rel=1e-4)
        assert [tuple(*dot) for dot in lines(ax, figures.PEER, "o")] == DESIGNS


def test_the_budget_is_best_at_the_dot():
    (ax,) = figure("breadth").fig().axes
    for curve, dot in zip(lines(ax), lines(ax, marker="o"), strict=True):
        assert tuple(dot[0]) == tuple(curve[curve[:, 1].argmin()])


def test_one_child_ends_at_her_errors_and_says_them():
    (ax,) = figure("one-child").fig().axes
    ends = [curve[-1, 1] for curve in lines(ax)[:4]]
    assert np.allclose(ends, one()[-1])
    said = [text.get_text() for text in ax.texts]
    assert f"slip {one()[-1, 2]:.2f}" in said


def test_the_students_needed_stand_at_their_bars_and_in_the_headline():
    need = bounds.students_needed(TRUTH, 10, within=0.05)
    (ax,) = figure("students-needed").fig().axes
    assert [bar.get_width() for bar in ax.patches] == [*need.values(), 22]
    assert f"{need['all']:,}" in [text.get_text() for text in ax.texts]
    assert figure("students-needed").finding.startswith(f"{need['all']:,} students")


def test_the_pilot_draws_the_truth_and_each_half_width():
    for j, ax in enumerate(figure("pilot").fig().axes):
        (dots,) = lines(ax, figures.ESTIMATE, "o")
        assert np.allclose(dots[:, 0], tuple(TRUTH)[j])
        sticks = lines(ax, figures.ESTIMATE)[0].reshape(2, 3, 2)
        assert np.allclose(sticks[:, 1, 0] - sticks[:, 0, 0], 2 * HALF[:, j])


def test_coverage_counts_the_cases_that_miss_95():
    held = dict(GUIDE[0], coverage=dict.fromkeys(NAMES, 0.95) | {"p_slip": 0.8})
    assert how_much.coverage({"one": held}).finding == "95% means 95% in 3 of 4 cases"
    for ax, name in zip(figure("intervals-kept").fig().axes, NAMES, strict=True):
        (dots,) = lines(ax, figures.ESTIMATE, "o")
        assert np.allclose(dots[:, 0], [d["coverage"][name] for d in (GUIDE[0], GUIDE[2])])


def test_the_twins_numbers_differ_and_their_pairs_do_not():
    left, right = figure("twins").fig().axes
    (slip,) = lines(left, figures.PEER)
    assert slip[0, 1] == TRUTH.p_slip and slip[1, 1] == pytest.approx(bounds.alike(TRUTH, 0.3).p_slip)
    assert [list(curve[:, 1]) for curve in lines(right, figures.ESTIMATE)] == [[0.2, 0.1]]
