"""Explorers on a page: elements as the cells left them, and one script for all, of the modules as they are now."""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ktlib.show.explorers._base import script

ELEMENT = re.compile(r"<(kt-\w+) config=.*?</\1>", re.DOTALL)
log = logging.getLogger(__name__)


def place(notebook: dict) -> None:
    """In a chapter's copy, leave each explorer its element, and give the last one the script that wakes them all."""
    bundles = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    shown = [(bundle, found) for bundle in bundles if (found := element(bundle))]
    for bundle, found in shown:
        bundle["text/html"] = found[0]
    if shown:
        tags = dict.fromkeys(found[1] for _, found in shown)
        shown[-1][0]["text/html"] += f"\n{script(*tags)}"


def element(bundle: dict) -> re.Match | None:
    """The explorer in a cell's output, if it is one."""
    return ELEMENT.match("".join(bundle.get("text/html", "")))


class KtExplorer(SphinxDirective):
    """The first explorer of a chapter, on another page: `{kt-explorer} 01_bkt`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        docname = f"notebooks/{self.arguments[0]}"
        path = Path(self.env.srcdir) / f"{docname}.ipynb"
        self.env.note_dependency(str(path))
        cells = json.loads(path.read_text("utf-8"))["cells"] if path.exists() else []
        for output in (output for cell in cells for output in cell.get("outputs", [])):
            if found := element(output.get("data", {})):
                return [nodes.raw("", f"{found[0]}\n{script(found[1])}", format="html")]
        log.warning("no explorer in %s", docname, location=self.get_location(), type="kt")
        return []
