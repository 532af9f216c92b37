"""A week's answers added to a posterior: who is touched, who is not, and against fits that see everything at once."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from ktlib import irt
from ktlib.data.responses import Responses
from ktlib.irt import ascent, new_items, scoring, surprise, updating
from ktlib.irt.posterior import Normal, Posterior

RNG = np.random.default_rng(7)
N, J = 300, 40
ABILITY, DIFFICULTY, SLOPE = RNG.normal(size=N), RNG.normal(size=J), np.exp(0.4 * RNG.normal(size=J))
STUDENTS, ITEMS = tuple(f"s{i}" for i in range(N)), tuple(f"q{j}" for j in range(J))


def answers(student, item, seed=0) -> Responses:
    """Answers of these students to these items, all pairs, under the true numbers; only they are named."""
    student, item = np.asarray(student), np.asarray(item)
    s, j = (v.ravel() for v in np.meshgrid(np.arange(len(student)), np.arange(len(item)), indexing="ij"))
    eta = SLOPE[item[j]] * (ABILITY[student[s]] - DIFFICULTY[item[j]])
    right = np.random.default_rng(seed).random(len(eta)) < expit(eta)
    return Responses(s, j, right.astype(int), tuple(STUDENTS[i] for i in student), tuple(ITEMS[i] for i in item))


FIRST = answers(range(200), range(20), seed=1)
NEXT = answers(range(150, 250), range(20, 30), seed=2)  # fifty known students, fifty new ones, ten new items


@pytest.fixture(scope="module")
def known() -> Posterior:
    return ascent.fit(FIRST).posterior


@pytest.fixture(scope="module")
def after(known) -> Posterior:
    return updating.update(known, NEXT).posterior


def row(posterior, block, name):
    place = (posterior.students if block == "ability" else posterior.items).index(name)
    return posterior.blocks[block].loc[place], posterior.blocks[block].scale[place]


def test_who_has_no_answer_this_week_stays_bit_for_bit(known, after):
    assert after.students == STUDENTS[:250] and after.items == ITEMS[:30]
    for part in ("loc", "scale"):
        for name, stop in (("ability", 150), ("difficulty", 20), ("discrimination", 20)):
            one, other = (getattr(p.blocks[name], part)[:stop] for p in (known, after))
            assert one.tobytes() == other.tobytes()
        assert (getattr(known.blocks["ability"], part)[150:] != getattr(after.blocks["ability"], part)[150:200]).all()
    np.testing.assert_array_equal(known.blocks["ability"].scale.shape, (200,))


def test_all_answers_at_once_and_week_by_week_agree(known, after):
    both = Responses(
        np.r_[FIRST.student, NEXT.student + 150],
        np.r_[FIRST.item, NEXT.item + 20],
        np.r_[FIRST.correct, NEXT.correct],
        STUDENTS[:250],
        ITEMS[:30],
    )
    full = ascent.fit(both).posterior
    assert np.corrcoef(full.mean("ability"), after.mean("ability"))[0, 1] > 0.99
    assert np.corrcoef(full.mean("difficulty"), after.mean("difficulty"))[0, 1] > 0.99
    assert np.abs(full.mean("ability") - after.mean("ability")).mean() < 0.1


def test_two_half_weeks_are_one_week(known):
    """Within a third of a posterior spread, root mean square, and spreads within 15%."""
    week = answers(range(250), range(20, 30), seed=3)
    half = np.random.default_rng(0).random(len(week)) < 0.5
    one = updating.update(known, week).posterior
    two = updating.update(updating.update(known, week.subset(half)).posterior, week.subset(~half)).posterior
    for name in one.blocks:
        a, b = one.blocks[name], two.blocks[name]
        assert np.sqrt(np.mean(((a.loc - b.loc) / a.scale) ** 2)) < 0.35, name
        assert np.abs(np.log(a.scale / b.scale)).max() < 0.3 and abs(np.log(a.scale / b.scale).mean()) < 0.15, name


def test_frozen_blocks_are_bit_identical_and_students_move(known):
    week = answers(range(180, 260), range(20), seed=4).subset(np.arange(1600) % 20 != 3)
    week = week.subset(week.student >= 20)  # nobody answers twice
    fit = updating.update(known, week, frozen=["discrimination", "difficulty"])
    for name in ("discrimination", "difficulty"):
        for part in ("loc", "scale"):
            assert getattr(fit.posterior.blocks[name], part).tobytes() == getattr(known.blocks[name], part).tobytes()
    assert fit.posterior.frozen == () and len(fit.posterior.students) == 260
    assert updating.update(known.freeze("difficulty"), week).posterior.frozen == ("difficulty",)


def test_a_week_without_answers_teaches_nothing_and_drift_widens(known):
    fit = updating.update(known, None)
    assert fit.posterior is known and fit.converged and "without answers" in fit.reason
    drifted = updating.update(known, None, drift=0.3).posterior
    np.testing.assert_allclose(drifted.sd("ability") ** 2, known.sd("ability") ** 2 + 0.09)
    np.testing.assert_array_equal(drifted.mean("ability"), known.mean("ability"))
    week = updating.update(known, NEXT, drift=0.3).posterior
    np.testing.assert_array_equal(week.sd("ability")[:150], drifted.sd("ability")[:150])


def test_new_names_without_answers_enter_at_their_prior(known):
    week = Responses([0, 0], [0, 1], [1, 0], ("s0", "late"), ("q20", "q21", "unasked"))
    prior = {"difficulty": Normal([0.3, -0.2, 1.5], [0.5, 0.5, 0.25], names=("q21", "q20", "unasked"))}
    found = updating.update(known, week, priors=prior).posterior
    assert row(found, "ability", "late") == (0.0, 1.0) and row(found, "difficulty", "unasked") == (1.5, 0.25)
    assert row(found, "difficulty", "q20")[0] < -0.2 + 0.5 and row(found, "difficulty", "q21")[0] > 0.3


def test_trust_counts_a_share_of_the_precision(known):
    whole, half = (updating.update(known, NEXT, trust=t).posterior for t in (1, 0.5))
    np.testing.assert_array_equal(whole.mean("ability"), half.mean("ability"))
    gain = [p.blocks["difficulty"].scale[20:] ** -2.0 - 1 for p in (whole, half)]
    np.testing.assert_allclose(gain[1], 0.5 * gain[0])
    np.testing.assert_array_equal(whole.sd("ability"), half.sd("ability"))


def test_factor_models_are_updated_too():
    x = (np.arange(J)[:, None] % 3 == np.arange(3)).astype(float)
    for model, more in (
        ("factorization", {}),
        ("hierarchical", {"attributes": x[:20], "mask": np.array([[True, True, False]])}),
    ):
        fit = ascent.fit(FIRST, model, factors=2, rng=1, max_steps=40, **more)
        given = {"attributes": x[20:30:3]} if more else {}
        week = answers(range(150, 250), range(20, 30, 3), seed=2)  # no item has the first or the third attribute
        found = updating.update(fit.posterior, week, **given).posterior
        one, other = (p.blocks["loadings"].loc[:20].tobytes() for p in (fit.posterior, found))
        assert one == other and found.items[20:] == week.items
        p = found.predict(np.arange(150, 250).repeat(4), np.tile(np.arange(20, 24), 100))
        assert np.corrcoef(p, week.correct)[0, 1] > 0.3
        if more:
            assert (found.attributes[20:] == x[20:30:3]).all()
            absent = [(p.blocks["effects"].loc[0, 2], p.blocks["effects"].scale[0, 2]) for p in (fit.posterior, found)]
            assert absent[0] == absent[1] == pytest.approx((0, 1e-9))
            with pytest.raises(ValueError, match=r"item 'q20' \(4 such\) is new: give attributes"):
                updating.update(fit.posterior, week)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"posterior": None}, "posterior = None: give the posterior of last week"),
        ({"responses": [1, 0]}, "responses = .*: make them with"),
        ({"drift": -1}, "drift = -1: give a finite number, 0 or more"),
        ({"trust": 0}, "trust = 0 is not between 0 and 1"),
        ({"drift": 0.1, "frozen": ["ability"]}, "drift = 0.1 moves abilities, which are frozen"),
        ({"frozen": ["difficulty"]}, r"'difficulty' is frozen, and item 'q20' \(10 such\) is not among the 20 items"),
        ({"frozen": ["ability"]}, r"'ability' is frozen, and student 's200' \(50 such\) is not among the 200"),
        (
            {"priors": {"discrimination": Normal(0, 1)}},
            "prior of 'discrimination' is normal, the posterior's block log",
        ),
        ({"priors": {"difficulty": Normal([0, 1, 2], 1)}}, r"prior of 'difficulty' has shape \(3,\) for 10 new rows"),
        ({"priors": {"difficulty": Normal([0], 1, names=["q20"])}}, "prior of 'difficulty' says nothing of item 'q21'"),
        ({"attributes": np.ones((10, 2))}, "a two-parameter posterior has no attributes"),
    ],
)
def test_what_does_not_go_together_is_refused(known, change, message):
    with pytest.raises(ValueError, match=message):
        updating.update(**({"posterior": known, "responses": NEXT} | change))


def test_surprise_is_what_forecasts_expect_unless_abilities_moved(known):
    """Against a direct computation; then abilities of all students rise, and some fall."""
    fresh = ascent.fit(answers(range(300), range(20), seed=8)).posterior
    week = answers(range(300), range(20), seed=9)  # the same pairs once more: only for the test
    found = surprise.surprise(fresh, week)
    p = fresh.predict(week.student, week.item)
    own = np.where(week.correct == 1, p, 1 - p)
    expected = -np.log(own) + p * np.log(p) + (1 - p) * np.log(1 - p)
    assert found.excess == pytest.approx(expected.mean()) and found.level == pytest.approx((week.correct - p).mean())
    assert all(abs(found.z(name)) < 3 for name in surprise.NAMES)
    assert found.interval("level")[0] < 0 < found.interval("level")[1]
    blocks = fresh.blocks | {"ability": replace(fresh.blocks["ability"], loc=fresh.mean("ability")[::-1])}
    assert surprise.surprise(replace(fresh, blocks=blocks), week).z("excess") > 5
    assert surprise.surprise(replace(fresh, blocks=blocks), week).z("scatter") > 5
    some = surprise.surprise(known, answers(range(190, 300), range(10, 30), seed=5))
    assert (some.n, some.left_out) == (100, 2100)
    with pytest.raises(ValueError, match="0 of 1 answers are of known students to known items"):
        surprise.surprise(known, Responses([0], [0], [1], ("new",), ("q1",)))


def test_one_student_is_scored_as_the_fit_would(known):
    """Against the mean-field fit with items frozen, and a sum over a grid in both the ability and the item."""
    week = answers(range(260, 300), range(20), seed=6)
    held = known.freeze("discrimination", "difficulty")
    fit = ascent.fit(week, start=held, tol=1e-9, calibrate=False).posterior
    ready = scoring.ready(known)
    scored = [
        ready.ability([ITEMS[j] for j in range(20)], week.correct[week.student == s]) for s in range(len(week.students))
    ]
    mean, sd = np.transpose(scored)
    np.testing.assert_allclose(mean, fit.mean("ability"), atol=0.12)
    np.testing.assert_allclose(sd, fit.sd("ability"), rtol=0.15)
    grid, z = np.linspace(-6, 6, 601), np.linspace(-5, 5, 201)
    w = np.exp(-(z**2) / 2)
    log = -(grid**2) / 2
    for j, y in ((3, 1), (7, 0)):
        a, b = known.blocks["discrimination"], known.blocks["difficulty"]
        alphas, betas = np.exp(a.loc[j] + a.scale[j] * z), b.loc[j] + b.scale[j] * z
        p = np.array([(w @ expit(alphas[:, None] * (t - betas)) @ w) for t in grid]) / w.sum() ** 2
        log += np.log(p if y else 1 - p)
    weight = np.exp(log)
    exact = weight @ grid / weight.sum()
    found = irt.ability(known, ["q3", "q7"], [1, 0])
    assert found[0] == pytest.approx(exact, abs=1e-4)
    assert found[1] == pytest.approx(np.sqrt(weight @ (grid - exact) ** 2 / weight.sum()), abs=1e-4)
    assert ready.ability([], []) == pytest.approx((0, 1), abs=1e-6)


def test_factor_abilities_are_where_the_slope_is_zero():
    fit = ascent.fit(FIRST, "factorization", factors=2, rng=1, max_steps=40).posterior
    mean, sd = irt.ability(fit, ITEMS[:20], FIRST.correct[:20], prior=Normal([0.2, 0], [1, 0.5]))
    a, b = fit.mean("loadings"), fit.mean("difficulty")

    def log(theta):
        eta = a @ theta - b
        return FIRST.correct[:20] @ eta - np.logaddexp(0, eta).sum() - ((theta - [0.2, 0]) ** 2 / [2, 0.5]).sum()

    assert all(log(mean) > log(mean + d) for d in ([1e-3, 0], [-1e-3, 0], [0, 1e-3], [0, -1e-3]))
    curve = [
        [log(mean + d + e) - log(mean + d) - log(mean + e) + log(mean) for d in np.eye(2) * 1e-3]
        for e in np.eye(2) * 1e-3
    ]
    np.testing.assert_allclose(sd, np.sqrt(np.diag(np.linalg.inv(-np.array(curve) * 1e6))), rtol=1e-2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": ["q1", "x"]}, "item 'x' is not among the 20 that are fixed"),
        ({"items": "q1"}, "items = 'q1': give a list"),
        ({"items": [["q1"], "q2"]}, "is not among the 20"),
        ({"correct": [1, 0.5]}, r"correct\[1\] = 0.5: an answer is right, 1, or wrong, 0"),
        ({"correct": [1, np.nan]}, r"correct\[1\] = nan"),
        ({"correct": [1]}, "2 items and 1 answers"),
        ({"prior": Normal(30, 1)}, "ability would lie beyond ±8 logits"),
        ({"prior": Normal(0, 1e-3)}, "or be known to less than 0.05"),
        ({"prior": Normal([0, 1], 1)}, r"prior has shape \(2,\): give one number"),
        ({"fixed": None}, "fixed = None: give ready"),
    ],
)
def test_a_score_refuses_what_it_cannot_read(known, change, message):
    with pytest.raises(ValueError, match=message):
        scoring.ability(**({"fixed": known, "items": ["q1", "q2"], "correct": [1, 0]} | change))


def test_difficulty_is_learned_from_attributes(known):
    """Against dense normal algebra at the spreads that were learned; and new items lie where the rule puts them."""
    rng = np.random.default_rng(3)
    x = rng.integers(0, 2, (220, 4)).astype(float)
    beta = 0.5 + x @ [1.0, -1.0, 0.5, 0.0] + 0.4 * rng.normal(size=220)
    sd = np.full(200, 0.3)
    blocks = {
        "ability": Normal(np.zeros(1), 1.0),
        "discrimination": Normal(np.zeros(200), 1.0, log=True),
        "difficulty": Normal(beta[:200] + sd * rng.normal(size=200), sd),
    }
    posterior = Posterior("two-parameter", blocks, ("s",), tuple(range(200)))
    found = new_items.difficulty_prior(posterior, x[:200], x[200:], names=range(200, 220))
    z = (beta[200:] - found.loc) / found.scale
    assert abs(z.mean()) < 3 / np.sqrt(20) and 0.5 < z.std() < 1.6 and found.names == tuple(range(200, 220))
    assert 0.3 < found.scale.min() and found.scale.max() < 0.55
    none = new_items.difficulty_prior(posterior, rng.integers(0, 2, (200, 4)), x[200:], names=range(20))
    assert none.loc.std() < 0.5 * found.loc.std() and none.scale.mean() > 0.9
    with pytest.raises(ValueError, match=r"new_attributes have shape \(20, 3\)"):
        new_items.difficulty_prior(posterior, x[:200], x[200:, :3], names=range(20))
    with pytest.raises(ValueError, match="new_attributes hold nan"):
        new_items.difficulty_prior(posterior, x[:200], x[200:] * np.nan, names=range(20))
