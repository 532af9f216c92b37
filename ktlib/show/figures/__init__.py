"""Every figure that is quoted anywhere: data in, `Figure` out.

A `Figure` shows itself as inline SVG that follows the page's text colour and its light or dark palette, and carries
its finding as alternative text. Colours have fixed meanings:

truth (ink) · estimate (blue) · peer (orange) · prior (purple) · other (green)
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import textwrap

import matplotlib as mpl
import matplotlib.pyplot as plt

from ..._checks import instance
from ..quotes import MIME, check_name

TRUTH = "#010203"  # replaced by the page's text colour
ESTIMATE, PEER, PRIOR, OTHER = "#0072b2", "#b84e00", "#a64d79", "#007a59"
_VARIABLES = {ESTIMATE: "--kt-estimate", PEER: "--kt-peer", PRIOR: "--kt-prior", OTHER: "--kt-other"}

_STYLE = {
    "figure.figsize": (7.2, 4.05),  # 16:9, a slide
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.labelsize": 12,
    "grid.alpha": 0.18,
    "font.size": 12,
    "lines.linewidth": 2.2,
    "legend.frameon": False,
    "svg.hashsalt": "ktlib",
    "svg.fonttype": "path",
    "axes.prop_cycle": mpl.cycler(color=[ESTIMATE, PEER, PRIOR, OTHER]),
    **{
        k: TRUTH
        for k in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
    },
}


def style():
    """Context manager: matplotlib as the book draws it. Use it around your own figures too."""
    return mpl.rc_context(_STYLE)


def headline(fig: mpl.figure.Figure, finding: str) -> None:
    """Write the finding above the whole figure, in lines that fit."""
    instance(fig, mpl.figure.Figure, "fig", "give a matplotlib figure")
    instance(finding, str, "finding", "give the finding as text")
    fig.suptitle(textwrap.fill(finding, 58), x=0.01, ha="left", fontsize=14, fontweight="bold")


class Figure:
    """A finished figure with its finding in words.

    fig: a matplotlib figure drawn under `style()`. alt: one or two sentences that state the finding. name: lower-case
    with hyphens, when a pitch card or another page quotes it. `svg()` gives the drawing as text.
    """

    def __init__(self, fig: mpl.figure.Figure, alt: str, name: str | None = None):
        instance(fig, mpl.figure.Figure, "fig", "give a matplotlib figure")
        if len(instance(alt, str, "alt", "give the finding as text").split()) < 5:
            raise ValueError(f"alt text {alt!r} must state the finding in a sentence")
        if name is not None:
            check_name(name)
        self.fig, self.alt, self.name = fig, alt, name
        plt.close(fig)

    def svg(self) -> str:
        """The drawing as text: the same on every machine, coloured by the page it stands in."""
        buffer = io.StringIO()
        with style():
            self.fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        svg = buffer.getvalue()
        svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.S)
        svg = re.sub(r"\d+\.\d{3,}", _shorten, svg)
        svg = svg.replace(TRUTH, "currentColor")
        for colour, variable in _VARIABLES.items():
            svg = svg.replace(colour, f"var({variable}, {colour})")
        svg = re.sub(r"\s*\n\s*", " ", svg)
        prefix = "f" + hashlib.sha1(svg.encode()).hexdigest()[:6] + "-"
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
        svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", svg)
        svg = re.sub(r'(href="#|url\(#)', lambda m: m[1] + prefix, svg)
        box = re.search(r'viewBox="([^"]+)"', svg)[1]
        head = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{box}" role="img" aria-label="{html.escape(self.alt)}">'
        )
        return re.sub(r"<svg [^>]*>", lambda m: head, svg, count=1)

    def _repr_mimebundle_(self, include=None, exclude=None):
        at = f' id="figure-{self.name}"' if self.name else ""
        bundle = {
            "text/plain": f"Figure: {self.alt}",
            "text/html": f'<div class="kt-figure"{at} style="max-width:840px">{self.svg()}</div>',
        }
        if self.name:
            bundle[MIME] = {"kind": "figure", "name": self.name, "alt": self.alt}
        return bundle


def _shorten(number: re.Match) -> str:
    """Two decimals for lengths, five for factors below one: enough for the eye, and the same on every machine."""
    value = float(number[0])
    return f"{value:.{2 if value >= 1 else 5}f}".rstrip("0").rstrip(".")
