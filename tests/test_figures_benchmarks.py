"""The figure of the benchmarks draws the stored times, hollow where scaled up, and no text clashes at either width."""

import json
from pathlib import Path

import pytest

from ktlib.show.figures import benchmarks as figures
from ktlib.show.style import ESTIMATE, PAPER

REPORT = json.loads((Path(__file__).parents[1] / "ktlib/studies/stored/results/em_speed.json").read_text("utf8"))


def test_every_time_is_a_dot_in_its_row():
    figure = figures.em_speed(REPORT)
    assert figure.clashes() + figure.clashes(narrow=True) == []
    names = list(REPORT["programs"])
    for ax, size in zip(figure.fig().axes, REPORT["sizes"], strict=True):
        drawn = {names[int(line.get_ydata()[0])]: line for line in ax.lines}
        assert set(drawn) == set(size["times"])
        for name, line in drawn.items():
            values = size["times"][name]
            assert line.get_xdata()[0] == pytest.approx(values["median_seconds"])
            assert (line.get_markerfacecolor() == PAPER) == (values["steps"] != size["steps"])
            assert (line.get_color() == ESTIMATE) == name.startswith("ktlib")
        assert sum(text.get_text() == "left out" for text in ax.texts) == len(size["left_out"])
