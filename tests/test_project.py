"""The project's files agree with each other, and notebooks are committed run, clean and in order."""

import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import run_notebooks
import yaml

from ktlib import bkt
from ktlib.show import quotes

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ADDRESS = re.compile(r"https://github\.com/[\w-]+/where-do-the-numbers-come-from")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))


def test_environment_is_python_and_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))
    floor = re.search(r"[\d.]+", PYPROJECT["project"]["requires-python"])[0]
    extras = PYPROJECT["project"]["optional-dependencies"]
    (torch,) = (line.removeprefix("torch") for line in extras["bayes"] if line.startswith("torch"))
    wanted = [f"python={floor}", "pip", f"pytorch-cpu{torch}", {"pip": ["-e .[notebooks,bayes]"]}]
    assert (
        environment["dependencies"] == wanted
    )  # what readers run: no book tools, and PyTorch without a GPU's libraries
    named = set(re.search(r"\[(.*)\]", extras["all"][0])[1].split(","))
    assert named == set(extras) - {"all"}


def test_versions_agree():
    version = PYPROJECT["project"]["version"]
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text("utf8")
    (entry,) = re.findall(rf"^## {re.escape(version)} .*$", (ROOT / "CHANGELOG.md").read_text("utf8"), flags=re.M)
    assert ("unreleased" in entry) != ("date-released" in (ROOT / "CITATION.cff").read_text("utf8"))


def test_the_table_of_contents_holds_every_notebook_in_order():
    toc = (ROOT / "book/_toc.yml").read_text("utf8")
    assert re.findall(r"file: notebooks/(\S+)", toc) == [p.stem for p in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_run_clean_and_tells_its_story(path):
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
    assert set(notebook.metadata) == {"kernelspec"} and notebook.metadata.kernelspec.name == "python3"
    text = path.read_text("utf8")
    assert "/tmp/" not in text and not re.search(r'"/(home|root|work)/', text)
    assert quotes.OTHERWISE not in "".join(output.get("text", "") for cell in code for output in cell.outputs)
    story = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("Predict first", "## What would break it", "## Summary", "## Exercises", "## Its pitch card"):
        assert part in story, f"{path.name} lacks {part!r}"
    solutions = "".join(cell.source for cell in notebook.cells)  # those with numbers are printed by cells
    assert len(re.findall(r"<summary>Solution|\bsolution\(", solutions)) >= 3


def test_the_picture_in_the_readme_is_the_one_computed():
    cover = run_notebooks.picture(nbformat.read(ROOT / "notebooks/01_bkt.ipynb", 4), "cover")
    assert run_notebooks.COVER.read_text("utf8") == cover


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_installs_ktlib_from_the_address_in_pyproject_with_what_it_needs(path):
    notebook = nbformat.read(path, 4)
    (line,) = re.findall(r"^ *%pip install -q .*", "\n".join(cell.source for cell in notebook.cells), flags=re.M)
    run_notebooks.install(notebook)
    assert line in notebook.cells[1].source.splitlines(), "python tools/run_notebooks.py writes it"


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("import torch", True),
        ("from pyro import poutine", True),
        ("from ktlib.irt import ascent, svi", True),
        ("import ktlib.irt.programs as irt", True),
        ("from ktlib.forecast.dkt import fit", True),
        ("from ktlib import bkt", False),
        ("x = 'import torch'", False),
        ("from ktlib.irt import ascent  # as svi", False),
    ],
)
def test_what_needs_torch_is_seen(source, needs):
    cell = nbformat.v4.new_code_cell(source)
    assert run_notebooks.needs_torch(nbformat.v4.new_notebook(cells=[cell])) == needs


def tracked() -> dict[str, str]:
    """Name -> text of every text file in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: its files cannot be listed")
    out = {}
    for name in listed.stdout.split("\0")[:-1]:
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content[:8000]:
            out[name] = content.decode("utf8", errors="replace")
    return out


UNWANTED = {
    "a merge mark": r"^(<{7}|>{7}|\|{7})( |$)|^={7}$",
    "a %pip that does nothing": r"#\s*#?\s*%pip",
    "something left to do": r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b",
    "a path of one machine": r"(?<![\w.~)}-])/(work|root|home|Users|tmp|wt)/[\w.]|\b[A-Z]:\\\\Users",
    "a package registry's host": r"--(extra-)?index-url|\bsimple/[\w-]+/|files\.pythonhosted",
    "a stale sentence": r"Part I has gaps|its first three chapters",
}


def unwanted(text: str) -> list[str]:
    """What of the above stands in a text, and where."""
    return [
        f"line {text.count(chr(10), 0, found.start()) + 1}: {what}: {found[0]!r}"
        for what, pattern in UNWANTED.items()
        for found in re.finditer(pattern, text, flags=re.MULTILINE)
    ]


def test_no_tracked_file_holds_what_was_left_behind():
    own = "tests/test_project.py"
    found = {name: unwanted(text) for name, text in tracked().items() if name != own}
    assert not {name: places for name, places in found.items() if places}


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< HEAD\n",
        "a\n=======\nb",
        ">>>>>>> main",
        "    # %pip install -q x",
        "# # %pip",
        "# TODO: more",
        'open("/' + 'work/x.csv")',
        "cd /" + "root/book",
        "Part I has gaps in its numbering",
        "pip install --extra-index-url x",
    ],
)
def test_what_was_left_behind_is_seen(text):
    assert unwanted(text)


def test_the_repositorys_address_is_the_one_in_pyproject():
    """Where a file's format forces a copy, the copy is right: the book's buttons, the citation, the install lines."""
    address = PYPROJECT["project"]["urls"]["Repository"]
    assert ADDRESS.fullmatch(address)
    found = {name: set(ADDRESS.findall(text)) for name, text in tracked().items()}
    assert {name: there for name, there in found.items() if there - {address}} == {}
    for name in ("book/_config.yml", "book/intro.md", "CITATION.cff", "README.md", "notebooks/01_bkt.ipynb"):
        assert found[name] == {address}, f"{name} should name {address}"


def test_the_readmes_lines_run(tmp_path, monkeypatch):
    """With a log of the reader's own: six skills, ten students, in the order answered."""
    rng, rows = np.random.default_rng(1), []
    for skill in "abcdef":
        answers = bkt.simulate(bkt.BKTParams(), students=10, steps=6, rng=rng).answers
        rows += [(f"s{i}", skill, int(right)) for i, row in enumerate(answers) for right in row]
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(rows, columns=["student", "skill", "correct"]).to_csv("answers.csv", index=False)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf8"), flags=re.S)
    known = {}
    for block in blocks:
        exec(block, known)
    assert len(blocks) == 3 and len(pd.read_csv("skills.csv")) == 6
    assert len(known["log"]) == 360 and known["roster"].frame().p_known.between(0, 1).all()
