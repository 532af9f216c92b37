"""The directives that lay out what the notebooks quote: {kt-figure} and {kt-cards}; `kt_claims` has {kt-claims}."""

from __future__ import annotations

import kt_cards
import kt_figures
from docutils import nodes
from kt_quotes import Quote, Quotes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

log = logging.getLogger(__name__)


class QuoteDirective(SphinxDirective):
    """What they share: the quotes, links to their cells, and a rebuild when a notebook changes."""

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
    """All pitch cards, a section each, in the order of the chapters, under a box to search them."""

    def run(self) -> list[nodes.Node]:
        quotes = self.quotes()
        box = kt_cards.search_box(quotes, "section.kt-pitch, .kt-asked li", "one class, GPT, how sure …")
        cards = [self.card(card, quotes) for card in quotes.cards.values()]
        return [raw(box + kt_cards.contents(quotes)), *cards]

    def card(self, card: Quote, quotes: Quotes) -> nodes.section:
        section = nodes.section(ids=[card.data["name"]], names=[card.anchor], classes=["kt-pitch"])
        self.state.document.note_explicit_target(section, section)
        section += nodes.title("", kt_cards.asked(card))
        # a drawing apart from the words: the search index takes the one and leaves the other
        section += [
            raw(part(card)) for part in (kt_cards.answer, lambda c: kt_cards.drawing(c, quotes), kt_cards.limits)
        ]
        section += self.card_links(card)
        return section

    def card_links(self, card: Quote) -> nodes.paragraph:
        parts = [self.where_shown(card.data["shown"]), self.link("the cell behind it", self.address(card))]
        figure = self.quotes().figures.get(card.data["figure"])
        parts += [self.link("how its figure was made", self.address(figure))] if figure else []
        parts += [self.link(f"slide {kind.upper()}", f"slides/{card.data['name']}.{kind}") for kind in ("png", "svg")]
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


def drawing(figure: Quote, prefix: str) -> nodes.raw:
    """The figure as inline SVG, which follows light and dark; the prefix keeps its ids apart on a page."""
    return raw(kt_figures.markup(figure.data, prefix, links=False))


def raw(html: str) -> nodes.raw:
    """HTML as it stands."""
    return nodes.raw("", html, format="html")
