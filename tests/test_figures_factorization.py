"""NB-12's figures: what is drawn is what was given, and nothing touches, at either width."""

import numpy as np
import pytest
from invented import exam_study, stopping

from ktlib.data.exams import exam
from ktlib.show.figures import factorization as figures

SMALL = exam(3000, students=150, items=60, labels=5, skills=2, rng=1)
FOUND = np.random.default_rng(1).normal(size=(60, 2))

FIGURES = {
    "answers": lambda: figures.answers_by_label(dict.fromkeys(("simulated", "eedi", "timss"), SMALL)),
    "relevance": lambda: figures.relevance(np.array([1.2, 0.6, 0.3, 0.01, 0.01, 0.01]), 3000),
    "more": lambda: figures.more_factors(exam_study()),
    "models": lambda: figures.by_model(exam_study()),
    "steps": lambda: figures.steps(exam_study()),
    "gains": lambda: figures.area_gains(exam_study(), "eedi", "K = 5 - 2PL", "five factors over 2PL", "gains-eedi"),
    "rotation": lambda: figures.rotation(SMALL, FOUND, FOUND[:, ::-1], SMALL.label < 2, 90),
    "trap": lambda: figures.stopping_trap(stopping()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_touches_at_either_width(name):
    figure = FIGURES[name]()
    assert figure.clashes() + figure.clashes(narrow=True) == []


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_bars_are_the_counts_and_sizes_given():
    asked = np.bincount(SMALL.label[SMALL.responses.item])
    assert heights(FIGURES["answers"]().fig().axes[1]) == sorted(asked, reverse=True)
    assert heights(FIGURES["relevance"]().fig().axes[0]) == [1.2, 0.6, 0.3, 0.01, 0.01, 0.01]
    assert "keeps 3" in FIGURES["relevance"]().finding


def test_lines_are_the_studys_means():
    study, ax = exam_study(), FIGURES["more"]().fig().axes[0]
    learned = next(line for line in ax.lines if line.get_color() == figures.ESTIMATE)
    np.testing.assert_allclose(learned.get_ydata(), [study.of("eedi", f"K = {k}").mean for k in figures.K])


def test_every_model_has_an_open_and_a_full_dot():
    lines = [line for line in FIGURES["models"]().fig().axes[2].lines if line.get_marker() == "o"]
    full = [line for line in lines if line.get_markerfacecolor() != "none"]
    assert len(full) == len(lines) / 2 == len(figures.MODELS)
    study = exam_study()
    np.testing.assert_allclose(
        [line.get_xdata()[0] for line in full], [study.of("timss", m).mean for m in figures.MODELS]
    )


def test_a_trap_is_told_by_its_leads():
    figure = FIGURES["trap"]()
    assert "on 2 of 2 logs; run on, on 0" in figure.finding
    texts = [text.get_text() for text in figure.fig().axes[0].texts]
    assert texts == ["+0.060", "+0.060"]


def test_a_bar_grows_by_what_each_step_tells():
    study, figure = exam_study(), FIGURES["steps"]()
    ends = [0.5, *(study.of("eedi", model).mean for model in ("item mean", "2PL"))]
    ends.append(ends[-1] + study.gap("eedi", "best - 2PL").mean)
    widths = [bar.get_width() for bar in figure.fig().axes[0].patches]
    np.testing.assert_allclose(widths[3:6], 100 * np.diff(ends))
    assert "at best 2 in 100" in figure.finding


def test_areas_stand_in_the_order_of_their_gains():
    figure = FIGURES["gains"]()
    dots = np.concatenate([line.get_xdata() for line in figure.fig().axes[0].lines if line.get_marker() == "o"])
    told = [area for area in exam_study().areas("eedi") if area.told]
    np.testing.assert_allclose(dots, [area.pairs["K = 5 - 2PL"]["auc"].mean for area in told])
    assert f"{len(told)} of {len(told)} areas" in figure.finding
