"""Slides as a PDF: each drawn anew from its SVG, in lines and areas, with its words where a search finds them.

It draws what the book's own figures and slides are made of (paths, rectangles, texts, `use`, nested drawings, clips),
which is a small part of SVG; matplotlib writes the pages.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

import matplotlib as mpl
import numpy as np
from kt_slides import BOOK, HEIGHT, WIDTH, Slide
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, TransformedPath

from ktlib.show.style import FONTS

INCHES = 13.333  # across, as slides are
POINTS = 72 * INCHES / WIDTH  # in a pixel of a slide
HREF = "{http://www.w3.org/1999/xlink}href"
CODES = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3, "C": Path.CURVE4}
MOVES = {"translate": "translate", "rotate": "rotate_deg", "scale": "scale"}


def pdf(slides: list[Slide]) -> bytes:
    """All slides, a page each; the same bytes from the same slides."""
    out = io.BytesIO()
    dated = {"CreationDate": None, "Title": BOOK}
    with mpl.rc_context({"pdf.fonttype": 42, "lines.scale_dashes": False}), PdfPages(out, metadata=dated) as pages:
        for slide in slides:
            pages.savefig(page(slide))
    return out.getvalue()


def page(slide: Slide) -> Figure:
    """One slide as a matplotlib figure."""
    figure = Figure(figsize=(INCHES, INCHES * HEIGHT / WIDTH))
    FigureCanvasPdf(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    Drawing(ElementTree.fromstring(slide.svg()), axes).draw()
    return figure


@dataclass
class Drawing:
    """An SVG and the axes that it is drawn on, one unit a pixel of the slide."""

    root: ElementTree.Element
    axes: mpl.axes.Axes
    named: dict[str, ElementTree.Element] = field(default_factory=dict)

    def __post_init__(self):
        self.named = {node.get("id"): node for node in self.root.iter() if node.get("id")}

    def draw(self) -> None:
        """Everything."""
        for child in self.root:
            self.put(child, Affine2D(), look_of(self.root), None)

    def put(self, node, place: Affine2D, look: dict, clip: TransformedPath | None) -> None:
        """One element and what is in it. place: from its parent's units to the slide's."""
        kind = node.tag.rpartition("}")[2]
        look = look | look_of(node)
        place = moved(node) + place
        if "clip-path" in node.attrib:
            (inside,) = self.named[node.get("clip-path")[5:-1]]
            clip = TransformedPath(outline(inside), place + self.axes.transData)
        if kind == "svg":
            place = fitted(node) + place
        if kind == "use":
            at = Affine2D().translate(float(node.get("x", 0)), float(node.get("y", 0)))
            self.put(self.named[node.get(HREF)[1:]], at + place, look, clip)
        elif kind in ("path", "rect"):
            self.paint(outline(node), place, look, clip)
        elif kind == "text":
            self.write(node, place, look)
        elif kind in ("svg", "g"):
            for child in node:
                self.put(child, place, look, clip)
        elif kind != "defs":
            raise ValueError(f"a slide has <{kind}>, which kt_pdf does not draw")

    def write(self, node, place: Affine2D, look: dict) -> None:
        """A text, in the book's font."""
        x, y = place.transform((float(node.get("x", 0)), float(node.get("y", 0))))
        (a, _, _), (b, _, _), _ = place.get_matrix()
        size = float(look["font-size"].removesuffix("px")) * np.hypot(a, b) * POINTS
        bold = look.get("font-weight") in ("700", "bold")
        self.axes.text(
            x,
            y,
            node.text or "",
            fontproperties=FontProperties(fname=FONTS["bold" if bold else "regular"], size=size),
            color=look.get("fill", "black"),
            alpha=float(look.get("opacity", 1)) * float(look.get("fill-opacity", 1)),
            ha={"middle": "center", "end": "right"}.get(look.get("text-anchor"), "left"),
            va="baseline",
            rotation=-np.degrees(np.arctan2(b, a)),
            rotation_mode="anchor",
            parse_math=False,
        )

    def paint(self, path: Path, place: Affine2D, look: dict, clip: TransformedPath | None) -> None:
        """A path's area and its line; the line first where it is a halo."""
        opacity = float(look.get("opacity", 1))
        area = {
            "facecolor": look.get("fill", "black"),
            "edgecolor": "none",
            "alpha": opacity * float(look.get("fill-opacity", 1)),
            "linewidth": 0,
        }
        line = {
            "facecolor": "none",
            "edgecolor": look.get("stroke", "none"),
            "alpha": opacity * float(look.get("stroke-opacity", 1)),
            "capstyle": {"square": "projecting"}.get(look.get("stroke-linecap"), look.get("stroke-linecap", "butt")),
            "joinstyle": look.get("stroke-linejoin", "miter"),
        }
        unit = POINTS * np.sqrt(abs(np.linalg.det(place.get_matrix())))
        line["linewidth"] = float(look.get("stroke-width", "1").removesuffix("px")) * unit
        if dashes := [float(part) * unit for part in re.findall(r"[\d.]+", look.get("stroke-dasharray", ""))]:
            line["linestyle"] = (float(look.get("stroke-dashoffset", 0)) * unit, dashes)
        layers = [area, line]
        for layer in layers[::-1] if look.get("paint-order") == "stroke" else layers:
            if (layer["facecolor"], layer["edgecolor"]) != ("none", "none"):
                patch = PathPatch(path, transform=place + self.axes.transData, **layer)
                self.axes.add_artist(patch)
                if clip is not None:
                    patch.set_clip_path(clip)


def look_of(node) -> dict:
    """What an element says of its looks, in its style and in its attributes."""
    styled = (part.split(":", 1) for part in node.get("style", "").split(";") if ":" in part)
    own = {name.strip(): value.strip() for name, value in styled}
    plain = {name: node.get(name) for name in ("fill", "stroke", "stroke-width") if node.get(name)}
    return plain | own


def moved(node) -> Affine2D:
    """Its transform."""
    out = Affine2D()
    for name, given in reversed(re.findall(r"(\w+)\(([^)]*)\)", node.get("transform", ""))):
        values = [float(v) for v in re.findall(r"-?[\d.]+", given)]
        if name == "rotate" and len(values) == 3:
            out.rotate_deg_around(*values[1:], values[0])
        else:
            getattr(out, MOVES[name])(*values)
    return out


def fitted(node) -> Affine2D:
    """From the units of a nested drawing to those around it: as large as fits, in the middle or at the corner."""
    x0, y0, across, down = (float(v) for v in node.get("viewBox").split())
    x, y, w, h = (float(node.get(name)) for name in ("x", "y", "width", "height"))
    scale = min(w / across, h / down)
    spare = 0 if node.get("preserveAspectRatio") else 0.5
    at = x + spare * (w - across * scale), y + spare * (h - down * scale)
    return Affine2D().translate(-x0, -y0).scale(scale).translate(*at)


def outline(node) -> Path:
    """A path or a rectangle as matplotlib has it."""
    if node.get("d") is None:
        x, y, w, h = (float(node.get(name, 0)) for name in ("x", "y", "width", "height"))
        return Path([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True)
    points, codes = [(0.0, 0.0)], []
    for letter, given in re.findall(r"([A-Za-z])([^A-Za-z]*)", node.get("d")):
        values = [float(v) for v in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", given)]
        if letter in "Zz":
            points.append(points[-1])
            codes.append(Path.CLOSEPOLY)
        elif letter in "HV":
            points += [(v, points[-1][1]) if letter == "H" else (points[-1][0], v) for v in values]
            codes += [Path.LINETO] * len(values)
        else:
            points += zip(values[::2], values[1::2], strict=True)
            codes += [CODES[letter]] * (len(values) // 2)
    return Path(points[1:], codes)
