"""A number by which two fits tell whether they saw the same answers."""

from __future__ import annotations

import zlib

import numpy as np


def fingerprint(*arrays: np.ndarray) -> int:
    """A checksum (CRC-32) of arrays, one after the other: the same for the same answers in the same order."""
    found = 0
    for array in arrays:
        found = zlib.crc32(np.ascontiguousarray(array), found)
    return found
