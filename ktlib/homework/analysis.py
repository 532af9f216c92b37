"""What a trial says: the difference between arms, how sure it is, and how that goes wrong if classes are forgotten.

Lots are drawn for classes, so classes are what is counted. `analyse` compares their means, which is exact where classes
are alike in size; or fits a mixed model; or, to show what happens, counts students as if each had drawn a lot.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .. import _checks as checks
from .trial import OUTCOMES, Trial, contrasts

HOW = ("classes", "mixed", "students")


@dataclass(frozen=True, repr=False, eq=False)
class Analysis:
    """Estimates of a trial's contrasts. outcome, how, adjusted: what was asked for.

    names: (contrasts,). estimate, se: (contrasts,), in units of the outcome; shares of students for engagement. df:
    degrees of freedom of Student's t. icc: share of the remaining variance that lies between classes, by the mixed
    model, else None. converged: whether its fit did; always True otherwise.
    """

    outcome: str
    how: str
    adjusted: bool
    names: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    df: int
    icc: float | None
    converged: bool

    __repr__ = checks.short

    def interval(self, name: str | None = None, level: float = 0.95):
        """Low and high end of a contrast, or of all as two (contrasts,) arrays."""
        half = stats.t.ppf((1 + checks.inside(level, "level", 0.95)) / 2, self.df) * self.se
        if name is None:
            return self.estimate - half, self.estimate + half
        at = self.names.index(checks.one_of(name, self.names, "name"))
        return float(self.estimate[at] - half[at]), float(self.estimate[at] + half[at])

    @property
    def p_value(self) -> np.ndarray:
        """(contrasts,) chance of an estimate as far from 0 or farther, were there no effect; one look, one contrast."""
        return 2 * stats.t.sf(np.abs(self.estimate / self.se), self.df)

    def frame(self, level: float = 0.95) -> pd.DataFrame:
        """A row a contrast: estimate, se, low, high, p."""
        low, high = self.interval(level=level)
        columns = {"estimate": self.estimate, "se": self.se, "low": low, "high": high, "p": self.p_value}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="contrast"))


def analyse(trial: Trial, outcome: str = "achievement", *, adjust: bool = True, how: str = "classes") -> Analysis:
    """The contrasts of a trial, each with its standard error.

    adjust: by past results. how: "classes", regression of the classes' means on arm and mean past result, each school
    a block of its own (Donner & Klar 2000, chapter 6); "mixed", the same on students with a random class, and a random
    school where schools are blocks, by statsmodels' MixedLM and REML, with the degrees of freedom of "classes";
    "students", the regression on students as if they had drawn lots, which is wrong wherever classes differ. A mixed
    model whose fit did not converge says so in `converged`.
    Raises ValueError for an outcome that is not in the trial, too few classes, or past results that are all alike.
    """
    checks.instance(trial, Trial, "trial", "give a Trial, such as trial.simulate returns")
    checks.one_of(outcome, OUTCOMES, "outcome")
    if outcome not in trial.outcomes:
        raise ValueError(f"outcome = {outcome!r}: the trial has {', '.join(trial.outcomes) or 'no outcome'}")
    adjust, how = checks.flag(adjust, "adjust"), checks.one_of(how, HOW, "how")
    weights = contrasts(trial.arms, outcome)
    arms = np.flatnonzero(np.any(list(weights.values()), axis=0))
    rows = np.isin(trial.arm, arms)[trial.group]
    group, past = trial.group[rows], trial.past[rows]
    y = trial.outcomes[outcome][rows].astype(float)
    by_class = _means(np.unique(group, return_inverse=True)[1], y, past)
    kept = np.unique(group)
    unit = _Units(trial.arm[kept], trial.school[kept], *by_class, arms, adjust)
    icc, converged = None, True
    if how == "students":
        unit = _Units(trial.arm[group], trial.school[group], y, past, arms, adjust)
    if how == "mixed":
        beta, cov, icc, converged = _mixed(group, trial.school[group], trial.arm[group], y, past, arms, adjust)
    else:
        beta, cov = unit.fit()
    w = np.array([one[arms[1:]] for one in weights.values()])
    se = np.sqrt(np.einsum("ij,jk,ik->i", w, cov, w))
    return Analysis(outcome, how, adjust, tuple(weights), checks.own(w @ beta), checks.own(se), unit.df, icc, converged)


def _means(code: np.ndarray, *columns: np.ndarray):
    """Each column's mean by code."""
    count = np.bincount(code)
    return [np.bincount(code, column) / count for column in columns]


class _Units:
    """Regression on classes, or on students: y on arms, past results and blocks, which are taken out first."""

    def __init__(self, arm, block, y, past, arms, adjust):
        block = np.unique(block, return_inverse=True)[1]
        columns = [*(arm == a for a in arms[1:]), *([past] if adjust else [])]
        self.x, self.y = _centred(block, np.column_stack(columns).astype(float)), _centred(block, y)
        self.df, self.arms = int(len(y) - block.max() - 1 - self.x.shape[1]), len(arms) - 1
        if self.df < 1:
            raise ValueError(
                f"{len(y)} classes leave no degree of freedom for {self.x.shape[1]} effects: give more classes"
            )
        scale = np.linalg.norm(self.x, axis=0)
        if adjust and scale[-1] <= 1e-9 * (1 + np.abs(past).max()):
            raise ValueError("past results are all alike, and nothing can be adjusted by them: ask with adjust=False")
        if np.linalg.matrix_rank(self.x / np.where(scale > 0, scale, 1)) < self.x.shape[1]:
            raise ValueError("schools or past results leave no difference between arms: each school needs several arms")

    def fit(self):
        """Coefficients of all arms but the first, and their covariance."""
        inverse = np.linalg.inv(self.x.T @ self.x)
        beta = inverse @ (self.x.T @ self.y)
        variance = ((self.y - self.x @ beta) ** 2).sum() / self.df
        return beta[: self.arms], variance * inverse[: self.arms, : self.arms]


def _centred(block: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values less the mean of their block."""
    table = values.reshape(len(values), -1)
    count = np.bincount(block)[:, None]
    mean = np.column_stack([np.bincount(block, column) for column in table.T]) / count
    return (table - mean[block]).reshape(values.shape)


def _mixed(group, school, arm, y, past, arms, adjust):
    """As `_Units.fit`, by REML; with the share of variance between classes, and whether the fit converged."""
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    blocked = len(np.unique(school)) > 1
    x = np.column_stack([np.ones(len(y)), *(arm == a for a in arms[1:]), *([past] if adjust else [])]).astype(float)
    options = {}
    if blocked:  # a random school, and in it a random class
        classes = [pd.get_dummies(group[school == s]).to_numpy(float) for s in np.unique(school)]
        names = [[str(c) for c in np.unique(group[school == s])] for s in np.unique(school)]
        options = {"exog_re": np.ones((len(y), 1)), "exog_vc": VCSpec(["class"], [names], [classes])}
    fit = _climbed(MixedLM(y, x, groups=school if blocked else group, **options))
    between = float(fit.vcomp[0] if blocked else np.asarray(fit.cov_re)[0, 0])
    inside = slice(1, len(arms))
    cov = np.asarray(fit.cov_params())[inside, inside]
    if not (np.isfinite(cov).all() and (np.diag(cov) > 0).all()):
        raise ValueError("the mixed model found no standard errors: ask with how='classes'")
    return np.asarray(fit.fe_params)[inside], cov, between / (between + float(fit.scale)), bool(fit.converged)


def _climbed(model):
    """The fit of the first way up that ends; the last one tried, if none does."""
    fit = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is told by `converged`
        for method in ("bfgs", "lbfgs", "powell"):
            try:
                fit = model.fit(method=method)
            except np.linalg.LinAlgError:
                continue
            if fit.converged:
                return fit
    if fit is None:
        raise ValueError("the mixed model cannot be fitted, its matrices are singular: ask with how='classes'")
    return fit
