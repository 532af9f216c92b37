"""dkt: no look-ahead, one seed one fit, learns what a mean cannot, leaves the caller's torch as it was."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ktlib.forecast import baselines, dkt

SKILLS = pd.DataFrame({"item": [0, 1, 2, 2, 3], "skill": [*"aabcd"]})
TINY = {"hidden": 8, "dropout": 0.0, "learning_rate": 0.02, "epochs": 3, "rng": 0}


def alternating(students: int, steps: int, rng) -> pd.DataFrame:
    """Everybody answers right and wrong by turns; who starts right is a coin toss, so no mean can tell."""
    first = np.random.default_rng(rng).integers(0, 2, students)
    student = np.repeat(np.arange(students), steps)
    step = np.tile(np.arange(steps), students)
    return pd.DataFrame({"student": student, "item": step % 4, "correct": (first[student] + step // 4 + step) % 2})


LOG = alternating(20, 10, 1)
FITTED = dkt.fit(LOG, SKILLS, **TINY)


def log_loss(right, p) -> float:
    return -np.log(np.where(right == 1, p, 1 - p)).mean()


@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 1)), min_size=2, max_size=12),
    at=st.integers(0, 11),
)
@settings(max_examples=40)
def test_no_forecast_looks_at_its_own_answer_or_a_later_one(rows, at):
    """Answers from row `at` on are turned round; students interleave, items 4 and 5 are new."""
    table, at = pd.DataFrame(rows, columns=["student", "item", "correct"]), at % len(rows)
    turned = table.assign(correct=np.where(np.arange(len(table)) < at, table.correct, 1 - table.correct))
    before, after = FITTED.predict(table), FITTED.predict(turned)
    np.testing.assert_array_equal(before[: at + 1], after[: at + 1])
    assert ((before > 0) & (before < 1)).all()
    later = np.flatnonzero((table.student == table.student[at]).to_numpy() & (np.arange(len(table)) > at))
    assert (before[later] != after[later]).all()


def test_a_forecast_hangs_on_the_own_student_alone_and_on_all_earlier_answers():
    table = alternating(90, 25, 2).query("student % 3 == 0 or item != 3")
    together = FITTED.predict(table)
    mixed = table.assign(row=np.arange(len(table)), step=table.groupby("student").cumcount()).sort_values("step")
    np.testing.assert_allclose(FITTED.predict(mixed), together[mixed["row"]], rtol=1e-5)
    for student in (0, 1, 89):
        own = (table.student == student).to_numpy()
        np.testing.assert_allclose(FITTED.predict(table[own]), together[own], rtol=1e-5)


def test_a_forecast_step_by_step_by_hand():
    """The LSTM cell written out (Hochreiter & Schmidhuber 1997), means over skills and the shared part included."""
    w = {name: value.detach().double().numpy() for name, value in FITTED.network.named_parameters()}
    needs = {0: ["a"], 2: ["b", "c"], 99: []}
    names = list(FITTED.skills)

    def mean(table, item):
        own = [w[table][names.index(skill)] for skill in needs[item]]
        return w[table][-1] + (np.mean(own, 0) if own else 0)

    table = pd.DataFrame({"student": 0, "item": [2, 0, 99, 2, 0], "correct": [1, 0, 1, 1, 0]})
    state, cell, x, expected = np.zeros(8), np.zeros(8), w["start"], []
    for item, correct in zip(table["item"], table["correct"], strict=True):
        gates = w["lstm.weight_ih_l0"] @ x + w["lstm.bias_ih_l0"] + w["lstm.weight_hh_l0"] @ state
        into, forget, new, out = np.split(gates + w["lstm.bias_hh_l0"], 4)
        cell = cell / (1 + np.exp(-forget)) + np.tanh(new) / (1 + np.exp(-into))
        state = np.tanh(cell) / (1 + np.exp(-out))
        expected.append(1 / (1 + np.exp(-(state @ mean("out", item) + mean("bias", item)[0]))))
        x = mean("right" if correct else "wrong", item)
    np.testing.assert_allclose(FITTED.predict(table), expected, rtol=1e-5)


def test_the_same_seed_gives_the_same_fit_whatever_the_caller_drew():
    torch.manual_seed(123)
    again = dkt.fit(LOG, SKILLS, **TINY)
    np.testing.assert_array_equal(again.trace, FITTED.trace)
    np.testing.assert_array_equal(again.predict(LOG), FITTED.predict(LOG))
    other = dkt.fit(LOG, SKILLS, **TINY | {"rng": 1})
    assert not np.allclose(other.predict(LOG), FITTED.predict(LOG), atol=1e-4)


def test_the_callers_torch_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.manual_seed(5)
        dkt.fit(LOG, SKILLS, **TINY | {"epochs": 1, "dropout": 0.5}).predict(LOG)
        assert torch.equal(torch.rand(3), expected)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_it_learns_that_answers_alternate():
    test = alternating(30, 16, 9)
    fitted = dkt.fit(alternating(40, 16, 3), SKILLS, hidden=16, dropout=0.0, learning_rate=0.02, epochs=25, rng=0)
    p, right = fitted.predict(test), test.correct.to_numpy()
    later = test.groupby("student").cumcount().to_numpy() > 0
    mean = baselines.fit_item_mean(LOG, SKILLS).predict(test)
    assert log_loss(right[later], p[later]) < 0.2 < 0.6 < log_loss(right[later], mean[later])
    assert log_loss(right[~later], p[~later]) > 0.5  # the first answer is a coin toss, and stays one


def test_training_stops_where_the_held_out_students_are_forecast_best():
    rng = np.random.default_rng(0)
    noise = LOG.assign(correct=rng.integers(0, 2, len(LOG)))
    fitted = dkt.fit(noise, SKILLS, hidden=16, dropout=0.0, learning_rate=0.05, patience=3, rng=0)
    assert fitted.stopped
    assert fitted.epochs == fitted.trace.argmin() + 1 == len(fitted.trace) - 3
    cut = dkt.fit(LOG, SKILLS, **TINY | {"epochs": 1})
    assert (cut.stopped, cut.epochs, len(cut.trace)) == (False, 1, 1)


def test_long_students_are_cut_in_training_only():
    just, fitted = (dkt.fit(LOG, SKILLS, **TINY | {"longest": longest}) for longest in (10, 4))
    np.testing.assert_array_equal(just.predict(LOG), FITTED.predict(LOG))
    assert not np.allclose(fitted.predict(LOG), FITTED.predict(LOG), atol=1e-4)
    table = LOG[LOG.student == 0].reset_index(drop=True)
    turned = table.assign(correct=table.correct.where(table.index > 0, 1 - table.correct))
    assert (fitted.predict(table)[1:] != fitted.predict(turned)[1:]).all()


def test_bad_input_is_one_clear_error():
    with pytest.raises(ValueError, match="no column 'student'"):
        dkt.fit(LOG.drop(columns="student"), SKILLS, **TINY)
    with pytest.raises(ValueError, match="the frame has no rows"):
        dkt.fit(LOG[:0], SKILLS, **TINY)
    with pytest.raises(ValueError, match="all 200 answers are wrong"):
        dkt.fit(LOG.assign(correct=0), SKILLS, **TINY)
    with pytest.raises(ValueError, match="skills name none of the 4 items"):
        dkt.fit(LOG, SKILLS.assign(item=9), **TINY)
    with pytest.raises(ValueError, match="of 1 students leaves one side empty"):
        dkt.fit(LOG[LOG.student == 0], SKILLS, **TINY)
    with pytest.raises(ValueError, match=r"dropout = 1\.0 hides everything"):
        dkt.fit(LOG, SKILLS, **TINY | {"dropout": 1.0})
    with pytest.raises(ValueError, match="rng = None"):
        dkt.fit(LOG, SKILLS, **TINY | {"rng": None})
    for name in ("hidden", "batch", "epochs", "patience"):
        with pytest.raises(ValueError, match=f"{name} = 0"):
            dkt.fit(LOG, SKILLS, **TINY | {name: 0})
    with pytest.raises(ValueError, match="no column 'correct'"):
        FITTED.predict(LOG[["student", "item"]])


def test_dropout_hides_some_of_the_state_in_training_only():
    """Of a share of .5 about half is 0 and the rest doubled; a forecast hides nothing, so two agree."""
    torch.manual_seed(0)
    hiding = dkt.fit(LOG, SKILLS, **TINY | {"dropout": 0.5, "epochs": 1}).network
    seen = []
    hiding.dropout.register_forward_hook(lambda _, given, made: seen.append((given[0], made)))
    asked, correct = torch.zeros((4, 50), dtype=torch.int64), torch.ones((4, 50), dtype=torch.int64)
    needs = torch.ones((1, 5)).to_sparse()
    for training in (True, False):
        hiding.train(training)
        hiding(needs, asked, correct)
        state, shown = seen[-1]
        hidden = (shown == 0).double().mean().item()
        assert hidden == pytest.approx(0.5, abs=0.1) if training else hidden == 0
        torch.testing.assert_close(shown[shown != 0], (2 if training else 1) * state[shown != 0])


def test_dropout_changes_what_is_learned():
    other = dkt.fit(LOG, SKILLS, **TINY | {"dropout": 0.5})
    assert not np.allclose(other.predict(LOG), FITTED.predict(LOG), atol=1e-4)


def test_no_step_follows_a_gradient_longer_than_1(monkeypatch):
    """The gradient that reaches the optimiser, at a start so far off that it would be longer."""
    norms = []

    class Watched(torch.optim.Adam):
        def step(self, *args, **kwargs):
            for group in self.param_groups:
                norms.append(torch.cat([p.grad.flatten() for p in group["params"]]).norm().item())
                for p in group["params"]:
                    p.data.mul_(5)
            return super().step(*args, **kwargs)

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    dkt.fit(LOG, SKILLS, **TINY | {"epochs": 1})
    assert max(norms) <= 1 + 1e-5
    assert sum(norm > 1 - 1e-3 for norm in norms) > 0  # some were cut
