"""The house: which room of ktlib may import which, what `import ktlib` costs, how large a room may grow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ktlib

HOUSE = Path(ktlib.__file__).parent
ALLOWED = {
    "__init__": {"bkt"},
    "checks": set(),
    "sequences": set(),
    "columns": set(),
    "responses": {"checks", "columns", "sequences"},
    "bkt": {"checks", "sequences"},
    "changepoint": {"sequences"},
    "em": {"bkt", "changepoint", "checks", "sequences"},
    "information": {"bkt", "checks"},
    "profiles": {"bkt", "changepoint", "checks", "em", "sequences"},
    "uncertainty": {"bkt", "changepoint", "checks", "em", "profiles"},
    "likelihood": {"bkt", "sequences"},
    "baselines": {"checks", "columns", "sequences"},
    "dkt": {"baselines", "checks"},
    "skills": {"bkt", "checks", "likelihood", "sensitivity", "sequences"},
    "sensitivity": {"bkt", "checks"},
    "posterior": {"checks"},
    "models": {"checks", "posterior"},
    "irt": {"models", "posterior"},
    "inference": {"checks", "irt", "models", "posterior"},
    "pieces": set(),
    "two_parameter": {"pieces", "posterior"},
    "factors": {"pieces", "posterior"},
    "ascent": {"checks", "factors", "models", "pieces", "posterior", "two_parameter"},
    "recipe": {"checks", "models", "pieces"},
    "mml": {"checks", "posterior", "responses"},
    "metrics": set(),
    "influence": {"checks", "columns"},
    "prediction": {"checks", "columns", "influence"},
    "exams": {"checks", "columns", "responses"},
    "designs": {"checks", "responses"},
    "recommend": {"checks"},
    "datasets": {"exams", "responses"},
    "quotes": set(),
    "figures": {"quotes", "bkt"},
    "explorers": {"bkt", "checks", "figures", "information", "sensitivity", "sequences"},
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
def test_a_room_imports_only_the_rooms_it_may(room):
    assert room in ALLOWED, f"ktlib/{room}.py is new: say in this table which rooms it may import"
    assert imported_rooms(parse(room)) <= ALLOWED[room]


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


def test_every_name_that_ktlib_offers_is_there():
    for name in ktlib.__all__:
        assert getattr(ktlib, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'no_such_room'"):
        _ = ktlib.no_such_room
