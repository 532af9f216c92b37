"""The figure of the page on benchmarks: how long EM takes in each program, as `benchmarks/em_speed.py` stored it."""

from __future__ import annotations

from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PAPER, PEER, TRUTH

SECONDS = (0.001, 0.01, 0.1, 1, 10, 100)
OURS = ("ktlib", "ktlib-plain")


def em_speed(report: dict) -> Figure:
    """Seconds a fit, a row a program and a panel a size; scaled-up times are hollow. report: em_speed.json."""
    names = list(report["programs"])
    labels = [report["programs"][name]["label"] for name in names]
    sizes = report["sizes"]
    last = {name: values["median_seconds"] for name, values in sizes[-1]["times"].items()}
    ours, peer = last["ktlib"], min(seconds for name, seconds in last.items() if name not in OURS)

    def draw(page: Page) -> None:
        panels = page.panels(len(sizes), columns=2, sharex=True, sharey=True, height=2.2 if page.narrow else 2.4)
        for ax, size in zip(panels, sizes, strict=True):
            strokes.rows(page, ax, labels, phone=24)
            for row, name in enumerate(names):
                if name in size["times"]:
                    _dot(ax, size, name, row)
                else:
                    strokes.label(ax, SECONDS[0], row, "left out", TRUTH, gap=0, bold=False)
            ax.set(xscale="log", xlim=(0.0007, 700), title=_words(size))
            strokes.ticks(ax, "x", SECONDS[::2] if page.narrow else SECONDS)
        page.fig.supxlabel("seconds a fit; hollow: scaled up")

    return Figure(
        draw,
        finding=f"{sizes[-1]['students']:,} students: {ours:.1f} seconds with ktlib, {peer:.0f} with the next",
        alt=f"Seconds that EM takes in {len(names)} programs at {len(sizes)} sizes, on a log scale. With "
        f"{sizes[0]['students']} students compiled programs are level; the more students, the further ktlib is ahead.",
        name="em-speed",
    )


def _dot(ax, size: dict, name: str, row: int) -> None:
    """One program's time; hollow if only some steps were timed."""
    values = size["times"][name]
    colour = ESTIMATE if name in OURS else PEER
    fill = colour if values["steps"] == size["steps"] else PAPER
    strokes.dots(ax, [values["median_seconds"]], colour, [row], markerfacecolor=fill)


def _words(size: dict) -> str:
    each = size["answers_each"]
    return f"{size['students']:,} × {each if isinstance(each, int) else f'{each[0]} to {each[1]}'} answers"
