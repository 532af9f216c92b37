"""NB-12's figures: what several abilities a student add to forecasts of exams, and how a comparison goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten

import numpy as np

from ...data.exams import Exam
from ...studies.exams import ExamStudy
from ...studies.means import signed
from ...studies.stopping import StoppingStudy
from .. import strokes
from ..figure import Figure, Page
from ..style import ESTIMATE, PAPER, PEER, PRIOR, TRUTH

LOGS = {"simulated": "Simulated", "eedi": "Eedi", "timss": "TIMSS"}
TITLES = {"auc": "AUC", "f1": "F1"}
K = (3, 5, 10, 20)
MODELS = {"item mean": "share right", "regression": "logistic regr.", "Rasch": "Rasch", "2PL": "2PL"}
MODELS |= {f"K = {k}{fixed}": f"K = {k}{fixed}" for fixed in ("", ", fixed") for k in K}


def many(study: ExamStudy) -> str:
    """How many splits of which logs."""
    return f"{study.splits['simulated']} splits of the simulated log and {study.splits['eedi']} of each real one"


def _titled(ax, study: ExamStudy, log: str) -> None:
    """A log's name and how many test answers a split has."""
    ax.set_title(f"{LOGS[log]}, n = {study.data[log]['n_test']:,}", fontsize="medium")


def answers_by_label(logs: Mapping[str, Exam]) -> Figure:
    """Answers in each content area, the largest first, on a log scale."""
    asked = {name: np.sort(np.bincount(log.label[log.responses.item]))[::-1] for name, log in logs.items()}

    def draw(page: Page) -> None:
        for ax, (name, n) in zip(page.panels(len(logs), sharey=True), asked.items(), strict=True):
            ax.bar(range(1, len(n) + 1), n, color=ESTIMATE)
            ax.set(yscale="log", ylim=(10, 4e6), xlim=(-0.5, 1.3 * len(n)), title=LOGS[name])
            ax.grid(axis="x", visible=False)
            strokes.label(ax, len(n) + 0.5, n[-1], f"{n[-1]:,}", bold=False, gap=3)
            strokes.label(ax, 0.5, n[0], f"{n[0]:,}", side="above right", bold=False, gap=3)
            strokes.ticks(ax, "y", [100, 10_000, 1_000_000])
        page.fig.supxlabel("content area, by size", fontsize="medium")
        page.fig.supylabel("answers", fontsize="medium")

    return Figure(
        draw,
        finding=f"A few content areas hold most answers; the rarest of Eedi has {asked['eedi'][-1]}",
        alt="Answers by content area in descending order, on a logarithmic scale. "
        + "; ".join(
            f"{LOGS[name]}: {len(log.responses):,} answers of {len(log.responses.students):,} students to "
            f"{len(log.responses.items):,} questions in {len(log.labels)} areas, the rarest with {asked[name][-1]:,}"
            for name, log in logs.items()
        )
        + ".",
        name="answers-by-label",
    )


def relevance(size: np.ndarray, answers: int, log: str = "Eedi", least: float = 0.1) -> Figure:
    """The learned size of each factor's loadings. size: largest first. answers: how many of a log were fitted."""
    kept, n = int((size > least).sum()), len(size)
    words = "twenty" if n == 20 else n

    def draw(page: Page) -> None:
        ax = page.panels()
        ax.bar(range(1, n + 1), size, color=ESTIMATE)
        strokes.level(ax, 1, "the paper's prior, for all", PEER)
        strokes.label(ax, kept + 2, 0.4, f"{n - kept} factors shrunk\nto less than {least}")
        strokes.ticks(ax, "x", [1, *range(5, n + 1, 5)])
        ax.grid(axis="x", visible=False)
        ax.set(xlabel="factor, largest first", ylabel="size of its loadings (learned)")

    return Figure(
        draw,
        finding=f"Offered {words} factors, the fit keeps {kept}",
        alt=f"Size of the loadings of {words} factors fitted to {answers:,} {log} answers with learned "
        f"priors: {kept} stand above {least}, the largest at {size[0]:.2f}; the other {n - kept} are nearly zero.",
        name="relevance",
    )


def more_factors(study: ExamStudy) -> Figure:
    """Test AUC against the number of factors, with learned and with fixed priors, 2PL dashed."""
    ways = {"learned priors": ("", ESTIMATE), "fixed priors": (", fixed", PEER)}

    def draw(page: Page) -> None:
        for ax, log in zip(page.panels(3, height=2.1 if page.narrow else None), LOGS, strict=True):
            base = study.of(log, "2PL").mean
            strokes.level(
                ax, base, "2PL", at=0.97 if log == "eedi" else 0.03, side="below" if log == "eedi" else "above"
            )
            for fixed, colour in ways.values():
                means = [study.of(log, f"K = {k}{fixed}") for k in K]
                strokes.band(ax, range(len(K)), [m.low for m in means], [m.high for m in means], colour, 0.18)
                ax.plot([m.mean for m in means], "o-", color=colour)
            strokes.ticks(ax, "x", range(len(K)), list(map(str, K)))
            ax.margins(y=0.2)
            _titled(ax, study, log)
        page.fig.supylabel("test AUC", fontsize="medium")
        strokes.key_below(page, [(words, colour) for words, (_, colour) in ways.items()], "factors K")

    return Figure(
        draw,
        finding="Learned priors keep what a few factors gain; with fixed ones twenty predict worse than three",
        alt=f"Test AUC against the number of factors, mean of {many(study)}, with 95% intervals. "
        + " ".join(
            f"{LOGS[log]}: 2PL {study.of(log, '2PL').mean:.3f}; learned priors {study.of(log, 'K = 3').mean:.3f} at 3 "
            f"and {study.of(log, 'K = 20').mean:.3f} at 20 factors; fixed {study.of(log, 'K = 3, fixed').mean:.3f} and "
            f"{study.of(log, 'K = 20, fixed').mean:.3f}."
            for log in LOGS
        ),
        name="more-factors",
    )


def by_model(study: ExamStudy, metric: str = "auc") -> Figure:
    """A score of every model on training answers (open) and on test answers (full, with interval)."""

    def draw(page: Page) -> None:
        axes = page.panels(3, sharey=True, sharex=True, height=2.7 if page.narrow else None)
        for ax, log in zip(axes, LOGS, strict=True):
            for y, model in enumerate(MODELS):
                colour = PEER if model.endswith("fixed") else ESTIMATE if model.startswith("K") else TRUTH
                train, test = study.of(log, model, metric, "train").mean, study.of(log, model, metric)
                strokes.sticks(ax, [y], [test.mean], [train], colour, upright=False, width=1)
                strokes.dots(ax, [train], colour, [y], mfc="none", ms=4.5)
                strokes.intervals(ax, [test.mean], [test.low], [test.high], colour, [y], ms=4.5)
            _titled(ax, study, log)
        strokes.rows(page, axes[0], list(MODELS.values()), 99, 99)
        axes[0].tick_params(axis="y", labelsize=8 if page.narrow else 9.5)
        for ax in axes:
            ax.grid(axis="y", visible=False)
        page.fig.supxlabel(f"{TITLES[metric]}   ● test   ○ training", fontsize="medium")

    return Figure(
        draw,
        finding=f"{TITLES[metric]}: K = 20 fixed, which shines most in training, falls furthest on the test",
        alt=f"{TITLES[metric]} by model on training and test answers, mean of {many(study)}. "
        + " ".join(
            f"{LOGS[log]}: 2PL {study.of(log, '2PL', metric).mean:.3f}, K = 5 {study.of(log, 'K = 5', metric).mean:.3f}"
            f", K = 20 fixed {study.of(log, 'K = 20, fixed', metric, 'train').mean:.3f} in training and "
            f"{study.of(log, 'K = 20, fixed', metric).mean:.3f} on test."
            for log in LOGS
        ),
        name=f"{metric}-by-model",
    )


def steps(study: ExamStudy) -> Figure:
    """Of 100 pairs of a right and a wrong answer, how many are told apart: by question, one ability, several."""
    ends = {}
    for log in LOGS:
        question, one = (study.of(log, model).mean for model in ("item mean", "2PL"))
        ends[log] = 100 * np.array([0.5, question, one, one + study.gap(log, "best - 2PL").mean])
    parts, colours = ("the question", "+ one ability", "+ several"), (PRIOR, ESTIMATE, PEER)
    few = round(max(ends[log][3] - ends[log][2] for log in ("eedi", "timss")))
    least = " to ".join(f"{n:.0f}" for n in sorted(ends[log][2] - ends[log][1] for log in ("eedi", "timss")))

    def draw(page: Page) -> None:
        ax = page.panels(height=2.3 if page.narrow else None)
        for y, end in enumerate(ends.values()):
            for k, colour in enumerate(colours):
                ax.barh(y, end[k + 1] - end[k], left=end[k], color=colour, height=0.5)
                if k < 2 and end[k + 1] - end[k] > 3:  # wide enough for its words
                    words = f"+{end[k + 1] - end[k]:.0f}"
                    ax.text(end[k : k + 2].mean(), y, words, color=PAPER, weight="bold", ha="center", va="center")
            strokes.label(ax, end[3], y, f"+{end[3] - end[2]:.1f}", PEER, gap=4)
        strokes.rows(page, ax, list(LOGS.values()), 99, 99)
        ax.set(xlim=(50, 88), ylim=(2.6, -0.6))
        ax.grid(axis="y", visible=False)
        strokes.key_below(page, list(zip(parts, colours, strict=True)), "pairs told apart, of 100")

    return Figure(
        draw,
        finding=f"One ability a student tells {least} more pairs apart, several at best {few} in 100 (real exams)",
        alt="Of 100 pairs of a right and a wrong answer, how many the forecast orders rightly. "
        + " ".join(
            f"{LOGS[log]}: {end[1]:.1f} from the question alone, {end[2]:.1f} with one ability a student, {end[3]:.1f} "
            "with several."
            for log, end in ends.items()
        ),
        name="steps",
    )


def area_gains(study: ExamStudy, log: str, what: str, words: str, name: str) -> Figure:
    """What one model gains over another in each content area of a log, largest gain first, with paired intervals.

    what: the difference, as `Area.pairs` names it. words: the same for the headline, "five factors over 2PL".
    """
    found = [(area, area.pairs[what]["auc"]) for area in study.areas(log) if area.told]
    found.sort(key=lambda pair: -pair[1].mean)
    ahead, sure = (sum(test(gain) for _, gain in found) for test in (lambda g: g.mean > 0, lambda g: g.sign == 1))

    def draw(page: Page) -> None:
        ax = page.panels(height=max(2.4, 0.7 + len(found) * (0.19 if page.narrow else 0.22)))
        ax.axvline(0, color=TRUTH, lw=1)
        for colour, here in ((ESTIMATE, True), (TRUTH, False)):
            rows = [(y, gain) for y, (_, gain) in enumerate(found) if (gain.sign != 0) == here]
            values = np.array([(gain.mean, gain.low, gain.high) for _, gain in rows]).reshape(-1, 3).T
            strokes.intervals(ax, *np.clip(values, -0.06, 0.09), colour, [y for y, _ in rows], ms=4)
        names = [f"{shorten(a.name, 22 if page.narrow else 40, placeholder=' …')}  {a.answers:,}" for a, _ in found]
        strokes.rows(page, ax, names, 99, 99)
        ax.tick_params(axis="y", labelsize=7.2 if page.narrow else 9)
        ax.grid(axis="y", visible=False)
        words = f"gain in test AUC, 95%, {study.splits[log]} splits; beside the name: answers"
        strokes.key_below(page, [("clear of zero", ESTIMATE), ("too unsure to tell", TRUTH)], words)

    return Figure(
        draw,
        finding=f"{LOGS[log]}: {words} in {ahead} of {len(found)} areas, surely in {sure}",
        alt=f"{LOGS[log]}: gain in test AUC of {words} by content area, on the same test answers, largest gain first, "
        f"with 95% intervals. Above zero in {ahead} of {len(found)} areas, the interval clear of zero in {sure}.",
        name=name,
    )


def rotation(exam: Exam, found: np.ndarray, turned: np.ndarray, maths: np.ndarray, degrees: float) -> Figure:
    """Each topic's mean loadings on two factors, as found and turned. maths: (items,), which are mathematics."""
    looks = {True: ("mathematics", ESTIMATE, "o"), False: ("science", PEER, "s")}
    topics = [exam.label == k for k in range(len(exam.labels))]
    edge = 1.2 * max(np.abs(where[here].mean(0)).max() for where in (found, turned) for here in topics)

    def draw(page: Page) -> None:
        axes = page.panels(2, sharex=True, sharey=True, height=2.6 if page.narrow else None)
        for ax, where, words in zip(
            axes, (found, turned), ("as the fit found them", f"turned by {degrees:.0f}°"), strict=True
        ):
            for here in topics:
                _, colour, shape = looks[bool(maths[here].mean() > 0.5)]
                ax.plot(*where[here].mean(0), shape, color=colour, ms=3 + np.sqrt(here.sum()), alpha=0.75, mec="none")
            ax.axhline(0, color=TRUTH, lw=0.8)
            ax.axvline(0, color=TRUTH, lw=0.8)
            ax.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal", ylabel="factor 3" if ax is axes[0] else "")
            ax.set_xlabel("factor 2" if ax is axes[0] else "turned axis")
            ax.xaxis.set_tick_params(labelbottom=True)
            ax.set_title(words, fontsize="medium")
        strokes.key_below(page, [(name, colour) for name, colour, _ in looks.values()])

    return Figure(
        draw,
        finding="Same forecasts, other axes: the cloud means something, its axes do not",
        alt=f"Mean loadings of {len(topics)} TIMSS topics on the second and third factor, mathematics and science "
        f"apart; beside it the same turned by {degrees:.0f} degrees. All forecasts are the same.",
        name="rotation",
    )


def stopping_trap(study: StoppingStudy) -> Figure:
    """Test AUC of 2PL and five factors on every log: where the rule stops, and the same runs run on."""
    order = [*study.simulated, *(log for log in study.logs if log not in study.simulated)]
    at = np.arange(len(order)) + 0.35 * np.isin(order, study.simulated, invert=True)
    panels = {"stop": "Where the rule stops", "on": "The same runs, run on"}
    models = {"2PL": (TRUTH, 0.16), "K = 5": (ESTIMATE, -0.16)}
    values = np.concatenate([study.auc(log, m, when) for log in order for m in models for when in panels])
    low, width = values.min(), np.ptp(values)
    ahead = {when: sum(study.lead(log, when).mean() > 0 for log in order) for when in panels}

    def draw(page: Page) -> None:
        axes = page.panels(2, sharex=True, sharey=True, height=2.7 if page.narrow else None)
        for ax, (when, words) in zip(axes, panels.items(), strict=True):
            for y, log in zip(at, order, strict=True):
                for model, (colour, aside) in models.items():
                    auc = study.auc(log, model, when)
                    strokes.dots(ax, auc, colour, np.full(len(auc), y + aside), ms=4, alpha=0.45, mec="none")
                    strokes.dots(ax, [auc.mean()], colour, [y + aside], ms=6.5)
                lead = study.lead(log, when).mean()
                strokes.label(ax, low + 1.06 * width, y, signed(lead), ESTIMATE if lead > 0 else TRUTH, gap=0)
            ax.axhline(len(study.simulated) - 0.33, color=TRUTH, lw=0.6)
            ax.set_title(words, fontsize="medium")
            ax.set_xlim(low - 0.05 * width, low + 1.5 * width)
            strokes.ticks(ax, "x", [tick for tick in (0.6, 0.7, 0.8) if low - 0.01 < tick])
        names = [LOGS.get(log, f"2PL true, {log}") for log in order]
        axes[0].set_yticks(at, names)
        axes[0].set_ylim(at[-1] + 0.6, -0.6)
        for ax in axes:
            ax.grid(axis="y", visible=False)
        strokes.key_below(
            page, [(m, colour) for m, (colour, _) in models.items()], "test AUC, and K = 5’s mean lead; a dot: a run"
        )

    return Figure(
        draw,
        finding=f"Stopped by the rule, five factors lead on {ahead['stop']} of {len(order)} logs; run on, on "
        f"{ahead['on']}",
        alt="Test AUC of 2PL and of five factors by the released recipe, where its rule stops and run on; every run "
        "a mark, the mean a large one. Mean lead of five factors, at the stop and run on: "
        + "; ".join(
            f"{LOGS.get(log, f'2PL is the truth, {log} answers')} ({study.runs(log)} run{'s' * (study.runs(log) > 1)}) "
            f"{signed(study.lead(log, 'stop').mean())} and {signed(study.lead(log, 'on').mean())}"
            for log in order
        )
        + ".",
        name="stopping-trap",
    )
