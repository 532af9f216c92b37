"""NB-4's studies: run twice they give the same, and what the plain functions give."""

import numpy as np
import pytest

from ktlib import BKTParams, bkt
from ktlib.bkt import em, sensitivity
from ktlib.bkt.uncertainty import intervals
from ktlib.studies import coverage

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)


def test_coverage_is_simulate_fit_and_intervals():
    found = coverage.run(TRUTH, 30, 8, n=3, seed=5)
    rng = np.random.default_rng(5)
    for i in range(3):
        answers = bkt.simulate(TRUTH, students=30, steps=8, rng=rng).answers
        table = intervals(answers, em.fit(answers, tol=coverage.TOL)).table
        assert np.array_equal(found.estimates[i], table.estimate) and list(found.method[i]) == list(table.method)
        assert list(found.held[i]) == [
            low <= p <= high for p, low, high in zip(TRUTH, table.low, table.high, strict=True)
        ]
    again = coverage.run(TRUTH, 30, 8, n=3, seed=np.random.default_rng(5))
    assert np.array_equal(found.low, again.low)


def test_a_frame_is_one_parameter_of_all_classes():
    found = coverage.run(TRUTH, 30, 8, n=3, seed=5)
    frame = found.frame("p_slip")
    assert np.array_equal(frame.high, found.high[:, 2]) and np.array_equal(frame.holds, found.held[:, 2])
    with pytest.raises(ValueError, match="slip"):
        found.frame("slip")


def test_fits_and_flags_share_one_stream():
    rng = np.random.default_rng(9)
    flags = []
    for students, steps in ((10, 4), (10, 6)):
        fits = [em.fit(bkt.simulate(TRUTH, students=students, steps=steps, rng=rng).answers).params for _ in range(4)]
        flags.append(np.mean([bool(sensitivity.degenerate(params)) for params in fits]))
    assert list(coverage.flagged(TRUTH, [(10, 4), (10, 6)], n=4, seed=9).values()) == flags
    assert np.array_equal(coverage.fits(TRUTH, 10, 6, n=2, seed=1), coverage.fits(TRUTH, 10, 6, n=2, seed=1))


def test_the_stored_study_is_judged_number_by_number():
    verdicts = [coverage.judged(TRUTH, design)["verdict"] for design in coverage.in_full()["designs"][:3]]
    assert verdicts == ["holds with a caveat", "does not hold", "does not hold"]
    design = dict(coverage.in_full()["designs"][0], claim=0.2)
    assert coverage.judged(TRUTH, design)["verdict"] == "holds"
