"""How long does a log of millions of answers take to fit, and in how much memory? Simulated logs like the paper's.

    python benchmarks/scale.py [--answers 1e6 3e6 1e7] [--model 2pl factor] [--factors 5] [--rule paper safe]
                               [--out ktlib/studies/stored/results/scale.json]

One row for each size, model and rule, every fit in a process of its own; rows that the file has already are made anew,
others stay. The logs are those of `designs.homework` (88e6 answers: 162,000 students, 334,000 questions), 2 % of the
answers, at most 500,000, held out; they are kept under `build/scale`. The results:

    rows[i]   answers, students, items, model, factors, rule; seconds (wall clock, from a `Responses` in memory to the
              posterior, compiled code already on disk), cpu_seconds, sweeps, converged, elbo_per_answer; spreads (what
              they are, and what calibrating added to the seconds); auc and log_loss on the answers held out; peak_gb of
              the fit's process, which reads the log too; load_before, the machine's load average

rule "paper" stops as section 6 of Shi & Athey (2021) does, "safe" at convergence. On a machine with other work compare
cpu_seconds with those of a quiet one.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.data.responses import Responses  # noqa: E402
from ktlib.forecast import scores  # noqa: E402
from ktlib.irt import ascent  # noqa: E402

ROOT = Path(__file__).parents[1]
OUT = ROOT / "ktlib" / "studies" / "stored" / "results" / "scale.json"
WORK = ROOT / "build" / "scale"
SEED, SHARE, MOST = 11, 0.02, 500_000
PARTS = ("student", "item", "correct")


def made(answers: int) -> Path:
    """The folder of a simulated log: its columns, the answers held out, and how many students and items there are."""
    folder = WORK / str(answers)
    if (folder / "sizes.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    log = designs.homework(answers=answers, rng=SEED).responses
    held = np.random.default_rng(SEED).random(answers) < min(SHARE, MOST / answers)
    for name in PARTS:
        column = getattr(log, name)
        np.save(folder / f"{name}.npy", column[~held])
        np.save(folder / f"held_{name}.npy", column[held])
    (folder / "sizes.json").write_text(json.dumps([len(log.students), len(log.items)]))
    return folder


def read(folder: Path, held: str = "") -> Responses:
    """The log that is fitted, or the answers held out."""
    students, items = json.loads((folder / "sizes.json").read_text())
    columns = (np.load(folder / f"{held}{name}.npy") for name in PARTS)
    return Responses(*columns, range(students), range(items))


def row(answers: int, model: str, factors: int, rule: str) -> dict:
    """One fit, timed and judged."""
    folder, load = WORK / str(answers), os.getloadavg()[0]
    small = designs.dense(rng=0).responses
    kind = {"model": "two-parameter"} if model == "2pl" else {"model": "factorization", "factors": factors, "rng": SEED}
    ascent.fit(small, **kind)  # compiles what is not on disk yet
    log = read(folder)
    wall, work = time.perf_counter(), time.process_time()
    fit = ascent.fit(log, rule=rule, calibrate=False, **kind)
    wall, work = time.perf_counter() - wall, time.process_time() - work
    found = {
        "answers": len(log),
        "students": len(log.students),
        "items": len(log.items),
        "model": model,
        "factors": factors if model == "factor" else None,
        "rule": rule,
        "seconds": wall,
        "cpu_seconds": work,
        "sweeps": len(fit.trace) - 1,
        "converged": bool(fit.converged),
        "elbo_per_answer": fit.elbo / len(log),
    }
    if model == "2pl":
        from ktlib.irt._calibration import with_spreads

        started = time.perf_counter()
        _, words = with_spreads(fit.posterior, log, fit.priors)
        found |= {"spreads": words, "spreads_seconds": time.perf_counter() - started}
    held = read(folder, "held_")
    judged = scores.score(held.correct, fit.predict(held.student, held.item), metrics=("auc", "log_loss"))
    found |= {"held_out": judged.n} | {name: metric.value for name, metric in judged.metrics.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return found | {"peak_gb": peak, "load_before": load}


def rounded(value):
    """Four significant digits, six of what is compared."""
    if isinstance(value, dict):
        digits = {"auc": 6, "log_loss": 6, "elbo_per_answer": 6}
        return {k: float(f"{v:.{digits.get(k, 4)}g}") if isinstance(v, float) else rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def key(found: dict) -> tuple:
    return found["asked"], found["model"], found["factors"], found["rule"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", nargs="+", type=float, default=[1e6, 3e6, 1e7])
    parser.add_argument("--model", nargs="+", default=["2pl", "factor"], choices=["2pl", "factor"])
    parser.add_argument("--factors", nargs="+", type=int, default=[5])
    parser.add_argument("--rule", nargs="+", default=["paper"], choices=["paper", "safe"])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--one", action="store_true", help="one row, printed")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(row(int(given.answers[0]), given.model[0], given.factors[0], given.rule[0])))
        return
    rows = json.loads(given.out.read_text())["rows"] if given.out.exists() else []
    for answers in map(int, given.answers):
        make = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import scale; scale.made({answers})"
        subprocess.run([sys.executable, "-c", make], check=True)
        for model in given.model:
            for factors in given.factors if model == "factor" else [0]:
                for rule in given.rule:
                    asked = {"--answers": answers, "--model": model, "--factors": factors, "--rule": rule}
                    command = [sys.executable, __file__, "--one", *(str(v) for pair in asked.items() for v in pair)]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                    found = {"asked": answers} | json.loads(done)
                    rows = [other for other in rows if key(other) != key(found)] + [found]
                    rows.sort(key=lambda r: (r["asked"], r["model"], r["factors"] or 0, r["rule"]))
                    about = provenance("numpy", "scipy", "numba", seed=SEED, share_held_out=SHARE, most_held_out=MOST)
                    given.out.write_text(json.dumps(rounded({"about": about, "rows": rows}), indent=1) + "\n")
                    print(json.dumps(rounded(found)), flush=True)


if __name__ == "__main__":
    main()
