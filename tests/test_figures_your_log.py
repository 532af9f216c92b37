"""NB-18's figures draw what they are given, and no two texts touch; its traps spring, and are mended."""

from functools import cache

import numpy as np
import pytest

from ktlib.bkt import NAMES, skills
from ktlib.show.figures import your_log as figures
from ktlib.studies import traps


@cache
def found() -> traps.Traps:
    return traps.run(n=4, students=200)


@cache
def fits():
    by_skill = {
        k: traps.opened(traps.answered(6 * 4**k, 8, np.random.default_rng(k)), {}).sequences()["fractions"]
        for k in range(4)
    }
    return skills.fit(by_skill, prior=skills.SkillPrior(np.zeros(4), np.ones(4)))


DRAWN = {"traps": lambda: figures.traps(found()), "pinned-skills": lambda: figures.pinned(fits())}


@pytest.mark.parametrize("name", DRAWN)
def test_no_two_texts_touch_at_either_width(name):
    figure = DRAWN[name]()
    assert figure.name == name and figure.clashes() + figure.clashes(narrow=True) == []


def test_traps_are_drawn_at_their_means():
    axes = DRAWN["traps"]().fig().axes
    for ax, number in zip(axes, NAMES, strict=True):
        dots = next(line.get_xdata() for line in ax.lines if line.get_marker() == "o")
        np.testing.assert_allclose(dots, found().frame.groupby("trap", sort=False)[number].mean())


def test_pinned_counts_the_skills_below_the_line():
    low, high = fits().interval()
    share = (((high - low) / 2).max(1) <= 0.1).mean()
    assert f"{share:.0%}" in DRAWN["pinned-skills"]().finding


@pytest.mark.parametrize("name", [name for name, trap in traps.TRAPS.items() if trap.mends is not None])
def test_the_right_choice_gives_the_class_back_as_it_was(name):
    rng, trap = np.random.default_rng(2), traps.TRAPS[name]
    frame = traps.answered(40, 6, rng)
    spoiled = trap.spoil(frame, rng)
    whole, back, wrong = (
        traps.opened(part, choices).sequences()[traps.SKILL]
        for part, choices in ((frame, {}), (spoiled, trap.mends), (spoiled, trap.falls))
    )
    assert back.answers.tolist() == whole.answers.tolist() and back.students == whole.students
    assert wrong.answers.tolist() != whole.answers.tolist()


def test_what_traps_do_to_the_numbers():
    means, truth = found().means()["mean"], found().truth
    assert abs(means["as it was"] - np.array(tuple(truth))).max() < 0.05
    assert means["order lost", "p_transit"] < 0.03 and means["order lost", "p_init"] > 0.45
    assert means["half credits", "p_guess"] > 0.4


def test_the_messy_export_holds_every_trap():
    messy = traps.messy(seed=5)
    assert messy.kc.str.contains("~~").any() and (messy.right == "").any() and (messy.right == "0.5").any()
    assert messy.duplicated(["user", "question"]).any() and messy[messy.kc == "angles"].user.nunique() == traps.FEW
    assert messy.equals(traps.messy(seed=5))
