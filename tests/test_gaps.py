"""Gaps, proficiency and early warning: against enumeration, a second computation, and what was put in."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from ktlib.data.responses import Responses
from ktlib.homework.gaps import counted_gaps, from_own_level, gaps, guess_labels
from ktlib.homework.proficiency import early_warning, proficiency
from ktlib.irt import ascent
from ktlib.irt.posterior import Normal, Posterior

SHARP = 1e-6  # a spread that is as good as none


def belief(ability, slope, hard, spread=SHARP) -> Posterior:
    """A two-parameter belief whose abilities have a spread, and whose questions are known."""
    blocks = {
        "ability": Normal(np.array(ability, dtype=float), spread),
        "discrimination": Normal(np.log(slope), SHARP, log=True),
        "difficulty": Normal(np.array(hard, dtype=float), SHARP),
    }
    names = tuple(f"s{i}" for i in range(len(ability))), tuple(f"q{j}" for j in range(len(hard)))
    return Posterior("two-parameter", blocks, *names)


def factors(theta, load, hard, spread=SHARP) -> Posterior:
    blocks = {
        "ability": Normal(theta, spread),
        "loadings": Normal(load, SHARP),
        "difficulty": Normal(hard, SHARP),
    }
    return Posterior("factorization", blocks, tuple(range(len(theta))), tuple(range(len(hard))))


def two_areas(spread=SHARP, students=60):
    """A general factor and one of the second area, in which student 0 is far behind."""
    rng = np.random.default_rng(1)
    theta = np.column_stack([rng.standard_normal(students), np.zeros(students)])
    theta[0] = 0.0, -2.0
    load = np.column_stack([np.ones(12), np.repeat([0.0, 1.0], 6)])
    hard = np.tile(np.linspace(-1, 1, 6), 2)
    return factors(theta, load, hard, spread), theta, load, hard, ["a"] * 6 + ["b"] * 6


def test_a_score_is_monotone_in_ability_so_its_interval_is_exact():
    found = proficiency(belief([0.3, -1.0], [1.2, 0.8, 1.5], [0, 0.5, -1], 0.4), ["q0", "q2"], draws=20_000, rng=1)
    for i, mean in enumerate((0.3, -1.0)):
        ends = mean + np.array([-1.959964, 1.959964]) * 0.4
        exact = [np.mean(expit(np.array([1.2, 1.5]) * (t - np.array([0, -1])))) for t in ends]
        np.testing.assert_allclose([end[i] for end in found.interval()], exact, atol=0.006)


def test_the_expected_score_is_the_mean_forecast():
    posterior = belief([0.3, -1.0], [1.2, 0.8, 1.5], [0, 0.5, -1], 0.4)
    found = proficiency(posterior, posterior.items, draws=20_000, rng=2)
    exact = [posterior.predict(np.full(3, i), np.arange(3)).mean() for i in range(2)]
    np.testing.assert_allclose(found.score, exact, atol=0.002)
    assert list(found.frame().columns) == ["score", "low_score", "high_score"]


def test_with_answers_the_share_is_distributed_as_all_patterns_say():
    slope, hard = np.array([1.2, 0.8, 1.5]), np.array([0, 0.5, -1])
    found = proficiency(belief([0.3], slope, hard), ["q0", "q1", "q2"], answers=True, draws=20_000, rng=3)
    p = expit(slope * (0.3 - hard))
    for right in range(4):
        exact = sum(
            np.prod(np.where(pattern, p, 1 - p)) for pattern in product((0, 1), repeat=3) if sum(pattern) == right
        )
        assert (np.rint(found.drawn[0] * 3) == right).mean() == pytest.approx(exact, abs=0.012)


def test_a_warning_is_the_chance_of_all_patterns_below_the_line():
    slope, hard = np.array([1.2, 0.8, 1.5]), np.array([0, 0.5, -1])
    found = early_warning(
        belief([0.3, 0.0], slope, hard), np.zeros(3, int), np.arange(3), line=0.5, draws=20_000, rng=4
    )
    p = expit(slope * (0.3 - hard))
    exact = sum(np.prod(np.where(pattern, p, 1 - p)) for pattern in product((0, 1), repeat=3) if sum(pattern) < 1.5)
    assert found.students == ("s0",) and found.asked.tolist() == [3]
    assert found.p_below[0] == pytest.approx(exact, abs=0.012)
    assert found.expected[0] == pytest.approx(p.mean(), abs=1e-4)


def test_gaps_by_hand():
    posterior, theta, load, hard, labels = two_areas()
    found = gaps(posterior, labels, draws=3, rng=1)
    p = expit(theta @ load.T - hard)
    rate = np.column_stack([p[:, :6].mean(1), p[:, 6:].mean(1)])
    np.testing.assert_allclose(found.rate, rate, atol=1e-4)
    x, y = logit(rate.mean(1)), logit(rate)
    usual = np.column_stack([np.polyval(np.polyfit(x, y[:, k], 2), x) for k in range(2)])
    np.testing.assert_allclose(found.gap, rate - expit(usual), atol=1e-4)
    assert found.gap[0, 1] < -0.1 < 0.1 < found.gap[0, 0] and found.flags()[0].tolist() == [False, True]
    assert found.groups()["b"][0] == 0 and list(found.areas) == ["a", "b"] and found.questions.tolist() == [6, 6]


def test_some_students_are_as_they_are_among_all():
    posterior, *_, labels = two_areas(0.3)
    some = gaps(posterior, labels, students=[0, 5], draws=300, rng=1)
    every = gaps(posterior, labels, draws=300, rng=2)
    np.testing.assert_allclose(some.gap, every.gap[[0, 5]], atol=0.03)
    low, high = every.interval(0.9)
    assert (low < every.gap).all() and (every.gap < high).all()
    table = every.frame(0.9)
    np.testing.assert_allclose(table.low_gap.to_numpy(), low.ravel())
    assert 0 < every.false_alarms(0.3) < 0.3 * every.flags(0.3).sum()


@given(st.integers(0, 1000), st.integers(2, 6))
def test_one_ability_leaves_no_gap_whatever_the_questions(seed, areas):
    rng = np.random.default_rng(seed)
    slope, hard = rng.uniform(0.6, 1.6, areas * 8), rng.normal(0, 1, areas * 8)
    p = expit(slope * (rng.standard_normal((200, 1)) - hard))
    rate = p.reshape(200, areas, 8).mean(2)
    assert np.abs(from_own_level(rate)).mean() < 0.01


def test_a_count_adds_up_by_hand():
    """One area of two: the score over the information, drawn to zero by 1/τ²."""
    rng = np.random.default_rng(5)
    table = rng.integers(0, 2, (40, 8)).astype(float)
    responses = Responses.from_wide(table)
    posterior = ascent.fit(responses).posterior
    labels = list("aaaabbbb")
    found = counted_gaps(posterior, responses, labels, spread=0.5, draws=4000, rng=1)
    p = expit(posterior.predictor(np.arange(40)[:, None], np.arange(8))[0])
    sharp, w = posterior.mean("discrimination"), p * (1 - p)
    ability = 1 + (w * sharp**2).sum(1)
    information = w[:, :4].sum(1) - (w * sharp)[:, :4].sum(1) ** 2 / ability
    shift = (table - p)[:, :4].sum(1) / (information + 4)
    sd = (information + 4) ** -0.5
    nodes = np.linspace(-5, 5, 201)
    weight = np.exp(-(nodes**2) / 2)
    eta = posterior.predictor(np.arange(40)[:, None], np.arange(4))[0]
    drawn = expit(eta[:, None] + (shift[:, None] + sd[:, None] * nodes)[:, :, None]).mean(2)
    exact = (drawn @ weight) / weight.sum() - expit(eta).mean(1)
    np.testing.assert_allclose(found.gap[:, 0], exact, atol=0.01)
    wide = counted_gaps(posterior, responses, labels, spread=100.0, draws=300, rng=1)
    assert np.abs(wide.gap).mean() > 2 * np.abs(found.gap).mean()


def test_labels_are_those_of_the_nearest_direction():
    rng = np.random.default_rng(6)
    load = np.repeat([[1.0, 0.0], [0.0, 1.0]], 10, axis=0) * rng.uniform(0.5, 2, (20, 1)) + rng.normal(0, 0.05, (20, 2))
    posterior = factors(rng.standard_normal((15, 2)), load, np.zeros(20))
    labels = ["north"] * 10 + ["east"] * 10
    assert guess_labels(posterior, labels, neighbours=3).tolist() == labels
    wrong = ["east", *labels[1:]]  # its own label is not looked at
    assert guess_labels(posterior, wrong, neighbours=3)[0] == "north"


NAMED = two_areas()[0]
LABELS = two_areas()[-1]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: gaps(NAMED, LABELS[:5], rng=1), "5 labels for 12 items: give one for each"),
        (lambda: gaps(NAMED, LABELS, students=["nobody"], rng=1), r"students\[0\] = 'nobody' is not in the posterior"),
        (lambda: gaps(NAMED, LABELS, students=[], rng=1), r"students = \[\]: name at least one"),
        (lambda: gaps(NAMED, LABELS, students=[3, 3], rng=1), "students name 3 twice"),
        (lambda: gaps(NAMED, ["a"] * 12, rng=1), "labels name 1 area: a gap is against others"),
        (lambda: gaps(NAMED, [*LABELS[:11], "c"], rng=1), r"area 'c' has one question \(1 such\): join it"),
        (lambda: gaps(NAMED, LABELS, rng=None), "rng = None: pass a seed"),
        (lambda: proficiency(NAMED, [], rng=1), r"items = \[\]: name at least one"),
        (lambda: proficiency(NAMED, ["q"], rng=1), r"items\[0\] = 'q' is not in the posterior"),
        (lambda: guess_labels(NAMED, [*LABELS[:11], None]), "item 11 has no label"),
        (lambda: guess_labels(belief([0.0], [1.0], [0.0]), ["a"]), "has no directions"),
        (lambda: early_warning(NAMED, [0], [0, 1], rng=1), r"shape \(1,\), item codes \(2,\)"),
    ],
)
def test_bad_input_is_one_clear_error(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_count_wants_its_own_answers_and_one_ability():
    responses = Responses.from_wide(np.eye(12))
    posterior = ascent.fit(responses).posterior
    with pytest.raises(ValueError, match="knows areas already"):
        counted_gaps(NAMED, responses, LABELS, rng=1)
    with pytest.raises(ValueError, match="other students or items"):
        counted_gaps(posterior, Responses.from_wide(np.eye(13)), LABELS, rng=1)
    with pytest.raises(ValueError, match="spread = 0 says that nobody has a gap"):
        counted_gaps(posterior, responses, LABELS, spread=0, rng=1)
