"""The recipe is Pyro's own SVI, step for step, and its rule is the one that the released code has."""

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import SVI, Trace_ELBO
from pyro.poutine import trace

from ktlib.data import exams
from ktlib.data.responses import Responses
from ktlib.irt import recipe
from ktlib.irt.recipe import Recipe


class Handed:
    """A generator that hands out what it was given."""

    def __init__(self):
        self.next = []

    def standard_normal(self, shape):
        given = self.next.pop(0)
        assert given.shape == shape
        return given


def program(student, item, correct, students, items, factors):
    """Model and guide in Pyro, as the paper's §3 and the code's README have them: written anew."""
    width = () if factors is None else (factors,)
    shapes = {"theta": (students, *width), "alpha": (items, *width), "beta": (items,)}

    def model():
        z = {
            k: pyro.sample(k, dist.Normal(torch.zeros(s).double(), torch.ones(s).double()).to_event(len(s)))
            for k, s in shapes.items()
        }
        theta, alpha, beta = z["theta"][student], z["alpha"][item], z["beta"][item]
        eta = alpha * (theta - beta) if factors is None else (alpha * theta).sum(-1) - beta
        with pyro.plate("answers", len(correct)):
            pyro.sample("right", dist.Bernoulli(logits=eta), obs=correct)

    def guide():
        positive = dist.constraints.positive
        for k, s in shapes.items():
            if k == "alpha":
                loc = pyro.param("alpha.loc", lambda s=s: torch.ones(s).double(), constraint=positive)
            else:
                loc = pyro.param(f"{k}.loc", lambda s=s: torch.randn(s).double())
            scale = pyro.param(f"{k}.scale", lambda s=s: torch.ones(s).double(), constraint=positive)
            pyro.sample(k, dist.Normal(loc, scale).to_event(len(s)))

    return model, guide


@pytest.mark.parametrize("factors", [None, 3])
def test_every_step_is_the_one_that_pyro_takes(factors):
    rng = np.random.default_rng(0)
    student, item = np.divmod(rng.permutation(30 * 12)[:250], 12)
    correct = rng.integers(0, 2, 250)
    r = Responses(student, item, correct, tuple(range(30)), tuple(range(12)))
    codes = [torch.as_tensor(v) for v in (student, item)]
    pyro.clear_param_store()
    model, guide = program(*codes, torch.as_tensor(correct).double(), 30, 12, factors)
    learner = SVI(model, guide, pyro.optim.Adam({"lr": recipe.RATE}), Trace_ELBO())
    run, handed = Recipe(r, factors, rng=0), Handed()
    trace(guide).get_trace()  # makes the parameters
    store, names = pyro.get_param_store(), {"theta": "ability", "alpha": "slope", "beta": "difficulty"}
    for theirs, ours in names.items():
        if ours != "slope":
            run._loc[ours] = store[f"{theirs}.loc"].detach().numpy().copy().reshape(run._loc[ours].shape)
    run._rng = handed
    for seed in range(40):
        pyro.set_rng_seed(seed)
        nodes = trace(guide).get_trace().nodes
        for theirs, ours in names.items():
            loc, scale = (store[f"{theirs}.{part}"].detach() for part in ("loc", "scale"))
            noise = (nodes[theirs]["value"].detach() - loc) / scale
            handed.next.append(noise.numpy().reshape(run._loc[ours].shape))
        pyro.set_rng_seed(seed)
        assert run.step() == pytest.approx(learner.step(), rel=1e-9)
    for theirs, ours in (("theta", "ability"), ("alpha", "loadings" if factors else "discrimination")):
        np.testing.assert_allclose(run.means[ours], store[f"{theirs}.loc"].detach().numpy(), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        np.exp(run._log_scale["ability"]).ravel(), store["theta.scale"].detach().numpy().ravel(), rtol=1e-6
    )
    pyro.clear_param_store()


@pytest.mark.parametrize(
    "losses, stops",
    [
        ([100, 90, 80, 70], False),  # too short to look
        ([100, 90, 80, 70, 60], False),
        ([100, 90, 89, 89, 89, 89, 88.99], True),
        ([1000, 0, 0, 0, 0, -2.1], False),  # .525 a step, .05% of the first drop is .5
        ([1000, 0, 0, 0, 0, -1.9], True),
        ([1000, 0, 0, 0, 0, 50], True),  # one unlucky draw ends it
    ],
)
def test_the_rule(losses, stops):
    log = exams.exam(answers=300, items=20, students=30, labels=2, skills=2, rng=0)
    run = Recipe(log.responses, rng=0)
    run.losses = losses
    assert run.settled() is stops


def test_run_on_it_finds_the_truth_and_the_same_seed_gives_the_same():
    log = exams.exam(answers=20_000, items=200, by_label=0, by_skill=0, idiosyncratic=0, rng=1)
    runs = [Recipe(log.responses, rng=5) for _ in range(2)]
    for _ in range(400):
        for run in runs:
            run.step()
    assert runs[0].losses == runs[1].losses
    found = runs[0].means
    ease = log.truth.difficulty / log.truth.discrimination
    assert np.corrcoef(found["ability"], log.truth.ability)[0, 1] > 0.8
    assert np.corrcoef(found["difficulty"], ease)[0, 1] > 0.8
    p = runs[0].predict(log.responses.student, log.responses.item)
    assert np.corrcoef(p, log.p_correct)[0, 1] > 0.85


def test_it_refuses_what_cannot_be():
    log = exams.exam(answers=300, items=20, students=30, labels=2, skills=2, rng=0)
    with pytest.raises(ValueError, match="factors"):
        Recipe(log.responses, 0, rng=0)
