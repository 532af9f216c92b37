"""A log from a messy table: what was read, what was made of it, and what was left out and why.

`read` is the one door for files and frames as they are exported. Nothing happens in silence: what has two readings is
refused with a remedy, a named choice, and whatever was changed or left out stands in the log's `Account`, row by row.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown

from .. import _checks as checks
from . import _files as files
from ._account import Account
from ._reading import made
from .responses import Responses
from .sequences import Sequences, sequences_by

__all__ = ["Account", "Log", "read"]


@dataclass(frozen=True, eq=False)
class Log:
    """Answers as they were read: see `read`.

    frame: a row for each answer and skill, in the order answered, columns student, skill, item, correct (1 or 0), order
    as far as they were named, and row, the label of the row in the table; rows of one answer share it. account: what
    became of the table's rows. source: the file, or "a frame".
    """

    frame: object
    account: Account
    source: str

    def __repr__(self) -> str:
        kinds = [c for c in ("student", "skill", "item") if c in self.frame]
        sizes = ", ".join(f"{self.frame[c].nunique():,} {c}s" for c in kinds)
        left = self.account.read - self.account.kept
        return f"Log of {self.source}: {self.account.kept:,} answers, {sizes}; {left:,} rows left out (.account)"

    def __len__(self) -> int:
        return self.account.kept

    def answers(self):
        """A DataFrame with a row an answer: student, item, correct, row. Without items, its skills are the item."""
        one = self.frame.drop_duplicates("row")
        return one.assign(item=self._questions()[one.index])[["student", "item", "correct", "row"]]

    def links(self):
        """Which skills each item of `answers` needs: a DataFrame with columns item and skill."""
        self._needs("skill")
        pairs = self.frame[["skill"]].assign(item=self._questions())
        return pairs[["item", "skill"]].drop_duplicates().reset_index(drop=True)

    def responses(self) -> Responses:
        """`Responses` to items. ValueError where no item was named, or answers to one were given twice."""
        self._needs("item")
        one = self.frame.drop_duplicates("row")
        return Responses.from_frame(one, order="order" if "order" in one else None)

    def sequences(self) -> dict[object, Sequences]:
        """Skill -> its answers in order, as `bkt.skills.fit` takes them."""
        self._needs("skill")
        return sequences_by(self.frame[["student", "skill", "correct"]], "skill")

    def of(self, students: Iterable) -> Log:
        """The same log with the answers of these students only; ValueError if none of them answered."""
        wanted = {name for name in checks.listed(students, "students", "['ann', 'bob']") if isinstance(name, Hashable)}
        part = self.frame[self.frame.student.isin(wanted)].reset_index(drop=True)
        if not len(part):
            raise ValueError(f"students = {shown(students)}: none of them answered; give names that stand in the log")
        account = Account(part.row.nunique(), part.row.nunique(), {}, {}, ())
        return Log(part, account, self.source)

    def _needs(self, column: str) -> None:
        if column not in self.frame:
            raise ValueError(f"this log has no {column}: name its column, read(..., {column}=...)")

    def _questions(self):
        """(rows,) the item of each row; where none was named, the skills of its answer."""
        if "item" in self.frame:
            return self.frame["item"]
        self._needs("skill")
        together = self.frame.groupby("row", sort=False).skill.transform(lambda s: " + ".join(map(str, s)))
        return together if self.frame.row.duplicated().any() else self.frame["skill"]


def read(
    source,
    *,
    student: str,
    correct: str,
    skill: str | None = None,
    item: str | None = None,
    order: str | None = None,
    separator: str | bool | None = None,
    repeats: str = "refuse",
    partial: str | float = "refuse",
    blanks: str = "drop",
    words=None,
    dates: str | None = None,
    zone: str | None = None,
    encoding: str | None = None,
) -> Log:
    """A log from a file or frame as it was exported.

    source: a path, of parquet or of text, also gzipped, whose separator is found; or a pandas DataFrame. student,
    correct, skill, item, order: names of its columns; a skill or an item is needed. Spaces around names are trimmed.

    separator: what stands between several skills in a cell, each of which then has a row of its own; None refuses cells
    that look so, False takes them as they are. repeats: where a student answers an item again, "first" or "last" takes
    one answer, "all" takes all as practice, "refuse" refuses; what `partial` or `words` leave out was an answer too.
    partial: credit between 0 and 1: "drop" leaves the row out, a number t counts credit from t on as right. blanks:
    rows without student, skill, item, answer or order: "drop" or "refuse". words: further words for answers, text -> 1,
    0 or None (leave out), beside true, yes, correct, false, no, incorrect and such. dates: how dates are written, as
    "%d/%m/%Y %H:%M", if not as 2026-09-07. zone: the time zone of times that name none. encoding: of text that is not
    in UTF-8.

    With `order` the result does not depend on the order of the rows; answers of the same moment stand by item, skill
    and answer, and the account counts them. Without it rows count as ordered, unless a column of times says otherwise.

    Raises ValueError naming the file, the row, the value and a remedy; FileNotFoundError.
    """
    import pandas as pd

    options = {name: value for name, value in locals().items() if name not in ("source", "encoding", "pd")}
    if isinstance(source, pd.DataFrame):
        return Log(*made(source, options), "a frame")
    path = Path(checks.instance(source, (str, os.PathLike), "source", "give the path of a file or a DataFrame"))
    wanted = [c for c in (student, correct, skill, item, order) if isinstance(c, str)]
    checks.instance(encoding, (str, type(None)), "encoding", "give a name such as 'cp1252'")
    try:
        return Log(*made(files.messy(path, wanted, encoding), options), path.name)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
