"""Smart Homework ends, loses no answer, repeats no question outside the module, and its log replays to the same end."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktlib.homework import session
from ktlib.homework.pool import Pool

ITEMS = tuple("abcdefgh")


def pool(**more) -> Pool:
    told = {"label": [*"xxxxyyyy"], "skills": [[1, 0]] * 3 + [[1, 1]] * 3 + [[0, 1]] * 2, "difficulty": [*range(8)]}
    return Pool(ITEMS, **told | more)


def walk(state, answers):
    for answer in answers:
        state = session.step(state, answer)
    return state


def test_by_hand_as_the_paper_tells_it():
    """A right answer, then a wrong one, three exercises with one hint, a similar question missed, back to the next."""
    state = session.start(["a", "b", "c"], like={"b": ("c", "h", "g")}, exercises=3)
    asked = []
    for answer in (1, 0, 1, 0, 1, 1, 0, 1):
        asked.append((state.kind, state.question, state.exercise, state.hints))
        state = session.step(state, answer, 0.5)
    assert asked == [
        ("homework", "a", 0, 0),
        ("homework", "b", 0, 0),
        ("module", "b", 1, 0),
        ("module", "b", 2, 0),
        ("module", "b", 2, 1),
        ("module", "b", 3, 0),
        ("similar", "h", 0, 0),  # not "c", which is still to come
        ("homework", "c", 0, 0),
    ]
    assert state.done and state.minutes == 4 and state.question is None
    found = state.responses("ada")
    assert [found.items[code] for code in found.item] == ["a", "b", "h", "c"] and found.correct.tolist() == [1, 0, 0, 1]
    assert found.order.tolist() == [0.5, 1.0, 3.5, 4.0]
    assert state.frame()[["order", "kind", "hints"]].iloc[4].tolist() == [5, "module", 1]


@given(st.integers(1, 8), st.integers(1, 3), st.sampled_from([None, 1, 3]), st.integers(0, 2**32 - 1))
def test_any_student_comes_to_the_end(questions, exercises, most_hints, seed):
    rng = np.random.default_rng(seed)
    like = session.likes(pool(), ITEMS[:questions], most=8)
    first = state = session.start(ITEMS[:questions], like=like, exercises=exercises, most_hints=most_hints)
    able, given_answers = rng.uniform(0.2, 1), []
    while not state.done:
        given_answers.append(int(rng.random() < able))
        before, state = state, session.step(state, given_answers[-1])
        assert state.log[:-1] == before.log  # none is lost
    assert [answer.correct for answer in state.log] == given_answers
    asked = [answer.question for answer in state.log if answer.kind != "module"]
    assert len(set(asked)) == len(asked) and set(ITEMS[:questions]) <= set(asked)
    missed = [answer.question for answer in state.log if answer.kind == "homework" and not answer.correct]
    by = [answer.question for answer in state.log if answer.kind == "module"]
    assert list(dict.fromkeys(by)) == missed
    if most_hints is None:  # only a right answer moves on: of each exercise the last is right, and no other
        inside = [answer for answer in state.log if answer.kind == "module"]
        assert sum(answer.correct for answer in inside) == exercises * len(missed)
        for one, after in pairwise(inside):
            assert one.correct or (after.question, after.exercise) == (one.question, one.exercise)
    else:
        assert max((answer.hints for answer in state.log), default=0) < most_hints
    assert session.replay(first, state.log) == state


def test_without_a_cap_a_student_who_never_is_right_stays_in_the_module_and_with_one_she_gets_out():
    stuck = walk(session.start(["a", "b"]), [0] * 50)
    assert (stuck.kind, stuck.exercise, stuck.hints) == ("module", 1, 49)
    out = walk(session.start(["a", "b"], exercises=2, most_hints=3), [0] * 7)
    assert (out.kind, out.question, len(out.log)) == ("homework", "b", 7)


def test_every_short_session_by_enumeration():
    """Two questions, modules of one exercise with one hint at most: the length is 2 + 2 a missed question with a
    similar one left, + 1 without."""
    for answers in product((0, 1), repeat=6):
        state = session.start(["a", "b"], like={"a": ("c",), "b": ("c",)}, exercises=1, most_hints=1)
        for answer in answers:
            if not state.done:
                state = session.step(state, answer)
        missed = sum(a.kind == "homework" and not a.correct for a in state.log)
        assert state.done and len(state.log) == 2 + (0, 2, 3)[missed]


def test_similar_is_nearest_in_label_then_skills_then_difficulty():
    assert session.similar(pool(), "b") == ("a", "c", "d", "e", "f", "g", "h")
    assert session.similar(pool(difficulty=[0, 9, 8, 1, 1, 1, 1, 1]), "a")[:3] == ("c", "b", "d")
    assert session.similar(pool(), "h", among=["a", "e", "g"]) == ("g", "e", "a")
    without = Pool(ITEMS, label=["x"] * 8)
    assert session.similar(without, "c") == ("a", "b", "d", "e", "f", "g", "h")
    by_hand = sorted(range(8), key=lambda j: (j > 3, abs(j - 3)))  # d: same label, then by difficulty among like skills
    assert {ITEMS[j] for j in by_hand[1:4]} == set(session.similar(pool(), "d")[:3])


def test_many_sessions_become_one_log():
    one = walk(session.start(["a", "b"]), (1, 1))
    other = walk(session.start(["b", "c"], like={"b": ("d",)}, exercises=1), (0, 1, 1, 0))
    found = session.responses({"ada": one, "ben": other}, items=ITEMS)
    table = found.to_frame()
    assert table.student.tolist() == ["ada"] * 2 + ["ben"] * 3 and table.item.tolist() == ["a", "b", "b", "d", "c"]
    assert found.items == ITEMS and table.correct.tolist() == [1, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: session.start([]), "there are no questions"),
        (lambda: session.start(["a", "a"]), "question 'a' stands twice"),
        (lambda: session.start(["a"], exercises=0), "exercises = 0: give a whole number, 1 to 1,000"),
        (lambda: session.start(["a"], most_hints=0), "most_hints = 0"),
        (lambda: session.step(session.start(["a"]), 0.5), "answer = 0.5: give 1 or True for right"),
        (lambda: session.step(session.start(["a"]), 1, -1), "minutes = -1"),
        (lambda: session.step(walk(session.start(["a"]), [1]), 1), "the session is done after 1 answers"),
        (lambda: session.similar(pool(), "z"), "no question 'z' in the pool"),
        (lambda: session.start(["a"]).responses(), "no session holds an answer"),
        (lambda: session.replay(session.start(["b"]), walk(session.start(["a"]), [1]).log), "replay from the state"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
