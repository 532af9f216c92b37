"""The studies of a tutor's log agree with plain functions called by hand, and say the same twice."""

import numpy as np
import pandas as pd
import pytest

from ktlib.bkt import skills
from ktlib.forecast import scores
from ktlib.studies import tutor_failures, tutor_log, tutor_race

RACE = tutor_race.full()


@pytest.fixture(scope="module")
def links():
    """Two questions of one skill each, and one that needs both."""
    return pd.DataFrame({"item": ["a", "b", "ab", "ab"], "skill": [1, 2, 1, 2]})


@pytest.fixture(scope="module")
def log(links):
    """Forty students, twelve answers each."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"student": np.repeat(np.arange(40), 12), "item": rng.choice(["a", "b", "ab"], 480)})
    return table.assign(correct=(rng.random(480) < 0.3 + 0.4 * np.tile(np.arange(12) > 5, 40)).astype(int))


def test_an_answer_counts_once_for_each_skill_and_once_for_their_set(log, links):
    rows = tutor_log.by_skill(log, links)
    assert len(rows) == len(log) + (log.item == "ab").sum() and rows.answer.is_monotonic_increasing
    assert set(tutor_log.sets_of(links).skill) == {"1", "2", "1 2"}
    assert len(tutor_log.by_skill(log, tutor_log.sets_of(links))) == len(log)


@pytest.mark.parametrize("several", ["mean", "geometric mean", tutor_log.A_SKILL_OF_ITS_OWN])
def test_tracing_joins_forecasts_as_it_says(log, links, several):
    tracing = tutor_log.fit(log, links, prior=None, several=several)
    rows = tutor_log.by_skill(log, tracing.links)
    own = skills.predict(tracing.fits, rows, unseen="error")
    np.testing.assert_allclose(tracing.predict_rows(rows), own)
    join = np.mean if several == "mean" else lambda p: np.exp(np.log(p).mean())
    np.testing.assert_allclose(tracing.predict(log), [join(p) for _, p in pd.Series(own).groupby(rows.answer)])
    single = tutor_log.by_skill(log, links)
    each = tracing.predict_each(single, log)
    wanted = tracing.predict(log)[single.answer] if several == tutor_log.A_SKILL_OF_ITS_OWN else own
    np.testing.assert_allclose(each, wanted)


def test_a_skill_never_seen_is_forecast_by_the_overall_share(log, links):
    raw = tutor_log.fit(log[log.item == "a"], links, prior=None, several="mean")
    rows = tutor_log.by_skill(log, links)
    p = raw.predict_rows(rows)
    assert (p[rows.skill == 2] == log.correct[log.item == "a"].mean()).all()


def test_flags_are_counted_by_kind():
    fits = skills.fit(tutor_log.invented(40, n=6, seed=2), prior=None)
    found = tutor_log.flagged(fits)
    np.testing.assert_array_equal(found["any"], [bool(flags) for flags in fits.flags])
    np.testing.assert_array_equal(np.any([found[kind] for kind in tutor_log.FLAGS], axis=0), found["any"])


def test_typical_counts_the_skills_that_are_not():
    fits = skills.fit(tutor_log.invented(60, n=8, seed=1))
    found, (low, high) = tutor_log.typical(fits), fits.interval()
    typical = fits.prior.params.p_slip
    assert np.isclose(found.typical["p_slip"], typical)
    assert found.excluding["p_slip"] == ((low[:, 2] > typical) | (high[:, 2] < typical)).sum()


def test_invented_skills_are_the_same_twice():
    first, second = tutor_log.invented(30, n=4), tutor_log.invented(30, n=4)
    assert all((first[name] == second[name]).all() for name in first) and len(first["skill 3"]) == 30


def test_surprise_has_the_error_by_student(log, links):
    rows = tutor_log.by_skill(log, links)
    seen = tutor_failures.looked_at(rows, np.full(len(rows), 0.4))
    found = tutor_failures.surprise(seen)
    own = [(part - seen.over.mean()).sum() for _, part in seen.over.groupby(seen.student)]
    assert np.isclose(found["off"], rows.correct.mean() - 0.4)
    assert np.isclose(found["half"], 1.96 * np.linalg.norm(own) / len(rows))
    by_gap = tutor_failures.by_gap(seen)
    assert by_gap.n.sum() == seen.gap.notna().sum() and tutor_failures.by_step(seen).n.sum() == len(seen)


def test_nobody_forgets_where_all_is_kept(log, links):
    rows, fits = tutor_log.by_skill(log, links), tutor_log.fit(log, links, prior=None, several="mean").fits
    kept = tutor_failures.forgetting(fits, rows, 1.0)
    np.testing.assert_allclose(kept, skills.predict(fits, rows, unseen="error"))
    second = rows.groupby(["student", "skill"]).cumcount() == 1  # after one pause, or none
    assert (tutor_failures.forgetting(fits, rows, 0.9) <= kept)[second].all()


def test_along_a_skill(log, links):
    rows = pd.concat([tutor_log.by_skill(log.assign(item="a"), links)])
    fits = skills.fit({1: np.tile([0, 1, 1], (10, 1)), 2: np.tile([1, 0, 1], (10, 1))}, prior=None)
    found = tutor_failures.along(rows, fits, least=40)
    wide = log.correct.to_numpy().reshape(40, 12)
    assert np.isclose(found.changes.came[0], (wide[:, 7:10].mean(1) - wide[:, 1:4].mean(1)).mean())
    assert (found.outside == (found.less | found.more)).all() and len(found.changes) == 1


def test_resampled_is_the_bootstrap(log):
    p = np.linspace(0.2, 0.8, len(log))
    drawn = scores.bootstrap(log.correct, p, "auc", log.student, rng=5)
    assert tutor_log.resampled(log, p, metric="auc") == drawn.std(ddof=1)


def test_the_stored_race_holds_what_the_chapter_says_of_it():
    cross = RACE.leads_from(tutor_race.BKT)
    for size in RACE.answers.index:  # level below, ahead from there
        for metric in ("auc", "log_loss"):
            draws = RACE.draws(tutor_race.BKT, size, metric)
            assert min(draws) < 0 < max(draws) if size < cross else min(draws) > 0
    for name in ("BKT", tutor_race.BKT):  # the validation students pick the sets
        assert min(RACE.tried(name), key=RACE.tried(name).get) == tutor_log.A_SKILL_OF_ITS_OWN
    assert all(set(RACE.ways[way].nlargest(3).index) == set(RACE.order[:3]) for way in RACE.ways)
    assert RACE.published["SAKT"] <= RACE.published["DKT"] and RACE.last_level(tutor_race.BKT) < cross
    errors = {name: model["calibration"]["error"] for name, model in RACE.models.items()}
    assert errors["PFA"] == max(errors[name] for name in (tutor_race.BKT, "DKT", "best logistic", "PFA"))


def test_a_found_number_is_written_with_its_interval():
    found = tutor_race.Found(0.5, 0.25, 0.75)
    assert f"{found:.2f}" == "0.50 (0.25 to 0.75)" and f"{-found:+.1f}" == "-0.5 (-0.8 to -0.2)"
    assert (found / 2).high == 0.375
