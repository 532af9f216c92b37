"""What was learned about students and items goes to those of the same name, whatever their order: priors and starts."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ktlib.data.responses import Responses
from ktlib.irt import ascent, mml
from ktlib.irt.model import Model
from ktlib.irt.posterior import Normal, Posterior, default_priors
from ktlib.irt.simulation import sample_prior

ITEMS = [f"i{k}" for k in range(12)]


def table(rng, students: int, first: str = "s") -> pd.DataFrame:
    """Answers to twelve items from very easy to very hard, each with its own discrimination."""
    ability, difficulty, slope = rng.normal(size=students), np.linspace(-2, 2, 12), np.linspace(0.6, 2, 12)
    right = rng.random((students, 12)) < expit(slope * (ability[:, None] - difficulty))
    return pd.DataFrame(right * 1.0, [f"{first}{k}" for k in range(students)], ITEMS)


@pytest.fixture(scope="module")
def known() -> Posterior:
    """What 300 students say about the items."""
    return ascent.fit(Responses.from_wide(table(np.random.default_rng(1), 300))).posterior


@pytest.fixture(scope="module")
def new() -> pd.DataFrame:
    return table(np.random.default_rng(2), 20, first="new")


def items_as_priors(known: Posterior) -> dict:
    return {**default_priors("two-parameter"), **known.as_prior(["discrimination", "difficulty"])}


def by_ascent(responses, priors):
    return ascent.fit(responses, priors=priors, tol=1e-8)


def by_svi(responses, priors):
    from ktlib.irt import svi

    return svi.fit(responses, priors=priors, max_steps=300, rng=1)


@pytest.mark.parametrize(("fit", "near"), [(by_ascent, 1e-5), (by_svi, 0.1)], ids=["ascent", "svi"])
def test_learned_priors_find_their_items(known, new, fit, near):
    priors = items_as_priors(known)
    straight = fit(Responses.from_wide(new), priors)
    turned = fit(Responses.from_wide(new[ITEMS[::-1]]), priors)
    np.testing.assert_allclose(turned.posterior.mean("ability"), straight.posterior.mean("ability"), atol=near)
    np.testing.assert_allclose(
        turned.posterior.mean("difficulty")[::-1], straight.posterior.mean("difficulty"), atol=near
    )
    assert turned.priors["difficulty"].names == tuple(ITEMS[::-1])
    assert turned.posterior.blocks["difficulty"].names == tuple(ITEMS[::-1])


def test_by_place_the_answer_was_another(known, new):
    """The same priors without names: what names spare us."""
    nameless = {name: Normal(p.loc, p.scale, p.log) for name, p in items_as_priors(known).items()}
    straight, turned = (by_ascent(Responses.from_wide(t), nameless).posterior for t in (new, new[ITEMS[::-1]]))
    assert np.abs(turned.mean("ability") - straight.mean("ability")).max() > 0.2
    with pytest.raises(ValueError, match=r"prior of 'discrimination' has shape \(12,\), which does not fit"):
        by_ascent(Responses.from_wide(new[ITEMS[:5]]), nameless)


def test_a_part_of_the_items_takes_its_own_priors(known, new):
    some = ["i7", "i2", "i9"]
    kind = Model.of("two-parameter", Responses.from_wide(new[some]))
    found = kind.priors(items_as_priors(known))["difficulty"]
    place = [ITEMS.index(name) for name in some]
    np.testing.assert_array_equal(found.loc, known.blocks["difficulty"].loc[place])
    np.testing.assert_array_equal(found.scale, known.blocks["difficulty"].scale[place])


@pytest.mark.parametrize("fit", [by_ascent, by_svi], ids=["ascent", "svi"])
def test_other_items_and_students_are_refused(known, new, fit):
    other = new.rename(columns={"i3": "unheard"})
    with pytest.raises(ValueError, match=r"prior of 'discrimination' says nothing of item 'unheard' \(1 such of 12\)"):
        fit(Responses.from_wide(other), items_as_priors(known))
    with pytest.raises(ValueError, match=r"prior of 'ability' says nothing of student 'new0' \(20 such of 20\)"):
        fit(Responses.from_wide(new), known.as_prior())


def test_nuts_and_draws_from_the_prior_go_by_name(known, new):
    from ktlib.irt import nuts
    from ktlib.irt.ascent import elbo

    sharp = {
        name: Normal(p.loc, 1e-3, p.log, p.names)
        for name, p in known.as_prior(["discrimination", "difficulty"]).items()
    }
    priors = {**default_priors("two-parameter"), **sharp}
    turned = Responses.from_wide(new[ITEMS[::-1]])
    draws = sample_prior(Model.of("two-parameter", turned), priors, draws=3, rng=1)
    np.testing.assert_allclose(draws["difficulty"][0], sharp["difficulty"].loc[::-1], atol=0.01)
    blunt = {name: Normal(p.loc, 0.05, p.log, p.names) for name, p in sharp.items()}  # NUTS walks far in a thin valley
    found = nuts.fit(turned, priors={**priors, **blunt}, warmup=50, samples=50, rng=1).posterior()
    here, there = blunt["difficulty"].loc[::-1], blunt["difficulty"].loc
    assert np.abs(here - there).max() > 0.5
    np.testing.assert_allclose(found.mean("difficulty"), here, atol=0.1)
    posterior = by_ascent(Responses.from_wide(new), priors).posterior
    one, other = (elbo(posterior, r, priors, particles=2000, rng=1) for r in (Responses.from_wide(new), turned))
    assert abs(one[0] - other[0]) < 4 * np.hypot(one[1], other[1])
    with pytest.raises(ValueError, match="start's 'ability' says nothing of student 'x0'"):
        elbo(posterior, Responses.from_wide(table(np.random.default_rng(3), 5, first="x")), priors, rng=1)


def test_mml_priors_go_by_name(known, new):
    named = {"discrimination": known.blocks["discrimination"]}
    straight, turned = (mml.fit(Responses.from_wide(t), priors=named) for t in (new, new[ITEMS[::-1]]))
    np.testing.assert_allclose(turned.discrimination[::-1], straight.discrimination, atol=1e-3)
    with pytest.raises(ValueError, match="the prior of 'discrimination' says nothing of item 'x'"):
        mml.fit(Responses.from_wide(new.rename(columns={"i3": "x"})), priors=named)


def test_names_survive_the_disk(known, new, tmp_path):
    known.save(tmp_path / "items.npz")
    back = Posterior.load(tmp_path / "items.npz")
    turned = Responses.from_wide(new[ITEMS[::-1]])
    one, other = (by_ascent(turned, items_as_priors(p)).posterior.mean("ability") for p in (known, back))
    np.testing.assert_array_equal(one, other)


def test_frozen_items_score_new_students(known, new):
    """As closely as priors that hold the items almost fast; the items stay as they are, in any order."""
    held = known.freeze("discrimination", "difficulty")
    fit = ascent.fit(Responses.from_wide(new), start=held, tol=1e-8)
    turned = ascent.fit(Responses.from_wide(new[ITEMS[::-1]]), start=held, tol=1e-8)
    assert fit.converged and fit.posterior.students == tuple(new.index)
    np.testing.assert_array_equal(turned.posterior.blocks["difficulty"].loc[::-1], known.blocks["difficulty"].loc)
    np.testing.assert_array_equal(fit.posterior.blocks["difficulty"].scale, known.blocks["difficulty"].scale)
    for what in (fit.posterior.mean, fit.posterior.sd):
        name = what.__name__
        np.testing.assert_allclose(getattr(turned.posterior, name)("ability"), what("ability"), atol=1e-6)
    whole = ascent.fit(Responses.from_wide(pd.concat([table(np.random.default_rng(1), 300), new])), tol=1e-8)
    np.testing.assert_allclose(fit.posterior.mean("ability"), whole.posterior.mean("ability")[300:], atol=0.15)


def test_frozen_items_score_new_students_by_svi(known, new):
    from ktlib.irt import svi

    held, some = known.freeze("discrimination", "difficulty"), ["i8", "i1", "i5", "i3", "i6"]
    fits = [
        svi.fit(Responses.from_wide(new[some]), start=held, rng=1),
        ascent.fit(Responses.from_wide(new[some]), start=held),
    ]
    one, other = (fit.posterior.mean("ability") for fit in fits)
    np.testing.assert_allclose(one, other, atol=0.1)
    assert fits[0].posterior.items == tuple(some)


def test_a_frozen_factor_model_scores_new_students(new):
    old = Responses.from_wide(table(np.random.default_rng(4), 200))
    fit = ascent.fit(old, "factorization", factors=1, rng=1, tol=1e-6)
    held = fit.posterior.freeze("loadings", "difficulty")
    scored = ascent.fit(Responses.from_wide(new[ITEMS[::-1]]), "factorization", factors=1, start=held, tol=1e-6)
    np.testing.assert_array_equal(scored.posterior.blocks["loadings"].loc[::-1], held.blocks["loadings"].loc)
    assert np.corrcoef(scored.posterior.mean("ability")[:, 0], new.sum(axis=1))[0, 1] > 0.9


def test_a_start_lacks_nobody_unless_something_is_frozen(known, new):
    with pytest.raises(ValueError, match="start's 'ability' says nothing of student 'new0'"):
        ascent.fit(Responses.from_wide(new), start=known)
    other = Responses.from_wide(new.rename(columns={"i3": "unheard"}))
    with pytest.raises(ValueError, match="start's 'discrimination' says nothing of item 'unheard'"):
        ascent.fit(other, start=known.freeze("discrimination"))
    with pytest.raises(ValueError, match="start's 'ability' says nothing of student 'new0'"):
        ascent.fit(Responses.from_wide(new), start=known.freeze("ability"))
    same = table(np.random.default_rng(1), 300)[ITEMS[::-1]].iloc[::-1]  # the same students and items, turned about
    again = ascent.fit(Responses.from_wide(same), start=known, max_steps=1, tol=0, calibrate=False).posterior
    np.testing.assert_allclose(again.mean("ability")[::-1], known.mean("ability"), atol=0.03)
