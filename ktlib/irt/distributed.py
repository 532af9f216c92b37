"""One fit by many processes or machines: students are dealt out, sums over them are added up between all.

Every process holds all answers of its own students and a copy of the items' numbers. In a sweep students are updated
at home; items need sums over all students, which `torch.distributed` adds up (an all-reduce, in 64 bits). So the result
is the one of a single process, to rounding. All end at the same sweep, as they judge the same number, and where one
process ends too early the others end with one error.

    torchrun --nproc-per-node 2 -m ktlib.irt.distributed LOG.parquet --model two-parameter --out fit.npz
"""

from __future__ import annotations

import argparse
import signal
import sys
import zlib
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import _checks as checks
from ..data._frames import unique_names
from ..data.responses import Responses
from . import ascent
from ._shards import coded, columns_of
from .fits import Fit
from .model import Model
from .posterior import Posterior
from .priors import Normal
from .processes import Processes, ProcessLost, joined


def share(responses, rank: int, world: int) -> Responses:
    """All answers of the students that process `rank` of `world` gets, and all items.

    Students are dealt out in their order, so that each process has about as many answers: the first ones to process 0.
    A student without answers goes where her neighbours go. Raises ValueError where some process would get none.
    """
    checks.instance(responses, Responses, "responses", "make them with Responses.from_wide or from_frame")
    world = checks.whole(world, "world", 1)
    rank = checks.whole(rank, "rank", 0, world - 1)
    answered = np.bincount(responses.student, minlength=len(responses.students))
    few = ValueError(f"world = {world}: {np.count_nonzero(answered)} students answered, some would get none; give less")
    if world > len(answered):
        raise few
    ends = np.cumsum(answered)
    cuts = np.searchsorted(ends, np.arange(world + 1) / world * ends[-1] - answered.mean() / 2)
    cuts[[0, -1]] = 0, len(answered)
    if (np.diff(np.concatenate([[0], ends])[cuts]) == 0).any():
        raise few
    first, last = cuts[rank], cuts[rank + 1]
    mine = (responses.student >= first) & (responses.student < last)
    optional = (None if v is None else v[mine] for v in (responses.order, responses.weight))
    columns = responses.student[mine] - first, responses.item[mine], responses.correct[mine]
    return Responses(*columns, responses.students[first:last], responses.items, *optional)


def read(paths, *, student: str = "student", item: str = "item", correct: str = "correct") -> Responses:
    """This process's share of a log in .parquet files, of which it reads only the row groups that it needs.

    paths: a file or a list of files, one after the other, rows ordered by student, as `designs.homework_file` writes
    them. student, item, correct: names of columns. Called by every process; items are those of the whole log, in the
    order of their names. Raises ValueError, the same in all processes, for a file that is missing or unreadable or not
    ordered, before any sweep.
    """
    here = joined()
    names = [checks.instance(v, str, "a column", "give its name") for v in (student, item, correct)]
    columns = here.checked(lambda: columns_of(paths, names, here.rank, here.size))
    items = sorted(set().union(*here.list(np.unique(columns[1]).tolist())))
    return here.checked(lambda: coded(columns, items))


def fit(
    responses, model: str = "two-parameter", *, gather: bool = False, backend=None, timeout: float = 600.0, **settings
) -> Fit:
    """`ascent.fit` on the answers of all processes, of which each gives those of its own students, and all items.

    responses: `Responses`, such as `share` or `read` gives; no student in two processes, the same items in all. gather:
    whether every process gets the students of all, in the processes' order; else its own. backend, timeout: as in
    `processes.joined`. settings: those of `ascent.fit`, the same in all processes. A prior with a row for each student
    needs their names. checkpoint: a path that the first process reads and writes; a fit goes on with as many processes
    as it began with. progress: the first process shows it.

    The ELBO is that of one process with all answers, to rounding, and so are the blocks.

    Raises ValueError, the same in all processes, before any work; `ProcessLost` where another process ends or does not
    answer for `timeout` seconds, with the path of the last good checkpoint.
    """
    gather, path = checks.flag(gather, "gather"), settings.get("checkpoint")
    here = joined(backend, timeout)
    with _keeping(path):
        here.checked(lambda: _refused(responses, model, settings))
        _alike(here.list(_words(responses, model, settings)))
        names = [name for part in here.list(responses.students) for name in part]
        here.checked(lambda: unique_names(names, "student"))  # one in two processes would be two students
        here.share(len(responses.students))
        settings["progress"] = checks.flag(settings.get("progress", False), "progress") and here.rank == 0
        found = ascent.fit(responses, model, among=here, **settings)
        return _gathered(found, tuple(names), here) if gather else found


@contextmanager
def _keeping(path):
    """Around a fit: a lost process is told with the checkpoint from which all can go on."""
    try:
        yield
    except ProcessLost as error:
        kept = "no checkpoint was kept: give a path as checkpoint, and start again"
        if path is not None and Path(path).exists():
            kept = f"start again with checkpoint = {str(path)!r}, the last good one"
        elif path is not None:
            kept = f"it had not come to its first checkpoint, {str(path)!r}: start again"
        raise ProcessLost(f"{error}: {kept}") from error


def _refused(responses, model, settings) -> None:
    """ValueError for what this process cannot begin with."""
    shape = {name: settings.get(name) for name in ("factors", "attributes", "mask")}
    kind = Model.of(model, responses, **shape)
    ability = kind.priors(settings.get("priors"))["ability"]
    if ability.names is None and ability.loc.ndim == len(kind.shapes["ability"]) and len(ability.loc) > 1:
        raise ValueError("the prior of 'ability' has a row for each student: give it names, so that each is found")


def _words(responses, model, settings) -> tuple[int, str]:
    """What must be the same in all processes: the items' names, and settings as far as they are numbers or names."""
    plain = str | int | float | tuple | list | None
    told = {k: v for k, v in settings.items() if isinstance(v, plain) and k not in ("checkpoint", "progress")}
    if settings.get("rng") is not None:
        told["rng"] = checks.generator(settings["rng"]).bit_generator.state
    return zlib.crc32(repr(responses.items).encode()), f"model = {model!r}, {sorted(told.items())}"


def _alike(words) -> None:
    items, told = (set(each) for each in zip(*words, strict=True))
    if len(items) > 1:
        raise ValueError("the processes name different items, or in another order: give each those of the whole log")
    if len(told) > 1:
        one, other = sorted(told)[:2]
        raise ValueError(f"the processes have different settings, {one} and {other}: give all the same")


def _gathered(fit: Fit, names: tuple, here: Processes) -> Fit:
    """A fit with the students of all processes."""

    def whole(block):
        return Normal(here.whole(block.loc), here.whole(block.scale), block.log, names)

    own, priors = fit.posterior, dict(fit.priors)
    blocks = own.blocks | {"ability": whole(own.blocks["ability"])}
    if priors["ability"].names is not None:
        priors["ability"] = whole(priors["ability"])
    posterior = Posterior(own.model, blocks, names, own.items, own.attributes, own.frozen)
    return replace(fit, posterior=posterior, priors=priors)


def parsed(arguments=None) -> argparse.Namespace:
    """The command's settings, from its words; by default those that it was started with."""
    parser = argparse.ArgumentParser(prog="torchrun -m ktlib.irt.distributed", description=__doc__.split("\n")[0])
    parser.add_argument("log", nargs="+", help=".parquet files, one after the other, rows ordered by student")
    parser.add_argument("--out", required=True, help=".npz file for the fit, which Fit.load reads")
    parser.add_argument("--model", default="two-parameter", choices=["two-parameter", "factorization"])
    parser.add_argument("--factors", type=int, help="how many, for a factorization")
    parser.add_argument("--learned", nargs="*", default=[], help="blocks whose prior is learned")
    parser.add_argument("--rule", default="safe", choices=["safe", "paper"])
    parser.add_argument("--tol", type=float)
    parser.add_argument("--max-steps", type=int, default=500)
    parser.add_argument("--rng", type=int, default=0, help="seed of a factor model's start")
    parser.add_argument("--checkpoint", help="file from which a fit that was stopped goes on")
    parser.add_argument("--every", type=int, default=10, help="sweeps from one checkpoint to the next")
    parser.add_argument("--columns", nargs=3, default=["student", "item", "correct"], help="their names in the log")
    parser.add_argument("--progress", action="store_true", help="show a bar")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="sweep by torch, there")
    parser.add_argument("--backend", choices=["gloo", "nccl"])
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds after which a silent process is lost")
    return parser.parse_args(arguments)


def main(arguments=None) -> int:
    """The command that torchrun starts, see `--help`; returns 0, or 1 after one error."""
    given = parsed(arguments)
    signal.signal(signal.SIGTERM, _ended)
    names = ("factors", "learned", "rule", "tol", "max_steps", "rng", "checkpoint", "every", "device")
    settings, here = {name: getattr(given, name) for name in names}, None
    try:
        here = joined(given.backend, given.timeout)
        mine = read(given.log, **dict(zip(("student", "item", "correct"), given.columns, strict=True)))
        found = fit(mine, given.model, gather=True, progress=given.progress, **settings)
        here.told(lambda: found.save(given.out))
        answers = here.sum(len(mine))
    except (ValueError, OSError, ModuleNotFoundError, ProcessLost) as error:
        if here is None or here.tells():
            print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    if here.rank == 0:
        print(f"{answers:,} answers, {here.size} processes: ELBO {found.elbo:.4f} nats, {found.reason}; {given.out}")
    return 0


def _ended(*_) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise ProcessLost("all were told to end, as happens when one process has ended")


if __name__ == "__main__":
    sys.exit(main())
