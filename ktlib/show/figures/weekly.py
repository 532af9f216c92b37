"""NB-15's figures: the weekly update against fitting everything again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...irt.posterior import Normal
from ...studies.weeks import REFIT, Weeks
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

NUMBERS = ("discrimination", "difficulty")


def added(before: Normal, week: Normal, after: Normal) -> Figure:
    """What was believed of an ability, what a week's answers say of it, and both together, each a normal."""
    x = np.linspace(-2.5, 3.5, 400)
    parts = (("last week", before, PRIOR), ("the week's answers", week, PEER), ("this Monday", after, ESTIMATE))

    def draw(page: Page) -> None:
        ax = page.panels()
        for _, belief, colour in parts:
            ax.plot(x, np.exp(-0.5 * ((x - belief.loc) / belief.scale) ** 2) / belief.scale, color=colour)
        strokes.key(ax, [(f"{words}: {float(b.loc):.1f} ± {1.96 * float(b.scale):.1f}", c) for words, b, c in parts])
        ax.set(xlabel="ability, logits", ylim=(0, 1.75 / float(after.scale)))
        ax.set_yticks([])

    return Figure(
        draw,
        finding="The surer of the two counts more, and both together are surer than either",
        alt="Three normal curves over ability: "
        + "; ".join(f"{words} {float(b.loc):.2f}, spread {float(b.scale):.2f}" for words, b, _ in parts)
        + ".",
        name="monday-by-hand",
    )


def one_question(beliefs: Sequence[tuple[float, float, float]], truth: float) -> Figure:
    """What is believed of one question's difficulty, Monday by Monday. beliefs: (mean, low, high) each."""
    mean, low, high = np.transpose(beliefs)
    at = np.arange(len(beliefs))

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, truth, "truth", side="above")
        strokes.intervals(ax, mean, low, high, ESTIMATE, at, upright=True)
        ax.set(xlabel="Mondays since it came", ylabel="difficulty, logits", xlim=(-0.5, len(at) - 0.5))
        strokes.ticks(ax, "x", at)

    return Figure(
        draw,
        finding=f"One question: from ±{(high - low)[0] / 2:.1f} logits to ±{(high - low)[-1] / 2:.1f} "
        f"in {len(at) - 1} Mondays",
        alt=f"Difficulty of one question, mean and 95% interval on {len(at)} Mondays; at first {mean[0]:.2f} "
        f"({low[0]:.2f} to {high[0]:.2f}), at last {mean[-1]:.2f} ({low[-1]:.2f} to {high[-1]:.2f}); the truth is "
        f"{truth:.2f}.",
        name="one-question-monday-by-monday",
    )


def next_week(found: Weeks) -> Figure:
    """How well the week that follows is forecast, week by week, and what a Monday costs."""
    ways = (("weekly", "weekly update", ESTIMATE), ("questions frozen", "questions frozen", OTHER))
    ways += (("never", "no update", PEER),)
    refits = found.weeks(REFIT)
    named = [way for way, *_ in ways] + [REFIT]
    auc = {way: [found.of(way, "auc", weeks=[w]).mean for w in found.weeks(way)] for way in named}
    spent = {w: found.of(w, "seconds", weeks=[refits[-1]]).mean for w in (REFIT, "weekly", "questions frozen")}
    share = found.cost().mean

    def draw(page: Page) -> None:
        left, right = page.panels(2, ratios=(3, 2))
        for way, _, colour in ways:
            left.plot(found.weeks(way), auc[way], color=colour)
        left.plot(refits, auc[REFIT], ls="", marker="o", color=TRUTH, zorder=4)
        left.set(xlabel="week", ylabel="AUC, next week")
        strokes.ticks(left, "x", refits)
        names = {REFIT: "refit", "weekly": "weekly update", "questions frozen": "questions frozen"}
        colours = [TRUTH, ESTIMATE, OTHER]
        words = [f"{v:.2f} s" for v in spent.values()]
        strokes.bars(right, list(spent.values()), words, colours)
        strokes.rows(page, right, list(names.values()), 18, 10)
        right.set(xlim=(0, 1.45 * max(spent.values())), xlabel=f"processor, week {refits[-1]}")
        said = f"Update less refit, week {refits[-1]}: {gap:,.4f} in AUC (95%, n = {gap.splits} simulated products)"
        strokes.key_below(page, [("refit of everything", TRUTH), *((words, colour) for _, words, colour in ways)], said)

    gap = found.gap("weekly", REFIT, "auc", weeks=[refits[-1]])
    return Figure(
        draw,
        finding=f"A Monday costs {share:.0%} of a refit and forecasts as well, to {abs(gap.mean):.3f} AUC",
        alt=f"AUC on the next week's answers by week. In week {refits[-1]}: refit {auc[REFIT][-1]:.3f}, weekly update "
        f"{auc['weekly'][-1]:.3f}, questions frozen {auc['questions frozen'][-1]:.3f}, no update "
        f"{auc['never'][-1]:.3f}. The update takes {share:.0%} of a refit's time.",
        name="next-week",
    )


def intervals_held(found: Weeks) -> Figure:
    """How many 95% intervals hold the truth, week by week, of questions' two numbers."""
    ways = (("weekly", "half of it counted", ESTIMATE), ("weekly, all trusted", "all of it counted", PEER))
    ways += (("weekly, mean-field", "all, spreads not calibrated", PRIOR),)
    held = {
        (way, name): [found.of(way, f"held {name}", weeks=[w]).mean for w in found.weeks(way)]
        for way, _, _ in ways
        for name in NUMBERS
    }
    n = found.of("weekly", "held difficulty").splits
    said = f"% of 95% intervals that hold the truth; what a week adds is counted in part or in full; n = {n} products"
    last = {way: np.mean([held[way, name][-1] for name in NUMBERS]) for way, *_ in ways}

    def draw(page: Page) -> None:
        for ax, name in zip(page.panels(2, sharey=True, height=2.1 if page.narrow else None), NUMBERS, strict=True):
            strokes.level(ax, 0.95)
            for way, _, colour in ways:
                ax.plot(found.weeks(way), held[way, name], color=colour)
            ax.set(title=name, xlabel="week", ylim=(0.78, 1))
            strokes.percent_axis(ax)
            strokes.ticks(ax, "x", found.weeks(REFIT))
        strokes.key_below(page, [(words, colour) for _, words, colour in ways], said)

    return Figure(
        draw,
        finding=f"Counting weeks in full, {last['weekly, all trusted']:.0%} of intervals hold after twenty; counting "
        f"half, {last['weekly']:.0%}",
        alt="Share of 95% intervals that hold the truth, by week, for discriminations and difficulties. In the last "
        "week " + ", ".join(f"{words} {last[way]:.0%}" for way, words, _ in ways) + ", the mean of both.",
        name="intervals-held",
    )


def wandering(found: Weeks, drift: float) -> Figure:
    """Intervals of abilities where abilities wander: the update that knows it, the one that does not, and a refit."""
    ways = (("weekly, drift", "told that abilities drift", ESTIMATE), ("weekly", "not told", PEER))
    held = {
        w: [found.of(w, "held ability", drift=drift, weeks=[k]).mean for k in found.weeks(w, drift)] for w, *_ in ways
    }
    refits = found.weeks(REFIT, drift)
    refit = [found.of(REFIT, "held ability", drift=drift, weeks=[k]).mean for k in refits]

    products = found.of("weekly", "held ability", drift=drift).splits

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, 0.95)
        for way, _, colour in ways:
            ax.plot(found.weeks(way, drift), held[way], color=colour)
        ax.plot(refits, refit, ls="", marker="o", color=TRUTH, zorder=4)
        ax.set(xlabel="week", ylabel="intervals that hold", ylim=(min(refit) - 0.03, 1.0))
        strokes.percent_axis(ax)
        strokes.ticks(ax, "x", refits)
        names = [(words, colour) for _, words, colour in ways]
        said = f"95% intervals of abilities, which move by {drift:g} logits a week; n = {products} simulated products"
        strokes.key_below(page, [*names, ("refit of everything", TRUTH)], said)

    return Figure(
        draw,
        finding=f"Where abilities wander, {refit[-1]:.0%} of a refit's intervals hold after {refits[-1]} weeks; of an "
        f"update that knows it, {held['weekly, drift'][-1]:.0%}",
        alt=f"Share of 95% intervals of abilities that hold the truth by week, abilities moving by {drift:g} a week. "
        f"In the last week: told of the drift {held['weekly, drift'][-1]:.0%}, not told {held['weekly'][-1]:.0%}, "
        f"refit of everything {refit[-1]:.0%}.",
        name="wandering",
    )
