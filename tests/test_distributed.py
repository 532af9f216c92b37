"""Two processes that share a log find what one finds; what goes wrong in one ends both, with one error."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

import ktlib
from ktlib.data import designs
from ktlib.data.responses import Responses
from ktlib.irt import _shards as shards
from ktlib.irt import ascent, distributed, processes
from ktlib.irt.fits import Fit
from ktlib.irt.priors import Normal, default_priors

LOG = designs.homework(rng=0, answers=3_000, students=60, items=250).responses
LAYOUT = {"attributes": (np.arange(250)[:, None] % 3 == np.arange(3)) + 0.0, "mask": np.tri(2, 3) == 1}
CASES = {
    "two-parameter": {"learned": ("difficulty", "ability")},
    "factorization": {"factors": 2, "rng": 1, "learned": ("loadings", "difficulty"), "tol": 0.01},
    "hierarchical": {"factors": 1, "rng": 1, "rule": "paper", "max_steps": 20, **LAYOUT},
}
NAMED = {"priors": default_priors("two-parameter") | {"ability": Normal(np.arange(60) / 60, 0.7, names=LOG.students)}}

SHARED = """
import os, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from test_distributed import CASES, LOG, NAMED, command
from ktlib.irt import _calibration, _checkpoints, _packed, _two_parameter, distributed
from ktlib.irt.processes import joined

folder, here = Path(sys.argv[2]), joined(timeout=60)
mine = distributed.share(LOG, here.rank, here.size)

def kept(fit, name, every=False):
    if here.rank == 0 or every:
        fit.save(folder / name)

def refused(call):
    try:
        call()
    except (ValueError, OSError) as error:
        print(type(error).__name__, error, flush=True)

for model, settings in CASES.items():
    kept(distributed.fit(mine, model, gather=True, **settings), f"{model}.npz")
kept(distributed.fit(mine, gather=True, **NAMED), "named.npz")
kept(distributed.fit(mine, **CASES["two-parameter"]), f"own{here.rank}.npz", True)

path = folder / "kept.npz"
for steps in (4, 14, 500):
    fit = distributed.fit(
        mine, "factorization", gather=True, checkpoint=path, every=3, **CASES["factorization"], max_steps=steps
    )
kept(fit, "resumed.npz")

refused(lambda: distributed.fit(mine, "two-parameter" if here.rank else "nonsense"))
refused(lambda: distributed.fit(mine, "factorization", factors=2, rng=here.rank))
refused(lambda: distributed.fit(mine, checkpoint=path))
names = LOG.items if here.rank else LOG.items[::-1]
refused(lambda: distributed.fit(type(mine)(mine.student, mine.item, mine.correct, mine.students, names)))
refused(lambda: distributed.read([folder / "log.parquet", folder / "cut.parquet"]))
refused(lambda: distributed.read([folder / "log.parquet", folder / "missing.parquet"]))
def full(*_, **__):
    raise OSError(28, "No space left on device")
savez, _checkpoints.np.savez = np.savez, full
refused(lambda: distributed.fit(mine, checkpoint=folder / "full.npz", every=1))
_checkpoints.np.savez = savez

assert distributed.main(command(folder)) == 0
read = distributed.read(folder / "log.parquet")
_two_parameter.EXACT = _calibration.ITEMS = 0  # as in a large log
_packed.NUMBERS = 500
kept(distributed.fit(read, gather=True), "large.npz")
kept(distributed.fit(mine, "factorization", gather=True, **CASES["factorization"]), "parts.npz")
"""

DYING = """
import os, sys
from ktlib.irt import distributed
from ktlib.irt._two_parameter import TwoParameterAscent as Way
bound, asked = Way.bound, []

def dying(way, *arguments):
    asked.append(1)
    if len(asked) == 7:
        os._exit(9)
    return bound(way, *arguments)

if os.environ["RANK"] == "1":
    Way.bound = dying
sys.exit(distributed.main(sys.argv[1:]))
"""


def both(*command) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of two processes that share their work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "CUDA_VISIBLE_DEVICES": ""}
    known |= {"PYTHONPATH": str(Path(ktlib.__file__).parents[1]), "PYTHONWARNINGS": "ignore"}
    started = [
        subprocess.Popen(
            [sys.executable, *command],
            env=os.environ | known | {"RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    return [(one.wait(), *told) for one in started for told in [one.communicate(timeout=120)]]


def command(folder: Path) -> list[str]:
    """Arguments of the command."""
    paths = {"--out": folder / "fit.npz", "--checkpoint": folder / "left.npz", "--every": 2}
    return [str(folder / "log.parquet"), *(str(v) for pair in paths.items() for v in pair)]


@pytest.fixture(scope="module")
def died(tmp_path_factory):
    """A folder with a log and what a fit left of which one process died, and how both ended."""
    folder = tmp_path_factory.mktemp("shared")
    log = LOG.to_frame().sort_values(["student", "item"])
    log.to_parquet(folder / "log.parquet", index=False, row_group_size=700)
    whole = (folder / "log.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    ended = both("-c", DYING, *command(folder))
    assert not (folder / "fit.npz").exists()
    return folder, ended


@pytest.fixture(scope="module")
def shared(died):
    """What two processes left in that folder, and what they printed."""
    folder = died[0]
    done = both("-c", SHARED, str(Path(__file__).parent), str(folder))
    assert [code for code, *_ in done] == [0, 0], "\n".join(said for *_, said in done)
    return folder, [out.splitlines() for _, out, _ in done]


def same(one: Fit, two: Fit, within=1e-8):
    assert f"{one.elbo:.10g}" == f"{two.elbo:.10g}" and len(one.trace) == len(two.trace)
    np.testing.assert_allclose(one.trace, two.trace, rtol=1e-11)
    assert one.posterior.students == two.posterior.students and one.spreads == two.spreads
    for name, block in one.posterior.blocks.items():
        np.testing.assert_allclose(block.loc, two.posterior.blocks[name].loc, atol=within)
        np.testing.assert_allclose(block.scale, two.posterior.blocks[name].scale, atol=within)
        np.testing.assert_allclose(one.priors[name].scale, two.priors[name].scale, atol=within)


@pytest.mark.parametrize("model", CASES)
def test_two_processes_give_the_fit_of_one(model, shared):
    same(Fit.load(shared[0] / f"{model}.npz"), ascent.fit(LOG, model, **CASES[model]))


def test_a_prior_for_each_student_goes_where_the_student_is(shared):
    same(Fit.load(shared[0] / "named.npz"), ascent.fit(LOG, **NAMED))


def test_without_gathering_each_has_its_own_students(shared):
    whole = ascent.fit(LOG, **CASES["two-parameter"]).posterior
    parts = [Fit.load(shared[0] / f"own{rank}.npz").posterior for rank in range(2)]
    assert parts[0].students + parts[1].students == whole.students
    abilities = np.concatenate([part.mean("ability") for part in parts])
    np.testing.assert_allclose(abilities, whole.mean("ability"), atol=1e-8)
    assert parts[0].mean("difficulty").tobytes() == parts[1].mean("difficulty").tobytes()


def test_a_large_log_from_a_file_with_items_in_parts(shared, monkeypatch):
    from ktlib.irt import _calibration, _two_parameter

    monkeypatch.setattr(_two_parameter, "EXACT", 0)
    monkeypatch.setattr(_calibration, "ITEMS", 0)
    log = LOG.to_frame().sort_values(["student", "item"])
    ordered = Responses.from_frame(log, items=sorted(log.item.unique()))
    same(Fit.load(shared[0] / "large.npz"), ascent.fit(ordered))
    same(Fit.load(shared[0] / "parts.npz"), ascent.fit(LOG, "factorization", **CASES["factorization"]))


def test_a_fit_that_was_stopped_twice_ends_with_the_same_bytes(shared):
    alone, resumed = (Fit.load(shared[0] / f"{name}.npz") for name in ("factorization", "resumed"))
    assert alone.trace.tobytes() == resumed.trace.tobytes() and alone.elbo == resumed.elbo
    for name, block in alone.posterior.blocks.items():
        assert block.loc.tobytes() == resumed.posterior.blocks[name].loc.tobytes()


def test_what_one_process_refuses_all_refuse_in_the_same_words(shared):
    folder, (first, second) = shared
    assert first[:-1] == second
    expected = [
        "ValueError process 0 of 2: model = 'nonsense': give one of",
        "ValueError the processes have different settings, model = 'factorization'",
        f"ValueError checkpoint {folder / 'kept.npz'} is of another fit, or of other answers, or of another number",
        "ValueError the processes name different items, or in another order",
        f"ValueError {folder / 'cut.parquet'} cannot be read",
        f"ValueError {folder / 'missing.parquet'} cannot be read",
        "OSError [Errno 28] No space left on device",
    ]
    assert len(second) == len(expected)
    for said, wanted in zip(second, expected, strict=True):
        assert said.startswith(wanted)
    assert not (folder / "full.npz").exists()


def test_a_process_that_dies_ends_all_with_one_error(died):
    folder, [(code, _, said), (status, *_)] = died
    assert (code, status) == (1, 9)
    (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert "a process that shares this fit has ended" in error
    assert f"checkpoint = {str(folder / 'left.npz')!r}, the last good one" in error


def test_from_its_checkpoint_the_command_goes_on(shared):
    assert "3,000 answers, 2 processes: ELBO" in shared[1][0][-1]
    log = Responses.from_file(shared[0] / "log.parquet")
    same(Fit.load(shared[0] / "fit.npz"), ascent.fit(Responses.from_frame(log.to_frame(), items=sorted(log.items))))


@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_shares_hold_every_answer_once_and_about_as_many_each(world):
    parts = [distributed.share(LOG, rank, world) for rank in range(world)]
    assert sum(map(len, parts)) == len(LOG) and all(part.items == LOG.items for part in parts)
    assert sum((part.students for part in parts), ()) == LOG.students
    key = lambda r: {(r.students[s], r.items[i], c) for s, i, c in zip(r.student, r.item, r.correct, strict=True)}  # noqa: E731
    assert set().union(*map(key, parts)) == key(LOG)
    most = np.bincount(LOG.student).max()
    assert max(map(len, parts)) - min(map(len, parts)) <= 2 * most


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("group", [7, 100, 10_000])
def test_shares_of_a_file_hold_every_answer_once(size, group, tmp_path):
    log = LOG.to_frame().sort_values("student", kind="stable").reset_index(drop=True)
    log[:1_200].to_parquet(tmp_path / "a.parquet", index=False, row_group_size=group)
    log[1_200:].to_parquet(tmp_path / "b.parquet", index=False, row_group_size=group)
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    parts = [shards.columns_of(paths, ["student", "item", "correct"], rank, size) for rank in range(size)]
    found = [np.concatenate(column) for column in zip(*parts, strict=True)]
    for name, column in zip(("student", "item", "correct"), found, strict=True):
        assert np.array_equal(column, log[name])
    assert sum(len(set(part[0])) for part in parts) == log.student.nunique()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log[::-1], r"is not ordered by student: in row \d+ comes \d+; sort it"),
        (lambda log: log.rename(columns={"item": "question"}), "has no column 'item', but student, question, correct"),
        (lambda log: log.astype({"item": object}).mask(log.item == 3), "lacks a value in column 'student'"),
        (lambda log: log.head(1), "1 rows are too few for 2 processes"),
        (lambda log: log[log.student == 2], "too many are one student's: start fewer"),
    ],
)
def test_a_file_that_cannot_be_shared_is_refused(change, message, tmp_path):
    change(LOG.to_frame().sort_values("student")).to_parquet(tmp_path / "log.parquet", index=False)
    with pytest.raises(ValueError, match=message):
        for rank in range(2):
            shards.columns_of(tmp_path / "log.parquet", ["student", "item", "correct"], rank, 2)


def test_what_cannot_be_shared_is_refused_at_the_door(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(processes, "_JOINED", [])
    with pytest.raises(ValueError, match=r"one process, not one of many \(RANK is not set\): start the program with"):
        processes.joined()
    with pytest.raises(ValueError, match="backend = 'mpi': give one of 'gloo', 'nccl', None"):
        processes.joined("mpi")
    with pytest.raises(ValueError, match="world = 61: 60 students answered, some would get none"):
        distributed.share(LOG, 0, 61)
    with pytest.raises(ValueError, match="rank = 2: give a whole number, 0 to 1"):
        distributed.share(LOG, 2, 2)
    with pytest.raises(ValueError, match="among = 3: leave it to distributed"):
        ascent.fit(LOG, among=3)


def test_a_student_in_two_processes_is_refused(monkeypatch):
    class Twins:  # the other process brings the same students
        rank, size = 0, 2

        def checked(self, work):
            return work()

        def list(self, value):
            return [value, value]

    monkeypatch.setattr(distributed, "joined", lambda backend, timeout: Twins())
    with pytest.raises(ValueError, match="stands twice among the student names"):
        distributed.fit(designs.dense(rng=0).responses)
