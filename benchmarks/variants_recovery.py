"""Each extension of BKT simulated and fitted 200 times: bias, and how often 95 % intervals hold the truth.

    python benchmarks/variants_recovery.py [--n 200] [--only forgetting "own start"]
                                           [--out ktlib/studies/stored/results/variants_recovery.json]

Each design is `ktlib.studies.variant_recovery.run`, or `individual_recovery.run`, in full; designs that are not run are
kept as the file has them, and those that are say with what they ran.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from provenance import provenance

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SEED = 2026


def main() -> None:
    from ktlib.studies import individual_recovery
    from ktlib.studies import variant_recovery as study

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=200)
    every = [*study.DESIGNS, *individual_recovery.DESIGNS]
    parser.add_argument("--only", nargs="+", default=every, choices=every)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results/variants_recovery.json")
    options = parser.parse_args()
    report = json.loads(options.out.read_text("utf8")) if options.out.is_file() else {"designs": []}
    rows = {row["design"]: row for row in report["designs"] if row["design"] in every}
    drawn = {"questions": study.QUESTIONS, "spread_in_logits": study.SPREAD}
    about = provenance("numpy", "numba", seed=SEED, replicates=options.n, level=0.95, learned_prior=drawn)
    whole = set(options.only) == set(every)
    for design in options.only:
        began = time.process_time()
        if design in study.DESIGNS:
            truth, students, answers, settings = study.DESIGNS[design]
            found = study.run(design, n=options.n, seed=SEED)
        else:
            found, truth = individual_recovery.run(design, n=options.n, seed=SEED), individual_recovery.truth()
            students, answers = found.students, found.answers
            settings = {"shift": individual_recovery.DESIGNS[design]}
        table = found.frame("parameter" if design in study.DESIGNS and design != "learned prior" else "block")
        print(design, f"{time.process_time() - began:.0f} s")
        print(table.round(3).to_string(), flush=True)
        row = {"design": design, "truth": truth, "students": students, "answers_each": answers, "fit": settings}
        row |= {} if whole else {"about": about}
        rows[design] = row | {"seconds": time.process_time() - began, "found": table.to_dict("index")}
    report = (about if whole else report) | {"designs": [rows[design] for design in every if design in rows]}
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
