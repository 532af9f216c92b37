"""Figures and pitch cards as files: NAME.svg and, ready for a slide, NAME.png, 1920 by 1080."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import kt_cards
import resvg_py
from kt_quotes import Quote, Quotes

from ktlib.show.outlines import outlined, width
from ktlib.show.style import characters

WIDTH, HEIGHT, MARGIN = 1920, 1080, 60
INK, QUIET, ESTIMATE, PEER = "#1b2430", "#56616d", "#0072b2", "#b84e00"
BOOK = "Where Do the Numbers Come From?"
STEP = "M0 16.5H30V10.5H56V14H76V6.5H102V1.5H132"  # of a belief: up, a dip, up
HALO = r"<text style=\"paint-order[^<]*</text>"  # a text with a halo, which not every program can draw
AT_CORNER = 'preserveAspectRatio="xMinYMin meet"'
LEADING = 1.22  # from line to line, in sizes
HEAD = (64, 330)  # from, to: where the question and the answer stand
FOOT = 1000
COLUMN = 1340  # where the column beside the figure begins


def export(figures: dict[str, Quote], folder: Path) -> None:
    """Bring the folder up to date with the figures."""
    write({name: (outlined(plain(figure)), slide) for name, figure in figures.items()}, folder)


def export_slides(quotes: Quotes, folder: Path) -> list[str]:
    """The same for the cards and the title of the deck; returns what does not fit."""
    made = list(slides(quotes))
    write({slide.name: (outlined(slide.svg()), str) for slide in made}, folder)
    return [fault for slide in made for fault in slide.faults]


def write(drawings: dict, folder: Path) -> None:
    """Write each drawing as SVG and PNG; those that did not change are left alone.

    drawings: name -> the SVG, and what turns it into the slide of which the PNG is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.stem not in drawings:
            old.unlink()
    for name, (drawing, on_slide) in drawings.items():
        svg, png = folder / f"{name}.svg", folder / f"{name}.png"
        if png.exists() and svg.exists() and svg.read_text("utf-8") == drawing:
            continue
        svg.write_text(drawing, "utf-8")
        png.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=on_slide(drawing), width=WIDTH, height=HEIGHT)))


def plain(figure: Quote) -> str:
    """The drawing as it stands outside a page: no variables, and ink for the page's text colour."""
    svg = re.sub(r"var\(--[\w-]+,\s*([^)]+)\)", r"\1", figure.data["svg"]["page"])
    svg = re.sub(HALO, lambda text: outlined(text[0]), svg)
    return svg.replace("currentColor", INK)


def slide(svg: str) -> str:
    """The drawing centred on a white 16:9 slide."""
    return paper(within(svg, MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN))


def within(svg: str, x: float, y: float, across: float, down: float) -> str:
    """The drawing fitted into a box, as a part of another one."""
    return svg.replace("<svg ", f'<svg x="{x}" y="{y}" width="{across}" height="{down}" ', 1)


def paper(inside: str) -> str:
    """A white slide."""
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{ground}{inside}</svg>'


@dataclass(frozen=True)
class Line:
    """One line of text on a slide; x, y: where its baseline begins."""

    text: str
    x: float
    y: float
    size: float
    colour: str = INK
    bold: bool = False

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + width(self.text, self.size, bold=self.bold)

    def svg(self) -> str:
        """As SVG."""
        look = f"font-size: {self.size:g}px; fill: {self.colour}" + ("; font-weight: 700" if self.bold else "")
        return f'<text style="{look}" x="{self.x:.1f}" y="{self.y:.1f}">{escape(self.text)}</text>'


@dataclass
class Slide:
    """One page of the deck. lines: all its text but the figure's. faults: what did not fit, a sentence each."""

    name: str
    lines: list[Line] = field(default_factory=list)
    drawing: str = ""
    faults: list[str] = field(default_factory=list)

    def svg(self) -> str:
        """The whole slide, its letters still text."""
        mark = f'<path transform="translate({WIDTH - MARGIN - 132} 1022)" d="{STEP}" fill="none" stroke="{ESTIMATE}" '
        rule = f'<path d="M{MARGIN} {FOOT}H{WIDTH - MARGIN}" stroke="#dfe2e0" stroke-width="2"/>'
        texts = "".join(line.svg() for line in self.lines)
        return paper(f'{rule}{mark}stroke-width="3"/>{self.drawing}{texts}')

    def stack(self, parts: list[tuple], x: float, across: float, top: float, bottom: float) -> None:
        """Set texts under one another in a box, as large as fits.

        parts: text, size, colour, whether it is bold, and the gap above it, in sizes.
        """
        parts = [(self.writable(text), *look) for text, *look in parts]
        for share in (1, 0.94, 0.88, 0.82, 0.76, 0.7, 0.65):
            lines, y = [], top
            for text, size, colour, bold, gap in parts:
                size *= share
                y += gap * size if lines else 0
                for words in wrapped(text, size, across, bold):
                    y += LEADING * size
                    lines.append(Line(words, x, y - 0.22 * size, size, colour, bold))
            if y <= bottom:
                break
        else:
            self.faults.append(
                f"slide {self.name}: {parts[0][0][:40]!r} and what follows need {y - bottom:.0f} px more"
            )
        for line in lines:
            if line.right > x + across + 1:
                self.faults.append(f"slide {self.name}: {line.text!r} is too wide")
        self.lines += lines

    def writable(self, text: str) -> str:
        """The text without signs that the font lacks, which are a fault."""
        if missing := set(text) - characters() - {" "}:
            self.faults.append(f"slide {self.name}: its font has no {' '.join(sorted(missing))}")
        return "".join(sign for sign in text if sign not in missing)


def wrapped(text: str, size: float, across: float, bold: bool) -> list[str]:
    """The text in lines no wider than the box, where words allow."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size, bold=bold) > across:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def slides(quotes: Quotes) -> Iterator[Slide]:
    """The title, then every card."""
    yield title(quotes)
    for card in quotes.cards.values():
        yield card_slide(card, quotes)


def title(quotes: Quotes) -> Slide:
    """The first page: the book's name and the questions."""
    page = Slide("title")
    page.stack([(BOOK, 92, INK, True, 0)], MARGIN, 1000, 96, 330)
    asked = dict.fromkeys(card.data["question"] for card in quotes.cards.values())
    half = -(-len(asked) // 2)
    for k, part in enumerate((list(asked)[:half], list(asked)[half:])):
        page.stack([(q, 32, QUIET, False, 0.55) for q in part], MARGIN + 920 * k, 850, 370, FOOT - 20)
    page.lines += foot("Tough questions, each with one number and its limits", page)
    return page


def card_slide(card: Quote, quotes: Quotes) -> Slide:
    """Question and answer above, the figure, and beside it what we may not say and the line for the expert."""
    data, page = card.data, Slide(card.data["name"])
    head = [(kt_cards.asked(card), 38, QUIET, False, 0), (data["answer"], 64, INK, True, 0.2)]
    page.stack(head, MARGIN, WIDTH - 2 * MARGIN, HEAD[0] - 16, HEAD[1] - 20)
    top = max(line.y for line in page.lines) + 44
    beside = [("What we may not say", 28, PEER, True, 0), (data["limits"][0], 36, INK, False, 0.15)]
    beside += [("For the expert", 28, QUIET, True, 1.2), (data["expert"], 28, QUIET, False, 0.15)]
    page.stack(beside, COLUMN, WIDTH - MARGIN - COLUMN, top + 6, FOOT - 24)
    if data["figure"] in quotes.figures:
        figure = plain(quotes.figures[data["figure"]]).replace("<svg ", f"<svg {AT_CORNER} ", 1)
        page.drawing = within(figure, MARGIN, top, COLUMN - 60 - MARGIN, FOOT - 24 - top)
    page.lines += foot(source(card, quotes), page)
    return page


def source(card: Quote, quotes: Quotes) -> str:
    """The chapter and the section where a card is shown."""
    return f"{quotes.chapters[card.docname]} · {quotes.headings.get(card.data['shown'], card.data['shown'])}"


def foot(text: str, page: Slide) -> list[Line]:
    """The line at the bottom: the source, and the book's name."""
    name = Line(BOOK, WIDTH - MARGIN - 160 - width(BOOK, 28, bold=True), 1042, 28, INK, True)
    said = Line(page.writable(text), MARGIN, 1042, 28, QUIET)
    if said.right > name.x - 40:
        page.faults.append(f"slide {page.name}: its source {text!r} is too long")
    return [said, name]
