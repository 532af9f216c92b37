"""Explorers of one skill: the page computes and says what ktlib does."""

import json
from dataclasses import replace

import numpy as np
import pytest
from explorer_page import config, in_node

from ktlib import bkt, studies
from ktlib.bkt import NAMES, BKTParams, bounds, sensitivity
from ktlib.show.explorers import DataExplorer, SweepExplorer, TraceExplorer, _student

GOLDEN = json.loads(studies.stored("golden_bkt.json").read_text(encoding="utf-8"))
USUAL = dict(zip(NAMES, BKTParams(), strict=True))


def random_cases(n: int):
    """Parameters anywhere in (0, 1), guess + slip ≥ 1 included, and answers with gaps, at the end too."""
    rng = np.random.default_rng(20)
    for _ in range(n):
        params = dict(zip(NAMES, rng.uniform(0.02, 0.98, 4).tolist(), strict=True))
        yield params, [[1, 0, None][i] for i in rng.choice(3, rng.integers(1, 30), p=[0.55, 0.3, 0.15])]


def test_module_follows_a_student_as_ktlib_does():
    cases = list(random_cases(50))
    for (params, answers), seen in zip(cases, in_node("bkt", *[("filter", *case) for case in cases]), strict=True):
        trace = bkt.filter(answers, BKTParams(**params, allow_flip=True))
        np.testing.assert_allclose(seen["before"], trace.p_before, rtol=0, atol=1e-12)
        np.testing.assert_allclose(seen["correct"], trace.p_correct, rtol=0, atol=1e-12)
        np.testing.assert_allclose(seen["known"], trace.p_known, rtol=0, atol=1e-12)


def test_module_agrees_with_the_golden_cases():
    cases = GOLDEN["cases"]
    results = in_node("bkt", *[("filter", case["params"], case["answers"]) for case in cases])
    for case, seen in zip(cases, results, strict=True):
        for key in ("before", "correct", "known"):
            np.testing.assert_allclose(seen[key], case[key], rtol=0, atol=GOLDEN["tolerance"], err_msg=case["name"])


def test_module_finds_the_mastery_step():
    steps = in_node(
        "bkt", ("masteryStep", [0.2, 0.95, 0.9], 0.95), ("masteryStep", [0.2, 0.9], 0.95), ("masteryStep", [], 0.95)
    )
    assert steps == [2, None, None]
    assert sensitivity.mastery_step([0.2, 0.95, 0.9], 0.95) == 2


@pytest.mark.parametrize(
    ("change", "answers", "says"),
    [
        ({"p_slip": 1.2}, [1], "p_slip = 1.2 is not a probability"),
        ({"p_init": -0.1}, [1], "p_init = -0.1 is not a probability"),
        ({"p_guess": "0.2"}, [1], "p_guess = 0.2 is not a probability"),
        ({"p_transit": None}, [1], "p_transit = null is not a probability"),
        ({}, [1, 2], "answer 2 at step 2 is not 1 (right), 0 (wrong) or null (not asked)"),
        ({"p_guess": 0}, [0, "1"], "answer 1 at step 2 is not 1"),
        ({"p_init": 1, "p_slip": 0}, [1, 0], "The answer at step 2 has probability zero"),
    ],
)
def test_module_names_what_is_wrong(change, answers, says):
    assert says in in_node("bkt", ("filter", USUAL | change, answers))[0]["error"]


@pytest.mark.parametrize("p", [0.125, 0.375, 0.625, 0.005, 0.015, 0.045])
def test_page_and_notebook_round_halves_alike(p):
    threshold = p + 0.25
    said = SweepExplorer(answers=[1, 0], value=p, threshold=threshold).finding()
    assert in_node("sweep", ("sentence", USUAL, [1, 0], "p_slip", p, threshold)) == [said]
    assert f"taken as {np.floor(100 * p + 0.5) / 100:.2f} " in said
    said = TraceExplorer(answers=[1], threshold=0.12406255).finding()
    assert in_node("trace", ("sentence", USUAL, [1], 0.12406255)) == [said]


def test_page_and_notebook_use_the_same_words():
    traces, sweeps = {}, {}
    for params, answers in random_cases(40):
        model = BKTParams(**params, allow_flip=True)
        call = json.dumps(["sentence", params, answers, 0.9])
        traces[call] = TraceExplorer(model, answers, threshold=0.9).finding()
        for vary in NAMES:
            for value in (0.05, 0.35, params[vary]):
                call = json.dumps(["sentence", params, answers, vary, value, 0.95])
                sweeps[call] = SweepExplorer(model, answers, vary, value=value).finding()
    for module, said in (("trace", traces), ("sweep", sweeps)):
        assert in_node(module, *map(json.loads, said)) == list(said.values())


def test_a_slider_starts_beside_the_truth_on_the_page_too():
    rights = [0.0, 0.1, 0.2, 0.3, 0.31, 0.7, 0.9]
    started = [SweepExplorer(BKTParams(p_init=p), vary="p_init").value for p in rights]
    assert in_node("sweep", *[("wrong", p) for p in rights]) == started


def test_the_axis_reaches_just_as_far_as_the_widest_bar():
    told = config(DataExplorer())
    for design in [(10, 3), (22, 9), (1000, 20), (10000, 60)]:
        found = in_node("data", ("intervals", told, *design))[0]
        widest = max(abs(p - USUAL[name]) for name, one in zip(NAMES, found, strict=True) for p in one["interval"])
        (reach,) = in_node("data", ("reach", USUAL, found))
        assert widest <= reach <= 2.6 * widest


def test_page_says_how_much_data_as_ktlib_does():
    params = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
    explorer = DataExplorer(params)
    told = config(explorer)
    designs = [(1, 3), (22, 9), (200, 15), (1000, 20), (10000, 60)]
    seen = in_node("data", *[("intervals", told, *design) for design in designs])
    for (students, answers), found in zip(designs, seen, strict=True):
        bound, floor = (f(params, students, answers) for f in (bounds.standard_errors, bounds.floors))
        for name, one in zip(NAMES, found, strict=True):
            p = getattr(params, name)
            logit = np.log(p / (1 - p))
            assert one["half"] == pytest.approx(1.96 * bound[name], abs=2e-6)
            for ends, se in ((one["interval"], bound[name]), (one["seen"], floor[name])):
                wanted = 1 / (1 + np.exp(-logit - np.array([-1, 1]) * 1.96 * se / (p * (1 - p))))
                np.testing.assert_allclose(ends, wanted, rtol=0, atol=2e-6)
    said = in_node("data", *[("sentence", told, *design) for design in designs])
    assert said == [replace(explorer, students=n, answers=t).finding() for n, t in designs]
    wrong = in_node("data", *[("intervals", told, *design) for design in [(22, 2), (22, 61), (0, 9)]])
    assert all("not computed" in one["error"] for one in wrong)


@pytest.mark.parametrize(
    ("explorer", "finding"),
    [
        (TraceExplorer(), "After 6 answers the model is 19% sure she knows it; mastery (95%) not reached."),
        (
            TraceExplorer(answers=[1, None, 1, 1, 0, 0]),
            "After 6 questions (1 not asked) the model is 48% sure she knows it; mastery (95%) reached at "
            "question 4, then lost.",
        ),
        (
            TraceExplorer(BKTParams(p_guess=0.8, p_slip=0.3, allow_flip=True), [1]),
            "After 1 answer the model is 26% sure she knows it; mastery (95%) not reached. "
            "Slip + guess = 1.10: a right answer now counts against her.",
        ),
        (
            SweepExplorer(),
            "With P(S) taken as 0.30 instead of 0.10, mastery (95%) is declared at question 6 instead of 9: "
            "3 questions early.",
        ),
        (
            SweepExplorer(answers=[1, 1, 1], vary="p_guess", value=0.2),
            "With the true P(G), 0.20, mastery (95%) is declared at question 3.",
        ),
        (
            SweepExplorer(answers=[1, 1, 1], vary="p_guess"),
            "With P(G) taken as 0.40 instead of 0.20, mastery (95%) is not reached in 3 questions; "
            "with the true value it is declared at question 3.",
        ),
        (
            SweepExplorer(answers=[0, 0], vary="p_init"),
            "With P(L₀) taken as 0.40 instead of 0.20, mastery (95%) is not reached in 2 questions, "
            "as with the true value.",
        ),
        (
            DataExplorer(BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18), 1000, 15),
            "1,000 students with 15 answers each, 15,000 in all: 95% of fits lie, at best, within P(L₀) ±0.032, "
            "P(T) ±0.009, P(S) ±0.006, P(G) ±0.012. For P(L₀) within ±0.02 it takes 2,505 students.",
        ),
    ],
)
def test_finding_in_words(explorer, finding):
    assert explorer.finding() == finding


def test_doubt_is_never_rounded_up_to_mastery():
    assert _student.sure(0.9499, 0.95) == "94%"
    assert _student.sure(0.95, 0.95) == "95%"
    assert _student.sure(0.9999, 0.95) == "more than 99%"
    assert _student.sure(0.0001, 0.95) == "less than 1%"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TraceExplorer(answers=[]), "empty"),
        (lambda: TraceExplorer(answers=[1, 2]), "at step 2 is not 1"),
        (lambda: TraceExplorer(answers=[[1, 0], [0, 1]]), "hold 2 students"),
        (lambda: TraceExplorer(threshold=1.5), "threshold = 1.5"),
        (lambda: TraceExplorer(BKTParams(p_init=1, p_slip=0), [0]), "probability zero"),
        (lambda: SweepExplorer(vary="slip"), "vary = 'slip'"),
        (lambda: SweepExplorer(value=1.5), "p_slip = 1.5 is not a probability"),
        (lambda: SweepExplorer(value="x"), "p_slip = 'x' is not a probability"),
        (lambda: TraceExplorer((0.2, 0.1, 0.1, 0.2)), "give BKTParams"),
        (lambda: DataExplorer(answers=2), "answers = 2: give 3 to 60"),
        (lambda: DataExplorer(answers=61), "answers = 61: give 3 to 60"),
        (lambda: DataExplorer(students=0), "students = 0"),
        (lambda: DataExplorer(BKTParams(p_slip=0)), "p_slip = 0 lies on the boundary"),
    ],
)
def test_a_bad_explorer_is_refused_at_once(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize(
    ("explorer", "own"),
    [
        (TraceExplorer(answers=[1, None, 0]), {"params": USUAL}),
        (SweepExplorer(answers=[1, None, 0]), {"truth": USUAL, "vary": "p_slip", "value": 0.3}),
    ],
)
def test_the_page_is_told_of_the_student(explorer, own):
    assert config(explorer) == own | {"answers": [1, None, 0], "threshold": 0.95}


def test_the_page_is_told_of_each_number_of_answers():
    told = config(DataExplorer())
    assert np.shape(told.pop("bound")) == np.shape(told.pop("floor")) == (58, 4)
    assert told == {"params": USUAL, "students": 22, "answers": 15, "fewest": 3}


def test_what_an_explorer_takes_it_can_write():
    explorer = SweepExplorer(answers=[1, np.nan, 0, None], value=np.float32(0.25), threshold=np.float32(0.5))
    assert explorer.answers == (1, None, 0, None)
    assert config(explorer)["value"] == 0.25


def test_the_wrong_value_starts_beside_the_truth():
    assert SweepExplorer(vary="p_guess").value == 0.4
    assert SweepExplorer(BKTParams(p_init=0.9), vary="p_init").value == 0.7
