"""Where climbs from many starts end, and what speaks against the likeliest end."""

from __future__ import annotations

import numpy as np

from ._newton import ChangePoints, Climb, climb, to_logit, to_probability
from .model import NAMES

_ROUGH = 0.01  # nats, where climbs are only compared
_STARTS = (  # p_init, p_transit, p_slip, p_guess: whatever 54 starts found, at least two of these found
    (0.2, 0.1, 0.1, 0.2),
    (0.05, 0.02, 0.03, 0.3),
    (0.5, 0.02, 0.03, 0.6),
    (0.5, 0.02, 0.35, 0.6),
    (0.5, 0.9, 0.35, 0.03),
    (0.95, 0.02, 0.35, 0.03),
    (0.95, 0.02, 0.35, 0.6),
    (0.95, 0.25, 0.35, 0.03),
    (0.95, 0.9, 0.35, 0.03),
    (0.1, 0.05, 0.9, 0.6),  # upside down, as are the next two
    (0.1, 0.4, 0.6, 0.9),
    (0.6, 0.4, 0.6, 0.9),
)
_SAME = 0.02  # ends closer than this in every probability lead to one summit
_FOLLOWED = 3  # ends
_EVEN = 1e-3  # nats; summits that differ by less are equally high
_CLOSE = 2.0  # nats below the likeliest end, within which another is worth a look
_ELSEWHERE = 0.1  # in some probability, from which on it is worth a word
_LIKELIER = 0.1  # nats from which on an end upside down is worth one


def summits(skill: ChangePoints, max_steps: int = 200) -> list[Climb]:
    """Where climbs from twelve fixed starts end, the likeliest first, those with p_guess + p_slip ≥ 1 after the others.

    All climb until little more is to gain; then the few that may be the likeliest climb on, each to its summit.
    """
    ends = [climb(skill, start, max_steps=max_steps, gain=_ROUGH) for start in to_logit(np.array(_STARTS))]
    upright = [end for end in ends if not end.flipped] or ends
    found: list[Climb] = []
    for end in _likeliest_first(upright, 5 * _ROUGH):
        if not any(_apart(end, other) < _SAME for other in found):
            found.append(end)
    close = [end for end in found if end.log_likelihood > found[0].log_likelihood - _CLOSE]
    tops = [climb(skill, end.logits, max_steps=max_steps) for end in close[:_FOLLOWED]]
    tops = _likeliest_first([top for top in tops if not top.flipped] or tops, _EVEN)
    return tops + _likeliest_first([end for end in ends if end.flipped and not tops[0].flipped], 0)


def _likeliest_first(ends: list[Climb], even: float) -> list[Climb]:
    """By log likelihood, but ends within `even` nats of the top, as on a ridge, in the order of their starts."""
    top = max((end.log_likelihood for end in ends), default=0.0)
    return sorted(ends, key=lambda end: max(top - end.log_likelihood - even, 0.0))


def rivals(ends: list[Climb], flat: bool) -> tuple[str, ...]:
    """What speaks against the first of these `summits`, as flags: a likelier one upside down, another not far below.

    flat: whether the first lies on a ridge, where ends that differ are no summits of their own.
    """
    first, said = ends[0], ()
    for end in ends[1:]:
        more = end.log_likelihood - first.log_likelihood
        if end.flipped != first.flipped and more > _LIKELIER:
            return (*said, f"likelier upside down: with guess + slip ≥ 1 by {more:.1f} nats")
        if end.flipped == first.flipped and not (flat or said) and _apart(end, first) > _ELSEWHERE:
            where = ", ".join(f"{name} {p:.2g}" for name, p in zip(NAMES, to_probability(end.logits), strict=True))
            said = (f"a second maximum, {-more:.1f} nats lower: {where}",)
    return said


def _apart(one: Climb, other: Climb) -> float:
    """By how much the probability that differs most differs."""
    return float(np.abs(to_probability(one.logits) - to_probability(other.logits)).max())
