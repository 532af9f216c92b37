"""NB-8's figures draw what they are given, and their texts keep apart at both widths."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ktlib.show.figures import two_parameter as figures
from ktlib.studies.mean_field import BLOCKS, ByBlock


def clear(figure):
    assert figure.clashes() + figure.clashes(narrow=True) == []
    return figure


def p_right(ability, discrimination, difficulty):
    return expit(discrimination * (ability - difficulty))


def test_a_curve_crosses_one_half_at_its_difficulty():
    items = {"one": (1.0, -1.5, -1.5, "above left"), "other": (2.5, 1.0, 1.3, "right")}
    figure = clear(figures.item_curves(p_right, items))
    dots = [line for line in figure.fig().axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xydata()[0].tolist() for line in dots] == [[-1.5, 0.5], [1.0, 0.5]]
    assert "discrimination 2.5" in figure.alt


def test_expected_curves_are_those_of_the_draws():
    rng = np.random.default_rng(0)
    slopes = {"log-normal(0, 0.5)": rng.lognormal(0, 0.5, 50), "N(0, 1)": rng.normal(size=50)}
    figure = clear(figures.expected_curves(p_right, slopes, shown=7))
    for ax, alpha in zip(figure.fig().axes, slopes.values(), strict=True):
        (line,) = ax.lines
        heights = line.get_ydata().reshape(7, 82)[:, :-1]
        np.testing.assert_allclose(heights, p_right(np.linspace(-4, 4, 81), alpha[:7, None], 0.0))
    assert figure.finding.startswith(f"Under N(0, 1) {np.mean(slopes['N(0, 1)'] < 0):.0%} of curves fall")


def test_beliefs_are_drawn_in_turn_and_the_last_is_summed_up():
    grid = np.linspace(-4, 4, 401)
    beliefs = [
        np.exp(-((grid - m) ** 2) / (2 * s**2)) / (s * np.sqrt(2 * np.pi)) for m, s in ((0, 1), (0.4, 0.9), (1, 0.5))
    ]
    figure = clear(figures.on_a_grid(grid, beliefs, [1, 1]))
    drawn = sorted((line.get_ydata() for line in figure.fig().axes[0].lines), key=max)
    np.testing.assert_array_equal(drawn, beliefs)
    assert figure.finding == "2 answers: ability 1.00, standard deviation 0.50"


def test_a_belief_that_has_no_slant_is_as_wide_as_its_normals():
    axis = np.linspace(-5, 5, 201)
    one = np.exp(-((axis - 0.2) ** 2) / (2 * 0.7**2))
    figure = clear(figures.two_unknowns(axis, np.outer(one, one), (0.2, 0.2), (0.7, 0.7)))
    assert "spread 0.70 where the belief has 0.70" in figure.alt
    exact, near = (lines.get_paths()[0].vertices for lines in figure.fig().axes[0].collections)
    np.testing.assert_allclose(np.sort(exact[:, 0]), np.sort(near[:, 0]), atol=0.02)


def test_the_race_has_a_point_for_each_number_of_steps():
    slow = {n: {"seconds": n / 500, "distance": 3 / n + 0.02} for n in (30, 100, 300, 1000, 3000)}
    figure = clear(figures.race({"seconds": 0.02, "distance": 0.002}, slow))
    svi, fast = figure.fig().axes[0].lines
    np.testing.assert_array_equal(svi.get_xydata(), [[v["seconds"], v["distance"]] for v in slow.values()])
    assert fast.get_xydata().tolist() == [[0.02, 0.002]]
    assert figure.finding == "SVI: 300 times the time, and still 10 times as far"


@pytest.mark.parametrize("n", [2, 100])
def test_coverage_stands_at_its_mean(n):
    rng = np.random.default_rng(0)
    columns = pd.MultiIndex.from_product([("mean-field", "calibrated"), BLOCKS])
    found = ByBlock(n, 0, pd.DataFrame(rng.uniform(0.88, 0.94, (n, 6)), columns=columns))
    figure = clear(figures.coverage(found))
    dots = [line.get_xdata() for line in figure.fig().axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(np.ravel(dots), found.mean)
    assert f"the truth in {found.mean['mean-field', 'difficulty']:.0%} of cases" in figure.finding
