"""A reader's notebook: it runs from an empty folder with ktlib installed, and with a number of the reader's own."""

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import ktlib
from ktlib.show import quotes

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FILES = re.compile(r"""(?:open|read_\w+|load\w*|Path)\(\s*f?["']([^"']+)""")


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def ran(notebook, folder: Path) -> list[str]:
    """Run it from `folder`; gives what was printed, and raises where a cell does."""
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return [output.text for cell in code(notebook) for output in cell.outputs if output.output_type == "stream"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """ktlib as a reader installs it: built from what git tracks, unpacked in a folder of its own."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = tracked.stdout.split("\0")[:-1] if not tracked.returncode else []
    if not names:
        pytest.skip("not a git checkout: what belongs to the package cannot be listed")
    for name in names:
        if name.startswith("ktlib/") or name in ("pyproject.toml", "README.md", "LICENSE"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(built)], cwd=source, check=True, capture_output=True)
    (archive,) = built.glob("*.whl")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(built / "site")
    return built / "site"


def test_the_wheel_holds_all_that_the_package_holds(wheel):
    tracked = subprocess.run(["git", "ls-files", "-z", "ktlib"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split("\0")[:-1]:
        assert (wheel / name).is_file(), f"{name} is not in the wheel: see package-data in pyproject.toml"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_opens_only_what_the_package_brings(path, wheel):
    """Colab brings the notebook and not its neighbours."""
    source = "\n".join(cell.source for cell in code(nbformat.read(path, 4)))
    assert not FILES.findall(source), "open what studies.stored gives"
    names = re.findall(r"""stored\(\s*f?["']([^"']+)["']""", source)
    for name in names:  # f"peers/{what}.csv" stands for several
        found = list((wheel / "ktlib/studies/stored").glob(re.sub(r"\{[^}]*\}", "*", name)))
        assert found, f"{name} is not in the package"

    assert source.count("stored(") == len(names)


@pytest.mark.parametrize("source", ['open("x.json")', 'Path("../a")', 'pd.read_csv("b.csv")', 'np.load("c.npz")'])
def test_an_opened_file_is_seen(source):
    assert FILES.findall(source) and not FILES.findall('open(studies.stored("x.json"))')


def test_the_first_chapter_runs_from_an_empty_folder_with_the_wheel_alone(wheel, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(wheel))
    notebook = nbformat.read(ROOT / "notebooks/01_bkt.ipynb", 4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(ktlib.__file__)"))
    printed = ran(notebook, tmp_path)
    assert printed[-1].strip() == str(wheel / "ktlib/__init__.py")
    assert not any(quotes.OTHERWISE in text for text in printed)


CHANGED = {  # notebook: what a reader changes first, and whether the book then says otherwise
    "01_bkt": [("p_guess=0.2)", "p_guess=0.3)", True), ("Fraction(1, 10),\n", "Fraction(2, 10),\n", True)],
    "02_sensitivity": [("p_init=0.25, p_transit=0.12", "p_init=0.4, p_transit=0.2", True)],
    "03_em": [("p_init=0.25, p_transit=0.12", "p_init=0.4, p_transit=0.2", False)],
    "04_how_sure": [("p_init=0.25, p_transit=0.12", "p_init=0.4, p_transit=0.2", True)],
    "05_one_class": [("p_init=0.25, p_transit=0.12", "p_init=0.4, p_transit=0.2", False)],
}


# She is not kept waiting: what a study repeats, it repeats a tenth as often.
REPEATS = re.compile(r"\b(n|draws)=(\d{2,})\b")


def fewer(match) -> str:
    return f"{match[1]}={max(5, int(match[2]) // 10)}"


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell reads, and those that it binds."""
    nodes = list(ast.walk(ast.parse(re.sub("^(\\s*)%.*", r"\1pass", source, flags=re.M))))
    reads = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    binds = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    binds |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    brought = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    binds |= {alias.asname or alias.name.split(".")[0] for alias in brought}
    return reads, binds


def hangs_on(sources: list[str], at: int) -> set[int]:
    """Places of the cells that a change of cell `at` can reach, through the names they read, and of all these need."""
    reads, binds = zip(*map(names, sources), strict=True)
    moved, reached = set(binds[at]), {at}
    for k in range(at + 1, len(sources)):
        if reads[k] & moved:
            reached.add(k)
            moved |= binds[k]
    needed, todo = set(reached), list(reached)
    while todo:
        k = todo.pop()
        new = {j for j in range(k) if j not in needed and binds[j] & reads[k]}
        needed |= new
        todo += new
    return needed


def test_what_hangs_on_a_cell_is_what_reads_its_names():
    cells = [
        "import x as y",
        "a = y.f()\nb = 1",
        "c = a + 1",
        "def g():\n    return c",
        "d = b",
        "e = g()",
        "%pip z\nh = b",
    ]
    assert hangs_on(cells, 2) == {0, 1, 2, 3, 5}
    assert hangs_on(cells, 4) == {0, 1, 4}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"), [(name, *change) for name, changes in CHANGED.items() for change in changes]
)
def test_a_reader_who_changes_a_number_is_not_stopped(name, old, new, told, tmp_path, monkeypatch, needs):
    if name in ("03_em", "05_one_class"):
        for file in ("assist2009_train.csv", "assist2009_test.csv", "assist2009_q_mat.npz"):
            needs(file)
    monkeypatch.setenv("PYTHONPATH", str(Path(ktlib.__file__).parents[1]))
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", 4)
    cells = code(notebook)
    at = next(k for k, cell in enumerate(cells) if old in cell.source)
    cells[at].source = cells[at].source.replace(old, new, 1)
    needed = hangs_on([cell.source for cell in cells], at)
    notebook.cells = [cells[k] for k in sorted(needed)]  # the others run as they always do
    for cell in notebook.cells if name != "05_one_class" else ():  # which counts how often intervals hold
        cell.source = REPEATS.sub(fewer, cell.source)
    printed = ran(notebook, tmp_path)
    assert any(quotes.OTHERWISE in text for text in printed) == told
