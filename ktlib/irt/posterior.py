"""What a Bayesian fit believes: an independent normal for every number, in named blocks.

A `Normal` is also how priors are written, so a posterior can be the prior of the next fit: its blocks carry the names
of students and items, and find these again in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from .._checks import flag, instance, listed, mapping, numbers, one_of, short
from ..data import _saved
from .priors import BLOCKS, Normal, as_priors, blocks_of, default_priors, distinct, divergence, paper_priors

__all__ = ["BLOCKS", "Normal", "Posterior", "as_priors", "default_priors", "divergence", "paper_priors"]
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
        student, item = check_codes(student, len(self.students), "student"), check_codes(item, len(self.items), "item")
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

    def frame(self, rows: str = "items", level: float = 0.95):
        """A DataFrame with a row an item, or with `rows="students"` a student: means, and se_, low_ and high_ of each.

        A block with several columns, such as loadings, has its columns counted: loadings_1, loadings_2. Effects belong
        to attributes and stand in neither.
        """
        import pandas as pd

        rows = one_of(rows, ("items", "students"), "rows")
        names = {"items": self.items, "students": self.students}[rows]
        columns = {}
        for name, block in self.blocks.items():
            if name == "effects" or (name == "ability") != (rows == "students"):
                continue
            parts = zip(("", "se_", "low_", "high_"), (block.mean, block.sd, *block.interval(level)), strict=True)
            for prefix, values in parts:
                flat = values.reshape(len(names), -1).T
                labels = [name] if values.ndim == 1 else [f"{name}_{k}" for k in range(1, len(flat) + 1)]
                columns |= {prefix + label: column for label, column in zip(labels, flat, strict=True)}
        return pd.DataFrame(columns, pd.Index(names, name=rows[:-1], tupleize_cols=False))

    def save(self, path) -> None:
        """Write to an .npz file, without pickle: names are kept as JSON."""
        _saved.save(path, "posterior", *self._parts())

    def _parts(self) -> tuple[dict, dict]:
        arrays = {f"{n}.{part}": getattr(block, part) for n, block in self.blocks.items() for part in ("loc", "scale")}
        if self.attributes is not None:
            arrays["attributes"] = self.attributes
        about = {
            "model": self.model,
            "log": [name for name, block in self.blocks.items() if block.log],
            "students": _saved.plain(self.students, "students"),
            "items": _saved.plain(self.items, "items"),
            "frozen": self.frozen,
        }
        return arrays, about

    @classmethod
    def load(cls, path, model: str | None = None) -> Posterior:
        """Read what `save` wrote. model: the model expected, if any.

        Raises ValueError for a file that is cut short, is no posterior, has another version, or holds another model.
        """
        model = None if model is None else one_of(model, BLOCKS, "model")
        arrays, about = _saved.load(path, "posterior")
        with _saved.whole(path, "posterior"):
            found = cls._of(arrays, about)
        if model is not None and found.model != model:
            raise ValueError(f"{path} holds a {found.model} model, not a {model} one: load the file of that model")
        return found

    @classmethod
    def _of(cls, arrays: Mapping[str, np.ndarray], about: Mapping) -> Posterior:
        log = about["log"]
        blocks = {n: Normal(arrays[f"{n}.loc"], arrays[f"{n}.scale"], n in log) for n in blocks_of(about["model"])}
        names = {key: tuple(about[key]) for key in ("students", "items", "frozen")}
        return cls(model=about["model"], blocks=blocks, attributes=arrays.get("attributes"), **names)

    def _block(self, name: str) -> Normal:
        if not isinstance(name, str) or name not in self.blocks:
            raise ValueError(f"no block {name!r}: a {self.model} posterior has {', '.join(self.blocks)}")
        return self.blocks[name]


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


def check_codes(codes, n: int, what: str) -> np.ndarray:
    """Whole numbers from 0 to n - 1 as an array; ValueError for anything else, a place counted from the end too."""
    try:
        codes = np.asarray(codes)
    except ValueError:  # lists of different lengths
        codes = np.empty(1)
    if codes.dtype.kind not in "iu" or (codes.size and not 0 <= codes.min() <= codes.max() < n):
        raise ValueError(
            f"{what} codes must be whole numbers from 0 to {n - 1}: look names up in the posterior's {what}s"
        )
    return codes
