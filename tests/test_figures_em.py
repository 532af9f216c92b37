"""NB-3's figures draw what they were given, and no two of their texts touch."""

import numpy as np
import pandas as pd
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, em
from ktlib.bkt.uncertainty import standard_errors
from ktlib.show.figures import em as figures
from ktlib.studies import wrong_numbers
from ktlib.studies.random_starts import RandomStarts, mirrored
from ktlib.studies.scatter import Scatter

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
ANSWERS = bkt.simulate(TRUTH, students=80, steps=10, rng=1).answers
FIT = em.fit(ANSWERS)
SURE = standard_errors(ANSWERS, FIT)
STUCK = em.fit(ANSWERS, start=BKTParams(p_transit=0), frozen=["p_transit"])


def starts():
    ends = [FIT.params] * 3 + [mirrored(STUCK.params)] * 2
    frame = pd.DataFrame([tuple(params) for params in ends], columns=list(NAMES))
    return RandomStarts(frame.assign(flipped=[False] * 3 + [True] * 2), STUCK, 5, 0)


def scatter(students, answers):
    draws = np.random.default_rng(students).normal(0, 0.4 / np.sqrt(students), (40, 4))
    return Scatter(TRUTH, students, answers, np.clip(tuple(TRUTH) + draws, 0.01, 0.99), 40, 0)


CLAIMED = {(50, 10): 0.05, (200, 15): 0.01, (1000, 20): 0.003}
SCATTERS = {design: scatter(*design) for design in CLAIMED}
STATIONS = {f"{words}\n{n} × 9": scatter(n, 9) for words, n in (("a", 22), ("b", 30), ("c", 40), ("d", 200))}


def skills():
    draws = np.random.default_rng(2).uniform(0.05, 0.6, (12, 4))
    frame = pd.DataFrame(draws, columns=list(NAMES)).assign(students=range(100, 340, 20), flag=["", "flat"] * 6)
    for name in NAMES:
        frame[f"low_{name}"], frame[f"high_{name}"] = frame[name] - 0.04, frame[name] + 0.04
    return frame


def price():
    draws = np.random.default_rng(3).uniform(0, 0.2, (9, 4))
    columns = pd.MultiIndex.from_product([["false_masters", "kept"], ["own", "habit"]])
    return pd.DataFrame(draws, columns=columns)


STUDY = wrong_numbers.run(TRUTH, off_by=(), classes=((10, 5), (30, 8)), students=50, questions=6, n=5)
FIGURES = {
    "climb": figures.climb(FIT, SURE, TRUTH),
    "random-starts": figures.landscape(starts()),
    "accuracy": figures.accuracy(SCATTERS, CLAIMED),
    "road": figures.road(STATIONS),
    "real-skills": figures.real_skills(skills()),
    "habit-price": figures.habit_price(price()),
    "fitted-cost": figures.fitted_cost(STUDY),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_two_texts_touch(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.clashes() + figure.clashes(narrow=True) == []


def panels(name):
    return FIGURES[name].fig().axes


def points(axes, marker="o"):
    """x and y of all marks of a kind, a row each."""
    lines = [np.column_stack(line.get_data()) for line in axes.lines if line.get_marker() == marker]
    return np.concatenate(lines)


def ends_of_sticks(axes):
    """The broken lines' low and high ends."""
    found = [line.get_ydata() for line in axes.lines if np.isnan(np.asarray(line.get_ydata(), dtype=float)).any()]
    return np.concatenate([y[~np.isnan(y)].reshape(-1, 2) for y in found])


def test_the_path_is_drawn_step_by_step():
    for j, ax in enumerate(panels("climb")):
        np.testing.assert_allclose(points(ax)[:, 1], FIT.path[:, j])
    assert f"{FIT.steps} steps" in FIGURES["climb"].finding


def test_starts_end_where_they_end():
    drawn = points(panels("random-starts")[0])
    for params in (FIT.params, mirrored(STUCK.params), STUCK.params):
        assert np.isclose(drawn, (params.p_slip, params.p_guess)).all(1).any()
    assert FIGURES["random-starts"].finding.startswith("40%")


def test_sticks_hold_95_percent_of_fits():
    for j, ax in enumerate(panels("accuracy")):
        wanted = [np.quantile(found.off[:, j], [0.025, 0.975]) for found in SCATTERS.values()]
        np.testing.assert_allclose(ends_of_sticks(ax), wanted)
    assert f"±{SCATTERS[200, 15].half()[1]:.2f}" in FIGURES["accuracy"].finding


def test_the_road_starts_at_the_habit():
    for j, ax in enumerate(panels("road")):
        np.testing.assert_allclose(points(ax, "D"), [[tuple(BKTParams())[j], 0]])
        np.testing.assert_allclose(points(ax)[:, 0], [np.median(s.estimates[:, j]) for s in STATIONS.values()])


def test_every_skill_is_a_dot():
    frame = skills()
    for ax, (x, y) in zip(panels("real-skills"), (("p_init", "p_transit"), ("p_slip", "p_guess")), strict=True):
        drawn = points(ax)
        assert len(drawn) == len(frame)
        assert (np.isclose(drawn[:, None], frame[[x, y]].to_numpy()).all(2).sum(0) == 1).all()


def test_skills_are_sorted_by_what_the_habit_costs():
    frame = price().sort_values(("false_masters", "habit"))
    for ax, what in zip(panels("habit-price"), ("false_masters", "kept"), strict=True):
        drawn = points(ax)[:, 0]
        np.testing.assert_allclose(drawn, [*frame[what].habit, *frame[what].own])


def test_costs_of_fitted_numbers_stand_in_their_rows():
    for ax, what in zip(
        FIGURES["fitted-cost"].fig().axes, ("changed", "flipped", "false_masters", "kept"), strict=True
    ):
        dots = np.concatenate([np.column_stack(line.get_data()) for line in ax.lines if line.get_marker() == "o"])
        wanted = [wrong_numbers.quantiles(found, what)[1] for found in STUDY.fitted.values()]
        np.testing.assert_allclose(dots, np.column_stack([wanted, range(2)]))
