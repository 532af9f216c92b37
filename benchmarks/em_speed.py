"""EM for BKT on the same answers from the same start: ktlib beside pyBKT, hmmlearn, mirt and dynamax.

    python benchmarks/em_speed.py [--environments build/bench] [--out ktlib/studies/stored/results/em_speed.json]
                                  [--sizes 200x15 10000x20 10000x5-200 1000000x20]
                                  [--programs ktlib pybkt-cpp ..]

Each program fits each size in a fresh process (`em_programs.py`), in an environment of its own where it needs one,
made on the first run. The processes of one size stay alive and take turns, so that a slow moment of the machine meets
all of them. Only the fit is timed: every program has its input ready in the form it wants, which is `Sequences` for
ktlib. Finding equal stretches of answers, and one more E-step than most make (the log likelihood at the end), are
inside ktlib's time. `ktlib-plain` starts from a plain (students, steps) array and checks every answer within its time.

All make the same number of exact EM steps: ten, or at the largest size as many as ktlib needs until a step gains less
than TOL. A program too slow for that makes fewer, and its time is scaled up by its passes through the answers.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np
from em_programs import START

ROOT = Path(__file__).resolve().parents[1]
SEED, STEPS, TOL = 2024, 10, 1e-6
TRUTH = {"p_init": 0.25, "p_transit": 0.12, "p_slip": 0.08, "p_guess": 0.18}
PYBKT = "pyBKT==1.4.3"
PYBKT_NEEDS = ["numpy<2", "scikit-learn<1.6", "pandas<3", "requests", "setuptools", "wheel"]
CORES = os.cpu_count()

# threads: 1 unless said. extra: passes through the answers beyond one a step. environment: if it needs one of its own
PROGRAMS = {
    "ktlib": {"label": "ktlib", "what": "from Sequences", "packages": ["numpy", "numba"], "extra": 1},
    "ktlib-plain": {
        "label": "ktlib, plain array",
        "what": "every answer checked within the time",
        "packages": ["numpy", "numba"],
        "extra": 1,
    },
    "pybkt-cpp": {
        "label": "pyBKT, C++",
        "what": "built from its source package",
        "packages": ["pyBKT", "numpy", "scikit-learn"],
        "environment": "pybkt-cpp",
    },
    "pybkt-cpp-2": {
        "label": "pyBKT, C++, two threads",
        "what": "the same build",
        "packages": ["pyBKT", "numpy", "scikit-learn"],
        "environment": "pybkt-cpp",
        "threads": 2,
    },
    "pybkt-python": {
        "label": "pyBKT from pip",
        "what": "pure Python",
        "packages": ["pyBKT", "numpy", "scikit-learn"],
        "environment": "pybkt-python",
    },
    "hmmlearn": {
        "label": "hmmlearn",
        "what": "CategoricalHMM, its faster arithmetic (scaling)",
        "packages": ["hmmlearn", "numpy"],
    },
    "mirt": {
        "label": "mirt",
        "what": "fit_bkt_em, with its compiled Rust part",
        "packages": ["mirt", "numpy"],
        "environment": "mirt",
        "threads": CORES,
        "extra": 2,
    },
    "dynamax": {
        "label": "dynamax",
        "what": "CategoricalHMM, double precision, compiled before it is timed",
        "packages": ["dynamax", "jax", "numpy"],
        "environment": "dynamax",
        "threads": CORES,
    },
}
ENVIRONMENTS = {
    "pybkt-cpp": [PYBKT_NEEDS, ["--no-build-isolation", "--no-deps", "--no-binary", "pyBKT", PYBKT]],
    "pybkt-python": [PYBKT_NEEDS, ["--no-build-isolation", "--no-deps", "--only-binary", "pyBKT", PYBKT]],
    "mirt": [["mirt==1.2.0"]],
    "dynamax": [["dynamax==1.0.3", "jax==0.10.2"]],
}
# repeats: how often each program fits, none for one that is left out. fewer: those that make so many steps only
SIZES = {
    "200x15": {
        "students": 200,
        "answers_each": 15,
        "repeats": dict.fromkeys(PROGRAMS, 50) | {"pybkt-python": 3, "hmmlearn": 20},
    },
    "10000x20": {
        "students": 10_000,
        "answers_each": 20,
        "repeats": dict.fromkeys(PROGRAMS, 30) | {"pybkt-python": 1, "hmmlearn": 3, "mirt": 10, "dynamax": 10},
        "fewer": {"pybkt-python": 2},
    },
    "10000x5-200": {
        "students": 10_000,
        "answers_each": [5, 200],
        "repeats": dict.fromkeys(PROGRAMS, 10) | {"pybkt-python": 1, "hmmlearn": 3, "mirt": 3, "dynamax": 0},
        "fewer": {"pybkt-python": 1},
        "left_out": {"dynamax": "takes sequences of one length only"},
    },
    "1000000x20": {
        "students": 1_000_000,
        "answers_each": 20,
        "converge": True,
        "repeats": {"ktlib": 9, "ktlib-plain": 9, "pybkt-cpp": 2, "pybkt-cpp-2": 3}
        | {"pybkt-python": 0, "hmmlearn": 1, "mirt": 1, "dynamax": 1},
        "fewer": {"hmmlearn": 2, "mirt": 2, "dynamax": 2},
        "left_out": {"pybkt-python": "would take hours"},
    },
}


def environment(name: str, folder: Path) -> str:
    """The interpreter of an environment, made here on the first run."""
    home = folder / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / "ready"
    if not ready.exists():
        print(f"making the environment of {name} ..", flush=True)
        venv.create(home, with_pip=True, clear=True)
        for needs in ENVIRONMENTS[name]:
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *needs], check=True)
        if name.startswith("pybkt"):
            compiled = any((home / "lib").rglob("E_step*.so"))  # pyBKT quietly installs pure Python without a compiler
            if compiled != (name == "pybkt-cpp"):
                raise SystemExit(f"{name}: compiled is {compiled}; a C++ compiler is needed to build {PYBKT}")
        ready.touch()
    return str(python)


def versions_of(python: str, packages: list[str]) -> dict[str, str]:
    source = (
        "import json, platform, sys; from importlib.metadata import version; "
        "print(json.dumps({'python': platform.python_version()} | {p: version(p) for p in sys.argv[1:]}))"
    )
    return json.loads(subprocess.run([python, "-c", source, *packages], stdout=subprocess.PIPE, check=True).stdout)


def machine() -> dict:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = found[1]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"cpu": model, "cores": CORES, "system": platform.system(), "load_before": load}


class Worker:
    """A process that fits one program to one file of answers, whenever asked."""

    def __init__(self, program: str, python: str, answers: Path, steps: int):
        threads = str(PROGRAMS[program].get("threads", 1))
        limits = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL", "RAYON")}
        ours = {"PYTHONPATH": str(ROOT)} if python == sys.executable else {}
        script = str(Path(__file__).with_name("em_programs.py"))
        self.process = subprocess.Popen(
            [python, script, program, str(answers), str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | limits | ours,
        )
        self.import_mb = self.answer()["import_mb"]

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.process.args)} ended with {self.process.wait()}")
        return json.loads(line)

    def fit(self) -> dict:
        self.process.stdin.write("fit\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def simulate(size: dict):
    """The answers of one size, as `Sequences`."""
    from ktlib import bkt
    from ktlib.data.sequences import Sequences

    rng = np.random.default_rng(SEED)
    each = size["answers_each"]
    steps = each if isinstance(each, int) else rng.integers(each[0], each[1] + 1, size["students"])
    drawn = bkt.simulate(bkt.BKTParams(**TRUTH), students=size["students"], steps=steps, rng=rng)
    return Sequences.from_array(drawn.answers)


def measure(name: str, pythons: dict[str, str], folder: Path) -> dict:
    """Every program on one size, in turns; those that fit at least five times make one more fit first, untimed."""
    from ktlib.bkt import BKTParams, em

    size = SIZES[name]
    sequences = simulate(size)
    path = folder / f"{name}.npz"
    np.savez(path, answers=sequences.answers, lengths=sequences.lengths)
    converge = size.get("converge", False)
    stop = {"tol": TOL} if converge else {"tol": 0, "max_steps": STEPS}
    reference = em.fit(sequences, start=BKTParams(**START), **stop)
    repeats = {program: times for program, times in size["repeats"].items() if times and program in pythons}
    steps = {program: size.get("fewer", {}).get(program, reference.steps) for program in repeats}

    workers = {program: Worker(program, pythons[program], path, steps[program]) for program in repeats}
    first = {program: worker.fit() for program, worker in workers.items()}
    runs = {program: [] if repeats[program] >= 5 else [first[program]] for program in workers}
    most = max(repeats.values())
    for turn in range(most):
        for program, times in repeats.items():
            due = (turn + 1) * times // most
            if len(runs[program]) < due:
                runs[program].append(workers[program].fit())
    times = {}
    for program, results in runs.items():
        workers[program].close()
        made = {result["steps"] for result in results}
        if made != {steps[program]}:
            raise SystemExit(f"{program} made {made} steps on {name}, not {steps[program]}")
        params = BKTParams(**dict(zip(START, results[0]["params"], strict=True)))
        extra = PROGRAMS[program].get("extra", 0)
        scale = (reference.steps + extra) / (steps[program] + extra)
        seconds = [result["seconds"] * scale for result in results]
        difference = float(np.abs(np.array([*params]) - reference.path[steps[program]]).max())
        times[program] = {
            "repeats": len(seconds),
            "steps": steps[program],
            "scaled_by": scale,
            "min_seconds": min(seconds),
            "median_seconds": median(seconds),
            "median_cpu_seconds": median(result["cpu_seconds"] for result in results) * scale,
            "import_mb": workers[program].import_mb,
            "peak_mb": first[program]["peak_mb"],
            "params_after": dict(zip(START, params, strict=True)),
            "log_likelihood": em.expected_counts(sequences, params).log_likelihood,
            "largest_difference_from_ktlib": difference,
            "agrees_to_1e-6": difference < 1e-6,
        }
    ours = times["ktlib"]
    return {
        "name": name,
        "students": size["students"],
        "answers_each": size["answers_each"],
        "answers": sequences.n_answers,
        "distinct_sequences": len({row.tobytes() for row in sequences}),
        "steps": reference.steps,
        "until": f"a step gains less than {TOL:f} nats" if converge else f"{STEPS} steps",
        "times": times,
        "times_ktlib": {
            program: {
                "of_minima": values["min_seconds"] / ours["min_seconds"],
                "of_medians": values["median_seconds"] / ours["median_seconds"],
                "of_cpu": values["median_cpu_seconds"] / ours["median_cpu_seconds"],
            }
            for program, values in times.items()
            if program != "ktlib"
        },
        "left_out": {program: why for program, why in size.get("left_out", {}).items() if program in pythons},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--out", type=Path, default=ROOT / "ktlib/studies/stored/results" / "em_speed.json")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS), help="ktlib among them")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    folder = options.environments.resolve()
    folder.mkdir(parents=True, exist_ok=True)

    pythons = {
        program: environment(entry["environment"], folder) if "environment" in entry else sys.executable
        for program, entry in PROGRAMS.items()
        if program in options.programs
    }
    report = {
        "what": "exact EM steps of BKT on simulated answers; seconds for the fit alone, MB of a fresh process",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "truth": TRUTH,
        "start": START,
        "machine": machine(),
        "programs": {
            program: {
                "label": entry["label"],
                "what": entry["what"],
                "threads": entry.get("threads", 1),
                "versions": versions_of(pythons[program], entry["packages"]),
            }
            for program, entry in PROGRAMS.items()
            if program in pythons
        },
    }
    report["sizes"] = [measure(name, pythons, folder) for name in options.sizes]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for result in report["sizes"]:
        print(f"{result['name']}, {result['distinct_sequences']} distinct sequences, {result['steps']} steps")
        for program, values in result["times"].items():
            ratio = result["times_ktlib"].get(program, {}).get("of_medians", 1)
            print(
                f"  {program:13} {values['median_seconds']:10.5f} s median, {values['min_seconds']:10.5f} s least, "
                f"{ratio:8,.1f} times ktlib, {values['peak_mb'] or 0:6.0f} MB, log likelihood "
                f"{values['log_likelihood']:.4f}, parameters within {values['largest_difference_from_ktlib']:.1g}"
            )


if __name__ == "__main__":
    main()
