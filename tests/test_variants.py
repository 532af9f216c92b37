"""BKT with forgetting and codes: against every hidden path, plain EM, recorded pyBKT, a second way to the summit."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit

from ktlib import BKTParams, bkt
from ktlib.bkt import _variant_counts, em, uncertainty, variants
from ktlib.bkt._variant_climb import Hill
from ktlib.bkt.variants import VariantParams
from ktlib.data.sequences import Sequences
from ktlib.forecast import criteria
from ktlib.studies import individual_recovery, stored, variant_recovery

TRUTH = VariantParams(
    p_init=[0.2, 0.6], p_transit=[0.1, 0.3], p_forget=[0.03, 0.08], p_slip=[0.05, 0.1, 0.25], p_guess=[0.1, 0.2, 0.35]
)
CODES = {"question": ["p_slip", "p_guess"], "practice": ["p_transit", "p_forget"], "group": ["p_init"]}


def one_of_each(params: VariantParams, told: set) -> VariantParams:
    """`params` with the first number of each block whose code is not told."""
    blocks = {name: getattr(params, name) for names in CODES.values() for name in names}
    kept = {name for one in told for name in CODES[one]}
    return VariantParams(**{name: value if name in kept else value[0] for name, value in blocks.items()})


def every_path(row, params, question, practice, group):
    """One student's answers (1, 0, NaN) under all hidden paths: P(answers), and expected counts as `Counted` has."""
    sizes = [len(params.p_init), len(params.p_transit), len(params.p_transit), len(params.p_slip), len(params.p_slip)]
    wins, tries, total = [np.zeros(n) for n in sizes], [np.zeros(n) for n in sizes], 0.0
    for path in product((0, 1), repeat=len(row)):
        weight, w, n = 1.0, [np.zeros(k) for k in sizes], [np.zeros(k) for k in sizes]

        def trial(block, code, happened, p, w=w, n=n):
            w[block][code] += happened
            n[block][code] += 1
            return p if happened else 1 - p

        weight *= trial(0, group, path[0], params.p_init[group])
        for t, known in enumerate(path):
            q, k = question[t], practice[t]
            if row[t] == row[t]:
                right = bool(row[t])
                weight *= trial(3, q, not right, params.p_slip[q]) if known else trial(4, q, right, params.p_guess[q])
            if t + 1 < len(path):
                weight *= (
                    trial(2, k, not path[t + 1], params.p_forget[k])
                    if known
                    else trial(1, k, path[t + 1], params.p_transit[k])
                )
        total += weight
        wins = [a + weight * b for a, b in zip(wins, w, strict=True)]
        tries = [a + weight * b for a, b in zip(tries, n, strict=True)]
    return total, np.concatenate(wins) / total, np.concatenate(tries) / total


@pytest.fixture(params=["compiled", "numpy"])
def way(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(_variant_counts, "loops", lambda: None)
    elif _variant_counts.loops() is None:
        pytest.skip("numba is not installed")
    return request.param


@pytest.mark.parametrize("told", [(), ("question",), ("practice",), ("group",), tuple(CODES)], ids=" ".join)
@pytest.mark.parametrize("forgets", [False, True])
def test_log_likelihood_and_counts_are_those_of_every_hidden_path(told, forgets, way):
    rng = np.random.default_rng(3)
    params = one_of_each(TRUTH, told)
    if not forgets:
        params = params.filled(np.concatenate([np.atleast_1d(v) for v in (
            params.p_init, params.p_transit, 0 * params.p_forget, params.p_slip, params.p_guess)]))  # fmt: skip
    rows = [[1, 0, 1, 1], [0], [np.nan, 1, 0], [1, np.nan, np.nan, 0, 1]]
    codes = {
        "question": [rng.integers(0, 3 if "question" in told else 1, len(row)).tolist() for row in rows],
        "practice": [rng.integers(0, 2 if "practice" in told else 1, len(row)).tolist() for row in rows],
        "group": [0, 1, 0, 1] if "group" in told else [0] * 4,
    }
    slow = [every_path(r, params, *c) for r, *c in zip(rows, *codes.values(), strict=True)]
    given_codes = {name: codes[name] for name in told}
    coded = variants.code(rows, **given_codes)
    names = {many: getattr(params, many) for many in ("questions", "kinds", "groups")}
    coded = variants.Coded(coded.sequences, coded.question, coded.practice, coded.group, **names)
    total, wins, tries = _variant_counts.Counted(coded).expected(params.values)
    assert total == pytest.approx(sum(np.log(p) for p, *_ in slow), abs=1e-12)
    np.testing.assert_allclose(wins, sum(w for _, w, _ in slow), atol=1e-12)
    np.testing.assert_allclose(tries, sum(n for _, _, n in slow), atol=1e-12)
    np.testing.assert_allclose(variants.log_likelihood(coded, params), [np.log(p) for p, *_ in slow], atol=1e-12)


@pytest.mark.parametrize("way", ["compiled", "numpy"])
def test_students_alike_are_counted_once_and_count_as_often_as_they_are(way, monkeypatch):
    if way == "numpy":
        monkeypatch.setattr(_variant_counts, "loops", lambda: None)
    rng, shape = np.random.default_rng(3), (40, 4)
    answers = np.where(rng.random(shape) < 0.1, np.nan, rng.integers(2, size=shape))
    codes = {"question": rng.integers(3, size=shape), "practice": rng.integers(2, size=shape)}
    codes["group"] = rng.integers(2, size=len(answers))
    thrice = {name: np.tile(code, (3, *[1] * (code.ndim - 1))) for name, code in codes.items()}
    one = _variant_counts.Counted(variants.code(answers, **codes))
    three = _variant_counts.Counted(variants.code(np.tile(answers, (3, 1)), **thrice))
    assert (
        len(three.everybody) == len(one.everybody)
        and (three.times[one.everybody] == 3 * one.times[one.everybody]).all()
    )
    assert all((a == b).all() for a, b in zip(one.touched, three.touched, strict=True))
    values = TRUTH.values
    for few, many in zip(one.expected(values), three.expected(values), strict=True):
        np.testing.assert_allclose(many, 3 * np.asarray(few), rtol=1e-12)

    class Same:  # random numbers that are all alike: every sequence shares its sum with others
        def integers(self, high, size, dtype):
            return np.ones(size, dtype)

    with monkeypatch.context() as patched:
        patched.setattr(np.random, "default_rng", lambda seed: Same())
        apart = _variant_counts.Counted(variants.code(answers, **codes))
    assert (apart.times == 1).all() and len(apart.everybody) == len(answers)
    for told, without in zip(one.expected(values), apart.expected(values), strict=True):
        np.testing.assert_allclose(told, without, rtol=1e-12)


def test_forecasts_are_ratios_of_likelihoods():
    """P(right | before) = P(before, right) / P(before), with P from every hidden path."""
    row, q, k = [1, 0, 0, 1], [2, 0, 1, 1], [0, 1, 1, 0]
    found = variants.filter([row], TRUTH, question=[q], practice=[k], group=[1])
    for t in range(4):
        right, before = (np.array(row[:t] + more, float) for more in ([1], [np.nan]))
        ratio = every_path(right, TRUTH, q, k, 1)[0] / every_path(before, TRUTH, q, k, 1)[0]
        assert found.p_correct[0, t] == pytest.approx(ratio, abs=1e-12)
    alone = variants.filter(row, one_of_each(TRUTH, set()))
    assert alone.p_correct.shape == (4,) and isinstance(variants.log_likelihood(row, one_of_each(TRUTH, set())), float)


PLAIN = bkt.simulate(BKTParams(p_init=0.3, p_slip=0.12), students=250, steps=9, rng=7, missing=0.1).answers


def test_without_codes_it_is_plain_bkt(way):
    plain, found = em.fit(PLAIN, tol=1e-12, max_steps=5000), variants.fit(PLAIN, max_steps=300)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    p = found.params
    np.testing.assert_allclose([p.p_init[0], p.p_transit[0], p.p_slip[0], p.p_guess[0]], tuple(plain.params), atol=1e-6)
    sure = uncertainty.standard_errors(PLAIN, plain)
    assert found.frame().se[["p_init", "p_transit", "p_slip", "p_guess"]].tolist() == pytest.approx(
        list(sure.se.values()), rel=1e-4
    )
    assert found.interval("p_guess", 0.9) == pytest.approx(sure.interval("p_guess", 0.9), abs=1e-5)
    assert found.aic == pytest.approx(2 * 4 - 2 * plain.log_likelihood) and found.parameters == 4
    assert found.bic == pytest.approx(4 * np.log(250) - 2 * plain.log_likelihood)
    assert criteria.compare({"EM": plain, "variant": found}).above_aic.max() < 1e-6
    same, params = bkt.filter(PLAIN, plain.params), VariantParams.of(plain.params)
    np.testing.assert_allclose(variants.filter(PLAIN, params).p_known, same.p_known, atol=1e-12)
    np.testing.assert_allclose(variants.log_likelihood(PLAIN, params), bkt.log_likelihood(PLAIN, plain.params))


RECORDED = json.loads(stored("peers/variants_pybkt.json").read_text("utf8"))
TOLD = {"plain": (), "forgetting": (), "question": ("question",), "practice": ("practice",), "group": ("group",)}


def recorded(name):
    """The recorded answers with the codes of a variant, and the start it was recorded from."""
    shape = RECORDED["students"], RECORDED["steps"]
    answers = np.array(list(RECORDED["answers"]), float).reshape(shape)
    codes = {k: np.array(list(v), int) for k, v in RECORDED["codes"].items() if k in TOLD.get(name, CODES)}
    coded = variants.code(answers, **{k: v if k == "group" else v.reshape(shape) for k, v in codes.items()})
    names = {many: getattr(coded, many) for many in ("questions", "kinds", "groups")}
    start = VariantParams.of(BKTParams(), p_forget=0.05 if name in ("forgetting", "all") else 0.0, **names)
    return coded, start.filled(start.values * (1 + np.linspace(0, 0.5, start.values.size)))


@pytest.mark.parametrize("name", [*TOLD, "all"])
def test_likelihood_and_fit_are_those_of_pybkt(name):
    """pyBKT 1.4.3's C++, each code with its own numbers (benchmarks/variants_programs.py)."""
    (coded, start), peer = recorded(name), RECORDED["variants"][name]["mended"]
    assert variants.log_likelihood(coded, start).sum() == pytest.approx(peer["start"], abs=1e-6)
    there = start.filled(np.clip(peer["values"], 0, 1))
    assert variants.log_likelihood(coded, there).sum() == pytest.approx(peer["end"], abs=1e-6)
    found = variants.fit(coded, start=start, forgets=bool(start.p_forget.any()))
    assert found.converged and found.log_likelihood >= peer["end"] - 1e-6
    np.testing.assert_allclose(found.params.values, peer["values"], atol=1e-4)


def test_pybkt_as_released_mixes_codes_up():
    """Why the numbers above are of a mended pyBKT: its C++ E-step gives every code the first one's numbers."""
    gaps = {}
    for name in (*TOLD, "all"):
        (coded, start), peer = recorded(name), RECORDED["variants"][name]["as released"]
        gaps[name] = variants.log_likelihood(coded, start).sum() - peer["start"]
    assert max(abs(gaps[name]) for name in ("plain", "forgetting")) < 1e-6
    assert min(abs(gaps[name]) for name in ("question", "practice", "group", "all")) > 0.5


SEEN = variants.simulate(TRUTH, 400, 8, rng=1)
CODED = variants.code(SEEN.answers, SEEN.question, SEEN.practice, SEEN.group)


def test_the_summit_is_the_one_a_general_maximiser_finds():
    found = variants.fit(CODED, forgets=True)
    peer = minimize(
        lambda x: -variants.log_likelihood(CODED, TRUTH.filled(expit(x))).sum(), logit(TRUTH.values), method="BFGS"
    )
    assert found.log_likelihood == pytest.approx(-peer.fun, abs=1e-4) and found.log_likelihood >= -peer.fun - 1e-7
    assert found.converged and not found.flags and (np.diff(found.trace) >= -1e-9 * abs(found.trace[-1])).all()


def test_the_curvature_is_that_of_the_log_likelihood():
    counted = _variant_counts.Counted(CODED)
    hill, at, h = Hill(counted, TRUTH.values, np.arange(12), None), logit(TRUTH.values), 1e-3
    curvature = hill.curvature(at, *hill.look(at)[3:])
    for j, k in ((0, 0), (2, 7), (5, 10), (1, 4)):
        a, b = h * np.eye(12)[j], h * np.eye(12)[k]
        value = (
            hill.look(at + a + b)[0] - hill.look(at + a - b)[0] - hill.look(at - a + b)[0] + hill.look(at - a - b)[0]
        ) / (4 * h * h)
        assert curvature[j, k] == pytest.approx(value, abs=2e-3)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_no_step_goes_down(seed):
    rng = np.random.default_rng(seed)
    answers = np.where(rng.random((6, 5)) < 0.2, np.nan, rng.integers(0, 2, (6, 5)))
    answers[:, 0] = rng.integers(0, 2, 6)
    question, practice = np.tile([0, 1, 0, 1, 0], (6, 1)), np.tile([1, 0, 1, 0, 0], (6, 1))
    question[:, 1] = rng.permutation([1, 1, 1, 0, 0, 0])
    answers[0, 1] = answers[5, 3] = 1.0
    found = variants.fit(answers, question=question, practice=practice, forgets=True, max_steps=30)
    assert (np.diff(found.trace) >= -1e-9).all()
    total = np.sum(variants.log_likelihood(answers, found.params, question=question, practice=practice))
    assert found.log_likelihood == pytest.approx(total, abs=1e-8)


def test_codes_by_the_frame_are_codes_by_number_in_any_order_of_rows():
    rows = [
        (f"s{i}", t, SEEN.answers[i, t], f"q{SEEN.question[i, t]}", "ab"[SEEN.practice[i, t]], f"g{SEEN.group[i]}")
        for i in range(60)
        for t in range(8)
    ]
    frame = pd.DataFrame(rows, columns=["student", "when", "correct", "question", "practice", "group"])
    names = dict(order="when", question="question", practice="practice", group="group")
    found = variants.fit(variants.from_frame(frame, **names), frozen=["p_init"])
    some = {name: getattr(SEEN, name)[:60] for name in CODES}
    straight = variants.fit(SEEN.answers[:60], frozen=["p_init"], **some)
    assert found.log_likelihood == pytest.approx(straight.log_likelihood, abs=1e-7)
    assert found.interval("p_guess[q2]") == pytest.approx(straight.interval("p_guess[2]"), abs=1e-6)
    mixed = frame.sample(frac=1, random_state=3)
    again = variants.fit(variants.from_frame(mixed, **names), frozen=["p_init"])
    assert again.interval("p_transit[b]") == pytest.approx(found.interval("p_transit[b]"), abs=1e-6)
    forecast = variants.predict(found, variants.from_frame(mixed, **names))
    table = variants.predict(straight, SEEN.answers[:60], **some)
    np.testing.assert_allclose(forecast, table.ravel()[mixed.index], atol=1e-6)
    coming = pd.concat([frame, frame.iloc[[7]].assign(correct=np.nan, when=99)], ignore_index=True)
    assert 0 < variants.predict(found, variants.from_frame(coming, **names))[-1] < 1


def test_the_first_answer_counts_once():
    """P(known | first answer) by Bayes' rule, though the fit never sees the first answer as evidence."""
    truth = VariantParams(p_init=0.4, p_transit=0.15, p_slip=0.1, p_guess=0.2)
    seen = variants.simulate(truth, 6000, 8, rng=2)
    coded = variants.by_first_answer(seen.answers)
    assert (coded.sequences.answers.reshape(6000, 8)[:, 0] == -1).all()
    np.testing.assert_array_equal(coded.group, seen.answers[:, 0])
    found = variants.fit(coded)
    for name, p in (("first right", 0.36 / 0.48), ("first wrong", 0.04 / 0.52)):
        low, high = found.interval(f"p_init[{name}]", 0.999)
        assert low < p < high
    assert found.answers == 6000 * 7


def test_rare_questions_borrow_from_the_others():
    rng = np.random.default_rng(5)
    p_slip, p_guess = expit(rng.normal([[-2.2], [-1.2]], 0.6, (2, 30)))
    params = VariantParams(p_init=0.3, p_slip=p_slip, p_guess=p_guess)
    share = np.arange(1, 31.0) ** -1
    question = rng.choice(30, (250, 10), p=share / share.sum())
    question[:30, 0] = np.arange(30)
    seen = variants.simulate(params, 250, 10, rng=6, question=question)
    alone = variants.fit(seen.answers, question=question)
    learned = variants.fit(seen.answers, question=question, priors="learned")
    found = [logit(np.clip(f.params.p_guess, 0.01, 0.99)) for f in (alone, learned)]
    off = [np.sqrt(((x - logit(p_guess)) ** 2).mean()) for x in found]
    assert off[1] < 0.75 * off[0] and learned.converged and not np.isnan(learned.frame().se.drop("p_forget")).any()
    given = variants.fit(seen.answers, question=question, priors=learned.prior)
    np.testing.assert_allclose(given.params.values, learned.params.values, atol=1e-5)
    new = variants.predict(learned, [[1, 1]], question=[[0, 77]])
    known = variants.filter([[1, 1]], learned.params, question=[[0, 0]]).p_known[0, 0]
    slip, guess = expit(learned.prior.mean)
    assert new[0, 1] == pytest.approx(known * (1 - slip) + (1 - known) * guess)
    with pytest.raises(ValueError, match="question 77 was not fitted"):
        variants.predict(alone, [[1, 1]], question=[[0, 77]])
    with pytest.raises(ValueError, match="AIC and BIC count free parameters"):
        learned.aic  # noqa: B018


def test_frozen_numbers_stay_and_starts_find_nothing_lower():
    start = TRUTH.filled(TRUTH.values * 0.9)
    held = variants.fit(CODED, start=start, forgets=True, frozen=["p_forget", "p_guess[1]"])
    assert (held.params.p_forget == start.p_forget).all() and held.params.p_guess[1] == start.p_guess[1]
    assert held.params.p_guess[0] != start.p_guess[0] and held.parameters == 9
    assert held.frame().note["p_guess[1]"] == "frozen"
    one, many = variants.fit(CODED, forgets=True), variants.fit(CODED, forgets=True, starts=4, rng=2)
    assert many.log_likelihood >= one.log_likelihood - 1e-8 and many.ends.shape == (4,)
    assert (many.params.p_slip + many.params.p_guess < 1).all()


def test_a_simulated_class_is_as_said():
    seen = variants.simulate(TRUTH, 40_000, [3, 2] * 20_000, rng=4)
    assert seen.known[seen.group == 1, 0].mean() == pytest.approx(0.6, abs=0.01)
    at, then = seen.known[:, 0] == 1, seen.known[:, 1]
    for k in range(2):
        here = seen.practice[:, 0] == k
        assert (1 - then)[here & at].mean() == pytest.approx(TRUTH.p_forget[k], abs=0.01)
        assert then[here & ~at].mean() == pytest.approx(TRUTH.p_transit[k], abs=0.01)
    assert np.isnan(seen.answers[1::2, 2]).all() and (seen.question[1::2, 2] == -1).all()
    wrong = (seen.answers == 0) & (seen.known == 1) & (seen.question == 2)
    assert wrong.sum() / ((seen.known == 1) & (seen.question == 2)).sum() == pytest.approx(0.25, abs=0.01)


FRAME = pd.DataFrame({"student": list("aabb"), "correct": [1, 0, 1, 1], "q": ["x", "y", "x", None], "g": list("mnmm")})
FIVE = [[1, 0, 1], [0, 1, 1]]
BAD = {
    "another layout": (lambda: variants.fit(FIVE, question=[[0, 1], [0, 1]]), "another layout"),
    "minus": (lambda: variants.fit(FIVE, question=[[0, 1, -1], [0, 1, 1]]), "question -1 of student 0 at step 3"),
    "no whole number": (lambda: variants.fit(FIVE, practice=[[0, 0.5, 1], [0, 1, 1]]), "practice 0.5 of student 0"),
    "too many": (lambda: variants.fit(FIVE, question=[[0, 1, 10**12]] * 2), "question 1000000000000: there may be"),
    "a hole": (lambda: variants.fit(FIVE, question=[[0, 2, 2], [0, 2, 2]]), r"p_slip\[1\] cannot be fitted"),
    "practice at the end": (lambda: variants.fit(FIVE, practice=[[0, 0, 1], [0, 0, 1]]), "no step with this practice"),
    "empty group": (lambda: variants.fit(FIVE, group=[0, 2]), "the group has no students"),
    "groups": (lambda: variants.fit(FIVE, group=[0]), "for each of 2 students"),
    "frozen": (lambda: variants.fit(FIVE, frozen=["p_gues"]), "a name in frozen = 'p_gues'"),
    "few questions": (lambda: variants.fit(FIVE, question=[[0, 1, 2]] * 2, priors="learned"), "are too few to learn"),
    "no rng": (lambda: variants.fit(FIVE, starts=3), "rng = None: pass a seed"),
    "no forgetting": (lambda: variants.fit(FIVE, start=VariantParams(p_forget=0.1)), "forgets=True"),
    "codes not told": (lambda: variants.filter(FIVE, TRUTH), "give question= codes"),
    "impossible": (lambda: variants.filter(FIVE, VariantParams(p_slip=0, p_init=1)), "student 0: the answer at step 2"),
    "empty cell": (lambda: variants.from_frame(FRAME, question="q"), "1 of 4 rows have no 'q'"),
    "two groups": (lambda: variants.from_frame(FRAME, group="g"), "student 'a' is in two groups, 'm' and 'n'"),
    "alike": (lambda: variants.code(Sequences.from_lists(FIVE, students=["a", "a"])), "student 'a' stands twice"),
    "one first answer": (lambda: variants.by_first_answer([[1, 0], [1, 1]]), "every first answer is right"),
    "numbers": (lambda: VariantParams(p_slip=[0.1, 0.2], p_guess=[0.1, 0.2, 0.3]), r"p_slip of shape \(2,\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_recovery_runs_small_and_is_stored_in_full():
    found = variant_recovery.run("first answer", n=3, seed=1)
    table = found.frame()
    assert (table.n == 3).all() and table.truth["p_init[first right]"] == pytest.approx(0.75)
    assert (table.bias.abs() < 6 * table.bias_se + 0.05).all()
    full = variant_recovery.in_full()
    assert set(full) == {*variant_recovery.DESIGNS, *individual_recovery.DESIGNS}
    for design, rows in full.items():
        assert (rows.n + rows.without >= 200).all(), design
