"""The strokes that figures share: bands, levels, direct labels, rows of dots and intervals, axes in per cent.

Each takes matplotlib's axes (or the `Page` where it must know the width), draws one thing, and knows nothing of the
others. Colours are those of `style`; sizes come from the page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .figure import Page
from .style import DASHES, ESTIMATE, PEER, QUIET, TRUTH, halo

# sides of a point, and how a text stands there: horizontal and vertical alignment, direction of the gap
SIDES = {
    "right": ("left", "center", 1, 0),
    "left": ("right", "center", -1, 0),
    "above": ("center", "bottom", 0, 1),
    "below": ("center", "top", 0, -1),
    "above right": ("left", "bottom", 0.7, 0.7),
    "above left": ("right", "bottom", -0.7, 0.7),
    "below right": ("left", "top", 0.7, -0.7),
    "below left": ("right", "top", -0.7, -0.7),
}
# corners and edges of the axes, as shares of its width and height, and the side on which a text stands there
PLACES = {
    "top left": (0.02, 0.98, "below right"),
    "top right": (0.98, 0.98, "below left"),
    "bottom left": (0.02, 0.02, "above right"),
    "bottom right": (0.98, 0.02, "above left"),
    "left": (0.02, 0.5, "right"),
    "right": (0.98, 0.5, "left"),
}


def band(ax, x, low, high, colour: str = ESTIMATE, alpha: float = 0.15) -> None:
    """The area between two lines, pale and without an edge."""
    ax.fill_between(x, low, high, color=colour, alpha=alpha, lw=0)


def sticks(ax, at, low, high, colour: str = ESTIMATE, *, upright: bool = True, width=1.2, alpha=0.45) -> None:
    """A straight stroke from low to high at each place, all as one path. upright: along y."""
    ends = np.column_stack([low, high, np.full(len(at), np.nan)]).ravel()
    at = np.repeat(np.asarray(at), 3)
    ax.plot(*((at, ends) if upright else (ends, at)), color=colour, lw=width, alpha=alpha, solid_capstyle="butt")


def level(ax, value: float, words: str = "", colour: str = TRUTH, *, upright=False, at: float = 0.99, side="above"):
    """A dashed line across the axes at a value; its words stand beside the line, never on it.

    upright: the line stands at a value of x. at: where along the line the words stand, 0 to 1, counted from the left or
    from below. side: "above" or "below" the line; for an upright one "left" or "right".
    """
    (ax.axvline if upright else ax.axhline)(value, color=colour, lw=1, ls=DASHES, alpha=0.7, zorder=1.5)
    if not words:
        return None
    if upright:
        side = side if side in ("left", "right") else "right"
        point, frame = (value, at), ax.get_xaxis_transform()
        align = {"ha": SIDES[side][0], "va": "top" if at > 0.6 else "bottom" if at < 0.4 else "center"}
    else:
        point, frame = (at, value), ax.get_yaxis_transform()
        align = {"ha": "right" if at > 0.6 else "left" if at < 0.4 else "center", "va": SIDES[side][1]}
    gap = [3 * step for step in SIDES[side][2:]]
    return halo(ax.annotate(words, point, gap, xycoords=frame, textcoords="offset points", color=colour, **align))


def label(ax, x, y, words: str, colour: str = TRUTH, side: str = "right", *, gap: float = 5, bold=True, **text):
    """Words beside a point, in the colour of what they name. side: one of `SIDES`. gap: points between the two."""
    ha, va, right, up = SIDES[side]
    look = {"color": colour, "ha": ha, "va": va, "fontweight": "bold" if bold else "normal", "zorder": 5} | text
    return halo(ax.annotate(words, (x, y), (gap * right, gap * up), textcoords="offset points", **look))


def pointer(ax, x, y, words: str, at: tuple[float, float], colour: str = TRUTH):
    """Words away from a point, with a hairline that leads to it. at: where their middle stands, as x and y."""
    line = {"arrowstyle": "-", "color": colour, "lw": 1, "shrinkA": 1, "shrinkB": 5}
    look = {"color": colour, "ha": "center", "va": "center", "fontweight": "bold", "zorder": 5}
    return halo(ax.annotate(words, (x, y), at, arrowprops=line, **look))


def note(ax, words: str, place: str = "top left", colour: str = TRUTH):
    """Quiet words in a corner of the axes. place: one of `PLACES`."""
    x, y, side = PLACES[place]
    return label(ax, x, y, words, colour, side, gap=0, bold=False, alpha=QUIET + 0.18, xycoords="axes fraction")


def key(ax, names: Iterable[tuple[str, str]], place: str = "top left") -> None:
    """What the colours mean, as bold words under one another in a corner. names: (words, colour) each."""
    names = list(names)
    x, y, side = PLACES[place]
    up = "above" in side
    for line, (words, colour) in enumerate(reversed(names) if up else names):
        text = label(ax, x, y, words, colour, side, gap=0, xycoords="axes fraction")
        text.set_position((0, (1 if up else -1) * line * text.get_fontsize() * 1.25))


def end_labels(page: Page, ax, ends: Iterable[tuple[float, float, str, str]], gap: float = 6) -> None:
    """Words right of the ends of lines, pushed apart so that none touches another. ends: (x, y, words, colour) each."""
    texts = [label(ax, x, y, words, colour, gap=gap) for x, y, words, colour in ends]

    def push_apart() -> None:
        """Move each up from the one below it, then the whole stack back by half of what it grew."""
        pixel = 72 / page.fig.dpi
        stack = sorted(texts, key=lambda text: text.get_window_extent().y0)
        boxes = [text.get_window_extent() for text in stack]
        bottoms = np.array([box.y0 for box in boxes]) * pixel
        heights = np.array([box.height for box in boxes]) * pixel
        apart = _apart(bottoms, heights + 1)
        for text, moved in zip(stack, apart - bottoms, strict=True):
            text.set_position((gap, moved))

    page.later(push_apart)


def _apart(bottoms: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Bottoms of boxes, lowest first, moved as little as needs be so that none reaches into the next."""
    groups: list[list[int]] = []
    places: list[float] = []
    for i in range(len(bottoms)):
        groups.append([i])
        places.append(bottoms[i])
        while len(groups) > 1 and places[-2] + heights[groups[-2]].sum() > places[-1]:
            last = groups.pop()
            groups[-1] += last
            places.pop()
            before = np.cumsum(heights[groups[-1]]) - heights[groups[-1]]
            places[-1] = float(np.mean(bottoms[groups[-1]] - before))
    out = np.empty(len(bottoms))
    for group, place in zip(groups, places, strict=True):
        out[group] = place + np.cumsum(heights[group]) - heights[group]
    return out


def rows(page: Page, ax, names: Sequence[str], phone: int = 16, wide: int = 28) -> None:
    """Names down the y axis, the first on top, in lines of at most `phone` or `wide` letters; no lines across."""
    letters = phone if page.narrow else wide
    ax.set_yticks(range(len(names)), [textwrap.fill(name, letters) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)


def dots(ax, values, colour: str = ESTIMATE, at=None, **marks) -> None:
    """A dot a row. at: the rows, default 0, 1, 2, …"""
    at = np.arange(len(values)) if at is None else at
    ax.plot(values, at, **{"ls": "", "marker": "o", "color": colour, "zorder": 3} | marks)


def paired_dots(ax, *columns, colours: Sequence[str] = (PEER, ESTIMATE), at=None) -> None:
    """Two or more values a row, a dot each, joined by a hairline. columns: the values, one for each colour."""
    table = np.array(columns, dtype=float)
    at = np.arange(table.shape[1]) if at is None else at
    sticks(ax, at, np.nanmin(table, 0), np.nanmax(table, 0), TRUTH, upright=False, width=1, alpha=0.3)
    for values, colour in zip(table, colours, strict=True):
        dots(ax, values, colour, at)


def intervals(ax, values, low, high, colour: str = ESTIMATE, at=None, *, upright: bool = False, **marks) -> None:
    """A dot a row with its interval; upright: a dot a column. at: rows or columns, default 0, 1, 2, …"""
    at = np.arange(len(values)) if at is None else np.asarray(at)
    sticks(ax, at, low, high, colour, upright=upright, width=2, alpha=0.7)
    look = {"ls": "", "marker": "o", "color": colour, "zorder": 3} | marks
    ax.plot(*((at, values) if upright else (values, at)), **look)


def bars(ax, values, words: Sequence[str], colour: str | Sequence[str] = ESTIMATE, at=None) -> None:
    """A bar a row, its number at its end, clear of it. words: the numbers as they are to be read."""
    at = np.arange(len(values)) if at is None else at
    colours = [colour] * len(values) if isinstance(colour, str) else colour
    ax.barh(at, values, color=colours, height=0.62)
    for value, row, text, shade in zip(values, at, words, colours, strict=True):
        label(ax, value, row, text, shade, "right" if value >= 0 else "left", gap=4)
    ax.grid(axis="y", visible=False)


def contours(ax, x, y, z, levels, words, colour: str = TRUTH):
    """Lines of equal height, each with its value written in a gap of the line. words: a value as text."""
    lines = ax.contour(x, y, z, levels=levels, colors=colour, linewidths=0.9)
    for text in ax.clabel(lines, fmt=words, inline=True, inline_spacing=3):
        halo(text).set_zorder(5)
    return lines


def diagonal(ax) -> None:
    """The dashed line on which both axes say the same."""
    ax.axline((0, 0), slope=1, color=TRUTH, lw=1, ls=DASHES, alpha=0.7, zorder=1.5)


def percent_axis(ax, axis: str = "y", digits: int = 0) -> None:
    """Shares from 0 to 1 as 0% to 100%."""
    getattr(ax, f"{axis}axis").set_major_formatter(FuncFormatter(lambda value, _: f"{value:.{digits}%}"))


def ticks(ax, axis: str, values: Sequence[float], words: Sequence[str] | None = None) -> None:
    """These ticks and no others, on a log scale too. words: default the numbers, thousands with a comma."""
    words = [f"{value:,.10g}" for value in values] if words is None else words
    the_axis = getattr(ax, f"{axis}axis")
    the_axis.set_major_locator(FixedLocator(values))
    the_axis.set_minor_locator(NullLocator())
    the_axis.set_ticklabels(words)


def answers(right: Iterable) -> list[str]:
    """Answers as signs: ✓ for a right one, ✗ for a wrong one."""
    return ["✓" if one else "✗" for one in right]


def key_below(page: Page, names: Iterable[tuple[str, str]], words: str = "", columns: int | None = None) -> None:
    """What the colours mean, as bold words below all panels, under quiet words. names: (words, colour) each."""
    names = list(names)
    marks = [Line2D([], [], marker="o", ls="", color=colour) for _, colour in names]
    box = page.fig.legend(
        marks,
        [text for text, _ in names],
        loc="outside lower center",
        ncols=columns or (min(2, len(names)) if page.narrow else len(names)),
        labelcolor="linecolor",
        title=textwrap.fill(words, 58 if page.narrow else 100) or None,
        title_fontsize="small" if page.narrow else "medium",
        handletextpad=0.1,
        columnspacing=1.2,
        borderaxespad=0,
    )
    box.get_title().set(alpha=QUIET + 0.18, ha="center")
    for text in box.get_texts():
        text.set_fontweight("bold")


def names_with_room(page: Page, ax, points: np.ndarray, names: Sequence[str], colours: Sequence[str]) -> None:
    """Names beside their points, the farthest out first, as many as touch neither a point nor another name."""

    def place() -> None:
        frame, reach = ax.get_window_extent(), ax.figure.dpi * 5 / 72
        taken = [(x - reach, y - reach, x + reach, y + reach) for x, y in ax.transData.transform(points)]
        for k in np.argsort(-np.linalg.norm(points - np.median(points, axis=0), axis=1)):
            for side in ("right", "left"):
                text = label(ax, *points[k], names[k], colours[k], side, gap=6, bold=False, fontsize=7.5)
                x0, y0, x1, y1 = text.get_window_extent().extents
                others = taken[:k] + taken[k + 1 :]
                free = all(x1 < a or c < x0 or y1 < b or d < y0 for a, b, c, d in others)
                if free and frame.x0 < x0 and x1 < frame.x1:
                    taken.append((x0, y0, x1, y1))
                    break
                text.remove()

    page.later(place)
