"""Sliders: one for each range, named and stepped as a reader expects; the figure follows; a refusal is a sentence."""

import base64
import builtins

import pytest

from ktlib.show.figure import Figure
from ktlib.show.live import live
from ktlib.show.tables import Text


@pytest.fixture
def drawn():
    """Values that `draw` was called with, and a `draw` that refuses more than 50 students."""
    calls = []

    def draw(students, p_guess=0.2, sort="by name", smooth=False):
        calls.append((students, p_guess, sort, smooth))
        if students > 50:
            raise ValueError("at most 50 students")
        alt = f"A line up to {students}, drawn for a test."
        return Figure(lambda page: page.panels().plot([0, students]), finding="A line", alt=alt)

    return calls, draw


def place(box) -> dict:
    """What stands under the sliders."""
    (output,) = box.children[-1].outputs
    return output["data"]


def test_there_is_a_control_for_each_range_named_in_plain_words(drawn):
    box = live(drawn[1], students=(10, 60), p_guess=(0.0, 0.5), sort=["by name", "by gap"], smooth=True)
    students, guess, sort, smooth, _ = box.children
    assert [c.description for c in box.children[:-1]] == ["students", "guess", "sort", "smooth"]
    assert (students.min, students.max, students.step, students.value) == (10, 60, 1, 35)
    assert (guess.min, guess.max, guess.step, guess.value) == (0.0, 0.5, 0.01, 0.2)
    assert guess.readout_format == ".2f"
    assert sort.options == ("by name", "by gap") and smooth.value is False  # draw's own default
    assert not students.continuous_update and not guess.continuous_update


def test_a_step_can_be_given_and_is_round_otherwise(drawn):
    assert live(drawn[1], students=(10, 50, 5)).children[0].step == 5
    assert live(drawn[1], students=(22, 2000)).children[0].step == 10
    assert live(drawn[1], students=(2, 40), p_guess=(0.01, 0.4)).children[1].step == 0.001


def test_it_draws_at_once_and_whenever_a_value_changes(drawn):
    calls, draw = drawn
    box = live(draw, students=(10, 60))
    assert base64.b64decode(place(box)["image/png"]).startswith(b"\x89PNG")
    box.children[0].value = 12
    assert [call[0] for call in calls] == [35, 12]
    assert place(box)["text/plain"] == "Figure: A line up to 12, drawn for a test."


def test_what_draw_refuses_is_a_sentence_in_place_of_the_figure(drawn):
    box = live(drawn[1], students=(10, 60))
    box.children[0].value = 55
    assert place(box)["text/plain"] == "No figure with these numbers: at most 50 students"
    box.children[0].value = 50
    assert "image/png" in place(box)


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        live(lambda x: x // 0, x=(1, 3))


def test_what_is_no_figure_is_said():
    assert "must return a Figure" in place(live(lambda x: x, x=(1, 3)))["text/plain"]


def test_without_ipywidgets_it_says_what_to_install(drawn, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "ipywidgets":
            raise ModuleNotFoundError("No module named 'ipywidgets'", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    said = live(drawn[1], students=(10, 60))
    assert isinstance(said, Text) and "pip install 'ktlib[notebooks]'" in str(said)
    assert not drawn[0]


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ({}, "no ranges"),
        ({"teachers": (1, 2)}, "teachers"),
        ({"students": (60, 10)}, "the first must be below"),
        ({"students": (10, 60, 0)}, "the step must be above 0"),
        ({"students": 10}, "give .low, high."),
        ({"students": (10, "many")}, "give .low, high."),
        ({"students": []}, "at least one choice"),
        ({"students": (10, 20), "sort": ["by gap"]}, "starts at 'by name', which is not among"),
        ({"students": (10, float("nan"))}, "students"),
        ({"students": (10, 20), "p_guess": (0.3, 0.5)}, "starts at 0.2, outside 0.3 to 0.5"),
    ],
)
def test_a_range_that_is_none_is_refused(drawn, ranges, says):
    with pytest.raises(ValueError, match=says):
        live(drawn[1], **ranges)


def test_draw_must_be_a_function():
    with pytest.raises(ValueError, match="give a function of students"):
        live(3, students=(1, 2))
