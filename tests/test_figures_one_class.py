"""NB-5's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib.show.figures import one_class as figures
from ktlib.studies.borrowing import METHODS, Borrowing


@cache
def invented() -> Borrowing:
    """Three judges on two skills; on each answer the methods lose 0.7, 0.69, … in their order."""
    scores = pd.DataFrame({"skill": [1, 1, 2], "student": [7, 8, 7], "answers": [4, 2, 3]})
    for place, how in enumerate(METHODS):
        scores[how] = scores.answers * (0.7 - 0.01 * place) + [0.1, 0, -0.1]
    return Borrowing(22, 10, 0, 90, 91, {}, {}, {1: None, 2: None}, {}, np.array([100, 120]), scores)


DRAWN = {"shrinkage": lambda: figures.shrinkage(invented())}
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
