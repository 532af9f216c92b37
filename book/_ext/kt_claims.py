"""The page of claims: {kt-claims}, all of them by source and chapter, and {kt-claim}`name`, one with its verdict."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from itertools import groupby
from pathlib import Path

import kt_cards
from docutils import nodes
from kt_pages import QuoteDirective, log, raw
from kt_plain import minus
from kt_quotes import Quote
from sphinx.util.docutils import SphinxRole

from ktlib.show.quotes import VERDICTS, stored_path

COLUMNS = ("The source says", "We find", "Verdict")
# Parts of a text that have no number, in the order in which they come; a part with a number stands by it
PARTS = ("abstract", "introduction", "§", "step", "below", "how much", "talking", "table", "footnote", "appendix")


class KtClaims(QuoteDirective):
    """All claims, a table a chapter, under a box that filters them by words and verdict."""

    def run(self) -> list[nodes.Node]:
        self.chapters = self.quotes().chapters
        claims = list(self.quotes().claims.values())
        counts = Counter(claim.data["verdict"] for claim in claims)
        choice = [("", f"<b>{len(claims)}</b> all")]
        choice += [(v, f"<b>{counts[v]}</b> {verdict_mark(v)}") for v in VERDICTS if counts[v]]
        box = kt_cards.filter_box(
            "table.kt-claims tbody tr", "Search the claims", "slip, footnote …", "Verdict", choice
        )
        order = {source: k for k, source in enumerate(dict.fromkeys(claim.data["source"] for claim in claims))}
        claims.sort(key=lambda claim: (order[claim.data["source"]], claim.docname, place(claim.data["place"])))
        by_source = groupby(claims, lambda claim: claim.data["source"])
        return [raw(box), *(self.source(source, list(group)) for source, group in by_source)]

    def source(self, name: str, claims: list[Quote]) -> nodes.section:
        """One source, its chapters one after another."""
        section = nodes.section(ids=[nodes.make_id(name)], names=[name], classes=["kt-group"])
        section += nodes.title("", name[:1].upper() + name[1:])
        for docname, group in groupby(claims, lambda claim: claim.docname):
            chapter = self.env.app.builder.get_relative_uri(self.env.docname, docname)
            section += raw(self.table(self.chapters[docname], chapter, "".join(self.row(claim) for claim in group)))
        return section

    def table(self, title: str, address: str, rows: str) -> str:
        """The claims that one chapter checks."""
        head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
        where = f'Checked in <a href="{escape(address)}">{escape(title)}</a>'
        return (
            f'<div class="kt-group"><h3 class="kt-checked">{where}</h3>'
            f'<table class="kt-claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )

    def row(self, claim: Quote) -> str:
        c = {key: escape(minus(str(value))) for key, value in claim.data.items()}
        unseen = f'<span class="kt-unseen"> for {c["name"]}</span>'  # tells the links apart for screen readers
        cell = f'<a href="{escape(self.address(claim))}">See the cell{unseen}</a>'
        own = f'<a class="kt-own" href="#{c["name"]}" aria-label="Address of {c["name"]}">#</a>'
        cells = (
            f'{own}{c["says"]}<span class="kt-place">{c["source"]}, {c["place"]}</span>',
            f'{c["ours"]}<span class="kt-place">n: {c["n"]}; seed: {c["seed"]}{self.read_from(claim)}</span>',
            f'{verdict_mark(c["verdict"])}<span class="kt-why">{c["why"]} {cell}</span>',
        )
        row = "".join(f'<td data-label="{k}">{v}</td>' for k, v in zip(COLUMNS, cells, strict=True))
        chapter = escape(self.chapters[claim.docname])
        words = f"{c['says']} {c['source']} {c['place']} {c['ours']} {c['why']} {c['name']} {chapter}"
        return f'<tr id="{c["name"]}" data-words="{words}" data-tag="{c["verdict"]}">{row}</tr>'

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


class ClaimRole(SphinxRole):
    """{kt-claim}`name`: what the source says and the verdict, as a link to the row."""

    def run(self) -> tuple[list[nodes.Node], list]:
        claim = self.env.app.kt_quotes.claims.get(self.text)
        if claim is None:
            log.warning("no notebook makes a claim %r", self.text, location=self.get_location(), type="kt")
            return [], []
        page = self.env.app.builder.get_relative_uri(self.env.docname, "claims")
        verdict = claim.data["verdict"]
        link = nodes.reference("", "", refuri=f"{page}#{self.text}", internal=True)
        link += nodes.inline("", verdict, classes=["kt-verdict", f"kt-{verdict.replace(' ', '-')}"])
        return [nodes.Text(f"{claim.data['says']}: "), link], []


def place(text: str) -> list[tuple]:
    """A key that sorts places as they follow each other in a text: parts by name, numbers by size.

    >>> sorted(["§10", "appendix A", "§5.2, Table 2", "abstract", "§5"], key=place)
    ['abstract', '§5', '§5.2, Table 2', '§10', 'appendix A']
    """
    key = []
    for word in re.findall(r"§|\d+|[^\W\d]+", text.lower()):
        part = next((k for k, name in enumerate(PARTS) if name.startswith(word)), None)
        key.append((1, int(word), "") if word.isdigit() else (0, len(PARTS), word) if part is None else (0, part, word))
    return key


def verdict_mark(verdict: str) -> str:
    """A verdict as HTML: a word that a style sheet gives its sign and colour."""
    return f'<span class="kt-verdict kt-{verdict.replace(" ", "-")}">{verdict}</span>'
