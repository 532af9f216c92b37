"""How the book draws: one font, two widths, and five colours whose meaning never changes.

truth (ink) · estimate (blue) · peer (orange) · prior (purple) · other (green)

On the page the text colour and the palette come from the page, light or dark. The font is cut from Source Sans 3 and
lies beside this file; the book's pages use the same one, so that a text is as wide there as it was measured here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib as mpl
import matplotlib.text
from matplotlib import font_manager

TRUTH = "#010203"  # stands for the page's text colour
PAPER = "#fdfdfc"  # stands for the page's ground
ESTIMATE, PEER, PRIOR, OTHER = "#0072b2", "#b84e00", "#8e106a", "#005a34"
QUIET = 0.62  # opacity of what is said in passing
DASHES = (0, (4, 3))

FONT = "kt-figure"
FONTS = {weight: Path(__file__).parent / "fonts" / f"kt-figure-{weight}.ttf" for weight in ("regular", "bold")}
SMALLEST = 7  # points: nine pixels on a phone 375 pixels wide

_BOTH = {
    "figure.dpi": 200,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.prop_cycle": mpl.cycler(color=[ESTIMATE, PEER, PRIOR, OTHER]),
    "axes.formatter.useoffset": False,
    "font.family": [FONT],
    "grid.alpha": 0.18,
    "legend.frameon": False,
    **{f"{side}tick.{level}.size": 0 for side in "xy" for level in ("major", "minor")},
    "svg.hashsalt": "ktlib",
    "svg.fonttype": "none",
    "text.hinting": "none",
    **{
        k: TRUTH
        for k in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
    },
}
_PAGE = {
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "font.size": 12,
    "figure.titlesize": 16,
    "axes.titlesize": 13,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
}
_PHONE = {
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.04,
    "font.size": 9,
    "figure.titlesize": 12,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.titlepad": 4,
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
}


@cache
def _load_fonts() -> None:
    """Tell matplotlib of the book's font, once a process; nothing else of it changes."""
    for path in FONTS.values():
        font_manager.fontManager.addfont(path)


@cache
def characters() -> frozenset[str]:
    """All characters that the font can write, in both weights."""
    maps = [set(font_manager.get_font(path).get_charmap()) for path in FONTS.values()]
    return frozenset(map(chr, maps[0] & maps[1]))


def style(narrow: bool = False):
    """Context manager: matplotlib as the book draws it, for a page or a phone. Use it around your own figures too."""
    _load_fonts()
    return mpl.rc_context(_BOTH | (_PHONE if narrow else _PAGE))


def halo(text: mpl.text.Text) -> mpl.text.Text:
    """Give a text a rim in the colour of the ground, so that lines drawn before it do not disturb it."""
    text.set_gid("halo")
    return text
