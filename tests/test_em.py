"""ktlib.bkt.em, ktlib.bkt._stretches: exact expected counts, a likelihood that never falls, the true optimum."""

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import TRUTH, a_class, any_params, every_path, proper_params, random_class
from scipy.optimize import minimize
from scipy.special import expit, logit

from ktlib import bkt
from ktlib.bkt import BKTParams, _stretches, em


def without_numba(answers, params):
    """The fast E-step in numpy alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stretches, "loops", lambda: None)
        return em.expected_counts(answers, params)


E_STEPS = (em.expected_counts, em.expected_counts_forward_backward, without_numba)
FIELDS = ("students", "init", "chances", "learned", "known", "slips", "unknown", "guesses", "log_likelihood")


def as_array(counts) -> np.ndarray:
    return np.array([getattr(counts, name) for name in FIELDS])


@given(a_class(), any_params())
@settings(max_examples=120)
def test_all_e_steps_agree_with_every_hidden_path(rows, params):
    truth = [every_path(row, params) for row in rows]
    if any(t["weight"] == 0 for t in truth):
        for e_step in E_STEPS:
            with pytest.raises(ValueError, match=r"probability zero under .*p_init.*away from 0 and 1"):
                e_step(rows, params)
        return
    names = ["students", "init", "chances", "n_learned", "n_known", "slips", "unknown", "guesses"]
    expected = [sum(t[name] for t in truth) for name in names] + [np.log([t["weight"] for t in truth]).sum()]
    for e_step in E_STEPS:
        np.testing.assert_allclose(as_array(e_step(rows, params)), expected, rtol=1e-10, atol=1e-10)


@given(st.integers(0, 2**32), proper_params())
@settings(max_examples=25)
def test_the_e_steps_agree_on_long_ragged_classes(seed, params):
    rows = random_class(np.random.default_rng(seed), students=30, longest=100)
    fast, *others = (as_array(e_step(rows, params)) for e_step in E_STEPS)
    for other in others:
        np.testing.assert_allclose(fast, other, rtol=1e-10, atol=1e-10)


def test_the_e_steps_agree_where_distinct_stretches_outgrow_32_bit_keys():
    answers = np.random.default_rng(0).integers(0, 2, (2200, 1000)).astype(float)
    fast, *others = (as_array(e_step(answers, TRUTH)) for e_step in E_STEPS)
    for other in others:
        np.testing.assert_allclose(fast, other, rtol=1e-10)


def test_a_fit_is_the_same_without_numba(monkeypatch):
    answers = bkt.simulate(TRUTH, students=300, steps=12, rng=4).answers
    fast = em.fit(answers)
    monkeypatch.setattr(_stretches, "loops", lambda: None)
    plain = em.fit(answers)
    np.testing.assert_allclose(fast.path, plain.path, rtol=0, atol=1e-10)
    np.testing.assert_allclose(fast.trace, plain.trace, rtol=1e-12)


@given(a_class(6, 20), proper_params(), st.randoms(use_true_random=False))
def test_the_order_of_students_does_not_change_the_counts(rows, params, random):
    shuffled = random.sample(rows, len(rows))
    np.testing.assert_allclose(
        as_array(em.expected_counts(shuffled, params)),
        as_array(em.expected_counts(rows, params)),
        rtol=1e-12,
        atol=1e-12,
    )


def test_one_step_agrees_with_hmmlearn():
    """One Baum-Welch step of all four parameters, several complete sequences of different lengths."""
    rng = np.random.default_rng(11)
    rows = [rng.integers(0, 2, length) for length in rng.integers(2, 15, 50)]
    start = BKTParams(p_init=0.3, p_transit=0.2, p_slip=0.15, p_guess=0.25)
    peer = CategoricalHMM(n_components=2, params="ste", init_params="", n_iter=1, tol=0)
    peer.startprob_ = np.array([1 - start.p_init, start.p_init])
    peer.transmat_ = np.array([[1 - start.p_transit, start.p_transit], [0, 1]])
    peer.emissionprob_ = np.array([[1 - start.p_guess, start.p_guess], [start.p_slip, 1 - start.p_slip]])
    peer.fit(np.concatenate(rows).reshape(-1, 1), lengths=[len(row) for row in rows])
    expected = [peer.startprob_[1], peer.transmat_[0, 1], peer.emissionprob_[1, 0], peer.emissionprob_[0, 1]]
    one_step = em.maximise(em.expected_counts(rows, start), start)
    np.testing.assert_allclose(tuple(one_step), expected, rtol=0, atol=1e-8)


@given(a_class(8, 12), proper_params())
def test_the_log_likelihood_never_falls(rows, start):
    fitted = em.fit(rows, start=start, tol=0, max_steps=40)
    assert (np.diff(fitted.trace) >= -1e-9 * np.abs(fitted.trace[:-1]) - 1e-9).all()
    assert fitted.trace[-1] == fitted.log_likelihood
    reached = np.atleast_1d(bkt.log_likelihood(rows, fitted.params)).sum()
    assert fitted.log_likelihood == pytest.approx(reached, rel=1e-9, abs=1e-9)


@pytest.fixture(scope="module")
def answers() -> np.ndarray:
    return bkt.simulate(TRUTH, students=200, steps=15, rng=5).answers


@pytest.fixture(scope="module")
def fitted(answers):
    return em.fit(answers, tol=1e-12)


def test_the_optimum_is_the_one_a_general_maximiser_finds(answers, fitted):
    def loss(logits):
        p_init, p_transit, p_slip, p_guess = expit(logits)
        params = BKTParams(p_init=p_init, p_transit=p_transit, p_slip=p_slip, p_guess=p_guess, allow_flip=True)
        return -bkt.log_likelihood(answers, params).sum()

    peer = minimize(loss, logit(tuple(BKTParams())), method="BFGS", options={"gtol": 1e-5})
    assert fitted.log_likelihood == pytest.approx(-peer.fun, abs=1e-6)
    np.testing.assert_allclose(tuple(fitted.params), expit(peer.x), rtol=0, atol=1e-4)


def test_the_optimum_is_a_fixed_point_and_says_why_it_stopped(answers, fitted):
    again = em.maximise(em.expected_counts(answers, fitted.params), fitted.params)
    np.testing.assert_allclose(tuple(again), tuple(fitted.params), rtol=0, atol=1e-6)
    assert fitted.converged
    assert "less than 1e-12" in fitted.reason
    assert len(fitted.path) == len(fitted.trace) == fitted.steps + 1
    assert fitted.path[0].tolist() == list(BKTParams())
    assert (fitted.students, fitted.answers) == (200, 3000)
    short = em.fit(answers, max_steps=3)
    assert (short.steps, short.converged) == (3, False)
    assert short.reason.startswith("max_steps = 3 reached")


def test_frozen_parameters_stay_and_the_rest_move(answers, fitted):
    start = BKTParams(p_slip=0.3, p_guess=0.1)
    held = em.fit(answers, start=start, frozen=["p_slip", "p_guess"])
    assert (held.path[:, 2] == 0.3).all()
    assert (held.path[:, 3] == 0.1).all()
    assert held.params.p_init != start.p_init
    assert held.log_likelihood < fitted.log_likelihood


EDGES = [{"p_slip": 0.0}, {"p_slip": 0.0, "p_init": 0.0}, {"p_init": 0.0}, {"p_init": 1.0}, {"p_transit": 0.0}]


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_a_start_at_the_edge_is_moved_off_it_unless_frozen(edge):
    answers = bkt.simulate(BKTParams(p_init=0.3, p_slip=0.15), students=300, steps=8, rng=0).answers
    start, usual = BKTParams(**edge), em.fit(answers, tol=1e-9)
    found = em.fit(answers, start=start, tol=1e-9)
    assert found.log_likelihood == pytest.approx(usual.log_likelihood, abs=1e-4)
    assert found.path[0].tolist() == pytest.approx([min(max(p, 0.001), 0.999) for p in start], abs=1e-15)
    assert tuple(found.ends[0].start) == tuple(found.path[0])
    held = em.fit(answers, start=start, frozen=list(edge) * 2)
    assert held.frozen == tuple(edge) and held.log_likelihood < usual.log_likelihood - 0.1
    assert all(getattr(held.params, name) == value for name, value in edge.items())
    if edge == {"p_slip": 0.0}:
        assert held.log_likelihood < usual.log_likelihood - 100


def test_random_starts_are_seeded_and_find_nothing_lower(answers, fitted):
    one, same = (em.fit(answers, random_starts=4, rng=9) for _ in range(2))
    assert one.trace.tobytes() == same.trace.tobytes()
    assert one.ends == same.ends
    assert len(one.ends) == 5
    assert len({end.start for end in one.ends}) == 5
    assert one.log_likelihood == max(end.log_likelihood for end in one.ends if not end.params.flipped)
    assert one.log_likelihood >= em.fit(answers).log_likelihood


@pytest.mark.parametrize("held", ["p_slip", "p_guess"])
def test_random_starts_beside_a_number_held_near_1_are_drawn_at_once(answers, held):
    start = BKTParams(p_slip=0.0, p_guess=0.0).moved(**{held: 1 - 1e-9})
    found = em.fit(answers, start=start, frozen=iter([held]), random_starts=3, rng=1, max_steps=1)
    assert found.frozen == (held,)
    assert [getattr(end.start, held) for end in found.ends] == [1 - 1e-9] * 4
    assert not any(end.start.flipped for end in found.ends)


def test_an_iterator_fits_as_its_list_does():
    rows = [[1, 0, 1], [0, 0, 1], [1, 1, 1]]
    assert em.fit(iter(rows)).trace.tobytes() == em.fit(rows).trace.tobytes()
    counts, start = em.expected_counts(iter(rows), TRUTH), BKTParams()
    held = em.maximise(counts, start, frozen=iter(["p_slip", "p_init"]))
    assert (held.p_slip, held.p_init) == (start.p_slip, start.p_init)
    assert held.p_guess != start.p_guess


def test_an_end_the_right_way_up_is_preferred_and_an_upside_down_one_says_so():
    """Students who get worse: the likeliest end has guess + slip ≥ 1, and is returned only if no other is."""
    worse = BKTParams(p_init=0.2, p_transit=0.2, p_slip=0.8, p_guess=0.9, allow_flip=True)
    answers = bkt.simulate(worse, students=100, steps=10, rng=2).answers
    both = em.fit(answers, start=worse, random_starts=3, rng=2)
    assert not both.params.flipped
    assert both.ends[0].params.flipped
    assert both.ends[0].log_likelihood > both.log_likelihood
    assert em.fit(answers, start=worse).params.flipped
    assert [end.params.allow_flip for end in both.ends] == [end.params.flipped for end in both.ends]


@pytest.mark.parametrize("seed", range(3))
def test_a_large_class_gives_the_truth_back_within_its_standard_error(seed):
    """1000 × 20: over 1000 replicates the exact estimate's standard deviation was .016 .005 .003 .006."""
    answers = bkt.simulate(TRUTH, students=1000, steps=20, rng=seed).answers
    error = np.array(tuple(em.fit(answers).params)) - tuple(TRUTH)
    assert (abs(error) < 4 * np.array([0.016, 0.005, 0.003, 0.006])).all()


@pytest.mark.parametrize("row", [[1] * 10, [0] * 10, [1], [0], [1, 0]], ids=str)
def test_a_class_that_says_too_little_ends_without_nan(row):
    fitted = em.fit([row] * 20)
    assert np.isfinite(fitted.trace).all()
    assert np.isfinite(fitted.path).all()
    assert fitted.log_likelihood <= 1e-9
    assert fitted.log_likelihood == pytest.approx(20 * bkt.log_likelihood(row, fitted.params), abs=1e-9)


HALVES = BKTParams(p_slip=0.6, p_guess=0.5, allow_flip=True)
BAD_CALLS = {
    "unknown frozen name": (
        {"frozen": ["slip"]},
        "a name in frozen = 'slip': give one of 'p_init', .*'p_guess'",
    ),
    "frozen text": ({"frozen": "p_slip"}, r"frozen = 'p_slip': give a list such as \['p_slip'\]"),
    "frozen number": ({"frozen": 3}, "frozen = 3: give a list such as"),
    "frozen list of lists": ({"frozen": [["p_slip"]]}, r"a name in frozen = \['p_slip'\]: give one of 'p_init', 'p_tr"),
    "starts beyond memory": ({"random_starts": 10**9, "rng": 1}, "random_starts = 1000000000 would take 1e"),
    "random starts without rng": ({"random_starts": 2}, "rng = None: pass a seed"),
    "negative starts": ({"random_starts": -1, "rng": 1}, "^random_starts = -1: give a whole number, 0 or more$"),
    "half a start": ({"random_starts": 1.5, "rng": 1}, "^random_starts = 1.5: give a whole"),
    "no steps": ({"max_steps": 0}, "^max_steps = 0: give a whole number, 1 or more$"),
    "half a step": ({"max_steps": 2.0}, "^max_steps = 2.0: give a whole"),
    "tol nan": ({"tol": float("nan")}, "^tol = nan: give a finite number, 0 or more$"),
    "tol infinite": ({"tol": float("inf")}, "^tol = inf: give a finite"),
    "tol text": ({"tol": "x"}, "^tol = 'x': give a finite"),
    "four bare numbers": ({"start": (0.2, 0.1, 0.1, 0.2)}, r"start = \(0.2, .*\): give BKTParams\(p_init"),
    "no start left": (
        {"start": HALVES, "frozen": ["p_slip", "p_guess"], "random_starts": 1, "rng": 1},
        "frozen p_slip and p_guess add up to 1.1.*free one of them",
    ),
    "impossible at the start": (
        {"start": BKTParams(p_init=1, p_slip=0), "frozen": ["p_init", "p_slip"]},
        "probability zero under .*= 1, .*, 0, .*away",
    ),
    "answer 2": ({"answers": [[1, 2]]}, "answer 2.* of student 0 at step 2 .*recode"),
    "no sequences": ({"answers": []}, "list of sequences is empty: give"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_is_refused_with_value_place_and_remedy(case):
    settings, message = BAD_CALLS[case]
    with pytest.raises(ValueError, match=message):
        em.fit(**({"answers": [[1, 0], [0, 1]]} | settings))


@pytest.mark.parametrize(("frozen", "message"), [("p_slip", "give a list"), (["slip"], "a name in frozen = 'slip'")])
def test_the_m_step_knows_the_same_frozen_names(frozen, message):
    counts = em.expected_counts([[1, 0], [0, 1]], TRUTH)
    with pytest.raises(ValueError, match=message):
        em.maximise(counts, TRUTH, frozen=frozen)


@pytest.mark.parametrize("e_step", E_STEPS)
def test_an_e_step_refuses_four_bare_numbers(e_step):
    with pytest.raises(ValueError, match=r"params = \(0.2, 0.1, 0.1, 0.2\): give BKTParams"):
        e_step([[1, 0]], (0.2, 0.1, 0.1, 0.2))


def test_the_m_step_takes_what_the_e_step_gave():
    with pytest.raises(ValueError, match=r"counts = 5: give what em.expected_counts returned"):
        em.maximise(5, TRUTH)
