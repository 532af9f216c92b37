"""Stochastic variational inference on the models' Pyro programs. Signs are turned as `model` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from tqdm.auto import tqdm

from .. import _checks as checks
from ._signs import fix_signs
from ._starts import check_start, starting_values, unpack_effects
from .fits import Fit
from .model import Model
from .posterior import Normal, Posterior

with checks.extra("bayes", __name__):
    import pyro
    import pyro.distributions as dist
    import torch
    from pyro.infer import SVI, TraceMeanField_ELBO
    from pyro.optim import ExponentialLR

    from .programs import Data, program

MOST = 10_000_000  # steps or draws; more is a slip of the finger
__all__ = ["Fit", "fit"]


def fit(
    responses,
    model: str = "two-parameter",
    *,
    priors: Mapping[str, Normal] | None = None,
    factors: int | None = None,
    attributes=None,
    mask=None,
    start: Posterior | None = None,
    frozen: Iterable[str] = (),
    max_steps: int = 300,
    rate: tuple[float, float] = (0.1, 0.001),
    particles: int = 8,
    batch: int | None = None,
    rule: str = "safe",
    tol: float | None = None,
    rng,
    progress: bool = False,
) -> Fit:
    """Stochastic variational inference: independent normals, fitted by Adam on the ELBO's noisy gradient (Pyro).

    responses: `Responses`. model, priors, factors, attributes, mask: see `ktlib.irt.programs`; priors by default
    `irt.default(model)`, or a posterior's `as_prior()`. start: a posterior to begin at, by default the scores with
    spreads of 0.3. frozen: blocks that keep the belief they have in `start`, see `ascent.fit`. max_steps: at most
    so many. rate: of learning, at the first and last step, falling exponentially. particles: draws a step. batch:
    answers a step, by default all. rule: "safe" takes all steps and has converged if less than `tol` nats are left to
    gain (`_left`), by default half a nat, or 0.0001 an answer where that is more. "paper" is the rule of Shi & Athey
    (2021): stop when the loss changed, on average over the last 5 losses, by less than the share `tol` of its
    first change; by default 0.001, their 0.1 % (section 6); 0.0005 is the 0.05 % of their section 7. rng: seed or
    generator; the same seed, the same fit. progress: show a bar.

    `Fit.trace` has one noisy ELBO a step. Raises ValueError for settings that cannot be, before any work.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    frozen = checks.frozen_blocks(frozen, start, model)
    max_steps, particles = checks.whole(max_steps, "max_steps", 1, MOST), checks.whole(particles, "particles", 1)
    batch = len(responses) if batch is None else min(checks.whole(batch, "batch", 1), len(responses))
    first, last = _rates(rate)
    rule, progress = checks.one_of(rule, ("safe", "paper"), "rule"), checks.flag(progress, "progress")
    usual = {"safe": max(0.5, 1e-4 * len(responses)), "paper": 0.001}
    tol = usual[rule] if tol is None else checks.not_negative(tol, "tol")
    checks.fits_in_memory(particles * (batch + sum(map(np.prod, kind.shapes.values()))), f"particles = {particles}")
    rng = checks.generator(rng)
    if start is None:
        begin = starting_values(kind, responses, priors, rng)
    else:
        begin = check_start(kind, start, responses, priors, frozen)

    data, losses = Data.of(responses), []
    guide = _guide(begin, frozen)
    settings = {"optimizer": torch.optim.Adam, "optim_args": {"lr": first}, "gamma": (last / first) ** (1 / max_steps)}
    with isolated(rng):
        bound = TraceMeanField_ELBO(particles, max_plate_nesting=1, vectorize_particles=particles > 1)
        optimiser = ExponentialLR(settings)
        learner = SVI(program(kind, priors), guide, optimiser, bound)
        parts = _batches(data, batch)
        for _ in tqdm(range(max_steps), unit="step", disable=not progress):
            losses.append(learner.step(next(parts)))
            optimiser.step()
            settled = rule == "paper" and _settled(losses, tol)
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
    blocks, priors = fix_signs(kind, priors, unpack_effects(kind, blocks), priors, frozen)
    posterior = Posterior(model, blocks, responses.students, responses.items, kind.attributes, frozen)
    told = f"{len(losses)} steps taken"
    if settled:
        told = f"step {len(losses)}: the last 5 losses changed, on average, by less than {tol:g} of the first change"
    converged = settled if rule == "paper" else left < tol
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
def isolated(rng: np.random.Generator):
    """Pyro with parameters, random numbers and settings of its own; the caller's are as before afterwards."""
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope(), pyro.validation_enabled(False):
        torch.default_generator.manual_seed(int(rng.integers(2**63)))
        yield
