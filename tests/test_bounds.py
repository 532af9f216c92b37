"""Information agrees with enumeration, closed forms and a numeric Hessian; its bounds with the spread of estimates."""

from itertools import product

import numpy as np
import pytest
from oracles import TRUTH

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, bounds

HARD = BKTParams(p_init=0.5, p_transit=0.05, p_slip=0.3, p_guess=0.3)
FLIPPED = BKTParams(p_init=0.3, p_transit=0.15, p_slip=0.8, p_guess=0.75, allow_flip=True)
ALMOST = BKTParams(p_init=0.02, p_transit=0.9, p_slip=0.002, p_guess=0.01)


def all_answers(n):
    return np.array(list(product((0.0, 1.0), repeat=n)))


def gradient(params, answers, h=1e-5):
    """Central difference of log P of each sequence: (sequences, 4)."""
    columns = []
    for name in NAMES:
        p = getattr(params, name)
        step = h * min(p, 1 - p)
        ends = (bkt.log_likelihood(answers, params.moved(**{name: p + s})) for s in (step, -step))
        columns.append(np.subtract(*ends) / (2 * step))
    return np.array(columns).T


def by_enumeration(params, n):
    answers = all_answers(n)
    score = gradient(params, answers)
    return (score * np.exp(bkt.log_likelihood(answers, params))[:, None]).T @ score


@pytest.mark.parametrize("params", [TRUTH, HARD, FLIPPED, ALMOST], ids=["usual", "hard", "flipped", "almost certain"])
@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_it_is_the_mean_outer_product_of_the_score_over_all_sequences(params, n):
    exact = by_enumeration(params, n)
    scale = np.sqrt(np.outer(*[np.maximum(np.diag(exact), 1e-12)] * 2))
    np.testing.assert_allclose(bounds.fisher(params, n) / scale, exact / scale, atol=1e-6)


def test_it_is_minus_the_hessian_of_the_expected_log_likelihood():
    answers, h = all_answers(6), 1e-4
    weight = np.exp(bkt.log_likelihood(answers, TRUTH))
    point, step = np.array(tuple(TRUTH)), np.eye(4) * h

    def value(p):
        return weight @ bkt.log_likelihood(answers, TRUTH.moved(**dict(zip(NAMES, p, strict=True))))

    corners = [[[value(point + i * a + j * b) * i * j for i in (-1, 1) for j in (-1, 1)] for b in step] for a in step]
    np.testing.assert_allclose(bounds.fisher(TRUTH, 6), -np.sum(corners, -1) / (4 * h * h), rtol=1e-5)


def test_one_answer_tells_what_a_coin_tells():
    right = TRUTH.p_init * (1 - TRUTH.p_slip) + (1 - TRUTH.p_init) * TRUTH.p_guess
    slope = np.array([1 - TRUTH.p_slip - TRUTH.p_guess, 0, -TRUTH.p_init, 1 - TRUTH.p_init])
    np.testing.assert_allclose(bounds.fisher(TRUTH, 1), np.outer(slope, slope) / (right * (1 - right)), atol=1e-12)


@pytest.mark.parametrize("n, rank", [(1, 1), (2, 3), (3, 4)])
def test_one_answer_identifies_one_combination_and_two_identify_three(n, rank):
    assert np.linalg.matrix_rank(bounds.fisher(TRUTH, n), tol=1e-9) == rank


@pytest.mark.parametrize("params", [TRUTH, HARD, ALMOST], ids=["usual", "hard", "almost certain"])
def test_merging_histories_costs_next_to_nothing(params, monkeypatch):
    merged = bounds.fisher(params, [16, 18])
    monkeypatch.setattr(bounds, "_EXACT", 1 << 18)
    exact = bounds.fisher(params, [16, 18])
    assert not np.array_equal(merged, exact)
    for a, b in zip(np.linalg.inv(merged), np.linalg.inv(exact), strict=True):
        np.testing.assert_allclose(np.diag(a), np.diag(b), rtol=1e-5)


@pytest.mark.parametrize("params", [TRUTH, HARD, TRUTH.moved(p_slip=1e-4), TRUTH.moved(p_transit=1e-4)])
def test_long_sequences_add_information_as_slowly_as_the_floors_allow(params):
    lengths = [3, 15, 60, 150]
    found = [bounds.standard_errors(params, 1, n) for n in lengths]
    floors = [bounds.floors(params, 1, n) for n in lengths]
    for name in NAMES:
        assert np.all(np.diff([bound[name] for bound in found]) < 0)
        assert all(bound[name] > floor[name] for bound, floor in zip(found, floors, strict=True))
    if params == TRUTH:  # who knew what is plain from 150 answers, so slips are all but seen
        assert found[-1]["p_slip"] / floors[-1]["p_slip"] < 1.02


def test_the_table_for_a_usual_skill():
    """Standard error × √N and students for ±.01, worked out apart from this code, for T = 3 .. 50."""
    table = {
        3: (0.831, 0.489, 0.801, 0.540, 26_505),
        5: (0.567, 0.276, 0.327, 0.324, 12_338),
        10: (0.517, 0.176, 0.147, 0.227, 10_275),
        15: (0.511, 0.153, 0.101, 0.201, 10_020),
        20: (0.508, 0.144, 0.080, 0.191, 9_933),
        50: (0.506, 0.136, 0.042, 0.181, 9_821),
    }
    for n, (*sd, students) in table.items():
        np.testing.assert_allclose(list(bounds.standard_errors(TRUTH, 1, n).values()), sd, atol=0.0006)
        need = bounds.students_needed(TRUTH, n)
        assert need["p_init"] == max(need[name] for name in NAMES) == pytest.approx(students, rel=2e-3)


def test_floors_are_what_seen_states_would_give():
    drawn = bkt.simulate(TRUTH, students=200_000, steps=7, rng=1)
    known, answers = drawn.known == 1, drawn.answers == 1
    estimates = {
        "p_init": (known[:, 0], np.ones(len(known), bool)),
        "p_transit": (known[:, 1:] & ~known[:, :-1], ~known[:, :-1]),
        "p_slip": (known & ~answers, known),
        "p_guess": (~known & answers, ~known),
    }
    floors = bounds.floors(TRUTH, 200_000, 7)
    for name, (successes, trials) in estimates.items():
        p, n = getattr(TRUTH, name), trials.sum()
        assert floors[name] == pytest.approx(np.sqrt(p * (1 - p) / n), rel=0.01)
        assert abs(successes.sum() / n - p) < 4 * floors[name]


def test_how_much_data_is_one_row_a_design():
    designs = [(50, 10), (200, 15), (22, 10)]
    table = bounds.how_much_data(TRUTH, designs)
    assert list(table.columns) == ["students", "answers", *NAMES, *(f"floor_{name}" for name in NAMES)]
    for (_, row), design in zip(table.iterrows(), designs, strict=True):
        assert (row["students"], row["answers"]) == design
        assert dict(row[list(NAMES)]) == pytest.approx(bounds.standard_errors(TRUTH, *design))
        assert row["floor_p_init"] == pytest.approx(np.sqrt(0.25 * 0.75 / design[0]))


@pytest.mark.parametrize("params, answers", [(TRUTH, 15), (TRUTH, 3), (HARD, 10)])
def test_students_needed_give_the_chance_asked_for(params, answers):
    need = bounds.students_needed(params, answers, within=0.02, level=0.9)
    assert need["all"] >= max(need[name] for name in NAMES)
    rng = np.random.default_rng(1)
    covariance = np.linalg.inv(bounds.fisher(params, answers)) / need["all"]
    errors = np.abs(rng.multivariate_normal(np.zeros(4), covariance, size=100_000)).max(1)
    four_errors = 4 * np.sqrt(0.9 * 0.1 / 100_000)
    assert abs((errors < 0.02).mean() - 0.9) < four_errors
    assert bounds.chance_within(params, need["all"], answers, 0.02) == pytest.approx(0.9, abs=1e-3)
    one_more_in_a_thousand = need["all"] * 1001 // 1000 + 1
    assert bounds.chance_within(params, one_more_in_a_thousand, answers, 0.02) > 0.9


def test_along_the_ridge_the_answers_change_least():
    found = bounds.ridge(TRUTH, 5)
    matrix = bounds.fisher(TRUTH, 5)
    assert np.linalg.norm(found.direction) == pytest.approx(1) and found.direction[0] >= 0
    assert found.direction @ matrix @ found.direction == pytest.approx(found.sd**-2)
    others = np.random.default_rng(1).standard_normal((1000, 4))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert np.all(np.einsum("ij,jk,ik->i", others, matrix, others) >= found.sd**-2)
    assert np.linalg.cond(matrix) == pytest.approx(found.ratio**2)


@pytest.mark.parametrize("params", [TRUTH, HARD])
def test_two_answers_cannot_tell_these_parameters_apart_and_three_can(params):
    two, three = all_answers(2), all_answers(3)
    with pytest.raises(ValueError, match=r"p_init = 0.999 is not on the curve: .* it runs from") as refused:
        bounds.alike(params, 0.999)
    low, high = (float(word) for word in str(refused.value).split("runs from ")[1].split(" to "))
    assert low < params.p_init < high
    for p_init in np.linspace(low + 1e-4, high - 1e-4, 7):
        other = bounds.alike(params, p_init)
        assert other.p_init == p_init and not other.flipped
        same = bkt.log_likelihood(two, other), bkt.log_likelihood(two, params)
        np.testing.assert_allclose(*same, atol=1e-10)
        third = np.abs(bkt.log_likelihood(three, other) - bkt.log_likelihood(three, params)).max()
        assert third > 1e-3 * abs(p_init - params.p_init)
    assert tuple(bounds.alike(params, params.p_init)) == pytest.approx(tuple(params))


def test_bad_input_gets_one_clear_error():
    for call, message in (
        (lambda: bounds.standard_errors(TRUTH, 100, 2), "answers = 2: at least three answers a student"),
        (lambda: bounds.how_much_data(TRUTH, [(100, 15), (100, 1)]), "answers = 1: at least three answers"),
        (lambda: bounds.students_needed(TRUTH, 2), "at least three answers"),
        (lambda: bounds.ridge(TRUTH, 2), "at least three answers"),
        (lambda: bounds.fisher(TRUTH.moved(p_slip=0.0), 10), "p_slip = 0 lies on the boundary"),
        (lambda: bounds.floors(TRUTH.moved(p_transit=1.0), 10, 5), "p_transit = 1 lies on the boundary"),
        (lambda: bounds.floors(TRUTH, 10, 1), "answers = 1: with one answer a student nobody has a chance"),
        (lambda: bounds.standard_errors(TRUTH.moved(p_slip=0.5, p_guess=0.5), 10, 5), "do not pin the four apart"),
        (lambda: bounds.standard_errors(TRUTH, 0, 5), "students = 0: give a whole number, 1 or more"),
        (lambda: bounds.fisher(TRUTH, 2.5), "answers = 2.5: give a whole number"),
        (lambda: bounds.fisher(TRUTH, []), "answers = \\[\\]: give a whole number, 1 or more, or a list of them"),
        (lambda: bounds.fisher((0.2, 0.1, 0.1, 0.2), 5), "give BKTParams"),
        (lambda: bounds.how_much_data(TRUTH, []), "designs = \\[\\]: give \\(students, answers\\) pairs"),
        (lambda: bounds.how_much_data(TRUTH, [(1, 2, 3)]), "give \\(students, answers\\) pairs"),
        (lambda: bounds.how_much_data(TRUTH, [200, 15]), "give \\(students, answers\\) pairs"),
        (lambda: bounds.students_needed(TRUTH, 5, within=0), "within = 0: no number of students"),
        (lambda: bounds.students_needed(TRUTH, 5, level=95), "level = 95 is not between 0 and 1"),
        (lambda: bounds.alike(FLIPPED, 0.3), "p_guess \\+ p_slip = 1.55 is not below 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("answers", [10**9, [3, 10**6]], ids=str)
def test_more_answers_than_can_be_followed_are_refused_at_once(answers):
    with pytest.raises(ValueError, match=r"answers = 1000.*: give at most 100,000, which are followed one by one"):
        bounds.fisher(BKTParams(), answers)
    with pytest.raises(ValueError, match="give at most 100,000"):
        bounds.students_needed(BKTParams(), 10**9)
