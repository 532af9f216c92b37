"""The simulated school goes by the rules of `session`, learns as it is told to, and keeps every answer."""

import numpy as np
import pytest

from ktlib.homework import school, session

POOL = school.questions(80, 3, 6, rng=1)
SCHOOL = school.school(POOL, 40, rng=2)
PAST = school.history(SCHOOL, 10, rng=3)


def at_random(view, most):
    draw = np.where(view.attempted, 2, view.rng.random(view.attempted.shape))
    order = draw.argsort(1)[:, :most]
    return np.where(np.take_along_axis(view.attempted, order, 1), -1, order)


def term(**more):
    return school.simulate(SCHOOL, at_random, **{"days": 4, "questions": 5, "history": PAST, "rng": 4} | more)


def test_each_days_log_replays_through_the_session():
    """A second way to the same rules: every student's every day, answer by answer, through the state machine."""
    found = term()
    attempted = {name: set() for name in SCHOOL.students}
    for student, item in zip(PAST.student, PAST.item, strict=True):
        attempted[SCHOOL.students[student]].add(POOL.items[item])
    days, seen = found.frame().groupby(["day", "student"], sort=True), 0
    for (day, student), log in days:
        place = SCHOOL.students.index(student)
        plan = [POOL.items[code] for code in found.served[day, :, place] if code >= 0]
        like = {name: [o for o in session.similar(POOL, name)[:30] if o not in attempted[student]] for name in plan}
        state = session.start(plan, like=like)
        for row in log.itertuples():
            assert (state.kind, state.question, state.exercise, state.hints) == (
                row.kind,
                row.question,
                row.exercise,
                row.hints,
            )
            state = session.step(state, row.correct, row.minutes)
        assert state.done == found.finished[day, place] and state.kind in ("homework", "done")
        assert state.minutes == pytest.approx(found.minutes[day, place]) == log.clock.iloc[-1]
        attempted[student] |= set(log.question[log.kind != "module"])
        seen += 1
    assert seen == found.opened.sum() > 100


def test_truth_is_the_formula_student_by_student():
    for i, j in ((0, 0), (7, 31), (39, 79)):
        ready = all(SCHOOL.known[i, s] for s in np.flatnonzero(POOL.skills[j]))
        eta = SCHOOL.ability[i] - SCHOOL.difficulty[j] + (1.5 if ready else -1.0)
        assert SCHOOL.p_correct[i, j] == pytest.approx(0.2 + 0.75 / (1 + np.exp(-eta)))
    assert np.allclose(SCHOOL.expected, SCHOOL.p_correct.mean(1))


def test_answers_come_as_often_right_as_the_truth_says():
    big = school.school(POOL, 2000, rng=5)
    past = school.history(big, 10, rng=6)
    p = big.p_correct[past.student, past.item]
    off = (past.correct - p).sum() / np.sqrt((p * (1 - p)).sum())
    assert abs(off) < 4


@pytest.mark.parametrize("learning", school.LEARNING)
def test_skills_are_learned_and_never_forgotten(learning):
    found = term(learning=learning)
    assert (found.after.known >= SCHOOL.known).all() and found.after.known.sum() > SCHOOL.known.sum()
    assert (np.diff(found.expected, axis=0) >= -1e-12).all() and found.gain.mean() > 0


def test_where_nothing_teaches_nobody_learns_and_errors_need_feedback():
    assert not term(learning=lambda p, correct, feedback: np.zeros_like(p)).gain.any()
    assert not term(learning="errors", feedback=False).gain.any()


def test_a_skill_is_learned_at_the_rate_that_is_said():
    """One question a day that teaches all it can: known at the end by 1 − (1 − known)(1 − rate), in standard errors."""
    pool = school.questions(1, 1, 1, rng=1)
    big = school.school(pool, 20_000, rng=2)
    one = school.simulate(big, lambda v, k: np.zeros((20_000, 1), int), days=1, questions=1, opens=1.0, rng=3,
                          learning=lambda p, correct, feedback: np.ones_like(p))  # fmt: skip
    lacked = ~big.known[:, 0]
    share, rate = one.after.known[lacked].mean(), school.RATE
    assert abs(share - rate) < 4 * np.sqrt(rate * (1 - rate) / lacked.sum())


def test_modules_take_two_to_four_minutes_as_a_rule_and_engagement_costs_answers():
    table = term(engagement=False).frame()
    took = table[table.kind == "module"].groupby(["day", "student", "question"]).minutes.sum()
    assert 2 < took.median() < 4 and ((took > 2) & (took < 4)).mean() > 0.6
    stays, leaves = term(engagement=False), term()
    assert (stays.finished == stays.opened).all() and leaves.finished.sum() < leaves.opened.sum()
    p = np.array([0.3, 0.7, 0.99])
    assert school.goes_on(p)[1] > school.goes_on(p)[[0, 2]].max() and (school.goes_on(np.linspace(0, 1)) > 0).all()


def test_without_feedback_there_is_no_module_and_nothing_similar():
    assert set(term(feedback=False).frame().kind) == {"homework"}


def test_who_does_not_try_is_wrong_fast_and_learns_nothing():
    gamed = np.zeros((4, 40), dtype=bool)
    gamed[:, :10] = True
    found = term(gamed=gamed, learning="flat")
    table = found.frame().query("kind == 'homework'")
    mine = table.student.isin(SCHOOL.students[:10])
    assert not table.correct[mine].any() and table.minutes[mine].median() < 0.5 < table.minutes[~mine].median()
    assert not found.gain[:10].any() and found.gain[10:].sum() > 0


def test_the_same_seed_gives_the_same_term_and_no_answer_is_lost():
    one, other = term(), term()
    assert one.frame().equals(other.frame()) and np.array_equal(one.expected, other.expected)
    answers = one.responses()
    assert len(answers) == len(PAST) + (one.frame().kind != "module").sum()
    assert (answers.order == -1).sum() == len(PAST)
    hours = one.minutes.sum() / 60
    assert one.per_hour() == pytest.approx(100 * one.gain.sum() / hours)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"learning": "magic"}, "learning = 'magic': give one of 'flat', 'zone', 'errors'"),
        ({"opens": 2}, "opens = 2 is not a probability"),
        ({"gamed": [True]}, "gamed has type bool and shape"),
        ({"history": school.history(school.school(POOL, 3, rng=1), rng=1)}, "history has 3 students and 80 questions"),
        ({"rng": None}, "rng = None: pass a seed"),
    ],
)
def test_what_cannot_be_is_refused(more, message):
    with pytest.raises(ValueError, match=message):
        term(**more)


def test_a_policy_that_gives_again_what_was_attempted_is_refused():
    with pytest.raises(ValueError, match="on day 0 the policy gives student 's1' question"):
        school.simulate(SCHOOL, lambda v, k: v.attempted.argsort(1)[:, -k:], questions=5, history=PAST, rng=1)
    with pytest.raises(ValueError, match="give codes from −1 to 79, 40 rows of 5"):
        school.simulate(SCHOOL, lambda v, k: np.zeros(3), questions=5, rng=1)
