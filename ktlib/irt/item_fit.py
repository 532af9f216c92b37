"""Does each item behave as the model says? Mean squares of what is left over, and a test of its curve.

**Infit and outfit** (Wright & Masters 1982, ch. 5) are what is left over of the answers, squared, over what the model
expects: 1 if it is right, more where answers are noisier, less where they are more orderly. Outfit counts each answer
the same, so a few surprises far from an item's difficulty weigh much; infit counts answers by their variance. Abilities
are never known, so both are averaged here over what a student's answers leave open: a true model then gives 1 on
average, where estimated abilities, which have seen the answer, give less.

**S-X²** (Orlando & Thissen 2000) sets students side by side who have the same number right in all, and compares how
many of them solved the item with how many should have. Both are known exactly: what the model says of number-right
scores comes by the recursion of Lord & Wingersky (1984).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.stats import chi2

from .._checks import fits_in_memory, instance, not_negative, one_of, own, short
from ..data.responses import Responses
from .information import curves_at, numbers_of
from .marginal import even
from .mml import MMLFit

NODES = even(6, 0.1)
SURE = 0.05  # share of false alarms among the alarms that is put up with
FAR = 2.0  # standard errors by which weak or strong students are off before it is put into words
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class ItemFit:
    """How well each item fits, (items,) each; `frame()` has the worst first, with a word on what to do.

    infit, outfit: mean squares, 1 as the model expects. infit_z: by how many of its standard errors infit is off 1,
    from the spread over students, what was fitted to the same answers taken out; outfit has none, because a few
    surprises decide it and its spread. s_x2, df, p: S-X², its degrees of freedom (groups of scores less numbers fitted
    to the item) and the chance of more if the model is right; NaN, with df 0, where scores leave no such group.
    p_adjusted: p by Benjamini & Hochberg (1995): flag all below .05, and some 5% of the flags are false. weak, strong:
    by how many standard errors the third with the fewest right, and with the most, solve it more often than the model
    says. asked: answers that the mean squares count. discrimination:
    as fitted. students: whose scores S-X² counts. left_out: students left out of S-X², for lack of an answer.
    """

    items: tuple
    infit: np.ndarray
    infit_z: np.ndarray
    outfit: np.ndarray
    s_x2: np.ndarray
    df: np.ndarray
    p: np.ndarray
    p_adjusted: np.ndarray
    weak: np.ndarray
    strong: np.ndarray
    asked: np.ndarray
    discrimination: np.ndarray
    students: int
    left_out: int
    __repr__ = short

    def __post_init__(self):
        for field in fields(self):
            if field.type == "np.ndarray":
                object.__setattr__(self, field.name, own(getattr(self, field.name)))

    @property
    def flagged(self) -> np.ndarray:
        """(items,) True where p_adjusted is below .05."""
        return self.p_adjusted < SURE

    def advice(self) -> list[str]:
        """For each item what to do about it; nothing where it fits."""
        return [self._word(i) for i in range(len(self.items))]

    def frame(self):
        """A DataFrame with a row an item: all of the above, flagged, and advice.

        First those that abler students solve less often, then the others, the smallest p first.
        """
        import pandas as pd

        names = [field.name for field in fields(self) if field.type == "np.ndarray"]
        columns = {name: getattr(self, name) for name in names} | {"flagged": self.flagged, "advice": self.advice()}
        table = pd.DataFrame(columns, pd.Index(self.items, name="item", tupleize_cols=False))
        return table.iloc[np.lexsort([-self.s_x2, self.p, self.discrimination >= 0])]

    def _word(self, i: int) -> str:
        if self.discrimination[i] < 0:
            return "abler students solve it less often: check its key"
        if self.df[i] < 1:
            return "too few students with scores in between to test it: pool classes"
        if not self.flagged[i]:
            return ""
        if self.weak[i] > FAR and self.strong[i] < -FAR:
            return "hangs on ability less than its curve says: free its discrimination (2PL), or check its key"
        if self.weak[i] < -FAR and self.strong[i] > FAR:
            return "hangs on ability more than its curve says: free its discrimination (2PL)"
        if self.weak[i] > FAR:
            return "weak students solve it too often: guessing or a hint; try model='3pl'"
        return "its curve is not the model's: look at its wording, its place in the test, and what else it asks"


def item_fit(fit, responses, *, missing: str = "refuse", least: float = 1.0) -> ItemFit:
    """Hold each item of a fit against the answers.

    fit: what `mml.fit` returned, or a two-parameter fit or `Posterior`, whose means are taken; abilities are N(0, 1).
    responses: the `Responses`, or (students, items) array of 1, 0 and NaN, that it was fitted to, items found by name.
    missing: S-X² needs students who answered every item. "refuse" raises where somebody did not; "complete" leaves
    these students out of S-X², which is fair only if what was not asked has nothing to do with ability. Infit and
    outfit count every answer. least: neighbouring scores are put together until the model expects so many right and so
    many wrong answers in each group; mirt's is 1, the textbook's 5.

    Raises ValueError for answers to items that the fit does not know, weights, or other settings.
    """
    one_of(missing, ("refuse", "complete"), "missing")
    least = not_negative(least, "least")
    slope, intercept, floor, items = numbers_of(fit)
    responses = responses if isinstance(responses, Responses) else Responses.from_wide(responses)
    table = _table(responses, items)
    complete = ~np.isnan(table).any(1)
    if missing == "refuse" and not complete.all():
        row = int(complete.argmin())
        raise ValueError(
            f"student {responses.students[row]!r} did not answer item {items[int(np.isnan(table[row]).argmax())]!r} "
            f"({int((~complete).sum())} of {len(table)} students lack an answer), and S-X² needs every answer: "
            'missing="complete" leaves these students out of it'
        )
    nodes, log_weights = NODES
    own_chance, p = (v.T.clip(TINY, 1 - TINY) for v in curves_at(slope, intercept, floor, nodes))
    fitted = {"rasch": 1, "2pl": 2, "3pl": 3}[fit.model] if isinstance(fit, MMLFit) else 2
    scores = np.stack([own_chance, own_chance * nodes, np.broadcast_to(floor[:, None], p.shape)])[:fitted]
    squares = _mean_squares(table, p, scores, log_weights)
    tested = _s_x2(table[complete], p, np.exp(log_weights), fitted, least)
    return ItemFit(
        items=items,
        **squares,
        **tested,
        p_adjusted=adjusted(tested["p"]),
        asked=(~np.isnan(table)).sum(0),
        discrimination=slope,
        students=int(complete.sum()),
        left_out=int((~complete).sum()),
    )


def number_right(p) -> np.ndarray:
    """The chance of each number right, by Lord & Wingersky (1984): (items + 1, nodes).

    p: (items, nodes) P(right), answers independent given the node. One item after the other: a score of k comes from k
    and a wrong answer, or from k − 1 and a right one.
    """
    p = instance(p, np.ndarray, "p", "give an (items, nodes) array")
    if p.ndim != 2 or p.dtype.kind != "f" or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p has shape {p.shape}: give an (items, nodes) array of probabilities")
    found = np.zeros((len(p) + 1, p.shape[1]))
    found[0] = 1
    for k, right in enumerate(p, start=1):
        found[1 : k + 1] = found[1 : k + 1] * (1 - right) + found[:k] * right
        found[0] *= 1 - right
    return found


def adjusted(p) -> np.ndarray:
    """p values by Benjamini & Hochberg (1995): the least share of false flags at which each would be flagged.

    p: (tests,) in [0, 1]; NaN, no test, stays NaN and does not count.
    """
    try:
        p = np.asarray(p, float)
    except (TypeError, ValueError):
        p = np.array(-1.0)
    if p.ndim != 1 or (p < 0).any() or (p > 1).any():
        raise ValueError(f"p has shape {p.shape}: give a list of p values between 0 and 1")
    out, known = np.full(p.shape, np.nan), np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])[::-1]]
    ranks = np.arange(len(order), 0, -1)
    out[order] = np.minimum.accumulate(p[order] * len(order) / ranks).clip(max=1)
    return out


def _table(responses: Responses, items: tuple) -> np.ndarray:
    """(students, items) of 1, 0 and NaN, items in the order of the fit."""
    if responses.weight is not None:
        raise ValueError("the answers have weights, which item fit does not know: leave the weights out")
    place = {name: code for code, name in enumerate(items)}
    strange = [name for name in responses.items if name not in place]
    if strange:
        raise ValueError(
            f"the fit knows nothing of item {strange[0]!r} ({len(strange)} such of {len(responses.items)}): give the "
            "answers that it was fitted to"
        )
    fits_in_memory(12 * len(responses.students) * max(len(items), len(NODES[0])), "item fit")
    table = np.full((len(responses.students), len(items)), np.nan)
    table[responses.student, np.array([place[name] for name in responses.items])[responses.item]] = responses.correct
    return table


def _mean_squares(table, p, scores, log_weights) -> dict:
    """Infit with its z, and outfit. z: the excess over students, beside what the item's own scores leave of it."""
    right, wrong = (table == 1).astype(float), (table == 0).astype(float)
    joint = right @ np.log(p) + wrong @ np.log(1 - p) + log_weights
    given = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    asked = right + wrong

    def averaged(if_right, if_wrong):
        """(students, items) means over what is left open of the ability."""
        return right * (given @ if_right.T) + wrong * (given @ if_wrong.T)

    inner, expected = averaged((1 - p) ** 2, p**2), averaged(p * (1 - p), p * (1 - p))
    outer = averaged((1 - p) / p, p / (1 - p))
    own_scores = np.stack([averaged((1 - p) / p * score, -score) for score in scores], axis=2)
    infit, z = inner.sum(0) / expected.sum(0), np.empty(len(p))
    for item in range(len(p)):
        off, score = (inner - expected)[:, item], own_scores[:, item]
        left = off - score @ np.linalg.lstsq(score, off, rcond=None)[0]
        z[item] = left.sum() / max(np.sqrt((left**2).sum()), TINY)
    return {"infit": infit, "infit_z": z, "outfit": outer.sum(0) / asked.sum(0)}


def _s_x2(table, p, weights, fitted: int, least: float) -> dict:
    """S-X², df, p, and how far the weak and the strong third are off."""
    n = len(p)
    total = table.sum(1).astype(int)
    students = np.bincount(total, minlength=n + 1)[1:n]
    solved = np.zeros((n + 1, n))
    np.add.at(solved, total, table)
    alike = number_right(p)[1:n] @ weights
    found = {name: np.zeros(n) for name in ("s_x2", "df", "p", "weak", "strong")}
    rank = np.cumsum(students) - students / 2
    for item in range(n):
        others = number_right(np.delete(p, item, axis=0))[: n - 1]
        rate = (others * p[item]) @ weights / alike
        off, spread = solved[1:n, item] - students * rate, students * rate * (1 - rate)
        for who, third in (("weak", rank <= len(table) / 3), ("strong", rank >= 2 * len(table) / 3)):
            found[who][item] = off[third].sum() / np.sqrt(max(spread[third].sum(), TINY))
        starts = _groups(students * rate, students * (1 - rate), least)
        df = len(starts) - fitted
        if df < 1:
            found["s_x2"][item] = found["p"][item] = np.nan
            continue
        seen, expected, many = (np.add.reduceat(v, starts) for v in (solved[1:n, item], students * rate, students))
        found["s_x2"][item] = ((seen - expected) ** 2 / (expected * (1 - expected / many))).sum()
        found["df"][item], found["p"][item] = df, chi2.sf(found["s_x2"][item], df)
    return found | {"df": found["df"].astype(int)}


def _groups(right, wrong, least: float) -> list[int]:
    """Where groups of neighbouring scores begin, each with at least so many right and wrong answers expected."""
    starts, begin, sums = [], 0, np.zeros(2)
    for score, pair in enumerate(zip(right, wrong, strict=True)):
        sums += pair
        if (sums >= max(least, TINY)).all():
            starts.append(begin)
            begin, sums = score + 1, np.zeros(2)
    return starts  # what is left at the end belongs to the last group
