"""Odd values at every door: each call ends in a result without NaN, or in one error that ktlib itself raises.

`DOORS` holds a call that works for every public function and every class that users make; each of its arguments in turn
is replaced by each value of `ODD`. What is neither a door nor part of one is named in `BEHIND`, so that nothing public
is forgotten.
"""

import dataclasses
import inspect
import linecache
import math
import os
import resource
import signal
import tempfile
import warnings
from fractions import Fraction
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ktlib
from ktlib import BKTParams

HOUSE = Path(ktlib.__file__).parent
BAYES = find_spec("pyro") is not None
LONGEST = 20  # seconds of the processor that a call may take
MOST = 6 * 2**30  # bytes that all of them may take


class Odd:
    """Nothing that any door could want."""

    def __repr__(self):
        return "Odd()"


ODD = {
    "none": None,
    "nan": math.nan,
    "inf": math.inf,
    "minus": -1,
    "zero": 0,
    "two": 2,
    "half": 0.5,
    "huge": 10**9,
    "huge float": 1e9,
    "true": True,
    "text": "x",
    "no text": "",
    "bytes": b"x",
    "list": [],
    "list of nan": [math.nan],
    "list of text": ["x", "y"],
    "ragged": [[1, 0], [1]],
    "tuple": (),
    "tuple of three": (1, 2, 3),
    "dict": {},
    "dict of odd": {"x": 1},
    "set": {1},
    "object": Odd(),
    "class": Odd,
    "function": len,
    "complex": 1j,
    "fraction": Fraction(1, 3),
    "zero-dimensional": np.array(0.5),
    "no numbers": np.array([]),
    "matrix": np.full((3, 3), 0.5),
    "cube": np.zeros((2, 2, 2)),
    "nan array": np.full(4, np.nan),
    "object array": np.array([1, "x", None], dtype=object),
    "complex array": np.array([1j, 2]),
    "datetime": np.datetime64("2024-01-01"),
    "series": pd.Series([1.0, 2.0]),
    "frame": pd.DataFrame({"a": [1, 2]}),
    "no frame": pd.DataFrame(),
    "masked": np.ma.masked_array([1.0, 0.0], [True, False]),
    "params": BKTParams(),
}


@cache
def things():
    """What doors take: small, made once."""
    from ktlib import bkt
    from ktlib.bkt import em, skills, uncertainty
    from ktlib.data import designs, exams
    from ktlib.data.exams import Exam
    from ktlib.data.responses import Responses
    from ktlib.forecast import baselines, scores
    from ktlib.homework import school
    from ktlib.irt import ascent, posterior
    from ktlib.irt.model import Model

    t = {}
    t["group"] = bkt.simulate(BKTParams(), students=12, steps=4, rng=0)
    t["answers"] = t["group"].answers
    t["many_answers"] = bkt.simulate(BKTParams(), students=90, steps=9, rng=0).answers
    t["fit"] = em.fit(t["answers"])
    t["counts"] = em.expected_counts(t["answers"], BKTParams())
    t["trace"] = bkt.filter(t["answers"], BKTParams())
    rng = np.random.default_rng(1)
    t["wide"] = rng.integers(0, 2, (6, 5)).astype(float)
    t["responses"] = Responses.from_wide(t["wide"])
    codes = t["responses"]
    t["ordered"] = Responses(codes.student, codes.item, codes.correct, codes.students, codes.items, order=np.arange(30))
    t["posterior"] = ascent.fit(codes, max_steps=5).posterior
    t["many"] = Responses.from_wide(rng.integers(0, 2, (12, 5)).astype(float))
    t["belief"] = ascent.fit(t["many"], max_steps=5).posterior
    t["factors"] = ascent.fit(t["many"], "factorization", factors=2, rng=0, max_steps=5).posterior
    t["normal"] = posterior.Normal(0.0, 1.0)
    t["priors"] = posterior.default_priors("two-parameter")
    t["kind"] = Model.of("two-parameter", codes)
    t["values"] = {"ability": np.zeros(6), "discrimination": np.ones(5), "difficulty": np.zeros(5)}
    n = 60
    t["frame"] = pd.DataFrame(
        {
            "student": np.repeat([f"s{i}" for i in range(10)], 6),
            "item": np.tile([f"q{i}" for i in range(6)], 10),
            "skill": np.tile(["a", "b", "a", "b", "a", "b"], 10),
            "correct": rng.integers(0, 2, n),
            "step": np.arange(n),
        }
    )
    t["links"] = pd.DataFrame({"item": [f"q{i}" for i in range(6)], "skill": list("ababab")})
    t["table"] = t["frame"][["student", "item", "correct"]]
    t["by_skill"] = {str(k): t["answers"] for k in range(5)}
    t["fits"] = skills.fit(t["by_skill"], prior=skills.SkillPrior(np.zeros(4), np.ones(4)))
    t["right"], t["forecast"] = rng.integers(0, 2, 40), rng.random(40)
    t["cluster"] = np.arange(40) // 4
    t["score"] = scores.score(t["right"], t["forecast"])
    t["bootstrap"] = uncertainty.bootstrap(t["answers"], t["fit"], draws=20, rng=0)
    t["sure"] = uncertainty.standard_errors(t["answers"], t["fit"])
    t["exam"] = Exam(codes, ("a", "b"), np.array([0, 1, 0, 1, 0]), ("x",), np.arange(5)[:, None] < 2)
    t["truth"] = exams.exam(300, 20, 30, 3, 2, rng=0).truth
    t["rasch"] = baselines.fit_rasch(t["table"])
    t["means"] = baselines.fit_skill_mean(t["table"], t["links"])
    t["design"] = designs.dense(rng=0, students=6, items=5)
    t["pool"] = school.questions(9, 2, 4, rng=0)
    t["school"] = school.school(t["pool"], 4, rng=0)
    t["folder"] = Path(tempfile.mkdtemp())
    if BAYES:
        from ktlib.forecast import dkt
        from ktlib.irt import programs

        t["data"] = programs.Data.of(codes)
        t["dkt"] = dkt.fit(t["table"], t["links"], rng=0, hidden=2, epochs=1)
    return t


def in_order(view, questions):
    """A policy: the first questions that a student has not attempted."""
    return view.attempted.argsort(axis=1, kind="stable")[:, :questions]


def doors():
    """(name, call, arguments that work, whether NaN is an answer that its docstring promises)."""
    from ktlib import bkt  # fmt: skip
    from ktlib.bkt import bounds, em, profiles, sensitivity, skills, uncertainty  # fmt: skip
    from ktlib.data import datasets, designs, exams, responses, sequences  # fmt: skip
    from ktlib.forecast import baselines, recovery, scores  # fmt: skip
    from ktlib.homework import recommend, school, session  # fmt: skip
    from ktlib.homework.pool import Pool  # fmt: skip
    from ktlib.irt import ascent, mml, new_items, posterior, scoring, simulation, surprise, updating  # fmt: skip
    from ktlib.show import explorers, live, quotes, tables  # fmt: skip
    from ktlib.show.figure import Figure

    p, g = BKTParams(), things
    yield "bkt.model.BKTParams", BKTParams, dict(p_init=0.2, p_transit=0.1, p_slip=0.1, p_guess=0.2, allow_flip=False)
    yield "bkt.model.BKTParams.moved", p.moved, dict(p_slip=0.2)
    for name in ("filter", "smooth", "log_likelihood"):
        yield f"bkt.model.{name}", getattr(bkt, name), dict(answers=[1, 0, 1], params=p), True
    yield "bkt.model.p_correct", bkt.p_correct, dict(p_known=0.3, params=p), True
    yield "bkt.model.p_correct_skills", bkt.p_correct_skills, dict(p_correct_each=[[0.2, 0.3]], axis=-1)
    yield "bkt.model.simulate", bkt.simulate, dict(params=p, students=3, steps=4, rng=0, missing=0.1), True
    yield "bkt.model.update", bkt.update, dict(p_known=0.3, correct=1, params=p)
    yield "bkt.model.check_params", bkt.check_params, dict(params=p, name="params")
    yield "bkt.em.expected_counts", em.expected_counts, dict(answers=g()["answers"], params=p)
    yield (
        "bkt.em.expected_counts_forward_backward",
        em.expected_counts_forward_backward,
        dict(answers=g()["answers"], params=p),
    )
    yield "bkt.em.maximise", em.maximise, dict(counts=g()["counts"], params=p, frozen=["p_slip"])
    yield (
        "bkt.em.fit",
        em.fit,
        dict(answers=g()["answers"], start=p, frozen=["p_slip"], random_starts=1, rng=0, tol=1e-3, max_steps=20),
    )
    yield (
        "bkt.profiles.profile",
        profiles.profile,
        dict(answers=g()["answers"], fit=g()["fit"], name="p_init", grid=[0.2, 0.3], level=0.9),
    )
    yield (
        "bkt.profiles.profile_pair",
        profiles.profile_pair,
        dict(answers=g()["answers"], fit=g()["fit"], names=("p_init", "p_slip"), grids=([0.2], [0.1])),
    )
    pair = profiles.profile_pair(g()["answers"], g()["fit"], ("p_init", "p_slip"), ([0.2], [0.1]))
    yield "bkt.profiles.ProfilePair.contour", pair.contour, dict(level=0.9)
    yield (
        "bkt.uncertainty.standard_errors",
        uncertainty.standard_errors,
        dict(answers=g()["answers"], fit=g()["fit"]),
        True,
    )
    yield (
        "bkt.uncertainty.intervals",
        uncertainty.intervals,
        dict(answers=g()["answers"], fit=g()["fit"], level=0.9),
        True,
    )
    yield (
        "bkt.uncertainty.bootstrap",
        uncertainty.bootstrap,
        dict(answers=g()["answers"], fit=g()["fit"], draws=2, rng=0),
    )
    yield "bkt.uncertainty.Bootstrap.interval", g()["bootstrap"].interval, dict(name="p_init", level=0.9)
    yield "bkt.uncertainty.Uncertainty.interval", g()["sure"].interval, dict(name="p_guess", level=0.9), True
    yield "bkt.bounds.fisher", bounds.fisher, dict(params=p, answers=4)
    for name in ("floors", "standard_errors"):
        yield f"bkt.bounds.{name}", getattr(bounds, name), dict(params=p, students=20, answers=4), True
    yield (
        "bkt.bounds.chance_within",
        bounds.chance_within,
        dict(params=p, students=20, answers=4, within=0.05),
        True,
    )
    yield "bkt.bounds.students_needed", bounds.students_needed, dict(params=p, answers=4, within=0.1, level=0.9)
    yield "bkt.bounds.how_much_data", bounds.how_much_data, dict(params=p, designs=[(20, 4)]), True
    yield "bkt.bounds.ridge", bounds.ridge, dict(params=p, answers=4), True
    yield "bkt.bounds.alike", bounds.alike, dict(params=p, p_init=0.3)
    yield "bkt.sensitivity.sweep", sensitivity.sweep, dict(params=p, name="p_slip", values=[0.1, 0.2])
    yield "bkt.sensitivity.cost", sensitivity.cost, dict(group=g()["group"], truth=p, assumed=p, threshold=0.9), True
    yield "bkt.sensitivity.mastery_step", sensitivity.mastery_step, dict(p_known=[0.2, 0.96], threshold=0.9)
    yield "bkt.sensitivity.degenerate", sensitivity.degenerate, dict(params=p, edge=0.01)
    from ktlib.bkt import roster

    one = roster.Roster({"a": p, "b": p})
    one.enrol("ann")
    yield "bkt.roster.Roster", roster.Roster, dict(skills={"a": p}, mastery=0.9)
    yield "bkt.roster.Roster.enrol", lambda **k: roster.Roster({"a": p}).enrol(**k), dict(student="x", known={"a": 0.5})
    yield "bkt.roster.Roster.add", one.add, dict(student="ann", skill="a", correct=1)
    for name in ("known", "forecast"):
        yield f"bkt.roster.Roster.{name}", getattr(one, name), dict(student="ann", skill="a")
    yield "bkt.roster.Roster.mastered", one.mastered, dict(student="ann")
    yield "bkt.roster.Roster.load", roster.Roster.load, dict(path="nowhere.json")
    yield from _variants(g())
    yield from _individual(g())
    yield "bkt.skills.SkillPrior", skills.SkillPrior, dict(mean=np.zeros(4), sd=np.ones(4), skills=5)
    yield (
        "bkt.skills.fit",
        skills.fit,
        dict(sequences_by_skill=g()["by_skill"], prior=None, max_steps=20),
        True,
    )
    last = dict(sequences_by_skill={"0": g()["answers"]}, prior=g()["fits"], drift=0.1)
    yield "bkt.skills.fit last week", skills.fit, last, True
    by = dict(
        fits=g()["fits"], frame=g()["frame"].assign(skill="0"), student="student", skill="skill", correct="correct"
    )
    yield "bkt.skills.predict", skills.predict, by | dict(order="step", unseen="default")
    yield "bkt.skills.SkillFits.interval", g()["fits"].interval, dict(level=0.9)
    yield "bkt.skills.SkillFits.frame", g()["fits"].frame, dict(level=0.9)
    yield (
        "data.sequences.Sequences",
        sequences.Sequences,
        dict(answers=np.array([1, 0, 1], np.int8), lengths=np.array([2, 1]), students=("a", "b")),
    )
    yield "data.sequences.Sequences.from_array", sequences.Sequences.from_array, dict(answers=[[1, 0]], students=("a",))
    yield (
        "data.sequences.Sequences.from_lists",
        sequences.Sequences.from_lists,
        dict(answers=[[1, 0], [1]], students=("a", "b")),
    )
    columns = dict(frame=g()["frame"], student="student", correct="correct", order="step")
    yield "data.sequences.Sequences.from_frame", sequences.Sequences.from_frame, columns
    yield "data.sequences.sequences_by", sequences.sequences_by, columns | dict(column="skill")
    yield "data.sequences.as_sequences", sequences.as_sequences, dict(answers=[[1, 0]])
    yield "data.sequences.as_table", sequences.as_table, dict(answers=[[1, 0]]), True
    for name in ("fit_skill_mean", "fit_item_mean", "fit_pfa", "fit_best_logistic"):
        yield (
            f"forecast.baselines.{name}",
            getattr(baselines, name),
            dict(table=g()["table"], skills=g()["links"], strength=1.0),
        )
    yield "forecast.baselines.fit_pfa logs", baselines.fit_pfa, dict(table=g()["table"], skills=g()["links"], logs=True)
    columns = dict(student="student", item="item", correct="correct", order=None)
    yield "forecast.baselines.log", baselines.log, dict(frame=g()["table"]) | columns
    yield "forecast.baselines.fit_rasch", baselines.fit_rasch, dict(table=g()["table"], item_sd=1.0, points=11)
    yield "forecast.baselines.Rasch.predict", g()["rasch"].predict, dict(table=g()["table"])
    yield "forecast.baselines.Means.predict", g()["means"].predict, dict(table=g()["table"])
    yield "forecast.baselines.split_students", baselines.split_students, dict(table=g()["table"], fraction=0.5, rng=0)
    r = g()["responses"]
    yield (
        "data.responses.Responses",
        responses.Responses,
        dict(
            student=r.student,
            item=r.item,
            correct=r.correct,
            students=r.students,
            items=r.items,
            order=np.arange(30),
            weight=np.ones(30),
        ),
    )
    yield (
        "data.responses.Responses.from_frame",
        responses.Responses.from_frame,
        dict(
            frame=g()["frame"],
            student="student",
            item="item",
            correct="correct",
            order="step",
            weight="step",
            keep="first",
            students=[f"s{i}" for i in range(10)],
            items=[f"q{i}" for i in range(6)],
        ),
    )
    yield "data.responses.Responses.from_wide", responses.Responses.from_wide, dict(table=g()["wide"])
    yield "data.responses.Responses.from_file", responses.Responses.from_file, dict(path="nowhere.csv")
    yield "data.responses.Responses.counts", r.counts, dict(by="item")
    yield "data.responses.Responses.subset", r.subset, dict(mask=np.arange(30) < 10)
    yield "data.responses.Responses.split_answers", r.split_answers, dict(fractions=(0.5, 0.5), rng=0, seen=True)
    yield "data.responses.Responses.split_students", r.split_students, dict(fraction=0.5, rng=0)
    yield "data.responses.Responses.split_time", g()["ordered"].split_time, dict(fraction=0.5)
    yield "data.designs.dense", designs.dense, dict(rng=0, students=4, items=3)
    yield "data.designs.overlap", designs.overlap, dict(rng=0)
    yield "data.designs.sparse", designs.sparse, dict(rng=0, records=20, students=10, items=10)
    log = dict(rng=0, answers=40, students=10, items=20, factors=1)
    yield "data.designs.homework", designs.homework, log
    yield "data.designs.homework_file", designs.homework_file, dict(path=g()["folder"] / "log.parquet") | log
    yield (
        "data.exams.exam",
        exams.exam,
        dict(
            rng=0,
            answers=100,
            students=20,
            items=30,
            labels=3,
            skills=2,
            general=1.0,
            by_label=1.0,
            by_skill=0.5,
            idiosyncratic=0.5,
        ),
    )
    from ktlib.data import log

    named = dict(student="student", correct="correct", skill="skill", item="item", order="step")
    choices = dict(separator="~~", repeats="all", partial=0.5, blanks="drop", words={}, dates=None, zone=None)
    yield "data.log.read", log.read, dict(source=g()["frame"]) | named | choices
    yield (
        "data.log.read file",
        lambda path, **more: log.read(path, **more),
        dict(path="nowhere.csv", encoding=None) | named,
    )
    yield "data.log.Log.of", log.read(g()["frame"], **named, repeats="all").of, dict(students=["s1"])
    e = g()["exam"]
    yield "data.exams.Exam", exams.Exam, {f.name: getattr(e, f.name) for f in dataclasses.fields(e)}
    yield "data.exams.Truth.predict", g()["truth"].predict, dict(student=[0, 1], item=[0, 1])
    for name in ("assist2009", "path_to"):
        yield f"data.datasets.{name}", getattr(datasets, name), {"assist2009": dict(part="x")}.get(name, dict(name="x"))
    y, f, c = g()["right"], g()["forecast"], g()["cluster"]
    yield "forecast.scores.score", scores.score, dict(correct=y, forecast=f, cluster=c, metrics=("auc",)), True
    yield "forecast.scores.Score.interval", g()["score"].interval, dict(metric="auc", level=0.9)
    yield "forecast.scores.Score.row", g()["score"].row, dict(level=0.9)
    yield "forecast.scores.compare", scores.compare, dict(correct=y, a=f, b=f / 2, metric="auc", cluster=c), True
    yield (
        "forecast.scores.by_group",
        scores.by_group,
        dict(correct=y, forecast=f, group=c % 2, names=["a", "b"], cluster=c, metrics=("auc",), level=0.9),
        True,
    )
    yield (
        "forecast.scores.auc_by_skill",
        scores.auc_by_skill,
        dict(correct=y, forecast=f, skill=c % 2, cluster=c, level=0.9),
        True,
    )
    yield "forecast.scores.calibration", scores.calibration, dict(correct=y, forecast=f, bins=4, cluster=c), True
    yield (
        "forecast.scores.bootstrap",
        scores.bootstrap,
        dict(correct=y, forecast=f, metric="auc", cluster=c, draws=10, rng=0),
        True,
    )
    yield "forecast.scores.over_splits", scores.over_splits, dict(values=[0.1, 0.2, 0.3], n_train=8, n_test=2), True
    yield (
        "forecast.recovery.recovery",
        recovery.recovery,
        dict(truth=[0.0, 1.0, 2.0], estimate=[0.1, 0.9, 2.2], sd=[1.0, 1.0, 1.0], far=2.0),
        True,
    )
    yield (
        "forecast.recovery.recovery interval",
        recovery.recovery,
        dict(truth=[0.0, 1.0, 2.0], estimate=[0.1, 0.9, 2.2], interval=([-1, -1, -1], [3, 3, 3])),
        True,
    )
    yield from _trials()
    known = dict(items=["q1", "q2"], label=["a", "b"], skills=[[1, 0], [1, 1]], skill_names=["x", "y"])
    known |= dict(difficulty=[0.5, 1], created=[1, 2], picture=[True, False], table=[0, 1], grade=[5, 6])
    yield "homework.pool.Pool", Pool, known
    yield "homework.pool.Pool.places", Pool(**known).places, dict(names=["q2"])
    near = dict(p_correct=[0.2, 0.7], target=0.7, shape="gaussian", width=0.1)
    yield "homework.recommend.closeness", recommend.closeness, near
    choose = dict(weights={"closeness": 1, "need": 0.5}, target=0.7, shape="absolute", width=0.1, n=2, eligible=["a"])
    choose |= dict(mastery=np.full((6, 1), 0.5), students=range(6), unknown="error", thompson=False, rng=0, block=2)
    pool = Pool(range(5), label=list("ababa"), skills=np.ones((5, 1)))
    choose |= dict(forecasts=g()["posterior"], pool=pool, seen=g()["responses"], progress=False)
    yield "homework.recommend.recommend", recommend.recommend, choose, True
    homework = recommend.recommend(np.full((2, 5), 0.5), pool, rng=0)
    for name in ("list", "reasons"):
        yield f"homework.picks.Homework.{name}", getattr(homework, name), dict(student=1)
    own, begun = g()["pool"], session.start(["a", "b"])
    told = dict(items=["a", "b"], like={"a": ("c",)}, exercises=2, most_hints=3)
    yield "homework.session.start", session.start, told
    yield "homework.session.step", session.step, dict(state=begun, answer=1, minutes=0.5)
    yield "homework.session.replay", session.replay, dict(state=begun, log=session.step(begun, 1).log)
    yield "homework.session.responses", session.responses, dict(sessions={"x": session.step(begun, 1)}, items=["a"])
    yield "homework.session.State.responses", session.step(begun, 1).responses, dict(student="x")
    yield "homework.session.similar", session.similar, dict(pool=own, item="q1", among=["q2"])
    yield "homework.session.likes", session.likes, dict(pool=own, items=["q1"], most=2)
    yield "homework.session.nearest", session.nearest, dict(pool=own, place=0)
    yield "homework.session.right_or_wrong", session.right_or_wrong, dict(answer=1)
    yield "homework.school.questions", school.questions, dict(items=9, labels=2, skills=4, rng=0)
    yield "homework.school.school", school.school, dict(pool=own, students=4, known=0.4, spread=0.5, rng=0)
    yield "homework.school.history", school.history, dict(school=g()["school"], answers=3, rng=0)
    yield "homework.school.nearest", school.nearest, dict(pool=own, most=3)
    term = dict(school=g()["school"], choose=in_order, days=2, questions=2, learning="flat", feedback=True, opens=0.9)
    term |= dict(engagement=True, gamed=np.zeros((2, 4), bool), gamed_right=0.1, history=None, rng=0)
    yield "homework.school.simulate", school.simulate, term
    from ktlib.homework import gaps, proficiency

    areas = dict(labels=["a", "b", "a", "b", None], students=[0, 3], draws=4, rng=0)
    seen = gaps.gaps(g()["belief"], **areas)
    yield "homework.gaps.gaps", gaps.gaps, dict(posterior=g()["belief"]) | areas
    counted = dict(posterior=g()["belief"], responses=g()["many"], spread="learned")
    yield "homework.gaps.counted_gaps", gaps.counted_gaps, counted | areas
    yield "homework.gaps.from_own_level", gaps.from_own_level, dict(rate=np.random.default_rng(3).uniform(size=(12, 3)))
    yield (
        "homework.gaps.guess_labels",
        gaps.guess_labels,
        dict(posterior=g()["factors"], labels=list("ababa"), neighbours=2),
    )
    yield "homework.gaps.Gaps.interval", seen.interval, dict(level=0.9)
    for name in ("p_weaker", "p_stronger"):
        yield f"homework.gaps.Gaps.{name}", getattr(seen, name), dict(least=0.05)
    for name in ("flags", "false_alarms", "groups"):
        yield f"homework.gaps.Gaps.{name}", getattr(seen, name), dict(alarm=0.4, least=0.01)
    yield "homework.gaps.Gaps.frame", seen.frame, dict(level=0.9, alarm=0.4, least=0.01)
    fixed = dict(items=[0, 2], students=[1, 4], answers=True, draws=4, rng=0)
    yield "homework.proficiency.proficiency", proficiency.proficiency, dict(posterior=g()["belief"]) | fixed
    score = proficiency.proficiency(g()["belief"], **fixed)
    yield "homework.proficiency.Proficiency.interval", score.interval, dict(level=0.9)
    yield "homework.proficiency.Proficiency.p_below", score.p_below, dict(line=0.4)
    yield "homework.proficiency.Proficiency.frame", score.frame, dict(level=0.9)
    coming = dict(student=np.array([0, 0, 1]), item=np.array([0, 1, 2]), line=0.5, draws=4, rng=0)
    yield "homework.proficiency.early_warning", proficiency.early_warning, dict(posterior=g()["belief"]) | coming
    warned = proficiency.early_warning(g()["belief"], **coming)
    yield "homework.proficiency.Warnings.flags", warned.flags, dict(sure=0.6)
    yield "homework.proficiency.Warnings.frame", warned.frame, dict(sure=0.6)
    from ktlib.forecast import validation

    answered = log.read(g()["frame"], **named, repeats="all")
    chosen = dict(models=["skill mean", "item mean"], folds=2, metric="auc", rng=0, progress=False)
    yield "forecast.validation.cross_validate", validation.cross_validate, dict(log=answered) | chosen, True
    found = validation.cross_validate(answered, **chosen)
    for name, more in (("interval", dict(name="item mean", level=0.9)), ("lead", dict(a="item mean", b="skill mean"))):
        yield f"forecast.validation.Validation.{name}", getattr(found, name), more, True
    yield "forecast.validation.Validation.frame", found.frame, dict(against="skill mean", level=0.9), True
    from ktlib.show import report

    told = report.made(answered, folds=2)
    yield "show.report.made", report.made, dict(log=answered, mastery=0.9, folds=2, seed=1), True
    yield "show.report.page", report.page, dict(report=told)
    into = Path(tempfile.mkdtemp()) / "report"  # a folder by any other name would be made
    yield "show.report.write", lambda told, again: report.write(told, into, again=again), dict(told=told, again=True)
    yield "irt.priors.Normal", posterior.Normal, dict(loc=0.0, scale=1.0, log=False)
    yield "irt.priors.Normal.interval", g()["normal"].interval, dict(level=0.9)
    q = g()["posterior"]
    yield (
        "irt.posterior.Posterior",
        posterior.Posterior,
        dict(
            model=q.model, blocks=q.blocks, students=q.students, items=q.items, attributes=None, frozen=("difficulty",)
        ),
    )
    for name in ("mean", "sd"):
        yield f"irt.posterior.Posterior.{name}", getattr(q, name), dict(name="ability")
    yield "irt.posterior.Posterior.interval", q.interval, dict(name="ability", level=0.9)
    yield "irt.posterior.Posterior.as_prior", q.as_prior, dict(names=["difficulty"])
    yield "irt.posterior.Posterior.predict", q.predict, dict(student=[0, 1], item=[0, 1], plug_in=True)
    yield "irt.posterior.Posterior.load", posterior.Posterior.load, dict(path="nowhere.npz")
    for name in ("default_priors", "paper_priors"):
        yield f"irt.priors.{name}", getattr(posterior, name), dict(model="two-parameter")
    yield "irt.priors.as_priors", posterior.as_priors, dict(model="two-parameter", priors=g()["priors"])
    yield "irt.priors.divergence", posterior.divergence, dict(block=g()["normal"], prior=g()["normal"])
    yield "irt.simulation.simulate", simulation.simulate, dict(responses=r, values=g()["values"], rng=0)
    for name in ("sample_prior", "prior_predictive"):
        more = dict(responses=r) if name == "prior_predictive" else {}
        yield (
            f"irt.simulation.{name}",
            getattr(simulation, name),
            more | dict(model=g()["kind"], priors=g()["priors"], draws=2, rng=0),
        )
    yield (
        "irt.ascent.fit",
        ascent.fit,
        dict(
            responses=r,
            model="two-parameter",
            priors=g()["priors"],
            start=q,
            frozen=["difficulty"],
            learned=["ability"],
            tol=1.0,
            max_steps=3,
            rule="safe",
            calibrate=True,
            progress=False,
            device=None,
        ),
    )
    if BAYES:
        yield from _shared(g())
    kept = dict(responses=r, checkpoint=g()["folder"] / "fit.npz", every=1)
    yield (
        "irt.ascent.memory",
        ascent.memory,
        dict(answers=1000, students=20, items=30, model="factorization", factors=2),
    )
    yield "irt.ascent.fit checkpoint", ascent.fit, kept
    attributes, mask = np.eye(5)[:, :2] + (np.arange(5) > 1)[:, None], np.ones((1, 2), dtype=bool)
    yield (
        "irt.ascent.fit hierarchical",
        ascent.fit,
        dict(responses=r, model="hierarchical", factors=1, attributes=attributes, mask=mask, rng=0, max_steps=3),
    )
    yield (
        "irt.updating.update",
        updating.update,
        dict(posterior=q, responses=r, priors=g()["priors"], frozen=["difficulty"], drift=0.1, trust=0.5, max_steps=5)
        | dict(attributes=None, calibrate=True, tol=0.1, progress=False),
    )
    yield "irt.surprise.surprise", surprise.surprise, dict(posterior=q, responses=r)
    yield "irt.surprise.Surprise.interval", surprise.surprise(q, r).interval, dict(name="level", level=0.9)
    yield (
        "irt.new_items.difficulty_prior",
        new_items.difficulty_prior,
        dict(posterior=q, attributes=np.eye(5)[:, :2], new_attributes=np.eye(2), names=["a", "b"]),
    )
    scored = dict(items=list(q.items[:2]), correct=[1, 0], prior=g()["normal"])
    yield "irt.scoring.ready", scoring.ready, dict(posterior=q)
    yield "irt.scoring.ability", scoring.ability, dict(fixed=scoring.ready(q)) | scored
    yield "irt.scoring.FixedItems.ability", scoring.ready(q).ability, scored
    yield (
        "irt.mml.fit",
        mml.fit,
        dict(responses=g()["wide"], model="2pl", points=5, em_steps=2, max_steps=5, tol=1.0, priors=mml.MIRT),
    )
    for kind in ("rasch", "3pl"):
        few = dict(responses=g()["wide"], model=kind, points=5, em_steps=2, max_steps=5)
        yield f"irt.mml.fit {kind}", mml.fit, few | dict(priors={"intercept": g()["normal"]})
    from ktlib.forecast import criteria
    from ktlib.irt import information, item_fit

    item, tied = (mml.fit(g()["wide"], k, max_steps=5, priors=mml.MIRT) for k in ("3pl", "rasch"))
    yield "irt.mml.MMLFit.interval", item.interval, dict(name="guess", level=0.9)
    yield "irt.mml.MMLFit.frame", item.frame, dict(rows="items", level=0.9)
    for name in ("curves", "information", "standard_error"):
        yield f"irt.information.{name}", getattr(information, name), dict(fit=item, ability=[-1.0, 0.0, 1.0])
    held = dict(fit=tied, responses=g()["wide"], missing="refuse", least=1.0)
    yield "irt.item_fit.item_fit", item_fit.item_fit, held, True
    yield "irt.item_fit.number_right", item_fit.number_right, dict(p=np.full((3, 2), 0.5))
    yield "irt.item_fit.adjusted", item_fit.adjusted, dict(p=[0.1, 0.2]), True
    yield "forecast.criteria.compare", criteria.compare, dict(fits={"3PL": item, "Rasch": tied})
    yield "show.tables.say", tables.say, dict(text="a sentence")
    yield "show.tables.solution", tables.solution, dict(text="because")
    yield "show.tables.fold", tables.fold, dict(words="more")
    yield "show.tables.table", tables.table, dict(rows=[["a", 1.5]], columns=["", "x"], formats=".1f", bold=[0])
    yield "show.live.live", live.live, dict(draw=lambda p_guess: p_guess, p_guess=(0.1, 0.3))
    yield "show.quotes.Numbers", quotes.Numbers, dict(values={"a": "1"})
    yield (
        "show.quotes.Claim",
        quotes.Claim,
        dict(name="a", source="s", place="p", says="x", ours="y", n="1", seed="2", verdict="holds", why="w"),
    )
    yield (
        "show.quotes.Card",
        quotes.Card,
        dict(name="a", question="q?", also=("r?",), answer="5", figure="f", false="b", limits=("l",), expert="e")
        | dict(shown="sec:a", audience="investor"),
    )
    yield "show.quotes.check_name", quotes.check_name, dict(name="a")
    yield "show.explorers.TraceExplorer", explorers.TraceExplorer, dict(params=p, answers=(1, 0), threshold=0.9)
    yield (
        "show.explorers.SweepExplorer",
        explorers.SweepExplorer,
        dict(truth=p, answers=(1, 0), vary="p_slip", threshold=0.9, value=0.2),
    )
    yield (
        "show.explorers.HillExplorer",
        explorers.HillExplorer,
        dict(answers=[[1, 0, 1], [0, 1, 1]], params=p, start=(0.2, 0.3), steps=2),
    )
    yield (
        "show.explorers.BorrowExplorer",
        explorers.BorrowExplorer,
        dict(prior=None, vary="p_slip", own=0.2, students=5, answers=4),
    )
    yield (
        "show.explorers.ImaginedExplorer",
        explorers.ImaginedExplorer,
        dict(typical=0.7, imagined=10, knew=2, asked=5),
    )
    yield "show.explorers.AUCExplorer", explorers.AUCExplorer, dict(forecasts=(0.2, 0.7), answers=(0, 1))
    yield (
        "show.explorers.TwoModelsExplorer",
        explorers.TwoModelsExplorer,
        dict(params=p, ability_sd=1.2, difficulty=0.1, answers=(1, 0)),
    )
    yield "show.explorers.DataExplorer", explorers.DataExplorer, dict(params=p, students=5, answers=4)
    asked = dict(discrimination=1.0, difficulty=0.5, answers=((1.0, 0.0, 1),))
    yield "show.explorers.CurveExplorer", explorers.CurveExplorer, asked
    run = dict(discrimination=0.5, difficulty=-1.5, students=50, spread=1, classes=1, seed=0)
    yield "show.explorers.RunawayExplorer", explorers.RunawayExplorer, run
    yield "show.explorers.SharedExplorer", explorers.SharedExplorer, dict(shared=5, lead=1.0)
    yield "show.explorers.FactorsExplorer", explorers.FactorsExplorer, dict(loadings=(1.2, 0.2), factors=5)
    yield "show.explorers.GapsExplorer", explorers.GapsExplorer, dict(answers=12, gap=0.2, sure=0.95)
    yield "show.explorers.RareExplorer", explorers.RareExplorer, dict(log="timss", answers=5)
    play = dict(target=0.7, closeness=0.6, need=0.2, recency=0.1, params=p, answers=(1, 0, 1), questions=3)
    yield "show.explorers.HomeworkExplorer", explorers.HomeworkExplorer, play
    planned = dict(effect=0.1, classes=20, students=10, icc=0.2, past_r2=0.5)
    yield "show.explorers.TrialExplorer", explorers.TrialExplorer, planned
    told = dict(finding="It rises", alt="A line that rises from 0 to 1.", name="a")
    yield "show.figure.Figure", Figure, dict(draw=_drawn) | told
    if BAYES:
        from ktlib.forecast import dkt
        from ktlib.irt import ascent, nuts, programs, svi

        yield "irt.programs.Data.of", programs.Data.of, dict(responses=r)
        yield "irt.ascent.elbo", ascent.elbo, dict(posterior=q, responses=r, priors=g()["priors"], particles=2, rng=0)
        yield (
            "irt.svi.fit",
            svi.fit,
            dict(
                responses=r,
                model="two-parameter",
                priors=g()["priors"],
                start=q,
                frozen=["difficulty"],
                max_steps=2,
                rate=(0.1, 0.01),
                particles=1,
                batch=10,
                rule="safe",
                tol=1e-3,
                rng=0,
                progress=False,
            ),
        )
        yield (
            "irt.nuts.fit",
            nuts.fit,
            dict(responses=r, model="two-parameter", priors=g()["priors"], warmup=2, samples=4, chains=1, rng=0),
            True,
        )
        yield (
            "forecast.dkt.fit",
            dkt.fit,
            dict(
                table=g()["table"],
                skills=g()["links"],
                rng=0,
                hidden=2,
                dropout=0.1,
                learning_rate=0.01,
                batch=4,
                longest=6,
                epochs=1,
                patience=1,
                validation=0.3,
            ),
        )
        yield "forecast.dkt.DKT.predict", g()["dkt"].predict, dict(table=g()["table"])


def _variants(t):
    """Doors of BKT beyond four numbers."""
    from ktlib.bkt import variants

    apart = variants.VariantParams(p_init=[0.2, 0.5], p_transit=[0.1, 0.2], p_guess=[0.1, 0.2, 0.3])
    answers, question = t["answers"], np.tile(np.arange(4) % 3, (12, 1))
    codes = dict(question=question, practice=question % 2, group=np.arange(12) % 2)
    numbers = dict(p_init=0.2, p_transit=0.1, p_forget=[0.1], p_slip=[0.1, 0.2], p_guess=0.2, questions=("a", "b"))
    yield "bkt.variant_params.VariantParams", variants.VariantParams, numbers | dict(kinds=(0,), groups=("x",))
    yield "bkt.variant_params.VariantParams.of", variants.VariantParams.of, dict(params=BKTParams(), p_forget=0.1)
    yield "bkt.variant_params.VariantParams.filled", apart.filled, dict(values=apart.values)
    yield "bkt.variant_params.QuestionPrior", variants.QuestionPrior, dict(mean=[-2, -1], sd=[1, 1], questions=5)
    yield "bkt.coded.code", variants.code, dict(answers=answers) | codes
    coded = variants.code(answers, **codes)
    fields = {f.name: getattr(coded, f.name) for f in dataclasses.fields(coded)}
    yield "bkt.coded.Coded", variants.Coded, fields | dict(rows=np.arange(48))
    columns = dict(student="student", correct="correct", order="step", question="item", practice="skill")
    yield "bkt.coded.from_frame", variants.from_frame, dict(frame=t["frame"]) | columns | dict(group="student")
    yield "bkt.coded.by_first_answer", variants.by_first_answer, dict(answers=answers, question=question)
    more = dict(forgets=True, start=apart, frozen=["p_slip"], priors=None, starts=2, rng=0, tol=1e-2, max_steps=3)
    yield "bkt.variants.fit", variants.fit, dict(answers=answers) | codes | more | dict(progress=False), True
    drawn = dict(params=apart, students=12, steps=4, rng=0)
    yield "bkt.variants.simulate", variants.simulate, drawn | codes, True
    for name in ("filter", "log_likelihood"):
        yield f"bkt.variants.{name}", getattr(variants, name), dict(answers=answers, params=apart) | codes, True
    fit = variants.fit(answers, max_steps=20, **codes)
    yield "bkt.variants.predict", variants.predict, dict(fit=fit, answers=answers, unseen="mean") | codes, True
    yield "bkt.variants.VariantFit.interval", variants.fit(t["many_answers"]).interval, dict(name="p_guess", level=0.9)
    yield "bkt.variants.VariantFit.frame", fit.frame, dict(level=0.9), True


def _individual(t):
    """Doors of BKT with a shift for each student."""
    from ktlib.bkt import individual

    by = dict(frame=t["frame"], student="student", skill="skill", correct="correct", order="step")
    more = dict(shift="p_transit", fits=None, nodes=9, tol=1e-2, max_steps=3, progress=False)
    yield "bkt.individual.fit", individual.fit, by | more, True
    fit = individual.fit(t["frame"], order="step", nodes=9, max_steps=3)
    yield "bkt.individual.predict", individual.predict, dict(fit=fit) | by | dict(unseen="default")
    drawn = dict(spread=1.0, students=5, steps=4, rng=0, shift="p_init")
    yield "bkt.individual.simulate", individual.simulate, dict(skills={"a": BKTParams()}) | drawn
    yield "bkt.individual.IndividualFit.interval", fit.interval, dict(name="p_guess", level=0.9), True
    yield "bkt.individual.IndividualFit.frame", fit.frame, dict(level=0.9), True
    yield "bkt.individual.IndividualFit.students_frame", fit.students_frame, dict(level=0.9)


def _shared(t):
    """Doors of fits by several processes; here it is one that shares with nobody."""
    from ktlib.irt import distributed, processes

    known = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    for name, value in known.items():
        os.environ.setdefault(name, value)
    few = dict(backend="gloo", timeout=60.0)
    yield "irt.processes.joined", processes.joined, few
    processes.joined("gloo")
    yield "irt.distributed.share", distributed.share, dict(responses=t["many"], rank=0, world=2)
    settings = dict(tol=1.0, max_steps=3, frozen=[], learned=["ability"], progress=False)
    fitted = dict(responses=t["many"], model="two-parameter", gather=True) | few | settings
    yield "irt.distributed.fit", distributed.fit, fitted
    path = t["folder"] / "log.parquet"
    t["frame"].to_parquet(path)
    columns = dict(student="student", item="item", correct="correct")
    yield "irt.distributed.read", distributed.read, dict(paths=path) | columns


def _trials():
    """Doors of the experiment."""
    from ktlib.homework import alarms, analysis, pilot, power, trial

    small = trial.TrialDesign(4, 5)
    seen = trial.simulate(small, rng=0)
    yield (
        "homework.trial.TrialDesign",
        trial.TrialDesign,
        {f.name: getattr(small, f.name) for f in dataclasses.fields(small)},
    )
    yield "homework.trial.Trial", trial.Trial, {f.name: getattr(seen, f.name) for f in dataclasses.fields(seen)}
    yield "homework.trial.contrasts", trial.contrasts, dict(arms=("a", "b"), outcome="opened")
    yield "homework.trial.randomise", trial.randomise, dict(classes=4, arms=("a", "b"), rng=0, strata=[0, 0, 1, 1])
    more = dict(effects={"both": 0.1}, engagement={"opened": {"both": 0.1}})
    yield "homework.trial.simulate", trial.simulate, dict(design=small, rng=0) | more
    asked = dict(trial=seen, outcome="achievement", adjust=True, how="classes")
    yield "homework.analysis.analyse", analysis.analyse, asked
    yield "homework.analysis.Analysis.interval", analysis.analyse(seen).interval, dict(name="interaction", level=0.9)
    yield "homework.analysis.Analysis.frame", analysis.analyse(seen).frame, dict(level=0.9)
    asked = dict(contrast="interaction", outcome="achievement", adjust=True, level=0.05)
    yield "homework.power.analytic_power", power.analytic_power, dict(design=small, effect=0.1, treatments=1) | asked
    yield "homework.power.power", power.power, dict(design=small, effect=0.1, rng=0, n=3, how="classes") | asked
    yield "homework.power.smallest_effect", power.smallest_effect, dict(design=small, power=0.8, treatments=1) | asked
    yield "homework.power.classes_needed", power.classes_needed, dict(design=small, effect=0.3, power=0.8) | asked
    schools = dict(design=small, effect=0.3, classes_per_school=4, power=0.8)
    yield "homework.power.schools_needed", power.schools_needed, schools | asked
    yield "homework.power.rate_icc", power.rate_icc, dict(rate=0.5, keen=0.1)
    yield "homework.alarms.chance_of_alarm", alarms.chance_of_alarm, dict(bounds=[2.0, 2.0])
    yield "homework.alarms.look_bounds", alarms.look_bounds, dict(looks=2, rule="pocock", level=0.05)
    yield "homework.alarms.dunnett_bound", alarms.dunnett_bound, dict(treatments=3, df=20, level=0.05)
    rows = dict(values=[1.0, 2.0, 2.5, 3.0, 1.5], group=list("aabbc"), school=list("sssst"))
    yield "homework.pilot.spread", pilot.spread, rows
    yield "homework.pilot.icc_interval", pilot.icc_interval, dict(icc=0.2, classes=10, students=10, level=0.9)
    wide = dict(rate=0.5, classes=10, students=10, icc=0.1, level=0.9)
    yield "homework.pilot.rate_half_width", pilot.rate_half_width, wide


# What the rooms hand to each other, results that only ktlib makes, and doors without arguments.
BEHIND = {
    "homework.gaps": {"Gaps"},
    "homework.proficiency": {"Proficiency", "Warnings"},
    "irt.ascent": {"climb", "default_tol"},
    "irt.distributed": {"main", "parsed"},
    "irt.processes": {"ProcessLost", "Processes"},
    "forecast.baselines": {
        "LogisticFactors", "Means", "Rasch", "earlier", "read_log", "read_training", "skill_matrix", "skill_names",
    },
    "bkt.model": {"Simulated", "Smoothed", "Trace", "forward_backward"},
    "data.datasets": {"DataError", "assist2009_skills", "eedi", "lsat", "timss2007"},
    "data.designs": {"Design", "HomeworkLog"},
    "forecast.dkt": {"DKT"},
    "bkt.em": {"BKTFit", "End", "climb", "moved_inside"},
    "data.exams": {"SimulatedExam", "Truth"},
    "data.log": {"Log"},
    "show.figure": {"Page"},
    "homework.session": {"Answer", "State"},
    "homework.school": {"School", "Term", "View", "chance", "goes_on"},
    "show.report": {"Report"},
    "show.command": {"main"},
    "irt.nuts": {"Draws"},
    "irt.recipe": {"Recipe"},
    "irt.svi": {"isolated"},
    "bkt.bounds": {"Ridge"},
    "irt.programs": {"factorization", "hierarchical", "program", "two_parameter"},
    "forecast.recovery": {"Recovery"},
    "forecast.validation": {"fit_bkt"},
    "irt.information": {"Information", "curves_at", "numbers_of"},
    "irt.item_fit": {"ItemFit"},
    "irt.marginal": {"TwoParameter", "even", "gauss_hermite", "roots", "summed"},
    "irt.model": {
        "Model", "check_responses", "predictor", "whole_loadings",
    },
    "irt.fits": {"Fit"},
    "irt.posterior": {"check_codes"},
    "irt.priors": {"blocks_of", "distinct"},
    "forecast.scores": {"Calibration", "OverSplits", "Score"},
    "bkt.profiles": {
        "Profile", "ProfilePair", "better", "end", "estimated", "expit", "logit", "prepared", "refit", "z_of",
    },
    "show.quotes": {"book_says", "numbers_in", "stored_path"},
    "show.tables": {"Text"},
    "bkt.sensitivity": {"Cost"},
    "data.sequences": {"check_frame"},
    "homework.analysis": {"Analysis"},
    "homework.pilot": {"Spread"},
    "homework.power": {"Power"},
    "bkt.individual": {"IndividualFit", "IndividualSimulated"},
    "bkt.skills": {"SkillFits", "answers_in_order", "told_of_unseen"},
    "bkt.uncertainty": {"Bootstrap", "Intervals", "Uncertainty"},
    "bkt.variant_params": {"unnamed"},
    "bkt.variants": {"VariantFit", "VariantSimulated"},
}  # fmt: skip


def _drawn(page):
    page.panels().plot([0, 1])


def holds_nan(value, deep=0) -> bool:
    """Whether a NaN stands anywhere in a result."""
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc" and bool(np.isnan(value).any())
    if isinstance(value, pd.DataFrame | pd.Series):
        return holds_nan(value.to_numpy())
    if deep > 5:
        return False
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(holds_nan(getattr(value, f.name), deep + 1) for f in dataclasses.fields(value))
    if isinstance(value, dict):
        return any(holds_nan(v, deep + 1) for v in value.values())
    if isinstance(value, tuple | list):
        return any(holds_nan(v, deep + 1) for v in value)
    return False


def raised_here(error: BaseException) -> bool:
    """Whether ktlib itself raised it: the innermost frame is its own, and stands at a `raise`."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename)
    line = linecache.getline(str(file), trace.tb_lineno).strip()
    return file.is_relative_to(HOUSE) and line.startswith("raise ")


def _late(signum, frame):
    raise TimeoutError


def outcome(call, arguments: dict, nan: bool) -> str | None:
    """None if all is well, else what went wrong."""
    signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)  # of the processor: other work on the machine does not count
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call(**arguments)
    except TimeoutError:
        return f"took more than {LONGEST} s"
    except MemoryError:
        return "ran out of memory"
    except OSError as error:  # a path: the system's own word names it
        return None if error.filename is not None else f"{type(error).__name__}: {error}"
    except (ValueError, ImportError) as error:
        if raised_here(error):
            return None
        return f"{type(error).__name__}: {str(error)[:120]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "gave NaN" if not nan and holds_nan(result) else None


@pytest.fixture(scope="module", autouse=True)
def little_memory():
    """A size that was not refused at the door fails here, and does not take the machine down."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else None
    if pages is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """What an odd path makes a door write lands in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


DRAWN = ("show.strokes", "show.style", "show.outlines")  # what a figure's `draw` calls, on axes it was given
ROOMS = [
    f"{floor}.{room}"
    for floor in ("data", "bkt", "irt", "forecast", "homework", "show")
    for room in import_module(f"ktlib.{floor}").__all__
    if f"{floor}.{room}" not in DRAWN and inspect.ismodule(getattr(import_module(f"ktlib.{floor}"), room))
]


@pytest.mark.parametrize("room", ROOMS)
def test_an_odd_value_gives_a_result_or_one_clear_error(room):
    wrong = {}
    for name, call, good, *nan in doors():
        if name.startswith(f"{room}."):
            for argument in good:
                for odd, value in ODD.items():
                    if found := outcome(call, good | {argument: value}, bool(nan)):
                        wrong[f"{name}({argument}={odd})"] = found
    assert not wrong, "\n" + "\n".join(f"{call}: {found}" for call, found in wrong.items())


def test_the_calls_that_doors_hold_work():
    """Or else an odd value would be refused for another reason; files and data that are not there are refused."""
    for name, call, good, *nan in doors():
        if name.startswith("data.datasets.") or "nowhere" in str(good.get("path", "")):
            continue
        assert outcome(call, good, bool(nan)) is None, name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(**good)


def test_every_public_name_is_a_door_or_behind_one():
    named = {name.split()[0] for name, *_ in doors()}
    for room in ROOMS:
        module = import_module(f"ktlib.{room}")
        public = {
            name
            for name, thing in vars(module).items()
            if not name.startswith("_")
            and (inspect.isfunction(thing) or inspect.isclass(thing))
            and f"{thing.__module__}.".startswith(f"{module.__name__}.")
        }
        doors_here = {name.split(".")[2] for name in named if name.startswith(f"{room}.")}
        behind = BEHIND.get(room, set())
        assert public <= doors_here | behind, f"{room}: neither a door nor behind one"
        assert doors_here | behind <= set(vars(module)), f"{room}: no longer there"
