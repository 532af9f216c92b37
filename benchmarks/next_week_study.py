"""Last week's fits as this week's prior, against fitting all the weeks again: distance, errors, intervals, seconds.

    python benchmarks/next_week_study.py [--seeds 5] [--weeks 8] [--number 20] [--students 25] [--steps 8]
                                         [--out ktlib/studies/stored/results/next_week.json]

The study is `ktlib.studies.next_week`, with the prior over skills learned and known. The results, means over seeds:

    found["learned"]["apart"]                       a number a week: root mean squared distance, in the refit's errors
    found["learned"]["error" or "holds"]["kept"]    a number a week; also "refit"
    found["learned"]["seconds"]["kept"]             a number a week, the first left out, which compiles

A minute on one core.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from provenance import provenance

from ktlib.studies.next_week import PRIOR, run

ROOT = Path(__file__).parents[1]


def told(found: list) -> dict:
    """Means over the seeds, rounded."""

    def mean(values, digits=3) -> list:
        return np.round(np.mean(values, axis=0), digits).tolist()

    def both(pairs) -> dict:
        return {name: mean(values) for name, values in zip(("kept", "refit"), zip(*pairs, strict=True), strict=True)}

    return {
        "apart": mean([one.apart() for one in found]),
        "error": both(one.error() for one in found),
        "holds": both(one.holds() for one in found),
        "seconds": {
            "kept": mean([one.kept_seconds[1:] for one in found], 4),
            "refit": mean([one.refit_seconds[1:] for one in found], 4),
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seeds", 5), ("weeks", 8), ("number", 20), ("students", 25), ("steps", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "next_week.json")
    given = parser.parse_args()
    size = {name: getattr(given, name) for name in ("weeks", "number", "students", "steps")}
    priors = {"learned": "learned", "known": PRIOR}
    found = {
        name: told([run(**size, prior=prior, seed=seed) for seed in range(given.seeds)])
        for name, prior in priors.items()
    }
    result = {"about": provenance("numpy", "scipy", **size, seeds=given.seeds), "found": found}
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
