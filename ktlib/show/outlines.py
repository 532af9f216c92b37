"""A figure's SVG for places that do not have the book's font: every letter as an outline."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.textpath import TextPath

from .style import FONTS

_STROKES = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
_POINTS = {1: 1, 2: 1, 3: 2, 4: 3, 79: 0}
_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}


def outlined(svg: str) -> str:
    """The drawing with its texts as paths; everything else stays as it is."""
    return re.sub(r"<text ([^>]*)>([^<]*)</text>", _outline, svg)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How far the pen moves along the text, in the unit of `size`: what a browser anchors by."""
    return sum(_advance(letter, bold) for letter in text) * size


@cache
def _advance(letter: str, bold: bool) -> float:
    """How far the pen moves along one letter of size 1."""
    face = get_font(_font(bold))
    return face.load_char(ord(letter), flags=LoadFlags.NO_SCALE).horiAdvance / face.units_per_EM


def _outline(text: re.Match) -> str:
    """One text: its outline, moved to where the text stands."""
    attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', text[1]))
    look = dict(part.split(": ", 1) for part in attributes.pop("style").split("; "))
    size = float(look.pop("font-size").removesuffix("px"))
    bold, said = look.pop("font-weight", "") in ("700", "bold"), html.unescape(text[2])
    path = TextPath((0, 0), said, size=size, prop=FontProperties(fname=_font(bold)))
    x = float(attributes.pop("x", 0)) - _ANCHORS[look.pop("text-anchor", "start")] * width(said, size, bold=bold)
    y = float(attributes.pop("y", 0))
    place = f"{attributes.pop('transform', '')} translate({x:.2f} {y:.2f})".strip()
    style = "; ".join(f"{key}: {value}" for key, value in look.items())
    return f'<path transform="{place}" d="{_strokes(path)}"' + (f' style="{style}"/>' if style else "/>")


def _font(bold: bool) -> Path:
    return FONTS["bold" if bold else "regular"]


def _strokes(path: TextPath) -> str:
    """The path as SVG writes it, y downwards."""
    out, codes, i = [], path.codes, 0
    while i < len(codes):
        n = _POINTS[codes[i]]
        points = path.vertices[i : i + n]
        out.append(_STROKES[codes[i]] + " ".join(f"{a:.2f} {-b:.2f}" for a, b in points))
        i += n or 1
    return "".join(out)
