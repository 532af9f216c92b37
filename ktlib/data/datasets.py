"""Real answer logs by name, checked by hash before they are read.

A file is looked for in the folder that the environment variable KTLIB_DATA names, then in `shared/data` beside a
checkout of this project; else it is downloaded once into the user's cache. None of the data belongs to this project:
cite its source.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._checks import one_of
from .exams import Exam
from .responses import Responses

_ASSIST = (
    "https://raw.githubusercontent.com/theophilegervet/learner-performance-prediction/"
    "a7ae193aa6957003a764aed7c95b07666fd4f1da/data/assistments09/"
)
_EEDI = (
    "https://raw.githubusercontent.com/CUBoulder-DS/CSCI-5502-Final-Report/a2f17aba36acc23d6644a28ab1f5f8c28f4319bd/"
)


class _File(NamedTuple):
    sha256: str
    size: int
    url: str


FILES = {
    "assist2009_train.csv": _File(
        "1bc38c943c4a12b5366d093529fdb2db692ccc68ae74b10297da6c3fc04f5d37",
        3728725,
        _ASSIST + "preprocessed_data_train.csv",
    ),
    "assist2009_test.csv": _File(
        "b26a411d528e9a721a5b12b033e51e76822f247fc8e2eaa9dd87fafcb8de841e",
        985246,
        _ASSIST + "preprocessed_data_test.csv",
    ),
    "assist2009_q_mat.npz": _File(
        "3175e1be67a41da872cc8ee75c175a35073fb6b71f0da1585ba7f71192aa6b06", 27206, _ASSIST + "q_mat.npz"
    ),
    "lsat.rda": _File(
        "182ea88c662b1deebb42091750c07e5ad6d532bf880dbb33b7482715fa4034b2",
        352,
        "https://raw.githubusercontent.com/cran/ltm/dbbabfa99fa09ad94113856a6a5ae1535e7b817f/data/LSAT.rda",
    ),
    "eedi_valid.csv": _File(
        "69b18aa3587b96e7a0d9f4855d79aff0db039e13fa59babe8c0e79dc811a127f",
        1805036,
        _EEDI + "src/model_code/NeurIPSEducation2020/data_task_4/valid_task_4.csv",
    ),
    "eedi_test_public.csv": _File(
        "c5f321de7eaf4a8ea9e12cdcefa1354045ebb3dc49f4492a9b57c1de7396f488",
        3142927,
        _EEDI + "data/Eedi_dataset/test_data/test_public_task_4_more_splits.csv",
    ),
    "eedi_test_private.csv": _File(
        "7327fdda7dcfcbdebee9223a76774c64f5f9b1c062bb317de3d0ccfe11f6ba2d",
        1229727,
        _EEDI + "data/Eedi_dataset/test_data/test_private_task_4.csv",
    ),
    "eedi_questions.csv": _File(
        "c2a0078dbc54622fb02a14799037dd2871e179ead27945a308f3dfc3ba8a12e6",
        21840,
        _EEDI + "data/Eedi_dataset/metadata/question_metadata_task_3_4.csv",
    ),
    "eedi_subjects.csv": _File(
        "31f16ba481e00d8e262c4ee9a3b779c626ba7327eff1b090920dea7cf3b49796",
        13138,
        _EEDI + "data/Eedi_dataset/metadata/subject_metadata.csv",
    ),
    "timss2007_g8_rus.rda": _File(
        "cce735a1421a5ee230dd1cc9a58bcd8d370e3d46949822f85d5e81090bb1c340",
        312676,
        "https://raw.githubusercontent.com/cran/sirt/fdda663a290d6a2bcf1535bb7d5881ec4d10c852/data/data.timss07.G8.RUS.rda",
    ),
}

_TYPES = {"MC": "Multiple choice", "CR": "Constructed response"}
_TOPICS = {
    "Algebraic expression": "Algebraic expressions",
    "Earth in the solar system and universe": "Earth in the solar system and the universe",
    "Earth processes, cycles and history": "Earth's processes, cycles, and history",
    "Earth's structure & physical features": "Earth's structure and physical features",
    "Equations/ formulas and functions": "Equations/formulas and functions",
    "Geomteric measurement": "Geometric measurement",
    "Whole number": "Whole numbers",
}


class DataError(ValueError):
    """A data file cannot be had or is not what it should be; says which, how, and what to do."""


def assist2009(part: str = "train"):
    """ASSISTments 2009-2010 answers: school mathematics, split by student 80/20 (Feng, Heffernan & Koedinger 2009).

    part: "train", "test" or "all". Gives a DataFrame in the order answered, one row an answer: student, item, correct
    (0 or 1). Split and preprocessing: Gervet et al. (2020). Raises DataError if a file is missing or damaged.
    """
    import pandas as pd

    parts = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
    part = one_of(part, parts, "part")
    return pd.concat([_answers(path_to(f"assist2009_{p}.csv")) for p in parts[part]], ignore_index=True)


def assist2009_skills():
    """Which of 123 skills each ASSISTments item needs, one to four: a DataFrame with a row for each item and skill."""
    import pandas as pd
    from scipy import sparse

    path = path_to("assist2009_q_mat.npz")
    items, skills = sparse.load_npz(path).nonzero()
    return pd.DataFrame({"item": items, "skill": skills})


def lsat() -> Responses:
    """Law School Admission Test, section 6: 1,000 students, 5 items, all answered (Bock & Lieberman 1970).

    As the R package ltm holds it (Rizopoulos 2006). Raises DataError if the file is missing or damaged.
    """
    import rdata

    return Responses.from_wide(rdata.read_rda(path_to("lsat.rda"))["LSAT"])


def eedi() -> Exam:
    """Eedi, multiple-choice mathematics on a learning platform: NeurIPS 2020 Education Challenge (Wang et al. 2020).

    Three files of the challenge's task 4 together, without its training file: test_public and test_private hold every
    answer of 615 students each, valid a part of the answers of 246 others. label: the question's level-2 subject, the
    first where two stand. skills: its level-3 subjects. Students and items stand by number, labels and skills by
    alphabet. Raises DataError if a file is missing or damaged.
    """
    import pandas as pd

    columns = ("UserId", "QuestionId", "IsCorrect")
    files = [path_to(f"eedi_{part}.csv") for part in ("valid", "test_public", "test_private")]
    answers = pd.concat([_table(file, *columns) for file in files], ignore_index=True)
    students, items = np.unique(answers.UserId), np.unique(answers.QuestionId)
    responses = Responses.from_frame(answers, *columns, students=students, items=items)
    known = _table(path_to("eedi_subjects.csv"), "SubjectId", "Name", "Level").set_index("SubjectId")
    asked = _table(path_to("eedi_questions.csv"), "QuestionId", "SubjectId").set_index("QuestionId").SubjectId[items]
    subjects = [known.loc[json.loads(tags)] for tags in asked]
    return _exam(
        responses,
        [subject.Name[subject.Level == 2].iloc[0] for subject in subjects],
        [set(subject.Name[subject.Level == 3]) for subject in subjects],
    )


def timss2007() -> Exam:
    """TIMSS 2007, grade 8, Russia: mathematics and science, each student a part of the items (Foy & Olson 2009).

    As the R package sirt holds it (Robitzsch). Right is full credit: one point of one or two of two; a part of it is
    wrong, and so is what was omitted or not reached. What a student was not given has no row; five items that nobody
    was given are left out. label: the topic, 32 of them once the source's several spellings are one. skills: content
    domain, cognitive domain and item type, so three to an item. Students and items stand by number, labels and skills
    by alphabet. Raises DataError if the file is missing or damaged.
    """
    import rdata

    source = rdata.read_rda(path_to("timss2007_g8_rus.rda"))["data.timss07.G8.RUS"]
    points = source["scored"].to_pandas().set_index("idstud").dropna(axis=1, how="all").sort_index().sort_index(axis=1)
    points.index = points.index.astype(int)
    about = source["iteminfo"].astype(str).set_index("item").loc[points.columns]
    full = points.eq(about["max.points"].astype(int)).where(points.notna())
    topic = about.topic.str.capitalize().replace(_TOPICS)
    return _exam(
        Responses.from_wide(full.astype(float)),
        topic,
        [
            {row.content, row.cognitive, _TYPES[row.type]}
            for row in about.rename(columns={"item.type": "type"}).itertuples()
        ],
    )


def path_to(name: str) -> Path:
    """Where the data file `name` lies on this machine, downloaded if need be, its hash verified.

    Raises ValueError for a name that is not in `FILES`, DataError if it is nowhere to be had, cut short or changed.
    """
    name = one_of(name, FILES, "name")
    for folder in _folders():
        if (folder / name).is_file():
            return _verified(folder / name)
    return _download(name)


def _folders() -> list[Path]:
    named = os.environ.get("KTLIB_DATA")
    if named and not Path(named).is_dir():
        raise DataError(f"KTLIB_DATA names {named!r}, which is not a folder: correct it or unset it")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return [Path(f) for f in (named, beside) if f and Path(f).is_dir()]


def _verified(path: Path) -> Path:
    want = FILES[path.name]
    content = path.read_bytes()
    if len(content) < want.size:
        raise DataError(
            f"{path} is cut short: {len(content):,} of {want.size:,} bytes. Delete it, and it is downloaded again"
        )
    found = hashlib.sha256(content).hexdigest()
    if found != want.sha256:
        raise DataError(
            f"{path} is not the expected file: its sha256 is {found[:12]}…, not {want.sha256[:12]}…. Delete it, and it "
            f"is downloaded again from {want.url}"
        )
    return path


def _download(name: str) -> Path:
    import pooch

    file, cache = FILES[name], Path(pooch.os_cache("ktlib"))
    if (cache / name).is_file():
        return _verified(cache / name)
    try:
        return Path(
            pooch.retrieve(file.url, known_hash=f"sha256:{file.sha256}", fname=name, path=cache, progressbar=True)
        )
    except Exception as error:
        raise DataError(
            f"{name} is not on this machine and could not be downloaded from {file.url} ({type(error).__name__}). "
            "Go online, or put the file into a folder and name that folder in KTLIB_DATA"
        ) from error


def _answers(path: Path):
    """One tab-separated file of ASSISTments answers."""
    names = {"user_id": "student", "item_id": "item", "correct": "correct"}
    return _table(path, *names, sep="\t").rename(columns=names)


def _table(path: Path, *columns: str, sep: str = ","):
    """These columns of a text file."""
    import pandas as pd

    frame = pd.read_csv(path, sep=sep, encoding="utf-8-sig")
    for column in columns:
        if column not in frame:
            raise DataError(
                f"{path} has no column {column!r} (it has {', '.join(map(str, frame.columns))}): delete it, and it is "
                "downloaded again"
            )
    return frame[list(columns)]


def _exam(responses: Responses, label, skills) -> Exam:
    """An exam from each item's label and set of skills, by name."""
    labels, label = np.unique(np.asarray(label, dtype=str), return_inverse=True)
    names = sorted(set().union(*skills))
    needs = np.array([[name in needed for name in names] for needed in skills])
    return Exam(responses, tuple(labels.tolist()), label, tuple(names), needs)
