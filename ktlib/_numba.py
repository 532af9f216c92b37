"""Loops compiled by numba, where it is installed (the extra "fast").

Compiled code is kept beside its source, or, where that folder cannot be written, in the user's cache folder, or where
NUMBA_CACHE_DIR says: compiling takes seconds, once.
"""

from __future__ import annotations

from numba import njit


def kept(function):
    """Compiled when first called, and kept on disk where any folder can be written."""
    settings = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
    try:
        return njit(cache=True, **settings)(function)
    except RuntimeError:  # numba found no such folder
        return njit(**settings)(function)
