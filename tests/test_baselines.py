"""ktlib.forecast.baselines: forecasts from earlier answers only; means, counts and abilities as worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm

from ktlib.forecast import baselines

SKILLS = pd.DataFrame({"item": [0, 1, 2, 2, 3, 4, 4, 5], "skill": [*"aabcbc", "d", "e"]})


def a_log(rng, students=20, answers=8, items=6) -> pd.DataFrame:
    student = np.repeat(np.arange(students), answers)
    item = rng.integers(0, items, len(student))
    p = expit(rng.normal(size=students)[student] - (item - 2) / 2)
    return pd.DataFrame({"student": student, "item": item, "correct": (rng.random(len(p)) < p).astype(int)})


def answered(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["student", "item", "correct"])


LOG = a_log(np.random.default_rng(7))
FITTED = {
    "skill mean": baselines.fit_skill_mean(LOG, SKILLS),
    "item mean": baselines.fit_item_mean(LOG, SKILLS),
    "Rasch": baselines.fit_rasch(LOG, points=41),
    "PFA": baselines.fit_pfa(LOG, SKILLS),
    "PFA, log counts": baselines.fit_pfa(LOG, SKILLS, logs=True),
    "best logistic": baselines.fit_best_logistic(LOG, SKILLS),
}
FITS = {
    "skill mean": lambda table: baselines.fit_skill_mean(table, SKILLS),
    "item mean": lambda table: baselines.fit_item_mean(table, SKILLS),
    "Rasch": baselines.fit_rasch,
    "PFA": lambda table: baselines.fit_pfa(table, SKILLS),
    "best logistic": lambda table: baselines.fit_best_logistic(table, SKILLS),
}


@pytest.mark.parametrize("name", FITTED)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 7), st.integers(0, 1)), min_size=2, max_size=12),
    at=st.integers(0, 11),
)
@settings(max_examples=25)
def test_no_forecast_looks_at_its_own_answer_or_a_later_one(name, rows, at):
    """Answers from row `at` on are turned round; students interleave, items 6 and 7 are new."""
    table, at = answered(*rows), at % len(rows)
    turned = table.assign(correct=np.where(np.arange(len(table)) < at, table.correct, 1 - table.correct))
    before, after = FITTED[name].predict(table), FITTED[name].predict(turned)
    np.testing.assert_allclose(before[: at + 1], after[: at + 1], rtol=1e-13)  # sums over other students round
    assert ((before > 0) & (before < 1)).all()


@pytest.mark.parametrize("name", FITTED)
def test_a_forecast_hangs_on_the_own_student_alone(name):
    table = a_log(np.random.default_rng(3), students=5)
    together = FITTED[name].predict(table)
    shuffled = table.iloc[np.argsort(np.random.default_rng(0).random(len(table)))].sort_index(kind="stable")
    mixed = shuffled.assign(step=shuffled.groupby("student").cumcount()).sort_values("step", kind="stable")
    for student in table.student.unique():
        own = (table.student == student).to_numpy()
        np.testing.assert_allclose(FITTED[name].predict(table[own]), together[own], rtol=1e-10)
    np.testing.assert_allclose(FITTED[name].predict(mixed), together[mixed.index], rtol=1e-10)


@pytest.mark.parametrize("name", ["Rasch", "PFA", "PFA, log counts", "best logistic"])
def test_earlier_answers_do_count(name):
    good, bad = ([(0, 0, c), (0, 1, c), (0, 0, 1)] for c in (1, 0))
    assert FITTED[name].predict(answered(*good))[2] > FITTED[name].predict(answered(*bad))[2]


def test_means_by_hand():
    table = answered((0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 3, 1))
    skill = baselines.fit_skill_mean(table, SKILLS, strength=2)
    assert skill.overall == 0.6
    assert skill.skill.to_dict() == pytest.approx({"a": 3.2 / 5, "b": 2.2 / 4, "c": 1.2 / 3})
    item = baselines.fit_item_mean(table, SKILLS, strength=2)
    assert item.item.to_dict() == pytest.approx({0: 2.2 / 4, 1: 2.2 / 3, 2: 1.2 / 3, 3: 2.2 / 3})
    new = answered((9, 0, 1), (9, 2, 1), (9, 4, 1), (9, 5, 1), (9, 99, 1))
    b, c = 2.2 / 4, 1.2 / 3
    np.testing.assert_allclose(skill.predict(new), [3.2 / 5, (b + c) / 2, c, 0.6, 0.6])
    np.testing.assert_allclose(item.predict(new), [2.2 / 4, 1.2 / 3, c, 0.6, 0.6])


def test_rasch_forecasts_agree_with_integration_over_ability():
    model = FITTED["Rasch"]
    table = answered(("x", 0, 1), ("y", 3, 0), ("x", 1, 1), ("x", 0, 1), ("x", 77, 0), ("x", 5, 1))
    own = table[table.student == "x"]
    b = [model.difficulty.get(i, model.new_item) for i in own["item"]]
    got = model.predict(table)[own.index]
    assert model.predict(table)[1] == pytest.approx(
        quad(lambda a: norm.pdf(a, 0, model.ability_sd) * expit(a - model.difficulty[3]), -9, 9)[0], abs=1e-4
    )

    def likelihood(ability, n):
        p = expit(ability - np.array(b[:n]))
        return norm.pdf(ability, 0, model.ability_sd) * np.where(own.correct[:n] == 1, p, 1 - p).prod()

    for n in range(len(own)):
        top = quad(lambda a, n=n: likelihood(a, n) * expit(a - b[n]), -9, 9)[0]
        assert got[n] == pytest.approx(top / quad(likelihood, -9, 9, args=(n,))[0], abs=1e-4)


def test_rasch_difficulties_are_the_posterior_mode():
    """Against a direct optimiser of the log posterior by numerical integration."""
    table = a_log(np.random.default_rng(5), students=12, answers=4, items=3)
    fitted = baselines.fit_rasch(table, item_sd=0.8)
    node, weight = np.polynomial.hermite_e.hermegauss(40)

    def loss(x):
        b, sd = x[:3], np.exp(x[3])
        p = expit(sd * node[:, None] - b[table["item"]])
        each = np.where(table.correct == 1, p, 1 - p).reshape(len(node), 12, 4).prod(2)
        return ((b - b.mean()) ** 2).sum() / (2 * 0.8**2) - np.log(weight @ each).sum()

    found = minimize(loss, np.zeros(4), options={"gtol": 1e-6}).x
    assert fitted.converged
    np.testing.assert_allclose(fitted.difficulty, found[:3], atol=5e-3)
    assert fitted.new_item == pytest.approx(found[:3].mean(), abs=5e-3)
    assert fitted.ability_sd == pytest.approx(np.exp(found[3]), abs=5e-3)


def test_rasch_recovers_difficulties():
    rng = np.random.default_rng(1)
    truth = np.linspace(-1.5, 1.5, 10)
    student = np.repeat(np.arange(2000), 10)
    item = np.tile(np.arange(10), 2000)
    p = expit(rng.normal(0, 1.3, 2000)[student] - truth[item])
    table = pd.DataFrame({"student": student, "item": item, "correct": (rng.random(len(p)) < p).astype(int)})
    fitted = baselines.fit_rasch(table, item_sd=3)
    np.testing.assert_allclose(fitted.difficulty, truth, atol=0.25)
    assert fitted.ability_sd == pytest.approx(1.3, abs=0.1)


@pytest.mark.parametrize("logs", [False, True])
def test_pfa_counts_by_hand(logs):
    model = baselines.fit_pfa(LOG, SKILLS, logs=logs)
    w, scale = model.weights, np.log1p if logs else float
    table = answered((0, 0, 1), (1, 0, 0), (0, 2, 0), (0, 1, 1), (0, 4, 1), (0, 2, 1), (0, 5, 1), (0, 99, 0))
    counts = [  # of each skill needed: earlier right, earlier wrong answers of the same student
        {"a": (0, 0)},
        {"a": (0, 0)},
        {"b": (0, 0), "c": (0, 0)},
        {"a": (1, 0)},
        {"c": (0, 1), "d": (0, 0)},
        {"b": (0, 1), "c": (1, 1)},
        {"e": (0, 0)},
        {},
    ]
    expected = [
        model.intercept
        + sum(w["skill", k] + w["right", k] * scale(r) + w["wrong", k] * scale(f) for k, (r, f) in row.items())
        for row in counts
    ]
    np.testing.assert_allclose(logit(model.predict(table)), expected, rtol=1e-10)


def test_the_best_logistic_adds_items_and_all_answers():
    model = FITTED["best logistic"]
    w = model.weights
    table = answered((0, 5, 1), (0, 2, 0), (0, 1, 1), (0, 0, 0), (0, 99, 1))
    by_hand = model.intercept + w["skill", "a"] + w["right", "a"] * np.log(2) + w["item", 0]
    by_hand += w["all right", ""] * np.log(3) + w["all wrong", ""] * np.log(2)
    assert logit(model.predict(table)[3]) == pytest.approx(by_hand)
    new = model.intercept + w["all right", ""] * np.log(3) + w["all wrong", ""] * np.log(3)
    assert logit(model.predict(table)[4]) == pytest.approx(new)


def test_pfa_weights_are_the_posterior_mode():
    """Against a direct optimiser of the penalised likelihood, on a design built row by row."""
    names = sorted(SKILLS.skill.unique())
    needs = SKILLS.groupby("item").skill.agg(list)
    rows, count = [], {}
    for student, item, correct in LOG.itertuples(index=False):
        row = np.zeros(3 * len(names))
        for skill in needs[item]:
            k = names.index(skill)
            row[[k, k + len(names), k + 2 * len(names)]] = 1, *count.get((student, skill), (0, 0))
        rows.append(row)
        for skill in needs[item]:
            right, wrong = count.get((student, skill), (0, 0))
            count[student, skill] = (right + correct, wrong + 1 - correct)
    x, y = np.array(rows), LOG.correct.to_numpy()

    def loss(w):
        return np.logaddexp(0, -(2 * y - 1) * (w[0] + x @ w[1:])).sum() + 2.5 * (w[1:] ** 2).sum() / 2

    found = minimize(loss, np.zeros(x.shape[1] + 1), options={"gtol": 1e-6}).x
    model = baselines.fit_pfa(LOG, SKILLS, strength=2.5)
    assert model.converged
    np.testing.assert_allclose([model.intercept, *model.weights], found, atol=2e-3)


def test_splitting_keeps_students_whole_and_rows_in_order():
    mixed = LOG.sort_values("item", kind="stable")
    first, others = baselines.split_students(mixed, 0.75, rng=0)
    assert (first.student.nunique(), others.student.nunique()) == (15, 5)
    assert not set(first.student) & set(others.student)
    pd.testing.assert_frame_equal(pd.concat([first, others]).loc[mixed.index], mixed)
    pd.testing.assert_frame_equal(first, mixed.loc[mixed.student.isin(first.student)])
    pd.testing.assert_frame_equal(first, baselines.split_students(mixed, 0.75, rng=0)[0])
    with pytest.raises(ValueError, match=r"fraction = 0\.8 of 1 students leaves one side empty"):
        baselines.split_students(LOG[LOG.student == 0], rng=0)


@pytest.mark.parametrize("name", FITS)
def test_bad_logs_are_one_clear_error(name):
    fit = FITS[name]
    with pytest.raises(ValueError, match="no column 'item'"):
        fit(LOG.drop(columns="item"))
    with pytest.raises(ValueError, match="the frame has no rows"):
        fit(LOG[:0])
    with pytest.raises(ValueError, match="all 160 answers are right: give a log that holds right and wrong"):
        fit(LOG.assign(correct=1))
    with pytest.raises(ValueError, match=r"row 3: answer 2 is not 1 \(right\) or 0 \(wrong\)"):
        fit(LOG.assign(correct=np.where(LOG.index == 3, 2, LOG.correct)))
    with pytest.raises(ValueError, match="160 of 160 rows have no 'student'"):
        fit(LOG.assign(student=None))
    with pytest.raises(ValueError, match="no column 'correct'"):
        fit(LOG).predict(LOG[["student", "item"]])


@pytest.mark.parametrize("name", FITTED)
def test_a_log_to_forecast_may_hold_one_kind_of_answer_and_one_row(name):
    assert FITTED[name].predict(answered((0, 0, 1))).shape == (1,)


def test_bad_skills_and_settings():
    with pytest.raises(ValueError, match="no column 'skill'"):
        baselines.fit_pfa(LOG, SKILLS[["item"]])
    with pytest.raises(ValueError, match="skills name none of the 6 items"):
        baselines.fit_skill_mean(LOG, SKILLS.assign(item=100))
    with pytest.raises(ValueError, match="1 of 8 rows have no 'skill'"):
        baselines.fit_pfa(LOG, SKILLS.assign(skill=SKILLS.skill.where(SKILLS.skill != "e")))
    with pytest.raises(ValueError, match="strength = 0"):
        baselines.fit_pfa(LOG, SKILLS, strength=0)
    with pytest.raises(ValueError, match="strength = -1"):
        baselines.fit_item_mean(LOG, SKILLS, strength=-1)
    with pytest.raises(ValueError, match="item_sd = 0"):
        baselines.fit_rasch(LOG, item_sd=0)
    twice = pd.concat([SKILLS, SKILLS])
    np.testing.assert_array_equal(
        baselines.fit_pfa(LOG, twice).predict(LOG), baselines.fit_pfa(LOG, SKILLS).predict(LOG)
    )
