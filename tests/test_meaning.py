"""The comparison of stored outputs: what may differ between machines passes, what changes the meaning fails."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import meaning
import nbformat
import numpy as np
import pytest

from ktlib.show import quotes
from ktlib.show.figure import Figure
from ktlib.show.quotes import MIME


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("AUC 0.381 of 3", "AUC 0.382 of 3"),
        ("0.999", "1.000"),
        ("1,234 students", "1,235 students"),
        ("999 students", "1,000 students"),
        ("−0.001 to 0.400", "0.000 to 0.401"),
        ("-0.000", "0.000"),
        ("+0.001", "0.000"),
        ("12%", "13%"),
        ("1e-06", "2e-06"),
        ("9.9e-07", "1e-06"),
        ("[ 0.1   0.25]", "[0.1 0.26]"),
        ("0.3", "0.30000000000000004"),
        ("3.7163847873099765", "3.7163847873099801"),
        ("|−0.000|x|", "| 0.000|x|"),
        ("0.39–0.41, 3-5", "0.40–0.41, 3-5"),
    ],
)
def test_one_unit_in_the_last_digit_is_the_same(left, right):
    assert meaning.same_text(left, right) and meaning.same_text(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("0.381", "0.383"),
        ("0.3810", "0.3812"),
        ("0.381 holds", "0.381 does not hold"),
        ("0.381", "0.381 0.2"),
        ("0.381 and 0.2", "0.381 and"),
        ("1,234", "1,236"),
        ("1,234", "2,234"),
        ("0.001", "−0.001"),
        ("0.300", "−0.300"),
        ("12%", "12"),
        ("12%", "14%"),
        ("1e-06", "1e-05"),
        ("3.7163847873099765", "3.7163857873099765"),
        ("NB-3", "NB-4"),
        ("3PL", "2PL"),
        ("0.3", "0.4000001"),
        ("nan", "0.000"),
        ("3", "three"),
    ],
)
def test_more_than_that_is_not(left, right):
    assert not meaning.same_text(left, right) and not meaning.same_text(right, left)


def test_json_is_compared_leaf_by_leaf():
    shown = quotes.Numbers(values={"a": "0.381"})._repr_mimebundle_()[quotes.MIME] | {"raw": [0.1, 2, True, None]}
    assert meaning.same(shown, json.loads(json.dumps(shown)))
    assert meaning.same(shown, shown | {"values": {"a": "0.382"}, "raw": [0.2, 3, True, None]})
    for other in (
        {"values": {"a": "0.383"}},
        {"values": {"b": "0.381"}},
        {"raw": [0.1, 2, True]},
        {"raw": [0.3, 2, True, None]},
        {"raw": [0.1, 2, False, None]},
        {"raw": [0.1, 2, 1, None]},
        {"raw": [0.1, 2, True, 0]},
        {"raw": "0.1"},
        {"more": 1},
    ):
        assert not meaning.same(shown, shown | other)


@functools.cache
def drawing(values=(0.2, 0.5, 0.9), label="0.381", wave=0.0, points=1, colour=0.3):
    """A page with a figure that has all kinds of marks: a line, points, bars, a mesh, a plain and a rotated text."""
    x = np.linspace(0, 6, 400)

    def draw(page):
        left, right = page.panels(2)
        left.plot(x, np.sin(x) + wave)
        left.scatter(range(points), [0.5] * points)
        left.text(1, 0.5, label)
        left.text(2, 0.5, "θ = " + label, rotation=30)
        right.bar(range(len(values)), values)
        right.pcolormesh(np.array([[colour, 0.0], [1.0, 0.5]]), vmin=0, vmax=1)
        right.set(ylim=(0, 1.2), xlim=(-1, 4))
        left.set(ylim=(-1.5, 1.5), xlim=(0, 6))

    return Figure(draw, finding="All marks", alt="A line, points, bars and words.").svg()


PIXEL = 1.2 / 200  # of the bars' axis, about


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"label": "0.382"},
        {"values": (0.2, 0.5, 0.9 + 0.3 * PIXEL)},
        {"wave": 0.004},
        {"colour": 0.303},
    ],
)
def test_a_drawing_within_half_a_pixel_is_the_same(change):
    assert meaning.same(drawing(), drawing(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"label": "0.383"},
        {"label": "0.3"},
        {"label": "O.381"},
        {"values": (0.2, 0.5, 0.9 + 2 * PIXEL)},
        {"values": (0.2, 0.5)},
        {"wave": 0.04},
        {"points": 2},
        {"points": 0},
        {"colour": 0.4},
    ],
)
def test_a_drawing_with_another_mark_is_not(change):
    assert not meaning.same(drawing(), drawing(**change))


def test_what_the_figure_says_in_words_is_compared_too():
    page = drawing()
    assert meaning.same(page, page.replace("A line, points, bars", "A line, points, bars"))
    assert not meaning.same(page, page.replace("A line, points, bars", "A curve, points, bars"))
    assert not meaning.same(page, page + page) and not meaning.same(page, page + "<p>more</p>")


def test_lines_with_other_corners_on_the_same_way_are_the_same():
    short, long = "M 0 0 L 10 0 L 10 10 ", "M 0 0 L 5 0.2 L 10 0 L 10 4 L 10 10 "
    assert meaning._same_line(short, long)
    assert not meaning._same_line(short, "M 0 0 L 5 2 L 10 0 L 10 10 ")
    assert not meaning._same_line(short, "M 0 0 L 10 0 ")
    assert not meaning._same_line(short, "M 0 0 L 10 0 M 10 0 L 10 10 ")


def test_settled_outputs_keep_what_differs_and_how_many_there_are():
    stored = [{"output_type": "stream", "name": "stdout", "text": "0.381\n"}, {"data": {"text/plain": "1", "x": "a"}}]
    near = [{"output_type": "stream", "name": "stdout", "text": "0.382\n"}, {"data": {"text/plain": "2", "x": "a"}}]
    far = [{"output_type": "stream", "name": "stdout", "text": "0.389\n"}, {"data": {"text/plain": "1", "x": "b"}}]
    assert meaning.settled(near, stored) == stored
    assert meaning.settled(far, stored) == far and meaning.settled(stored[:1], stored) == stored[:1]


@pytest.mark.parametrize(("exact", "failed"), [("", ["far"]), ("1", ["far", "near"])])
def test_notebooks_are_held_to_it(exact, failed, tmp_path):
    """nbval, as notebooks/conftest.py has it, on three cells: the stored output is right, near and far."""
    root = Path(__file__).parents[1]
    for name, stored in (("right", "0.381\n"), ("near", "0.382\n"), ("far", "0.384\n")):
        cell = nbformat.v4.new_code_cell("print(0.381)", execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", text=stored)]
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    (tmp_path / "conftest.py").write_bytes((root / "notebooks/conftest.py").read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "."]
    environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'tools'}", "KTLIB_EXACT": exact}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert [name for name in ("far", "near", "right") if f"FAILED {name}.ipynb" in done.stdout] == failed, done.stdout


def test_a_figures_drawings_are_compared_by_meaning_and_its_picture_is_not():
    def output(height=0.5, words="steep", picture="AAAA"):
        def draw(page):
            ax = page.panels()
            ax.plot([0, 1], [0, height])
            ax.set(ylim=(0, 1))
            ax.text(0.2, 0.8, words)

        drawn = Figure(draw, finding="It rises.", alt="A line that rises by so much.")
        return {"data": {**drawn._repr_mimebundle_()[0], "image/png": picture}}

    kept = output()

    def same(other):
        settled = meaning.settled([other], [kept])[0]["data"]
        return settled[MIME] == kept["data"][MIME]

    assert same(output(height=0.5005)) and same(output(picture="BBBB"))  # 0.1 of a pixel
    assert not same(output(height=0.52)) and not same(output(words="steel"))
    clashing = output()
    clashing["data"][MIME]["clashes"] = ["'a' and 'b' overlap"]
    assert not same(clashing)


def test_an_explorer_is_compared_without_its_script():
    shown = '<kt-a config="{}"><p>{}</p></kt-a>\n<script type="module">{}</script>'
    assert meaning.same(shown.format(1, "It rises.", "old()"), shown.format(1, "It rises.", "new()"))
    assert not meaning.same(shown.format(1, "It rises.", "old()"), shown.format(3, "It rises.", "old()"))
    assert not meaning.same(shown.format(1, "It rises.", "old()"), shown.format(1, "It falls.", "old()"))
