"""The paper's own size: 8.6 million answers, simulated, fitted once by the main models of `exam_study.py`.

    python benchmarks/exam_full.py [--answers 8600000] [--out ktlib/studies/stored/results/exam_full.json]

One split, forecasts judged on a tenth; seconds and peak memory on the machine it runs on. Ten minutes on two cores.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from exam_study import FRACTIONS, RARE, ROOT, SEED, settings
from provenance import provenance

from ktlib.data.exams import exam
from ktlib.forecast.scores import compare, score
from ktlib.irt import ascent

TOL = 1e-6  # nats an answer that a last sweep may still gain: seven in all, as in the study
MODELS = ("2PL", "K = 3", "K = 5", "K = 3, all to all")
PAIRS = (("K = 5", "2PL"), ("K = 3", "2PL"), ("K = 3, all to all", "K = 3"))


def study(answers: int) -> dict:
    """Every model's scores on the test part, overall and on the rare labels, with 95 % intervals."""
    log = exam(answers=answers, rng=SEED)
    train, _, test = log.responses.split_answers(FRACTIONS, rng=SEED, seen=True)
    share = np.bincount(log.label[train.item], minlength=len(log.labels)) / len(train)
    places = {"all": np.ones(len(test), dtype=bool), "rare": (share <= RARE)[log.label[test.item]]}
    rows, p = {}, {}
    for model in MODELS:
        began = time.perf_counter()
        fit = ascent.fit(train, tol=TOL * len(train), rng=SEED, **settings(log)[model])
        seconds = time.perf_counter() - began
        p[model] = fit.posterior.predict(test.student, test.item)
        rows[model] = {"seconds": round(seconds, 1), "sweeps": len(fit.trace), "converged": fit.converged}
        for place, here in places.items():
            found = score(test.correct[here], p[model][here], metrics=("auc", "log_loss"))
            rows[model][place] = {m: [e.value, *e.interval()] for m, e in found.metrics.items()} | {"n": found.n}
        print(model, rows[model], flush=True)
    pairs = []
    for a, b in PAIRS:
        for place, here in places.items():
            found = compare(test.correct[here], p[a][here], p[b][here], "auc")
            low, high = found.interval()
            row = {"what": f"{a} - {b}", "where": place, "n": found.n, "auc": found.value, "low": low, "high": high}
            pairs.append(row)
    size = {"answers": len(log.responses), "students": len(log.responses.students), "items": len(log.responses.items)}
    return size | {"n_train": len(train), "n_test": len(test), "models": rows, "differences": pairs}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=8_600_000)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "exam_full.json")
    given = parser.parse_args()
    result = study(given.answers)
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
        tol_per_answer=TOL,
        rare_share=RARE,
        peak_megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    )
    given.out.write_text(json.dumps({"about": about, **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
