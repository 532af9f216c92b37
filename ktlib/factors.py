"""Coordinate ascent for the factor models: η = θ·a − β, with a = α (factorization) or a = α ⊕ HX (hierarchical).

The same idea as `ktlib.ascent`, many coordinates at once: with κ = g + ωη̄ an answer acts as κη − ωη²/2 on every block,
so a student's coordinates, an item's loadings with its difficulty, and each row of H solve a small ridge problem. Sums
over answers are products with one sparse matrix.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .ascent import NODES, WEIGHTS, divergence
from .posterior import Normal


def factor_model(kind, data, priors, frozen):
    """One sweep and the ELBO of the factorization or hierarchical model, for `ktlib.ascent.climb`."""
    own, x, mask = kind.factors, kind.attributes, kind.mask
    order = np.lexsort((data.item, data.student))
    student, item = data.student[order], data.item[order]
    y, weight = data.correct[order], data.weight[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(student, minlength=data.students))])

    def table(values):
        """The answers' values as a sparse (students, items) matrix."""
        return sparse.csr_matrix((values, item, indptr), shape=(data.students, data.items))

    def whole(blocks):
        """Mean and variance of every item's whole loading."""
        load = blocks["loadings"]
        if x is None:
            return load.loc, load.scale**2
        h = blocks["effects"]
        fed, fed_var = x @ np.where(mask, h.loc, 0).T, x**2 @ np.where(mask, h.scale**2, 0).T
        return np.hstack([load.loc, fed]), np.hstack([load.scale**2, fed_var])

    def local(blocks):
        """η̄, its variance, κ and ω of every answer."""
        a, a_var = whole(blocks)
        theta, beta = blocks["ability"], blocks["difficulty"]
        m, s2 = theta.loc, theta.scale**2
        mean, var = -beta.loc[item], beta.scale[item] ** 2
        for d in range(m.shape[1]):  # one coordinate at a time keeps memory at a few numbers an answer
            md, sd, ad, vd = m[student, d], s2[student, d], a[item, d], a_var[item, d]
            mean = mean + md * ad
            var = var + md * md * vd + sd * (ad * ad + vd)
        eta = mean[:, None] + np.sqrt(var)[:, None] * NODES
        p = 1 / (1 + np.exp(-eta))
        omega = weight * ((p * (1 - p)) @ WEIGHTS)
        kappa = weight * (y - p @ WEIGHTS) + omega * mean
        return mean, var, kappa, omega

    def students_step(blocks):
        a, a_var = whole(blocks)
        _, _, kappa, omega = local(blocks)
        beta = blocks["difficulty"].loc
        return _ridge(table(omega), table(kappa + omega * beta[item]) @ a, a, a_var, priors["ability"])

    def items_step(blocks, name):
        _, _, kappa, omega = local(blocks)
        theta = blocks["ability"]
        m, s2 = theta.loc[:, :own], theta.scale[:, :own] ** 2
        weights = table(omega).T.tocsr()
        rest = 0.0
        if x is not None:
            fed = whole(blocks)[0][:, own:]
            rest = (theta.loc[student, own:] * fed[item]).sum(1)
        if name == "loadings":
            target = kappa + omega * (blocks["difficulty"].loc[item] - rest)
            return _ridge(weights, table(target).T @ m, m, s2, priors["loadings"])
        fit = (m[student] * blocks["loadings"].loc[item]).sum(1) + rest
        prior = _spread(priors["difficulty"], (data.items,))
        precision = 1 / prior.scale**2 + np.bincount(item, omega, data.items)
        pull = prior.loc / prior.scale**2 + np.bincount(item, omega * fit - kappa, data.items)
        return Normal(pull / precision, precision**-0.5)

    def effects_step(blocks):
        h = blocks["effects"]
        loc, scale = h.loc.copy(), h.scale.copy()
        prior = _spread(priors["effects"], h.loc.shape)
        for d in range(len(loc)):
            mean, _, kappa, omega = local(blocks | {"effects": Normal(loc, scale)})
            m, s2 = blocks["ability"].loc[student, own + d], blocks["ability"].scale[student, own + d] ** 2
            feeds = np.flatnonzero(mask[d])
            xd = x[:, feeds]
            now = xd @ loc[d, feeds]
            pull = np.bincount(item, kappa * m - omega * m * (mean - m * now[item]), data.items)
            mass = np.bincount(item, omega * (m * m + s2), data.items)
            rate = 1 / prior.scale[d, feeds] ** 2
            solved = np.linalg.solve(np.diag(rate) + xd.T * mass @ xd, rate * prior.loc[d, feeds] + xd.T @ pull)
            loc[d, feeds], scale[d, feeds] = solved, (rate + (xd**2).T @ mass) ** -0.5
        return Normal(loc, scale)

    def sweep(blocks, step, stage):
        new = dict(blocks)
        steps = {"ability": students_step, "loadings": lambda b: items_step(b, "loadings"),
                 "difficulty": lambda b: items_step(b, "difficulty"), "effects": effects_step}  # fmt: skip
        for name in ("ability", "difficulty", "loadings", *(["effects"] if x is not None else [])):
            if name not in frozen:
                to = steps[name](new)
                old = new[name]
                loc = old.loc + step * (to.loc - old.loc)
                new[name] = Normal(loc, old.scale ** (1 - step) * to.scale**step)
        return new

    def bound(blocks, stage):
        mean, var, _, _ = local(blocks)
        eta = mean[:, None] + np.sqrt(var)[:, None] * NODES
        likelihood = weight * (y * mean - np.logaddexp(0, eta) @ WEIGHTS)
        kl = 0.0
        for name, block in blocks.items():
            prior = _spread(priors[name], block.loc.shape)
            if name == "effects":
                kl += divergence(Normal(block.loc[mask], block.scale[mask]), Normal(prior.loc[mask], prior.scale[mask]))
            else:
                kl += divergence(block, prior)
        return float(likelihood.sum()) - kl

    return sweep, bound, (None,)


def _ridge(weights, pull, other, other_var, prior) -> Normal:
    """Every row's joint solve: (Λ + Σ ω (o oᵀ + diag v)) m = Λ m₀ + pull, and elementwise precisions."""
    rows, k = pull.shape
    prior = _spread(prior, (rows, k))
    rate = 1 / prior.scale**2
    square = (other[:, :, None] * other[:, None, :]).reshape(len(other), k * k)
    square[:, :: k + 1] += other_var
    matrix = (weights @ square).reshape(rows, k, k)
    diagonal = np.einsum("rkk->rk", matrix)
    diagonal += rate
    loc = np.linalg.solve(matrix, (rate * prior.loc + pull)[:, :, None])[:, :, 0]
    return Normal(loc, diagonal**-0.5)


def _spread(prior: Normal, shape) -> Normal:
    return Normal(np.broadcast_to(prior.loc, shape), np.broadcast_to(prior.scale, shape), prior.log)
