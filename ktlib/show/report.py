"""A report on a log of one's own: one page that opens from disk, and the tables beside it.

What was read, every skill with its four numbers, who has mastered what, how well answers of held-out students are
forecast, what would pin what is not pinned, and what may not be concluded.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import _checks as checks
from ..bkt import skills
from ..bkt.roster import Roster
from ..bkt.sensitivity import MASTERY
from ..bkt.skills import LEAST, SkillFits
from ..data.log import Log
from ..forecast.validation import Validation, cross_validate
from . import _report_page

FOLDS = 5


@dataclass(frozen=True, eq=False)
class Report:
    """What `made` found of a log: its fits, its roster, and the validation of forecasts (None with one student)."""

    log: Log
    fits: SkillFits
    roster: Roster
    validation: Validation | None
    seed: int
    __repr__ = checks.short


def made(log: Log, *, mastery: float = MASTERY, folds: int = FOLDS, seed: int = 1, tell: Callable = lambda words: None):
    """A `Report`: every skill fitted (with a prior learned from all, if there are five), forecasts cross-validated.

    mastery: P(known) from which a skill counts as mastered. folds: parts that students are dealt into, at random by
    `seed`. tell: called with a sentence at each step. Raises ValueError for a log without skills, or other settings.
    """
    checks.instance(log, Log, "log", "give what data.read returned")
    mastery = checks.inside(mastery, "mastery", MASTERY)
    folds, seed = checks.whole(folds, "folds", 2), checks.whole(seed, "seed", 0)
    if not callable(tell):
        raise ValueError(f"tell = {checks.shown(tell)}: give a function of a text, such as print")
    by_skill = log.sequences()
    tell(f"fitting {len(by_skill):,} skills")
    prior = "learned" if len(by_skill) >= LEAST else None
    fits = skills.fit(by_skill, prior=prior)
    roster = Roster(fits, mastery=mastery).feed(log)
    models = ["BKT" if prior is None else "BKT, learned prior", "skill mean", "PFA"]
    if "item" in log.frame:
        models.insert(2, "item mean")
    students = log.frame.student.nunique()
    found = None
    if students >= 2 and log.frame.correct.nunique() == 2:
        folds = min(folds, students)
        tell(f"forecasting held-out students, {folds} times over")
        try:
            found = cross_validate(log, models, folds=folds, rng=seed)
        except ValueError as error:
            tell(f"no forecast of held-out students: {error}")
    return Report(log, fits, roster, found, seed)


FILES = {
    "index.html": "the report, in one page",
    "skills.csv": "every skill's parameters, with their intervals",
    "roster.csv": "P(known) of every student and skill, to read",
    "roster.json": "the same, to go on from with the next answer",
    "fits.npz": "the fits, for `ktlib predict` and `SkillFits.load`",
    "account.csv": "what was read, kept and left out",
}


def page(report: Report) -> str:
    """The page as HTML, all in one text: figures, fonts and colours are inside."""
    return _report_page.page(checks.instance(report, Report, "report", "give what report.made returned"))


def write(report: Report, folder, *, again: bool = False) -> Path:
    """Write a report, all files or none; `FILES` tells what is in each.

    folder: where to; it must not exist, or hold an earlier report and `again` be True. Gives the path of the page.
    """
    checks.instance(report, Report, "report", "give what report.made returned")
    folder = Path(checks.instance(folder, (str, os.PathLike), "folder", "give the name of a folder"))
    checks.flag(again, "again")
    if folder.exists() and not (again and (folder / "index.html").is_file()):
        raise ValueError(f"{folder} exists already: name another folder, or replace an earlier report with --again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".report-") as beside:
        new = Path(beside) / "new"
        new.mkdir()
        (new / "index.html").write_text(page(report), encoding="utf-8")
        report.fits.frame().to_csv(new / "skills.csv")
        report.roster.frame().to_csv(new / "roster.csv", index=False)
        report.roster.save(new / "roster.json")
        report.fits.save(new / "fits.npz")
        report.log.account.frame().to_csv(new / "account.csv", index=False)
        if folder.exists():
            shutil.move(folder, Path(beside) / "old")
        new.rename(folder)
    return folder / "index.html"
