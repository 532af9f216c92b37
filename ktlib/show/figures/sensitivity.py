"""NB-2's figures: what wrong numbers do to a belief, to a verdict and to a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import MaxNLocator

from ... import bkt
from ...bkt.sensitivity import MASTERY, Cost, mastery_step, sweep
from ...studies.wrong_numbers import WrongNumbers, quantiles
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PAPER, PEER, PRIOR, TRUTH

SHORT = {name: name.removeprefix("p_") for name in bkt.NAMES}
TAKEN = {"half": ESTIMATE, "true": TRUTH, "double": PEER}


def one_student(answers: Sequence[int], truth: bkt.BKTParams) -> Figure:
    """One student's belief with each of the four numbers halved, true and doubled."""
    known = {}
    for name in bkt.NAMES:
        taken = sweep(truth, name, [factor * getattr(truth, name) for factor in (0.5, 1, 2)])
        known[name] = [bkt.filter(answers, params).p_known for params in taken]
    steps = {name: [mastery_step(one) or 0 for one in three] for name, three in known.items()}
    most = sorted(steps, key=lambda name: np.ptp([step or len(answers) + 1 for step in steps[name]]))
    asked = np.arange(1, len(answers) + 1)

    def draw(page: Page) -> None:
        panels = page.panels(4, 2, sharex=True, sharey=True, height=1.4 if page.narrow else None)
        for ax, name in zip(panels, known, strict=True):
            strokes.level(ax, MASTERY)
            for i in (0, 2, 1):  # the truth on top
                words, colour = list(TAKEN.items())[i]
                ax.plot(asked, known[name][i], color=colour)
                spot = (0.45 + 0.22 * i, 0.03)
                said = f"{words} {steps[name][i] or 'never'}"
                strokes.label(ax, *spot, said, colour, "above", gap=0, xycoords="axes fraction", fontsize="small")
            strokes.note(ax, "mastery at", "bottom left").set_fontsize("small")
            value = getattr(truth, name)
            ax.set_title(f"{SHORT[name]}: {value / 2:g}, {value:g}, {2 * value:g}")
            ax.set(ylim=(-0.32, 1.06), yticks=(0, 0.5, 1))
        strokes.ticks(panels[-1], "x", asked, strokes.answers(answers))
        page.fig.supylabel("P(knows it)")

    said = {name: ", ".join(str(step or "never") for step in three) for name, three in steps.items()}
    return Figure(
        draw,
        finding=f"Same answers: {SHORT[most[-1]]} and {SHORT[most[-2]]} move the verdict most",
        alt="P(knows it) for one student with each parameter halved, true and doubled. "
        + " ".join(f"Varying {SHORT[name]}, mastery comes at {said[name]}." for name in said),
        name="one-student",
    )


def wrong_numbers(
    factors: Sequence[float],
    costs: Mapping[str, Sequence[Cost]],
    truth: bkt.BKTParams,
    base: Cost,
) -> Figure:
    """False masters and extra questions as each number is taken wrong by the same factor.

    factors: half and double among them. costs: name -> a cost for each factor. base: the cost with the true numbers.
    """
    half, double = (int(np.abs(np.asarray(factors) - factor).argmin()) for factor in (0.5, 2))
    false = {name: [one.false_masters for one in found] for name, found in costs.items()}
    rows = (("false masters, %", PEER, "false_masters", 100), ("extra questions", ESTIMATE, "extra", 1))

    def draw(page: Page) -> None:
        panels = page.panels(8, 4, stacked=2, sharex=True, height=1.25 if page.narrow else None)
        for i, (ax, name) in enumerate(zip(panels, [*bkt.NAMES] * 2, strict=True)):
            words, colour, what, scale = rows[i // 4]
            top = max(getattr(one, what) for found in costs.values() for one in found) * scale
            strokes.level(ax, 1, upright=True)
            ax.plot(factors, [scale * getattr(one, what) for one in costs[name]], color=colour)
            ax.set(xscale="log", ylim=(0, 1.05 * top))
            strokes.ticks(ax, "x", [0.25, 0.5, 1, 2], ["¼", "½", "1", "2"])
            first = i % (2 if page.narrow else 4) == 0
            ax.tick_params(labelleft=first)
            if i < 4 or page.narrow:
                ax.set_title(f"{SHORT[name]} {getattr(truth, name):g}")
            if first:
                ax.set_ylabel(words, color=colour, fontweight="bold", fontsize="small")
        page.fig.supxlabel(
            "taken as a multiple of the true value"
            if page.narrow
            else f"taken as a multiple of the true value ({base.students:,} simulated students)"
        )

    return Figure(
        draw,
        finding=f"Halve the guess rate: {false['p_guess'][half]:.0%} are let go too early, not "
        f"{base.false_masters:.0%}",
        alt="False masters and extra questions when one number is assumed wrong by the same factor. With the true "
        f"numbers {base.false_masters:.1%} are false masters. "
        + "; ".join(f"{SHORT[n]}: {at[half]:.1%} halved and {at[double]:.1%} doubled" for n, at in false.items())
        + ". Too low a guess rate is the dangerous error; too high a transit or init comes next; slip hardly matters.",
        name="wrong-numbers",
    )


def together(study: WrongNumbers) -> Figure:
    """What it costs when all four numbers are off at once: median and middle 90% of all draws."""
    groups = {f"all off by up to ±{delta:g}": costs for delta, costs in study.off_by.items()}
    delta, most = max((delta, quantiles(costs, "false_masters")[2]) for delta, costs in study.off_by.items())
    return spread(
        groups,
        study.base,
        PEER,
        finding=f"With all four off by up to ±{delta:g}, one draw in twenty makes {most:.0%} false masters",
        alt="What wrong numbers cost, by how far all four are off",
        name="together",
    )


def spread(groups: dict[str, list[Cost]], base: Cost, colour: str, *, finding: str, alt: str, name: str) -> Figure:
    """Costs of many draws in four panels, a row a group: median and middle 90%; dashed: with the true numbers."""
    names = {"changed": "decided otherwise", "flipped": "other verdict", "false_masters": "false masters"}
    names["kept"] = "kept to the end"
    worst = {words: quantiles(costs, "false_masters")[2] for words, costs in groups.items()}

    def draw(page: Page) -> None:
        panels = page.panels(4, 2, sharey=True, height=1.6 if page.narrow else None)
        for ax, (what, title) in zip(panels, names.items(), strict=True):
            strokes.rows(page, ax, list(groups), phone=24)
            strokes.level(ax, getattr(base, what), upright=True)
            low, mid, high = np.array([quantiles(found, what) for found in groups.values()]).T
            strokes.intervals(ax, mid, low, high, colour)
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            strokes.percent_axis(ax, "x")
            ax.set_title(title)

    return Figure(
        draw,
        finding=finding,
        alt=f"{alt}: decided otherwise, other verdict, false masters and kept to the end, median and middle 90%. "
        "In 95% of draws false masters stay at or below: "
        f"{', '.join(f'{share:.1%} {words}' for words, share in worst.items())}.",
        name=name,
    )


def slip_and_guess(slips: np.ndarray, guesses: np.ndarray, plane: np.ndarray, truth: bkt.BKTParams, base: Cost):
    """False masters over the plane of assumed slip and guess. plane: (guesses, slips) shares of the class."""
    shown = slice(np.searchsorted(guesses, 1.7 * truth.p_guess) + 1)  # beyond it hardly anybody is let go too early
    rows, values = guesses[shown], plane[shown]
    shades = [mpl.colors.to_rgba(PEER, alpha) for alpha in (0, 0.08, 0.18, 0.3, 0.45)]

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.contourf(slips, rows, values, levels=[0, 0.01, 0.02, 0.05, 0.1, 1], colors=shades)
        strokes.contours(ax, slips, rows, values, [0.01, 0.02, 0.05, 0.1], lambda share: f"{share:.0%}")
        ax.plot(truth.p_slip, truth.p_guess, "o", color=TRUTH)
        strokes.label(ax, truth.p_slip, truth.p_guess, "truth", side="above right")
        ax.grid(False)
        ax.set(xlabel="assumed slip", ylabel="assumed guess")

    return Figure(
        draw,
        finding="No: false masters hinge on guess, hardly on slip",
        alt=f"Share of false masters over assumed slip and guess. It grows as guess is assumed too low, up to "
        f"{plane.max():.0%}, and hardly changes along slip; at the true values it is {base.false_masters:.1%}.",
        name="slip-and-guess",
    )


def upside_down(guesses: np.ndarray, after_right: Mapping[float, np.ndarray]) -> Figure:
    """Belief after a right answer, one half before it, against guess. after_right: slip -> a belief for each guess."""
    shades = (ESTIMATE, OTHER, PRIOR)

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.axhspan(0, 0.5, color=PEER, alpha=0.08, lw=0)
        strokes.level(ax, 0.5)
        strokes.key(ax, [("a right answer counts against her", PEER)], "bottom left")
        ends = []
        for (slip, curve), colour in zip(after_right.items(), shades, strict=False):
            ax.plot(guesses, curve, color=colour)
            ax.plot(1 - slip, 0.5, "o", color=colour, markeredgecolor=PAPER)
            ends.append((guesses[-1], curve[-1], f"slip {slip:g}", colour))
        strokes.end_labels(page, ax, ends)
        ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="guess", ylabel="P(knows it), 0.5 before")

    *first, last = [f"{slip:g}" for slip in after_right]
    return Figure(
        draw,
        finding="Beyond guess + slip = 1 a right answer lowers the belief",
        alt="Belief after one right answer, starting from one half, against the guess rate for slips of "
        f"{', '.join(first)} and {last}. Each curve falls through one half exactly where guess + slip equals one.",
        name="upside-down",
    )
