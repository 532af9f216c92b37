"""What became of a table's rows: kept, changed, left out, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _checks as checks

_FIRST = 3  # row numbers that a sentence names


@dataclass(frozen=True, eq=False)
class Account:
    """What became of a table's rows.

    read: rows of the table. kept: rows whose answer is in the log. changed: what was changed -> labels of those rows.
    left_out: why -> labels of the rows left out; a row has one reason, the first met. notes: what a reader should know
    of what was kept. Labels of rows are those of a frame's index; of a file of text they count as a spreadsheet does, 2
    being the first below the header.
    """

    read: int
    kept: int
    changed: dict[str, np.ndarray]
    left_out: dict[str, np.ndarray]
    notes: tuple[str, ...]

    def rows(self, reason: str) -> np.ndarray:
        """Labels of the rows that were changed or left out for this reason."""
        found = {**self.changed, **self.left_out}
        return found[checks.one_of(reason, found, "reason")]

    def frame(self):
        """A DataFrame with a row a reason: what became of its rows ("changed", "left out"), how many, the first."""
        import pandas as pd

        both = (("changed", self.changed), ("left out", self.left_out))
        rows = [(what, why, len(labels), _some(labels)) for what, found in both for why, labels in found.items()]
        return pd.DataFrame(rows, columns=["what", "reason", "rows", "first"])

    def sentences(self) -> tuple[str, ...]:
        """The account in words: what was read and kept, each reason with its first rows, the notes."""
        first = f"{self.read:,} rows read, {self.kept:,} kept."
        rest = (
            f"{n:,} rows {what}: {why} (row {rows})." for what, why, n, rows in self.frame().itertuples(index=False)
        )
        return (first, *rest, *self.notes)

    def __repr__(self) -> str:
        return "Account: " + "\n    ".join(
            checks.shown(line) if len(line) > 300 else line for line in self.sentences()[:8]
        )


def labelled(mask: np.ndarray, rows) -> np.ndarray:
    """Labels of the rows where `mask` holds."""
    return np.asarray(rows[mask])


def _some(labels: np.ndarray) -> str:
    text = ", ".join(str(label) for label in labels[:_FIRST].tolist())
    return text + " ..." * (len(labels) > _FIRST)
