"""Which model predicts exams best, overall and where data is thin: repeated splits, many models, four data sets.

    python benchmarks/exam_study.py [--data simulated flat eedi timss] [--work build/exam_study]
                                    [--out ktlib/studies/stored/results/exams.json]

80/10/10 at the level of answers, every student and item seen in training. Each model is fitted to the training part
alone. `--work` keeps every forecast, so that a run that was cut short goes on where it stopped; the results hold
figures only. An hour on two cores.
"""

import argparse
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402
from scipy import sparse  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from ktlib.data import datasets  # noqa: E402
from ktlib.data.exams import exam  # noqa: E402
from ktlib.forecast.scores import METRICS, by_group, compare, over_splits, score  # noqa: E402
from ktlib.irt import ascent  # noqa: E402
from ktlib.studies.exams import ALL, settings  # noqa: E402

SEED, FRACTIONS, TOL = 2021, (0.8, 0.1, 0.1), 1e-5  # TOL: nats an answer that a last sweep may still gain
DATA = {
    "simulated": lambda: exam(rng=SEED),
    "flat": lambda: exam(rng=SEED, by_label=0, by_skill=0, idiosyncratic=0),
    "eedi": datasets.eedi,
    "timss": datasets.timss2007,
}
SPLITS = {"simulated": 4, "flat": 4, "eedi": 10, "timss": 10}
LAYOUTS = ("apart", ALL)  # the paper's first, and ours; its second is in exam_factors.py
C = (0.03, 0.1, 0.3, 1.0, 3.0)  # of the logistic regression, chosen on the first split's validation part
THIN, RARE = 20, 0.01  # training answers of a thin item; share of the training answers of a rare label, at most


def shares(train, test) -> np.ndarray:
    """The item's share of right answers in training, with one answer's worth of the average added."""
    asked, right = (np.bincount(train.item, w, len(train.items)) for w in (None, train.correct))
    return ((right + train.correct.mean()) / (asked + 1))[test.item]


def columns(part, attributes) -> sparse.csr_matrix:
    """One-hot student and item, and the item's attributes."""
    n, one = np.arange(len(part)), np.ones(len(part))
    hot = [
        sparse.csr_matrix((one, (n, code)), shape=(len(part), len(names)))
        for code, names in ((part.student, part.students), (part.item, part.items))
    ]
    return sparse.hstack([*hot, sparse.csr_matrix(attributes)[part.item]], format="csr")


def regression(data, train, c):
    """Logistic regression on student, item and attributes: what a peer would run."""
    return LogisticRegression(C=c, max_iter=300, tol=1e-3).fit(columns(train, data.attributes), train.correct)


def choose(data, train, valid) -> float:
    """The regression's C with the least log loss on the validation part."""
    loss = {}
    for c in C:
        p = regression(data, train, c).predict_proba(columns(valid, data.attributes))[:, 1]
        loss[c] = score(valid.correct, p, metrics=("log_loss",)).metrics["log_loss"].value
    return min(loss, key=loss.get)


def forecasts(name, data, split, folder, tasks=None) -> None:
    """Fit every model to one split's training part and keep its forecasts, unless they are kept already.

    tasks: models and what `ascent.fit` is told; by default all of this study.
    """
    train, valid, _ = parts = data.responses.split_answers(FRACTIONS, rng=SEED + split, seen=True)
    tasks = tasks or {"item mean": None, "regression": None} | settings(data)
    for model, options in tasks.items():
        path = folder / f"{name}-{split}-{model.replace(' ', '')}.npz"
        if path.exists():
            continue
        began, sweeps, c = time.perf_counter(), 0, 0.0
        if model == "item mean":
            found = [shares(train, part) for part in parts]
        elif model == "regression":
            chosen = folder / f"{name}-c.json"
            if not chosen.exists():
                chosen.write_text(json.dumps(choose(data, train, valid)))
            c = json.loads(chosen.read_text())
            fitted = regression(data, train, c)
            found = [fitted.predict_proba(columns(part, data.attributes))[:, 1] for part in parts]
        else:
            fit = ascent.fit(train, tol=TOL * len(train), rng=SEED + split, **options)
            sweeps = len(fit.trace)
            if not fit.converged:
                raise RuntimeError(f"{name}, split {split}, {model}: {fit.reason}")
        seconds = time.perf_counter() - began
        if sweeps:
            found = [fit.posterior.predict(part.student, part.item) for part in parts]
        keep = {part: p.astype(np.float32) for part, p in zip(("train", "valid", "test"), found, strict=True)}
        np.savez_compressed(path, **keep, seconds=seconds, sweeps=sweeps, c=c)
        print(f"{name} split {split} {model}: {seconds:.1f} s, {sweeps} sweeps", flush=True)


def over(found, n_train, n_test) -> dict:
    """Mean over the splits that have the value, with its interval."""
    found = [v for v in found if np.isfinite(v)]
    if len(found) < 2:
        return {"mean": found[0] if found else None, "splits": len(found)}
    made = over_splits(found, n_train, n_test)
    low, high = made.interval()
    return {"mean": made.value, "low": low, "high": high, "above": made.above, "splits": len(found)}


def summary(name, data, splits, folder) -> dict:
    """Every figure that the chapters draw: means over the splits, with intervals."""
    models = ["item mean", "regression", *settings(data)]
    pairs = [("K = 5", "2PL"), ("K = 3", "2PL")]
    pairs += [(f"K = {k}, {layout}", f"K = {k}") for k in (3, 5) for layout in LAYOUTS]
    pairs += [("best", "2PL"), ("best", "regression"), ("attributes", "best")]
    values, chosen, differences, labels = {}, [], {}, {}
    for split in range(splits):
        parts = dict(
            zip(
                ("train", "valid", "test"),
                data.responses.split_answers(FRACTIONS, rng=SEED + split, seen=True),
                strict=True,
            )
        )
        kept = {m: np.load(folder / f"{name}-{split}-{m.replace(' ', '')}.npz") for m in models}
        p = {m: {part: kept[m][part].astype(float) for part in parts} for m in models}
        for model in models:
            for part, found in parts.items():
                made = score(found.correct, p[model][part])
                for metric in METRICS:
                    values.setdefault((model, part, metric), []).append(made.metrics[metric].value)
            for key in ("seconds", "sweeps"):
                values.setdefault((model, key), []).append(float(kept[model][key]))
        loss = {m: values[m, "valid", "log_loss"][-1] for m in models}
        best = min((m for m in models if m.startswith("K") and m.count(",") == 0), key=loss.get)
        with_attributes = min((m for m in models if any(m.endswith(x) for x in LAYOUTS)), key=loss.get)
        chosen.append({"best": best, "attributes": with_attributes})
        test, train = parts["test"], parts["train"]
        asked = np.bincount(train.item, minlength=len(train.items))
        share = np.bincount(data.label[train.item], minlength=len(data.labels)) / len(train)
        places = {
            "all": np.ones(len(test), dtype=bool),
            "rare": (share <= RARE)[data.label[test.item]],
            "thin": (asked < THIN)[test.item],
        }
        for a, b in pairs:
            one, two = (p[chosen[-1].get(m, m)]["test"] for m in (a, b))
            for place, here in places.items():
                for metric in ("auc", "log_loss"):
                    if here.sum() > 50:
                        found = compare(test.correct[here], one[here], two[here], metric)
                        row = differences.setdefault((f"{a} - {b}", place, metric), {"n": [], "value": [], "se": []})
                        for key, value in (("n", int(here.sum())), ("value", found.value), ("se", found.se)):
                            row[key].append(value)
        for model in ("item mean", "regression", "2PL", "K = 3", "K = 3, all to all", "K = 5", "K = 5, all to all"):
            table = by_group(test.correct, p[model]["test"], data.label[test.item], data.labels)
            for label, row in table.iterrows():
                into = labels.setdefault(label, {"n": []}).setdefault(model, {m: [] for m in METRICS})
                for metric in METRICS:
                    into[metric].append(row[metric])
            if model == "2PL":
                for label, row in table.iterrows():
                    labels[label]["n"].append(int(row["n"]))
    n_test = len(parts["test"])
    mean = partial(over, n_train=len(parts["train"]), n_test=n_test)
    return {
        "splits": splits,
        "answers": len(data.responses),
        "students": len(data.responses.students),
        "items": len(data.responses.items),
        "n_test": n_test,
        "models": {
            model: {part: {m: mean(values[model, part, m]) for m in METRICS} for part in ("train", "valid", "test")}
            | {key: float(np.median(values[model, key])) for key in ("seconds", "sweeps")}
            for model in models
        },
        "chosen": chosen,
        "differences": [
            {"what": what, "where": where, "metric": metric, "n": int(np.median(d["n"]))}
            | mean(d["value"])
            | {"by_split": d["value"], "se": float(np.median(d["se"]))}
            for (what, where, metric), d in differences.items()
        ],
        "labels": [
            {
                "label": label,
                "answers": int((data.label[data.responses.item] == k).sum()),
                "items": int((data.label == k).sum()),
                "n_test": float(np.mean(labels[label]["n"])),
                "models": {
                    model: {metric: mean(found[metric]) for metric in METRICS}
                    for model, found in labels[label].items()
                    if model != "n"
                },
            }
            for k, label in enumerate(data.labels)
        ],
    }


def rounded(value):
    """Numbers with six digits: more than any figure shows."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=list(DATA))
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "exam_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "exams.json")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    data = {name: DATA[name]() for name in given.data}
    for split in range(max(SPLITS.values())):
        for name in given.data:
            if split < SPLITS[name]:
                forecasts(name, data[name], split, given.work)
    results = {name: summary(name, data[name], SPLITS[name], given.work) for name in given.data}
    about = provenance(
        "numpy",
        "scipy",
        "scikit-learn",
        seed=SEED,
        fractions=FRACTIONS,
        tol_per_answer=TOL,
        thin_below=THIN,
        rare_share=RARE,
        regression_c={name: json.loads((given.work / f"{name}-c.json").read_text()) for name in given.data},
    )
    given.out.write_text(json.dumps(rounded({"about": about, "data": results})) + "\n")


if __name__ == "__main__":
    main()
