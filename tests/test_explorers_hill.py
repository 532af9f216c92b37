"""The hill: the page takes the steps that `em.fit` takes, and says where they end."""

import numpy as np
import pytest
from explorer_page import config, in_node

from ktlib import bkt
from ktlib.bkt import BKTParams, em
from ktlib.show.explorers import HillExplorer

TRUTH = BKTParams(p_init=0.3, p_transit=0.15, p_slip=0.1, p_guess=0.2)
GAPS = bkt.simulate(TRUTH, students=12, steps=[3, 9] * 6, rng=5, missing=0.2).answers
STARTS = [(0.1, 0.2), (0.4, 0.4), (0.7, 0.7), (0.02, 0.98), (0.9, 0.3)]


@pytest.mark.parametrize("start", STARTS)
def test_the_page_takes_the_steps_of_em(start):
    explorer = HillExplorer(GAPS, TRUTH, start)
    at = dict(zip(("p_slip", "p_guess"), start, strict=True))
    (path,) = in_node("hill", ("walk", config(explorer), at, 12))
    params = BKTParams(p_init=TRUTH.p_init, p_transit=TRUTH.p_transit, **at, allow_flip=True)
    fit = em.fit(GAPS, start=params, frozen=("p_init", "p_transit"), tol=0, max_steps=12)
    np.testing.assert_allclose([[p["p_slip"], p["p_guess"]] for p in path], fit.path[:, 2:], rtol=0, atol=1e-9)
    np.testing.assert_allclose([p["height"] for p in path], fit.trace, rtol=0, atol=1e-9)
    assert (np.diff([p["height"] for p in path]) > -1e-9).all()


def test_page_and_notebook_use_the_same_words():
    explorers = [HillExplorer(start=start, steps=steps) for start in STARTS for steps in (0, 1, 2, 40)]
    told = config(explorers[0])
    for one in explorers:
        at = dict(zip(("p_slip", "p_guess"), one.start, strict=True))
        (path,) = in_node("hill", ("walk", told, at, one.steps))
        assert in_node("hill", ("sentence", told, path)) == [one.finding()]


def test_it_says_where_the_climb_ends():
    assert HillExplorer(start=(0.1, 0.2), steps=40).finding() == (
        "After 40 steps: P(S) 0.05, P(G) 0.18, log likelihood −98.53, 1.26 above the start. It has settled at the top."
    )
    upside_down = HillExplorer(start=(0.7, 0.7), steps=60).finding()
    assert "settled on a lower hill, 32.74 below the top. Slip + guess = 1.45: a right answer now counts" in upside_down


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"start": (0.1, 1.0)}, "start = 1.0 is not between"),
        ({"start": (0.1,)}, "give slip and guess"),
        ({"steps": 201}, "steps = 201"),
        ({"answers": np.ones((201, 10))}, "2010 answers are too many"),
        ({"params": (0.2, 0.1)}, "give BKTParams"),
    ],
)
def test_what_cannot_be_climbed_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        HillExplorer(**wrong)
