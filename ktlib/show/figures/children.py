"""What a forecast is worth in children: `ktlib.studies.children` drawn, for NB-6 and NB-7."""

from __future__ import annotations

from ...studies.children import WORLDS, Decisions, Models
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

HEADS = {
    "early": "let go too early, of 100",
    "kept": "kept though they know it, of 100",
    "extra": "questions too many, a child",
    "loss": "log loss, above BKT's",
}
OF = {"habit": PRIOR, "fit": ESTIMATE, "true numbers": TRUTH}
COLOURS = {"habit": PRIOR, "BKT": ESTIMATE, "IRT": PEER, "IRT that moves": PEER}


def numbers(found: Decisions) -> Figure:
    """Three costs of deciding with the habit, with the fit and with the true numbers."""
    (low, high), means = found.range(), found.means
    names = list(means.index)
    saved = 100 * (means.extra["habit"] - means.extra["fit"])

    def draw(page: Page) -> None:
        axes = page.panels(3, height=1.15 if page.narrow else 2.2)
        for ax, cost in zip(axes, means, strict=True):
            _rows(page, ax, names, ax is axes[0])
            for row, name in enumerate(names):
                value, ends = means[cost][name], ([table[cost][name]] for table in (low, high))
                strokes.intervals(ax, [value], *ends, OF[name], [row])
                strokes.label(ax, value, row, f"{value:.1f}", OF[name], "above", gap=3)
            ax.set_xlim(0, 5.4)
            ax.set_xlabel(HEADS[cost] if page.narrow else HEADS[cost].replace(", ", ",\n"))
            ax.set_ylim(len(names) - 0.5, -0.8)

    return Figure(
        draw,
        finding=f"Real numbers spare a hundred children {saved:.0f} questions, and hardly change who is let go",
        alt=f"Per 100 simulated children of {found.skills} real skills: "
        + "; ".join(
            f"{name} lets {r.early:.1f} go too early, keeps {r.kept:.1f}, asks {r.extra:.1f} questions too many"
            for name, r in means.iterrows()
        )
        + ".",
        name="tutor-children",
    )


def models(found: Models, costs=("loss", "kept", "extra")) -> Figure:
    """Forecast and decision of each model in two worlds: questions alike (hollow), all different (filled)."""
    less = {"loss": "BKT"}
    alike, differ = ({cost: found.found(world, cost, less.get(cost)) for cost in costs} for world in WORLDS)
    names = list(alike["kept"].index)
    irt, own = differ["kept"]["mean"]["IRT"], differ["kept"]["mean"]["BKT"]

    def draw(page: Page) -> None:
        axes = page.panels(len(costs), height=1.75 if page.narrow else 3)
        for ax, cost in zip(axes, costs, strict=True):
            _rows(page, ax, names, ax is axes[0])
            for row, name in enumerate(names):
                colour = COLOURS.get(name, OTHER)
                for table, up, fill in ((alike[cost], -0.17, "none"), (differ[cost], 0.17, colour)):
                    value, low, high = table.loc[name]
                    strokes.intervals(ax, [value], [low], [high], colour, [row + up], mfc=fill)
            ax.set_xlabel(HEADS[cost] if page.narrow else HEADS[cost].replace(", ", ",\n"))
            ax.set_ylim(len(names) - 0.5, -0.6)
        for name, value in (("IRT", irt), ("BKT", own)):
            words = f"{value:.0f}"
            strokes.label(axes[1], differ["kept"]["high"][name], names.index(name) + 0.17, words, COLOURS[name])
        words = "○ questions alike   ● children and questions differ"
        page.fig.supxlabel(words, fontsize="small" if page.narrow else "medium")

    return Figure(
        draw,
        finding=f"Where IRT forecasts better, it keeps {irt:.0f} of 100 who know it; BKT keeps {own:.0f}",
        alt=f"All let {found.early:.0f} of 100 children go too early. Log loss beside BKT's: "
        + "; ".join(
            f"{world}: "
            + ", ".join(
                f"{name} log loss {t['loss']['mean'][name]:+.3f}, keeps {t['kept']['mean'][name]:.0f}" for name in names
            )
            for world, t in zip(WORLDS, (alike, differ), strict=True)
        )
        + ".",
        name="children",
    )


def _rows(page: Page, ax, names: list[str], first: bool) -> None:
    """Names down the side: of every panel on a phone, of the first on a page."""
    strokes.rows(page, ax, names, phone=16, wide=16)
    if not (first or page.narrow):
        ax.set_yticklabels([])
