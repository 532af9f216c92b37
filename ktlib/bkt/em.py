"""Fit the four probabilities of BKT to answers by expectation-maximisation (Baum et al. 1970; Dempster et al. 1977).

E-step: expected counts under the current parameters, exactly. M-step: each probability becomes expected successes
over expected trials. The log likelihood never falls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .._checks import fits_in_memory, generator, instance, listed, not_negative, one_of, short, whole
from ..data import _saved
from ..data._fingerprint import fingerprint
from ..data.sequences import as_sequences
from . import model
from ._stretches import Counts, Stretches
from .model import NAMES, BKTParams, check_params

EDGE = 1e-3  # closer than this to 0 or 1 counts as on the boundary


@dataclass(frozen=True)
class End:
    """Where one start of a fit led: its start, its end and the log likelihood there."""

    start: BKTParams
    params: BKTParams
    log_likelihood: float


_KEPT = ("log_likelihood", "converged", "reason", "students", "answers", "frozen", "data")  # saved as they are


@dataclass(frozen=True, eq=False)
class BKTFit:
    """A fitted skill.

    params: the estimates. log_likelihood: at the estimates, natural logarithm, over all answers.
    trace: (steps + 1,) log likelihood before each step and at the end. path: (steps + 1, 4) parameters, in the order
    p_init, p_transit, p_slip, p_guess; path[0] is the start. converged, reason: whether it stopped by itself, and why
    it stopped. ends: one `End` for each start. students, answers: how many. frozen: names that were not fitted.
    data: a checksum of the answers, by which fits to compare are held to the same ones.
    """

    params: BKTParams
    log_likelihood: float
    trace: np.ndarray
    path: np.ndarray
    converged: bool
    reason: str
    ends: tuple[End, ...]
    students: int
    answers: int
    frozen: tuple[str, ...]
    data: int
    __repr__ = short

    @property
    def parameters(self) -> int:
        """How many probabilities were fitted: four, less the frozen ones."""
        return len(NAMES) - len(self.frozen)

    @property
    def aic(self) -> float:
        """2 · parameters − 2 · log likelihood (Akaike 1974); lower is better, on the same answers only."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """log(students) · parameters − 2 · log likelihood (Schwarz 1978); n is students, who answer independently."""
        return float(np.log(self.students)) * self.parameters - 2 * self.log_likelihood

    @property
    def steps(self) -> int:
        """How many EM steps it took."""
        return len(self.trace) - 1

    def save(self, path) -> None:
        """Write to an .npz file, without pickle."""
        about = {name: getattr(self, name) for name in _KEPT} | {"params": tuple(self.params)}
        about["ends"] = [[tuple(end.start), tuple(end.params), end.log_likelihood] for end in self.ends]
        _saved.save(path, "BKT fit", {"trace": self.trace, "path": self.path}, about)

    @classmethod
    def load(cls, path) -> BKTFit:
        """Read what `save` wrote. ValueError for a file that is cut short or is no fit of one skill."""
        arrays, about = _saved.load(path, "BKT fit")
        with _saved.whole(path, "BKT fit"):
            kept = {name: about[name] for name in _KEPT} | {"frozen": tuple(about["frozen"])}
            ends = tuple(End(_params(start), _params(end), value) for start, end, value in about["ends"])
            return cls(_params(about["params"]), trace=arrays["trace"], path=arrays["path"], ends=ends, **kept)


def _params(values) -> BKTParams:
    return BKTParams(**dict(zip(NAMES, values, strict=True)), allow_flip=True)


def expected_counts(answers, params: BKTParams) -> Counts:
    """The E-step, by change points with equal stretches of answers counted once (`ktlib.bkt._stretches`)."""
    check_params(params)
    return Stretches(as_sequences(answers)).expected_counts(params)


def expected_counts_forward_backward(answers, params: BKTParams) -> Counts:
    """The same E-step by the textbook forward-backward recursion, student by student and step by step (Rabiner 1989).

    Slower; kept to be read and to test `expected_counts` against.
    """
    check_params(params)
    sequences = as_sequences(answers)
    table = sequences.to_array()
    inside = np.arange(table.shape[1]) < sequences.lengths[:, None]
    seen = model.forward_backward(table, ~inside, params)
    known, learned = np.where(inside, seen["known"], 0.0), seen["learned"]
    unknown = np.where(inside, 1 - seen["known"], 0.0)
    asked, followed = ~np.isnan(table), inside.copy()
    followed[np.arange(len(table)), sequences.lengths - 1] = False
    return Counts(
        students=len(sequences),
        init=float(known[:, 0].sum()),
        chances=float(unknown[followed].sum()),
        learned=float(learned[followed].sum()),
        known=float(known[asked].sum()),
        slips=float(known[table == 0].sum()),
        unknown=float(unknown[asked].sum()),
        guesses=float(unknown[table == 1].sum()),
        log_likelihood=float(seen["log_likelihood"].sum()),
    )


def maximise(counts: Counts, params: BKTParams, frozen: Iterable[str] = ()) -> BKTParams:
    """The M-step: expected successes over expected trials. `frozen` names, and any without trials, keep their value."""
    check_params(params)
    instance(counts, Counts, "counts", "give what em.expected_counts returned")
    frozen = _names(frozen)
    new = {
        name: min(successes / trials, 1.0)
        for name, (successes, trials) in zip(NAMES, counts.pairs(), strict=True)
        if name not in frozen and trials > 0
    }
    return params.moved(**new)


def fit(
    answers,
    *,
    start: BKTParams | None = None,
    frozen: Iterable[str] = (),
    random_starts: int = 0,
    rng=None,
    tol: float = 1e-6,
    max_steps: int = 2000,
) -> BKTFit:
    """Maximum likelihood by exact EM, from one start unless more are asked for: a likelier maximum may lie elsewhere.

    answers: `Sequences`, a (students, steps) array with NaN, or lists of 1, 0 and None. start: first start, by default
    the literature's `BKTParams()`; what stands at 0 or 1 there and is not frozen starts 0.001 inside, as EM could not
    leave the edge. frozen: names among p_init, p_transit, p_slip, p_guess to leave at their start.
    random_starts: further starts, drawn uniformly with p_guess + p_slip < 1; they need `rng`, a
    `numpy.random.Generator` or a seed. tol: a start ends when a step gains less than this much log likelihood in all
    (nats). max_steps: or after so many.

    Of the ends with p_guess + p_slip < 1 the likeliest is returned; where there is none, the likeliest of all, and its
    `params.flipped` is True.

    Raises ValueError for answers or settings that cannot be used, before any work starts.
    """
    start = BKTParams() if start is None else start
    check_params(start, "start")
    frozen = _names(frozen)
    random_starts = whole(random_starts, "random_starts", 0)
    max_steps, tol = whole(max_steps, "max_steps", 1), not_negative(tol, "tol")
    if random_starts:
        rng = generator(rng)
        fits_in_memory(1000 * random_starts, f"random_starts = {random_starts}")
    fixed = sum(getattr(start, name) for name in ("p_slip", "p_guess") if name in frozen)
    if random_starts and fixed >= 1:
        raise ValueError(
            f"frozen p_slip and p_guess add up to {fixed:g}, so no random start has p_guess + p_slip < 1: free one "
            "of them, or leave out random_starts"
        )
    sequences = as_sequences(answers)
    stretches = Stretches(sequences)
    at_edge = [name for name in NAMES if name not in frozen and getattr(start, name) in (0, 1)]
    starts = [moved_inside(start, at_edge)]
    if random_starts:
        starts += _random_starts(random_starts, start, frozen, rng)
    runs = [climb(stretches, s, frozen, tol, max_steps) for s in starts]
    best = max(runs, key=lambda run: (not run["params"].flipped, run["log_likelihood"]))
    ends = tuple(End(s, r["params"], r["log_likelihood"]) for s, r in zip(starts, runs, strict=True))
    data = fingerprint(sequences.answers, sequences.lengths.astype(np.int64))
    return BKTFit(**best, ends=ends, students=len(sequences), answers=sequences.n_answers, frozen=frozen, data=data)


def moved_inside(params: BKTParams, names: Iterable[str]) -> BKTParams:
    """These, with `names` at least 0.001 from 0 and 1, where EM can move them; less where that would turn them over."""
    room = (1 - params.p_slip - params.p_guess) / 4
    least = min(EDGE, room) if room > 0 else EDGE
    return params.moved(**{name: float(np.clip(getattr(params, name), least, 1 - EDGE)) for name in names})


def climb(stretches: Stretches, start: BKTParams, frozen: tuple[str, ...], tol: float, max_steps: int) -> dict:
    """EM from one start, on answers prepared once: `fit` without its checks.

    Returns params, log_likelihood, trace, path, converged and reason, as `BKTFit` has them. A probability that starts
    at 0 or 1 stays there.
    """
    params = start
    counts = stretches.expected_counts(params)
    trace, path = [counts.log_likelihood], [tuple(params)]
    gain = np.inf
    while gain >= tol and len(path) <= max_steps:
        params = maximise(counts, params, frozen)
        counts = stretches.expected_counts(params)
        gain = counts.log_likelihood - trace[-1]
        trace.append(counts.log_likelihood)
        path.append(tuple(params))
    converged = gain < tol
    reason = (
        f"the last step gained {max(gain, 0):.1g} nats, less than {tol:g}"
        if converged
        else f"max_steps = {max_steps} reached; the last step still gained {gain:.1g} nats"
    )
    return {
        "params": params,
        "log_likelihood": trace[-1],
        "trace": np.array(trace),
        "path": np.array(path),
        "converged": bool(converged),
        "reason": reason,
    }


def _random_starts(n: int, start: BKTParams, frozen: tuple[str, ...], rng: np.random.Generator) -> list[BKTParams]:
    """Uniform over the unit cube where guess + slip < 1; frozen names as in `start`."""
    held = {name: getattr(start, name) for name in frozen}
    free = [name for name in ("p_slip", "p_guess") if name not in held]
    out = []
    while len(out) < n:
        draw = dict(zip(NAMES, rng.random(4).tolist(), strict=True)) | held
        if len(free) == 1:
            draw[free[0]] *= 1 - (held.get("p_slip", 0) + held.get("p_guess", 0))
        if draw["p_slip"] + draw["p_guess"] < 1:
            out.append(BKTParams(**draw))
    return out


def _names(frozen: Iterable[str]) -> tuple[str, ...]:
    """The frozen names, each known, each once."""
    names = listed(frozen, "frozen", "['p_slip']")
    return tuple(dict.fromkeys(one_of(name, NAMES, "a name in frozen") for name in names))
