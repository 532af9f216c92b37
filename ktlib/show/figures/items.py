"""Figures of any item fit: characteristic curves, and where a test says much of its students."""

from __future__ import annotations

import numpy as np

from ...irt.information import curves as item_curves
from ...irt.information import information as item_information
from ...irt.information import numbers_of
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, TRUTH

ABILITY = np.linspace(-4, 4, 161)


def curves(fit, name: str = "item-curves-fitted") -> Figure:
    """P(right) against ability for every item; the one that tells students apart best and the one that does least.

    Best and least by the mean information over students, who are N(0, 1). fit: as `irt.information.curves` takes it.
    """
    p, found = item_curves(fit, ABILITY), item_information(fit, ABILITY)
    weight = np.exp(-(ABILITY**2) / 2)
    worth = weight @ found.item / weight.sum()
    best, least = int(worth.argmax()), int(worth.argmin())
    others = np.delete(np.arange(len(found.items)), [best, least])

    def draw(page: Page) -> None:
        ax = page.panels()
        if len(others):
            paths = np.vstack([p[:, others], np.full(len(others), np.nan)]).T.ravel()
            ax.plot(np.tile([*ABILITY, np.nan], len(others)), paths, color=TRUTH, lw=0.9, alpha=0.3)
        ax.plot(ABILITY, p[:, least], color=PEER)
        ax.plot(ABILITY, p[:, best], color=ESTIMATE)
        ax.set(xlim=(-4, 4), ylim=(0, 1), ylabel="P(right)")
        strokes.percent_axis(ax, "y")
        names = [(_short(found.items[best]), ESTIMATE), (_short(found.items[least]), PEER)]
        strokes.key_below(page, names, f"ability θ of a student; {len(found.items)} items")

    finding = f"{_short(found.items[least])} says nothing of a student"
    if worth[least] > worth[best] / 1000:
        words = f"says {worth[best] / worth[least]:.1f} times as much of a student as"
        finding = f"{_short(found.items[best])} {words} {_short(found.items[least])}"
    return Figure(
        draw,
        finding=finding[0].upper() + finding[1:],
        alt=f"P(right) against ability for {len(found.items)} items. {_short(found.items[best])} rises most where "
        f"students are, {_short(found.items[least])} least; mean information {worth[best]:.2f} and {worth[least]:.2f}.",
        name=name,
    )


def information(fit, name: str = "test-information") -> Figure:
    """Test information against ability, over the histogram of the students fitted; the band of at least half its peak.

    fit: as `irt.information.information` takes it; students at their estimated abilities.
    """
    numbers_of(fit)
    ability = fit.ability if hasattr(fit, "ability") else getattr(fit, "posterior", fit).mean("ability")
    reach = max(4.0, float(np.ceil(np.abs(ability).max())))
    grid = np.linspace(-reach, reach, 321)
    found = item_information(fit, grid)
    peak, top = grid[found.test.argmax()], found.test.max()
    inside = np.interp(ability, grid, found.test) >= top / 2
    n, share = len(ability), inside.mean()
    low, high = _wilson(share, n)
    band = grid[found.test >= top / 2]

    def draw(page: Page) -> None:
        ax = page.panels()
        counts, edges = np.histogram(ability, np.linspace(-reach, reach, int(4 * reach) + 1))
        ax.stairs(counts / counts.max() * 0.6 * top, edges, fill=True, color=OTHER, alpha=0.25)
        strokes.band(ax, band, 0, np.interp(band, grid, found.test), ESTIMATE)
        ax.plot(grid, found.test, color=ESTIMATE)
        ax.set(xlim=(-reach, reach), ylim=(0, 1.08 * top), ylabel="information")
        words = [("the test; shaded: half its peak or more", ESTIMATE), (f"{n:,} students, by estimate", OTHER)]
        strokes.key_below(page, words, "ability θ", columns=1)

    shown = f"{peak:+.1f}".replace("-", "−")
    students = f"{share:.0%} ({low:.0%} to {high:.0%}) of {n:,} students get at least half of that"
    return Figure(
        draw,
        finding=f"The test says most at ability {shown}; {students}",
        alt=f"Test information against ability, highest at {shown} with {top:.1f}, where the standard error is "
        f"{1 / np.sqrt(top):.2f}. {share:.0%} of {n:,} students stand where it is at least half as high.",
        name=name,
    )


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Ends of the 95% interval of a share (Wilson 1927), inside 0 to 1 also where all or none are in it."""
    z = 1.96
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def _short(item) -> str:
    """An item's name in at most eighteen letters."""
    words = str(item) if isinstance(item, str) else f"item {item}"
    return words if len(words) <= 18 else f"{words[:17]}…"
