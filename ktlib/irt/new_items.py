"""What is believed of a new item's difficulty before anybody has answered it: learned from the attributes of old ones.

Old difficulties, each with its spread, are regressed on attributes (ridge, with the ridge and the spread around it
learned: empirical Bayes, Fay & Herriot 1979). The forecast for a new item is the prior of its difficulty.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from .. import _checks as checks
from .posterior import Normal, Posterior
from .priors import distinct

FLAT = 10.0  # spread of the regression's constant beforehand


def difficulty_prior(posterior: Posterior, attributes, new_attributes, *, names) -> Normal:
    """The prior of new items' difficulties, from what the posterior says of old ones: for `priors` of `update`.

    posterior: of any model. attributes: (items, A) numbers, rows as `posterior.items`. new_attributes: (new items, A),
    the same columns. names: of the new items. β = c + x·w + u, w ~ N(0, ω²), u ~ N(0, τ²), observed with the
    posterior's spread; ω and τ are put where the old difficulties are likeliest (c and w summed over), and then count
    as known. Returns a `Normal` with a row for each name, of spread at least τ.

    Raises ValueError for tables that do not fit, and for fewer than three old items.
    """
    checks.instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")
    names, block = distinct(names, "names"), posterior.blocks["difficulty"]
    old, new = (checks.numbers(v, w) for v, w in ((attributes, "attributes"), (new_attributes, "new_attributes")))
    for table, rows, what in ((old, len(posterior.items), "attributes"), (new, len(names), "new_attributes")):
        if table.ndim != 2 or len(table) != rows or table.shape[1] != old.shape[1] or not old.shape[1]:
            raise ValueError(f"{what} have shape {table.shape}: give a row for each of {rows} items, columns alike")
        if not np.isfinite(table).all() or np.abs(table).max(initial=0) > 1e6:
            raise ValueError(f"{what} hold {table.flat[np.abs(table).argmax()]:g}: give finite numbers, at most 1e6")
    if len(old) < 3 or not names:
        raise ValueError(f"{len(old)} old items and {len(names)} new ones: give at least three old and one new")
    beta, noise = block.loc, block.scale**2
    centre = np.average(beta, weights=1 / noise)
    x = np.column_stack([np.ones(len(old)), old])

    def solved(logs):
        """Minus the log likelihood, and mean and covariance of (c, w) given the spreads."""
        omega, tau = np.exp(logs.clip(-8, 8))
        weight = 1 / (noise + tau**2)
        rate = np.r_[FLAT**-2.0, np.full(old.shape[1], omega**-2.0)]
        precision = (x.T * weight) @ x + np.diag(rate)
        pull = (x.T * weight) @ (beta - centre)
        mean = np.linalg.solve(precision, pull)
        fit = weight @ (beta - centre) ** 2 - pull @ mean
        loss = 0.5 * (fit + np.linalg.slogdet(precision)[1] - np.log(weight).sum() - np.log(rate).sum())
        return float(loss), mean, precision

    start = np.log([0.5 * beta.std() + 1e-3, 0.5 * beta.std() + 1e-3])
    best = minimize(lambda logs: solved(logs)[0], start, method="Nelder-Mead", options={"maxiter": 400}).x
    _, mean, precision = solved(best)
    at = np.column_stack([np.ones(len(new)), new])
    variance = np.einsum("na,an->n", at, np.linalg.solve(precision, at.T)) + np.exp(2 * best[1].clip(-8, 8))
    return Normal(centre + at @ mean, np.sqrt(variance), names=names)
