"""What the stopping rule of the paper's recipe does to a comparison: the recipe stopped, and the same runs run on.

    python benchmarks/stopping_study.py [--minutes 60] [--work build/stopping_study]
                                        [--out ktlib/studies/stored/results/stopping.json]

The recipe is `irt.recipe`, which is the released code's, held to Pyro's own steps by `tests/test_recipe.py`. Logs:
simulated ones whose truth is the two-parameter model, of 100,000 answers to the paper's 8.6 million, and the two real
ones, dealt as in `exam_study.py`. A larger log has more students; the 3,600 questions, 33 answers a student and 0.92%
of all pairs are the paper's at every size. Of every run: the step at which the rule stops it, scores there and at fixed
steps up to the last, and the losses, thinned. `--work` keeps every run, so that a study that was cut short goes on
where it stopped; no run is begun after `--minutes`. About half an hour.
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

from ktlib.data import datasets  # noqa: E402
from ktlib.data.exams import exam  # noqa: E402
from ktlib.forecast.scores import score  # noqa: E402
from ktlib.irt import recipe  # noqa: E402
from ktlib.studies.stopping import FLAT, LOOSE, MODELS, one_run  # noqa: E402

SEED, FRACTIONS = 2021, (0.8, 0.1, 0.1)
SIZES = {"100K": 100_000, "860K": 860_000, "2.6M": 2_600_000, "8.6M": 8_600_000}
REAL = {"eedi": datasets.eedi, "timss": datasets.timss2007}
STEPS = {"100K": 600, "860K": 400, "2.6M": 400, "8.6M": 300, "eedi": 600, "timss": 600}  # run on to
RUNS = {"100K": 5, "eedi": 5, "timss": 5, "860K": 3, "2.6M": 2, "8.6M": 1}
CHECK = (25, 50, 75, 100, 150, 200, 300, 400, 500, 600)  # score here too


def parts(log, run):
    """Training and test part of one run, and what is to be told of its log; the truth's AUC is on the test part."""
    made = REAL[log]() if log in REAL else exam(answers=SIZES[log], rng=SEED + run, **FLAT)
    train, _, test = made.responses.split_answers(FRACTIONS, rng=SEED + run, seen=True)
    told = {"answers": len(made.responses), "students": len(train.students), "items": len(train.items)}
    told |= {"n_train": len(train), "n_test": len(test), "run": run, "truth_auc": None}
    if log in SIZES:
        found = score(test.correct, made.truth.predict(test.student, test.item), metrics=("auc",))
        told["truth_auc"] = found.metrics["auc"].value
    return train, test, told


def rounded(value):
    """Numbers with six digits, losses with nine: more than any figure shows, and enough for the rule."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.9g}" if abs(value) > 1000 else f"{value:.6g}") if isinstance(value, float) else value


def gather(work, out) -> None:
    """All kept runs in one file; one that was cut short counts once the rule has stopped both models."""
    logs = {}
    for name in (*SIZES, *REAL):
        kept = [json.loads(path.read_text()) for path in work.glob(f"{name}-*.json")]
        kept = [k for k in kept if all(k["models"].get(m, {}).get("stop") for m in MODELS)]  # those that got so far
        if kept:
            kept.sort(key=lambda k: k["run"])
            logs[name] = {k: kept[0][k] for k in ("answers", "students", "items", "n_train", "n_test")}
            logs[name]["runs"] = [{k: one[k] for k in ("run", "truth_auc", "models")} for one in kept]
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
        fractions=FRACTIONS,
        rate=recipe.RATE,
        threshold=recipe.THRESHOLD,
        loose_threshold=LOOSE,
        losses_kept="the first, then every 10th",
    )
    out.write_text(json.dumps(rounded({"about": about, "logs": logs})) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--logs", nargs="+", default=list(RUNS), choices=list(RUNS))
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "stopping_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "stopping.json")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = [(run, log) for run in range(max(RUNS.values())) for log in given.logs if run < RUNS[log]]
    for run, log in plan:
        path = given.work / f"{log}-{run}.json"
        kept = json.loads(path.read_text()) if path.exists() else {"models": {}}
        missing = [m for m in MODELS if kept["models"].get(m, {"steps": 0})["steps"] < STEPS[log]]
        if missing and time.monotonic() - began > 60 * given.minutes:
            print("time is up before", log, run)
            break
        if missing:
            train, test, told = parts(log, run)
            kept |= told
        for model in missing:

            def keep(row, model=model, kept=kept, path=path):
                kept["models"][model] = row
                path.write_text(json.dumps(kept))

            since = time.monotonic()
            told = {"seed": SEED + run, "steps": STEPS[log], "check": CHECK, "keep": keep}
            row = one_run(train, test, MODELS[model], **told)
            stop, end = (row["at"].get(str(row[when]), {}).get("auc") for when in ("stop", "steps"))
            said = f"stops at {row['stop']}, AUC {stop}; at {row['steps']} {end}"
            print(f"{log} {run} {model}: {said}; {time.monotonic() - since:.0f} s", flush=True)
        gather(given.work, given.out)
    gather(given.work, given.out)


if __name__ == "__main__":
    main()
