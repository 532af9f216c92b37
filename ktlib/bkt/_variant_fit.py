"""What a fit of a BKT with codes found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .. import _checks as checks
from ..data import _saved
from ._newton import to_logit, to_probability
from ._variant_climb import doubt
from .variant_params import BLOCKS, QuestionPrior, VariantParams

EDGE = 1e-3  # closer than this to 0 or 1 counts as on the boundary
FLAT = 1e-3  # least curvature in any direction where 1 is the average
_KEPT = ("log_likelihood", "converged", "reason", "students", "answers", "frozen", "flags", "data")  # saved as they are


@dataclass(frozen=True, eq=False)
class VariantFit:
    """A fitted skill with codes.

    params: the estimates. log_likelihood: there, natural logarithm, without the prior. trace: (steps + 1,) what was
    climbed, log likelihood plus log prior, before each step and at the end. converged, reason: whether it stopped by
    itself, and why. covariance: (numbers, numbers) of the logits, in the order of `params.names`: inverse curvature at
    the estimates, and with a learned prior what its own uncertainty adds; NaN for what was not fitted or lies within
    0.001 of 0 or 1, where it is held, and everywhere if the likelihood is flat. ends: (starts,) log likelihood at the
    end of each start. students, answers: how many. frozen: names that were not fitted. prior: what was assumed of
    questions, or None. flags: what to know before trusting the numbers, a sentence each. data: a checksum of the
    answers, by which fits to compare are held to the same ones.
    """

    params: VariantParams
    log_likelihood: float
    trace: np.ndarray
    converged: bool
    reason: str
    covariance: np.ndarray
    ends: np.ndarray
    students: int
    answers: int
    frozen: tuple[str, ...]
    prior: QuestionPrior | None
    flags: tuple[str, ...]
    data: int
    __repr__ = checks.short

    @property
    def steps(self) -> int:
        """How many steps the climb took."""
        return len(self.trace) - 1

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return len(self.params.names) - len(self.frozen)

    @property
    def aic(self) -> float:
        """Akaike's (1974) criterion, 2 · parameters − 2 · log likelihood: the lower, the better it should forecast.

        ValueError for a fit with a prior, whose parameters are not free.
        """
        return 2 * self._free() - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's (1978) criterion, log(n) · parameters − 2 · log likelihood, with n the students: answers of one
        student depend on each other, students do not. ValueError for a fit with a prior.
        """
        return float(np.log(self.students)) * self._free() - 2 * self.log_likelihood

    def _free(self) -> int:
        if self.prior is not None:
            raise ValueError(
                "AIC and BIC count free parameters, and a prior ties questions together: compare on students held out"
            )
        return self.parameters

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Interval of one number, such as "p_transit" or "p_guess[3]", symmetric in logits, so inside (0, 1).

        By the curvature (Wald); under a prior, of the posterior. level: how often such intervals hold the truth, in
        (0, 1). Raises ValueError for another name, and where there is no standard error, with the reason.
        """
        place = self.params.names.index(checks.one_of(name, self.params.names, "name"))
        z = NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)
        sd = np.sqrt(self.covariance[place, place])
        if np.isnan(sd):
            raise ValueError(f"{name} has no standard error ({self._notes()[place]}): see flags")
        middle = to_logit(self.params.values[place])
        return float(to_probability(middle - z * sd)), float(to_probability(middle + z * sd))

    def frame(self, level: float = 0.95):
        """A DataFrame with a row a number: block, code, estimate, se, low, high, note.

        se, low and high are NaN where the note says why: "frozen", "at 0 or 1" or "flat".
        """
        z = NormalDist().inv_cdf((1 + checks.inside(level, "level", 0.95)) / 2)
        table = self.params.frame().rename(columns={"value": "estimate"})
        p, sd = self.params.values, np.sqrt(np.diag(self.covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = to_logit(p)
            low, high = to_probability(middle - z * sd), to_probability(middle + z * sd)
        return table.assign(se=p * (1 - p) * sd, low=low, high=high, note=self._notes())

    def _notes(self) -> list[str]:
        """Why a number has no standard error; "" where it has one."""
        known = ~np.isnan(np.diag(self.covariance))
        near = np.minimum(self.params.values, 1 - self.params.values) < EDGE
        return [
            "frozen" if name in self.frozen else "" if sure else "at 0 or 1" if edge else "flat"
            for name, sure, edge in zip(self.params.names, known, near, strict=True)
        ]

    def save(self, path) -> None:
        """Write to an .npz file, without pickle."""
        p = self.params
        about = {name: getattr(self, name) for name in _KEPT}
        about |= {many: _names(getattr(p, many)) for many in ("questions", "kinds", "groups")}
        about["prior"] = self.prior and [self.prior.mean.tolist(), self.prior.sd.tolist(), self.prior.questions]
        arrays = {name: getattr(self, name) for name in ("trace", "covariance", "ends")} | {"values": p.values}
        _saved.save(path, "variant fit", arrays, about)

    @classmethod
    def load(cls, path) -> VariantFit:
        """Read what `save` wrote. ValueError for a file that is cut short or is no fit of a skill with codes."""
        arrays, about = _saved.load(path, "variant fit")
        with _saved.whole(path, "variant fit"):
            named = {many: tuple(about[many]) for many in ("questions", "kinds", "groups")}
            sizes = [len(named[many]) for many in BLOCKS.values()]
            parts = np.split(arrays["values"], np.cumsum(sizes)[:-1])
            params = VariantParams(**dict(zip(BLOCKS, parts, strict=True)), **named)
            kept = {name: about[name] for name in _KEPT} | {n: tuple(about[n]) for n in ("frozen", "flags")}
            kept |= {name: arrays[name] for name in ("trace", "covariance", "ends")}
            return cls(params=params, prior=about["prior"] and QuestionPrior(*about["prior"]), **kept)


def _names(names: tuple) -> list:
    return [None] if names == (None,) else _saved.plain(names, "names of codes")


def described(
    params: VariantParams, summit, free: np.ndarray, ends: np.ndarray, prior, settled: bool, learned: bool, counted
):
    """The fit at a `Summit`, with its covariance and flags. learned: whether the prior was learned here."""
    covariance = np.full((len(params.values),) * 2, np.nan)
    inside = np.abs(summit.logits) < to_logit(1 - EDGE)
    information = -summit.curvature[np.ix_(inside, inside)]
    flat = bool(inside.any()) and not pinned(information)
    if inside.any() and not flat:
        found = np.linalg.inv(information)
        if learned:
            edges = np.cumsum(counted.sizes)
            blocks = [(free[inside] >= edges[b - 1]) & (free[inside] < edges[b]) for b in (3, 4)]
            found += doubt(found, summit.logits[inside], prior, blocks)
        covariance[np.ix_(free[inside], free[inside])] = found
    edge = [params.names[k] for k in free[~inside]]
    turned = [name for name, flipped in zip(params.questions, params.flipped, strict=True) if flipped]
    flags = {
        f"not converged: {summit.reason}": not summit.converged,
        "the prior had not settled: more questions are needed to learn one": not settled,
        "flat: these answers do not pin the numbers together": flat,
        f"at 0 or 1, and held there for the intervals: {_few(edge)}": edge,
        "upside down: p_guess + p_slip ≥ 1"
        + ("" if params.questions == (None,) else f" for question {_few(turned)}"): turned,
    }
    return VariantFit(
        params=params,
        log_likelihood=summit.log_likelihood,
        trace=summit.trace,
        converged=summit.converged and settled,
        reason=summit.reason,
        covariance=covariance,
        ends=ends,
        students=counted.students,
        answers=counted.answers,
        frozen=tuple(name for k, name in enumerate(params.names) if k not in set(free.tolist())),
        prior=prior,
        flags=tuple(flag for flag, there in flags.items() if there),
        data=counted.data,
    )


def pinned(information: np.ndarray) -> bool:
    """Whether it curves in every direction, each number measured by its own curvature."""
    own = np.diag(information)
    if (own < 1e-6).any():
        return False
    try:
        np.linalg.cholesky(information / np.sqrt(np.outer(own, own)) - FLAT * np.eye(len(own)))
    except np.linalg.LinAlgError:
        return False
    return True


def _few(names: list) -> str:
    """The first five names, and how many more."""
    return ", ".join(map(str, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
