"""What a fit found, in one file: an .npz without pickle, arrays as they are and all else as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .._checks import instance

VERSION = 1


def save(path, kind: str, arrays: Mapping[str, np.ndarray], about: Mapping) -> None:
    """Write `arrays` and `about`, which holds numbers, texts, lists and None. kind: what it is, such as "posterior"."""
    instance(path, str | os.PathLike, "path", f'give the name of a file, such as "{kind}.npz"')
    told = json.dumps({"version": VERSION, "kind": kind, **about})
    whole = {name: np.asarray(array) for name, array in arrays.items()}
    with open(path, "wb") as file:
        np.savez_compressed(file, about=told, **whole)


def load(path, kind: str) -> tuple[dict[str, np.ndarray], dict]:
    """Arrays and about, as `save` wrote them. ValueError for a file cut short, of another kind or another version."""
    path = Path(instance(path, str | os.PathLike, "path", f'give the name of a file, such as "{kind}.npz"'))
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        about = json.loads(str(arrays.pop("about")))
        version, found = about["version"], about.get("kind")
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:
        raise ValueError(f"{path} is cut short or no saved {kind} ({type(error).__name__}): save it again") from error
    if version != VERSION:
        raise ValueError(f"{path} has format version {version}, not {VERSION}: fit and save it again")
    if found != kind:
        raise ValueError(f"{path} holds a {found}, not a {kind}: load it as what it is")
    return arrays, about


@contextmanager
def whole(path, kind: str):
    """Around what is made of a loaded file: parts that are missing or do not fit are one ValueError that names it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"does not fit together ({error})"
        raise ValueError(f"{path} {what}: save the {kind} again") from error


def plain(names, what: str) -> list:
    """Names as JSON has them; ValueError for one that is neither text nor number."""
    out = [name.item() if isinstance(name, np.generic) else name for name in names]
    bad = [name for name in out if not isinstance(name, str | int | float)]
    if bad:
        raise ValueError(f"{what} include {bad[0]!r}: only text and numbers can be saved as names")
    return out
