"""What a reader would trip over in a drawing: texts on texts, off the canvas, struck through, or too small.

A figure is drawn once on a `Recorder`, which keeps where every text and stroke came to lie and paints nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.cbook import is_math_text

from .style import SMALLEST, characters

SLACK = 0.7  # points by which every box is drawn in: what touches by less does not show
DOT = 24  # points: a filled shape up to this size is a dot, and no text may lie on it
FAINT, AREA = 0.15, 0.45  # opacity below which a stroke, or an area, is a shade behind a text


@dataclass(frozen=True)
class Writing:
    """One line of text. box: (left, bottom, right, top) before it is turned by `angle` degrees about (x, y)."""

    text: str
    x: float
    y: float
    angle: float
    box: np.ndarray
    order: int
    halo: bool
    points: float

    def turned(self, points: np.ndarray) -> np.ndarray:
        """Points of the canvas as they lie to this text were it level."""
        turn = np.deg2rad(-self.angle)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return (points - (self.x, self.y)) @ matrix

    def corners(self) -> np.ndarray:
        """The four corners on the canvas."""
        left, bottom, right, top = self.box
        turn = np.deg2rad(self.angle)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return np.array([(left, bottom), (right, bottom), (right, top), (left, top)]) @ matrix + (self.x, self.y)


@dataclass(frozen=True)
class Stroke:
    """A line, the edge of an area, or a dot. pieces: (n, 2 ends, 2), already cut to what its axes show."""

    pieces: np.ndarray
    width: float
    order: int


def check_writable(text: str) -> None:
    """Raise ValueError where a text is a formula, or has a sign that the book's font lacks."""
    if is_math_text(text):
        raise ValueError(f"a figure says {text!r}: write formulas as characters, such as θ, P(L₀), 10⁴, without $")
    if missing := sorted(set(text) - characters() - {"\n"}):
        raise ValueError(f"a figure says {text!r}: its font has no {' '.join(missing)}; choose another sign")


class Recorder(RendererBase):
    """A renderer that keeps texts and strokes, in pixels with the origin at the lower left."""

    def __init__(self, width: float, height: float, dpi: float):
        super().__init__()
        self.size, self.dpi = (width, height), dpi
        self.writings: list[Writing] = []
        self.strokes: list[Stroke] = []
        self._agg = RendererAgg(width, height, dpi)
        self._groups: list[str] = []
        self._count = 0

    def get_canvas_width_height(self):
        """Size in pixels."""
        return self.size

    def points_to_pixels(self, points):
        """Lengths as the figure's resolution has them."""
        return points * self.dpi / 72

    def get_text_width_height_descent(self, s, prop, ismath):
        """As Agg measures it."""
        return self._agg.get_text_width_height_descent(s, prop, ismath)

    def flipy(self):
        """The origin is below."""
        return False

    def open_group(self, s, gid=None):
        """Inside an axis' ticks, strokes are the grid: they disturb nobody."""
        self._groups.append(s)

    def close_group(self, s):
        """The end of a group."""
        self._groups.pop()

    def draw_image(self, gc, x, y, im, transform=None):
        """Pictures disturb no text."""

    def draw_path(self, gc, path, transform, rgbFace=None):
        """Keep a line, the edge of an area that is not faint, or a dot."""
        self._count += 1
        if {"xtick", "ytick"} & set(self._groups):
            return
        filled = rgbFace is not None and _opacity(gc, rgbFace) > AREA
        lined = gc.get_linewidth() > 0 and _opacity(gc, gc.get_rgb()) > FAINT
        if rgbFace is not None and tuple(rgbFace[:3]) == tuple(gc.get_rgb()[:3]):
            lined = False
        if not (filled or lined):
            return
        pieces = _pieces(path.cleaned(transform, remove_nans=True, simplify=False, curves=False))
        clip = gc.get_clip_rectangle()
        if clip is not None:
            pieces = _cut(pieces, np.asarray(clip.extents))
        if not len(pieces):
            return
        if filled and np.ptp(pieces.reshape(-1, 2), axis=0).max() < self.points_to_pixels(DOT):
            pieces = np.concatenate([pieces, _spokes(pieces)])
        self.strokes.append(Stroke(pieces, gc.get_linewidth() if lined else 0.0, self._count))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Keep a line of text; ValueError where it cannot be written in the book's font."""
        self._count += 1
        if not s.strip() or gc.get_alpha() == 0:
            return
        check_writable(s)
        width, height, descent = self.get_text_width_height_descent(s, prop, False)
        slack = self.points_to_pixels(SLACK)
        box = np.array([slack, slack - descent, width - slack, height - descent - slack])
        patch = mtext.get_bbox_patch() if mtext is not None else None
        shielded = mtext is not None and mtext.get_gid() == "halo"
        shielded |= patch is not None and patch.get_facecolor()[3] > 0.8
        self.writings.append(Writing(s, x, y, angle, box, self._count, shielded, prop.get_size_in_points()))


def _opacity(gc, colour) -> float:
    return gc.get_alpha() if gc.get_forced_alpha() or len(colour) < 4 else colour[3]


def _pieces(path) -> np.ndarray:
    """The straight pieces of a path without curves, (n, 2, 2)."""
    pieces, first, here = [], None, None
    for point, code in zip(path.vertices, path.codes, strict=True):
        if code == path.MOVETO:
            first = point
        elif code == path.LINETO:
            pieces.append((here, point))
        elif code == path.CLOSEPOLY:
            pieces.append((here, first))
            point = first
        here = point
    return np.array(pieces).reshape(-1, 2, 2)


def _spokes(pieces: np.ndarray) -> np.ndarray:
    """Lines from the middle of a dot to its rim, so that a text inside it is found too."""
    ends = pieces[:, 0]
    return np.stack([np.broadcast_to(ends.mean(0), ends.shape), ends], 1)


def _within(pieces: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From where to where along each piece, 0 to 1, it runs inside a box; nowhere if the first is not smaller."""
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    along = np.where(np.abs(along) < 1e-9, 1e-9, along)
    to = np.stack([(box[:2] - start) / along, (box[2:] - start) / along])
    return to.min(0).max(1).clip(0), to.max(0).min(1).clip(None, 1)


def _cut(pieces: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The parts of the pieces that lie inside a box."""
    enter, leave = _within(pieces, box)
    seen = enter < leave
    start, along = pieces[seen, 0], pieces[seen, 1] - pieces[seen, 0]
    return np.stack([start + enter[seen, None] * along, start + leave[seen, None] * along], 1)


def find(fig: mpl.figure.Figure) -> list[str]:
    """A sentence for each clash. fig: drawn under `style()`, which must hold here too."""
    width, height = fig.get_size_inches() * fig.dpi
    recorder = Recorder(width, height, fig.dpi)
    fig.draw(recorder)
    return [
        *_small(recorder.writings),
        *_outside(recorder.writings, recorder.size),
        *_overlapping(recorder.writings),
        *_struck(recorder.writings, recorder.strokes),
    ]


def _small(writings: list[Writing]) -> list[str]:
    return [
        f"{writing.text!r} is set in {writing.points:g} points; the smallest is {SMALLEST}"
        for writing in writings
        if writing.points < SMALLEST
    ]


def _outside(writings: list[Writing], size: tuple[float, float]) -> list[str]:
    return [
        f"{writing.text!r} leaves the canvas"
        for writing in writings
        if (writing.corners() < 0).any() or (writing.corners() > size).any()
    ]


def _overlapping(writings: list[Writing]) -> list[str]:
    return [
        f"{one.text!r} and {other.text!r} overlap"
        for one, other in combinations(writings, 2)
        if _touch(one, other) and _touch(other, one)
    ]


def _touch(one: Writing, other: Writing) -> bool:
    """Whether the box of a text meets the other's, measured along the first one's sides."""
    corners = one.turned(other.corners())
    return bool((corners.min(0) < one.box[2:]).all() and (corners.max(0) > one.box[:2]).all())


def _struck(writings: list[Writing], strokes: list[Stroke]) -> list[str]:
    return [
        f"{writing.text!r} is struck through by a line, a dot or an edge"
        for writing in writings
        if any(_crosses(stroke, writing) for stroke in strokes)
    ]


def _crosses(stroke: Stroke, writing: Writing) -> bool:
    if writing.halo and stroke.order < writing.order:
        return False
    left, bottom, right, top = writing.box
    half = stroke.width / 2
    box = np.array([left - half, bottom - half, right + half, top + half])
    enter, leave = _within(writing.turned(stroke.pieces.reshape(-1, 2)).reshape(-1, 2, 2), box)
    return bool((enter < leave).any())
