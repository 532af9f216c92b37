"""A table says what it was given, and nothing that is not a number."""

import numpy as np
import pandas as pd
import pytest

from ktlib.show.tables import Text, fold, say, solution, table


def cells(text: Text) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in str(text).splitlines()]


def test_cells_are_written_as_the_formats_say():
    made = cells(table([["init", 0.25, 3], ["slip", 0.081, None]], ["", "value", "n"], {"value": ".2f"}))
    assert made == [["", "value", "n"], ["---", "--:", "--:"], ["init", "0.25", "3"], ["slip", "0.08", "–"]]


@pytest.mark.parametrize("rows", [{"a": [1.5], "b": [2.5]}, pd.DataFrame({"x": [1.5, 2.5]}, index=["a", "b"])])
def test_a_mapping_and_a_frame_are_rows_too(rows):
    assert cells(table(rows, ["who", "x"], "+.1f"))[2:] == [["a", "+1.5"], ["b", "+2.5"]]


def test_a_format_can_be_a_function_and_rows_bold():
    made = cells(table([["a", 2]], ["", "x"], {"x": lambda v: f"{v} of 3"}, bold=[0]))
    assert made[2] == ["**a**", "**2 of 3**"]


def test_a_bar_in_a_text_does_not_end_its_cell():
    assert r"P(a \| b)" in str(table([["P(a | b)", 1]], ["", "x"]))


@pytest.mark.parametrize(
    ("rows", "columns", "formats", "words"),
    [
        ([["a", float("nan")]], ["", "x"], ".2f", "row 0 has NaN in 'x'"),
        ([["a", np.float32("nan")]], ["", "x"], ".2f", "row 0 has NaN in 'x'"),
        ([["a", pd.NA]], ["", "x"], "", "row 0 has NaN in 'x'"),
        ([["a"]], ["", "x"], "", "row 0 has 1 cells and the table 2 columns"),
        ([["a", 1]], ["", "x"], {"y": ".2f"}, "formats names the column 'y'"),
    ],
)
def test_what_cannot_be_shown_is_refused(rows, columns, formats, words):
    with pytest.raises(ValueError, match=words):
        table(rows, columns, formats)


def test_a_sentence_loses_its_indent_and_texts_add_up():
    both = say("""
        One.
        Two.
    """) + table([["a", 1]], ["", "x"])
    assert str(both).startswith("One.\nTwo.\n\n|  | x |")
    assert both._repr_markdown_() == str(both) and len(repr(both)) < 80


def test_a_solution_opens_when_asked():
    assert str(solution("  Half of it.\n")) == ("<details><summary>Solution</summary>\n\nHalf of it.\n\n</details>")


def test_a_fold_holds_texts_and_tables_under_one_another():
    text = str(fold("Which flags", table([["init", 1]], ["", "n"]), "  Half of them.\n"))
    assert text.startswith("<details><summary>Which flags</summary>\n\n|") and text.endswith("\n\n</details>")
    assert "| 1 |\n\nHalf of them.\n" in text
    with pytest.raises(ValueError, match="words"):
        fold(None, "Half of them.")
