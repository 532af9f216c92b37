"""NB-13's figures: what attributes of questions add where answers are few, and what the model makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import shorten

import numpy as np

from ...studies.as_if_new import AsIfNew
from ...studies.cold_items import INFORMED, ColdItems
from ...studies.exams import ALL, ExamStudy
from ...studies.label_maps import LabelMap
from ...studies.means import signed
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

LOGS = {"simulated": "Simulated", "flat": "Simulated, flat", "eedi": "Eedi", "timss": "TIMSS"}
REAL = ("simulated", "eedi", "timss")  # all but the one made so that attributes mean nothing
WHERE = {"rare": "rare areas", "thin": "thin questions", "all": "all answers"}
PLACES = {"all": "all answers", "half": "the less frequent half of the areas", "rare": "rare areas"}
PRIORS = {"": ("spreads learned", ESTIMATE), ", fixed": ("all priors N(0, 1)", PEER)}
MODELS = ("2PL", "K = 3", f"K = 3, {ALL}")
FAMILIES = ((ESTIMATE, "o", "●"), (PEER, "s", "■"), (OTHER, "^", "▲"))


def areas(study: ExamStudy, log: str, models=MODELS) -> Figure:
    """Test AUC and F1 of three models in each content area of a log, the largest area on top."""
    found, colours = study.areas(log), dict(zip(models, (TRUTH, PEER, ESTIMATE), strict=True))
    ahead = {metric: study.ahead(log, *models[:0:-1], metric) for metric in ("auc", "f1")}
    counts = {metric: "{} of {}".format(*pair) for metric, pair in ahead.items()}

    def draw(page: Page) -> None:
        height = max(2.2, 0.6 + len(found) * (0.2 if page.narrow else 0.23))
        axes = page.panels(2, sharey=True, stacked=False, height=height)
        for ax, metric, title in zip(axes, ahead, ("AUC", "F1"), strict=True):
            for model, at in zip(models, (-0.25, 0, 0.25), strict=True):
                rows = [(y + at, area.scores[model][metric]) for y, area in enumerate(found) if area.told]
                low, high = (np.clip([getattr(mean, end) for _, mean in rows], 0.45, 1) for end in ("low", "high"))
                at, values = [y for y, _ in rows], [mean.mean for _, mean in rows]
                strokes.intervals(ax, values, low, high, colours[model], at, ms=2.5)
            ax.set_title(f"{title}: {'' if page.narrow else 'attributes ahead in '}{counts[metric]}", fontsize="medium")
            ax.set_xlim(0.45, 1)
            ax.grid(axis="y", visible=False)
        for y, area in enumerate(found):
            if not area.told:
                strokes.label(axes[0], 0.46, y, "too few to say", bold=False, fontsize="small")
        letters = 20 if page.narrow else 34
        names = [f"{shorten(area.name, letters, placeholder=' …')}  {area.answers:,}" for area in found]
        strokes.rows(page, axes[0], names, 99, 99)
        axes[0].tick_params(axis="y", labelsize=7.2 if page.narrow else 9)
        words = f"test answers, mean of {study.splits[log]} splits, 95%; beside the name: all answers"
        strokes.key_below(page, [(m.replace(f", {ALL}", " and attributes"), c) for m, c in colours.items()], words)

    return Figure(
        draw,
        finding=f"{LOGS[log]}: attributes ahead in {counts['auc']} areas; fewer answers, less sure",
        alt=f"{LOGS[log]}: test AUC and F1 by content area, in descending number of answers, for 2PL, three factors, "
        "and three factors with attributes (all to all, a layout of ours). With attributes AUC is higher than without "
        f"in {counts['auc']} areas, F1 in {counts['f1']}. Intervals widen downwards.",
        name=f"areas-{log}",
    )


def _gains(page: Page, panels: Mapping[str, list], places: Iterable[str], clip: tuple, columns: int) -> None:
    """Differences with intervals. panels: title -> (colour, a `Mean` or None for each place) each."""
    axes = page.panels(len(panels), sharex=True, sharey=True, stacked=columns, height=2.2 if page.narrow else None)
    for ax, (title, series) in zip(axes, panels.items(), strict=True):
        ax.axvline(0, color=TRUTH, lw=1)
        for (colour, means), up in zip(series, (-0.12, 0.16), strict=True):
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
        strokes.ticks(
            ax, "x", (ends := (clip[0] * 2 / 3, 0, clip[1] * 2 / 3)), [signed(v, 2) if v else "0" for v in ends]
        )
    strokes.rows(page, axes[0], list(places), 13, 13)
    axes[0].set_ylim(2.5, -0.6)


def rare_areas(study: ExamStudy) -> Figure:
    """What attributes add to three factors, in rare areas, on thin questions and over all answers, in two layouts."""
    logs = [log for log in LOGS if log in study.data]
    series = {"all to all, ours": (ALL, ESTIMATE), "apart, the paper's first": ("apart", OTHER)}
    gain = {log: {where: study.attributes(log, where) for where in WHERE} for log in logs}
    rare = {log: gain[log]["rare"] for log in REAL if log in gain}
    sure = [
        f"{signed(d.mean)} on {'simulated answers' if x == 'simulated' else LOGS[x]}"
        for x, d in rare.items()
        if d.sign == 1
    ]
    unsure = [LOGS[log] for log, d in rare.items() if d.sign != 1]

    def draw(page: Page) -> None:
        def of(log):
            return [(colour, [study.attributes(log, at, layout) for at in WHERE]) for layout, colour in series.values()]

        _gains(page, {LOGS[log].replace(", ", ",\n"): of(log) for log in logs}, WHERE.values(), (-0.03, 0.045), 2)
        splits = sorted(set(study.splits.values()))
        words = f"gain in test AUC over three factors without; {' or '.join(map(str, splits))} splits, 95%"
        strokes.key_below(page, [(words, colour) for words, (_, colour) in series.items()], words)

    return Figure(
        draw,
        finding=(
            f"Attributes lift AUC in rare areas: {', '.join(sure)}"
            if sure
            else "Attributes bring no sure gain in rare areas"
        )
        + (f"; not surely on {' and '.join(unsure)}" if sure and unsure else ""),
        alt="Gain in test AUC from attributes (all to all), in pairs, with 95% intervals. "
        + " ".join(
            f"{LOGS[log]}: {'; '.join(f'{words} {d}' for at, words in WHERE.items() if (d := gain[log][at]))}."
            for log in logs
        ),
        name="rare-areas",
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
    """Log loss on further answers against how many answers to a question stayed in training, by model."""
    models = {"2PL": TRUTH, "regression": PRIOR, "K = 3": PEER, INFORMED: ESTIMATE}
    logs = [log for log in LOGS if log in cold.data]
    crossed = {log: cold.crossed(log) for log in logs}
    counts = sorted({kept for kept in crossed.values() if kept})
    span = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))) if counts else ""

    def draw(page: Page) -> None:
        at = np.arange(len(cold.kept))
        for ax, log in zip(
            np.atleast_1d(page.panels(len(logs), height=2.1 if page.narrow else None)), logs, strict=True
        ):
            for model, colour in models.items():
                ax.plot(at, [cold.of(log, kept, model).mean for kept in cold.kept], "o-", color=colour, ms=3.5, lw=1.8)
            informed, peer = (cold.of(log, 0, model).mean for model in (INFORMED, "regression"))
            strokes.level(ax, min(informed, peer), colour=PRIOR if peer < informed else ESTIMATE)
            if crossed[log] is not None:
                here = cold.kept.index(crossed[log]), cold.of(log, crossed[log], "K = 3").mean
                ax.plot(*here, "o", ms=12, mfc="none", mec=TRUTH, mew=1.5)
            strokes.ticks(ax, "x", at, list(map(str, cold.kept)))
            ax.tick_params(axis="x", labelsize="small")
            ax.set_title(f"{LOGS[log]}, n = {cold.items(log)} × {cold.draws(log)}", fontsize="medium")
        page.fig.supylabel("log loss on further answers", fontsize="medium")
        names = [(model.replace(f", {ALL}", " and attributes"), colour) for model, colour in models.items()]
        words = "answers to the question in training; circled: own data beat attributes alone (dashed)"
        strokes.key_below(page, names, words)

    every = bool(counts) and None not in crossed.values()
    return Figure(
        draw,
        finding=f"After {span} answer{'s' * (span != '1')}, a question's own data beat all its attributes"
        if every
        else "Own answers soon tell more than attributes",
        alt="Log loss on further answers to questions that keep 0 to 100 answers in training, by model. "
        + " ".join(
            f"{LOGS[log]}: three factors with {k} answers beat attributes alone." for log, k in crossed.items() if k
        ),
        name="new-question",
    )
