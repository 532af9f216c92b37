"""NB-9's and NB-10's figures, tables and claims: what was hidden, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ...irt.mml import MMLFit
from ...irt.posterior import Posterior
from ...studies.retrieval import BLOCKS, KINDS, METHODS, PAPER, PEERS, PLAIN, PRIORS, Peers, Retrieval
from ...studies.ties import ONE_PRIOR, OWN_MIDDLE, Ties
from .. import quotes, strokes, tables
from ..figure import Figure, Page
from ..style import ESTIMATE, OTHER, PEER, PRIOR, TRUTH

SIGN = dict(zip(BLOCKS, ("difficulty β", "discrimination α", "ability θ"), strict=True))
HEADS = {"pearson": "Pearson", "kendall": "Kendall", "spearman": "Spearman", "rmse": "RMSE", "slope": "slope"}
HOLD, FAR = "95% intervals that hold", "more than 3 off"
SHOWN = ((PAPER, "Bayesian", ESTIMATE), (PRIORS, PRIORS, PRIOR), (PLAIN, PLAIN, PEER))
OVERLAP = {  # which questions of `designs.overlap` were asked where
    "first class": (slice(0, 20), "o"),
    "both": (slice(20, 30), "D"),
    "second class": (slice(30, 50), "s"),
}
EDGE = 4.6  # beyond this an estimate leaves the picture
FLOOR = 0.2  # below this a correlation is drawn at the edge
REACH = 0.05  # a share of draws from which on a printed figure is usual
ONE = {"classes": "class", "draws": "draw"}
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


def ties(found: Ties) -> Figure:
    """How far apart two classes are said to be, for two true leads, by the number of questions that they share."""
    mean, half = found.mean, found.half
    lines = (
        (PLAIN, PLAIN, PEER),
        (ONE_PRIOR, "Bayesian", ESTIMATE),
        (OWN_MIDDLE, "Bayesian, each class\nits own middle", OTHER),
    )
    leads, shared = (mean.index.unique(level) for level in ("lead", "shared"))
    unit = "one unit" if leads[1] == 1 else f"{leads[1]:g} units"

    def draw(page: Page) -> None:
        axes = page.panels(2, sharey=True, height=2.2 if page.narrow else None)
        for ax, lead, title in zip(axes, leads, ("equal classes", f"B {unit} better"), strict=True):
            strokes.level(ax, lead, "truth")
            for (fit, _, colour), move in zip(lines, (0.08, -0.08, 0), strict=True):
                at, y, bar = np.arange(len(shared)) + move, mean.loc[lead, fit], half.loc[lead, fit]
                ax.plot(at, y, color=colour)
                strokes.intervals(ax, y, y - bar, y + bar, colour, at, upright=True)
            strokes.ticks(ax, "x", range(len(shared)), shared.astype(str))
            ax.set(xlim=(-0.4, len(shared) - 0.2), ylim=(-0.8, leads[1] + 0.6), title=title)
        strokes.key(axes[0], [(words, colour) for _, words, colour in lines])
        axes[0].set_ylabel("B above A, as estimated")
        page.fig.supxlabel(f"shared questions ({found.n} pairs of classes a point)")

    most, none = ([mean.loc[(leads[1], k), fit] for fit in (ONE_PRIOR, OWN_MIDDLE)] for k in (shared[-1], shared[0]))
    return Figure(
        draw,
        finding=f"Of a lead of {unit}, {shared[-1]} shared questions show {most[0]:.2f}, none show {none[0]:.2f}",
        alt="Estimated distance of two classes against the number of shared questions. Equal classes come out nearly "
        f"equal under one prior. When class B is {unit} better, the usual fit shows {most[0]:.2f} with {shared[-1]} "
        f"shared questions and {none[0]:.2f} with none; with a prior mean of its own for each class {most[1]:.2f} and "
        f"{none[1]:.2f}.",
        name="ties",
    )


def too_thin(truth, estimate, growing: pd.Series, narrowed: float) -> Figure:
    """What hardly an answer a question gives, and how the correlation grows with answers. narrowed: of a difficulty."""
    first, most = growing.index[0], growing.index[-1]

    def draw(page: Page) -> None:
        one, other = page.panels(2, height=2.3 if page.narrow else None)
        one.plot([-3, 3], [-3, 3], color=TRUTH, lw=1, ls="--")
        strokes.dots(one, truth, ESTIMATE, estimate, ms=3, alpha=0.4, mew=0)
        strokes.note(one, "two stripes: its only answer\nwas wrong, or was right")
        one.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="true difficulty", ylabel="estimate")
        one.set_title(f"{first:,} answers, {len(truth)} questions")
        other.semilogx(growing.index, growing, "o-", color=ESTIMATE)
        for x, y in growing.items():
            strokes.label(other, x, y, f"{y:.2f}", ESTIMATE, "below right" if x < most else "below", gap=8)
        strokes.ticks(other, "x", growing.index)
        other.set(ylim=(0, 1), xlim=(first * 0.8, most * 1.3), xlabel="answers", ylabel="correlation with truth")
        other.set_title("more of the same")

    return Figure(
        draw,
        finding=f"It runs, and knows little: {first:,} answers narrow a difficulty by {narrowed:.0%}",
        alt=f"Left: estimated against true difficulty from {first:,} answers to {len(truth)} questions, drawn far in "
        f"towards zero, correlation {growing[first]:.2f}. Right: the correlation rises to {growing[most]:.2f} with "
        f"{most:,} answers.",
        name="too-thin",
    )


def scores(found: Retrieval, blocks: Sequence[str] = BLOCKS, kinds: Sequence[str] = tuple(HEADS)) -> tables.Text:
    """Medians of the measures by block and method; coverage is a mean, estimates far off are a sum."""
    rows = [
        [SIGN[block] if method == METHODS[0] else "", method]
        + [found.median(method, kind, block) for kind in kinds]
        + [f"{found.of(method, 'coverage', block).mean():.0%}", f"{found.of(method, 'far', block).sum():,}"]
        for block in blocks
        for method in METHODS
    ]
    return tables.table(rows, ["block", "fit", *(HEADS[kind] for kind in kinds), HOLD, FAR], ".2f")


def gains(found: Retrieval) -> tables.Text:
    """Draw by draw: how often the Bayesian fit correlates better than its rivals."""
    words = "better in {:.1%}, worse in {:.1%}, median gap {:.3f}".format
    rows = {rival: [words(*found.gain(rival, kind)) for kind in KINDS] for rival in (PLAIN, PRIORS)}
    return tables.table(rows, ["Bayesian against", *(HEADS[kind] for kind in KINDS)])


def places(found: Retrieval, said: Mapping[str, Mapping[str, float]]) -> tables.Text:
    """Where the paper's correlations lie among ours. said: method -> correlations."""
    rows = []
    for method, printed in said.items():
        place, reach = found.place(method, printed)
        cells = [f"{printed[kind]:.2f}: better than {100 * place[kind]:.0f}% of ours" for kind in KINDS]
        rows.append([{PAPER: "Bayesian", PLAIN: "ltm"}[method], *cells, f"{reach:.1%}"])
    table = tables.table(rows, ["the paper's", *(HEADS[kind] for kind in KINDS), "draws that reach all three"])
    return table + (
        "The Bayesian row against our Bayesian fits with the paper's priors, the ltm row against likelihood fits "
        "without priors, both after rounding."
    )


def beside_peers(peers: Peers, draws: str) -> tables.Text:
    """What ltm, mirt and our fits give on the recorded draws, medians."""
    of = {name: peers.scores[peers.scores.method == name] for name in PEERS}
    rows = {name: [len(mine), *(mine[k].median() for k in KINDS), (mine.far > 0).sum()] for name, mine in of.items()}
    heads = [HEADS[kind] for kind in KINDS]
    columns = ["", f"{draws} fitted", *heads, f"{draws} with one {FAR}"]
    return tables.table(rows, columns, dict.fromkeys(heads, ".2f"))


def table_claim(found: Retrieval, method: str, printed: Mapping, *, name: str, place: str, draws: str, n: str):
    """The claim that a row of the paper's tables is what such draws give. draws: what one calls them."""
    marks, reach = found.place(method, printed)
    ranges = {kind: np.quantile(found.of(method, kind), [0.025, 0.975]) for kind in KINDS}
    usual = all(REACH <= mark <= 1 - REACH for mark in marks.values()) and reach > REACH
    verdict, why = ("does not hold", f"not what such {draws} give")
    if reach:
        verdict, why = ("holds with a caveat", "possible, but a lucky draw")
    if usual:
        verdict, why = ("holds", f"what such {draws} give; one {ONE[draws]} cannot say more")
    return quotes.Claim(
        name=name,
        source="Shi & Athey (2021)",
        place=place,
        says="Difficulty comes back with " + ", ".join(f"{HEADS[k]} {printed[k]:.2f}" for k in KINDS),
        ours=f"95% of {draws} give "
        + ", ".join(f"{HEADS[k]} {low:.2f} to {high:.2f}" for k, (low, high) in ranges.items())
        + f"; {reach:.1%} reach all three",
        n=n,
        seed=found.seeds,
        verdict=verdict,
        why=f"Its figures stand at the {', '.join(f'{100 * mark:.0f}' for mark in marks.values())} percent marks of "
        f"ours: {why}.",
    )


def better_claim(found: Retrieval, *, name: str, place: str, draws: str, n: str) -> quotes.Claim:
    """The claim that the Bayesian fit recovers difficulty better than ltm."""
    better = {kind: found.gain(PLAIN, kind)[0] for kind in KINDS}
    won, lost, _ = found.gain(PRIORS, "kendall")
    every = found.better_on_all(PLAIN)
    return quotes.Claim(
        name=name,
        source="Shi & Athey (2021)",
        place=place,
        says="The Bayesian 2PL recovers difficulty better than ltm",
        ours=f"better on Pearson in {better['pearson']:.1%} of {draws}, Kendall {better['kendall']:.1%}, "
        f"Spearman {better['spearman']:.1%}, all three {every:.1%}",
        n=f"{n}; ltm stood in for by the same method, checked against it below",
        seed=found.seeds,
        verdict="holds with a caveat" if every > 0.5 else "does not hold",
        why=f"The prior does it: against a likelihood fit with the same priors it wins on Kendall in {won:.1%} of "
        f"{draws}, loses in {lost:.1%} and ties in the rest.",
    )
