"""The figures of a report on a log of your own: what it holds, its skills, and who forecasts it best."""

from __future__ import annotations

import numpy as np

from ...data.log import Log
from ...forecast.validation import Validation
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER

WORDS = {"auc": "AUC", "log_loss": "log loss", "brier": "Brier score", "f1": "F1"}
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
            strokes.label(ax, high, row, f"{value:.3f}", colour)
        low, high = min(e[1] for e in ends.values()), max(e[2] for e in ends.values())
        ax.set_xlim(low - 0.05 * (high - low), high + 0.3 * (high - low))
        ax.locator_params(axis="x", nbins=4)
        ax.set_xlabel(
            f"{word}, 95% by student;{chr(10) if page.narrow else ' '}{answers:,} answers of {students:,} students"
        )

    said = "; ".join(f"{name} {ends[name][0]:.3f} ({ends[name][1]:.3f} to {ends[name][2]:.3f})" for name in order)
    return Figure(
        draw,
        finding=f"On students it has not seen, {order[0]} forecasts best",
        alt=f"{word} of each model on held-out students: {said}.",
        name="your-forecasters",
    )
