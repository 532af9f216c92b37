"""What plain BKT has no word for: simulate it, see four numbers fail, fit the extension, see it mend.

Each `World` breaks one assumption of BKT on purpose. A class from it is fitted twice, by plain BKT and by the variant
that knows of the break, and both forecast another class from the same world.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from .._checks import short
from ..bkt import variants
from ..bkt.profiles import expit, logit
from . import stored

PLAIN, EXTENDED, TRUTH = "plain BKT", "extended", "the truth"
QUESTIONS = 20
SPREAD = 0.7  # of logits of slip and guess over questions, a standard deviation
PER_QUESTION = (5, 15, 50, 150, 500)  # answers
WAYS = {"plain": "one slip and guess for all", "alone": "each question alone", "learned": "a prior over questions"}


def no_codes(students: int, steps: int, rng: np.random.Generator) -> dict:
    """Nothing is known of a step but its answer."""
    return {}


def pause(students: int, steps: int, rng: np.random.Generator) -> dict:
    """Half-way everybody has a holiday: kind 1 of what follows a step; elsewhere they go straight on, kind 0."""
    practice = np.zeros((students, steps), int)
    practice[:, steps // 2 - 1] = 1
    return {"practice": practice}


def own_questions(students: int, steps: int, rng: np.random.Generator) -> dict:
    """Each student meets the questions in her own order, none twice while they last."""
    laps = -(-steps // QUESTIONS)
    order = [rng.permuted(np.tile(np.arange(QUESTIONS), (students, 1)), axis=1) for _ in range(laps)]
    return {"question": np.concatenate(order, axis=1)[:, :steps]}


def worked(students: int, steps: int, rng: np.random.Generator) -> dict:
    """After half of the steps, by lot, a worked solution is shown: kind 1."""
    return {"practice": rng.integers(0, 2, (students, steps))}


def two_groups(students: int, steps: int, rng: np.random.Generator) -> dict:
    """Half of the students, by lot, had the skill at school last year: group 1."""
    return {"group": rng.permutation(np.arange(students) % 2)}


def spread(middle: float, order: int) -> np.ndarray:
    """(QUESTIONS,) probabilities whose logits have standard deviation `SPREAD`, in an order drawn from a seed."""
    z = np.random.default_rng(order).standard_normal(QUESTIONS)
    return expit(logit(middle) + SPREAD * (z - z.mean()) / z.std())


@dataclass(frozen=True, eq=False)
class World:
    """One break. truth: its parameters. told: what the extension is asked to fit. codes: what is known of each step."""

    truth: variants.VariantParams
    told: Mapping = field(default_factory=dict)
    codes: Callable = no_codes
    __repr__ = short


def params(**broken) -> variants.VariantParams:
    """The four numbers of a world, with what is broken in it: a number, or one for each code."""
    sound = {"p_init": 0.25, "p_transit": 0.15, "p_slip": 0.08, "p_guess": 0.18}
    return variants.VariantParams(**sound | broken)


WORLDS = {
    "no break": World(params(), {"forgets": True}),
    "forgetting": World(params(p_forget=0.06), {"forgets": True}),
    "a holiday": World(params(p_transit=[0.15, 0.0], p_forget=[0.0, 0.35]), {"forgets": True}, pause),
    "questions differ": World(params(p_slip=spread(0.1, 1), p_guess=spread(0.2, 2)), {}, own_questions),
    "kinds of practice": World(params(p_transit=[0.04, 0.25]), {}, worked),
    "groups": World(params(p_init=[0.1, 0.6]), {}, two_groups),
}


@dataclass(frozen=True, eq=False, repr=False)
class Broken:
    """What `run` found.

    rows: a row a world and class with the log loss an answer of plain, extended and truth on another class; aic and
    bic, by how much the extension is below plain BKT; numbers, its count of parameters; and the fitted numbers, without
    those of single questions, as "plain p_slip" or "p_forget 1". steps: a row a world, model and step with off, right
    minus forecast in the other class, and half, half of its 95% interval over classes.
    """

    rows: pd.DataFrame
    steps: pd.DataFrame
    students: int
    length: int
    n: int
    seed: int
    __repr__ = short

    def mean(self, world: str, column: str) -> tuple[float, float]:
        """Mean of a column over a world's classes, and half of its 95% interval."""
        own = self.rows.loc[self.rows.world == world, column]
        return float(own.mean()), float(1.96 * own.std(ddof=1) / np.sqrt(len(own)))

    def off(self, world: str, model: str) -> pd.DataFrame:
        """step, off and half of one model in one world."""
        return self.steps[(self.steps.world == world) & (self.steps.model == model)].reset_index(drop=True)

    def mended(self, world: str) -> tuple[float, float]:
        """Share of what plain BKT loses to the truth in log loss that the extension wins back, with its half-width."""
        own = self.rows[self.rows.world == world]
        lost, won = own.plain - own.truth, own.plain - own.extended
        share = won.mean() / lost.mean()
        return float(share), float(1.96 * (won - share * lost).std(ddof=1) / np.sqrt(len(own)) / lost.mean())

    def picks(self, world: str, criterion: str) -> float:
        """Share of a world's classes in which a criterion, "aic" or "bic", prefers the extension."""
        return float((self.rows.loc[self.rows.world == world, criterion] > 0).mean())

    def told(self) -> dict:
        """As JSON holds it."""
        tables = {name: getattr(self, name).round(6).to_dict("list") for name in ("rows", "steps")}
        for values in tables["rows"].values():
            values[:] = [None if value != value else value for value in values]
        return tables | {name: getattr(self, name) for name in ("students", "length", "n", "seed")}

    @classmethod
    def read(cls, told: Mapping) -> Broken:
        """What `told` gave."""
        tables = {name: pd.DataFrame(told[name]) for name in ("rows", "steps")}
        return cls(**{**told, **tables})


def run(
    worlds: Sequence[str] = tuple(WORLDS), *, n: int = 20, students: int = 500, steps: int = 20, seed=19, progress=False
) -> Broken:
    """n classes of each world, fitted by plain BKT and by the extension; another class of as many students judges."""
    rows, off = [], []
    for world in worlds:
        found = [one(WORLDS[world], students, steps, [seed, k]) for k in tqdm(range(n), world, disable=not progress)]
        rows += [{"world": world, "class": k} | row for k, (row, _) in enumerate(found)]
        by_step = np.array([steps for _, steps in found])  # (classes, models, steps)
        half = 1.96 * by_step.std(0, ddof=1) / np.sqrt(n)
        for m, model in enumerate((PLAIN, EXTENDED)):
            places = {"world": world, "model": model, "step": np.arange(1, steps + 1)}
            off.append(pd.DataFrame(places | {"off": by_step[:, m].mean(0), "half": half[m]}))
    return Broken(pd.DataFrame(rows), pd.concat(off, ignore_index=True), students, steps, n, seed)


def one(world: World, students: int, steps: int, seed) -> tuple[dict, np.ndarray]:
    """A class of a world and another that judges: a row as in `Broken.rows`, and (2, steps) right minus forecast."""
    rng = np.random.default_rng(seed)
    codes, judged = (world.codes(students, steps, rng) for _ in range(2))
    answers, others = (
        variants.simulate(world.truth, students, steps, rng=rng, **known).answers for known in (codes, judged)
    )
    plain = variants.fit(answers)
    extended = variants.fit(answers, **codes, **world.told)
    forecasts = [
        variants.filter(others, plain.params).p_correct,
        variants.filter(others, extended.params, **judged).p_correct,
        variants.filter(others, world.truth, **judged).p_correct,
    ]
    row = dict(zip(("plain", "extended", "truth"), (loss(others, p) for p in forecasts), strict=True))
    row |= {"aic": plain.aic - extended.aic, "bic": plain.bic - extended.bic, "numbers": extended.parameters}
    row |= {f"plain {name}": values[0] for name, values in numbers(plain.params).items()}
    told = {name: values for name, values in numbers(extended.params).items() if len(values) < QUESTIONS}
    row |= {f"{name} {k}": v for name, values in told.items() for k, v in enumerate(values)}
    return row, np.array([(others - p).mean(0) for p in forecasts[:2]])


def numbers(found: variants.VariantParams) -> dict[str, np.ndarray]:
    """Name -> its values, by group, kind or question."""
    return {name: getattr(found, name) for name in ("p_init", "p_transit", "p_forget", "p_slip", "p_guess")}


def loss(answers: np.ndarray, forecast: np.ndarray) -> float:
    """Log loss an answer."""
    return float(-np.log(np.where(answers == 1, forecast, 1 - forecast)).mean())


@dataclass(frozen=True, eq=False, repr=False)
class Few:
    """What `few` found. rows: answers (a question), class, and log loss of each of `WAYS` above that of the truth."""

    rows: pd.DataFrame
    n: int
    seed: int
    __repr__ = short

    def means(self) -> pd.DataFrame:
        """By answers a question: the mean over classes of each way, and "half " + way, half of its 95% interval."""
        by = self.rows.groupby("answers")[list(WAYS)]
        return by.mean().join((1.96 * by.std() / np.sqrt(self.n)).add_prefix("half "))

    def crossing(self) -> int | None:
        """The fewest answers tried from which on each question alone is better than one for all, on average."""
        found = self.means()
        worse = found.index[found.alone >= found.plain]
        after = found.index[found.index > worse.max()] if len(worse) else found.index
        return int(after[0]) if len(after) else None

    def told(self) -> dict:
        """As JSON holds it."""
        return {"rows": self.rows.round(6).to_dict("list"), "n": self.n, "seed": self.seed}

    @classmethod
    def read(cls, told: Mapping) -> Few:
        """What `told` gave."""
        return cls(pd.DataFrame(told["rows"]), told["n"], told["seed"])


def few(
    *, n: int = 10, per_question: Sequence[int] = PER_QUESTION, steps: int = 10, judges: int = 2000, seed=20,
    progress=False,
) -> Few:  # fmt: skip
    """Classes with so many answers to each question: when do few answers make numbers of its own worse than none?"""
    world, rows = WORLDS["questions differ"], []
    for answers_each in tqdm(per_question, "answers a question", disable=not progress):
        students = max(2, round(answers_each * QUESTIONS / steps))
        for k in range(n):
            rng = np.random.default_rng([seed, answers_each, k])
            codes, judged = (world.codes(size, steps, rng) for size in (students, judges))
            answers = variants.simulate(world.truth, students, steps, rng=rng, **codes).answers
            others = variants.simulate(world.truth, judges, steps, rng=rng, **judged).answers
            fits = {
                "plain": (variants.fit(answers), {}),
                "alone": (variants.fit(answers, **codes), judged),
                "learned": (variants.fit(answers, **codes, priors="learned"), judged),
            }
            best = loss(others, variants.filter(others, world.truth, **judged).p_correct)
            off = {
                w: loss(others, variants.filter(others, f.params, **c).p_correct) - best for w, (f, c) in fits.items()
            }
            rows.append({"answers": answers_each, "class": k} | off)
    return Few(pd.DataFrame(rows), n, seed)


def full() -> tuple[Broken, Broken, Few]:
    """What `benchmarks/beyond_study.py` stored: all worlds, all of them in small classes, and all sizes."""
    told = json.loads(stored("results/beyond.json").read_text(encoding="utf-8"))
    return Broken.read(told["broken"]), Broken.read(told["small"]), Few.read(told["few"])
