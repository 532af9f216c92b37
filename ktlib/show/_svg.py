"""A matplotlib figure as a small SVG: the same on every machine, text as text, coloured by the page it stands in."""

from __future__ import annotations

import hashlib
import html
import io
import re

import matplotlib as mpl
import matplotlib.figure

from .style import ESTIMATE, FONT, OTHER, PAPER, PEER, PRIOR, TRUTH

RIM = 3  # width of a halo, in points
_COLOURS = {
    TRUTH: "currentColor",
    ESTIMATE: f"var(--kt-estimate,{ESTIMATE})",
    PEER: f"var(--kt-peer,{PEER})",
    PRIOR: f"var(--kt-prior,{PRIOR})",
    OTHER: f"var(--kt-other,{OTHER})",
    PAPER: f"var(--kt-paper,{PAPER})",
}


def write(fig: mpl.figure.Figure, alt: str) -> str:
    """The drawing. fig: drawn under `style()`, which must hold here too. alt: read aloud in its place."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r"\d+\.\d{3,}", _shorten, svg)
    svg = re.sub(r"<text style=\"([^\"]*)\"", _text, svg)
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>|<defs>\s*</defs>', "", svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    svg = re.sub(r'<g id="halo">(.*?)</g>', _rim, svg, flags=re.S)
    for colour, variable in _COLOURS.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    return _head(_unwrap(_own_ids(svg)), alt)


def _shorten(number: re.Match) -> str:
    """Two decimals for lengths, five for factors below one: enough for the eye, and the same on every machine."""
    value = float(number[0])
    return f"{value:.{2 if value >= 1 else 5}f}".rstrip("0").rstrip(".")


def _text(tag: re.Match) -> str:
    """A text without what need not be said: the family stands once, at the top."""
    style = re.sub(rf"font-family: [^;]*; |; text-anchor: start|; fill: {TRUTH}", "", tag[1])
    return f'<text style="{style}"'


def _rim(group: re.Match) -> str:
    rim = f'style="paint-order: stroke; stroke: {PAPER}; stroke-width: {RIM}px; stroke-linejoin: round; '
    return "<g>" + group[1].replace('style="', rim) + "</g>"


def _own_ids(svg: str) -> str:
    """Ids that are used get a prefix of the drawing's own, so that drawings can share a page; the others go."""
    prefix = "f" + hashlib.sha1(svg.encode()).hexdigest()[:6]
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    short = {name: f"{prefix}-{number}" for number, name in enumerate(used)}
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{short[m[1]]}"' if m[1] in short else "", svg)
    return re.sub(r'(href="#|url\(#)([^")]+)', lambda m: m[1] + short[m[2]], svg)


def _unwrap(svg: str) -> str:
    """Drop groups that say nothing."""
    out, silent = [], []
    for piece in re.split(r"(<g>|<g [^>]*>|</g>)", re.sub(r">\s+<", "><", svg).replace("<g/>", "")):
        if piece.startswith("<g"):
            silent.append(piece == "<g>")
        if not (piece == "<g>" or (piece == "</g>" and silent.pop())):
            out.append(piece)
    return "".join(out)


def _head(svg: str, alt: str) -> str:
    box = re.search(r'viewBox="([^"]+)"', svg)[1]
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}" font-family="{FONT}, sans-serif" fill="currentColor" role="img" '
        f'aria-label="{html.escape(alt)}">'
    )
    return re.sub(r"<svg [^>]*>", lambda m: head, svg, count=1)
