"""What the studies of NB-9 and NB-10 find is what their plain functions say, twice over."""

from functools import partial

import numpy as np
import pytest

from ktlib.data import designs
from ktlib.forecast.recovery import recovery
from ktlib.irt import ascent, mml
from ktlib.irt.posterior import paper_priors
from ktlib.studies import retrieval, thin, ties, unfriendly
from ktlib.studies.retrieval import BAYES, METHODS, ONLY, PAPER, PLAIN, PRIORS

SMALL = partial(designs.dense, students=25, items=8)


@pytest.fixture(scope="module")
def found():
    return retrieval.run(SMALL, n=3, seed=11)


def test_a_study_run_twice_finds_the_same(found):
    again = retrieval.run(SMALL, n=3, seed=11)
    assert found.scores.equals(again.scores) and found.questions.equals(again.questions)
    assert found.seeds == "11 to 13" and set(found.scores.method) == set(METHODS)
    assert not found.scores.equals(retrieval.run(SMALL, n=3, seed=12).scores)


def test_its_scores_are_those_of_the_fits_one_by_one(found):
    drawn = SMALL(rng=12)
    q = ascent.fit(drawn.responses, priors=paper_priors("two-parameter")).posterior
    plain = mml.fit(drawn.responses, points=21)
    by_hand = {
        PAPER: recovery(drawn.ability, q.mean("ability").round(5), interval=q.interval("ability")),
        PLAIN: recovery(drawn.ability, plain.ability.round(5), sd=plain.ability_sd),
    }
    for method, r in by_hand.items():
        for measure, value in vars(r).items():
            assert found.of(method, measure, "ability")[1] == pytest.approx(value), (method, measure)
    second = found.questions[found.questions.seed == 12]
    np.testing.assert_allclose(second.truth, drawn.difficulty)
    np.testing.assert_allclose(second[PLAIN], plain.difficulty, atol=1e-5)
    np.testing.assert_allclose(second[f"{PLAIN} sd"], plain.difficulty_se)


def test_likelihood_with_priors_stands_where_no_step_gains():
    """Its difficulties and discriminations maximise likelihood times priors, written out another way."""
    responses = SMALL(rng=3).responses
    table, (nodes, log_weights) = responses.to_wide().to_numpy(), mml.gauss_hermite(21)
    fit = retrieval.by_likelihood_with_priors(responses)
    best = np.stack([np.log(fit["discrimination"].mean), fit["difficulty"].mean])

    def height(log_alpha, beta):
        p = 1 / (1 + np.exp(-np.exp(log_alpha)[:, None] * (nodes - beta[:, None])))
        answers = np.where(table[..., None] == 1, p, 1 - p).prod(1) @ np.exp(log_weights)
        return np.log(answers).sum() - (log_alpha**2).sum() / (2 * 0.5**2) - (beta**2).sum() / 2

    rng = np.random.default_rng(0)
    for _ in range(20):
        assert height(*best) > height(*(best + rng.normal(0, 0.05, best.shape)))
    assert (fit["difficulty"].low < fit["difficulty"].mean).all() and (fit["difficulty"].sd < 1).all()


def test_one_prior_alone_holds_what_it_is_about():
    """At its maximum no step gains, with the other prior left out."""
    responses = SMALL(rng=3).responses
    both, slope = (retrieval.FITS[name](responses) for name in (PRIORS, ONLY["discrimination"]))
    again = mml.fit(responses, points=21, tol=1e-5, priors={"discrimination": retrieval.OURS["discrimination"]})
    np.testing.assert_allclose(slope["difficulty"].mean, again.difficulty, atol=1e-5)
    assert np.abs(slope["difficulty"].mean).max() > np.abs(both["difficulty"].mean).max()
    assert (retrieval.FITS[ONLY["difficulty"]](responses)["difficulty"].sd < 1).all()


def test_gains_and_places_are_counted_draw_by_draw(found):
    gap = found.of(BAYES, "kendall") - found.of(PLAIN, "kendall")
    assert found.gain(PLAIN, "kendall") == ((gap > 0).mean(), (gap < 0).mean(), abs(np.median(gap)))
    assert found.gain(BAYES, "kendall") == (0, 0, 0)
    assert found.place(PRIORS, {"pearson": 2.0}) == ({"pearson": 1.0}, 0.0)
    assert found.place(PRIORS, {"pearson": -1.0}) == ({"pearson": 0.0}, 1.0)
    assert found.far(BAYES) == 0 and 0 <= found.lost() <= 1


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method"):
        retrieval.run(SMALL, n=1, methods=["guessing"])


def test_two_classes_lie_apart_by_the_lead_and_share_what_was_asked():
    responses, ability = ties.two_classes(shared=5, lead=2.0, seed=1)
    asked = responses.to_wide().notna().to_numpy()
    assert ties.apart(ability) == pytest.approx(2.0)
    assert (asked.sum(1) == 30).all() and (asked[:50].any(0) & asked[50:].any(0)).sum() == 5


def test_ties_says_what_the_fits_say():
    found = ties.run(shared=(10,), leads=(1,), n=2, seed=5)
    responses, _ = ties.two_classes(10, 1, 6)
    row = found.frame.iloc[1]
    assert row["one prior"] == ties.apart(ascent.fit(responses, calibrate=False).posterior.mean("ability"))
    assert row["own middle"] == ties.apart(ties.own_middle(responses)) > row["one prior"]
    assert found.mean["true"][1, 10] == pytest.approx(1)


def test_sharp_ties_are_the_sharpest_questions():
    """Nothing but the places of the discriminations changes: shared questions part the students better."""
    usual, sharp = (
        [ties.two_classes(10, 0.0, seed, sharp)[0].to_wide() for seed in range(20)] for sharp in (False, True)
    )
    spread = [np.mean([sheet.iloc[:, 20:30].mean(axis=1).std() for sheet in sheets]) for sheets in (usual, sharp)]
    assert spread[1] > 1.1 * spread[0]


def test_gaps_counted_as_wrong_move_the_classes():
    found = ties.gaps(n=2, seed=3)
    drawn = designs.overlap(rng=4)
    q = ascent.fit(drawn.responses, calibrate=False).posterior
    row = found[(found.seed == 4) & (found.gaps == "left out")].iloc[0]
    assert row.off == abs(ties.apart(q.mean("ability")) - ties.apart(drawn.ability))
    assert row["difficulty r"] == pytest.approx(np.corrcoef(drawn.difficulty, q.mean("difficulty"))[0, 1])
    means = found.groupby("gaps").off.mean()
    assert means["as wrong"] > 3 * means["left out"]


def test_an_unfriendly_class_is_what_it_says():
    plain, wide = unfriendly.draw(rng=5), unfriendly.draw(rng=5, spread=2.0)
    np.testing.assert_allclose(wide.difficulty, 2 * plain.difficulty)
    guessed = np.mean([unfriendly.draw(rng=seed, guess=0.9).responses.to_wide().to_numpy() for seed in range(3)])
    assert guessed > 0.93
    halves = [
        unfriendly.halves(unfriendly.draw(rng=seed, subjects=k).responses.to_wide().to_numpy())
        for k in (1, 2)
        for seed in range(8)
    ]
    assert np.mean(halves[:8]) > 0.5 and abs(np.mean(halves[8:])) < 0.2


def test_replicates_look_like_what_was_believed():
    drawn = unfriendly.draw(rng=1)
    q = ascent.fit(drawn.responses).posterior
    tables = unfriendly.replicates(q, n=300, rng=0)
    assert tables.shape == (300, 50, 30) and set(np.unique(tables)) == {0, 1}
    everyone, item = np.arange(50)[:, None], np.arange(30)
    np.testing.assert_allclose(tables.mean(0), q.predict(everyone, item), atol=0.13)


def test_the_check_finds_two_subjects_and_no_fault_with_one():
    one, other = (unfriendly.check(unfriendly.draw(rng=5001, subjects=k), n=60, rng=1) for k in (1, 2))
    assert np.quantile(one[1], 0.025) < one[0] < np.quantile(one[1], 0.975)
    assert other[0] < other[1].min()
    found = unfriendly.alarms(n=1, seed=5001)
    assert found[unfriendly.TWO] == 1 and found[unfriendly.FRIENDLY] == 0


def test_a_thin_sample_is_scored_as_by_hand():
    found = thin.run(n=1, seed=9)
    drawn = designs.sparse(rng=9)
    q = ascent.fit(drawn.responses).posterior
    r = recovery(drawn.difficulty, q.mean("difficulty"), sd=q.sd("difficulty"))
    row = found.frame.iloc[0]
    assert (row["difficulty r"], row["difficulty coverage"]) == (r.pearson, r.coverage)
    looks = top(q.mean("difficulty"), 20)
    assert row.hits == len(looks & top(drawn.difficulty, 100))
    assert sum(n for _, n, _ in found.by_count) <= 717 and found.by_count[0][2] > found.by_count[2][2]
    assert thin.growing(records=(1000,), n=1, seed=9)[1000] == pytest.approx(r.pearson, abs=0.01)


def top(values, n: int) -> set[int]:
    return set(np.argsort(-np.round(values, 5), kind="stable")[:n])


def test_what_ltm_did_is_kept():
    assert thin.peer().records.max() == 1000
