"""NB-11's figures: how long millions of answers take, what they need, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...studies.scale import Row, ScaleStudy
from .. import strokes
from ..figure import Figure, Page
from ..style import DASHES, ESTIMATE, OTHER, PEER, PRIOR, TRUTH

COLOURS = {"2PL": PEER, "K = 3": ESTIMATE, "K = 5": PRIOR, "K = 10": OTHER, "K = 20": TRUTH}
PAPER_MINUTES = (30, 40)  # section 6: most models within the first, the longest in less than the second


def spell(seconds: float) -> str:
    """A time as one says it: "46 seconds", "3.2 minutes", "1.5 hours"."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds" if seconds >= 10 else f"{seconds:.1f} seconds"


def millions(answers: float) -> str:
    """A number of answers as one says it: "88 million"."""
    return f"{answers / 1e6:.3g} million"


def training_loss(rows: Sequence[Row]) -> Figure:
    """The paper's Figure 5 on this machine: loss an answer against time, a line a model. rows: with curves."""
    size = rows[0].asked
    ends = [row.curve[-1] for row in rows]
    lowest = -max(value for _, value in ends)
    top = lowest + 0.1

    def draw(page: Page) -> None:
        ax = page.panels()
        for row in rows:
            seconds, value = np.transpose(row.curve)
            ax.plot(seconds, -value, color=COLOURS[row.name], marker="o", ms=3)
        first, last = (60 * minutes for minutes in PAPER_MINUTES)
        ax.axvspan(first, last, color=TRUTH, alpha=0.12, lw=0)
        begin = min(row.curve[1][0] for row in rows)
        ax.set(xscale="log", xlim=(begin / 1.5, last * 1.6), ylim=(lowest - 0.006, top))
        marks = [(s, w) for s, w in ((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min")) if s > begin / 1.5]
        strokes.ticks(ax, "x", *([column[k] for column in marks] for k in (0, 1)))
        ax.set(xlabel="time, log scale", ylabel="loss an answer, nats")
        words = "Dots: ends of sweeps, the first ones above. Grey: the paper's 30 to 40 minutes, its log and machine. "
        names = [(row.name, COLOURS[row.name]) for row in rows]
        strokes.key_below(page, names, words + f"n = {millions(size)} simulated answers, one fit each")

    slowest = max(seconds for seconds, _ in ends)
    who = f"the last of {len(rows)} models" if len(rows) > 1 else rows[0].name
    return Figure(
        draw,
        finding=f"{millions(size).capitalize()} answers: {who} is done after {spell(slowest)}",
        alt=f"Loss an answer against time for {len(rows)} models on {millions(size)} answers. Done after: "
        + ", ".join(f"{row.name} {spell(end[0])}" for row, end in zip(rows, ends, strict=True))
        + ". The paper's models were done within 30 to 40 minutes, on another machine.",
        name="training-loss",
    )


def time_to_converge(rows: Sequence[Row]) -> Figure:
    """The paper's Figure 6: minutes a model takes, beside what the paper says of its own. rows: of one size."""
    minutes = [row.seconds / 60 for row in rows]
    size = rows[0].asked

    def draw(page: Page) -> None:
        ax = page.panels()
        words = [f"{m:.1f} min, {row.sweeps} sweeps" for m, row in zip(minutes, rows, strict=True)]
        strokes.bars(ax, minutes, words, ESTIMATE)
        strokes.rows(page, ax, [row.name for row in rows])
        for value in PAPER_MINUTES:
            strokes.level(ax, value, upright=True)
        ax.set(xlim=(0, 44), xlabel="minutes, wall clock")
        said = f"Dashed: the paper's 30 and 40 minutes, on its machine. n = {millions(size)} simulated answers, "
        strokes.key_below(page, [(f"ktlib, {rows[0].cores} cores", ESTIMATE)], said + "one fit each")

    return Figure(
        draw,
        finding=f"{millions(size).capitalize()} answers take {minutes[0]:.1f} minutes with {rows[0].name}"
        + (f", {minutes[-1]:.1f} with {rows[-1].name}" if len(rows) > 1 else ""),
        alt=f"Minutes that a fit of {millions(size)} answers takes: "
        + ", ".join(f"{row.name} {m:.1f}" for m, row in zip(minutes, rows, strict=True))
        + ". The paper says 30 for most models and less than 40 for the longest.",
        name="time-to-converge",
    )


def growth(study: ScaleStudy) -> Figure:
    """Core-seconds a sweep and memory against answers, on two logarithmic scales, with the floor that memory sets."""
    names = [name for name in study.models() if study.growth(name)]
    fits = {name: study.sized(name) for name in names}
    slope, doubled = study.growth("2PL"), 2 ** study.growth("2PL").power
    wide = [r.answers for r in fits["2PL"]]
    floor = [r.bytes_a_sweep / (study.small["read_gb_per_second"] * 1e9) * r.cores for r in fits["2PL"]]

    def draw(page: Page) -> None:
        left, right = page.panels(2, height=2.6 if page.narrow else None)
        for name, rows in fits.items():
            x = [row.answers for row in rows]
            for ax, what in ((left, "cpu_a_sweep"), (right, "peak_gb")):
                ax.plot(x, [getattr(row, what) for row in rows], color=COLOURS[name], marker="o")
        left.plot(wide, floor, color=TRUTH, ls=DASHES, lw=1)
        right.plot(wide, [8e-9 * x for x in wide], color=TRUTH, ls=DASHES, lw=1)
        for ax in (left, right):
            ax.set(xscale="log", yscale="log", xlabel="million answers")
            strokes.ticks(ax, "x", wide, [f"{row.asked / 1e6:g}" for row in fits["2PL"]])
        left.set(title="core-seconds a sweep")
        strokes.ticks(left, "y", [0.01, 0.1, 1, 10, 100])
        right.set(title="gigabytes at the peak")
        strokes.ticks(right, "y", [0.01, 0.1, 1, 10])
        said = (
            f"Dashed: reading the answers alone, and storing them alone. 2PL's power {slope} (95%, n = {slope.n} sizes)"
        )
        strokes.key_below(page, [(name, COLOURS[name]) for name in names], said)

    return Figure(
        draw,
        finding=f"Twice the answers take {doubled:.1f} times as long a sweep",
        alt="Core-seconds a sweep and peak memory against answers, both growing in proportion. By which power time "
        "grows: " + ", ".join(f"{name} {study.growth(name)}" for name in names) + ".",
        name="growth",
    )


def answers_to_a_question(rows: Sequence[Mapping[str, float]], n: int, seed: int) -> Figure:
    """How wide a question's interval is, by how many answers it has. rows: as `studies.scale.known`."""
    x, y = (np.array([row[what] for row in rows]) for what in ("answers", "half_width"))
    law = y[-1] * np.sqrt(x[-1] / x)
    few, many = rows[0], rows[-1]

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.plot(x, law, color=TRUTH, ls=DASHES, lw=1)
        ax.plot(x, y, color=ESTIMATE, marker="o")
        for row in rows:
            strokes.label(ax, row["answers"], row["half_width"], f"±{row['half_width']:.2f}", ESTIMATE, "below left")
        ax.set(xscale="log", yscale="log", xlim=(x[0] / 2, x[-1] * 1.5), ylim=(y[-1] / 1.6, max(y[0], law[0]) * 1.2))
        ax.set(xlabel="answers that a question has", ylabel="half-width, logits")
        strokes.ticks(ax, "x", [3, 10, 30, 100, 300])
        strokes.ticks(ax, "y", [0.25, 0.5, 1, 2])
        said = f"Medians of groups of questions, 2PL; n = {n:,} simulated answers, seed {seed}"
        strokes.key_below(page, [("95% interval of difficulty", ESTIMATE), ("one over the square root", TRUTH)], said)

    return Figure(
        draw,
        finding=f"±{few['half_width']:.1f} with {few['answers']:.0f} answers, ±{many['half_width']:.2f} with "
        f"{many['answers']:.0f}: answers count, not the share of the table",
        alt="Half-width of 95% intervals of difficulty by answers to a question: "
        + ", ".join(f"{row['answers']:.0f} answers ±{row['half_width']:.2f}" for row in rows)
        + ".",
        name="answers-to-a-question",
    )


def small_samples(ltm: Mapping[str, Sequence[float]], small: Sequence[Mapping[str, float]]) -> Figure:
    """Footnote 2: seconds by records, ltm as recorded with gaps filled, and ours with gaps filled and left.

    ltm: columns records and zero_filled_seconds. small: the rows of `benchmarks/scale_small.py`.
    """
    records = [row["records"] for row in small]
    lines = {
        "ltm, gaps filled": (list(ltm["records"]), list(ltm["zero_filled_seconds"]), PEER),
        "ours, gaps filled": (records, [row["filled_seconds"] for row in small], PRIOR),
        "ours, gaps left": (records, [row["gaps_seconds"] for row in small], ESTIMATE),
    }
    doubled = {words: y[-1] / y[x.index(x[-1] // 2)] for words, (x, y, _) in lines.items()}

    def draw(page: Page) -> None:
        ax = page.panels()
        for x, y, colour in lines.values():
            ax.plot(x, y, color=colour, marker="o")
        ax.set(xscale="log", yscale="log", xlabel="records", ylabel="seconds")
        strokes.ticks(ax, "x", records)
        strokes.ticks(ax, "y", [0.01, 0.1, 1, 10, 100])
        named = [(f"{words}: ×{doubled[words]:.1f}", colour) for words, (_, _, colour) in lines.items()]
        said = f"×: by the last doubling, to {records[-1]:,} records. ltm as recorded elsewhere, one run each; ours "
        strokes.key_below(page, named, said + "core-seconds, medians of 5 samples", columns=1 if page.narrow else None)

    filled, left = (doubled[words] for words in list(lines)[1:])
    return Figure(
        draw,
        finding=f"Twice the records: {filled:.1f} times as long if the gaps are filled, {left:.1f} if they are left",
        alt="Seconds by records: "
        + "; ".join(
            f"{words} {y[0]:.2g} at {x[0]} to {y[-1]:.2g} at {x[-1]}, times {doubled[words]:.1f} by the last doubling"
            for words, (x, y, _) in lines.items()
        )
        + ".",
        name="small-samples",
    )


def cost(study: ScaleStudy, answers: float, dollars: float) -> Figure:
    """What one fit costs, a bar a model. answers: how many. dollars: price of a core for an hour."""
    names, run = study.models(), study.models(study.largest)
    cents = [100 * dollars * study.core_seconds(name, answers) / 3600 for name in names]

    def draw(page: Page) -> None:
        ax = page.panels()
        words = [f"{'' if name in run else '≈ '}{value:.2f} cents" for name, value in zip(names, cents, strict=True)]
        strokes.bars(ax, cents, words, ESTIMATE)
        strokes.rows(page, ax, names)
        ax.set(xlim=(0, 1.4 * max(cents)), xlabel="US cents a fit")
        said = f"n = {millions(answers)} answers, one fit each by the paper's rule; the price is our setting"
        said += "; ≈: scaled up from fewer answers" if run != names else ""
        strokes.key_below(page, [(f"at {dollars:g} dollars a core-hour", ESTIMATE)], said)

    return Figure(
        draw,
        finding=f"A fit of {millions(answers)} answers costs {cents[0]:.2f} cents with {names[0]}"
        + (f", {cents[names.index(run[-1])]:.2f} with {run[-1]}" if len(run) > 1 else ""),
        alt=f"Cost of one fit of {millions(answers)} answers at {dollars:g} dollars a core-hour: "
        + ", ".join(f"{name} {value:.2f} cents" for name, value in zip(names, cents, strict=True))
        + ".",
        name="cost",
    )
