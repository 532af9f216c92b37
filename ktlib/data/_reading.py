"""The steps from a messy table to a log, each with its account: what `log.read` does once it has a frame."""

from __future__ import annotations

from reprlib import repr as shown

import numpy as np

from .. import _checks as checks
from . import _cells as cells
from . import _files as files
from ._account import Account, labelled
from ._frames import check_frame, ordered_rows

SIGNS = ("~~", "|", ";")  # what several skills in a cell are proposed to be split by


def made(frame, options: dict) -> tuple:
    """The log's frame and its account: check, look at each column, drop, split, sort, take one of repeats."""
    import pandas as pd

    options = _checked(options)
    columns = {
        kind: options[kind] for kind in ("student", "skill", "item", "correct", "order") if options[kind] is not None
    }
    _check_columns(frame, columns)
    rows = frame.index if frame.index.is_unique else pd.RangeIndex(len(frame))
    changed, left, notes = {}, {}, []
    parts, names, gone = {}, {}, {}
    for kind in ("student", "skill", "item"):
        if kind in columns:
            parts[kind], names[kind], trimmed = cells.coded(frame[columns[kind]], rows, kind)
            gone[f"no {kind}"] = parts[kind] < 0
            changed[f"spaces around a {kind} trimmed"] = trimmed
    parts["correct"], off = cells.answers(frame[columns["correct"]], rows, options["words"])
    gone["no answer"], attempts = np.isnan(parts["correct"]) & ~off, {"a word that says leave out": off}
    if "order" in columns:
        parts["order"], gone["no order"] = cells.moments(
            frame[columns["order"]], rows, options["dates"], options["zone"]
        )
    _credit(parts["correct"], attempts, changed, rows, options["partial"])
    if options["blanks"] == "refuse":
        _refuse_blanks(gone, rows)
    if "order" not in columns:
        _check_order(frame, columns)
    keep = np.ones(len(frame), dtype=bool)
    for why, lost in gone.items():
        left[why] = lost & keep
        keep &= ~lost
    _refuse_none(keep.any(), left)
    table = {kind: values[keep] for kind, values in parts.items()} | {"place": np.flatnonzero(keep)}
    if "skill" in columns:
        table, names["skill"], cut = _split(table, names["skill"], rows, options["separator"])
        changed["several skills in a cell, each with a row of its own"] = _among(cut, len(frame))
    table = _arranged(table, names, rows, options["repeats"], notes)
    left["an answer to the same item again"] = keep & ~_among(table["place"], len(frame))
    for why, lost in attempts.items():  # only now: a second attempt is none the less a second one
        left[why] = lost & _among(table["place"], len(frame))
        table = {kind: values[~lost[table["place"]]] for kind, values in table.items()}
    _refuse_none(len(table["place"]) > 0, left)
    for kind, found in names.items():
        notes += _alike(found, kind)
    changed, left = ({why: labelled(m, rows) for why, m in found.items() if m.any()} for found in (changed, left))
    kept = int(_among(table["place"], len(frame)).sum())
    return _framed(table, names, rows), Account(len(frame), kept, changed, left, tuple(notes))


def _checked(options: dict) -> dict:
    """The choices, each one of those that there are."""
    checks.one_of(options["repeats"], ("refuse", "first", "last", "all"), "repeats")
    checks.one_of(options["blanks"], ("drop", "refuse"), "blanks")
    partial, sign = options["partial"], options["separator"]
    if isinstance(partial, str) or not isinstance(partial, int | float | np.number) or isinstance(partial, bool):
        checks.one_of(partial, ("refuse", "drop"), "partial")
    elif not 0 < partial <= 1:
        raise ValueError(
            f"partial = {partial}: give 'refuse', 'drop', or above 0 to 1, the credit that counts as right"
        )
    if not (sign is None or sign is False or (isinstance(sign, str) and sign.strip())):
        raise ValueError(f"separator = {shown(sign)}: give what stands between skills, such as '~~', or False")
    for name in ("dates", "zone"):
        checks.instance(options[name], (str, type(None)), name, "give a text or leave it out")
    return options | {"words": cells.said(options["words"])}


def _check_columns(frame, columns: dict) -> None:
    for kind, column in columns.items():
        if isinstance(column, str) and column not in frame.columns:
            have = ", ".join(map(repr, frame.columns[:30])) + " ..." * (len(frame.columns) > 30)
            raise ValueError(f"no column {column!r} for {kind}{files.near(column, frame.columns)}; there are {have}")
    if "student" not in columns or "correct" not in columns or not {"skill", "item"} & set(columns):
        raise ValueError("student, correct and a skill or an item are needed: name their columns")
    check_frame(frame, *columns.values())
    if len(set(columns.values())) < len(columns):
        raise ValueError(f"{columns}: one column stands for two things: name another")


def _refuse_none(kept: bool, left: dict) -> None:
    """Refuse a table of which no row is left."""
    if not kept:
        most = max(left, key=lambda why: left[why].sum())
        n = len(left[most])
        raise ValueError(f"none of {n:,} rows is left; most have {most}: name another column, or fill it in")


def _credit(values: np.ndarray, attempts: dict, changed: dict, rows, partial) -> None:
    """Credit between 0 and 1, by the choice made."""
    part = (values > 0) & (values < 1)
    if not part.any() or partial == "drop":
        attempts["part of the credit"] = part
    elif partial == "refuse":
        place = int(part.argmax())
        raise ValueError(
            f"row {rows[place]}: answer {values[place]:g} is partial credit, {part.sum():,} such of {len(values)} "
            "rows: partial='drop' leaves them out, partial=0.5 counts from half on as right"
        )
    else:
        values[part] = values[part] >= partial
        changed[f"part of the credit counted as right from {partial:g} on, else wrong"] = part


def _refuse_blanks(gone: dict, rows) -> None:
    for why, lost in gone.items():
        if lost.any() and why.startswith("no "):
            raise ValueError(
                f"row {rows[int(lost.argmax())]} has {why}, {lost.sum():,} such of {len(lost)} rows: fill them in, or "
                "blanks='drop' leaves them out"
            )


def _check_order(frame, columns: dict) -> None:
    """Refuse rows that a column of times says are not in order; cells of text count as what they say."""
    import pandas as pd
    from pandas.api import types

    known = set(columns.values())
    said = {}
    for name in frame.columns:
        column = frame[name]
        if name not in known and isinstance(column, pd.Series) and types.is_string_dtype(column.dtype):
            column = column.mask(column.astype("str").str.strip() == "")
            numbers = pd.to_numeric(column, errors="coerce")
            said[name] = numbers if numbers.notna().equals(column.notna()) else column
    looked = pd.DataFrame(said, index=frame.index) if said else pd.DataFrame(index=frame.index)
    more = [name for name in frame.columns if name not in known and name not in said]
    looked = pd.concat([looked, frame[more], frame[[columns["student"]]]], axis=1)
    looked[columns["student"]] = looked[columns["student"]].astype("str")
    ordered_rows(looked, columns["student"], None)


def _split(table: dict, names: np.ndarray, rows, sign) -> tuple[dict, np.ndarray, np.ndarray]:
    """Each skill of a cell with a row of its own; the skills' names; and places of rows that had several."""
    if sign is None:
        _refuse_signs(table, names, rows)
    parts = [(name,) for name in names] if not sign else cells.pieces(names, sign)
    many = np.array([len(part) for part in parts])
    if not many.all():
        place = table["place"][int(np.isin(table["skill"], np.flatnonzero(many == 0)).argmax())]
        raise ValueError(
            f"row {rows[place]}: its skill holds {sign!r} and nothing else: fill it in or leave the row out"
        )
    single = sorted({part for found in parts for part in found}, key=lambda v: (str(v), type(v).__name__))
    place = {name: k for k, name in enumerate(single)}
    flat, start = np.array([place[part] for found in parts for part in found]), np.cumsum(many) - many
    each = many[table["skill"]]
    at = np.repeat(np.arange(len(each)), each)
    skill = flat[start[table["skill"]][at] + np.arange(len(at)) - np.repeat(np.cumsum(each) - each, each)]
    cut = table["place"][each > 1]
    return {kind: values[at] for kind, values in table.items()} | {"skill": skill}, cells.as_objects(single), cut


def _refuse_signs(table: dict, names: np.ndarray, rows) -> None:
    for sign in SIGNS:
        has = np.array([isinstance(name, str) and sign in name for name in names])[table["skill"]]
        if has.any():
            first = int(has.argmax())
            raise ValueError(
                f"row {rows[table['place'][first]]}: skill {shown(names[table['skill'][first]])} holds {sign!r}, as "
                f"{has.sum():,} of {len(has):,} rows do: separator={sign!r} makes several of it, separator=False "
                "keeps it as one"
            )


def _arranged(table: dict, names: dict, rows, repeats: str, notes: list) -> dict:
    """Rows in the order answered, of repeats those that are wanted."""
    import pandas as pd

    keys = [table[kind] for kind in ("correct", "skill", "item", "student", "order") if kind in table]
    if "order" in table:
        place = np.lexsort(keys)
        table = {kind: values[place] for kind, values in table.items()}
        notes += _ties(table)
    if "item" not in table:
        return table
    key = pd.DataFrame({kind: table[kind] for kind in ("student", "item", "skill") if kind in table})
    again = key.duplicated(keep="last" if repeats == "last" else "first").to_numpy()
    if again.any() and repeats == "refuse":
        first = int(again.argmax())
        who, what = (names[kind][table[kind][first]] for kind in ("student", "item"))
        raise ValueError(
            f"row {rows[table['place'][first]]}: student {who!r} answers item {what!r} again, {again.sum():,} such: "
            "repeats='first' or 'last' takes one answer, 'all' takes each as practice"
        )
    if repeats == "all" and again.any():
        notes.append(f"{again.sum():,} answers are to an item that the student had answered before; all are kept.")
    keep = ~again if repeats != "all" else np.ones(len(again), dtype=bool)
    return {kind: values[keep] for kind, values in table.items()}


def _among(places: np.ndarray, n: int) -> np.ndarray:
    """(n,) True at these places."""
    out = np.zeros(n, dtype=bool)
    out[places] = True
    return out


def _ties(table: dict) -> list[str]:
    """A note where answers of one student to one skill have the same moment, so that their order is not known."""
    kinds = [kind for kind in ("order", "skill", "student") if kind in table]
    rows = np.lexsort([table[kind] for kind in kinds])
    same = np.logical_and.reduce([table[kind][rows][1:] == table[kind][rows][:-1] for kind in kinds])
    if not same.any():
        return []
    what = "student and skill" if "skill" in table else "student"
    return [
        f"{same.sum():,} answers have the same moment as another of the same {what}: which came first is not known."
    ]


def _alike(names: np.ndarray, kind: str) -> list[str]:
    """A note where names differ in nothing but case, spaces or leading zeros."""
    seen, twins = {}, []
    for name in names.tolist():
        text = " ".join(str(name).lower().split())
        text = text.lstrip("0") if text.isdigit() else text
        if text in seen:
            twins.append((seen[text], name))
        seen.setdefault(text, name)
    if not twins:
        return []
    (one, other), more = twins[0], f", and {len(twins) - 1:,} more such pairs" * (len(twins) > 1)
    return [f"{kind.capitalize()}s {one!r} and {other!r} look alike and count as two{more}."]


def _framed(table: dict, names: dict, rows):
    import pandas as pd

    columns = {kind: pd.Series(found[table[kind]], dtype=object) for kind, found in names.items()}
    columns |= {"correct": table["correct"].astype(np.int8)}
    columns |= {"order": table["order"]} if "order" in table else {}
    return pd.DataFrame(columns | {"row": np.asarray(rows)[table["place"]]})
