"""BKT beyond four numbers: `ktlib.bkt.variants` beside pyBKT's C++, same answers, same start, one thread.

    python benchmarks/variants_speed.py [--environments build/bench] [--peer] [--students 10000] [--most 30]

For each variant: seconds of one pass (an EM step of pyBKT, an E-step of ktlib), and seconds until the log likelihood
is within NEAR nats of the highest that either found. pyBKT makes EM steps in runs of RUN, for at most `--most` seconds,
each code with its own numbers (`variants_programs.py` says why that needs saying); after each run ktlib computes the
log likelihood of where it stands, outside its time. ktlib fits to its own end, and its time includes the curvature that
intervals need. `--peer` instead stores a small set of answers with pyBKT's log likelihoods and fits, as released and
mended, for the tests, in ktlib/studies/stored/peers/variants_pybkt.json.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from em_speed import environment, machine, versions_of
from provenance import provenance

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
STORED = ROOT / "ktlib/studies/stored"
SEED, NEAR, RUN, REPEATS = 2026, 0.01, 5, 9
SIZES = 20, 6  # answers of a student
TRUTH = {
    "p_init": [0.2, 0.6],
    "p_transit": [0.05, 0.25],
    "p_forget": [0.02, 0.05],
    "p_slip": [0.05, 0.1, 0.2, 0.1, 0.3],
    "p_guess": [0.1, 0.2, 0.3, 0.4, 0.15],
}
VARIANTS = {  # which codes, and whether there is forgetting
    "plain": ((), False),
    "forgetting": ((), True),
    "question": (("question",), False),
    "practice": (("practice",), False),
    "group": (("group",), False),
    "all": (("question", "practice", "group"), True),
}
CODES = {"question": "questions", "practice": "kinds", "group": "groups"}


def simulated(name: str, students: int, steps: int):
    """`Coded` answers of a variant: where a sort of codes is left out, the first number of its blocks serves all."""
    from ktlib.bkt import variants

    codes, forgets = VARIANTS[name]
    block = {"p_init": "group", "p_transit": "practice", "p_forget": "practice"}
    truth = {k: v if block.get(k, "question") in codes else v[0] for k, v in TRUTH.items()}
    if not forgets:
        truth["p_forget"] = 0.0
    seen = variants.simulate(variants.VariantParams(**truth), students, steps, rng=SEED)
    return variants.code(seen.answers, **{one: getattr(seen, one) for one in codes})


class Peer:
    """pyBKT in a process of its own."""

    def __init__(self, python: str, coded, start, folder: Path):
        path = folder / "answers.npz"
        sequences = coded.sequences
        blocks = {name: getattr(start, name) for name in TRUTH}
        codes = {name: getattr(coded, name) for name in CODES}
        np.savez(path, answers=sequences.answers, lengths=sequences.lengths, **codes, **blocks)
        script = str(Path(__file__).with_name("variants_programs.py"))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([python, script, str(path)], **pipes)
        self.process.stdout.readline()

    def ask(self, **what) -> dict:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def start_for(coded, forgets: bool, apart: bool = False):
    """ktlib's default start for all codes; `apart`, one that differs by code, to be told apart in a comparison."""
    from ktlib.bkt import BKTParams, variants

    names = {many: getattr(coded, many) for many in CODES.values()}
    start = variants.VariantParams.of(BKTParams(), p_forget=0.05 if forgets else 0.0, **names)
    return start.filled(start.values * (1 + np.linspace(0, 0.5, start.values.size))) if apart else start


def measure(name: str, python: str, students: int, steps: int, most: float, folder: Path) -> dict:
    """One variant, both programs; so many answers each."""
    from ktlib.bkt import variants
    from ktlib.bkt._variant_counts import Counted

    _, forgets = VARIANTS[name]
    coded = simulated(name, students, steps)
    start = start_for(coded, forgets)
    counted = Counted(coded)

    def fitted():
        return variants.fit(coded, forgets=forgets, start=start)

    fitted()  # compiled
    passes, fits = [timed(lambda: counted.expected(start.values)) for _ in range(10)], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        fit = fitted()
        fits.append(time.perf_counter() - began)
    peer, path = Peer(python, coded, start, folder), [(0, 0.0, -np.inf)]
    peer.ask(do="steps", n=2, mended=True)
    peer.ask(do="start")
    while path[-1][2] < fit.log_likelihood - NEAR and path[-1][1] < most:
        told = peer.ask(do="steps", n=RUN, mended=True)
        there = float(variants.log_likelihood(coded, start.filled(np.clip(told["values"], 0, 1))).sum())
        path.append((path[-1][0] + RUN, path[-1][1] + told["seconds"], there))
    peer.close()
    made, seconds, reached = path[-1]
    top = max(fit.log_likelihood, reached)
    return {
        "name": name,
        "answers_each": steps,
        "codes": list(VARIANTS[name][0]),
        "forgets": forgets,
        "numbers": fit.parameters,
        "ktlib": {
            "seconds_a_pass": median(passes),
            "seconds": median(fits),
            "steps": fit.steps,
            "log_likelihood": fit.log_likelihood,
            "within": fit.log_likelihood >= top - NEAR,
        },
        "pybkt": {
            "seconds_a_pass": seconds / made,
            "seconds": seconds,
            "steps": made,
            "log_likelihood": reached,
            "within": reached >= top - NEAR,
        },
        "times_ktlib": {"a_pass": seconds / made / median(passes), "to_the_top": seconds / median(fits)},
    }


def timed(call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def record(python: str, folder: Path) -> dict:
    """A small set of answers with all codes; pyBKT's log likelihood at given numbers, and where 2,000 steps lead."""
    from ktlib.bkt import variants

    students, steps, found = 400, 10, {}
    coded = simulated("all", students, steps)
    codes_told = {name: "".join(map(str, getattr(coded, name).tolist())) for name in CODES}
    told = {"students": students, "steps": steps, "variants": found, "codes": codes_told}
    told["answers"] = "".join(map(str, coded.sequences.answers.tolist()))
    for name, (codes, forgets) in VARIANTS.items():
        some = {one: getattr(coded, one) for one in codes}
        part = variants.code(coded.sequences, **some)
        peer = Peer(python, part, start_for(part, forgets, apart=True), folder)
        found[name] = {}
        for way, mended in (("as released", False), ("mended", True)):
            peer.ask(do="start")
            first = peer.ask(do="forecast", mended=mended)["log_likelihood"]
            values = peer.ask(do="steps", n=2000, mended=mended)["values"]
            last = peer.ask(do="forecast", mended=mended)["log_likelihood"]
            found[name][way] = {"start": first, "end": last, "values": values}
        peer.close()
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--most", type=float, default=30.0)
    options = parser.parse_args()
    python = environment("pybkt-cpp", options.environments.resolve())
    about = {"seed": SEED, "truth": TRUTH, "pybkt": versions_of(python, ["pyBKT", "numpy"])}
    with tempfile.TemporaryDirectory() as folder:
        if options.peer:
            out, found = STORED / "peers" / "variants_pybkt.json", record(python, Path(folder))
        else:
            out = STORED / "results" / "variants_speed.json"
            settings = {"students": options.students, "near_nats": NEAR, "repeats": REPEATS}
            rows = [
                measure(name, python, options.students, steps, options.most, Path(folder))
                for steps in SIZES
                for name in VARIANTS
            ]
            found = settings | {"cpu": machine(), "variants": rows}
    out.write_text(json.dumps(provenance("numpy", "numba", **about) | found, indent=1) + "\n", encoding="utf-8")
    if not options.peer:
        for row in found["variants"]:
            a, b, c = row["ktlib"], row["pybkt"], row["times_ktlib"]
            print(
                f"{row['name']:11} {row['answers_each']:2} pass {a['seconds_a_pass']:.4f} s, "
                f"pyBKT {b['seconds_a_pass']:.4f} s; to the top {a['seconds']:.2f} s, "
                f"pyBKT {b['seconds']:.2f} s in {b['steps']} steps (there: {b['within']}), "
                f"{c['a_pass']:.1f} and {c['to_the_top']:.1f} times ktlib"
            )


if __name__ == "__main__":
    main()
