"""NB-17's studies: what was put in is found as often as it should be, and shares add up."""

import numpy as np
import pytest

from ktlib.data import exams
from ktlib.homework import gaps
from ktlib.irt import ascent
from ktlib.studies import gap_alarms, halves, label_guesses, teachers


def test_a_count_cries_wolf_at_its_rate():
    """Nobody has a gap: of 8 areas of 30 children 5% are flagged."""
    rates = []
    for r in range(4):
        world = gap_alarms.world("no gaps", students=200, answers=12, rng=r)
        assert not world.gap.any() and np.abs(world.true).max() < 0.03
        posterior = ascent.fit(world.responses).posterior
        found = gaps.counted_gaps(posterior, world.responses, world.labels, spread=100.0, draws=100, rng=r)
        rates.append(found.flags(0.05).mean())
        drawn = gaps.counted_gaps(posterior, world.responses, world.labels, draws=100, rng=r)
        assert drawn.flags(0.05).mean() < 0.005
    assert np.mean(rates) == pytest.approx(0.05, abs=0.02)


def test_gaps_are_as_many_and_as_large_as_said():
    world = gap_alarms.world("gaps", students=400, answers=5, rng=1)
    assert world.gap.mean() == pytest.approx(gap_alarms.SHARE, abs=0.02)
    assert world.true[world.gap].mean() < -0.1 < world.true[~world.gap].mean()
    assert len(world.responses) == 400 * 8 * 5


def test_alarms_are_counted():
    found = gap_alarms.run(n=2, seed=1, students=60, answers=10)
    for reader in gap_alarms.READERS:
        mean, half = found.false(reader)
        assert mean >= 0 and half >= 0 and 0 <= found.found(reader)[0] <= 1
    assert found.false("count")[0] > found.false("count, drawn to zero")[0]


@pytest.fixture(scope="module")
def exam():
    return exams.exam(5000, items=80, labels=4, skills=2, rng=2, students=150)


def test_halves_judge_each_other(exam, monkeypatch):
    monkeypatch.setattr(halves, "WELL_ASKED", 100)
    found = halves.run(exam, seed=1, readers=halves.READERS[:2], draws=40, line=0.6)
    everybody = found.warned()["all"]
    parts = [found.warned()[third] for third in halves.THIRDS]
    for what in ("students", "below", "warned"):
        assert everybody[what] == sum(part[what] for part in parts)
    assert everybody["below"] == found.below.sum() and found.flags["count"] >= found.flags["count, drawn to zero"]
    assert found.said["count"].mean < -0.05 and found.seen["count"].mean > found.said["count"].mean
    told, seen = found.warnings.p_below.mean(), found.below.mean()
    assert told == pytest.approx(seen, abs=0.1)


def test_labels_are_guessed_better_than_by_the_largest_area(exam, monkeypatch):
    monkeypatch.setattr(label_guesses.label_maps, "families", lambda exam: np.array(["x", "x", "y", "y"]))
    found = label_guesses.run({"simulated": exam}, seed=1, n=2, factors=3, neighbours=5)["simulated"]["areas"]
    assert found.guessed.shape == (2, 80) and found.right().mean == pytest.approx((found.guessed == found.own).mean())
    assert found.largest == pytest.approx(np.bincount(exam.label).max() / 80)
    assert found.by_area().questions.sum() == 80


def test_tastes_come_back_where_there_are_teachers_enough():
    found = teachers.run(n=150, seed=3, questions=120)
    assert found.agree.low > 0.2 and found.auc["factors"].mean > 0.55
    np.testing.assert_allclose(found.true.mean(1), 0, atol=1e-9)
