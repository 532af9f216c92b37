"""Is the power of a trial what the formula says, and does 5% stay 5%? Whole trials, simulated and counted.

    python benchmarks/power_study.py [--trials 2000] [--out ktlib/studies/stored/results/power.json]

The planned experiment in three sizes and four effects, two contrasts, analysed by class means; and trials without
effect, analysed by class means, by a mixed model and by students. A mixed model takes a tenth of a second and more, so
it is counted on a fifth of the trials. Ten minutes on two quiet cores. The results:

    cells[i]    design, effect, contrast, how; counted: share, low, high, n; computed: by the formula, or null
"""

import argparse
import json
from pathlib import Path

from provenance import provenance

from ktlib.homework.trial import TrialDesign
from ktlib.studies import trial_power
from ktlib.studies.trial_power import PLAN

SEED = 1600
SIZES = (20, 60, 180)  # schools, each a class to an arm
EFFECTS = (0.05, 0.1, 0.2, 0.3)
NULLS = (6, 20, 60)  # classes in an arm, schools of their own
ROOT = Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "power.json")
    given = parser.parse_args()
    table = [
        (TrialDesign(k, **PLAN), effect, contrast, "classes")
        for k in SIZES
        for effect in EFFECTS
        for contrast in ("both - control", "personalisation")
    ]
    apart = {name: value for name, value in PLAN.items() if name != "blocked"}
    nulls = [(TrialDesign(k, **apart), 0.0, "both - control") for k in NULLS]
    cells = trial_power.run(table, n=given.trials, seed=SEED, progress=True)
    for how, part in (("classes", 1), ("students", 1), ("mixed", 5)):
        asked = [(*null, how) for null in nulls]
        cells += trial_power.run(asked, n=given.trials // part, seed=SEED + len(cells), progress=True)
    about = provenance(
        "numpy",
        "scipy",
        "statsmodels",
        seed=SEED,
        trials=given.trials,
    )
    given.out.write_text(json.dumps({"about": about, "cells": trial_power.rows(cells)}) + "\n")


if __name__ == "__main__":
    main()
