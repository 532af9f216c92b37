"""NB-7's figures draw what they are given, and no text clashes at either width."""

import numpy as np
import pandas as pd
import pytest

from ktlib import bkt
from ktlib.forecast import baselines
from ktlib.show.figures import irt_or_bkt as figures
from ktlib.studies import worlds
from ktlib.studies.irt_or_bkt import FRESH, STAGES, Forecasts


@pytest.fixture(scope="module")
def forecasts():
    """Invented forecasts of an invented log, the later models the better ones."""
    rng = np.random.default_rng(3)
    log = pd.DataFrame({"student": np.repeat(np.arange(60), 80), "skill": np.tile([0, 1], 2400)})
    log["correct"] = rng.integers(0, 2, len(log))
    names = (FRESH, "IRT without questions", "BKT", "BKT with questions", "IRT", "average")
    noise = {name: 0.25 + 0.5 * rng.random(len(log)) + 0.03 * k * log.correct for k, name in enumerate(names, 1)}
    return Forecasts(log, {name: p.to_numpy() for name, p in noise.items()})


def unclashed(figure):
    """The figure's axes on a page, after a look at both widths."""
    assert figure.clashes() + figure.clashes(narrow=True) == []
    return figure.fig().axes


def test_one_student():
    rng = np.random.default_rng(600)
    training, new = worlds.learners(rng), worlds.learners(rng)
    rasch, hers = baselines.fit_rasch(training, points=21), worlds.late_learner(new, 8)
    figure = figures.one_student(hers, worlds.TRUTH, rasch, 8, 300)
    top, know, _ = unclashed(figure)
    drawn = [line.get_ydata() for line in top.lines if len(line.get_xdata()) == len(hers)]
    says = bkt.filter(hers.correct.to_numpy(float), worlds.TRUTH)
    for line, given in zip(drawn, (hers.p, says.p_correct, rasch.predict(hers)), strict=True):
        np.testing.assert_allclose(line, given)
    np.testing.assert_allclose(know.lines[-1].get_ydata()[1:], says.p_known)
    assert f"true chance is {1 - worlds.TRUTH.p_slip:.2f}" in figure.alt


def test_curves_run_from_floor_to_ceiling():
    axes = unclashed(figures.curves(0.18, 0.92))
    full = [[line for line in ax.lines if len(line.get_xdata()) > 2] for ax in axes]
    ends = [[tuple(line.get_ydata()[[0, -1]].round(2)) for line in lines] for lines in full]
    assert ends == [[(0, 1), (0.18, 0.92)], [(0.18, 1), (0.18, 0.92)], [(0.18, 0.92), (0.18, 0.92)]]


def test_worlds_stand_above_the_true_chance():
    rng, models = np.random.default_rng(1), {"truth": 0.4, "BKT": 0.5, "IRT": 0.52, "ability that moves": 0.51}
    rows = [
        {"world": world, "draw": draw, "model": model, "log_loss": loss + 0.01 * rng.random()}
        for world in worlds.WORLDS for draw in range(9) for model, loss in (models | {"average": 0.48}).items()
    ]  # fmt: skip
    found = worlds.Worlds(9, 1, 300, 20, pd.DataFrame(rows), {}, None, None, None)
    for ax, world in zip(unclashed(figures.worlds(found)), worlds.WORLDS, strict=True):
        drawn = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
        wanted = [
            found.mean(world, m) - found.mean(world, "truth") for m in ("BKT", "IRT", *list(models)[3:], "average")
        ]
        np.testing.assert_allclose(drawn, wanted)


def test_misled():
    at = pd.DataFrame({"truth": [0.2, 0.9], "BKT": [0.35, 0.8], "IRT": [0.4, 0.6]})
    near = at.iloc[[0] * 6 + [1] * 11].set_index(pd.RangeIndex(-6, 11, name="at"))
    apart = pd.DataFrame({"hard": np.linspace(-1.9, 1.9, 9), "truth": np.linspace(0.9, 0.2, 9), "BKT": 0.57})
    found = worlds.Worlds(7, 1, 300, 20, None, {}, near, apart.assign(IRT=apart.truth), None)
    left, right = unclashed(figures.misled(found))
    for ax, table in ((left, near), (right, apart.assign(IRT=apart.truth))):
        for line, name in zip(ax.lines, ("truth", "BKT", "IRT"), strict=True):
            np.testing.assert_allclose(line.get_ydata(), table[name])


def test_questions_decide(forecasts):
    (ax,) = unclashed(figures.questions_decide(forecasts))
    drawn = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    order = [name for models in figures.GROUPS.values() for name in models]
    np.testing.assert_allclose(drawn, [forecasts.score(name).value for name in order])
    assert [label.get_text().replace("\n", " ") for label in ax.get_yticklabels() if label.get_text()] == order


def test_early_late(forecasts):
    stages = forecasts.by_stage()
    (ax,) = unclashed(figures.early_late(stages))
    drawn = [line.get_ydata() for line in ax.lines if line.get_marker() == "o"]
    for line, model in zip(drawn, ("BKT", "IRT", "average"), strict=True):
        np.testing.assert_allclose(line, stages[stages.model == model].auc)
    assert len(drawn[0]) == len(STAGES)
