"""Ten EM steps on the same answers from the same start: ktlib beside both builds of pyBKT, one thread each.

    python benchmarks/em_speed.py [--environments build/bench] [--out benchmarks/results/em_speed.json]

Each program runs in a process of its own (pyBKT in environments of its own, made on the first run). The
processes stay alive and take turns, so that a slow moment of the machine meets all of them. Only the fit is
timed: every program has its input ready in the form it wants, which is `Sequences` for ktlib. Finding equal
stretches of answers, and one more E-step than pyBKT makes (the log likelihood at the end), are inside ktlib's
time. `ktlib-plain` starts from a plain (students, steps) array and checks every answer within its time.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
import venv
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SEED, STEPS = 2024, 10
TRUTH = {"p_init": 0.25, "p_transit": 0.12, "p_slip": 0.08, "p_guess": 0.18}
START = {"p_init": 0.2, "p_transit": 0.1, "p_slip": 0.1, "p_guess": 0.2}
PYBKT = "pyBKT==1.4.3"
PYBKT_NEEDS = ["numpy<2", "scikit-learn<1.6", "pandas<3", "requests", "setuptools", "wheel"]
PROGRAMS = {
    "ktlib": "ktlib, from Sequences",
    "ktlib-plain": "ktlib, from a plain array, checked within the time",
    "pybkt-cpp": "pyBKT, C++ built from its source package",
    "pybkt-python": "pyBKT as pip installs it (pure Python)",
}
OURS = ("ktlib", "ktlib-plain")
SIZES = [
    {"students": 200, "answers_each": 15, "repeats": dict.fromkeys(PROGRAMS, 50) | {"pybkt-python": 3}},
    {"students": 10_000, "answers_each": 20, "repeats": dict.fromkeys(PROGRAMS, 30) | {"pybkt-python": 2}},
]


# In each program's own process: wait for a size, fit once, say how long it took.


def fit_ktlib(answers: np.ndarray, plain: bool):
    from ktlib import em
    from ktlib.bkt import BKTParams
    from ktlib.responses import Sequences

    start = BKTParams(**START)
    answers = answers if plain else Sequences.from_array(answers)

    def once():
        fitted = em.fit(answers, start=start, tol=0, max_steps=STEPS)
        return tuple(fitted.params), fitted.steps

    return once


def fit_pybkt(answers: np.ndarray):
    """pyBKT's own EM loop; a negative tolerance keeps it from stopping before its last step."""
    from pyBKT.fit import EM_fit

    students, steps = answers.shape
    data = {
        "data": (answers.reshape(1, -1) + 1).astype(np.int32),  # 1 wrong, 2 right
        "resources": np.ones(answers.size, np.int64),
        "starts": np.arange(students, dtype=np.int64) * steps + 1,
        "lengths": np.full(students, steps, dtype=np.int64),
    }
    p_init, p_transit, p_slip, p_guess = START.values()

    def once():
        model = {
            "prior": p_init,
            "learns": np.array([p_transit]),
            "forgets": np.array([0.0]),
            "slips": np.array([p_slip]),
            "guesses": np.array([p_guess]),
            "As": np.array([[[1 - p_transit, 0.0], [p_transit, 1.0]]]),
        }
        model, trace = EM_fit.EM_fit(model, data, tol=-1.0, maxiter=STEPS, parallel=False)
        params = model["prior"], model["learns"][0], model["slips"][0], model["guesses"][0]
        return tuple(map(float, params)), len(trace)

    return once


def work(program: str, folder: Path) -> None:
    """Answer each size named on standard input with one timed fit."""
    fits = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in fits:
            answers = np.load(folder / f"{name}.npy")
            ours = program in OURS
            fits[name] = fit_ktlib(answers, program == "ktlib-plain") if ours else fit_pybkt(answers)
        began = time.perf_counter()
        params, steps = fits[name]()
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "params": params, "steps": steps}), flush=True)


# The process that asks.


def python_of(program: str, folder: Path) -> str:
    """The interpreter that runs a program; for pyBKT from an environment made here on the first run."""
    if program in OURS:
        return sys.executable
    home = folder / program
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / "ready"
    if not ready.exists():
        print(f"making the environment of {program} ..", flush=True)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PYBKT_NEEDS], check=True)
        which = ["--no-binary", "pyBKT"] if program == "pybkt-cpp" else ["--only-binary", "pyBKT"]
        subprocess.run([*pip, "--no-build-isolation", "--no-deps", *which, PYBKT], check=True)
        compiled = any((home / "lib").rglob("E_step*.so"))  # without a compiler pyBKT quietly installs pure Python
        if compiled != (program == "pybkt-cpp"):
            raise SystemExit(f"{program}: compiled is {compiled}; a C++ compiler is needed to build {PYBKT}")
        ready.touch()
    return str(python)


def versions_of(python: str, packages: list[str]) -> dict[str, str]:
    source = (
        "import json, platform, sys; from importlib.metadata import version; "
        "print(json.dumps({'python': platform.python_version()} | {p: version(p) for p in sys.argv[1:]}))"
    )
    return json.loads(subprocess.run([python, "-c", source, *packages], capture_output=True, check=True).stdout)


def machine() -> dict:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = found[1]
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.system()}


def simulate(size: dict) -> np.ndarray:
    sys.path.insert(0, str(ROOT))
    from ktlib import bkt

    drawn = bkt.simulate(bkt.BKTParams(**TRUTH), students=size["students"], steps=size["answers_each"], rng=SEED)
    return drawn.answers


def name_of(size: dict) -> str:
    return f"{size['students']}x{size['answers_each']}"


def measure(size: dict, workers: dict[str, subprocess.Popen]) -> dict:
    """Every program on one size, in turns: one untimed round (except for pure Python), then the repeats."""

    def ask(program: str) -> dict:
        worker = workers[program]
        worker.stdin.write(f"{name_of(size)}\n")
        worker.stdin.flush()
        return json.loads(worker.stdout.readline())

    for program in (*OURS, "pybkt-cpp"):
        ask(program)
    runs = {program: [] for program in workers}
    for turn in range(max(size["repeats"].values())):
        for program, repeats in size["repeats"].items():
            if turn < repeats:
                runs[program].append(ask(program))

    out = {}
    ours = runs["ktlib"][0]["params"]
    for program, results in runs.items():
        steps = {result["steps"] for result in results}
        if steps != {STEPS}:
            raise SystemExit(f"{program} made {steps} steps on {name_of(size)}, not {STEPS}")
        seconds = [result["seconds"] for result in results]
        difference = max(abs(a - b) for a, b in zip(results[0]["params"], ours, strict=True))
        out[program] = {
            "repeats": len(seconds),
            "min_seconds": min(seconds),
            "median_seconds": median(seconds),
            "params_after": dict(zip(START, results[0]["params"], strict=True)),
            "largest_difference_from_ktlib": difference,
            "agrees_to_1e-6": difference < 1e-6,
        }
    ratios = {
        program: {
            "of_minima": values["min_seconds"] / out["ktlib"]["min_seconds"],
            "of_medians": values["median_seconds"] / out["ktlib"]["median_seconds"],
        }
        for program, values in out.items()
        if program != "ktlib"
    }
    return {
        "students": size["students"],
        "answers_each": size["answers_each"],
        "distinct_sequences": size["distinct"],
        "times": out,
        "times_ktlib": ratios,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "em_speed.json")
    parser.add_argument("--worker", choices=PROGRAMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.environments.resolve()
    if options.worker:
        work(options.worker, folder)
        return

    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        answers = simulate(size)
        size["distinct"] = len(np.unique(answers, axis=0))
        np.save(folder / f"{name_of(size)}.npy", answers)

    pythons = {program: python_of(program, folder) for program in PROGRAMS}
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    workers = {
        program: subprocess.Popen(
            [python, str(Path(__file__).resolve()), "--worker", program, "--environments", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | one_thread | ({"PYTHONPATH": str(ROOT)} if program in OURS else {}),
        )
        for program, python in pythons.items()
    }
    results = [measure(size, workers) for size in SIZES]
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()

    report = {
        "what": f"{STEPS} EM steps of BKT on simulated answers, one thread each; seconds for the fit alone",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "truth": TRUTH,
        "start": START,
        "machine": machine(),
        "programs": {
            program: {
                "what": PROGRAMS[program],
                "versions": versions_of(python, ["numpy"] if program in OURS else ["numpy", "scikit-learn", "pyBKT"]),
            }
            for program, python in pythons.items()
        },
        "sizes": results,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for result in results:
        print(f"{name_of(result)}, {result['distinct_sequences']} distinct sequences")
        for program, values in result["times"].items():
            ratio = result["times_ktlib"].get(program, {}).get("of_medians", 1)
            print(
                f"  {program:13} {values['median_seconds']:.6f} s median, "
                f"{values['min_seconds']:.6f} s least, {ratio:,.1f} times ktlib, parameters within "
                f"{values['largest_difference_from_ktlib']:.1g}"
            )


if __name__ == "__main__":
    main()
