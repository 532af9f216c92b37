"""Many skills at once: each fitted by itself, or with what the others say about it (empirical Bayes).

A prior over skills is learned from all of them, and what each skill's own answers make of it is its posterior: the
larger the class, the more they count. What is learned from the skills of one course also serves a class of 22 that
comes later; and what is believed of them this week is next week's prior. Priors and posteriors are over logits.
Source: Efron & Morris (1975), Carlin & Louis (2000).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from ..data._frames import cell, check_frame, ordered_rows, refuse_empty
from ..data.sequences import as_sequences
from . import model
from ._newton import ChangePoints, draws, to_logit, to_params
from ._skill_fits import SkillFits, SkillPrior
from ._summits import rivals, summits
from .model import BKTParams
from .sensitivity import degenerate

START = to_logit(np.array(tuple(BKTParams())))
LEAST = 5  # skills from which a prior can be learned
_BOUNDARY = float(np.log(999))  # 0.001 from 0 or 1, as in `uncertainty`
_NOTHING = 1e-6  # a curvature below this is none
_FLAT = 5e-3  # least curvature in any direction where 1 is the average, as in `uncertainty`
_DRAWS = 400  # places a skill at which the likelihood is evaluated
_ROUNDS = (_DRAWS // 5,) * 3 + (_DRAWS,) * 10  # while a prior is learned, first roughly; more places for few skills
_MANY = 100  # skills
_STILL = 0.25  # standard errors of a learned mean, moved in a round, at which learning ends
_AWAY = 0.5  # logits from the mean at which one more skill is imagined, lest skills that look alike count as equal
_ENOUGH = 100  # even draws that they should be worth


def fit(
    sequences_by_skill, *, prior: SkillPrior | SkillFits | str | None = "learned", drift=0.0, max_steps: int = 200
) -> SkillFits:
    """Fit every skill.

    sequences_by_skill: name -> `Sequences` (or what `em.fit` takes), as `sequences.sequences_by` gives. prior: None for
    maximum likelihood, each skill by itself, probabilities between 1e-6 and 1 − 1e-6; a `SkillPrior` for the posterior
    under that prior; "learned" for the posterior under the prior that makes these skills likeliest, at least five of
    them and, lest they count as all equal, one more imagined half a logit from the mean. A learned prior then counts as
    known; or last week's `SkillFits`, fitted with a prior, each skill's belief then being the prior of its new answers,
    and that of skills which it does not know the prior it was fitted with. max_steps: of Newton's method where prior is
    None.

    drift: with last week's fits, by how many logits a skill may have moved since, one standard deviation for all four
    or one each; 0 counts old answers as if they were new. Give the new answers alone, of students who begin the skill:
    one who goes on with it no longer begins at p_init, so let p_init drift far where many do.

    With prior=None each skill is climbed from twelve fixed starts. Of the ends with p_guess + p_slip < 1 the likeliest
    is taken; where there is none, the likeliest of all. Flags name an end upside down (p_guess + p_slip ≥ 1) that is
    more than 0.1 nats likelier, and another maximum less than 2 nats below. Posteriors are integrals over all four
    logits by importance sampling at fixed places: nothing is random. Memory: about 150 bytes an answer.

    Raises ValueError naming the skill whose answers cannot be used, and for other settings, before any work.
    """
    if not isinstance(sequences_by_skill, Mapping) or not sequences_by_skill:
        raise ValueError(
            f"sequences_by_skill = {shown(sequences_by_skill)}: give a dict from skill to its answers, at least one "
            "skill, as sequences.sequences_by(frame, 'skill') does"
        )
    known = isinstance(prior, SkillPrior | SkillFits) or (isinstance(prior, str) and prior == "learned")
    if not (prior is None or known):
        raise ValueError(
            f"prior = {shown(prior)}: give 'learned', None or a SkillPrior, such as fits.prior, or the SkillFits of "
            "last week"
        )
    drift = _checked_drift(drift, prior)
    max_steps = checks.whole(max_steps, "max_steps", 1)
    if prior == "learned" and len(sequences_by_skill) < LEAST:
        raise ValueError(
            f"{len(sequences_by_skill)} skills are too few to learn a prior from: give at least {LEAST}, or a "
            "SkillPrior learned elsewhere, or prior=None"
        )
    skills = []
    for name, answers in sequences_by_skill.items():
        try:
            skills.append(ChangePoints(as_sequences(answers)))
        except ValueError as error:
            raise ValueError(f"skill {name!r}: {error}") from None

    if prior is None:
        found = [_likeliest(skill, max_steps) for skill in skills]
    else:
        prior, settled, last = (*_learn(skills), {}) if prior == "learned" else _carried(prior, drift)
        usual = prior.mean, np.diag(prior.sd)
        beliefs = [last.get(name, usual) for name in sequences_by_skill]
        found = [_posterior(skill, *belief, settled) for skill, belief in zip(skills, beliefs, strict=True)]
    params = tuple(to_params(logits) for logits, *_ in found)
    return SkillFits(
        names=tuple(sequences_by_skill),
        params=params,
        covariance=np.array([covariance for _, covariance, *_ in found]),
        prior=prior,
        log_likelihood=np.array([s.derivatives(logits)[0] for s, (logits, *_) in zip(skills, found, strict=True)]),
        converged=np.array([converged for *_, converged, _ in found]),
        flags=tuple(_flags(s, p) + why for s, p, (*_, why) in zip(skills, params, found, strict=True)),
        students=np.array([skill.students for skill in skills]),
        answers=np.array([skill.answers for skill in skills]),
    )


def predict(
    fits: SkillFits,
    frame,
    student: str = "student",
    skill: str = "skill",
    correct: str = "correct",
    *,
    order: str | None = None,
    unseen: str | None = None,
):
    """P(right) for each row of a long-form DataFrame, from the same student's earlier rows on the same skill.

    frame: one row for each answer and skill; correct holds 1, 0, or NaN where the answer is yet to come. An answer that
    needs two skills has two rows: its forecast is the mean, or `bkt.p_correct_skills`, of both. order: the column that
    puts rows in order; without it they count as ordered, unless a column of times says otherwise. unseen: "default"
    forecasts skills that were not fitted from the prior's mean, or else from `BKTParams()`; "error" refuses them; None
    is "default" with a warning that counts and names them. Gives a (rows,) array in the order of the rows.

    Raises ValueError for a column that is missing or not filled in, an answer that is none, and rows out of order.
    """
    import pandas as pd

    checks.instance(fits, SkillFits, "fits", "give what skills.fit returned")
    checks.one_of(unseen, ("default", "error", None), "unseen")
    right, place = answers_in_order(frame, student, skill, correct, order)
    known = dict(zip(fits.names, fits.params, strict=True))
    whose, names = pd.factorize(frame[skill].iloc[place])
    default = BKTParams() if fits.prior is None else fits.prior.params
    told_of_unseen(names.tolist(), known, frame[skill], default, unseen)
    out = np.empty(len(frame))
    for code, name in enumerate(names.tolist()):
        rows = place[whose == code]
        codes, students = pd.factorize(frame[student].iloc[rows])
        step = pd.Series(codes).groupby(codes).cumcount().to_numpy()
        table = np.full((len(students), step.max() + 1), np.nan)
        table[codes, step] = right[rows]
        out[rows] = model.filter(table, known.get(name, default)).p_correct[codes, step]
    return out


def answers_in_order(frame, student: str, skill: str, correct: str, order: str | None):
    """(rows,) answers, NaN where one is yet to come, and the places of all rows in the order answered.

    The checks of `predict`: ValueError for a column that is missing or not filled in, and for an answer that is none.
    """
    import pandas as pd

    check_frame(frame, student, skill, correct)
    refuse_empty(frame, (student, skill))
    right = pd.to_numeric(frame[correct], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isin(right, (0, 1)) | frame[correct].isna().to_numpy())
    if bad.any():
        row, value = (cell(column, bad.argmax()) for column in (frame.index, frame[correct]))
        raise ValueError(f"row {row}: answer {value} is not 1 (right), 0 (wrong) or missing: recode it")
    return right, ordered_rows(frame, student, order, known=(skill, correct))


def told_of_unseen(names: list, known, column, default: BKTParams, unseen: str | None) -> None:
    """Refuse skills among `names` that are not `known`, warn of them or let them pass, as `predict` says.

    column: the skill of every row.
    """
    new = [name for name in names if name not in known]
    if not new or unseen == "default":
        return
    what = f"{len(new)} skills in {column.isin(new).sum()} of {len(column)} rows were not fitted: {shown(new)}"
    if unseen == "error":
        raise ValueError(f'{what}. Leave their rows out, or unseen="default" forecasts them from {default}')
    warnings.warn(f'{what}. They are forecast from {default}; unseen="default" says that they may', stacklevel=3)


def _likeliest(skill: ChangePoints, max_steps: int) -> tuple[np.ndarray, np.ndarray, bool, tuple[str, ...]]:
    """Logits of the maximum, their covariance, whether it converged, and flags."""
    ends = summits(skill, max_steps)
    end, covariance, why = ends[0], np.full((4, 4), np.nan), ()
    inside = np.flatnonzero(np.abs(end.logits) < _BOUNDARY)
    information = -end.curvature[np.ix_(inside, inside)]
    own = np.sqrt(np.maximum(np.diag(information), _NOTHING))
    if len(inside) and np.linalg.eigvalsh(information / np.outer(own, own))[0] > _FLAT:
        covariance[np.ix_(inside, inside)] = np.linalg.inv(information)
    else:
        why = ("flat: these answers do not pin the four probabilities",)
    why += rivals(ends, flat=bool(why))
    if not end.converged:
        why += (f"had not converged after {max_steps} steps: raise max_steps",)
    return end.logits, covariance, end.converged, why


def _checked_drift(drift, prior) -> np.ndarray:
    """(4,) standard deviations; ValueError where they are none, or where nothing is there to drift."""
    given = checks.numbers(drift, "drift")
    if given.shape not in ((), (4,)) or not ((given >= 0) & (given < np.inf)).all():
        raise ValueError(f"drift = {shown(drift)}: give a number of logits, 0 or more, or one each for the four")
    if given.any() and not isinstance(prior, SkillFits):
        raise ValueError(f"drift = {shown(drift)} without last week's fits: give these as prior, or leave drift out")
    if isinstance(prior, SkillFits) and prior.prior is None:
        raise ValueError(
            "prior holds fits without a prior, which believe nothing where the likelihood is flat: fit last week's "
            "answers with prior='learned' or a SkillPrior"
        )
    return np.broadcast_to(given, 4)


def _carried(prior: SkillPrior | SkillFits, drift: np.ndarray) -> tuple[SkillPrior, bool, dict]:
    """The prior of any skill, whether it is settled, and of known skills their own mean and root of the covariance."""
    if isinstance(prior, SkillPrior):
        return prior, True, {}
    roots = np.linalg.cholesky(prior.covariance + np.diag(drift**2))
    own = zip(prior.names, zip(to_logit(prior.estimates), roots, strict=True), strict=True)
    return prior.prior, bool(np.all(prior.converged)), dict(own)


def _posterior(skill: ChangePoints, center: np.ndarray, root: np.ndarray, settled: bool):
    """Mean and covariance of the logits, whether they can be relied on, and flags. root: of the prior's covariance."""
    inverse = np.linalg.inv(root)
    for n in (_DRAWS, 10 * _DRAWS, 40 * _DRAWS):
        logits, log_weight = draws(skill, center, root, n)
        weight = _weights((logits - center) @ inverse.T, log_weight, 0.0, 1.0)
        worth = 1 / (weight**2).sum()
        if worth >= _ENOUGH:
            break
    mean = weight @ logits
    off = logits - mean
    why = () if worth >= _ENOUGH else (f"rough: integrated from the worth of {worth:.0f} draws",)
    why += () if settled else ("the prior had not settled: more skills are needed to learn one",)
    return mean, (off.T * weight) @ off, settled, why


def _learn(skills: list[ChangePoints]) -> tuple[SkillPrior, bool]:
    """The prior under which these skills are likeliest, by EM over skills, and whether it settled."""
    prior = SkillPrior(START, np.full(4, 1.5), len(skills))
    for n in _ROUNDS:
        n *= max(1, _MANY // len(skills))
        logits, log_weight = map(
            np.array, zip(*(draws(s, prior.mean, np.diag(prior.sd), n) for s in skills), strict=True)
        )
        mean, sd, step = prior.mean, prior.sd, np.inf
        while step > _STILL / 500 and (sd > prior.sd / 2).all():  # narrower, and these places are too few
            weight = _weights(logits, log_weight, mean, sd)[..., None]
            new = (weight * logits).sum((0, 1)) / len(skills)
            new_sd = np.sqrt(((weight * (logits - new) ** 2).sum((0, 1)) + _AWAY**2) / (len(skills) + 1))
            step = max(np.abs(new - mean).max(), np.abs(new_sd - sd).max())
            mean, sd = new, new_sd
        moved = np.maximum(np.abs(mean - prior.mean), np.abs(sd - prior.sd)) / (sd / np.sqrt(len(skills)))
        prior = SkillPrior(mean, sd, len(skills))
        if n >= _DRAWS and moved.max() < _STILL:
            return prior, True
    return prior, False


def _weights(logits, log_weight, mean, sd) -> np.ndarray:
    """(.., n) weights that add up to 1 over the places of each skill."""
    log = log_weight - (((logits - mean) / sd) ** 2).sum(-1) / 2
    weight = np.exp(log - log.max(-1, keepdims=True))
    return weight / weight.sum(-1, keepdims=True)


def _flags(skill: ChangePoints, params: BKTParams) -> tuple[str, ...]:
    found = {
        "one student": skill.students == 1,
        "at most two answers a student: too few for four probabilities": skill.longest < 3,
        "every answer right": skill.wrong == 0,
        "every answer wrong": skill.wrong == skill.answers,
    }
    return (*(text for text, true in found.items() if true), *degenerate(params))
