"""Files of answers as frames: ids of students and items stay the text they are, damage is one clear error."""

from __future__ import annotations

import codecs
import csv
import difflib
import gzip
import io
import os
import warnings
import zlib
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from reprlib import repr as shown

from .. import _checks as checks

SEPARATORS = {".csv": ",", ".tsv": "\t", ".parquet": None}


def named(path, sep: str | None) -> tuple[Path, str | None]:
    """The path of a table, and what separates its fields: `sep`, else by its ending; None for .parquet.

    Raises ValueError for a path of another ending and for a `sep` that is not one character.
    """
    path = Path(checks.instance(path, (str, os.PathLike), "path", "give the path of a file"))
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in SEPARATORS:
        raise ValueError(f"{path} ends in none of {', '.join(SEPARATORS)}: save it as one of them, or use from_frame")
    if sep is not None and (not isinstance(sep, str) or len(sep) != 1 or ending == ".parquet"):
        raise ValueError(f"sep = {shown(sep)}: give one character, for a text file")
    return path, sep or SEPARATORS[ending]


def frame_of(path: Path, sep: str | None, names: list[str]):
    """A DataFrame from a file; the columns `names` of a text file as text, missing only where nothing stands.

    sep: what separates the fields, or None for .parquet. Raises ValueError for a file that cannot be read as such.
    """
    import pandas as pd

    if sep is None:
        return pd.read_parquet(path)
    with damage():
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(path, sep=sep, index_col=False, low_memory=False)
        there = [name for name in names if name in frame]
        text = pd.read_csv(path, sep=sep, index_col=False, usecols=there, dtype=str, na_filter=False)
        frame = frame.assign(**{name: text[name].mask(text[name].str.strip() == "") for name in there})
    other = next((sign for sign in "\t;|," if sign in frame.columns[0]), None) if len(frame.columns) == 1 else None
    if other:
        raise ValueError(f"its header {frame.columns[0]!r} is one column: give sep={other!r}")
    return frame


@contextmanager
def damage():
    """Around the reading of a file of text: what is wrong with it is one ValueError."""
    import pandas as pd

    try:
        yield
    except pd.errors.EmptyDataError:
        raise ValueError("the file is empty: give at least one answer") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"the file is cut short or is no .gz ({error}): fetch or pack it again") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeError) as error:
        what = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise ValueError(f"not a table of text in UTF-8 with one number of fields a row ({what}): mend it") from error


_STRANGERS = {  # how a file begins that is no table of text
    b"PK\x03\x04": "an .xlsx or .zip file: save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an Excel file: save the sheet as CSV",
    b"%PDF": "a PDF: export the table as CSV",
    b"\x89PNG": "a picture: give a table",
    b"\x93NUMPY": "a NumPy file: give a table",
    b"<": "a web page or XML: export the table as CSV",
    b"{": "JSON: make a table of it, a row an answer",
    b"[": "JSON: make a table of it, a row an answer",
}


def messy(path: Path, wanted: Iterable[str], encoding: str | None):
    """A DataFrame of a file whose format nobody names: parquet, or text with commas, tabs, semicolons or bars.

    Cells of text stay text, as they stand there. The index counts rows as a spreadsheet does: 2 is the first below the
    header. The separator is the one under which the header holds most of the columns `wanted`, else most columns.
    Raises ValueError for what cannot be read as a table.
    """
    import pandas as pd

    with open(path, "rb") as file:
        start = file.read(4096)
    if start[:4] == b"PAR1":
        frame = _parquet(path)
        return frame.set_axis(range(1, len(frame) + 1))
    packed = start[:2] == b"\x1f\x8b"
    if packed:
        with damage(), gzip.open(path) as file:
            start = file.read(4096)
    for sign, what in _STRANGERS.items():
        if start.lstrip(b"\xef\xbb\xbf \r\n").startswith(sign):
            raise ValueError(f"it is {what}")
    code = encoding or ("utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")
    try:
        with damage(), (gzip.open if packed else open)(path, "rb") as file:
            with io.TextIOWrapper(file, encoding=code, newline=None) as text:
                header = text.readline()
            sep, names = _header(header, list(wanted))
        with damage():
            frame = pd.read_csv(
                path, sep=sep, dtype=str, na_filter=False, skip_blank_lines=False, encoding=code,
                compression="gzip" if packed else None,
            )  # fmt: skip
    except LookupError:
        raise ValueError(f"encoding = {encoding!r}: give a name such as 'utf-8' or 'cp1252'") from None
    except ValueError as error:
        if "codec" not in str(error) or encoding is not None:
            raise
        row = _undecodable(path, packed, code)
        raise ValueError(
            f"row {row} is not in {code}: save the file as UTF-8, or encoding='cp1252' says how it was saved"
        ) from error
    if not isinstance(frame.index, pd.RangeIndex):
        more = len(names) + frame.index.nlevels
        raise ValueError(
            f"row 2 has {more} fields, its header {len(names)}: give every column a name, end no row in {sep!r}"
        )
    return frame.set_axis(names, axis=1).set_axis(range(2, len(frame) + 2))


def _undecodable(path: Path, packed: bool, code: str) -> int | str:
    """The first row that cannot be read in this encoding."""
    with (gzip.open if packed else open)(path, "rb") as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode(code)
            except UnicodeError:
                return row
    return "?"


def _parquet(path: Path):
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ValueError("it is a parquet file, which pandas reads with pyarrow: pip install pyarrow") from None
    except Exception as error:  # pyarrow has many
        raise ValueError(
            f"the parquet file is cut short or damaged ({type(error).__name__}): write it again"
        ) from error


def _header(line: str, wanted: list[str]) -> tuple[str, list[str]]:
    """The separator of a header, and its columns without spaces around them."""
    if not line.strip():
        raise ValueError("the file is empty or begins with an empty row: begin it with a header")

    def cut(sep):
        return [name.strip() for name in next(csv.reader([line.rstrip("\r\n")], delimiter=sep))]

    columns = {sep: cut(sep) for sep in ",\t;|"}
    sep = max(columns, key=lambda sep: (len(set(columns[sep]) & set(wanted)), len(columns[sep])))
    return sep, columns[sep]


def near(name, names: Iterable) -> str:
    """The nearest of `names` as a question, in brackets; or nothing."""
    texts = {str(other).lower(): other for other in names}
    found = difflib.get_close_matches(str(name).lower(), texts, n=1, cutoff=0.6)
    return f" (did you mean {texts[found[0]]!r}?)" if found else ""
