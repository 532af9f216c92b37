"""NB-6's figures: a tutor's log, its skills fitted, forecasters held against each other, and where BKT fails.

Fits are what `ktlib.bkt.skills.fit` gives, `race` is a `ktlib.studies.tutor_race.TutorRace`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ...bkt import NAMES, BKTParams
from ...bkt.skills import SkillFits
from ...studies.tutor_failures import Along
from ...studies.tutor_race import BKT, SAME_AS, TutorRace
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

SHORT = dict(zip(NAMES, ("init", "transit", "slip", "guess"), strict=True))
MARKS = {"mean": "o", "weighted": "s", "pooled": "D"}
THOUSANDS = (1, 10, 100, 1000)


def few_answers(pairs: pd.Series, crowd: Sequence[int], *, few=5, edge=25, small=50) -> Figure:
    """How few answers there are. pairs: answers of one student on one skill. crowd: students of each skill."""
    share = 100 * pairs.clip(upper=edge).value_counts(normalize=True).reindex(range(1, edge + 1), fill_value=0)
    crowd = np.sort(crowd)
    rank, less, tiny = np.arange(1, len(crowd) + 1), share[:few].sum(), (crowd < small).sum()

    def draw(page: Page) -> None:
        left, right = page.panels(2, height=2.2 if page.narrow else None)
        left.bar(share.index, share, color=np.where(share.index <= few, PEER, ESTIMATE), width=0.8)
        strokes.key(left, [(f"{less:.0f}% have\n{few} or fewer", PEER)], "top right")
        strokes.ticks(left, "x", [1, few, edge], ["1", str(few), f"{edge} or more"])
        left.set(xlabel="answers of one student to one skill", ylabel=f"% of {len(pairs):,} pairs")
        right.fill_between(rank, 1, crowd, color=ESTIMATE, lw=0)
        right.fill_between(rank[:tiny], 1, crowd[:tiny], color=PEER, lw=0)
        strokes.key(right, [(f"{tiny} skills with\nfewer than {small}", PEER)])
        right.set(yscale="log", ylim=(1, 2 * crowd[-1]), xlim=(1, len(crowd)), ylabel="students")
        right.set(xlabel=f"{len(crowd)} skills, smallest first")
        strokes.ticks(right, "y", THOUSANDS)

    return Figure(
        draw,
        finding="A large log, and few answers where it counts",
        alt=f"Left: answers of one student to one skill; {less:.0f}% of {len(pairs):,} pairs have five or fewer. "
        f"Right: students on each of {len(crowd)} skills; {tiny} skills have fewer than {small}.",
        name="tutor-log",
    )


def shrink(raw: SkillFits, learned: SkillFits, names: Sequence[str] = ("p_transit", "p_guess")) -> Figure:
    """Each skill's estimates by itself and under a learned prior, against its students."""
    students = learned.students
    moved = np.abs(raw.estimates - learned.estimates)[:, 1:].max(1)
    parts = (
        (students < 50, "Below 50 students the estimates move", " (median of the largest move)"),
        (students >= 500, "from 500 on", ""),
    )

    def draw(page: Page) -> None:
        for ax, name in zip(page.panels(len(names), height=2.4 if page.narrow else None), names, strict=True):
            before, after = (fits.estimates[:, NAMES.index(name)] for fits in (raw, learned))
            strokes.sticks(ax, students, before, after, PEER)
            ax.plot(students, before, "o", color=PEER, ms=3.6)
            ax.plot(students, after, "o", color=ESTIMATE, ms=4.4)
            strokes.level(ax, getattr(learned.prior.params, name), colour=PRIOR)
            ax.set(xscale="log", ylim=(-0.03, 1.03), title=SHORT[name])
            ax.set_xlabel(f"students on each of {len(raw.names)} skills")
            strokes.ticks(ax, "x", THOUSANDS)
        strokes.key(ax, [("raw", PEER), ("learned prior", ESTIMATE), ("typical skill", PRIOR)])

    return Figure(
        draw,
        finding="The prior moves what few or vague answers left open",
        alt=f"Raw and prior-based estimates of transit and guess on {len(raw.names)} skills against their students. "
        + ", ".join(f"{words} by {np.median(moved[part]):.2f}{more}" for part, words, more in parts if part.any())
        + ".",
        name="tutor-shrink",
    )


def all_skills(fits: SkillFits, habit: BKTParams | None = None) -> Figure:
    """Every skill's four numbers with 95% intervals, smallest first; the literature's habit dashed."""
    low, high = fits.interval()
    usual = np.array(tuple(habit or BKTParams()))
    off = ((high < usual) | (low > usual)).sum(0)
    words = [f"{n} skills for {SHORT[name]}" for n, name in zip(off, NAMES, strict=True)]

    def draw(page: Page) -> None:
        axes = page.panels(4, stacked=2, height=2 if page.narrow else None)
        for j, (ax, name) in enumerate(zip(axes, NAMES, strict=True)):
            order = np.argsort(fits.estimates[:, j])
            places = np.arange(len(order))
            strokes.sticks(ax, places, low[order, j], high[order, j], upright=False, width=0.9, alpha=0.35)
            strokes.dots(ax, fits.estimates[order, j], at=places, ms=2)
            strokes.level(ax, usual[j], "habit" if j == 1 else "", PRIOR, upright=True, at=0.02)
            ax.set(xlim=(0, 1), yticks=[], title=SHORT[name], xlabel=f"{off[j]} exclude\nthe habit")
            strokes.ticks(ax, "x", [0, 0.5, 1], ["0", ".5", "1"])
        for ax in axes[:: 2 if page.narrow else 4]:
            ax.set_ylabel(f"{len(low)} skills, 95%")

    return Figure(
        draw,
        finding=f"{(low[:, 0] > usual[0]).sum()} of {len(low)} skills are better known than the habit says",
        alt=f"Estimates with 95% intervals of {len(low)} skills under a learned prior, and the literature's habit. The "
        f"interval excludes the habit on {', '.join(words)}.",
        name="tutor-skills",
    )


def race(found: TutorRace, answers: int, students: int) -> Figure:
    """AUC of each model with its interval, best first, and what the source of the split published."""
    order = found.order
    auc = {name: found.metric(name) for name in order}

    def draw(page: Page) -> None:
        page.height(4.4, 4.4)
        ax = page.panels()
        strokes.rows(page, ax, order, phone=22)
        for row, (name, (value, low, high)) in enumerate(auc.items()):
            strokes.intervals(ax, [value], [low], [high], colour_of(name), [row])
            strokes.label(ax, high, row, f"{value:.3f}", colour_of(name))
        said = {SAME_AS[name]: value for name, value in found.published.items() if name in SAME_AS}
        strokes.dots(ax, list(said.values()), TRUTH, [order.index(name) + 0.33 for name in said], marker="D", ms=4)
        strokes.note(ax, "◆ published on this split", "bottom right")
        ax.set_xlim(0.6, 0.8)
        strokes.ticks(ax, "x", (0.6, 0.65, 0.7, 0.75, 0.8))
        ax.set_xlabel(f"AUC, pooled, 95% by student;{_wrap(page)}{answers:,} answers of {students} students")

    return Figure(
        draw,
        finding="Logistic regression beats the network, which beats BKT",
        alt=f"Next-answer AUC on held-out students: {'; '.join(f'{name} {value:.3f}' for name, value in auc.items())}.",
        name="tutor-race",
    )


def three_ways(found: TutorRace, rows: int, kept: int) -> Figure:
    """Each model's AUC pooled, weighted by skill and as a mean over skills. rows: of answer and skill. kept: skills."""
    order, ways = found.order, found.ways
    fall = ways.pooled - ways["mean"]

    def draw(page: Page) -> None:
        page.height(4.4, 4.4)
        ax = page.panels()
        strokes.rows(page, ax, order, phone=22)
        for row, name in enumerate(order):
            values, colour = ways.loc[name], colour_of(name)
            strokes.sticks(ax, [row], [values.min()], [values.max()], colour, upright=False)
            for way, mark in MARKS.items():
                strokes.dots(ax, [values[way]], colour, [row], marker=mark, mfc=colour if way == "pooled" else "none")
        strokes.note(ax, "○ mean over skills\n□ weighted by skill\n◆ pooled")
        ax.set_xlabel(f"AUC; {rows:,} rows of answer and skill,{_wrap(page)}{kept} skills in the means")

    return Figure(
        draw,
        finding=f"Pooling alone is worth up to {fall.max():.2f}: say which AUC you mean",
        alt="Each model's AUC pooled, weighted by skill and as a mean over skills. Pooled exceeds the mean over skills "
        f"by {fall.min():.3f} to {fall.max():.3f}. The order of the models hardly changes.",
        name="tutor-ways",
    )


def calibration(found: TutorRace, names: Sequence[str] = (BKT, "DKT", "best logistic", "PFA")) -> Figure:
    """Share right minus forecast, in bins of equally many answers, a panel a model, the worst last."""
    bins = {name: 100 * pd.DataFrame(found.models[name]["calibration"]["bins"]) for name in names}
    errors = {name: 100 * found.models[name]["calibration"]["error"] for name in names}
    least, *_, most = sorted(errors.values())
    worst = max(errors, key=errors.get)

    def draw(page: Page) -> None:
        axes = page.panels(4, 2, stacked=2, sharex=True, sharey=True, height=1.7 if page.narrow else None)
        for ax, (name, table) in zip(axes, bins.items(), strict=True):
            off, low, high = (table[end] - table.forecast for end in ("right", "low", "high"))
            strokes.level(ax, 0)
            strokes.intervals(ax, off, low, high, colour_of(name), table.forecast, upright=True, ms=4)
            ax.set_title(f"{name.replace('learned ', '')}: {errors[name]:.1f} off", color=colour_of(name))
            ax.set(ylim=(-9, 9), xlim=(10, 100))
        page.fig.supxlabel("forecast, %")
        page.fig.supylabel("right minus forecast, points")

    return Figure(
        draw,
        finding=f"Forecasts are off by {least:.0f} to {most:.0f} points, plain {worst} by most",
        alt="Share right minus forecast in twenty bins of about 2,900 answers. Expected calibration "
        "error: " + ", ".join(f"{name} {error:.1f} points" for name, error in errors.items()) + ".",
        name="tutor-calibration",
    )


def surprises(groups: Mapping[str, pd.DataFrame], copies: pd.DataFrame, *, by: str, finding: str, name: str):
    """Right minus forecast, and what BKT's own students would show. groups: who -> what `by_gap` or `by_step` found.

    copies: low and high of each group, as `tutor_failures.replicated` gives them. by: the groups in words.
    """
    first, middle = next(iter(groups.values())), 100 * (copies.low + copies.high) / 2
    colours = (TRUTH, OTHER)[: len(groups)]

    def draw(page: Page) -> None:
        ax = page.panels(height=3.3 if page.narrow else None)
        strokes.level(ax, 0)
        places = np.arange(len(first))
        ax.bar(places, 100 * (copies.high - copies.low), 0.7, 100 * copies.low, color=ESTIMATE, alpha=0.25, lw=0)
        for shift, table, colour in zip((-0.1, 0.1), groups.values(), colours, strict=False):
            low, high = 100 * (table.off - table.half), 100 * (table.off + table.half)
            strokes.intervals(ax, 100 * table.off, low, high, colour, places + shift, upright=True)
        own = ("BKT's own students, 95% of copies", ESTIMATE)
        strokes.key(ax, [*zip(groups, colours, strict=True), own], "bottom right")
        cases = zip(first.index, *([f"{n:,.0f}" for n in table.n] for table in groups.values()), strict=True)
        strokes.ticks(ax, "x", places, ["\n".join(words).replace("or later", "+") for words in cases])
        strokes.ticks(ax, "y", (-8, -4, 0, 4))
        ax.set(ylim=(-12, 6), xlim=(-0.5, len(first) - 0.5), ylabel="right minus forecast, points")
        ax.set_xlabel(f"{by}{_wrap(page)}(below: cases); 95%")

    return Figure(
        draw,
        finding=finding,
        alt=f"Share right minus BKT's forecast by {by}, on {next(iter(groups))}: "
        + ", ".join(f"{group} {100 * r.off:+.1f} ± {100 * r.half:.1f} points" for group, r in first.iterrows())
        + f". BKT's own students would show {middle.min():+.1f} to {middle.max():+.1f}, give or take a point.",
        name=name,
    )


def along(found: Along, copies: Sequence[int]) -> Figure:
    """What came along each skill, with its interval, and what BKT expected. copies: counts outside, in copies."""
    changes, outside = found.changes, found.outside
    low, high = np.quantile(copies, [0.025, 0.975])

    def draw(page: Page) -> None:
        ax = page.panels(height=3 if page.narrow else None)
        strokes.level(ax, 0)
        for part, colour in ((~outside, TRUTH), (outside, PEER)):
            own = 100 * changes[part]
            low, high = own.came - own.half, own.came + own.half
            strokes.intervals(ax, own.came, low, high, colour, np.flatnonzero(part), upright=True, ms=4)
        ax.plot(100 * changes.expected, "_", color=ESTIMATE, ms=9, mew=2)
        wrong = f"the same, BKT outside it: {outside.sum()} of {len(changes)}"
        strokes.key(ax, [("what BKT expects, never below 0", ESTIMATE), ("what came, 95%", TRUTH), (wrong, PEER)])
        few, many = changes.students.min(), changes.students.max()
        words = f"{len(changes)} skills with {few} to {many} students of ten answers or more"
        ax.set(xticks=[], ylim=(-13, 33), ylabel="rise, answers 2–4 to 8–10, points")
        ax.set_xlabel(words.replace("students", "students\n") if page.narrow else words)

    return Figure(
        draw,
        finding=f"BKT misses the rise on {outside.sum()} of {len(changes)} skills; its own students show "
        f"{low:.0f} to {high:.0f}",
        alt=f"Change in share right from answers 2–4 to 8–10 of the same students, {len(changes)} skills. Below 0 on "
        f"{found.fell.sum()}, with the whole 95% interval on {found.surely_fell.sum()}; BKT's expected rise lies "
        f"outside the interval on {outside.sum()}. In {len(copies)} copies it is {low:.0f} to {high:.0f}.",
        name="tutor-falls",
    )


def learning(found: TutorRace, answers: int, students: int) -> Figure:
    """AUC of five models against the students they learned from; the size from which DKT leads BKT in every draw."""
    cross, most = found.leads_from(BKT), int(found.answers.index[-1])
    heavy = {"best logistic": "regression", "DKT": "network", BKT: "BKT, prior"}
    names = heavy | {"Rasch": "Rasch", "BKT": "BKT, raw"}
    lines = {name: found.means.loc[name].auc for name in names}

    def draw(page: Page) -> None:
        ax = page.panels(height=3.2 if page.narrow else None)
        for name, line in lines.items():
            own, solid = found.fits[found.fits.model == name], name in heavy
            if solid:
                ax.plot(own.students, own.auc, "o", color=colour_of(name), ms=3, alpha=0.35)
            look = {"marker": "o", "ms": 4.5} if solid else {"ls": (0, (2, 2)), "lw": 1.5}
            ax.plot(line.index, line, color=colour_of(name), **look)
        strokes.end_labels(page, ax, [(most, lines[n].iloc[-1], words, colour_of(n)) for n, words in names.items()])
        ax.set(xscale="log", ylim=(0.61, 0.78), ylabel="AUC, mean of draws")
        strokes.level(ax, cross, f"ahead of BKT\nfrom {cross} students", PEER, upright=True, at=0.01, side="left")
        strokes.level(ax, found.students_for(1e5), "10⁵\nanswers", upright=True, at=0.01)
        strokes.ticks(ax, "x", [25, 100, cross, most] if page.narrow else found.answers.index)
        half = (found.metric("DKT").high - found.metric("DKT").low) / 2
        ax.set_xlabel(f"students to learn from;{_wrap(page)}tested on {students} others (95%: ±{half:.3f})")

    return Figure(
        draw,
        finding=f"The network leads BKT from {cross} students on; a plain regression leads both",
        alt=f"Learning curves: AUC on {answers:,} answers of {students} test students against the number of training "
        f"students. DKT is ahead of BKT with a learned prior in every draw from {cross} students, about "
        f"{found.answers[cross]:,.0f} answers; logistic regression is ahead of DKT from "
        f"{found.leads_from('best logistic', -1)} students on.",
        name="tutor-curve",
    )


def colour_of(name: str) -> str:
    """A model's colour: networks as peers, BKT as our estimate, all others alike."""
    return PEER if name.startswith("DKT") else ESTIMATE if name.startswith("BKT") else OTHER


def _wrap(page: Page) -> str:
    return "\n" if page.narrow else " "
