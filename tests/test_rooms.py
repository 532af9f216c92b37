"""The house: which floor of ktlib may import which, what `import ktlib` costs, how large a room may grow."""

import ast
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import ktlib
from ktlib._doors import EXTRA

HOUSE = Path(ktlib.__file__).parent
FLOORS = {  # floor: those below it, which it may import; `_checks`, `_doors` and `_numba` stand below all
    "data": set(),
    "bkt": {"data"},
    "irt": {"data"},
    "forecast": {"data", "bkt", "irt"},
    "homework": {"data", "bkt", "irt", "forecast"},
    "studies": {"data", "bkt", "irt", "forecast", "homework"},
    "show": {"data", "bkt", "irt", "forecast", "homework", "studies"},
}
ROOMS = sorted(path.relative_to(HOUSE).as_posix().removesuffix(".py") for path in HOUSE.rglob("*.py"))


def parse(room: str) -> ast.Module:
    return ast.parse((HOUSE / f"{room}.py").read_text(encoding="utf-8"))


def imported(tree: ast.Module, room: str) -> set[str]:
    """Modules of ktlib that `room` imports anywhere, inside functions too, as in "data/responses"."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.replace(".", "/") for alias in node.names if alias.name.split(".")[0] == "ktlib"}
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "ktlib"):
            here = ["ktlib", *room.split("/")][: -node.level] if node.level else []
            base = "/".join([*here, *(node.module or "").split(".")]).strip("/")
            names |= {f"{base}/{alias.name}" for alias in node.names}
    found = {name.removeprefix("ktlib").strip("/") for name in names}
    return {name if {name, f"{name}/__init__"} & set(ROOMS) else name.rpartition("/")[0] for name in found}


def floor(room: str) -> str:
    return room.partition("/")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_an_arrow_goes_only_to_a_floor_further_down(room):
    below = {"_checks", "_doors", "_numba"}
    if room not in ("__init__", "__main__", *below):
        below |= FLOORS[floor(room)] | {floor(room)}
    if room == "__init__":
        below |= {"bkt"}
    if room == "__main__":  # the command, which writes pages
        below |= {"show"}
    assert {floor(other) for other in imported(parse(room), room)} <= below


def test_no_circle_inside_a_floor():
    arrows = {room: {other for other in imported(parse(room), room) if other in ROOMS} for room in ROOMS}
    while free := {room for room, others in arrows.items() if not others}:
        arrows = {room: others - free for room, others in arrows.items() if room not in free}
    assert not arrows, f"these import each other: {arrows}"


def test_the_house_is_the_one_in_the_table():
    assert {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name[0] != "_"} == set(FLOORS)
    assert {path.name for path in HOUSE.glob("*.*")} == {
        "__init__.py",
        "__main__.py",  # `python -m ktlib` looks for it here
        "_checks.py",
        "_doors.py",
        "_numba.py",
    }


@pytest.mark.parametrize("name", FLOORS)
def test_a_floor_offers_all_of_its_modules_but_those_with_an_underscore(name):
    package = import_module(f"ktlib.{name}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__) if module.name[0] != "_"}
    assert {room for room in package.__all__ if room in modules} == modules - set(EXTRA)
    assert set(package.__all__) <= set(dir(package))
    if name != "studies":  # each says itself what it is a study of
        assert all(f"{module}" in package.__doc__ for module in modules), f"ktlib/{name}/__init__.py names its modules"


def test_imports_are_seen_however_they_are_written():
    source = "import ktlib.bkt.em\nfrom ktlib import bkt\nfrom .quotes import MIME\ndef f(): from .. import _checks"
    assert imported(ast.parse(source), "show/figures") == {"bkt/em", "bkt", "show/quotes", "_checks"}


def public(body: list[ast.stmt]):
    """Public functions and classes, and the public methods and properties of all classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_one_job(room):
    """At most 300 lines, and every public function, class, method and property says what it is for."""
    assert len((HOUSE / f"{room}.py").read_text(encoding="utf-8").splitlines()) <= 300
    tree = parse(room)
    silent = [node.name for node in public(tree.body) if not ast.get_docstring(node)]
    assert ast.get_docstring(tree), f"ktlib/{room}.py says nowhere what it is for"
    assert not silent


def test_importing_ktlib_costs_numpy_alone():
    source = (
        "import sys, sysconfig\n"
        "before = set(sys.modules)\n"
        "import ktlib\n"
        "assert ktlib.BKTParams().p_init == 0.2\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", source], cwd=HOUSE.parent, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(loaded) <= {"ktlib", "numpy"}


def run(source: str, *arguments: str) -> subprocess.CompletedProcess:
    """A fresh Python in which `source` runs, where ktlib is the one under test."""
    environment = os.environ | {"PYTHONPATH": str(HOUSE.parent), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", source, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


HIDDEN = """
import sys, inspect, pydoc
class Without:  # as where torch is not installed
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *where):
        return None if name.split(".")[0] in ("torch", "pyro") else self.finder.find_spec(name, *where)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path = [Without(finder) for finder in sys.meta_path]
import ktlib
"""
DOORS = """
from ktlib import *
assert bkt.em.fit and BKTParams and Sequences
assert {name for name, _ in inspect.getmembers(ktlib)} == set(dir(ktlib)) > set(ktlib.__all__)
assert "knowledge tracing and item response models" in pydoc.render_doc(ktlib)
try:
    ktlib.no_such_room
except AttributeError as error:
    assert "no attribute 'no_such_room'" in str(error)
help(ktlib)
"""


def test_every_name_that_ktlib_offers_is_there():
    done = run("import ktlib, inspect, pydoc" + DOORS)
    assert not done.returncode, done.stderr
    assert "bkt" in done.stdout


def test_the_front_door_opens_without_torch():
    done = run(
        HIDDEN
        + DOORS
        + "assert not hasattr(ktlib.irt, 'svi') and 'svi' not in dir(ktlib.irt) and 'ascent' in dir(ktlib.irt)"
    )
    assert not done.returncode, done.stderr
    assert "ktlib[bayes]" in done.stdout


def test_a_room_that_needs_an_extra_says_which():
    """However it is asked for, by its own import error or as a missing attribute."""
    tries = """
for floor, room in (("irt", "programs"), ("irt", "svi"), ("irt", "nuts"), ("forecast", "dkt")):
    for how in ("import ktlib.{}.{}", "from ktlib.{} import {}", "ktlib.{}.{}"):
        try:
            exec(how.format(floor, room))
        except (ModuleNotFoundError, AttributeError) as error:
            print(room, type(error).__name__, error, sep="|")
"""
    done = run(HIDDEN + tries)
    assert not done.returncode, done.stderr
    said = [line.split("|") for line in done.stdout.splitlines()]
    assert [kind for _, kind, _ in said] == ["ModuleNotFoundError", "ModuleNotFoundError", "AttributeError"] * 4
    for room, _, message in said:
        assert re.match(rf"ktlib\.\w+\.{room} needs (pyro|torch), .* pip install 'ktlib\[bayes\]'", message)


def test_the_version_is_the_one_in_pyproject():
    stated = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text("utf8"))["project"]["version"]
    assert ktlib.__version__ == stated


def test_no_two_classes_share_a_name():
    """Or else a reader, and a link on the API pages, cannot tell which is meant."""
    found = {}
    for room in ROOMS:
        for node in parse(room).body:
            if isinstance(node, ast.ClassDef) and node.name[0] != "_" and not re.search(r"(^|/)_[^_]", room):
                found.setdefault(node.name, []).append(room)
    assert {name: rooms for name, rooms in found.items() if len(rooms) > 1} == {}
