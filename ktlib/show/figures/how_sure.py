"""NB-4's figures, how sure a fit is: what a coin and a child tell, intervals, ridges, twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from ...bkt import NAMES, BKTParams, bounds
from ...bkt.profiles import Profile, ProfilePair
from ...bkt.uncertainty import Bootstrap, Uncertainty
from .. import strokes
from ..figure import Figure, Page
from ..style import DASHES, ESTIMATE, OTHER, PAPER, PEER, PRIOR, TRUTH

SHORT = {name: name.removeprefix("p_") for name in NAMES}


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


def one_child(truth: BKTParams, lengths: Sequence[int], one: np.ndarray) -> Figure:
    """What one child tells of each number, against how many answers she gives. one: (lengths, 4) standard errors."""
    lengths = np.asarray(lengths)
    seen = bounds.floors(truth, 1, int(lengths[-1]))

    def draw(page: Page) -> None:
        ax = page.panels()
        ends = []
        for name, errors, colour in zip(NAMES, one.T, (ESTIMATE, OTHER, PEER, PRIOR), strict=True):
            ax.plot(lengths, errors, color=colour)
            ends.append((lengths[-1], errors[-1], f"{SHORT[name]} {errors[-1]:.2f}", colour))
        strokes.end_labels(page, ax, ends)
        strokes.level(ax, seen["p_init"], "init, if knowing were seen", ESTIMATE, at=0.5, side="below")
        ax.set(yscale="log", xlim=(lengths[0], lengths[-1]), ylim=(0.03, 1), xlabel="answers of one child")
        ax.set_ylabel("standard error" + ("" if page.narrow else ", for N children divide by √N"))
        strokes.ticks(ax, "y", [0.05, 0.1, 0.2, 0.5, 1])
        strokes.ticks(ax, "x", [t for t in (3, 15, 30, 45, 60) if t <= lengths[-1]])

    at = list(lengths).index(15)
    return Figure(
        draw,
        finding="More answers tell of slip, hardly of what she knew before",
        alt=f"Least standard error from one child by her number of answers. From 15 answers to {lengths[-1]} that of "
        f"init goes from {one[at, 0]:.2f} to {one[-1, 0]:.2f}, that of slip from {one[at, 2]:.2f} to {one[-1, 2]:.2f}. "
        f"With knowing seen, that of init would be {seen['p_init']:.2f}.",
        name="one-child",
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


def twins(truth: BKTParams, family: Sequence[BKTParams], pairs: np.ndarray, triple: np.ndarray) -> Figure:
    """Skills that predict pairs of answers alike: their numbers, and what they predict.

    pairs: (skills, 4) chances of ✗✗ ✗✓ ✓✗ ✓✓. triple: (skills,) that of ✓✓✓.
    """
    init = [twin.p_init for twin in family]

    def lines(page: Page, ax, columns: np.ndarray, words: Sequence[str], colours: Sequence[str]) -> None:
        for values, colour in zip(columns, colours, strict=True):
            ax.plot(init, values, color=colour)
        ends = [(init[-1], v[-1], text, colour) for v, text, colour in zip(columns, words, colours, strict=True)]
        strokes.end_labels(page, ax, ends)
        strokes.level(ax, truth.p_init, upright=True)
        ax.set(xlim=(init[0], init[-1]), ylim=(0, 0.5))

    def draw(page: Page) -> None:
        left, right = page.panels(2, sharey=not page.narrow, height=2.3 if page.narrow else None)
        numbers = np.array([tuple(twin)[1:] for twin in family]).T
        lines(page, left, numbers, ["transit", "slip", "guess"], [OTHER, PEER, PRIOR])
        left.set_title("their numbers")
        chances = np.vstack([pairs.T, triple])
        lines(page, right, chances, [*("✗✗", "✗✓", "✓✗", "✓✓"), "✓✓✓"], [TRUTH] * 4 + [ESTIMATE])
        right.set_title("chance of these answers")
        page.fig.supxlabel("share who knew it before; dashed: this chapter's skill", fontsize="medium")

    return Figure(
        draw,
        finding="Very different skills, the same pairs of answers",
        alt=f"Skills that {init[0]:.0%} to {init[-1]:.0%} know beforehand. Slip goes from {family[0].p_slip:.2f} to "
        f"{family[-1].p_slip:.2f}, yet each pair of answers keeps its chance. Three right answers in a row go from "
        f"{triple[0]:.3f} to {triple[-1]:.3f}.",
        name="twins",
    )
