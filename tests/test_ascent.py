"""Coordinate ascent climbs the true mean-field ELBO to its top, never falls, and says when input cannot be fitted."""

from dataclasses import replace

import numpy as np
import oracles_irt
import pytest
from scipy.optimize import minimize

from ktlib.data.responses import Responses
from ktlib.forecast.recovery import recovery
from ktlib.irt import _answers as pieces
from ktlib.irt import _factors as factors
from ktlib.irt import _two_parameter as two_parameter
from ktlib.irt import ascent
from ktlib.irt._answers import Answers
from ktlib.irt._learning import learn_priors
from ktlib.irt._two_parameter import _expected_log_likelihood as expected
from ktlib.irt._two_parameter import _slopes
from ktlib.irt.ascent import calibrated, climb, default_tol, elbo
from ktlib.irt.model import Model
from ktlib.irt.posterior import Normal, Posterior, default_priors, divergence, paper_priors


def simulated(students=50, items=30, seed=0, asked=1.0):
    rng = np.random.default_rng(seed)
    theta, beta = rng.standard_normal(students), rng.standard_normal(items)
    alpha = np.abs(rng.normal(1.2, 0.5, items)) + 0.05
    right = rng.random((students, items)) < 1 / (1 + np.exp(-alpha * (theta[:, None] - beta)))
    student, item = np.nonzero(rng.random((students, items)) < asked)
    answers = Responses(student, item, right[student, item].astype(np.int8), range(students), range(items))
    return answers, theta, alpha, beta


PRIORS = {"paper": paper_priors("two-parameter"), "positive": default_priors("two-parameter")}


def monte_carlo_elbo(answers, blocks, priors, draws=20_000):
    rng = np.random.default_rng(9)
    total, kl = np.zeros(draws), 0.0
    z = {}
    for name, block in blocks.items():
        v = block.loc + block.scale * rng.standard_normal((draws, *block.loc.shape))
        z[name] = np.exp(v) if block.log else v
        ratio, shift = block.scale / priors[name].scale, (block.loc - priors[name].loc) / priors[name].scale
        kl += 0.5 * (ratio**2 + shift**2 - 1 - 2 * np.log(ratio)).sum()
    for i, j, y in zip(answers.student, answers.item, answers.correct, strict=True):
        eta = z["discrimination"][:, j] * (z["ability"][:, i] - z["difficulty"][:, j])
        total += y * eta - np.logaddexp(0, eta)
    return total.mean() - kl, total.std() / np.sqrt(draws)


@pytest.mark.parametrize("kind", PRIORS)
def test_the_trace_ends_at_the_monte_carlo_elbo_and_no_neighbour_is_higher(kind):
    answers, *_ = simulated(12, 8, seed=4)
    fit = ascent.fit(answers, priors=PRIORS[kind], calibrate=False, tol=1e-7)
    value, error = monte_carlo_elbo(answers, fit.posterior.blocks, PRIORS[kind])
    assert abs(fit.trace[-1] - value) < 4 * error + 0.02
    data, names = Answers.of(answers), list(fit.posterior.blocks)
    sizes = [fit.posterior.blocks[n].loc.size for n in names]

    def elbo(vector):
        parts = np.split(vector, np.cumsum(sizes * 2)[:-1])
        blocks = {
            n: Normal(loc, np.exp(scale), fit.posterior.blocks[n].log)
            for n, loc, scale in zip(names, parts[: len(names)], parts[len(names) :], strict=True)
        }
        kl = 0.0
        for n, block in blocks.items():
            prior = PRIORS[kind][n]
            ratio, shift = block.scale / prior.scale, (block.loc - prior.loc) / prior.scale
            kl += 0.5 * (ratio**2 + shift**2 - 1 - 2 * np.log(ratio)).sum()
        return kl - expected(data, blocks, True).sum()

    at = np.concatenate(
        [fit.posterior.blocks[n].loc for n in names] + [np.log(fit.posterior.blocks[n].scale) for n in names]
    )
    better = minimize(elbo, at, method="L-BFGS-B", options={"maxiter": 200})
    assert -better.fun - fit.trace[-1] < 1e-2
    np.testing.assert_allclose(better.x, at, atol=0.02)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("kind", PRIORS)
def test_slopes_are_the_derivatives_of_the_expected_log_likelihood(kind, exact):
    answers, *_ = simulated(7, 5, seed=1)
    data = Answers.of(answers)
    blocks = ascent.fit(answers, priors=PRIORS[kind], calibrate=False, max_steps=2).posterior.blocks
    for name, index in (("ability", data.student), ("difficulty", data.item), ("discrimination", data.item)):
        first, second = (np.bincount(index, s) for s in _slopes(data, blocks, name, exact))
        block = blocks[name]
        for k in range(len(block.loc)):
            nudge = np.eye(len(block.loc))[k]

            def value(loc=0.0, log_scale=0.0, name=name, block=block, nudge=nudge):
                moved = Normal(block.loc + loc * nudge, block.scale * np.exp(log_scale * nudge), block.log)
                return expected(data, blocks | {name: moved}, exact).sum()

            h = 1e-4
            assert (value(loc=h) - value(loc=-h)) / (2 * h) == pytest.approx(first[k], abs=1e-5)
            by_variance = (value(log_scale=h) - value(log_scale=-h)) / (2 * h) / (2 * block.scale[k] ** 2)
            assert -2 * by_variance == pytest.approx(second[k], abs=1e-5)


def test_it_never_falls_and_recovers_the_truth_with_calibrated_spreads():
    inside, correlation = [], []
    for seed in range(30):
        answers, theta, alpha, beta = simulated(seed=100 + seed)
        fit = ascent.fit(answers)
        assert fit.converged and np.diff(fit.trace).min() >= -1e-6
        row = []
        for name, true in (("ability", theta), ("difficulty", beta), ("discrimination", alpha)):
            low, high = fit.posterior.interval(name)
            row.append(np.mean((low <= true) & (true <= high)))
        inside.append(row)
        correlation.append(np.corrcoef(beta, fit.posterior.mean("difficulty"))[0, 1])
    ability, difficulty, discrimination = np.mean(inside, 0)
    assert 0.93 <= ability <= 0.97 and 0.92 <= difficulty <= 0.98 and discrimination >= 0.88
    assert np.median(correlation) > 0.9


@pytest.mark.parametrize(
    "frozen", [(), ("difficulty",), ("discrimination",), ("difficulty", "discrimination"), ("ability",)]
)
def test_calibrated_spreads_equal_the_dense_inverse_information(frozen):
    """Of the free numbers; a frozen one's own spread, times how far a free one moves with it, comes on top."""
    answers, counted, weight = weighted(9, 6, seed=2)
    priors = PRIORS["positive"]
    raw = ascent.fit(answers, calibrate=False).posterior.freeze(*frozen)
    solved = calibrated(raw, counted, priors)
    data, n, j = Answers.of(answers), 9, 6
    a, d = raw.mean("discrimination"), raw.blocks["ability"].loc[:, None] - raw.blocks["difficulty"].loc
    info = np.diag(np.concatenate([np.ones(n), np.full(j, 1 / 0.5**2), np.ones(j)]))
    for i, k, times in zip(data.student, data.item, weight, strict=True):
        mean, var = raw.predictor(np.array([i]), np.array([k]))
        z = mean + np.sqrt(var) * np.polynomial.hermite_e.hermegauss(31)[0]
        w = np.polynomial.hermite_e.hermegauss(31)[1]
        p = 1 / (1 + np.exp(-z))
        omega = times * (p * (1 - p)) @ w / w.sum()
        slope = np.zeros(n + 2 * j)
        slope[i], slope[n + k], slope[n + j + k] = a[k], a[k] * d[i, k], -a[k]
        info += omega * np.outer(slope, slope)
    names = ("ability", "discrimination", "difficulty")
    held = np.concatenate([np.full(raw.blocks[name].loc.size, name in frozen) for name in names])
    spread = np.concatenate([raw.blocks[name].scale for name in names])
    inverse = np.linalg.inv(info[np.ix_(~held, ~held)])
    moves = inverse @ info[np.ix_(~held, held)]
    spread[~held] = np.sqrt(np.diag(inverse + moves @ np.diag(spread[held] ** 2) @ moves.T))
    for name, part in zip(names, np.split(spread, [n, n + j]), strict=True):
        np.testing.assert_allclose(solved.blocks[name].scale, part, rtol=1e-3)


def test_frozen_blocks_stay_and_a_posterior_serves_as_prior():
    answers, *_ = simulated(seed=8)
    first = ascent.fit(answers).posterior
    again = ascent.fit(answers, start=first.freeze("difficulty", "discrimination")).posterior
    for name in ("difficulty", "discrimination"):
        assert np.array_equal(again.blocks[name].loc, first.blocks[name].loc)
        assert np.array_equal(again.blocks[name].scale, first.blocks[name].scale)
    sharper = ascent.fit(answers, priors=first.as_prior()).posterior
    assert (sharper.sd("difficulty") < first.sd("difficulty")).all()


def test_awkward_data_is_left_to_the_prior():
    answers, *_ = simulated(20, 6, seed=3)
    right = np.where(answers.item == 0, 1, answers.correct).astype(np.int8)
    answers = Responses(answers.student, answers.item, right, answers.students, (*answers.items, "never asked"))
    posterior = ascent.fit(answers).posterior
    assert posterior.mean("difficulty")[0] < -1 and np.abs(posterior.mean("difficulty")).max() < 4
    assert posterior.mean("difficulty")[-1] == pytest.approx(0, abs=1e-6)
    assert posterior.sd("difficulty")[-1] == pytest.approx(1, abs=1e-3)


def test_the_papers_rule_stops_where_the_paper_says(monkeypatch):
    """The mean of the four changes between the last five losses, below a share of the first change."""
    monkeypatch.setattr(two_parameter, "EXACT", 0)  # one stage
    answers, *_ = simulated(seed=8)
    changes, other = np.diff(ascent.fit(answers, tol=1e-9).trace), 0
    for share in (0.1, 0.02, 0.001, 0.0005):
        ends = [n for n in range(4, len(changes) + 1) if changes[n - 4 : n].mean() < share * changes[0]]
        fit = ascent.fit(answers, rule="paper", tol=share)
        assert fit.converged and f"the share {share:g} of the first change, by the mean of 4" in fit.reason
        assert len(fit.trace) == ends[0] + 1
        other += ends[0] != 4 + np.argmax(changes[3:] < share * changes[0])
    assert other > 1  # the last change alone would stop elsewhere
    assert "the share 0.001 " in ascent.fit(answers, rule="paper").reason


def test_a_climb_stops_only_where_nothing_gains_and_says_when_it_was_not_there():
    def go(sweep, bound, **settings):
        told = {"tol": 0.01, "max_steps": 500, "rule": "safe", "progress": False} | settings
        return climb(0.0, lambda x, step, *_: sweep(x, step), lambda x, stage: (bound(x), None), (None,), **told)

    end, trace, converged, reason = go(lambda x, step: x + step, lambda x: -x)
    assert end == 0 and len(trace) == 1 and not converged
    assert reason.startswith("a sweep lost even at a step of 0.001:")

    def careful(x, step):  # only a short step gains: 1 nat by a whole step, but 0.004 at most by one that is taken
        return x + step if step <= 2**-8 else -1.0

    for far in (np.nan, -np.inf, -100.0):
        end, trace, converged, reason = go(careful, lambda x, far=far: far if x < 0 else min(x, 0.1))
        assert end >= 0.1 and converged and "gained less than 0.01 nats" in reason and np.diff(trace).min() >= 0

    def beyond(x, step):
        if step > 0.1:
            raise OverflowError
        return x + step

    assert go(beyond, lambda x: min(x, 1))[0] >= 1
    *_, converged, reason = go(careful, lambda x: -100 if x < 0 else x, max_steps=40)
    assert not converged and reason == "max_steps = 40 reached"
    with pytest.raises(ValueError, match="not a finite number where the fit begins"):
        go(careful, lambda x: np.nan)


def highest(answers, fit, priors, exact, weight=1):
    """The highest ELBO that L-BFGS finds from a two-parameter fit's end; answers without weights, their logs times."""
    data, names = Answers.of(answers), list(fit.posterior.blocks)
    sizes = [fit.posterior.blocks[n].loc.size for n in names]

    def loss(vector):
        parts = np.split(vector, np.cumsum(sizes * 2)[:-1])
        blocks = {
            n: Normal(loc, np.exp(scale), fit.posterior.blocks[n].log)
            for n, loc, scale in zip(names, parts[:3], parts[3:], strict=True)
        }
        return sum(divergence(blocks[n], priors[n]) for n in names) - (weight * expected(data, blocks, exact)).sum()

    blocks = fit.posterior.blocks.values()
    at = np.concatenate([b.loc for b in blocks] + [np.log(b.scale) for b in blocks])
    return -minimize(loss, at, method="L-BFGS-B", options={"maxiter": 300, "maxfun": 10**6}).fun


@pytest.mark.parametrize("seed", (7, 11))
def test_wide_priors_and_few_answers_do_not_stall_below_the_top(seed):
    answers = Responses.from_wide(np.random.default_rng(seed).integers(0, 2, (8, 7)).astype(float))
    priors = dict.fromkeys(PRIORS["paper"], Normal(0, 10.0))
    fit = ascent.fit(answers, priors=priors, calibrate=False, tol=1e-6, max_steps=3000)
    assert fit.converged and np.diff(fit.trace).min() >= -1e-6
    assert highest(answers, fit, priors, True) - fit.trace[-1] < 0.01


def weighted(students, items, seed, most=4):
    """Answers without weights, the same with whole numbers as weights, and these in the order of `Answers`."""
    answers, *_ = simulated(students, items, seed=seed, asked=0.9)
    weight = np.random.default_rng(seed).integers(1, most + 1, len(answers)).astype(float)
    return answers, replace(answers, weight=weight), weight[np.lexsort((answers.item, answers.student))]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("kind", PRIORS)
def test_a_weight_counts_an_answer_so_many_times(kind, exact, monkeypatch):
    monkeypatch.setattr(two_parameter, "EXACT", 10**6 if exact else 0)
    answers, counted, weight = weighted(12, 8, seed=4)
    fit = ascent.fit(counted, priors=PRIORS[kind], calibrate=False, tol=1e-6)
    assert fit.converged
    assert highest(answers, fit, PRIORS[kind], exact, weight) == pytest.approx(fit.trace[-1], abs=0.01)


def test_a_weight_counts_in_factor_models_too():
    answers, counted, weight = weighted(12, 6, seed=5)
    fit = ascent.fit(counted, "factorization", factors=1, rng=0, tol=1e-6)
    data, sizes = Answers.of(answers), [12, 6, 6]
    z, w = np.polynomial.hermite_e.hermegauss(31)

    def loss(vector):
        (theta, a, beta), spreads = (np.split(v, np.cumsum(sizes)[:-1]) for v in np.split(vector, 2))
        t, s, b = (np.exp(2 * v) for v in spreads)
        theta, t, a, s, beta, b = (
            v[c] for v, c in ((theta, data.student), (t, data.student), *((v, data.item) for v in (a, s, beta, b)))
        )
        eta = (theta * a - beta)[:, None] + np.sqrt(theta**2 * s + t * (a**2 + s) + b)[:, None] * z
        likelihood = (weight * (data.correct * (theta * a - beta) - np.logaddexp(0, eta) @ w / w.sum())).sum()
        loc, log = np.split(vector, 2)
        return 0.5 * (np.exp(2 * log) + loc**2 - 1 - 2 * log).sum() - likelihood

    blocks = [fit.posterior.blocks[n] for n in ("ability", "loadings", "difficulty")]
    at = np.concatenate([b.loc.ravel() for b in blocks] + [np.log(b.scale).ravel() for b in blocks])
    assert fit.converged and -loss(at) == pytest.approx(fit.trace[-1], abs=0.01)
    best = minimize(loss, at, method="L-BFGS-B", options={"maxiter": 300, "maxfun": 10**6})
    assert -best.fun == pytest.approx(fit.trace[-1], abs=0.01)


@pytest.mark.parametrize("weight", (100.0, 300.0))
def test_large_weights_never_end_in_the_middle(weight):
    for seed in range(120):
        answers = Responses.from_wide(np.random.default_rng(seed).integers(0, 2, (12, 5)).astype(float))
        fit = ascent.fit(replace(answers, weight=np.full(60, weight)), max_steps=60)
        assert fit.converged or "lost even at a step" in fit.reason or fit.reason == "max_steps = 60 reached"
        assert np.isfinite(fit.trace).all() and np.isfinite(fit.elbo)
        assert all(np.isfinite(b.mean).all() and np.isfinite(b.sd).all() for b in fit.posterior.blocks.values())


@pytest.mark.parametrize("factors_", (None, 3))
def test_the_elbo_at_the_end_is_the_elbo_whatever_was_climbed(factors_, monkeypatch):
    monkeypatch.setattr(two_parameter, "EXACT", 0)  # matched moments, as for large data
    answers, *_ = simulated(150, 30, seed=1)
    model = {"model": "factorization", "factors": 3} if factors_ else {}
    fit = ascent.fit(answers, calibrate=False, rng=1, **model)
    value, error = elbo(fit.posterior, answers, particles=8000, rng=0)
    assert abs(fit.elbo - value) < 4 * error
    assert abs(fit.trace[-1] - value) > 5 * error  # which the trace is not


@pytest.mark.parametrize(("design", "floor"), [("dense", (0.93, 0.77, 0.91)), ("overlap", (0.92, 0.77, 0.91))])
def test_twenty_recorded_data_sets_are_recovered(design, floor):
    oracle = oracles_irt.load(design)
    rows, far = [], 0
    for rep, table in oracle.answers.items():
        true = oracle.true(rep, "beta")
        found = recovery(true, ascent.fit(Responses.from_wide(table)).posterior.mean("difficulty"))
        rows.append([found.pearson, found.kendall, found.spearman, found.rmse])
        far += found.far
    *correlations, rmse = np.median(rows, 0)
    assert (np.round(correlations, 2) >= floor).all() and rmse <= 0.45 and far == 0


def test_slopes_equal_autograd():
    torch = pytest.importorskip("torch")
    answers, *_ = simulated(7, 5, seed=1)
    blocks = ascent.fit(answers, calibrate=False, max_steps=2).posterior.blocks
    data = Answers.of(answers)
    loc = {n: torch.tensor(b.loc, requires_grad=True) for n, b in blocks.items()}
    few, many = (np.polynomial.hermite_e.hermegauss(k) for k in (5, 7))
    weights = torch.tensor(np.outer(few[1] / few[1].sum(), many[1] / many[1].sum()))
    alpha = torch.exp(loc["discrimination"][:, None] + torch.tensor(blocks["discrimination"].scale[:, None] * few[0]))
    spread = np.hypot(blocks["ability"].scale[data.student], blocks["difficulty"].scale[data.item])
    gap = loc["ability"][data.student] - loc["difficulty"][data.item]
    eta = alpha[data.item][:, :, None] * (gap[:, None] + torch.tensor(spread[:, None] * many[0]))[:, None, :]
    y = torch.tensor(data.correct)[:, None, None]
    ((y * eta - torch.nn.functional.softplus(eta)) * weights).sum().backward()
    for name, index in (("ability", data.student), ("difficulty", data.item), ("discrimination", data.item)):
        first, _ = _slopes(data, blocks, name, True)
        np.testing.assert_allclose(np.bincount(index, first), loc[name].grad.numpy(), atol=1e-9)


def factor_data(seed=0):
    rng = np.random.default_rng(seed)
    n, j = 500, 24
    theta, load = rng.standard_normal((n, 2)), np.kron(np.eye(2), np.ones((j // 2, 1))) * 1.3
    right = rng.random((n, j)) < 1 / (1 + np.exp(-(theta @ load.T - rng.standard_normal(j))))
    student, item = np.nonzero(np.ones((n, j), bool))
    return Responses(student, item, right[student, item].astype(np.int8), range(n), range(j)), load


def test_factor_models_never_fall_and_find_the_structure():
    answers, load = factor_data()
    fits = {k: ascent.fit(answers, "factorization", factors=k, rng=1, tol=0.01) for k in (1, 2)}
    for fit in fits.values():
        assert fit.converged and np.diff(fit.trace).min() >= -1e-6
    assert fits[2].trace[-1] > fits[1].trace[-1] + 10
    found = fits[2].posterior.mean("loadings")
    product, true = found @ found.T, load @ load.T
    assert np.corrcoef(product.ravel(), true.ravel())[0, 1] > 0.9
    assert (found.mean(0) > 0).all()


def test_hierarchical_attributes_feed_only_where_the_mask_lets_them():
    answers, _ = factor_data()
    x = np.kron(np.eye(2), np.ones((12, 1)))
    mask = np.eye(2, dtype=bool)
    fit = ascent.fit(answers, "hierarchical", factors=1, attributes=x, mask=mask, rng=2, tol=0.05)
    effects = fit.posterior.blocks["effects"]
    assert np.diff(fit.trace).min() >= -1e-6
    assert (effects.loc[~mask] == 0).all() and (effects.scale[~mask] < 1e-6).all()
    assert (np.abs(effects.loc[mask]) > 0.3).any()  # the own factor may take the other group
    one = ascent.fit(answers, "factorization", factors=1, rng=2, tol=0.05)
    assert fit.trace[-1] > one.trace[-1]


LEARNED = ("loadings", "difficulty")


def test_learned_priors_keep_the_factors_that_are_there_and_shrink_the_others():
    answers, load = factor_data()
    fit = ascent.fit(answers, "factorization", factors=6, rng=1, tol=0.01, learned=LEARNED)
    assert fit.converged and np.diff(fit.trace).min() >= -1e-6
    spread = np.sqrt(fit.priors["loadings"].loc ** 2 + fit.priors["loadings"].scale ** 2)
    assert sorted(spread > 0.2) == [False] * 4 + [True] * 2
    found = fit.posterior.mean("loadings")
    assert np.corrcoef((found @ found.T).ravel(), (load @ load.T).ravel())[0, 1] > 0.95
    given = ascent.fit(answers, "factorization", factors=6, rng=1, tol=0.01)
    assert fit.trace[-1] > given.trace[-1] + 50


@pytest.mark.parametrize("model", ["two-parameter", "factorization", "hierarchical"])
def test_what_a_fit_with_learned_priors_returns_has_the_elbo_it_reports(model, monkeypatch):
    """Beliefs are turned and rescaled at the end: the same bound must come out under the priors returned."""
    answers, _ = factor_data()
    monkeypatch.setattr(two_parameter, "EXACT", 0)  # one bound throughout
    layout = {
        "two-parameter": {"calibrate": False},
        "factorization": {"factors": 2},
        "hierarchical": {"factors": 1, "attributes": np.kron(np.eye(2), np.ones((12, 1))), "mask": np.eye(2) == 1},
    }[model]
    learned = {"two-parameter": ("discrimination", "difficulty")}.get(model, LEARNED + ("effects",) * ("h" in model))
    fit = ascent.fit(answers, model, learned=learned, rng=1, tol=0.01, **layout)
    again = ascent.fit(answers, model, priors=fit.priors, start=fit.posterior, rng=1, max_steps=1, tol=0, **layout)
    assert again.trace[0] == pytest.approx(fit.trace[-1], abs=1e-6)
    if model != "two-parameter":
        assert fit.priors["ability"].scale == pytest.approx(1)


def test_a_learned_prior_is_the_best_one_for_the_beliefs():
    rng = np.random.default_rng(5)
    answers, _ = factor_data()
    kind = Model.of("factorization", answers, factors=2)
    block = Normal(rng.normal(0.4, 1.5, (24, 2)), rng.uniform(0.1, 0.9, (24, 2)))
    new = learn_priors(kind, {"loadings": block}, kind.priors(), ["loadings"])["loadings"]
    for k in range(2):
        one = Normal(block.loc[:, k], block.scale[:, k])
        best = minimize(lambda v, one=one: divergence(one, Normal(v[0], np.exp(v[1]))), [0, 0], tol=1e-12).x
        assert [new.loc[k], np.log(new.scale[k])] == pytest.approx(list(best), abs=1e-4)


def test_learned_priors_find_the_population():
    rng = np.random.default_rng(11)
    n, j = 400, 150
    difficulty, load = rng.normal(0.7, 1.4, j), rng.normal(1.2, 0.3, j)
    right = rng.random((n, j)) < 1 / (1 + np.exp(-(np.outer(rng.standard_normal(n), load) - difficulty)))
    fit = ascent.fit(Responses.from_wide(right * 1.0), "factorization", factors=1, rng=1, learned=LEARNED)
    prior = fit.priors["difficulty"]
    assert abs(prior.loc - 0.7) < 3 * 1.4 / np.sqrt(j) and abs(prior.scale - 1.4) < 3 * 1.4 / np.sqrt(2 * j)
    prior = fit.priors["loadings"]
    assert abs(prior.loc[0] - 1.2) < 3 * 0.3 / np.sqrt(j) + 1.2 * 3 / np.sqrt(2 * n)
    assert 0.2 < prior.scale[0] < 0.4


@pytest.mark.parametrize("model", ["two-parameter", "factorization"])
def test_pieces_change_nothing(monkeypatch, model):
    answers, _ = factor_data()
    settings = {"factors": 2} if model == "factorization" else {"calibrate": False}
    whole = ascent.fit(answers, model, rng=1, max_steps=5, **settings)
    monkeypatch.setattr(pieces, "PIECE", 700)
    parts = ascent.fit(answers, model, rng=1, max_steps=5, **settings)
    np.testing.assert_allclose(parts.trace, whole.trace, rtol=1e-10)
    for name, block in whole.posterior.blocks.items():
        np.testing.assert_allclose(parts.posterior.blocks[name].loc, block.loc, atol=1e-8)
    again = ascent.fit(answers, model, rng=1, max_steps=5, **settings)
    assert again.trace.tobytes() == parts.trace.tobytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "2pl"}, "model = '2pl': give one of 'two-parameter'"),
        ({"factors": 2}, "takes no factors: leave it out"),
        ({"model": "factorization", "rng": 1}, "factors = None: give a whole number"),
        ({"model": "factorization", "factors": 9, "rng": 1}, "factors = 9 for 10 students and 8 items"),
        ({"model": "factorization", "factors": 2}, "rng = None: pass a seed"),
        ({"model": "hierarchical", "factors": 1, "rng": 1}, "attributes"),
        ({"model": "hierarchical", "factors": 1, "rng": 1, "attributes": np.ones((3, 2))}, r"\(3, 2\) for 8 items"),
        (
            {"model": "hierarchical", "factors": 1, "rng": 1, "attributes": np.full((8, 1), np.nan)},
            r"attributes\[0, 0\] = nan: an item has",
        ),
        (
            {"model": "hierarchical", "factors": 1, "rng": 1, "attributes": np.eye(8)[:, :2] * 0 + [1, 0]},
            "no item has attribute 1",
        ),
        (
            {"model": "hierarchical", "factors": 1, "rng": 1, "attributes": np.ones((8, 2)), "mask": np.ones((1, 3))},
            "mask of type float64",
        ),
        ({"frozen": ["ability"]}, "a frozen block needs values; pass a posterior"),
        ({"frozen": "ability"}, "give a list of names"),
        ({"learned": ["loadings"]}, "learned names 'loadings': a two-parameter model has ability"),
        ({"tol": -1}, "tol = -1"),
        ({"rule": "fast"}, "rule = 'fast': give one of 'safe', 'paper'"),
        ({"rule": ["safe"]}, r"rule = \['safe'\]: give one of"),
        ({"model": ["two-parameter"]}, "give one of 'two-parameter'"),
        ({"frozen": [["ability"]]}, "give names of blocks"),
        ({"learned": [["ability"]]}, r"learned names \['ability'\]"),
        ({"start": 5}, "start is a int: give a posterior"),
        ({"calibrate": "no"}, "calibrate = 'no': give True or False"),
        ({"progress": 1}, "progress = 1: give True or False"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_any_work(settings, message):
    with pytest.raises(ValueError, match=r"responses are a ndarray: make them with Responses\.from_wide"):
        ascent.fit(np.ones((3, 2)))
    answers, *_ = simulated(10, 8)
    with pytest.raises(ValueError, match=message):
        ascent.fit(answers, **settings)


def test_an_attribute_nobody_was_asked_about_keeps_its_prior_and_a_question_without_any_is_fed_nothing():
    answers, _ = factor_data()
    x = np.kron(np.eye(3), np.ones((8, 1)))
    x[0] = 0  # no attribute at all
    asked = answers.subset(answers.item < 16)  # the third attribute's questions have no answers
    fit = ascent.fit(
        asked,
        "hierarchical",
        factors=1,
        attributes=x,
        mask=np.ones((1, 3), dtype=bool),
        learned=("loadings", "difficulty", "effects"),
        rng=1,
        tol=0.01,
    )
    prior, effects = fit.priors["effects"], fit.posterior.blocks["effects"]
    np.testing.assert_allclose(effects.loc[:, 2:], prior.loc, atol=0.02)
    assert effects.scale[0, 2] == pytest.approx(prior.scale[0, 0], rel=0.02)
    assert (effects.scale[0, :2] < 0.7 * effects.scale[0, 2]).all()
    load, load_var = fit.posterior.loadings()
    assert load[0, 1] == 0 and load_var[0, 1] == 0
    p = fit.posterior.predict(np.zeros(8, dtype=int), np.arange(16, 24))
    assert np.isfinite(p).all() and np.ptp(p) < 0.02  # one forecast for all questions that nothing is known of


def test_a_step_changes_no_rows_predictors_by_more_than_two_logits():
    old, to = Normal(np.zeros((2, 3)), np.ones((2, 3))), Normal(np.array([[90.0, -40, 5], [0.1, 0.2, -0.3]]), 0.5)
    others = np.random.default_rng(3).standard_normal((500, 3)) * [1.2, 0.4, 0.01]
    square = (others**2).mean(0)
    moved = factors._towards(old, Normal(to.loc, np.full((2, 3), 0.5)), 1.9, square)
    assert np.sqrt(moved.loc[0] ** 2 @ square) == pytest.approx(factors.FAR)
    np.testing.assert_allclose(moved.loc[0] / moved.loc[0, 0], to.loc[0] / to.loc[0, 0])
    np.testing.assert_allclose(moved.loc[1], 1.9 * to.loc[1])


def test_a_prior_says_the_same_as_a_number_and_as_an_array():
    answers, _ = factor_data()
    one, each = (
        ascent.fit(answers, "factorization", factors=2, rng=1, priors=paper_priors("factorization") | prior)
        for prior in ({}, {"loadings": Normal(np.zeros(2), np.ones(2))})
    )
    assert each.trace[-1] == pytest.approx(one.trace[-1], abs=1e-6)
    moved = paper_priors("factorization") | {"loadings": Normal(1.0, 1.0)}
    assert ascent.fit(answers, "factorization", factors=2, rng=1, priors=moved).converged


def test_learned_priors_can_be_given_to_the_next_fit():
    answers, _ = factor_data()
    layout = {"factors": 1, "attributes": np.kron(np.eye(2), np.ones((12, 1))), "mask": np.ones((1, 2), dtype=bool)}
    first = ascent.fit(answers, "hierarchical", learned=(*LEARNED, "effects"), rng=1, tol=0.01, **layout)
    again = ascent.fit(answers, "hierarchical", priors=first.priors, rng=1, tol=0.01, **layout)
    assert again.trace[-1] == pytest.approx(first.trace[-1], abs=2)


@pytest.mark.parametrize(("spread", "alpha"), [(1.0, 2.5), (0.8, 1.5)])
def test_frozen_items_stay_as_uncertain_as_they_say(spread, alpha):
    """Abilities, by Monte Carlo over the frozen items, which no number of students teaches anything; and coverage."""
    items, students, inside = 6, 150, []
    grid = np.linspace(-5, 5, 201)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        belief = Normal(rng.standard_normal(items), np.full(items, spread))
        theta, beta = rng.standard_normal(students), rng.normal(belief.loc, spread)
        right = rng.random((students, items)) < 1 / (1 + np.exp(-alpha * (theta[:, None] - beta)))
        answers = Responses.from_wide(right * 1.0)
        blocks = {
            "ability": Normal(np.zeros(students), np.ones(students)),
            "difficulty": belief,
            "discrimination": Normal(np.full(items, np.log(alpha)), np.full(items, 1e-3), True),
        }
        known = Posterior("two-parameter", blocks, answers.students, answers.items)
        posterior = ascent.fit(answers, start=known.freeze("difficulty", "discrimination")).posterior
        low, high = posterior.interval("ability")
        inside.append(np.mean((low <= theta) & (theta <= high)))
        if seed > 2:
            continue
        first = second = 0.0
        for drawn in rng.normal(belief.loc, spread, (400, items)):
            eta = alpha * (grid[:, None] - drawn)
            log = right @ eta.T - np.logaddexp(0, eta).sum(1) - grid**2 / 2
            p = np.exp(log - log.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            first, second = first + p @ grid / 400, second + p @ grid**2 / 400
        exact = np.sqrt(second - first**2)
        assert posterior.sd("ability").mean() == pytest.approx(exact.mean(), rel=0.04)
    assert 0.93 <= np.mean(inside) <= 0.97


def test_one_number_has_no_spread_to_learn_and_keeps_the_prior_location():
    answers, _ = factor_data()
    layout = {"factors": 1, "attributes": np.repeat([[1.0], [0.0]], 12, 0), "mask": np.array([[True]])}
    spreads = [
        ascent.fit(
            answers, "hierarchical", learned=("loadings", "effects"), rng=0, tol=tol, max_steps=2000, **layout
        ).posterior.sd("effects")[0, 0]
        for tol in (1e-2, 1e-5)
    ]
    assert spreads[1] == pytest.approx(spreads[0], rel=0.1) and spreads[0] > 0.02


def test_a_start_must_be_a_posterior_with_the_same_mask():
    answers, _ = factor_data()
    x = np.kron(np.eye(2), np.ones((12, 1)))
    fit = ascent.fit(answers, "hierarchical", factors=1, attributes=x, mask=np.eye(2) == 1, rng=0, tol=1)
    with pytest.raises(ValueError, match="start is a Fit: give a posterior, such as"):
        ascent.fit(answers, "hierarchical", factors=1, attributes=x, mask=np.eye(2) == 1, start=fit, rng=0)
    with pytest.raises(ValueError, match="another mask"):
        ascent.fit(answers, "hierarchical", factors=1, attributes=x, mask=np.eye(2) == 0, start=fit.posterior, rng=0)


def test_the_default_tol_grows_with_the_data_and_the_weights():
    answers, *_ = simulated(20, 10)
    assert default_tol(answers, "factorization") == pytest.approx(2e-3)  # 200 answers
    assert default_tol(answers, "two-parameter") == 1e-3
    heavy = replace(answers, weight=np.full(200, 5000.0))
    assert default_tol(heavy, "factorization") == pytest.approx(10)
    assert default_tol(heavy, "two-parameter") == pytest.approx(1)
    assert default_tol(heavy, "factorization", "paper") == 1e-3
    assert "less than 10 nats" in ascent.fit(heavy, "factorization", factors=1, rng=0).reason
