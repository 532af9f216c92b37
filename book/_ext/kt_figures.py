"""Figures on a page: both widths as inline SVG, of which a style sheet shows one, and a quiet line beneath."""

from __future__ import annotations

import re
from pathlib import Path

from fontTools.ttLib import TTFont

from ktlib.show.quotes import MIME
from ktlib.show.style import FONTS


def place(notebook: dict, stem: str) -> None:
    """In a chapter's copy, let each figure show as the page has it, and give those without a name one of the chapter.

    What other viewers show, a PNG, stays out of the page.
    """
    bundles = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    for number, bundle in enumerate((b for b in bundles if "svg" in b.get(MIME, {})), 1):
        quote = bundle[MIME]
        quote["name"] = quote["name"] or f"{stem.replace('_', '-')}-{number}"
        bundle.pop("image/png", None)
        bundle["text/html"] = markup(quote, code=True)


def write_fonts(folder: Path) -> None:
    """The font that figures are measured in, as the pages load it."""
    for path in FONTS.values():
        font = TTFont(path, recalcTimestamp=False)
        font.flavor = "woff2"
        font.save(folder / f"{path.stem}.woff2")


def markup(quote: dict, prefix: str = "", *, links: bool = True, code: bool = False) -> str:
    """A figure as HTML. prefix: keeps it apart from the same one elsewhere on the page; without, it can be linked to.

    links: downloads beneath, for a page one folder down. code: a button for the code, which book.js wakes.
    """
    drawings = "".join(_drawing(svg, width, prefix) for width, svg in quote["svg"].items())
    at = "" if prefix else f' id="figure-{quote["name"]}"'
    return f'<figure class="kt-figure"{at}>{drawings}{_line(quote["name"], code) if links else ""}</figure>'


def _drawing(svg: str, width: str, prefix: str) -> str:
    """One width, in a box that keeps its shape, so that a browser need not draw what is far down the page."""
    if prefix:
        svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    across, down = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    return f'<div class="kt-{width}" style="aspect-ratio:{across}/{down}">{svg}</div>'


def _line(name: str, code: bool) -> str:
    button = '<button type="button" class="kt-code" hidden>code</button>' if code else ""
    files = "".join(
        f'<a href="../figures/{name}.{kind}" download aria-label="figure as {kind.upper()}">{kind.upper()}</a>'
        for kind in ("png", "svg")
    )
    return f'<figcaption class="kt-links">{button}{files}</figcaption>'
