"""The compiled sweeps are numpy's, to rounding; the same to the last bit however many threads; and not needed."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

pytest.importorskip("numba")

import ktlib
from ktlib.data import designs
from ktlib.data.responses import Responses
from ktlib.irt import _answers, _compiled, _packed, _quadrature, _two_parameter, ascent
from ktlib.irt._answers import Answers
from ktlib.irt._factors import FactorAscent
from ktlib.irt._packed import Packed
from ktlib.irt._starts import starting_values, unpack_effects
from ktlib.irt.model import Model
from ktlib.irt.posterior import Normal, paper_priors

LARGE_ENOUGH = 60_000


@pytest.fixture
def numpys(monkeypatch):
    """`fit`, and a function that fits without numba."""

    def without(*arguments, **options):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "ktlib.irt._compiled", None)
            patch.setitem(sys.modules, "ktlib.irt._packed", None)
            return ascent.fit(*arguments, **options)

    return without


def ragged(rng, students=40, items=25, weighted=False):
    """Some students and items without answers, others with all; rows in no order."""
    asked = rng.random((students, items)) < rng.random((students, 1)) ** 2
    asked[0], asked[1], asked[:, 2], asked[3, 4] = True, False, False, True
    student, item = np.nonzero(asked)
    order = rng.permutation(len(student))
    theta, beta = rng.standard_normal(students), rng.standard_normal(items)
    right = rng.random(len(student)) < 1 / (1 + np.exp(beta[item] - 1.3 * theta[student]))
    weight = rng.uniform(0, 3, len(student)) if weighted else None
    columns = student[order], item[order], right[order].astype(np.int8)
    return Responses(*columns, range(students), range(items), weight=weight)


def same(one, two, within=1e-7):
    assert len(one.trace) == len(two.trace)
    np.testing.assert_allclose(one.trace, two.trace, rtol=1e-10)
    assert one.elbo == pytest.approx(two.elbo, rel=1e-10)
    for name, block in one.posterior.blocks.items():
        np.testing.assert_allclose(block.loc, two.posterior.blocks[name].loc, atol=within)
        np.testing.assert_allclose(block.scale, two.posterior.blocks[name].scale, atol=within)


LAYOUT = {"factors": 2, "attributes": np.kron(np.eye(5)[:, :3] + 0.0, np.ones((5, 1))), "mask": np.tri(2, 3) == 1}
MODELS = [
    ("two-parameter", {}),
    ("two-parameter", {"priors": paper_priors("two-parameter"), "calibrate": False}),
    ("two-parameter", {"learned": ("difficulty", "discrimination"), "rule": "paper"}),
    ("factorization", {"factors": 1}),
    ("factorization", {"factors": 5, "learned": ("loadings", "difficulty")}),
    ("hierarchical", LAYOUT),
    ("hierarchical", LAYOUT | {"learned": ("loadings", "difficulty", "effects"), "rule": "paper"}),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("model", "options"), MODELS)
def test_the_fit_is_numpys(model, options, weighted, numpys):
    answers = ragged(np.random.default_rng(3), weighted=weighted)
    options = {"rng": 1, "tol": 1e-3, "max_steps": 60} | options
    same(ascent.fit(answers, model, **options), numpys(answers, model, **options))


@pytest.mark.parametrize(
    ("model", "frozen"),
    [
        ("two-parameter", ("ability",)),
        ("two-parameter", ("difficulty", "discrimination")),
        ("hierarchical", ("loadings", "effects")),
        ("hierarchical", ("difficulty",)),
        ("hierarchical", ("ability", "loadings")),
    ],
)
def test_frozen_blocks_are_held_as_numpy_holds_them(model, frozen, numpys):
    rng, layout = np.random.default_rng(4), LAYOUT if model == "hierarchical" else {}
    first = ascent.fit(ragged(rng), model, rng=1, max_steps=5, **layout).posterior.freeze(*frozen)
    answers = ragged(rng)
    options = {"start": first, "max_steps": 20, "rng": 1, **layout}
    same(ascent.fit(answers, model, **options), numpys(answers, model, **options))


@pytest.mark.parametrize("part", [64, 999, 10**6])
@pytest.mark.parametrize("model", ["two-parameter", "factorization"])
def test_matched_moments_in_many_parts_are_numpys_and_the_same_on_any_number_of_threads(
    model, part, monkeypatch, numpys
):
    monkeypatch.setattr(_two_parameter, "EXACT", 0)
    monkeypatch.setattr(_packed, "PART", part)
    answers, options = ragged(np.random.default_rng(5)), {"max_steps": 6, "calibrate": False}
    options |= {"factors": 3, "rng": 0} if model == "factorization" else {}
    fits = []
    for threads in (1, 2, 7):
        monkeypatch.setattr(_answers, "THREADS", threads)
        fits.append(ascent.fit(answers, model, **options))
    same(fits[0], numpys(answers, model, **options))
    for fit in fits[1:]:
        assert fit.trace.tobytes() == fits[0].trace.tobytes() and fit.elbo == fits[0].elbo
        for name, block in fit.posterior.blocks.items():
            assert block.loc.tobytes() == fits[0].posterior.blocks[name].loc.tobytes()


def test_the_order_of_rows_changes_no_bit():
    answers = ragged(np.random.default_rng(6))
    order = np.random.default_rng(0).permutation(len(answers))
    columns = (getattr(answers, name)[order] for name in ("student", "item", "correct"))
    mixed = Responses(*columns, answers.students, answers.items)
    one, two = ascent.fit(answers), ascent.fit(mixed)
    assert one.trace.tobytes() == two.trace.tobytes()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.booleans(),
    st.sampled_from([(9, 10**6, 10**5), (2, 7, 5), (-30, 50, 9)]),
)  # fmt: skip
def test_answers_are_packed_by_student_and_by_item(seed, students, items, weighted, sizes):
    """In as many bins as rows, in few and small ones, and in one, which takes keys of 64 bits."""
    rng = np.random.default_rng(seed)
    cells = rng.permutation(students * items)[: rng.integers(1, students * items + 1)]
    weight = rng.random(len(cells)) if weighted else None
    right = rng.integers(0, 2, len(cells)).astype(np.int8)
    answers = Responses(cells // items, cells % items, right, range(students), range(items), weight=weight)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in zip(("BINS", "CHUNK", "PART"), sizes, strict=True):
            patch.setattr(_packed, name, size)
        packed = Packed.of(answers)
    data = Answers.of(answers)
    for side, row, other, by in (
        (packed.students, data.student, data.item, np.arange(len(data))),
        (packed.items, data.item, data.student, np.lexsort((data.student, data.item))),
    ):
        assert side.words.dtype == np.uint32
        assert np.array_equal(np.repeat(np.arange(len(side.starts) - 1), np.diff(side.starts)), row[by])
        assert np.array_equal(side.words >> 1, other[by]) and np.array_equal(side.words & 1, data.correct[by])
        assert np.array_equal(side.weight, data.weight[by] if weighted else [])
        for rows in side.parts(10), side.parts():
            assert rows[0].start == 0 and rows[-1].stop == len(side.starts) - 1
            assert all(a.stop == b.start and a.start < a.stop for a, b in pairwise(rows))


def test_steps_too_far_are_lost_not_the_fit():
    for seed in range(10):
        answers = Responses.from_wide(np.random.default_rng(seed).integers(0, 2, (12, 5)).astype(float))
        fit = ascent.fit(replace(answers, weight=np.full(60, 300.0)), max_steps=60)
        assert np.isfinite(fit.trace).all() and np.isfinite(fit.elbo)
    start = ascent.fit(answers).posterior
    wide = dict(start.blocks) | {"difficulty": Normal(np.full(5, 1e60), np.ones(5))}
    with pytest.raises(ValueError, match="not a finite number where the fit begins"):
        ascent.fit(replace(answers, weight=np.full(60, 1e300)), start=replace(start, blocks=wide))


def test_predictors_from_nearly_certain_to_beyond_all_are_summed_as_numpy_sums_them():
    """The exponential and the logarithm of the compiled loops, against numpy's, where they could break."""
    answers = Responses.from_wide(np.array([[1.0, 0, 1], [0, 1, 0]]))
    for far in (1e-8, 1.0, 30.0, 800.0, 1e5):
        blocks = {
            "ability": Normal(np.array([far, -far]), np.array([1e-3, far])),
            "loadings": Normal(np.array([[1.0], [-2.0], [1e-9]]), np.full((3, 1), 0.1)),
            "difficulty": Normal(np.zeros(3), np.ones(3)),
        }
        blocks["ability"] = Normal(blocks["ability"].loc[:, None], blocks["ability"].scale[:, None])
        kind = Model.of("factorization", answers, factors=1)
        state = blocks, kind.priors()
        ways = FactorAscent(kind, Answers.of(answers), ()), _compiled.CompiledFactors(kind, Packed.of(answers), ())
        (value, to), (ours, there) = (way.bound(state, False) for way in ways)
        assert ours == pytest.approx(value, rel=1e-13, abs=1e-12)
        np.testing.assert_allclose(there.loc, to.loc, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("far", [1.0, 20.0, 60.0, 78.0, 90.0, 500.0])
def test_expectations_are_those_of_the_seven_nodes(far):
    """At predictors that are summed by products of exponentials, just short of the last of them, and beyond."""
    rng, n = np.random.default_rng(0), 128
    mean = rng.uniform(-far, far, n)
    sd = np.maximum((far - abs(mean)) / _answers.NODES[-1] * rng.random(n), 1e-6)
    eta = mean[:, None] + sd[:, None] * _answers.NODES
    p, slope, soft, again, curvature = np.zeros((5, n))
    _quadrature.expected(n, mean, sd, p, slope, soft, True)
    _quadrature.expected_soft(n, mean, sd, p, slope, again)
    _quadrature.expected_curvature(n, mean, sd, curvature)
    right, up = expit(eta), expit(-eta)
    np.testing.assert_allclose(p, right @ _answers.WEIGHTS, rtol=1e-12)
    np.testing.assert_allclose(slope, right @ (_answers.WEIGHTS * _answers.NODES), rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(soft, np.logaddexp(0, eta) @ _answers.WEIGHTS, rtol=1e-12, atol=1e-13)
    assert np.array_equal(soft, again)
    np.testing.assert_allclose(curvature, (right * up) @ _answers.WEIGHTS, rtol=1e-12)


def test_a_large_log_without_numba_says_so_and_a_small_one_does_not(monkeypatch, numpys, recwarn):
    answers = ragged(np.random.default_rng(1))
    numpys(answers, max_steps=1)
    assert not recwarn
    monkeypatch.setattr(ascent, "LARGE", 100)
    with pytest.warns(UserWarning, match=r"pip install 'ktlib\[fast\]'"):
        numpys(answers, max_steps=1)


def test_compiled_code_is_kept_where_it_can_be(tmp_path):
    """In a folder that NUMBA_CACHE_DIR names; and without any folder the loops are compiled anyway."""
    source = (
        "from ktlib.irt import _packed as k; import numpy as np; k.counted(np.zeros(3, np.int32), np.zeros(2, int))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(ktlib.__file__).parents[1]), "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", source], env=environment, check=True)
    assert list(tmp_path.rglob("*counted*.nbi"))
    none = "import numba.core.caching as c; c.CacheImpl._locator_classes = [];"
    subprocess.run([sys.executable, "-c", none + source], env=environment, check=True)


def test_a_start_is_the_same_however_the_rows_are_counted(monkeypatch):
    from ktlib.irt import _starts

    answers = ragged(np.random.default_rng(8), weighted=True)
    kind = Model.of("two-parameter", answers)
    whole = unpack_effects(kind, starting_values(kind, answers, kind.priors(), None))
    monkeypatch.setattr(_starts, "BLOCK", 17)
    parts = starting_values(kind, answers, kind.priors(), None)
    for name, block in whole.items():
        np.testing.assert_allclose(parts[name].loc, block.loc, atol=1e-12)


def test_a_large_log_is_fitted_by_both_alike(numpys):
    answers = designs.homework(answers=LARGE_ENOUGH, students=400, items=600, rng=0).responses
    options = {"calibrate": False, "rule": "paper"}
    same(ascent.fit(answers, **options), numpys(answers, **options))
