"""Be the student: the page scores, chooses, asks and believes as `ktlib.homework` does."""

import numpy as np
import pytest
from explorer_page import config, in_node

from ktlib import bkt
from ktlib.bkt import BKTParams
from ktlib.show.explorers import HomeworkExplorer
from ktlib.show.explorers.homework import PARAMS, pool

ROWS = [
    (),
    (1,),
    (0,),
    (0, 0, 0),
    (0, 1, 1, 1),
    (0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1),
    (1,) * 10,
    (0, 1, 1, 1, 0) * 10,
]
SETTINGS = [{}, {"target": 0.5, "need": 0.9}, {"closeness": 0.05, "recency": 0.9}, {"need": 0, "questions": 4}]


def page_of(told, rows):
    """What the page says after each of these answers: states, beliefs, rankings and sentences."""
    states = in_node("session", *(("play", told, answers) for answers in rows))
    found = [in_node("session", *((name, told, state["log"]) for state in states)) for name in ("belief", "choose")]
    return zip(rows, states, *found, in_node("homework", *(("sentence", told, state) for state in states)), strict=True)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_page_and_notebook_play_the_same_homework(setting):
    told = config(HomeworkExplorer(**setting))
    name = [question["name"] for question in told["bank"]]
    rows = [row for row in ROWS if len(row) <= 2 * setting.get("questions", 50)]
    for answers, state, belief, picks, said in page_of(told, rows):
        explorer = HomeworkExplorer(answers=answers, **setting)
        mine = explorer.play()
        assert said == explorer.finding()
        assert [(name[a["question"]], a["kind"], a["correct"]) for a in state["log"]] == [
            (a.question, a.kind, a.correct) for a in mine.log
        ]
        asked = None if mine.done else name[state["question"]], state["exercise"], state["hints"]
        assert asked == (mine.question, mine.exercise, mine.hints)
        assert (state["kind"], [name[k] for k in state["left"]]) == (mine.kind, list(mine.left))
        (mean, sd), known, forecast = explorer.belief(mine.log)
        np.testing.assert_allclose([belief["mean"], belief["sd"]], [mean, sd], rtol=0, atol=1e-12)
        np.testing.assert_allclose(belief["known"], known, rtol=0, atol=1e-12)
        np.testing.assert_allclose(belief["forecast"], forecast, rtol=0, atol=1e-12)
        reasons = explorer._homework(mine.log).reasons("you")
        assert [name[pick["question"]] for pick in picks] == reasons.item.tolist()
        np.testing.assert_allclose([pick["score"] for pick in picks], reasons.score, rtol=0, atol=1e-12)
        for part in set(reasons) & {"closeness", "need", "recency"}:
            np.testing.assert_allclose([pick["parts"][part] for pick in picks], reasons[part], rtol=0, atol=1e-12)


def test_a_session_asks_nothing_twice_and_ends():
    rng, told = np.random.default_rng(0), config(HomeworkExplorer())
    rows = [rng.integers(0, 2, 9).tolist() for _ in range(200)]
    for state in in_node("session", *(("play", told, row) for row in rows)):
        tried = [answer["question"] for answer in state["log"] if answer["kind"] != "module"]
        assert len(set(tried)) == len(tried) and not set(tried) & set(state["left"])
        number = sum(answer["kind"] == "homework" for answer in state["log"])
        assert number + len(state["left"]) + (state["kind"] == "homework") == 10
        assert state["kind"] != "done"
    (end,) = in_node("session", ("play", told, [0, 1, 1, 1, 0] * 10))  # each one missed
    assert end["kind"] == "done" and len(end["log"]) == 50 and end["left"] == []


def test_belief_is_that_of_bkt_and_of_the_answers():
    explorer, bank = HomeworkExplorer(answers=(0, 0, 1, 1, 1)), pool()
    log = explorer.play().log
    (mean, _), known, _ = explorer.belief(log)
    skill = bank.skills[bank.places([log[0].question])[0]].argmax()
    assert known[skill] == bkt.filter([0, None, None, None], PARAMS).p_known[-1]
    assert mean < 0 and (np.delete(known, skill) == PARAMS.p_init).all()
    node = np.linspace(-9, 9, 4001)
    weight = np.exp(-(node**2) / 2) / (1 + np.exp(node - bank.difficulty[bank.places([log[0].question])[0]]))
    assert mean == pytest.approx(weight @ node / weight.sum(), abs=1e-3)


def test_what_cannot_be_played_is_refused():
    for wrong, says in (
        ({"target": 1}, "target = 1.0 is not between 0 and 1"),
        ({"closeness": 0, "need": 0, "recency": 0}, "give at least one above 0"),
        ({"need": -0.1}, "weights\\['need'\\] = -0.1"),
        ({"answers": (1, None)}, "give 1 or True for right"),
        ({"answers": (1,) * 11}, "the session is done after 10 answers"),
        ({"questions": 11}, "questions = 11"),
        ({"params": BKTParams(p_init=1, p_slip=0), "answers": [0]}, "make an answer impossible"),
    ):
        with pytest.raises(ValueError, match=says):
            HomeworkExplorer(**wrong)
