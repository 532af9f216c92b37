"""Figures of item fits draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from ktlib.irt import information, mml
from ktlib.show.figures import items as figures
from ktlib.show.style import ESTIMATE, PEER


@cache
def fitted(model: str = "2pl") -> mml.MMLFit:
    rng = np.random.default_rng(3)
    slope, difficulty, ability = np.linspace(0.5, 2, 8), np.linspace(-1, 2, 8), rng.normal(size=300)
    return mml.fit((rng.random((300, 8)) < expit(slope * (ability[:, None] - difficulty))).astype(float), model)


DRAWN = {
    "item-curves-fitted": lambda: figures.curves(fitted()),
    "test-information": lambda: figures.information(fitted("rasch")),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_curves_are_those_of_the_fit_and_the_title_their_information():
    fit = fitted()
    weight = np.exp(-(figures.ABILITY**2) / 2)
    worth = weight @ information.information(fit, figures.ABILITY).item / weight.sum()
    (ax,) = figure("item-curves-fitted").fig().axes
    for colour, item in ((ESTIMATE, worth.argmax()), (PEER, worth.argmin())):
        line = next(line for line in ax.lines if line.get_color() == colour)
        np.testing.assert_allclose(line.get_ydata(), information.curves(fit, figures.ABILITY)[:, item])
    said = f"Item {worth.argmax()} says {worth.max() / worth.min():.1f} times as much of a student"
    assert figure("item-curves-fitted").finding.startswith(said)


def test_information_counts_the_students_under_its_upper_half():
    fit = fitted("rasch")
    at = information.information(fit, fit.ability).test
    top = information.information(fit, np.linspace(-4, 4, 2001)).test.max()
    share = (at >= top / 2).mean()
    assert (
        f"{share:.0%} (" in figure("test-information").finding and "of 300 students" in figure("test-information").alt
    )
