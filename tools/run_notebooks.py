"""Execute notebooks in place, so that running twice gives the same bytes.

usage: python tools/run_notebooks.py [NAME ...]     names or beginnings of names; all when none is given
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def clean(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs from run to run or from machine to machine."""
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]


def main(wanted: list[str]) -> None:
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    paths = sorted(p for p in NOTEBOOKS.glob("*.ipynb") if not wanted or p.name.startswith(tuple(wanted)))
    if not paths:
        sys.exit(f"no notebook in {NOTEBOOKS.name}/ begins with {' or '.join(wanted)}")
    for path in paths:
        start = time.perf_counter()
        notebook = nbformat.read(path, 4)
        NotebookClient(
            notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(NOTEBOOKS)}}
        ).execute()
        clean(notebook)
        nbformat.write(notebook, path)
        print(f"{path.name}  {time.perf_counter() - start:.0f} s  {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
