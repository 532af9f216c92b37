"""NB-17's figures draw what they are given, and no two texts touch at either width."""

from functools import cache

import numpy as np
import pytest

from ktlib.homework.gaps import Gaps
from ktlib.homework.proficiency import Proficiency, Warnings
from ktlib.show.figures import gaps as figures
from ktlib.studies.gap_alarms import READERS, WORLDS, Alarms
from ktlib.studies.halves import Halves
from ktlib.studies.means import Mean


def invented_alarms() -> Alarms:
    flags = {kind: dict(zip(READERS, ([12.0, 14.0], [0, 0], [3.0, 5.0], [0.2, 0.4]), strict=True)) for kind in WORLDS}
    there = {"no gaps": np.zeros(2), "gaps": np.full(2, 24.0)}
    return Alarms(2, 1, 300, 12, 0.05, flags, flags, flags, there)


def invented_halves() -> Halves:
    said = dict(zip(READERS, (Mean(m, m - 0.02, m + 0.02, 100) for m in (-0.25, -0.12, -0.02, -0.1)), strict=True))
    seen = dict(zip(READERS, (Mean(m, m - 0.02, m + 0.02, 100) for m in (-0.06, -0.08, -0.01, -0.12)), strict=True))
    p = np.array([0.9, 0.7, 0.6, 0.2, 0.1, 0.3])
    warnings = Warnings(tuple("abcdef"), np.full(6, 20), np.full(6, 0.5), p, 0.4)
    below, third = np.array([1, 1, 0, 1, 0, 0], dtype=bool), np.array([0, 0, 1, 1, 2, 2])
    return Halves(50, dict.fromkeys(READERS, 5), said, seen, warnings, below, third, {"seed": 1})


def invented_class() -> tuple[Gaps, Proficiency]:
    rng = np.random.default_rng(1)
    gap = rng.normal(0, 0.02, (24, 4))
    gap[3] = 0.2, 0.15, -0.2, 0.0
    areas = ("Negative Numbers", "Writing and Simplifying Expressions", "Factors, Multiples and Primes", "Angles")
    students = tuple(1000 + i for i in range(24))
    drawn = gap[:, :, None] + rng.normal(0, 0.05, (24, 4, 200))
    found = Gaps(students, areas, np.full(4, 20), np.full((24, 4), 0.5), drawn.mean(2), drawn)
    score = np.linspace(0.3, 0.8, 24)
    return found, Proficiency(students, ("q",), score, score[:, None] + rng.normal(0, 0.05, (24, 100)))


DRAWN = {
    "gap-alarms": lambda: figures.alarms(invented_alarms()),
    "gaps-later": lambda: figures.later({"eedi": invented_halves(), "timss": invented_halves()}),
    "early-warning": lambda: figures.warned({"eedi": invented_halves(), "timss": invented_halves()}),
    "teacher-page": lambda: figures.teacher_page(*invented_class()),
    "parent-page": lambda: figures.parent_page(1003, *invented_class()),
}
figure = cache(lambda name: DRAWN[name]())


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    assert figure(name).name == name
    assert figure(name).clashes() + figure(name).clashes(narrow=True) == []


def test_alarms_are_drawn_and_said():
    left, right = figure("gap-alarms").fig().axes
    dots = [line.get_xdata()[0] for line in left.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [13, 0, 4, 0.3])
    shares = [line.get_xdata()[0] for line in right.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(shares, np.array([13, 0, 4, 0.3]) / 24)
    assert "a count raises 13 alarms a class" in figure("gap-alarms").finding


def test_what_was_flagged_stands_beside_what_came():
    assert figure("gaps-later").finding == ("A count says −25 points and the other half −6; drawn to zero, −12 and −8")


def test_warnings_are_shares_of_those_warned_and_of_those_who_fell():
    """Three warned, two of them fell; three fell, two of them warned."""
    ax = figure("early-warning").fig().axes[0]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [2 / 3, 2 / 3])


def test_a_teacher_sees_each_sure_gap_once():
    found = invented_class()[0]
    (ax,) = figure("teacher-page").fig().axes
    marks = {line.get_marker(): len(line.get_xdata()) for line in ax.lines}
    assert marks["v"] == (found.p_weaker() >= 0.9).sum() and marks["^"] == (found.p_stronger() >= 0.9).sum()
    assert [t.get_text().split(" ")[0] for t in ax.get_yticklabels()][:2] == ["1000", "1001"]


def test_a_parent_reads_two_strengths_and_one_gap():
    alt = figure("parent-page").alt
    assert "stronger in Negative Numbers and Writing and Simplifying Expressions" in alt
    assert "to practise: Factors, Multiples and Primes" in alt
    with pytest.raises(ValueError, match="student = 7 is not on these pages"):
        figures.parent_page(7, *invented_class())
