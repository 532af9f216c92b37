"""What a forecast is worth in children: counted as by hand, drawn as given, and the same twice."""

import numpy as np
import pandas as pd
import pytest

from ktlib import bkt
from ktlib.bkt import skills
from ktlib.bkt.sensitivity import cost
from ktlib.show.figures import children as figures
from ktlib.studies import children, tutor_failures, tutor_log


@pytest.fixture(scope="module")
def fits():
    """Eight small invented skills under a learned prior."""
    return skills.fit(tutor_log.invented(400, n=10, seed=1))


def test_costs_are_those_of_sensitivity():
    truth, assumed = bkt.BKTParams(p_guess=0.3), bkt.BKTParams()
    group = bkt.simulate(truth, students=400, steps=11, rng=3)
    wanted = cost(group, truth, assumed)
    known = bkt.filter(group.answers[:, :-1], assumed).p_known
    np.testing.assert_allclose(
        children.costs(known, group.known, 0.95), [wanted.false_masters, wanted.kept, wanted.extra]
    )


def test_who_is_let_go_early_and_who_is_kept_by_hand():
    sure = np.array([[0.2, 0.9, 0.9], [0.1, 0.2, 0.3], [0.9, 0.9, 0.9]])
    known = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]])  # the first is let go at the second, and knows nothing
    np.testing.assert_allclose(children.costs(sure, known, 0.8), [1 / 3, 1 / 3, (0 + 1 + 1) / 3])


def test_at_equal_lets_so_many_go_too_early():
    group = bkt.simulate(bkt.BKTParams(), students=3000, steps=11, rng=4)
    sure = bkt.filter(group.answers[:, :-1], bkt.BKTParams()).p_known
    few, many = (children.at_equal(sure, group.known, early) for early in (0.02, 0.2))
    assert few[0] > many[0] and few[1] > many[1]
    at_bar = children.costs(sure, group.known, 0.95)
    np.testing.assert_allclose(children.at_equal(sure, group.known, at_bar[0], bars=2000), at_bar[1:], atol=0.02)


def test_numbers_that_fit_spare_children(fits):
    found = children.numbers(fits, questions=8, n=2, seed=3)
    assert found.means.equals(children.numbers(fits, questions=8, n=2, seed=3).means)
    assert found.skills == sum(not why for why in fits.flags) and len(found.draws) == 6
    mean, low, high = found.fewer("fit", "habit", "extra")
    assert low <= mean <= high and np.isclose(mean, found.means.extra["habit"] - found.means.extra["fit"])


@pytest.fixture(scope="module")
def decided(fits):
    """Deciders on two of the skills, small."""
    return children.models(fits, every=1, questions=6, n=200, seed=3)


def test_models_decide_in_both_worlds(decided):
    assert len(decided.frame) == 2 * decided.skills * 5 and decided.frame.kept.between(0, 100).all()
    alike = decided.found("questions alike", "loss", less="BKT")
    assert (alike.loc["BKT"] == 0).all() and alike["mean"]["habit"] > 0  # fitted to such a class, BKT forecasts better
    plain = decided.found("questions alike", "loss")
    assert np.isclose(plain["mean"]["habit"] - plain["mean"]["BKT"], alike["mean"]["habit"])


def test_figures_draw_what_was_found(fits, decided):
    numbers = children.numbers(fits, questions=8, n=3, seed=3)
    for figure in (figures.numbers(numbers), figures.models(decided)):
        assert figure.clashes() + figure.clashes(narrow=True) == []
    dots = [line.get_xdata()[0] for line in figures.numbers(numbers).fig().axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, numbers.means.early)


def test_copies_of_a_log_fit_the_model_that_made_them(fits):
    rng, rows = np.random.default_rng(2), []
    for skill, params in zip(fits.names, fits.params, strict=True):
        answers = bkt.simulate(params, students=80, steps=6, rng=rng).answers
        rows += [(f"{skill} {k}", skill, right) for k, row in enumerate(answers) for right in row]
    log = pd.DataFrame(rows, columns=["student", "skill", "correct"]).assign(answer=np.arange(len(rows)))
    copies = tutor_failures.replicated(fits, log, n=30, seed=1)
    seen = tutor_failures.looked_at(log, skills.predict(fits, log, unseen="error"))
    off = tutor_failures.by_step(seen).off
    assert (copies["step"].low <= off + 0.01).all() and (off - 0.01 <= copies["step"].high).all()
    changed = tutor_failures.by_step(seen.assign(over=seen.over - 0.3 * (seen.step == 1))).off
    assert changed["1"] < copies["step"].low["1"]


def test_copies_along_a_skill(fits):
    changes = pd.DataFrame({"skill": fits.names[-2:], "students": 100, "came": 0.5, "half": 0.01, "expected": 0.05})
    found = tutor_failures.along_replicated(tutor_failures.Along(changes), fits, n=20, seed=1)
    assert len(found["outside"]) == 20 and found["outside"].mean() < 2
