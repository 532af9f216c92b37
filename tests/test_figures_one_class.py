"""NB-5's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib.show.figures import one_class as figures
from ktlib.studies.borrowing import METHODS, Borrowing, Expected


@cache
def invented() -> Borrowing:
    """Three judges on two skills; on each answer the methods lose 0.7, 0.69, … in their order."""
    scores = pd.DataFrame({"skill": [1, 1, 2], "student": [7, 8, 7], "answers": [4, 2, 3]})
    for place, how in enumerate(METHODS):
        scores[how] = scores.answers * (0.7 - 0.01 * place) + [0.1, 0, -0.1]
    return Borrowing(22, 10, 0, 90, 91, {}, {}, {1: None, 2: None}, {}, np.array([100, 120]), scores)


class Held:
    """As much of `prior_coverage.Kept` as is drawn."""

    def __init__(self, *shares: float):
        self.held = np.array([shares])


KEPT = {(22, 9, "learned"): Held(0.95, 0.96, 0.94, 0.95), (22, 9, "none"): Held(0.7, 0.6, 0.8, 0.65)}
CHECK = Expected(
    {"level": np.array([0.5, 0.7]), "rise": np.array([0.2, 0.3])},
    {"level": np.full((2, 4), 0.6), "rise": np.zeros((2, 4))},
)
DRAWN = {
    "shrinkage": lambda: figures.shrinkage(invented()),
    "imagined-children": lambda: figures.imagined([(2, 5), (20, 50)], (7, 10)),
    "expected-classes": lambda: figures.expected(CHECK),
    "skill-by-skill": lambda: figures.skill_by_skill(invented()),
    "honest": lambda: figures.honest(KEPT),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_shrinkage_draws_each_loss_and_says_its_difference():
    found = invented()
    (ax,) = figure("shrinkage").fig().axes
    dots = [dot[0, 0] for dot in (line.get_xydata() for line in ax.lines if line.get_marker() == "o")]
    assert np.allclose(dots, found.loss[["habit", "typical", "raw", "borrowed", "large"]])
    said = [text.get_text() for text in ax.texts]
    assert said[0].startswith("0.700   +0.050") and said[3] == "0.650"


def test_imagined_and_real_children_are_counted_together():
    first, second = figure("imagined-children").fig().axes
    assert (first.get_title(), second.get_title()) == ("", "") and first.get_title("left") == "2 of 5: 40% → 60%"
    both = next(line.get_xydata() for line in first.lines if line.get_color() == figures.ESTIMATE)
    assert both[both[:, 1].argmax(), 0] == pytest.approx(8 / 13, abs=3e-3)  # the top of Beta(9, 6)


def test_each_skill_has_its_bar_sorted():
    found = invented()
    (ax,) = figure("skill-by-skill").fig().axes
    sums = found.scores.groupby("skill")[["answers", "raw", "borrowed"]].sum()
    saved = sorted((sums.raw - sums.borrowed) / sums.answers)
    assert np.allclose(sorted(bar.get_height() for bar in ax.patches), saved)
    assert figure("skill-by-skill").finding == "A class of 22 that borrows forecasts better on 100% of skills"


def test_honest_draws_both_shares_and_says_their_range():
    (ax,) = figure("honest").fig().axes
    shown = {tuple(np.round(line.get_xdata(), 6)) for line in ax.lines if line.get_marker() == "o"}
    assert shown == {(95, 96, 94, 95), (70, 60, 80, 65)}
    assert figure("honest").finding == "With the prior 95% means 94 to 96%; alone, down to 60%"


def test_too_little_rise_is_said_only_where_it_is_little():
    assert figure("expected-classes").finding.endswith("and too little rise")
    fair = Expected(CHECK.real, CHECK.drawn | {"rise": np.ones((2, 4))})
    assert figures.expected(fair).finding == "The prior expects the level of real classes"
