"""By how much does one model beat another in each content area? Differences on the same answers, with intervals.

    python benchmarks/exam_areas.py [--data eedi timss] [--work build/exam_study]
                                    [--out ktlib/studies/stored/results/exam_areas.json]

Splits, seeds, fits and the folder of kept forecasts are those of `exam_study.py`: five factors against 2PL, and three
factors with attributes (all to all) against three without. The results:

    data[log]["labels"][i]["pairs"]["K = 5 - 2PL"]["auc"]    mean, low, high, splits; above: in how many above 0

Means over the splits that hold right and wrong answers of the area, 95 % intervals by `scores.over_splits`. Ten
minutes on two quiet cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from exam_study import ALL, DATA, FRACTIONS, ROOT, SEED, SPLITS, TOL, forecasts, over, rounded, settings
from provenance import provenance

from ktlib.forecast.scores import by_group

PAIRS = (("K = 5", "2PL"), (f"K = 3, {ALL}", "K = 3"))
MODELS = [model for pair in PAIRS for model in pair]
METRICS = ("auc", "f1")


def summary(name, data, folder) -> dict:
    """The differences in each area, the mean over the splits."""
    gains = {}
    for split in range(SPLITS[name]):
        train, _, test = data.responses.split_answers(FRACTIONS, rng=SEED + split, seen=True)
        label = data.label[test.item]
        tables = {}
        for model in MODELS:
            p = np.load(folder / f"{name}-{split}-{model.replace(' ', '')}.npz")["test"].astype(float)
            tables[model] = by_group(test.correct, p, label, data.labels, metrics=METRICS)
        for a, b in PAIRS:
            for metric in METRICS:
                for area, gain in (tables[a][metric] - tables[b][metric]).items():
                    gains.setdefault((area, f"{a} - {b}", metric), []).append(gain)
    return {
        "splits": SPLITS[name],
        "n_test": len(test),
        "labels": [
            {
                "label": area,
                "pairs": {
                    what: {m: over(gains[area, what, m], len(train), len(test)) for m in METRICS}
                    for what in (f"{a} - {b}" for a, b in PAIRS)
                },
            }
            for area in data.labels
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    logs = [name for name in DATA if name != "flat"]
    parser.add_argument("--data", nargs="+", default=["eedi", "timss"], choices=logs)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "exam_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "exam_areas.json")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in given.data:
        data = DATA[name]()
        known = settings(data, (ALL,))
        for split in range(SPLITS[name]):
            forecasts(name, data, split, given.work, {model: known[model] for model in MODELS})
        results[name] = summary(name, data, given.work)
    about = provenance(
        "numpy",
        "scipy",
        "scikit-learn",
        seed=SEED,
        fractions=FRACTIONS,
        tol_per_answer=TOL,
    )
    given.out.write_text(json.dumps(rounded({"about": about, "data": results})) + "\n")


if __name__ == "__main__":
    main()
