"""Execute notebooks in place, so that running twice gives the same bytes, and redraw the README's picture from them.

usage: python tools/run_notebooks.py [NAME ...]     names or beginnings of names; all when none is given
"""

import os
import re
import sys
import time
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from ktlib.show.outlines import outlined
from ktlib.show.quotes import MIME, OTHERWISE

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
COVER = NOTEBOOKS.parent / "book" / "_assets" / "cover.svg"
ADDRESS = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text("utf8"))["project"]["urls"]["Repository"]
TORCH = re.compile(
    r"^\s*(?:from|import) (?:torch|pyro|ktlib(?: import|\.)[^#\n]*\b(?:dkt|programs|svi|nuts)\b)", re.MULTILINE
)
INSTALL = re.compile(r"%pip install -q .*")
WIDGET = "application/vnd.jupyter.widget-view+json"


def needs_torch(notebook: nbformat.NotebookNode) -> bool:
    """Whether a cell imports PyTorch, Pyro or one of ktlib's modules that do."""
    return any(TORCH.search(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def install(notebook: nbformat.NotebookNode) -> None:
    """Let the first code cell install ktlib from the address in pyproject.toml, with the extra that the rest needs."""
    wanted = f'"ktlib[bayes] @ git+{ADDRESS}"' if needs_torch(notebook) else f"git+{ADDRESS}"
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source, lines = INSTALL.subn(f"%pip install -q {wanted}", cell.source)
    if lines != 1:
        sys.exit("the first code cell should hold one line: %pip install -q ...")


def clean(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs from run to run or from machine to machine."""
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
            fold(cell)


def fold(cell: nbformat.NotebookNode) -> None:
    """What the book folds or leaves out is folded in JupyterLab too; what it leaves out, with its output."""
    tags = cell.metadata.get("tags", [])
    folded = {
        "source_hidden": "hide-input" in tags or "remove-cell" in tags,
        "outputs_hidden": "remove-cell" in tags and bool(cell.outputs),
    }
    cell.metadata.pop("jupyter", None)
    if any(folded.values()):
        cell.metadata["jupyter"] = {name: True for name, hidden in folded.items() if hidden}


def picture(notebook: nbformat.NotebookNode, name: str) -> str | None:
    """The figure `name` among the outputs, as a drawing of its own that reads on white and on black; None if absent."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            quote = output.get("data", {}).get(MIME, {})
            if quote.get("name") == name and "svg" in quote:
                svg = outlined(quote["svg"]["page"]).replace("currentColor", "#7d858e")
                return re.sub(r"var\([^,]+,(#\w+)\)", r"\1", svg) + "\n"
    return None


def main(wanted: list[str]) -> None:
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    paths = sorted(p for p in NOTEBOOKS.glob("*.ipynb") if not wanted or p.name.startswith(tuple(wanted)))
    if not paths:
        sys.exit(f"no notebook in {NOTEBOOKS.name}/ begins with {' or '.join(wanted)}")
    for path in paths:
        start = time.perf_counter()
        notebook = nbformat.read(path, 4)
        install(notebook)
        NotebookClient(
            notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(NOTEBOOKS)}}
        ).execute()
        clean(notebook)
        if told := [
            o.text for cell in notebook.cells for o in cell.get("outputs", []) if OTHERWISE in o.get("text", "")
        ]:
            sys.exit(f"{path.name} is not stored: its text no longer fits its numbers. {' '.join(told)}")
        nbformat.write(notebook, path)
        if cover := picture(notebook, "cover"):
            COVER.write_text(cover, encoding="utf-8")
        print(f"{path.name}  {time.perf_counter() - start:.0f} s  {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
