"""The Pyro programs say what the formulas say, draws have the prior's moments, and what cannot be is refused."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyro
import pytest
import torch
from pyro import poutine
from scipy import stats

import ktlib
from ktlib.data.responses import Responses
from ktlib.irt import programs
from ktlib.irt.posterior import Normal

MASK = np.array([[True, True, False, False], [False, False, True, True]])
X = np.array([[1, 0, 1, 0], [0, 1, 1, 1], [1, 0, 0, 1], [0, 1, 0, 0], [1, 0, 1, 1]])
LAYOUTS = {
    "two-parameter": {},
    "factorization": {"factors": 2},
    "hierarchical": {"factors": 2, "attributes": X, "mask": MASK},
}


def class_of(students=7, items=5, share=0.8, seed=0, weighted=False) -> Responses:
    """Answers of students to some of the items."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 2, (students, items)).astype(float)
    table[rng.random(table.shape) > share] = np.nan
    found = Responses.from_wide(table)
    return replace(found, weight=rng.uniform(0.5, 2, len(found))) if weighted else found


def log_joint(model, values, priors, r, x=None, mask=None) -> float:
    """Priors and answers, one after the other."""
    total = 0.0
    for name, prior in priors.items():
        free = np.ones(values[name].shape, dtype=bool) if name != "effects" else mask
        for place in np.argwhere(free):
            v = values[name][tuple(place)]
            loc, scale = (float(np.broadcast_to(p, values[name].shape)[tuple(place)]) for p in (prior.loc, prior.scale))
            total += (
                stats.lognorm(scale, scale=np.exp(loc)).logpdf(v) if prior.log else stats.norm(loc, scale).logpdf(v)
            )
    for n, (i, j, y) in enumerate(zip(r.student, r.item, r.correct, strict=True)):
        theta, beta = values["ability"][i], values["difficulty"][j]
        if model == "two-parameter":
            eta = values["discrimination"][j] * (theta - beta)
        else:
            load = values["loadings"][j]
            if model == "hierarchical":
                load = np.append(load, values["effects"] @ x[j])
            eta = theta @ load - beta
        p = 1 / (1 + np.exp(-eta))
        total += (1 if r.weight is None else r.weight[n]) * np.log(p if y else 1 - p)
    return total


@pytest.mark.parametrize("weighted", (False, True))
@pytest.mark.parametrize("model", LAYOUTS)
def test_the_program_is_the_formula(model, weighted):
    r, rng = class_of(weighted=weighted), np.random.default_rng(3)
    kind = programs.Model.of(model, r, **LAYOUTS[model])
    priors = {
        name: Normal(rng.normal(size=shape), rng.uniform(0.5, 2, shape), log=name == "discrimination")
        for name, shape in kind.shapes.items()
    }
    for draw in range(3):
        values = {k: v[0] for k, v in programs.sample_prior(kind, priors, draws=1, rng=draw).items()}
        sites = {k: torch.tensor(v[MASK] if k == "effects" else v) for k, v in values.items()}
        with pyro.validation_enabled():
            program = poutine.condition(programs.program(kind, priors), data=sites)
            found = poutine.trace(program).get_trace(programs.Data.of(r, torch.float64)).log_prob_sum().item()
        assert found == pytest.approx(log_joint(model, values, priors, r, X, MASK), rel=1e-9)


@pytest.mark.parametrize("model", LAYOUTS)
def test_numpy_and_pyro_share_the_predictor(model):
    """With answers drawn many times at fixed parameters, the share right is the Pyro program's probability."""
    r = class_of()
    kind = programs.Model.of(model, r, **LAYOUTS[model])
    values = {k: v[0] for k, v in programs.sample_prior(kind, draws=1, rng=5).items()}
    sites = {k: torch.tensor(v[MASK] if k == "effects" else v) for k, v in values.items()}
    with pyro.validation_enabled():
        program = poutine.condition(programs.program(kind, kind.priors()), data=sites)
        trace = poutine.trace(program).get_trace(programs.Data.of(r, torch.float64))
    p = trace.nodes["correct"]["fn"].probs
    assert torch.sigmoid(torch.tensor(programs.predictor(values, r.student, r.item, X))) == pytest.approx(p)
    drawn = np.mean([programs.simulate(r, values, attributes=X, rng=s).correct for s in range(400)], axis=0)
    assert np.abs(drawn - p.numpy()).max() < 4.5 * np.sqrt(0.25 / 400)


@pytest.mark.parametrize("model", LAYOUTS)
def test_prior_draws_have_the_priors_moments(model):
    r = class_of()
    kind = programs.Model.of(model, r, **LAYOUTS[model])
    priors = programs.PAPER | {"difficulty": Normal(np.linspace(-1, 1, 5), 0.3)}
    priors["discrimination"] = Normal(0.2, 0.4, log=True)
    found = programs.prior_predictive(kind, r, priors, draws=6000, rng=1)
    for name, shape in kind.shapes.items():
        assert found[name].shape == (6000, *shape)
        loc, scale = found[name].mean(0), found[name].std(0)
        want_loc, want_scale = (np.broadcast_to(v, shape) for v in (priors[name].mean, priors[name].sd))
        if name == "effects":
            assert (found[name][:, ~MASK] == 0).all()
            loc, scale, want_loc, want_scale = (v[MASK] for v in (loc, scale, want_loc, want_scale))
        assert np.abs((loc - want_loc) / want_scale).max() < 5 / np.sqrt(6000)
        assert np.abs(scale / want_scale - 1).max() < 0.08
    assert found["correct"].shape == (6000, len(r)) and found["correct"].dtype == np.int8
    eta = programs.predictor(found, r.student, r.item, X)
    assert np.abs((found["correct"] - 1 / (1 + np.exp(-eta))).mean(0)).max() < 5 * 0.5 / np.sqrt(6000)


def test_draws_repeat_with_their_seed():
    r = class_of()
    kind = programs.Model.of("two-parameter", r)
    one, two = (programs.prior_predictive(kind, r, draws=3, rng=8) for _ in range(2))
    assert all((one[name] == two[name]).all() for name in one)
    with pytest.raises(ValueError, match="rng = None"):
        programs.prior_predictive(kind, r, draws=3, rng=None)


def test_the_default_priors():
    assert programs.default("two-parameter")["discrimination"].log
    assert not programs.PAPER["discrimination"].log
    assert programs.POSITIVE["ability"].sd == programs.PAPER["loadings"].sd == 1
    kind = programs.Model.of("factorization", class_of(), factors=1)
    assert set(kind.priors(programs.PAPER)) == set(kind.shapes)


def bad(**changed):
    return LAYOUTS["hierarchical"] | changed


@pytest.mark.parametrize(
    ("model", "layout", "message"),
    [
        ("rasch", {}, "rasch"),
        ("two-parameter", {"factors": 2}, "factors"),
        ("factorization", {"factors": None}, "factors = None"),
        ("factorization", {"factors": 6}, "factors = 6"),
        ("factorization", {"factors": 2, "mask": MASK}, "mask"),
        ("hierarchical", bad(attributes=X[:4]), r"attributes have shape \(4, 4\)"),
        ("hierarchical", bad(attributes=X * 2), "attributes"),
        ("hierarchical", bad(attributes=np.where(X, 1, np.nan)), "nan"),
        ("hierarchical", bad(attributes=X * [1, 1, 1, 0]), "no item has attribute 3"),
        ("hierarchical", bad(mask=MASK[:, :3]), "mask"),
        ("hierarchical", bad(mask=MASK & [True, True, False, False]), "mask"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(model, layout, message):
    with pytest.raises(ValueError, match=message):
        programs.Model.of(model, class_of(), **layout)


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"ability": Normal(0, 1)}, "discrimination"),
        (programs.PAPER | {"slope": Normal(0, 1)}, "slope"),
        (programs.PAPER | {"ability": Normal(np.zeros(6), 1)}, r"prior of 'ability' has shape \(6,\)"),
        (programs.PAPER | {"difficulty": Normal(np.zeros((2, 5)), 1)}, r"prior of 'difficulty' has shape \(2, 5\)"),
    ],
)
def test_priors_that_do_not_fit_are_refused(priors, message):
    with pytest.raises(ValueError, match=message):
        programs.Model.of("two-parameter", class_of()).priors(priors)


def test_an_attribute_may_feed_nothing():
    kind = programs.Model.of("hierarchical", class_of(), factors=1, attributes=X, mask=MASK[:1])
    assert kind.shapes["effects"] == (1, 4) and kind.shapes["ability"] == (7, 2)


def test_minibatches_count_for_all():
    """Every answer once in batches of equal size: the mean of the batches' log likelihoods is that of all."""
    r = class_of(8, 5, share=2, weighted=True)
    kind = programs.Model.of("two-parameter", r)
    data = programs.Data.of(r, torch.float64)
    sites = {k: torch.tensor(v[0]) for k, v in programs.sample_prior(kind, draws=1, rng=5).items()}
    program = poutine.condition(programs.program(kind, kind.priors()), data=sites)

    def loss(part):
        return poutine.trace(program).get_trace(part).log_prob_sum().item()

    parts = [data.batch(places) for places in torch.randperm(len(r)).split(10)]
    assert np.mean([loss(part) for part in parts]) == pytest.approx(loss(data))


def test_models_need_no_torch():
    source = "import sys; from ktlib.irt import model, simulation; print('torch' in sys.modules)"
    house = Path(ktlib.__file__).parent.parent
    told = subprocess.run([sys.executable, "-c", source], cwd=house, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_odd_values_at_the_doors_are_refused():
    r = class_of()
    kind = programs.Model.of("two-parameter", r)
    values = {k: v[0] for k, v in programs.sample_prior(kind, draws=1, rng=0).items()}
    cases = [
        (lambda: programs.Model.of(["two-parameter"], r), "model = "),
        (lambda: programs.Model.of("two-parameter", 5), "responses are a int"),
        (lambda: programs.sample_prior("two-parameter", draws=1, rng=0), "make one with Model.of"),
        (lambda: programs.sample_prior(kind, draws=10**9, rng=0), "draws = 1000000000 would take"),
        (lambda: programs.prior_predictive(kind, 5, draws=1, rng=0), "responses are a int"),
        (
            lambda: programs.prior_predictive(kind, class_of(8, 5), draws=1, rng=0),
            "8 students and 5 items, the model 7 and 5",
        ),
        (lambda: programs.simulate(5, values, rng=0), "responses are a int"),
        (lambda: programs.simulate(r, 5, rng=0), "values = 5: give a dict"),
        (lambda: programs.simulate(r, values | {"ability": np.ones((7, 2))}, rng=0), r"ability has shape \(7, 2\)"),
        (lambda: programs.simulate(r, values | {"difficulty": 0.0}, rng=0), r"difficulty has shape \(\)"),
        (lambda: kind.named([["ability"]], "learned"), "learned names"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(ValueError, match="mask of type object"):
        programs.Model.of("hierarchical", r, factors=1, attributes=X, mask=[[True], [True, False]])
