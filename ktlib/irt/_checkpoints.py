"""A long fit's state on disk, so that one that was killed goes on where it was and ends with the same bytes."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np

from .. import _checks as checks
from ..data import _saved
from ._sharing import ALONE, Alone
from .priors import Normal

KIND = "checkpoint"


class Checkpoint:
    """The state of a climb, written to `path` after every so many sweeps that gained; read from it, if it is there.

    about: what must be the same for a fit to go on. among: the processes that share it, of which the first reads and
    writes, all students' rows in the file. Raises ValueError for a file of another fit.
    """

    def __init__(self, path, every, about: dict, among: Alone = ALONE):
        self.path = Path(checks.instance(path, (str, os.PathLike), "checkpoint", "give the path of a file"))
        self.every, self.about, self.sweeps = checks.whole(every, "every", 1), about, 0
        self.among, self.phase, self.begun, self.found = among, 0, np.empty(0), None
        if found := among.told(self._read):
            self.phase, self.begun, self.found = found

    def _read(self):
        if not self.path.exists():
            return None
        arrays, about = _saved.load(self.path, KIND)
        if about["fit"] != self.about:
            many = max(self.among.size, np.size(about["fit"].get("data"))) > 1
            others = ", or of another number of processes" if many else ""
            raise ValueError(
                f"checkpoint {self.path} is of another fit, or of other answers{others}: give another path"
            )
        with _saved.whole(self.path, KIND):
            at = about["at"] | {"trace": arrays["trace"].tolist(), "arrays": arrays}
            return about["phase"], arrays["begun"], at

    def taken(self, phase: int) -> dict | None:
        """Where this phase of the fit is to go on; None where it has to begin."""
        self.sweeps = 0
        found = self.found if self.found is not None and self.phase == phase else None
        self.phase = max(phase, self.phase)
        return found

    def restored(self, state):
        """A state like `state`, with the numbers that were kept."""
        arrays = self.found["arrays"]

        def belief(which, name, old):
            loc, scale = (np.array(arrays[f"{which}.{name}.{part}"]) for part in ("loc", "scale"))
            if of_students(which, name, old):
                loc, scale = self.among.own(loc), self.among.own(scale)
            return Normal(loc, scale, old.log, old.names if old.loc.shape == loc.shape else None)

        parts = zip(("block", "prior"), state, strict=True)
        return tuple({name: belief(which, name, old) for name, old in beliefs.items()} for which, beliefs in parts)

    def __call__(self, state, trace, **at):
        """Keep this, if it is time: written beside, then moved into place, so that one of the two is always whole."""
        self.sweeps += 1
        if self.sweeps % self.every and not at["converged"]:
            return
        arrays = {"trace": np.array(trace), "begun": self.begun}
        for which, beliefs in zip(("block", "prior"), state, strict=True):
            for name, belief in beliefs.items():
                rows = self.among.whole if of_students(which, name, belief) else np.asarray
                arrays |= {f"{which}.{name}.loc": rows(belief.loc), f"{which}.{name}.scale": rows(belief.scale)}
        told = {"version": _saved.VERSION, "kind": KIND, "fit": self.about, "phase": self.phase, "at": at}
        self.among.told(lambda: self._write(arrays, told))

    def _write(self, arrays, told):
        beside = self.path.with_name(self.path.name + ".part")
        try:
            with open(beside, "wb") as file:
                np.savez(file, about=json.dumps(told), **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)


def of_students(which: str, name: str, belief: Normal) -> bool:
    """Whether a belief of a state has a row for each student: a block, or a prior with their names."""
    return name == "ability" and (which == "block" or belief.names is not None)


def fingerprint(responses, state) -> int:
    """One number of all answers and of where the fit begins."""
    found = 0
    for array in (responses.student, responses.item, responses.correct, responses.weight):
        found = zlib.crc32(b"" if array is None else array, found)
    for beliefs in state:
        for name in sorted(beliefs):
            for array in (beliefs[name].loc, beliefs[name].scale):
                found = zlib.crc32(np.ascontiguousarray(array), found)
    return found
