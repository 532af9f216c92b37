"""What the tests compare with: every hidden path added up, and what to draw examples from."""

from itertools import pairwise, product

import numpy as np
from hypothesis import strategies as st

from ktlib.bkt import BKTParams

TRUTH = BKTParams(p_init=0.25, p_transit=0.12, p_slip=0.08, p_guess=0.18)


def every_path(row, params) -> dict:
    """One student's answers (1, 0, None) under all 2**len(row) hidden paths, those that forget weighing zero.

    Returns `weight` P(answers), and given the answers: `known`, `learned` as `bkt.smooth` has them, and the
    expected counts as `changepoint.Counts` has them.
    """
    p_init, p_transit, p_slip, p_guess = params
    states = np.array(list(product((0, 1), repeat=len(row))))  # (paths, steps)
    move = np.array([[1 - p_transit, p_transit], [0.0, 1.0]])
    answer = np.array([[1 - p_guess, p_guess], [p_slip, 1 - p_slip]])
    weight = np.array([1 - p_init, p_init])[states[:, 0]]
    for before, after in pairwise(states.T):
        weight = weight * move[before, after]
    for state, y in zip(states.T, row, strict=True):
        if y is not None:
            weight = weight * answer[state, y]
    total = weight.sum()
    if total == 0:
        return {"weight": 0.0}
    share = weight / total
    jump = (states[:, :-1] == 0) & (states[:, 1:] == 1)
    asked = np.array([y is not None for y in row])
    right, wrong = (np.array([y == answer for y in row]) for answer in (1, 0))
    return {
        "weight": total,
        "known": share @ states,
        "learned": np.append(share @ jump, 0.0),
        "students": 1,
        "init": share @ states[:, 0],
        "chances": (share @ (1 - states[:, :-1])).sum(),
        "n_learned": (share @ jump).sum(),
        "n_known": share @ states @ asked,
        "slips": share @ states @ wrong,
        "unknown": share @ (1 - states) @ asked,
        "guesses": share @ (1 - states) @ right,
    }


probabilities = st.one_of(st.floats(1e-6, 1 - 1e-6), st.sampled_from([0.0, 1.0]))


@st.composite
def any_params(draw) -> BKTParams:
    """Any four probabilities, 0 and 1 and the upside-down half (guess + slip ≥ 1) included."""
    p = [draw(probabilities) for _ in range(4)]
    return BKTParams(p_init=p[0], p_transit=p[1], p_slip=p[2], p_guess=p[3], allow_flip=True)


@st.composite
def proper_params(draw) -> BKTParams:
    """Four probabilities inside (0, 1) with guess + slip < 1."""
    inside = st.floats(0.001, 0.999)
    p_slip = draw(inside)
    p_guess = draw(st.floats(0.0005, 0.999)) * (1 - p_slip)
    return BKTParams(p_init=draw(inside), p_transit=draw(inside), p_slip=p_slip, p_guess=p_guess)


def a_row(longest: int = 8):
    """One student's answers: 1, 0 and None, the last one given."""
    gap_or_answer = st.lists(st.sampled_from([0, 1, None]), max_size=longest - 1)
    return st.builds(lambda row, last: [*row, last], gap_or_answer, st.sampled_from([0, 1]))


def a_class(students: int = 4, longest: int = 8):
    """Several students' answers, of any lengths."""
    return st.lists(a_row(longest), min_size=1, max_size=students)


def random_class(rng, *, students: int, longest: int, missing: float = 0.2) -> list[list]:
    """Coin flips of any lengths with gaps, the last one given."""
    rows = []
    for length in rng.integers(1, longest + 1, students):
        gaps = rng.random(length) < missing
        gaps[-1] = False
        rows.append([None if gap else int(y) for y, gap in zip(rng.random(length) < 0.6, gaps, strict=True)])
    return rows
