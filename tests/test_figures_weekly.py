"""NB-15's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib.irt import Normal
from ktlib.show.figures import weekly as figures
from ktlib.studies.weeks import REFIT, Weeks

LEVEL = {"weekly": 0.8, "weekly, all trusted": 0.79, "weekly, mean-field": 0.78, "questions frozen": 0.77, "never": 0.7}
LEVEL |= {REFIT: 0.801, "weekly, drift": 0.81}
SECONDS = {REFIT: 2.0, "questions frozen": 0.1}


@cache
def invented() -> Weeks:
    """Two worlds of twenty weeks; each way has one level, the second world a tenth of a point above the first."""
    rows = []
    for seed in (0, 1):
        for drift in (0.0, 0.1):
            for way, level in LEVEL.items():
                for week in (1, 5, 10, 15, 20) if way == REFIT else range(1, 21):
                    held = {"ability": 0.95 - 0.005 * week, "discrimination": level + 0.1, "difficulty": level + 0.12}
                    row = {"seed": seed, "drift": drift, "week": week, "way": way, "held": held, "log_loss": 0.6}
                    rows.append(row | {"auc": level + 0.001 * seed, "seconds": SECONDS.get(way, 0.2)})
    return Weeks({}, rows)


DRAWN = {
    "monday-by-hand": lambda: figures.added(Normal(0.4, 0.5), Normal(1.4, 1.0), Normal(0.6, 0.45)),
    "one-question-monday-by-monday": lambda: figures.one_question([(0, -2, 2), (0.5, -0.5, 1.5)], truth=0.9),
    "next-week": lambda: figures.next_week(invented()),
    "intervals-held": lambda: figures.intervals_held(invented()),
    "wandering": lambda: figures.wandering(invented(), 0.1),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_next_week_draws_every_way_and_says_its_share():
    left, right = figure("next-week").fig().axes
    ends = sorted(float(line.get_ydata()[-1]) for line in left.lines)
    np.testing.assert_allclose(ends, np.array([0.7, 0.77, 0.8, 0.801]) + 0.0005)
    assert [bar.get_width() for bar in right.patches] == [2.0, 0.2, 0.1]
    assert figure("next-week").finding == "A Monday costs 10% of a refit and forecasts as well, to 0.001 AUC"


def test_the_normals_have_their_middles():
    (ax,) = figure("monday-by-hand").fig().axes
    tops = [line.get_xdata()[np.argmax(line.get_ydata())] for line in ax.lines]
    np.testing.assert_allclose(tops, [0.4, 1.4, 0.6], atol=0.01)


def test_shares_of_intervals_stand_at_the_last_week():
    for ax, more in zip(figure("intervals-held").fig().axes, (0.1, 0.12), strict=True):
        assert [float(line.get_ydata()[-1]) for line in ax.lines[1:]] == pytest.approx(
            [0.8 + more, 0.79 + more, 0.78 + more]
        )
    assert "90% of intervals hold" in figure("intervals-held").finding
    (ax,) = figure("wandering").fig().axes
    assert [float(line.get_ydata()[-1]) for line in ax.lines[1:]] == pytest.approx([0.85] * 3)
