"""The programs of `em_speed.py`, each fitted in a process and an environment of its own.

    python benchmarks/em_programs.py PROGRAM ANSWERS.npz STEPS

Reads the answers, brings them into the form the program wants, says that it is ready, and then makes one timed fit for
each line on standard input. Needs nothing but numpy and the program. Every answer is one line of JSON.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

# mirt offers no other start than its own, so all take it
START = {"p_init": 0.3, "p_transit": 0.1, "p_slip": 0.1, "p_guess": 0.2}


def ktlib(answers: np.ndarray, lengths: np.ndarray, steps: int):
    from ktlib.bkt import BKTParams, em
    from ktlib.data.sequences import Sequences

    sequences = Sequences(answers, lengths, tuple(range(len(lengths))))

    def fit():
        fitted = em.fit(sequences, start=BKTParams(**START), tol=0, max_steps=steps)
        return tuple(fitted.params), fitted.steps

    return fit


def ktlib_plain(answers: np.ndarray, lengths: np.ndarray, steps: int):
    from ktlib.bkt import BKTParams, em

    table = padded(answers, lengths, np.nan)

    def fit():
        fitted = em.fit(table, start=BKTParams(**START), tol=0, max_steps=steps)
        return tuple(fitted.params), fitted.steps

    return fit


def pybkt(answers: np.ndarray, lengths: np.ndarray, steps: int, parallel: bool = False):
    """pyBKT's own EM loop; a negative tolerance keeps it from stopping before its last step."""
    from pyBKT.fit import EM_fit

    data = {
        "data": (answers.reshape(1, -1) + 1).astype(np.int32),  # 1 wrong, 2 right
        "resources": np.ones(answers.size, np.int64),
        "starts": np.cumsum(lengths) - lengths + 1,
        "lengths": lengths,
    }
    p_init, p_transit, p_slip, p_guess = START.values()

    def fit():
        model = {
            "prior": p_init,
            "learns": np.array([p_transit]),
            "forgets": np.array([0.0]),
            "slips": np.array([p_slip]),
            "guesses": np.array([p_guess]),
            "As": np.array([[[1 - p_transit, 0.0], [p_transit, 1.0]]]),
        }
        model, trace = EM_fit.EM_fit(model, data, tol=-1.0, maxiter=steps, parallel=parallel)
        return (model["prior"], model["learns"][0], model["slips"][0], model["guesses"][0]), len(trace)

    return fit


def pybkt_two_threads(answers: np.ndarray, lengths: np.ndarray, steps: int):
    return pybkt(answers, lengths, steps, parallel=True)


def hmmlearn(answers: np.ndarray, lengths: np.ndarray, steps: int):
    """Two states, not known and known; a transition that starts at zero, forgetting, stays there."""
    from hmmlearn.hmm import CategoricalHMM

    column = answers.reshape(-1, 1).astype(int)

    def fit():
        model = CategoricalHMM(
            2, n_iter=steps, tol=-np.inf, params="ste", init_params="", implementation="scaling", n_features=2
        )
        model.startprob_, model.transmat_, model.emissionprob_ = tables()
        model.fit(column, lengths)
        return read_tables(model.startprob_, model.transmat_, model.emissionprob_), len(model.monitor_.history)

    return fit


def mirt(answers: np.ndarray, lengths: np.ndarray, steps: int):
    """Places after a student's last answer belong to a second skill that nobody answers."""
    from mirt.estimation.bkt_em import fit_bkt_em

    table = padded(answers, lengths, -1).astype(int)
    skills = (table < 0).astype(int)
    if not skills.any():
        skills = skills[0]
    bounds = (1e-12, 0.5)

    def fit():
        found = fit_bkt_em(table, skills, max_iter=steps, tol=1e-300, slip_bounds=bounds, guess_bounds=bounds)
        model = found.model
        return (model.p_init[0], model.p_learn[0], model.p_slip[0], model.p_guess[0]), found.n_iterations

    return fit


def dynamax(answers: np.ndarray, lengths: np.ndarray, steps: int):
    """Flat priors but for a trace of one on forgetting, whose mode would not exist; compiled before it is timed."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from dynamax.hidden_markov_model import CategoricalHMM

    flat = dict.fromkeys(("initial_probs_concentration", "emission_prior_concentration"), 1.0)
    model = CategoricalHMM(2, 1, 2, transition_matrix_concentration=1 + 1e-9, **flat)
    initial, transition, emission = map(jnp.array, tables())
    params, properties = model.initialize(
        initial_probs=initial, transition_matrix=transition, emission_probs=emission[:, None]
    )
    table = jnp.array(answers.reshape(len(lengths), -1, 1), dtype=jnp.int32)

    def em(params, table):
        return model.fit_em(params, properties, table, num_iters=steps, verbose=False)

    compiled = jax.jit(em).lower(params, table).compile()

    def fit():
        found, trace = jax.block_until_ready(compiled(params, table))
        probabilities = found.initial.probs, found.transitions.transition_matrix, found.emissions.probs[:, 0]
        return read_tables(*probabilities), len(trace)

    return fit


PROGRAMS = {  # what prepares the fit, and the module it needs
    "ktlib": (ktlib, "ktlib.bkt.em"),
    "ktlib-plain": (ktlib_plain, "ktlib.bkt.em"),
    "pybkt-cpp": (pybkt, "pyBKT.fit.EM_fit"),
    "pybkt-cpp-2": (pybkt_two_threads, "pyBKT.fit.EM_fit"),
    "pybkt-python": (pybkt, "pyBKT.fit.EM_fit"),
    "hmmlearn": (hmmlearn, "hmmlearn.hmm"),
    "mirt": (mirt, "mirt.estimation.bkt_em"),
    "dynamax": (dynamax, "dynamax.hidden_markov_model"),
}


def padded(answers: np.ndarray, lengths: np.ndarray, filler: float) -> np.ndarray:
    """(students, longest); the answers as they are where all have equally many."""
    longest = int(lengths.max())
    if answers.size == len(lengths) * longest:
        return answers.reshape(-1, longest)
    table = np.full((len(lengths), longest), filler)
    table[np.arange(longest) < lengths[:, None]] = answers
    return table


def tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The start as initial, transition and emission probabilities of a hidden Markov model."""
    p_init, p_transit, p_slip, p_guess = START.values()
    return (
        np.array([1 - p_init, p_init]),
        np.array([[1 - p_transit, p_transit], [0.0, 1.0]]),
        np.array([[1 - p_guess, p_guess], [p_slip, 1 - p_slip]]),
    )


def read_tables(initial, transition, emission) -> tuple:
    return initial[1], transition[0, 1], emission[1, 0], emission[0, 1]


def peak_mb() -> float | None:
    """The most memory this process has held, in MB (10^6 bytes); None where the system does not tell (not Linux)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def say(**values) -> None:
    print(json.dumps(values), flush=True)


def main(program: str, path: str, steps: int) -> None:
    prepare, module = PROGRAMS[program]
    importlib.import_module(module)
    before = peak_mb()
    with np.load(path) as stored:
        fit = prepare(stored["answers"], stored["lengths"], steps)
    say(import_mb=before)
    for _ in sys.stdin:
        began, cpu_began = time.perf_counter(), time.process_time()
        params, made = fit()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        say(seconds=seconds, cpu_seconds=cpu_seconds, params=[float(p) for p in params], steps=made, peak_mb=peak_mb())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
