"""NB-11's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib.show.figures import scale as figures
from ktlib.studies.scale import Row, ScaleStudy

FACTORS = (None, 3, 5, 10, 20)
LTM = {"records": [250, 500, 1000], "zero_filled_seconds": [8.3, 47, 267]}
SMALL = [{"records": n, "filled_seconds": (n / 1000) ** 2, "gaps_seconds": n / 1e5} for n in (250, 500, 1000)]
GROUPS = [
    {"answers": 6.0, "half_width": 1.4},
    {"answers": 45.0, "half_width": 0.7},
    {"answers": 400, "half_width": 0.24},
]


@cache
def invented(sizes=(1_000_000, 10_000_000, 88_000_000), factors=FACTORS) -> ScaleStudy:
    """Time in proportion to answers, and more for more factors; a sweep halves what is left of the loss."""
    rows = []
    for asked in sizes:
        for k, factor in enumerate(factors):
            model, sweep = "factor" if factor else "2pl", 1e-7 * asked * 2**k
            curve = [(sweep / 2 * (i + 1), -0.52 - 0.5 * 2.0**-i) for i in range(9)]
            rest = {"rule": "paper", "converged": True, "elbo_per_answer": -0.52, "held_out": 500, "auc": 0.8}
            rest |= {"log_loss": 0.5, "load_before": 0.1, "curve": curve, "peak_gb": 0.3 + 3e-8 * asked, "sweeps": 8}
            sizes_of = {"students": asked // 500, "items": asked // 260, "asked": asked, "answers": asked}
            times = {"seconds": 4 * sweep, "cpu_seconds": 8 * sweep}
            rows.append(Row(model=model, factors=factor, **sizes_of, **times, **rest))
    return ScaleStudy({"seed": 1}, rows, {"read_gb_per_second": 5.0})


def of_largest(study):
    return [study.of(name, study.largest) for name in study.models(study.largest)]


DRAWN = {
    "training-loss": lambda: figures.training_loss(of_largest(invented())),
    "time-to-converge": lambda: figures.time_to_converge(of_largest(invented())),
    "growth": lambda: figures.growth(invented()),
    "answers-to-a-question": lambda: figures.answers_to_a_question(GROUPS, 300_000, 1),
    "small-samples": lambda: figures.small_samples(LTM, SMALL),
    "cost": lambda: figures.cost(invented(), 88e6, 0.05),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_few_models_and_sizes_are_drawn_too():
    study = invented((1_000_000, 10_000_000), (None, 5))
    for drawn in (
        figures.training_loss(of_largest(study)),
        figures.time_to_converge(of_largest(study)),
        figures.growth(study),
        figures.cost(study, 3e8, 0.3),
    ):
        assert drawn.clashes() + drawn.clashes(narrow=True) == []


def test_loss_is_drawn_against_time():
    (ax,) = figure("training-loss").fig().axes
    assert len(ax.lines) == len(FACTORS) and ax.get_xscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_xdata()[[0, -1]], [4.4, 9 * 4.4])
    np.testing.assert_allclose(ax.lines[0].get_ydata()[-1], 0.52 + 0.5 / 256)
    assert figure("training-loss").finding.startswith("88 million answers: the last of 5 models is done after 10.6 min")


def test_minutes_are_bars():
    (ax,) = figure("time-to-converge").fig().axes
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [35.2 / 60 * 2**k for k in range(5)])


def test_growth_says_what_twice_the_answers_take():
    left, right = figure("growth").fig().axes
    assert figure("growth").finding == "Twice the answers take 2.0 times as long a sweep"
    np.testing.assert_allclose(left.lines[0].get_ydata(), [0.1, 1, 8.8])
    floor = next(line for line in left.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(floor.get_ydata()[-1], 2 * 12 * 88e6 / 5e9)
    np.testing.assert_allclose(right.lines[-1].get_ydata()[-1], 0.704)


def test_the_last_doubling_is_told():
    assert figure("small-samples").finding.startswith("Twice the records: 4.0 times as long")
    assert "left" in figure("small-samples").finding and "2.0" in figure("small-samples").finding
    assert "times 5.7" in figure("small-samples").alt


def test_cost_is_core_seconds_times_a_price():
    (ax,) = figure("cost").fig().axes
    np.testing.assert_allclose(ax.patches[0].get_width(), 100 * 0.05 * 8 * 8.8 / 3600)


@pytest.mark.parametrize(
    ("seconds", "words"), [(46, "46 seconds"), (89, "89 seconds"), (192, "3.2 minutes"), (5400, "1.5 hours")]
)
def test_a_time_is_spelled(seconds, words):
    assert figures.spell(seconds) == words
