"""The house: which room of ktlib may import which, what `import ktlib` costs, how large a room may grow."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ktlib

HOUSE = Path(ktlib.__file__).parent
ALLOWED = {
    "__init__": {"bkt"},
    "checks": set(),
    "sequences": {"checks", "columns"},
    "columns": {"checks"},
    "files": set(),
    "responses": {"checks", "columns", "files", "sequences"},
    "bkt": {"checks", "sequences"},
    "changepoint": {"sequences"},
    "em": {"bkt", "changepoint", "checks", "sequences"},
    "information": {"bkt", "checks"},
    "profiles": {"bkt", "changepoint", "checks", "em", "sequences"},
    "uncertainty": {"bkt", "changepoint", "checks", "em", "profiles"},
    "likelihood": {"bkt", "sequences"},
    "logs": {"columns"},
    "baselines": {"checks", "columns", "logs"},
    "dkt": {"baselines", "checks", "logs"},
    "skills": {"bkt", "checks", "columns", "likelihood", "sensitivity", "sequences"},
    "sensitivity": {"bkt", "checks"},
    "normal": {"checks", "columns"},
    "posterior": {"checks", "normal"},
    "models": {"checks", "posterior", "responses"},
    "starts": {"models", "posterior"},
    "irt": {"checks", "models", "posterior", "responses"},
    "inference": {"checks", "irt", "models", "posterior", "starts"},
    "pieces": {"posterior"},
    "two_parameter": {"checks", "models", "pieces", "posterior", "starts"},
    "factors": {"pieces", "posterior"},
    "ascent": {"checks", "factors", "models", "pieces", "posterior", "responses", "starts", "two_parameter"},
    "recipe": {"checks", "models", "pieces"},
    "mml": {"checks", "posterior", "responses"},
    "metrics": {"checks"},
    "influence": {"checks", "columns"},
    "prediction": {"checks", "columns", "influence"},
    "exams": {"checks", "columns", "responses"},
    "designs": {"checks", "responses"},
    "recommend": {"checks"},
    "datasets": {"checks", "exams", "responses"},
    "quotes": {"checks"},
    "figures": {"checks", "quotes"},
    "explorers": {"bkt", "checks", "information", "sensitivity", "sequences"},
}
ROOMS = sorted(path.stem for path in HOUSE.glob("*.py"))


def parse(room: str) -> ast.Module:
    return ast.parse((HOUSE / f"{room}.py").read_text(encoding="utf-8"))


def imported_rooms(tree: ast.Module) -> set[str]:
    """Rooms of ktlib that are imported anywhere in a module, inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.removeprefix("ktlib.") for alias in node.names if alias.name.startswith("ktlib")}
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("ktlib")):
            module = (node.module or "").removeprefix("ktlib").removeprefix(".")
            names |= {module.split(".")[0]} if module else {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_the_rooms_it_may_and_no_others_are_listed(room):
    rooms = imported_rooms(parse(room))
    listed = ", ".join(f'"{other}"' for other in sorted(rooms))
    row = f'"{room}": ' + (f"{{{listed}}}" if rooms else "set()")
    assert rooms == ALLOWED.get(room), f"in the table above, where this is meant, write {row},"


def test_imports_are_seen_however_they_are_written():
    source = "import ktlib.em\nfrom ktlib import bkt\nfrom .quotes import MIME\ndef f(): from . import figures"
    assert imported_rooms(ast.parse(source)) == {"em", "bkt", "quotes", "figures"}


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
assert em.fit and BKTParams and Sequences
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
    done = run(HIDDEN + DOORS + "assert not hasattr(ktlib, 'irt') and 'irt' not in dir(ktlib) and 'em' in dir(ktlib)")
    assert not done.returncode, done.stderr
    assert "ktlib[bayes]" in done.stdout


def test_a_room_that_needs_an_extra_says_which():
    """However it is asked for, by its own import error or as a missing attribute."""
    tries = """
for room in ("irt", "inference", "dkt"):
    for how in ("import ktlib.{}", "from ktlib import {}", "ktlib.{}"):
        try:
            exec(how.format(room))
        except (ModuleNotFoundError, AttributeError) as error:
            print(room, type(error).__name__, error, sep="|")
"""
    done = run(HIDDEN + tries)
    assert not done.returncode, done.stderr
    said = [line.split("|") for line in done.stdout.splitlines()]
    assert [kind for _, kind, _ in said] == ["ModuleNotFoundError", "ModuleNotFoundError", "AttributeError"] * 3
    for room, _, message in said:
        assert re.match(rf"ktlib\.{room} needs (pyro|torch), .* pip install 'ktlib\[bayes\]'", message)


def test_the_version_is_the_one_in_pyproject():
    stated = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text("utf8"))["project"]["version"]
    assert ktlib.__version__ == stated
