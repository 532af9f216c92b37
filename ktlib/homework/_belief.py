"""A belief drawn from: students and questions again and again, and what shares right they give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from .._checks import inside, instance, listed
from ..irt.posterior import Posterior

ROWS, MOST = 4096, 100_000  # students at a time; draws


def ends(drawn: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central intervals over the last axis."""
    beside = (1 - inside(level, "level", 0.95)) / 2
    low, high = np.quantile(drawn, [beside, 1 - beside], axis=-1)
    return low, high


def checked(posterior) -> Posterior:
    """A posterior; ValueError for anything else."""
    return instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")


def names_of(posterior: Posterior, chosen: np.ndarray) -> tuple:
    """Names of students by their places."""
    return tuple(posterior.students[i] for i in chosen)


def chosen(names, known: tuple, what: str) -> np.ndarray:
    """Places of names among those known; all if None and these are students."""
    if names is None and what == "students":
        return np.arange(len(known))
    names, place = listed(names, what, f"[{known[0]!r}]"), {name: k for k, name in enumerate(known)}
    if not names:
        raise ValueError(f"{what} = []: name at least one of the posterior's {what}")
    for k, name in enumerate(names):
        try:
            here = name in place
        except TypeError:  # a list or a dict is no name
            here = False
        if not here:
            raise ValueError(f"{what}[{k}] = {name!r} is not in the posterior: give names that its {what} have")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{what} name {twice!r} twice: name each once")
    return np.array([place[name] for name in names])


def drawn(posterior: Posterior, draws: int, rng) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Draws of θ (students, K), loadings (items, K) and intercepts (items,): η = θ·loading + intercept."""
    blocks = posterior.blocks

    def one(name: str) -> np.ndarray:
        block = blocks[name]
        normal = block.loc + block.scale * rng.standard_normal(block.loc.shape)
        return np.exp(normal) if block.log else normal

    for _ in range(draws):
        if posterior.model == "two-parameter":
            slope = one("discrimination")
            yield one("ability")[:, None], slope[:, None], -slope * one("difficulty")
            continue
        load = one("loadings")
        if posterior.model == "hierarchical":
            load = np.concatenate([load, posterior.attributes @ one("effects").T], axis=1)
        yield one("ability"), load, -one("difficulty")


def rates(posterior, items, share, draws, rng, students=None) -> Iterator[np.ndarray]:
    """In each draw (students, groups) the expected share right; share: (items, groups), None for one group of all."""
    share = np.full((len(items), 1), 1 / len(items)) if share is None else share
    for theta, slope, shift in drawn(posterior, draws, rng):
        theta = theta if students is None else theta[students]
        yield shares(theta @ slope[items].T, shift[items], share)


def shares(eta: np.ndarray, shift: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(students, groups) means of expit(eta + shift), by blocks of students, in single precision."""
    shift, share = shift.astype(np.float32), share.astype(np.float32)
    blocks = (eta[k : k + ROWS].astype(np.float32) + shift for k in range(0, len(eta), ROWS))
    return np.concatenate([expit(block) @ share for block in blocks]).astype(float)
