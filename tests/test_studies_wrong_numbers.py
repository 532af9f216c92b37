"""The studies of wrong numbers and odd classes: twice the same, and the same as by hand."""

import numpy as np

from ktlib import BKTParams, bkt
from ktlib.bkt import em
from ktlib.bkt.sensitivity import cost, degenerate
from ktlib.studies import odd_classes, wrong_numbers

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)


def small():
    return wrong_numbers.run(TRUTH, off_by=(0.05,), classes=((10, 5),), students=50, questions=6, n=3, seed=8)


def test_wrong_numbers_twice_the_same_and_as_by_hand():
    study = small()
    assert (study.off_by, study.fitted, study.base) == (small().off_by, small().fitted, small().base)
    rng = np.random.default_rng(8)
    group = bkt.simulate(TRUTH, students=50, steps=7, rng=9)
    off = np.array(tuple(TRUTH)) + rng.uniform(-0.05, 0.05, (3, 4))
    assert study.off_by[0.05] == [
        cost(group, TRUTH, BKTParams(**dict(zip(bkt.NAMES, row, strict=True)))) for row in off
    ]
    seen = bkt.simulate(TRUTH, students=10, steps=5, rng=rng).answers
    assert study.fitted[10, 5][0] == cost(group, TRUTH, em.fit(seen).params)
    shares = [one.kept for one in study.off_by[0.05]]
    assert wrong_numbers.quantiles(study.off_by[0.05], "kept") == tuple(np.quantile(shares, [0.05, 0.5, 0.95]))


def test_three_in_a_row_lets_go_at_the_third():
    answers = np.array([[1, 1, 1, 0, 1], [1, 1, 0, 1, 1], [0, 1, 1, 1, 1]], dtype=float)
    known = np.array([[0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]])
    group = bkt.Simulated(answers=answers, known=known)
    false_masters, kept, extra = wrong_numbers.three_in_a_row(group)
    assert (false_masters, kept) == (1 / 3, 1 / 3)  # the first goes too early, the second knows it and is kept
    assert extra == 4 / 3  # only the third knew it while she was asked, four times


def test_odd_classes_twice_the_same_and_as_by_hand():
    study = odd_classes.run(TRUTH, n=5)
    again = odd_classes.run(TRUTH, n=5)
    assert [tuple(fit.params) for fit in study.fits.values()] == [tuple(fit.params) for fit in again.fits.values()]
    rng = np.random.default_rng(31)
    assert study.fits["students who forget"].params == em.fit(odd_classes.forgetting(TRUTH, rng)).params
    assert study.fits["one label on two skills"].params == em.fit(odd_classes.two_skills(rng)).params
    tiny = [em.fit(bkt.simulate(TRUTH, students=22, steps=4, rng=rng).answers).params for _ in range(5)]
    assert study.broken == sum(bool(degenerate(params)) for params in tiny)


def test_who_forgets_always_and_never_learns_guesses_from_the_second_answer_on():
    sure = BKTParams(p_init=1, p_transit=0, p_slip=0, p_guess=0)
    answers = odd_classes.forgetting(sure, np.random.default_rng(1), forget=1, students=9, steps=3)
    assert answers.tolist() == [[1, 0, 0]] * 9
