"""What a Bayesian fit believes: an independent normal for every number, in named blocks.

A `Normal` is also how priors are written, so a posterior can be the prior of the next fit: its blocks carry the names
of students and items, and find these again in any order.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.special import expit

from .._checks import flag, instance, listed, mapping, numbers, one_of, short
from .priors import BLOCKS, Normal, as_priors, blocks_of, default_priors, distinct, divergence, paper_priors

__all__ = ["BLOCKS", "Fit", "Normal", "Posterior", "as_priors", "default_priors", "divergence", "paper_priors"]
VERSION = 1
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class Posterior:
    """The belief about every number of a model.

    model: "two-parameter", "factorization" or "hierarchical". blocks: name -> `Normal`; which names, and their shapes,
    `BLOCKS` and `programs` say; rows of students and items are given their names. students, items: names, in the order
    of the blocks. attributes: hierarchical only, the (items, attributes) array of 0 and 1. frozen: blocks that a fit
    must leave as they are. Raises ValueError for parts that do not fit together.
    """

    model: str
    blocks: dict[str, Normal]
    students: tuple
    items: tuple
    attributes: np.ndarray | None = None
    frozen: tuple[str, ...] = field(default=())

    __repr__ = short

    def __post_init__(self):
        names, blocks = blocks_of(self.model), mapping(self.blocks, "blocks", '{"ability": Normal(loc, scale), ...}')
        if set(blocks) != set(names):
            raise ValueError(
                f"a {self.model} model has the blocks {', '.join(names)}, not {', '.join(map(str, blocks))}"
            )
        for name, block in blocks.items():
            instance(block, Normal, f"block {name!r}", "give a posterior.Normal(loc, scale)")
        students, items = distinct(self.students, "students"), distinct(self.items, "items")
        rows = {"ability": students} | dict.fromkeys(("loadings", "discrimination", "difficulty"), items)
        deep = {"ability": 1 + (self.model != "two-parameter"), "loadings": 2, "effects": 2}
        for name, block in blocks.items():
            shape, who = block.loc.shape, rows.get(name)
            if len(shape) != deep.get(name, 1) or (who is not None and len(who) != shape[0]):
                of = "" if who is None else f" for {len(who)} names: its first axis must match them"
                raise ValueError(f"block {name!r} has shape {shape}, not {deep.get(name, 1)} axes{of}")
            if who is not None and block.names not in (None, who):
                raise ValueError(f"block {name!r} names others, or in another order, than the posterior: give these")
            blocks[name] = block if who is None or block.names else replace(block, names=who)
        attributes = _attributes(self.model, self.attributes, blocks)
        frozen = listed(self.frozen, "frozen", "['difficulty']")
        for name in frozen:
            one_of(name, names, "frozen")
        own = {"blocks": blocks, "students": students, "items": items, "attributes": attributes, "frozen": frozen}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def mean(self, name: str) -> np.ndarray:
        """Posterior mean of a block, on the quantity's own scale."""
        return self._block(name).mean

    def sd(self, name: str) -> np.ndarray:
        """Posterior standard deviation of a block, on the quantity's own scale."""
        return self._block(name).sd

    def interval(self, name: str, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central intervals of a block."""
        return self._block(name).interval(level)

    def as_prior(self, names: Iterable[str] | None = None) -> dict[str, Normal]:
        """The blocks `names` (default: all) as priors of a next fit, which finds students and items by their names."""
        names = self.blocks if names is None else listed(names, "names", "['difficulty']")
        return {name: self._block(name) for name in names}

    def freeze(self, *names: str) -> Posterior:
        """The same belief with the blocks `names` marked: a fit that starts here leaves them as they are.

        Such a fit may have other students (or, with abilities frozen, other items) than this posterior.
        """
        for name in names:
            self._block(name)
        return replace(self, frozen=tuple(dict.fromkeys(self.frozen + names)))

    def predict(self, student, item, *, plug_in: bool = False) -> np.ndarray:
        """P(right answer) of students to items.

        student, item: integer codes, places in `students` and `items`, of shapes that go together. plug_in: use
        posterior means only; else the belief's uncertainty is averaged over (the predictor's mean and variance, then
        15 nodes), which draws forecasts towards one half. Raises ValueError for codes that do not exist.
        """
        plug_in, (mean, variance) = flag(plug_in, "plug_in"), self.predictor(student, item)
        if plug_in:
            return expit(mean)
        return expit(mean[..., None] + np.sqrt(variance)[..., None] * _NODES) @ _WEIGHTS

    def predictor(self, student, item) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the linear predictor η, closed-form under the independent normals; codes as above."""
        student, item = _codes(student, len(self.students), "student"), _codes(item, len(self.items), "item")
        try:
            student, item = np.broadcast_arrays(student, item)
        except ValueError:
            raise ValueError(
                f"student codes have shape {student.shape}, item codes {item.shape}: give one of each an answer"
            ) from None
        b = {name: (block.mean, block.sd**2) for name, block in self.blocks.items()}
        theta, theta_var = (v[student] for v in b["ability"])
        beta, beta_var = (v[item] for v in b["difficulty"])
        if self.model == "two-parameter":
            alpha, alpha_var = (v[item] for v in b["discrimination"])
            gap, gap_var = theta - beta, theta_var + beta_var
            return alpha * gap, alpha**2 * gap_var + alpha_var * (gap**2 + gap_var)
        load, load_var = self.loadings()
        load, load_var = load[item], load_var[item]
        mean = (theta * load).sum(-1) - beta
        return mean, (theta**2 * load_var + theta_var * (load**2 + load_var)).sum(-1) + beta_var

    def loadings(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each item's whole loading, α or for hierarchical models α ⊕ HX: (items, coordinates)."""
        own = self.blocks["loadings"].mean, self.blocks["loadings"].sd ** 2
        if self.model != "hierarchical":
            return own
        effects = self.blocks["effects"]
        fed = self.attributes @ effects.mean.T, self.attributes**2 @ (effects.sd**2).T
        return tuple(np.concatenate([a, h], axis=1) for a, h in zip(own, fed, strict=True))

    def save(self, path) -> None:
        """Write to an .npz file, without pickle: names are kept as JSON."""
        instance(path, str | os.PathLike, "path", 'give the name of a file, such as "posterior.npz"')
        arrays = {
            f"{name}.{part}": getattr(block, part) for name, block in self.blocks.items() for part in ("loc", "scale")
        }
        if self.attributes is not None:
            arrays["attributes"] = self.attributes
        about = {
            "version": VERSION,
            "model": self.model,
            "log": [name for name, block in self.blocks.items() if block.log],
            "students": _plain(self.students, "students"),
            "items": _plain(self.items, "items"),
            "frozen": self.frozen,
        }
        with open(path, "wb") as file:
            np.savez_compressed(file, about=json.dumps(about), **arrays)

    @classmethod
    def load(cls, path, model: str | None = None) -> Posterior:
        """Read what `save` wrote. model: the model expected, if any.

        Raises ValueError for a file that is cut short, is no posterior, has another version, or holds another model.
        """
        path = Path(instance(path, str | os.PathLike, "path", 'give the name of a file, such as "posterior.npz"'))
        model = None if model is None else one_of(model, BLOCKS, "model")
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            about = json.loads(str(arrays.pop("about")))
            version = about["version"]
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise
        except Exception as error:
            raise ValueError(
                f"{path} is cut short or no saved posterior ({type(error).__name__}): save it again"
            ) from error
        if version != VERSION:
            raise ValueError(f"{path} has format version {version}, not {VERSION}: fit and save it again")
        try:
            own = blocks_of(about["model"])
            blocks = {
                name: Normal(arrays[f"{name}.loc"], arrays[f"{name}.scale"], name in about["log"]) for name in own
            }
            names = {key: tuple(about[key]) for key in ("students", "items", "frozen")}
            found = cls(model=about["model"], blocks=blocks, attributes=arrays.get("attributes"), **names)
        except (KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else f"does not fit together ({error})"
            raise ValueError(f"{path} {what}: save the posterior again") from error
        if model is not None and found.model != model:
            raise ValueError(f"{path} holds a {found.model} model, not a {model} one: load the file of that model")
        return found

    def _block(self, name: str) -> Normal:
        if not isinstance(name, str) or name not in self.blocks:
            raise ValueError(f"no block {name!r}: a {self.model} posterior has {', '.join(self.blocks)}")
        return self.blocks[name]


@dataclass(frozen=True, eq=False)
class Fit:
    """A Bayesian fit.

    trace: what the fit climbed, in nats, at its start and after each sweep, or at each step. For `svi` a noisy estimate
    of the ELBO. For `ascent.fit` the ELBO as if each answer's predictor η were normal with the mean and variance
    that it has; up to 50,000 answers the two-parameter model goes on with the ELBO itself: the last stage of its trace.
    Traces of two models cannot be compared; `elbo` can.

    elbo: the ELBO at the end, by one yardstick for all models: the predictor's true shape counts, up to a remainder
    that is small where spreads are (it needs no draws; `ktlib.irt.svi.elbo`, which draws, agrees). It is that of the
    mean-field belief, before spreads are calibrated. None from `svi`. converged, reason: whether it stopped by itself,
    and why. priors: block -> prior, as learned where that was asked, with the names of students and items.
    """

    posterior: Posterior
    trace: np.ndarray
    converged: bool
    reason: str
    priors: dict[str, Normal] | None = None
    elbo: float | None = None

    __repr__ = short

    def __post_init__(self):
        if self.priors is not None:
            object.__setattr__(self, "priors", {n: self._named(n, prior) for n, prior in self.priors.items()})

    def _named(self, name: str, prior: Normal) -> Normal:
        """The prior with the names of its block, if it has a row for each."""
        block = self.posterior.blocks[name]
        rows = prior.loc.ndim == block.loc.ndim and len(prior.loc) == len(block.loc)
        return replace(prior, names=block.names) if rows and prior.names is None else prior


def _attributes(model: str, attributes, blocks: Mapping[str, Normal]) -> np.ndarray | None:
    """An own, read-only copy of the attributes, of a shape that goes with the blocks' coordinates."""
    if model != "two-parameter":
        shapes = {name: block.loc.shape for name, block in blocks.items()}
        more, kinds = shapes.get("effects", (0, 0))
        if shapes["ability"][1] != shapes["loadings"][1] + more:
            raise ValueError(f"blocks have shapes {shapes}: abilities need a column for each factor and row of effects")
    if model != "hierarchical":
        if attributes is not None:
            raise ValueError(f"a {model} posterior has no attributes: leave them out")
        return None
    attributes = np.array(numbers(attributes, "attributes"))
    if attributes.shape != (shapes["loadings"][0], kinds) or not np.isin(attributes, (0, 1)).all():
        raise ValueError(
            f"attributes have shape {attributes.shape}: give 0 or 1 for each of {shapes['loadings'][0]} items and "
            f"{kinds} attributes"
        )
    attributes.setflags(write=False)
    return attributes


def _codes(codes, n: int, what: str) -> np.ndarray:
    try:
        codes = np.asarray(codes)
    except ValueError:  # lists of different lengths
        codes = np.empty(1)
    if codes.dtype.kind not in "iu" or (codes.size and not 0 <= codes.min() <= codes.max() < n):
        raise ValueError(
            f"{what} codes must be whole numbers from 0 to {n - 1}: look names up in the posterior's {what}s"
        )
    return codes


def _plain(names: tuple, what: str) -> list:
    plain = [n.item() if isinstance(n, np.generic) else n for n in names]
    bad = [n for n in plain if not isinstance(n, str | int | float)]
    if bad:
        raise ValueError(f"{what} include {bad[0]!r}: only text and numbers can be saved as names")
    return plain
