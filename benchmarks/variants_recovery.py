"""Each extension of BKT simulated and fitted 200 times: bias, and how often 95 % intervals hold the truth.

    python benchmarks/variants_recovery.py [--n 200] [--out ktlib/studies/stored/results/variants_recovery.json]

Each design is `ktlib.studies.variant_recovery.run` in full.
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
    from ktlib.studies import variant_recovery as study

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results/variants_recovery.json")
    options = parser.parse_args()
    rows = []
    for design, (truth, students, answers, settings) in study.DESIGNS.items():
        began = time.process_time()
        found = study.run(design, n=options.n, seed=SEED)
        table = found.frame("block" if design == "learned prior" else "parameter")
        print(design, f"{time.process_time() - began:.0f} s")
        print(table.round(3).to_string(), flush=True)
        row = {"design": design, "truth": truth, "students": students, "answers_each": answers, "fit": settings}
        rows.append(row | {"seconds": time.process_time() - began, "found": table.to_dict("index")})
    drawn = {"questions": study.QUESTIONS, "spread_in_logits": study.SPREAD}
    about = provenance("numpy", "numba", seed=SEED, replicates=options.n, level=0.95, learned_prior=drawn)
    options.out.write_text(json.dumps(about | {"designs": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
