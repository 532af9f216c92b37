"""Draws from the exact posterior, by the no-U-turn sampler on the Pyro programs: the judge of the quicker ways."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .. import _checks as checks
from ._signs import signs
from .model import ABSENT, Model
from .posterior import Normal, Posterior

with checks.extra("bayes", __name__):
    import torch
    from pyro.infer import MCMC, NUTS
    from pyro.ops.stats import split_gelman_rubin

    from .programs import Data, program
    from .svi import MOST, isolated


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws from the exact posterior.

    samples: block -> (chains * samples, ...), chain after chain, signs as in `ktlib.irt.model`. r_hat: block -> split
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


def fit(
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
    one after the other. The rest as in `svi.fit`.
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
    with isolated(rng), warnings.catch_warnings():
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
