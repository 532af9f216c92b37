"""What a Bayesian fit returns: the belief, and how it was reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._checks import short
from ..data import _saved
from .posterior import Posterior
from .priors import Normal


@dataclass(frozen=True, eq=False)
class Fit:
    """A Bayesian fit.

    trace: what the fit climbed, in nats, at its start and after each sweep, or at each step. For `svi` a noisy estimate
    of the ELBO. For `ascent.fit` the ELBO as if each answer's predictor η were normal with the mean and variance
    that it has; up to 50,000 answers the two-parameter model goes on with the ELBO itself: the last stage of its trace.
    Traces of two models cannot be compared; `elbo` can.

    elbo: the ELBO at the end, by one yardstick for all models: the predictor's true shape counts, up to a remainder
    that is small where spreads are (it needs no draws; `ascent.elbo`, which draws, agrees). It is that of the
    mean-field belief, before spreads are calibrated. None from `svi`. converged, reason: whether it stopped by itself,
    and why. priors: block -> prior, as learned where that was asked, with the names of students and items. spreads:
    what the posterior's spreads are, "mean-field", which are too narrow, or calibrated and how; None from `svi`.
    """

    posterior: Posterior
    trace: np.ndarray
    converged: bool
    reason: str
    priors: dict[str, Normal] | None = None
    elbo: float | None = None
    spreads: str | None = None

    __repr__ = short

    def __post_init__(self):
        if self.priors is not None:
            object.__setattr__(self, "priors", {n: self._named(n, prior) for n, prior in self.priors.items()})

    def interval(self, name: str, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central intervals of a block of the posterior."""
        return self.posterior.interval(name, level)

    def frame(self, rows: str = "items", level: float = 0.95):
        """The posterior's frame: a row an item, or a student, with intervals."""
        return self.posterior.frame(rows, level)

    def predict(self, student, item) -> np.ndarray:
        """P(right answer) of students to items, as the posterior's `predict`."""
        return self.posterior.predict(student, item)

    def save(self, path) -> None:
        """Write the posterior, the priors and how the fit went to an .npz file, without pickle."""
        arrays, about = self.posterior._parts()
        for name, prior in (self.priors or {}).items():
            arrays |= {f"prior.{name}.loc": prior.loc, f"prior.{name}.scale": prior.scale}
        about |= {"priors": {n: prior.log for n, prior in self.priors.items()} if self.priors is not None else None}
        about |= {"converged": self.converged, "reason": self.reason, "elbo": self.elbo}
        about |= {"spreads": self.spreads}
        _saved.save(path, "fit", arrays | {"trace": self.trace}, about)

    @classmethod
    def load(cls, path) -> Fit:
        """Read what `save` wrote. ValueError for a file that is cut short or is no fit."""
        arrays, about = _saved.load(path, "fit")
        with _saved.whole(path, "fit"):
            logs = about["priors"]
            priors = logs and {
                n: Normal(arrays[f"prior.{n}.loc"], arrays[f"prior.{n}.scale"], log) for n, log in logs.items()
            }
            posterior = Posterior._of(arrays, about)
            told = (about[name] for name in ("converged", "reason"))
            return cls(posterior, arrays["trace"], *told, priors, about["elbo"], about.get("spreads"))

    def _named(self, name: str, prior: Normal) -> Normal:
        """The prior with the names of its block, if it has a row for each."""
        block = self.posterior.blocks[name]
        rows = prior.loc.ndim == block.loc.ndim and len(prior.loc) == len(block.loc)
        return replace(prior, names=block.names) if rows and prior.names is None else prior
