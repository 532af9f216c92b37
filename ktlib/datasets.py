"""Real answer logs by name, checked by hash before they are read.

A file is looked for in the folder that the environment variable KTLIB_DATA names, then in `shared/data` beside a
checkout of this project; else it is downloaded once into the user's cache. None of the data belongs to this project:
cite its source.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from .responses import Responses

_ASSIST = (
    "https://raw.githubusercontent.com/theophilegervet/learner-performance-prediction/"
    "a7ae193aa6957003a764aed7c95b07666fd4f1da/data/assistments09/"
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
    if part not in parts:
        raise ValueError(f"part = {part!r}: give one of {', '.join(map(repr, parts))}")
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


def path_to(name: str) -> Path:
    """Where the data file `name` lies on this machine, downloaded if need be, its hash verified.

    Raises ValueError for a name that is not in `FILES`, DataError if it is nowhere to be had, cut short or changed.
    """
    if name not in FILES:
        raise ValueError(f"name = {name!r}: give one of {', '.join(map(repr, FILES))}")
    for folder in _folders():
        if (folder / name).is_file():
            return _verified(folder / name)
    return _download(name)


def _folders() -> list[Path]:
    named = os.environ.get("KTLIB_DATA")
    if named and not Path(named).is_dir():
        raise DataError(f"KTLIB_DATA names {named!r}, which is not a folder: correct it or unset it")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
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
    """Read one tab-separated file of answers."""
    import pandas as pd

    frame = pd.read_csv(path, sep="\t")
    needed = {"user_id": "student", "item_id": "item", "correct": "correct"}
    for column in needed:
        if column not in frame:
            raise DataError(
                f"{path} has no column {column!r} (it has {', '.join(map(str, frame.columns))}): delete it, and it is "
                "downloaded again"
            )
    return frame[list(needed)].rename(columns=needed)
