"""The neighbours of the two-parameter model: one discrimination for all items (Rasch), a floor for guessing (3PL).

Both offer what `marginal.TwoParameter` offers to the fit: a start, EM steps, the loss with its slopes, the curvature.
Sources: Rasch (1960); Birnbaum (1968, ch. 17), whose three-parameter model has P = c + (1 − c) / (1 + e^−η).
"""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as shown

import numpy as np
from scipy.special import expit, logit

from .._checks import mapping
from .marginal import TwoParameter, roots
from .priors import Normal

GUESS = Normal(-1.4, 1.0)  # of the logit: the median is one in five, 95% of the belief lies between .03 and .64


class Rasch(TwoParameter):
    """Log likelihood plus log priors at `free` (items + 1,): intercepts, and the discrimination of all, or its log.

    Every item has the same slope in `TwoParameter`, so gradients add up over items and the curvature is folded.
    """

    def __init__(self, table: np.ndarray, points=21, priors: Mapping[str, Normal] | None = None, items=None):
        """As `TwoParameter`; a prior on discrimination is one, of the one discrimination, and counts once."""
        given = mapping({} if priors is None else priors, "priors", "mml.MIRT").get("discrimination")
        if isinstance(given, Normal) and given.loc.ndim:
            raise ValueError(
                f"the prior of 'discrimination' has shape {given.loc.shape}: a Rasch model has one discrimination, so "
                "give one loc and one scale"
            )
        super().__init__(table, points, priors, items)
        self.precision[1] /= table.shape[1]
        self.density = self.density / table.shape[1]

    def start(self) -> np.ndarray:
        """Discrimination 1, and intercepts from the shares of right answers."""
        return super().start().ravel()[: self.right.shape[1] + 1]

    def split(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As in `TwoParameter`, the same slope for each item."""
        return super().split(self._spread(free))

    def derivatives(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """As in `TwoParameter`, whose rows of two they still have."""
        return super().derivatives(self._spread(free))

    def loss(self, free: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the objective and its gradient, for a minimiser."""
        value, gradient, _ = self.derivatives(free)
        return -value, -np.append(gradient[0], gradient[1].sum())

    def em_step(self, free: np.ndarray) -> np.ndarray:
        """Expected counts at the nodes, then one Fisher step for all items together, no entry of it longer than 1."""
        _, (g0, g1), information = self.derivatives(free)
        (h00, h01), (_, h11) = information
        h00 = h00 * (1 + 1e-6) + 1e-6
        slope = (g1.sum() - (h01 * g0 / h00).sum()) / (h11.sum() * (1 + 1e-6) + 1e-6 - (h01**2 / h00).sum())
        return free + np.append((g0 - h01 * slope) / h00, slope).clip(-1, 1)

    def upright(self, free: np.ndarray) -> np.ndarray:
        """The mirror image with a positive discrimination."""
        if not self.log:
            free[-1] = abs(free[-1])
        return free

    def covariance(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variances (2, items) of intercepts and slope, `inf` if not determined, and covariances of both (items,)."""
        n = len(free) - 1
        full = self.information(self._spread(free)).reshape(2, n, 2, n)
        information = np.empty((n + 1, n + 1))
        information[:n, :n] = full[0, :, 0]
        information[:n, n] = information[n, :n] = full[0, :, 1].sum(1)
        information[n, n] = full[1, :, 1].sum()
        change = self.split(free)[1]
        root, lost = roots(information, np.append(change[0], change[1, 0]))
        lost[:n] |= self.one_sided()
        variances = np.where(lost, np.inf, (root**2).sum(1))
        return np.stack([variances[:n], np.full(n, variances[n])]), root[:n] @ root[n]

    def information(self, free: np.ndarray) -> np.ndarray:
        """Minus the second derivatives as if each item had its own slope, (2 items, 2 items)."""
        return super().information(self._spread(free))

    def _spread(self, free: np.ndarray) -> np.ndarray:
        n = self.right.shape[1]
        return free if free.size == 2 * n and free.ndim == 2 else np.stack([free[:n], np.full(n, free[n])])


class ThreeParameter(TwoParameter):
    """Log likelihood plus log priors at `free` (3, items): intercepts; discriminations, or logs; logits of floors.

    With s the two-parameter chance, c the floor and P = c + (1 − c)s, the score of an answer y is (y − P)/P times s for
    the linear predictor and c for the floor's logit.
    """

    each = 3

    def __init__(self, table: np.ndarray, points=21, priors: Mapping[str, Normal] | None = None, items=None):
        """As `TwoParameter`; the prior "guess" is a normal of the floor's logit, `GUESS` unless given."""
        items = items or tuple(range(table.shape[1]))
        priors = mapping({} if priors is None else priors, "priors", "mml.MIRT")
        guess = priors.pop("guess", GUESS)
        if not isinstance(guess, Normal) or guess.log:
            raise ValueError(f"prior 'guess' = {shown(guess)}: give a Normal of the logit, such as mml.GUESS")
        if "difficulty" in priors:
            raise ValueError("a 3PL fit takes no prior on difficulty: give one on the intercept")
        guess = guess.at(items, "the prior of 'guess'", "item")
        if guess.loc.shape not in ((), (len(items),)):
            raise ValueError(
                f"the prior of 'guess' has shape {guess.loc.shape}: give numbers, or one for each of {len(items)} items"
            )
        self.floor_loc, self.floor_precision = guess.loc, guess.scale**-2.0
        super().__init__(table, points, priors, items)

    def start(self) -> np.ndarray:
        """Discrimination 1, floors where their prior has its middle, intercepts from the shares of right answers."""
        free = super().start()
        floor = np.broadcast_to(self.floor_loc, free[0].shape).clip(-3, 0)
        free[0] = logit(((expit(free[0]) - expit(floor)) / expit(-floor)).clip(0.02, 0.98))
        return np.stack([*free, floor])

    def split(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Intercepts and discriminations, and how each changes with `free`; both (2, items)."""
        return super().split(free.reshape(3, -1)[:2])

    def expect(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log likelihood, P(node | answers) (students, nodes), P(right | node) (items, nodes)."""
        _, log_p, log_q, _ = self._logs(free)
        joint = self.right @ log_p + self.wrong @ log_q + self.log_weights
        total = np.logaddexp.reduce(joint, axis=1, keepdims=True)
        return float(total.sum()), np.exp(joint - total), np.exp(log_p)

    def derivatives(self, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The objective, its gradient (3, items), the expected information (3, 3, items) if abilities were known."""
        free = free.reshape(3, -1)
        value, given, p = self.expect(free)
        right = self.right.T @ given
        asked = right + self.wrong.T @ given
        scores = self._scores(free)
        gradient = np.einsum("jq,ajq->aj", right - asked * p, scores, optimize=True)
        information = np.einsum("jq,ajq,bjq->abj", asked * p * (1 - p), scores, scores, optimize=True)
        less, pull, more = self.held(free[:2])
        off = free[2] - self.floor_loc
        gradient[:2] -= pull
        gradient[2] -= self.floor_precision * off
        information[:2, :2] += more
        information[2, 2] += self.floor_precision
        return value - less - (self.floor_precision * off**2).sum() / 2, gradient, information

    def em_step(self, free: np.ndarray) -> np.ndarray:
        """Expected counts at the nodes, then one Fisher step for each item, no entry of it longer than 1."""
        _, gradient, information = self.derivatives(free)
        information = np.moveaxis(information, 2, 0) + 1e-4 * np.eye(3)
        return free + np.linalg.solve(information, gradient.T[..., None])[..., 0].T.clip(-1, 1)

    def information(self, free: np.ndarray) -> np.ndarray:
        """Minus the second derivatives, (3 items, 3 items), as `TwoParameter.information` finds them."""
        free = free.reshape(3, -1)
        n = free.shape[1]
        _, given, p = self.expect(free)
        scores = self._scores(free)
        spread, mean = np.zeros((3 * n, 3 * n)), np.zeros((len(given), 3 * n))
        for score, p_node, share in zip(np.moveaxis(scores, 2, 0), p.T, given.T, strict=True):
            off = self.right * (1 - p_node) - self.wrong * p_node
            own = (off[:, None] * score).reshape(len(given), -1)
            shared = share[:, None] * own
            spread += own.T @ shared
            mean += shared
        out = (mean.T @ mean - spread).reshape(3, n, 3, n).transpose(0, 2, 1, 3)
        out[:, :, range(n), range(n)] += self._known(free, given, p, scores)
        return out.transpose(0, 2, 1, 3).reshape(3 * n, 3 * n)

    def upright(self, free: np.ndarray) -> np.ndarray:
        """The mirror image with positive median discrimination."""
        return np.concatenate([super().upright(free[:2]), free[2:]])

    def covariance(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variances (3, items) of intercepts, slopes and floors, and covariances of the first two (items,)."""
        floor = expit(free[2])
        change = np.concatenate([self.split(free)[1], [floor * (1 - floor)]])
        root, lost = roots(self.information(free), change.ravel())
        lost = lost.reshape(3, -1)
        lost[0] |= self.one_sided()
        root = root.reshape(3, free.shape[1], -1)
        return np.where(lost, np.inf, (root**2).sum(2)), (root[0] * root[1]).sum(1)

    def _logs(self, free: np.ndarray):
        """Logarithms of s, P, 1 − P (items, nodes) and of c (items, 1)."""
        eta = self.split(free)[0].T @ self.powers.T
        floor = free.reshape(3, -1)[2][:, None]
        log_s, log_c = -np.logaddexp(0, -eta), -np.logaddexp(0, -floor)
        above = log_c - floor
        return log_s, np.logaddexp(log_c, above + log_s), above + log_s - eta, log_c

    def _scores(self, free: np.ndarray) -> np.ndarray:
        """(3, items, nodes) what one answer's y − P is multiplied with: s/P and s/P · ability, and c/P."""
        log_s, log_p, _, log_c = self._logs(free)
        change = self.split(free)[1]
        steep = np.exp(log_s - log_p)
        return np.stack([steep, change[1][:, None] * steep * self.nodes, np.exp(log_c - log_p)])

    def _known(self, free, given, p, scores) -> np.ndarray:
        """(3, 3, items) minus the second derivatives if abilities were known, priors included."""
        right, wrong = self.right.T @ given, self.wrong.T @ given
        s, c = np.exp(self._logs(free)[0]), expit(free[2])[:, None]
        a, b = scores[0] * (1 - p), scores[2] * (1 - p)
        bent = wrong * s * (1 - s) - right * a * (1 - 2 * s - a)
        mixed = right * a * (c + b)
        floor = wrong * c * (1 - c) - right * b * (1 - 2 * c - b)
        change = self.split(free)[1]
        out = np.empty((3, 3, free.shape[1]))
        out[:2, :2] = np.einsum("jq,qa,qb->abj", bent, self.powers, self.powers) * change[:, None] * change
        out[:2, 2] = out[2, :2] = (mixed @ self.powers).T * change
        out[2, 2] = floor.sum(1) + self.floor_precision
        out[:2, :2] += self.held(free[:2])[2]
        if self.log:  # a logarithm bends
            out[1, 1] -= ((right - (right + wrong) * p) * scores[1]).sum(1)
        return out


MODELS = {"2pl": TwoParameter, "rasch": Rasch, "3pl": ThreeParameter}
