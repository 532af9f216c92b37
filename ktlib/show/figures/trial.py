"""NB-16's figures: what an experiment by class sees, how many schools it takes, and how it cries wolf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...studies.class_spread import ClassSpread
from ...studies.four_arms import Arms
from ...studies.peeking import Peeking
from ...studies.trial_power import Cell
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR

HOW = {
    "students": ("students counted", PEER),
    "mixed": ("mixed model", PRIOR),
    "classes": ("classes counted", ESTIMATE),
}
RULES = {
    "none": ("usual bound each time", PEER),
    "pocock": ("Pocock", PRIOR),
    "obrien-fleming": ("O'Brien and Fleming", ESTIMATE),
}


def wolf(cells: Sequence[Cell]) -> Figure:
    """How often trials without effect find one, by classes in an arm and by what is counted."""
    by = {how: [cell for cell in cells if cell.how == how] for how in HOW if any(cell.how == how for cell in cells)}
    sizes = sorted({cell.design.classes_per_arm for cell in cells})
    most = max(cell.counted.share for cell in by["students"])

    def draw(page: Page) -> None:
        ax = page.panels()
        for place, (how, found) in enumerate(by.items()):
            at = [sizes.index(cell.design.classes_per_arm) + 0.14 * (place - 1) for cell in found]
            values = ([getattr(c.counted, name) for c in found] for name in ("share", "low", "high"))
            strokes.intervals(ax, *values, HOW[how][1], at, upright=True)
        strokes.level(ax, 0.05, "promised: 5%", at=0.24)
        ax.set(ylim=(0, max(0.6, most + 0.1)), xlim=(-0.5, len(sizes) - 0.5), xlabel="classes in each arm")
        strokes.ticks(ax, "x", range(len(sizes)), [str(size) for size in sizes])
        strokes.percent_axis(ax)
        n = {cell.counted.n for cell in by["classes"]}
        strokes.key_below(
            page, [HOW[how] for how in by], f"Trials without effect that find one; {min(n):,} trials each"
        )

    said = "; ".join(
        f"{HOW[how][0]}: " + ", ".join(f"{c.counted.share:.0%}" for c in found) for how, found in by.items()
    )
    return Figure(
        draw,
        finding=f"Count students where classes drew lots: {most:.0%} of useless trials succeed",
        alt="Share of trials without effect that find one, with "
        f"{', '.join(map(str, sizes))} classes in an arm. {said}.",
        name="wolf",
    )


def spread(found: ClassSpread) -> Figure:
    """How a real result's variance is shared out, with 95% intervals."""
    parts = found.spread
    rows = {
        "between schools": (parts.school, found.interval("school")),
        "between classes of a school": (parts.group, found.interval("group")),
        "both together": (parts.icc, found.interval("icc")),
    }

    def draw(page: Page) -> None:
        ax = page.panels(height=2.2 if page.narrow else 2.6)
        values, ends = [value for value, _ in rows.values()], np.transpose([pair for _, pair in rows.values()])
        strokes.intervals(ax, values, *ends)
        for row, (value, (_, high)) in enumerate(rows.values()):
            strokes.label(ax, high, row, f"{value:.0%}", ESTIMATE)
        strokes.rows(page, ax, list(rows), wide=30)
        ax.set(xlim=(0, 0.6), xlabel=f"share of variance, 95%; {parts.classes} classes, {parts.schools} schools")
        strokes.percent_axis(ax, "x")

    return Figure(
        draw,
        finding=f"{parts.icc:.0%} of the differences between students are differences between classes",
        alt="Share of the variance of mathematics results in TIMSS 2007, Russia, grade 8: "
        + ", ".join(f"{name} {value:.0%} ({low:.0%} to {high:.0%})" for name, (value, (low, high)) in rows.items())
        + ".",
        name="class-spread",
    )


def counted(cells: Sequence[Cell], curves: Mapping[int, Sequence[float]], effects: Sequence[float]) -> Figure:
    """Power by effect: computed as lines, counted as dots. curves: schools -> computed power at `effects`."""
    colours = dict(zip(curves, (PEER, PRIOR, ESTIMATE), strict=False))
    n = cells[0].counted.n
    worst = max(abs(cell.counted.share - cell.computed) for cell in cells)

    def draw(page: Page) -> None:
        ax = page.panels()
        for schools, values in curves.items():
            ax.plot(effects, values, color=colours[schools])
            at = int(np.argmin(np.abs(np.array(values) - 0.55)))
            strokes.label(ax, effects[at], values[at], f"{schools} schools", colours[schools], "below right")
        for cell in cells:
            ax.plot(cell.effect, cell.counted.share, "o", color=colours[cell.design.schools], zorder=3)
        strokes.level(ax, 0.8, "four cases of five", at=0.01)
        ax.set(xlim=(0, max(effects)), ylim=(0, 1.06), xlabel=f"true effect, sd; a dot: {n:,} trials counted")
        strokes.percent_axis(ax)

    return Figure(
        draw,
        finding=f"Counted and computed power differ by at most {100 * worst:.1f} points",
        alt="Share of trials that find an effect, by its size, for "
        + ", ".join(f"{schools} schools" for schools in curves)
        + f". Dots of {n:,} simulated trials lie on the computed lines.",
        name="power-counted",
    )


def schools(lines: Mapping[str, Sequence[int]], effects: Sequence[float], chosen: str, at: float) -> Figure:
    """Schools that see an effect in four cases of five, by its size. lines: plan -> schools at `effects`."""
    colours = dict(zip(lines, (PEER, PRIOR, ESTIMATE, OTHER), strict=False))
    place = list(effects).index(at)
    answer = lines[chosen][place]

    def draw(page: Page) -> None:
        ax = page.panels(height=3.9 if page.narrow else None)
        for name, values in lines.items():
            ax.plot(effects, values, color=colours[name])
            ax.plot(at, values[place], "o", color=colours[name], zorder=3)
            side = "above right" if values[place] >= answer else "below left"
            strokes.label(ax, at, values[place], f"{values[place]:,}", colours[name], side)
        ax.set(xscale="log", yscale="log", xlabel="true effect, standard deviations", ylabel="schools")
        strokes.ticks(ax, "x", [0.05, 0.1, 0.2, 0.3])
        strokes.ticks(ax, "y", [10, 30, 100, 300, 1000, 3000])
        strokes.key_below(page, [(name, colours[name]) for name in lines], columns=1 if page.narrow else 2)

    return Figure(
        draw,
        finding=f"{answer} schools see a tenth of a standard deviation in four cases of five",
        alt=f"Schools that find an effect with 80%, by its size. At {at:g} standard deviations: "
        + ", ".join(f"{name} {values[place]:,}" for name, values in lines.items())
        + ".",
        name="schools-needed",
    )


def arms(found: Sequence[Arms]) -> Figure:
    """What each learning model of the simulated school makes of the four arms: contrasts, with 95% intervals."""
    rows = ("personalisation", "immediate feedback", "both - control")
    colours = dict(zip((one.learning for one in found), (PEER, PRIOR, ESTIMATE), strict=False))
    least, most = (pick(one.effect["both - control"] for one in found) for pick in (min, max))

    def draw(page: Page) -> None:
        ax = page.panels(height=2.9)
        for place, one in enumerate(found):
            values = ([part[row] for row in rows] for part in (one.effect, one.low, one.high))
            strokes.intervals(ax, *values, colours[one.learning], np.arange(len(rows)) + 0.2 * (place - 1))
        strokes.rows(page, ax, [row.replace(" - ", " against ") for row in rows])
        strokes.level(ax, 0, upright=True)
        ax.set_xlabel("effect, standard deviations, 95%")
        words = f"{found[0].classes} simulated classes each, learning by"
        strokes.key_below(page, [(f"“{name}”", colour) for name, colour in colours.items()], words)

    return Figure(
        draw,
        finding=f"The same homework gains {least:.2f} or {most:.2f} sd: the learning model decides",
        alt="Effects in the simulated school by learning model. Both against control: "
        + ", ".join(f"{one.learning} {one.effect['both - control']:.2f}" for one in found)
        + " standard deviations.",
        name="simulated-arms",
    )


def peeking(found: Peeking) -> Figure:
    """How many trials without effect have cried wolf by each look, computed as lines and counted as dots."""
    looks = np.arange(1, found.looks + 1)
    last = {rule: found.crossed[rule][-1].share for rule in found.crossed}

    def draw(page: Page) -> None:
        ax = page.panels()
        for rule, (_, colour) in RULES.items():
            ax.plot(looks, found.computed[rule], color=colour)
            ax.plot(looks, [share.share for share in found.crossed[rule]], "o", color=colour, zorder=3)
        strokes.level(ax, 0.05, "promised: 5%", at=0.5)
        ax.set(xlim=(0.8, found.looks + 0.2), ylim=(0, 0.17), xlabel=f"looks so far; dots: {found.n:,} trials counted")
        strokes.ticks(ax, "x", looks)
        strokes.percent_axis(ax)
        strokes.key_below(page, RULES.values(), "Trials without effect that have found one", 1 if page.narrow else None)

    return Figure(
        draw,
        finding=f"After {found.looks} looks {last['none']:.0%} of useless trials have found an effect",
        alt=f"Share of trials without effect that have found one, by look. After {found.looks}: "
        + ", ".join(f"{RULES[rule][0]} {share:.1%}" for rule, share in last.items())
        + ".",
        name="peeking",
    )
