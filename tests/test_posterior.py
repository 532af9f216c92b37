"""A posterior keeps what it was given, predicts by its own uncertainty, and survives the disk; bad ones are refused."""

import numpy as np
import pytest

from ktlib.posterior import BLOCKS, Normal, Posterior, as_priors, default_priors, paper_priors

RNG = np.random.default_rng(3)


def example(model="two-parameter", log=True):
    n, j, k, a, d = 6, 4, 2, 3, 2
    shapes = {"ability": (n, k + d), "loadings": (j, k), "effects": (d, a), "difficulty": (j,)}
    if model == "two-parameter":
        shapes = {"ability": (n,), "discrimination": (j,), "difficulty": (j,)}
    elif model == "factorization":
        shapes = {"ability": (n, k), "loadings": (j, k), "difficulty": (j,)}
    blocks = {
        name: Normal(RNG.normal(size=s), RNG.uniform(0.1, 0.6, s), log and name == "discrimination")
        for name, s in shapes.items()
    }
    x = (RNG.random((j, a)) < 0.5).astype(float) if model == "hierarchical" else None
    return Posterior(model, blocks, tuple("abcdef"), (1, 2, 3, 4), x)


@pytest.mark.parametrize("model", BLOCKS)
def test_predictor_moments_and_forecasts_equal_monte_carlo(model):
    posterior = example(model)
    student, item = np.array([0, 3, 5]), np.array([1, 0, 3])
    rng = np.random.default_rng(1)

    def draw(name, index=None):
        block = posterior.blocks[name]
        z = block.loc + block.scale * rng.standard_normal((100_000, *block.loc.shape))
        z = np.exp(z) if block.log else z
        return z if index is None else z[:, index]

    theta, beta = draw("ability", student), draw("difficulty", item)
    if model == "two-parameter":
        eta = draw("discrimination", item) * (theta - beta)
    else:
        load = draw("loadings", item)
        if model == "hierarchical":
            fed = np.einsum("sda,ja->sjd", draw("effects"), posterior.attributes[item])
            load = np.concatenate([load, fed], axis=-1)
        eta = (theta * load).sum(-1) - beta
    mean, variance = posterior.predictor(student, item)
    error = eta.std(0) / np.sqrt(len(eta))
    assert np.all(np.abs(eta.mean(0) - mean) < 5 * error)
    np.testing.assert_allclose(eta.var(0), variance, rtol=0.05)
    np.testing.assert_allclose(posterior.predict(student, item), (1 / (1 + np.exp(-eta))).mean(0), atol=0.02)
    np.testing.assert_allclose(posterior.predict(student, item, plug_in=True), 1 / (1 + np.exp(-mean)), atol=1e-12)


@pytest.mark.parametrize("model", BLOCKS)
def test_saved_and_loaded_it_is_the_same(model, tmp_path):
    posterior = example(model).freeze("difficulty")
    posterior.save(tmp_path / "p.npz")
    back = Posterior.load(tmp_path / "p.npz", model=model)
    assert (back.students, back.items, back.frozen) == (posterior.students, posterior.items, ("difficulty",))
    for name, block in posterior.blocks.items():
        assert np.array_equal(back.blocks[name].loc, block.loc) and back.blocks[name].log == block.log
        assert np.array_equal(back.blocks[name].scale, block.scale)


def test_a_file_that_is_no_posterior_is_refused(tmp_path):
    path = tmp_path / "p.npz"
    example().save(path)
    with pytest.raises(ValueError, match="holds a two-parameter model, not a factorization one: load the file"):
        Posterior.load(path, model="factorization")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"is cut short or no saved posterior .*save it again"):
        Posterior.load(path)
    import json

    np.savez(tmp_path / "old.npz", about=json.dumps({"version": 0}))
    with pytest.raises(ValueError, match="has format version 0, not 1: fit and save it again"):
        Posterior.load(tmp_path / "old.npz")


def test_log_normal_moments_and_intervals():
    block = Normal(0.2, 0.5, log=True)
    draws = np.exp(0.2 + 0.5 * np.random.default_rng(0).standard_normal(400_000))
    assert block.mean == pytest.approx(draws.mean(), rel=5e-3)
    assert block.sd == pytest.approx(draws.std(), rel=2e-2)
    np.testing.assert_allclose(block.interval(), np.quantile(draws, [0.025, 0.975]), rtol=1e-2)


def test_priors_and_posteriors_are_one_kind_of_thing():
    posterior = example()
    assert as_priors("two-parameter", posterior.as_prior())["ability"] is posterior.blocks["ability"]
    assert default_priors("two-parameter")["discrimination"].log
    assert not paper_priors("two-parameter")["discrimination"].log


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Normal(0, 0), "scale = 0 is not above 0: give a standard deviation"),
        (lambda: Normal(np.nan, 1), "loc = .*nan.* is not finite"),
        (lambda: as_priors("2pl", {}), "model = '2pl': give one of 'two-parameter'"),
        (lambda: as_priors("factorization", {"ability": 1}), "prior of 'ability' is 1: give a posterior.Normal"),
        (lambda: as_priors("factorization", default_priors("two-parameter")), "prior of 'loadings' is None"),
        (lambda: example().mean("loadings"), "no block 'loadings': a two-parameter posterior has ability"),
        (lambda: example().freeze("H"), "no block 'H'"),
        (lambda: example().predict([6], [0]), "student codes must be whole numbers from 0 to 5"),
        (lambda: example().predict([0.5], [0]), "student codes must be whole numbers"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
