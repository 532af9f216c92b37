"""What a question nobody has answered gets as a forecast, and how many answers it takes to do without attributes.

    python benchmarks/cold_items.py [--data eedi timss simulated] [--out ktlib/studies/stored/results/cold_items.json]

A fifth of the questions with enough answers keep 0, 1, 2, 5 ... 100 of their answers in training, all other questions
keep all; forecasts are judged on the same further answers to these questions each time. Half an hour on two cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from exam_study import DATA, ROOT, SEED, TOL, columns, regression, settings, shares
from provenance import provenance

from ktlib.forecast.scores import compare, score
from ktlib.irt import ascent
from ktlib.studies.cold_items import INFORMED, NONE_KEPT

SEEDS = {"eedi": 5, "timss": 5, "simulated": 3}
KEPT = (0, 1, 2, 5, 10, 20, 50, 100)
SHARE, MOST = 0.2, 100  # of the questions are cold; of each at most so many answers are judged
MODELS = ("item mean", "regression", "2PL", "K = 3", INFORMED)
PAIRS = [(INFORMED, "K = 3"), (INFORMED, "2PL"), ("regression", "2PL")]


def dealt(answers, rng) -> tuple[np.ndarray, np.ndarray]:
    """For every answer: its place among those of its question, in random order, if that is cold, else -1."""
    asked = np.bincount(answers.item, minlength=len(answers.items))
    enough = np.flatnonzero(asked >= KEPT[-1] + 20)
    cold = rng.permutation(enough)[: round(SHARE * len(enough))]
    shuffled = rng.permutation(len(answers))
    order = shuffled[np.argsort(answers.item[shuffled], kind="stable")]
    place = np.empty(len(answers), dtype=int)
    place[order] = np.arange(len(answers)) - np.repeat(np.cumsum(asked) - asked, asked)
    return np.where(np.isin(answers.item, cold), place, -1), cold


def forecasts(data, train, test, c, seed) -> dict:
    """Model -> P(right) of the test answers, each model fitted to the training answers."""
    out = {"item mean": shares(train, test)}
    fitted = regression(data, train, c)
    out["regression"] = fitted.predict_proba(columns(test, data.attributes))[:, 1]
    for model in MODELS[2:]:
        fit = ascent.fit(train, tol=TOL * len(train), rng=seed, **settings(data)[model])
        out[model] = fit.posterior.predict(test.student, test.item)
    return out


def study(data, c, seeds: int) -> list[dict]:
    """A row for each number of answers kept and each seed."""
    rows, answers = [], data.responses
    for seed in range(SEED, SEED + seeds):
        place, cold = dealt(answers, np.random.default_rng(seed))
        test = answers.subset((place >= KEPT[-1]) & (place < KEPT[-1] + MOST))
        none = None
        for kept in KEPT:
            train = answers.subset(place < kept)
            p = forecasts(data, train, test, c, seed)
            none = none or p
            rows.append(
                {"kept": kept, "seed": seed, "items": len(cold), "n_test": len(test), "models": {}, "pairs": {}}
            )
            for model in MODELS:
                found = score(test.correct, p[model], cluster=test.item)
                rows[-1]["models"][model] = {m: [e.value, e.se] for m, e in found.metrics.items()}
            tasks = {f"{a} - {b}": (p[a], p[b]) for a, b in PAIRS}
            tasks[NONE_KEPT] = p["K = 3"], none[INFORMED]
            for what, (a, b) in tasks.items():
                for metric in ("auc", "log_loss"):
                    found = compare(test.correct, a, b, metric, cluster=test.item)
                    rows[-1]["pairs"][f"{what}: {metric}"] = [found.value, found.se]
            print(seed, kept, {m: round(v["auc"][0], 4) for m, v in rows[-1]["models"].items()},
                  {m: round(v["log_loss"][0], 4) for m, v in rows[-1]["models"].items()}, flush=True)  # fmt: skip
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["eedi", "timss", "simulated"], choices=list(DATA))
    parser.add_argument("--exams", type=Path, default=ROOT / "ktlib/studies/stored/results" / "exams.json")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "cold_items.json")
    given = parser.parse_args()
    c = json.loads(given.exams.read_text())["about"]["regression_c"]
    results = {}
    for name in given.data:
        print(name)
        results[name] = study(DATA[name](), c[name], SEEDS[name])
    about = provenance(
        "numpy",
        "scipy",
        "scikit-learn",
        seed=SEED,
        seeds=SEEDS,
        kept=KEPT,
        share_cold=SHARE,
    )
    given.out.write_text(json.dumps({"about": about, "data": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
