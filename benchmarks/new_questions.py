"""New questions on Monday: does a difficulty guessed from attributes forecast better than the average question's?

    python benchmarks/new_questions.py [--data eedi timss simulated]
                                       [--out ktlib/studies/stored/results/new_questions.json]

A fifth of the questions with enough answers are kept out of the fit. They join with the population's prior, or with
`difficulty_prior` learned from the attributes of the others; then, abilities held, with 5 or 20 answers of their own.
The same 100 further answers to each are forecast every time. A few minutes on two quiet cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from exam_study import DATA, ROOT, SEED
from provenance import provenance

from ktlib.data.responses import Responses
from ktlib.forecast.scores import compare, score
from ktlib.irt import ascent
from ktlib.irt.new_items import difficulty_prior
from ktlib.irt.updating import update

LOGS, SEEDS, KEPT = ("eedi", "timss", "simulated"), 3, (0, 5, 20)
SHARE, MOST, LEARNED = 0.2, 100, ("discrimination", "difficulty")
METRICS = ("auc", "log_loss")


def part(answers, mask, items) -> Responses:
    """The answers where `mask`, of these items alone."""
    place = np.full(len(answers.items), -1)
    place[items] = np.arange(len(items))
    names = tuple(answers.items[j] for j in items)
    return Responses(answers.student[mask], place[answers.item[mask]], answers.correct[mask], answers.students, names)


def study(data, seed: int) -> list[dict]:
    """A row for each number of answers that the new questions bring."""
    answers, rng = data.responses, np.random.default_rng(seed)
    asked = np.bincount(answers.item, minlength=len(answers.items))
    enough = np.flatnonzero(asked >= KEPT[-1] + MOST // 2)
    cold = np.sort(rng.permutation(enough)[: round(SHARE * len(enough))])
    warm = np.setdiff1d(np.arange(len(answers.items)), cold)
    order = rng.permutation(len(answers))
    order = order[np.argsort(answers.item[order], kind="stable")]
    place = np.empty(len(answers), dtype=int)
    place[order] = np.arange(len(answers)) - np.repeat(np.cumsum(asked) - asked, asked)
    new = np.isin(answers.item, cold)
    train = part(answers, ~new, warm)
    fit = ascent.fit(train, learned=LEARNED, calibrate=False, tol=1e-5 * len(train))
    x = np.asarray(data.attributes, dtype=float)
    names = tuple(answers.items[j] for j in cold)
    guessed = difficulty_prior(fit.posterior, x[warm], x[cold], names=names)
    population = {"discrimination": fit.priors["discrimination"], "difficulty": fit.priors["difficulty"]}
    test = part(answers, new & (place >= KEPT[-1]) & (place < KEPT[-1] + MOST), cold)
    rows = []
    for kept in KEPT:
        p = {}
        for prior, given in (("population", population), ("attributes", population | {"difficulty": guessed})):
            week = part(answers, new & (place < max(kept, 1)), cold)
            found = update(fit.posterior, week, priors=given, frozen=["ability"], calibrate=False).posterior
            if not kept:  # only their names enter: their prior is the belief
                blocks = {n: b for n, b in found.blocks.items()}
                for name in LEARNED:
                    loc, scale, own = blocks[name].loc.copy(), blocks[name].scale.copy(), given[name]
                    loc[len(warm) :], scale[len(warm) :] = own.loc, own.scale
                    blocks[name] = type(own)(loc, scale, own.log)
                found = type(found)(found.model, blocks, found.students, found.items)
            p[prior] = found.predict(test.student, test.item + len(warm))
        row = {"kept": kept, "seed": seed, "items": len(cold), "n": len(test), "models": {}, "gain": {}}
        for prior, forecast in p.items():
            metrics = score(test.correct, forecast, cluster=test.item, metrics=METRICS).metrics
            row["models"][prior] = {m: [e.value, e.se] for m, e in metrics.items()}
        for m in METRICS:
            e = compare(test.correct, p["attributes"], p["population"], m, cluster=test.item)
            row["gain"][m] = [e.value, e.se]
        print(row, flush=True)
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=LOGS, choices=LOGS)
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "new_questions.json")
    given = parser.parse_args()
    results = {}
    for name in given.data:
        data = DATA[name]()
        results[name] = [row for seed in range(SEED, SEED + SEEDS) for row in study(data, seed)]
    about = provenance(
        "numpy",
        "scipy",
        seed=SEED,
        draws=SEEDS,
        kept=KEPT,
        share_cold=SHARE,
    )
    given.out.write_text(json.dumps({"about": about, "data": results}) + "\n")


if __name__ == "__main__":
    main()
