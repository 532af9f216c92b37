"""What the stopping rule of the paper's recipe does to a comparison: the recipe stopped, and the same runs run on.

    python benchmarks/stopping_study.py [--minutes 60] [--work build/stopping_study]
                                        [--out ktlib/stored/results/stopping.json]

The recipe is `ktlib.recipe`, which is the released code's, held to Pyro's own steps by `tests/test_recipe.py`. Logs:
simulated ones whose truth is the two-parameter model, of 100,000 answers to the paper's 8.6 million, and the two real
ones, dealt as in `exam_study.py`. A larger log has more students; the 3,600 questions, 33 answers a student and 0.92%
of all pairs are the paper's at every size. Of every run: the step at which the rule stops it, scores there and at fixed
steps up to the last, and the losses, thinned. `--work` keeps every run, so that a study that was cut short goes on
where it stopped; no run is begun after `--minutes`.
"""

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ktlib import datasets, recipe  # noqa: E402
from ktlib.exams import exam  # noqa: E402
from ktlib.prediction import compare, score  # noqa: E402

SEED, FRACTIONS = 2021, (0.8, 0.1, 0.1)
FLAT = {"by_label": 0, "by_skill": 0, "idiosyncratic": 0}  # the two-parameter model, exactly
SIZES = {"100K": 100_000, "860K": 860_000, "2.6M": 2_600_000, "8.6M": 8_600_000}
REAL = {"eedi": datasets.eedi, "timss": datasets.timss2007}
STEPS = {"100K": 1200, "860K": 400, "2.6M": 400, "8.6M": 300, "eedi": 1200, "timss": 1200}  # run on to
RUNS = {"100K": 5, "eedi": 5, "timss": 5, "860K": 3, "2.6M": 2, "8.6M": 2}
MODELS = {"2PL": None, "K = 5": 5}
CHECK = (25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1200)  # score here too
LOOSE = 0.001  # the threshold of §6, the code's default
EVERY = 10  # losses kept


def parts(log, run):
    """Training and test part of one run, and what is to be told of its log; the truth's AUC is on the test part."""
    made = REAL[log]() if log in REAL else exam(SEED + run, answers=SIZES[log], **FLAT)
    train, _, test = made.responses.split_answers(FRACTIONS, rng=SEED + run, seen=True)
    told = {"answers": len(made.responses), "students": len(train.students), "items": len(train.items)}
    told |= {"n_train": len(train), "n_test": len(test), "run": run, "truth_auc": None}
    if log in SIZES:
        found = score(test.correct, made.truth.predict(test.student, test.item), metrics=("auc",))
        told["truth_auc"] = found.metrics["auc"].value
    return train, test, told


def scores(test, p) -> dict:
    """AUC with its standard error, log loss and F1 of forecasts p."""
    made = score(test.correct, p).metrics
    return {"auc": made["auc"].value, "se": made["auc"].se} | {m: made[m].value for m in ("log_loss", "f1")}


def one_run(log, model, train, test, seed, keep, base):
    """The recipe to its last step. `keep(row)` is told at every score, so that a long run may be cut short.

    base: forecasts to compare with at the stop and at the last step, or None. Returns the row and both forecasts.
    """
    run = recipe.Recipe(train, MODELS[model], rng=seed)
    row, forecasts = {"model": model, "seed": seed, "stop": None, "loose": None, "at": {}}, {}
    for step in range(1, STEPS[log] + 1):
        run.step()
        stops = row["stop"] is None and run.settled()
        loose = row["loose"] is None and run.settled(LOOSE)
        last = step == STEPS[log]
        if stops or loose or last or step in CHECK:
            p = run.predict(test.student, test.item)
            row["at"][step] = scores(test, p)
            if loose:
                row["loose"] = step
            if stops:
                row["stop"], row["stop_losses"] = step, run.losses[:2] + run.losses[-recipe.LOOK :]
            for when in ["stop"] * stops + ["end"] * last:
                forecasts[when] = p
                if base and when in base:
                    found = compare(test.correct, p, base[when], "auc")
                    row[f"lead_{when}"] = {"auc": found.value, "se": found.se}
            row["steps"], row["losses"] = step, [run.losses[0], *run.losses[EVERY - 1 :: EVERY]]
            keep(row)
    return forecasts


def rounded(value):
    """Numbers with six digits, losses with nine: more than any figure shows, and enough for the rule."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.9g}" if abs(value) > 1000 else f"{value:.6g}") if isinstance(value, float) else value


def gather(work, out) -> None:
    """All kept runs in one file."""
    logs = {}
    for name in (*SIZES, *REAL):
        kept = [json.loads(path.read_text()) for path in work.glob(f"{name}-*.json")]
        if kept:
            kept.sort(key=lambda k: k["run"])
            logs[name] = {k: kept[0][k] for k in ("answers", "students", "items", "n_train", "n_test")}
            logs[name]["runs"] = [{k: one[k] for k in ("run", "truth_auc", "models")} for one in kept]
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "fractions": FRACTIONS,
        "rate": recipe.RATE,
        "threshold": recipe.THRESHOLD,
        "loose_threshold": LOOSE,
        "losses_kept": f"the first, then every {EVERY}th",
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("numpy", "scipy")},
    }
    out.write_text(json.dumps(rounded({"about": about, "logs": logs})) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--logs", nargs="+", default=list(RUNS), choices=list(RUNS))
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "stopping_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib" / "stored" / "results" / "stopping.json")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = [(run, log) for run in range(max(RUNS.values())) for log in given.logs if run < RUNS[log]]
    for run, log in plan:
        path = given.work / f"{log}-{run}.json"
        kept = json.loads(path.read_text()) if path.exists() else None
        if kept and kept.get("done"):
            continue
        if time.monotonic() - began > 60 * given.minutes:
            print("time is up before", log, run)
            break
        train, test, told = parts(log, run)
        kept = told | {"models": {}, "done": False}
        base = None
        for model in MODELS:

            def keep(row, model=model, kept=kept, path=path):
                kept["models"][model] = row
                path.write_text(json.dumps(kept))

            since = time.monotonic()
            found = one_run(log, model, train, test, SEED + run, keep, base)
            base = base or found
            row = kept["models"][model]
            at = row["at"]
            stop = at.get(row["stop"], {}).get("auc")
            stops = f"stops at {row['stop']}, AUC {stop}; at {row['steps']} {at[row['steps']]['auc']}"
            print(f"{log} {run} {model}: {stops}; {time.monotonic() - since:.0f} s", flush=True)
        kept["done"] = True
        path.write_text(json.dumps(kept))
        gather(given.work, given.out)
    gather(given.work, given.out)


if __name__ == "__main__":
    main()
