"""One manner: every fit can be saved, read in another process, tabled and asked for intervals, in the same words."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import ktlib
from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, em, individual, skills, uncertainty, variants
from ktlib.data import designs
from ktlib.irt import ascent, mml

CLASS = bkt.simulate(BKTParams(), students=60, steps=8, rng=1).answers
ANSWERS = designs.dense(rng=2, students=20, items=6).responses
TWO_SKILLS = individual.simulate({"a": BKTParams(), 7: BKTParams()}, 1.0, students=30, steps=5, rng=3).frame
FITS = {
    "bkt.em.BKTFit": lambda: em.fit(CLASS, frozen=["p_guess"]),
    "bkt.skills.SkillFits": lambda: skills.fit(
        {name: CLASS[k::6] for k, name in enumerate("abcde")} | {7: [[1, 1], [1, 1]]}
    ),
    "bkt.variants.VariantFit": lambda: variants.fit(
        CLASS, question=np.tile(np.arange(8) % 5, (60, 1)), forgets=True, frozen=["p_forget"], priors="learned"
    ),
    "bkt.individual.IndividualFit": lambda: individual.fit(TWO_SKILLS, max_steps=5),
    "irt.mml.MMLFit": lambda: mml.fit(ANSWERS, priors=mml.MIRT),
    "irt.mml.MMLFit 3PL": lambda: mml.fit(ANSWERS, "3pl", priors=mml.MIRT),
    "irt.fits.Fit": lambda: ascent.fit(ANSWERS, learned=["difficulty"]),
    "irt.fits.Fit factors": lambda: ascent.fit(ANSWERS, "factorization", factors=2, rng=1, max_steps=20),
    "irt.posterior.Posterior": lambda: ascent.fit(ANSWERS).posterior.freeze("difficulty"),
}
AGAIN = "import sys; from ktlib.{} import {}; {}.load(sys.argv[1]).save(sys.argv[2])"


def same(one, other) -> bool:
    """Whether two results say the same, field by field, NaN and all."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple) and not isinstance(one, BKTParams):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one).__module__.startswith("ktlib") and not isinstance(one, BKTParams):
        return type(one) is type(other) and all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("name", FITS)
def test_a_fit_is_saved_and_read_in_another_process(name, tmp_path):
    fit, (room, _, kind) = FITS[name](), name.split()[0].rpartition(".")
    fit.save(tmp_path / "a.npz")
    done = subprocess.run(
        [sys.executable, "-c", AGAIN.format(room, kind, kind), str(tmp_path / "a.npz"), str(tmp_path / "b.npz")],
        env=os.environ | {"PYTHONPATH": str(Path(ktlib.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    assert same(type(fit).load(tmp_path / "b.npz"), fit)


@pytest.mark.parametrize("name", FITS)
def test_another_kind_of_file_or_half_a_one_is_refused(name, tmp_path):
    fit, path = FITS[name](), tmp_path / "fit.npz"
    fit.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"is cut short or no saved .*: save it again"):
        type(fit).load(path)
    other = FITS["irt.mml.MMLFit" if "MML" not in name else "bkt.em.BKTFit"]()
    other.save(path)
    with pytest.raises(ValueError, match=r"holds a .*, not a .*: load it as what it is"):
        type(fit).load(path)
    with pytest.raises(ValueError, match="path = None: give the name of a file"):
        fit.save(None)


def test_frames_and_intervals_agree():
    fitted = skills.fit({name: CLASS[k::6] for k, name in enumerate("abcde")}, prior=None)
    table = fitted.frame(level=0.8)
    for place, name in enumerate(NAMES):
        low, high = fitted.interval(name, 0.8)
        np.testing.assert_array_equal(table[[f"low_{name}", f"high_{name}"]].to_numpy(), np.column_stack([low, high]))
        np.testing.assert_array_equal(fitted.interval(level=0.8)[0][:, place], low)
    for found, names in ((mml.fit(ANSWERS, priors=mml.MIRT), ANSWERS), (ascent.fit(ANSWERS), ANSWERS)):
        for rows, block in (("items", "difficulty"), ("students", "ability")):
            table = found.frame(rows, level=0.8)
            assert tuple(table.index) == getattr(names, rows)
            expected = np.column_stack(found.interval(block, 0.8))
            np.testing.assert_array_equal(table[[f"low_{block}", f"high_{block}"]].to_numpy(), expected)


def test_blocks_of_several_columns_are_counted():
    fit = ascent.fit(ANSWERS, "factorization", factors=2, rng=1, max_steps=20)
    assert [c for c in fit.frame() if "_" not in c or c.startswith("loadings")] == [
        "loadings_1",
        "loadings_2",
        "difficulty",
    ]
    np.testing.assert_array_equal(fit.frame("students").ability_2, fit.posterior.mean("ability")[:, 1])


def test_what_is_sure_of_a_fit_is_a_frame_too():
    fit = em.fit(CLASS)
    sure = uncertainty.standard_errors(CLASS, fit)
    table = sure.frame(0.9)
    assert list(table.index) == list(NAMES)
    for name in sure.se:
        assert (table.low[name], table.high[name]) == sure.interval(name, 0.9)
    found = uncertainty.intervals(CLASS, fit)
    assert found.frame().equals(found.table) and found.interval("p_slip") == tuple(
        found.table.loc["p_slip", ["low", "high"]]
    )


def test_a_likelihood_fit_forecasts_at_its_estimates():
    fit = mml.fit(ANSWERS, priors=mml.MIRT)
    by_hand = 1 / (1 + np.exp(-(fit.discrimination[2] * fit.ability[[0, 3]] + fit.intercept[2])))
    np.testing.assert_allclose(fit.predict([0, 3], [2, 2]), by_hand)
    with pytest.raises(ValueError, match="student codes must be whole numbers from 0 to 19"):
        fit.predict([-1], [2])
