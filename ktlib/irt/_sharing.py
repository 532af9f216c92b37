"""Who shares the answers of a fit: here one process alone. `distributed.Processes` are many, students dealt out.

Students' numbers belong to the process that has their answers; items' numbers are the same everywhere, for every sum
over students goes through `sum`. What one process cannot do fails in all of them, at the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ._answers import each

FAILED = (ArithmeticError, np.linalg.LinAlgError)  # a step too far


class Alone:
    """One process: every sum is whole, and nobody has to be told."""

    rank, size = 0, 1

    def sum(self, value):
        """A number's or an array's sum over all processes."""
        return value

    def list(self, value) -> list:
        """A value of every process, in their order."""
        return [value]

    def told(self, work: Callable):
        """What `work` gives in the first process, or the error it raises there, in all of them."""
        return work()

    def checked(self, work: Callable):
        """What `work` gives here; where it raises a ValueError or OSError in any process, one ValueError in all."""
        return work()

    def agreed(self, work: Callable, *arguments):
        """What `work` gives here; where a step goes too far in one process, OverflowError in all of them."""
        return work(*arguments)

    def whole(self, rows: np.ndarray) -> np.ndarray:
        """The rows of all students, in the processes' order, from those of one's own."""
        return rows

    def own(self, rows: np.ndarray) -> np.ndarray:
        """The rows of one's own students, from those of all."""
        return rows

    def drawn(self, rng: np.random.Generator, shape: tuple) -> np.ndarray:
        """Standard normal draws for one's own students, those of the others drawn too."""
        return rng.standard_normal(shape)

    def each(self, sums: Callable, then: Callable, parts: Sequence) -> Iterator:
        """`then(part, *sums(part))` for each part of the items, the arrays that `sums` gives summed over all."""
        return each(lambda part: then(part, *sums(part)), parts)


ALONE = Alone()
