"""ktlib.data.designs: who was asked what, the truth's distributions, and answers that follow the model."""

import numpy as np
import pytest

from ktlib.data import designs

DESIGNS = [designs.dense, designs.overlap, designs.sparse]


def test_dense_asks_everyone_everything():
    design = designs.dense(rng=1)
    assert (design.ability.shape, design.difficulty.shape) == ((50,), (30,))
    assert design.responses.density == 1
    assert designs.dense(rng=1, students=7, items=3).responses.to_wide().shape == (7, 3)


def test_overlap_shares_the_ten_items_in_the_middle():
    asked = designs.overlap(rng=1).responses.to_wide().notna().to_numpy()
    expected = np.zeros((100, 50), dtype=bool)
    expected[:50, :30] = expected[50:, 20:] = True
    assert (asked == expected).all()


def test_sparse_reaches_every_student_and_item():
    responses = designs.sparse(rng=1).responses
    assert (len(responses), len(responses.students), len(responses.items)) == (1000, 639, 717)
    assert responses.counts("student").asked.min() == responses.counts("item").asked.min() == 1


@pytest.mark.parametrize(("records", "students", "items"), [(1, 1, 1), (5, 2, 5), (10, 2, 5), (7, 5, 2), (9, 4, 4)])
def test_sparse_of_any_size(records, students, items):
    for seed in range(10):
        responses = designs.sparse(rng=seed, records=records, students=students, items=items).responses
        assert len(responses) == records
        assert responses.counts("student").asked.min() and responses.counts("item").asked.min()


@pytest.mark.parametrize("simulate", DESIGNS)
def test_a_seed_and_its_generator_give_the_same_draw_and_another_seed_another(simulate):
    one, two, other = simulate(rng=3), simulate(rng=np.random.default_rng(3)), simulate(rng=4)
    assert (one.responses.correct == two.responses.correct).all() and (one.difficulty == two.difficulty).all()
    assert (one.discrimination == two.discrimination).all() and (one.ability == two.ability).all()
    assert (one.difficulty != other.difficulty).all()


def test_the_truth_is_drawn_as_described():
    """Means and sds over 200 draws, each within 4.5 standard errors of what the normals say."""
    draws = [designs.overlap(rng=seed) for seed in range(200)]
    first, second = (np.concatenate([d.difficulty[part] for d in draws]) for part in (slice(30), slice(30, 50)))
    ability = np.concatenate([d.ability for d in draws])
    for values, mean, sd in ((ability, 0, 1), (first, 0, 1), (second, 0.5, 0.7)):
        assert abs(values.mean() - mean) < 4.5 * sd / np.sqrt(values.size)
        assert abs(values.std() - sd) < 4.5 * sd / np.sqrt(2 * values.size)
    discrimination = np.concatenate([d.discrimination for d in draws])
    assert discrimination.min() > 0
    h = np.exp(-0.5 * 2.4**2) / np.sqrt(2 * np.pi) / 0.99180  # P(N(1.2, 0.5) > 0) = Φ(2.4) = 0.99180
    assert abs(discrimination.mean() - (1.2 + 0.5 * h)) < 4.5 * 0.5 / np.sqrt(discrimination.size)


@pytest.mark.parametrize("simulate", DESIGNS)
def test_answers_follow_the_model(simulate):
    """Over 40 draws, right answers among those expected at 0–20 %, 20–40 % ... are that many, within 4.5 errors."""
    p, correct = [], []
    for seed in range(40):
        d = simulate(rng=seed)
        r = d.responses
        p.append(1 / (1 + np.exp(d.discrimination[r.item] * (d.difficulty[r.item] - d.ability[r.student]))))
        correct.append(r.correct)
    p, correct = np.concatenate(p), np.concatenate(correct)
    for bin in range(5):
        here = (p * 5).astype(int) == bin
        assert abs(correct[here].sum() - p[here].sum()) < 4.5 * np.sqrt((p[here] * (1 - p[here])).sum())


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: designs.dense(rng=None), "rng = None: pass a seed"),
        (lambda: designs.dense(rng=1, students=0), "students = 0: give a whole number, 1 or more"),
        (lambda: designs.dense(rng=1, items=2.5), r"items = 2\.5: give a whole number"),
        (lambda: designs.sparse(rng=1, records=600), "records = 600: give 717 to 458163 for 639 × 717"),
        (lambda: designs.sparse(rng=1, records=11, students=2, items=5), "records = 11: give 5 to 10 for 2 × 5"),
    ],
)
def test_impossible_designs_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_a_table_that_no_machine_holds_is_refused_before_work():
    for draw in (
        lambda n: designs.dense(rng=0, students=n, items=10**5),
        lambda n: designs.sparse(rng=0, records=n, students=n, items=10**5),
    ):
        with pytest.raises(ValueError, match="GiB: ask for less"):
            draw(10**9)
    drawn = designs.dense(rng=0, students=3, items=2)
    with pytest.raises(ValueError, match="read-only"):
        drawn.ability[0] = 0
    assert repr(drawn) == "Design, with its truth. Responses: 6 answers of 3 students to 2 items, 1 of all pairs"


def test_homework_has_the_answers_asked_for_and_the_papers_proportions():
    design = designs.homework(rng=1, answers=60_000, students=600, items=900)
    responses = design.responses
    assert len(responses) == 60_000 and design.strengths.shape == (600, 4) and design.loadings.shape == (900, 4)
    students, items = (responses.counts(by).asked for by in ("student", "item"))
    assert students.min() >= 1 and students.max() <= 450
    assert 0.6 < np.log(students).std() < 1.1  # log-normal(0, 1), cut off at half of the items
    assert 0.5 < np.log(items[items > 0]).std() < 1.1
    whole = designs.homework(rng=1, answers=30_000, students=400, items=500, factors=0)
    assert whole.loadings.shape == (500, 0)
    assert 0.14 < designs.homework(rng=0, answers=50_000).responses.density < 0.16
    assert designs._homework_size(88_000_000, None, None, 4)[1:3] == (162_000, 334_000)


@pytest.mark.parametrize(("answers", "students", "items"), [(5, 5, 4), (50, 10, 20), (400, 400, 40), (2500, 50, 200)])
def test_homework_of_any_size(answers, students, items):
    for seed in range(5):
        responses = designs.homework(rng=seed, answers=answers, students=students, items=items).responses
        assert len(responses) == answers and responses.counts("student").asked.min() >= 1


def test_homework_answers_follow_the_truth():
    design = designs.homework(rng=3, answers=80_000, students=500, items=800)
    r = design.responses
    eta = design.discrimination[r.item] * (design.ability[r.student] - design.difficulty[r.item])
    eta += (design.strengths[r.student] * design.loadings[r.item]).sum(1)
    p = 1 / (1 + np.exp(-eta))
    for low in np.arange(0, 1, 0.1):
        here = (p >= low) & (p < low + 0.1)
        assert r.correct[here].mean() == pytest.approx(p[here].mean(), abs=4 * 0.5 / np.sqrt(here.sum()))


def test_popular_items_are_drawn_in_proportion_by_rejection_and_by_waiting_times():
    """Of 40 items, three students of a thousand are asked one (or, in the urn's other way, a tenth of the items)."""
    share = np.arange(1, 41)
    urn = np.repeat(np.arange(40), share)
    for asked in (1, 3):  # at most a twentieth of the items, and more
        items = designs._pairs(np.random.default_rng(0), np.full(20_000, asked), urn, 40) % 40
        found = np.bincount(items, minlength=40) / 20_000
        first = share / share.sum()
        if asked == 1:
            np.testing.assert_allclose(found, first, atol=5 * np.sqrt(0.05 / 20_000))
        assert found.sum() == pytest.approx(asked) and np.corrcoef(found, first)[0, 1] > 0.99


def test_a_homework_file_holds_the_same_answers(tmp_path):
    pytest.importorskip("pyarrow")
    from ktlib.data.responses import Responses

    size = {"answers": 5_000, "students": 60, "items": 400}
    path = designs.homework_file(tmp_path / "log.parquet", rng=5, **size)
    design = designs.homework(rng=5, **size)
    read = Responses.from_file(path)
    kept = design.responses
    assert np.array_equal(np.array(read.students)[read.student], kept.student)
    assert np.array_equal(np.array(read.items)[read.item], kept.item) and np.array_equal(read.correct, kept.correct)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"answers": 0}, "answers = 0"),
        ({"answers": 100, "students": 10, "items": 20}, "at most a quarter of all pairs, 50"),
        ({"answers": 100, "students": 200, "items": 20}, "at least one a student"),
        ({"answers": 100, "factors": -1}, "factors = -1"),
        ({"answers": 10**15}, "ask for less"),
    ],
)
def test_homework_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        designs.homework(rng=0, **settings)
