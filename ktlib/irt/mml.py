"""The traditional fit of 2PL, Rasch and 3PL: items that make the answers likeliest, abilities averaged out.

Marginal maximum likelihood (Bock & Aitkin 1981): ability ~ N(0, 1) is summed over nodes; EM gives the start,
quasi-Newton (BFGS) the end, as in the R package ltm (Rizopoulos 2006). Nothing holds the items: a discrimination may
come near zero, and difficulty = -intercept / discrimination explodes. With `priors` it is the penalised fit of the R
package mirt (Chalmers 2012), and does not.

What a student's answers leave of her ability is a bump, and a sum over nodes further apart than its standard deviation
is no integral. 21 Gauss-Hermite nodes are .68 apart in the middle, and many more mostly go outwards; the error of even
nodes falls exponentially as they close up (Trefethen & Weideman 2014). So these are doubled until nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from reprlib import repr as shown
from statistics import NormalDist

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from .._checks import fits_in_memory, inside, not_negative, one_of, short, whole
from ..data import _saved
from ..data._fingerprint import fingerprint
from ..data.responses import Responses
from ._item_models import GUESS, MODELS
from .marginal import even, gauss_hermite
from .posterior import Normal, check_codes

__all__ = ["EVEN", "GUESS", "MIRT", "MODELS", "SAME", "MMLFit", "fit"]

MIRT = {"discrimination": Normal(0, 0.5, log=True), "intercept": Normal(0, 2)}
EVEN = [(5 + k, 0.5**k / 2) for k in range(5)]  # how far even nodes reach and how far they stand apart: 21 to 577 nodes
_ITEMS = ("discrimination", "intercept", "difficulty", "guess")
_ABOUT = ("log_likelihood", "converged", "reason", "points", "model", "data")
_NUMBERS = (*_ITEMS, *(f"{name}_se" for name in _ITEMS), "ability", "ability_sd")
SAME = 0.01  # nats by which twice the nodes may change the log likelihood


@dataclass(frozen=True, eq=False)
class MMLFit:
    """Where the fit stopped. η = discrimination · ability + intercept = discrimination · (ability − difficulty).

    P(right) = guess + (1 − guess) / (1 + e^−η); guess is 0 for 2PL and Rasch, and Rasch has one discrimination.

    Items that are not determined are named at the end of `reason`, and marked in `determined` and `frame()`.

    discrimination, intercept, difficulty, guess: (items,). Their `_se`: standard errors from the observed information,
    that of difficulty by the delta method; `inf` means not determined: everybody gave the same answer and no prior
    holds the intercept, or the information has no curvature there. ability, ability_sd: (students,) mean and sd given
    her answers, the items taken as known. log_likelihood: nats, priors left out. points: nodes of the sum over ability.
    converged, reason: has the gradient vanished, and do twice the nodes (unless their number was given) change nothing?
    model: "2pl", "rasch" or "3pl". data: a checksum of the answers, by which fits to compare are held to the same ones.

    Mirror images (discrimination and ability with the other sign) are equally likely: the one with positive median
    discrimination is given. ltm keeps the one it meets.
    """

    discrimination: np.ndarray
    intercept: np.ndarray
    difficulty: np.ndarray
    guess: np.ndarray
    discrimination_se: np.ndarray
    intercept_se: np.ndarray
    difficulty_se: np.ndarray
    guess_se: np.ndarray
    ability: np.ndarray
    ability_sd: np.ndarray
    log_likelihood: float
    converged: bool
    reason: str
    students: tuple
    items: tuple
    points: int
    model: str
    data: int

    __repr__ = short

    @property
    def parameters(self) -> int:
        """How many numbers were fitted: two an item, three with a floor; for Rasch one an item and one for all."""
        return {"2pl": 2 * len(self.items), "3pl": 3 * len(self.items), "rasch": len(self.items) + 1}[self.model]

    @property
    def aic(self) -> float:
        """2 · parameters − 2 · log likelihood (Akaike 1974); lower is better, on the same answers only.

        Priors are left out of the log likelihood, so a fit that priors hold fast counts more parameters than it used.
        """
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """log(students) · parameters − 2 · log likelihood (Schwarz 1978); n is students, who answer independently."""
        return float(np.log(len(self.students))) * self.parameters - 2 * self.log_likelihood

    def interval(self, name: str, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of intervals of "discrimination", "intercept", "difficulty", "ability", symmetric, and of "guess".

        Those of guess are symmetric in logits, so inside (0, 1). Infinite, or all of (0, 1), where a standard error is
        infinite. level: how often such intervals hold the truth, in (0, 1).
        """
        name = one_of(name, (*_ITEMS, "ability"), "name")
        z = NormalDist().inv_cdf((1 + inside(level, "level", 0.95)) / 2)
        value, se = getattr(self, name), self.ability_sd if name == "ability" else getattr(self, f"{name}_se")
        if name == "guess" and self.model == "3pl":
            half = z * se / (value * (1 - value))
            return expit(logit(value) - half), expit(logit(value) + half)
        return value - z * se, value + z * se

    def frame(self, rows: str = "items", level: float = 0.95):
        """A DataFrame with a row an item, or with `rows="students"` a student: estimates, and se_, low_, high_ of each.

        Items also say whether they are determined; guess has its columns in a 3PL fit alone.
        """
        import pandas as pd

        who = {"items": self.items, "students": self.students}[one_of(rows, ("items", "students"), "rows")]
        columns = {}
        names = _ITEMS if self.model == "3pl" else _ITEMS[:3]
        for name in names if rows == "items" else ("ability",):
            se = self.ability_sd if name == "ability" else getattr(self, f"{name}_se")
            parts = zip(
                ("", "se_", "low_", "high_"), (getattr(self, name), se, *self.interval(name, level)), strict=True
            )
            columns |= {prefix + name: values for prefix, values in parts}
        if rows == "items":
            columns["determined"] = self.determined
        return pd.DataFrame(columns, pd.Index(who, name=rows[:-1], tupleize_cols=False))

    def predict(self, student, item) -> np.ndarray:
        """P(right answer) of students to items, at the estimates. student, item: codes, places in the names."""
        student = check_codes(student, len(self.students), "student")
        item = check_codes(item, len(self.items), "item")
        eta = self.discrimination[item] * (self.ability[student] - self.difficulty[item])
        return self.guess[item] + (1 - self.guess[item]) * expit(eta)

    def save(self, path) -> None:
        """Write to an .npz file, without pickle."""
        names = {who: _saved.plain(getattr(self, who), who) for who in ("students", "items")}
        about = {name: getattr(self, name) for name in _ABOUT}
        _saved.save(path, "MML fit", {name: getattr(self, name) for name in _NUMBERS}, about | names)

    @classmethod
    def load(cls, path) -> MMLFit:
        """Read what `save` wrote. ValueError for a file that is cut short or is no such fit."""
        arrays, about = _saved.load(path, "MML fit")
        with _saved.whole(path, "MML fit"):
            names = {who: tuple(about[who]) for who in ("students", "items")}
            kept = {name: about[name] for name in _ABOUT}
            return cls(**{name: arrays[name] for name in _NUMBERS}, **kept, **names)

    @property
    def determined(self) -> np.ndarray:
        """(items,) True where all standard errors are finite."""
        return np.isfinite([getattr(self, f"{name}_se") for name in _ITEMS]).all(0)


def fit(
    responses, model="2pl", *, points=None, em_steps=40, max_steps=500, tol=1e-3, priors: Mapping | None = None
) -> MMLFit:
    """Fit items by marginal maximum likelihood; abilities are N(0, 1).

    model: "2pl"; "rasch", one discrimination for all items, which is learned (mirt's and TAM's "Rasch" holds it at 1
    and learns the spread of abilities instead: the same model in other units); "3pl", with a floor for each item, the
    chance to guess it right. Hardly any answers pin a floor (of hard items those of weak students), so it has a prior
    even where none is given: `GUESS`, a normal of its logit; "guess" in `priors` replaces it.
    responses: `Responses`, or a (students, items) array of 1, 0 and NaN (not asked). points: None doubles even nodes,
    from 21 on, until log likelihood and gradient no longer move; a number takes so many Gauss-Hermite nodes and leaves
    it there: 21 are ltm's. em_steps: EM steps before BFGS, which takes max_steps at most and stops when no entry of the
    gradient exceeds tol (nats per unit). priors: None, or some of a normal or log-normal
    "discrimination", a normal "intercept" and a normal "difficulty", such as `MIRT`, each a `Normal` of numbers or of
    one value an item; those with names go to the items of these names. What is maximised is then likelihood times
    densities. With a prior on difficulty discriminations are positive; 3PL takes none.

    Raises ValueError for an item nobody answered, a student without answers, weights, priors that do not fit, or a
    table too large for the memory.
    """
    rules = [even(*r) for r in EVEN] if points is None else [gauss_hermite(points)]
    em_steps, max_steps = whole(em_steps, "em_steps", 0, 1_000_000), whole(max_steps, "max_steps", 1)
    tol = not_negative(tol, "tol")
    responses = responses if isinstance(responses, Responses) else Responses.from_wide(responses)
    kind = MODELS[one_of(model, MODELS, "model")]
    table = _table(responses, len(rules[-1][0]), kind.each)
    named, model = model, kind(table, rules.pop(0), priors, responses.items)
    free = model.start()
    shape = free.shape
    for _ in range(em_steps):
        free = model.em_step(free)
    steps, options, moved = 0, {"gtol": tol}, 0.0
    while True:
        end = minimize(
            model.loss, free.ravel(), jac=True, method="BFGS", options=options | {"maxiter": max_steps - steps}
        )
        steps, free, steepest = steps + end.nit, end.x, np.abs(end.jac).max()
        if not rules or end.status == 1:
            break
        model, before = model.on(rules.pop(0)), steepest
        value, gradient = model.loss(free)
        moved, steepest = abs(value - end.fun), np.abs(gradient).max()
        if (moved <= SAME and steepest <= max(tol, 1.1 * before + 1e-8)) or steps == max_steps:
            break
        curve = (end.hess_inv + end.hess_inv.T) / 2
        options["hess_inv0"] = curve if np.isfinite(curve).all() and np.linalg.eigvalsh(curve)[0] > 0 else None
    free = model.upright(free.reshape(shape).copy())
    (intercept, slope), _ = model.split(free)
    guess = expit(free[2]) if named == "3pl" else np.zeros_like(slope)
    log_likelihood, given, _ = model.expect(free)
    ability = given @ model.nodes
    ability_sd = np.sqrt((given @ model.nodes**2 - ability**2).clip(0))
    (v_intercept, v_slope, *v_guess), mixed = model.covariance(free)
    v_guess = v_guess[0] if v_guess else np.zeros_like(slope)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        difficulty = np.where(intercept == 0, 0.0, -intercept / slope)
        v_difficulty = (v_intercept + 2 * difficulty * mixed + difficulty**2 * v_slope) / slope**2
    v_difficulty = np.where(np.isfinite(v_difficulty), v_difficulty.clip(0), np.inf)
    items = slope, intercept, difficulty, guess, *np.sqrt([v_slope, v_intercept, v_difficulty, v_guess])
    rest = bool(steepest <= tol and moved <= SAME), "", responses.students, responses.items, len(model.nodes)
    found = MMLFit(*items, ability, ability_sd, log_likelihood, *rest, named, fingerprint(table))
    return replace(found, reason=_reason(found, steepest, tol, steps, max_steps, moved))


def _reason(found: MMLFit, steepest: float, tol: float, steps: int, max_steps: int, moved: float) -> str:
    said = (
        f"{found.points} nodes, {steps} quasi-Newton steps, the gradient's largest entry {steepest:.1g} nats per unit"
    )
    if steepest > tol:
        said += f": max_steps = {max_steps} reached" if steps == max_steps else ": no step along it gains any more"
    if moved > SAME:
        said += f"; twice the nodes still moved the log likelihood by {moved:.2g} nats"
    lost = [name for name, known in zip(found.items, found.determined, strict=True) if not known]
    if lost:
        said += f"; not determined: {len(lost)} of {len(found.items)} items, such as {shown(lost[0])}"
    return said


def _table(responses: Responses, points: int, each: int) -> np.ndarray:
    """(students, items) of 1, 0 and NaN, somebody in each row and column."""
    students, items = len(responses.students), len(responses.items)
    numbers = students * (10 * items + 3 * points) + 8 * (each * items) ** 2
    fits_in_memory(numbers, f"{students} students, {items} items and up to {points} nodes")
    if responses.weight is not None:
        raise ValueError("the answers have weights, which this fit does not know: leave the weights out")
    table = np.full((len(responses.students), len(responses.items)), np.nan)
    table[responses.student, responses.item] = responses.correct
    for what, names, axis in (("student", responses.students, 1), ("item", responses.items, 0)):
        empty = np.flatnonzero(np.isnan(table).all(axis))
        if empty.size:
            raise ValueError(f"{what} {names[empty[0]]!r} has no answers ({empty.size} such in all): leave it out")
    return table
