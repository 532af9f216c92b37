"""How far apart a fit puts two classes, for each number of shared questions and each lead of class B.

    python benchmarks/shared_questions.py [--out ktlib/studies/stored/results/shared_questions.json]

`ktlib.studies.ties.run` on the stops of the sliders of `ktlib.show.explorers.SharedExplorer`. Ten minutes on one core.
"""

import argparse
import json
from pathlib import Path

from provenance import provenance

from ktlib.studies import ties

ROOT = Path(__file__).resolve().parents[1]
SEED, PAIRS = 6000, 20
SHARED = (0, 1, 2, 3, 5, 7, 10, 15, 20)
LEADS = (0.0, 0.5, 1.0, 1.5, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "shared_questions.json")
    options = parser.parse_args()
    found = ties.run(SHARED, LEADS, n=PAIRS, seed=SEED, progress=True)
    about = provenance("numpy", "scipy", seed=SEED, n=PAIRS)
    columns = {name: column.round(4).tolist() for name, column in found.frame.items()}
    options.out.write_text(json.dumps({"about": about, "frame": columns}) + "\n")


if __name__ == "__main__":
    main()
