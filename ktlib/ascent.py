"""The fast way to the mean-field posterior: coordinate ascent on the ELBO, without Monte Carlo.

Under independent normals the linear predictor η of one answer has a closed-form mean and variance, so the expected
log likelihood needs a handful of quadrature nodes. With g = E[∂l/∂η] and ω = E[−∂²l/∂η²] every answer acts on every
block as a quadratic, and each block's update is a small weighted ridge problem: students given items, items given
students. For small data the product of discrimination and ability is then integrated over both, which is exact.
Prior art: Jaakkola & Jordan (2000); Imai, Lo & Olmsted (2016); Cho et al. (2021). Expectations: Bonnet, Price (Opper &
Archambeau 2009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from tqdm.auto import tqdm

from . import checks
from .factors import factor_model
from .models import Model, oriented, relearned, rescaled, scores, unlinked
from .pieces import Answers
from .posterior import Fit, Normal, Posterior
from .starts import checked
from .two_parameter import calibrated, two_parameter_model

BEFORE = 10  # sweeps of a factor model before its priors are learned


def coordinate_ascent(
    responses,
    model: str = "two-parameter",
    *,
    priors: Mapping[str, Normal] | None = None,
    factors: int | None = None,
    attributes=None,
    mask=None,
    start: Posterior | None = None,
    frozen: Iterable[str] = (),
    learned: Iterable[str] = (),
    tol: float = 1e-3,
    max_sweeps: int = 500,
    rule: str = "safe",
    calibrate: bool = True,
    rng=None,
    progress: bool = False,
) -> Fit:
    """The mean-field posterior of one of the paper's models, at the top of its ELBO.

    responses: `Responses`. model, priors: "two-parameter", "factorization" or "hierarchical"; by default
    `default_priors(model)`. factors: K, for the factor models. attributes, mask: hierarchical only, (items, A) of 0 and
    1 and (D, A) of True and False, see `ktlib.irt`. start: a posterior to begin at; its blocks in `frozen` (or marked
    by `freeze`) stay as they are, and then the others may have new students or items. learned: blocks whose prior is
    learned too, as `ktlib.models.relearned` says; `Fit.priors` tells what came out. rule: "safe" stops when a sweep
    gains less than `tol` nats; "paper" when the mean gain of the last 5 sweeps is below the share `tol` of the first.
    calibrate: two-parameter only, give spreads as `calibrated` does; else mean-field's own, which are too narrow. rng:
    seed or generator, for the factor models' start. progress: show a bar.

    `Fit.trace` never falls. Raises ValueError for settings that cannot be, before any work.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    frozen, learned = checks.frozen_blocks(frozen, start, model), kind.named(learned, "learned")
    tol, max_sweeps = checks.not_negative(tol, "tol"), checks.whole(max_sweeps, "max_sweeps", 1)
    if rule not in ("safe", "paper"):
        raise ValueError(f'rule = {rule!r}: give "safe" or "paper"')
    if start is None and model != "two-parameter":
        rng = checks.generator(rng)
    begin = scores(kind, responses, priors, rng) if start is None else checked(kind, start, responses, priors, frozen)
    data, state = Answers.of(responses), (unlinked(kind, begin), priors)
    if model == "two-parameter":
        sweep, bound, stages = two_parameter_model(data, frozen)
    else:
        sweep, bound, stages = factor_model(kind, data, frozen)

    loads = {"loadings", "effects"} & set(kind.shapes)
    stretch = loads and loads <= set(learned) - set(frozen) and "ability" not in (*learned, *frozen)
    stretch = stretch and not priors["ability"].loc.any() and priors["ability"].scale.ndim < 2
    adapted = (*learned, "ability") if stretch else learned  # abilities' spread goes to the loadings at the end: faster

    def learning(state, step, stage):
        blocks, priors = sweep(state, step, stage)
        return blocks, relearned(kind, blocks, priors, adapted)

    go = partial(climb, bound=bound, stages=stages, tol=tol, rule=rule, progress=progress)
    begun = np.empty(0)
    if model != "two-parameter":
        go = partial(go, reach=1.9)
        if loads & set(learned) and start is None:  # or else factors shrink to nothing before they have found anything
            state, begun, _, _ = go(state, sweep, max_sweeps=min(BEFORE, max_sweeps))
            begun = begun[:-1]
    state, trace, converged, reason = go(state, learning, max_sweeps=max_sweeps - len(begun))
    trace = np.concatenate([begun, trace])
    if not converged:
        reason = f"max_sweeps = {max_sweeps} reached"
    blocks, ended = rescaled(kind, priors, *state) if stretch else state
    blocks, priors = oriented(kind, priors, blocks, ended, frozen)
    posterior = Posterior(model, blocks, responses.students, responses.items, kind.attributes, frozen)
    if calibrate and model == "two-parameter":
        posterior = calibrated(posterior, responses, priors)
    return Fit(posterior, trace, converged, reason, priors)


def climb(state, sweep, bound, stages, tol, max_sweeps, rule, progress, reach=1.0):
    """Sweep in each stage until the rule says stop; a sweep that loses is retaken at half the step.

    reach: while sweeps gain, the step grows by a tenth up to so much: over-relaxation (Salakhutdinov & Roweis 2003).
    """
    trace, sweeps = [], 0
    bar = tqdm(total=max_sweeps, unit="sweep", disable=not progress)
    for stage in stages:
        best, step, first = bound(state, stage), 1.0, len(trace)
        trace.append(best)
        while True:
            if sweeps == max_sweeps:
                bar.close()
                return state, np.array(trace), False, f"max_sweeps = {max_sweeps} reached"
            sweeps += 1
            bar.update()
            moved = sweep(state, step, stage)
            value = bound(moved, stage)
            if value < best - 1e-9 * abs(best):
                step = min(1.0, step / 2)
                if step < 1e-3:
                    break
                continue
            gain, best, state = value - best, value, moved
            step = min(1.1 * step, reach)
            trace.append(value)
            bar.set_postfix(elbo=f"{best:.2f}", gain=f"{gain:.2g}")
            if rule == "safe" and gain < tol:
                break
            if rule == "paper" and len(trace) > first + 6:
                if (trace[-1] - trace[-6]) / 5 < tol * (trace[first + 1] - trace[first]):
                    break
    bar.close()
    less = f"{tol:g} nats" if rule == "safe" else f"the share {tol:g} of the first, by the mean of 5"
    return state, np.array(trace), True, f"the last sweep gained less than {less}"
