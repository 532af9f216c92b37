"""The fast way to the mean-field posterior: coordinate ascent on the ELBO, without Monte Carlo.

Under independent normals the linear predictor η of one answer has a closed-form mean and variance, so the expected
log likelihood needs a handful of quadrature nodes. With g = E[∂l/∂η] and ω = E[−∂²l/∂η²] every answer acts on every
block as a quadratic, and each block's update is a small weighted ridge problem: students given items, items given
students. For small data the product of discrimination and ability is then integrated over both, which is exact.
Prior art: Jaakkola & Jordan (2000); Imai, Lo & Olmsted (2016); Cho et al. (2021). Expectations: Bonnet, Price (Opper &
Archambeau 2009).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from .. import _checks as checks
from ..data.responses import Responses
from ._answers import Answers
from ._calibration import calibrated, with_spreads
from ._checkpoints import Checkpoint, fingerprint
from ._factors import FactorAscent
from ._learning import learn_priors, restore_ability_scale
from ._memory import memory, refuse_too_large
from ._progress import Bar
from ._sharing import ALONE, Alone
from ._signs import fix_signs
from ._starts import check_start, pack_effects, starting_values, unpack_effects
from ._two_parameter import TwoParameterAscent
from .fits import Fit
from .model import ABSENT, Model, predictor
from .posterior import BLOCKS, Normal, Posterior, divergence
from .simulation import sample_prior

LARGE = 1_000_000  # answers; numpy takes long over more
SLOW = "a log of this size is fitted many times faster with numba: pip install 'ktlib[fast]'"
__all__ = ["calibrated", "climb", "default_tol", "elbo", "fit", "memory"]
BEFORE = 10  # sweeps of a factor model before its priors are learned


def fit(
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
    tol: float | None = None,
    max_steps: int = 500,
    rule: str = "safe",
    calibrate: bool = True,
    rng=None,
    progress: bool = False,
    checkpoint=None,
    every: int = 10,
    device: str | None = None,
    among: Alone = ALONE,
) -> Fit:
    """The mean-field posterior of one of the paper's models, at the top of its ELBO.

    responses: `Responses`. model, priors: "two-parameter", "factorization" or "hierarchical"; by default
    `default_priors(model)`. factors: K, for the factor models. attributes, mask: hierarchical only, (items, A) of 0 and
    1 and (D, A) of True and False, see `programs`. start: a posterior to begin at; its blocks in `frozen` (or marked
    by `freeze`) stay as they are, and then the others may have new students or items. learned: blocks whose prior is
    learned too, see `learn_priors`; `Fit.priors` tells what came out. rule, tol: "safe" stops when a sweep gains less
    than `tol` nats, by default `default_tol`: more for more data. "paper" is the rule of Shi & Athey (2021): stop
    when the loss changed, on average over the last 5 losses, by less than the share `tol` of its first change; by
    default 0.001, their 0.1 % (section 6); 0.0005 is the 0.05 % of their section 7. calibrate: two-parameter only, give
    spreads as `calibrated` does; else mean-field's own, which are too narrow. rng: seed or generator, for the factor
    models' start. progress: say what memory it takes, and show a bar. checkpoint: path of a file to which the fit's
    state is written after `every` so many sweeps; where the file is there, the fit goes on from it, and ends with the
    same bytes as one never stopped. device: "cuda" sweeps on a GPU, "cpu" in the same way on the processor, by torch
    (the extra "bayes"); by default no torch is needed. among: the processes that share the answers, where there are
    several: see `distributed.fit`.

    With numba (the extra "fast") the sweeps are compiled, on the first use for some seconds, and made for logs of any
    size; they give the same numbers.

    Choose K by forecasts of answers held out, not by the ELBO: with learned priors the ELBO can shrink a factor to
    nothing that forecasts need, above all when it starts with as many as 20.

    `Fit.trace` never falls within a stage; compare models by `Fit.elbo`. Where no step gains any more but the rule is
    not met, or `max_steps` are spent, `Fit.converged` is False and `Fit.reason` says so. A sweep's gain is not the
    distance to the top: where priors are wide (a spread of 10) sweeps get short, and a smaller `tol` gains more.
    Raises ValueError for settings that cannot be, and for a fit that needs more memory (`memory`) than is free, before
    any work.
    """
    kind = Model.of(model, responses, factors=factors, attributes=attributes, mask=mask)
    priors = kind.priors(priors)
    frozen, learned = checks.frozen_blocks(frozen, start, model), kind.named(learned, "learned")
    rule, max_steps = checks.one_of(rule, ("safe", "paper"), "rule"), checks.whole(max_steps, "max_steps", 1)
    calibrate, progress = checks.flag(calibrate, "calibrate"), checks.flag(progress, "progress")
    device = checks.one_of(device, ("cuda", "cpu", None), "device")
    checks.instance(among, Alone, "among", "leave it to distributed.fit")
    tol = default_tol(responses, model, rule, among) if tol is None else checks.not_negative(tol, "tol")
    if start is None and model != "two-parameter":
        rng = checks.generator(rng)
    among.checked(lambda: refuse_too_large(kind, responses, calibrate, progress))
    if start is None:
        begin = starting_values(kind, responses, priors, rng, among)
    else:
        begin = check_start(kind, start, responses, priors, frozen, among)
    state, way = (unpack_effects(kind, begin), priors), _engine(kind, responses, frozen, among, device)

    kept = None
    if checkpoint is not None:
        about = {"model": model, "rule": rule, "tol": tol, "learned": sorted(learned), "frozen": sorted(frozen)}
        kept = Checkpoint(checkpoint, every, about | {"data": among.list(fingerprint(responses, state))}, among)

    loads = {"loadings", "effects"} & set(kind.shapes)
    stretch = loads and loads <= set(learned) - set(frozen) and "ability" not in (*learned, *frozen)
    centred = not any(among.list(bool(priors["ability"].loc.any())))
    stretch = stretch and centred and priors["ability"].scale.ndim < 2
    adapted = (*learned, "ability") if stretch else learned  # abilities' spread goes to the loadings at the end: faster

    def learning(state, *step):
        blocks, priors = way.sweep(state, *step)
        return blocks, learn_priors(kind, blocks, priors, adapted, among)

    go = partial(climb, bound=way.bound, stages=way.stages, tol=tol, rule=rule, progress=progress and len(responses))
    begun = np.empty(0)
    if model != "two-parameter":
        go = partial(go, reach=1.9)
        if loads & set(learned) and start is None:  # or else factors shrink to nothing before they have found anything
            if kept is None or not kept.phase:
                state, begun, _, _ = go(state, way.sweep, max_steps=min(BEFORE, max_steps), kept=kept)
            begun = begun[:-1] if kept is None or not kept.phase else kept.begun
    if kept is not None:
        kept.begun = begun
    state, trace, converged, reason = go(state, learning, max_steps=max_steps, spent=len(begun), kept=kept, phase=1)
    trace, elbo = np.concatenate([begun, trace]), float(way.bound(state, True)[0])
    blocks, ended = restore_ability_scale(kind, priors, *state) if stretch else state
    blocks, priors = fix_signs(kind, priors, blocks, ended, frozen, among)
    posterior = Posterior(model, blocks, responses.students, responses.items, kind.attributes, frozen)
    spreads = "mean-field"
    if calibrate and model == "two-parameter":
        del way, go  # and with them its copies of the answers
        posterior, spreads = with_spreads(posterior, responses, priors, among, progress)
    return Fit(posterior, trace, converged, reason, priors, elbo, spreads)


def default_tol(responses, model: str, rule: str = "safe", among: Alone = ALONE) -> float:
    """The tolerance of `ascent.fit` where none is given.

    "paper": the share 0.001. "safe": 0.001 nats, or, where that is more, 1e-5 nats an answer for the factor models and
    1e-6 for the two-parameter one, whose sweeps are cheap; an answer counts as often as it weighs. The
    last thousandth of a nat in a hundred thousand costs many sweeps and moves no forecast.
    """
    model, rule = checks.one_of(model, BLOCKS, "model"), checks.one_of(rule, ("safe", "paper"), "rule")
    checks.instance(responses, Responses, "responses", "make them with Responses.from_wide or from_frame")
    counted = among.sum(len(responses) if responses.weight is None else float(np.sum(responses.weight)))
    return 1e-3 if rule == "paper" else max(1e-3, (1e-6 if model == "two-parameter" else 1e-5) * counted)


def _engine(kind: Model, responses, frozen, among: Alone, device: str | None):
    """What sweeps through the answers: compiled where numba is installed, else numpy's, which is slower; or torch."""
    if device is not None:
        from ._torch import TorchFactors, TorchTwoParameter

        if kind.factors is None:
            return TorchTwoParameter(responses, frozen, among, device)
        return TorchFactors(kind, responses, frozen, among, device)
    try:
        from ._compiled import CompiledFactors, CompiledTwoParameter
        from ._packed import Packed
    except ImportError:
        if len(responses) > LARGE:
            warnings.warn(SLOW, stacklevel=3)  # which Python shows once
        data = Answers.of(responses)
        return (
            TwoParameterAscent(data, frozen, among) if kind.factors is None else FactorAscent(kind, data, frozen, among)
        )
    data = Packed.of(responses)
    if kind.factors is None:
        return CompiledTwoParameter(data, frozen, among)
    return CompiledFactors(kind, data, frozen, among)


def climb(state, sweep, bound, stages, tol, max_steps, rule, progress, reach=1.0, spent=0, kept=None, phase=0):
    """Sweep in each stage until the rule says stop; a sweep that loses is retaken at half the step.

    bound(state, stage): the value, and the students' slopes or step there, which the next sweep begins with.
    sweep(state, step, stage, students): the next state.

    reach: while sweeps gain, the step grows by a tenth up to so much: over-relaxation (Salakhutdinov & Roweis 2003).
    spent: sweeps already taken, of `max_steps`. A bound that is not finite is a loss, and a short step's gain counts
    for what a whole one's would be. progress: how many answers there are, for a bar; 0 or False: none. kept: a
    `Checkpoint`; phase: which of a fit's climbs this is.
    """
    trace, sweeps, reason = [], spent, ""
    enough = {"safe": f"{tol:g} nats", "paper": f"the share {tol:g} of the first change, by the mean of 4"}[rule]
    bar = Bar(max_steps, spent, progress)
    at = None if kept is None else kept.taken(phase)
    if at is not None:
        state, trace, sweeps = kept.restored(state), at["trace"], at["sweeps"]
    for place, stage in enumerate(stages):
        if at is not None and place < at["place"]:
            continue
        (best, students), step, first, converged = bound(state, stage), 1.0, len(trace), False
        if not np.isfinite(best):
            raise ValueError(
                "the ELBO is not a finite number where the fit begins: give weights, priors and a start without huge "
                "numbers; an answer's weight says how many answers it stands for"
            )
        if at is not None and place == at["place"]:
            step, first, converged = (at[name] for name in ("step", "first", "converged"))
        else:
            trace.append(best)
        while not converged:
            if sweeps >= max_steps:
                bar.close()
                return state, np.array(trace), False, f"max_steps = {max_steps} reached"
            sweeps += 1
            try:
                moved = sweep(state, step, stage, students)
                value, further = bound(moved, stage)
            except (ArithmeticError, np.linalg.LinAlgError):
                value = -np.inf
            if not np.isfinite(value) or value < best - 1e-9 * abs(best):
                step = min(1.0, step / 2)
                bar.lost()
                if step < 1e-3:
                    reason = "a sweep lost even at a step of 0.001: give narrower priors, or smaller weights"
                    break
                continue
            gain, best, state, students = value - best, value, moved, further
            trace.append(value)
            changes = np.diff(trace[first:])
            bar.gained(best, gain, tol * (changes[0] if rule == "paper" else min(1.0, step)))
            converged = gain < tol * min(1.0, step)
            if rule == "paper":
                converged = bool(len(changes) > 4 and changes[-4:].mean() < tol * changes[0])
            step = min(1.1 * step, reach)
            if kept is not None:
                told = {"place": place, "step": float(step), "first": first, "converged": bool(converged)}
                kept(state, trace, sweeps=sweeps, **told)
    bar.close()
    return state, np.array(trace), converged, f"the last sweep gained less than {enough}" if converged else reason


def elbo(posterior: Posterior, responses, priors=None, *, particles: int = 4000, rng) -> tuple[float, float]:
    """The ELBO of any posterior, in nats, and its Monte Carlo standard error: the higher, the better the fit.

    E log p(answers), each answer's weight times, by `particles` draws, less the exact KL divergence to the priors
    (default: `irt.default`).
    """
    checks.instance(posterior, Posterior, "posterior", "give a posterior, such as fit.posterior")
    shape = {"attributes": posterior.attributes}
    if "loadings" in posterior.blocks:
        shape["factors"] = posterior.blocks["loadings"].loc.shape[1]
    if "effects" in posterior.blocks:
        shape["mask"] = posterior.blocks["effects"].scale > ABSENT
    kind = Model.of(posterior.model, responses, **shape)
    priors = kind.priors(priors)
    blocks = check_start(kind, posterior, responses, priors)
    beliefs = pack_effects(kind, {name: kind.spread(priors, name) for name in kind.shapes})
    rng, left = checks.generator(rng), checks.whole(particles, "particles", 2)
    checks.fits_in_memory(left, f"particles = {left}", most=1e8)
    weight = np.ones(len(responses)) if responses.weight is None else responses.weight
    most = max(1, 4_000_000 // (len(responses) * posterior.blocks["ability"].loc[0].size))  # draws at once
    sign, found = 2.0 * responses.correct - 1, []
    while left:
        values = sample_prior(kind, posterior.blocks, draws=min(left, most), rng=rng)
        eta = predictor(values, responses.student, responses.item, kind.attributes)
        found.append(-np.logaddexp(0, -sign * eta) @ weight)
        left -= min(left, most)
    found = np.concatenate(found)
    cost = sum(divergence(blocks[name], beliefs[name]) for name in blocks)
    return float(found.mean() - cost), float(found.std(ddof=1) / np.sqrt(particles))
