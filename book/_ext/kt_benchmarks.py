"""The directive {kt-benchmarks}: a picture of EM's times, how they were taken, a table a size; and the peers' table."""

from __future__ import annotations

import json
import math
from pathlib import Path

import kt_figures
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ktlib.show.figures import benchmarks
from ktlib.show.quotes import MIME

STORED = Path("ktlib", "studies", "stored", "results")
RESULTS = {"picture": "em_speed.json", "peers": "peers_scale.json"}  # where not the first, without a word
SHOWN = {"p_init": "init", "p_transit": "transit", "p_slip": "slip", "p_guess": "guess"}


class KtBenchmarks(SphinxDirective):
    """A section on the measurement, with the programs; then one a size. Drawn again when the results change.

    With the word `picture`: the picture of all sizes, and nothing else. With `peers`: the table of programs on a
    million answers to many questions.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        what = self.arguments[0] if self.arguments else "picture"
        path = Path(self.env.srcdir).parent / STORED / RESULTS[what]
        self.env.note_dependency(str(path))
        report = json.loads(path.read_text("utf8"))
        if self.arguments == ["picture"]:
            quote = benchmarks.em_speed(report)._repr_mimebundle_()[0][MIME]
            return [nodes.raw("", kt_figures.markup(quote, links=False), format="html")]
        if what == "peers":
            return self.parse_text_to_nodes(peers(report))
        page = "\n\n".join([measured(report), programs(report), *(size(result, report) for result in report["sizes"])])
        return self.parse_text_to_nodes(page, allow_section_headings=True)


def measured(report: dict) -> str:
    machine = report["machine"]
    load = machine["load_before"]
    busy = ""
    if load:
        busy = f" It had other work (load average {load:.1f}), so trust the ratios in a table more than its seconds."
    pythons = sorted({entry["versions"]["python"] for entry in report["programs"].values()})
    return (
        "## How it was measured\n\n"
        f"Students are simulated at {probabilities(report['truth'])}, seed {report['seed']}. Every program starts at "
        f"{probabilities(report['start'])} and makes the same number of exact EM steps. Each runs in a fresh process, "
        "and the processes of one size take turns. Only the fit is timed: the data are already in the form that the "
        "program wants. Seconds are medians. Memory is the peak of the process after one fit, imports included. "
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {', '.join(pythons)}. "
        f"Date: {report['date']}.{busy}"
    )


def programs(report: dict) -> str:
    """A list of them, with what was timed, threads and versions."""
    lines = []
    for entry in report["programs"].values():
        versions = ", ".join(f"{name} {version}" for name, version in entry["versions"].items() if name != "python")
        threads = "1 thread" if entry["threads"] == 1 else f"{entry['threads']} threads"
        lines.append(f"- **{entry['label']}**: {entry['what']}; {threads}; {versions}.")
    return "\n".join(lines)


def size(result: dict, report: dict) -> str:
    """One size: what was fitted, the table, and what is scaled up or left out."""
    each = result["answers_each"]
    answers = str(each) if isinstance(each, int) else f"{each[0]} to {each[1]}"
    rows = []
    for program, values in result["times"].items():
        whole = values["steps"] == result["steps"]
        ratio = 1 if program == "ktlib" else result["times_ktlib"][program]["of_medians"]
        mark = "" if whole else "≈ "
        rows.append(
            (
                report["programs"][program]["label"],
                mark + figures(values["median_seconds"]),
                mark + (f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"),
                megabytes(values["peak_mb"]),
                megabytes(values["import_mb"]),
            )
        )
    head = ("Program", "Seconds", "Times ktlib", "Peak MB", "Of that, imports")
    names = {program: entry["label"] for program, entry in report["programs"].items()}
    notes = [reached(result, names)]
    notes += [
        f"{names[program]}: ≈ scaled up from {values['steps']} {'step' if values['steps'] == 1 else 'steps'}."
        for program, values in result["times"].items()
        if values["steps"] != result["steps"]
    ]
    notes += [f"{names[program]}: left out, {reason}." for program, reason in result["left_out"].items()]
    return "\n\n".join(
        [
            f"## {result['students']:,} students, {answers} answers each",
            f"{result['answers']:,} answers, {result['distinct_sequences']:,} distinct sequences, {result['steps']} "
            f"steps of EM{stopped(result)}.",
            table(head, "lrrrr", rows),
            " ".join(notes),
        ]
    )


def reached(result: dict, names: dict[str, str]) -> str:
    """The log likelihood of the programs that ran all steps: one, or each its own."""
    ends = {
        names[program]: f"{values['log_likelihood']:,.3f}".replace("-", "−")
        for program, values in result["times"].items()
        if values["steps"] == result["steps"]
    }
    if len(set(ends.values())) == 1:
        return f"Every program that ran all steps reaches the log likelihood {ends.popitem()[1]}."
    return f"Log likelihood: {', '.join(f'{name} {end}' for name, end in ends.items())}."


def stopped(result: dict) -> str:
    return f": ktlib's count until {result['until']}" if result["until"] != f"{result['steps']} steps" else ""


def peers(report: dict) -> str:
    """Programs on one log: what they foresee at best, when, and when ktlib does so."""
    about, rows = report["about"], []
    for row in report["rows"]:
        ours = report["against"].get(row["program"], {})
        rows.append(
            (
                row["label"],
                f"{row['best_log_loss']:.4f}",
                figures(row["best_seconds"]) + ("" if row["finished"] else " (cut off)"),
                figures(row["seconds"][-1]),
                *(figures(ours[name]) if ours.get(name) else "–" for name in ("ktlib-2pl", "ktlib-5")),
            )
        )
    head = ("Program", "Best log loss", "After seconds", "Seconds in all", "2PL as good", "5 factors as good")
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if name != "python")
    return "\n\n".join(
        [
            table(head, "lrrrrr", rows),
            f"{about['answers']:,} answers fitted, {about['held_out']:,} held out (seed {about['seed']}); who gives "
            f"every answer the same chance has a log loss of {about['base_rate_log_loss']:.4f}. One thread each, at "
            f"most {about['limit']:.0f} seconds, which a last step may exceed. Machine: {about['machine']}. Versions: "
            f"{versions}. Date: {about['date']}.",
        ]
    )


def probabilities(values: dict[str, float]) -> str:
    return ", ".join(f"{SHOWN[name]} {value:g}" for name, value in values.items())


def figures(seconds: float) -> str:
    """Three significant figures, never in powers of ten."""
    return f"{seconds:,.{max(0, 2 - math.floor(math.log10(seconds)))}f}"


def megabytes(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def table(head: tuple[str, ...], align: str, rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown. align: l or r for each column."""
    rule = ["--:" if side == "r" else ":--" for side in align]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
