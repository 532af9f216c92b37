"""NB-19's figures: what four numbers cannot say, what an extension mends, and what it is worth on a real log."""

from __future__ import annotations

import numpy as np

from ...studies import beyond
from ...studies.beyond import Broken, Few
from ...studies.beyond_log import ALL, RealLog
from ...studies.means import signed
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR

COLOURS = {"plain": PEER, "alone": OTHER, "learned": ESTIMATE}


def settles(p_transit: float, p_forget: float, p_init: float = 0.25, steps: int = 30) -> Figure:
    """The share of a class that knows the skill, question by question, where nobody forgets and where some do.

    p_transit, p_forget, p_init: probabilities, 0 to 1; p_transit and p_forget not both 0.
    """
    if not p_transit + p_forget > 0:
        raise ValueError("p_transit and p_forget are both 0: nobody learns and nobody forgets. Raise one of them")
    kept, lost = np.full(steps, p_init), np.full(steps, p_init)
    for t in range(1, steps):
        kept[t] = kept[t - 1] + (1 - kept[t - 1]) * p_transit
        lost[t] = lost[t - 1] * (1 - p_forget) + (1 - lost[t - 1]) * p_transit
    end, step = p_transit / (p_transit + p_forget), np.arange(1, steps + 1)

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.plot(step, kept, color=PEER)
        ax.plot(step, lost, color=ESTIMATE)
        strokes.level(ax, end, f"gains equal losses: {end:.0%}", side="below" if end > 0.15 else "above")
        strokes.key_below(page, [("nobody forgets", PEER), (f"{p_forget:.0%} forget it at every question", ESTIMATE)])
        ax.set(ylim=(0, 1.05), xlabel="question", ylabel="share who know it")
        strokes.ticks(ax, "x", [1, *range(10, steps + 1, 10)])
        strokes.percent_axis(ax)

    return Figure(
        draw,
        finding=f"A class that forgets settles at {end:.0%}, however long it practises",
        alt=f"Share of a class that knows the skill over {steps} questions, each teaching it to {p_transit:.0%}. Where "
        f"nobody forgets it reaches {kept[-1]:.0%}, where {p_forget:.0%} forget it settles at {end:.0%}.",
        name="settles",
    )


def forgotten(found: Broken, worlds=("forgetting", "a holiday")) -> Figure:
    """Right minus forecast along the questions, of plain BKT and of the extension, in each world."""
    after = found.off(worlds[-1], beyond.PLAIN)
    worst = after.loc[after.off.idxmin()]

    def draw(page: Page) -> None:
        for ax, world in zip(np.atleast_1d(page.panels(len(worlds), sharey=True)), worlds, strict=True):
            strokes.level(ax, 0)
            for model, colour in ((beyond.PLAIN, PEER), (beyond.EXTENDED, ESTIMATE)):
                own = found.off(world, model)
                strokes.band(ax, own.step, 100 * (own.off - own.half), 100 * (own.off + own.half), colour)
                ax.plot(own.step, 100 * own.off, color=colour)
            ax.set(title=world, ylim=(-25, 15), xlabel="question")
            strokes.ticks(ax, "x", [1, *range(5, found.length + 1, 5)])
        first = page.fig.axes[0]
        strokes.key(first, [(beyond.PLAIN, PEER), ("with forgetting", ESTIMATE)], "bottom left")
        first.set_xlabel(f"question; {found.n} classes of {found.students}, 95% bands")
        page.fig.supylabel("right − forecast, points", fontsize="medium")

    return Figure(
        draw,
        finding=f"After a holiday plain BKT promises {-100 * worst.off:.0f} points too much",
        alt=f"Right minus forecast, by question, in {found.n} simulated classes of {found.students} students, with "
        f"95% bands. Plain BKT is off by {100 * worst.off:.0f} points at question {worst.step:.0f} of the world with "
        f"{worlds[-1]}; with forgetting fitted, the line stays near zero.",
        name="forgotten",
    )


def few_answers(found: Few) -> Figure:
    """Log loss above that of the truth, by answers a question: one for all, each alone, with a prior over questions."""
    means, words = found.means(), beyond.WAYS
    scarce = means.index[0]

    def draw(page: Page) -> None:
        ax = page.panels(height=3.4 if page.narrow else None)
        for way, colour in COLOURS.items():
            half = means[f"half {way}"]
            strokes.band(ax, means.index, means[way] - half, means[way] + half, colour)
            ax.plot(means.index, means[way], color=colour, marker="o")
        ax.set(
            xscale="log",
            yscale="log",
            xlabel=f"answers a question; {found.n} classes each, 95% bands",
            ylabel="log loss above the truth's",
        )
        strokes.ticks(ax, "x", list(means.index))
        strokes.key_below(
            page, [(words[way], colour) for way, colour in COLOURS.items()], columns=1 if page.narrow else 3
        )

    saved = found.rows[found.rows.answers == scarce].eval("plain - learned")  # class by class
    harm = means.alone[scarce] > means.plain[scarce]
    helps = saved.mean() > 1.96 * saved.std() / np.sqrt(found.n)
    finding = f"With {scarce} answers a question, numbers of its own {'harm' if harm else 'help'}"
    return Figure(
        draw,
        finding=finding + (f"; with a prior they {'help' if helps else 'do not'}" if harm else ""),
        alt=f"Log loss above the truth's on other students by answers a question, {found.n} classes each, with "
        f"95% bands. With {scarce} answers: one slip and guess for all {means.plain[scarce]:.3f}, each question alone "
        f"{means.alone[scarce]:.3f}, with a prior {means.learned[scarce]:.3f}.",
        name="few-answers",
    )


def real(found: RealLog) -> Figure:
    """What each extension adds to plain BKT on held-out students of a real log, with paired intervals."""
    order = sorted(found.leads, key=lambda name: -found.leads[name]["auc"].value)
    gains = {name: 100 * found.leads[name]["auc"].value for name in order}
    single = next(name for name in order if name != ALL)
    finding = f"On real answers “{single}” gains {gains[single]:.1f} points of AUC"

    def draw(page: Page) -> None:
        left, right = page.panels(2, sharey=not page.narrow, height=4.0 if page.narrow else 4.2)
        for ax, metric, scale, words in (
            (left, "auc", 100, "AUC, points more (better →)"),
            (right, "log_loss", -1000, "log loss, thousandths less (better →)"),
        ):
            strokes.level(ax, 0, upright=True)
            strokes.rows(page, ax, order, phone=14, wide=20)
            ends = np.array([sorted(scale * v for v in found.leads[name][metric][1:]) for name in order])
            reach = np.abs(ends[ends[:, 1] > 0]).max(initial=1)
            edge = min(-0.1 * reach, 1.1 * max(ends.min(), -reach))
            ax.set_xlim(edge, 1.6 * reach)
            for row, (name, (low, high)) in enumerate(zip(order, ends, strict=True)):
                value = scale * found.leads[name][metric].value
                colour = ESTIMATE if low > 0 else PEER if high < 0 else PRIOR
                text = signed(value, 1)
                if high < -reach:  # far worse than any that gains: said, not drawn
                    strokes.label(ax, edge, row, f"← {text}", colour)
                else:
                    strokes.intervals(ax, [value], [low], [high], colour, [row])
                    strokes.label(ax, high, row, text, colour)
            ax.set_xlabel(words)
        students = "" if page.narrow else f", {found.students} students"
        left.set_title(f"{found.answers:,} answers{students}, 95%")

    said = "; ".join(f"{name} {gains[name]:+.2f}" for name in order)
    return Figure(
        draw,
        finding=finding + (f", all together {gains[ALL]:.1f}" if ALL in gains else ""),
        alt=f"Lead over plain BKT on held-out students, in points of AUC: {said}. 95% intervals by student.",
        name="beyond-real",
    )
