"""Of the questions forecast near 0.7, how many were answered right? Eedi, TIMSS 2007 and ASSISTments, two models.

    python benchmarks/near_target_study.py [--out ktlib/studies/stored/results/near_target.json]

`ktlib.studies.near_target.run` on all five folds of each log. found[i]: the fields of `near_target.Near`. Ten minutes
on a quiet core.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from policy_study import rounded  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.studies import near_target  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results/near_target.json")
    given, began, found = parser.parse_args(), time.perf_counter(), []
    for log in near_target.LOGS:
        for model in near_target.MODELS:
            found.append(near_target.run(log, model))
            print(found[-1], f"{time.perf_counter() - began:.0f} s", found[-1].right(), flush=True)
    about = provenance("numpy", "scipy", seconds=round(time.perf_counter() - began))
    text = json.dumps({"about": about, "found": rounded([asdict(one) for one in found])})
    given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
