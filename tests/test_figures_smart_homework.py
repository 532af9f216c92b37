"""NB-14's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib.show.figures import smart_homework as figures
from ktlib.studies.gaming import Gaming
from ktlib.studies.near_target import BANDS, Near
from ktlib.studies.policies import MEASURES, POLICIES, THIRDS, Policies


def policies() -> Policies:
    """Four replicates: the policy of place k brings 1 + k / 20 points an hour, and a little more each replicate."""
    rows = [
        {"replicate": r, "learning": model, "policy": name}
        | dict.fromkeys(MEASURES, (1 + k / 20) * (1 + 0.02 * r * (1 + k % 3)))
        for r in range(4)
        for model in figures.LEARNING
        for k, name in enumerate(POLICIES)
    ]
    return Policies(tuple(rows), 100, 20, 1, 4)


def near(log: str) -> Near:
    """Right as often as forecast; areas lie around."""
    sure = {"n": 400, "students": 200}
    rows = [
        {"group": group, "band": band, "forecast": band, "right": band + 0.01, "low": band - 0.02, "high": band + 0.04}
        | sure
        for group in ("all", *THIRDS, "area 1", "area 2")
        for band in BANDS
    ]
    return Near(log, "2PL", tuple(rows), (), 5000, 300, 90, 2, 5, 1)


def game() -> Gaming:
    tried = {"difficulty": [-0.8, -0.6, -0.4, -0.1], "minutes": [20.0] * 4, "gain": 8.0}
    gamed = {"difficulty": [-0.8, -1.2, -0.8, -0.4], "minutes": [20.0] * 4, "gain": 6.0}
    rows = [
        {"replicate": r, "learning": model, "tried": tried | {"gain": 8.0 + 0.3 * r}, "gamed": gamed}
        for r in range(3)
        for model in figures.LEARNING
    ]
    return Gaming(tuple(rows), 100, 1, 3)


LOGS = ("Eedi", "TIMSS", "ASSISTments")
P = np.linspace(0.1, 0.95, 60)
DRAWN = {
    "ten-picks": lambda: figures.picks(P, np.arange(60) % 5 == 0, [41, 42, 43]),
    "three-models": figures.three_models,
    "which-first": lambda: figures.which_first(policies()),
    "best-target": lambda: figures.best_target(policies()),
    "near-seventy": lambda: figures.near_seventy({log: near(log) for log in LOGS}),
    "fair-thirds": lambda: figures.fair({log: near(log) for log in LOGS}),
    "gaming": lambda: figures.gaming(game()),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def dots(ax) -> list:
    return [tuple(np.round(line.get_xydata()[0], 6)) for line in ax.lines if line.get_marker() == "o"]


def test_picks_counts_every_question_once():
    (ax,) = figure("ten-picks").fig().axes
    assert sum(bar.get_height() for bar in ax.patches if bar.get_y() == 0) <= 60
    counted = max(
        np.sum([p.get_y() + p.get_height() for p in ax.patches if abs(p.get_x() - x) < 1e-9][-1:])
        for x in {p.get_x() for p in ax.patches}
    )
    assert counted == np.histogram(P, np.linspace(0, 1, 41))[0].max()
    assert figure("ten-picks").finding == "Of 48 questions she has not tried, the 3 nearest 70%"


def test_policies_are_drawn_in_per_cent_above_random_in_pairs():
    found = policies()
    ratio = [
        100 * (a / b - 1) for a, b in zip(found.values("zone", "oracle"), found.values("zone", "random"), strict=True)
    ]
    assert figures.relative(found, "zone", "oracle").mean == pytest.approx(np.mean(ratio))
    axes = figure("which-first").fig().axes
    assert [dots(ax)[-1][0] for ax in axes] == pytest.approx([np.mean(ratio)] * 3)


def test_each_target_has_its_dot_and_the_best_is_said():
    axes = figure("best-target").fig().axes[:3]
    found = policies()
    lines = [line for line in axes[1].lines if line.get_marker() == "o"]
    assert np.allclose(lines[1].get_ydata(), [found.of("zone", f"aim {t:g}").mean for t in figures.TARGETS])
    assert figure("best-target").finding.endswith("0.9, 0.9, 0.9")


def test_shares_right_stand_where_they_are():
    axes = figure("near-seventy").fig().axes
    assert (0.7, 0.71) in [tuple(np.round(p, 6)) for line in axes[0].lines for p in line.get_xydata()]
    assert figure("near-seventy").finding == "Forecast at 70%, 71.0 to 71.0% were answered right"
    assert dots(figure("fair-thirds").fig().axes[2]) == [(0.71, 0), (0.71, 1), (0.71, 2)]


def test_gaming_is_the_difference_to_those_who_try():
    left, right = figure("gaming").fig().axes
    line = next(line for line in left.lines if line.get_marker() == "o")
    assert np.allclose(line.get_ydata(), [0, -0.6, -0.4, -0.3])
    assert dots(right)[0][0] == pytest.approx(-2.3)
    assert "costs 2.3 to 2.3 points" in figure("gaming").finding
