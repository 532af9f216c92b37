"""NB-18's figures and those of a report on your own log: traps, what it holds, who forecasts it, what is pinned."""

from __future__ import annotations

import numpy as np

from ...bkt import NAMES
from ...bkt.skills import SkillFits
from ...data.log import Log
from ...forecast.validation import Validation
from ...studies.traps import Traps
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, TRUTH

WORDS = {"auc": "% of pairs in order (AUC)", "log_loss": "log loss", "brier": "Brier score", "f1": "F1"}
FEW, EDGE, SMALL = 5, 25, 50  # answers, answers, students
LESS = ("log_loss", "brier")  # where less is better


def what_it_holds(log: Log) -> Figure:
    """Answers of a student to a skill, and students of each skill: where a log is thin."""
    pairs = log.frame.groupby(["student", "skill"]).size()
    crowd = np.sort(log.frame.groupby("skill").student.nunique())
    share = 100 * pairs.clip(upper=EDGE).value_counts(normalize=True).reindex(range(1, EDGE + 1), fill_value=0)
    few, tiny, rank = share[:FEW].sum(), int((crowd < SMALL).sum()), np.arange(1, len(crowd) + 1)

    def draw(page: Page) -> None:
        left, right = page.panels(2, height=2.2 if page.narrow else None)
        left.bar(share.index, share, color=np.where(share.index <= FEW, PEER, ESTIMATE), width=0.8)
        left.set_title(f"{few:.0f}% have {FEW} or fewer", color=PEER)
        strokes.ticks(left, "x", [1, FEW, EDGE], ["1", str(FEW), f"{EDGE} or more"])
        left.set(xlabel="answers of one student to one skill", ylabel=f"% of {len(pairs):,} pairs")
        right.bar(rank, crowd, color=np.where(crowd < SMALL, PEER, ESTIMATE), width=1)
        right.set_title(f"{tiny} of {len(crowd)} skills below {SMALL}", color=PEER)
        right.set(yscale="log", ylim=(0.8, 2 * crowd[-1]), ylabel="students", xlabel="skills, smallest first")

    middle = pairs.median()
    return Figure(
        draw,
        finding=f"Half the time a student has {middle:.0f} answers to a skill, or fewer",
        alt=f"Left: answers of one student to one skill; {few:.0f}% of {len(pairs):,} pairs have {FEW} or fewer. "
        f"Right: students on each of {len(crowd)} skills; {tiny} skills have fewer than {SMALL}.",
        name="your-log",
    )


def forecasters(found: Validation) -> Figure:
    """Each model's metric on students it did not learn from, with its 95% interval, best first."""
    less, word = found.metric in LESS, WORDS.get(found.metric, found.metric)
    order = sorted(found.scores, key=lambda name: found.scores[name].value, reverse=not less)
    how = ".1%" if found.metric == "auc" else ".3f"
    ends = {name: (found.scores[name].value, *found.interval(name)) for name in order}
    answers, students = len(found.answers), found.answers.student.nunique()

    def draw(page: Page) -> None:
        height = 0.9 + 0.42 * len(order)
        page.height(height, height)
        ax = page.panels()
        strokes.rows(page, ax, order, phone=12)
        for row, name in enumerate(order):
            value, low, high = ends[name]
            colour = ESTIMATE if name.startswith("BKT") else OTHER
            strokes.intervals(ax, [value], [low], [high], colour, [row])
            strokes.label(ax, high, row, f"{value:{how}}", colour)
        low, high = min(e[1] for e in ends.values()), max(e[2] for e in ends.values())
        ax.set_xlim(low - 0.05 * (high - low), high + 0.3 * (high - low))
        ax.locator_params(axis="x", nbins=4)
        if found.metric == "auc":
            strokes.percent_axis(ax, "x")
        ax.set_xlabel(
            f"{word}, 95% by student;{chr(10) if page.narrow else ' '}{answers:,} answers of {students:,} students"
        )

    said = "; ".join(f"{name} {v:{how}} ({low:{how}} to {high:{how}})" for name, (v, low, high) in ends.items())
    return Figure(
        draw,
        finding=f"On students it has not seen, {order[0]} forecasts best",
        alt=f"{word} of each model on held-out students: {said}.",
        name="your-forecasters",
    )


def pinned(fits: SkillFits, within: float = 0.1) -> Figure:
    """How far the widest of each skill's four 95% intervals reaches to either side, against its students."""
    low, high = fits.interval()
    half = 100 * np.where(np.isnan(high - low), 0.5, (high - low) / 2).max(1)
    good = half <= 100 * within

    def draw(page: Page) -> None:
        ax = page.panels()
        for part, colour in ((good, ESTIMATE), (~good, PEER)):
            ax.plot(fits.students[part], half[part], "o", color=colour, ms=4, alpha=0.7)
        strokes.level(ax, 100 * within)
        ax.set(xscale="log", ylim=(0, 55), ylabel="widest interval, ± points (95%)")
        ax.set_xlabel(
            f"students of a skill;{chr(10) if page.narrow else ' '}{len(half)} skills, {fits.answers.sum():,} answers"
        )
        ax.set_title(f"{good.mean():.0%} lie below the line", color=ESTIMATE)

    return Figure(
        draw,
        finding=f"{good.mean():.0%} of the skills are known within {100 * within:.0f} points",
        alt=f"The widest of each skill's four intervals against its students: on {good.sum()} of {len(half)} skills it "
        f"reaches no more than {100 * within:.0f} points to either side.",
        name="pinned-skills",
    )


def traps(found: Traps) -> Figure:
    """Each trap's four numbers: mean over classes, where 95% of the classes lie, and the truth."""
    means, names = found.means(), list(found.frame.trap.unique())
    lost = means.loc[("order lost", "p_transit"), "mean"]

    def draw(page: Page) -> None:
        axes = page.panels(4, stacked=2, sharey=True, height=2.9 if page.narrow else None)
        for number, ax in zip(NAMES, axes, strict=True):
            own = means.xs(number, level=1).loc[names]
            strokes.rows(page, ax, names, phone=9, wide=14)
            strokes.intervals(ax, own["mean"], own.low, own.high, ESTIMATE, ms=4)
            strokes.level(ax, getattr(found.truth, number), "", TRUTH, upright=True)
            ax.set(xlim=(0, 0.8), title=number.removeprefix("p_"))
            strokes.ticks(ax, "x", [0, 0.4, 0.8], ["0", ".4", ".8"])
        axes[0].set_xlabel(f"{found.classes} classes\nof {found.students}")

    return Figure(
        draw,
        finding=f"Rows out of order: of {found.truth.p_transit:.0%} who learn, {lost:.1%} are left",
        alt=f"Mean and 95% range over {found.classes} classes of the four fitted numbers, as the class was and after "
        f"each of {len(names) - 1} traps, beside the truth. With the order lost, learning falls from "
        f"{found.truth.p_transit:.0%} to {lost:.1%}.",
        name="traps",
    )
