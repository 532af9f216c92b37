"""Links from the code of a chapter to the API: `em.fit` in a cell leads to what `ktlib.bkt.em.fit` does."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from kt_api import Library

BLOCK = re.compile(r'(<div class="highlight"><pre>)(.*?)(</pre>)', flags=re.S)
NAME = r'<span class="n">(\w+)</span>'
DOTTED = re.compile(
    rf'(?<!<span class="o">\.</span>){NAME}(?:<span class="o">\.</span>{NAME})?(?!<span class="o">=</span>)'
)


def link(site: Path, notebooks: Path, library: Library, folder: str) -> None:
    """Link the names in every built chapter, once in a cell."""
    for notebook in sorted(notebooks.glob("*.ipynb")):
        page = site / notebooks.name / f"{notebook.stem}.html"
        text = page.read_text("utf-8")
        if 'class="kt-api"' not in text:
            page.write_text(with_links(text, imports(notebook), library, folder), "utf-8")


def with_links(page: str, meant: dict[str, str], library: Library, folder: str) -> str:
    """A built chapter with links in its code."""
    return BLOCK.sub(lambda block: block[1] + linked(block[2], meant, library, folder) + block[3], page)


def imports(notebook: Path) -> dict[str, str]:
    """What each name that a notebook imports from the library stands for; none that it uses for something else."""
    trees = [ast.parse(code) for code in cells(notebook)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ktlib":
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    taken = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    taken |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return {name: full for name, full in found.items() if name not in taken}


def cells(notebook: Path) -> list[str]:
    """The Python of a notebook's cells, without commands to IPython."""
    found = [c for c in json.loads(notebook.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    return [re.sub(r"^(\s*)[%!].*$", r"\1pass", "".join(cell["source"]), flags=re.M) for cell in found]


def linked(block: str, meant: dict[str, str], library: Library, folder: str) -> str:
    """One cell's code with links."""
    done = set()

    def anchor(match: re.Match) -> str:
        full = target(match[1], match[2], meant, library)
        if full is None or full in done:
            return match[0]
        done.add(full)
        return f'<a class="kt-api" href="../{folder}/{library.places[full]}.html#{full}">{match[0]}</a>'

    return DOTTED.sub(anchor, block)


def target(name: str, attribute: str | None, meant: dict[str, str], library: Library) -> str | None:
    """The public name that `name` or `name.attribute` stands for, if it is a function, a class or a method."""
    if name not in meant:
        return None
    full = library.find(meant[name]) or library.find(meant[name].rpartition(".")[2])
    if full and attribute:
        full = library.find_in(f"{full}.", attribute) or full
    return full if full and full.rpartition(".")[0] in library.places and not is_module(full, library) else None


def is_module(full: str, library: Library) -> bool:
    """Whether the name is a module's, which has no place to link to."""
    return any(module.name == full for page in library.pages.values() for module in page)
