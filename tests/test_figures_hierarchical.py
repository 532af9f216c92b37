"""NB-13's figures: what is drawn is what was given, and nothing touches, at either width."""

import numpy as np
import pytest
from invented import cold_items, exam_study, mean

from ktlib.show.figures import hierarchical as figures
from ktlib.studies.as_if_new import WAYS, AsIfNew
from ktlib.studies.exams import ExamStudy
from ktlib.studies.label_maps import LabelMap


def label_map() -> LabelMap:
    """Nine areas of three families in three corners."""
    corners = np.repeat([[0, 0], [3, 0], [1.5, 2.5]], 3, axis=0)
    points = corners + np.random.default_rng(1).normal(0, 0.3, (9, 2))
    family = np.repeat(["Algebra", "Number", "Geometry"], 3)
    return LabelMap(tuple(f"area {k}" for k in range(9)), np.full(9, 500), family, points, family, np.zeros(9), 0.9)


def as_if_new() -> AsIfNew:
    """Sixty answers to each of twenty questions; forecasts know the students, not the questions."""
    rng, item = np.random.default_rng(2), np.repeat(np.arange(20), 60)
    p = np.clip(0.5 + rng.normal(0, 0.2, len(item)), 0.05, 0.95)
    correct = (rng.random(len(item)) < np.clip(p + np.linspace(-0.3, 0.3, 20)[item], 0.02, 0.98)).astype(int)
    return AsIfNew(correct, item, dict.fromkeys(WAYS, p), 2)


def paper_layouts():
    """A study in which the paper's layouts lose on the simulated log and gain on both others."""
    study = exam_study()
    gain = {log: 0.02 if log != "simulated" else -0.02 for log in study.data}
    rows = {
        log: [{"what": f"K = 3, {way} - K = 3", "where": at, "metric": "auc", "n": 9} | mean(gain[log])
              for way in ("apart", "two each") for at in figures.PLACES]
        for log in gain
    }  # fmt: skip
    return ExamStudy(study.about, {log: found | {"differences": rows[log]} for log, found in study.data.items()})


FIGURES = {
    "rare": lambda: figures.rare_areas(exam_study()),
    "layouts": lambda: figures.layouts(paper_layouts()),
    "more": lambda: figures.more_factors(exam_study()),
    "directions": lambda: figures.directions(np.array([100, 200, 500, 9000]), np.array([20, -30, 4.0, -2])),
    "map": lambda: figures.label_map({"eedi": label_map(), "timss": label_map()}),
    "new": lambda: figures.as_if_new(as_if_new(), "Eedi"),
    "cold": lambda: figures.new_question(cold_items()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_touches_at_either_width(name):
    figure = FIGURES[name]()
    assert figure.clashes() + figure.clashes(narrow=True) == []


def dots(ax, colour):
    """Where the dots of a colour stand, in one axes."""
    return np.array([xy for line in ax.lines if line.get_marker() == "o" and line.get_color() == colour
                     for xy in line.get_xydata()])  # fmt: skip


def test_gains_are_the_studys():
    drawn = dots(FIGURES["rare"]().fig().axes[0], figures.ESTIMATE)
    np.testing.assert_allclose(drawn[:, 0], 1.4)  # of 100 pairs
    drawn = dots(FIGURES["more"]().fig().axes[1], figures.PEER)
    np.testing.assert_allclose(drawn[:, 0], -0.03)
    assert "hurt" in FIGURES["more"]().finding and "1.4 more pairs in 100" in FIGURES["rare"]().finding
    assert FIGURES["layouts"]().finding.endswith("help a little on Eedi and TIMSS, and hurt on the simulated log")


def test_directions_and_questions_stand_where_they_were_found():
    drawn = dots(FIGURES["directions"]().fig().axes[0], figures.ESTIMATE)
    np.testing.assert_allclose(drawn, [[100, 20], [200, -30], [500, 4], [9000, -2]])
    found = as_if_new()
    np.testing.assert_allclose(dots(FIGURES["new"]().fig().axes[1], figures.ESTIMATE).T, found.shares())


def test_every_area_is_on_the_map_and_the_crossing_is_circled():
    assert sum(line.get_marker() in "os^" for line in FIGURES["map"]().fig().axes[0].lines) == 9
    ax = FIGURES["cold"]().fig().axes[0]
    ring = next(line for line in ax.lines if line.get_markerfacecolor() == "none")
    assert ring.get_xdata() == [2] and "from 2 answers on" in FIGURES["cold"]().finding
