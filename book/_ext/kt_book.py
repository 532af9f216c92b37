"""Sphinx extension of the book: brings the notebooks in and hands what they quote to the pages.

The rooms: `kt_plain` turns the notebooks' plain Markdown into Sphinx's, `kt_quotes` reads what they quote,
`kt_figures` puts figures on a page, `kt_cards` a pitch card. `kt_pages` holds the directives for both, `kt_claims`
the one for claims; `kt_explorers` puts explorers there, `kt_benchmarks` timings, `kt_cluster` what many machines
would take. `kt_slides`, `kt_pdf` and `kt_deck` make what one carries along. `kt_terms` links words to the glossary,
`kt_tables` marks cells of tables. `kt_api` writes the API pages and `kt_codelinks` leads to them from code. `kt_search`
is the search, `kt_share` what links to the book show. `kt_finish` and `kt_slim` slim the built pages. This one wires
them up.
"""

from __future__ import annotations

import json
import shutil
import textwrap
import time
from html import escape
from pathlib import Path

import kt_api
import kt_benchmarks
import kt_claims
import kt_cluster
import kt_codelinks
import kt_deck
import kt_explorers
import kt_figures
import kt_finish
import kt_pages
import kt_plain
import kt_quotes
import kt_search
import kt_share
import kt_slides
import kt_slim
import kt_tables
import kt_terms
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinxcontrib.katex import KaTeXServer

SYNCED = ("notebooks/*.ipynb", "ktlib/studies/stored/golden_*.json")
DESCRIPTION_LENGTH = 160
log = logging.getLogger(__name__)
API = "api"  # where its pages stand


def sync_notebooks(app: Sphinx, config: Config) -> None:
    """Copy the notebooks, and what they offer for download, into the source folder, where git ignores them.

    In the copies, figures and explorers show as a page has them.
    """
    copy = Path(app.srcdir) / "notebooks"
    copy.mkdir(exist_ok=True)
    sources = {path.name: path for pattern in SYNCED for path in Path(app.srcdir).parent.glob(pattern)}
    for old in copy.iterdir():
        if old.is_file() and old.name not in sources:
            old.unlink()
    for name, source in sources.items():
        text = source.read_text("utf-8")
        if source.suffix == ".ipynb":
            notebook = json.loads(text)
            kt_figures.place(notebook, source.stem)
            kt_explorers.place(notebook)
            text = json.dumps(notebook, ensure_ascii=False)
        if not (copy / name).exists() or (copy / name).read_text("utf-8") != text:
            (copy / name).write_text(text, "utf-8")


def gather_quotes(app: Sphinx, config: Config) -> None:
    """Numbers become `{{ substitutions }}`, figures files; directives find the rest on `app.kt_quotes`."""
    app.kt_quotes = kt_quotes.read(Path(app.srcdir) / "notebooks")
    config.myst_substitutions = {**config.myst_substitutions, **app.kt_quotes.numbers}
    made = Path(app.srcdir) / "_generated"
    kt_slides.export(app.kt_quotes.figures, made / "figures")
    for fault in kt_slides.export_slides(app.kt_quotes, made / "slides"):
        log.warning(fault, type="kt")
    kt_deck.export(app.kt_quotes, made)


def write_api(app: Sphinx, config: Config) -> None:
    """The API pages, beside the others."""
    app.kt_api = kt_api.read(Path(app.srcdir).parent / "ktlib")
    kt_api.write(app.kt_api, Path(app.srcdir) / API)


def number_chapter(app: Sphinx, doctree: nodes.document) -> None:
    """Write NB-1 before the title of notebooks/01_…, here and in every table of contents."""
    stem = app.env.docname.removeprefix("notebooks/")
    if stem != app.env.docname and stem[:2].isdigit():
        title = next(doctree.findall(nodes.title))
        title.insert(0, nodes.inline("", f"NB-{int(stem[:2])} ", classes=["kt-chapter"]))


def describe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give a page without a description its first paragraph as one, for search engines and link previews."""
    head = context.get("metatags", "")
    paragraph = next(doctree.findall(nodes.paragraph), None) if doctree else None
    if paragraph is not None and 'name="description"' not in head:
        text = textwrap.shorten(paragraph.astext(), DESCRIPTION_LENGTH, placeholder=" …")
        context["metatags"] = head + f'<meta name="description" content="{escape(text)}" />'


def finish(app: Sphinx, error: Exception | None) -> None:
    """Slim and mend the pages after a successful build."""
    site = Path(app.outdir)
    if error is None and app.builder.name == "html" and kt_slim.is_new(site):
        kt_finish.slim_icons(site)
        kt_finish.drop_unused(site)
        kt_finish.mend_roles(site)
        kt_finish.let_names_break(site / API)
        kt_figures.write_fonts(site / "_static")
        for notebook in (Path(app.srcdir).parent / "notebooks").glob("*.ipynb"):  # for download: the original
            shutil.copy2(notebook, site / "_sources" / "notebooks")
        kt_codelinks.link(site, Path(app.srcdir) / "notebooks", app.kt_api, API)
        kt_search.load_reader(site)
        kt_slim.slim(site)


def start_katex_patiently() -> None:
    """Try again when KaTeX's server is asked before it listens, which happens on a busy machine (0.9.11)."""
    start = KaTeXServer.start_server_process.__func__

    def patient(cls, *args, **kwargs):
        for attempt in range(5):
            try:
                return start(cls, *args, **kwargs)
            except ConnectionRefusedError:
                time.sleep(0.3 * (attempt + 1))
        return start(cls, *args, **kwargs)

    KaTeXServer.start_server_process = classmethod(patient)


def setup(app: Sphinx) -> dict:
    start_katex_patiently()
    app.connect("config-inited", sync_notebooks, priority=100)
    app.connect("config-inited", gather_quotes, priority=200)
    app.connect("source-read", kt_plain.translate)
    kt_terms.connect(app)
    app.connect("config-inited", write_api, priority=200)
    app.connect("config-inited", kt_share.draw_picture, priority=200)
    app.connect("builder-inited", kt_search.index_prose)
    app.connect("doctree-read", number_chapter, priority=100)  # before Sphinx collects titles
    app.connect("doctree-read", kt_tables.mark)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", kt_share.share, priority=600)  # after the description
    app.connect("build-finished", finish, priority=900)  # after the theme, which colours the code
    app.add_directive("kt-figure", kt_pages.KtFigure)
    app.add_directive("kt-explorer", kt_explorers.KtExplorer)
    app.add_directive("kt-cards", kt_pages.KtCards)
    app.add_directive("kt-claims", kt_claims.KtClaims)
    app.add_role("kt-claim", kt_claims.ClaimRole())
    app.add_directive("kt-benchmarks", kt_benchmarks.KtBenchmarks)
    app.add_directive("kt-cluster", kt_cluster.KtCluster)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
