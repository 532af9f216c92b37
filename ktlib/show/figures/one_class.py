"""NB-5's figures: what one class borrows from other skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...bkt import NAMES
from ...studies.borrowing import Borrowing, Expected
from ...studies.prior_coverage import Kept
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PEER, PRIOR, TRUTH


def imagined(seen: Sequence[tuple[int, int]], prior: tuple[float, float]) -> Figure:
    """A share, before and after imagined children are added. seen: (who knew it, of how many); prior: such a pair."""
    p = np.linspace(0.005, 0.995, 397)

    def curve(knew: float, not_yet: float) -> np.ndarray:
        log = knew * np.log(p) + not_yet * np.log(1 - p)
        return np.exp(log - log.max())

    know, of = prior

    def draw(page: Page) -> None:
        for ax, (x, n) in zip(np.atleast_1d(page.panels(len(seen), sharey=True)), seen, strict=True):
            both = (know + x) / (of + n)
            ax.fill_between(p, curve(know - 1, of - know - 1), color=PRIOR, alpha=0.2, lw=0)
            ax.plot(p, curve(x, n - x), color=PEER)
            ax.plot(p, curve(know + x - 1, of - know + n - x - 1), color=ESTIMATE)
            ax.set(xlim=(0, 1), ylim=(0, 1.75), title=f"{x} of {n}: {x / n:.0%} → {both:.0%}")
            strokes.key(ax, [("other skills", PRIOR), ("class alone", PEER), ("both", ESTIMATE)])
            ax.set_yticks([])
            strokes.percent_axis(ax, "x")
        page.fig.supxlabel("share who know it", fontsize="medium")

    moved = [f"{x} of {n}, {x / n:.0%} alone, become {(know + x) / (of + n):.0%}" for x, n in seen]
    return Figure(
        draw,
        finding="The fewer the children, the more they lean on the other skills",
        alt=f"Belief about a share: from other skills, from the class alone, and from both. {'; '.join(moved)}.",
        name="imagined-children",
    )


def expected(found: Expected) -> Figure:
    """Classes that the prior expects before any answer, and real ones."""
    titles = {"level": "share right", "rise": "rise after the first answer"}

    def draw(page: Page) -> None:
        for ax, (what, title) in zip(page.panels(2), titles.items(), strict=True):
            bins = np.linspace(*((0, 1) if what == "level" else (-0.5, 0.7)), 13)
            drawn, real = found.drawn[what].ravel(), found.real[what]
            ax.hist(drawn, bins, weights=np.full(drawn.size, 1 / drawn.size), color=PRIOR, alpha=0.3)
            ax.hist(real, bins, weights=np.full(real.size, 1 / real.size), color=ESTIMATE, histtype="step", lw=2)
            ax.set(title=title, ylim=(0, 0.45))
            strokes.key(ax, [("expected", PRIOR), ("real", ESTIMATE)])
            strokes.percent_axis(ax, "x")
            strokes.percent_axis(ax, "y")
        page.fig.supylabel("share of classes", fontsize="medium")

    inside = {what: found.inside(what) for what in titles}
    low = np.median(found.real["rise"]) > np.median(found.drawn["rise"])
    return Figure(
        draw,
        finding="The prior expects the level of real classes" + (", and too little rise" if low else ""),
        alt="Share right in small classes, and how much it rises after each child's first answer: as the prior expects "
        f"and as {len(found.real['level'])} real classes have it. {inside['level']:.0%} and {inside['rise']:.0%} of "
        "the real ones lie among the middle 95% of the expected.",
        name="expected-classes",
    )


def skill_by_skill(found: Borrowing) -> Figure:
    """What borrowing saves on each skill against the class alone, sorted: above zero it forecasts better."""
    sums = found.scores.groupby("skill")[["answers", "raw", "borrowed"]].sum()
    saved = np.sort(((sums.raw - sums.borrowed) / sums.answers).to_numpy())
    share = (saved > 0).mean()

    def draw(page: Page) -> None:
        ax = page.panels()
        place = np.arange(1, len(saved) + 1)
        for side, colour in ((saved > 0, ESTIMATE), (saved <= 0, PEER)):
            ax.bar(place[side], saved[side], color=colour, width=0.7)
        strokes.key(ax, [(f"better with the prior: {share:.0%}", ESTIMATE), ("better alone", PEER)])
        ax.set(xlabel=f"{len(saved)} skills, sorted", ylabel="saved surprise (log loss)")
        strokes.ticks(ax, "x", [1, len(saved)])

    return Figure(
        draw,
        finding=f"A class of {found.size} that borrows forecasts better on {share:.0%} of skills",
        alt=f"Log loss an answer that the prior saves a class of {found.size}, on each of {len(saved)} real skills, "
        f"sorted. {(saved > 0).sum()} lie above zero; the median saves {np.median(saved):.3f}.",
        name="skill-by-skill",
    )


def honest(kept: Mapping[tuple, Kept]) -> Figure:
    """How often 95% intervals hold the truth, with a learned prior and without any. kept: as `prior_coverage.run`."""
    designs = list(dict.fromkeys(key[:2] for key in kept))
    held = {key: 100 * k.held.mean(0) for key, k in kept.items()}

    def draw(page: Page) -> None:
        for ax, design in zip(np.atleast_1d(page.panels(len(designs), sharey=not page.narrow)), designs, strict=True):
            strokes.level(ax, 95, upright=True)
            strokes.paired_dots(ax, held[*design, "none"], held[*design, "learned"])
            strokes.rows(page, ax, [name.removeprefix("p_") for name in NAMES])
            ax.set(xlim=(50, 101), title=f"{design[0]} × {design[1]}")
        words = "% of 95% intervals that hold the truth"
        strokes.key_below(page, [("with the prior", ESTIMATE), ("alone, by curvature", PEER)], words)

    learned = [v for key, values in held.items() if key[2] == "learned" for v in values]
    none = [v for key, values in held.items() if key[2] == "none" for v in values]
    return Figure(
        draw,
        finding=f"With the prior 95% means {min(learned):.0f} to {max(learned):.0f}%; alone, down to {min(none):.0f}%",
        alt="Share of 95% intervals that hold the truth, by number and class. With a learned prior "
        f"{min(learned):.0f}% to {max(learned):.0f}%, without any {min(none):.0f}% to {max(none):.0f}%.",
        name="honest",
    )


def shrinkage(found: Borrowing) -> Figure:
    """Held-out log loss of the habit, the typical skill, a class alone, with the prior, and all students."""
    rows = {
        "habit": ("literature's habit, no data", TRUTH),
        "typical": ("typical skill of the course", PRIOR),
        "raw": (f"class of {found.size} alone", PEER),
        "borrowed": (f"class of {found.size} and the prior", ESTIMATE),
        "large": (f"all {found.ours:,} students", TRUTH),
    }
    again = found.bootstrap()
    loss, ends = found.loss, again.quantile([0.025, 0.975])
    saved = again.sub(again.borrowed, axis=0).quantile([0.025, 0.975])

    def draw(page: Page) -> None:
        ax = page.panels(height=3.8 if page.narrow else None)
        for y, (how, (_, colour)) in enumerate(rows.items()):
            strokes.intervals(ax, [loss[how]], *([end] for end in ends[how]), colour, [y])
            words = f"{loss[how]:.3f}"
            if how != "borrowed":
                low, high = saved[how]
                words += "\n" if page.narrow else "   "
                words += f"{loss[how] - loss.borrowed:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
            strokes.label(ax, ends[how].max() + 0.001, y, words, colour)
        strokes.rows(page, ax, [words for words, _ in rows.values()], phone=12, wide=16)
        for tick, (_, colour) in zip(ax.get_yticklabels(), rows.values(), strict=True):
            tick.set_color(colour)
        ax.set_xlabel(
            "log loss, lower is better." + ("\n" if page.narrow else " ") + "Beside: difference to class and prior, 95%"
        )

    return Figure(
        draw,
        finding="Class and prior together beat either alone, and the habit",
        alt=f"Held-out log loss on real answers. The literature's habit {loss.habit:.3f}, the typical skill "
        f"{loss.typical:.3f}, a class of {found.size} alone {loss.raw:.3f}, the same class with a prior from other "
        f"skills {loss.borrowed:.3f}, all {found.ours:,} of our training students {loss.large:.3f}.",
        name="shrinkage",
    )
