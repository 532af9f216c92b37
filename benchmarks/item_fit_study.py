"""Does item fit hold its size, and what does it find? S-X² and infit on tests whose truth is known.

    python benchmarks/item_fit_study.py [--replicates 60] [--students 1000] [--items 20] [--seed 0]
                                        [--out ktlib/studies/stored/results/item_fit.json]

The cases are those of `ktlib.studies.item_misfit`. Beside them, how well 2PL, Rasch and 3PL give back what they were
fitted to: root mean squared z scores and the share of 95% intervals that hold the truth, over all items and replicates;
and how often AIC and BIC prefer the truth where it is 2PL, and where it is 3PL.
The results:

    cases[name]           s_x2, infit, flagged: shares of items; mean_infit, mean_outfit; negative; tests
    recovery[model][what] z: root mean squared z; held: share of 95% intervals; numbers: how many
    preferred[model]      aic, bic: share of replicates, of 2PL and 3PL, in which each prefers the true one

Some minutes on one core.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from provenance import provenance
from scipy.special import expit

from ktlib.irt import mml
from ktlib.studies.item_misfit import FLOOR, run

MODELS = mml.MODELS
ROOT = Path(__file__).parents[1]


def truths(model: str, replicates: int, students: int, items: int, seed: int):
    """Answers and the numbers that they were drawn with, replicate by replicate."""
    for k in range(replicates):
        rng = np.random.default_rng([seed, 100, list(MODELS).index(model), k])
        slope = np.full(items, 1.2) if model == "rasch" else rng.lognormal(0.2, 0.3, items)
        floor = FLOOR if model == "3pl" else 0.0
        difficulty, ability = rng.normal(size=items), rng.normal(size=students)
        p = floor + (1 - floor) * expit(slope * (ability[:, None] - difficulty))
        truth = {"discrimination": slope, "difficulty": difficulty}
        if model == "3pl":
            truth["guess"] = np.full(items, floor)
        yield (rng.random(p.shape) < p).astype(float), truth


def preferred(model: str, *size) -> dict:
    """How often AIC and BIC prefer the true one of 2PL and 3PL."""
    other = {"2pl": "3pl", "3pl": "2pl"}[model]
    right = []
    for answers, _ in truths(model, *size):
        true, false = mml.fit(answers, model), mml.fit(answers, other)
        right.append((true.aic < false.aic, true.bic < false.bic))
    return dict(zip(("aic", "bic"), np.round(np.mean(right, axis=0), 4).tolist(), strict=True))


def recovery(model: str, replicates: int, students: int, items: int, seed: int) -> dict:
    """How estimates lie about the truth that the answers were drawn from."""
    z, held = {}, {}
    for answers, truth in truths(model, replicates, students, items, seed):
        fit = mml.fit(answers, model)
        for name, true in truth.items():
            own = slice(None, 1) if (model, name) == ("rasch", "discrimination") else slice(None)
            low, high = fit.interval(name)
            z.setdefault(name, []).append(((getattr(fit, name) - true) / getattr(fit, f"{name}_se"))[own])
            held.setdefault(name, []).append(((low <= true) & (true <= high))[own])
    return {
        name: {
            "z": round(float(np.sqrt((np.concatenate(z[name]) ** 2).mean())), 3),
            "held": round(float(np.concatenate(held[name]).mean()), 4),
            "numbers": int(np.concatenate(z[name]).size),
        }
        for name in z
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("replicates", 60), ("students", 1000), ("items", 20), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "item_fit.json")
    given = parser.parse_args()
    size = {name: getattr(given, name) for name in ("replicates", "students", "items", "seed")}
    cases = run(**size).table.round(4).to_dict("index")
    found = {model: recovery(model, **size) for model in ("rasch", "2pl", "3pl")}
    told = {"about": provenance("numpy", "scipy", **size), "cases": cases, "recovery": found}
    told["preferred"] = {model: preferred(model, *size.values()) for model in ("2pl", "3pl")}
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
