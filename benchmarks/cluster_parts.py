"""What a fit shared by processes is made of: the items' update, which nobody shares, and one process beside two.

    python benchmarks/cluster_parts.py [--answers 3e6] [--out ktlib/studies/stored/results/cluster.json]

Simulated logs of `designs.homework`, seed 11. The results:

    seconds_an_item   of 2PL and of 5 factors: core-seconds of one update of all items, their sums given, an item
    shared            rows: answers, model, processes, threads of each, seconds and sweeps of one fit (wall clock, from
                      answers in memory to the posterior) and its ELBO; one process alone, then two, on the same cores

On a machine with other work the seconds of a row say little of another's; the ELBO and the sweeps are what to compare.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.irt import _two_parameter as two_parameter  # noqa: E402
from ktlib.irt import ascent, distributed  # noqa: E402
from ktlib.irt._factors import FactorAscent  # noqa: E402
from ktlib.irt.model import Model  # noqa: E402
from ktlib.irt.processes import joined  # noqa: E402

OUT = Path(__file__).parents[1] / "ktlib" / "studies" / "stored" / "results" / "cluster.json"
SEED, ITEMS = 11, 100_000
MODELS = {"2PL": {"model": "two-parameter"}, "K = 5": {"model": "factorization", "factors": 5, "rng": SEED}}


def an_item(name: str) -> float:
    """Core-seconds of an item's update, the best of five."""
    small, rng = designs.dense(rng=0).responses, np.random.default_rng(SEED)
    fit = ascent.fit(small, max_steps=1, **MODELS[name])
    some = np.resize(np.arange(len(small.items)), ITEMS)
    blocks = {k: type(b)(b.loc[some], b.scale[some], b.log) for k, b in fit.posterior.blocks.items() if k != "ability"}
    priors, spent = fit.priors, []
    for _ in range(5):
        if name == "2PL":
            sums = rng.random((2, ITEMS)), rng.random((2, ITEMS))
            begun = time.process_time()
            for (block, belief), both in zip(blocks.items(), sums, strict=True):
                two_parameter._newton(belief, priors[block], *both, 1.0)
        else:
            kind = Model("factorization", 1, ITEMS, 5)
            way = object.__new__(FactorAscent)
            way.kind, way.own, way.coordinates, way.frozen = kind, 5, 5, ("ability",)
            half, pull = rng.random((ITEMS, 21)), rng.random((ITEMS, 6))
            half[:, [0, 2, 5, 9, 14, 20]] += 10.0  # the diagonal
            means = np.zeros((ITEMS, 6))
            begun = time.process_time()
            moved = {block: way._held(kind.spread(priors, block)) for block in ("loadings", "difficulty")}
            from ktlib.irt._factors import symmetric

            way._solve_items(slice(0, ITEMS), symmetric(half, 6), pull, means, moved)
        spent.append(time.process_time() - begun)
    return min(spent) / ITEMS


def one(answers: int, name: str) -> dict | None:
    """A fit by the processes that this one is among, told by the first; alone if it is the only one."""
    log = designs.homework(answers=answers, rng=SEED).responses
    settings = {"rule": "paper", "calibrate": False, **MODELS[name]}
    if "RANK" not in os.environ:
        ascent.fit(designs.dense(rng=0).responses, **settings)  # compiles what is not on disk yet
        begun = time.perf_counter()
        fit, size = ascent.fit(log, **settings), 1
        spent = time.perf_counter() - begun
    else:
        here = joined("gloo")
        mine = distributed.share(log, here.rank, here.size)
        distributed.fit(distributed.share(designs.dense(rng=0).responses, here.rank, here.size), **settings)
        begun = time.perf_counter()
        fit, size = distributed.fit(mine, **settings), here.size
        spent = time.perf_counter() - begun
        if here.rank:
            return None
    return {"answers": answers, "model": name, "processes": size, "seconds": spent, "sweeps": len(fit.trace) - 1} | {
        "elbo": fit.elbo
    }


def shared(answers: int, name: str, processes: int) -> dict:
    """`one` in so many processes with a share of the cores each."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, __file__, "--one", name, "--answers", str(answers)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        known = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(processes)}
    started = []
    for rank in range(processes):
        more = known | {"RANK": str(rank)} if processes > 1 else {}
        own = ",".join(map(str, cores[rank::processes]))
        started.append(
            subprocess.Popen(["taskset", "-c", own, *command], env=os.environ | more, stdout=subprocess.PIPE, text=True)
        )
    told = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit("a process failed")
    return json.loads(told[0]) | {"threads": len(cores) // processes, "load_before": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=float, default=3e6)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--one", choices=list(MODELS))
    given = parser.parse_args()
    if given.one:
        found = one(int(given.answers), given.one)
        if found:
            print(json.dumps(found))
        return
    items = {name: float(f"{an_item(name):.4g}") for name in MODELS}
    rows = []
    for name in MODELS:
        for processes in (1, 2):
            rows.append(shared(int(given.answers), name, processes))
            rows[-1]["seconds"] = float(f"{rows[-1]['seconds']:.4g}")
            print(rows[-1], flush=True)
    about = provenance("numpy", "scipy", "numba", "torch", seed=SEED)
    given.out.write_text(json.dumps({"about": about, "seconds_an_item": items, "shared": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
