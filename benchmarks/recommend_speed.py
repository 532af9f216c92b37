"""A homework for everybody: 261,000 students, 3,600 questions, ten each; seconds and peak memory.

    python benchmarks/recommend_speed.py [--students 261000] [--out ktlib/studies/stored/results/recommend_speed.json]

Three requests, each in a process of its own: forecasts of the two-parameter model, of five factors, and of five factors
with need by mastery of 30 skills. Beliefs are drawn at random, 40 answers a student are behind them and are dropped.
Seconds begin when the posterior is there and end with the lists; peak memory counts the process with all of its data.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

import ktlib  # noqa: E402
from ktlib.data.responses import Responses  # noqa: E402
from ktlib.homework.recommend import Pool, recommend  # noqa: E402
from ktlib.irt.posterior import Normal, Posterior  # noqa: E402

OUT = Path(__file__).parents[1] / "ktlib" / "studies" / "stored" / "results" / "recommend_speed.json"
REQUESTS = ("two-parameter", "five factors", "five factors and mastery")
QUESTIONS, SKILLS, SEEN, SEED = 3600, 30, 40, 0


def belief(rng, model: str, students: int) -> Posterior:
    """A posterior as a fit leaves it: abilities known to 0.4, questions to 0.1."""

    def block(*shape, spread, log=False):
        return Normal(rng.normal(0, 0.3 if log else 1.0, shape), rng.uniform(0.5 * spread, 1.5 * spread, shape), log)

    names = tuple(range(students)), tuple(range(QUESTIONS))
    blocks = {"difficulty": block(QUESTIONS, spread=0.1)}
    if model == "two-parameter":
        blocks |= {"ability": block(students, spread=0.4), "discrimination": block(QUESTIONS, spread=0.1, log=True)}
        return Posterior(model, blocks, *names)
    blocks |= {"ability": block(students, 5, spread=0.4), "loadings": block(QUESTIONS, 5, spread=0.1)}
    return Posterior("factorization", blocks, *names)


def one(request: str, students: int) -> dict:
    """Seconds, seconds of the processor and the process's peak memory of one request."""
    rng = np.random.default_rng(SEED)
    pool = Pool(
        range(QUESTIONS),
        label=rng.integers(0, 20, QUESTIONS),
        skills=np.eye(SKILLS)[rng.integers(0, SKILLS, (2, QUESTIONS))].max(axis=0),
        created=rng.integers(0, 100, QUESTIONS),
        picture=rng.random(QUESTIONS) < 0.3,
        table=rng.random(QUESTIONS) < 0.1,
    )
    posterior = belief(rng, request.split()[0], students)
    item = (rng.integers(0, QUESTIONS, (students, 1)) + 17 * np.arange(SEEN)) % QUESTIONS
    seen = Responses(
        np.repeat(np.arange(students), SEEN),
        item.ravel(),
        rng.integers(0, 2, item.size),
        range(students),
        range(QUESTIONS),
    )
    mastery = rng.random((students, SKILLS)) if "mastery" in request else None
    start, busy = time.perf_counter(), time.process_time()
    found = recommend(posterior, pool, seen=seen, mastery=mastery, rng=SEED, progress=True)
    took = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - busy}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    attempted = sum(int(np.isin(picks, tried).sum()) for picks, tried in zip(found.items, item, strict=True))
    return took | {"peak_mb": peak, "picks": int(found.count.sum()), "attempted_among_them": attempted}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=261_000)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", choices=REQUESTS, help="one request, printed: what the script calls itself with")
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(one(chosen.only, chosen.students)))
        return
    about = {
        "what": f"the ten best of {QUESTIONS} questions for each of {chosen.students} students",
        "date": date.today().isoformat(),
        "seed": SEED,
        "versions": {"ktlib": ktlib.__version__, "python": platform.python_version(), "numpy": np.__version__},
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "load_before": os.getloadavg()[0],
        "students": chosen.students,
        "questions": QUESTIONS,
        "seen_each": SEEN,
        "requests": {},
    }
    for request in REQUESTS:
        command = [sys.executable, __file__, "--only", request, "--students", str(chosen.students)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        about["requests"][request] = json.loads(done.stdout)
        print(request, about["requests"][request])
    chosen.out.write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
