"""NB-1's figures: beliefs traced answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ... import bkt
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PEER, PRIOR, TRUTH

MASTERY = 0.95
AIM = 0.7


def two_children(params: bkt.BKTParams, answers: Mapping[str, Sequence[int]]) -> Figure:
    """Two children with equally many right answers in another order. answers: name -> 1 for right, 0 for wrong."""
    traces = {name: [params.p_init, *bkt.filter(given, params).p_known] for name, given in answers.items()}
    (one, first), (other, second) = traces.items()
    steps = len(first) - 1
    right = sum(answers[one])

    def draw(page: Page) -> None:
        ax = page.panels()
        for row, (name, colour) in enumerate(((one, PEER), (other, ESTIMATE))):
            ax.plot(traces[name], color=colour, marker="o")
            for step, sign in enumerate(strokes.answers(answers[name]), 1):
                ax.text(step, -0.1 - 0.09 * row, sign, color=colour, ha="center", va="center")
            ax.text(0, -0.1 - 0.09 * row, name, color=colour, ha="center", va="center", fontweight="bold")
        ends = [(steps, trace[-1], name, c) for (name, trace), c in zip(traces.items(), (PEER, ESTIMATE), strict=True)]
        strokes.end_labels(page, ax, ends)
        ax.set(ylim=(-0.26, 1.02), xlabel="answers seen", ylabel="P(knows it)", yticks=[0, 0.25, 0.5, 0.75, 1])

    return Figure(
        draw,
        finding=f"{right} right of {steps} each: {one} ends at {first[-1]:.2f}, {other} at {second[-1]:.2f}",
        alt=f"P(knows it) over {steps} answers. {one}, right early and wrong late, falls to {first[-1]:.2f}; {other}, "
        f"wrong early and right late, rises to {second[-1]:.2f}, though both have {right} right.",
        name="two-children",
    )


def learned_and_believed(params: bkt.BKTParams, belief: np.ndarray, learned_at: np.ndarray, lag: np.ndarray) -> Figure:
    """Each student's belief, and where she really learned it. lag: answers between the two, of those who got there."""
    students, steps = belief.shape

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, MASTERY)
        for trace, step in zip(np.insert(belief, 0, params.p_init, axis=1), learned_at, strict=True):
            before = len(trace) if step < 0 else step + 1
            ax.plot(trace[:before], color=TRUTH, alpha=0.28, lw=1.2)
            if step >= 0:
                ax.plot(range(step, len(trace)), trace[step:], color=ESTIMATE, alpha=0.75, lw=1.6)
                ax.plot(step, trace[step], "o", color=PEER, zorder=4, clip_on=False)
        names = (
            ("mastery", TRUTH, MASTERY),
            ("knows it", ESTIMATE, 0.62),
            ("● learned it", PEER, 0.5),
            ("does not yet", TRUTH, 0.38),
        )
        strokes.end_labels(page, ax, [(steps, y, words, colour) for words, colour, y in names])
        ax.set(xlim=(0, steps), ylim=(0, 1.02), xlabel="answers seen", ylabel="P(knows it)")
        strokes.ticks(ax, "x", range(0, steps + 1, 5))

    return Figure(
        draw,
        finding=f"Belief follows learning, about {lag.mean():.0f} answers behind",
        alt=f"P(knows it) for {students} simulated students over {steps} answers, with the moment each really learned "
        f"it. Belief rises after that moment and reaches {MASTERY} about {lag.mean():.0f} answers later on average "
        f"(the {len(lag)} students who get there).",
        name="cover",
    )


def one_wrong_answer(params: bkt.BKTParams, answers: Sequence[int]) -> Figure:
    """What the first wrong answer among right ones costs, and what the next right one brings back."""
    trace = [params.p_init, *bkt.filter(answers, params).p_known]
    streak = list(answers).index(0)
    top, dip, back = trace[streak : streak + 3]

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, MASTERY, f"mastery, {MASTERY}", at=0.01)
        ax.plot(trace, color=ESTIMATE)
        for step, right in enumerate(answers, 1):
            ax.plot(step, trace[step], "o", color=ESTIMATE if right else PEER, zorder=3)
        words = f"one wrong answer:\n{top:.0%} → {dip:.0%}"
        strokes.pointer(ax, streak + 1, dip, words, (streak + 0.9, dip - 0.36), PEER)
        strokes.pointer(ax, streak + 2, back, f"next right one:\n{back:.0%}", (streak + 2.4, back - 0.26), ESTIMATE)
        strokes.ticks(ax, "x", range(len(trace)), ["start", *strokes.answers(answers)])
        ax.set(ylim=(0, 1.05), ylabel="P(knows it)", xlabel="answers in order")

    return Figure(
        draw,
        finding=f"A miss lowers the belief to {dip:.0%}; the next right answer brings it back to {back:.0%}",
        alt=f"P(knows it) over {streak} right answers, one wrong and {len(answers) - streak - 1} right. It climbs to "
        f"{top:.2f}, dips to {dip:.2f} after the wrong one and returns to {back:.2f} after the next right one.",
        name="one-wrong-answer",
    )


def several_skills(params: bkt.BKTParams) -> Figure:
    """Three ways to join P(right) on three skills, two of them known, while the third goes from missing to known."""
    has, lacks = bkt.p_correct([1.0, 0.0], params)
    third = np.linspace(lacks, has, 200)
    ways = {
        "arithmetic mean": ((2 * has + third) / 3, PEER, 0.12),
        "geometric mean": (np.cbrt(has**2 * third), ESTIMATE, -0.08),
        "product": (has**2 * third, PRIOR, -0.08),
    }

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, AIM, f"aim, {AIM}", at=0.65, side="below")
        for name, (curve, colour, up) in ways.items():
            ax.plot(third, curve, color=colour)
            ax.plot(lacks, curve[0], "o", color=colour)
            strokes.label(ax, lacks, curve[0] + up, f"{name} {curve[0]:.2f}", colour, gap=9)
        ax.set(ylim=(0, 1), xlabel="P(right) on the third skill: guesses … knows it", ylabel="P(right) on the question")

    average, geometric, product = (f"{curve[0]:.2f}" for curve, *_ in ways.values())
    return Figure(
        draw,
        finding="Average three skills, and the missing one almost vanishes",
        alt="P(right) on a question of three skills, two of them known, against the third. Where the third is missing "
        f"the arithmetic mean still says {average}, the geometric mean {geometric}, the product {product}.",
        name="several-skills",
    )
