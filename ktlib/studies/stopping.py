"""What a stopping rule does to a comparison: the paper's recipe stopped by its rule, and the same runs run on.

`run` makes small runs now; `read` gives what `benchmarks/stopping_study.py` stored, on logs up to the paper's size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from ..data.exams import exam
from ..forecast.scores import score
from ..irt import recipe
from . import stored

FLAT = {"by_label": 0, "by_skill": 0, "idiosyncratic": 0}  # a simulated exam in which 2PL is the truth
MODELS = {"2PL": None, "K = 5": 5}  # and how many factors
LOOSE = 0.001  # the threshold of the paper's §6, the released code's default


@dataclass(frozen=True)
class Race:
    """One run of one model: the step at which the rule stops it, the test AUC there and after all steps."""

    seed: int
    model: str
    stop: int
    there: float
    then: float


def run(
    *, n: int = 3, seed: int = 2021, steps: int = 600, threshold: float = recipe.THRESHOLD, answers=60_000, items=400
) -> list[Race]:
    """Both models on n small logs in which 2PL is the truth, log and run seeded by `seed` and the numbers after it.

    threshold: the rule stops a run when the mean of its last drops is below this share of the first drop.
    """
    out = []
    for each in range(seed, seed + n):
        log = exam(answers=answers, items=items, rng=each, **FLAT).responses
        train, test = log.split_answers((0.8, 0.2), rng=each, seen=True)
        for model, factors in MODELS.items():
            row = one_run(train, test, factors, seed=each, steps=steps, threshold=threshold)
            stop = row["stop"] or steps
            out.append(Race(each, model, stop, *(row["at"][str(step)]["auc"] for step in (stop, steps))))
    return out


def leads(races: list[Race]) -> tuple[np.ndarray, np.ndarray]:
    """Five factors' lead over 2PL, run by run: where the rule stops, and after all steps."""
    by = {(race.seed, race.model): race for race in races}
    pairs = [(by[seed, "K = 5"], by[seed, "2PL"]) for seed, model in by if model == "2PL"]
    return tuple(np.array([getattr(a, when) - getattr(b, when) for a, b in pairs]) for when in ("there", "then"))


def one_run(
    train,
    test,
    factors: int | None,
    *,
    seed: int,
    steps: int,
    threshold: float = recipe.THRESHOLD,
    check: Collection[int] = (),
    every: int = 10,
    keep: Callable[[dict], None] | None = None,
) -> dict:
    """The recipe to its last step, as the stored study keeps it.

    stop, loose: the step at which the rule stops it, with `threshold` and with `LOOSE`, or None. at: step -> scores on
    the test part, there, at the steps of `check` and at the last. losses: the first, then one in `every`. keep: told
    at every score, so that a long run may be cut short.
    """
    going = recipe.Recipe(train, factors, rng=seed)
    row = {"seed": seed, "stop": None, "loose": None, "at": {}}
    for step in range(1, steps + 1):
        going.step()
        stops = row["stop"] is None and going.settled(threshold)
        loose = row["loose"] is None and going.settled(LOOSE)
        if stops or loose or step == steps or step in check:
            row["at"][str(step)] = scores(test, going.predict(test.student, test.item))
            if loose:
                row["loose"] = step
            if stops:
                row["stop"], row["stop_losses"] = step, going.losses[:2] + going.losses[-recipe.LOOK :]
            row["steps"], row["losses"] = step, [going.losses[0], *going.losses[every - 1 :: every]]
            if keep:
                keep(row)
    return row


def scores(test, p) -> dict:
    """AUC with its standard error, log loss and F1 of forecasts p."""
    made = score(test.correct, p).metrics
    return {"auc": made["auc"].value, "se": made["auc"].se} | {m: made[m].value for m in ("log_loss", "f1")}


@dataclass(frozen=True, repr=False, eq=False)
class StoppingStudy:
    """The stored study. about: settings and versions. logs: name -> its size and its runs, as in the file."""

    about: dict
    logs: dict

    @property
    def simulated(self) -> list[str]:
        """The logs in which 2PL is the truth, the smallest first."""
        return [log for log, found in self.logs.items() if found["runs"][0]["truth_auc"] is not None]

    def runs(self, log: str) -> int:
        """How many runs of each model."""
        return len(self.logs[log]["runs"])

    def last(self, log: str) -> int:
        """The last step at which both models of every run were scored."""
        return max(map(int, set.intersection(*(set(row["at"]) for row in self._rows(log)))))

    def auc(self, log: str, model: str, when: str) -> np.ndarray:
        """Test AUC of every run: "stop", where the rule stops it, or "on", at the last step."""
        rows = self._rows(log, model)
        return np.array([row["at"][str(row["stop"] if when == "stop" else self.last(log))]["auc"] for row in rows])

    def lead(self, log: str, when: str) -> np.ndarray:
        """By how much five factors lead 2PL, in every run."""
        return self.auc(log, "K = 5", when) - self.auc(log, "2PL", when)

    def stops(self, log: str, model: str) -> str:
        """At which steps the rule stops the runs, as "75 to 90"."""
        found = [row["stop"] for row in self._rows(log, model)]
        return " to ".join(map(str, dict.fromkeys((min(found), max(found)))))

    def last_losses(self) -> list[list[float]]:
        """Of every run the first two losses, and those that the rule looked at when it stopped."""
        return [row["stop_losses"] for log in self.logs for row in self._rows(log)]

    def _rows(self, log: str, model: str | None = None) -> list[dict]:
        return [row for run in self.logs[log]["runs"] for name, row in run["models"].items() if model in (None, name)]

    def __repr__(self) -> str:
        return f"StoppingStudy of {', '.join(self.logs)}"


def read() -> StoppingStudy:
    """The stored study."""
    found = json.loads(stored("results/stopping.json").read_text())
    return StoppingStudy(found["about"], found["logs"])
