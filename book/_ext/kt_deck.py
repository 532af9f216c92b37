"""The deck: all cards in one page that needs nothing else, as a PDF, and both in a zip with the slides."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from html import escape
from pathlib import Path

import kt_cards
import kt_pdf
import kt_slides
from fontTools.ttLib import TTFont
from kt_quotes import Quote, Quotes

from ktlib.show.style import FONTS

HERE = Path(__file__).parent
ASSETS = HERE.parent / "_assets"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same zip from the same slides
ABOUT = "Tough questions about knowledge tracing, each with one number, one figure and its limits."
THEME = """const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => (document.documentElement.dataset.theme = dark.matches ? "dark" : "light");
dark.addEventListener("change", follow);
follow();"""


def export(quotes: Quotes, folder: Path) -> None:
    """Write deck.html, deck.pdf and deck.zip beside slides/ and figures/; where nothing changed, all are left alone."""
    slides = list(kt_slides.slides(quotes))
    figures = {card.data["figure"] for card in quotes.cards.values()} & set(quotes.figures)
    files = [f"slides/{slide.name}" for slide in slides] + [f"figures/{name}" for name in sorted(figures)]
    files = [f"{file}.{kind}" for file in files for kind in ("png", "svg")]
    parts = {"deck.html": page(quotes).encode()} | {file: (folder / file).read_bytes() for file in files}
    if parts == packed(folder / "deck.zip"):
        return
    parts["deck.pdf"] = kt_pdf.pdf(slides)
    for name in ("deck.html", "deck.pdf"):
        (folder / name).write_bytes(parts[name])
    (folder / "deck.zip").write_bytes(pack(parts))


def packed(path: Path) -> dict[str, bytes]:
    """What the zip holds, without the PDF, which is made of the rest."""
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as old:
        return {name.partition("/")[2]: old.read(name) for name in old.namelist() if not name.endswith(".pdf")}


def pack(parts: dict[str, bytes]) -> bytes:
    """A zip of one folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(zipfile.ZipInfo(f"deck/{name}", LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def page(quotes: Quotes) -> str:
    """All cards on one page, side by side: a swipe, an arrow key or an address leads from one to the next."""
    box = kt_cards.search_box(quotes, ".kt-asked li", "one class, GPT, how sure …")
    cards = "".join(card_section(card, quotes) for card in quotes.cards.values())
    first = f'<section id="questions"><h1>{kt_slides.BOOK}</h1>{box}{kt_cards.contents(quotes)}</section>'
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{kt_slides.BOOK}: the deck</title><meta name="description" content="{ABOUT}">
<meta property="og:image" content="share.png"><link rel="icon" href="data:,">
<script>{THEME}</script>
<style>{style()}</style></head>
<body class="bd-article"><main tabindex="0" aria-label="Cards, side by side">{first}{cards}</main>
<a class="kt-all" href="#questions">Questions</a>
<script>{(ASSETS / "filter.js").read_text("utf-8")}</script></body></html>
"""


def card_section(card: Quote, quotes: Quotes) -> str:
    """One card, with the chapter it comes from in words, for there may be no network."""
    name = card.data["name"]
    inside = kt_cards.answer(card) + kt_cards.drawing(card, quotes) + kt_cards.limits(card)
    shown = escape(kt_slides.source(card, quotes))
    return (
        f'<section class="kt-pitch" id="{name}" tabindex="0"><h2>{escape(kt_cards.asked(card))}</h2>{inside}'
        f'<p class="kt-links">Shown in {shown}</p></section>'
    )


def style() -> str:
    """The site's palette, its look of cards, and what is the deck's own; the figures' font inside."""
    palette = re.search(r"^html \{.*?^\}", (ASSETS / "book.css").read_text("utf-8"), re.M | re.S)[0]
    cards = re.sub(r"url\(([\w-]+)\.woff2\)", font, (ASSETS / "quotes.css").read_text("utf-8"))
    parts = [palette, cards, (ASSETS / "print.css").read_text("utf-8"), (HERE / "deck.css").read_text("utf-8")]
    return re.sub(r"/\*.*?\*/", "", "\n".join(parts), flags=re.S)


def font(address: re.Match) -> str:
    """The font file itself in place of its address."""
    (path,) = (path for path in FONTS.values() if path.stem == address[1])
    out = io.BytesIO()
    small = TTFont(path, recalcTimestamp=False)
    small.flavor = "woff2"
    small.save(out)
    return f"url(data:font/woff2;base64,{base64.b64encode(out.getvalue()).decode()})"
