"""What a fit shared by many machines sends and takes: a model of its time, drawn from parts that were measured.

A sweep is three things. Every machine goes through its own answers, a share of all. All add up the items' sums. And
every machine updates all items, which no number of machines makes shorter. `benchmarks/scale.py` stored seconds of
whole fits, `benchmarks/cluster_parts.py` those of the items' update, and of fits by two processes beside one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from .. import _checks as checks
from . import scale, stored

ITEMS = 334_000  # of Shi & Athey (2021), section 6; larger logs have more students, not more items
BYTES = 8  # of a number that is sent
SPEED = 1.25e9  # bytes a second between two machines: ten gigabits
WAIT = 1e-4  # seconds until a message has come, however short
MEMORY = 32.0  # gigabytes of a machine
MACHINES = (1, 2, 4, 8, 16, 32, 64)
ANSWERS = (10**7, 10**8, 10**9, 10**10)


def numbers_an_item(model: str, factors: int | None = None) -> int:
    """How many numbers of an item are added up between machines in a sweep.

    model: "2pl", two slopes of each of its two numbers; "factor", the lower half of a matrix and a vector of
    `factors` + 1. Raises ValueError for another model, or factors that are no whole number above 0.
    """
    if checks.one_of(model, ("2pl", "factor"), "model") == "2pl":
        return 4
    wide = checks.whole(factors, "factors", 1) + 1
    return wide * (wide + 1) // 2 + wide


def bytes_a_sweep(items: int, model: str, factors: int | None = None) -> int:
    """Bytes that a machine's sums over items take; each machine sends and receives about twice as many."""
    return BYTES * checks.whole(items, "items", 1) * numbers_an_item(model, factors)


@dataclass(frozen=True)
class Parts:
    """What was measured of a model. name: as `scale.MODELS`. sweeps: of the largest stored fit by the paper's rule.

    answer: core-seconds an answer and sweep, the items' update not counted. item: core-seconds an item and sweep of
    that update. cores: of the machine. gb: peak gigabytes an answer. answers: of the fit that they come from.
    """

    name: str
    model: str
    factors: int | None
    sweeps: int
    answer: float
    item: float
    cores: int
    gb: float
    answers: int

    def seconds(self, answers: int, machines: int, speed: float = SPEED, wait: float = WAIT) -> float:
        """Of a fit by so many machines like the measured one, joined by a network of `speed` bytes a second.

        The sums go round in a ring (all-reduce): every machine sends 2 (n − 1) / n of them, in 2 (n − 1) steps, each
        of which takes at least `wait` seconds; three such rounds a sweep. Raises ValueError for no machine or answer.
        """
        n, answers = checks.whole(machines, "machines", 1), checks.whole(answers, "answers", 1)
        items = self.items(answers)
        own = (self.answer * answers / n + self.item * items) / self.cores
        sent = 2 * (n - 1) / n * bytes_a_sweep(items, self.model, self.factors) / speed
        return self.sweeps * (own + sent + 3 * 2 * (n - 1) * wait)

    def items(self, answers: int) -> int:
        """Of a log of so many answers: as in the paper's in proportion, but no more than in the paper's."""
        return min(ITEMS, max(1, round(ITEMS * answers / scale.PAPER)))

    def fits(self, answers: int, machines: int, memory: float = MEMORY) -> bool:
        """Whether each machine's share needs no more than `memory` gigabytes."""
        return self.gb * answers / checks.whole(machines, "machines", 1) <= memory


@dataclass(frozen=True, eq=False)
class ClusterStudy:
    """The measured parts of each model, and fits by one process and by two. about: machine, date and versions.

    ways: rows of the same fit by two processes and by torch, as `benchmarks/scale.py` stored them; one that could not
    be run says why in "not_run".
    """

    about: dict
    parts: dict[str, Parts]
    shared: list[dict]
    ways: list[dict]


def read() -> ClusterStudy:
    """What is stored."""
    study, found = scale.read(), json.loads(stored("results/cluster.json").read_text())
    parts = {}
    for name, item in found["seconds_an_item"].items():
        row = study.sized(name)[-1]
        own = max(row.cpu_a_sweep - item * row.items, 0.1 * row.cpu_a_sweep) / row.answers
        sizes = row.cores, row.peak_gb / row.answers, row.answers
        parts[name] = Parts(name, row.model, row.factors, row.sweeps, own, item, *sizes)
    ways = json.loads(stored("results/scale_ways.json").read_text())["rows"]
    return ClusterStudy(found["about"], parts, found["shared"], ways)


def table(parts: Parts) -> np.ndarray:
    """(answers, machines) seconds of a fit; NaN where a machine's memory would not hold its share."""
    return np.array([[parts.seconds(a, n) if parts.fits(a, n) else np.nan for n in MACHINES] for a in ANSWERS])
