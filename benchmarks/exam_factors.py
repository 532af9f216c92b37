"""Do more factors help rare content areas, and the paper's two layouts of attributes? Paired, by area, AUC and F1.

    python benchmarks/exam_factors.py [--data simulated eedi timss] [--work build/exam_study]
                                      [--no-fit] [--out ktlib/studies/stored/results/exam_factors.json]

Splits, seeds, fits and the folder of kept forecasts are those of `exam_study.py`, so each pair is tested on the same
answers and a run that was cut short goes on. 2PL; K = 3, 5, 10, 20 with learned spreads, and with every prior N(0, 1)
("fixed": what Shi & Athey 2021, §3, write); K = 3 and 5 with attributes apart (their §7.3, length 2) and two each
(length 4), K of the question's own coordinates beside them.

The results, all on test answers, means over the splits with 95 % intervals (`mean`, `low`, `high`, `splits`; `above`:
in how many splits above 0):

    data[log]["models"][model][where][metric]     where: "all", "rare", "half", "thin"; metric: "auc", "f1", "log_loss"
    data[log]["differences"][i]                   what ("K = 10 - K = 3"), where, metric, n (answers), by_split
    data[log]["labels"][i]                        label, answers, n_test, rare, half, and by metric ("auc", "f1"):
        ["models"][model][metric], ["pairs"][what][metric]

Intervals of differences: from four splits on by the corrected resampled method (`scores.over_splits`). With
fewer, from the standard errors of the paired difference within each split (DeLong's for AUC; test parts overlap by a
tenth): what other test answers would give, not what other training answers would. Areas then have means only.
"rare": areas with at most a hundredth of the training answers; "half": the less frequent half of the areas; "thin":
questions with fewer than 20 training answers. "K = 10, 20 - K = 3, 5" is the mean of the two against the mean of the
two. F1 is of right answers, forecast right from .5 on. Some ten minutes on a quiet core.
"""

import argparse
import json
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from exam_study import DATA, FRACTIONS, RARE, ROOT, SEED, THIN, TOL, forecasts, over, rounded, settings
from provenance import provenance

from ktlib.forecast.scores import by_group, compare, score

SPLITS = {"eedi": 5, "timss": 5, "simulated": 1}
LAYOUTS = ("apart", "two each")
FEW, MANY, FIXED = (3, 5), (10, 20), ("", ", fixed")
MODELS = ["2PL", *(f"K = {k}{fixed}" for fixed in FIXED for k in (*FEW, *MANY))]
MODELS += [f"K = {k}, {layout}" for layout in LAYOUTS for k in FEW]
PAIRS = [(f"K = {k}{fixed}", "2PL") for fixed in FIXED for k in (*FEW, *MANY)]
PAIRS += [(f"K = {many}{fixed}", f"K = {few}{fixed}") for fixed in FIXED for many in MANY for few in FEW]
PAIRS += [(f"K = {k}, {layout}", f"K = {k}") for k in FEW for layout in LAYOUTS]
PAIRS += [("K = 3, apart", "K = 5"), ("K = 3, two each", "K = 10")]  # five coordinates a student; seven against ten
TOGETHER = {
    f"K = 10, 20 - K = 3, 5{fixed}": [f"K = {many}{fixed} - K = {few}{fixed}" for many in MANY for few in FEW]
    for fixed in FIXED
}
ENOUGH = 4  # splits from whose spread an interval is taken
METRICS, BY_AREA = ("auc", "f1", "log_loss"), ("auc", "f1")


def parted(data, split) -> tuple:
    """Training and test part, areas that are rare there, and those of the less frequent half."""
    train, _, test = data.responses.split_answers(FRACTIONS, rng=SEED + split, seen=True)
    answers = np.bincount(data.label[train.item], minlength=len(data.labels))
    rank = (-answers).argsort(kind="stable").argsort()
    return train, test, answers <= RARE * len(train), rank >= (len(rank) + 1) // 2


def kept_at(name, split, model, folder) -> Path:
    """Where `forecasts` keeps them."""
    return folder / f"{name}-{split}-{model.replace(' ', '')}.npz"


def complete(name, folder) -> int:
    """How many splits, from the first on, have the forecasts of every model."""
    n = 0
    while n < SPLITS[name] and all(kept_at(name, n, model, folder).exists() for model in MODELS):
        n += 1
    return n


def few(found, se) -> dict:
    """Mean over too few splits to tell their spread from: the interval from standard errors within them."""
    k, value = len(found), float(np.mean(found))
    half = 1.96 * float(np.sqrt(np.mean(np.square(se)) * (1 + (k - 1) * FRACTIONS[2]) / k))
    return {"mean": value, "low": value - half, "high": value + half, "above": sum(v > 0 for v in found), "splits": k}


def minus(values, a, b):
    """Values of a less those of b, split by split."""
    return [one - two for one, two in zip(values[a], values[b], strict=True)]


def summary(name, data, splits, folder) -> dict:
    """Every figure that the chapters draw."""
    values, counts, within = {}, {}, {}
    for split in range(splits):
        train, test, rare, half = parted(data, split)
        label, asked = data.label[test.item], np.bincount(train.item, minlength=len(train.items))
        places = {"all": np.ones(len(test), dtype=bool), "rare": rare[label], "half": half[label]}
        places["thin"] = (asked < THIN)[test.item]
        places = {place: here for place, here in places.items() if here.sum() > 50}
        for place, here in places.items():
            counts.setdefault(place, []).append(int(here.sum()))
        forecast = {m: np.load(kept_at(name, split, m, folder))["test"].astype(float) for m in MODELS}
        if splits < ENOUGH:
            for (a, b), place, metric in product(PAIRS, places, METRICS):
                one, two = (forecast[model][places[place]] for model in (a, b))
                found = compare(test.correct[places[place]], one, two, metric)
                se = found.se if found.value else 0.0  # forecasts that decide alike have no spread
                within.setdefault((f"{a} - {b}", place, metric), []).append(se)
        for model, p in forecast.items():
            for place, here in places.items():
                found = score(test.correct[here], p[here], metrics=METRICS)
                for metric in METRICS:
                    into = values.setdefault((place, metric), {}).setdefault(model, [])
                    into.append(found.metrics[metric].value)
            table = by_group(test.correct, p, label, data.labels, metrics=BY_AREA)
            for area, row in table.iterrows():
                for metric in BY_AREA:
                    values.setdefault((area, metric), {}).setdefault(model, []).append(row[metric])
        for area, n in zip(data.labels, np.bincount(label, minlength=len(data.labels)), strict=True):
            counts.setdefault(area, []).append(int(n))
    mean = partial(over, n_train=len(train), n_test=len(test))

    def shown(found):
        made = mean(found)
        return made if splits >= ENOUGH else {key: made[key] for key in ("mean", "splits")}

    pairs = {key: {f"{a} - {b}": minus(found, a, b) for a, b in PAIRS} for key, found in values.items()}
    for found in pairs.values():
        found |= {what: np.mean([found[each] for each in parts], axis=0).tolist() for what, parts in TOGETHER.items()}
    for what, parts in TOGETHER.items():  # the se of a mean is at most the mean of the se
        for place, metric in product(counts, METRICS):
            if all((each, place, metric) in within for each in parts):
                within[what, place, metric] = np.mean([within[each, place, metric] for each in parts], axis=0)
    kept = [place for place in ("all", "rare", "half", "thin") if len(counts.get(place, ())) == splits]
    return {
        "splits": splits,
        "answers": len(data.responses),
        "n_test": len(test),
        "areas": {"rare": int(rare.sum()), "half": int(half.sum()), "all": len(data.labels)},
        "models": {
            model: {place: {m: shown(values[place, m][model]) for m in METRICS} for place in kept} for model in MODELS
        },
        "differences": [
            {"what": what, "where": place, "metric": m, "n": int(np.median(counts[place]))}
            | (mean(found) if splits >= ENOUGH else few(found, within[what, place, m]))
            | {"by_split": found}
            for place in kept
            for m in METRICS
            for what, found in pairs[place, m].items()
        ],
        "labels": [
            {
                "label": area,
                "answers": int((data.label[data.responses.item] == k).sum()),
                "n_test": float(np.mean(counts[area])),
                "rare": bool(rare[k]),
                "half": bool(half[k]),
                "models": {
                    model: {m: shown(values[area, m][model]) for m in BY_AREA}
                    for model in MODELS
                    if not model.endswith("fixed")
                },
                "pairs": {
                    what: {m: shown(pairs[area, m][what]) for m in BY_AREA}
                    for what in pairs[area, "auc"]
                    if "2PL" not in what or "fixed" not in what
                },
            }
            for k, area in enumerate(data.labels)
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(SPLITS), choices=list(SPLITS))
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "exam_study")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "exam_factors.json")
    parser.add_argument("--no-fit", action="store_true", help="results from the splits that are kept in full")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    data = {name: DATA[name]() for name in given.data}
    for split in range(0 if given.no_fit else max(SPLITS.values())):
        for name in given.data:
            if split < SPLITS[name]:
                known = settings(data[name], LAYOUTS)
                forecasts(name, data[name], split, given.work, {model: known[model] for model in MODELS})
    splits = {name: complete(name, given.work) for name in given.data}
    results = {name: summary(name, data[name], n, given.work) for name, n in splits.items() if n}
    about = provenance(
        "numpy",
        "scipy",
        "scikit-learn",
        seed=SEED,
        fractions=FRACTIONS,
        tol_per_answer=TOL,
        thin_below=THIN,
        rare_share=RARE,
    )
    given.out.write_text(json.dumps(rounded({"about": about, "data": results})) + "\n")


if __name__ == "__main__":
    main()
