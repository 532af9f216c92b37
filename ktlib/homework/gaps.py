"""Where a student is weaker than her own level: by a posterior, or by her answers counted; and labels guessed.

Shi & Athey (2021, section 9) say that factor models can tell where a student is weak, and that latent parameters can
label questions. How to compute both is ours: by draws from the belief, so that each statement comes with its
probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from .._checks import fits_in_memory, generator, inside, instance, listed, not_negative, numbers, own, short, whole
from ..data.responses import Responses
from ..irt.posterior import Posterior
from ._belief import MOST, checked, chosen, ends, names_of, rates, shares

FEWEST, ENOUGH = 10, 1000  # students who show what is usual at a level
NARROWEST = 1e-3  # logits; the spread of gaps where answers show none


@dataclass(frozen=True, eq=False)
class Gaps:
    """How far each student is from her own level in each content area, in shares right.

    students, areas: names. questions: (areas,) how many an area has. rate: (students, areas) the share of an area's
    questions that she is expected to get right. gap: (students, areas) `rate` less what students of her overall level
    get there, below 0 where she is weaker. drawn: (students, areas, draws) the gap in each draw from the posterior.
    """

    students: tuple
    areas: tuple
    questions: np.ndarray
    rate: np.ndarray
    gap: np.ndarray
    drawn: np.ndarray

    __repr__ = short

    def __post_init__(self):
        for name in ("questions", "rate", "gap", "drawn"):
            object.__setattr__(self, name, own(getattr(self, name)))

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central intervals of the gaps, (students, areas) each."""
        return ends(self.drawn, level)

    def p_weaker(self, least: float = 0.0) -> np.ndarray:
        """(students, areas) P(weaker than her own level by more than `least`, a share right such as 0.05)."""
        return (self.drawn < -not_negative(least, "least")).mean(2)

    def p_stronger(self, least: float = 0.0) -> np.ndarray:
        """(students, areas) P(stronger than her own level by more than `least`)."""
        return (self.drawn > not_negative(least, "least")).mean(2)

    def flags(self, alarm: float = 0.05, least: float = 0.0) -> np.ndarray:
        """(students, areas) True where P(weaker by more than `least`) is 1 - `alarm` or more."""
        return self.p_weaker(least) >= 1 - inside(alarm, "alarm", 0.05)

    def false_alarms(self, alarm: float = 0.05, least: float = 0.0) -> float:
        """How many of the flags the posterior itself expects to be wrong."""
        return float((1 - self.p_weaker(least))[self.flags(alarm, least)].sum())

    def groups(self, alarm: float = 0.05, least: float = 0.0) -> dict:
        """Area -> its flagged students, the surest first; areas with most of them first, those without left out."""
        sure, flagged = self.p_weaker(least), self.flags(alarm, least)
        found = {}
        for k in np.argsort(-flagged.sum(0), kind="stable"):
            rows = np.lexsort((self.gap[:, k], -sure[:, k]))
            if flagged[:, k].any():
                found[self.areas[k]] = tuple(self.students[i] for i in rows if flagged[i, k])
        return found

    def frame(self, level: float = 0.95, alarm: float = 0.05, least: float = 0.0):
        """A DataFrame with a row for each student and area: rate, gap, low_gap, high_gap, p_weaker, flag."""
        import pandas as pd

        low, high = self.interval(level)
        columns = {"rate": self.rate, "gap": self.gap, "low_gap": low, "high_gap": high}
        columns |= {"p_weaker": self.p_weaker(least), "flag": self.flags(alarm, least)}
        rows = pd.MultiIndex.from_product([self.students, self.areas], names=["student", "area"])
        return pd.DataFrame({name: value.ravel() for name, value in columns.items()}, rows)


def gaps(posterior: Posterior, labels, *, students=None, draws: int = 400, rng) -> Gaps:
    """Each student's distance from her own level, by content area.

    labels: the area of each item of the posterior, a name, or None for an item that counts nowhere. Each area needs
    two questions or more. students: names, default all; what is usual is taken over these and 1,000 more, drawn. draws:
    from the posterior. rng: seed or generator. A student's level is the mean of her areas' rates, each area counting
    alike; what is usual at a level, `from_own_level` says. A two-parameter posterior has one ability a student, and so
    no gaps.
    Raises ValueError for labels of another length, unknown students, or fewer than two areas or ten students.
    """
    posterior, draws, rng = checked(posterior), whole(draws, "draws", 2, MOST), generator(rng)
    areas, place = _areas(labels, posterior.items)
    who = chosen(students, posterior.students, "students")
    if len(posterior.students) < FEWEST:
        raise ValueError(
            f"the posterior has {len(posterior.students)} students: it takes {FEWEST} to know what is usual at a level"
        )
    fits_in_memory(len(who) * len(areas) * draws, f"draws = {draws}")
    others = rng.permutation(np.setdiff1d(np.arange(len(posterior.students)), who))[:ENOUGH]
    use, all_of = place >= 0, np.concatenate([who, others])
    share = np.eye(len(areas))[place[use]]
    questions = share.sum(0)
    rate, drawn = np.zeros((len(who), len(areas))), np.empty((len(who), len(areas), draws), np.float32)
    for d, p in enumerate(rates(posterior, np.flatnonzero(use), share / questions, draws, rng, all_of)):
        rate += p[: len(who)] / draws
        drawn[:, :, d] = from_own_level(p)[: len(who)]
    return Gaps(names_of(posterior, who), areas, questions.astype(int), rate, drawn.mean(2, dtype=float), drawn)


def from_own_level(rate) -> np.ndarray:
    """(students, areas) how far each rate is from what is usual for a student of that overall level.

    rate: (students, areas) shares right, strictly between 0 and 1, at least ten students and two areas. A student's
    level is the mean of her row. What is usual in an area at a level: over all students, the logit of the rate as a
    parabola in the logit of the level, by least squares; so an area that is easy for all, or in which strong and weak
    lie closer together, is nobody's gap. Raises ValueError for anything else.
    """
    rate = numbers(rate, "rate")
    if rate.ndim != 2 or len(rate) < FEWEST or rate.shape[1] < 2 or not ((rate > 0) & (rate < 1)).all():
        raise ValueError(
            f"rate has shape {rate.shape}: give shares between 0 and 1, at least {FEWEST} students and 2 areas"
        )
    level = logit(rate.mean(1))
    powers = np.stack([np.ones_like(level), level, level**2], 1)
    usual = powers @ np.linalg.lstsq(powers, logit(rate), rcond=None)[0]
    return rate - expit(usual)


def counted_gaps(
    posterior: Posterior, responses: Responses, labels, *, spread="learned", students=None, draws: int = 400, rng
) -> Gaps:
    """The same from answers counted against a forecast that knows no areas: more or fewer right than her level says.

    posterior: with one ability a student, "two-parameter". responses: answers of its students to its items, in its
    order. labels: as in `gaps`. A gap is a shift of all logits of an area, normal with mean 0 and spread τ beforehand.
    Right less expected, divided by (information + 1/τ²), estimates it, with variance one over that: one step from 0
    (Rao's score). Information: Σp(1-p) in the area, less what the student's ability takes of it. spread: τ in logits,
    above 0, or "learned": τ² = Σ(score² - information) / Σ information² over all cells, by moments, and 0.001 where
    that is less. A wide spread, such as 100, is no prior. students: names, default all. draws, rng: the gap's normal
    is drawn from. Raises ValueError as `gaps` does, and for responses of others.
    """
    posterior, draws, rng = checked(posterior), whole(draws, "draws", 2, MOST), generator(rng)
    if posterior.model != "two-parameter":
        raise ValueError(f"a {posterior.model} posterior knows areas already: use gaps, or fit the two-parameter model")
    instance(responses, Responses, "responses", "make them with Responses.from_wide or from_frame")
    if responses.students != posterior.students or responses.items != posterior.items:
        raise ValueError("responses have other students or items than the posterior: give those it was fitted to")
    areas, place = _areas(labels, posterior.items)
    who, use = chosen(students, posterior.students, "students"), place >= 0
    fits_in_memory(len(who) * len(areas) * draws, f"draws = {draws}")
    score, information = _counted(posterior, responses, place, len(areas))
    spread = _spread(score, information) if isinstance(spread, str) and spread == "learned" else _given(spread)
    kept = information[who] + spread**-2
    mean, sd = score[who] / kept, kept**-0.5
    share, nothing = np.eye(len(areas))[place[use]] / np.bincount(place[use]), np.zeros(use.sum())
    eta = posterior.predictor(who[:, None], np.flatnonzero(use))[0].astype(np.float32)
    level, rate = shares(eta, nothing, share), np.zeros(mean.shape)
    drawn = np.empty((*mean.shape, draws), np.float32)
    for d in range(draws):
        shift = mean + sd * rng.standard_normal(mean.shape, dtype=np.float32)
        p = shares(eta + shift[:, place[use]].astype(np.float32), nothing, share)
        rate, drawn[:, :, d] = rate + p / draws, p - level
    questions = np.bincount(place[use])
    return Gaps(names_of(posterior, who), areas, questions, rate, drawn.mean(2, dtype=float), drawn)


def guess_labels(posterior: Posterior, labels, *, neighbours: int = 15) -> np.ndarray:
    """(items,) the area that the nearest questions have, by loadings; a question's own label is never looked at.

    labels: the area of each item, a name. neighbours: how many vote; a tie goes to the area of the nearest among those
    that tie. Loadings are the whole ones, divided by their length: in which direction a question asks, not how sharply.
    Raises ValueError for a two-parameter posterior, which knows one direction only, for labels of another length and
    for more neighbours than there are other questions.
    """
    posterior = checked(posterior)
    if posterior.model == "two-parameter":
        raise ValueError("a two-parameter posterior has no directions to tell areas by: fit a factor model")
    areas, place = _areas(labels, posterior.items)
    if (place < 0).any():
        raise ValueError(f"item {posterior.items[int(np.argmin(place))]!r} has no label: give every item one")
    neighbours = whole(neighbours, "neighbours", 1, len(place) - 1)
    load = posterior.loadings()[0]
    way = load / np.maximum(np.linalg.norm(load, axis=1, keepdims=True), 1e-12)
    alike = way @ way.T
    np.fill_diagonal(alike, -np.inf)
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, :neighbours]
    votes = np.eye(len(areas))[place[nearest]]
    tie_break = (votes * np.linspace(0.5, 0, neighbours, endpoint=False)[:, None]).max(1)
    return np.array(areas, dtype=object)[(votes.sum(1) + tie_break).argmax(1)]


def _areas(labels, items: tuple) -> tuple[tuple, np.ndarray]:
    """Names of the areas, in order of appearance, and each item's place among them, -1 for None."""
    labels = listed(labels, "labels", "['angles', 'angles', 'algebra']")
    if len(labels) != len(items):
        raise ValueError(f"{len(labels)} labels for {len(items)} items: give one for each, None where an item has none")
    for k, name in enumerate(labels):
        if isinstance(name, bool) or not (name is None or isinstance(name, str | int)):
            raise ValueError(f"labels[{k}] = {name!r}: give the name of a content area, or None")
    areas = tuple(dict.fromkeys(name for name in labels if name is not None))
    place = np.array([-1 if name is None else areas.index(name) for name in labels])
    if len(areas) < 2:
        raise ValueError(f"labels name {len(areas)} area{'s' * (len(areas) != 1)}: a gap is against others, so give 2")
    alone = np.flatnonzero(np.bincount(place[place >= 0]) < 2)
    if len(alone):
        raise ValueError(
            f"area {areas[alone[0]]!r} has one question ({len(alone)} such): join it to another area, or give None"
        )
    return areas, place


def _counted(posterior, responses, place: np.ndarray, areas: int) -> tuple[np.ndarray, np.ndarray]:
    """(students, areas) right less expected, and what is known of a shift once the ability has taken its share."""
    use = place[responses.item] >= 0
    student, item = responses.student[use], responses.item[use]
    p = expit(posterior.predictor(student, item)[0])
    sharp, weight = posterior.mean("discrimination")[item], p * (1 - p)
    cell, shape = student * areas + place[item], (len(posterior.students), areas)
    sums = (responses.correct[use] - p, weight, weight * sharp)
    score, own_part, cross = (np.bincount(cell, w, shape[0] * areas).reshape(shape) for w in sums)
    ability = 1 + np.bincount(student, weight * sharp**2, shape[0])
    return score, own_part - cross**2 / ability[:, None]


def _spread(score: np.ndarray, information: np.ndarray) -> float:
    return float(np.sqrt(max(NARROWEST**2, (score**2 - information).sum() / (information**2).sum())))


def _given(spread) -> float:
    value = not_negative(spread, "spread")
    if not value:
        raise ValueError("spread = 0 says that nobody has a gap: give logits above 0, or 'learned'")
    return value
