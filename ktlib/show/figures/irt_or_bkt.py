"""NB-7's figures: BKT (blue) and IRT (orange) on one student, as curves, in three worlds and on a real log."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from ... import bkt
from ...forecast.baselines import Rasch
from ...studies.irt_or_bkt import FRESH, Forecasts
from ...studies.levels import ability_path
from ...studies.worlds import TRUTH as CLASS
from ...studies.worlds import Worlds
from .. import strokes
from ..figure import Figure, Page
from ..style import DASHES, ESTIMATE, OTHER, PEER, TRUTH

COLOURS = {"BKT": ESTIMATE, "IRT": PEER, "average": OTHER}
GROUPS = {  # what they are given: the models, by name
    "no questions, IRT held to one skill at a time": (FRESH,),
    "no questions, each with all it has": ("BKT", "IRT without questions"),
    "every question its own, in both": ("BKT with questions", "IRT"),
    "together": ("average",),
}


def one_student(hers: pd.DataFrame, params: bkt.BKTParams, rasch: Rasch, learned_at: int, fitted_to: int) -> Figure:
    """One student's answers under both models. hers: item, correct, and p, her true chance. learned_at: after which."""
    by_bkt, by_irt = bkt.filter(hers.correct.to_numpy(float), params), rasch.predict(hers)
    ability, spread = ability_path(hers, rasch)
    steps, late, end = np.arange(1, len(hers) + 1), slice(learned_at + 4, None), hers.p.iloc[-1]

    def draw(page: Page) -> None:
        top, know, able = panels = page.panels(3, 1, ratios=(2, 1, 1), height=1.5 if page.narrow else None)
        if not page.narrow:
            page.height(4.6)
        for ax in panels:
            ax.set_xlim(0, len(hers) + 0.6)
            strokes.level(ax, learned_at + 0.5, "learns it" if ax is top else "", upright=True, at=0.01, side="left")
        top.step(steps, hers.p, where="mid", color=TRUTH, lw=1.3, ls=DASHES)
        top.plot(steps, by_bkt.p_correct, color=ESTIMATE)
        top.plot(steps, by_irt, color=PEER)
        ends = [(end, "truth", TRUTH), (by_bkt.p_correct[-1], "BKT", ESTIMATE), (by_irt[-1], "IRT", PEER)]
        strokes.end_labels(page, top, [(len(hers), y, words, colour) for y, words, colour in ends])
        top.set(ylim=(0, 1.04), title="forecast: chance of a right answer")
        strokes.ticks(top, "x", steps, strokes.answers(hers.correct))
        know.plot([0, *steps], [params.p_init, *by_bkt.p_known], color=ESTIMATE)
        know.set(ylim=(0, 1.06), yticks=(0, 0.5, 1))
        know.set_title("BKT: P(knows it)", color=ESTIMATE)
        strokes.band(able, [0, *steps], ability - spread, ability + spread, PEER)
        able.plot([0, *steps], ability, color=PEER)
        able.set(ylim=(-2.9, 2.9), yticks=(-2, 0, 2), xlabel="answers seen")
        able.set_title("IRT: ability ± 1 sd", color=PEER)
        for ax in (know, able):
            strokes.ticks(ax, "x", range(0, len(hers) + 1, 5))

    return Figure(
        draw,
        finding=f"She learned it after answer {learned_at}: BKT notices, IRT averages",
        alt=f"One simulated student who learns the skill after answer {learned_at}. Over her last "
        f"{len(hers) - learned_at - 4} answers her true chance is {end:.2f}; BKT forecasts "
        f"{by_bkt.p_correct[late].mean():.2f} on average, IRT {by_irt[late].mean():.2f}. Both were fitted to the same "
        f"{fitted_to} students.",
        name="irt-or-bkt",
    )


def curves(floor: float, ceiling: float, slope: float = 1.5) -> Figure:
    """A 2PL, a 3PL and a 4PL, a panel each, with BKT's step in all."""
    theta = np.linspace(-4, 4, 200)
    kinds = {"2PL: from 0 to 1": (0, 1), f"3PL: a floor, {floor:.2f}": (floor, 1)}
    kinds |= {f"4PL: a ceiling too, {ceiling:.2f}": (floor, ceiling)}

    def draw(page: Page) -> None:
        axes = page.panels(3, sharex=True, sharey=True, height=1.9 if page.narrow else 2.7)
        for ax, (words, (low, high)) in zip(axes, kinds.items(), strict=True):
            for end in {low, high} - {0, 1}:
                strokes.level(ax, end)
            ax.plot(theta, low + (high - low) * expit(slope * theta), color=PEER)
            ax.plot(theta, np.where(theta > 0, ceiling, floor), color=ESTIMATE, lw=1.5)
            ax.set_title(words, color=PEER)
            ax.set(xlim=(-4.1, 4.1), ylim=(-0.02, 1.03))
            strokes.ticks(ax, "y", (0, floor, 0.5, ceiling), ("0", f"{floor:.2f}", "0.5", f"{ceiling:.2f}"))
            strokes.ticks(ax, "x", (-2, 0, 2))
        strokes.label(axes[0], 0.1, 0.3, "BKT: a step", ESTIMATE, gap=3)
        page.fig.supxlabel("ability")
        page.fig.supylabel("chance of a right answer")

    return Figure(
        draw,
        finding="BKT's guess and slip are a 4PL's floor and ceiling, with an infinite slope",
        alt=f"Chance of a right answer by ability, a panel each: a 2PL, from 0 to 1, a 3PL with floor {floor}, a 4PL "
        f"with ceiling {ceiling:.2f} as well; in all of them BKT, which steps from {floor} to {ceiling:.2f}.",
        name="irt-curves",
    )


def worlds(found: Worlds, models=("BKT", "IRT", "ability that moves", "average")) -> Figure:
    """How far each model's log loss lies above that of the true chance, in three worlds."""
    titles = {"they learn": "They learn", "they do not": "They do not", "both": "Both"}
    above = {world: [found.of(world, model) - found.of(world, "truth") for model in models] for world in titles}

    def draw(page: Page) -> None:
        axes = page.panels(3, sharex=True, height=1.55 if page.narrow else 2.8)
        for ax, (world, title) in zip(axes, titles.items(), strict=True):
            strokes.rows(page, ax, models if page.narrow or ax is axes[0] else [""] * len(models))
            for row, (model, loss) in enumerate(zip(models, above[world], strict=True)):
                colour, value = COLOURS.get(model, PEER), loss.mean()
                strokes.intervals(ax, [value], *np.quantile(loss, [[0.025], [0.975]]), colour, [row])
                strokes.label(ax, value, row, f"{value:.3f}", colour, "above", gap=3)
            ax.set(title=title, xlim=(0, 0.24), ylim=(len(models) - 0.5, -0.85))
            strokes.ticks(ax, "x", (0, 0.1, 0.2))
        words = "log loss above that of the true chance;"
        page.fig.supxlabel(f"{words}{chr(10) if page.narrow else ' '}mean and range of 95% of {found.draws} draws")

    home, away = (above[world][k].mean() for world, k in (("they learn", 0), ("they do not", 1)))
    return Figure(
        draw,
        finding="Each wins at home; where students learn and questions differ, their average wins",
        alt=f"Log loss above that of the true chance in three worlds, over {found.draws} draws. Where they learn BKT "
        f"is {home:.3f} above, where nobody learns IRT {away:.3f}. "
        + "; ".join(
            f"{title}: " + ", ".join(f"{m} {x.mean():.3f}" for m, x in zip(models, above[world], strict=True))
            for world, title in titles.items()
        )
        + ".",
        name="worlds",
    )


def misled(found: Worlds) -> Figure:
    """Mean forecasts against the truth: by questions since she learned it, and by difficulty where nobody learns."""
    near, apart = found.since_learning, found.by_difficulty
    ceiling = 1 - CLASS.p_slip

    def draw(page: Page) -> None:
        left, right = page.panels(2, sharey=True, height=2.3 if page.narrow else None)
        for ax, table, x in ((left, near, near.index + 1), (right, apart, apart.hard)):
            ax.plot(x, table.truth, color=TRUTH, lw=1.3, ls=DASHES)
            for model in ("BKT", "IRT"):
                ax.plot(x, table[model], color=COLOURS[model])
        strokes.label(left, -5, near.truth.iloc[0], "truth", side="below right")
        strokes.label(left, 4, near.BKT.loc[3], "BKT", ESTIMATE, "below right")
        strokes.label(left, 7, near.IRT.loc[6], "IRT", PEER, "below right")
        strokes.label(right, apart.hard.iloc[6], apart.BKT.iloc[6], "BKT", ESTIMATE, "above right")
        strokes.label(right, apart.hard.iloc[2], apart.IRT.iloc[2], "IRT, on the truth", PEER, "above right")
        strokes.note(right, f"{found.draws} draws × {found.students} students", "bottom left")
        left.set(xlabel="questions since she learned it", ylim=(0, 1), xlim=(-5.2, 11.2), title="They learn")
        right.set(xlabel="true difficulty of the question", xlim=(-2.1, 2.1), title="They do not")
        left.set_ylabel("chance of a right answer")
        strokes.ticks(left, "x", (-4, 1, 5, 10))

    return Figure(
        draw,
        finding="IRT lags behind a learner; BKT cannot tell a hard question from an easy one",
        alt=f"Mean forecasts against the truth over {found.draws} draws. Left: five questions after learning the true "
        f"chance is {ceiling:.2f}, BKT says {near.BKT.loc[4]:.2f}, IRT {near.IRT.loc[4]:.2f}. Right: from the easiest "
        f"to the hardest questions the true chance falls from {apart.truth.iloc[0]:.2f} to {apart.truth.iloc[-1]:.2f}, "
        f"and BKT's forecast stays near {apart.BKT.mean():.2f}.",
        name="misled",
    )


def questions_decide(found: Forecasts) -> Figure:
    """AUC of BKT and IRT, without questions, with them, and together."""
    auc = {name: found.score(name) for models in GROUPS.values() for name in models}

    def draw(page: Page) -> None:
        page.height(4.2, 4.4)
        ax = page.panels()
        names = [name for models in GROUPS.values() for name in ("", *models)]
        strokes.rows(page, ax, names, phone=18)
        for row, head in zip(np.flatnonzero([not name for name in names]), GROUPS, strict=True):
            strokes.label(ax, 0, row, head, gap=4, bold=False, xycoords=ax.get_yaxis_transform())
        for row, name in enumerate(names):
            if name:
                (low, high), colour = auc[name].interval(), COLOURS[name[:3] if name[:3] in COLOURS else name]
                strokes.intervals(ax, [auc[name].value], [low], [high], colour, [row])
                strokes.label(ax, high, row, f"{auc[name].value:.1%}", colour)
        ax.set_xlim(0.68, 0.8)
        strokes.percent_axis(ax, "x")
        words = f"pairs put in the right order (AUC), {len(found.log):,} real answers, 95%"
        ax.set_xlabel(words.replace("(AUC), ", "(AUC),\n") if page.narrow else words)

    return Figure(
        draw,
        finding="On real answers the question decides: with it or without, IRT and BKT tie",
        alt=f"Next-answer AUC on {len(found.log):,} real answers. Without questions: BKT {auc['BKT'].value:.3f}, IRT "
        f"{auc['IRT without questions'].value:.3f}, IRT with a fresh start each skill {auc[FRESH].value:.3f}. Every "
        f"question its own: {auc['BKT with questions'].value:.3f} and {auc['IRT'].value:.3f}. The average of BKT and "
        f"IRT: {auc['average'].value:.3f}.",
        name="questions-decide",
    )


def early_late(stages: pd.DataFrame) -> Figure:
    """AUC by which answer of hers on the skill it is. stages: as `Forecasts.by_stage` gives it."""
    by = {model: own.set_index("stage") for model, own in stages.groupby("model")}
    first, last = ({model: own.auc.iloc[place] for model, own in by.items()} for place in (0, -1))
    places = np.arange(len(by["BKT"]))

    def draw(page: Page) -> None:
        ax = page.panels(height=3 if page.narrow else None)
        for shift, (model, colour) in zip((-0.06, 0.06, 0), COLOURS.items(), strict=True):
            own, x = by[model], places + shift
            strokes.intervals(ax, own.auc, own.auc_low, own.auc_high, colour, x, upright=True, ls="-", ms=4)
        strokes.end_labels(page, ax, [(places[-1] + 0.1, last[m], m, colour) for m, colour in COLOURS.items()])
        strokes.ticks(ax, "x", places, [f"{name}\n{n:,}" for name, n in by["BKT"].n.items()])
        words = "which answer of hers on this skill (below: how many such answers)"
        ax.set(xlabel=words.replace(" (", "\n(") if page.narrow else words, ylabel="AUC, 95% by student")

    return Figure(
        draw,
        finding="BKT starts blind with every skill, comes close, and falls behind again",
        alt="AUC by how many answers the student has given on the skill. First answer: BKT "
        f"{first['BKT']:.3f}, IRT {first['IRT']:.3f}. In the middle they come close; from the 33rd on BKT has "
        f"{last['BKT']:.3f} and IRT {last['IRT']:.3f}.",
        name="early-late",
    )
