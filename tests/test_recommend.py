"""The homework that `recommend` chooses: against a second implementation, by its invariants, and at odd requests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ktlib.data.responses import Responses
from ktlib.homework import _ranking, recommend
from ktlib.homework.recommend import Homework, Pool, closeness
from ktlib.irt.fits import Fit
from ktlib.irt.posterior import Normal, Posterior


def pool_of(rng, n: int, skills: int = 4) -> Pool:
    return Pool(
        [f"q{k}" for k in range(n)],
        label=rng.choice(["adding", "angles", "areas"], n),
        skills=rng.integers(0, 2, (n, skills)),
        created=rng.integers(0, 50, n),
        picture=rng.random(n) < 0.4,
        table=rng.random(n) < 0.2,
        grade=rng.integers(5, 8, n),
    )


def belief(rng, model: str, students: int, items: int, spread: float = 0.4) -> Posterior:
    def block(*shape, log=False):
        return Normal(rng.normal(0, 0.4 if log else 0.9, shape), rng.uniform(0.1, spread, shape), log)

    names = tuple(f"s{k}" for k in range(students)), tuple(f"q{k}" for k in range(items))
    if model == "two-parameter":
        blocks = {"ability": block(students), "discrimination": block(items, log=True), "difficulty": block(items)}
        return Posterior(model, blocks, *names)
    blocks = {"ability": block(students, 3), "loadings": block(items, 3), "difficulty": block(items)}
    if model == "factorization":
        return Posterior(model, blocks, *names)
    blocks |= {"loadings": block(items, 2), "effects": block(1, 2)}
    return Posterior(model, blocks, *names, attributes=rng.integers(0, 2, (items, 2)))


def log_of(pairs, students: int, items: int) -> Responses:
    student, item = np.array(pairs).T
    names = [f"s{k}" for k in range(students)], [f"q{k}" for k in range(items)]
    return Responses(student, item, np.arange(len(student)) % 2, *names)


def by_hand(p, spread, pool, mastery, weights, tried, target=0.7):
    """(students, items) scores, one pair after another; -1 where the question is not to be asked."""
    total = sum(weights.values())
    score = np.full(p.shape, -1.0)
    for s, row in enumerate(p):
        for q, chance in enumerate(row):
            if (s, q) in tried:
                continue
            asked = [mastery[s, k] for k in range(len(pool.skill_names)) if pool.skills[q, k]]
            parts = {
                "closeness": 1 - abs(chance - target) / max(target, 1 - target),
                "need": 1 - min(asked, default=1),
                "recency": (pool.created[q] - pool.created.min()) / (pool.created.max() - pool.created.min()),
                "picture": pool.picture[q],
                "table": pool.table[q],
                "uncertainty": 2 * spread[s, q],
            }
            score[s, q] = sum(weight / total * parts[name] for name, weight in weights.items())
    return score


def spread_of(posterior: Posterior, students: int, items: int, draws: int = 20_000) -> np.ndarray:
    """Standard deviation of P by Monte Carlo."""
    mean, variance = posterior.predictor(np.arange(students)[:, None], np.arange(items))
    noise = np.random.default_rng(5).standard_normal(draws)
    return (1 / (1 + np.exp(-(mean[..., None] + np.sqrt(variance)[..., None] * noise)))).std(axis=-1)


@pytest.mark.parametrize("model", ["two-parameter", "factorization", "hierarchical"])
def test_lists_are_those_of_a_second_implementation(model):
    rng = np.random.default_rng(1)
    students, items = 5, 40
    pool, posterior = pool_of(rng, items), belief(rng, model, students, items)
    mastery = rng.random((students, 4))
    tried = {(int(s), int(q)) for s, q in zip(rng.integers(0, 5, 60), rng.integers(0, 40, 60), strict=True)}
    weights = {"closeness": 3, "need": 1, "recency": 0.5, "picture": 0.25, "table": 0.125, "uncertainty": 0}
    p = posterior.predict(np.arange(students)[:, None], np.arange(items))
    expected = by_hand(p, np.zeros_like(p), pool, mastery, weights, tried)
    order = np.argsort(-expected, axis=1)[:, :10]
    found = recommend.recommend(
        posterior, pool, seen=log_of(sorted(tried), students, items), weights=weights, mastery=mastery, rng=0
    )
    assert_array_equal(found.items, order)
    assert_allclose(found.score, np.take_along_axis(expected, order, 1), atol=1e-12)
    assert_allclose(found.p_correct, np.take_along_axis(p, order, 1), atol=1e-12)


@pytest.mark.parametrize("spread", [0.3, 1.5])
@pytest.mark.parametrize("model", ["two-parameter", "factorization"])
def test_a_large_pool_is_short_listed_rightly(model, spread):
    """All pairs in single precision find what all pairs in double would, as near as scores can be told apart."""
    rng = np.random.default_rng(2)
    pool, posterior = pool_of(rng, 500), belief(rng, model, 30, 500, spread)
    mastery = rng.random((30, 4))
    weights = {"closeness": 3, "need": 1, "uncertainty": 1}
    found = recommend.recommend(posterior, pool, weights=weights, mastery=mastery, rng=0)
    whole = recommend.recommend(posterior, pool, weights=weights, mastery=mastery, n=500, rng=0)
    assert_allclose(found.score, whole.score[:, :10], atol=1e-4)
    assert (found.items == whole.items[:, :10]).mean() > 0.99


@pytest.mark.parametrize("model", ["two-parameter", "factorization", "hierarchical"])
def test_single_and_double_precision_agree(model):
    from ktlib.homework._forecasts import Belief

    rng = np.random.default_rng(3)
    pool, posterior = pool_of(rng, 50), belief(rng, model, 20, 50)
    source = Belief(posterior, None, pool, None)
    rows, items = np.arange(20)[:, None], np.arange(50) + np.zeros((20, 1), dtype=int)
    quick, quick_spread = source.fast(slice(0, 20), spread=True)
    p, spread = source.exact(rows, items)
    assert_allclose(p, posterior.predict(rows, items), atol=1e-12)
    assert_allclose(quick, p, atol=2e-5)
    assert_allclose(quick_spread, spread, atol=2e-4)
    assert_allclose(spread[:5, :10], spread_of(posterior, 5, 10), atol=0.005)
    noise = rng.standard_normal((20, 50))
    assert_allclose(
        source.fast(slice(0, 20), noise.astype(np.float32))[0], source.exact(rows, items, noise)[0], atol=1e-5
    )


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 12), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked(seed, items, n, thompson, ties):
    """Nothing attempted, nothing twice, best first, parts that add up, as many as can be, the same again."""
    rng = np.random.default_rng(seed)
    students = int(rng.integers(1, 6))
    pool, posterior = pool_of(rng, items), belief(rng, "two-parameter", students, items)
    mastery = rng.random((students, 4))
    tried = [(s, q) for s in range(students) for q in range(items) if rng.random() < rng.random()] or [(0, 0)]
    weights = {"picture": 1, "table": 1} if ties else {k: float(rng.random()) for k in recommend.WEIGHTS}
    asked = dict(
        seen=log_of(tried, students, items), weights=weights, mastery=mastery, n=n, thompson=thompson, rng=seed
    )
    found = recommend.recommend(posterior, pool, **asked)
    for s in range(students):
        picks = found.items[s][found.items[s] >= 0].tolist()
        left = set(range(items)) - {q for who, q in tried if who == s}
        assert set(picks) <= left and len(set(picks)) == len(picks) == min(n, len(left))
        assert found.list(f"s{s}") == tuple(pool.items[q] for q in picks)
        assert (np.diff(found.score[s, : len(picks)]) <= 1e-12).all()
        assert (f"s{s}" in found.lacking()) == (len(picks) < n)
    assert_allclose(sum(found.parts.values()), found.score, atol=1e-9)
    table = found.frame()
    assert_allclose(table[list(found.weights)].sum(axis=1), table.score, atol=1e-9)
    assert len(table) == found.count.sum() and table.score.between(0, 1 + 1e-12).all()
    again = recommend.recommend(posterior, pool, **asked | {"block": 1 + seed % 4})
    assert_array_equal(again.items, found.items)
    assert_array_equal(again.score, found.score)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_pool_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    pool, posterior = pool_of(rng, 120), belief(rng, "factorization", 4, 120)
    turn = rng.permutation(120)
    parts = {k: getattr(pool, k)[turn] for k in ("label", "skills", "created", "picture", "table", "grade")}
    turned = Pool([pool.items[k] for k in turn], **parts)
    one, other = (recommend.recommend(posterior, p, rng=seed) for p in (pool, turned))
    assert all(one.list(s) == other.list(s) for s in posterior.students)


def test_ties_are_broken_by_the_seed_alone():
    rng = np.random.default_rng(4)
    table, pool = np.full((3, 200), 0.5), pool_of(rng, 200)
    ask = dict(weights={"closeness": 1})
    lists = [recommend.recommend(table, pool, rng=seed, **ask).items for seed in (0, 0, 1)]
    assert_array_equal(lists[0], lists[1])
    assert (lists[0] != lists[2]).any()
    assert_array_equal(lists[0][0], lists[0][2])  # one order of the questions for all students
    alone = recommend.recommend(table, pool, students=[2], rng=0, **ask)
    assert_array_equal(alone.items[0], lists[0][2])


def test_a_student_alone_and_in_a_school_gets_the_same_list():
    rng = np.random.default_rng(5)
    pool, posterior = pool_of(rng, 300), belief(rng, "two-parameter", 50, 300)
    school = recommend.recommend(posterior, pool, rng=7, block=13)
    for name in ("s0", "s31"):
        alone = recommend.recommend(posterior, pool, students=[name], rng=7)
        assert alone.list(name) == school.list(name)
        pd.testing.assert_frame_equal(alone.reasons(name), school.reasons(name))


def test_gaussian_closeness_is_the_guides():
    assert_allclose(closeness([0.7, 0.73, 0.64], shape="gaussian"), np.exp([0, -0.5, -2]))
    table = np.array([[0.6, 0.68, 0.9]])
    found = recommend.recommend(
        table, Pool(list("abc"), label=list("xxx")), shape="gaussian", width=0.03, target=0.9, rng=0
    )
    assert found.list(0)[0] == "c"


def test_the_weakest_link_counts():
    pool = Pool(list("abc"), label=list("xyz"), skills=[[1, 1], [1, 0], [0, 0]], skill_names=["adding", "areas"])
    mastery = pd.DataFrame({"areas": [0.1], "adding": [0.8]}, index=["Ada"])
    table = pd.DataFrame(0.5, ["Ada"], list("cab"))
    found = recommend.recommend(table, pool, mastery=mastery, weights={"need": 1}, rng=0)
    assert found.list("Ada") == ("a", "b", "c")
    assert_allclose(found.score[0], [0.9, 0.2, 0])


def test_what_is_eligible():
    rng = np.random.default_rng(6)
    pool, table = pool_of(rng, 80), rng.random((3, 80))
    mask = (pool.label == "areas") & (pool.grade == 6)
    one, other = (recommend.recommend(table, pool, eligible=e, n=80, rng=0) for e in (mask, ["areas", 6]))
    assert_array_equal(one.items, other.items)
    assert one.count[0] == mask.sum()
    each = rng.random((3, 80)) < 0.1
    found = recommend.recommend(table, pool, eligible=each, n=20, rng=0)
    for s in range(3):
        assert set(found.items[s, : found.count[s]]) == set(np.flatnonzero(each[s])) or found.count[s] == 20


def test_thompson_draws_from_the_belief():
    """A question's P over many draws has the mean and spread that the belief gives it; uncertain ones get tried."""
    pool = Pool(["sure", "unsure"], label=["a", "a"])
    n = 4000
    blocks = {
        "ability": Normal(np.full(n, 0.8), np.full(n, 1e-3)),
        "discrimination": Normal(np.zeros(2), np.full(2, 1e-3), True),
        "difficulty": Normal(np.array([0.0, 2.0]), np.array([0.01, 2.0])),
    }
    posterior = Posterior("two-parameter", blocks, tuple(range(n)), ("sure", "unsure"))
    found = recommend.recommend(posterior, pool, n=1, thompson=True, rng=1)
    tried = (found.items == 1).mean()
    assert not (recommend.recommend(posterior, pool, n=1, rng=1).items == 1).any()
    draws = 0.8 - 2 + 2.0 * np.random.default_rng(2).standard_normal(100_000)
    nearer = np.abs(1 / (1 + np.exp(-draws)) - 0.7) < abs(1 / (1 + np.exp(-0.8)) - 0.7)
    assert abs(tried - nearer.mean()) < 4 * np.sqrt(nearer.mean() / n)


def test_new_students_by_the_prior():
    rng = np.random.default_rng(8)
    pool, posterior = pool_of(rng, 60), belief(rng, "two-parameter", 3, 60)
    with pytest.raises(ValueError, match=r"student 'new' \(1 such of 2\) is not in the posterior.*unknown='prior'"):
        recommend.recommend(posterior, pool, students=["s1", "new"], rng=0)
    priors = {"ability": Normal(-1.0, 0.5), "discrimination": Normal(0, 1, True), "difficulty": Normal(0, 1)}
    fit = Fit(posterior, np.zeros(1), True, "", priors)
    found = recommend.recommend(fit, pool, students=["s1", "new"], unknown="prior", n=60, rng=0)
    blocks = posterior.blocks | {"ability": Normal([-1.0], [0.5])}
    stranger = Posterior("two-parameter", blocks, ("new",), posterior.items)
    assert_allclose(found.p_correct[1], stranger.predict(0, found.items[1]), atol=1e-12)
    assert found.list("s1") == recommend.recommend(posterior, pool, students=["s1"], n=60, rng=0).list("s1")


def test_a_short_list_says_why():
    pool = Pool([f"q{k}" for k in range(12)], label=["x"] * 8 + ["y"] * 4)
    seen = log_of([(0, k) for k in range(5)] + [(1, k) for k in range(12)], 3, 12)
    table = pd.DataFrame(np.full((3, 12), 0.6), ["s0", "s1", "s2"], pool.items)
    found = recommend.recommend(table, pool, seen=seen, eligible=["x"], rng=0)
    assert found.count.tolist() == [3, 0, 8]
    assert found.lacking()["s0"] == "3 of 10: of 12 questions in the pool, 5 attempted, 4 others not eligible"
    assert found.list("s1") == () and "12 attempted" in found.lacking()["s1"]
    assert np.isnan(found.score[1]).all() and (found.items[1] == -1).all()
    assert len(recommend.recommend(table, pool, n=40, rng=0).list("s2")) == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(forecasts=np.full((2, 3), 1.2)), "forecasts = 1.2 is not a probability"),
        (dict(forecasts=np.full((2, 3), np.nan)), "forecasts = nan is not a probability"),
        (dict(forecasts=np.full((2, 4), 0.5)), r"forecasts have shape \(2, 4\): give \(students, 3 questions\)"),
        (dict(students=["Ada"]), r"student 'Ada' \(1 such of 1\) is not in the forecasts"),
        (dict(students=[]), "give at least one name"),
        (dict(weights={"closeness": -1}), r"weights\['closeness'\] = -1"),
        (dict(weights={"closeness": 0}), "add up to 0: give at least one above 0"),
        (dict(weights={}), "add up to 0"),
        (dict(weights={"colour": 1}), "a weight's name = 'colour'"),
        (dict(weights={"need": 1}), "needs mastery="),
        (dict(weights={"recency": 1}), "needs a pool with created"),
        (dict(weights={"uncertainty": 1}), "needs a fit or a posterior"),
        (dict(mastery=np.full((2, 3), 0.5)), r"mastery has shape \(2, 3\)"),
        (dict(mastery=[[0.5], [np.nan]]), "mastery = nan is not a probability"),
        (dict(mastery=[[0.5], [1.5]]), "mastery = 1.5 is not a probability"),
        (dict(eligible=[False] * 3), "eligible leaves none of 3 questions"),
        (dict(eligible=[True]), r"eligible has shape \(1,\)"),
        (dict(eligible=["geometry"]), "eligible names 'geometry', no label or grade"),
        (dict(target=0), "target = 0 is not between 0 and 1"),
        (dict(width=0), "width = 0: give a number above 0"),
        (dict(n=0), "n = 0: give a whole number"),
        (dict(thompson=True), "thompson = True draws from a posterior"),
        (dict(unknown="prior"), "unknown = 'prior' needs a model of students"),
        (dict(rng=None), "rng = None: pass a seed"),
        (dict(seen=Responses([0], [0], [1], ["Bob"], ["a"])), "seen has students such as 'Bob', and none"),
        (dict(pool=[1, 2]), "give a homework.pool.Pool"),
        (dict(block=0), "block = 0"),
    ],
)
def test_an_odd_request_gets_one_clear_error(change, message):
    good = dict(forecasts=np.full((2, 3), 0.5), pool=Pool(list("abc"), label=list("xxx")), rng=0)
    with pytest.raises(ValueError, match=message):
        recommend.recommend(**good | change)


def test_questions_that_the_model_never_saw_are_named():
    rng = np.random.default_rng(9)
    with pytest.raises(ValueError, match=r"question 'z' \(1 such of 2\) is not in the posterior"):
        recommend.recommend(belief(rng, "two-parameter", 3, 3), Pool(["q1", "z"], label=["x", "y"]), rng=0)


def test_a_homework_is_its_own():
    found = recommend.recommend(np.full((2, 3), 0.5), Pool(list("abc"), label=list("xxx")), rng=0)
    assert isinstance(found, Homework) and len(found) == 2 and len(repr(found).splitlines()) < 10
    with pytest.raises(ValueError, match="read-only"):
        found.score[0] = 1
    with pytest.raises(ValueError, match="no homework for student 'x'"):
        found.reasons("x")


def test_no_block_holds_all_pairs(monkeypatch):
    """Blocks of the default size, whatever the school's: the largest that `fast` is asked for."""
    from ktlib.homework._forecasts import Table

    sizes, fast = [], Table.fast
    monkeypatch.setattr(
        Table, "fast", lambda self, rows, *rest: sizes.append(rows.stop - rows.start) or fast(self, rows, *rest)
    )
    recommend.recommend(np.random.default_rng(0).random((5000, 100)), pool_of(np.random.default_rng(1), 100), rng=0)
    assert max(sizes) * 100 <= _ranking.CELLS and sum(sizes) == 5000


def test_a_pool_holds_together():
    pool = Pool(["a", "b"], label=["x", "y"])
    assert pool.skill_names == ("x", "y") and pool.skills.tolist() == [[1, 0], [0, 1]]
    assert pool.places(["b", "a"]).tolist() == [1, 0]
    assert list(pool.frame().columns) == ["label", "skill x", "skill y"]
    for change, message in (
        (dict(items=[]), "the pool has no questions"),
        (dict(items=["a", "a"]), "item 'a' stands twice"),
        (dict(label=["x"]), "label has 1 names for 2 questions"),
        (dict(skills=[[1], [2]]), r"skills\[1, 0\] = 2"),
        (dict(skill_names=["x"]), "skill_names without skills"),
        (dict(created=[1, np.nan]), "created = .*: give a finite number"),
        (dict(picture=[0, 2]), "picture = .*: give True or False"),
    ):
        with pytest.raises(ValueError, match=message):
            Pool(**dict(items=["a", "b"], label=["x", "y"]) | change)
    with pytest.raises(ValueError, match="no question 'z' in the pool"):
        pool.places(["z"])
