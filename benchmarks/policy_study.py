"""Which question next, on the simulated school: every policy under every learning model, and a student who games it.

    python benchmarks/policy_study.py [--n 20] [--out ktlib/studies/stored/results/policies.json]

The loops are those of `ktlib.studies.policies` and `ktlib.studies.gaming`. Results:

    rows[i]      replicate, learning, policy, and the measures that `policies.Policies` tells of
    gaming[i]    replicate, learning, and for "gamed" and "tried" difficulty, minutes and gain, as `gaming.Gaming` has

A quarter of an hour on a quiet core.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from provenance import provenance  # noqa: E402

from ktlib.studies import gaming, policies  # noqa: E402

SEED, GAMING_SEED, STUDENTS, DAYS = 14, 140, 100, 20


def rounded(value, digits: int = 5):
    """Numbers of nested lists and dicts, shortened."""
    if isinstance(value, dict):
        return {key: rounded(v, digits) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v, digits) for v in value]
    return round(value, digits) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results/policies.json")
    given, began = parser.parse_args(), time.perf_counter()
    game = gaming.run(given.n, GAMING_SEED, students=STUDENTS, days=DAYS, progress=True)
    found = policies.run(given.n, SEED, students=STUDENTS, days=DAYS, progress=True)
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
        n=found.n,
        students=STUDENTS,
        days=DAYS,
        items=policies.ITEMS,
        gaming_seed=GAMING_SEED,
        gaming_n=game.n,
        seconds=round(time.perf_counter() - began),
    )
    text = json.dumps({"about": about, "rows": rounded(found.rows), "gaming": rounded(game.rows)})
    given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
