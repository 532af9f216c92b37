"""NB-3's figures: EM's path, where it can end, how far fits scatter, and fitted skills of a real log."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator, MultipleLocator

from ...bkt import NAMES, BKTParams
from ...bkt.em import BKTFit
from ...bkt.uncertainty import Uncertainty
from ...studies.random_starts import RandomStarts, mirrored
from ...studies.scatter import Scatter
from ...studies.wrong_numbers import WrongNumbers, quantiles
from .. import strokes
from ..figure import Figure, Page
from ..style import DASHES, ESTIMATE, PAPER, PEER, PRIOR, TRUTH
from .sensitivity import spread

SHORT = {name: name.removeprefix("p_") for name in NAMES}
PINNED = 200  # students from which a real skill's intervals are drawn


def climb(fit: BKTFit, sure: Uncertainty, truth: BKTParams) -> Figure:
    """The four estimates step by step, with the 95% intervals of the last."""

    def draw(page: Page) -> None:
        panels = page.panels(4, stacked=2, sharex=True, height=1.7 if page.narrow else None)
        for ax, name, steps, true in zip(panels, NAMES, fit.path.T, truth, strict=True):
            if name in sure.se:
                strokes.band(ax, [0, fit.steps], *sure.interval(name))
            ax.plot(steps, color=ESTIMATE, marker="o", ms=3.5)
            strokes.level(ax, true, "truth" if ax is panels[0] else "")
            ax.set_title(SHORT[name])
            ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            ax.set_xlim(0, fit.steps)
        page.fig.supxlabel("iteration")
        page.fig.supylabel("estimate, 95% interval")

    return Figure(
        draw,
        finding=f"EM settles within {fit.steps} steps, near the truth but not on it",
        alt=f"The four estimates over {fit.steps} EM iterations with their 95% intervals, {fit.students} students by "
        f"{fit.answers // fit.students} answers. Each settles; init ends at {fit.params.p_init:.3f} where the truth is "
        f"{truth.p_init}.",
        name="climb",
    )


def landscape(starts: RandomStarts) -> Figure:
    """Where random starts end, guess against slip, and the best fit that cannot learn, of which one end is a mirror."""
    ends, stuck = starts.ends, starts.stuck.params
    summit, mirror = ends[~ends.flipped], ends[ends.flipped]

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.fill_between([0, 1], [1, 0], 1, color=PEER, alpha=0.08, lw=0)
        ax.plot([0, 1], [1, 0], color=TRUTH, lw=1, ls=DASHES)
        other = mirrored(stuck)
        ax.plot([stuck.p_slip, other.p_slip], [stuck.p_guess, other.p_guess], color=PEER, lw=1.2, ls=(0, (2, 3)))
        ax.plot(stuck.p_slip, stuck.p_guess, "o", ms=9, mfc="none", mec=PEER, mew=2)
        strokes.label(ax, stuck.p_slip, stuck.p_guess, "the best fit that cannot learn", PEER, gap=8, bold=False)
        for part, words, colour, side in (
            (summit, "the summit", ESTIMATE, "right"),
            (mirror, "its mirror", PEER, "left"),
        ):
            if len(part):
                at = part.p_slip.median(), part.p_guess.median()
                spots = part[~part[["p_slip", "p_guess"]].round(3).duplicated()]
                ax.plot(spots.p_slip, spots.p_guess, "o", ms=9, color=colour)
                strokes.label(ax, *at, f"{words}: {len(part)} of {len(ends)}", colour, side, gap=10)
        strokes.note(ax, "a right answer speaks for knowing it", "bottom left")
        strokes.note(ax, "a right answer speaks against it", "top right")
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="slip", ylabel="guess")

    return Figure(
        draw,
        finding=f"{len(mirror) / len(ends):.0%} of random starts end upside down",
        alt=f"Where {len(ends)} random EM starts end, guess against slip. {len(summit)} reach the summit with guess + "
        f"slip below 1; {len(mirror)} end above the line, in the mirror image of the best fit that cannot learn, with "
        f"transit {mirror.p_transit.median():.0f}.",
        name="random-starts",
    )


def accuracy(scatters: Mapping[tuple[int, int], Scatter], claimed: Mapping[tuple[int, int], float]) -> Figure:
    """How far fits scatter around the truth, by class size, against a claim for each. Keys: (students, answers)."""
    sizes = range(len(scatters))
    learned, known = (scatters[200, 15].half()[j] for j in (1, 0))

    def draw(page: Page) -> None:
        panels = page.panels(4, stacked=2, sharey=True, height=2.1 if page.narrow else None)
        for j, ax in enumerate(panels):
            low, high = np.array([np.quantile(s.off[:, j], [0.025, 0.975]) for s in scatters.values()]).T
            for i, design in enumerate(scatters):
                strokes.band(ax, [i - 0.36, i + 0.36], -claimed[design], claimed[design], PEER, 0.35)
            strokes.sticks(ax, sizes, low, high, width=6, alpha=1)
            for i, half in enumerate((high - low) / 2):
                words = f"{half:.{2 if half >= 0.01 else 3}f}".lstrip("0")
                strokes.label(ax, i, high[i], f"±{words}", ESTIMATE, "above", gap=3, fontsize="small")
            strokes.ticks(ax, "x", sizes, [f"{n:,}\n× {t}" for n, t in scatters])
            ax.set(title=SHORT[NAMES[j]], xlim=(-0.6, len(scatters) - 0.4))
            ax.margins(y=0.15)
            ax.grid(axis="x", visible=False)
        strokes.key(panels[2], [("95% of fits", ESTIMATE), ("promised", PEER)], "top right")
        page.fig.supylabel("estimate − truth")
        page.fig.supxlabel(f"students × answers ({scatters[200, 15].n:,} classes each)")

    return Figure(
        draw,
        finding=f"200 students pin learning to ±{learned:.2f}, prior knowledge only to ±{known:.2f}",
        alt="How far fits scatter around the truth for three class sizes and four parameters, against the accuracy the "
        f"study guide promises. With 200 students by 15 answers 95% of fits fall within {learned:.3f} of the true "
        f"transit but only within {known:.3f} of the true init; ±{claimed[200, 15]} was promised.",
        name="accuracy",
    )


def road(stations: Mapping[str, Scatter]) -> Figure:
    """The spread of the four estimates at each station, from no data on. stations: words, in lines -> a scatter."""
    scatters = list(stations.values())
    first, _, semester, last = (scatter.half()[0] for scatter in scatters)
    names = ["literature's habit\nno data", *stations]
    at = range(1, len(names))

    def draw(page: Page) -> None:
        panels = page.panels(4, sharey=True, height=1.85 if page.narrow else None)
        for j, ax in enumerate(panels):
            low, mid, high = np.array([np.quantile(s.estimates[:, j], [0.025, 0.5, 0.975]) for s in scatters]).T
            strokes.rows(page, ax, names)
            ax.set_yticks(range(len(names)), names, fontsize="small")
            strokes.level(ax, tuple(scatters[0].truth)[j], upright=True)
            strokes.dots(ax, [tuple(BKTParams())[j]], PRIOR, marker="D")
            strokes.intervals(ax, mid, low, high, at=at)
            ax.set(title=SHORT[NAMES[j]], xlim=(-0.01, max(0.45, 1.05 * high.max())))
        page.fig.supxlabel(f"median, middle 95% of {scatters[0].n} classes; dashed: truth")

    return Figure(
        draw,
        finding=f"Questions do not replace students: one class leaves init at ±{semester:.2f}",
        alt=f"Spread of the four estimates from no data to a year group. For init, 95% of fits lie within ±{first:.2f} "
        f"after a month with 22 students and still within ±{semester:.2f} after a semester; 200 students give "
        f"±{last:.2f}.",
        name="road",
    )


def real_skills(fitted) -> Figure:
    """Fitted skills, a dot each, with intervals where enough students answered. fitted: frame of `real_skills.run`."""
    plain, flagged = fitted[fitted.flag == ""], fitted[fitted.flag != ""]
    pinned = plain[plain.students >= PINNED]
    more = (plain.p_init > BKTParams().p_init).mean()

    def draw(page: Page) -> None:
        panels = page.panels(2, height=2.7 if page.narrow else None)
        for ax, (x, y) in zip(panels, (("p_init", "p_transit"), ("p_slip", "p_guess")), strict=True):
            for part, colour in ((flagged, PEER), (plain, ESTIMATE)):
                for size, some in part.groupby(np.sqrt(8 + part.students / 9).round()):
                    ms = size * (0.7 if page.narrow else 1)
                    ax.plot(some[x], some[y], "o", color=colour, ms=ms, mew=0, alpha=0.75)
            strokes.sticks(ax, pinned[y], pinned[f"low_{x}"], pinned[f"high_{x}"], upright=False, width=1, alpha=0.3)
            strokes.sticks(ax, pinned[x], pinned[f"low_{y}"], pinned[f"high_{y}"], width=1, alpha=0.3)
            habit = [getattr(BKTParams(), name) for name in (x, y)]
            ax.plot(*habit, "D", color=PRIOR, ms=9, mec=PAPER, zorder=5)
            ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel=SHORT[x], ylabel=SHORT[y])
        panels[1].plot([0, 1], [1, 0], color=TRUTH, lw=1, ls=DASHES)
        strokes.label(panels[1], 1, 0.55, "upside down", side="left", bold=False, gap=0)
        names = (
            (f"{len(plain)} unflagged", ESTIMATE),
            (f"{len(flagged)} flagged", PEER),
            ("literature's habit", PRIOR),
        )
        strokes.key(panels[1], names, "top right")

    return Figure(
        draw,
        finding=f"On {more:.0%} of unflagged skills children know more beforehand than the habit says",
        alt=f"Fitted parameters of {len(fitted)} ASSISTments skills with 95% intervals where {PINNED} or more students "
        f"answered, point size by students. On {more:.0%} of the {len(plain)} unflagged skills init exceeds the "
        f"literature's habit, mostly by far; {len(flagged)} fits are flagged: on a boundary, upside down or flat.",
        name="real-skills",
    )


def habit_price(price) -> Figure:
    """What a class drawn from each skill pays for its own numbers and for the habit's. price: frame of `price`."""
    order = price.false_masters.sort_values("habit").index
    own, worst = price.false_masters.max()[["own", "habit"]]

    def draw(page: Page) -> None:
        panels = page.panels(2, sharey=True, height=2.9 if page.narrow else None)
        whats = {"false_masters": "false masters", "kept": "know it and are kept to the end"}
        for ax, (what, words) in zip(panels, whats.items(), strict=True):
            both = price[what].loc[order]
            strokes.paired_dots(ax, both.habit, both.own, colours=(PRIOR, ESTIMATE))
            ax.xaxis.set_major_locator(MultipleLocator(0.05))
            strokes.percent_axis(ax, "x")
            ax.set(xlabel=words, ylabel="")
            ax.set_yticks([])
        strokes.key(panels[0], (("fitted", ESTIMATE), ("the habit", PRIOR)), "bottom right")
        page.fig.supylabel(f"{len(price)} skills, one a row")

    return Figure(
        draw,
        finding=f"Simulated from real skills: the habit lets up to {worst:.0%} go too early",
        alt=f"False masters, and students kept although they know it, on {len(price)} skills simulated from their "
        f"fitted numbers. With the fitted numbers false masters stay at or below {own:.0%}; with the literature's "
        f"habit they reach {worst:.0%}.",
        name="habit-price",
    )


def fitted_cost(study: WrongNumbers) -> Figure:
    """What decisions cost with numbers that EM fitted to classes: median and middle 90% of all fits."""
    groups = {f"fitted to {n:,} × {t}": costs for (n, t), costs in study.fitted.items()}
    words, share = max(
        ((words, quantiles(costs, "false_masters")[2]) for words, costs in groups.items()), key=lambda item: item[1]
    )
    return spread(
        groups,
        study.base,
        ESTIMATE,
        finding=f"{words[0].upper()}{words[1:]} answers, one fit in twenty makes {share:.0%} false masters",
        alt="What fitted numbers cost, by the class they were fitted to",
        name="fitted-cost",
    )
