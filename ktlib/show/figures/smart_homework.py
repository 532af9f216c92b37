"""NB-14's figures: a homework picked, what forecasts near 0.7 came to, and policies on a simulated school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...homework import school
from ...homework.recommend import Homework
from ...studies import policies as study
from ...studies.gaming import Gaming
from ...studies.means import Mean, signed
from ...studies.near_target import BANDS, Near
from ...studies.policies import AIMS, TARGETS, THIRDS, TRUE, Policies
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

LEARNING = {
    "flat": "every question\nteaches alike",
    "zone": "the middle\nteaches most",
    "errors": "errors with\nfeedback teach",
}
SHADES = dict(zip(LEARNING, (TRUTH, ESTIMATE, PEER), strict=True))
GROUPS = dict(zip(THIRDS, (PEER, TRUTH, ESTIMATE), strict=True))


def picks(p_correct, attempted, chosen, target: float = 0.7) -> Figure:
    """One student's pool: forecasts of all questions, those she has attempted, and those chosen.

    p_correct: (items,) forecasts. attempted: (items,) True or False. chosen: codes of the questions picked.
    """
    p, attempted, chosen = np.asarray(p_correct), np.asarray(attempted, dtype=bool), np.asarray(chosen)
    left = np.flatnonzero(~attempted)
    rest = np.setdiff1d(left, chosen)
    bins = np.linspace(0, 1, 41)

    def draw(page: Page) -> None:
        ax = page.panels()
        parts = [p[rest], p[attempted], p[chosen]]
        ax.hist(parts, bins, stacked=True, color=[TRUTH, PRIOR, ESTIMATE], alpha=0.85)
        top = max(np.histogram(p, bins)[0])
        strokes.level(ax, target, f"{target:.0%}", upright=True, at=0.99, side="left")
        names = [
            (f"{len(chosen)} chosen", ESTIMATE),
            (f"{attempted.sum()} attempted", PRIOR),
            (f"{len(rest)} others", TRUTH),
        ]
        strokes.key(ax, names)
        ax.set(xlim=(0, 1), ylim=(0, 1.5 * top), xlabel="forecast: chance of a right answer", ylabel="questions")
        strokes.percent_axis(ax, "x")

    far = np.abs(p[chosen] - target).max()
    return Figure(
        draw,
        finding=f"Of {len(left)} questions she has not tried, the {len(chosen)} nearest {target:.0%}",
        alt=f"Forecasts of one student for {len(p)} questions. {attempted.sum()} are attempted; of the others the "
        f"{len(chosen)} nearest {target:.0%} are chosen, the farthest {100 * far:.1f} points away.",
        name="ten-picks",
    )


def of_homework(given: Homework, forecasts, attempted, row: int = 0, target: float = 0.7) -> Figure:
    """`picks` for one row of a `Homework`. forecasts, attempted: (students, items)."""
    return picks(forecasts[row], attempted[row], given.items[row][given.items[row] >= 0], target)


def three_models() -> Figure:
    """What a question teaches, by the chance of a right answer: the three learning models of the school."""
    p = np.linspace(0.01, 0.99, 99)

    def teaches(name: str) -> np.ndarray:
        right, wrong = (school.LEARNING[name](p, np.full_like(p, y), True) for y in (1, 0))
        return p * right + (1 - p) * wrong

    def draw(page: Page) -> None:
        ax = page.panels()
        for name in LEARNING:
            ax.plot(p, teaches(name), color=SHADES[name], lw=2)
        ax.set(xlim=(0, 1), ylim=(0, 1.1), xlabel="chance of a right answer", ylabel="what it teaches, of the most")
        strokes.percent_axis(ax, "x")
        strokes.percent_axis(ax, "y")
        names = [(words.replace("\n", " "), SHADES[name]) for name, words in LEARNING.items()]
        strokes.key_below(page, names, columns=1 if page.narrow else 3)

    return Figure(
        draw,
        finding="Three ways in which a question could teach",
        alt="How much a question teaches, on average over right and wrong, against the chance of a right answer: a "
        "level line, a hill over one half, and a line that falls from hard questions to easy ones.",
        name="three-models",
    )


def which_first(
    found: Policies, names: Sequence[str] = ("fixed", "easiest", "hardest", "aim 0.7", "true 0.7", "oracle")
):
    """By how many per cent each policy is above random order in points an hour, under each learning model."""
    words = {
        "fixed": "fixed order", "easiest": "easiest first", "hardest": "hardest first", "aim 0.7": "aim at 0.7",
        "true 0.7": "aim at 0.7, truth known", "oracle": "oracle",
    }  # fmt: skip
    lead = {(model, name): relative(found, model, name) for model in LEARNING for name in names}

    across = f"% above random\n{found.n} schools, 95%"

    def draw(page: Page) -> None:
        for ax, (model, title) in zip(
            page.panels(3, sharex=True, height=2.6 if page.narrow else None), LEARNING.items(), strict=True
        ):
            values = [lead[model, name] for name in names]
            strokes.level(ax, 0, upright=True)
            colours = [ESTIMATE if "0.7" in name else PEER if name != "oracle" else OTHER for name in names]
            for row, (value, colour) in enumerate(zip(values, colours, strict=True)):
                strokes.intervals(ax, [value.mean], [value.low], [value.high], colour, [row])
            strokes.rows(page, ax, [words[name] for name in names], wide=14)
            ax.set(title=title.replace("\n", " ") if page.narrow else title, xlabel=across)
            if not page.narrow and ax is not page.fig.axes[0]:
                ax.set_yticklabels([])

    aim, best = (span({model: lead[model, name] for model in LEARNING}) for name in ("aim 0.7", "oracle"))
    return Figure(
        draw,
        finding=f"Learned in an hour, against random order: aim at 0.7 {aim}, an oracle {best}",
        alt=f"Points learned in an hour against random order, in per cent, with 95% intervals over {found.n} simulated "
        f"schools of {found.students}. Aiming at 0.7: {aim}. Oracle: {best}.",
        name="which-first",
    )


def relative(found: Policies, learning: str, policy: str, what: str = "per_hour", other: str = "random"):
    """By how many per cent a policy's measure is above another's, paired by replicate: a `Mean`."""
    base = found.values(learning, other, what)
    return study.mean(100 * (found.values(learning, policy, what) / base - 1))


def span(means: Mapping[str, Mean]) -> str:
    """The least and the largest of several means in per cent, as "−9 to +3%"."""
    ends = [value.mean for value in means.values()]
    return f"{signed(min(ends), 0)} to {signed(max(ends), 0)}%"


def best_target(found: Policies) -> Figure:
    """Points learned in an hour against the target, at forecasts and at the truth, under each learning model."""
    curves = {
        (model, kind): [found.of(model, name) for name in names]
        for model in LEARNING
        for kind, names in (("aim", AIMS), ("true", TRUE))
    }

    def draw(page: Page) -> None:
        for ax, (model, title) in zip(
            page.panels(3, height=2.3 if page.narrow else None), LEARNING.items(), strict=True
        ):
            for kind, colour in (("true", OTHER), ("aim", ESTIMATE)):
                row = curves[model, kind]
                strokes.band(ax, TARGETS, [m.low for m in row], [m.high for m in row], colour)
                ax.plot(TARGETS, [m.mean for m in row], color=colour, marker="o")
            strokes.level(ax, found.of(model, "random").mean)
            highest = max(m.high for key, row in curves.items() for m in row if key[0] == model)
            ax.set(title=title.replace("\n", " ") if page.narrow else title, ylim=(0, 1.15 * highest))
            strokes.ticks(ax, "x", TARGETS[::2] if page.narrow is False else TARGETS)
        page.fig.supylabel("points learned in an hour", fontsize="medium")
        names = [("aimed at a forecast", ESTIMATE), ("aimed at the truth", OTHER), ("dashed: random order", TRUTH)]
        strokes.key_below(page, names, f"target: chance of a right answer ({found.n} schools, bands 95%)")

    tops = {model: found.best(model).split()[1] for model in LEARNING}
    return Figure(
        draw,
        finding=f"The best target hangs on how questions teach: {', '.join(tops.values())}",
        alt="Points learned in an hour against the target, aimed at a forecast or at the truth, with 95% bands over "
        f"{found.n} simulated schools. Aimed at a forecast the best target is "
        + ", ".join(f"{target} ({model})" for model, target in tops.items())
        + ".",
        name="best-target",
    )  # fmt: skip


def near_seventy(found: Mapping[str, Near]) -> Figure:
    """Share right against forecast, in bands, on each log. found: log -> `Near`."""

    def draw(page: Page) -> None:
        for ax, (log, near) in zip(
            page.panels(len(found), height=2.3 if page.narrow else None), found.items(), strict=True
        ):
            for row in near.by_area():
                ax.plot(row["forecast"], row["right"], "o", color=PRIOR, ms=3, alpha=0.5)
            rows = [near.row(band=band) for band in BANDS]
            ax.plot([0.4, 1], [0.4, 1], color=TRUTH, lw=1, ls=(0, (4, 3)), alpha=0.7)
            low, high = ([row[end] for row in rows] for end in ("low", "high"))
            strokes.intervals(
                ax, [row["right"] for row in rows], low, high, ESTIMATE, [row["forecast"] for row in rows], upright=True
            )
            at = near.right()
            strokes.label(ax, 0.72, at.mean, f"{at.mean:.1%}", ESTIMATE, "below right")
            ax.set(xlim=(0.45, 0.95), ylim=(0.25, 1.0), title=log)
            strokes.note(ax, f"n = {at.n:,}", "bottom right")
            strokes.ticks(ax, "x", BANDS, [f"{band:.0%}" for band in BANDS])
            strokes.percent_axis(ax)
        page.fig.supylabel("answered right", fontsize="medium")
        names = [("all answers", ESTIMATE), ("one area each, at 70%", PRIOR)]
        strokes.key_below(page, names, "forecast: chance of a right answer (n at 70%, intervals 95%)")

    rights = {log: near.right() for log, near in found.items()}
    said = "; ".join(
        f"{log} {100 * r.mean:.1f}% of {r.n:,} ({100 * r.low:.1f} to {100 * r.high:.1f})" for log, r in rights.items()
    )
    ends = [100 * r.mean for r in rights.values()]
    return Figure(
        draw,
        finding=f"Forecast at 70%, {min(ends):.1f} to {max(ends):.1f}% were answered right",
        alt=f"Share of held-out answers right against their forecast, on {len(found)} logs. At 70%: {said}.",
        name="near-seventy",
    )


def fair(found: Mapping[str, Near]) -> Figure:
    """Share right among answers forecast near 0.7, in thirds of ability, on each log."""

    def draw(page: Page) -> None:
        for ax, (log, near) in zip(
            page.panels(len(found), height=2.0 if page.narrow else 2.9), found.items(), strict=True
        ):
            strokes.level(ax, 0.7, upright=True)
            for row, (third, colour) in enumerate(GROUPS.items()):
                at = near.right(third)
                strokes.intervals(ax, [at.mean], [at.low], [at.high], colour, [row])
                strokes.label(ax, 0.8, row, f"{at.mean:.1%}", colour, "left")  # clear of the dashed line
            strokes.rows(page, ax, list(GROUPS))
            ax.set(xlim=(0.6, 0.8), title=log, ylim=(2.6, -0.8))
            strokes.ticks(ax, "x", (0.6, 0.7, 0.8), ("60%", "70%", "80%"))
            if not page.narrow and ax is not page.fig.axes[0]:
                ax.set_yticklabels([])
        page.fig.supxlabel("answered right, of those forecast near 70%; 95%", fontsize="medium")

    worst = {log: near.right(THIRDS[0]) for log, near in found.items()}
    off = max(abs(r.mean - 0.7) for near in found.values() for r in map(near.right, THIRDS))
    said = "; ".join(f"{log} {100 * r.mean:.1f}% of {r.n:,}" for log, r in worst.items())
    return Figure(
        draw,
        finding=f"Forecast at 70%: for weak and for strong students at most {100 * off:.1f} points off",
        alt=f"Of held-out answers forecast near 70%, the share right in each third of ability. Weakest third: {said}.",
        name="fair-thirds",
    )


def gaming(found: Gaming) -> Figure:
    """How much easier homework gets for students who miss on purpose in the first week, and what they learn less."""
    weeks = np.arange(found.weeks)
    moves = {model: [found.change(model, "difficulty", week) for week in weeks] for model in LEARNING}
    cost = {model: found.change(model, "gain") for model in LEARNING}

    def draw(page: Page) -> None:
        left, right = page.panels(2, height=2.4 if page.narrow else None)
        for model, row in moves.items():
            strokes.band(left, weeks + 1, [m.low for m in row], [m.high for m in row], SHADES[model])
            left.plot(weeks + 1, [m.mean for m in row], color=SHADES[model], marker="o")
        strokes.level(left, 0)
        strokes.ticks(left, "x", weeks + 1)
        left.set(xlabel="week", ylabel="logits", title="difficulty of homework")
        strokes.level(right, 0, upright=True)
        for row, (model, value) in enumerate(cost.items()):
            strokes.intervals(right, [value.mean], [value.low], [value.high], SHADES[model], [row])
            words = f"{value.mean:+.1f}".replace("-", "−")
            strokes.label(right, value.mean, row, words, SHADES[model], "above", gap=6)
        strokes.rows(page, right, [words.replace("\n", " ") for words in LEARNING.values()], wide=16)
        right.set(xlabel=f"points over the term\n({found.n} schools, 95%)", title="learned", ylim=(2.6, -0.8))

    ends = sorted(-value.mean for value in cost.values())
    return Figure(
        draw,
        finding=f"A week of missing on purpose buys easier homework, and costs {ends[0]:.1f} to {ends[-1]:.1f} points",
        alt="Change against the same students who try, over simulated terms, 95% intervals. In the second week it "
        "is " + "; ".join(f"{-row[1].mean:.2f} logits easier ({model})" for model, row in moves.items())
        + ". Learned: " + "; ".join(f"{value.mean:.1f} points ({model})" for model, value in cost.items()) + ".",
        name="gaming",
    )  # fmt: skip
