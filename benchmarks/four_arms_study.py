"""The four arms of the planned experiment in the simulated school, under each of its learning models.

    python benchmarks/four_arms_study.py [--each 20] [--out ktlib/studies/stored/results/four_arms.json]

Classes of 17 are drawn by lot, all with the same pool; twenty days of homework. A few minutes. The results:

    arms[i]    learning; effect, low, high: contrast -> standard deviations, 95%; classes, students, days
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from provenance import provenance

from ktlib.studies import four_arms

SEED = 1640
ROOT = Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "four_arms.json")
    given = parser.parse_args()
    arms = [asdict(one) for one in four_arms.run(each=given.each, seed=SEED, progress=True)]
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
    )
    given.out.write_text(json.dumps({"about": about, "arms": arms}) + "\n")


if __name__ == "__main__":
    main()
