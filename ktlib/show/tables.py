"""Tables and computed sentences, as Markdown that reads well wherever a notebook is opened."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping

from .._checks import instance, listed, mapping, whole

NOTHING = "–"  # where there is no value


class Text:
    """Markdown that a cell shows. `str()` gives it as text; texts add up, a paragraph each."""

    def __init__(self, markdown: str):
        self.markdown = instance(markdown, str, "markdown", "give text")

    def __str__(self) -> str:
        return self.markdown

    def __add__(self, other) -> Text:
        return Text(f"{self}\n\n{other}")

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return f"Text({textwrap.shorten(self.markdown, 60)!r})"


def say(text: str) -> Text:
    """A computed sentence or paragraph: an f-string as it is to be read, its common indent removed."""
    return Text(textwrap.dedent(instance(text, str, "text", "give text")).strip())


def fold(words: str, *parts) -> Text:
    """What only some want to read: it opens where `words` are clicked. parts: texts and tables, one below another."""
    body = "\n\n".join(str(say(str(part))) for part in parts)
    return Text(f"<details><summary>{instance(words, str, 'words', 'give text')}</summary>\n\n{body}\n\n</details>")


def solution(text: str) -> Text:
    """A computed answer to an exercise, which opens when the reader asks for it."""
    return fold("Solution", say(text))


def table(rows, columns: Iterable[str], formats: str | Mapping[str, str | Callable] = "", *, bold=()) -> Text:
    """A table, its first column the name of each row and set left, all others set right.

    rows: lists, a cell each; or a mapping of the row's name to its further cells; or a pandas frame, its index the
    names. columns: the heads, the first of them above the names. formats: how cells of a column are written, a format
    specification such as ".2f" or "+.1%" or a function to text; one for all, or by head. Text stays as it is, and None
    is a dash. bold: places of rows in bold, 0 the first. Raises ValueError for a row of another length, and for NaN:
    give None where there is no value.
    """
    if hasattr(rows, "itertuples"):
        rows = list(rows.itertuples(index=True, name=None))
    elif isinstance(rows, Mapping):
        rows = [(name, *listed(cells, f"row {name!r}", "[0.25, 3]")) for name, cells in rows.items()]
    rows = [listed(row, "row", "['init', 0.25]") for row in listed(rows, "rows", "[['init', 0.25], ['slip', 0.08]]")]
    columns = [
        instance(head, str, "a column", "give its head as text") for head in listed(columns, "columns", "['', 'x']")
    ]
    bold = {whole(place, "bold", 0) for place in listed(bold, "bold", "[0]")}
    how = (
        dict.fromkeys(columns[1:], formats) if isinstance(formats, str) else mapping(formats, "formats", "{'x': '.2f'}")
    )
    unknown = [name for name in how if name not in columns]
    if unknown:
        raise ValueError(f"formats names the column {unknown[0]!r}: the columns are {', '.join(map(repr, columns))}")
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)]]
    for place, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(f"row {place} has {len(row)} cells and the table {len(columns)} columns: {row!r}")
        cells = [_cell(cell, how.get(head, ""), head, place) for head, cell in zip(columns, row, strict=True)]
        lines.append([f"**{cell}**" if cell else cell for cell in cells] if place in bold else cells)
    return Text("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _cell(value, how: str | Callable, column: str, row: int) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value.replace("|", "\\|")
    try:
        text = how(value) if callable(how) else format(value, how)
    except (TypeError, ValueError) as error:
        raise ValueError(f"row {row} has {value!r} in {column!r}, which {how!r} cannot write: {error}") from error
    if re.search(r"\bnan\b|<NA>|\bNaT\b", str(text), flags=re.IGNORECASE):
        raise ValueError(f"row {row} has NaN in {column!r}: give None where there is no value")
    return text
