"""Each student's own shift: against every hidden path and node, against integrals, and what went in comes out again."""

from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import norm

from ktlib import BKTParams, bkt
from ktlib.bkt import individual, skills
from ktlib.bkt._individual_hill import Hill, Skill, even
from ktlib.bkt._variant_climb import climb
from ktlib.data.sequences import sequences_by

TRUE = {
    name: BKTParams(p_init=0.25 + 0.07 * k, p_transit=0.1 + 0.03 * k, p_slip=0.1, p_guess=0.2)
    for k, name in enumerate("abcdef")
}
SHIFTS = pytest.mark.parametrize("shift", individual.SHIFTS)


@cache
def seen(shift: str, spread: float = 1.2, seed: int = 1) -> individual.IndividualSimulated:
    return individual.simulate(TRUE, spread, students=200, steps=8, rng=seed, shift=shift)


@cache
def fitted(shift: str, spread: float = 1.2, seed: int = 1) -> individual.IndividualFit:
    return individual.fit(seen(shift, spread, seed).frame, shift=shift)


def by_paths(answers, params, shift: str, b: float) -> float:
    """P(answers) of one student on one skill, over every step at which she may come to know it."""
    p = dict(zip(bkt.NAMES, params, strict=True))
    p[shift] = expit(logit(p[shift]) + b)
    total = 0.0
    for path in product((0, 1), repeat=len(answers)):
        chance = p["p_init"] if path[0] else 1 - p["p_init"]
        for before, now in pairwise(path):
            chance *= float(now) if before else p["p_transit"] if now else 1 - p["p_transit"]
        for known, right in zip(path, answers, strict=True):
            if not np.isnan(right):
                chance *= (
                    (1 - p["p_slip"] if right else p["p_slip"])
                    if known
                    else (p["p_guess"] if right else 1 - p["p_guess"])
                )
        total += chance
    return total


def over_nodes(rows: pd.DataFrame, fit) -> float:
    """P(all answers in `rows`, of one student), over nodes and paths."""
    z, log_weight = even(fit.nodes)
    params = dict(zip(fit.names, fit.params, strict=True))
    total = 0.0
    for node, weight in zip(z, np.exp(log_weight), strict=True):
        parts = [
            by_paths(own.correct.tolist(), params[s], fit.shift, fit.spread * node) for s, own in rows.groupby("skill")
        ]
        total += weight * np.prod(parts)
    return total


MIXED = pd.DataFrame(
    {"student": list("uuuuuuvvvv"), "skill": list("aabbabbaab"), "correct": [1, 0, 1, np.nan, 1, 1, 0, 0, 1, 1]}
)


@SHIFTS
def test_likelihood_and_forecasts_are_sums_over_every_path_and_node(shift):
    fit = replace(fitted(shift), nodes=9)
    names = list(MIXED.student.unique())
    by = sequences_by(MIXED, "skill")
    prepared = [Skill(sequences, {name: k for k, name in enumerate(names)}) for sequences in by.values()]
    place = [fit.names.index(name) for name in by]
    values = np.append(logit(fit.estimates[place]).ravel(), fit.spread)
    heights = Hill(prepared, 2, shift, 9, values, np.ones(9, bool)).look(values)[0]
    assert heights == pytest.approx(sum(np.log(over_nodes(own, fit)) for _, own in MIXED.groupby("student")), rel=1e-12)
    forecast = individual.predict(fit, MIXED)
    for row, (student, skill, _) in enumerate(MIXED.itertuples(index=False)):
        earlier = MIXED.iloc[:row][MIXED.student[:row] == student]
        both = pd.concat([earlier, pd.DataFrame({"student": [student], "skill": [skill], "correct": [1.0]})])
        assert forecast[row] == pytest.approx(over_nodes(both, fit) / over_nodes(earlier, fit), rel=1e-10)


@SHIFTS
def test_slope_and_curvature_are_those_of_the_height(shift):
    frame = seen(shift).frame.query("student < 25 and skill in ('a', 'c')")
    by = sequences_by(frame, "skill")
    prepared = [Skill(sequences, {k: k for k in range(25)}) for sequences in by.values()]
    at = np.append(np.random.default_rng(3).normal(-0.5, 0.5, 8), 0.8)
    hill, step = Hill(prepared, 25, shift, 21, at, np.ones(9, bool)), 1e-5 * np.eye(9)
    _, slope, _, counted = hill.look(at)
    around = [[hill.look(at + way)[:2] for way in (d, -d)] for d in step]
    np.testing.assert_allclose(slope, [(up[0] - down[0]) / 2e-5 for up, down in around], atol=1e-6)
    np.testing.assert_allclose(
        hill.curvature(at, counted), [(up[1] - down[1]) / 2e-5 for up, down in around], atol=1e-6
    )


def test_nodes_are_enough_for_the_integral():
    fit = fitted("p_init")
    rows = seen("p_init").frame.query("student == 3")

    ends = [  # the likelihood is a straight line in P(init)
        [np.exp(bkt.log_likelihood(own.correct.to_numpy(), p.moved(p_init=at))) for at in (0.0, 1.0)]
        for p, (_, own) in zip(fit.params, rows.groupby("skill"), strict=True)
    ]
    (unknown, known), middle = np.array(ends).T, logit(fit.estimates[:, 0])

    def density(b):
        p = expit(middle + b)
        return np.prod((1 - p) * unknown + p * known) * norm.pdf(b, scale=fit.spread)

    exact = np.log(quad(density, -9, 9, epsabs=0, epsrel=1e-9, points=[0])[0])
    p = individual.predict(fit, rows)
    assert np.log(np.where(rows.correct == 1, p, 1 - p)).sum() == pytest.approx(exact, rel=1e-6)


@SHIFTS
def test_twice_as_many_nodes_change_nothing(shift):
    more = individual.fit(seen(shift).frame, shift=shift, nodes=81)
    assert more.log_likelihood == pytest.approx(fitted(shift).log_likelihood, rel=1e-8)
    assert more.spread == pytest.approx(fitted(shift).spread, rel=1e-5)


@SHIFTS
def test_no_step_goes_down_and_forecasts_multiply_to_the_likelihood(shift):
    fit, frame = fitted(shift), seen(shift).frame
    assert fit.converged and (np.diff(fit.trace) >= 0).all() and fit.trace[-1] == fit.log_likelihood
    assert fit.log_likelihood > fit.plain_log_likelihood + 10
    p = individual.predict(fit, frame)
    assert np.log(np.where(frame.correct == 1, p, 1 - p)).sum() == pytest.approx(fit.log_likelihood, rel=1e-10)
    assert fit.aic == pytest.approx(50 - 2 * fit.log_likelihood) and fit.bic - fit.aic == pytest.approx(
        25 * (np.log(200) - 2)
    )


def test_the_spreads_error_is_that_of_its_profile():
    fit, frame = fitted("p_init"), seen("p_init").frame
    place = {name: k for k, name in enumerate(fit.students)}
    prepared = [Skill(sequences, place) for sequences in sequences_by(frame, "skill").values()]
    free = np.append(np.ones(24, bool), False)
    heights = []
    for spread in fit.spread + np.array([-0.02, 0, 0.02]):
        values = np.append(logit(fit.estimates).ravel(), spread)
        hill = Hill(prepared, 200, "p_init", fit.nodes, values, free)
        heights.append(climb(hill, values[free], 1e-10, 50).log_likelihood)
    assert heights[1] == pytest.approx(fit.log_likelihood, abs=1e-6)
    bend = (heights[0] - 2 * heights[1] + heights[2]) / 0.02**2
    assert fit.spread_se == pytest.approx((-bend) ** -0.5, rel=0.01)


@SHIFTS
def test_what_went_in_comes_out_again(shift):
    spreads, others = [], []
    for seed in (1, 2, 3):
        fit = fitted(shift, seed=seed)
        spreads.append((fit.spread - 1.2) / fit.spread_se)
        true = np.array([tuple(p) for p in TRUE.values()])
        others.append((logit(fit.estimates) - logit(true)) / np.sqrt(np.diagonal(fit.covariance, axis1=1, axis2=2)))
        own = np.array([fit.shifts[fit.students.index(k)] for k in range(200)])
        off = (seen(shift, seed=seed).shifts - own) / fit.shifts_sd[[fit.students.index(k) for k in range(200)]]
        assert 0.85 < off.std() < 1.15 and abs(off.mean()) < 0.4
    assert np.abs(spreads).max() < 3 and abs(np.mean(spreads)) < 1.5
    assert np.abs(others).max() < 4.5 and 0.7 < np.std(others) < 1.3


def test_without_differences_it_is_plain_bkt():
    frame = seen("p_init", 0.0).frame
    fit = fitted("p_init", 0.0)
    assert fit.interval("spread")[0] == 0 and 0 <= fit.log_likelihood - fit.plain_log_likelihood < 2
    plain = skills.fit(sequences_by(frame, "skill"), prior=None)
    alike = replace(fit, spread=0.0, params=plain.params)
    np.testing.assert_allclose(individual.predict(alike, frame), skills.predict(plain, frame), rtol=1e-10)
    assert fit.plain_log_likelihood == pytest.approx(plain.log_likelihood.sum())


@SHIFTS
def test_given_skills_stay_and_only_the_spread_is_learned(shift):
    frame = seen(shift).frame
    given = skills.fit(sequences_by(frame, "skill"), prior=None)
    fit = individual.fit(frame, shift=shift, fits=given)
    np.testing.assert_allclose(fit.estimates, given.estimates, rtol=1e-12)
    assert np.isnan(fit.covariance).all() and fit.parameters == 1
    assert fit.plain_log_likelihood == pytest.approx(given.log_likelihood.sum())

    def height(spread):
        p = individual.predict(replace(fit, spread=spread), frame)
        return np.log(np.where(frame.correct == 1, p, 1 - p)).sum()

    heights = [height(fit.spread + off) for off in (-0.05, 0, 0.05)]
    assert max(heights) == heights[1] == pytest.approx(fit.log_likelihood, rel=1e-10)


@SHIFTS
def test_only_earlier_answers_count_whatever_the_order_of_the_rows(shift):
    rng = np.random.default_rng(5)
    frame = seen(shift).frame.query("student < 12").sample(frac=1, random_state=1).assign(when=lambda f: range(len(f)))
    p = individual.predict(fitted(shift), frame, order="when")
    mixed = frame.iloc[rng.permutation(len(frame))]
    np.testing.assert_allclose(individual.predict(fitted(shift), mixed, order="when"), p[mixed.when], rtol=1e-12)
    later = frame.assign(correct=np.where(frame.when < 300, frame.correct, 1 - frame.correct))
    np.testing.assert_allclose(individual.predict(fitted(shift), later, order="when")[:300], p[:300], rtol=1e-12)
    coming = frame.assign(correct=frame.correct.where(frame.when < 300))
    q = individual.predict(fitted(shift), coming, order="when")
    np.testing.assert_allclose(q[:300], p[:300], rtol=1e-12)
    assert not np.isnan(q).any() and not np.allclose(q[300:], p[300:])


def test_skills_of_one_question_say_nothing_of_each_other():
    frame = pd.DataFrame({"student": 1, "skill": list("abcd"), "correct": [1, 1, 1, 1], "time": [1, 2, 2, 3]})
    p = individual.predict(fitted("p_init"), frame, order="time")
    assert p[2] == pytest.approx(individual.predict(fitted("p_init"), frame.drop(index=1), order="time")[1], rel=1e-12)
    assert p[3] > individual.predict(fitted("p_init"), frame.drop(index=1), order="time")[2]


def test_many_students_are_forecast_in_parts(monkeypatch):
    frame = seen("p_init").frame
    whole = individual.predict(fitted("p_init"), frame)
    monkeypatch.setattr(individual, "_AT_A_TIME", 41 * 100)
    np.testing.assert_allclose(individual.predict(fitted("p_init"), frame), whole, rtol=1e-9)
    monkeypatch.setattr(individual, "_AT_A_TIME", 1)
    few = frame.query("student < 3")
    np.testing.assert_allclose(individual.predict(fitted("p_init"), few), whole[: len(few)], rtol=1e-9)


def test_unseen_skills_are_as_in_skills():
    frame = pd.DataFrame({"student": [1, 1], "skill": ["a", "new"], "correct": [1, 0]})
    with pytest.warns(UserWarning, match=r"1 skills in 1 of 2 rows were not fitted: \['new'\]") as caught:
        individual.predict(fitted("p_init"), frame)
    assert caught[0].filename == __file__
    with pytest.raises(ValueError, match="1 skills in 1 of 2 rows were not fitted"):
        individual.predict(fitted("p_init"), frame, unseen="error")
    p = individual.predict(fitted("p_init"), frame, unseen="default")
    usual = BKTParams()
    assert p[1] > bkt.p_correct(usual.p_init, usual)  # her first skill went well


def test_tables_and_intervals_agree():
    fit = fitted("p_transit")
    table = fit.frame(0.8)
    assert tuple(table.index) == fit.names == tuple("abcdef")
    for name in bkt.NAMES:
        np.testing.assert_array_equal(np.column_stack(fit.interval(name, 0.8)), table[[f"low_{name}", f"high_{name}"]])
    low, high = fit.interval("spread", 0.8)
    assert low < fit.spread < high and high - fit.spread == pytest.approx(1.2816 * fit.spread_se, rel=1e-4)
    students = fit.students_frame(0.8)
    assert tuple(students.index) == fit.students
    np.testing.assert_allclose(students.high - students["shift"], 1.2816 * fit.shifts_sd, rtol=1e-4)


def test_a_skill_that_answers_do_not_pin_has_no_errors_and_the_others_do():
    frame = pd.concat([seen("p_init").frame, pd.DataFrame({"student": [0, 1], "skill": "z", "correct": [1, 1]})])
    fit = individual.fit(frame)
    assert np.isnan(fit.covariance[-1]).all() and fit.flags[-1]
    np.testing.assert_allclose(fit.covariance[:-1], fitted("p_init").covariance, rtol=0.1)
    assert fit.spread_se == pytest.approx(fitted("p_init").spread_se, rel=0.05)


def test_a_spread_that_says_nothing_is_noted():
    one = individual.fit(FEW)
    assert one.spread == 0 and one.note.startswith("flat: these answers do not pin the spread; none")
    np.testing.assert_array_equal(one.shifts, 0)
    with pytest.raises(
        ValueError, match=r"the spread has no standard error \(flat: .*\): give more students or skills"
    ):
        one.interval("spread")
    kinds = pd.DataFrame({"student": np.repeat(np.arange(40), 20), "skill": list("aaaabbbbccccddddeeee") * 40})
    noise = np.random.default_rng(0).random(800) < 0.1
    two = individual.fit(kinds.assign(correct=(kinds.student % 2 + noise) % 2))
    assert two.spread > 10 and two.note.startswith("beyond 10 logits: students are of two kinds")
    assert fitted("p_init").note == "" and fitted("p_init", 0.0).spread < 0.4


FEW = pd.DataFrame({"student": [1, 1], "skill": ["a", "a"], "correct": [1, 0]})
WRONG = {
    "another shift": (lambda: individual.fit(FEW, shift="p_slip"), "shift = 'p_slip': give one of 'p_init', 'p_tran"),
    "few nodes": (lambda: individual.fit(FEW, nodes=2), "nodes = 2: give a whole number, 5 to 1,001"),
    "no fits": (lambda: individual.fit(FEW, fits={}), r"fits = \{\}: give what skills.fit returned, or None"),
    "another skill": (
        lambda: individual.fit(FEW, fits=skills.fit({"b": [[1, 0, 1]]}, prior=None)),
        "fits have no skill 'a': leave its rows out, or fit it too",
    ),
    "at the edge": (
        lambda: individual.fit(
            FEW, fits=replace(skills.fit({"a": [[1, 0, 1]]}, prior=None), params=(BKTParams(p_slip=0.0),))
        ),
        "fits hold p_slip of skill 'a' at 0 or 1: move it inside",
    ),
    "bad answer": (
        lambda: individual.fit(FEW.assign(correct=[1, 2])),
        "skill 'a': row 1: answer 2 of student 1 is not",
    ),
    "bad answer to forecast": (
        lambda: individual.predict(fitted("p_init"), FEW.assign(correct=[1, 2])),
        "row 1: answer 2 is not 1 (right), 0 (wrong) or missing: recode it".replace("(", r"\(").replace(")", r"\)"),
    ),
    "no fit": (lambda: individual.predict(None, FEW), "fit = None: give what individual.fit returned"),
    "another name": (lambda: fitted("p_init").interval("slip"), "name = 'slip': give one of 'p_init'"),
    "no skills": (lambda: individual.simulate({}, 1.0, students=2, steps=2, rng=1), "skills are none: give at least"),
    "no params": (
        lambda: individual.simulate({"a": 1}, 1.0, students=2, steps=2, rng=1),
        r"skills\['a'\] = 1: give BKT",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used_is_named(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_simulated_students_keep_their_shift():
    made = individual.simulate(
        TRUE | {"a": BKTParams(p_init=0.5, p_slip=0.0, p_guess=0.0)}, 2.0, students=3000, steps=1, rng=2
    )
    first = made.frame[made.frame.skill == "a"].correct.to_numpy()
    assert made.shifts.std() == pytest.approx(2, rel=0.05) and len(made.frame) == 18000
    for low, high in ((-3, -1), (1, 3)):
        here = (made.shifts > low) & (made.shifts < high)
        assert first[here].mean() == pytest.approx(expit(made.shifts[here]).mean(), abs=0.05)
    assert (made.frame.student.to_numpy().reshape(3000, 6) == np.arange(3000)[:, None]).all()
