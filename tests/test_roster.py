"""A roster fed answer by answer: the same beliefs as following the whole log at once, kept, resumed, and typo-proof."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktlib import BKTParams, bkt
from ktlib.bkt import skills
from ktlib.bkt.roster import Roster
from ktlib.data import read

SKILLS = {"add": BKTParams(), "sub": BKTParams(p_init=0.4, p_transit=0.05, p_slip=0.2, p_guess=0.3), 7: BKTParams()}


def a_log(n: int = 400, seed: int = 1):
    rng = np.random.default_rng(seed)
    skill = rng.choice(np.array(["add", "sub", 7], dtype=object), n)
    frame = pd.DataFrame(
        {"who": rng.integers(0, 20, n), "kc": skill, "right": rng.integers(0, 2, n), "t": np.arange(n)}
    )
    return read(frame, student="who", skill="kc", correct="right", order="t")


def test_answer_by_answer_equals_the_whole():
    log = a_log()
    roster = Roster(SKILLS).feed(log)
    seen = 0
    for skill, sequences in log.sequences().items():
        found = bkt.filter(sequences, SKILLS[skill])
        for student, length, after in zip(sequences.students, sequences.lengths, found.p_known, strict=True):
            assert abs(roster.known(student, skill) - after[length - 1]) < 1e-12
            seen += 1
    table = roster.frame()
    assert len(table) == seen and table.answers.sum() == len(log)
    assert np.array_equal(table.mastered, table.p_known >= 0.95)
    right = [bkt.p_correct(p, SKILLS[skill]) for skill, p in zip(table.skill, table.p_known, strict=True)]
    np.testing.assert_allclose(table.p_correct, right, atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=300), st.lists(st.floats(0.001, 0.499), min_size=4, max_size=4))
def test_any_answers_under_any_numbers(answers, values):
    params = BKTParams(**dict(zip(bkt.NAMES, values, strict=True)))
    roster = Roster({"a": params})
    roster.enrol("ann")
    followed = [roster.add("ann", "a", answer) for answer in answers]
    np.testing.assert_allclose(followed, bkt.filter(answers, params).p_known, atol=1e-12, rtol=0)


def test_saved_and_loaded_it_goes_on_where_it_was(tmp_path):
    log, half = a_log(), a_log().frame.iloc[:200]
    roster = Roster(SKILLS, mastery=0.9)
    for student in half.student.unique():
        roster.enrol(student)
    for student, skill, correct in zip(half.student, half.skill, half.correct, strict=True):
        roster.add(student, skill, correct)
    roster.save(tmp_path / "roster.json")
    back = Roster.load(tmp_path / "roster.json")
    assert back.frame().equals(roster.frame()) and back.mastery == 0.9 and back.skills == roster.skills
    for row in log.frame.iloc[200:].itertuples():
        for one in (roster, back):
            if row.student not in one.students:
                one.enrol(row.student)
            one.add(row.student, row.skill, row.correct)
    assert back.frame().equals(roster.frame())


def test_resumed_from_a_stored_belief():
    roster = Roster(SKILLS)
    roster.enrol("ann", {"add": 0.6})
    assert roster.known("ann", "add") == 0.6 and roster.known("ann", "sub") == SKILLS["sub"].p_init
    assert roster.add("ann", "add", 1) == pytest.approx(bkt.update(0.6, 1, SKILLS["add"]), abs=1e-15)
    assert roster.forecast("ann", "add") == pytest.approx(bkt.p_correct(roster.known("ann", "add"), SKILLS["add"]))


def test_who_is_unknown_is_told_from_a_typo():
    roster = Roster(SKILLS)
    roster.enrol("ann")
    with pytest.raises(ValueError, match=r"student 'anm' is not enrolled \(did you mean 'ann'\?\)"):
        roster.add("anm", "add", 1)
    with pytest.raises(ValueError, match="student 'zoe' is not enrolled: enrol who is new"):
        roster.add("zoe", "add", 1)
    with pytest.raises(ValueError, match=r"skill 'Addd' was not fitted \(did you mean 'add'\?\)"):
        roster.add("ann", "Addd", 1)
    with pytest.raises(ValueError, match="enrolled already"):
        roster.enrol("ann")
    with pytest.raises(ValueError, match="answer 2 is not 1"):
        roster.add("ann", "add", 2)
    assert roster.frame().empty and roster.mastered("ann") == ()


def test_a_broken_file_is_refused(tmp_path):
    path = tmp_path / "roster.json"
    Roster(SKILLS).feed(a_log()).save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["roster.json"]
    text = path.read_text()
    for broken in (text[:-9], "{}", "[]", json.dumps(json.loads(text) | {"version": 2}), text.replace("add", "odd", 1)):
        path.write_text(broken)
        with pytest.raises(ValueError, match="is cut short or holds no roster"):
            Roster.load(path)


def test_what_skills_fit_returned_will_do():
    log = a_log(2000)
    fits = skills.fit(log.sequences(), prior=skills.SkillPrior(np.zeros(4), np.ones(4)))
    roster = Roster(fits).feed(log)
    assert set(roster.skills) == set(fits.names) and repr(roster) == "Roster: 20 students, 3 skills, 60 beliefs"


def test_an_answer_takes_microseconds():
    roster = Roster(SKILLS)
    roster.enrol("ann")
    start = time.process_time()
    for _ in range(20_000):
        roster.add("ann", "add", 1)
    assert (time.process_time() - start) / 20_000 < 20e-6
