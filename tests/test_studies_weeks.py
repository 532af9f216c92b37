"""The simulated weeks are what they say, and the stored studies can be read and asked."""

import numpy as np
import pytest

from ktlib.studies import new_questions, weeks

TINY = weeks.Size(students=80, joining=5, items=30, new=2, history=8, week=4)


def test_a_world_grows_and_asks_nothing_twice():
    product = weeks.world(TINY, weeks=4, drift=0.2, seed=1)
    assert [len(log.students) for log in product.logs] == [80, 85, 90, 95, 100]
    assert [len(log.items) for log in product.logs] == [30, 32, 34, 36, 38]
    everything = product.until(4)  # Responses refuses a pair that comes twice
    assert len(everything) == sum(map(len, product.logs))
    assert np.bincount(product.logs[0].student).tolist() == [8] * 80
    assert set(np.bincount(product.logs[2].student)) <= {0, 4}
    moved = np.std(product.ability[4] - product.ability[0])
    assert 0.25 < moved < 0.55  # 0.4 expected
    assert (weeks.world(TINY, weeks=2, seed=1).ability[2] == weeks.world(TINY, weeks=2, seed=1).ability[0]).all()
    again = weeks.world(TINY, weeks=4, drift=0.2, seed=1).logs[3]
    assert (again.item == product.logs[3].item).all() and (again.correct == product.logs[3].correct).all()


def test_a_study_runs_small_and_every_way_knows_everybody():
    found = weeks.run(list(weeks.MONDAYS), size=TINY, weeks=2, seed=2, refits=(2,))
    assert len(found.rows) == 2 * len(weeks.MONDAYS) + 1
    assert len({row["n"] for row in found.rows if row["week"] == 2}) == 1  # all are judged on the same answers
    gap = found.gap("weekly", weeks.REFIT, "auc", weeks=[2])
    assert abs(gap.mean) < 0.1 and found.weeks(weeks.REFIT) == [2]
    with pytest.raises(ValueError, match=r"way = 'x', drift = 0: there is one of"):
        found.of("x", "auc")
    with pytest.raises(ValueError, match="way = 'x': give one of 'weekly'"):
        weeks.run(["x"])


def test_what_is_stored_can_be_asked():
    found = weeks.read()
    last = [found.about["weeks"]]
    gap = found.gap("weekly", weeks.REFIT, "auc", weeks=last)
    assert gap.splits == found.about["n"] and -0.003 < gap.low <= gap.mean <= gap.high
    assert 0.92 < found.of("weekly", "held difficulty", weeks=last).mean < 0.98
    rang, n = found.alarms("weekly")
    assert rang <= n == found.about["n"] * last[0]
    questions = new_questions.read()
    for log in questions.data:
        for kept in questions.about["kept"]:
            difference = questions.score(log, kept, "attributes") - questions.score(log, kept, "population")
            assert questions.gain(log, kept).mean == pytest.approx(difference, abs=1e-9)
