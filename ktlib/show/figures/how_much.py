"""NB-4's figures, how much data: promises, bounds and intervals over designs of students × answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...bkt import NAMES, BKTParams
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PEER, TRUTH

SHORT = {name: name.removeprefix("p_") for name in NAMES}
HALVES = {0.05: "±.05", 0.02: "±.02", 0.01: "±.01"}  # the map's lines


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


def coverage(designs: Mapping[str, Mapping]) -> Figure:
    """How often 95% intervals hold the truth. designs: in words -> as `studies.coverage.in_full` has them."""
    held = np.array([[d["coverage"][name] for name in NAMES] for d in designs.values()])
    half = 1.96 * np.sqrt(held * (1 - held) / np.array([[d["replicates"]] for d in designs.values()]))
    n_off = (np.abs(held - 0.95) > half).sum()

    def draw(page: Page) -> None:
        for ax in _four(page, list(designs), held, half, [0.95] * 4):
            ax.set(xlim=(0.9, 1))
            strokes.percent_axis(ax, "x")
            strokes.ticks(ax, "x", [0.9, 0.95, 1], ["90%", "95%", "100%"])
        page.fig.supxlabel("share of intervals that hold the truth, ± what simulation leaves open", fontsize="medium")

    return Figure(
        draw,
        finding=f"95% means 95% in {held.size - n_off} of {held.size} cases",
        alt=f"Share of 95% intervals that hold the truth, by number and class: between {held.min():.1%} and "
        f"{held.max():.1%}. For {n_off} of {held.size} the margin of the simulation leaves 95% out.",
        name="intervals-kept",
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


def needed(students: Mapping[str, int], answers: int, within: float, room: int = 22) -> Figure:
    """How many students it takes to know each number, and all four, to within a distance.

    students: as `bounds.students_needed` gives. room: children in one class, to compare with.
    """
    words = {
        "p_init": "who knew it before",
        "p_transit": "how fast it is learned",
        "p_slip": "slips of those who know it",
        "p_guess": "lucky guesses",
        "all": "all four at once",
        "room": "one class has",
    }
    counts = students | {"room": room}

    def draw(page: Page) -> None:
        ax = page.panels()
        bars = [counts[name] for name in words]
        strokes.bars(ax, bars, [f"{n:,}" for n in bars], [ESTIMATE] * 4 + [TRUTH, PEER])
        strokes.rows(page, ax, list(words.values()), phone=14, wide=18)
        ax.set(xlim=(0, 1.15 * max(bars)), xlabel=f"students with {answers} answers each")

    return Figure(
        draw,
        finding=f"{students['all']:,} students pin all four numbers to ±{100 * within:.0f} points",
        alt=f"Students with {answers} answers each that it takes for ±{100 * within:.0f} points in 95% of classes: "
        + ", ".join(f"{text} {counts[name]:,}" for name, text in words.items())
        + ".",
        name="students-needed",
    )


def pilot(truth: BKTParams, designs: Sequence[str], half: np.ndarray) -> Figure:
    """Where 95% of fits lie, at best, for each design in words. half: (designs, 4) half-widths."""
    centre = np.tile(tuple(truth), (len(designs), 1))

    def draw(page: Page) -> None:
        for ax in _four(page, designs, centre, half, tuple(truth)):
            ax.set(xlim=(0, 0.5))
            strokes.ticks(ax, "x", [0, 0.2, 0.4])
        page.fig.supxlabel("students × answers: 95% of fits, at best; dashed: truth", fontsize="medium")

    return Figure(
        draw,
        finding=f"One class: init {truth.p_init} ± {half[0, 0]:.2f}, and asking on does not help",
        alt=f"Where 95% of fits lie at best. For init ±{half[0, 0]:.2f} in {designs[0]} and ±{half[-2, 0]:.2f} in "
        f"{designs[-2]}; in {designs[-1]} ±{half[-1, 0]:.2f}. For slip ±{half[0, 2]:.2f} falls to ±{half[-2, 2]:.2f}.",
        name="pilot",
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


def _four(page: Page, names: Sequence[str], centre: np.ndarray, half: np.ndarray, levels: Sequence[float]):
    """A panel for each of the four numbers: an interval a row, and a dashed line. centre, half: (rows, 4)."""
    axes = page.panels(4, stacked=2, sharey=True)
    for j, ax in enumerate(axes):
        strokes.level(ax, levels[j], upright=True)
        strokes.intervals(ax, centre[:, j], (centre - half)[:, j], (centre + half)[:, j], ESTIMATE)
        strokes.rows(page, ax, names, phone=10, wide=20)
        ax.set_title(SHORT[NAMES[j]])
    return axes
