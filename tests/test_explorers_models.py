"""The same answers under two models: the page computes what `bkt.filter` and Rasch's filter do."""

import numpy as np
import pandas as pd
import pytest
from explorer_page import config, in_node

from ktlib import bkt
from ktlib.bkt import BKTParams
from ktlib.forecast.baselines import Rasch
from ktlib.show.explorers import TwoModelsExplorer
from ktlib.studies import levels

PARAMS = BKTParams(p_init=0.3, p_transit=0.12, p_slip=0.08, p_guess=0.22)
RASCH = Rasch(difficulty=pd.Series([0.4], index=["q"]), new_item=0.4, ability_sd=1.3, converged=True, points=41)
ROWS = [[0] * 6 + [1] * 6, [1] * 6 + [0] * 6, [1], [1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0]]


def explorer(answers):
    return TwoModelsExplorer(PARAMS, RASCH.ability_sd, 0.4, answers)


@pytest.mark.parametrize("answers", ROWS)
def test_the_page_follows_both_as_ktlib_does(answers):
    told = config(explorer(answers))
    (belief,) = in_node("models", ("belief", told["params"], answers))
    trace = bkt.filter([*answers, None], PARAMS)
    np.testing.assert_allclose(belief["known"], trace.p_before, rtol=0, atol=1e-12)
    assert belief["forecast"] == pytest.approx(trace.p_correct[-1], abs=1e-12)

    (ability,) = in_node("models", ("ability", told, answers))
    log = pd.DataFrame({"student": "her", "item": "q", "correct": answers})
    mean, sd = levels.ability_path(log, RASCH, points=41)
    np.testing.assert_allclose(ability["mean"], mean, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ability["sd"], sd, rtol=0, atol=1e-9)
    forecast = levels.many_levels(pd.concat([log, log[:1]]), RASCH)
    np.testing.assert_allclose(ability["forecast"], forecast, rtol=0, atol=1e-9)


def test_page_and_notebook_use_the_same_words():
    told = config(explorer(ROWS[0]))
    calls = [("sentence", told, answers) for answers in ROWS]
    assert in_node("models", *calls) == [explorer(answers).finding() for answers in ROWS]


def test_order_matters_for_one_of_them():
    first, last = (explorer(answers).finding() for answers in ROWS[:2])
    assert first != last
    assert first.partition("IRT puts")[2].partition(".")[0] == last.partition("IRT puts")[2].partition(".")[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"answers": [1, None]}, "each 1 or 0"),
        ({"answers": [[1, 0], [0, 1]]}, "one student"),
        ({"ability_sd": 0}, "ability_sd = 0"),
        ({"difficulty": "hard"}, "difficulty = 'hard'"),
        ({"params": (0.2, 0.1)}, "give BKTParams"),
        ({"params": BKTParams(p_init=1, p_slip=0), "answers": [0]}, "probability zero"),
    ],
)
def test_what_cannot_be_followed_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        TwoModelsExplorer(**wrong)
