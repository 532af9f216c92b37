"""A figure: a function that draws on a `Page`, its finding in words, and two widths, a page's and a phone's."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogFormatter, NullFormatter
from PIL import Image

from .._checks import instance
from . import _clashes, _svg
from .quotes import MIME, check_name
from .style import style

WIDE, TALL = 7.2, 4.05  # inches: 16:9, a slide
NARROW, NARROW_ROW = 3.6, 2.9  # a phone's width, and the height of a single panel there
NARROW_STACKED = 1.75  # the height of each of several panels under one another
MARGIN = 0.02  # inches left of the headline
COLOURS = 48  # of the PNG's palette


class Page:
    """What a figure is drawn on. narrow: whether it is a phone's. fig: the matplotlib figure."""

    def __init__(self, narrow: bool):
        self.narrow = narrow
        self.fig = mpl.figure.Figure(figsize=(NARROW, NARROW_ROW) if narrow else (WIDE, TALL))
        FigureCanvasAgg(self.fig)
        self._rows_height = NARROW_ROW if narrow else None
        self._later: list[Callable[[], None]] = []

    def height(self, page: float | None = None, phone: float | None = None) -> None:
        """Set how tall the drawing is below its headline, in inches; None leaves it as it is."""
        height = phone if self.narrow else page
        self._rows_height = self._rows_height if height is None else height

    def panels(
        self,
        n: int = 1,
        columns: int | None = None,
        *,
        stacked: bool | int = True,
        sharex: bool | str = False,
        sharey: bool | str = False,
        height: float | None = None,
        ratios: Sequence[float] | None = None,
    ):
        """One axes, or for n > 1 an array of n axes in reading order.

        columns: side by side on a page, default all n. stacked: on a phone one below the other; False keeps the
        page's columns there, a number gives so many. sharex, sharey: as in matplotlib. height: inches of one row, at
        this width. ratios: widths of the columns, or heights of the rows where there is one column.
        """
        columns = columns or n
        if self.narrow and stacked:
            columns = int(stacked)
        rows = -(-n // columns)
        if self.narrow:
            height = height or (NARROW_ROW if rows == 1 else NARROW_STACKED)
        if height is not None:
            self._rows_height = rows * height
        along = "height_ratios" if columns == 1 else "width_ratios"
        if ratios is not None and len(ratios) != (rows if columns == 1 else columns):
            ratios = None  # a phone stacks what a page has side by side
        grid = self.fig.subplots(
            rows, columns, sharex=sharex, sharey=sharey, squeeze=False, **({along: ratios} if ratios else {})
        )
        for spare in grid.flat[n:]:
            spare.remove()
        return grid.flat[0] if n == 1 else np.array(grid.flat[:n])

    def later(self, place: Callable[[], None]) -> None:
        """Call `place` when the layout stands: for what is placed by lengths on the canvas."""
        self._later.append(place)

    def finish(self, finding: str) -> mpl.figure.Figure:
        """Write the headline, fit the height to it, lay everything out, and give the figure."""
        width = NARROW if self.narrow else WIDE
        title = self.fig.suptitle("", x=MARGIN / width, ha="left", fontweight="bold", linespacing=1)
        title.set_text("\n".join(_wrapped(self.fig, title, finding, (width - 2 * MARGIN) * self.fig.dpi)))
        if self._rows_height is not None:
            headline = title.get_window_extent().height / self.fig.dpi + 0.15
            self.fig.set_size_inches(width, self._rows_height + headline)
        for axes in self.fig.axes:
            for axis in (axes.xaxis, axes.yaxis):
                if isinstance(axis.get_major_formatter(), LogFormatter):
                    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
                    axis.set_minor_formatter(NullFormatter())
        for text in self.fig.findobj(Text):
            _clashes.check_writable(text.get_text())
        self.fig.get_layout_engine().execute(self.fig)
        self.fig.set_layout_engine("none")
        for place in self._later:
            place()
        return self.fig


def _wrapped(fig: mpl.figure.Figure, title: Text, text: str, width: float) -> list[str]:
    """The words in lines no wider than `width` pixels, the last not a word alone."""
    renderer = fig.canvas.get_renderer()

    def fits(words: list[str], room: float) -> bool:
        line = " ".join(words)
        return renderer.get_text_width_height_descent(line, title.get_fontproperties(), False)[0] <= room

    def lines_in(room: float) -> list[list[str]]:
        lines = [[]]
        for word in text.split():
            if lines[-1] and not fits([*lines[-1], word], room):
                lines.append([])
            lines[-1].append(word)
        return lines

    lines = lines_in(width)
    while len(lines) > 1 and len(lines[-1]) == 1 and len(lines_in(width * 0.95)) == len(lines):
        width *= 0.95
        lines = lines_in(width)
    return [" ".join(line) for line in lines]


class Figure:
    """A figure with its finding.

    draw: a function that draws on a `Page`; it is called once a width, so it must not change what it draws from.
    finding: the headline, a sentence with its number. alt: one or two sentences that say what is seen. name:
    lower-case with hyphens, when a pitch card or another page quotes it.
    """

    def __init__(self, draw: Callable[[Page], None], *, finding: str, alt: str, name: str | None = None):
        if not callable(draw):
            raise ValueError(f"draw = {draw!r}: give a function that draws on a page")
        instance(finding, str, "finding", "give the finding as text")
        if len(instance(alt, str, "alt", "say in a sentence what is seen").split()) < 5:
            raise ValueError(f"alt text {alt!r} must say in a sentence what is seen")
        if name is not None:
            check_name(name)
        self.draw, self.finding, self.alt, self.name = draw, finding, alt, name

    def fig(self, narrow: bool = False) -> mpl.figure.Figure:
        """Drawn now, as a matplotlib figure."""
        with style(narrow):
            page = Page(narrow)
            self.draw(page)
            return page.finish(self.finding)

    def svg(self, narrow: bool = False) -> str:
        """The drawing as text: the same on every machine, coloured by the page it stands in."""
        return self._made(narrow, _svg.write, self.alt)

    def png(self, narrow: bool = False) -> bytes:
        """The drawing as a picture in ink on white, at twice the size of a screen."""
        return self._made(narrow, _picture)

    def clashes(self, narrow: bool = False) -> list[str]:
        """What a reader would trip over, a sentence each: texts that overlap, are struck through, and such."""
        return self._made(narrow, _clashes.find)

    def _made(self, narrow: bool, make: Callable, *args):
        fig = self.fig(narrow)
        with style(narrow):
            return make(fig, *args)

    def _repr_mimebundle_(self, include=None, exclude=None):
        svg, clashes = {}, []
        for width, narrow in (("page", False), ("phone", True)):
            fig = self.fig(narrow)
            with style(narrow):
                clashes += [f"on a {width}: {clash}" for clash in _clashes.find(fig)]
                svg[width] = _svg.write(fig, self.alt)
                if not narrow:
                    png = _picture(fig)
        quote = {"kind": "figure", "name": self.name, "alt": self.alt, "finding": self.finding}
        bundle = {
            "text/plain": f"Figure: {self.alt}",
            "image/png": base64.b64encode(png).decode(),
            MIME: {**quote, "svg": svg, "clashes": clashes},
        }
        return bundle, {"image/png": {"width": round(WIDE * 100), "alt": self.alt}}


def _picture(fig: mpl.figure.Figure) -> bytes:
    """A PNG in ink on white, with a palette so small that it weighs little."""
    for text in fig.findobj(lambda artist: artist.get_gid() == "halo"):
        text.set_path_effects([withStroke(linewidth=_svg.RIM, foreground="white")])
    buffer = io.BytesIO()
    fig.savefig(buffer, format="raw", facecolor="white")
    size = fig.canvas.get_width_height()
    picture = Image.frombytes("RGBA", size, buffer.getvalue()).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, format="PNG", optimize=True)
    return out.getvalue()
