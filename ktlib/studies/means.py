"""A mean with its 95% interval, as studies give it and as a sentence says it."""

from __future__ import annotations

from dataclasses import dataclass


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, as "+0.014" or "−0.002"; one that rounds to zero has none."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text[1:] if not round(value, digits) else text


def ranged(value: float, low: float, high: float, digits: int = 3) -> str:
    """A number and its interval, as "+0.014 (+0.008 to +0.020)"."""
    return f"{signed(value, digits)} ({signed(low, digits)} to {signed(high, digits)})"


@dataclass(frozen=True)
class Mean:
    """A mean with its 95% interval: of a score, or of a difference between two models on the same answers.

    n: test answers, each time. splits: over how many splits, or draws. above: in how many of them it is above 0.
    by_split: the values themselves, where they were kept. low and high are None where one split tells no spread.

    In an f-string it is a difference with signs: ".4f" gives "+0.0139 (+0.0077 to +0.0201)", "±.4f" gives
    "+0.0139 ± 0.0062", ",.4f" gives "+0.0139, +0.0077 to +0.0201". "=.3f" is a score: "0.714 (0.702 to 0.726)".
    """

    mean: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    splits: int | None = None
    above: int | None = None
    by_split: tuple[float, ...] = ()

    @classmethod
    def read(cls, row) -> Mean:
        """From a row of a stored study, which may hold more."""
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        return cls(**known | {"by_split": tuple(row.get("by_split", ()))})

    @classmethod
    def of(cls, estimate) -> Mean:
        """From what `scores.compare` and its like return."""
        low, high = estimate.interval()
        return cls(estimate.value, low, high, n=estimate.n)

    @property
    def sign(self) -> int | None:
        """1: surely above 0. −1: surely below. 0: cannot be told. None: without an interval."""
        return None if self.low is None else (self.low > 0) - (self.high < 0)

    def __format__(self, how: str) -> str:
        digits = int(how.strip("±,=.f") or 3)
        if how.startswith("±"):
            return f"{signed(self.mean, digits)} ± {(self.high - self.low) / 2:.{digits}f}"
        if how.startswith("="):
            return f"{self.mean:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"
        text = ranged(self.mean, self.low, self.high, digits)
        return text.replace(" (", ", ").rstrip(")") if how.startswith(",") else text
