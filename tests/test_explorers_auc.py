"""An AUC by hand: the page counts the pairs that scikit-learn's AUC stands for."""

import numpy as np
import pytest
from explorer_page import config, in_node
from sklearn.metrics import roc_auc_score

from ktlib.show.explorers import AUCExplorer


def cases():
    rng = np.random.default_rng(3)
    for n in (2, 5, 12, 20):
        answers = rng.permutation([1, 0] * (n // 2) + [1] * (n % 2))
        yield rng.random(n).round(2).tolist(), answers.tolist()
        yield rng.integers(1, 4, n).tolist(), answers.tolist()  # many ties
    yield [0.5, 0.5, 0.5], [1, 0, 1]


def test_the_pairs_are_the_auc():
    drawn = [([p / max(forecasts, default=1) for p in forecasts], answers) for forecasts, answers in cases()]
    found = in_node("auc", *[("pairs", *case) for case in drawn])
    wanted = [roc_auc_score(answers, forecasts) for forecasts, answers in drawn]
    np.testing.assert_allclose([one["auc"] for one in found], wanted, rtol=0, atol=1e-12)
    assert all(one["pairs"] == sum(answers) * answers.count(0) for one, (_, answers) in zip(found, drawn, strict=True))
    explorers = [AUCExplorer(*case) for case in drawn]
    assert in_node("auc", *[("sentence", *case) for case in drawn]) == [one.finding() for one in explorers]


def test_without_a_pair_there_is_no_auc():
    explorer = AUCExplorer((0.3, 0.6), (1, 1))
    assert explorer.finding() == "2 right answers and 0 wrong ones: there is no pair to compare, and no AUC."
    told = config(explorer)
    assert in_node("auc", ("sentence", told["forecasts"], told["answers"])) == [explorer.finding()]


@pytest.mark.parametrize(
    ("forecasts", "answers", "says"),
    [
        ((0.3, 1.2), (1, 0), "1.2"),
        ((0.3,), (1, 0), "one forecast for each answer"),
        ((0.3, 0.4), (1, 2), "2"),
        ((0.3,) * 21, (1,) * 21, "21 forecasts are too many"),
    ],
)
def test_what_is_no_forecast_is_refused(forecasts, answers, says):
    with pytest.raises(ValueError, match=says):
        AUCExplorer(forecasts, answers)
