"""ktlib.forecast.recovery: recovery by its definitions, and what it refuses to compare."""

from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ktlib.forecast.recovery import recovery

PAIRS = arrays(float, st.tuples(st.just(2), st.integers(2, 12)), elements=st.integers(-40, 40).map(lambda k: k / 8))


def close(a, b) -> bool:
    return asdict(a) == pytest.approx(asdict(b), abs=1e-9)


@given(PAIRS)
def test_recovery_is_what_its_definitions_say(pair):
    truth, estimate = pair
    assume(np.ptp(truth) > 0 and np.ptp(estimate) > 0)
    found = recovery(truth, estimate, sd=np.full(truth.size, 0.5), far=2)
    error = estimate - truth
    assert found.n == truth.size
    assert found.pearson == pytest.approx(np.corrcoef(truth, estimate)[0, 1])
    ranks = [(np.sign(a[:, None] - a)).sum(1) for a in pair]  # twice the centred mid-rank
    assert found.spearman == pytest.approx(np.corrcoef(*ranks)[0, 1])
    signs = [np.array([np.sign(a[j] - a[i]) for i, j in combinations(range(a.size), 2)]) for a in pair]
    assert found.kendall == pytest.approx((signs[0] @ signs[1]) / np.sqrt(abs(signs[0]).sum() * abs(signs[1]).sum()))
    assert found.rmse**2 == pytest.approx((error @ error) / truth.size)
    assert found.bias == pytest.approx(error.mean())
    assert found.slope == pytest.approx(np.polyfit(truth, estimate, 1)[0], abs=1e-9)
    assert found.coverage == pytest.approx((abs(error) <= 0.979982).mean())
    assert found.far == (abs(error) > 2).sum()


@given(PAIRS, st.randoms(use_true_random=False))
def test_order_and_shape_do_not_matter(pair, random):
    truth, estimate = pair
    assume(np.ptp(truth) > 0 and np.ptp(estimate) > 0)
    whole = recovery(truth, estimate)
    places = random.sample(range(truth.size), truth.size)
    assert close(recovery(truth[places], estimate[places]), whole)
    assert close(recovery(truth[None], estimate[None]), whole)
    assert close(recovery(truth + 1, estimate + 1), whole)
    assert close(recovery(truth, estimate + 1), replace(whole, bias=whole.bias + 1, rmse=np.sqrt(
        ((estimate + 1 - truth) ** 2).mean()), far=int((abs(estimate + 1 - truth) > 3).sum())))  # fmt: skip


def test_a_worked_example():
    found = recovery([-1.0, 0.0, 1.0], [-2.0, 0.0, 8.0], interval=([-3, 0, 2], [-1, 0, np.inf]))
    assert asdict(found) == pytest.approx(
        {"n": 3, "pearson": 5 / np.sqrt(28), "kendall": 1, "spearman": 1, "rmse": np.sqrt(50 / 3), "bias": 2,
         "slope": 5, "coverage": 2 / 3, "far": 1}
    )  # fmt: skip


def test_an_sd_makes_a_95_percent_interval():
    assert recovery([0, 1], [1.95, 2.97], sd=[1, 1]).coverage == 0.5


def test_without_intervals_there_is_no_coverage():
    assert recovery([0, 1], [1, 0]).coverage is None


def test_normal_intervals_cover_as_they_should():
    rng = np.random.default_rng(5)
    truth = rng.standard_normal(20_000)
    found = recovery(truth, truth + 0.3 * rng.standard_normal(truth.size), sd=np.full(truth.size, 0.3))
    assert found.coverage == pytest.approx(0.95, abs=4.5 * np.sqrt(0.95 * 0.05 / truth.size))


GOOD = {"truth": [0.0, 1.0], "estimate": [0.5, 1.0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"truth": [1.0, 1.0]}, r"truth has no two different values \(n = 2\): nothing can correlate"),
        ({"estimate": [2, 2]}, "estimate has no two different values"),
        ({"truth": [1.0], "estimate": [1.0]}, r"\(n = 1\)"),
        ({"truth": []}, r"\(n = 0\)"),
        ({"estimate": [np.nan, 1.0]}, r"estimate holds nan \(1 of 2 values are not finite\): leave these out"),
        ({"truth": [np.inf, 1.0]}, "truth holds inf"),
        ({"interval": ([0.0, 1.0],)}, r"interval = .*: give the ends, \(low, high\)"),
        ({"interval": 5}, "interval = 5: give a list"),
        ({"far": "x"}, "far = 'x': give one finite number"),
        ({"truth": ["a", "b"]}, r"truth = .* is not a number: give a number or an array of numbers"),
        ({"estimate": [1, 2, 3]}, r"truth has shape \(2,\), estimate \(3,\): give one estimate for each"),
        ({"sd": [1, 1], "interval": ([0, 0], [1, 1])}, "both sd and interval are given"),
        ({"sd": [1.0, -1.0]}, "interval of estimate 1 is .*: give an sd of 0 or more"),
        ({"sd": [np.nan, 1.0]}, "interval of estimate 0 is nan to nan"),
        ({"sd": [1.0]}, r"sd has shape \(1,\), estimate \(2,\): give one for each"),
        ({"interval": ([0, 1], [1, 0])}, "interval of estimate 1 is 1 to 0: .* with low at most high"),
        ({"interval": ([0], [1])}, r"low has shape \(1,\), estimate \(2,\)"),
        ({"far": 0}, "far = 0: give an error above 0"),
        ({"far": np.nan}, "far = nan"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        recovery(**GOOD | change)
