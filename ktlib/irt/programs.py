"""The paper's three models of an answer (Shi & Athey 2021), each said once as a Pyro program.

Their sizes, priors and draws need no torch: they are in `ktlib.irt.model`, and offered here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from .._checks import extra, instance
from ..data.responses import Responses
from .model import PAPER, POSITIVE, Model, default, predictor
from .posterior import Normal
from .simulation import prior_predictive, sample_prior, simulate

with extra("bayes", __name__):
    import pyro
    import pyro.distributions as dist
    import torch
    from pyro import poutine

__all__ = ["PAPER", "POSITIVE", "Data", "Model", "default", "factorization", "hierarchical", "predictor",
           "prior_predictive", "program", "sample_prior", "simulate", "two_parameter"]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Data:
    """Answers as tensors: student, item (n,) codes; correct (n,) 1 or 0; weight (n,) or None; how many students, items.

    scale: how often each answer counts: 1, in a minibatch all answers over those in the batch.
    """

    student: torch.Tensor
    item: torch.Tensor
    correct: torch.Tensor
    weight: torch.Tensor | None
    students: int
    items: int
    scale: float = 1.0

    @classmethod
    def of(cls, responses, dtype: torch.dtype = torch.float32) -> Data:
        """From `Responses`; `dtype` is the one that the models compute in."""
        instance(responses, Responses, "responses", "make them with Responses.from_wide or from_frame")
        instance(dtype, torch.dtype, "dtype", "give torch.float32 or torch.float64")
        student, item = (torch.as_tensor(np.asarray(c, dtype=np.int64)) for c in (responses.student, responses.item))
        weight = None if responses.weight is None else torch.tensor(responses.weight, dtype=dtype)
        correct = torch.tensor(responses.correct, dtype=dtype)
        return cls(student, item, correct, weight, len(responses.students), len(responses.items))

    def batch(self, places: torch.Tensor) -> Data:
        """The answers at `places`, each counted so that the batch stands for all."""
        weight = None if self.weight is None else self.weight[places]
        part = (self.student[places], self.item[places], self.correct[places], weight)
        return Data(*part, self.students, self.items, self.scale * len(self.correct) / len(places))


def two_parameter(data: Data, priors: Mapping[str, Normal]) -> None:
    """P(right) = logistic(α(θ − β)): ability θ of the student, discrimination α and difficulty β of the item."""
    with pyro.plate("students", data.students):
        ability = pyro.sample("ability", _prior(priors["ability"], (data.students,), data))
    with pyro.plate("items", data.items):
        discrimination = pyro.sample("discrimination", _prior(priors["discrimination"], (data.items,), data))
        difficulty = pyro.sample("difficulty", _prior(priors["difficulty"], (data.items,), data))
    gap = ability[..., data.student] - difficulty[..., data.item]
    _answer(data, discrimination[..., data.item] * gap)


def factorization(data: Data, priors: Mapping[str, Normal], factors: int) -> None:
    """P(right) = logistic(θ·α − β): K abilities θ of the student, K loadings α and the difficulty β of the item."""
    with pyro.plate("students", data.students):
        ability = pyro.sample("ability", _prior(priors["ability"], (data.students, factors), data))
    with pyro.plate("items", data.items):
        loadings = pyro.sample("loadings", _prior(priors["loadings"], (data.items, factors), data))
        difficulty = pyro.sample("difficulty", _prior(priors["difficulty"], (data.items,), data))
    match = (ability[..., data.student, :] * loadings[..., data.item, :]).sum(-1)
    _answer(data, match - difficulty[..., data.item])


def hierarchical(data: Data, priors: Mapping[str, Normal], factors: int, attributes, mask) -> None:
    """P(right) = logistic(θ·(α ⊕ HX) − β): the item's attributes X (J, A) feed D further loadings through effects H.

    mask: (D, A), True where an entry of H is free; the others are exactly 0 and no parameters.
    """
    x, mask = torch.as_tensor(attributes).to(data.correct), torch.as_tensor(mask)
    with pyro.plate("students", data.students):
        ability = pyro.sample("ability", _prior(priors["ability"], (data.students, factors + len(mask)), data))
    with pyro.plate("items", data.items):
        loadings = pyro.sample("loadings", _prior(priors["loadings"], (data.items, factors), data))
        difficulty = pyro.sample("difficulty", _prior(priors["difficulty"], (data.items,), data))
    with pyro.plate("links", int(mask.sum())):
        free = pyro.sample("effects", _prior(priors["effects"], tuple(mask.shape), data, mask))
    effects = free.new_zeros(free.shape[:-1] + mask.shape).masked_scatter(mask, free)
    whole = torch.cat([loadings, x @ effects.mT], -1)  # α ⊕ HX
    match = (ability[..., data.student, :] * whole[..., data.item, :]).sum(-1)
    _answer(data, match - difficulty[..., data.item])


def _prior(prior: Normal, shape: tuple[int, ...], data: Data, mask=None) -> dist.TorchDistribution:
    """A prior as independent draws of the block's shape, or of its entries where `mask` is True."""
    loc, scale = (torch.tensor(v, dtype=data.correct.dtype).expand(shape) for v in (prior.loc, prior.scale))
    if mask is not None:
        loc, scale = loc[mask], scale[mask]
    return (dist.LogNormal if prior.log else dist.Normal)(loc, scale).to_event(loc.dim() - 1)


def _answer(data: Data, eta: torch.Tensor) -> None:
    """The answers, given the linear predictor η."""
    counts = data.scale if data.weight is None else data.scale * data.weight
    with pyro.plate("answers", len(data.correct)), poutine.scale(scale=counts):
        pyro.sample("correct", dist.Bernoulli(logits=eta), obs=data.correct)


def program(model: Model, priors: Mapping[str, Normal]) -> Callable[[Data], None]:
    """The Pyro program of `model` with everything but the data filled in."""
    if model.name == "two-parameter":
        return partial(two_parameter, priors=priors)
    if model.name == "factorization":
        return partial(factorization, priors=priors, factors=model.factors)
    given = {"attributes": torch.tensor(model.attributes), "mask": torch.tensor(model.mask)}
    return partial(hierarchical, priors=priors, factors=model.factors, **given)
