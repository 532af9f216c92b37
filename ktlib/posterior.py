"""What a Bayesian fit believes: an independent normal for every number, in named blocks.

A `Normal` is also how priors are written, so a posterior can be the prior of the next fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

VERSION = 1
BLOCKS = {
    "two-parameter": ("ability", "discrimination", "difficulty"),
    "factorization": ("ability", "loadings", "difficulty"),
    "hierarchical": ("ability", "loadings", "effects", "difficulty"),
}
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class Normal:
    """Independent normals; with `log`, independent log-normals: then loc and scale are those of the logarithm.

    loc, scale: numbers or arrays of one shape; scale above 0. Raises ValueError naming a scale of 0 or less, or a value
    that is not finite.
    """

    loc: np.ndarray | float
    scale: np.ndarray | float
    log: bool = False

    def __post_init__(self):
        loc, scale = (np.asarray(v, dtype=float) for v in (self.loc, self.scale))
        if not np.isfinite(loc).all():
            raise ValueError(f"loc = {loc[~np.isfinite(loc)].flat[0]!r} is not finite: give a number")
        good = np.isfinite(scale) & (scale > 0)
        if not good.all():
            raise ValueError(f"scale = {scale[~good].flat[0]:g} is not above 0: give a standard deviation")
        if loc.shape != scale.shape:
            try:
                loc, scale = np.broadcast_arrays(loc, scale)
            except ValueError:
                raise ValueError(
                    f"loc has shape {loc.shape}, scale {scale.shape}: give one scale for each loc"
                ) from None
        object.__setattr__(self, "loc", loc)
        object.__setattr__(self, "scale", scale)

    @property
    def mean(self) -> np.ndarray:
        """Mean of the quantity itself, on its own scale."""
        return np.exp(self.loc + self.scale**2 / 2) if self.log else self.loc

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of the quantity itself, on its own scale."""
        return self.mean * np.sqrt(np.expm1(self.scale**2)) if self.log else self.scale

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central interval that holds `level` of the belief."""
        from statistics import NormalDist

        half = NormalDist().inv_cdf((1 + level) / 2) * self.scale
        ends = self.loc - half, self.loc + half
        return tuple(np.exp(e) for e in ends) if self.log else ends


def divergence(block: Normal, prior: Normal) -> float:
    """KL divergence of independent normals from their prior, in nats (the same on the log scale)."""
    for value in (block, prior):
        if not isinstance(value, Normal):
            raise ValueError(f"a divergence is between two posterior.Normal: {type(value).__name__} is none")
    if block.log != prior.log:
        raise ValueError("a log-normal block needs a log-normal prior, and a normal one a normal prior")
    ratio = block.scale / prior.scale
    shift = (block.loc - prior.loc) / prior.scale
    return float(0.5 * (ratio**2 + shift**2 - 1 - 2 * np.log(ratio)).sum())


@dataclass(frozen=True, eq=False)
class Posterior:
    """The belief about every number of a model.

    model: "two-parameter", "factorization" or "hierarchical". blocks: name -> `Normal`; which names, and their shapes,
    `BLOCKS` and `ktlib.irt` say. students, items: names, in the order of the blocks. attributes: hierarchical only, the
    (items, attributes) array of 0 and 1. frozen: blocks that a fit must leave as they are.
    """

    model: str
    blocks: dict[str, Normal]
    students: tuple
    items: tuple
    attributes: np.ndarray | None = None
    frozen: tuple[str, ...] = field(default=())

    def __post_init__(self):
        if set(self.blocks) != set(_blocks(self.model)):
            raise ValueError(
                f"a {self.model} model has the blocks {', '.join(BLOCKS[self.model])}, not {', '.join(self.blocks)}"
            )
        rows = {"ability": len(self.students), "loadings": len(self.items), "discrimination": len(self.items),
                "difficulty": len(self.items)}  # fmt: skip
        for name, n in rows.items():
            if name in self.blocks and self.blocks[name].loc.shape[:1] != (n,):
                shape = self.blocks[name].loc.shape
                raise ValueError(f"block {name!r} has shape {shape} for {n} names: its first axis must match them")

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
        """The blocks `names` (default: all) as priors of a next fit."""
        return {name: self._block(name) for name in (self.blocks if names is None else names)}

    def freeze(self, *names: str) -> Posterior:
        """The same belief with the blocks `names` marked: a fit that starts here leaves them as they are."""
        for name in names:
            self._block(name)
        return replace(self, frozen=tuple(dict.fromkeys(self.frozen + names)))

    def predict(self, student, item, *, plug_in: bool = False) -> np.ndarray:
        """P(right answer) of students to items.

        student, item: integer codes, places in `students` and `items`, of one shape. plug_in: use posterior means only;
        else the belief's uncertainty is averaged over (the predictor's mean and variance, then 15 nodes), which draws
        forecasts towards one half. Raises ValueError for codes that do not exist.
        """
        student, item = (_codes(c, len(n), k) for c, n, k in (
            (student, self.students, "student"), (item, self.items, "item")))  # fmt: skip
        mean, variance = self.predictor(student, item)
        if plug_in:
            variance = np.zeros_like(mean)
        eta = mean[..., None] + np.sqrt(variance)[..., None] * _NODES
        return (1 / (1 + np.exp(-eta))) @ _WEIGHTS

    def predictor(self, student: np.ndarray, item: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the linear predictor η, closed-form under the independent normals."""
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
        path = Path(path)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            about = json.loads(str(arrays.pop("about")))
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(
                f"{path} is cut short or no saved posterior ({type(error).__name__}): save it again"
            ) from error
        if about["version"] != VERSION:
            raise ValueError(f"{path} has format version {about['version']}, not {VERSION}: fit and save it again")
        if model is not None and about["model"] != model:
            raise ValueError(f"{path} holds a {about['model']} model, not a {model} one: load the file of that model")
        blocks = {
            name: Normal(arrays[f"{name}.loc"], arrays[f"{name}.scale"], name in about["log"])
            for name in BLOCKS[about["model"]]
        }
        names = {key: tuple(about[key]) for key in ("students", "items", "frozen")}
        return cls(model=about["model"], blocks=blocks, attributes=arrays.get("attributes"), **names)

    def _block(self, name: str) -> Normal:
        if name not in self.blocks:
            raise ValueError(f"no block {name!r}: a {self.model} posterior has {', '.join(self.blocks)}")
        return self.blocks[name]


@dataclass(frozen=True, eq=False)
class Fit:
    """A Bayesian fit.

    trace: what the fit climbed, in nats, at its start and after each sweep, or at each step. For `svi` a noisy estimate
    of the ELBO. For `coordinate_ascent` the ELBO as if each answer's predictor η were normal with the mean and variance
    that it has; up to 50,000 answers the two-parameter model goes on with the ELBO itself: the last stage of its trace.
    Traces of two models cannot be compared; `elbo` can.

    elbo: the ELBO at the end, by one yardstick for all models: the predictor's true shape counts, up to a remainder
    that is small where spreads are (it needs no draws; `ktlib.inference.elbo`, which draws, agrees). It is that of the
    mean-field belief, before spreads are calibrated. None from `svi`. converged, reason: whether it stopped by itself,
    and why. priors: block -> prior, as learned where that was asked.
    """

    posterior: Posterior
    trace: np.ndarray
    converged: bool
    reason: str
    priors: dict[str, Normal] | None = None
    elbo: float | None = None


def paper_priors(model: str) -> dict[str, Normal]:
    """Standard normal priors on everything, as Shi & Athey (2021) have them."""
    return {name: Normal(0.0, 1.0) for name in _blocks(model)}


def default_priors(model: str) -> dict[str, Normal]:
    """The paper's, with discrimination log-normal(0, 0.5): positive, so that no scale can turn over."""
    priors = paper_priors(model)
    if "discrimination" in priors:
        priors["discrimination"] = Normal(0.0, 0.5, log=True)
    return priors


def as_priors(model: str, priors: Mapping[str, Normal]) -> dict[str, Normal]:
    """`priors` checked: exactly the blocks of `model`, each a `Normal`. Raises ValueError naming what is wrong."""
    for name in _blocks(model):
        if not isinstance(priors.get(name), Normal):
            raise ValueError(f"prior of {name!r} is {priors.get(name)!r}: give a posterior.Normal(loc, scale)")
    extra = set(priors) - set(BLOCKS[model])
    if extra:
        raise ValueError(f"priors for {', '.join(sorted(extra))}, which a {model} model does not have: drop them")
    return dict(priors)


def _blocks(model: str) -> tuple[str, ...]:
    if model not in BLOCKS:
        raise ValueError(f"model = {model!r}: give one of {', '.join(map(repr, BLOCKS))}")
    return BLOCKS[model]


def _codes(codes, n: int, what: str) -> np.ndarray:
    codes = np.asarray(codes)
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
