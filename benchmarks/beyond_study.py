"""What plain BKT has no word for: simulated breaks, few answers a question, and a real log, in full.

    python benchmarks/beyond_study.py [--only broken small few real alone own]
                                      [--out ktlib/studies/stored/results/beyond.json]

What each part does stands in `ktlib.studies.beyond`, `beyond_log` and `individual_log`; parts that are not run are kept
as the file has them. The real log needs the ASSISTments files. Ten minutes on a quiet core.
"""

import argparse
import json
import time
from pathlib import Path

from provenance import provenance

from ktlib.studies import beyond, beyond_log, individual_log

ROOT = Path(__file__).resolve().parents[1]
CLASSES, SIZES = 100, 20  # classes a world, and at each size


def broken() -> dict:
    """Every world."""
    return beyond.run(n=CLASSES, progress=True).told()


def small() -> dict:
    """Every world, in small classes."""
    return beyond.run(n=CLASSES, students=40, steps=10, progress=True).told()


def few() -> dict:
    """Every number of answers a question."""
    return beyond.few(n=SIZES, progress=True).told()


def real() -> dict:
    """Every skill of the tutor's log and every model but the one that gives each question its own numbers alone."""
    train, test = beyond_log.assistments()
    spread = beyond_log.spread_over_questions(train)
    models = [name for name in beyond_log.MODELS if name != beyond_log.ALONE]
    return beyond_log.run(train, test, spread=spread, models=models, progress=True).told()


def alone() -> dict:
    """That one, which takes as long as all others together."""
    return beyond_log.run(*beyond_log.assistments(), models=[beyond_log.ALONE], progress=True).told()


def own() -> dict:
    """A start or a pace of each student's own, on all skills together."""
    return individual_log.run(*beyond_log.assistments(), progress=True).told()


PARTS = {"broken": broken, "small": small, "few": few, "real": real, "alone": alone, "own": own}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "beyond.json")
    given = parser.parse_args()
    report = json.loads(given.out.read_text(encoding="utf-8")) if given.out.is_file() else {}
    for name in given.only:
        began = time.perf_counter()
        report[name] = PARTS[name]()
        seconds = round(time.perf_counter() - began)
        report.setdefault("about", {})[name] = provenance("numpy", "scipy", "pandas", "numba", seconds=seconds)
        given.out.write_text(json.dumps(report, allow_nan=False) + "\n", encoding="utf-8")
        print(f"{name}: {seconds} s")


if __name__ == "__main__":
    main()
