"""NB-19's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ktlib.show.figures import beyond as figures
from ktlib.studies import beyond
from ktlib.studies.beyond_log import MODELS, PLAIN, RealLog
from ktlib.studies.tutor_race import Found


@cache
def broken() -> beyond.Broken:
    """Two worlds, three steps: plain BKT is off by 0.1, −0.1 and −0.2, the extension by nothing."""
    steps = [
        pd.DataFrame({"world": world, "model": model, "step": [1, 2, 3], "off": off, "half": 0.01})
        for world in ("forgetting", "a holiday")
        for model, off in ((beyond.PLAIN, [0.1, -0.1, -0.2]), (beyond.EXTENDED, [0.0, 0.0, 0.0]))
    ]
    return beyond.Broken(pd.DataFrame({"world": ["forgetting"]}), pd.concat(steps), 500, 3, 20, 1)


@cache
def few() -> beyond.Few:
    """Ten answers a question: alone it is worse than one for all; a hundred: better."""
    rows = [
        {"answers": size, "class": k, "plain": 0.05 + k / 1000, "alone": 3 / size, "learned": 0.3 / size}
        for size in (10, 100, 1000)
        for k in range(3)
    ]
    return beyond.Few(pd.DataFrame(rows), 3, 1)


@cache
def real() -> RealLog:
    """Each model leads plain BKT by one point more than the one before; the first is behind."""
    names = [name for name in MODELS if name != PLAIN]
    leads = {
        name: {m: Found(s * k, s * (k - 1.5), s * (k + 1.5)) for m, s in (("auc", 0.01), ("log_loss", -0.005))}
        for k, name in enumerate(names, -2)
    }
    none = pd.DataFrame()
    return RealLog({}, leads, none, none, none, 58266, 623, 113, 0.01, (0.7, 0.7))


DRAWN = {
    "settles": lambda: figures.settles(0.15, 0.06),
    "forgotten": lambda: figures.forgotten(broken()),
    "few-answers": lambda: figures.few_answers(few()),
    "beyond-real": lambda: figures.real(real()),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_a_class_settles_where_gains_equal_losses():
    (ax,) = figure("settles").fig().axes
    lost = next(line.get_ydata() for line in ax.lines if line.get_color() == figures.ESTIMATE)
    assert lost[0] == 0.25 and lost[1] == pytest.approx(0.25 * 0.94 + 0.75 * 0.15)
    assert lost[-1] == pytest.approx(0.15 / 0.21, abs=0.01) and "71%" in figure("settles").finding
    with pytest.raises(ValueError, match="Raise one of them"):
        figures.settles(0.0, 0.0)


@pytest.mark.parametrize(("p_transit", "p_forget"), [(0.0, 0.3), (0.5, 0.0), (0.01, 0.5)])
def test_the_class_may_be_any(p_transit, p_forget):
    drawn = figures.settles(p_transit, p_forget)
    assert drawn.clashes() + drawn.clashes(narrow=True) == []


def test_what_is_off_is_drawn_in_points():
    left, right = figure("forgotten").fig().axes
    for ax in (left, right):
        drawn = {tuple(np.round(line.get_ydata(), 6)) for line in ax.lines if len(line.get_xdata()) == 3}
        assert drawn == {(10, -10, -20), (0, 0, 0)}
    assert figure("forgotten").finding == "After a holiday plain BKT promises 20 points too much"


def test_few_answers_harm_only_without_a_prior():
    assert few().crossing() == 100
    assert (
        figure("few-answers").finding == "With 10 answers a question, numbers of its own harm; with a prior they help"
    )
    (ax,) = figure("few-answers").fig().axes
    drawn = {tuple(np.round(line.get_ydata(), 4)) for line in ax.lines if line.get_marker() == "o"}
    assert (0.3, 0.03, 0.003) in drawn and (0.03, 0.003, 0.0003) in drawn


def test_the_best_stands_on_top_with_its_lead():
    assert list(MODELS)[-2] in figure("beyond-real").finding
    assert figure("beyond-real").finding.endswith("gains 4.0 points of AUC, all together 5.0")
    left, right = figure("beyond-real").fig().axes
    said = [text.get_text() for text in left.texts if text.get_text()[-2:-1] == "."]
    assert said == ["+5.0", "+4.0", "+3.0", "+2.0", "+1.0", "0.0", "−1.0", "−2.0"]
    assert next(text.get_text() for text in right.texts if text.get_text()[:1] in "+−") == "+25.0"
