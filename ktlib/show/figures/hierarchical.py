"""NB-13's figures: what attributes of questions add where answers are few, and what the model makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from textwrap import shorten

import numpy as np

from ...studies.as_if_new import AsIfNew
from ...studies.cold_items import INFORMED, ColdItems
from ...studies.exams import ExamStudy
from ...studies.label_maps import LabelMap
from ...studies.means import Mean, signed
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

LOGS = {"simulated": "Simulated", "flat": "Simulated, flat", "eedi": "Eedi", "timss": "TIMSS"}
NAMES = LOGS | {"simulated": "the simulated log"}
REAL = ("simulated", "eedi", "timss")  # all but the one made so that attributes mean nothing
WHERE = {"rare": "rare areas", "thin": "thin questions", "all": "all answers"}
PLACES = {"all": "all answers", "half": "the less frequent half of the areas", "rare": "rare areas"}
PRIORS = {"": ("spreads learned", ESTIMATE), ", fixed": ("all priors N(0, 1)", PEER)}
FAMILIES = ((ESTIMATE, "o", "●"), (PEER, "s", "■"), (OTHER, "^", "▲"))


def _gains(page: Page, panels: Mapping[str, list], places: Iterable[str], clip: tuple, columns: int, digits=2) -> None:
    """Differences with intervals. panels: title -> (colour, a `Mean` or None for each place) each."""
    axes = page.panels(len(panels), sharex=True, sharey=True, stacked=columns, height=2.2 if page.narrow else None)
    for ax, (title, series) in zip(axes, panels.items(), strict=True):
        ax.axvline(0, color=TRUTH, lw=1)
        ups = (-0.12, 0.16) if len(series) > 1 else (0,)
        for (colour, means), up in zip(series, ups, strict=True):
            rows = [(y + up, m) for y, m in enumerate(means) if m]
            ends = np.clip([(m.mean, m.low, m.high) for _, m in rows], *clip).T
            strokes.intervals(ax, *ends, colour, [y for y, _ in rows])
        for y, mean in enumerate(series[0][1]):
            words = f"n = {mean.n:,}" if mean else "none"
            look = {"xycoords": ax.get_yaxis_transform(), "fontsize": "small", "alpha": 0.8}
            at, side = (0.99, "left") if clip[1] > -clip[0] else (0.04, "right")
            strokes.label(ax, at, y - 0.36, words, side=side, bold=False, gap=0, **look)
        ax.grid(axis="y", visible=False)
        ax.set_title(title, fontsize="medium")
        ends = clip[0] * 2 / 3, 0, clip[1] * 2 / 3
        strokes.ticks(ax, "x", ends, [signed(v, digits) if v else "0" for v in ends])
    strokes.rows(page, axes[0], list(places), 13, 13)
    axes[0].set_ylim(2.5, -0.6)


def _hundredfold(found: Mean | None) -> Mean | None:
    """A difference in AUC as one in pairs of a hundred."""
    ends = {name: 100 * getattr(found, name) for name in ("mean", "low", "high")} if found else {}
    return found and replace(found, **ends)


def rare_areas(study: ExamStudy) -> Figure:
    """What attributes add to three factors, in pairs told apart: in rare areas, on thin questions, everywhere."""
    logs = [log for log in LOGS if log in study.data]
    gain = {log: {at: _hundredfold(study.attributes(log, at)) for at in WHERE} for log in logs}
    made, unsure = gain["simulated"]["rare"], [LOGS[log] for log in REAL[1:] if gain[log]["rare"].sign != 1]

    def draw(page: Page) -> None:
        panels = {LOGS[log].replace(", ", ",\n"): [(ESTIMATE, list(gain[log].values()))] for log in logs}
        _gains(page, panels, WHERE.values(), (-3, 4.5), 2, digits=0)
        splits = " or ".join(map(str, sorted(set(study.splits.values()))))
        words = (
            "pairs told apart of 100, with attributes\nless without"
            if page.narrow
            else "pairs told apart of 100, with attributes less without"
        )
        page.fig.supxlabel(f"{words}; {splits} splits, 95%", fontsize="medium")

    return Figure(
        draw,
        finding=f"In rare areas that share abilities, attributes tell {made.mean:.1f} more pairs in 100 apart"
        + (f"; on {' and '.join(unsure)} no sure gain" if unsure else ""),
        alt="Of 100 pairs of a right and a wrong answer, how many more are told apart by three factors with attributes "
        "(all to all) than without, with 95% intervals. "
        + " ".join(
            f"{LOGS[log]}: {'; '.join(f'{words} {d:.1f}' for at, words in WHERE.items() if (d := gain[log][at]))}."
            for log in logs
        ),
        name="rare-areas",
    )


def layouts(study: ExamStudy) -> Figure:
    """What the paper's two layouts of attributes add to three factors: everywhere, and where answers are few."""
    logs = [log for log in REAL if log in study.data]
    ways = {"apart": OTHER, "two each": PEER}
    gain = {log: {way: [study.attributes(log, at, way) for at in PLACES] for way in ways} for log in logs}
    everywhere = {log: [means[0].sign for means in gain[log].values()] for log in logs}
    gains, losses = ([NAMES[log] for log, signs in everywhere.items() if set(signs) == {sign}] for sign in (1, -1))
    found = [
        f"{what} on {' and '.join(names)}" for what, names in (("help a little", gains), ("hurt", losses)) if names
    ]

    def draw(page: Page) -> None:
        panels = {LOGS[log]: [(colour, gain[log][way]) for way, colour in ways.items()] for log in logs}
        names = ["all answers", "less frequent half of areas", "rare areas"]
        _gains(page, panels, names, (-0.015, 0.03), 1)
        strokes.key_below(page, ways.items(), "gain in test AUC from attributes, three factors of its own, 95%")

    return Figure(
        draw,
        finding="Over all answers the paper’s layouts "
        + (", and ".join(found) if found else "bring no sure gain or loss"),
        alt="Gain in test AUC over three factors without attributes, in pairs, with 95% intervals. "
        + " ".join(
            f"{LOGS[log]}, {way}: "
            + "; ".join(f"{place} {d:.4f}" for place, d in zip(PLACES.values(), means, strict=True) if d)
            + "."
            for log in logs
            for way, means in gain[log].items()
        ),
        name="layouts",
    )


def more_factors(study: ExamStudy) -> Figure:
    """Ten and twenty factors against three and five, where answers are few, with learned and with unit priors."""
    logs = [log for log in REAL if log in study.data]

    def effect(fixed: str) -> str:
        found = [d.sign for log in logs for where in ("half", "rare") if (d := study.more(log, where, fixed))]
        if max(found) == 1:
            return "help" if min(found) == 1 else "help in some places"
        return "hurt" if sum(found) <= -len(found) / 2 else "change nothing we can see"

    def draw(page: Page) -> None:
        def of(log):
            return [(colour, [study.more(log, at, fixed) for at in PLACES]) for fixed, (_, colour) in PRIORS.items()]

        names = ["all answers", "less frequent half of areas", "rare areas"]
        _gains(page, {LOGS[log]: of(log) for log in logs}, names, (-0.06, 0.03), 1)
        splits = ", ".join(f"{LOGS[log]} {study.splits[log]}" for log in logs)
        words = f"test AUC of 10 and 20 factors less that of 3 and 5, 95%; splits: {splits}"
        strokes.key_below(page, PRIORS.values(), words)

    return Figure(
        draw,
        finding=f"Ten and twenty factors {effect('')} with learned spreads; with unit priors they {effect(', fixed')}",
        alt="Mean test AUC of ten and twenty factors less that of three and five, in pairs, with 95% intervals. "
        + " ".join(
            f"{LOGS[log]}, {words}: "
            + "; ".join(f"{place} {d:.4f}" for at, place in PLACES.items() if (d := study.more(log, at, fixed)))
            + "."
            for log in logs
            for fixed, (words, _) in PRIORS.items()
        ),
        name="more-factors-rare",
    )


def directions(answers: np.ndarray, off: np.ndarray, many: int = 300) -> Figure:
    """By how many degrees the direction of each area is missed, against its training answers."""
    known = answers >= many
    near, far = (float(np.median(np.abs(off[where]))) for where in (known, ~known))
    edge = np.abs(off).max()

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.axhline(0, color=TRUTH, lw=1.2)
        strokes.level(ax, many, upright=True)
        ax.plot(answers, off, "o", color=ESTIMATE)
        for count, typical, side in ((known.sum(), near, "right"), ((~known).sum(), far, "left")):
            words = f"{count} areas:\n{typical:.0f}° off"
            strokes.label(ax, many, 1.6 * edge, words, ESTIMATE, side, gap=8, va="top")
        ax.set(xscale="log", ylim=(-1.1 * edge, 1.7 * edge), xlim=(answers.min() / 3.5, answers.max() * 3))
        ax.set(xlabel="training answers in the area", ylabel="degrees off")

    return Figure(
        draw,
        finding=f"From {many} answers on, an area's direction is known to "
        + ("a few degrees" if near < 6 else f"{near:.0f}°"),
        alt=f"Error in the direction of {len(off)} content areas on the simulated log, after one turn of the whole "
        f"map, against the area's training answers. With {many} answers or more the median error is {near:.0f} degrees "
        f"({known.sum()} areas), with fewer {far:.0f} degrees ({(~known).sum()} areas).",
        name="directions",
    )


def label_map(maps: Mapping[str, LabelMap]) -> Figure:
    """Content areas placed by their columns of H, each family in its colour and shape. maps: log -> its map."""

    def draw(page: Page) -> None:
        for ax, (log, found) in zip(page.panels(len(maps), height=3.6), maps.items(), strict=True):
            groups = sorted(set(found.family))
            looks = dict(zip(groups, FAMILIES, strict=False))
            points, frame, away = found.framed()
            colours = [looks[family][0] for family in found.family]
            size = (3 if page.narrow else 4) + 6 * np.sqrt(found.answers / found.answers.max())
            for (x, y), family, ms in zip(points, found.family, size, strict=True):
                ax.plot(x, y, looks[family][1], color=looks[family][0], ms=ms, alpha=0.75, mec="none")
            ax.set(xlim=frame[:, 0], ylim=frame[:, 1], xticks=[], yticks=[])
            ax.set_title(f"{LOGS.get(log, log)}: {found.right} of {len(points)} with their kin", fontsize="medium")
            for j, family in enumerate(groups):
                words = f"{looks[family][2]} {family.split()[0]}"
                at = {"xycoords": "axes fraction", "annotation_clip": False}
                strokes.label(ax, (j + 0.5) / len(groups), -0.02, words, looks[family][0], "below", **at)
            names = [shorten(name.replace(",", ""), 27, placeholder=" …") for name in found.names]
            if away is not None:
                names[away] += " (farther out)"
            strokes.names_with_room(page, ax, points, names, colours)

    return Figure(
        draw,
        finding="Nobody told it what is algebra or science: most areas lie with their kin",
        alt="Content areas placed by their columns of H, fitted from answers and labels alone. "
        + " ".join(
            f"{LOGS.get(log, log)}: {found.right} of {len(found.names)} areas lie nearest to the centre of their own "
            f"family ({', '.join(family.split()[0].lower() for family in sorted(set(found.family)))})."
            for log, found in maps.items()
        ),
        name="label-map",
    )


def as_if_new(found: AsIfNew, log: str) -> Figure:
    """Forecasts for questions without answers against share right: by tenths of the answers, and by question."""
    slope, missed = found.calibration().slope.value, found.missed()
    forecast, share = found.shares()

    def draw(page: Page) -> None:
        axes = page.panels(2, sharex=True, sharey=True, height=2.5 if page.narrow else None)
        for ax, words in zip(axes, ("a dot: a tenth of the answers", "a dot: one question"), strict=True):
            strokes.diagonal(ax)
            ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="share right" if page.narrow or ax is axes[0] else "")
            ax.set_title(words, fontsize="medium")
        p, right, half = found.bins().T
        strokes.intervals(axes[0], right, right - half, right + half, at=p, upright=True)
        axes[1].plot(forecast, share, "o", color=ESTIMATE, ms=3, alpha=0.45, mew=0)
        words = f"off by ±{missed:.2f}\nn = {len(share)}"
        strokes.label(axes[1], 0.98, 0.03, words, ESTIMATE, "above left", gap=0, xycoords="axes fraction")
        page.fig.supxlabel(
            f"forecast for a question nobody has answered\n({log}, {len(found.item):,} answers)", fontsize="medium"
        )

    return Figure(
        draw,
        finding=f"{'Nearly' if 0.9 < slope < 1.1 else 'Not quite'} right on average, "
        f"and typically {100 * missed:.0f} points off on a single question",
        alt=f"Forecasts for {log} questions without answers of their own against share right. In tenths of "
        f"the answers they lie near the diagonal, calibration slope {slope:.2f}. Question by question they are off by "
        f"{missed:.2f}, typically: the forecast does not know which question is hard.",
        name="as-if-new",
    )


def new_question(cold: ColdItems) -> Figure:
    """Pairs told apart, of 100, against how many answers to a question stayed in training, on the real logs."""
    logs = [log for log in REAL[1:] if log in cold.data]
    models = {"its own answers": ("K = 3", PEER), "both": (INFORMED, ESTIMATE)}
    crossed = {log: cold.crossed(log) for log in logs}

    def pairs(log: str, kept: int, model: str) -> float:
        return 100 * cold.of(log, kept, model, "auc").mean

    alone = {log: pairs(log, 0, INFORMED) for log in logs}
    soon = " and ".join(map(str, dict.fromkeys(crossed.values()))) if all(crossed.values()) else ""
    first, last = " and ".join(dict.fromkeys(f"{alone[log]:.0f}" for log in logs)), cold.kept[-1]

    def draw(page: Page) -> None:
        at = np.arange(len(cold.kept))
        axes = page.panels(len(logs), sharey=True, height=2.3 if page.narrow else None)
        for ax, log in zip(axes, logs, strict=True):
            for model, colour in models.values():
                ax.plot(at, [pairs(log, kept, model) for kept in cold.kept], "o-", color=colour, ms=3.5, lw=1.8)
            best = max(alone[log], pairs(log, 0, "regression"))
            strokes.level(ax, best, f"attributes alone: {best:.0f}", PRIOR, side="below")
            if crossed[log] is not None:
                here = cold.kept.index(crossed[log]), pairs(log, crossed[log], "K = 3")
                ax.plot(*here, "o", ms=12, mfc="none", mec=TRUTH, mew=1.5)
            most = pairs(log, last, INFORMED)
            strokes.label(ax, at[-1], most, f"{most:.0f}", ESTIMATE, "above")
            strokes.ticks(ax, "x", at, list(map(str, cold.kept)))
            ax.tick_params(axis="x", labelsize="small")
            ax.margins(y=0.18)
            ax.set_title(f"{LOGS[log]}, n = {cold.items(log)} × {cold.draws(log)}", fontsize="medium")
        page.fig.supylabel("pairs told apart, of 100", fontsize="medium")
        names = [(words, colour) for words, (_, colour) in models.items()]
        words = "answers to the question; circled: its own surely beat attributes alone"
        strokes.key_below(page, names, words)

    return Figure(
        draw,
        finding=f"Before any answer we rank {first} of 100 pairs rightly; "
        + (f"from {soon} answers on its own tell more" if soon else "its own answers soon tell more"),
        alt="Of 100 pairs of a right and a wrong answer, how many are told apart, by how many answers a question has. "
        + " ".join(
            f"{LOGS[log]}: {alone[log]:.0f} with attributes and no answer, {pairs(log, last, INFORMED):.0f} with both "
            f"and {last} answers; {f'own answers alone surely do better from {k} on' if k else 'no sure crossing'}."
            for log, k in crossed.items()
        ),
        name="new-question",
    )
