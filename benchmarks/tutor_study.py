"""Next-answer forecasts on a real tutor's log: every model, one protocol, and how many students each of them needs.

    python benchmarks/tutor_study.py [--work build/tutor] [--out ktlib/studies/stored/results/tutor.json]

ASSISTments 2009-2010 (`datasets.assist2009`), the source's split by student. A model is fitted to the training
students and forecasts each answer of the test students from that student's earlier answers. Its settings are chosen on
a fifth of the training students; nothing is tuned on the test students. Then the same models, with these settings, are
fitted to nested random subsets of the training students.

Each model works in processes of its own, one thread, one at a time. What a process has done stays in the work folder:
a study that was cut off goes on from there, and forecasts can be scored again; delete the folder to start afresh.
About 15 minutes.
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SEED = 2024
SUBSETS = {25: 5, 50: 5, 100: 5, 200: 5, 400: 3, 800: 2, 1600: 2}  # students: how many random subsets
MODELS = {
    "skill mean": {"strength": [2, 10, 50]},
    "item mean": {"strength": [2, 5, 10, 20]},
    "Rasch": {"item_sd": [0.7, 1.0, 1.4]},
    "PFA": {"strength": [1.0, 10.0, 30.0], "logs": [False]},
    "PFA, log counts": {"strength": [0.1, 1.0, 10.0], "logs": [True]},
    "best logistic": {"strength": [1.0, 2.0, 4.0]},
    "BKT": {"several": ["mean", "geometric mean", "a skill of its own"]},
    "BKT, learned prior": {"several": ["mean", "geometric mean", "a skill of its own"]},
    "DKT": {"hidden": [32, 64, 128], "dropout": [0.5], "learning_rate": [0.002, 0.005]},
    "DKT, skills and items": {"hidden": [64], "dropout": [0.5], "learning_rate": [0.0005, 0.001]},
}
CURVES = [name for name in MODELS if name != "DKT, skills and items"]
NOTES = {
    "skill mean": "share right of each skill, the mean over an item's skills; the same for every student",
    "item mean": "share right of each item; the same for every student",
    "Rasch": "one ability a student, its posterior given the earlier answers; marginal MAP difficulties",
    "PFA": "logistic regression on each skill's earlier right and wrong answers (Pavlik, Cen & Koedinger 2009)",
    "PFA, log counts": "the same on log(1 + count)",
    "best logistic": "PFA on log counts, with items and with all earlier answers (Gervet et al. 2020)",
    "BKT": "each skill by itself by maximum likelihood; a skill not seen in training is forecast by the overall share",
    "BKT, learned prior": "each skill under a logit-normal prior learned from all; a new skill is the typical one",
    "DKT": "LSTM on skills (Piech et al. 2015), early stopping on a fifth of its students, then trained on all",
    "DKT, skills and items": "the same, each item also being a skill of its own",
}
PUBLISHED = {"IRT": 0.69, "PFA": 0.72, "best logistic regression": 0.77, "DKT": 0.75, "SAKT": 0.75}
DIFFERENCES = {
    "IRT": "the source's IRT is a logistic regression on items alone, so it knows nothing of a new student, as our "
    "item mean; our Rasch model follows ability as the answers come in",
    "PFA": "the source takes log(1 + count), as our 'PFA, log counts'; the paper takes counts as they are",
    "best logistic regression": "the source adds counts of earlier answers on the same item",
    "DKT": "the source takes each set of skills as one skill; here a set is the mean of its skills",
}


# One model, in a process of its own.


@cache
def logs():
    """Training log, test log, skills of items."""
    from ktlib.data import datasets

    return datasets.assist2009("train"), datasets.assist2009("test"), datasets.assist2009_skills()


def details_of(model) -> dict:
    """How many skills a `tutor_log.Tracing` has fitted, and how they are flagged."""
    flags = pd.Series([flag for flags in model.fits.flags for flag in set(flags)], dtype=object)
    return {
        "skills": len(model.fits.names),
        "flagged": sum(map(bool, model.fits.flags)),
        "flags": flags.value_counts().to_dict(),
        "converged": int(model.fits.converged.sum()),
    }


def fit(name: str, train: pd.DataFrame, settings: dict, seed: int):
    links = logs()[2]
    if name.startswith("BKT"):
        from ktlib.studies import tutor_log

        prior = "learned" if name == "BKT, learned prior" else None
        return tutor_log.fit(train, links, prior=prior, **settings)
    if name.startswith("DKT"):
        from ktlib.forecast import dkt

        if name == "DKT, skills and items":
            own = pd.DataFrame({"item": links["item"].unique()})
            links = pd.concat([links, own.assign(skill=own["item"] + 1 + links["skill"].max())], ignore_index=True)
        return dkt.fit(train, links, rng=seed, **settings)
    from ktlib.forecast import baselines

    if name == "Rasch":
        return baselines.fit_rasch(train, **settings)
    fits = {
        "skill mean": baselines.fit_skill_mean,
        "item mean": baselines.fit_item_mean,
        "PFA": baselines.fit_pfa,
        "PFA, log counts": baselines.fit_pfa,
        "best logistic": baselines.fit_best_logistic,
    }
    return fits[name](train, links, **settings)


def details(model) -> dict:
    """What the fit says about itself."""
    if hasattr(model, "fits"):
        return details_of(model)
    kept = ("converged", "ability_sd", "epochs", "stopped")
    found = {name: getattr(model, name) for name in kept if hasattr(model, name)}
    if hasattr(model, "trace"):
        found["validation_log_loss"] = model.trace.round(5).tolist()
        found["network_weights"] = sum(w.numel() for w in model.network.parameters())
    return found


def megabytes(line: str) -> float:
    """Memory of this process: VmRSS, now, or VmHWM, at its peak."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(rf"{line}:\s+(\d+)", status.read_text())[1]) / 1024
    unit = 2**20 if platform.system() == "Darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def tune(name: str, folder: Path) -> dict:
    """Mean log loss of a fifth of the training students under each setting, fitted to the others."""
    from ktlib.forecast.baselines import split_students

    train, validation = split_students(logs()[0], 0.8, rng=SEED)
    right, rows = validation["correct"].to_numpy(), []
    for values in product(*MODELS[name].values()):
        settings = dict(zip(MODELS[name], values, strict=True))
        began = time.perf_counter()
        p = fit(name, train, settings, SEED).predict(validation)
        loss = float(-np.log(np.where(right == 1, p, 1 - p)).mean())
        rows.append(settings | {"log_loss": loss, "seconds": time.perf_counter() - began})
    best = min(rows, key=lambda row: row["log_loss"])
    return {"settings": {key: best[key] for key in MODELS[name]}, "tried": rows}


def whole(name: str, folder: Path) -> dict:
    """Fit to all training students, forecast all test students; seconds (elapsed, and of the processor) and memory."""
    from ktlib.bkt import skills  # noqa: F401
    from ktlib.forecast import baselines  # noqa: F401

    if name.startswith("BKT"):
        import ktlib.studies.tutor_log
    elif name.startswith("DKT"):
        import ktlib.forecast.dkt  # noqa: F401
    elif name.startswith(("PFA", "best")):
        import sklearn.linear_model  # noqa: F401
    memory = {"after_imports": megabytes("VmRSS")}
    train, test, _ = logs()
    memory["after_reading"] = megabytes("VmRSS")
    settings = chosen(name, folder)
    began, busy = time.perf_counter(), time.process_time()
    model = fit(name, train, settings, SEED)
    fitted, busy = time.perf_counter(), time.process_time() - busy
    p = model.predict(test)
    done = time.perf_counter()
    memory["peak"] = megabytes("VmHWM")
    own = {}
    if name.startswith("BKT") and model.several != "a skill of its own":
        from ktlib.studies import tutor_log

        own = {"by_skill": model.predict_rows(tutor_log.by_skill(test, model.links))}
    np.savez_compressed(folder / f"whole {name}.npz", forecast=p, **own)
    seconds = {"fit": fitted - began, "fit_processor": busy, "forecast": done - fitted}
    return {"settings": settings, "seconds": seconds, "megabytes": memory, "details": details(model)}


def curve(name: str, folder: Path) -> dict:
    """Fit to nested subsets of the training students; the forecasts of the test students go to a file."""
    train, test, _ = logs()
    settings, forecasts, rows = chosen(name, folder), {}, []
    everyone = train["student"].unique()
    subsets = [(students, draw) for students, draws in SUBSETS.items() for draw in range(draws)]
    if name == "DKT":
        subsets.append((len(everyone), 1))  # a second seed; the first is in `whole`
    for students, draw in subsets:
        some = np.random.default_rng([SEED, draw]).permutation(everyone)[:students]
        part = train[train["student"].isin(some)]
        busy = time.process_time()
        model = fit(name, part, settings, SEED + draw)
        busy = time.process_time() - busy
        forecasts[f"{students} {draw}"] = model.predict(test)
        rows.append({"students": students, "draw": draw, "answers": len(part), "fit_processor_seconds": busy})
        rows[-1] |= {"epochs": model.epochs} if name == "DKT" else {}
    with np.load(folder / f"whole {name}.npz") as stored:
        forecasts[f"{len(everyone)} 0"] = stored["forecast"]
    all_of_them = {"students": len(everyone), "draw": 0, "answers": len(train)}
    stored = json.loads((folder / f"whole {name}.json").read_text())
    rows.append(all_of_them | {"fit_processor_seconds": stored["seconds"]["fit_processor"]})
    rows[-1] |= {"epochs": stored["details"]["epochs"]} if name == "DKT" else {}
    np.savez_compressed(folder / f"curve {name}.npz", **forecasts)
    return {"fits": rows}


JOBS = {"tune": tune, "whole": whole, "curve": curve}


def chosen(name: str, folder: Path) -> dict:
    return json.loads((folder / f"tune {name}.json").read_text())["settings"]


# The process that asks, and scores the forecasts.


def estimate(found) -> dict:
    low, high = found.interval()
    return {"value": found.value, "low": low, "high": high}


def score_whole(name: str, folder: Path, reference: np.ndarray) -> dict:
    from ktlib.forecast import scores
    from ktlib.studies import tutor_log

    _, test, links = logs()
    right, who = test["correct"].to_numpy(), test["student"].to_numpy()
    with np.load(folder / f"whole {name}.npz") as stored:
        p, own = stored["forecast"], stored["by_skill"] if "by_skill" in stored else None
    scored = scores.score(right, p, cluster=who, metrics=("auc", "log_loss", "brier"))
    calibrated = scores.calibration(right, p, bins=20, cluster=who)
    rows = tutor_log.by_skill(test, links)
    each = p[rows["answer"]] if own is None else own
    ways = scores.auc_by_skill(
        rows["correct"].to_numpy(), each, rows["skill"].to_numpy(), cluster=rows["student"].to_numpy()
    )
    against = {
        metric: estimate(scores.compare(right, p, reference, metric, cluster=who)) for metric in ("auc", "log_loss")
    }
    return {
        "metrics": {metric: estimate(scored.metrics[metric]) for metric in scored.metrics},
        "auc_of_answer_and_skill": ways.to_dict("index"),
        "minus_bkt_learned_prior": against,
        "calibration": {
            "bins": calibrated.bins.to_dict("records"),
            "error": calibrated.error,
            "slope": estimate(calibrated.slope),
            "intercept": estimate(calibrated.intercept),
        },
    }


def score_curve(folder: Path) -> tuple[list, dict]:
    """Metrics of each fit; and how far DKT is ahead of each other model, by the number of training students.

    ahead: above 0 where DKT is better. Its interval is by test students, for one draw; `draws` shows how it varies with
    the training students and DKT's seed.
    """
    from ktlib.forecast import scores

    test = logs()[1]
    right, who = test["correct"].to_numpy(), test["student"].to_numpy()
    forecasts, rows = {}, []
    for name in CURVES:
        fits = json.loads((folder / f"curve {name}.json").read_text())["fits"]
        with np.load(folder / f"curve {name}.npz") as stored:
            for row in fits:
                p = stored[f"{row['students']} {row['draw']}"]
                forecasts[name, row["students"], row["draw"]] = p
                found = scores.score(right, p, cluster=who, metrics=("auc", "log_loss")).metrics
                rows.append({"model": name} | row | {metric: estimate(found[metric]) for metric in found})
    of_dkt = pd.DataFrame([row for row in rows if row["model"] == "DKT"]).groupby("students")["draw"].agg(sorted)
    against = {}
    for other, (metric, sign) in product(CURVES[:-1], (("auc", 1), ("log_loss", -1))):
        ahead = []
        for students, draws in of_dkt.items():
            pairs = [  # on all students the other models have one fit for both seeds of DKT
                (forecasts["DKT", students, d], forecasts.get((other, students, d), forecasts[other, students, 0]))
                for d in draws
            ]
            found = [scores.compare(right, *pair[::sign], metric, cluster=who) for pair in pairs]
            each = [one.value for one in found]
            first = estimate(found[0])
            ahead.append({"students": students, "mean": float(np.mean(each)), "draws": each, "first_draw": first})
        better = [row["students"] for row in ahead if row["mean"] > 0]
        against.setdefault(other, {})[metric] = {"dkt_better_at": better, "ahead": ahead}
    return rows, against


def machine() -> dict:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = found[1]
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.system(), "threads": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "tutor")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "tutor.json")
    parser.add_argument("--job", nargs=2, metavar=("JOB", "MODEL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.work.resolve()
    if options.job:
        job, name = options.job
        result = JOBS[job](name, folder)
        (folder / f"{job} {name}.json").write_text(json.dumps(result), encoding="utf-8")
        return

    folder.mkdir(parents=True, exist_ok=True)
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    results = {}
    for job, name in product(JOBS, MODELS):
        if job == "curve" and name not in CURVES:
            continue
        stored = folder / f"{job} {name}.json"
        if not stored.exists():
            began = time.perf_counter()
            command = [sys.executable, str(Path(__file__).resolve()), "--work", str(folder), "--job", job, name]
            subprocess.run(command, env=os.environ | one_thread, check=True)
            print(f"{job} {name}: {time.perf_counter() - began:.0f} s", flush=True)
        results[job, name] = json.loads(stored.read_text())

    from ktlib.data import datasets

    train, test, links = logs()
    with np.load(folder / "whole BKT, learned prior.npz") as stored:
        reference = stored["forecast"]
    rows, against = score_curve(folder)
    report = {
        "what": "next-answer forecasts for the test students, each from that student's earlier answers only",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "machine": machine(),
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("numpy", "scipy", "pandas", "scikit-learn", "torch")},
        "data": {
            "name": "assist2009",
            "sha256": {name: file.sha256 for name, file in datasets.FILES.items() if name.startswith("assist2009")},
            "skills": int(links["skill"].nunique()),
        }
        | {
            part: {"students": int(log["student"].nunique()), "answers": len(log), "right": float(log.correct.mean())}
            for part, log in (("train", train), ("test", test))
        },
        "intervals": "95 %, by the test students as clusters; the fit is taken as it is",
        "published_auc": PUBLISHED,
        "why_ours_differ": DIFFERENCES,
        "models": {
            name: {"what": NOTES[name], "tuning": results["tune", name]}
            | results["whole", name]
            | score_whole(name, folder, reference)
            for name in MODELS
        },
        "learning_curve": {"draws": SUBSETS, "fits": rows, "dkt_against": against},
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for name, values in report["models"].items():
        auc, loss = values["metrics"]["auc"], values["metrics"]["log_loss"]
        print(
            f"{name:22} AUC {auc['value']:.4f} ({auc['low']:.4f} to {auc['high']:.4f}), log loss {loss['value']:.4f}, "
            f"{values['seconds']['fit']:.1f} s, {values['megabytes']['peak']:.0f} MB"
        )


if __name__ == "__main__":
    main()
