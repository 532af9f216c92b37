"""NB-16's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib.homework.pilot import Spread
from ktlib.homework.power import Power
from ktlib.homework.trial import TrialDesign
from ktlib.show.figures import trial as figures
from ktlib.studies import peeking
from ktlib.studies.class_spread import ClassSpread
from ktlib.studies.four_arms import Arms
from ktlib.studies.trial_power import Cell

EFFECTS = [0.05, 0.1, 0.2, 0.3]
LINES = {"one class a school": [5000, 1300, 330, 150], "four": [700, 171, 44, 21], "main": [350, 87, 23, 11]}


def cell(how: str, classes: int, share: float, effect: float = 0.0, computed: float | None = None) -> Cell:
    """A design of so many classes in an arm, counted 1000 times."""
    power = Power(share, share - 0.02, share + 0.02, 1000)
    return Cell(TrialDesign(classes, 17, blocked=effect > 0), effect, "both - control", how, power, computed)


WOLF = [
    cell(how, k, s + k / 1000) for how, s in (("students", 0.4), ("classes", 0.05), ("mixed", 0.06)) for k in (6, 20)
]
COUNTED = [cell("classes", k, p + 0.012, e, p) for k, p, e in ((20, 0.15, 0.1), (60, 0.4, 0.1), (60, 0.9, 0.2))]
CURVES = {20: [0.05, 0.08, 0.15, 0.5], 60: [0.05, 0.2, 0.4, 0.9]}
DRAWS = pd.DataFrame(
    {name: np.linspace(low, low + 0.1, 50) for name, low in (("school", 0.15), ("group", 0.14), ("icc", 0.3))}
)
SPREAD = ClassSpread(Spread(0.2, 0.18, 0.62, 210, 271, 4471), 0.77, 17, DRAWS, 1)
NAMES = ("personalisation", "immediate feedback", "both - control")
ARMS = [
    Arms(how, *({name: value + more for name in NAMES} for more in (0, -0.1, 0.1)), 240, 4080, 20)
    for how, value in (("flat", 0.1), ("zone", 0.2), ("errors", 0.5))
]
DRAWN = {
    "wolf": lambda: figures.wolf(WOLF),
    "class-spread": lambda: figures.spread(SPREAD),
    "power-counted": lambda: figures.counted(COUNTED, CURVES, [0, 0.05, 0.1, 0.2]),
    "schools-needed": lambda: figures.schools(LINES, EFFECTS, "four", 0.1),
    "simulated-arms": lambda: figures.arms(ARMS),
    "peeking": lambda: figures.peeking(peeking.run(200, looks=5, each=5)),
}  # fmt: skip
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_wolf_draws_each_share_where_its_size_stands():
    (ax,) = figure("wolf").fig().axes
    shown = sorted(y for line in ax.lines if line.get_marker() == "o" for y in line.get_ydata())
    assert shown == pytest.approx(sorted(cell.counted.share for cell in WOLF))
    assert "42% of useless trials" in figure("wolf").finding


def test_the_number_of_schools_is_drawn_and_said():
    (ax,) = figure("schools-needed").fig().axes
    assert "171" in [text.get_text() for text in ax.texts]
    assert figure("schools-needed").finding.startswith("171 schools see a tenth")


def test_counted_power_stands_beside_computed():
    (ax,) = figure("power-counted").fig().axes
    dots = [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [(c.effect, c.counted.share) for c in COUNTED]
    assert figure("power-counted").finding.endswith("1.2 points")


def test_looks_add_up():
    (ax,) = figure("peeking").fig().axes
    lines = [line.get_ydata() for line in ax.lines if line.get_marker() == "None" and len(line.get_ydata()) == 5]
    assert len(lines) == 3 and all((np.diff(line) > 0).all() for line in lines)


def test_the_spread_is_the_one_given():
    (ax,) = figure("class-spread").fig().axes
    (dots,) = (line.get_xdata() for line in ax.lines if line.get_marker() == "o")
    assert list(dots) == pytest.approx([0.2, 0.18, 0.38])


def test_each_learning_model_has_its_effects():
    (ax,) = figure("simulated-arms").fig().axes
    dots = [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[0.1] * 3, [0.2] * 3, [0.5] * 3]
    assert "gains 0.10 or 0.50 sd" in figure("simulated-arms").finding
