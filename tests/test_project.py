"""The project's files agree with each other, and notebooks are committed run, clean and in order."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))


def test_environment_is_python_and_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))
    floor = re.search(r"[\d.]+", PYPROJECT["project"]["requires-python"])[0]
    assert environment["dependencies"] == [f"python={floor}", "pip", {"pip": ["-e .[all]"]}]
    extras = PYPROJECT["project"]["optional-dependencies"]
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
    story = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("Predict first", "## What would break it", "## Summary", "## Exercises", "## Its pitch card"):
        assert part in story, f"{path.name} lacks {part!r}"
    solutions = "".join(cell.source for cell in notebook.cells)  # those with numbers are printed by cells
    assert len(re.findall(r"admonition\}+ Solution", solutions)) >= 3


def test_the_picture_in_the_readme_is_the_one_computed(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import run_notebooks

    cover = run_notebooks.picture(nbformat.read(ROOT / "notebooks/01_bkt.ipynb", 4), "cover")
    assert run_notebooks.COVER.read_text("utf8") == cover
