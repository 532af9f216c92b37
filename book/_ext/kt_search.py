"""The site's search: an index of the prose, without the code of notebook cells and without drawings."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx


def index_prose(app: Sphinx) -> None:
    """Hand the search index each page as a reader reads it."""
    if app.builder.name != "html":
        return
    whole = app.builder.index_page
    app.builder.index_page = lambda name, doctree, title: whole(name, prose(doctree), title)


def prose(doctree: nodes.document) -> nodes.document:
    """A copy of the page without the code of cells and without drawings."""
    copy = doctree.deepcopy()
    for node in [*copy.findall(is_code), *copy.findall(is_drawing)]:
        node.parent.remove(node)
    return copy


def is_code(node: nodes.Node) -> bool:
    """Whether this holds the code of a notebook's cell, folded or not."""
    return isinstance(node, nodes.container) and "cell_input" in node["classes"]


def is_drawing(node: nodes.Node) -> bool:
    """Whether this is an inline SVG."""
    return isinstance(node, nodes.raw) and "<svg" in node.astext()


def load_reader(site: Path) -> None:
    """Let the search page read found pages with `search.js` instead of its own function."""
    page = site / "search.html"
    index = '<script src="searchindex.js"></script>'
    text = page.read_text("utf-8")
    page.write_text(text.replace(index, '<script src="_static/search.js"></script>\n  ' + index), "utf-8")
