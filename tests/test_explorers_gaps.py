"""Gaps and chance: the page counts as the normal model does."""

import numpy as np
import pytest
from explorer_page import config, in_node
from scipy.stats import norm

from ktlib.show.explorers import GapsExplorer

CASES = [(12, 0.2, 0.95), (1, 0.02, 0.8), (60, 0.5, 0.999), (200, 0.05, 0.975), (5, 0.3, 0.9)]


def test_page_and_notebook_count_as_the_normal_model_does():
    explorers = [GapsExplorer(*case) for case in CASES]
    found = in_node("gaps", *[("rates", config(one)) for one in explorers])
    for (answers, gap, sure), one, here in zip(CASES, explorers, found, strict=True):
        error = np.sqrt(0.24 / answers * 7 / 8)
        exact = norm.cdf((gap - norm.isf(1 - sure) * error) / error), 240 * (1 - sure)
        np.testing.assert_allclose(one.rates(), exact, atol=1e-9)
        np.testing.assert_allclose([here["found"], here["false"]], one.rates(), atol=1e-9)
    said = in_node("gaps", *[("sentence", config(one)) for one in explorers])
    assert said == [one.finding() for one in explorers]
    assert said[0].endswith("A class of 30 without any gap gets 12.0 false alarms.")


def test_normal_is_the_normal():
    at = [-9, -3.3, -1, 0, 0.5, 2.2, 7.5]
    np.testing.assert_allclose(in_node("gaps", *[("normal", x) for x in at]), norm.cdf(at), atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"answers": 0}, "answers = 0"), ({"gap": 1}, "gap = 1 is not between"), ({"sure": 0.5}, "sure = 0.5: give one")],
)
def test_what_cannot_be_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        GapsExplorer(**wrong)
