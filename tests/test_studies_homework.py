"""Studies of Smart Homework: policies choose what they say, shares and intervals are right, stored results are read."""

import numpy as np
import pytest

from ktlib.homework import school
from ktlib.studies import gaming, near_target, policies


@pytest.fixture(scope="module")
def here():
    """A small world: its questions are known as they truly are, up to the guess."""
    return policies.world(20, seed=3, items=120)


class Books:
    def __init__(self, answers):
        self.answers = answers

    def responses(self, students, items):
        return self.answers


def view(here, seed=0):
    attempted = np.zeros((20, 120), bool)
    attempted[here.past.student, here.past.item] = True
    return school.View(0, attempted, np.random.default_rng(seed), here.school, Books(here.past))


@pytest.mark.parametrize("name", policies.POLICIES)
def test_a_policy_gives_ten_questions_not_attempted_each_once(here, name):
    now = view(here)
    plan = policies.policy(name, here.questions, "zone")(now, 10)
    assert plan.shape == (20, 10) and not now.attempted[np.arange(20)[:, None], plan].any()
    assert all(len(set(row)) == 10 for row in plan.tolist())


def test_policies_choose_what_their_names_say(here):
    now = view(here)
    p = policies.Forecast(here.questions)(now)
    rows = np.arange(20)[:, None]
    aim, easy = (policies.policy(name, here.questions, "zone")(now, 10) for name in ("aim 0.7", "easiest"))
    left = np.where(now.attempted, np.inf, np.abs(p - 0.7))
    assert np.allclose(np.sort(left)[:, :10], np.abs(p - 0.7)[rows, aim])
    assert np.allclose(np.sort(np.where(now.attempted, -1, p))[:, :-11:-1], p[rows, easy])
    hers = policies.policy("true 0.7", here.questions, "zone")(now, 10)
    assert (
        np.abs(here.school.p_correct[rows, hers] - 0.7).mean() < np.abs(here.school.p_correct[rows, aim] - 0.7).mean()
    )


def test_the_forecast_is_bayes_rule_by_hand(here):
    """One student, by a loop over her answers."""
    forecast = policies.Forecast(here.questions)
    slope, hard = here.questions.mean("discrimination"), here.questions.mean("difficulty")
    weight = np.exp(-(policies.GRID**2) / 2)
    mine = here.past.student == 4
    for j, y in zip(here.past.item[mine], here.past.correct[mine], strict=True):
        p = 1 / (1 + np.exp(-slope[j] * (policies.GRID - hard[j])))
        weight = weight * (p if y else 1 - p)
    weight /= weight.sum()
    by_hand = [float(weight @ (1 / (1 + np.exp(-slope[j] * (policies.GRID - hard[j]))))) for j in range(120)]
    assert np.allclose(forecast(view(here))[4], by_hand)


def test_the_oracles_first_pick_is_the_best_by_brute_force(here):
    now, rate = view(here), school.RATE
    plan = policies.policy("oracle", here.questions, "zone")(now, 3)
    for i in (0, 7, 19):
        best = []
        for j in range(120):
            p = here.school.p_correct[i, j]
            gains = 0
            for s in np.flatnonzero(here.school.pool.skills[j]):
                if not here.school.known[i, s]:
                    known = np.array(here.school.known)
                    known[i, s] = True
                    args = (here.school.pool, here.school.students, here.school.ability, known, here.school.difficulty)
                    gains += school.School(*args).expected[i] - here.school.expected[i]
            minutes = policies.ANSWER_MINUTES + (1 - p) * (policies.MODULE_MINUTES + policies.ANSWER_MINUTES)
            best.append(-1 if now.attempted[i, j] else rate * 4 * p * (1 - p) * gains / minutes)
        assert best[plan[i, 0]] == pytest.approx(max(best))


def test_what_a_policys_picks_lack_is_counted_on_the_day(here):
    """On the first day of the fixed order it can be counted by hand; and an oracle seeks what is lacking."""
    now = view(here)
    plan = policies.policy("fixed", here.questions, "flat")(now, 10)
    by_hand = np.mean([not here.school.ready[i, j] for i, row in enumerate(plan) for j in row])
    assert policies.lacking(here, "fixed", "flat", days=1) == pytest.approx(by_hand)
    assert policies.lacking(here, "oracle", "flat", days=2) > by_hand


def test_minutes_are_those_of_the_school(here):
    table = here.term("random", "flat", 10).frame()
    assert table.minutes[table.kind != "module"].mean() == pytest.approx(policies.ANSWER_MINUTES, rel=0.05)
    module = table[table.kind == "module"].groupby(["day", "student", "question"]).minutes.sum()
    assert module.mean() == pytest.approx(policies.MODULE_MINUTES, rel=0.05)


def test_measures_count_what_happened(here):
    term = here.term("aim 0.7", "zone", 4)
    found, table = policies.measures(term), term.frame().query("kind == 'homework'")
    assert found["right"] == pytest.approx(table.correct.mean())
    order = np.argsort(term.before.ability)
    names = [term.before.students[i] for i in order[:7]]
    assert found["right weakest"] == pytest.approx(table.correct[table.student.isin(names)].mean())
    assert found["gain weakest"] == pytest.approx(100 * term.gain[order[:7]].mean())
    assert found["per_hour"] == pytest.approx(100 * term.gain.sum() / (term.minutes.sum() / 60))


def test_a_run_is_its_seed_and_pairs_are_paired():
    one, other = (
        policies.run(2, 5, students=9, days=2, policies=("random", "fixed"), learning=("flat",)) for _ in "ab"
    )
    assert one.rows == other.rows
    lead = one.lead("flat", "fixed", "random", "minutes")
    a, b = (one.values("flat", name, "minutes") for name in ("fixed", "random"))
    assert lead.mean == pytest.approx((a - b).mean()) and lead.low < lead.mean < lead.high
    with pytest.raises(ValueError, match="the study has no policy 'oracle' under 'flat'"):
        one.of("flat", "oracle")


def test_a_mean_has_students_interval():
    found = policies.mean([1.0, 2.0, 4.0])
    assert found.mean == pytest.approx(7 / 3)
    assert found.high - found.mean == pytest.approx(4.302653 * np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert policies.mean([2.0]).low is None


def test_gaming_counts_weeks():
    found = gaming.run(1, 6, students=10, days=10, learning=("zone",))
    assert found.weeks == 2 and len(found.rows[0]["gamed"]["difficulty"]) == 2
    assert found.change("zone", "difficulty", 1).mean < 0.2


def test_a_share_and_its_interval_by_cluster():
    """Against independent answers it is the binomial's; students who answer alike make it wider, and it keeps 95%."""
    rng = np.random.default_rng(1)
    right = (rng.random(4000) < 0.7).astype(float)
    alone = near_target.share(right, np.full(4000, 0.7), np.arange(4000))
    half = 1.96 * np.sqrt(alone["right"] * (1 - alone["right"]) / 4000)
    assert (alone["high"] - alone["low"]) / 2 == pytest.approx(half, rel=1e-3)
    held = 0
    for _ in range(300):
        rate = rng.beta(7, 3, 150)
        found = near_target.share(
            (rng.random((150, 8)) < rate[:, None]).ravel() * 1.0, np.full(1200, 0.7), np.arange(150).repeat(8)
        )
        held += found["low"] <= 0.7 <= found["high"]
    assert 0.91 < held / 300 < 0.99


def test_a_homework_of_the_ten_nearest():
    p = np.linspace(0, 1, 101)[None, :] + np.zeros((3, 1))
    (weak, *_) = near_target.homework(p, np.arange(3))
    assert weak["farthest"] == pytest.approx(0.05) and weak["forecast"] == pytest.approx(0.7, abs=0.006)


def test_stored_studies_are_read():
    found, game, near = policies.read(), gaming.read(), near_target.read()
    assert len(found.rows) == found.n * len(policies.POLICIES) * len(school.LEARNING)
    assert found.of("zone", "oracle").low > found.of("zone", "random").high
    assert game.n == len(game.rows) / len(school.LEARNING) and game.weeks == 4
    assert set(near) == {(log, model) for log in near_target.LOGS for model in near_target.MODELS}
    assert all(0 < one.right().low < one.right().high < 1 for one in near.values())
