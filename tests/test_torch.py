"""The sweeps in torch are numpy's, to rounding, on whatever device; a GPU that is not there is refused."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("numba")

import torch
from test_compiled import LAYOUT, MODELS, numpys, ragged, same

from ktlib.irt import _torch, _two_parameter, ascent
from ktlib.irt.priors import paper_priors

__all__ = ["numpys"]  # a fixture
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("model", "options"), MODELS)
@pytest.mark.parametrize("few", [False, True])
def test_the_fit_is_numpys(model, options, weighted, few, device, monkeypatch, numpys):
    if few:  # of whatever a part may hold; and no last stage by numpy
        monkeypatch.setitem(_torch.GROUP, device, 64)
        monkeypatch.setattr(_two_parameter, "EXACT", 0)
    answers = ragged(np.random.default_rng(3), weighted=weighted)
    options = {"rng": 1, "tol": 1e-3, "max_steps": 60} | options
    same(ascent.fit(answers, model, device=device, **options), numpys(answers, model, **options), within=1e-6)


@pytest.mark.parametrize(("model", "frozen"), [("two-parameter", ("ability",)), ("hierarchical", ("difficulty",))])
def test_frozen_blocks_are_held_as_numpy_holds_them(model, frozen, numpys):
    rng, layout = np.random.default_rng(4), LAYOUT if model == "hierarchical" else {}
    first = ascent.fit(ragged(rng), model, rng=1, max_steps=5, **layout).posterior.freeze(*frozen)
    answers, options = ragged(rng), {"start": first, "max_steps": 20, "rng": 1, **layout}
    same(ascent.fit(answers, model, device="cpu", **options), numpys(answers, model, **options), within=1e-6)


def test_a_step_too_far_is_lost_in_torch_too():
    """Very wide priors send the first steps far away: the fit goes on with shorter ones."""
    answers, wide = ragged(np.random.default_rng(5)), {"loadings": 30.0, "ability": 30.0}
    priors = {name: type(p)(p.loc, wide.get(name, 1.0)) for name, p in paper_priors("factorization").items()}
    fit = ascent.fit(answers, "factorization", factors=3, rng=0, priors=priors, max_steps=15, device="cpu")
    assert np.isfinite(fit.trace).all() and (np.diff(fit.trace) > -1e-6).all()


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    answers = ragged(np.random.default_rng(6))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device = 'cuda', but torch finds no GPU: leave it out, or give 'cpu'"):
        ascent.fit(answers, device="cuda")
    with pytest.raises(ValueError, match="device = 'gpu': give one of 'cuda', 'cpu', None"):
        ascent.fit(answers, device="gpu")
