"""How long does a log of millions of answers take to fit, and in how much memory? Simulated logs like the paper's.

    python benchmarks/scale.py [--answers 1e6 3e6 1e7] [--model 2pl factor] [--factors 3 5 10 20] [--rule paper safe]
                               [--share 0.02] [--out ktlib/studies/stored/results/scale.json]
                               [--device cpu cuda | --processes 2]

One row for each size, model and rule, every fit in a process of its own; rows that the file has already are made anew,
others stay. The logs are those of `designs.homework` (88e6 answers: 162,000 students, 334,000 questions), a `share` of
the answers, by default 2 % and at most 500,000, held out; they are kept under `build/scale`. The results:

    rows[i]   answers, students, items, model, factors, rule, share; seconds (wall clock, from a `Responses` in memory
              to the posterior, compiled code already on disk), cpu_seconds, sweeps, converged, elbo_per_answer;
              curve, the seconds since the start and the ELBO an answer after each sweep; spreads (what they are, and
              what calibrating added to the seconds) and by_answers, how well questions are known by their number of
              answers (2PL); auc and log_loss on the answers held out; peak_gb of the fit's process, which reads the log
              too; cores of the machine; load_before, its load average; date; runs_seconds, written in by hand: wall
              clock of all runs of that row on its day, the stored one the last

--device sweeps by torch, on the processor or a GPU; where there is none, the row says "not run: no GPU" and no more.
--processes shares a fit between so many processes on this machine (`ktlib.irt.distributed`). Either writes rows to
scale_ways.json instead, with device and processes.

rule "paper" stops as section 6 of Shi & Athey (2021) does, "safe" at convergence. On a machine with other work compare
cpu_seconds with those of a quiet one.
"""

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from provenance import provenance  # noqa: E402

from ktlib.data import designs  # noqa: E402
from ktlib.data.responses import Responses  # noqa: E402
from ktlib.forecast import scores  # noqa: E402
from ktlib.irt import ascent  # noqa: E402
from ktlib.studies.scale import by_answers, timed  # noqa: E402

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "ktlib" / "studies" / "stored" / "results"
WORK = ROOT / "build" / "scale"
SEED, SHARE, MOST = 11, 0.02, 500_000
PARTS = ("student", "item", "correct")
PLAIN = {"calibrate": False}


def place(answers: int, share: float) -> Path:
    """Where a simulated log lies."""
    return WORK / (str(answers) if share == SHARE else f"{answers}-{share:g}")


def made(answers: int, share: float) -> Path:
    """The folder of a simulated log: its columns, the answers held out, and how many students and items there are."""
    folder = place(answers, share)
    if (folder / "sizes.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    log = designs.homework(answers=answers, rng=SEED).responses
    held = np.random.default_rng(SEED).random(answers) < min(share, MOST / answers)
    for name in PARTS:
        column = getattr(log, name)
        np.save(folder / f"{name}.npy", column[~held])
        np.save(folder / f"held_{name}.npy", column[held])
    (folder / "sizes.json").write_text(json.dumps([len(log.students), len(log.items)]))
    return folder


def read(folder: Path, held: str = "") -> Responses:
    """The log that is fitted, or the answers held out."""
    students, items = json.loads((folder / "sizes.json").read_text())
    columns = (np.load(folder / f"{held}{name}.npy") for name in PARTS)
    return Responses(*columns, range(students), range(items))


def row(answers: int, model: str, factors: int, rule: str, share: float) -> dict:
    """One fit, timed and judged."""
    folder, load = place(answers, share), os.getloadavg()[0]
    chosen = {"model": model, "factors": factors if model == "factor" else None, "rule": rule, "seed": SEED}
    timed(designs.dense(rng=0).responses, **chosen)  # compiles what is not on disk yet
    log = read(folder)
    done = timed(log, **chosen)
    fit = done.fit
    found = {
        "answers": len(log),
        "students": len(log.students),
        "items": len(log.items),
        "model": model,
        "factors": chosen["factors"],
        "rule": rule,
        "share": share,
        "seconds": done.seconds,
        "cpu_seconds": done.cpu_seconds,
        "sweeps": len(fit.trace) - 1,
        "converged": bool(fit.converged),
        "elbo_per_answer": fit.elbo / len(log),
        "curve": done.curve.tolist(),
    }
    if model == "2pl":
        from ktlib.irt._calibration import with_spreads

        started = time.perf_counter()
        posterior, words = with_spreads(fit.posterior, log, fit.priors)
        found |= {"spreads": words, "spreads_seconds": time.perf_counter() - started}
        found["by_answers"] = by_answers(posterior, log)
    held = read(folder, "held_")
    judged = scores.score(held.correct, fit.predict(held.student, held.item), metrics=("auc", "log_loss"))
    found |= {"held_out": judged.n} | {name: metric.value for name, metric in judged.metrics.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    about = {"cores": os.cpu_count(), "load_before": load, "date": datetime.now(UTC).date().isoformat()}
    return found | {"peak_gb": peak} | about


def rounded(value, digits: int = 4):
    """Four significant digits, six of what is compared, ten of an ELBO."""
    if isinstance(value, dict):
        more = {"elbo": 10} | dict.fromkeys(("auc", "log_loss", "elbo_per_answer", "curve"), 6)
        return {k: rounded(v, more.get(k, 4)) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v, digits) for v in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def key(found: dict) -> tuple:
    """What a row is of; of those with a device or processes, these too."""
    names = ("asked", "model", "factors", "rule", "device", "processes")
    return tuple(str(found.get(name)) for name in names)


def by_torch(answers: int, model: str, factors: int, rule: str, share: float, device: str) -> dict:
    """A row of one fit with its sweeps in torch: the same numbers, so only their cost and the ELBO."""
    kind = {"model": "factorization", "factors": factors, "rng": SEED} if model == "factor" else {}
    found = {"model": model, "factors": factors if kind else None, "rule": rule, "device": device}
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return found | {"not_run": "no GPU"}
    load = os.getloadavg()[0]
    ascent.fit(designs.dense(rng=0).responses, calibrate=False, device=device, **kind)
    return found | fitted(answers, share, load, lambda log: ascent.fit(log, **kind, rule=rule, **PLAIN, device=device))


def fitted(answers: int, share: float, load: float, work) -> dict:
    """A log, and the time of its fit by `work`."""
    log = read(place(answers, share))
    wall, spent = time.perf_counter(), time.process_time()
    fit = work(log)
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    cost = {"answers": len(log), "seconds": wall, "cpu_seconds": spent, "sweeps": len(fit.trace) - 1, "elbo": fit.elbo}
    return cost | {"load_before": load, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def by_processes(answers: int, model: str, factors: int, rule: str, share: float) -> dict | None:
    """A row of one fit by the processes that this one is among, from the first of them; costs are this process's."""
    from ktlib.irt import distributed
    from ktlib.irt.processes import joined

    here, load = joined("gloo"), os.getloadavg()[0]
    kind = {"model": "factorization", "factors": factors, "rng": SEED} if model == "factor" else {}
    small = distributed.share(designs.dense(rng=0).responses, here.rank, here.size)
    distributed.fit(small, calibrate=False, **kind)

    def work(log):
        return distributed.fit(distributed.share(log, here.rank, here.size), rule=rule, **PLAIN, **kind)

    found = {"model": model, "factors": factors if kind else None, "rule": rule, "processes": here.size}
    found |= fitted(answers, share, load, work)
    return found if here.rank == 0 else None


def printed(command: list[str], processes: int) -> str:
    """What a command prints, or the first of so many processes that share its fit."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        known = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(processes)}
    started = [
        subprocess.Popen(command, env=os.environ | known | {"RANK": str(rank)}, stdout=subprocess.PIPE, text=True)
        for rank in range(processes)
    ]
    told = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"failed: {' '.join(command)}")
    return told[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", nargs="+", type=float, default=[1e6, 3e6, 1e7])
    parser.add_argument("--model", nargs="+", default=["2pl", "factor"], choices=["2pl", "factor"])
    parser.add_argument("--factors", nargs="+", type=int, default=[5])
    parser.add_argument("--rule", nargs="+", default=["paper"], choices=["paper", "safe"])
    parser.add_argument("--share", type=float, default=SHARE, help="of the answers, held out")
    parser.add_argument("--device", nargs="+", default=[None], choices=["cpu", "cuda"], help="sweep by torch, there")
    parser.add_argument("--processes", type=int, default=1, help="share each fit between so many")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", action="store_true", help="one row, printed")
    given = parser.parse_args()
    if given.one:
        asked = int(given.answers[0]), given.model[0], given.factors[0], given.rule[0], given.share
        if given.processes > 1:
            found = by_processes(*asked)
        else:
            found = by_torch(*asked, given.device[0]) if given.device[0] else row(*asked)
        if found:
            print(json.dumps(found))
        return
    another = given.processes > 1 or given.device != [None]
    given.out = given.out or RESULTS / ("scale_ways.json" if another else "scale.json")
    rows = json.loads(given.out.read_text())["rows"] if given.out.exists() else []
    for answers in map(int, given.answers):
        make = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import scale; "
        make += f"scale.made({answers}, {given.share})"
        subprocess.run([sys.executable, "-c", make], check=True)
        for model, rule, device in product(given.model, given.rule, given.device):
            for factors in given.factors if model == "factor" else [0]:
                asked = {"--answers": answers, "--model": model, "--factors": factors, "--rule": rule}
                asked |= {"--share": given.share, "--processes": given.processes}
                asked |= {"--device": device} if device else {}
                command = [sys.executable, __file__, "--one", *(str(v) for pair in asked.items() for v in pair)]
                found = {"asked": answers} | json.loads(printed(command, given.processes))
                rows = [other for other in rows if key(other) != key(found)] + [found]
                rows.sort(key=lambda r: (r["asked"], r["model"], r["factors"] or 0, r["rule"], str(r.get("device"))))
                packages = ("numpy", "scipy", "numba", *(["torch"] if another else []))
                about = provenance(*packages, seed=SEED, most_held_out=MOST)
                given.out.write_text(json.dumps(rounded({"about": about, "rows": rows}), indent=1) + "\n")
                print(json.dumps(rounded(found)), flush=True)


if __name__ == "__main__":
    main()
