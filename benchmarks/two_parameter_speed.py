"""One dense class (50 × 30): how near to the mean-field optimum, after how long? Coordinate ascent against SVI.

Side by side in one run, one thread. Near is the root mean square distance of all posterior means from the optimum, in
posterior standard deviations; the optimum is coordinate ascent's with a tolerance of 1e-10. The traditional fit's time
stands beside. Writes ktlib/studies/stored/results/two_parameter_speed.json.
"""

import json
import os
import platform
import statistics
import time
from datetime import date
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.irt import (  # noqa: E402
    ascent,
    mml,
    svi,
)
from ktlib.irt.ascent import calibrated  # noqa: E402
from ktlib.irt.posterior import default_priors  # noqa: E402

OUT = Path(__file__).parents[1] / "ktlib" / "studies" / "stored" / "results" / "two_parameter_speed.json"
SEEDS = range(5)
SVI_STEPS = (30, 100, 300, 1000, 3000)


def timed(call, repeats):
    """The call's value and its median seconds."""
    value, took = call(), []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return value, statistics.median(took)


def distance(fit, best):
    """Root mean square difference of means, in posterior standard deviations."""
    gaps = [
        (block.loc - best.blocks[name].loc) / best.blocks[name].scale for name, block in fit.posterior.blocks.items()
    ]
    return float(np.sqrt(np.mean(np.concatenate(gaps) ** 2)))


def one_class(seed):
    answers = designs.dense(rng=seed).responses
    best = ascent.fit(answers, calibrate=False, tol=1e-10).posterior
    fit, seconds = timed(lambda: ascent.fit(answers, calibrate=False), 15)
    row = {"seed": seed, "ascent": {"seconds": seconds, "distance": distance(fit, best)}}
    row["calibrate"] = {"seconds": timed(lambda: calibrated(best, answers, default_priors("two-parameter")), 15)[1]}
    row["mml"] = {"seconds": timed(lambda: mml.fit(answers), 5)[1]}
    for steps in SVI_STEPS:
        fit, seconds = timed(lambda steps=steps: svi.fit(answers, max_steps=steps, rng=seed), 1)
        row[f"svi {steps}"] = {"seconds": seconds, "distance": distance(fit, best)}
    return row


def main():
    torch.set_num_threads(1)
    rows = []
    for seed in SEEDS:
        rows.append(one_class(seed))
        print(json.dumps(rows[-1]))
    middle = {
        name: {key: statistics.median(r[name][key] for r in rows) for key in rows[0][name]}
        for name in rows[0]
        if name != "seed"
    }
    about = {
        "what": "two-parameter model on 50 x 30 simulated answers, one thread; distance in posterior sds",
        "date": date.today().isoformat(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "median": middle,
        "classes": rows,
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
