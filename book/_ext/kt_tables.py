"""Marks cells of tables by what they hold, so that a style sheet keeps a number whole and gives words their room."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

SHORT, SHORT_HEAD = 10, 6  # a cell of so few letters stays on one line
WORDS, LINES = 24, 60  # a column with longer cells needs some words, or some lines of them, side by side
FEW = 3  # so many columns share a phone's width well without help


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """For `doctree-read`: classes kt-short for a cell, kt-words or kt-lines for a column of a table that has many."""
    for table in doctree.findall(nodes.tgroup):
        columns = list(zip(*(row.children for row in table.findall(nodes.row)), strict=False))
        for column in columns:
            longest = max((letters(cell) for cell in column if not is_head(cell)), default=0)
            for cell in column:
                if 0 < letters(cell) <= (SHORT_HEAD if is_head(cell) else SHORT):
                    cell["classes"].append("kt-short")
                if longest > WORDS and len(columns) > FEW:
                    cell["classes"].append("kt-lines" if longest > LINES else "kt-words")


def is_head(cell: nodes.entry) -> bool:
    return isinstance(cell.parent.parent, nodes.thead)


def letters(cell: nodes.entry) -> int:
    """How long a cell's text is; mathematics, whose source is longer than what it shows, counts as little."""
    return sum(1 if isinstance(text.parent, nodes.math) else len(text) for text in cell.findall(nodes.Text))
