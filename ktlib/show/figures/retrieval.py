"""NB-9's and NB-10's figures: what was hidden, and what came back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...irt.mml import MMLFit
from ...irt.posterior import Posterior
from ...studies.retrieval import BAYES, BLOCKS, KINDS, PAPER, PLAIN, PRIORS, Retrieval
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PEER, PRIOR, TRUTH

SIGN = dict(zip(BLOCKS, ("difficulty β", "discrimination α", "ability θ"), strict=True))
HEADS = {"pearson": "Pearson", "kendall": "Kendall", "spearman": "Spearman", "rmse": "RMSE", "slope": "slope"}
FITS = ((PLAIN, "likelihood alone", PEER), (PRIORS, PRIORS, PRIOR), (BAYES, "Bayesian", ESTIMATE))
SHOWN = ((PAPER, "Bayesian", ESTIMATE), (PRIORS, PRIORS, PRIOR), (PLAIN, PLAIN, PEER))
OVERLAP = {  # which questions of `designs.overlap` were asked where
    "first class": (slice(0, 20), "o"),
    "both": (slice(20, 30), "D"),
    "second class": (slice(30, 50), "s"),
}
EDGE = 4.6  # beyond this an estimate leaves the picture
FLOOR = 0.2  # below this a correlation is drawn at the edge
ALLOWED = -1.92  # nats below the best: what 95% by likelihood ratio allow


def truth_and_fits(
    truth,
    posterior: Posterior,
    likelihood: MMLFit,
    *,
    name="one-class",
    finding="",
    of="",
    parts: Mapping | None = None,
) -> Figure:
    """Difficulties estimated by a Bayesian fit and by likelihood, with 95% intervals, against the truth.

    of: which questions and students, for the alt text. parts: words -> (places of questions, marker), where questions
    are of several kinds.
    """
    fits = {
        "Bayesian": (posterior.mean("difficulty"), posterior.sd("difficulty"), ESTIMATE),
        "likelihood without priors": (likelihood.difficulty, likelihood.difficulty_se, PEER),
    }
    r = {words: np.corrcoef(truth, estimate)[0, 1] for words, (estimate, *_) in fits.items()}
    out, outside = ((np.abs(estimate) > EDGE).sum() for estimate, *_ in fits.values())

    def draw(page: Page) -> None:
        axes = page.panels(2, sharey=True, height=2.3 if page.narrow else None)
        for ax, (words, (estimate, sd, colour)) in zip(axes, fits.items(), strict=True):
            ax.plot([-3, 3], [-3, 3], color=TRUTH, lw=1, ls="--")
            near = np.abs(estimate) <= EDGE
            ends = [(estimate + z * sd)[near].clip(-EDGE, EDGE) for z in (-1.96, 1.96)]
            strokes.sticks(ax, truth[near], *ends, colour, alpha=0.3)
            for place, marker in (parts or {"": (slice(None), "o")}).values():
                inside = near[place]
                ax.plot(truth[place][inside], estimate[place][inside], marker, color=colour, ms=4.5)
            for x, y in zip(truth[~near], estimate[~near], strict=True):
                at = np.sign(y) * (EDGE - 0.1)
                ax.plot(x, at, "^" if y > 0 else "v", color=colour)
                strokes.label(ax, x, at, f"{y:+.3g}", colour, "right" if x < 1.5 else "left")
            ax.set(xlim=(-3, 3), ylim=(-EDGE - 0.2, EDGE + 0.2))
            ax.set_title(words[0].upper() + words[1:], color=colour)
            strokes.note(ax, f"Pearson {r[words]:.2f}", "bottom right", colour)
        axes[0].set_ylabel("estimate, 95% interval")
        signs = [f"{dict(o='●', D='◆', s='■')[marker]} {words}" for words, (_, marker) in (parts or {}).items()]
        page.fig.supxlabel("\n".join(["true difficulty", ", ".join(signs)]).strip())

    said = ". ".join(f"{words.capitalize()}: Pearson {value:.2f}" for words, value in r.items())
    far = int((np.abs(likelihood.difficulty - truth) > 3).sum())
    return Figure(
        draw,
        finding=finding
        or f"Estimates out of the picture: {out or 'none'} with priors, {outside} of {len(truth)} without",
        alt=f"True against estimated difficulty of {of or f'{len(truth)} questions'}. {said}; more than 3 off: {far}.",
        name=name,
    )


def runaway(places, answers_alone, with_priors, truth: float, question: str) -> Figure:
    """How much the answers mind where a question stands, alone and with priors. Both: nats below the best, by place."""
    out, firm = places[answers_alone < ALLOWED], places[with_priors > ALLOWED]

    def draw(page: Page) -> None:
        ax = page.panels()
        strokes.level(ax, ALLOWED, "what 95% allow", at=0.01)
        strokes.level(ax, truth, f"truth {truth:.2f}", upright=True, side="left")
        ax.plot(places, answers_alone, color=PEER)
        ax.plot(places, with_priors, color=PRIOR)
        strokes.label(ax, places[-1], 0.1, "answers alone", PEER, "above left")
        strokes.label(ax, 3.5, -4.2, "with priors", PRIOR)
        ax.set(xlim=(places[0], places[-1]), ylim=(-6, 0.8))
        ax.set(xlabel=f"difficulty of {question}", ylabel="log likelihood below its best")

    return Figure(
        draw,
        finding="The answers rule out the middle, and nothing beyond it",
        alt="Profile of the log likelihood of one question's difficulty. The answers alone rule out "
        f"{out.min():.1f} to {out.max():.1f} and accept everything beyond; with priors {firm.min():.1f} to "
        f"{firm.max():.1f} remains. The "
        f"truth is {truth:.2f}.",
        name="runaway",
    )


def correlations(found: Retrieval, said: Mapping[str, Mapping[str, float]], of: str, name: str) -> Figure:
    """Correlations of true and estimated difficulty, a tick a draw. said: method -> what the paper prints."""
    median = {method: found.median(method, "pearson") for method, *_ in SHOWN}
    shake = np.random.default_rng(1).uniform(-0.17, 0.17, found.n)

    def draw(page: Page) -> None:
        axes = page.panels(3, sharey=True, height=2.3 if page.narrow else None)
        for ax, kind in zip(axes, KINDS, strict=True):
            strokes.rows(page, ax, [words for _, words, _ in SHOWN], wide=11, phone=11)
            for text, (_, _, colour) in zip(ax.get_yticklabels(), SHOWN, strict=False):
                text.set(color=colour, fontweight="bold")
            for row, (method, _, colour) in enumerate(SHOWN):
                x = found.of(method, kind)
                strokes.sticks(ax, x.clip(FLOOR), row + shake - 0.03, row + shake + 0.03, colour, width=2)
                ax.plot([np.median(x)] * 2, [row - 0.24, row + 0.24], color=colour, lw=3)
                strokes.label(ax, np.median(x), row - 0.24, f"{np.median(x):.2f}", colour, "above", gap=2)
                if method in said:
                    strokes.dots(ax, [said[method][kind]], TRUTH, [row + 0.32], marker="D", ms=4.5)
            if below := int((found.of(PLAIN, kind) < FLOOR).sum()):
                strokes.label(ax, FLOOR, 2.4, f"{below} below", PEER, gap=0, bold=False)
            ax.set(xlim=(FLOOR - 0.04, 1.02), ylim=(2.6, -0.65), title=HEADS[kind])
        page.fig.supxlabel(f"estimate and truth, {found.n} draws; ◆ the paper's one")

    return Figure(
        draw,
        finding=f"Median Pearson {median[PAPER]:.2f} against {median[PLAIN]:.2f}. "
        "Give the likelihood priors, and they tie",
        alt=f"Correlations of true and estimated difficulty over {of}. Median Pearson: Bayesian {median[PAPER]:.2f}, "
        f"likelihood with priors {median[PRIORS]:.2f}, likelihood alone {median[PLAIN]:.2f}. Diamonds mark the paper's "
        "one draw.",
        name=name,
    )


def far_off(found: Retrieval, name: str, draws: str) -> Figure:
    """In which share of draws a fit places at least one question more than 3 units off. draws: what one calls them."""
    share = [found.far(method) for method, *_ in FITS]
    words = [f"{value:.{1 if 0 < value < 0.01 else 0}%}" for value in share]

    def draw(page: Page) -> None:
        page.height(phone=2.3)
        ax = page.panels()
        strokes.rows(page, ax, [name for _, name, _ in FITS], phone=11, wide=16)
        strokes.bars(ax, share, words, [colour for *_, colour in FITS])
        strokes.percent_axis(ax, "x")
        ax.set_xlim(0, 1)
        ax.set_xlabel(f"{draws} with a question placed\nmore than 3 units off (n = {found.n})")

    return Figure(
        draw,
        finding=f"Without prior knowledge some question lands absurdly far off in {words[0]} of {draws}, with it in "
        f"{words[2]}",
        alt=f"Share of {found.n} simulated {draws} in which at least one estimated difficulty is more than 3 off: "
        + ", ".join(f"{named} {value}" for (_, named, _), value in zip(FITS, words, strict=True))
        + ".",
        name=name,
    )


def duel(found: Retrieval, name: str, draws: str) -> Figure:
    """Draw by draw, by how much the Bayesian fit orders questions better than its rivals (Kendall), a tick a draw."""
    rivals = ((PLAIN, "against likelihood alone", PEER), (PRIORS, "against likelihood with the same priors", PRIOR))
    shake = np.random.default_rng(1).uniform(-0.12, 0.12, found.n)
    won, lost = ([found.gain(rival, "kendall")[k] for rival, *_ in rivals] for k in (0, 1))

    def draw(page: Page) -> None:
        page.height(phone=2.6)
        ax = page.panels()
        strokes.level(ax, 0, "", upright=True)
        for row, (rival, words, colour) in enumerate(rivals):
            gap = (found.of(BAYES, "kendall") - found.of(rival, "kendall")).clip(-0.12, 0.35)
            strokes.sticks(ax, gap, row + shake - 0.03, row + shake + 0.03, colour, width=2)
            said = f"{words}:\nbetter in {won[row]:.0%}, worse in {lost[row]:.0%}"
            strokes.label(ax, 0.01, row - 0.2, said, colour, "above right", gap=0)
        ax.set(xlim=(-0.13, 0.36), ylim=(1.3, -0.9), yticks=[])
        ax.set_xlabel(f"Bayesian lead in rank correlation,\na tick each of {found.n} {draws}")

    return Figure(
        draw,
        finding=f"It beats likelihood alone in {won[0]:.0%} of {draws}, and ties once both have the prior",
        alt=f"Difference of Kendall's correlation with the truth, Bayesian minus rival, in {found.n} {draws}. Against "
        f"likelihood alone it is above zero in {won[0]:.0%} and below in {lost[0]:.0%}; against likelihood with the "
        f"same priors in {won[1]:.0%} and {lost[1]:.0%}.",
        name=name,
    )


def yardsticks(found: Retrieval, name: str) -> Figure:
    """What correlations hide: typical error, slope and coverage, by block and fit; medians, coverage a mean."""
    kinds = {"rmse": "typical error", "slope": "slope, 1 is right", "coverage": "95% intervals hold"}
    mid = {"rmse": np.median, "slope": np.median, "coverage": np.mean}

    def draw(page: Page) -> None:
        axes = page.panels(3, sharey=True, height=1.9 if page.narrow else None)
        for ax, (kind, title) in zip(axes, kinds.items(), strict=True):
            strokes.rows(page, ax, [SIGN[block] for block in BLOCKS], phone=14, wide=14)
            for (method, _, colour), move in zip(FITS, (-0.2, 0, 0.2), strict=True):
                values = [mid[kind](found.of(method, kind, block)) for block in BLOCKS]
                strokes.dots(ax, values, colour, np.arange(len(BLOCKS)) + move)
            ax.set_title(title)
        axes[0].set_xscale("log")
        strokes.ticks(axes[0], "x", (0.3, 1, 3))
        axes[0].set_xlim(0.25, 4)
        strokes.level(axes[1], 1, upright=True)
        strokes.level(axes[2], 0.95, upright=True)
        strokes.percent_axis(axes[2], "x")
        axes[2].set_xlim(0.75, 1)
        strokes.key_below(page, [(words, colour) for _, words, colour in FITS], columns=1 if page.narrow else None)

    alone, both = (np.mean(found.of(method, "coverage", "ability")) for method in (PLAIN, BAYES))
    return Figure(
        draw,
        finding=f"Equal correlations for ability, yet likelihood's intervals hold {alone:.0%} where 95% was promised",
        alt="Typical error, slope and coverage of difficulty, discrimination and ability by likelihood alone, "
        f"likelihood with priors and the Bayesian fit. Intervals of ability hold {alone:.0%} by likelihood alone and "
        f"{both:.0%} by the Bayesian fit.",
        name=name,
    )


def pairs_right(found: Retrieval, name: str) -> Figure:
    """Of two questions, how often the Bayesian fit says rightly which is harder; a class each."""
    share = (1 + found.of(BAYES, "kendall")) / 2
    middle = np.median(share)

    def draw(page: Page) -> None:
        page.height(phone=2.4)
        ax = page.panels()
        tallest = ax.hist(share, bins=np.arange(0.5, 1.0001, 0.01), color=ESTIMATE, alpha=0.6)[0].max()
        strokes.level(ax, 0.5, "a coin", upright=True, side="right", at=0.9)
        strokes.level(ax, middle, f"{middle:.0%}, the middle class", ESTIMATE, upright=True, side="left", at=0.97)
        strokes.percent_axis(ax, "x")
        ax.set(xlim=(0.49, 1), ylim=(0, 1.2 * tallest), ylabel=f"classes, of {found.n}")
        ax.set_xlabel("pairs of questions put in the right order")

    return Figure(
        draw,
        finding=f"Of two questions, which is harder? Right in {middle:.0%} of pairs",
        alt=f"Histogram over {found.n} simulated classes: the share of pairs of questions that the Bayesian fit puts "
        f"in the right order. It runs from {share.min():.0%} to {share.max():.0%}; the median is {middle:.0%}.",
        name=name,
    )
