"""The first use of every glossary term on a page leads to the glossary, and shows the entry's first sentence.

Terms are found in running prose: paragraphs and lists, but no headings, code, mathematics, links, tables, figures,
cards or buttons. The sentence stands in the link's `title`, which needs no script; `terms.js` shows it on hover,
focus and tap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = "glossary"
PLAIN_PAGES = (GLOSSARY, "references", "api")  # without links, and all below api/

# Where a term is not simply its words, in singular or plural: how it stands in a sentence. Case counts as written.
FORMS = {
    "Absorbing": r"[Aa]bsorbing",
    "Attribute": r"[Aa]ttributes",
    "Calibration": r"[Cc]alibrat(?:ion|ed)(?! intervals?)",
    "Correlation": r"[Cc]orrelations?|[Cc]orrelates?",
    "Coverage": r"[Cc]overage",
    "Degenerate fit": r"[Dd]egenerate",
    "Difficulty": r"[Dd]ifficult(?:y|ies)",
    "Factor": r"[Ff]actors(?! of)|[Ff]actor models?",
    "Filtering": r"[Ff]ilter(?:s|ing|ed)?",
    "Flag": r"(?:raises?|carry|carries|with(?:out)?|any|no|a) flags?|(?:un)?flagged|[Ff]lags",
    "Forward–backward": r"[Ff]orward[–-]backward",
    "Guess": r"guess(?:es)? and slips?|slips? and guess(?:es)?|people guess|guess rate|[Gg]uess \+ slip",
    "Held-out": r"[Hh]eld[- ]out|validation",
    "Hierarchical model": r"[Hh]ierarchical(?: models?)?",
    "Identifiable": r"[Ii]dentifi(?:able|ability|ed)",
    "Interval": r"(?:[Cc]onfidence )?[Ii]ntervals?",
    "Item": r"[Ii]tems?(?! response)",
    "KL divergence": r"KL(?: divergence)?|Kullback–Leibler divergence",
    "Mastery": r"[Mm]astery",
    "Mean-field": r"[Mm]ean[- ]field",
    "Nat": r"nats",
    "Normal distribution": r"[Nn]ormal distributions?|bell curves?|N\([^()]*\)",
    "Odds": r"(?:its|log|whose) odds|[Oo]dds of|Odds",
    "Performance factors analysis": r"[Pp]erformance factors(?: analysis)?|PFA",
    "Predictive check": r"(?:[Pp]rior |[Pp]osterior )?[Pp]redictive checks?",
    "Prior": r"[Pp]riors?(?! (?:knowledge|predictive|to)\b)",
    "Posterior": r"[Pp]osteriors?(?! predictive)",
    "Profile": r"[Pp]rofiles?(?: likelihoods?| intervals?)?",
    "Rasch model": r"Rasch(?: model)?|1PL",
    "Replicate": r"[Rr]eplicat(?:es?|ions?)",
    "Seed": r"seeds?",
    "Shrinkage": r"[Ss]hrinkage|(?:shr[iu]nks?|shrinking|draws?|drawn) (?:it |them )?towards(?! (?:nothing|zero))",
    "Smoothing": r"[Ss]mooth(?:ing|ed)",
    "Slip": r"people slip|slip rate|slips? and guess(?:es)?|guess(?:es)? and slips?",
    "Two-parameter model": r"[Tt]wo-parameter(?: item response)? models?|2PL",
}
PASSED_OVER = (nodes.TextElement, nodes.table, nodes.figure, nodes.raw, nodes.sidebar, addnodes.desc)
READ = (nodes.paragraph, nodes.emphasis, nodes.strong, nodes.inline)  # of the TextElements, those of running prose
PASSED_OVER_CLASSES = {"kt-pitch", "kt-links", "sd-card", "cell_input", "xref", "kt-figure", "kt-choices"}
FOLD = "dropdown"


@dataclass(frozen=True)
class Term:
    """One entry: what it is called, where it stands, how it looks in a sentence, what it says first."""

    name: str
    anchor: str
    pattern: str
    sentence: str


def form(name: str) -> str:
    """How a term stands in a sentence: its words, singular or plural, the first letter in either case.

    An abbreviation stands as it is.
    """
    words = re.escape(name)
    if re.match(r"[A-Z][a-zé]", name):
        words = f"[{name[0]}{name[0].lower()}]{re.escape(name[1:])}"
    return words + "(?:s|es)?"


def entry(names: list[str], anchor: str, text: str) -> Term:
    """The term of an entry, given all its names."""
    own = FORMS.get(names[0])
    forms = [own] if own else [form(name) for name in names]
    return Term(names[0], anchor, rf"(?<![\w-])(?:{'|'.join(forms)})(?![\w-])", first_sentence(text))


def first_sentence(text: str) -> str:
    """A text up to its first full stop that ends a sentence."""
    return re.match(r".*?[.?!](?=\s|$)", text, flags=re.S)[0].replace("\n", " ")


def terms(glossary: nodes.document) -> list[Term]:
    """The entries of a glossary page."""
    found = []
    for item in glossary.findall(nodes.definition_list_item):
        heads = list(item.findall(nodes.term))
        text = next(item.findall(nodes.paragraph)).astext()
        found.append(entry([head.astext() for head in heads], heads[0]["ids"][0], text))
    return found


def prose(node: nodes.Element, folded: bool = False) -> Iterator[tuple[nodes.Text, bool]]:
    """The texts of running prose below a node, each with whether it stands in a fold."""
    for child in list(node.children):
        if isinstance(child, nodes.Text):
            if isinstance(node, READ):
                yield child, folded
        elif is_read(child):
            yield from prose(child, folded or FOLD in child["classes"])


def is_read(node: nodes.Element) -> bool:
    """Whether a term below this may become a link. The choices of a prediction are buttons."""
    if PASSED_OVER_CLASSES & set(node.get("classes", ())):
        return False
    return isinstance(node, READ) or not isinstance(node, PASSED_OVER)


def first_uses(texts: list[tuple[str, bool]], known: list[Term]) -> dict[int, list[tuple[int, int, Term]]]:
    """Of each text, by its place in the list, which spans are the first use of which term.

    A fold may stay closed, so a use in it does not count as the first: the next one outside is linked too.
    """
    found: dict[int, list[tuple[int, int, Term]]] = {}
    for term in sorted(known, key=lambda term: -len(term.name)):  # *log likelihood* before *likelihood*
        in_fold = False
        for place, (text, folded) in enumerate(texts):
            if folded and in_fold:
                continue
            span = free(re.finditer(term.pattern, text), found.get(place, []))
            if span is not None:
                found.setdefault(place, []).append((*span, term))
                in_fold = folded
                if not folded:
                    break
    return {place: sorted(spans, key=lambda span: span[0]) for place, spans in found.items()}


def free(matches: Iterator[re.Match], taken: list[tuple[int, int, Term]]) -> tuple[int, int] | None:
    """The first match that overlaps no other term's."""
    spans = (match.span() for match in matches)
    return next((s for s in spans if all(s[1] <= start or end <= s[0] for start, end, _ in taken)), None)


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """For `doctree-resolved`: put the links into a page."""
    if docname.split("/")[0] in PLAIN_PAGES or app.builder.format != "html":
        return
    texts = list(prose(doctree))
    to_glossary = app.builder.get_relative_uri(docname, GLOSSARY)
    for place, spans in first_uses([(text.astext(), folded) for text, folded in texts], of_the_book(app)).items():
        replace(texts[place][0], spans, to_glossary)


@cache
def of_the_book(app: Sphinx) -> list[Term]:
    """The terms of the book's glossary."""
    return terms(app.env.get_doctree(GLOSSARY))


def replace(text: nodes.Text, spans: list[tuple[int, int, Term]], address: str) -> None:
    """Cut a text at the spans and make each a link."""
    whole, end, parts = text.astext(), 0, []
    for start, stop, term in spans:
        link = nodes.reference("", whole[start:stop], refuri=f"{address}#{term.anchor}", internal=True)
        link["classes"], link["reftitle"] = ["kt-term"], term.sentence
        parts += [nodes.Text(whole[end:start]), link]
        end = stop
    text.parent.replace(text, [*parts, nodes.Text(whole[end:])])


def connect(app: Sphinx) -> None:
    """Hand the extension to Sphinx."""
    app.connect("doctree-resolved", link_terms, priority=900)  # after all references
    app.add_js_file("terms.js", loading_method="defer")
    app.add_css_file("terms.css")
