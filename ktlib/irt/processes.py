"""The processes that `torchrun` started, as a fit needs them: sums over all, and one error for all.

`torch.distributed` joins them, by gloo on processors or nccl on GPUs. Only its calls stand here; what is shared, and
why the result is that of one process, says `distributed`.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

import numpy as np

from .. import _checks as checks
from ._answers import each
from ._sharing import FAILED, Alone

BLOCK = 1_000_000  # draws at a time that are for others
START = "start the program with torchrun, such as: torchrun --nproc-per-node 2 fit.py"


class ProcessLost(RuntimeError):
    """A process that shares the fit has ended, or cannot be reached any more."""


class Processes(Alone):
    """The processes that `torchrun` started, as a fit needs them; made by `joined`.

    rank: which one this is, from 0. size: how many there are. All of them must call the same methods in the same order.
    """

    def __init__(self, torch, store, rank: int, size: int):
        self._torch, self._store, self.rank, self.size = torch, store, rank, size
        self._device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
        self._rows: list[int] = []

    def sum(self, value):
        """A number's or an array's sum over all processes; numbers with a point are added in 64 bits."""
        array = np.asarray(value)
        array = array.astype(float if array.dtype.kind == "f" else np.int64)
        tensor = self._torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
        with _reached():
            self._torch.distributed.all_reduce(tensor)
        found = tensor.cpu().numpy().reshape(array.shape)
        return found if array.ndim else found.item()

    def list(self, value) -> list:
        """A value of every process, in their order."""
        out = [None] * self.size
        with _reached():
            self._torch.distributed.all_gather_object(out, value)
        return out

    def told(self, work: Callable):
        """What `work` gives in the first process, or the error it raises there, in all of them."""
        box = [None, None]
        if self.rank == 0:
            try:
                box[0] = work()
            except (ValueError, OSError) as error:
                box[1] = error
        with _reached():
            self._torch.distributed.broadcast_object_list(box, src=0)
        if box[1] is not None:
            raise box[1]
        return box[0]

    def checked(self, work: Callable):
        """What `work` gives here; where it raises a ValueError or OSError in any process, one ValueError in all."""
        found = error = None
        try:
            found = work()
        except (ValueError, OSError) as wrong:
            error = str(wrong)
        errors = self.list(error)
        said = [(rank, text) for rank, text in enumerate(errors) if text is not None]
        if said:
            rank, text = said[0]
            raise ValueError(text if len(set(errors)) == 1 else f"process {rank} of {self.size}: {text}")
        return found

    def agreed(self, work: Callable, *arguments):
        """What `work` gives here; where a step goes too far in one process, OverflowError in all of them."""
        found, lost = None, 0
        try:
            found = work(*arguments)
        except FAILED:
            lost = 1
        if self.sum(lost):
            raise OverflowError("a step beyond all numbers")
        return found

    def share(self, students: int) -> None:
        """Says how many students are one's own, before `whole`, `own` and `drawn`."""
        self._rows = self.list(students)

    def tells(self) -> bool:
        """Whether this process is the first of those left to tell of an error."""
        try:
            return self._store.add("ktlib/told", 1) == 1
        except RuntimeError:  # the store was in a process that has ended
            return True

    @property
    def _own(self) -> slice:
        first = sum(self._rows[: self.rank])
        return slice(first, first + self._rows[self.rank])

    def whole(self, rows: np.ndarray) -> np.ndarray:
        """The rows of all students, in the processes' order, from those of one's own."""
        longest = np.zeros((max(self._rows), *rows.shape[1:]))
        longest[: len(rows)] = rows
        mine = self._torch.from_numpy(longest).to(self._device)
        out = [self._torch.empty_like(mine) for _ in range(self.size)]
        with _reached():
            self._torch.distributed.all_gather(out, mine)
        return np.concatenate([v.cpu().numpy()[:n] for v, n in zip(out, self._rows, strict=True)])

    def own(self, rows: np.ndarray) -> np.ndarray:
        """The rows of one's own students, from those of all."""
        return rows[self._own]

    def drawn(self, rng: np.random.Generator, shape: tuple) -> np.ndarray:
        """Standard normal draws for one's own students, those of the others drawn too, a few at a time."""
        wide, mine = int(np.prod(shape[1:])), self._own

        def skip(rows):
            for start in range(0, rows * wide, BLOCK):
                rng.standard_normal(min(BLOCK, rows * wide - start))

        skip(mine.start)
        found = rng.standard_normal(shape)
        skip(sum(self._rows) - mine.stop)
        return found

    def each(self, sums: Callable, then: Callable, parts):
        """`then(part, *sums(part))` for each part of the items, the arrays that `sums` gives summed over all.

        They are added up in the parts' order, while the next parts are summed here.
        """
        here = zip(parts, each(sums, parts), strict=True)
        ready = ((part, *map(self.sum, arrays)) for part, arrays in here)
        done = list(each(lambda part: _caught(then, *part), ready))
        for _, error in done:  # after all sums: or else one process might wait for the next
            if error is not None:
                raise error
        return [value for value, _ in done]


def _caught(work, *arguments):
    try:
        return work(*arguments), None
    except FAILED as error:
        return None, error


@contextmanager
def _reached():
    """Around what needs all processes: one that does not answer is a `ProcessLost`."""
    try:
        yield
    except RuntimeError as error:
        said = str(error).partition("\n")[0].rpartition(".cc:")[2].partition("] ")[2].partition(". ")[0] or error
        raise ProcessLost(f"a process that shares this fit has ended or does not answer ({said})") from error


def _started(backend: str | None, timeout: float) -> Processes:
    with checks.extra("bayes", "ktlib.irt.processes"):
        import torch
    group = torch.distributed
    if not group.is_available():
        raise ValueError("this build of torch has no torch.distributed: install one that has")
    missing = [name for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise ValueError(f"this is one process, not one of many ({missing[0]} is not set): {START}")
    backend = backend or ("nccl" if torch.cuda.is_available() else "gloo")
    if backend == "nccl":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    longest = timedelta(seconds=timeout)
    with _reached():
        store, rank, size = next(group.rendezvous("env://", timeout=longest))
        group.init_process_group(backend, timeout=longest, store=store, rank=rank, world_size=size)
    atexit.register(_left, group)
    return Processes(torch, store, rank, size)


def _left(group) -> None:
    if group.is_initialized():
        group.destroy_process_group()


_JOINED: list[Processes] = []


def joined(backend: str | None = None, timeout: float = 600.0) -> Processes:
    """The processes that `torchrun` started, joined on the first call; `.rank` is this one's place, `.size` how many.

    backend: "gloo" for processors, "nccl" for GPUs; by default nccl where torch finds a GPU. timeout: seconds after
    which a process that does not answer counts as lost. Later calls give what the first one joined.

    Raises ValueError in a program that torchrun did not start, and ModuleNotFoundError without torch (the extra
    "bayes").
    """
    backend = checks.one_of(backend, ("gloo", "nccl", None), "backend")
    timeout = checks.not_negative(timeout, "timeout")
    if not 1 <= timeout <= 1e6:
        raise ValueError(f"timeout = {timeout:g}: give seconds, 1 to a million, such as 600")
    if not _JOINED:
        _JOINED.append(_started(backend, timeout))
    return _JOINED[0]
