"""NB-4's figures: how sure a fit is, how much data it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from ...bkt import NAMES, BKTParams, bounds
from ...bkt.profiles import Profile, ProfilePair
from ...bkt.uncertainty import Bootstrap, Uncertainty
from .. import strokes
from ..figure import Figure, Page
from ..style import DASHES, ESTIMATE, OTHER, PAPER, PEER, TRUTH

SHORT = {name: name.removeprefix("p_") for name in NAMES}
HALVES = {0.05: "±.05", 0.02: "±.02", 0.01: "±.01"}  # the map's lines


def coin(seen: Sequence[tuple[int, int]]) -> Figure:
    """The likelihood of a share that can be seen. seen: (who knew it, of how many), the largest group last."""
    half = [1.96 * np.sqrt(x / n * (1 - x / n) / n) for x, n in seen]

    def draw(page: Page) -> None:
        ax = page.panels()
        p = np.linspace(0.005, 0.7, 400)
        for (x, n), off, y in zip(seen, half, np.linspace(0.45, 0.9, len(seen)), strict=True):
            best = x / n
            likely = np.exp(x * np.log(p / best) + (n - x) * np.log((1 - p) / (1 - best)))
            ax.plot(p, likely, color=ESTIMATE)
            side = p[(p > best) & (likely < y)][0]
            ax.plot(side, y, "o", color=ESTIMATE)
            strokes.pointer(ax, side, y, f"{x:,} of {n:,}: ±{off:.3f}", (0.57, y), ESTIMATE)
        ax.set(xlim=(0, 0.7), ylim=(0, 1.05), xlabel="share who knew it before", ylabel="likelihood, best = 1")

    return Figure(
        draw,
        finding="Ten times the children, a third of the error",
        alt=f"Likelihood of the share who knew it before, for {', '.join(f'{x:,} of {n:,}' for x, n in seen)} "
        "children. The peak stays and narrows: its 95% half-width falls from "
        f"{' to '.join(f'{off:.2f}' for off in half)}.",
        name="coin",
    )


def three_ways(
    truth: BKTParams, sure: Uncertainty, profiles: Mapping[str, Profile], drawn: Bootstrap, words: str = "one class"
) -> Figure:
    """95% intervals by curvature, profile and bootstrap, side by side, the truth dashed. words: whose they are."""
    ways = {
        "curvature": (sure.interval, ESTIMATE),
        "profile": (lambda name: (profiles[name].low, profiles[name].high), OTHER),
        "bootstrap": (drawn.interval, PEER),
    }
    ends = {name: np.array([interval(name) for interval, _ in ways.values()]) for name in NAMES}

    def draw(page: Page) -> None:
        for ax, name in zip(page.panels(4, stacked=2, sharey=True), NAMES, strict=True):
            ax.axvline(getattr(truth, name), color=TRUTH, lw=1.2, ls=DASHES)
            for y, ((low, high), (_, colour)) in enumerate(zip(ends[name], ways.values(), strict=True)):
                ax.plot([low, high], [y, y], color=colour, lw=9, solid_capstyle="butt")
            strokes.dots(ax, [getattr(sure.params, name)] * 3, PAPER, ms=4)
            strokes.rows(page, ax, list(ways))
            ax.set(xlim=(0, 1.12 * ends[name].max()), title=SHORT[name])
            for tick, (_, colour) in zip(ax.get_yticklabels(), ways.values(), strict=False):
                tick.set(color=colour, fontweight="bold")
        page.fig.supxlabel(f"95% intervals from {words}{chr(10) if page.narrow else '; '}dashed: truth")

    return Figure(
        draw,
        finding="Three routes to an interval" + (", and they agree" if _agree(ends) else ""),
        alt=f"95% intervals for the four numbers from {words}, by curvature, profile likelihood and bootstrap over "
        "students." + (" The three nearly coincide on each number." if _agree(ends) else ""),
        name="three-ways",
    )


def _agree(ends: Mapping[str, np.ndarray]) -> bool:
    """Whether no two ends differ by more than a fifth of the widest interval."""
    return all((np.ptp(e, axis=0) < 0.2 * np.ptp(e, axis=1).max()).all() for e in ends.values())


def ridge_and_hill(
    truth: BKTParams, classes: Mapping[str, tuple[Uncertainty, ProfilePair]], finding: str = "A ridge, and a hill"
) -> Figure:
    """Regions of init and slip in two classes, by profile and by curvature; in the first, what two answers leave alike.

    classes: the class in words -> what curvature and the pair's profile say.
    """
    twins = _twins(truth)

    def draw(page: Page) -> None:
        axes = page.panels(2, sharey=not page.narrow, height=2.7 if page.narrow else None)
        for ax, (words, (sure, pair)) in zip(axes, classes.items(), strict=True):
            drop = pair.log_likelihood.T - pair.top
            outer, inner = (pair.contour(level) - pair.top for level in (0.95, 0.5))
            for edge in (outer, inner):
                ax.contourf(*pair.grids, drop, levels=[edge, 1], colors=[ESTIMATE], alpha=0.25)
            ax.contour(*pair.grids, drop, levels=[outer], colors=[ESTIMATE], linewidths=2, linestyles="solid")
            ax.plot(*_ellipse(sure, pair.names), color=PEER, lw=1.6, ls=DASHES)
            ax.plot(*(getattr(truth, name) for name in pair.names), "o", color=TRUTH)
            ax.set(xlim=(0, 0.8), ylim=(0, 0.45), xlabel="init", ylabel="slip", title=words)
        axes[0].plot(*twins.T, color=OTHER, lw=1.6)
        strokes.key(axes[0], [("twins: alike", OTHER), ("on two answers", OTHER)])
        words = ("95% and 50% regions", ESTIMATE), ("95% ellipse, by curvature", PEER), ("truth •", TRUTH)
        strokes.key(axes[1], words, "top right")
        if not page.narrow:
            axes[1].set_ylabel("")

    short, long = classes
    return Figure(
        draw,
        finding=finding,
        alt=f"Profile likelihood of init and slip for {short} and {long} answers, one simulated class each. In the "
        "first the 95% region is a long band that follows the curve of parameters which are alike on two answers; in "
        "the second it is a compact hill.",
        name="ridge-and-hill",
    )


def _twins(truth: BKTParams) -> np.ndarray:
    """(n, 2) init and slip of skills that predict two answers as the truth does."""
    found = []
    for p_init in np.linspace(0.05, 0.6, 111):
        with suppress(ValueError):  # off the curve
            found.append(bounds.alike(truth, p_init))
    return np.array([(twin.p_init, twin.p_slip) for twin in found])


def _ellipse(sure: Uncertainty, names: Sequence[str]) -> np.ndarray:
    """(2, 200) the edge of the joint 95% region that curvature promises."""
    pick = [list(sure.se).index(name) for name in names]
    size, axis = np.linalg.eigh(sure.covariance[np.ix_(pick, pick)])
    turn = np.linspace(0, 2 * np.pi, 200)
    edge = (axis * np.sqrt(size)) @ np.array([np.cos(turn), np.sin(turn)]) * np.sqrt(-2 * np.log(0.05))
    return edge + np.array([[getattr(sure.params, name)] for name in names])


def bound(designs: Sequence[Mapping]) -> Figure:
    """The spread of fits beside bound, floor and promise. designs: as `studies.coverage.in_full` has them."""
    z, replicates = 1.96, designs[0]["replicates"]
    below = sum(d["claim"] < z * d["cramer_rao"][name] for d in designs for name in NAMES)
    no_init = sum(d["claim"] < z * d["floor"]["p_init"] for d in designs) == len(designs)

    def draw(page: Page) -> None:
        axes = page.panels(4, sharey=True, stacked=2)
        for ax, name in zip(axes, NAMES, strict=True):
            for i, d in enumerate(designs):
                across = [i - 0.32, i + 0.32]
                ax.plot(across, [d["claim"]] * 2, color=PEER, lw=4, solid_capstyle="butt")
                ax.plot(across, [z * d["cramer_rao"][name]] * 2, color=TRUTH, lw=1.6)
                ax.plot(across, [z * d["floor"][name]] * 2, color=TRUTH, lw=1.2, ls=(0, (2, 2)))
            ax.plot([z * d["sd"][name] for d in designs], "o", color=ESTIMATE)
            ax.set(yscale="log", ylim=(0.002, 0.45), xlim=(-0.6, len(designs) - 0.4), title=SHORT[name])
            strokes.ticks(ax, "y", [0.003, 0.01, 0.03, 0.1], ["±.003", "±.01", "±.03", "±.1"])
            strokes.ticks(ax, "x", range(len(designs)), [f"{d['students']:,}\n× {d['answers_each']}" for d in designs])
            ax.grid(axis="x", visible=False)
        strokes.key(axes[2], [("● fits, 95%", ESTIMATE), ("— promised", PEER)], "top right")
        strokes.key(axes[3], [("— bound", TRUTH), ("··· floor", TRUTH)], "top right")
        page.fig.supxlabel(f"students × answers ({replicates:,} simulated classes each)")

    return Figure(
        draw,
        finding=f"Fits sit on the bound; {below} of {4 * len(designs)} promises lie below it",
        alt="How far 95% of fits lie from the truth for three class sizes, with the Cramér–Rao bound, the floor if "
        f"knowing could be seen, and the study guide's promise, {replicates:,} simulated classes each. Fits sit on the "
        f"bound; {below} of {4 * len(designs)} promises lie below it"
        + (", for init all three below the floor." if no_init else "."),
        name="bound",
    )


def data_map(truth: BKTParams, lengths: Sequence[int], one: np.ndarray, marks: Sequence[tuple[int, int]]) -> Figure:
    """Designs in which 95% of fits lie within a distance of the truth.

    one: (lengths, 4) standard errors of one child. marks: designs to find, (students, answers each), as dots.
    """
    lengths = np.asarray(lengths)
    need = {half: (1.96 * one / half) ** 2 for half in HALVES}

    def draw(page: Page) -> None:
        axes = page.panels(4, 2, sharex=not page.narrow, sharey=not page.narrow)
        for j, (ax, name) in enumerate(zip(axes, NAMES, strict=True)):
            for (half, words), alpha in zip(HALVES.items(), (0.13, 0.13, 0.2), strict=True):
                x = need[half][:, j]
                ax.fill_betweenx(lengths, x, 5e4, color=ESTIMATE, alpha=alpha, lw=0)
                ax.plot(x, lengths, color=ESTIMATE, lw=1.8)
                seen = np.flatnonzero((lengths <= 50) & (x > 4))[-1]
                strokes.label(ax, x[seen], lengths[seen], words, ESTIMATE)
            for students, answers in marks:
                ax.plot(students, answers, "o", color=PEER)
                strokes.label(ax, students, answers, f"{students:,}", PEER, "above", fontsize="small")
            ax.set(xscale="log", xlim=(4, 3.5e4), ylim=(3, 60), title=SHORT[name])
            strokes.ticks(ax, "x", [10, 100, 1000, 10000])
            strokes.ticks(ax, "y", [3, 20, 40, 60])
        page.fig.supylabel("answers each", fontsize="medium")
        dots, end = ", ".join(f"{n:,} × {t}" for n, t in marks), "\n" if page.narrow else " "
        words = f"students. Lines: 95% of fits within, at best.{end}Dots: {dots}"
        page.fig.supxlabel(words, fontsize="medium")

    at = list(lengths).index(15)
    return Figure(
        draw,
        finding="Only more students pin prior knowledge; questions pin slip",
        alt="Designs of students by answers each in which 95% of fits lie, at best, within .05, .02 and .01 of the "
        f"truth ({' '.join(f'{p:.2f}'[1:] for p in truth)}). For init the lines are vertical beyond ten answers: ±.05 "
        f"takes about {need[0.05][at, 0]:.0f} students, ±.01 about {need[0.01][at, 0]:,.0f}. For slip they slope: more "
        "answers replace students.",
        name="data-map",
    )


def breadth(total: int, lengths: Sequence[int], se: np.ndarray) -> Figure:
    """A budget of answers split between students and answers each. se: (lengths, 4) of each split."""
    lengths = np.asarray(lengths)
    best = lengths[se.argmin(0)]
    words = [f"best at {at}" if at < lengths[-1] else "the more,\nthe better" for at in best]

    def draw(page: Page) -> None:
        ax = page.panels()
        for j in range(4):
            ax.plot(lengths, se[:, j], color=ESTIMATE)
            ax.plot(best[j], se[:, j].min(), "o", color=ESTIMATE)
        ends = [(lengths[-1], se[-1, j], f"{SHORT[name]}: {words[j]}", ESTIMATE) for j, name in enumerate(NAMES)]
        ax.set(yscale="log", xlim=(lengths[0], lengths[-1]), ylim=(0.8 * se.min(), 1.05 * se.max()))
        ax.set(xlabel=f"answers each (students = {total:,} / answers)", ylabel="standard error")
        strokes.end_labels(page, ax, ends)
        strokes.ticks(ax, "y", [0.005, 0.01, 0.02, 0.05, 0.1])
        strokes.ticks(ax, "x", (at := [4, 15, 30, 45, 60]), [f"{t}\n× {total / t:.0f}" for t in at])

    return Figure(
        draw,
        finding=f"{total:,} answers: many children pin init, long rows pin slip",
        alt=f"Standard error of each number when {total:,} answers are split between students and answers each, exact. "
        f"Best for init is {best[0]} answers a child, for transit {best[1]}, for guess {best[3]}; for slip the more, "
        f"the better, up to the {best[2]} shown.",
        name="breadth",
    )
