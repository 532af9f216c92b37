"""`ktlib` on the command line: a report, or for pipelines a fit, forecasts, a roster. `main` is what runs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .. import _checks as checks
from ..bkt import skills
from ..bkt.roster import Roster
from ..bkt.sensitivity import MASTERY
from ..bkt.skills import LEAST, SkillFits
from ..data.log import Log, read
from . import report

_EXAMPLE = "ktlib {} log.csv --student user --skill kc --correct right --order time"
_WORDS = {
    "report": ("one page that opens from disk, with tables beside it", _EXAMPLE + " --out report/"),
    "fit": ("four numbers for every skill, with intervals and warnings", _EXAMPLE + " --out skills.npz"),
    "predict": ("P(right) of every answer, from earlier ones of the same student", _EXAMPLE + " --fits skills.npz"),
    "mastery": ("who knows what after the last answer", _EXAMPLE + " --fits skills.npz --roster roster.json"),
}
_CHOICES = "student correct skill item order separator repeats blanks dates zone encoding".split()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives the exit code: 0, or 2 for what cannot be done, said in one line on stderr.

    arguments: as after `ktlib`; by default those of the process.
    """
    if arguments is not None:
        arguments = [str(word) for word in checks.listed(arguments, "arguments", "['report', 'log.csv']")]
    asked = _parser().parse_args(arguments)
    try:
        _COMMANDS[asked.command](asked, _log(asked))
    except BrokenPipeError:
        sys.stderr.close()
    except (ValueError, OSError, ImportError) as error:
        print(f"ktlib: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    about = "From a log of answers to what they say: Bayesian knowledge tracing, with how sure it is."
    parser = argparse.ArgumentParser("ktlib", description=about)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (what, example) in _WORDS.items():
        sub = commands.add_parser(name, help=what, description=f"{what}.", epilog=f"example: {example.format(name)}")
        sub.add_argument("log", help="a file: CSV, TSV or parquet, also gzipped")
        sub.add_argument("--out", help="a new folder" if name == "report" else "a file; without it CSV on stdout")
        _add_reading(sub.add_argument_group("how to read the log"))
        if name in ("predict", "mastery"):
            sub.add_argument(
                "--fits", help="what `ktlib fit --out NAME.npz` wrote; without it the log itself is fitted"
            )
        if name == "predict":
            sub.add_argument("--unseen", default="error", help="skills that were not fitted: error, or default numbers")
        if name in ("report", "mastery"):
            sub.add_argument("--mastery", type=float, default=MASTERY, help="P(known) that counts as mastered (.95)")
        if name == "mastery":
            sub.add_argument("--roster", help="a JSON file: resumed if it is there, and written")
        if name == "report":
            sub.add_argument("--again", action="store_true", help="replace an earlier report")
            sub.add_argument("--folds", type=int, default=report.FOLDS, help="parts the students are dealt into (5)")
            sub.add_argument("--seed", type=int, default=1, help="of dealing them (1)")
    return parser


def _add_reading(group) -> None:
    """The choices of `data.read`."""
    group.add_argument("--student", default="student", metavar="COLUMN", help="who answered (student)")
    group.add_argument("--skill", default="skill", metavar="COLUMN", help="what it was about (skill)")
    group.add_argument("--correct", default="correct", metavar="COLUMN", help="right or wrong (correct)")
    group.add_argument("--item", metavar="COLUMN", help="which question")
    group.add_argument("--order", metavar="COLUMN", help="when; without it rows count as ordered")
    group.add_argument("--separator", metavar="SIGN", help="between several skills in a cell; 'none': one skill a cell")
    group.add_argument("--repeats", default="refuse", metavar="HOW", help="an item answered again: first, last, all")
    group.add_argument(
        "--partial", default="refuse", metavar="HOW", help="part of the credit: drop, or right from, as .5"
    )
    group.add_argument("--blanks", default="drop", metavar="HOW", help="cells with nothing in them: drop or refuse")
    says = "a word for right; WORD=0 for wrong, WORD= to leave such rows out"
    group.add_argument("--word", action="append", default=[], metavar="WORD=1", help=says)
    group.add_argument("--dates", metavar="FORMAT", help="how dates are written, as %%d/%%m/%%Y")
    group.add_argument("--zone", metavar="NAME", help="the time zone of times without one, as Europe/Berlin")
    group.add_argument("--encoding", metavar="NAME", help="of text that is not UTF-8, as cp1252")


def _log(asked) -> Log:
    """The log as the options ask for it, said on stderr."""
    choices = {name: getattr(asked, name) for name in _CHOICES}
    choices["separator"] = False if asked.separator == "none" else asked.separator
    choices["partial"] = asked.partial if asked.partial.isalpha() else _share(asked.partial)
    choices["words"] = dict(map(_word, asked.word))
    if asked.out is not None and asked.command == "report" and Path(asked.out).exists() and not asked.again:
        raise ValueError(f"{asked.out} exists already: name another folder, or replace an earlier report with --again")
    log = read(asked.log, **choices)
    for line in log.account.sentences():
        _tell(line)
    return log


def _word(text: str) -> tuple[str, int | None]:
    word, sign, means = text.rpartition("=")
    if not sign or means not in ("", "0", "1"):
        raise ValueError(f"--word {text}: give WORD=1 for right, WORD=0 for wrong, WORD= to leave such rows out")
    return word, int(means) if means else None


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"--partial {text}: give drop, refuse or a number such as .5") from None


def _report(asked, log: Log) -> None:
    found = report.made(log, mastery=asked.mastery, folds=asked.folds, seed=asked.seed, tell=_tell)
    _tell("writing the page")
    print(report.write(found, asked.out or "report", again=asked.again))


def _fit(asked, log: Log) -> None:
    fits = _fitted(log)
    _write(fits.frame().reset_index(), asked.out, fits.save)


def _predict(asked, log: Log) -> None:
    fits = _fits(asked, log)
    _write(log.frame.assign(p_correct=skills.predict(fits, log.frame, unseen=asked.unseen)), asked.out)


def _mastery(asked, log: Log) -> None:
    """Feed a roster, a new one or one that was stored; it and the table are written after all else went well."""
    stored = asked.roster is not None and Path(asked.roster).exists()
    roster = Roster.load(asked.roster) if stored else Roster(_fits(asked, log), mastery=asked.mastery)
    roster.feed(log)
    _write(roster.frame(), asked.out)
    if asked.roster is not None:
        roster.save(asked.roster)


def _fits(asked, log: Log) -> SkillFits:
    return _fitted(log) if asked.fits is None else SkillFits.load(asked.fits)


def _fitted(log: Log) -> SkillFits:
    by_skill = log.sequences()
    _tell(f"fitting {len(by_skill):,} skills")
    return skills.fit(by_skill, prior="learned" if len(by_skill) >= LEAST else None)


def _write(table, out: str | None, save=None) -> None:
    """A table as .csv or .json, or what `save` writes as .npz: whole or not at all. out: None for CSV on stdout."""
    if out is None:
        table.to_csv(sys.stdout, index=False)
        return
    ending = Path(out).suffix.lower()
    endings = (".csv", ".json", *((".npz",) if save else ()))
    if ending not in endings:
        raise ValueError(f"--out {out}: give a name that ends in {', '.join(endings)}")
    with tempfile.TemporaryDirectory(dir=Path(out).parent, prefix=".ktlib-") as beside:
        new = Path(beside) / f"new{ending}"
        if ending == ".npz":
            save(new)
        elif ending == ".json":
            table.to_json(new, orient="records", date_format="iso")
        else:
            table.to_csv(new, index=False)
        os.replace(new, out)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


_COMMANDS = {"report": _report, "fit": _fit, "predict": _predict, "mastery": _mastery}
