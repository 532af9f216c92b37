"""The estimates of `RunawayExplorer` are the highest places, in the page as in Python, and both say the same."""

from dataclasses import replace

import numpy as np
import pytest
from explorer_page import config, in_node
from scipy.optimize import minimize

from ktlib.show.explorers import RunawayExplorer
from ktlib.show.explorers.runaway import SPREADS, STUDENTS, alone, held

USUAL = RunawayExplorer(classes=4)
LEVELS = np.arange(-3, 3.5, 0.5)


def climb(counts, spread=None) -> tuple[float, float]:
    """Discrimination and difficulty by a program of others, from many starts."""
    asked, right = np.array(counts, dtype=float)

    def loss(x):
        a, b = (np.exp(x[0]), x[1]) if spread else (x[1], -x[0] / x[1] if x[1] else 0.0)
        eta = a * (LEVELS - b) if spread else x[0] + x[1] * LEVELS
        gain = (right * eta - asked * np.logaddexp(0, eta)).sum()
        return -gain + (x[1] ** 2 / (2 * spread**2) + x[0] ** 2 / (spread**2 / 2) if spread else 0)

    starts = [(0.0, 0.0)] if not spread else [(u, b) for u in (-2, 0) for b in (-4, -1, 1, 4)]
    best = min((minimize(loss, start, tol=1e-12) for start in starts), key=lambda found: found.fun).x
    return (np.exp(best[0]), best[1]) if spread else (best[1], -best[0] / best[1])


@pytest.mark.parametrize("size", [0, 2, 5])
def test_estimates_are_the_highest_places(size):
    counts = config(USUAL)["classes"][1][size]["counts"]
    found = alone(counts)
    assert (found["a"], found["b"]) == pytest.approx(climb(counts), rel=1e-3)
    for spread in (4, 1, 0.25):
        found = held(counts, spread)
        assert (found["a"], found["b"]) == pytest.approx(climb(counts, spread), abs=0.005)


def test_page_and_python_climb_alike():
    cases = [
        (one[size]["counts"], s) for one in config(USUAL)["classes"][:2] for size in (0, 2, 6) for s in SPREADS[1:]
    ]
    for seen, case in zip(in_node("runaway", *[("held", *case) for case in cases]), cases, strict=True):
        wanted = held(*case)
        assert (seen["a"], seen["b"]) == pytest.approx((wanted["a"], wanted["b"]), abs=1e-9)
        np.testing.assert_allclose(seen["allowed"], wanted["allowed"], rtol=0, atol=1e-6)


def test_page_and_python_use_the_same_words():
    told, calls, expected = config(USUAL), [], []
    for i, students in enumerate(STUDENTS):
        for j, spread in enumerate(SPREADS):
            now = held(told["classes"][0][i]["counts"], spread) if spread else None
            calls.append(("sentence", told, 0, [i, j], now))
            expected.append(replace(USUAL, students=students, spread=spread).finding())
    assert in_node("runaway", *calls) == expected


def test_it_runs_away_without_a_prior_and_comes_back_with_one():
    counts = config(USUAL)["classes"][0][STUDENTS.index(50)]["counts"]
    lost, found = alone(counts), held(counts, 1)
    assert abs(lost["b"]) > 20 and abs(found["b"] + 1.5) < 1
    assert lost["allowed"][0][0] == -12 and lost["allowed"][-1][1] == 12  # anything far out, on both sides
    assert len(found["allowed"]) == 1 and np.ptp(found["allowed"]) < 3
    assert "it ran away. In 3 of 4 such classes it runs away." in USUAL.finding()
    assert "With a prior of standard deviation 1 it is −0.7." in replace(USUAL, spread=1).finding()


def test_the_answers_are_those_of_the_seed():
    rng = np.random.default_rng(0)
    ability = np.clip(np.round(2 * rng.standard_normal(1000)) / 2, -3, 3)
    right = rng.random(1000) < 1 / (1 + np.exp(-0.3 * (ability + 1.5)))
    asked, rights = config(USUAL)["classes"][0][-1]["counts"]
    assert asked == [int((ability == level).sum()) for level in LEVELS]
    assert rights == [int(right[ability == level].sum()) for level in LEVELS]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (dict(students=40), "students = 40: give one of 20, 30"),
        (dict(spread=3), "spread = 3: give one of 8, 4"),
        (dict(classes=0), "classes = 0"),
        (dict(discrimination=200.0, classes=1), "nothing to estimate"),
    ],
)
def test_what_cannot_be_shown_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        RunawayExplorer(**given)
