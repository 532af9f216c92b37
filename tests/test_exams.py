"""exams: what an exam must be, and that simulated ones have the shape and the truth that they say they have."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ktlib import _checks as checks
from ktlib.data import exams
from ktlib.data.exams import Exam
from ktlib.data.responses import Responses
from ktlib.irt import model as models

SMALL = {"answers": 2_000, "students": 100, "items": 60, "labels": 5, "skills": 4}


@pytest.fixture(scope="module")
def log():
    """The book's size."""
    return exams.exam(rng=1)


@pytest.fixture(scope="module")
def small():
    return exams.exam(rng=7, **SMALL)


def of_three(**changes) -> Exam:
    """Three items, two labels, two skills, the last item without a skill."""
    parts = {
        "responses": Responses([0, 0, 1], [0, 1, 2], [1, 0, 1], ("ann", "bob"), ("x", "y", "z")),
        "labels": ("algebra", "geometry"),
        "label": np.array([0, 1, 1]),
        "skills": ("draw", "solve"),
        "needs": np.array([[0, 1], [1, 1], [0, 0]]),
    }
    return Exam(**(parts | changes))


def test_attributes_are_the_label_one_hot_and_the_skills():
    exam = of_three()
    assert exam.attributes.tolist() == [[1, 0, 0, 1], [0, 1, 1, 1], [0, 1, 0, 0]]
    assert exam.attribute_names == ("algebra", "geometry", "draw", "solve")


def test_layouts_are_masks_that_the_hierarchical_model_takes(small):
    exam = of_three()
    assert exam.layouts()["apart"].tolist() == [[True, True, False, False], [False, False, True, True]]
    assert exam.layouts()["all to all"].tolist() == [[True] * 4] * 2
    labels, skills = [True, True, False, False], [False, False, True, True]
    assert exam.layouts()["two each"].tolist() == [labels, labels, skills, skills]
    no_skills = of_three(skills=(), needs=np.zeros((3, 0)))
    assert no_skills.layouts()["apart"].tolist() == [[True, True]]
    assert no_skills.layouts()["two each"].tolist() == [[True, True]] * 2
    for each in (exam, no_skills, small):
        for mask in each.layouts().values():
            checks.layout("hierarchical", each.responses, 1, each.attributes, mask)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"label": np.array([0, 1])},
            r"label has type int64 and shape \(2,\): give one whole number for each of 3 items",
        ),
        ({"label": np.array([0.0, 1.0, 1.0])}, r"label has type float64"),
        ({"label": np.array([0, 1, 2])}, r"item 'z' has label 2 of 2: .* 0 to 1; give items without any a label"),
        ({"label": np.array([0, -1, 1])}, r"item 'y' has label -1 of 2"),
        (
            {"needs": np.ones((3, 3))},
            r"needs has shape \(3, 3\): give a row for each of 3 items and .* each of 2 skills",
        ),
        ({"needs": np.array([[0, 1], [1, 2], [0, 0]])}, r"item 'y' has 2 for skill 'solve': give 1 if needed, else 0"),
        ({"needs": np.array([[0, 1], [1, np.nan], [0, 0]])}, r"item 'y' has nan for skill 'solve'"),
        ({"needs": [["no", "yes"]] * 3}, r"needs = .* is not a number"),
        ({"needs": np.array([[0, 1], [1, 1], [0, 1]])}, r"all 3 items have attribute 'solve', .*: drop the column"),
        ({"needs": np.array([[0, 1], [0, 1], [0, 0]])}, r"no item has attribute 'draw', .*: drop the column"),
        ({"label": np.array([1, 1, 1])}, r"no item has attribute 'algebra', .*: drop the column"),
        ({"labels": ("all",), "label": np.zeros(3, dtype=int)}, r"all 3 items have attribute 'all'"),
        ({"labels": ("algebra", "draw")}, r"attribute 'draw' stands twice"),
    ],
)
def test_an_exam_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        of_three(**changes)


def test_the_truth_predicts_by_the_formula_that_the_docstring_states(small):
    """Written out answer by answer, skill by skill."""
    truth, r = small.truth, small.responses
    for row in range(0, len(r), 37):
        i, j = r.student[row], r.item[row]
        skills = np.flatnonzero(small.needs[j])
        eta = truth.discrimination[j] * truth.ability[i]
        eta += truth.label_loadings[j] * truth.label_ability[i][small.label[j]]
        eta += 0.5 * sum(truth.skill_ability[i][s] for s in skills) / len(skills)
        eta += sum(truth.hidden_loadings[j][d] * truth.hidden[i][d] for d in range(2))
        assert small.p_correct[row] == pytest.approx(1 / (1 + np.exp(truth.difficulty[j] - eta)), abs=1e-6)


@pytest.mark.parametrize("general", [1.0, 1.5])
def test_without_the_three_strengths_the_truth_is_the_two_parameter_model(general):
    exam = exams.exam(rng=2, **SMALL, general=general, by_label=0, by_skill=0, idiosyncratic=0)
    t, r = exam.truth, exam.responses
    values = {"ability": t.ability, "discrimination": t.discrimination, "difficulty": t.difficulty / t.discrimination}
    eta = models.predictor(values, r.student, r.item)
    assert exam.p_correct == pytest.approx(1 / (1 + np.exp(-eta)), abs=1e-12)


def test_strengths_scale_their_loadings_and_nothing_else():
    one, two = (exams.exam(rng=3, **SMALL, general=s, by_label=s, by_skill=s, idiosyncratic=s) for s in (1, 2))
    for name in ("discrimination", "label_loadings", "skill_loadings", "hidden_loadings"):
        assert getattr(two.truth, name) == pytest.approx(2 * getattr(one.truth, name), rel=1e-6)
    assert (one.truth.difficulty == two.truth.difficulty).all() and (one.truth.ability == two.truth.ability).all()
    assert (one.responses.item == two.responses.item).all()


def test_the_book_size_has_the_shape_it_should_have(log):
    r = log.responses
    assert (len(r), len(r.students), len(r.items)) == (860_000, 26_100, 3_600)
    assert (len(log.labels), len(log.skills)) == (22, 12)
    asked = r.counts("student").asked
    assert asked.min() >= 1 and asked.mean() == pytest.approx(33, abs=0.1)
    assert asked.std() / asked.mean() == pytest.approx(0.5, abs=0.03)
    per_item = r.counts("item").asked
    assert per_item.min() >= 1 and (per_item < 20).sum() > 300
    per_label = np.bincount(log.label[r.item])
    zipf = (np.arange(22) + 8.0) ** -6
    assert per_label / len(r) == pytest.approx(zipf / zipf.sum(), abs=0.01)
    assert 100 < per_label[-1] < 400 and np.bincount(log.label)[-1] < 30
    assert set(log.needs.sum(1)) == {1, 2, 3}
    assert log.needs.sum(0).max() > 2 * log.needs.sum(0).min()
    assert 0.6 < r.correct.mean() < 0.7


def test_answers_follow_the_probabilities(log):
    """In forty groups of equal size by probability, each within 4.5 standard errors."""
    for rows in np.array_split(np.argsort(log.p_correct), 40):
        p, right = log.p_correct[rows], log.responses.correct[rows]
        assert abs(right.mean() - p.mean()) < 4.5 * np.sqrt((p * (1 - p)).sum()) / len(rows)


def test_abilities_have_variance_one_and_labels_go_together_as_their_directions_say(log):
    truth, n = log.truth, len(log.responses.students)
    for own, directions in (
        (truth.label_ability, truth.label_directions),
        (truth.skill_ability, truth.skill_directions),
        (truth.hidden, np.eye(2)),
    ):
        tied = 1 - exams.OWN if own is not truth.hidden else 1
        expected = tied * directions @ directions.T
        np.fill_diagonal(expected, 1)
        assert np.cov(own.T) == pytest.approx(expected, abs=4.5 * np.sqrt(2 / n))
    assert abs(np.corrcoef(truth.ability, truth.further.T)[0, 1:]).max() < 4.5 / np.sqrt(n)


@pytest.mark.parametrize(
    "size",
    [
        {"answers": 60, "students": 4, "items": 30, "labels": 30, "skills": 30},
        {"answers": 60, "students": 20, "items": 6, "labels": 2, "skills": 2},
        {"answers": 20, "students": 20, "items": 3, "labels": 2, "skills": 3},
        {"answers": 8, "students": 2, "items": 8, "labels": 2, "skills": 2},
        {"answers": 40_000, "students": 200, "items": 400, "labels": 22, "skills": 12},
    ],
)
def test_any_size_that_can_be_reaches_every_student_and_item(size):
    for seed in range(5):
        exam = exams.exam(rng=seed, **size)  # Responses refuses a pair that stands twice
        r = exam.responses
        assert (len(r), len(r.students), len(r.items)) == (size["answers"], size["students"], size["items"])
        assert r.counts("student").asked.min() and r.counts("item").asked.min()


def test_a_seed_and_its_generator_give_the_same_draw_and_another_seed_another():
    one, two, other = (exams.exam(rng=rng, **SMALL) for rng in (3, np.random.default_rng(3), 4))
    assert (one.responses.correct == two.responses.correct).all() and (one.p_correct == two.p_correct).all()
    assert (one.label == two.label).all() and (one.needs == two.needs).all()
    assert (one.truth.difficulty != other.truth.difficulty).all()


def test_a_part_of_the_answers_needs_its_own_probabilities(small):
    mask = np.arange(len(small.responses)) % 3 == 0
    part = small.responses.subset(mask)
    with pytest.raises(ValueError, match=r"p_correct has shape \(2000,\) for 667 answers: give truth\.predict"):
        replace(small, responses=part)
    p = small.truth.predict(part.student, part.item)
    assert (replace(small, responses=part, p_correct=p).p_correct == small.p_correct[mask]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"answers": 3_001}, r"answers = 3001 for 100 students and 60 items: give 100 to 3000, or other students"),
        ({"answers": 99}, r"answers = 99 for 100 students"),
        ({"students": 0}, r"students = 0: give a whole number, 1 or more"),
        ({"items": 4}, r"items = 4: give a whole number, 5 or more"),
        ({"labels": 1}, r"labels = 1: give a whole number, 2 or more"),
        ({"skills": 1}, r"skills = 1: give a whole number, 2 or more"),
        ({"by_label": -1}, r"by_label = -1: give a finite number, 0 or more"),
        ({"by_skill": np.nan}, r"by_skill = nan"),
        ({"idiosyncratic": "strong"}, r"idiosyncratic = 'strong'"),
        ({"rng": None}, r"rng = None: pass a seed"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        exams.exam(**({"rng": 1} | SMALL | settings))


def test_what_the_caller_does_to_his_arrays_changes_nothing(small):
    label, needs = np.array([0, 1, 1], np.int32), np.array([[0.0, 1], [1, 1], [0, 0]])
    found = exams.Exam(Responses.from_wide(np.eye(3)), ("a", "b"), label, ("s", "t"), needs)
    label[:], needs[:] = 7, 7
    assert found.label.tolist() == [0, 1, 1]
    assert found.needs.max() == 1
    of_truth = [getattr(small.truth, field.name) for field in fields(small.truth)]
    for array in (found.label, found.needs, small.p_correct, *of_truth):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
