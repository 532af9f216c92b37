"""Write ktlib/studies/stored/golden_bkt.json: exact values to hold any Bayesian Knowledge Tracing code to.

Nothing here uses ktlib. Parameters are decimal fractions, all arithmetic is rational, and instead of a
recursion over two states it sums over every moment at which the skill may have been learned. Only the last
step rounds, to the nearest double.
"""

import json
import random
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

PATH = Path(__file__).parents[1] / "ktlib" / "studies" / "stored" / "golden_bkt.json"
NAMES = ("p_init", "p_transit", "p_slip", "p_guess")
USUAL = ("0.2", "0.1", "0.1", "0.2")
GUIDE = ("0.25", "0.12", "0.08", "0.18")

ABOUT = "Bayesian Knowledge Tracing, one student a case, computed exactly with rational numbers and rounded once."
CONVENTIONS = {
    "params": "p_init P(L0), p_transit P(T), p_slip P(S), p_guess P(G); exactly the decimals written",
    "answers": "1 right, 0 wrong, null not asked; the student may learn after every step, a null included",
    "before": "P(known at t | answers before t)",
    "correct": "P(right at t | answers before t)",
    "known": "P(known at t+1 | answers up to t): after the answer and the chance to learn from it",
    "smoothed": "P(known at t | all answers)",
    "log_likelihood": "natural logarithm of P(all answers)",
}


def exact(params, answers):
    """All quantities of one case, as fractions. params: four decimal strings. answers: 1, 0, None."""
    p_init, p_transit, p_slip, p_guess = map(Fraction, params)
    steps = len(answers)
    # joint[k]: P(learned just before step k, answers so far); the last entry stands for later or never.
    joint = [p_init] + [(1 - p_init) * (1 - p_transit) ** (k - 1) * p_transit for k in range(1, steps + 1)]
    joint.append(1 - sum(joint))
    before, correct, known = [], [], []
    for t, answer in enumerate(answers):
        right = [1 - p_slip if k <= t else p_guess for k in range(steps + 2)]
        total = sum(joint)
        before.append(sum(joint[: t + 1]) / total)
        correct.append(sum(j * r for j, r in zip(joint, right, strict=True)) / total)
        if answer is not None:
            joint = [j * (r if answer else 1 - r) for j, r in zip(joint, right, strict=True)]
        known.append(sum(joint[: t + 2]) / sum(joint))
    likelihood = sum(joint)
    smoothed = [sum(joint[: t + 1]) / likelihood for t in range(steps)]
    return {
        "before": before,
        "correct": correct,
        "known": known,
        "smoothed": smoothed,
        "likelihood": likelihood,
    }


def natural_log(x: Fraction) -> float:
    with localcontext(prec=60):
        return float((Decimal(x.numerator) / Decimal(x.denominator)).ln())


def drawn(seed: int, steps: int, gaps: float):
    """Parameters and answers from a seed; the last step is always an answer."""
    draw = random.Random(seed).random
    params = tuple(f"{low + draw() * (high - low):.3f}" for low, high in ((0, 1), (0, 0.5), (0.01, 0.5), (0.01, 0.49)))
    answers = [None if t < steps - 1 and draw() < gaps else int(draw() < 0.6) for t in range(steps)]
    return params, answers


def cases():
    yield "usual parameters", USUAL, [1, 1, 0, 1, 0, 0]
    yield "usual parameters, first answer wrong", USUAL, [0, 1, 1, 0, 0, 0]
    yield "study guide's parameters", GUIDE, [0, 1, 0, 1, 1, 1, 0, 1]
    yield "one right answer", USUAL, [1]
    yield "one wrong answer", USUAL, [0]
    yield "all right", USUAL, [1] * 10
    yield "all wrong", USUAL, [0] * 10
    yield "one gap", USUAL, [1, None, 0, 1]
    yield "gap first", USUAL, [None, 1, 1]
    yield "many gaps", GUIDE, [None, None, 1, None, 0, None, None, None, 1]
    yield "gaps at the end", GUIDE, [1, 0, None, None]
    yield "24 right answers refuted", ("0.2", "0.1", "0", "0.2"), [1] * 24 + [0]
    yield "nobody slips", ("0.3", "0.2", "0", "0.25"), [0, 1, 0, 1, 1]
    yield "nobody guesses", ("0.3", "0.2", "0.15", "0"), [0, 0, 1, 0, 1]
    yield "nobody slips or guesses", ("0.3", "0.2", "0", "0"), [0, 0, 1, 1]
    yield "nobody learns", ("0.4", "0", "0.1", "0.2"), [1, 0, 1, 1, 0]
    yield "everybody learns at once", ("0.1", "1", "0.1", "0.2"), [0, 1, 0, 1]
    yield "nobody knew it", ("0", "0.15", "0.1", "0.2"), [0, 1, 1, 1]
    yield "everybody knew it", ("1", "0.15", "0.1", "0.2"), [1, 0, 0, 1]
    yield "slip and guess nearly 1 together", ("0.5", "0.1", "0.49", "0.5"), [1, 0, 1, 1, 0, 0, 1]
    yield "long", GUIDE, drawn(50, 50, 0)[1]
    yield "long, with gaps", USUAL, drawn(51, 50, 0.2)[1]
    for seed in range(1, 5):
        yield f"random {seed}", *drawn(seed, 8 + 3 * seed, 0.1 * (seed - 1))


def golden() -> str:
    """The file's text: one case a line, doubles in full."""
    lines = []
    for name, params, answers in cases():
        found = exact(params, answers)
        case = {"name": name, "params": dict(zip(NAMES, map(float, params), strict=True)), "answers": answers}
        case |= {key: [float(p) for p in found[key]] for key in ("before", "correct", "known", "smoothed")}
        lines.append(json.dumps(case | {"log_likelihood": natural_log(found["likelihood"])}))
    head = json.dumps({"about": ABOUT, "conventions": CONVENTIONS, "tolerance": 1e-12}, indent=1)
    return head.removesuffix("\n}") + ',\n "cases": [\n' + ",\n".join(lines) + "\n ]\n}\n"


if __name__ == "__main__":
    PATH.write_text(golden(), encoding="utf-8")
