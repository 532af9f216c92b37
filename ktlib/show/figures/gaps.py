"""NB-17's figures: false alarms and gaps found, what the other half says, a teacher's page and a parent's."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np

from ...homework.gaps import Gaps
from ...homework.proficiency import Proficiency
from ...studies.gap_alarms import CLASS, READERS, Alarms
from ...studies.halves import Halves
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, TRUTH

OF = dict(zip(READERS, (PEER, ESTIMATE, OTHER, OTHER), strict=True))
LOGS = {"eedi": "Eedi", "timss": "TIMSS"}


def points(share: float) -> str:
    """A difference of shares in points, as "−8"."""
    return f"{100 * share:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")


def alarms(found: Alarms) -> Figure:
    """False alarms in a class where nobody has a gap, and how many of the gaps are found where there are some."""
    false, right = ({r: how(r) for r in READERS} for how in (found.false, found.found))

    def draw(page: Page) -> None:
        left, beside = page.panels(2, height=1.9 if page.narrow else None)
        for y, reader in enumerate(READERS):
            for ax, (mean, half), words in (
                (left, false[reader], f"{false[reader][0]:.1f}"),
                (beside, right[reader], f"{right[reader][0]:.0%}"),
            ):
                strokes.intervals(ax, [mean], [mean - half], [mean + half], OF[reader], [y])
                strokes.label(ax, mean, y, words, OF[reader], "above")
        left.set(xlim=(-1, 1.25 * max(m + h for m, h in false.values()) + 1))
        left.set_xlabel(f"false alarms a class of {CLASS}\nwhere nobody has a gap")
        beside.set(xlim=(-0.06, 1))
        beside.set_xlabel("share of real gaps found")
        strokes.percent_axis(beside, "x")
        for ax in (left, beside):
            strokes.rows(page, ax, READERS if ax is left or page.narrow else [""] * 4, phone=16, wide=15)
            ax.set_ylim(3.5, -0.8)

    count, drawn = READERS[:2]
    return Figure(
        draw,
        finding=f"Nobody has a gap, and a count raises {false[count][0]:.0f} alarms a class; drawn to zero it "
        f"raises {false[drawn][0]:.0f}",
        alt=f"{found.n} simulated schools of {found.students} children, {found.answers} answers in each area. "
        + "; ".join(
            f"{r}: {false[r][0]:.1f} false alarms a class, {right[r][0]:.0%} of the gaps found" for r in READERS
        )
        + ".",
        name="gap-alarms",
    )


def later(found: Mapping[str, Halves]) -> Figure:
    """The flagged gaps as half of a log has them, and as the other half has them. found: log -> `halves.run`."""
    rows = [
        (log, reader, half.said[reader], half.seen[reader])
        for log, half in found.items()
        for reader in half.flags
        if half.seen[reader] is not None
    ]
    names = [f"{reader} ({LOGS.get(log, log)})" for log, reader, _, _ in rows]

    def draw(page: Page) -> None:
        ax = page.panels(height=(0.55 if page.narrow else 0.5) * len(rows) + 1.1)
        for y, (_, _, said, seen) in enumerate(rows):
            strokes.dots(ax, [100 * said.mean], PEER, [y])
            ends = ([100 * v] for v in (seen.mean, seen.low, seen.high))
            strokes.intervals(ax, *ends, ESTIMATE, [y])
            strokes.label(ax, 100 * max(seen.mean, said.mean), y, points(seen.mean), ESTIMATE, "above right", gap=3)
        strokes.level(ax, 0, upright=True)
        strokes.rows(page, ax, names, phone=18, wide=26)
        ax.set_ylim(len(rows) - 0.5, -0.7)
        ax.set_xlim(right=8)
        ax.set_xlabel("points right, against a student of that level")
        strokes.key_below(page, [("gap as marked", PEER), ("the other half's answers", ESTIMATE)])

    log, told = next(iter(found)), {row[:2]: row[2:] for row in rows}
    first, last = (told.get((log, reader), rows[0][2:]) for reader in READERS[:2])
    return Figure(
        draw,
        finding=f"A count says {points(first[0].mean)} points and the other half {points(first[1].mean)}; drawn to "
        f"zero, {points(last[0].mean)} and {points(last[1].mean)}",
        alt="The mean gap of marked students and areas, as marked from half of the answers and in the other half: "
        + "; ".join(
            f"{name} {points(a.mean)} and {points(b.mean)}" for name, (_, _, a, b) in zip(names, rows, strict=True)
        )
        + ".",
        name="gaps-later",
    )


def warned(found: Mapping[str, Halves], sure: float = 0.5) -> Figure:
    """Of those warned who fell below the line, and of those who fell who had been warned. found: log -> halves."""
    rows = {log: half.warned(sure)["all"] for log, half in found.items()}
    words = {"precision": "of those warned,\nfell below", "found": "of those who fell,\nhad been warned"}
    line = next(iter(found.values())).warnings.line

    def draw(page: Page) -> None:
        axes = np.atleast_1d(page.panels(len(rows), height=1.5 if page.narrow else 2.4))
        for ax, (log, row) in zip(axes, rows.items(), strict=True):
            for y, what in enumerate(words):
                share = row[what]
                if share is None:
                    continue
                colour = ESTIMATE if what == "precision" else OTHER
                strokes.intervals(ax, [share.mean], [share.low], [share.high], colour, [y])
                strokes.label(ax, share.mean, y, f"{share.mean:.0%}", colour, "above")
            ax.set_yticks([0, 1], list(words.values()) if page.narrow or ax is axes[0] else ["", ""])
            ax.grid(axis="y", visible=False)
            ax.set(xlim=(0, 1), ylim=(1.5, -0.7), title=f"{LOGS.get(log, log)}: {row['warned']:,} warned")
            strokes.percent_axis(ax, "x")

    precision = next(iter(rows.values()))["precision"]
    return Figure(
        draw,
        finding=f"Of those warned {precision.mean:.0%} fell below {line:.0%} right"
        if precision
        else f"Nobody is {sure:.0%} sure to fall below {line:.0%} right",
        alt=f"Warnings from half of the answers at {sure:.0%} sureness, judged by the other half. "
        + "; ".join(
            f"{LOGS.get(log, log)}: {row['warned']} of {row['students']} students warned, {row['below']} fell below"
            for log, row in rows.items()
        )
        + ".",
        name="early-warning",
    )


def teacher_page(found: Gaps, scores: Proficiency, *, sure: float = 0.9) -> Figure:
    """A class by area: who is weaker or stronger than her own level, where that is sure; and whom to see on Monday.

    found: the class's gaps, `homework.gaps`. scores: `homework.proficiency` of the same students, which sorts them.
    sure: P(weaker) from which a mark is set.
    """
    score = dict(zip(scores.students, scores.score, strict=True))
    order = sorted(range(len(found.students)), key=lambda i: score[found.students[i]])
    names = [f"{found.students[i]} · {score[found.students[i]]:.0%}" for i in order]
    weak, strong = found.p_weaker()[order] >= sure, found.p_stronger()[order] >= sure
    groups = found.groups(1 - sure + 1e-9)

    def draw(page: Page) -> None:
        ax = page.panels(height=0.19 * len(names) + 1.5 if page.narrow else 0.21 * len(names) + 1.6)
        rows, columns = np.nonzero(~weak & ~strong)
        ax.plot(columns, rows, ls="", marker=".", ms=2, color=TRUTH, alpha=0.35)
        for marks, colour, shape in ((weak, PEER, "v"), (strong, ESTIMATE, "^")):
            rows, columns = np.nonzero(marks)
            ax.plot(columns, rows, ls="", marker=shape, color=colour, ms=6 if page.narrow else 8)
        ax.set_yticks(range(len(names)), names)
        heads = [textwrap.shorten(str(area), 24, placeholder="…") for area in found.areas]
        ax.set_xticks(
            range(len(heads)), heads, rotation=90 if page.narrow else 35, ha="center" if page.narrow else "left"
        )
        ax.xaxis.tick_top()
        ax.set(xlim=(-0.6, len(heads) - 0.4), ylim=(len(names) - 0.4, -0.6))
        ax.grid(alpha=0.12)
        ax.spines[:].set_visible(False)
        key = [(f"weaker than her own level, {sure:.0%} sure", PEER), (f"stronger, {sure:.0%} sure", ESTIMATE)]
        strokes.key_below(page, key, "beside a student: expected share right", columns=1 if page.narrow else 2)

    n, luck = int(weak.sum()), found.false_alarms(1 - sure + 1e-9)
    return Figure(
        draw,
        finding=f"{n} gap{'s' * (n != 1)} to see to in a class of {len(names)}; about {luck:.0f} of them by luck",
        alt=f"{len(names)} students by {len(found.areas)} areas. Weaker than the own level with {sure:.0%} sureness: "
        + ("; ".join(f"{area}: {', '.join(map(str, who))}" for area, who in groups.items()) or "nobody")
        + ".",
        name="teacher-page",
    )


def parent_page(student, found: Gaps, scores: Proficiency, *, sure: float = 0.9, level: float = 0.95) -> Figure:
    """One student for those at home: a score out of 100 with its interval, two strengths, one gap, what is not said.

    student: a name in both. found, scores: as in `teacher_page`. sure: from when an area is named; a stroke is drawn as
    long as that says. level: of the score's interval. Raises ValueError for a student who is not on both.
    """
    if student not in found.students or student not in scores.students:
        raise ValueError(f"student = {student!r} is not on these pages: give one of {found.students[:3]}")
    here, row = found.students.index(student), scores.students.index(student)
    low, high = (100 * ends[row] for ends in scores.interval(level))
    score, others = 100 * scores.score[row], 100 * np.median(scores.score)
    gap, up, down = 100 * found.gap[here], found.p_stronger()[here], found.p_weaker()[here]
    best = [k for k in np.argsort(-gap, kind="stable")[:2] if up[k] >= sure]
    worst = [k for k in np.argsort(gap, kind="stable")[:1] if down[k] >= sure]
    ends = [100 * end[here] for end in found.interval(2 * sure - 1)]

    def draw(page: Page) -> None:
        top, below = page.panels(2, 1, ratios=(1, 3.6), height=2.5 if page.narrow else 2.6)
        strokes.intervals(top, [score], [low], [high], ESTIMATE, [0], ms=9)
        strokes.label(top, score, 0, f"{score:.0f} of 100", ESTIMATE, "above")
        strokes.level(top, others, "class", upright=True, at=0.02, side="left")
        top.set(xlim=(0, 100), ylim=(-1, 1), yticks=[], xlabel="right of 100 questions")
        order = np.argsort(-gap, kind="stable")
        for y, k in enumerate(order):
            colour = ESTIMATE if k in best else PEER if k in worst else TRUTH
            look = {} if k in (*best, *worst) else {"alpha": 0.35}
            strokes.intervals(below, [gap[k]], [ends[0][k]], [ends[1][k]], colour, [y], **look)
        strokes.rows(page, below, [str(found.areas[k]) for k in order], phone=24, wide=40)
        for tick, k in zip(below.get_yticklabels(), order, strict=True):
            tick.set_color(ESTIMATE if k in best else PEER if k in worst else TRUTH)
        strokes.level(below, 0, upright=True)
        below.set_xlabel("points above or below her own level")
        key = [("a strength", ESTIMATE), ("to practise", PEER), ("other topics", TRUTH)]
        strokes.key_below(page, key, columns=3)

    told = [f"stronger in {' and '.join(str(found.areas[k]) for k in best)}"] if best else []
    told += [f"to practise: {found.areas[worst[0]]}"] if worst else []
    return Figure(
        draw,
        finding=f"Of 100 such questions about {score:.0f} right ({low:.0f} to {high:.0f})",
        alt=f"Student {student}: expected {score:.0f} of 100, {level:.0%} interval {low:.0f} to {high:.0f}, the "
        f"class's middle {others:.0f}. {'; '.join(told) or 'No area can be told from her own level yet'}.",
        name="parent-page",
    )
