"""How long does a fit of millions of answers take, and what does it cost? Simulated logs like the paper's homework log.

`timed` fits one log and notes when each sweep ended. `benchmarks/scale.py` stored such fits for up to 88 million
answers; `read` gives them back. `run` is a small version, for the chapter.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from unittest.mock import patch

import numpy as np
from scipy import stats

from .. import _checks as checks
from ..data import designs
from ..forecast import scores
from ..irt import ascent
from ..irt.fits import Fit
from . import stored
from .means import Mean

PAPER = 88_000_000  # answers in the log of Shi & Athey (2021), section 6
ANSWERS_TO_A_QUESTION = (1, 10, 30, 100, 300, 1000, 3000)  # where the groups of `by_answers` begin
MODELS = ("2PL", "K = 3", "K = 5", "K = 10", "K = 20")
WORDS = 4  # bytes that an answer takes in one order
PASSES = {"2pl": 3, "factor": 2}  # over all answers in a sweep


@dataclass(frozen=True, eq=False, repr=False)
class Timed:
    """A fit with a clock beside it. curve: (sweeps + 1, 2), seconds since the start and ELBO an answer.

    seconds: wall clock. cpu_seconds: of all cores together. A sweep that lost and was taken again adds a row as well,
    which holds the value from before.
    """

    fit: Fit
    curve: np.ndarray
    seconds: float
    cpu_seconds: float

    def __post_init__(self):
        object.__setattr__(self, "curve", checks.own(self.curve))

    def __repr__(self) -> str:
        return f"Timed: {len(self.curve) - 1} sweeps in {self.seconds:.2f} s"


def timed(log, model: str = "2pl", factors: int | None = None, *, rule: str = "paper", seed: int = 11) -> Timed:
    """Fit a `Responses`, with nothing calibrated, and note the time after each sweep. model: "2pl" or "factor".

    rule: as `ascent.fit`. seed: of the factors' start. Raises ValueError for another model or rule.
    """
    model = checks.one_of(model, ("2pl", "factor"), "model")
    kind = {"model": "factorization", "factors": factors, "rng": seed} if model == "factor" else {}
    climb, seen = ascent.climb, []

    def noted(*place, bound, **settings):
        def known(*at):
            found = bound(*at)
            seen.append((time.perf_counter() - wall, found[0]))
            return found

        return climb(*place, bound=known, **settings)

    wall, work = time.perf_counter(), time.process_time()
    with patch.object(ascent, "climb", noted):
        fit = ascent.fit(log, rule=rule, calibrate=False, **kind)
    wall_spent, work = time.perf_counter() - wall, time.process_time() - work
    seconds, value = np.array(seen).T
    return Timed(fit, np.column_stack([seconds, np.fmax.accumulate(value) / len(log)]), wall_spent, work)


def by_answers(posterior, log, level: float = 0.95) -> list[dict]:
    """How well questions are known, by how many answers they have: groups that begin at `ANSWERS_TO_A_QUESTION`.

    Each with its questions, "answers" in the median, and the median "half_width" of their intervals of difficulty.
    """
    asked = np.bincount(log.item, minlength=len(log.items))
    low, high = posterior.interval("difficulty", level)
    group = np.digitize(asked, ANSWERS_TO_A_QUESTION)
    return [
        {
            "from": ANSWERS_TO_A_QUESTION[g - 1],
            "questions": int((group == g).sum()),
            "answers": float(np.median(asked[group == g])),
            "half_width": float(np.median((high - low)[group == g] / 2)),
        }
        for g in np.unique(group[group > 0])
    ]


@dataclass(frozen=True, repr=False, eq=False)
class Row:
    """One stored fit. seconds: wall clock; cpu_seconds: of all cores together; spreads_seconds: of calibrating after
    it, 0 where nothing was; runs_seconds: wall clock of all
    runs on one day, where there were several; the other names as in the script.

    curve, by_answers: empty where they were not kept.
    """

    asked: int
    answers: int
    students: int
    items: int
    model: str
    factors: int | None
    rule: str
    seconds: float
    cpu_seconds: float
    sweeps: int
    converged: bool
    elbo_per_answer: float
    held_out: int
    auc: float
    log_loss: float
    peak_gb: float
    load_before: float
    cores: int = 2
    spreads_seconds: float = 0.0
    runs_seconds: Sequence[float] = ()
    curve: Sequence[Sequence[float]] = ()
    by_answers: Sequence[Mapping[str, float]] = ()

    @classmethod
    def read(cls, row: Mapping) -> Row:
        """From a row of the file, which may hold more."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__ if name in row})

    @property
    def name(self) -> str:
        """The model, one of `MODELS`."""
        return "2PL" if self.model == "2pl" else f"K = {self.factors}"

    @property
    def cpu_a_sweep(self) -> float:
        """Core-seconds a sweep, what is done once counted in."""
        return self.cpu_seconds / self.sweeps

    @property
    def bytes_a_sweep(self) -> float:
        """Bytes of packed answers that a sweep reads, at the least."""
        return float(self.answers) * WORDS * PASSES[self.model]

    def __repr__(self) -> str:
        return f"Row: {self.name}, {self.answers:,} answers, rule {self.rule}, {self.seconds:.1f} s"


@dataclass(frozen=True)
class Slope:
    """By which power one number grows with another: least squares on both logs, with its 95% interval.

    low and high are None with fewer than three points. at: the line's value at a given x is exp(start) x^power.
    """

    power: float
    low: float | None
    high: float | None
    n: int
    start: float

    @classmethod
    def of(cls, x, y) -> Slope:
        """Of positive numbers x and y, as many of both. Raises ValueError for fewer than two."""
        x, y = checks.numbers(x, "x"), checks.numbers(y, "y")
        if len(x) != len(y) or len(x) < 2 or (x <= 0).any() or (y <= 0).any():
            raise ValueError(f"x = {x!r}, y = {y!r}: give as many positive numbers of both, two or more")
        line, half = stats.linregress(np.log(x), np.log(y)), None
        if len(x) > 2:
            half = float(stats.t.ppf(0.975, len(x) - 2) * line.stderr)
        ends = (None, None) if half is None else (line.slope - half, line.slope + half)
        return cls(float(line.slope), *ends, len(x), float(line.intercept))

    def at(self, x):
        """The line's value."""
        return np.exp(self.start) * np.asarray(x, dtype=float) ** self.power

    def __str__(self) -> str:
        ends = "" if self.low is None else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.power:.2f}{ends}".replace("-", "−")


@dataclass(frozen=True, repr=False, eq=False)
class ScaleStudy:
    """The stored fits. about: settings, machine and versions. rows: by size, model and rule. small: what
    `benchmarks/scale_small.py` stored beside them, as in its file.
    """

    about: dict
    rows: Sequence[Row]
    small: dict

    def of(self, name: str, asked: int, rule: str = "paper") -> Row | None:
        """A model's fit at a size; None if it was not run."""
        found = [row for row in self.rows if (row.name, row.asked, row.rule) == (name, asked, rule)]
        return found[0] if found else None

    def sized(self, name: str, rule: str = "paper") -> list[Row]:
        """A model's fits, the smallest first."""
        return sorted((r for r in self.rows if (r.name, r.rule) == (name, rule)), key=lambda row: row.asked)

    def models(self, asked: int | None = None) -> list[str]:
        """Models that were fitted by the paper's rule at all, or at one size."""
        return [name for name in MODELS if any(asked in (None, row.asked) for row in self.sized(name))]

    @property
    def largest(self) -> int:
        """The largest size asked for, of 2PL by the paper's rule."""
        return self.sized("2PL")[-1].asked

    def growth(self, name: str, what: str = "cpu_a_sweep") -> Slope | None:
        """By which power of the answers a number of `Row` grows; None with fewer than two sizes."""
        rows = self.sized(name)
        return Slope.of([r.answers for r in rows], [getattr(r, what) for r in rows]) if len(rows) > 1 else None

    def core_seconds(self, name: str, answers: float) -> float:
        """What a fit takes by the paper's rule: the model's fit nearest in size, scaled as 2PL's time grows."""
        row, growth = min(self.sized(name), key=lambda row: abs(np.log(row.answers / answers))), self.growth("2PL")
        return row.cpu_seconds * (answers / row.answers) ** (growth.power if growth else 1.0)

    def __repr__(self) -> str:
        return f"ScaleStudy: {len(self.rows)} fits of up to {max(row.answers for row in self.rows):,} answers"


def read() -> ScaleStudy:
    """What is stored."""
    found, small = (json.loads(stored(f"results/{name}.json").read_text()) for name in ("scale", "scale_small"))
    return ScaleStudy(found["about"], [Row.read(row) for row in found["rows"]], small)


@dataclass(frozen=True, repr=False, eq=False)
class Live:
    """A small log fitted here: answers fitted, fits by (model, rule), AUC differences on answers held out, paired.

    auc: by (model, rule). gaps: "K = 5 - 2PL", "2PL, safe - paper" and "K = 5, safe - paper".
    """

    log: object
    fits: Mapping[tuple[str, str], Timed]
    auc: Mapping[tuple[str, str], float]
    gaps: Mapping[str, Mean]
    seed: int

    @property
    def seconds(self) -> float:
        """Of the two fits by the paper's rule."""
        return sum(done.seconds for (_, rule), done in self.fits.items() if rule == "paper")

    def __repr__(self) -> str:
        return f"Live: {len(self.log):,} answers, {len(self.fits)} fits"


def run(answers: int | None = None, *, seed: int = 11) -> Live:
    """Simulate a log (`designs.homework`), hold 2 % out, fit 2PL and five factors by both rules, and compare.

    answers: by default a million, or 100,000 where numba is missing. Half a minute.
    """
    most = 1_000_000 if find_spec("numba") else 100_000
    log = designs.homework(
        answers=most if answers is None else checks.whole(answers, "answers", 1000), rng=seed
    ).responses
    held = np.random.default_rng(seed).random(len(log)) < 0.02
    train, test = log.subset(~held), log.subset(held)
    models = {"2PL": ("2pl", None), "K = 5": ("factor", 5)}
    fits = {
        (name, rule): timed(train, *kind, rule=rule, seed=seed)
        for name, kind in models.items()
        for rule in ("paper", "safe")
    }
    told = {key: done.fit.predict(test.student, test.item) for key, done in fits.items()}
    auc = {key: scores.score(test.correct, p, metrics=("auc",)).metrics["auc"].value for key, p in told.items()}
    pairs = {f"{name}, safe - paper": ((name, "safe"), (name, "paper")) for name in models}
    pairs |= {"K = 5 - 2PL": (("K = 5", "paper"), ("2PL", "paper"))}
    gaps = {
        what: Mean.of(scores.compare(test.correct, told[a], told[b], "auc", cluster=test.student))
        for what, (a, b) in pairs.items()
    }
    return Live(train, fits, auc, gaps, seed)


def known(answers: int = 300_000, *, students: int = 1000, items: int = 10_000, seed: int = 12) -> list[dict]:
    """`by_answers` of a log that the two-parameter model made, and in each group the share "held" by its intervals."""
    size = {"answers": checks.whole(answers, "answers", 1000), "students": students, "items": items}
    made = designs.homework(**size, factors=0, rng=seed)
    posterior = ascent.fit(made.responses).posterior
    asked = np.bincount(made.responses.item, minlength=len(made.difficulty))
    low, high = posterior.interval("difficulty")
    holds = (low <= made.difficulty) & (made.difficulty <= high)
    group = np.digitize(asked, ANSWERS_TO_A_QUESTION)
    shares = [float(holds[group == g].mean()) for g in np.unique(group[group > 0])]
    return [row | {"held": share} for row, share in zip(by_answers(posterior, made.responses), shares, strict=True)]
