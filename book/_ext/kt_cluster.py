"""The directive {kt-cluster}: what machines that share a fit send, and how long it would take; from stored parts."""

from __future__ import annotations

import math
from pathlib import Path

from docutils import nodes
from kt_benchmarks import table
from sphinx.util.docutils import SphinxDirective

from ktlib.studies import cluster

RESULTS = Path("ktlib", "studies", "stored", "results")


class KtCluster(SphinxDirective):
    """With the word `bytes`, `shared`, `ways` or `time`: one of the page's tables, with a sentence before it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        for name in ("scale.json", "scale_ways.json", "cluster.json"):
            self.env.note_dependency(str(Path(self.env.srcdir).parent / RESULTS / name))
        made = {"bytes": sent, "shared": shared, "ways": ways, "time": times}[self.arguments[0]]
        return self.parse_text_to_nodes(made(cluster.read()))


def sent(study: cluster.ClusterStudy) -> str:
    """What a sweep sends, by model."""
    models = {"2PL": ("2pl", None)} | {f"K = {k}": ("factor", k) for k in (3, 5, 10, 20)}
    rows = []
    for name, (model, factors) in models.items():
        size = cluster.bytes_a_sweep(cluster.ITEMS, model, factors)
        a_wait = 2 * size / cluster.SPEED
        rows.append((name, str(cluster.numbers_an_item(model, factors)), f"{size / 1e6:,.0f}", f"{a_wait:.2f}"))
    return (
        f"For {cluster.ITEMS:,} questions, as in the paper, each number {cluster.BYTES} bytes, and a network of "
        f"{cluster.SPEED / 1e9:g} gigabytes a second:\n\n"
        + table(("Model", "Numbers a question", "Megabytes a sweep", "Seconds to send, at most"), "lrrr", rows)
    )


def shared(study: cluster.ClusterStudy) -> str:
    """Fits by one process and by two on the same cores."""
    rows = [
        (
            row["model"],
            str(row["processes"]),
            str(row["threads"]),
            str(row["sweeps"]),
            f"{row['seconds']:.1f}",
            f"{row['elbo']:,.6f}".replace("-", "−"),
        )
        for row in study.shared
    ]
    load = max(row["load_before"] for row in study.shared)
    return (
        f"A simulated log of {study.shared[0]['answers']:,} answers, on {study.about['machine'].split(', ')[1]}. "
        f"The machine had other work (load average up to {load:.1f}), so compare the last column, not the seconds."
        "\n\n" + table(("Model", "Processes", "Cores of each", "Sweeps", "Seconds", "ELBO, nats"), "lrrrrr", rows)
    )


def ways(study: cluster.ClusterStudy) -> str:
    """The same fits with their sweeps in torch, on the devices that there were."""
    where = {"cpu": "torch, processor", "cuda": "torch, graphics card"}
    rows = []
    for row in study.ways:
        model = "2PL" if row["model"] == "2pl" else f"K = {row['factors']}"
        told = (f"not run: {row['not_run']}", "–", "–") if "not_run" in row else _cost(row)
        rows.append((model, where.get(row.get("device"), f"{row.get('processes')} processes, compiled"), *told))
    answers = next(row["answers"] for row in study.ways if "answers" in row)
    load = max(row.get("load_before", 0) for row in study.ways)
    words = (
        f"The same fits of a simulated log of {answers:,} answers, another way each (load average up to {load:.1f}):"
    )
    return f"{words}\n\n" + table(("Model", "Way", "Seconds", "Sweeps", "ELBO, nats"), "llrrr", rows)


def _cost(row: dict) -> tuple[str, ...]:
    return f"{row['seconds']:.1f}", str(row["sweeps"]), f"{row['elbo']:,.4f}".replace("-", "−")


def times(study: cluster.ClusterStudy) -> str:
    """The model's seconds, a table a model."""
    cores = max(parts.cores for parts in study.parts.values())
    out = [
        f"Each machine has {cores} cores and {cluster.MEMORY:g} gigabytes; between two of them go "
        f"{cluster.SPEED / 1e9:g} gigabytes a second, and a message takes {cluster.WAIT * 1e3:g} milliseconds."
    ]
    for parts in study.parts.values():
        head = ("Answers", *(f"{n} machine{'s' * (n > 1)}" for n in cluster.MACHINES))
        rows = [
            (f"{answers:,}", *(lasting(seconds) for seconds in row))
            for answers, row in zip(cluster.ANSWERS, cluster.table(parts), strict=True)
        ]
        words = (
            f"**{parts.name}**, {parts.sweeps} sweeps as in the stored fit of {parts.answers:,} answers by the paper's "
            f"rule, which took {parts.answer * 1e9:.0f} core-nanoseconds an answer and sweep, and "
            f"{parts.item * 1e9:,.0f} a question."
        )
        out.append(words + "\n\n" + table(head, "l" + "r" * len(cluster.MACHINES), rows))
    return "\n\n".join(out)


def lasting(seconds: float) -> str:
    """Seconds, minutes or hours, two figures; a dash where the memory does not hold it."""
    if math.isnan(seconds):
        return "–"
    size, unit = next(((s, u) for s, u in ((3600, "h"), (60, "min")) if seconds >= s), (1, "s"))
    value = seconds / size
    return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
