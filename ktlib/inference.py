"""Two ways to a posterior straight from the models' Pyro programs: variational inference, and NUTS to judge it.

Both turn signs as `ktlib.models` says.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from . import checks
from .models import ABSENT, Model, linked, oriented, predictor, sample_prior, scores, signs, unlinked
from .posterior import Fit, Normal, Posterior, divergence
from .starts import checked

with checks.extra("bayes", __name__):
    import pyro
    import pyro.distributions as dist
    import torch
    from pyro.infer import MCMC, NUTS, SVI, TraceMeanField_ELBO
    from pyro.ops.stats import split_gelman_rubin
    from pyro.optim import ExponentialLR

    from .irt import Data, program

MOST = 10_000_000  # steps or draws; more is a slip of the finger
__all__ = ["Draws", "Fit", "elbo", "nuts", "svi"]


def svi(
    responses,
    model: str = "two-parameter",
    *,
    priors: Mapping[str, Normal] | None = None,
    factors: int | None = None,
    attributes=None,
    mask=None,
    start: Posterior | None = None,
    frozen: Iterable[str] = (),
    steps: int = 300,
    rate: tuple[float, float] = (0.1, 0.001),
    particles: int = 8,
    batch: int | None = None,
    rule: str = "safe",
    tolerance: float | None = None,
    rng,
    progress: bool = False,
) -> Fit:
    """Stochastic variational inference: independent normals, fitted by Adam on the ELBO's noisy gradient (Pyro).

    responses: `Responses`. model, priors, factors, attributes, mask: see `ktlib.irt`; priors by default
    `irt.default(model)`, or a posterior's `as_prior()`. start: a posterior to begin at, by default the scores with
    spreads of 0.3. frozen: blocks that keep the belief they have in `start`, see `coordinate_ascent`. steps: at most so
    many. rate: of learning, at the first and last step, falling exponentially. particles: draws a step. batch: answers
    a step, by default all. rule: "safe" takes all steps and has converged if less than `tolerance` nats are left to
    gain (`_left`), by default half a nat, or 0.0001 an answer where that is more. "paper" is the rule of Shi & Athey
    (2021): stop when the loss changed, on average over the last 5 losses, by less than the share `tolerance` of its
    first change; by default 0.001, their 0.1 % (section 6); 0.0005 is the 0.05 % of their section 7. rng: seed or
    generator; the same seed, the same fit. progress: show a bar.

    `Fit.trace` has one noisy ELBO a step. Raises ValueError for settings that cannot be, before any work.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    frozen = checks.frozen_blocks(frozen, start, model)
    steps, particles = checks.whole(steps, "steps", 1, MOST), checks.whole(particles, "particles", 1)
    batch = len(responses) if batch is None else min(checks.whole(batch, "batch", 1), len(responses))
    first, last = _rates(rate)
    rule, progress = checks.one_of(rule, ("safe", "paper"), "rule"), checks.flag(progress, "progress")
    usual = {"safe": max(0.5, 1e-4 * len(responses)), "paper": 0.001}
    tolerance = usual[rule] if tolerance is None else checks.not_negative(tolerance, "tolerance")
    checks.fits_in_memory(particles * (batch + sum(map(np.prod, kind.shapes.values()))), f"particles = {particles}")
    rng = checks.generator(rng)
    begin = scores(kind, responses, priors, rng) if start is None else checked(kind, start, responses, priors, frozen)

    data, losses = Data.of(responses), []
    guide = _guide(begin, frozen)
    settings = {"optimizer": torch.optim.Adam, "optim_args": {"lr": first}, "gamma": (last / first) ** (1 / steps)}
    with _isolated(rng):
        bound = TraceMeanField_ELBO(particles, max_plate_nesting=1, vectorize_particles=particles > 1)
        optimiser = ExponentialLR(settings)
        learner = SVI(program(kind, priors), guide, optimiser, bound)
        parts = _batches(data, batch)
        for _ in tqdm(range(steps), unit="step", disable=not progress):
            losses.append(learner.step(next(parts)))
            optimiser.step()
            settled = rule == "paper" and _settled(losses, tolerance)
            if settled:
                break
        left = _left(learner, data, batch)
        found = pyro.get_param_store()
        blocks = {
            name: block
            if name in frozen
            else Normal(*(found[f"{name}.{part}"].detach().double().numpy() for part in ("loc", "scale")), block.log)
            for name, block in begin.items()
        }
    blocks, priors = oriented(kind, priors, unlinked(kind, blocks), priors, frozen)
    posterior = Posterior(model, blocks, responses.students, responses.items, kind.attributes, frozen)
    told = f"{len(losses)} steps taken"
    if settled:
        told = (
            f"step {len(losses)}: the last 5 losses changed, on average, by less than {tolerance:g} of the first change"
        )
    converged = settled if rule == "paper" else left < tolerance
    return Fit(
        posterior, -np.array(losses), bool(converged), f"{told}; about {max(left, 0):.2g} nats left to gain", priors
    )


def _guide(start: Mapping[str, Normal], frozen):
    """Mean-field: for every number a normal of its own, or a log-normal, whose two parameters are learnt."""

    def guide(data: Data) -> None:
        for name, block in start.items():
            loc, scale = (torch.tensor(v, dtype=data.correct.dtype) for v in (block.loc, block.scale))
            if name not in frozen:
                loc = pyro.param(f"{name}.loc", loc)
                scale = pyro.param(f"{name}.scale", scale, constraint=dist.constraints.positive)
            with pyro.plate(f"each {name}", len(loc)):
                belief = dist.LogNormal if block.log else dist.Normal
                pyro.sample(name, belief(loc, scale).to_event(loc.dim() - 1))

    return guide


def _batches(data: Data, size: int) -> Iterator[Data]:
    """All the answers, or for ever minibatches: each answer once, in random order, before the next round."""
    n = len(data.correct)
    while True:
        if size == n:
            yield data
        else:
            for part in torch.randperm(n)[: n - n % size].split(size):
                yield data.batch(part)


def _settled(losses: list[float], tolerance: float) -> bool:
    """The paper's rule, as its code has it: the mean of the 4 drops between the last 5 losses is below a share of the
    first change."""
    return len(losses) > 4 and (losses[-5] - losses[-1]) / 4 < tolerance * abs(losses[0] - losses[1])


def _left(learner: SVI, data: Data, batch: int) -> float:
    """About how many nats the ELBO could still gain: ½ gᵀC⁻¹g with its gradient g and, as for a parabola, curvature C.

    The curvature is 1 / spread² for a mean and 2 for the logarithm of a spread. The two g are independent estimates, so
    that their noise averages out and does not add up. On the recovery designs within a factor of 2 of the truth, where
    that is more than a third of a nat.
    """
    unknown, halves = dict(pyro.get_param_store().named_parameters()), []
    rounds = max(8, len(data.correct) // batch)
    for _ in range(2):
        parts = _batches(data, batch)
        for value in unknown.values():
            value.grad = None
        for _ in range(rounds):
            learner.loss_and_grads(learner.model, learner.guide, next(parts))
        halves.append({name: value.grad / rounds for name, value in unknown.items()})
    gain = 0.0
    for name in unknown:
        block, part = name.split(".")
        curvature = 2.0 if part == "scale" else torch.exp(-2 * unknown[f"{block}.scale"].detach())
        gain += float((halves[0][name] * halves[1][name] / curvature).sum()) / 2
    return gain


def _rates(rate) -> tuple[float, float]:
    rates = checks.numbers(rate, "rate")
    if rates.shape != (2,) or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(f"rate = {rate!r}: give two numbers above 0, the first and the last, such as (0.1, 0.001)")
    return tuple(rates.tolist())


@contextmanager
def _isolated(rng: np.random.Generator):
    """Pyro with parameters, random numbers and settings of its own; the caller's are as before afterwards."""
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope(), pyro.validation_enabled(False):
        torch.default_generator.manual_seed(int(rng.integers(2**63)))
        yield


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws from the exact posterior.

    samples: block -> (chains * samples, ...), chain after chain, signs as in `ktlib.models`. r_hat: block -> split
    R-hat of every number; near 1 when chains, and the halves of each, agree. divergences: how many draws diverged; any
    is a warning. model, students, items, attributes: as in `Posterior`. logs: blocks whose prior is log-normal.
    """

    model: str
    samples: dict[str, np.ndarray]
    r_hat: dict[str, np.ndarray]
    divergences: int
    students: tuple
    items: tuple
    attributes: np.ndarray | None
    logs: tuple[str, ...]

    def posterior(self) -> Posterior:
        """Independent normals (log-normals where the prior is one) with the draws' means and standard deviations."""
        blocks = {}
        for name, draws in self.samples.items():
            mean, sd = draws.mean(0), np.maximum(draws.std(0, ddof=1), ABSENT)
            if name in self.logs:
                spread = np.log1p((sd / mean) ** 2)
                blocks[name] = Normal(np.log(mean) - spread / 2, np.sqrt(spread), log=True)
            else:
                blocks[name] = Normal(mean, sd)
        return Posterior(self.model, blocks, self.students, self.items, self.attributes)


def nuts(
    responses,
    model: str = "two-parameter",
    *,
    priors: Mapping[str, Normal] | None = None,
    factors: int | None = None,
    attributes=None,
    mask=None,
    warmup: int = 300,
    samples: int = 500,
    chains: int = 1,
    rng,
) -> Draws:
    """Draws from the exact posterior by the no-U-turn sampler (Hoffman & Gelman 2014; Pyro), for small data.

    Seconds for a thousand answers. warmup, samples: draws a chain, the first of them to tune and throw away. Chains run
    one after the other. The rest as in `svi`.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    sizes = {
        "warmup_steps": checks.whole(warmup, "warmup", 1, MOST),
        "num_samples": checks.whole(samples, "samples", 4, MOST),
    }
    chains, rng = checks.whole(chains, "chains", 1), checks.generator(rng)
    numbers = chains * sizes["num_samples"] * sum(map(np.prod, kind.shapes.values()))
    checks.fits_in_memory(numbers, f"{chains} x {samples} samples")
    data, found, divergences = Data.of(responses, torch.float64), [], 0
    with _isolated(rng), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.trace", DeprecationWarning)
        for _ in range(chains):
            kernel = NUTS(program(kind, priors), jit_compile=True, ignore_jit_warnings=True)
            chain = MCMC(kernel, **sizes, disable_progbar=True)
            chain.run(data)
            found.append({name: draws.numpy() for name, draws in chain.get_samples().items()})
            divergences += sum(map(len, chain.diagnostics()["divergences"].values()))
    values = {name: np.concatenate([part[name] for part in found]) for name in kind.shapes}
    if kind.mask is not None:
        effects = np.zeros((len(values["ability"]), *kind.mask.shape))
        effects[:, kind.mask] = values["effects"]
        values["effects"] = effects
    turn = signs(kind, priors, values)
    values = {name: draws * turn[name] for name, draws in values.items()}
    r_hat = {
        name: split_gelman_rubin(torch.as_tensor(draws.reshape(chains, -1, *draws.shape[1:]))).numpy()
        for name, draws in values.items()
    }
    logs = tuple(name for name in values if priors[name].log)
    return Draws(model, values, r_hat, divergences, responses.students, responses.items, kind.attributes, logs)


def elbo(posterior: Posterior, responses, priors=None, *, particles: int = 4000, rng) -> tuple[float, float]:
    """The ELBO of any posterior, in nats, and its Monte Carlo standard error: the higher, the better the fit.

    E log p(answers), each answer's weight times, by `particles` draws, less the exact KL divergence to the priors
    (default: `irt.default`).
    """
    checks.instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")
    shape = {"attributes": posterior.attributes}
    if "loadings" in posterior.blocks:
        shape["factors"] = posterior.blocks["loadings"].loc.shape[1]
    if "effects" in posterior.blocks:
        shape["mask"] = posterior.blocks["effects"].scale > ABSENT
    kind = Model.of(posterior.model, responses, **shape)
    priors = kind.priors(priors)
    blocks = checked(kind, posterior, responses, priors)
    beliefs = linked(kind, {name: kind.spread(priors, name) for name in kind.shapes})
    rng, left = checks.generator(rng), checks.whole(particles, "particles", 2)
    checks.fits_in_memory(left, f"particles = {left}", most=1e8)
    weight = np.ones(len(responses)) if responses.weight is None else responses.weight
    most = max(1, 4_000_000 // (len(responses) * posterior.blocks["ability"].loc[0].size))  # draws at once
    sign, found = 2.0 * responses.correct - 1, []
    while left:
        values = sample_prior(kind, posterior.blocks, draws=min(left, most), rng=rng)
        eta = predictor(values, responses.student, responses.item, kind.attributes)
        found.append(-np.logaddexp(0, -sign * eta) @ weight)
        left -= min(left, most)
    found = np.concatenate(found)
    cost = sum(divergence(blocks[name], beliefs[name]) for name in blocks)
    return float(found.mean() - cost), float(found.std(ddof=1) / np.sqrt(particles))
