"""Read what the notebooks let the book quote: numbers, figures, claims and pitch cards.

Each travels in a cell's output under one MIME type, see `ktlib/show/quotes.py`. Nothing here runs a notebook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sphinx.util import logging

from ktlib.show.quotes import MIME

LABELLED = re.compile(r"^<!-- label: (\S+) -->\n+#+ (.+)$", re.M)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quote:
    """One quoted thing. docname: its chapter. data: what the cell said. svg: the drawing, if any, as a page has it."""

    docname: str
    data: dict
    svg: str = ""

    @property
    def anchor(self) -> str:
        """The place in the chapter, for example card-em-steps."""
        return f"{self.data['kind']}-{self.data['name']}"


@dataclass
class Quotes:
    """All of them, in the order of the chapters. numbers: name -> text; figures, claims, cards: name -> Quote.

    chapters: document -> "NB-1 Its title". headings: label -> the heading under it.
    """

    numbers: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Quote] = field(default_factory=dict)
    claims: dict[str, Quote] = field(default_factory=dict)
    cards: dict[str, Quote] = field(default_factory=dict)
    chapters: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)

    def add(self, quote: Quote) -> None:
        """File a quote; a name taken by an earlier cell is a warning, so a strict build stops."""
        kind = quote.data["kind"]
        if kind == "numbers":
            # `{{ em-steps }}` would read as a subtraction, so prose says `{{ em_steps }}`
            found = {name.replace("-", "_"): text for name, text in quote.data["values"].items()}
            shelf = self.numbers
        else:
            found = {quote.data["name"]: quote}
            shelf = getattr(self, kind + "s")
        for name, value in found.items():
            if name in shelf:
                log.warning("%s: %s %r is defined twice", quote.docname, kind, name, type="kt")
            shelf[name] = value


def read(folder: Path) -> Quotes:
    """Everything quoted in the notebooks of a folder, in the order of their file names."""
    quotes = Quotes()
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        docname = f"{path.parent.name}/{path.stem}"
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        quotes.chapters[docname] = f"NB-{int(path.stem[:2])} {re.search('^# (.+)$', text, re.M)[1]}"
        quotes.headings |= {label: heading.replace("`", "") for label, heading in LABELLED.findall(text)}
        for quote in _in_cells(cells, docname):
            quotes.add(quote)
    for card in quotes.cards.values():
        if card.data["figure"] not in quotes.figures:
            log.warning("%s: no figure %r for its card", card.docname, card.data["figure"], type="kt")
    return quotes


def _in_cells(cells: list[dict], docname: str) -> Iterator[Quote]:
    for cell in cells:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {})
            if MIME in bundle:
                yield Quote(docname, bundle[MIME])
