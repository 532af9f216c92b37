"""Imagined children: the page counts as the Beta posterior does."""

import numpy as np
import pytest
from explorer_page import config, in_node
from scipy.stats import beta

from ktlib.show.explorers import ImaginedExplorer

CASES = [(0.7, 10, 2, 5), (0.7, 10, 20, 50), (0.25, 1, 0, 1), (0.95, 500, 13, 22), (0.5, 22, 22, 22)]


def test_page_and_notebook_count_as_the_posterior_does():
    explorers = [ImaginedExplorer(*case) for case in CASES]
    found = in_node("imagined", *[("shrunk", config(one)) for one in explorers])
    for (typical, imagined, knew, asked), one, here in zip(CASES, explorers, found, strict=True):
        mean = beta(typical * imagined + knew, (1 - typical) * imagined + asked - knew).mean()
        np.testing.assert_allclose([here["share"], here["weight"]], one.shrunk(), rtol=0, atol=1e-12)
        assert here["share"] == pytest.approx(mean, abs=1e-12)
        assert here["share"] == pytest.approx(here["weight"] * knew / asked + (1 - here["weight"]) * typical, abs=1e-12)
    said = in_node("imagined", *[("sentence", config(one)) for one in explorers])
    assert said == [one.finding() for one in explorers]
    assert said[0] == (
        "2 of 5 children know it, 40%. The typical skill has 70%, worth 10 imagined ones. Together 60%: the class "
        "counts for 33%, the other skills for 67%."
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"typical": 1}, "typical = 1 is not between"),
        ({"imagined": 0}, "imagined = 0"),
        ({"knew": 6}, "knew = 6"),
        ({"asked": 501}, "asked = 501"),
    ],
)
def test_what_cannot_be_counted_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        ImaginedExplorer(**wrong)
