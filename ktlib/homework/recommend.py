"""Choosing the next questions: a weighted sum of named parts, the most prominent how close P(right) comes to 0.7.

Shi & Athey (2021), section 8: drop what the student has attempted, rank the rest, take the top ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .. import _checks as checks
from .._checks import inside, not_negative, one_of, probabilities
from ..data.responses import Responses
from ._forecasts import forecasts_of
from ._ranking import Ranking, nearness
from ._requests import attempts, eligibility, mastery_of, shares
from .picks import Homework
from .pool import Pool

__all__ = ["WEIGHTS", "Homework", "Pool", "closeness", "recommend"]
WEIGHTS = {"closeness": 0.6, "need": 0.2, "recency": 0.1, "picture": 0.05, "table": 0.05, "uncertainty": 0.0}


def closeness(p_correct, target: float = 0.7, *, shape: str = "absolute", width: float = 0.03):
    """1 where P(right answer) equals `target`, less the further it lies from it.

    p_correct: number or array in [0, 1]. target: in (0, 1). shape: "absolute" falls in a straight line to 0 at the far
    end of [0, 1]; "gaussian" is exp(-d² / 2 width²) at the distance d, next to nothing beyond three widths. width:
    above 0, for "gaussian" only. Raises ValueError for anything else.
    """
    target, shape = inside(target, "target", 0.7), one_of(shape, ("absolute", "gaussian"), "shape")
    p, width = probabilities(p_correct, "p_correct"), _width(width)
    return nearness(p, target, shape, width)


def recommend(
    forecasts,
    pool: Pool,
    *,
    seen: Responses | None = None,
    weights: Mapping[str, float] | None = None,
    target: float = 0.7,
    shape: str = "absolute",
    width: float = 0.03,
    n: int = 10,
    eligible=None,
    mastery=None,
    students: Iterable | None = None,
    unknown: str = "error",
    thompson: bool = False,
    rng,
    block: int | None = None,
    progress: bool = False,
) -> Homework:
    """The `n` best questions for each student: of those not attempted and eligible, the highest scores.

    A score is the sum of parts, each from 0 to 1 and times its weight; weights are divided by their sum.
        closeness     of P(right) to `target`, see `closeness` for shape and width
        need          1 - P(known) of the weakest skill that the question asks for; needs mastery
        recency       when it was made: 0 the pool's oldest, 1 its newest, even in between; needs the pool's created
        picture       1 if it has one; needs the pool's picture. table: alike
        uncertainty   standard deviation of P(right) under the posterior, times 2: a P can have no larger than 1/2

    forecasts: a Fit or Posterior, or P(right) as a (students, items) array, columns in the pool's order, or a DataFrame
    of names. seen: answers so far; what a student attempted, right or wrong, is dropped, by names. weights: part ->
    number of 0 or more; what is not named counts nothing. By default `WEIGHTS`, of those parts that can be computed.
    eligible: (items,) or (students, items) of True and False, or names of labels and grades; with both, a question
    must have one of each. mastery: P(known) as (students, S) in the order of students and of pool.skill_names, or a
    DataFrame with these names. students: names, by default all that the forecasts know. unknown: what becomes of other
    names, an "error", or the "prior" of one ability: that of the Fit, else the model's default.

    thompson: let P be a draw from what is believed, so that questions with uncertain forecasts get tried (Thompson
    1933). Each pair's predictor is drawn by itself from its normal approximation; truly, questions share the student's
    ability. rng: seed or generator; the same draws the same lists, for the same students in the same order. Without
    thompson it breaks ties alone, by an order of the questions drawn once for all students; scores closer than about
    1e-6 may count as tied. block: students at a time, by default so many that a block stays in the processor's cache:
    it changes the speed and not the lists, and nothing ever holds all pairs. progress: show a bar.

    A student with fewer than `n` candidates has a shorter list and a reason, see `Homework.lacking`. Raises ValueError
    for anything else that does not fit, before work starts. Measured in `benchmarks/recommend_speed.py`.
    """
    checks.instance(pool, Pool, "pool", "give a homework.pool.Pool of questions")
    source = forecasts_of(forecasts, pool, students, unknown)
    rng, thompson = checks.generator(rng), checks.flag(thompson, "thompson")
    if thompson and not source.believes:
        raise ValueError("thompson = True draws from a posterior: give a fit or a posterior, not a table of forecasts")
    known = None if mastery is None else mastery_of(mastery, pool, source.students)
    ranking = Ranking(
        pool=pool,
        source=source,
        n=checks.whole(n, "n", 1),
        weights=shares(WEIGHTS, weights, pool, known is not None, source.believes),
        aim=(inside(target, "target", 0.7), one_of(shape, ("absolute", "gaussian"), "shape"), _width(width)),
        mastery=known,
        allowed=eligibility(eligible, pool, len(source.students)),
        attempted=attempts(seen, pool, source),
        key=rng.permutation(len(pool)),
        rng=rng if thompson else None,
    )
    block = None if block is None else checks.whole(block, "block", 1)
    return ranking.run(block, checks.flag(progress, "progress"))


def _width(width) -> float:
    if not_negative(width, "width") == 0:
        raise ValueError("width = 0: give a number above 0, such as 0.03")
    return float(width)
