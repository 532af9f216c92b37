"""How much data: what N students with T answers each can tell about the four probabilities of BKT, before any answer.

Expected Fisher information, the Cramér-Rao bound on every standard error, and what no number of answers can pin down.
Order everywhere: p_init, p_transit, p_slip, p_guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from reprlib import repr as shown
from statistics import NormalDist

import numpy as np

from .. import _checks as checks
from .model import NAMES, BKTParams, check_params

_EXACT = 1 << 13  # histories followed one by one: all of them up to 14 answers
_CELL = 0.01  # beyond that, histories whose logit P(known) differs by less are followed as one
_CERTAIN = np.exp(-40)  # where P(not known) is smaller, it counts as this
_EDGE = 1e-9  # closer than this to 0 or 1 counts as on the boundary
_FLAT = 1e-12  # an eigenvalue below this, each parameter measured by its own information, is none
_MOST = 100_000  # answers a student
_POINTS = 17  # 2**17 points of the normal distribution, for the chance that all four estimates are close


def fisher(params: BKTParams, answers) -> np.ndarray:
    """Expected Fisher information of one student's answers: (4, 4), or (n, 4, 4) for n numbers of answers.

    answers: how many she gives, a whole number or a list of them. The chain rule adds up, answer by answer,
    E[∇c ∇cᵀ / (c (1 - c))] over all that may have been answered before, c being the forecast P(right | before). The
    gradient of P(known) changes by affine maps, so its two moments are enough wherever P(known) is the same: exact up
    to 14 answers; beyond that histories with nearly the same P(known) are merged (relative error below 1e-5).
    Raises ValueError for a parameter at 0 or 1 (within 1e-9), where estimates err to one side only.
    """
    _check_inside(params)
    wanted = _whole_numbers(answers, "answers")
    return np.cumsum(_by_answer(params, int(wanted.max())), axis=0)[wanted - 1]


def standard_errors(params: BKTParams, students: int, answers: int) -> dict[str, float]:
    """The least standard error that an unbiased estimate can have, by name: the Cramér-Rao bound.

    students: N, answers: T each. From some 100 students on, maximum likelihood attains it nearly.
    Raises ValueError for fewer than three answers (two leave a whole family of parameters alike, see `alike`), for
    p_guess + p_slip = 1, where answers say nothing about knowing, and for a parameter at 0 or 1.
    Source: Cramér (1946), ch. 32.
    """
    per_student = np.diag(_covariance(params, answers))
    return dict(zip(NAMES, np.sqrt(per_student / checks.whole(students, "students", 1)).tolist(), strict=True))


def floors(params: BKTParams, students: int, answers: int) -> dict[str, float]:
    """The standard errors if one could see who knew what at each answer, by name: no method gets below them.

    Each is √(p (1 - p) / expected trials): students for p_init; for p_transit, steps not yet known with a question to
    follow; for p_slip and p_guess, answers given while knowing and while not knowing.
    """
    _check_inside(params)
    students, answers = checks.whole(students, "students", 1), _followed(answers, "answers")
    unknown = (1 - params.p_init) * (1 - params.p_transit) ** np.arange(answers)
    trials = (1.0, unknown[:-1].sum(), answers - unknown.sum(), unknown.sum())
    if answers == 1:
        raise ValueError("answers = 1: with one answer a student nobody has a chance to learn; give 2 or more")
    return {
        name: float(np.sqrt(p * (1 - p) / (students * n))) for name, p, n in zip(NAMES, params, trials, strict=True)
    }


def how_much_data(params: BKTParams, designs: Iterable[tuple[int, int]]):
    """Standard errors that designs allow: a DataFrame, one row a design.

    designs: (students, answers each). Columns: students, answers; the Cramér-Rao bound of each parameter under its
    name; and floor_<name>, what it would be if knowing could be seen (`floors`). Raises as `standard_errors`.
    """
    import pandas as pd

    _check_inside(params)
    pairs = checks.listed(designs, "designs", "[(22, 15)]")
    pairs = [pair.tolist() if isinstance(pair, np.ndarray) else pair for pair in pairs]
    if not pairs or any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in pairs):
        raise ValueError(f"designs = {shown(designs)}: give (students, answers) pairs, such as [(200, 15)]")
    for students, answers in pairs:
        checks.whole(students, "students", 1)
        _enough(answers)
    lengths = sorted({answers for _, answers in pairs})
    information = dict(zip(lengths, fisher(params, lengths), strict=True))
    rows = []
    for students, answers in pairs:
        bound = np.sqrt(np.diag(_inverse(information[answers], params)) / students)
        floor = {f"floor_{name}": value for name, value in floors(params, students, answers).items()}
        rows.append({"students": students, "answers": answers} | dict(zip(NAMES, bound.tolist(), strict=True)) | floor)
    return pd.DataFrame(rows)


def students_needed(params: BKTParams, answers: int, *, within: float = 0.01, level: float = 0.95) -> dict[str, int]:
    """How many students it takes for estimates within ±`within` of the truth with probability `level`.

    Under each name for that parameter alone, under "all" for all four at once; both by the normal approximation at
    the Cramér-Rao bound. level = 0.6827 asks for one standard error. Raises as `standard_errors`.
    """
    within, level = _distance(within), checks.inside(level, "level", 0.95)
    covariance = _covariance(params, answers)
    z = NormalDist().inv_cdf((1 + level) / 2)
    need = dict(zip(NAMES, np.diag(covariance) * (z / within) ** 2, strict=True))
    need["all"] = max((np.quantile(_largest_error(covariance), level) / within) ** 2, *need.values())
    return {name: int(np.ceil(n)) for name, n in need.items()}


def chance_within(params: BKTParams, students: int, answers: int, within: float) -> float:
    """Probability that all four estimates lie within ±`within` of the truth at once, by the normal approximation.

    Raises as `standard_errors`.
    """
    students, within = checks.whole(students, "students", 1), _distance(within)
    return float((_largest_error(_covariance(params, answers)) < within * np.sqrt(students)).mean())


@dataclass(frozen=True, eq=False)
class Ridge:
    """The direction in which four probabilities can move together while the answers change least.

    direction: (4,) of length 1, p_init not negative. sd: standard error along it for one student (divide by √N).
    ratio: to the standard error along the best pinned direction.
    """

    direction: np.ndarray
    sd: float
    ratio: float


def ridge(params: BKTParams, answers: int) -> Ridge:
    """The worst pinned direction: the eigenvector of the Fisher information with the smallest eigenvalue.

    Raises as `standard_errors`.
    """
    variance, directions = np.linalg.eigh(_covariance(params, answers))
    direction = directions[:, -1]
    return Ridge(
        direction if direction[0] >= 0 else -direction,
        float(np.sqrt(variance[-1])),
        float(np.sqrt(variance[-1] / variance[0])),
    )


def alike(params: BKTParams, p_init: float) -> BKTParams:
    """Other parameters, with this `p_init`, that give every pair of answers the same probability as `params`.

    Two answers a student fix three numbers: P(right) at the first, at the second, and their covariance, which is
    (P(right first) - p_guess) (1 - p_slip - P(right second)). Four parameters leave a curve free. Third answers differ.
    Raises ValueError naming the range of p_init on the curve, and for p_guess + p_slip ≥ 1.
    """
    _check_inside(params)
    wanted = checks.inside(p_init, "p_init", 0.3)
    if params.flipped:
        raise ValueError(f"p_guess + p_slip = {params.p_guess + params.p_slip:g} is not below 1: lower one of them")
    known = params.p_init + (1 - params.p_init) * params.p_transit
    gain = 1 - params.p_slip - params.p_guess
    first, second = params.p_guess + params.p_init * gain, params.p_guess + known * gain
    rise, covariance = second - first, gain**2 * params.p_init * (1 - known)

    def init_at(above: float) -> float:  # above: P(right first) - p_guess
        return above**2 / (above**2 + rise * above + covariance)

    low, high = init_at(covariance / (1 - second)), init_at(first)
    if not low <= wanted <= high:
        raise ValueError(f"p_init = {wanted:g} is not on the curve: with {params} it runs from {low:.4g} to {high:.4g}")
    root = np.sqrt((wanted * rise) ** 2 + 4 * (1 - wanted) * wanted * covariance)
    above = (wanted * rise + root) / (2 * (1 - wanted))
    guess, right = first - above, second + covariance / above
    known = (second - guess) / (right - guess)
    values = (wanted, (known - wanted) / (1 - wanted), 1 - right, guess)
    return BKTParams(**dict(zip(NAMES, (float(max(v, 0.0)) for v in values), strict=True)))


def _by_answer(params: BKTParams, answers: int) -> np.ndarray:
    """(answers, 4, 4): what each further answer adds to the information.

    One atom a history (or a merged cell of them): `mass` its probability, `unknown` P(not known | history), and of the
    gradient of P(known) the sums `first` (4, atoms) and `second` (4, 4, atoms), weighted by mass.
    """
    p_init, p_transit, p_slip, p_guess = params
    gain = 1 - p_slip - p_guess
    mass, unknown = np.ones(1), np.array([1 - p_init])
    first = np.array([[1.0], [0.0], [0.0], [0.0]])
    second = first[:, None] * first
    out = np.empty((answers, 4, 4))
    for t in range(answers):
        known, nothing = 1 - unknown, np.zeros_like(unknown)
        right = known * (1 - p_slip) + unknown * p_guess
        wrong = known * p_slip + unknown * (1 - p_guess)
        own = np.array([nothing, nothing, -known, unknown])  # ∂ right, P(known) held
        out[t] = (_moved(mass, first, second, gain, own)[1] / (right * wrong)).sum(-1)
        branches = []
        for chance, if_known, if_not, sign in ((right, 1 - p_slip, p_guess, -1), (wrong, p_slip, 1 - p_guess, 1)):
            stay = if_not / chance * unknown  # P(not known | history and this answer), before the chance to learn
            scale = (1 - p_transit) * if_known * if_not / chance**2
            both = sign * (1 - p_transit) * known * unknown / chance**2
            shift = np.array([nothing, stay, both * if_not, both * if_known])
            moments = _moved(mass, first, second, scale, shift)
            branches.append((chance * mass, stay * (1 - p_transit), chance * moments[0], chance * moments[1]))
        mass, unknown, first, second = (np.concatenate(parts, -1) for parts in zip(*branches, strict=True))
        if len(mass) > _EXACT:
            mass, unknown, first, second = _merged(mass, unknown, first, second)
    return out


def _moved(mass, first, second, scale, shift):
    """Moments of scale · gradient + shift."""
    cross = scale * first[:, None] * shift
    moved = scale**2 * second + cross + cross.swapaxes(0, 1) + mass * shift[:, None] * shift
    return scale * first + mass * shift, moved


def _merged(mass, unknown, first, second):
    """Atoms with nearly the same P(known), as one with their mean."""
    unknown = np.maximum(unknown, _CERTAIN)
    cell = np.rint((np.log1p(-unknown) - np.log(unknown)) / _CELL).astype(int)
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=cell.min() - 1))
    total, weighted, first, second = (
        np.add.reduceat(a[..., order], starts, axis=-1) for a in (mass, mass * unknown, first, second)
    )
    return total, weighted / total, first, second


def _covariance(params: BKTParams, answers: int) -> np.ndarray:
    """Inverse of one student's information."""
    _check_inside(params)
    return _inverse(fisher(params, _enough(answers)), params)


def _inverse(information: np.ndarray, params: BKTParams) -> np.ndarray:
    own = np.sqrt(np.diag(information))
    scaled = information / np.outer(own, own) if own.all() else np.zeros((4, 4))
    if np.linalg.eigvalsh(scaled)[0] < _FLAT:
        raise ValueError(
            f"at {params} the answers do not pin the four apart: with p_guess + p_slip near 1 they say nothing about "
            "knowing; move the parameters away from there"
        )
    return np.linalg.inv(scaled) / np.outer(own, own)


def _largest_error(covariance: np.ndarray) -> np.ndarray:
    """Of four normal errors with this covariance the largest in size, over points spread evenly under the normal."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = ndtri(qmc.Sobol(4, seed=0).random_base2(_POINTS))
    return np.abs(points @ np.linalg.cholesky(covariance).T).max(1)


def _check_inside(params: BKTParams) -> None:
    check_params(params)
    for name, value in zip(NAMES, params, strict=True):
        if not _EDGE < value < 1 - _EDGE:
            raise ValueError(
                f"{name} = {value:g} lies on the boundary, where estimates can err to one side only and Fisher "
                "information bounds nothing: move it inside, 0.001 from the edge, say"
            )


def _enough(answers) -> int:
    if _followed(answers, "answers") < 3:
        raise ValueError(
            f"answers = {answers}: at least three answers a student are needed; one identifies one combination of the "
            "four probabilities, two identify three (see bounds.alike)"
        )
    return int(answers)


def _distance(within) -> float:
    if checks.not_negative(within, "within") == 0:
        raise ValueError("within = 0: no number of students gives the exact value; give a distance such as 0.01")
    return float(within)


def _whole_numbers(value, name: str) -> np.ndarray:
    if not isinstance(value, Iterable):
        return np.array(_followed(value, name))
    values = checks.listed(value, name, "[5, 10]")
    if not values:
        raise ValueError(f"{name} = {shown(value)}: give a whole number, 1 or more, or a list of them")
    return np.array([_followed(v, name) for v in values])


def _followed(answers, name: str) -> int:
    """A number of answers that can be followed one by one."""
    if checks.whole(answers, name, 1) > _MOST:
        raise ValueError(f"{name} = {answers}: give at most {_MOST:,}, which are followed one by one")
    return int(answers)
