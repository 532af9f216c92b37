"""Explorers of stored studies show what the studies hold, and the page says what Python says."""

import numpy as np
import pytest
from explorer_page import config, in_node

from ktlib.irt import model
from ktlib.show.explorers import FactorsExplorer, RareExplorer, SharedExplorer
from ktlib.studies import cold_items, exams, ties


def test_shared_questions_are_those_of_the_study():
    told, study = config(SharedExplorer()), ties.read()
    for name, fit in (("one", ties.ONE_PRIOR), ("own", ties.OWN_MIDDLE)):
        for lead, row in zip(told["leads"], told[name], strict=True):
            for shared, (mean, half) in zip(told["shareds"], row, strict=True):
                rows = study.frame[(study.frame.lead == lead) & (study.frame.shared == shared)][fit]
                assert len(rows) == told["n"]
                assert mean == pytest.approx(rows.mean(), abs=1e-4)
                assert half == pytest.approx(1.96 * rows.std() / np.sqrt(len(rows)), abs=1e-4)


def test_the_stored_pairs_come_again():
    stored = ties.read().frame.set_index(["shared", "lead", "seed"])
    for row in ties.run(shared=(3,), leads=(1.5,), n=2, seed=6000).frame.to_dict("records"):
        for fit in (ties.ONE_PRIOR, ties.PLAIN, ties.OWN_MIDDLE):
            assert row[fit] == pytest.approx(stored.loc[(3, 1.5, row["seed"]), fit], abs=2e-3)


def test_fewer_shared_questions_hide_more_of_a_lead():
    told = config(SharedExplorer())
    lead = told["leads"].index(1.0)
    one, own = ([mean for mean, _ in told[fit][lead]] for fit in ("one", "own"))
    assert one[0] < 0.3 < 0.6 < one[-1] < 1
    assert abs(own[-1] - 1) < 0.15 and all(a < b for a, b in zip(one, own, strict=True))


def test_shared_says_the_same_in_the_page():
    told = config(SharedExplorer())
    at = [(i, j) for i in range(len(told["leads"])) for j in range(len(told["shareds"]))]
    expected = [SharedExplorer(told["shareds"][j], told["leads"][i]).finding() for i, j in at]
    assert in_node("shared", *[("sentence", told, pair) for pair in at]) == expected
    assert SharedExplorer(0, 0.0).finding().count("of the fit's making") == 1


def test_two_abilities_are_those_of_the_model():
    told, loadings = config(FactorsExplorer()), np.array([[1.2, 0.2], [0.1, 1.1]])
    values = {"ability": np.array(list(told["students"].values())), "loadings": loadings, "difficulty": np.zeros(2)}
    eta = model.predictor(values, [0, 0, 1, 1], [0, 1, 0, 1])
    calls = [("right", told["students"][name], row) for name in ("Ana", "Ben") for row in loadings.tolist()]
    np.testing.assert_allclose(in_node("factors", *calls), 1 / (1 + np.exp(-eta)), rtol=0, atol=1e-12)


def test_factors_show_the_stored_gains():
    told, study = config(FactorsExplorer()), exams.read()
    for log, gains in zip(("eedi", "timss", "simulated"), told["gains"], strict=True):
        for k, fixed, learned in zip(told["stops"], gains["fixed"], gains["learned"], strict=True):
            for found, suffix in ((fixed, ", fixed"), (learned, "")):
                gap = study.gap(log, f"K = {k}{suffix} - 2PL")
                assert found == pytest.approx([gap.mean, gap.low, gap.high], abs=1e-5)


def test_factors_say_the_same_in_the_page():
    told = config(FactorsExplorer())
    cases = [(loadings, at) for loadings in ([1.2, 0.2], [0, 0], [2, 0.7], [1, 1]) for at in range(4)]
    expected = [FactorsExplorer(tuple(loadings), told["stops"][at]).finding() for loadings, at in cases]
    assert in_node("factors", *[("sentence", told, *case) for case in cases]) == expected
    assert "Ana is right with 83%, Ben with 29%" in expected[0] and "one number each is enough" in expected[-1]


def test_rare_shows_the_stored_study():
    told, study = config(RareExplorer()), cold_items.read()
    for log, found in told["logs"].items():
        for name, of in (("own", "K = 3"), ("both", cold_items.INFORMED)):
            assert found[name] == pytest.approx([study.of(log, kept, of).mean for kept in told["kept"]], abs=1e-5)
        alone = [study.of(log, 0, of).mean for of in (cold_items.INFORMED, "regression")]
        assert found["alone"] == pytest.approx(min(alone), abs=1e-5)
        assert found["crossed"] == study.crossed(log)


def test_rare_says_the_same_in_the_page():
    told = config(RareExplorer())
    cases = [(log, at) for log in told["logs"] for at in range(len(told["kept"]))]
    expected = [RareExplorer(log, told["kept"][at]).finding() for log, at in cases]
    assert in_node("rare", *[("sentence", told, *case) for case in cases]) == expected
    said = [RareExplorer("eedi", kept).finding() for kept in (0, 1, 2)]
    for one, words in zip(said, ("attributes alone tell more", "but not surely", "own answers tell more"), strict=True):
        assert words in one and "Own answers surely win from 2 on" in one


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: SharedExplorer(shared=4), "shared = 4: give one of 0, 1"),
        (lambda: SharedExplorer(lead=0.3), "lead = 0.3: give one of 0, 0.5"),
        (lambda: FactorsExplorer(loadings=(1, 3)), "give two from 0 to 2"),
        (lambda: FactorsExplorer(factors=4), "factors = 4: give one of 3, 5, 10, 20"),
        (lambda: RareExplorer("maths"), "log = 'maths'"),
        (lambda: RareExplorer(answers=3), "answers = 3: give one of 0, 1, 2"),
    ],
)
def test_what_no_study_holds_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
