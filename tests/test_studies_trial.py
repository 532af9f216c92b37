"""Studies of the experiment: five looks are counted as computed, TIMSS is what it is, stored numbers come again."""

import pytest

from ktlib.data import datasets
from ktlib.homework.trial import TrialDesign
from ktlib.studies import class_spread, four_arms, peeking, trial_power


def test_looks_are_counted_as_computed():
    found = peeking.run(n=3000, seed=2, each=40)
    for rule, computed in found.computed.items():
        for share, expected in zip(found.crossed[rule], computed, strict=True):
            assert abs(share.share - expected) < 4 * (expected * (1 - expected) / found.n) ** 0.5 + 0.004
    assert found.crossed["none"][-1].low > 0.1 and found.classes == 200


@pytest.fixture(scope="module")
def table():
    try:
        return class_spread.timss()
    except datasets.DataError as error:
        pytest.skip(str(error))


def test_timss_has_whole_classes_in_schools(table):
    groups = table.groupby("group")
    assert (groups.school.nunique() == 1).all() and table.school.nunique() == 210
    assert table.groupby("school").group.nunique().max() == 2 and groups.size().between(4, 30).all()
    assert abs(table.mathematics.mean()) < 0.01


def test_the_plan_is_near_to_timss(table):
    found = class_spread.run(n=5, seed=1)
    assert found.size == trial_power.PLAN["students_per_class"]
    assert found.spread.group == pytest.approx(trial_power.PLAN["icc"], abs=0.01)
    assert found.spread.school == pytest.approx(trial_power.PLAN["icc_school"], abs=0.01)
    assert found.r2 > trial_power.PLAN["past_r2"]
    low, high = found.interval("icc")
    assert low < high and len(found.draws) == 5


def test_the_stored_table_is_as_computed_within_its_error():
    _, cells = trial_power.read()
    table = [cell for cell in cells if cell.effect]
    assert len(table) == 24 and max(abs(cell.off) for cell in table) < 3.5
    assert sum(cell.off**2 for cell in table) < 50  # chi-square of 24, 99.9%: 51
    null = {(cell.how, cell.design.classes_per_arm): cell.counted for cell in cells if not cell.effect}
    for (how, _), counted in null.items():
        if how == "students":
            assert counted.low > 0.3
        else:
            assert abs(counted.share - 0.05) < 4 * (0.05 * 0.95 / counted.n) ** 0.5


def test_a_stored_cell_comes_again():
    _, cells = trial_power.read()
    (again,) = trial_power.run([(cells[0].design, cells[0].effect, cells[0].contrast, "classes")], n=200, seed=1600)
    assert abs(again.off) < 4 and again.computed == pytest.approx(cells[0].computed, abs=1e-9)
    assert isinstance(cells[0].design, TrialDesign)


def test_the_four_arms_of_the_simulated_school():
    pytest.importorskip("ktlib.homework.school")
    (found,) = four_arms.run(("errors",), each=3, students=8, days=4, seed=1)
    assert found.effect["feedback - control"] > 0 and found.classes == 12 and found.students == 96
    assert set(found.effect) == set(found.low) == set(found.high)


def test_the_stored_arms_hold_every_learning_model():
    about, found = four_arms.read()
    assert [one.learning for one in found] == ["flat", "zone", "errors"] and about["seed"] == 1640
    for one in found:
        assert all(one.low[name] < one.effect[name] < one.high[name] for name in one.effect)
