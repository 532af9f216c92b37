"""The clock beside a fit changes nothing in it, and what the scale runs stored can be read and asked."""

import dataclasses

import numpy as np
import pytest

from ktlib.data import designs
from ktlib.irt import ascent
from ktlib.studies import scale

LOG = designs.homework(answers=20_000, rng=4).responses


def test_a_timed_fit_is_the_same_fit_with_a_clock():
    done = scale.timed(LOG, "factor", 3, seed=5)
    plain = ascent.fit(LOG, "factorization", factors=3, rule="paper", rng=5, calibrate=False)
    assert np.array_equal(done.fit.trace, plain.trace)
    assert np.array_equal(done.fit.posterior.mean("difficulty"), plain.posterior.mean("difficulty"))
    seconds, value = done.curve.T
    assert (np.diff(seconds) > 0).all() and 0 < seconds[-1] <= done.seconds
    assert set(plain.trace / len(LOG)) <= set(value) and value[-1] == plain.trace[-1] / len(LOG)
    assert repr(done).startswith(f"Timed: {len(value) - 1} sweeps in ")
    with pytest.raises(ValueError, match="model = '3pl'"):
        scale.timed(LOG, "3pl")


def test_questions_are_grouped_by_their_answers():
    posterior = ascent.fit(LOG).posterior
    asked, (low, high) = np.bincount(LOG.item), posterior.interval("difficulty")
    groups = scale.by_answers(posterior, LOG)
    assert sum(group["questions"] for group in groups) == (asked > 0).sum()
    for group, end in zip(groups, [g["from"] for g in groups[1:]] + [np.inf], strict=True):
        inside = (asked >= group["from"]) & (asked < end)
        assert group["questions"] == inside.sum() and group["answers"] == np.median(asked[inside])
        assert group["half_width"] == pytest.approx(np.median((high - low)[inside]) / 2)


def test_a_power_is_found_and_its_interval_holds_it():
    x = np.array([1.0, 3, 10, 30])
    exact = scale.Slope.of(x, 2 * x**1.5)
    assert exact.power == pytest.approx(1.5) and exact.at(4) == pytest.approx(16) and exact.n == 4
    noise = np.exp(np.random.default_rng(0).normal(0, 0.05, 4))
    noisy = scale.Slope.of(x, 2 * x**1.5 * noise)
    assert noisy.low < 1.5 < noisy.high and str(noisy) == f"{noisy.power:.2f} ({noisy.low:.2f} to {noisy.high:.2f})"
    assert scale.Slope.of(x[:2], x[:2]).low is None
    for wrong in (([1], [1]), ([1, 2], [1, 2, 3]), ([1, 0], [1, 2])):
        with pytest.raises(ValueError, match="give as many positive numbers of both"):
            scale.Slope.of(*wrong)


def test_what_is_stored_can_be_asked():
    found = scale.read()
    assert found.models()[0] == "2PL" and found.largest >= 10_000_000
    for row in found.rows:
        assert row.name in scale.MODELS and row.converged and 0.7 < row.auc < 0.9
        assert row.cpu_seconds <= 1.05 * row.cores * row.seconds
        if row.curve:
            seconds, value = np.transpose(row.curve)
            assert (np.diff(seconds) > 0).all() and (np.diff(value) >= 0).all() and len(value) > row.sweeps
    row = found.sized("2PL")[-1]
    assert found.of("2PL", row.asked) is row and found.of("K = 4", row.asked) is None
    power = found.growth("2PL").power
    assert found.core_seconds("2PL", 2 * row.answers) == pytest.approx(2**power * row.cpu_seconds)
    assert row.bytes_a_sweep == 12 * row.answers
    one = scale.ScaleStudy({}, [dataclasses.replace(row)], {})
    assert one.growth("2PL") is None
    # answers in two orders take eight bytes each
    assert 8e-9 * row.answers < row.peak_gb < 8e-9 * row.answers * 10 + 0.4


def test_a_small_log_is_fitted_and_compared():
    found = scale.run(20_000, seed=3)
    assert set(found.fits) == {(name, rule) for name in ("2PL", "K = 5") for rule in ("paper", "safe")}
    gap = found.gaps["K = 5 - 2PL"]
    assert gap.low < gap.mean < gap.high
    assert gap.mean == pytest.approx(found.auc["K = 5", "paper"] - found.auc["2PL", "paper"])
    assert len(found.log) + gap.n == 20_000 and found.seconds > 0
    with pytest.raises(ValueError, match="answers"):
        scale.run(10)


def test_intervals_keep_their_word_where_the_table_is_full_of_gaps():
    groups = scale.known(60_000, students=300, items=3000, seed=6)
    n = sum(group["questions"] for group in groups)
    held = sum(group["held"] * group["questions"] for group in groups) / n
    assert abs(held - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n) + 0.01
    assert (np.diff([group["half_width"] for group in groups]) < 0).all()
