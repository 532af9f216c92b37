"""NB-10's figures: two classes on one scale, with ties and without, and hardly an answer a question."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...studies.retrieval import PLAIN
from ...studies.ties import ONE_PRIOR, OWN_MIDDLE, Ties
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, TRUTH


def ties(found: Ties) -> Figure:
    """How far apart two classes are said to be, for two true leads, by the number of questions that they share."""
    mean, half = found.mean, found.half
    lines = (
        (PLAIN, PLAIN, PEER),
        (ONE_PRIOR, "Bayesian", ESTIMATE),
        (OWN_MIDDLE, "Bayesian, each class\nits own middle", OTHER),
    )
    leads, shared = (mean.index.unique(level) for level in ("lead", "shared"))
    unit = "one unit" if leads[1] == 1 else f"{leads[1]:g} units"

    def draw(page: Page) -> None:
        axes = page.panels(2, sharey=True, height=2.2 if page.narrow else None)
        for ax, lead, title in zip(axes, leads, ("equal classes", f"B {unit} better"), strict=True):
            strokes.level(ax, lead, "truth")
            for (fit, _, colour), move in zip(lines, (0.08, -0.08, 0), strict=True):
                at, y, bar = np.arange(len(shared)) + move, mean.loc[lead, fit], half.loc[lead, fit]
                ax.plot(at, y, color=colour)
                strokes.intervals(ax, y, y - bar, y + bar, colour, at, upright=True)
            strokes.ticks(ax, "x", range(len(shared)), shared.astype(str))
            ax.set(xlim=(-0.4, len(shared) - 0.2), ylim=(-0.8, leads[1] + 0.6), title=title)
        strokes.key(axes[0], [(words, colour) for _, words, colour in lines])
        axes[0].set_ylabel("B above A, as estimated")
        page.fig.supxlabel(f"shared questions ({found.n} pairs of classes a point)")

    most, none = ([mean.loc[(leads[1], k), fit] for fit in (ONE_PRIOR, OWN_MIDDLE)] for k in (shared[-1], shared[0]))
    return Figure(
        draw,
        finding=f"Of a lead of {unit}, {shared[-1]} shared questions show {most[0]:.2f}, none show {none[0]:.2f}",
        alt="Estimated distance of two classes against the number of shared questions. Equal classes come out nearly "
        f"equal under one prior. When class B is {unit} better, the usual fit shows {most[0]:.2f} with {shared[-1]} "
        f"shared questions and {none[0]:.2f} with none; with a prior mean of its own for each class {most[1]:.2f} and "
        f"{none[1]:.2f}.",
        name="ties",
    )


def too_thin(truth, estimate, growing: pd.Series, narrowed: float) -> Figure:
    """What hardly an answer a question gives, and how the correlation grows with answers. narrowed: of a difficulty."""
    first, most = growing.index[0], growing.index[-1]

    def draw(page: Page) -> None:
        one, other = page.panels(2, height=2.3 if page.narrow else None)
        one.plot([-3, 3], [-3, 3], color=TRUTH, lw=1, ls="--")
        strokes.dots(one, truth, ESTIMATE, estimate, ms=3, alpha=0.4, mew=0)
        strokes.note(one, "two stripes: its only answer\nwas wrong, or was right")
        one.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="true difficulty", ylabel="estimate")
        one.set_title(f"{first:,} answers, {len(truth)} questions")
        other.semilogx(growing.index, growing, "o-", color=ESTIMATE)
        for x, y in growing.items():
            strokes.label(other, x, y, f"{y:.2f}", ESTIMATE, "below right" if x < most else "below", gap=8)
        strokes.ticks(other, "x", growing.index)
        other.set(ylim=(0, 1), xlim=(first * 0.8, most * 1.3), xlabel="answers", ylabel="correlation with truth")
        other.set_title("more of the same")

    return Figure(
        draw,
        finding=f"It runs, and knows little: {first:,} answers narrow a difficulty by {narrowed:.0%}",
        alt=f"Left: estimated against true difficulty from {first:,} answers to {len(truth)} questions, drawn far in "
        f"towards zero, correlation {growing[first]:.2f}. Right: the correlation rises to {growing[most]:.2f} with "
        f"{most:,} answers.",
        name="too-thin",
    )


def ladders(levels: Mapping[str, float], leads: tuple[float, ...]) -> Figure:
    """Stories that tell of the same answers: two classes and their own questions on one scale, a row a lead of B.

    levels: "A on its own", "B on its own" and, last, "lead", as read off on paper; the first two are logits of shares
    of right answers. leads: of B, one of them the last of `levels`.
    """
    own_a, own_b, found = levels.values()

    def draw(page: Page) -> None:
        page.height(phone=2.9)
        ax = page.panels()
        names = [f"B leads by {lead:.1f}" if lead else "B level with A" for lead in leads]
        strokes.rows(page, ax, names, phone=9, wide=14)
        for row, lead in enumerate(leads):
            look = {"alpha": 1.0 if lead == found else 0.4, "ms": 9}
            strokes.dots(ax, [0], ESTIMATE, [row - 0.12], **look)
            strokes.dots(ax, [-own_a], ESTIMATE, [row - 0.12], mfc="none", **look)
            strokes.dots(ax, [lead], PEER, [row + 0.12], marker="s", **look)
            strokes.dots(ax, [lead - own_b], PEER, [row + 0.12], marker="s", mfc="none", **look)
        top = -0.42
        for x, words, colour in ((-own_a, "A's own\nquestions", ESTIMATE), (0, "class A", ESTIMATE)):
            strokes.label(ax, x, top, words, colour, "above", gap=1)
        strokes.note(ax, "■ class B   □ B's own questions", "bottom right", PEER)
        row = leads.index(found)
        strokes.label(ax, max(found, found - own_b), row, "what the shared\nquestions pick", TRUTH, "right", gap=8)
        ax.set(
            ylim=(len(leads) - 0.2, -1.1), xlim=(-1.3, 2.3), xlabel="one scale: able to the right, hard to the right"
        )

    return Figure(
        draw,
        finding="Without shared questions every row fits the answers equally well",
        alt=f"Positions of two classes and of their own questions on one scale for {len(leads)} leads of class B. "
        f"Class B and its questions slide along together. The shared questions pick the row with lead {found:.1f}.",
        name="ladders",
    )
