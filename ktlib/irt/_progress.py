"""A fit's bars: sweeps, answers a second, what the last sweep gained, and about how long the rest will take."""

from __future__ import annotations

import math
from contextlib import contextmanager

from tqdm.auto import tqdm


class Bar:
    """The bar of one climb; silent where `answers`, how many there are, is 0.

    most: sweeps that may be taken; spent: of these, taken before. How many are left is guessed from how fast the gains
    fall, so that the bar's time left is a guess too.
    """

    def __init__(self, most: int, spent: int, answers: int):
        self.most, self.answers, self.last = most, int(answers), None
        self.bar = tqdm(total=most, initial=spent, unit="sweep", disable=not answers)

    def lost(self) -> None:
        """A sweep was taken in vain."""
        self.last = None
        self.bar.update()

    def gained(self, value: float, gain: float, enough: float) -> None:
        """A sweep gained so much and led to this ELBO; the climb ends where one gains less than `enough`."""
        bar = self.bar
        if bar.disable:
            return
        bar.update()
        if self.last and 0 < gain < self.last and enough > 0:
            left = math.log(max(gain / enough, 1.0)) / math.log(self.last / gain)
            bar.total = min(self.most, bar.n + math.ceil(left))
        self.last = gain
        rate = bar.format_dict["rate"] or 0.0
        bar.set_postfix_str(f"{rate * self.answers:,.0f} answers/s, elbo={value:.2f}, gain={gain:.2g}")

    def close(self) -> None:
        """The climb has ended."""
        self.bar.close()


@contextmanager
def passes(most: int, shown: bool):
    """The bar of a calibration, which takes so many passes over the answers, or fewer: what to call after each."""
    with tqdm(total=most, unit="pass", desc="calibrating", disable=not shown) as bar:
        yield bar.update
        bar.total = bar.n
