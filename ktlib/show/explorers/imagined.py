"""A prior as imagined children: how far a share is pulled towards the typical skill."""

from __future__ import annotations

from dataclasses import dataclass

from ..._checks import inside, whole
from ._base import Element, count, rounded
from ._base import whole as per_cent

_MOST = 500  # children


@dataclass(frozen=True)
class ImaginedExplorer(Element):
    """The share of a class that knows a skill, seen, with a Beta prior: real and imagined children, counted together.

    typical: the share on the typical skill. imagined: how many children that is worth. knew, asked: of the class.
    Exact: the prior is Beta(typical · imagined, (1 − typical) · imagined). Raises ValueError for anything else.
    """

    tag = "kt-imagined"
    typical: float = 0.7
    imagined: int = 10
    knew: int = 2
    asked: int = 5

    def __post_init__(self):
        known = {
            "typical": inside(self.typical, "typical", 0.7),
            "imagined": whole(self.imagined, "imagined", 1, _MOST),
            "asked": whole(self.asked, "asked", 1, _MOST),
        }
        for name, value in (known | {"knew": whole(self.knew, "knew", 0, known["asked"])}).items():
            object.__setattr__(self, name, value)

    def shrunk(self) -> tuple[float, float]:
        """The share who know it, imagined children counted in, and how much the real ones count."""
        everybody = self.imagined + self.asked
        return (self.typical * self.imagined + self.knew) / everybody, self.asked / everybody

    def finding(self) -> str:
        """What the picture shows as it opens, in words."""
        share, weight = self.shrunk()
        know = "child knows" if self.asked == 1 else "children know"
        counts = int(rounded(100 * weight))
        return (
            f"{self.knew} of {self.asked} {know} it, {per_cent(self.knew / self.asked)}. The typical skill has "
            f"{per_cent(self.typical)}, worth {count(self.imagined, 'imagined one')}. Together {per_cent(share)}: the "
            f"class counts for {counts}%, the other skills for {100 - counts}%."
        )

    def _config(self) -> dict:
        return {name: getattr(self, name) for name in ("typical", "imagined", "knew", "asked")}
