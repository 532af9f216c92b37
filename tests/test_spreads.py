"""Spreads by blocks and directions are those of the one solve for all, and say where they are not."""

import re

import numpy as np
import pytest

from ktlib.data import designs
from ktlib.data.responses import Responses
from ktlib.irt import _calibration as calibration
from ktlib.irt import ascent
from ktlib.irt.fits import Fit
from ktlib.irt.posterior import paper_priors


def both(answers, monkeypatch, frozen=(), **options):
    """The posteriors whose spreads are solved for at once and by directions, and what is said of the latter."""
    fit = ascent.fit(answers, calibrate=False, max_steps=30, **options)
    posterior = fit.posterior.freeze(*frozen)
    whole, words = calibration.with_spreads(posterior, answers, fit.priors)
    assert words == "calibrated by one solve for all"
    monkeypatch.setattr(calibration, "ITEMS", 0)
    return whole, *calibration.with_spreads(posterior, answers, fit.priors)


def off(whole, found) -> float:
    return max(np.abs(found.blocks[name].scale / block.scale - 1).max() for name, block in whole.blocks.items())


LOGS = {
    "dense": lambda: designs.dense(rng=0, students=200, items=1000),
    "homework": lambda: designs.homework(rng=0, answers=60_000, students=400, items=1200),
    "few": lambda: designs.homework(rng=0, answers=30_000, students=2500, items=1000),
    "small": lambda: designs.overlap(rng=0),
}


@pytest.mark.parametrize("name", LOGS)
def test_spreads_of_a_thousand_items_are_those_of_the_whole_solve(name, monkeypatch):
    whole, found, words = both(LOGS[name]().responses, monkeypatch)
    assert off(whole, found) < 0.015
    assert re.match(r"calibrated by 8 directions; where solved, for 4 items, at most [+-]0\.\d% off", words)


def test_normal_discriminations_and_weights_count(monkeypatch):
    answers = designs.dense(rng=1, students=80, items=40).responses
    weight = np.random.default_rng(0).uniform(0.2, 3, len(answers))
    columns = answers.student, answers.item, answers.correct, answers.students, answers.items
    answers = Responses(*columns, weight=weight)
    whole, found, _ = both(answers, monkeypatch, priors=paper_priors("two-parameter"))
    assert off(whole, found) < 0.01


@pytest.mark.parametrize(
    "frozen", [("ability",), ("difficulty", "discrimination"), ("difficulty",), ("discrimination",)]
)
def test_what_is_frozen_is_handed_on(frozen, monkeypatch):
    answers = designs.homework(rng=2, answers=20_000, students=300, items=400).responses
    whole, found, words = both(answers, monkeypatch, frozen)
    exact = frozen in (("ability",), ("difficulty", "discrimination"))
    assert off(whole, found) < (1e-3 if exact else 0.02)
    assert words.startswith("calibrated item by item" if frozen == ("ability",) else "calibrated ")


def test_where_many_classes_share_nothing_the_fit_says_how_far_off_it_is(monkeypatch):
    """Thirty separate classes have thirty levels of their own, more than there are directions."""
    rng, n, students, items = np.random.default_rng(0), 30, 30, 20
    room, student, item = (v.ravel() for v in np.indices((n, students, items)))
    student, item = student + room * students, item + room * items
    theta, beta = rng.standard_normal(n * students), rng.standard_normal(n * items)
    right = rng.random(len(item)) < 1 / (1 + np.exp(-1.2 * (theta[student] - beta[item])))
    answers = Responses(student, item, right.astype(np.int8), range(n * students), range(n * items))
    whole, found, words = both(answers, monkeypatch)
    said = abs(float(re.search(r"at most ([+-][\d.]+)% off", words)[1])) / 100
    assert 0.02 < said < 0.15 and off(whole, found) < 3 * said


def test_both_engines_give_the_same(monkeypatch):
    pytest.importorskip("numba")
    answers = designs.homework(rng=3, answers=9_000, students=200, items=300).responses
    monkeypatch.setattr(calibration, "GROUP", 2_000)
    _, ours, _ = both(answers, monkeypatch)
    monkeypatch.setitem(__import__("sys").modules, "ktlib.irt._compiled", None)
    fit = ascent.fit(answers, max_steps=30)
    assert off(ours, fit.posterior) < 1e-3


def test_a_fit_says_what_its_spreads_are_and_remembers(tmp_path):
    answers = designs.dense(rng=0).responses
    for calibrate, words in ((True, "calibrated by one solve for all"), (False, "mean-field")):
        fit = ascent.fit(answers, calibrate=calibrate)
        fit.save(tmp_path / "fit.npz")
        assert fit.spreads == Fit.load(tmp_path / "fit.npz").spreads == words


def test_calibrating_many_items_shows_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(calibration, "ITEMS", 0)
    ascent.fit(designs.overlap(rng=0).responses, progress=True)
    assert "calibrating: 100%" in capsys.readouterr().err
    ascent.fit(designs.overlap(rng=0).responses)
    assert not capsys.readouterr().err
