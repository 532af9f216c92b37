"""Two classes and the questions that they share: how far apart a fit says they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ... import studies
from ._base import Element, count, places, stop, whole


@dataclass(frozen=True)
class SharedExplorer(Element):
    """How far class B is put above class A, by how many questions they share and how far it really is ahead.

    shared, lead: where the sliders start, both of those in the stored study (`ties.read`), whose means these are.
    Raises ValueError for anything else.
    """

    tag = "kt-shared"
    shared: int = 0
    lead: float = 1.0

    def __post_init__(self):
        for name in ("shared", "lead"):
            object.__setattr__(self, name, stop(getattr(self, name), _found()[f"{name}s"], name))

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        found = _found()
        row, column = found["leads"].index(self.lead), found["shareds"].index(self.shared)
        (one, half), (own, own_half) = (found[fit][row][column] for fit in ("one", "own"))
        hidden = "The classes are equal: any distance is of the fit's making."
        if self.lead:
            hidden = f"One prior for all hides {whole(max(0, 1 - one / self.lead))} of the lead."
        return (
            f"{count(self.shared, 'shared question')}, class B really {places(self.lead)} ahead. One prior for all "
            f"says {places(one)} ± {places(half)}; a middle of its own for each class, {places(own)} ± "
            f"{places(own_half)}. {hidden} Averages over {found['n']} pairs of classes."
        )

    def _config(self) -> dict:
        return {"shared": self.shared, "lead": self.lead} | _found()


@cache
def _found() -> dict:
    """The stops of both sliders, and for each fit a row a lead: mean and half its 95% interval, by shared questions."""
    ties = studies.ties
    study = ties.read()
    leads, shareds = (sorted(set(study.frame[name].tolist())) for name in ("lead", "shared"))
    out = {"leads": leads, "shareds": shareds, "n": study.n}
    for name, fit in (("one", ties.ONE_PRIOR), ("own", ties.OWN_MIDDLE)):
        mean, half = (by[fit].unstack("shared").to_numpy() for by in (study.mean, study.half))
        out[name] = [
            [[round(m, 4), round(h, 4)] for m, h in zip(*row, strict=True)] for row in zip(mean, half, strict=True)
        ]
    return out
