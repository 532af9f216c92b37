"""NB-3's studies: twice the same, and the same as the plain functions called by hand."""

import numpy as np

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, em
from ktlib.bkt.sensitivity import cost
from ktlib.bkt.uncertainty import standard_errors
from ktlib.studies import guide_class, random_starts, real_skills, scatter

TRUTH = guide_class.TRUTH


def test_the_guides_class_is_drawn_answer_by_answer():
    guide = guide_class.run(students=4, answers=3, iterations=2)
    draw = iter(np.random.RandomState(42).random_sample(100))
    for row in guide.answers.to_array():
        knows = next(draw) < TRUTH.p_init
        for right in row:
            assert right == (next(draw) >= TRUTH.p_slip if knows else next(draw) < TRUTH.p_guess)
            knows |= next(draw) < TRUTH.p_transit


def test_the_guides_steps_are_those_of_em_where_gate_and_clip_do_not_bite():
    guide = guide_class.run(students=40, answers=6, iterations=3)
    assert guide.path.shape == guide.exact.shape == (4, 4)
    np.testing.assert_allclose(guide.path[1, [0, 2, 3]], guide.exact[1, [0, 2, 3]], rtol=1e-12)
    assert guide.path[1, 1] <= guide.exact[1, 1]  # the gate drops jumps, not the chances that go with them
    np.testing.assert_array_equal(guide.exact[1], em.fit(guide.answers, start=guide.start, max_steps=1).path[1])
    certain = guide_class.step(np.ones((5, 4)), BKTParams())
    assert (certain.p_slip, certain.p_guess) == (0.01, 0.5)


def test_a_printed_row_is_compared_to_two_digits():
    guide = guide_class.run(students=9, answers=4, iterations=30)
    row = guide.path[5].round(2)
    own = guide_class.GuideClass(guide.answers, TRUTH, guide.start, guide.path, guide.exact, {5: tuple(row)}, 42)
    assert own.as_printed() == {5: 4}


def test_falls_twice_the_same_and_never_for_exact_em():
    falls, again = (guide_class.falls(students=30, answers=5, iterations=4, n=3).runs for _ in range(2))
    assert falls.equals(again) and len(falls) == 6
    assert not falls.exact.any()
    table = bkt.simulate(TRUTH, students=30, steps=5, rng=np.random.default_rng(3)).answers
    end = guide_class.walk(table, guide_class.START, 4)[-1]
    assert falls.gap[0] == np.abs(np.subtract(tuple(end), tuple(em.fit(table, start=guide_class.START).params))).max()


def test_a_clip_stops_the_guides_steps():
    guide, exact = guide_class.clipped(TRUTH, "p_transit", 0.6)
    assert guide == 0.5 < exact


def test_random_starts_end_where_em_ends():
    answers = bkt.simulate(TRUTH, students=60, steps=6, rng=1).answers
    starts, again = (random_starts.run(answers, n=4) for _ in range(2))
    assert starts.ends.equals(again.ends)
    first = BKTParams(**dict(zip(NAMES, np.random.default_rng(12).random(4), strict=True)), allow_flip=True)
    fit = em.fit(answers, start=first)
    np.testing.assert_array_equal(starts.ends[list(NAMES)].iloc[0], tuple(fit.params))
    assert starts.ends.below[0] == (first.p_slip + first.p_guess < 1)
    assert starts.stuck.params.p_transit == 0
    stuck, other = starts.stuck.params, random_starts.mirrored(starts.stuck.params)
    same = [bkt.log_likelihood(answers, params).sum() for params in (stuck, other)]
    np.testing.assert_allclose(*same)


def test_scatter_in_one_stream_and_with_a_seed_each():
    designs = [(12, 5), (15, 4)]
    one, again = (scatter.run(TRUTH, designs, n=3, seed=5) for _ in range(2))
    rng = np.random.default_rng(5)
    for design in designs:
        by_hand = [
            tuple(em.fit(bkt.simulate(TRUTH, students=design[0], steps=design[1], rng=rng).answers).params)
            for _ in range(3)
        ]
        np.testing.assert_array_equal(one[design].estimates, by_hand)
        np.testing.assert_array_equal(one[design].estimates, again[design].estimates)
    apart = scatter.run(TRUTH, designs, n=3, seed=(4, 5))
    np.testing.assert_array_equal(apart[15, 4].estimates, scatter.run(TRUTH, [(15, 4)], n=3, seed=5)[15, 4].estimates)


def test_what_a_scatter_says():
    off = np.array([[0, 0, 0, 0], [0.1, 0, 0, 0], [0, 0, -0.02, 0], [0, 0, 0, 0.4]])
    found = scatter.Scatter(TRUTH, 9, 9, tuple(TRUTH) + off, 4, 0)
    np.testing.assert_allclose(found.off, off, atol=1e-15)
    assert (found.within(0.05), found.within(0.2)) == (0.5, 0.75)
    assert found.degenerate() == 0.25  # the last guesses right more often than not
    np.testing.assert_allclose(found.half(0.5), np.ptp(np.quantile(off, [0.25, 0.75], axis=0), axis=0) / 2)


def test_real_skills_are_fitted_each_and_flagged():
    skills = {"one": bkt.simulate(TRUTH, students=150, steps=8, rng=1).answers, "flat": np.ones((9, 2))}
    frame = real_skills.run(skills).frame
    fit = em.fit(skills["one"])
    low, high = standard_errors(skills["one"], fit).interval("p_slip")
    assert tuple(frame.loc["one", list(NAMES)]) == tuple(fit.params)
    assert (frame.low_p_slip["one"], frame.high_p_slip["one"]) == (low, high)
    assert frame.flag["one"] == "" and frame.flag["flat"].startswith(("flat", "slip"))
    assert list(real_skills.run(skills).plain.index) == ["one"]


def test_the_price_of_the_habit():
    frame = real_skills.run({"one": bkt.simulate(TRUTH, students=150, steps=8, rng=1).answers}).frame
    price = real_skills.price(frame, questions=6, n=50, seed=3).frame
    own = BKTParams(**frame.loc["one", list(NAMES)])
    group = bkt.simulate(own, students=50, steps=7, rng=np.random.default_rng(3))
    for label, assumed in (("own", own), ("habit", BKTParams())):
        wanted = cost(group, own, assumed)
        assert price.false_masters[label]["one"] == wanted.false_masters
        assert price.kept[label]["one"] == wanted.kept
