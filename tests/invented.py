"""Small invented studies of exams, with the shape of the stored ones."""

from itertools import product

from ktlib.studies.cold_items import INFORMED, NONE_KEPT, ColdItems
from ktlib.studies.exams import ALL, ExamStudy
from ktlib.studies.stopping import StoppingStudy

LOGS = ("simulated", "eedi", "timss", "flat")
MODELS = ["item mean", "regression", "Rasch", "2PL"]
MODELS += [f"K = {k}{fixed}" for k in (3, 5, 10, 20) for fixed in ("", ", fixed")] + [f"K = 3, {ALL}"]


def mean(value, half=0.01):
    """A mean with its interval, as a study stores it."""
    return {"mean": value, "low": value - half, "high": value + half, "above": 3, "splits": 4}


def exam_study() -> ExamStudy:
    """Four logs of three areas, the last with too few test answers to look at by itself."""
    scores = {model: 0.7 + 0.005 * at for at, model in enumerate(MODELS)}
    gains = {f"K = 3, {ALL} - K = 3": 0.014, "K = 3, apart - K = 3": 0.007, "K = 5 - 2PL": 0.02, "best - 2PL": 0.02}
    gains |= {"K = 10, 20 - K = 3, 5": 0.0, "K = 10, 20 - K = 3, 5, fixed": -0.03}
    places = product(gains, ("all", "half", "rare", "thin"), ("auc", "f1", "log_loss"))
    log = {
        "splits": 4,
        "answers": 5000,
        "n_test": 500,
        "models": {
            model: {part: {m: mean(v + 0.05 * (part == "train")) for m in ("auc", "f1")} for part in ("train", "test")}
            for model, v in scores.items()
        },
        "differences": [
            {"what": what, "where": at, "metric": metric, "n": 321, "by_split": [gains[what]] * 4}
            | mean(gains[what] * (-1 if metric == "log_loss" else 1))
            for what, at, metric in places
        ],
        "labels": [
            {
                "label": f"area {k}",
                "answers": answers,
                "n_test": answers / 10,
                "rare": k == 2,
                "half": k > 0,
                "models": {m: {metric: mean(v - 0.02 * k) for metric in ("auc", "f1")} for m, v in scores.items()},
                "pairs": {what: {metric: mean(gain, 0.02) for metric in ("auc", "f1")} for what, gain in gains.items()},
            }
            for k, answers in enumerate((1200, 3000, 100))
        ],
    }
    return ExamStudy({"seed": 1, "rare_share": 0.01, "thin_below": 20}, dict.fromkeys(LOGS, log))


def cold_items() -> ColdItems:
    """Two draws: with two answers of their own, questions do better than with attributes alone."""

    def row(kept, seed):
        own = 0.64 - 0.02 * kept
        loss = {"2PL": own + 0.01, "regression": 0.63, "K = 3": own, INFORMED: own - 0.02}
        models = {model: {"log_loss": [value, 0.002], "auc": [1 - value, 0.002]} for model, value in loss.items()}
        return {"kept": kept, "seed": seed, "items": 9, "models": models,
                "pairs": {f"{NONE_KEPT}: log_loss": [own - 0.62, 0.002]}}  # fmt: skip

    rows = [row(kept, seed) for seed in (1, 2) for kept in (0, 1, 2, 5)]
    return ColdItems({"kept": [0, 1, 2, 5], "share_cold": 0.2}, {"eedi": rows, "timss": rows})


def stopping() -> StoppingStudy:
    """Two runs on a log in which 2PL is the truth and two on a real one: five factors lead at the stop alone."""

    def model(stop, there, then):
        return {"stop": stop, "at": {str(stop): {"auc": there}, "300": {"auc": then}}, "stop_losses": [9, 5, 1, 2, 1]}

    runs = [
        {"truth_auc": truth, "models": {"2PL": model(60 + k, 0.70, 0.79), "K = 5": model(90, 0.76, 0.78 - 0.01 * k)}}
        for truth in (0.8, None)
        for k in (0, 1)
    ]
    about = {"answers": 1000}
    return StoppingStudy(
        {"seed": 1, "threshold": 0.0005}, {"1K": about | {"runs": runs[:2]}, "eedi": about | {"runs": runs[2:]}}
    )
