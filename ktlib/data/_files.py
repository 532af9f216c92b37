"""Files of answers as frames: ids of students and items stay the text they are, damage is one clear error."""

from __future__ import annotations

import gzip
import warnings
import zlib
from pathlib import Path

SEPARATORS = {".csv": ",", ".tsv": "\t", ".parquet": None}


def frame_of(path: Path, sep: str | None, names: list[str]):
    """A DataFrame from a file; the columns `names` of a text file as text, missing only where nothing stands.

    sep: what separates the fields, or None for .parquet. Raises ValueError for a file that cannot be read as such.
    """
    import pandas as pd

    if sep is None:
        return pd.read_parquet(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(path, sep=sep, index_col=False, low_memory=False)
        there = [name for name in names if name in frame]
        text = pd.read_csv(path, sep=sep, index_col=False, usecols=there, dtype=str, na_filter=False)
        frame = frame.assign(**{name: text[name].mask(text[name].str.strip() == "") for name in there})
    except pd.errors.EmptyDataError:
        raise ValueError("the file is empty: give at least one answer") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"the file is cut short or is no .gz ({error}): fetch or pack it again") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        what = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise ValueError(f"not a table of text in UTF-8 with one number of fields a row ({what}): mend it") from error
    other = next((sign for sign in "\t;|," if sign in frame.columns[0]), None) if len(frame.columns) == 1 else None
    if other:
        raise ValueError(f"its header {frame.columns[0]!r} is one column: give sep={other!r}")
    return frame
