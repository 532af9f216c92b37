"""How often 95 % intervals hold the truth, and how far estimates spread, over repeated classes.

    python benchmarks/coverage_study.py [--out ktlib/studies/stored/results/coverage.json]

Each design is `ktlib.studies.coverage.run` in full. Beside the spread of the estimates stand the Cramér-Rao bound and
the floor that no method passes.
"""

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from ktlib import BKTParams
from ktlib.bkt import NAMES, bounds
from ktlib.studies import coverage

ROOT = Path(__file__).resolve().parents[1]
SEED, LEVEL = 2024, 0.95
TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)
CAREFUL = TRUTH.moved(p_slip=0.01)  # so few slips that small classes estimate none
DESIGNS = [  # truth, students, answers each, replicates, the study guide's claim
    (TRUTH, 50, 10, 1000, 0.05),
    (TRUTH, 200, 15, 1000, 0.01),
    (TRUTH, 1000, 20, 1000, 0.003),
    (TRUTH, 22, 15, 1000, None),
    (CAREFUL, 50, 10, 1000, None),
]


def study(truth: BKTParams, students: int, answers: int, replicates: int, claim: float | None, rng) -> dict:
    began = time.perf_counter()
    found = coverage.run(truth, students, answers, n=replicates, seed=rng, level=LEVEL, progress=True)
    spread, held = found.estimates.std(0, ddof=1), found.held.mean(0)
    off = np.abs(found.estimates - tuple(truth))

    def named(values):
        return dict(zip(NAMES, (float(v) for v in values), strict=True))

    out = {
        "truth": dict(zip(NAMES, truth, strict=True)),
        "students": students,
        "answers_each": answers,
        "replicates": replicates,
        "mean": named(found.estimates.mean(0)),
        "sd": named(spread),
        "sd_standard_error": named(spread / np.sqrt(2 * (replicates - 1))),
        "cramer_rao": bounds.standard_errors(truth, students, answers),
        "floor": bounds.floors(truth, students, answers),
        "median_reported_se": named(np.nanmedian(found.se, 0)),
        "reported_se_given": {name: int(n) for name, n in zip(NAMES, (~np.isnan(found.se)).sum(0), strict=True)},
        "median_reported_se_over_sd": named(np.nanmedian(found.se, 0) / spread),
        "coverage": named(held),
        "coverage_standard_error": named(np.sqrt(held * (1 - held) / replicates)),
        "wald_share": named(found.wald.mean(0)),
        "flags": found.flags,
        "seconds": time.perf_counter() - began,
    }
    if claim is not None:
        out["claim"] = claim
        out["each_within_claim"] = named((off < claim).mean(0))
        out["all_within_claim"] = float((off < claim).all(1).mean())
        out["all_within_claim_expected"] = bounds.chance_within(truth, students, answers, claim)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "coverage.json")
    options = parser.parse_args()
    streams = np.random.default_rng(SEED).spawn(len(DESIGNS))
    designs = [study(*design, rng) for design, rng in zip(DESIGNS, streams, strict=True)]
    report = {
        "what": f"exact EM to {coverage.TOL:g} nats and {LEVEL:.0%} intervals on simulated classes; "
        "Wald in logits, or profile",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "level": LEVEL,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "pandas": pd.__version__,
        },
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "designs": designs,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for d in designs:
        slip, seconds = d["truth"]["p_slip"], d["seconds"]
        print(f"{d['students']} x {d['answers_each']}, slip {slip:g}, {seconds:.0f} s, {d['flags']}")
        for key in ("sd", "cramer_rao", "median_reported_se_over_sd", "coverage", "wald_share"):
            print(f"  {key:27}", *(f"{value:.4f}" for value in d[key].values()))
        if "claim" in d:
            seen, expected = d["all_within_claim"], d["all_within_claim_expected"]
            print(f"  all within {d['claim']}: {seen:.3f}, {expected:.3f} expected")


if __name__ == "__main__":
    main()
