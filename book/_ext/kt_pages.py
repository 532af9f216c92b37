"""The directives that lay out what the notebooks quote: {kt-figure}, {kt-cards} and {kt-claims}."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

import kt_figures
from docutils import nodes
from kt_quotes import Quote, Quotes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ktlib.show.quotes import VERDICTS, stored_path

COLUMNS = ("The source says", "We find", "Verdict")
log = logging.getLogger(__name__)


class QuoteDirective(SphinxDirective):
    """What the three share: the quotes, links to their cells, and a rebuild when a notebook changes."""

    def quotes(self) -> Quotes:
        for docname in self.env.found_docs:
            if docname.startswith("notebooks/"):
                self.env.note_dependency(self.env.doc2path(docname, base=False))
        return self.env.app.kt_quotes

    def address(self, quote: Quote) -> str:
        """Where the cell that made the quote stands, relative to this page."""
        return self.env.app.builder.get_relative_uri(self.env.docname, quote.docname) + "#" + quote.anchor

    def link(self, text: str, address: str) -> nodes.reference:
        return nodes.reference("", text, refuri=address, internal=True)

    def downloads(self, name: str) -> list[nodes.Node]:
        """Links to the two files of a figure, PNG for slides first."""
        up = "../" * self.env.docname.count("/")
        return [self.link(kind.upper(), f"{up}figures/{name}.{kind}") for kind in ("png", "svg")]


class KtFigure(QuoteDirective):
    """A figure quoted from a notebook, by name, with a link to the cell that drew it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        figure = self.quotes().figures.get(name)
        if figure is None:
            log.warning("no notebook shows a figure named %r", name, location=self.get_location(), type="kt")
            return []
        made = self.link("How this figure was made", self.address(figure))
        return [drawing(figure, "quoted"), nodes.paragraph("", "", made, classes=["kt-links"])]


class KtCards(QuoteDirective):
    """All pitch cards, a section each, in the order of the chapters."""

    def run(self) -> list[nodes.Node]:
        quotes = self.quotes()
        return [self.card(card, quotes) for card in quotes.cards.values()]

    def card(self, card: Quote, quotes: Quotes) -> nodes.section:
        data = card.data
        section = nodes.section(ids=[data["name"]], names=[card.anchor], classes=["kt-pitch"])
        self.state.document.note_explicit_target(section, section)
        section += nodes.title("", f"“{data['question']}”")
        section += nodes.paragraph("", data["answer"], classes=["kt-answer"])
        if data["figure"] in quotes.figures:
            section += drawing(quotes.figures[data["figure"]], data["name"])
        section += nodes.paragraph("", "What we may not say", classes=["kt-limits"])
        limits = [nodes.list_item("", nodes.paragraph("", text)) for text in data["limits"]]
        section += nodes.bullet_list("", *limits, classes=["kt-limits"])
        section += self.card_links(card)
        return section

    def card_links(self, card: Quote) -> nodes.paragraph:
        parts = [self.where_shown(card.data["shown"]), self.link("the cell behind it", self.address(card))]
        figure = self.quotes().figures.get(card.data["figure"])
        parts += [self.link("how its figure was made", self.address(figure))] if figure else []
        parts += self.downloads(card.data["figure"])
        line = nodes.paragraph("", "Where it is shown: ", classes=["kt-links"])
        for i, part in enumerate(parts):
            line += [nodes.Text(" · "), part] if i else [part]
        return line

    def where_shown(self, label: str) -> addnodes.pending_xref:
        """What {ref}`label` would give: the section's title, linked; a wrong label is a warning."""
        return addnodes.pending_xref(
            "",
            nodes.inline("", label, classes=["xref", "std", "std-ref"]),
            refdomain="std",
            reftype="ref",
            reftarget=label,
            refexplicit=False,
            refwarn=True,
            refdoc=self.env.docname,
        )


class KtClaims(QuoteDirective):
    """All claims as one table, with a count of the verdicts above it."""

    def run(self) -> list[nodes.Node]:
        claims = list(self.quotes().claims.values())
        counts = Counter(claim.data["verdict"] for claim in claims)
        tally = "".join(f"<li><b>{counts[v]}</b> {verdict_mark(v)}</li>" for v in VERDICTS if counts[v])
        rows = "".join(self.row(claim) for claim in claims)
        head = "".join(f'<th scope="col">{title}</th>' for title in COLUMNS)
        page = (
            f'<ul class="kt-tally" aria-label="{len(claims)} claims by verdict">{tally}</ul>'
            f'<table class="kt-claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        )
        return [nodes.raw("", page, format="html")]

    def row(self, claim: Quote) -> str:
        c = {key: escape(str(value)) for key, value in claim.data.items()}
        unseen = f'<span class="kt-unseen"> for {c["name"]}</span>'  # tells the links apart for screen readers
        cell = f'<a href="{escape(self.address(claim))}">See the cell{unseen}</a>'
        cells = (
            f'{c["says"]}<span class="kt-place">{c["source"]}, {c["place"]}</span>',
            f'{c["ours"]}<span class="kt-place">n: {c["n"]}; seed: {c["seed"]}{self.read_from(claim)}</span>',
            f'{verdict_mark(c["verdict"])}<span class="kt-why">{c["why"]} {cell}</span>',
        )
        row = "".join(f'<td data-label="{k}">{v}</td>' for k, v in zip(COLUMNS, cells, strict=True))
        return f'<tr id="{c["name"]}">{row}</tr>'

    def read_from(self, claim: Quote) -> str:
        """Where a row reads a stored result, a link to the file that tells how it was made; else nothing."""
        if not claim.data.get("stored"):
            return ""
        path = stored_path(claim.data["stored"])
        if not (Path(self.env.srcdir).parent / path).is_file():
            log.warning("claim %r reads %s, which is not there", claim.data["name"], path, type="kt")
        options = self.config.html_theme_options
        address = f"{options['repository_url']}/blob/{options['repository_branch']}/{path}"
        return f'; read from a stored study (<a href="{escape(address)}">{escape(path)}</a>)'


def drawing(figure: Quote, prefix: str) -> nodes.raw:
    """The figure as inline SVG, which follows light and dark; the prefix keeps its ids apart on a page."""
    return nodes.raw("", kt_figures.markup(figure.data, prefix, links=False), format="html")


def verdict_mark(verdict: str) -> str:
    return f'<span class="kt-verdict kt-{verdict.replace(" ", "-")}">{verdict}</span>'
