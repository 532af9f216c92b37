"""NB-4's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, bounds, em, profiles, uncertainty
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


DRAWN = {
    "coin": lambda: figures.coin([(3, 10), (30, 100), (300, 1000)]),
    "three-ways": three_ways,
    "ridge-and-hill": ridge_and_hill,
    "bound": lambda: figures.bound(GUIDE),
    "data-map": lambda: figures.data_map(TRUTH, LENGTHS, one(), DESIGNS),
    "breadth": lambda: figures.breadth(600, LENGTHS, one() / np.sqrt(600 / LENGTHS)[:, None]),
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
