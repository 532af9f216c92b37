"""A posterior keeps what it was given, predicts by its own uncertainty, and survives the disk; bad ones are refused."""

from dataclasses import replace

import numpy as np
import pytest

from ktlib.irt.fits import Fit
from ktlib.irt.posterior import (
    BLOCKS,
    Normal,
    Posterior,
    as_priors,
    default_priors,
    divergence,
    paper_priors,
)

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


def with_parts(model="two-parameter", **parts):
    """The example with other fields, or another block."""
    posterior = example(model)
    blocks = {name: parts.pop(name) for name in list(parts) if name in posterior.blocks}
    return replace(posterior, **({"blocks": posterior.blocks | blocks} | parts))


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


@pytest.mark.parametrize("lacking", ["difficulty.loc", "attributes", "about", "version", "log", "items"])
def test_a_file_that_lacks_a_part_is_refused(tmp_path, lacking):
    import json

    path = tmp_path / "p.npz"
    example("hierarchical").save(path)
    with np.load(path) as file:
        parts = dict(file)
    about = json.loads(str(parts["about"]))
    about.pop(lacking, None)
    parts["about"] = json.dumps(about)
    parts.pop(lacking, None)
    np.savez(path, **parts)
    with pytest.raises(ValueError, match=r"p\.npz .*: save (it|the posterior) again"):
        Posterior.load(path)


def test_arrays_are_its_own():
    loc = np.zeros(3)
    block = Normal(loc, np.ones(3))
    loc[0] = 7
    assert block.loc[0] == 0
    for array in (block.loc, block.scale, block.mean, example("hierarchical").attributes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_rows_are_found_by_name():
    block = Normal([1.0, 2, 3], [0.1, 0.2, 0.3], names=("a", "b", "c"))
    found = block.at(("c", "a"), "the prior", "item")
    assert list(found.loc) == [3, 1] and list(found.scale) == [0.3, 0.1] and found.names == ("c", "a")
    by_place = Normal([1.0, 2], 1.0)
    assert by_place.at(("c", "a"), "the prior", "item") is by_place
    with pytest.raises(
        ValueError, match=r"the prior says nothing of item 'z' \(1 such of 2\), but of 'a' and 2 others"
    ):
        block.at(("z", "a"), "the prior", "item")


def test_a_fit_names_the_rows_of_its_priors():
    posterior = example()
    priors = default_priors("two-parameter") | {"difficulty": Normal(np.zeros(4), 1.0)}
    named = Fit(posterior, np.zeros(1), True, "", priors).priors
    assert named["difficulty"].names == posterior.items
    assert named["ability"].names is None and named["discrimination"].names is None


def test_representations_are_short():
    posterior = example("hierarchical")
    for thing in (
        posterior,
        Fit(posterior, np.zeros(500), True, "why", posterior.as_prior()),
        Normal(np.zeros(9), 1.0),
    ):
        assert len(repr(thing).splitlines()) < 10 and len(repr(thing)) < 1200
    assert repr(Normal(np.zeros(9), 1.0)).startswith(
        "Normal(loc=float64 array (9,), scale=float64 array (9,), log=False"
    )


def test_a_log_normal_too_wide_for_numbers_says_so():
    prior = Normal(0.0, 100.0, log=True)  # a flat prior: good for a fit, whose mean nobody can write down
    for ask in (lambda: prior.mean, lambda: prior.sd, lambda: Normal(800.0, 1.0, log=True).interval()):
        with pytest.raises(ValueError, match=r"of a log-normal is exp.*too large for a number"):
            ask()


def test_log_normal_moments_and_intervals():
    block = Normal(0.2, 0.5, log=True)
    draws = np.exp(0.2 + 0.5 * np.random.default_rng(0).standard_normal(400_000))
    assert block.mean == pytest.approx(draws.mean(), rel=5e-3)
    assert block.sd == pytest.approx(draws.std(), rel=2e-2)
    np.testing.assert_allclose(block.interval(), np.quantile(draws, [0.025, 0.975]), rtol=1e-2)


def test_priors_and_posteriors_are_one_kind_of_thing():
    posterior = example()
    assert as_priors("two-parameter", posterior.as_prior())["ability"] is posterior.blocks["ability"]
    assert posterior.as_prior(["ability"])["ability"].names == posterior.students
    assert {posterior.blocks[name].names for name in ("discrimination", "difficulty")} == {posterior.items}
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
        (lambda: example().predict([0, 1, 2], [0, 1]), r"student codes have shape \(3,\), item codes \(2,\)"),
        (lambda: example().predict([[0], [1, 2]], [0]), "student codes must be whole numbers"),
        (lambda: example().predict([0], [0], plug_in="no"), "plug_in = 'no': give True or False"),
        (lambda: example().interval("ability", np.nan), "level = nan is not between 0 and 1"),
        (lambda: example().interval("ability", 95), "level = 95 is not between 0 and 1"),
        (lambda: example().as_prior("ability"), r"names = 'ability': give a list such as \['difficulty'\]"),
        (lambda: example().as_prior([["ability"]]), "no block"),
        (lambda: example().save(None), "path = None: give the name of a file"),
        (lambda: Posterior.load([]), "path = .*: give the name of a file"),
        (lambda: Normal(0, 1, log="no"), "log = 'no': give True or False"),
        (lambda: Normal("x", 1), "loc = 'x' is not a number"),
        (lambda: Normal(0, 1j), "scale = 1j is not a number"),
        (lambda: Normal([[1], [1, 2]], 1), "loc = .* is not a number"),
        (lambda: Normal(0, 1e-300), "too far from 1 to be squared"),
        (lambda: Normal(np.zeros(2), np.ones(3)), "give one scale for each loc"),
        (lambda: Normal(np.zeros(2), 1, names=("a",)), r"loc has shape \(2,\) for 1 names"),
        (lambda: Normal(np.zeros(2), 1, names=("a", "a")), "'a' stands twice"),
        (lambda: Normal(np.zeros(2), 1, names="ab"), "names = 'ab': give a list"),
        (lambda: Normal(np.zeros(2), 1, names=("a", np.nan)), "names include nan"),
        (lambda: Normal(np.zeros(2), 1, names=("a", [])), "names include"),
        (lambda: with_parts(students="abcdef"), "students = 'abcdef': give a list"),
        (lambda: with_parts(items=4), "items = 4: give a list"),
        (lambda: with_parts(items=(1, 2, 3, float("nan"))), "items include nan"),
        (lambda: with_parts(items=(1, 2, 3, 3)), "item 3 stands twice"),
        (lambda: with_parts(items=(4, 3, 2, 1)), "block 'discrimination' names others, or in another order"),
        (lambda: with_parts(frozen=("nonsense",)), "frozen = 'nonsense': give one of 'ability'"),
        (lambda: with_parts(frozen="ability"), "frozen = 'ability': give a list"),
        (lambda: with_parts(blocks=5), "blocks = 5: give a dict"),
        (lambda: with_parts(blocks=dict.fromkeys(BLOCKS["two-parameter"], 0)), "block 'ability' = 0: give a posterior"),
        (lambda: with_parts(model=["two-parameter"]), "model = .*: give one of"),
        (lambda: with_parts(attributes=np.ones((4, 2))), "a two-parameter posterior has no attributes"),
        (lambda: with_parts("hierarchical", attributes=None), r"attributes have shape \(\): give 0 or 1"),
        (lambda: with_parts("hierarchical", attributes=np.ones((4, 2))), r"shape \(4, 2\): give 0 or 1 for each of 4"),
        (lambda: with_parts("hierarchical", attributes=np.full((4, 3), 0.5)), "give 0 or 1 for each of 4 items"),
        (lambda: with_parts("factorization", ability=Normal(np.zeros((6, 3)), 1)), "abilities need a column for each"),
        (
            lambda: with_parts("factorization", ability=Normal(np.zeros(6), 1)),
            r"'ability' has shape \(6,\), not 2 axes",
        ),
        (lambda: as_priors("two-parameter", 5), "priors = 5: give a dict"),
        (lambda: as_priors(["x"], {}), "model = .*: give one of"),
        (lambda: divergence(Normal(0, 1), 5), "prior = 5: give a posterior.Normal"),
        (lambda: divergence(Normal(np.zeros(2), 1), Normal(np.zeros(3), 1)), r"block has shape \(2,\), prior \(3,\)"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
