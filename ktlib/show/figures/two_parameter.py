"""NB-8's figures: curves of questions, beliefs about a student, and what a fast fit forgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...studies.mean_field import BLOCKS, RAW, SOLVED, ByBlock
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH


def item_curves(p_right: Callable, items: Mapping[str, tuple[float, float, float, str]]) -> Figure:
    """P(right) against ability. p_right: a function of ability, discrimination and difficulty.

    items: name -> discrimination, difficulty, the ability where its name stands, and on which side of the curve; 3 at
    most.
    """
    theta = np.linspace(-4, 4, 200)

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, 0.5)
        for (name, (a, b, at, side)), colour in zip(items.items(), (ESTIMATE, PEER, OTHER), strict=False):
            ax.plot(theta, p_right(theta, a, b), color=colour)
            ax.plot(b, 0.5, "o", color=colour)
            words = f"{name}\nα {a:g}, β {b:g}".replace("-", "−")
            strokes.label(ax, at, p_right(at, a, b), words, colour, side, gap=10)
        ax.set(xlim=(-4, 4), ylim=(0, 1), xlabel="ability θ", ylabel="P(right)")

    steepest = max(a for a, *_ in items.values())
    return Figure(
        draw,
        finding="Difficulty says where, discrimination says how sharply",
        alt=f"P(right) against ability for {len(items)} questions. Each curve crosses one half at its difficulty; the "
        f"one with discrimination {steepest:g} rises most steeply there.",
        name="item-curves",
    )


def on_a_grid(grid, beliefs: Sequence, answers: Sequence[int]) -> Figure:
    """A belief about one ability after each answer. beliefs: densities on the grid, the prior first."""
    width, last = grid[1] - grid[0], beliefs[-1]
    mean = (grid * last).sum() * width
    sd = np.sqrt(((grid - mean) ** 2 * last).sum() * width)

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.plot(grid, beliefs[0], color=PRIOR)
        for k, curve in enumerate(beliefs[1:-1], 1):
            ax.plot(grid, curve, color=ESTIMATE, lw=1.2, alpha=0.25 + 0.5 * k / len(beliefs))
        ax.plot(grid, last, color=ESTIMATE)
        strokes.label(ax, -1.5, np.interp(-1.5, grid, beliefs[0]), "prior", PRIOR, "above left")
        after = "after " + " ".join(strokes.answers(answers))
        strokes.label(ax, mean + 1.3 * sd, 0.85 * last.max(), after, ESTIMATE)
        ax.set(xlim=(-4, 4), ylim=(0, None), xlabel="ability θ", yticks=[])

    return Figure(
        draw,
        finding=f"{len(answers)} answers: ability {mean:.2f}, standard deviation {sd:.2f}",
        alt=f"The belief about one student's ability: the bell-curve prior, and after each of {len(answers)} answers. "
        f"It ends at mean {mean:.2f} with standard deviation {sd:.2f}.",
        name="on-a-grid",
    )


def two_unknowns(axis, exact, means: Sequence[float], sds: Sequence[float]) -> Figure:
    """The exact belief about ability and difficulty, a density on axis × axis, and independent normals fitted to it."""
    levels = np.array([0.05, 0.25, 0.6])
    near = [np.exp(-((axis - m) ** 2) / (2 * s**2)) for m, s in zip(means, sds, strict=True)]
    ability = exact.sum(1) / exact.sum()
    true_sd = np.sqrt(ability @ axis**2 - (ability @ axis) ** 2)

    def draw(page: Page) -> None:
        page.height(phone=3.1)
        ax = page.panels()
        ax.contour(axis, axis, exact.T, levels=exact.max() * levels, colors=TRUTH, linewidths=1.4)
        ax.contour(axis, axis, np.outer(near[1], near[0]), levels=levels, colors=ESTIMATE, linewidths=1.8)
        strokes.label(ax, 1.75, 1.75, "the belief", TRUTH)
        strokes.label(ax, 1.3, -1.75, "mean-field's", ESTIMATE)
        ax.set(xlim=(-2.2, 3.6), ylim=(-3, 2.4), xlabel="ability θ", ylabel="difficulty β", aspect="equal")

    return Figure(
        draw,
        finding="Mean-field forgets that the two move together",
        alt="The exact belief about one ability and one difficulty is a slanted ellipse: if she is better, the "
        "questions are harder. The best independent normals are upright and narrower: spread "
        f"{sds[0]:.2f} where the belief has {true_sd:.2f}.",
        name="two-unknowns",
    )


def expected_curves(p_right: Callable, slopes: Mapping[str, np.ndarray], shown: int = 40) -> Figure:
    """Item curves that priors of discrimination expect, all with difficulty 0. slopes: name -> draws from the prior."""
    theta = np.linspace(-4, 4, 81)
    first, (other, drawn) = next(iter(slopes)), list(slopes.items())[1]

    def draw(page: Page) -> None:
        axes = page.panels(len(slopes), sharey=True, height=1.7 if page.narrow else None)
        for ax, (name, alpha), colour in zip(axes, slopes.items(), (PRIOR, PEER, OTHER), strict=False):
            curves = p_right(theta, alpha[:shown, None], 0.0)
            paths = np.column_stack([curves, np.full(len(curves), np.nan)]).ravel()
            ax.plot(np.tile([*theta, np.nan], len(curves)), paths, color=colour, lw=0.9, alpha=0.5)
            ax.set(xlim=(-4, 4), ylim=(0, 1), title=name, xlabel="" if page.narrow else "ability θ")
        if page.narrow:
            page.fig.supxlabel("ability θ")
        axes[0].set_ylabel("P(right)")

    return Figure(
        draw,
        finding=f"Under {other} {np.mean(drawn < 0):.0%} of curves fall: the better the student, the worse the answer",
        alt=f"{shown} item curves drawn from each of {len(slopes)} priors of discrimination. Under {first} all rise, "
        f"most of them gently; under {other} {np.mean(drawn < 0):.0%} fall; under the last many are flat or a step.",
        name="expected-curves",
    )


def race(fast: Mapping[str, float], slow: Mapping[int, Mapping[str, float]]) -> Figure:
    """Distance to the optimum against seconds, of coordinate ascent and of SVI. slow: by number of steps."""
    steps, longest = max(slow), slow[max(slow)]
    x, y = ([run[what] for run in slow.values()] for what in ("seconds", "distance"))
    ms = f"{1000 * fast['seconds']:.0f} ms"

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.loglog(x, y, "o-", color=PEER)
        for k, (n, a, b) in enumerate(zip(slow, x, y, strict=True)):
            words = f"SVI, {n:,} steps" if not k else f"{n:,}"
            strokes.label(ax, a, b, words, PEER, "above right" if k < 2 else "above")
        ax.loglog(fast["seconds"], fast["distance"], "o", color=ESTIMATE, ms=10)
        strokes.label(ax, fast["seconds"], fast["distance"], f"coordinate ascent,\n{ms}", ESTIMATE, gap=10)
        ax.set(xlim=(0.006, 20), ylim=(0.001, 0.6))
        ax.set(xlabel="seconds a fit (medians of five classes)", ylabel="distance to the optimum, sd")

    return Figure(
        draw,
        finding=f"SVI: {longest['seconds'] / fast['seconds']:.0f} times the time, and still "
        f"{longest['distance'] / fast['distance']:.0f} times as far",
        alt=f"Distance to the mean-field optimum against seconds. Coordinate ascent is within {fast['distance']:.4f} "
        f"standard deviations after {ms}; SVI after {longest['seconds']:.1f} s and {steps:,} steps is at "
        f"{longest['distance']:.3f}.",
        name="race",
    )


def coverage(found: ByBlock) -> Figure:
    """How many 95% intervals hold the truth, as mean-field gives them and calibrated."""
    mean, half = found.mean, found.half
    names = {RAW: "as it comes (mean-field)", SOLVED: "after one more solve (calibrated)"}
    raw, solved = ({block: f"{mean[fit][block]:.0%}" for block in BLOCKS} for fit in (RAW, SOLVED))

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.rows(page, ax, BLOCKS)
        for fit, colour, move, side in ((RAW, PEER, -0.14, "above"), (SOLVED, ESTIMATE, 0.14, "below")):
            at, x = np.arange(len(BLOCKS)) + move, mean[fit][list(BLOCKS)]
            strokes.intervals(ax, x, x - half[fit][x.index], x + half[fit][x.index], colour, at)
            for value, row in zip(x, at, strict=True):
                strokes.label(ax, value, row, f"{value:.0%}", colour, side)
        strokes.level(ax, 0.95, "as promised", upright=True, at=0.01, side="right")
        strokes.ticks(ax, "x", (0.8, 0.85, 0.9, 0.95, 1), ("80%", "85%", "90%", "95%", "100%"))
        ax.set(xlim=(0.8, 1), ylim=(len(BLOCKS) - 0.3, -0.6))
        ax.set_xlabel(f"95% intervals that hold the truth ({found.n} simulated classes)")
        strokes.key_below(page, [(names[RAW], PEER), (names[SOLVED], ESTIMATE)], columns=1 if page.narrow else None)

    return Figure(
        draw,
        finding=f"Its 95% intervals of difficulty hold the truth in {raw['difficulty']} of cases; one solve more, and "
        f"in {solved['difficulty']}",
        alt=f"Coverage of 95% intervals over {found.n} classes. Mean-field holds the truth in {raw['difficulty']} of "
        f"difficulties and {raw['discrimination']} of discriminations; calibrated intervals in {solved['difficulty']} "
        f"and {solved['discrimination']}.",
        name="mean-field-coverage",
    )
