"""One skill: Bayesian Knowledge Tracing.

model: four numbers, what they say of a student, a simulated class. em: fit them. uncertainty, profiles: how sure a
fit is. bounds: how much data it takes, before any answer. sensitivity: what wrong numbers cost. skills: many skills.
roster: who knows what, followed as answers come. variants: forgetting, and numbers by question, practice or group;
coded: answers with the codes that go with them; variant_params: the numbers. individual: each student with a shift of
her own on all skills.

The names of `model` stand here too: `bkt.simulate`, `bkt.filter`.
"""

from .._doors import lazily
from .model import (
    NAMES,
    BKTParams,
    Simulated,
    Smoothed,
    Trace,
    check_params,
    filter,
    forward_backward,
    log_likelihood,
    p_correct,
    p_correct_skills,
    simulate,
    smooth,
    update,
)

_open, __dir__, _rooms = lazily(
    __name__,
    (
        *("model", "em", "uncertainty", "profiles", "bounds", "sensitivity", "skills", "roster"),
        *("variants", "coded", "variant_params", "individual"),
    ),
)
__getattr__ = _open
__all__ = [
    "NAMES",
    "BKTParams",
    "Simulated",
    "Smoothed",
    "Trace",
    "check_params",
    "filter",
    "forward_backward",
    "log_likelihood",
    "p_correct",
    "p_correct_skills",
    "simulate",
    "smooth",
    "update",
    *_rooms,
]
