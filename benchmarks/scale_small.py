"""What the chapter on scale sets beside the large fits: the machine's memory, and fits as small as the footnote's.

    python benchmarks/scale_small.py [--out ktlib/studies/stored/results/scale_small.json]

The results:

    read_gb_per_second    how fast all cores together read memory: sums of 32-bit numbers, 400 MB each, best of seven
    footnote[i]           a sample of `designs.sparse`, the sides in proportion to the footnote's 639 × 717: records,
                          students, items; gaps_seconds with gaps left as gaps, filled_seconds with every gap counted as
                          a wrong answer: core-seconds, medians of five samples, the two-parameter model to convergence

Twenty seconds on two cores.
"""

import argparse
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.data.responses import Responses  # noqa: E402
from ktlib.irt import ascent  # noqa: E402

ROOT = Path(__file__).parents[1]
OUT = ROOT / "ktlib" / "studies" / "stored" / "results" / "scale_small.json"
SEED, REPEATS, RECORDS = 7000, 5, (60, 125, 250, 500, 1000)


def memory() -> float:
    """Gigabytes a second."""
    cores = os.cpu_count()
    parts = [np.ones(100_000_000, dtype=np.uint32) for _ in range(cores)]
    spent = []
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(7):
            started = time.perf_counter()
            list(pool.map(np.bitwise_or.reduce, parts))
            spent.append(time.perf_counter() - started)
    return sum(part.nbytes for part in parts) / min(spent) / 1e9


def filled(log: Responses) -> Responses:
    """Every student answers every item, wrong where there was no answer."""
    table = np.zeros((len(log.students), len(log.items)), dtype=np.int8)
    table[log.student, log.item] = log.correct
    student, item = np.indices(table.shape)
    return Responses(student.ravel(), item.ravel(), table.ravel(), log.students, log.items)


def seconds(log: Responses) -> float:
    """Core-seconds of one fit."""
    started = time.process_time()
    ascent.fit(log, calibrate=False)
    return time.process_time() - started


def footnote(records: int) -> dict:
    """One row."""
    students, items = round(0.639 * records), round(0.717 * records)
    logs = [
        designs.sparse(rng=SEED + k, records=records, students=students, items=items).responses for k in range(REPEATS)
    ]
    found = {"records": records, "students": students, "items": items}
    found["gaps_seconds"] = median(map(seconds, logs))
    return found | {"filled_seconds": median(map(seconds, map(filled, logs)))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    footnote(60)  # compiles what is not on disk yet
    about = provenance("numpy", "scipy", "numba", seed=SEED, samples=REPEATS, load_before=round(os.getloadavg()[0], 2))
    found = {"about": about, "read_gb_per_second": float(f"{memory():.4g}")}
    rows = [{k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in footnote(r).items()} for r in RECORDS]
    given.out.write_text(json.dumps(found | {"footnote": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
