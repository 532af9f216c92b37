"""Notebooks read like lessons: short visible cells, little folded code, each function and stroke in one place."""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from ktlib.show.quotes import MIME

ROOT = Path(__file__).parents[1]
SHOW = ROOT / "ktlib" / "show"
NOTEBOOKS = {path.stem: nbformat.read(path, 4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
FOLDED = {"hide-input", "remove-cell"}
LONG = {}  # a visible cell of more than 20 lines: its notebook and first line, and the reason


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def folded(cell) -> bool:
    return bool(FOLDED & set(cell.metadata.get("tags", [])))


def lines(cell) -> int:
    return len(cell.source.splitlines())


def tree(cell) -> ast.Module:
    """The cell's code, without what only IPython understands."""
    return ast.parse(re.sub(r"^( *)%.*", r"\1pass", cell.source, flags=re.M))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_visible_cell_is_an_idea(name):
    for cell in code(NOTEBOOKS[name]):
        if not folded(cell):
            reason = LONG.get((name, cell.source.splitlines()[0]))
            assert lines(cell) <= (25 if reason else 20), cell.source


def code_lines(cell) -> int:
    """Lines of code: what goes on inside a string over several lines is a sentence of the book."""
    texts = (n for n in ast.walk(tree(cell)) if isinstance(n, ast.JoinedStr | ast.Constant))
    prose = {line for text in texts for line in range(text.lineno + 1, text.end_lineno + 1)}
    return lines(cell) - len(prose)


def test_little_code_is_folded():
    found = {name: sum(code_lines(c) for c in code(notebook) if folded(c)) for name, notebook in NOTEBOOKS.items()}
    assert sum(found.values()) <= 2000 / 12 * len(NOTEBOOKS), found


def test_no_function_is_defined_in_two_notebooks():
    found = Counter()
    for notebook in NOTEBOOKS.values():
        defined = {n.name for c in code(notebook) for n in ast.walk(tree(c)) if isinstance(n, ast.FunctionDef)}
        found.update(defined - {"mine"})  # what a live cell draws
    assert [name for name, times in found.items() if times > 1] == []


DRAWING = ("figures/*.py", "strokes.py", "style.py", "figure.py", "tables.py", "live.py")
QUOTED = ("quotes.Claim(", "quotes.Card(", "quotes.Numbers(", "solution(")


def test_strokes_are_shared():
    """What draws or lays out tables, in the package and folded cells, is bounded: 4,500 lines for eleven chapters."""
    package = sum(len(path.read_text("utf8").splitlines()) for how in DRAWING for path in SHOW.glob(how))
    cells = [c for notebook in NOTEBOOKS.values() for c in code(notebook) if folded(c)]
    cells = [c for c in cells if re.search(r"\bfigures\.|\btable\(", c.source)]
    cells = [c for c in cells if not any(kind in c.source for kind in QUOTED)]
    assert package + sum(map(lines, cells)) <= 4500 / 11 * len(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_viewer_that_trusts_nothing_shows_every_figure(name):
    for cell in code(NOTEBOOKS[name]):
        for output in cell.outputs:
            bundle = output.get("data", {})
            assert "<svg" not in "".join(bundle.get("text/html", "")), "an inline SVG is thrown away until trusted"
            if bundle.get(MIME, {}).get("kind") == "figure":
                assert bundle["image/png"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_first_cell_is_a_short_import(name):
    install, first = code(NOTEBOOKS[name])[:2]
    assert "pip install" in install.source and folded(install)
    assert lines(first) <= 12
    kinds = ast.Import | ast.ImportFrom | ast.Assign  # a stored study, read once
    assert all(isinstance(node, kinds) for node in tree(first).body), first.source
