"""The recipe of the code that Shi & Athey (2021) released (github.com/henrishi/bm_model), number for number.

It is Pyro's `SVI` with `Adam`, `Trace_ELBO` and one particle, on all answers at once, its gradients written out: the
same losses and the same steps, and no PyTorch needed. `ktlib.irt.svi.svi` is for fits; this is here to see what the
recipe gives where its rule stops it, and when it runs on.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from .. import _checks as checks
from ._answers import Answers, each
from .model import predictor

RATE, THRESHOLD, LOOK = 0.05, 0.0005, 5  # of learning; of the first drop; losses that the rule looks at
_DECAY, _TINY = (0.9, 0.999), 1e-8  # Adam's own


class Recipe:
    """One run: `step` until `settled`, or as long as you like; `predict` at any time.

    responses: `Responses` to learn from. factors: None for the two-parameter model, η = α(θ − β), or how many factors,
    η = θ·α − β. rng: seed or generator of the start and of every step's draw.

    Priors are N(0, 1) for every number, beliefs independent normals. Their means start at draws from N(0, 1) for θ and
    β, at 1 for α, whose means stay positive; their spreads start at 1.

    losses: one a step, minus the ELBO in nats, estimated by one draw at the belief before the step.
    Raises ValueError for factors that are no whole number above 0.
    """

    def __init__(self, responses, factors: int | None = None, *, rng):
        self._single = factors is None
        width = 1 if self._single else checks.whole(factors, "factors", 1)
        self._rng = checks.generator(rng)
        data = Answers.of(responses)
        self._pieces = data.pieces()
        sizes = {"ability": (data.students, width), "slope": (data.items, width), "difficulty": (data.items,)}
        # the slopes' means by their logarithms, as all spreads: what Adam steps on has no bounds
        self._loc = {k: np.zeros(s) if k == "slope" else self._rng.standard_normal(s) for k, s in sizes.items()}
        self._log_scale = {k: np.zeros(s) for k, s in sizes.items()}
        self._memory = {(part, k): np.zeros((2, *s)) for part in ("loc", "scale") for k, s in sizes.items()}
        self.losses: list[float] = []

    def step(self) -> float:
        """One draw of every number, one step of Adam; the loss of that draw."""
        noise = {k: self._rng.standard_normal(v.shape) for k, v in self._loc.items()}
        scale = {k: np.exp(v) for k, v in self._log_scale.items()}
        means = self._loc | {"slope": np.exp(self._loc["slope"])}
        drawn = {k: means[k] + scale[k] * noise[k] for k in means}
        value, slopes = self._likelihood(drawn)
        loss = -value
        for k, x in drawn.items():
            loss += (x.ravel() @ x.ravel() - noise[k].ravel() @ noise[k].ravel()) / 2 - self._log_scale[k].sum()
            down = x - slopes[k]
            spread = down * noise[k] * scale[k] - 1
            self._adam("loc", k, down * means[k] if k == "slope" else down, self._loc[k])
            self._adam("scale", k, spread, self._log_scale[k])
        self.losses.append(float(loss))
        return self.losses[-1]

    def settled(self, threshold: float = THRESHOLD) -> bool:
        """Whether the code's rule stops here: the mean of the last four drops is below a share of the first drop.

        threshold: 0.0005 as in the code's script for §7 (the paper: "0.05% the initial change"); in §6 it is 0.001.
        """
        if len(self.losses) < LOOK:
            return False
        return (self.losses[-LOOK] - self.losses[-1]) / (LOOK - 1) < threshold * (self.losses[0] - self.losses[1])

    @property
    def means(self) -> dict[str, np.ndarray]:
        """The beliefs' means: ability, difficulty, and discrimination or loadings, shaped as in `ktlib.irt.model`."""
        ability, slope = self._loc["ability"], np.exp(self._loc["slope"])
        if self._single:
            own = {"ability": ability[:, 0].copy(), "discrimination": slope[:, 0]}
        else:
            own = {"ability": ability.copy(), "loadings": slope}
        return own | {"difficulty": self._loc["difficulty"].copy()}

    def predict(self, student, item) -> np.ndarray:
        """P(right) of students to items, codes each: from the means alone, as the code forecasts."""
        return expit(predictor(self.means, np.asarray(student), np.asarray(item)))

    def _likelihood(self, drawn) -> tuple[float, dict[str, np.ndarray]]:
        """The log likelihood at one draw of every number, and its slope for each."""
        theta, a, beta = drawn["ability"], drawn["slope"], drawn["difficulty"]

        def work(piece):
            gap = theta.take(piece.student, 0)
            if self._single:
                gap[:, 0] -= beta.take(piece.item)
            eta = np.einsum("nk,nk->n", gap, a.take(piece.item, 0))
            if not self._single:
                eta -= beta.take(piece.item)
            odds = np.exp(-eta)  # against; a logit of 700 is out of reach for draws near N(0, 1)
            value = -(piece.weight @ (np.log1p(odds) + (1 - piece.correct) * eta))
            left = piece.weight * (piece.correct - 1 / (1 + odds))
            table = piece.table(left)
            return value, table @ a, table.T @ theta[piece.rows], piece.by_item(left)

        values, by_ability, by_slope, left = zip(*each(work, self._pieces), strict=True)
        by_slope, left = sum(by_slope), sum(left)
        by_difficulty = -left
        if self._single:
            by_slope, by_difficulty = by_slope - (beta * left)[:, None], -left * a[:, 0]
        slopes = {"ability": np.concatenate(by_ability), "slope": by_slope, "difficulty": by_difficulty}
        return float(sum(values)), slopes

    def _adam(self, part: str, name: str, slope, value) -> None:
        """One step of Adam (Kingma & Ba 2015) down the slope, in place."""
        memory, t = self._memory[part, name], len(self.losses) + 1
        for kept, new, decay in zip(memory, (slope, slope**2), _DECAY, strict=True):
            kept *= decay
            kept += (1 - decay) * new
        first, second = (kept / (1 - decay**t) for kept, decay in zip(memory, _DECAY, strict=True))
        value -= RATE * first / (np.sqrt(second) + _TINY)
