"""What a fit will take is what it takes; what does not fit is refused before it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ktlib.data import designs
from ktlib.irt import _memory, ascent

MEASURE = """
import ctypes, gc, re, sys, warnings
from pathlib import Path
if "numpy" in sys.argv:
    sys.modules["ktlib.irt._compiled"] = sys.modules["ktlib.irt._packed"] = None
from ktlib.data import designs
from ktlib.irt import _calibration, ascent

warnings.simplefilter("ignore")
settings = eval(sys.argv[1])
log = designs.homework(rng=1, **settings.pop("log")).responses
for _calibration.ITEMS in (0, _calibration.ITEMS):  # whatever is still to be compiled, is
    ascent.fit(designs.homework(answers=60_000, rng=0).responses, max_steps=2, **settings)
gc.collect()
ctypes.CDLL("libc.so.6").malloc_trim(0)
status = Path("/proc/self/status")
held = lambda what: 1024 * int(re.search(what + r":\\s+(\\d+)", status.read_text())[1])
Path("/proc/self/clear_refs").write_text("5")
before = held("VmRSS")
ascent.fit(log, max_steps=2, **settings)
sizes = len(log), len(log.students), len(log.items)
settings.pop("rng", None)
print(held("VmHWM") - before, ascent.memory(*sizes, **settings))
"""
FACTORS = {"model": "factorization", "rng": 0}


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="measured where Linux tells")
@pytest.mark.parametrize(
    "settings",
    [
        {"log": {"answers": 1_000_000}},
        {"log": {"answers": 1_000_000, "students": 10_000, "items": 60_000}},
        {"log": {"answers": 300_000, "students": 4_000, "items": 1_000}},
        {"log": {"answers": 1_000_000, "students": 60_000, "items": 60_000}, "factors": 5} | FACTORS,
        {"log": {"answers": 1_000_000}, "factors": 20} | FACTORS,
    ],
    ids=lambda settings: " ".join(f"{k}={v}" for k, v in settings.items() if k != "log") + f" {settings['log']}",
)
def test_a_fit_takes_the_memory_that_was_told(settings):
    pytest.importorskip("numba")
    peak, told = measured(settings)
    assert peak == pytest.approx(told, rel=0.25)


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="measured where Linux tells")
def test_without_numba_too():
    peak, told = measured({"log": {"answers": 500_000}, "factors": 3} | FACTORS, "numpy")
    assert peak == pytest.approx(told, rel=0.25)


def measured(settings, *options):
    """Bytes that a fit took at its peak in a process of its own, which gives back what it frees; and what was told."""
    limits = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    limits |= {f"MALLOC_{what}_THRESHOLD_": "65536" for what in ("MMAP", "TRIM")}
    here = str(Path(ascent.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, repr(settings), *options],
        check=True, capture_output=True, text=True, env=os.environ | limits | {"PYTHONPATH": here},
    )  # fmt: skip
    return map(int, done.stdout.split())


def test_what_does_not_fit_is_refused_before_it_starts(monkeypatch):
    log = designs.dense(rng=0).responses
    needed = ascent.memory(len(log), 50, 30)
    monkeypatch.setattr(_memory, "SMALL", 0)  # even of a class of 50 it is asked
    monkeypatch.setattr(_memory, "free", lambda: needed - 1)
    monkeypatch.setattr(ascent, "starting_values", None)  # the first work
    told = r"1,500 answers of 50 students to 30 items take about .* GB to fit, but only .* GB are free: take "
    with pytest.raises(
        ValueError, match=told + r"calibrate=False, a part of the answers \(split_students\), a machine"
    ):
        ascent.fit(log)
    monkeypatch.setattr(_memory, "free", lambda: 1000)
    with pytest.raises(ValueError, match=told + "fewer factors, "):
        ascent.fit(log, "factorization", factors=2, rng=0)


def test_a_fit_that_just_fits_goes_on(monkeypatch):
    log = designs.dense(rng=0).responses
    for left in (ascent.memory(len(log), 50, 30), None):
        monkeypatch.setattr(_memory, "free", lambda left=left: left)
        assert ascent.fit(log).converged


def test_with_a_bar_the_memory_is_told(capsys):
    ascent.fit(designs.dense(rng=0).responses, progress=True)
    out = capsys.readouterr()
    assert "1,500 answers of 50 students to 30 items take about" in out.out
    assert "answers/s" in out.err


def test_more_answers_factors_or_weights_take_more():
    least = ascent.memory(10**6, 2000, 4000)
    assert least < ascent.memory(2 * 10**6, 2000, 4000)
    assert least < ascent.memory(10**6, 2000, 4000, weighted=True)
    assert ascent.memory(10**6, 2000, 4000, calibrate=False) < least
    few, many = (ascent.memory(10**8, 10**5, 10**5, "factorization", factors=k) for k in (5, 50))
    assert few < many


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 5), "answers = 0: give a whole number"),
        ((9, 5, 2.5), "items = 2.5: give a whole number"),
        ((9, 5, 5, "rasch"), "model = 'rasch': give one of"),
        ((9, 5, 5, "factorization"), "factors = None: give a whole number"),
    ],
)
def test_bad_sizes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ascent.memory(*arguments)


def test_a_two_parameter_model_has_no_factors():
    with pytest.raises(ValueError, match="factors = 3: a two-parameter model has none"):
        ascent.memory(9, 5, 5, factors=3)


def machine(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return _memory.free(root)


def test_free_is_the_least_of_the_machine_and_its_groups(tmp_path):
    files = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n"}
    assert machine(tmp_path, files) == 8000 * 1024
    files |= {"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n"}
    files |= {"sys/fs/cgroup/a/b/memory.current": "5\n", "sys/fs/cgroup/a/memory.max": "5000\n"}
    files |= {"sys/fs/cgroup/a/memory.current": "3000", "sys/fs/cgroup/a/memory.stat": "anon 7\ninactive_file 400\n"}
    assert machine(tmp_path, files) == 2400
    files |= {"sys/fs/cgroup/a/memory.current": "7000"}
    assert machine(tmp_path, files) == 0


def test_free_by_the_older_groups(tmp_path):
    files = {"proc/self/cgroup": "3:cpu:/x\n2:memory:/job\n0::/\n", "proc/meminfo": "MemAvailable: 8000 kB\n"}
    files |= {"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "900\n"}
    files |= {"sys/fs/cgroup/memory/job/memory.usage_in_bytes": "500\n"}
    files |= {"sys/fs/cgroup/memory/job/memory.stat": "inactive_file 1\ntotal_inactive_file 50\n"}
    assert machine(tmp_path, files) == 450


def test_a_system_that_does_not_tell(tmp_path):
    assert _memory.free(tmp_path) is None
