"""Odd values at every door: each call ends in a result without NaN, or in one error that ktlib itself raises.

`DOORS` holds a call that works for every public function and every class that users make; each of its arguments in turn
is replaced by each value of `ODD`. What is neither a door nor part of one is named in `BEHIND`, so that nothing public
is forgotten.
"""

import dataclasses
import inspect
import linecache
import math
import resource
import signal
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
    from ktlib import baselines, bkt, designs, em, exams, posterior, prediction, skills, uncertainty
    from ktlib.ascent import coordinate_ascent
    from ktlib.exams import Exam
    from ktlib.models import Model
    from ktlib.responses import Responses

    t = {}
    t["group"] = bkt.simulate(BKTParams(), students=12, steps=4, rng=0)
    t["answers"] = t["group"].answers
    t["fit"] = em.fit(t["answers"])
    t["counts"] = em.expected_counts(t["answers"], BKTParams())
    t["trace"] = bkt.filter(t["answers"], BKTParams())
    rng = np.random.default_rng(1)
    t["wide"] = rng.integers(0, 2, (6, 5)).astype(float)
    t["responses"] = Responses.from_wide(t["wide"])
    codes = t["responses"]
    t["ordered"] = Responses(codes.student, codes.item, codes.correct, codes.students, codes.items, order=np.arange(30))
    t["posterior"] = coordinate_ascent(codes, max_sweeps=5).posterior
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
    t["fits"] = skills.fit_skills(t["by_skill"], prior=skills.SkillPrior(np.zeros(4), np.ones(4)))
    t["right"], t["forecast"] = rng.integers(0, 2, 40), rng.random(40)
    t["cluster"] = np.arange(40) // 4
    t["score"] = prediction.score(t["right"], t["forecast"])
    t["bootstrap"] = uncertainty.bootstrap(t["answers"], t["fit"], draws=20, rng=0)
    t["sure"] = uncertainty.standard_errors(t["answers"], t["fit"])
    t["exam"] = Exam(codes, ("a", "b"), np.array([0, 1, 0, 1, 0]), ("x",), np.arange(5)[:, None] < 2)
    t["truth"] = exams.exam(0, 300, 20, 30, 3, 2).truth
    t["rasch"] = baselines.fit_rasch(t["table"])
    t["means"] = baselines.fit_skill_mean(t["table"], t["links"])
    t["design"] = designs.dense(rng=0, students=6, items=5)
    if BAYES:
        from ktlib import dkt, irt

        t["data"] = irt.Data.of(codes)
        t["dkt"] = dkt.fit(t["table"], t["links"], rng=0, hidden=2, epochs=1)
    return t


def doors():
    """(name, call, arguments that work, whether NaN is an answer that its docstring promises)."""
    from ktlib import (
        ascent,
        baselines,
        bkt,
        datasets,
        designs,
        em,
        exams,
        explorers,
        figures,
        information,
        metrics,
        mml,
        models,
        posterior,
        prediction,
        profiles,
        quotes,
        recommend,
        responses,
        sensitivity,
        sequences,
        skills,
        uncertainty,
    )  # fmt: skip

    p, g = BKTParams(), things
    yield "bkt.BKTParams", BKTParams, dict(p_init=0.2, p_transit=0.1, p_slip=0.1, p_guess=0.2, allow_flip=False)
    yield "bkt.BKTParams.moved", p.moved, dict(p_slip=0.2)
    for name in ("filter", "smooth", "log_likelihood"):
        yield f"bkt.{name}", getattr(bkt, name), dict(answers=[1, 0, 1], params=p), True
    yield "bkt.p_correct", bkt.p_correct, dict(p_known=0.3, params=p), True
    yield "bkt.p_correct_skills", bkt.p_correct_skills, dict(p_correct_each=[[0.2, 0.3]], axis=-1)
    yield "bkt.simulate", bkt.simulate, dict(params=p, students=3, steps=4, rng=0, missing=0.1), True
    yield "bkt.update", bkt.update, dict(p_known=0.3, correct=1, params=p)
    yield "bkt.check_params", bkt.check_params, dict(params=p, name="params")
    yield "em.expected_counts", em.expected_counts, dict(answers=g()["answers"], params=p)
    yield (
        "em.expected_counts_forward_backward",
        em.expected_counts_forward_backward,
        dict(answers=g()["answers"], params=p),
    )
    yield "em.maximise", em.maximise, dict(counts=g()["counts"], params=p, frozen=["p_slip"])
    yield (
        "em.fit",
        em.fit,
        dict(answers=g()["answers"], start=p, frozen=["p_slip"], random_starts=1, rng=0, tol=1e-3, max_steps=20),
    )
    yield (
        "profiles.profile",
        profiles.profile,
        dict(answers=g()["answers"], fit=g()["fit"], name="p_init", grid=[0.2, 0.3], level=0.9),
    )
    yield (
        "profiles.profile_pair",
        profiles.profile_pair,
        dict(answers=g()["answers"], fit=g()["fit"], names=("p_init", "p_slip"), grids=([0.2], [0.1])),
    )
    pair = profiles.profile_pair(g()["answers"], g()["fit"], ("p_init", "p_slip"), ([0.2], [0.1]))
    yield "profiles.ProfilePair.contour", pair.contour, dict(level=0.9)
    yield "uncertainty.standard_errors", uncertainty.standard_errors, dict(answers=g()["answers"], fit=g()["fit"]), True
    yield "uncertainty.intervals", uncertainty.intervals, dict(answers=g()["answers"], fit=g()["fit"], level=0.9), True
    yield "uncertainty.bootstrap", uncertainty.bootstrap, dict(answers=g()["answers"], fit=g()["fit"], draws=2, rng=0)
    yield "uncertainty.Bootstrap.interval", g()["bootstrap"].interval, dict(name="p_init", level=0.9)
    yield "uncertainty.Uncertainty.interval", g()["sure"].interval, dict(name="p_guess", level=0.9), True
    yield "information.fisher", information.fisher, dict(params=p, answers=4)
    for name in ("floors", "standard_errors"):
        yield f"information.{name}", getattr(information, name), dict(params=p, students=20, answers=4), True
    yield (
        "information.chance_within",
        information.chance_within,
        dict(params=p, students=20, answers=4, within=0.05),
        True,
    )
    yield "information.students_needed", information.students_needed, dict(params=p, answers=4, within=0.1, level=0.9)
    yield "information.how_much_data", information.how_much_data, dict(params=p, designs=[(20, 4)]), True
    yield "information.ridge", information.ridge, dict(params=p, answers=4), True
    yield "information.alike", information.alike, dict(params=p, p_init=0.3)
    yield "sensitivity.sweep", sensitivity.sweep, dict(params=p, name="p_slip", values=[0.1, 0.2])
    yield "sensitivity.cost", sensitivity.cost, dict(group=g()["group"], truth=p, assumed=p, threshold=0.9), True
    yield "sensitivity.mastery_step", sensitivity.mastery_step, dict(p_known=[0.2, 0.96], threshold=0.9)
    yield "sensitivity.degenerate", sensitivity.degenerate, dict(params=p, edge=0.01)
    yield "skills.SkillPrior", skills.SkillPrior, dict(mean=np.zeros(4), sd=np.ones(4), skills=5)
    yield (
        "skills.fit_skills",
        skills.fit_skills,
        dict(sequences_by_skill=g()["by_skill"], prior=None, max_steps=20),
        True,
    )
    by = dict(
        fits=g()["fits"], frame=g()["frame"].assign(skill="0"), student="student", skill="skill", correct="correct"
    )
    yield "skills.predict", skills.predict, by | dict(order="step", unseen="default")
    yield "skills.SkillFits.interval", g()["fits"].interval, dict(level=0.9)
    yield "skills.SkillFits.frame", g()["fits"].frame, dict(level=0.9)
    yield (
        "sequences.Sequences",
        sequences.Sequences,
        dict(answers=np.array([1, 0, 1], np.int8), lengths=np.array([2, 1]), students=("a", "b")),
    )
    yield "sequences.Sequences.from_array", sequences.Sequences.from_array, dict(answers=[[1, 0]], students=("a",))
    yield (
        "sequences.Sequences.from_lists",
        sequences.Sequences.from_lists,
        dict(answers=[[1, 0], [1]], students=("a", "b")),
    )
    columns = dict(frame=g()["frame"], student="student", correct="correct", order="step")
    yield "sequences.Sequences.from_frame", sequences.Sequences.from_frame, columns
    yield "sequences.sequences_by", sequences.sequences_by, columns | dict(column="skill")
    yield "sequences.as_sequences", sequences.as_sequences, dict(answers=[[1, 0]])
    yield "sequences.as_table", sequences.as_table, dict(answers=[[1, 0]]), True
    for name in ("fit_skill_mean", "fit_item_mean", "fit_pfa", "fit_best_logistic"):
        yield f"baselines.{name}", getattr(baselines, name), dict(table=g()["table"], skills=g()["links"], strength=1.0)
    yield "baselines.fit_pfa logs", baselines.fit_pfa, dict(table=g()["table"], skills=g()["links"], logs=True)
    yield "baselines.fit_rasch", baselines.fit_rasch, dict(table=g()["table"], item_sd=1.0, points=11)
    yield "baselines.Rasch.forecast", g()["rasch"].forecast, dict(table=g()["table"])
    yield "baselines.Means.forecast", g()["means"].forecast, dict(table=g()["table"])
    yield "baselines.split_students", baselines.split_students, dict(table=g()["table"], fraction=0.5, rng=0)
    r = g()["responses"]
    yield (
        "responses.Responses",
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
        "responses.Responses.from_frame",
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
    yield "responses.Responses.from_wide", responses.Responses.from_wide, dict(table=g()["wide"])
    yield "responses.Responses.from_file", responses.Responses.from_file, dict(path="nowhere.csv")
    yield "responses.Responses.counts", r.counts, dict(by="item")
    yield "responses.Responses.subset", r.subset, dict(mask=np.arange(30) < 10)
    yield "responses.Responses.split_answers", r.split_answers, dict(fractions=(0.5, 0.5), rng=0, seen=True)
    yield "responses.Responses.split_students", r.split_students, dict(fraction=0.5, rng=0)
    yield "responses.Responses.split_time", g()["ordered"].split_time, dict(fraction=0.5)
    yield "designs.dense", designs.dense, dict(rng=0, students=4, items=3)
    yield "designs.overlap", designs.overlap, dict(rng=0)
    yield "designs.sparse", designs.sparse, dict(rng=0, records=20, students=10, items=10)
    yield (
        "exams.exam",
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
    e = g()["exam"]
    yield "exams.Exam", exams.Exam, {f.name: getattr(e, f.name) for f in dataclasses.fields(e)}
    yield "exams.Truth.predict", g()["truth"].predict, dict(student=[0, 1], item=[0, 1])
    for name in ("assist2009", "path_to", "stored"):
        yield f"datasets.{name}", getattr(datasets, name), {"assist2009": dict(part="x")}.get(name, dict(name="x"))
    y, f, c = g()["right"], g()["forecast"], g()["cluster"]
    yield "prediction.score", prediction.score, dict(correct=y, forecast=f, cluster=c, metrics=("auc",)), True
    yield "prediction.Score.interval", g()["score"].interval, dict(metric="auc", level=0.9)
    yield "prediction.Score.row", g()["score"].row, dict(level=0.9)
    yield "prediction.compare", prediction.compare, dict(correct=y, a=f, b=f / 2, metric="auc", cluster=c), True
    yield (
        "prediction.by_group",
        prediction.by_group,
        dict(correct=y, forecast=f, group=c % 2, names=["a", "b"], cluster=c, metrics=("auc",), level=0.9),
        True,
    )
    yield (
        "prediction.auc_by_skill",
        prediction.auc_by_skill,
        dict(correct=y, forecast=f, skill=c % 2, cluster=c, level=0.9),
        True,
    )
    yield "prediction.calibration", prediction.calibration, dict(correct=y, forecast=f, bins=4, cluster=c), True
    yield (
        "prediction.bootstrap",
        prediction.bootstrap,
        dict(correct=y, forecast=f, metric="auc", cluster=c, draws=10, rng=0),
        True,
    )
    yield "prediction.over_splits", prediction.over_splits, dict(values=[0.1, 0.2, 0.3], n_train=8, n_test=2), True
    yield (
        "metrics.recovery",
        metrics.recovery,
        dict(truth=[0.0, 1.0, 2.0], estimate=[0.1, 0.9, 2.2], sd=[1.0, 1.0, 1.0], far=2.0),
        True,
    )
    yield (
        "metrics.recovery interval",
        metrics.recovery,
        dict(truth=[0.0, 1.0, 2.0], estimate=[0.1, 0.9, 2.2], interval=([-1, -1, -1], [3, 3, 3])),
        True,
    )
    yield "recommend.closeness", recommend.closeness, dict(p_correct=[0.2, 0.7], target=0.7)
    yield "posterior.Normal", posterior.Normal, dict(loc=0.0, scale=1.0, log=False)
    yield "posterior.Normal.interval", g()["normal"].interval, dict(level=0.9)
    q = g()["posterior"]
    yield (
        "posterior.Posterior",
        posterior.Posterior,
        dict(
            model=q.model, blocks=q.blocks, students=q.students, items=q.items, attributes=None, frozen=("difficulty",)
        ),
    )
    for name in ("mean", "sd"):
        yield f"posterior.Posterior.{name}", getattr(q, name), dict(name="ability")
    yield "posterior.Posterior.interval", q.interval, dict(name="ability", level=0.9)
    yield "posterior.Posterior.as_prior", q.as_prior, dict(names=["difficulty"])
    yield "posterior.Posterior.predict", q.predict, dict(student=[0, 1], item=[0, 1], plug_in=True)
    yield "posterior.Posterior.load", posterior.Posterior.load, dict(path="nowhere.npz")
    for name in ("default_priors", "paper_priors"):
        yield f"posterior.{name}", getattr(posterior, name), dict(model="two-parameter")
    yield "posterior.as_priors", posterior.as_priors, dict(model="two-parameter", priors=g()["priors"])
    yield "posterior.divergence", posterior.divergence, dict(block=g()["normal"], prior=g()["normal"])
    yield "models.simulate", models.simulate, dict(responses=r, values=g()["values"], rng=0)
    for name in ("sample_prior", "prior_predictive"):
        more = dict(responses=r) if name == "prior_predictive" else {}
        yield (
            f"models.{name}",
            getattr(models, name),
            more | dict(model=g()["kind"], priors=g()["priors"], draws=2, rng=0),
        )
    yield (
        "ascent.coordinate_ascent",
        ascent.coordinate_ascent,
        dict(
            responses=r,
            model="two-parameter",
            priors=g()["priors"],
            start=q,
            frozen=["difficulty"],
            learned=["ability"],
            tol=1.0,
            max_sweeps=3,
            rule="safe",
            calibrate=True,
            progress=False,
        ),
    )
    attributes, mask = np.eye(5)[:, :2] + (np.arange(5) > 1)[:, None], np.ones((1, 2), dtype=bool)
    yield (
        "ascent.coordinate_ascent hierarchical",
        ascent.coordinate_ascent,
        dict(responses=r, model="hierarchical", factors=1, attributes=attributes, mask=mask, rng=0, max_sweeps=3),
    )
    yield (
        "mml.fit",
        mml.fit,
        dict(responses=g()["wide"], points=5, em_steps=2, max_steps=5, tol=1.0, priors=mml.MIRT),
    )
    yield "quotes.Numbers", quotes.Numbers, dict(values={"a": "1"})
    yield (
        "quotes.Claim",
        quotes.Claim,
        dict(name="a", source="s", place="p", says="x", ours="y", n="1", seed="2", verdict="holds", why="w"),
    )
    yield (
        "quotes.Card",
        quotes.Card,
        dict(name="a", question="q?", answer="a", figure="f", limits=("l",), shown="sec:a"),
    )
    yield "quotes.check_name", quotes.check_name, dict(name="a")
    yield "explorers.TraceExplorer", explorers.TraceExplorer, dict(params=p, answers=(1, 0), threshold=0.9)
    yield (
        "explorers.SweepExplorer",
        explorers.SweepExplorer,
        dict(truth=p, answers=(1, 0), vary="p_slip", threshold=0.9, value=0.2),
    )
    yield "explorers.DataExplorer", explorers.DataExplorer, dict(params=p, students=5, answers=4)
    yield "figures.Figure", figures.Figure, dict(fig=_drawn(), alt="A line that rises from 0 to 1.", name="a")
    yield "figures.headline", figures.headline, dict(fig=_drawn(), finding="It rises")
    if BAYES:
        from ktlib import dkt, inference, irt

        yield "irt.Data.of", irt.Data.of, dict(responses=r)
        yield "inference.elbo", inference.elbo, dict(posterior=q, responses=r, priors=g()["priors"], particles=2, rng=0)
        yield (
            "inference.svi",
            inference.svi,
            dict(
                responses=r,
                model="two-parameter",
                priors=g()["priors"],
                start=q,
                frozen=["difficulty"],
                steps=2,
                rate=(0.1, 0.01),
                particles=1,
                batch=10,
                rule="safe",
                tolerance=1e-3,
                rng=0,
                progress=False,
            ),
        )
        yield (
            "inference.nuts",
            inference.nuts,
            dict(responses=r, model="two-parameter", priors=g()["priors"], warmup=2, samples=4, chains=1, rng=0),
            True,
        )
        yield (
            "dkt.fit",
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
        yield "dkt.DKT.forecast", g()["dkt"].forecast, dict(table=g()["table"])


# What the rooms hand to each other, results that only ktlib makes, and doors without arguments.
BEHIND = {
    "ascent": {"climb", "default_tolerance", "relearned", "rescaled"},
    "baselines": {
        "LogisticFactors", "Means", "Rasch", "earlier", "read_log", "read_training", "skill_matrix", "skill_names",
    },
    "bkt": {"Simulated", "Smoothed", "Trace", "forward_backward"},
    "datasets": {"DataError", "assist2009_skills", "eedi", "lsat", "timss2007"},
    "designs": {"Design"},
    "dkt": {"DKT"},
    "em": {"BKTFit", "End", "climb", "moved_inside"},
    "exams": {"SimulatedExam", "Truth"},
    "figures": {"style"},
    "inference": {"Draws"},
    "information": {"Ridge"},
    "irt": {"factorization", "hierarchical", "program", "two_parameter"},
    "likelihood": {
        "ChangePoints", "Climb", "climb", "draws", "rivals", "summits", "to_logit", "to_params", "to_probability",
    },
    "metrics": {"Recovery"},
    "mml": {"MMLFit", "Objective", "even", "gauss_hermite"},
    "models": {
        "Model", "linked", "oriented", "predictor", "scores", "signs", "unlinked",
        "whole_loadings",
    },
    "posterior": {"Fit"},
    "prediction": {"Calibration", "OverSplits", "Score"},
    "profiles": {"Profile", "ProfilePair", "better", "end", "estimated", "expit", "logit", "prepared", "refit", "z_of"},
    "quotes": {"book_says", "stored_path"},
    "sensitivity": {"Cost"},
    "sequences": {"check_frame"},
    "skills": {"SkillFits"},
    "uncertainty": {"Bootstrap", "Intervals", "Uncertainty"},
}  # fmt: skip


@cache
def _drawn():
    import matplotlib.figure

    figure = matplotlib.figure.Figure()
    figure.subplots().plot([0, 1])
    return figure


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


ROOMS = [room for room in ktlib._ROOMS if BAYES or room not in ("irt", "inference", "dkt")]


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
        if name.startswith("datasets.") or "nowhere" in str(good.get("path", "")):
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
            and thing.__module__ == module.__name__
        }
        doors_here = {name.split(".")[1] for name in named if name.split(".")[0] == room}
        behind = BEHIND.get(room, set())
        assert public <= doors_here | behind, f"{room}: neither a door nor behind one"
        assert doors_here | behind <= set(vars(module)), f"{room}: no longer there"
