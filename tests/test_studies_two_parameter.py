"""NB-8's studies find what their plain functions say, twice over."""

import numpy as np
import pytest

from ktlib.data import designs
from ktlib.irt import ascent
from ktlib.irt.recipe import Recipe
from ktlib.studies import mean_field, paper_rule


def test_coverage_counts_intervals_that_hold_the_truth():
    found, again = (mean_field.run(n=2, seed=7) for _ in range(2))
    assert found.frame.equals(again.frame)
    drawn = designs.dense(rng=8)
    for name, calibrate in (("mean-field", False), ("calibrated", True)):
        low, high = ascent.fit(drawn.responses, calibrate=calibrate).posterior.interval("difficulty")
        held = np.mean((low <= drawn.difficulty) & (drawn.difficulty <= high))
        assert found.frame[name, "difficulty"][1] == held
    by_class = found.frame["calibrated", "ability"]
    assert found.mean["calibrated", "ability"] == by_class.mean()
    assert found.half["calibrated", "ability"] == pytest.approx(1.96 * by_class.std() / np.sqrt(2))


def test_mean_field_is_near_the_sampler_and_too_narrow():
    found = mean_field.beside_nuts()
    assert found.n == 10 and found.distance < 0.1 and found.raw < 0.9 < found.solved < 1.05


def test_the_rule_stops_where_the_recipe_says_it_has_settled():
    found, again = (paper_rule.run(n=2, seed=50, on=60) for _ in range(2))
    assert found.frame.equals(again.frame)
    drawn = designs.dense(rng=51)
    recipe = Recipe(drawn.responses, rng=1)
    while not recipe.settled(paper_rule.RULE):
        recipe.step()
    row = found.frame.iloc[1]
    assert row.steps == len(recipe.losses)
    assert row.stopped == np.corrcoef(drawn.difficulty, recipe.means["difficulty"])[0, 1]
    assert row["first"] == recipe.losses[0] - recipe.losses[1]
    assert found.waits_for == pytest.approx(0.001 * found.frame["first"].abs().mean())


def test_a_run_that_never_settles_is_stopped_at_its_end():
    found = paper_rule.run(n=3, seed=50, on=5)
    assert (found.frame.steps == 5).all() and (found.frame.stopped == found.frame.full).all()
