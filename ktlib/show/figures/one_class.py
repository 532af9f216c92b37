"""NB-5's figures: what one class borrows from other skills."""

from __future__ import annotations

from ...studies.borrowing import Borrowing
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PEER, PRIOR, TRUTH


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
