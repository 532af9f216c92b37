"""pyBKT for `variants_speed.py`, in an environment of its own: needs numpy and pyBKT alone.

    python benchmarks/variants_programs.py ANSWERS.npz

Reads answers with codes and a start, says that it is ready, and then does what each line on standard input asks, a JSON
object: {"do": "start"} goes back to the start, {"do": "steps", "n": 25, "mended": true} makes as many EM steps, timed,
and {"do": "forecast", "mended": true} gives log P of every answer given those before, summed. Every answer is one line
of JSON.

The E-step of pyBKT 1.4.3's C++ takes the first code's numbers for every code: in its loops over resources and over
questions the variables that a `fixed` value would fill are reset before the loop, not in it. Its M-step then divides
counts that belong to other numbers. With `mended`, each step hands it its own numbers as `fixed` ones, under the names
that only the C++ reads ("learn", "forget", "guess", "slip"): then every code has its own, and all is as documented.
"""

import json
import sys
import time

import numpy as np
from pyBKT.fit import EM_fit, predict_onestep


def laid_out(stored) -> dict:
    """pyBKT's form: a row of answers a question, 1 wrong and 2 right, 0 where it was not asked; a resource a step.

    A group of students is a resource too: everybody starts unknowing, a step before her first, where p_init is learned.
    """
    flat, lengths = stored["answers"].astype(np.int32), stored["lengths"]
    question, resource = stored["question"], stored["practice"] + 1
    first = np.cumsum(lengths) - lengths
    if stored["p_init"].size > 1:
        resource = np.insert(resource, first, stored["p_transit"].size + 1 + stored["group"])
        question, flat = np.insert(question, first, 0), np.insert(flat, first, -1)
        lengths = lengths + 1
        first = np.cumsum(lengths) - lengths
    data = np.zeros((stored["p_slip"].size, flat.size), np.int32)
    data[question, np.arange(flat.size)] = flat + 1
    return {"data": data, "resources": resource.astype(np.int64), "starts": first + 1, "lengths": lengths}


def model_of(stored) -> tuple[dict, dict]:
    """pyBKT's model at the start, and what it must leave as it is."""
    learns, forgets, prior, fixed = stored["p_transit"], stored["p_forget"], float(stored["p_init"][0]), {}
    if stored["p_init"].size > 1:
        forgets = np.concatenate([forgets, np.zeros(stored["p_init"].size)])
        learns, prior = np.concatenate([learns, stored["p_init"]]), 0.0
        fixed["prior"] = 0.0
    model = {"learns": learns, "forgets": forgets, "prior": prior}
    model |= {"slips": stored["p_slip"].copy(), "guesses": stored["p_guess"].copy()}
    model["As"] = np.array([[[1 - t, f], [t, 1 - f]] for t, f in zip(learns, forgets, strict=True)])
    return model, fixed


def numbers(model: dict, stored) -> list[float]:
    """ktlib's vector: p_init, p_transit, p_forget, p_slip, p_guess."""
    kinds, groups = stored["p_transit"].size, stored["p_init"].size
    learns, forgets = np.asarray(model["learns"]), np.asarray(model["forgets"])
    init = learns[kinds:] if groups > 1 else np.array([model["prior"]])
    blocks = init, learns[:kinds], forgets[:kinds], model["slips"], model["guesses"]
    return [float(value) for block in blocks for value in np.ravel(block)]


def own_numbers(model: dict) -> dict:
    """Each code's own numbers, under the names that only the C++ reads."""
    names = {"learn": "learns", "forget": "forgets", "guess": "guesses", "slip": "slips"}
    return {short: np.array(model[name], float) for short, name in names.items()}


def em(model: dict, data: dict, steps: int, fixed: dict, mended: bool) -> dict:
    """So many EM steps; a negative tolerance keeps pyBKT from stopping before the last."""
    settings = {"tol": -1.0, "parallel": False}
    if not mended:
        return EM_fit.EM_fit(model, data, maxiter=steps, fixed=fixed, **settings)[0]
    for _ in range(steps):
        model, _ = EM_fit.EM_fit(model, data, maxiter=1, fixed=fixed | own_numbers(model), **settings)
    return model


def forecast(model: dict, data: dict, mended: bool) -> float:
    """Σ log P(answer | the answers before), from pyBKT's forecasts of right answers."""
    right, _ = predict_onestep.run(model, data, parallel=False, fixed=own_numbers(model) if mended else {})
    answer = data["data"].sum(0)
    return float(np.log(right[answer == 2]).sum() + np.log1p(-right[answer == 1]).sum())


def main(path: str) -> None:
    with np.load(path) as file:
        stored = dict(file)
    data = laid_out(stored)
    model, fixed = model_of(stored)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked, told = json.loads(line), {}
        if asked["do"] == "start":
            model, fixed = model_of(stored)
        elif asked["do"] == "steps":
            began = time.perf_counter(), time.process_time()
            model = em(model, data, asked["n"], fixed, asked["mended"])
            told = {"seconds": time.perf_counter() - began[0], "cpu_seconds": time.process_time() - began[1]}
        else:
            told = {"log_likelihood": forecast(model, data, asked["mended"])}
        print(json.dumps(told | {"values": numbers(model, stored)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
