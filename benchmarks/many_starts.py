"""Do random starts find a likelier maximum than `skills.fit(prior=None)`? Each skill of assist2009, 200 odd classes.

Prints, for both, the most that twenty Newton climbs from random starts gain among ends with guess + slip < 1, the flags
that speak of other maxima, and what one start alone, the usual one, would have lost.
"""

from __future__ import annotations

import numpy as np

from ktlib import BKTParams, bkt
from ktlib.bkt import NAMES, skills
from ktlib.bkt._newton import ChangePoints, climb, to_logit
from ktlib.data import datasets
from ktlib.data.sequences import Sequences, as_sequences, sequences_by

KINDS = "short few extreme slow guess ragged right wrong late still slip noise large mixed".split()


def odd_class(kind: str, rng: np.random.Generator) -> Sequences:
    """One class of a kind that makes fits hard."""
    students, steps = int(rng.integers(20, 300)), int(rng.integers(3, 20))
    low, high = np.array([0.05, 0.01, 0.02, 0.05]), np.array([0.9, 0.4, 0.35, 0.4])
    p = rng.uniform(low, high)
    if kind == "short":
        steps = int(rng.integers(1, 4))
    elif kind == "few":
        students = int(rng.integers(1, 12))
    elif kind == "extreme":
        p = np.clip(rng.beta(0.3, 0.3, 4), 0.001, 0.999)
        p[2:] /= max(1.0, 1.02 * p[2:].sum())
    elif kind == "slow":
        p[1] = 10 ** rng.uniform(-4, -2)
    elif kind == "guess":
        p[2:] = rng.uniform(0, 0.15), rng.uniform(0.5, 0.8)
    elif kind == "late":
        p[:2], steps = (0.01, rng.uniform(0.01, 0.05)), 40
    elif kind == "still":
        p[1] = 0
    elif kind == "slip":
        p[2:] = rng.uniform(0.4, 0.7), rng.uniform(0.02, 0.25)
    elif kind == "noise":
        p[2:] = rng.uniform(0.4, 0.5), rng.uniform(0.4, 0.49)
    elif kind == "large":
        students = 2000
    lengths = rng.integers(1, 25, students) if kind in ("ragged", "mixed") else steps
    params = BKTParams(**dict(zip(NAMES, p.tolist(), strict=True)))
    answers = bkt.simulate(params, students=students, steps=lengths, rng=rng).answers
    if kind == "mixed":
        others = BKTParams(p_init=0.9, p_transit=0.01, p_slip=0.3, p_guess=0.5)
        half = students // 2
        answers[:half] = bkt.simulate(others, students=students, steps=lengths, rng=rng).answers[:half]
    if kind in ("right", "wrong"):  # all but one
        answers[~np.isnan(answers)] = kind == "right"
        answers[0, 0] = kind == "wrong"
    return Sequences.from_array(answers)


def report(what: str, classes: dict, rng: np.random.Generator) -> None:
    """Fit them, climb from twenty random starts each, and print what that finds."""
    fits = skills.fit(classes, prior=None)
    gained, lost = [], []
    for answers, found, params in zip(classes.values(), fits.log_likelihood, fits.params, strict=True):
        skill, p = ChangePoints(as_sequences(answers)), rng.uniform(0.001, 0.999, (20, 4))
        over = p[:, 2] + p[:, 3] >= 1
        p[over, 2:] = 1 - p[over, 2:]
        ends = [climb(skill, start, max_steps=500) for start in to_logit(p)]
        gained.append(max((e.log_likelihood - found for e in ends if not e.flipped), default=-np.inf))
        usual = climb(skill, to_logit(np.array(tuple(BKTParams()))))
        lost.append(found - usual.log_likelihood if not (usual.flipped or params.flipped) else 0.0)
    named = {word: sum(any(word in flag for flag in flags) for flags in fits.flags) for word in ("second", "upside")}
    print(
        f"{what}: {len(classes)} skills, {int(fits.converged.sum())} converged; random starts gain at most "
        f"{max(gained):.4f} nats; one start loses more than 0.1 on {sum(x > 0.1 for x in lost)}, at most "
        f"{max(lost):.1f}; flags: {named}, {sum(p.flipped for p in fits.params)} upside down themselves"
    )


if __name__ == "__main__":
    log = datasets.assist2009("all").merge(datasets.assist2009_skills(), on="item")
    report("assist2009", sequences_by(log, "skill"), np.random.default_rng(1))
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        odd = {f"{KINDS[i % len(KINDS)]} {i}": odd_class(KINDS[i % len(KINDS)], rng) for i in range(200)}
        report(f"odd classes, seed {seed}", odd, rng)
