"""Calibrated spreads of the two-parameter model: what mean-field forgets is put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from .. import _checks as checks
from ._answers import Answers
from ._progress import passes
from ._sharing import ALONE, Alone
from ._spreads import PASSES, Ties, spreads
from ._starts import check_start
from ._two_parameter import curvature, moments
from .model import Model
from .posterior import Posterior

ITEMS, NUMBERS = 1_500, 30_000_000  # up to so many items, and students × items, all is solved at once
GROUP = 4_000_000  # answers in one sparse matrix, at least


def calibrated(posterior: Posterior, responses, priors) -> Posterior:
    """The two-parameter posterior with honest spreads: what mean-field forgets is put back.

    Mean-field leaves out that abilities and difficulties shift together, and that discriminations stretch what
    abilities shrink. Here the Fisher information of all of them, weighted by E[p(1 − p)] under the belief and with the
    priors added, is inverted, abilities eliminated by a Schur complement. That grows as items cubed; beyond 1,500 items
    (or 30 million pairs of a student and an item) it is done as `_spreads` says, and `with_spreads` how well.

    Blocks in `posterior.frozen` learn nothing: they keep their spreads, which are handed on to the others (propagation
    of error), as each of these moves when a frozen number does. responses: `Responses` of the same students and items.
    priors: those of the fit, block -> `Normal`. Raises ValueError for another model or other names.
    """
    told = "give the posterior of a two-parameter fit, such as fit.posterior"
    if checks.instance(posterior, Posterior, "posterior", told).model != "two-parameter":
        raise ValueError(f"posterior is one of a {posterior.model} model: {told}")
    kind = Model.of("two-parameter", responses)
    priors = kind.priors(priors)
    check_start(kind, posterior, responses, priors)
    return with_spreads(posterior, responses, priors)[0]


def with_spreads(
    posterior: Posterior, responses, priors, among: Alone = ALONE, progress: bool = False
) -> tuple[Posterior, str]:
    """`calibrated` of a fit's own posterior, and in words what its spreads are. progress: show a bar of many items."""
    kind, blocks, frozen = Model.of("two-parameter", responses), posterior.blocks, posterior.frozen
    if kind.items <= ITEMS and among.sum(kind.students) * kind.items <= NUMBERS:
        new, words = _solved(kind, blocks, frozen, responses, priors, among), "calibrated by one solve for all"
    else:
        order = ("discrimination", "difficulty")
        rates = {name: 1 / kind.spread(priors, name).scale ** 2 for name in kind.shapes}
        known = np.column_stack([blocks[name].scale ** 2 for name in order])
        with passes(PASSES, progress) as passed:
            ties = Ties(blocks, rates, _pieces(responses, blocks), frozen, among, passed)
            items, ability, words = spreads(ties, known, blocks["ability"].scale ** 2)
        new = {name: np.sqrt(v) for name, v in zip(("ability", *order), (ability, *items.T), strict=True)}
    blocks = {name: block if name in frozen else replace(block, scale=new[name]) for name, block in blocks.items()}
    return replace(posterior, blocks=blocks), words


def _solved(kind: Model, blocks, frozen, responses, priors, among: Alone) -> dict[str, np.ndarray]:
    """Every block's spreads, by one dense solve."""
    data, alpha = Answers.of(responses), blocks["discrimination"]
    omega, a = curvature(data, blocks), moments(alpha)[0][data.item]
    gap = blocks["ability"].loc[data.student] - blocks["difficulty"].loc[data.item]
    by_alpha = a * gap if alpha.log else gap  # dη by the location of α
    n, items, order = data.items, np.arange(data.items), ("discrimination", "difficulty")

    student = 1 / kind.spread(priors, "ability").scale ** 2 + data.by_student(omega * a * a)
    mixed = np.hstack([data.table(values).toarray() for values in (omega * a * by_alpha, -omega * a * a)])
    item = np.zeros((2 * n, 2 * n))
    for row, col, values in ((0, 0, by_alpha * by_alpha), (0, 1, -by_alpha * a), (1, 0, -by_alpha * a), (1, 1, a * a)):
        item[items + row * n, items + col * n] = data.by_item(omega * values)
    if among.rank == 0:  # priors count once
        item[np.diag_indices(2 * n)] += np.concatenate([1 / kind.spread(priors, name).scale ** 2 for name in order])
    held = np.repeat([name in frozen for name in order], n)
    known = np.concatenate([blocks[name].scale for name in order])[held] ** 2
    scaled = np.zeros_like(mixed) if "ability" in frozen else mixed / student[:, None]
    left = among.sum(item - mixed.T @ scaled)[~held]
    covariance = np.linalg.inv(left[:, ~held])
    moves = covariance @ left[:, held]  # of the free items' numbers, with the held ones'
    spread = np.full(2 * n, np.nan)
    spread[~held] = np.diag(covariance) + moves**2 @ known
    if "ability" in frozen:
        spread[~held] += among.sum((mixed[:, ~held] @ covariance).T ** 2 @ blocks["ability"].scale ** 2)
    free = scaled[:, ~held]
    ability = 1 / student + np.einsum("ij,jk,ik->i", free, covariance, free, optimize=True)
    ability += (scaled[:, held] - free @ moves) ** 2 @ known
    return {"ability": np.sqrt(ability)} | dict(zip(order, np.sqrt(spread).reshape(2, n), strict=True))


def _pieces(responses, blocks) -> list:
    """Students and the sparse (students, items) matrix of what their answers tell, a few million answers each."""
    try:
        from ._compiled import curvature_tables
        from ._packed import Packed
    except ImportError:
        parts = [(piece.rows, piece.table(curvature(piece, blocks))) for piece in Answers.of(responses).pieces()]
    else:
        return curvature_tables(Packed.of(responses), blocks, GROUP)
    pieces, held = [], []
    for rows, table in parts:
        held.append((rows, table.astype(np.float32)))
        if sum(table.nnz for _, table in held) >= GROUP or rows.stop == len(responses.students):
            rows = slice(held[0][0].start, rows.stop)
            pieces.append((rows, sparse.vstack([table for _, table in held], format="csr")))
            held = []
    return pieces
