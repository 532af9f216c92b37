"""How long does a log of millions of answers take to fit, and in how much memory? Simulated logs like the paper's.

    python benchmarks/scale.py [--answers 1e6 3e6 1e7] [--model 2pl factor] [--factors 3 5 10 20] [--rule paper safe]
                               [--share 0.02] [--out ktlib/studies/stored/results/scale.json]

One row for each size, model and rule, every fit in a process of its own; rows that the file has already are made anew,
others stay. The logs are those of `designs.homework` (88e6 answers: 162,000 students, 334,000 questions), a `share` of
the answers, by default 2 % and at most 500,000, held out; they are kept under `build/scale`. The results:

    rows[i]   answers, students, items, model, factors, rule, share; seconds (wall clock, from a `Responses` in memory
              to the posterior, compiled code already on disk), cpu_seconds, sweeps, converged, elbo_per_answer;
              curve, the seconds since the start and the ELBO an answer after each sweep; spreads (what they are, and
              what calibrating added to the seconds) and by_answers, how well questions are known by their number of
              answers (2PL); auc and log_loss on the answers held out; peak_gb of the fit's process, which reads the log
              too; cores of the machine; load_before, its load average; date

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
from datetime import UTC, datetime
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.data.responses import Responses  # noqa: E402
from ktlib.forecast import scores  # noqa: E402
from ktlib.studies.scale import by_answers, timed  # noqa: E402

ROOT = Path(__file__).parents[1]
OUT = ROOT / "ktlib" / "studies" / "stored" / "results" / "scale.json"
WORK = ROOT / "build" / "scale"
SEED, SHARE, MOST = 11, 0.02, 500_000
PARTS = ("student", "item", "correct")


def place(answers: int, share: float) -> Path:
    """Where a simulated log lies."""
    return WORK / (str(answers) if share == SHARE else f"{answers}-{share:g}")


def made(answers: int, share: float) -> Path:
    """The folder of a simulated log: its columns, the answers held out, and how many students and items there are."""
    folder = place(answers, share)
    if (folder / "sizes.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    log = designs.homework(answers=answers, rng=SEED).responses
    held = np.random.default_rng(SEED).random(answers) < min(share, MOST / answers)
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


def row(answers: int, model: str, factors: int, rule: str, share: float) -> dict:
    """One fit, timed and judged."""
    folder, load = place(answers, share), os.getloadavg()[0]
    chosen = {"model": model, "factors": factors if model == "factor" else None, "rule": rule, "seed": SEED}
    timed(designs.dense(rng=0).responses, **chosen)  # compiles what is not on disk yet
    log = read(folder)
    done = timed(log, **chosen)
    fit = done.fit
    found = {
        "answers": len(log),
        "students": len(log.students),
        "items": len(log.items),
        "model": model,
        "factors": chosen["factors"],
        "rule": rule,
        "share": share,
        "seconds": done.seconds,
        "cpu_seconds": done.cpu_seconds,
        "sweeps": len(fit.trace) - 1,
        "converged": bool(fit.converged),
        "elbo_per_answer": fit.elbo / len(log),
        "curve": done.curve.tolist(),
    }
    if model == "2pl":
        from ktlib.irt._calibration import with_spreads

        started = time.perf_counter()
        posterior, words = with_spreads(fit.posterior, log, fit.priors)
        found |= {"spreads": words, "spreads_seconds": time.perf_counter() - started}
        found["by_answers"] = by_answers(posterior, log)
    held = read(folder, "held_")
    judged = scores.score(held.correct, fit.predict(held.student, held.item), metrics=("auc", "log_loss"))
    found |= {"held_out": judged.n} | {name: metric.value for name, metric in judged.metrics.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    about = {"cores": os.cpu_count(), "load_before": load, "date": datetime.now(UTC).date().isoformat()}
    return found | {"peak_gb": peak} | about


def rounded(value, digits: int = 4):
    """Four significant digits, six of what is compared."""
    if isinstance(value, dict):
        return {
            k: rounded(v, 6 if k in ("auc", "log_loss", "elbo_per_answer", "curve") else 4) for k, v in value.items()
        }
    if isinstance(value, list):
        return [rounded(v, digits) for v in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def key(found: dict) -> tuple:
    return found["asked"], found["model"], found["factors"], found["rule"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", nargs="+", type=float, default=[1e6, 3e6, 1e7])
    parser.add_argument("--model", nargs="+", default=["2pl", "factor"], choices=["2pl", "factor"])
    parser.add_argument("--factors", nargs="+", type=int, default=[5])
    parser.add_argument("--rule", nargs="+", default=["paper"], choices=["paper", "safe"])
    parser.add_argument("--share", type=float, default=SHARE, help="of the answers, held out")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--one", action="store_true", help="one row, printed")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(row(int(given.answers[0]), given.model[0], given.factors[0], given.rule[0], given.share)))
        return
    rows = json.loads(given.out.read_text())["rows"] if given.out.exists() else []
    for answers in map(int, given.answers):
        make = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import scale; "
        make += f"scale.made({answers}, {given.share})"
        subprocess.run([sys.executable, "-c", make], check=True)
        for model in given.model:
            for factors in given.factors if model == "factor" else [0]:
                for rule in given.rule:
                    asked = {"--answers": answers, "--model": model, "--factors": factors, "--rule": rule}
                    asked["--share"] = given.share
                    command = [sys.executable, __file__, "--one", *(str(v) for pair in asked.items() for v in pair)]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                    found = {"asked": answers} | json.loads(done)
                    rows = [other for other in rows if key(other) != key(found)] + [found]
                    rows.sort(key=lambda r: (r["asked"], r["model"], r["factors"] or 0, r["rule"]))
                    about = provenance("numpy", "scipy", "numba", seed=SEED, most_held_out=MOST)
                    given.out.write_text(json.dumps(rounded({"about": about, "rows": rows}), indent=1) + "\n")
                    print(json.dumps(rounded(found)), flush=True)


if __name__ == "__main__":
    main()
