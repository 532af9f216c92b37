"""Twenty Mondays: the weekly update against fitting everything again, in worlds that stand still and worlds that drift.

    python benchmarks/weekly_study.py [--worlds 4] [--part 0] [--out ktlib/studies/stored/results/weeks.json]

Each row: a world, a week, a way; accuracy on the next week's answers, coverage of 95 % intervals, seconds of the
processor, the surprise of the next week. The trust of the weekly update was chosen on other worlds (seeds 1 to 3 of
another size), not on these. `--part` runs and keeps some of the worlds; without it, parts that are there are joined.
A quarter of an hour on two quiet cores.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from time import process_time

import numpy as np
from provenance import provenance

from ktlib.irt import Normal, Posterior
from ktlib.irt import scoring as irt_scoring
from ktlib.irt.updating import TRUST
from ktlib.studies import weeks

ROOT = Path(__file__).parents[1]
SEED, WEEKS, REFITS = 100, 20, (1, 5, 10, 15, 20)
STILL = ("weekly", "weekly, all trusted", "weekly, mean-field", "questions frozen", "never")
DRIFTING = ("weekly", "weekly, drift", "never")
DRIFT, FAST = 0.1, 0.3


def plain(value):
    """Numbers as JSON has them, to six digits."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float | np.floating) else value


def scoring(answers: int = 20, items: int = 3600, times: int = 2000) -> dict:
    """Milliseconds of the processor for one student's ability from items made ready."""
    rng = np.random.default_rng(SEED)
    blocks = {
        "ability": Normal(np.zeros(1), 1.0),
        "discrimination": Normal(0.3 * rng.normal(size=items), 0.1, log=True),
        "difficulty": Normal(rng.normal(size=items), 0.1),
    }
    ready = irt_scoring.ready(Posterior("two-parameter", blocks, ("s",), tuple(f"q{j}" for j in range(items))))
    asked, right = [f"q{j}" for j in rng.permutation(items)[:answers]], rng.integers(0, 2, answers).tolist()
    start = process_time()
    for _ in range(times):
        ready.ability(asked, right)
    return {"ms": 1e3 * (process_time() - start) / times, "answers": answers, "items": items}


def part(seed: int) -> list[dict]:
    """The rows of a world that stands still, one that drifts, and one that drifts fast."""
    common = {"size": weeks.FULL, "weeks": WEEKS, "seed": seed, "refits": REFITS, "progress": True}
    still, drifting = weeks.run(STILL, **common).rows, weeks.run(DRIFTING, drift=DRIFT, **common).rows
    return still + drifting + weeks.run(["weekly"], drift=FAST, **common | {"refits": ()}).rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--part", type=int, help="run only this world, counted from 0")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "weekly_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "weeks.json")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for world in range(given.worlds) if given.part is None else [given.part]:
        path = given.work / f"{world}.json"
        if not path.exists():
            path.write_text(json.dumps(plain(part(SEED + world))))
    if given.part is not None:
        return
    rows = [row for world in range(given.worlds) for row in json.loads((given.work / f"{world}.json").read_text())]
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
        n=given.worlds,
        weeks=WEEKS,
        refits=REFITS,
        drift=DRIFT,
        fast=FAST,
        trust=TRUST,
        scoring=plain(scoring()),
        size=asdict(weeks.FULL),
    )
    given.out.write_text(json.dumps({"about": about, "data": rows}) + "\n")


if __name__ == "__main__":
    main()
