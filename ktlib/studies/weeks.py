"""Twenty Mondays: a simulated product, updated every week or fitted again, judged by the week that follows.

Students join and new questions come every week; abilities may wander. Each week's answers are forecast before they are
taken in. `benchmarks/weekly_study.py` runs it in full and stores what it found; `read` gives that back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import process_time

import numpy as np
from scipy.special import expit
from tqdm.auto import tqdm

from .. import _checks as checks
from ..data.responses import Responses
from ..forecast.scores import calibration, score
from ..irt import ascent
from ..irt.posterior import Normal, Posterior, default_priors
from ..irt.surprise import NAMES, surprise
from ..irt.updating import update
from . import stored
from .means import Mean

POPULATION = default_priors("two-parameter")
ITEMS = ("discrimination", "difficulty")


@dataclass(frozen=True)
class Size:
    """A product: students and questions at the start and new each week, answers a student beforehand and a week.

    active: share of the students who answer in a week.
    """

    students: int = 1600
    joining: int = 50
    items: int = 240
    new: int = 8
    history: int = 20
    week: int = 8
    active: float = 0.5


FULL, SMALL = Size(), Size(students=300, joining=10, items=60, new=3, history=12)


@dataclass(frozen=True, eq=False, repr=False)
class Product:
    """A drawn product. logs: `Responses` of week 0, the history, to the last; each names all who are there by then.

    ability: week -> abilities of all. discrimination, difficulty: of all questions. drift: the standard deviation by
    which abilities move in a week.
    """

    logs: tuple
    ability: tuple
    discrimination: np.ndarray
    difficulty: np.ndarray
    drift: float
    seed: int

    def until(self, week: int) -> Responses:
        """All answers from the history to that week."""
        logs = self.logs[: week + 1]
        columns = (np.concatenate([getattr(log, name) for log in logs]) for name in ("student", "item", "correct"))
        return Responses(*columns, logs[-1].students, logs[-1].items)

    def held(self, posterior: Posterior, week: int, level: float = 0.95) -> dict[str, float]:
        """Block -> share of its intervals that hold the truth."""
        truth = {"ability": self.ability[week]} | {name: getattr(self, name) for name in ITEMS}
        out = {}
        for name, values in truth.items():
            low, high = posterior.interval(name, level)
            out[name] = float(np.mean((low <= values[: len(low)]) & (values[: len(low)] <= high)))
        return out


def world(size: Size = SMALL, *, weeks: int = 20, drift: float = 0.0, seed: int) -> Product:
    """Draw one. Half of a week's questions are among those of the last three weeks, where a student has any left."""
    size = checks.instance(size, Size, "size", "give weeks.SMALL, weeks.FULL or a Size of your own")
    weeks, drift = checks.whole(weeks, "weeks", 1), checks.not_negative(drift, "drift")
    rng = checks.generator(seed)
    n, j = size.students + weeks * size.joining, size.items + weeks * size.new
    ability, difficulty = rng.standard_normal(n), rng.standard_normal(j)
    discrimination = np.exp(0.5 * rng.standard_normal(j))
    asked, logs, abilities = np.zeros((n, j), dtype=bool), [], []
    for week in range(weeks + 1):
        if week:
            ability = ability + drift * rng.standard_normal(n)
        students, items = size.students + week * size.joining, size.items + week * size.new
        here = np.flatnonzero(rng.random(students) < (size.active if week else 1))
        fresh = np.arange(items) >= items - 3 * size.new
        weight = np.where(fresh & (week > 0), (items / max(fresh.sum(), 1)), 1.0)
        keys = rng.exponential(size=(len(here), items)) / weight
        keys[asked[here, :items]] = np.inf
        most = min(size.week if week else size.history, items)
        item = np.argsort(keys, axis=1)[:, :most]
        student = np.repeat(here, most)
        item, key = item.ravel(), np.take_along_axis(keys, item, axis=1).ravel()
        student, item = student[np.isfinite(key)], item[np.isfinite(key)]
        asked[student, item] = True
        right = rng.random(len(item)) < expit(discrimination[item] * (ability[student] - difficulty[item]))
        logs.append(Responses(student, item, right.astype(np.int8), tuple(range(students)), tuple(range(items))))
        abilities.append(ability)
    return Product(tuple(logs), tuple(abilities), discrimination, difficulty, drift, seed)


def weekly(posterior, log, **settings) -> Posterior:
    """One Monday by `irt.updating.update`."""
    return update(posterior, log, **settings).posterior


def held_fast(posterior, log) -> Posterior:
    """One Monday with questions frozen after their first week: those are fitted to students, who are then scored."""
    new = log.item >= len(posterior.items)
    if not new.all():
        old = log.subset(~new)
        known = Responses(old.student, old.item, old.correct, log.students, log.items[: len(posterior.items)])
        posterior = update(posterior, known, frozen=ITEMS).posterior
    if new.any():
        posterior = update(posterior, log.subset(new), frozen=["ability"]).posterior
    return posterior


def stale(posterior, log) -> Posterior:
    """No Monday: what was believed at first, and the population's prior for all who came later."""
    blocks, more = {}, {"ability": len(log.students)} | dict.fromkeys(ITEMS, len(log.items))
    for name, block in posterior.blocks.items():
        prior, rows = POPULATION[name], more[name] - len(block.loc)
        parts = (np.append(getattr(block, v), np.full(rows, getattr(prior, v))) for v in ("loc", "scale"))
        blocks[name] = Normal(*parts, block.log)
    return Posterior(posterior.model, blocks, log.students, log.items)


MONDAYS = {
    "weekly": weekly,
    "weekly, all trusted": lambda posterior, log: weekly(posterior, log, trust=1),
    "weekly, mean-field": lambda posterior, log: weekly(posterior, log, trust=1, calibrate=False),
    "weekly, drift": lambda posterior, log: weekly(posterior, log, drift=0.1),
    "questions frozen": held_fast,
    "never": stale,
}
REFIT = "refit"


@dataclass(frozen=True, repr=False, eq=False)
class Weeks:
    """What was found. about: settings. rows: one for each world, week and way.

    A row holds seed, drift, week, way, answers, seconds (of the processor), held (block -> share of 95% intervals that
    hold the truth), and of the week that follows: n, auc, log_loss, slope, z (of each number of the surprise). The last
    week, which is
    judged too, is followed by one more.
    """

    about: dict
    rows: list = field(default_factory=list)

    def of(self, way: str, what: str, *, drift: float = 0.0, weeks: Sequence[int] | None = None) -> Mean:
        """The mean over weeks and worlds of a number, with worlds as the replicates of its interval."""
        return _mean([v for _, v in sorted(self.by_world(way, what, drift, weeks).items())])

    def gap(self, way: str, other: str, what: str, *, drift: float = 0.0, weeks=None) -> Mean:
        """By how much one way's number is above another's, in the same weeks of the same worlds."""
        both = {(r["seed"], r["week"]) for r in self._rows(other, drift, weeks)}
        common = sorted({week for _, week in both})
        one, two = (self.by_world(name, what, drift, common) for name in (way, other))
        return _mean([one[seed] - two[seed] for seed in sorted(two)])

    def by_world(self, way: str, what: str, drift: float = 0.0, weeks=None) -> dict[int, float]:
        """Seed -> mean over the weeks. what: a column, or "held ability" and so on."""
        found = {}
        for row in self._rows(way, drift, weeks):
            value = row["held"][what.removeprefix("held ")] if what.startswith("held ") else row[what]
            found.setdefault(row["seed"], []).append(value)
        return {seed: float(np.mean(values)) for seed, values in found.items()}

    def weeks(self, way: str, drift: float = 0.0) -> list[int]:
        """The weeks after which a way was looked at."""
        return sorted({row["week"] for row in self._rows(way, drift, None)})

    def cost(self, way: str = "weekly", *, drift: float = 0.0, week: int | None = None) -> Mean:
        """Seconds of a Monday as a share of those of a full refit after the same week, by default the last."""
        at = [self.weeks(REFIT, drift)[-1] if week is None else week]
        one, two = (self.by_world(name, "seconds", drift, at) for name in (way, REFIT))
        return _mean([one[seed] / two[seed] for seed in sorted(two)])

    def alarms(self, way: str, name: str = "scatter", *, drift: float = 0.0, weeks=None, z=1.645) -> tuple[int, int]:
        """In how many weeks the next answers were more surprising than chance allows, and of how many."""
        found = [row["z"][name] for row in self._rows(way, drift, weeks)]
        return sum(value > z for value in found), len(found)

    def _rows(self, way, drift, weeks):
        found = [r for r in self.rows if r["way"] == way and r["drift"] == drift]
        if not found:
            ways = sorted({(r["way"], r["drift"]) for r in self.rows})
            raise ValueError(f"way = {way!r}, drift = {drift:g}: there is one of {', '.join(map(str, ways))}")
        return [r for r in found if weeks is None or r["week"] in weeks]

    def __repr__(self) -> str:
        return f"Weeks of {len({(r['seed'], r['drift']) for r in self.rows})} worlds, {len(self.rows)} rows"


def run(
    ways: Sequence[str] = ("weekly", "never"),
    *,
    size: Size = SMALL,
    weeks: int = 4,
    n: int = 1,
    drift: float = 0.0,
    seed: int = 0,
    refits: Sequence[int] = (),
    progress: bool = False,
) -> Weeks:
    """n worlds of so many weeks, each updated in these ways. refits: weeks after which all answers are fitted anew."""
    ways = checks.listed(ways, "ways", "['weekly']")
    for way in ways:
        checks.one_of(way, MONDAYS, "way")
    worlds = range(checks.whole(seed, "seed", 0), seed + checks.whole(n, "n", 1))
    rows, bar = [], tqdm(total=n * weeks, unit="week", disable=not progress)
    for one in worlds:
        product = world(size, weeks=weeks + 1, drift=drift, seed=one)
        beliefs = dict.fromkeys(ways, ascent.fit(product.logs[0]).posterior)
        for week in range(1, weeks + 1):
            for way in ways:
                start = process_time()
                beliefs[way] = MONDAYS[way](beliefs[way], product.logs[week])
                rows.append(_row(product, week, way, beliefs[way], process_time() - start))
            if week in refits:
                start = process_time()
                fit = ascent.fit(product.until(week))
                rows.append(_row(product, week, REFIT, fit.posterior, process_time() - start))
            bar.update()
    bar.close()
    return Weeks({"seed": seed, "n": n, "weeks": weeks, "drift": drift, "size": vars(size)}, rows)


def _row(product: Product, week: int, way: str, posterior: Posterior, seconds: float) -> dict:
    """How a belief stands after a week, by the truth and by the week that follows."""
    row = {"seed": product.seed, "drift": product.drift, "week": week, "way": way, "answers": len(product.logs[week])}
    row |= {"seconds": seconds, "held": product.held(posterior, week)}
    log = product.logs[week + 1]
    log = log.subset((log.student < len(posterior.students)) & (log.item < len(posterior.items)))
    p = posterior.predict(log.student, log.item)
    found = score(log.correct, p, metrics=("auc", "log_loss")).metrics
    row |= {name: found[name].value for name in found} | {"n": len(log)}
    found = surprise(posterior, log)
    return row | {"slope": calibration(log.correct, p).slope.value, "z": {name: found.z(name) for name in NAMES}}


def _mean(values: list[float]) -> Mean:
    """With a t interval over the worlds, none for a single one."""
    from scipy.stats import t

    value, n = float(np.mean(values)), len(values)
    if n == 1:
        return Mean(value, splits=1, by_split=tuple(values))
    half = float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return Mean(value, value - half, value + half, splits=n, by_split=tuple(values))


def read() -> Weeks:
    """The stored study, of `FULL` worlds with and without drift."""
    found = json.loads(stored("results/weeks.json").read_text())
    return Weeks(found["about"], found["data"])
