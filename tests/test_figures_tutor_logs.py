"""NB-6's figures draw what they are given, and no text clashes at either width."""

import numpy as np
import pandas as pd
import pytest

from ktlib.bkt import NAMES, BKTParams, skills
from ktlib.show.figures import tutor_logs as figures
from ktlib.show.style import ESTIMATE, OTHER, PEER
from ktlib.studies import tutor_log, tutor_race
from ktlib.studies.tutor_failures import Along

RACE = tutor_race.full()


@pytest.fixture(scope="module")
def fits():
    """Eight small invented skills: each by itself, and with the others."""
    classes = tutor_log.invented(60, n=8, seed=1)
    return skills.fit(classes, prior=None), skills.fit(classes)


def dots(ax) -> list[np.ndarray]:
    """Every row of dots on the axes, (n, 2)."""
    return [np.column_stack(line.get_data()) for line in ax.lines if line.get_marker() not in ("None", None, "")]


def unclashed(figure):
    """The figure's axes on a page, after a look at both widths."""
    assert figure.clashes() + figure.clashes(narrow=True) == []
    return figure.fig().axes


def test_few_answers():
    pairs, crowd = pd.Series([1, 1, 1, 2, 3, 5, 9, 40]), [3, 900, 60, 12]
    left, right = unclashed(figures.few_answers(pairs, crowd))
    heights = [bar.get_height() for bar in left.patches]
    assert heights[:3] == [37.5, 12.5, 12.5] and heights[-1] == 12.5 and sum(heights) == 100
    assert "2 skills with" in " ".join(text.get_text() for text in right.texts)


def test_shrink(fits):
    for ax, name in zip(unclashed(figures.shrink(*fits)), ("p_transit", "p_guess"), strict=True):
        for drawn, given in zip(dots(ax), fits, strict=True):
            np.testing.assert_allclose(drawn, np.column_stack([given.students, given.estimates[:, NAMES.index(name)]]))


def test_all_skills_and_whom_the_habit_does_not_fit(fits):
    habit = BKTParams(p_init=0.01, p_transit=0.5, p_slip=0.45, p_guess=0.4)
    low, high = fits[1].interval()
    for j, ax in enumerate(unclashed(figures.all_skills(fits[1], habit))):
        np.testing.assert_allclose(dots(ax)[0][:, 0], np.sort(fits[1].estimates[:, j]))
        off = (low[:, j] > tuple(habit)[j]) | (high[:, j] < tuple(habit)[j])
        assert ax.get_xlabel().startswith(f"{off.sum()} exclude")


def test_race_and_what_was_published():
    (ax,) = unclashed(figures.race(RACE, 58_266, 623))
    rows = dots(ax)
    assert [row[0, 0] for row in rows[:-1]] == [RACE.metric(name).value for name in RACE.order]
    assert {tuple(point) for point in rows[-1]} == {
        (RACE.published[said], RACE.order.index(ours) + 0.33) for said, ours in tutor_race.SAME_AS.items()
    }


def test_three_ways():
    (ax,) = unclashed(figures.three_ways(RACE, 69_669, 108))
    drawn = np.array([row[0, 0] for row in dots(ax)]).reshape(-1, 3)
    np.testing.assert_allclose(drawn, RACE.ways.loc[RACE.order, ["mean", "weighted", "pooled"]])


def test_calibration():
    for ax, name in zip(
        unclashed(figures.calibration(RACE)), (tutor_race.BKT, "DKT", "best logistic", "PFA"), strict=True
    ):
        bins = pd.DataFrame(RACE.models[name]["calibration"]["bins"])
        np.testing.assert_allclose(dots(ax)[-1], 100 * np.column_stack([bins.forecast, bins.right - bins.forecast]))


def test_surprises_stand_beside_what_the_model_would_show():
    gaps = pd.DataFrame(
        {"n": [900.0, 200, 1200], "off": [0.01, -0.05, 0.002], "half": [0.01, 0.02, 0.03]}, ["none", "4–30", "more"]
    )
    copies = pd.DataFrame({"low": [-0.01, -0.02, -0.03], "high": [0.01, 0.01, 0.02]}, gaps.index)
    groups = {"some students": gaps, "some others": gaps.assign(off=gaps.off / 2)}
    (ax,) = unclashed(figures.surprises(groups, copies, by="pause", finding="A finding", name="a-name"))
    first, second = dots(ax)
    np.testing.assert_allclose(first[:, 1], 100 * gaps.off)
    np.testing.assert_allclose(second[:, 1], 50 * gaps.off)
    ends = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in ax.patches]
    np.testing.assert_allclose(ends, 100 * copies)
    unclashed(figures.surprises({"some students": gaps}, copies, by="pause", finding="A finding", name="a-name"))


def test_along_marks_what_lies_outside():
    changes = pd.DataFrame({"students": [120, 300, 150], "came": [-0.05, 0.02, 0.1], "half": [0.03, 0.02, 0.02]})
    figure = figures.along(Along(changes.assign(skill=[4, 5, 6], expected=[0.02, 0.03, 0.04])), [0, 1, 1])
    within, outside, expected = dots(unclashed(figure)[0])
    np.testing.assert_allclose(within, [[1, 2]])
    np.testing.assert_allclose(outside, [[0, -5], [2, 10]])
    np.testing.assert_allclose(expected[:, 1], [2, 3, 4])
    assert "2 of 3" in figure.finding and "0 to 1" in figure.finding


def test_learning():
    (ax,) = unclashed(figures.learning(RACE, 58_266, 623))
    lines = [line for line in ax.lines if len(line.get_xdata()) == len(RACE.answers)]
    heights = [RACE.means.loc[name].auc for name in ("best logistic", "DKT", tutor_race.BKT, "Rasch", "BKT")]
    for line, given in zip(lines, heights, strict=True):
        np.testing.assert_allclose(line.get_ydata(), given)
    assert f"from {RACE.leads_from(tutor_race.BKT)} students" in figures.learning(RACE, 1, 1).finding


def test_colours_mean_the_same_in_all():
    names = ("DKT, skills and items", "BKT", "Rasch")
    assert [figures.colour_of(name) for name in names] == [PEER, ESTIMATE, OTHER]
