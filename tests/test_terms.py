"""The glossary is in order and plain, its numbers are right, and every page links the first use of its words."""

import json
import math
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

pytest.importorskip("sphinx")

import kt_terms  # noqa: E402
from docutils import nodes  # noqa: E402

GLOSSARY = (ROOT / "book/glossary.md").read_text("utf8")
CODE_OR_MATHS = r"(?s)```.*?```|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+\$|\]\([^)]*\)"


def entries() -> list[tuple[list[str], str]]:
    """The names and the text of each entry, as the page is written."""
    body = re.search(r"```\{glossary\}\n(.*?)```", GLOSSARY, flags=re.S)[1]
    found = []
    for block in body.strip().split("\n\n"):
        lines = block.splitlines()
        names = [line for line in lines if not line.startswith(" ")]
        found.append((names, " ".join(line.strip() for line in lines[len(names) :])))
    return found


ENTRIES = entries()
TERMS = [kt_terms.entry(names, f"term-{names[0]}", text) for names, text in ENTRIES]


def key(name: str) -> list[str]:
    """What a name is sorted by: its words, one after the other."""
    return re.findall(r"[a-z0-9]+", name.lower().replace("é", "e").replace("’", "").replace("'", ""))


def test_entries_stand_in_alphabetical_order():
    names = [key(names[0]) for names, _ in ENTRIES]
    assert len(names) > 70 and names == sorted(names) and all(names.count(name) == 1 for name in names)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_an_entry_begins_with_one_plain_sentence(term):
    assert 3 <= len(term.sentence.split()) <= 30
    assert not re.search(r"[$`{}\\=]", term.sentence), "no mathematics, no code: it is read out as it stands"


def pages() -> dict[str, str]:
    """What the book's pages say beside the glossary, without code and mathematics."""
    found = {p.stem: p.read_text("utf8") for p in (ROOT / "book").glob("*.md") if p.stem != "glossary"}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf8"))["cells"]
        told = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        shown = [o.get("data", {}).get("text/markdown", "") for cell in cells for o in cell.get("outputs", [])]
        found[path.stem] = "\n\n".join([*told, *map("".join, shown)])
    return {name: re.sub(CODE_OR_MATHS, " ", text).replace("\n", " ") for name, text in found.items()}


PAGES = pages()


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_no_entry_that_no_page_uses(term):
    assert any(re.search(term.pattern, text) for text in PAGES.values())


def test_every_exception_belongs_to_an_entry():
    assert set(kt_terms.FORMS) <= {term.name for term in TERMS}


def test_the_numbers_of_the_glossary_are_right():
    def sigma(x):
        return 1 / (1 + math.exp(-x))

    def kl(p, q):
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    half = 1.96 * math.sqrt(0.75 * 0.25 / 40)
    for said in (
        f"18/34 = {18 / 34:.0%}",
        f"√(0.25 · 0.75 / 22) = {math.sqrt(0.25 * 0.75 / 22):.3f}",
        f"{sigma(1):.0%} of the time if it is 1, and {sigma(2):.0%} if it is 2",
        f"2 · 0.9 · 0.6 / (0.9 + 0.6) = {2 * 0.9 * 0.6 / 1.5:.2f}",
        f"{0.75:.0%}, with a 95% interval from {0.75 - half:.0%} to {0.75 + half:.0%}",
        f"costs {kl(0.7, 0.5):.3f} nats an answer, 70% where 50% is true {kl(0.5, 0.7):.3f}",
        f"0.7³ · 0.3 = {0.7**3 * 0.3:.3f}, with 0.5 it is {0.5**4}",
        f"A likelihood of 0.103 has −{-math.log(0.103):.2f}",
        f"−log 0.7 = {-math.log(0.7):.2f}, of a wrong one −log 0.3 = {-math.log(0.3):.2f}.",
        f"A coin has {math.log(2):.2f}",
        f"becomes 0.5, 1 becomes {sigma(1):.2f}, −2 becomes {sigma(-2):.2f}",
        f"70% becomes {math.log(7 / 3):.2f}, 99% becomes {math.log(99):.1f}",
        f"7 to 3, or {7 / 3:.2f}",
        f"√(18/3) = {math.sqrt(6):.2f}",
        f"9/13 = {9 / 13:.2f}",
        f"√(8/3) = {math.sqrt(8 / 3):.2f}",
    ):
        assert said in " ".join(GLOSSARY.split()), said
    assert round(math.exp(2)) == 7 and sum((1, 2, 30)) / 3 == 11 and abs(2 * 1.92 - 1.96**2) < 0.01
    assert round(1 / (0.5 * math.erfc(1 / math.sqrt(2)))) == 6  # one student in six above 1


MATHEMATICS = (ROOT / "book/mathematics.md").read_text("utf8")


def test_every_number_of_the_mathematics_page_is_right():
    """Each worked number is computed again; a decimal that no line below holds fails."""

    def kl(q, p):
        return q * log(q / p) + (1 - q) * log((1 - q) / (1 - p))

    log, root = math.log, math.sqrt
    right = 0.2 * 0.9 + 0.8 * 0.2
    knew = 0.18 / right
    odds = 0.25 * 4.5
    share = root(0.75 * 0.25 / 40)
    bound = 0.9 * log(0.18 / 0.9) + 0.1 * log(0.16 / 0.1)
    lines = (
        rf"P(✓ \mid L) = 18/20 = {18 / 20:.1f}",
        rf"0.2 \cdot 0.9 = {0.2 * 0.9:.2f}",
        rf"guess right with 0.2, so $P(✓) = 0.18 + 0.8 \cdot 0.2 = {right:.2f}",
        rf"\frac{{0.18}}{{0.34}} = {knew:.2f}",
        rf"$0.2/0.8 = {0.2 / 0.8:.2f}$. A right answer is $0.9/0.2 = {0.9 / 0.2:.1f}$ times",
        rf"$0.25 \cdot 4.5 = {odds:.3f}$. That is again a probability of $1.125/2.125 = {odds / (1 + odds):.2f}$",
        rf"\log(0.5 \cdot 0.2) = \log 0.5 + \log 0.2 = {log(0.5):.2f} - {-log(0.2):.2f} = {log(0.1):.2f}",
        f"$e = {math.e:.2f}$",
        f"The logit of 0.7 is {log(7 / 3):.2f}. One more, 1.85, is a probability of {1 / (1 + math.exp(-1.85)):.2f}",
        rf"\sqrt{{8/3}} = {root(8 / 3):.2f}$. The 0.9 quantile",
        "the 0.5 quantile",
        f"$p = 0.3$ that is {root(0.3 * 0.7):.2f}",
        rf"$0.46/\sqrt{{100}} = {0.46 / root(100):.3f}$",
        "95% within 1.96",
        f"At 0.7 it is {0.7**3 * 0.3:.3f}, at 0.5 only {0.5**4}",
        f"from 0.75 to 0.76 it rises by {log(0.76 / 0.75):.3f}, which is $0.01/0.75$",
        rf"$\ell = {3 * log(0.75) + log(0.25):.2f}$, and at 0.7 it is ${3 * log(0.7) + log(0.3):.2f}$",
        f"Thirty right of forty: {share:.3f}",
        f"Go 1.96 standard errors either way: $0.75 \\pm {1.96 * share:.2f}$, "
        f"from {0.75 - 1.96 * share:.2f} to {0.75 + 1.96 * share:.2f}",
        f"$1.96^2/2 = {1.96**2 / 2:.2f}$",
        rf"$1/(0.75 \cdot 0.25) = {1 / (0.75 * 0.25):.2f}$. Forty answers have {40 / (0.75 * 0.25):.1f}",
        rf"$1/\sqrt{{213.3}} = {1 / root(213.3):.3f}$",
        f"$1.96^2 = {1.96**2:.2f}$",
        f"$(6 + 3)/(10 + 3) = {9 / 13:.2f}$",
        rf"To say 0.7 costs $-\log 0.7 = {-log(0.7):.2f}$ if the answer is right and $-\log 0.3 = {-log(0.3):.2f}$",
        rf"$0.7 \cdot 0.36 + 0.3 \cdot 1.20 = {-0.7 * log(0.7) - 0.3 * log(0.3):.2f}$",
        rf"Take 0.2 and 0.8. The log of their mean is $\log 0.5 = {log(0.5):.2f}$",
        f"$({log(0.2):.2f} - {-log(0.8):.2f})/2 = {(log(0.2) + log(0.8)) / 2:.2f}$",
        rf"$\log P(✓) = \log 0.34 = {log(right):.2f}$",
        rf"$q = 0.9$ gives $F = 0.9 \log(0.18/0.9) + 0.1 \log(0.16/0.1) = {bound:.2f}$",
        f"The right belief, {knew:.2f}, gives ${knew * log(0.18 / knew) + (1 - knew) * log(0.16 / (1 - knew)):.2f}$",
        f"From 0.5 to 0.7 it is {kl(0.5, 0.7):.3f}, from 0.7 to 0.5 it is {kl(0.7, 0.5):.3f}",
        rf"correlation 0.8. The $q$ of two independent numbers with the smallest $\mathrm{{KL}}(q \Vert p)$ "
        rf"has standard deviations $\sqrt{{1 - 0.8^2}} = {root(1 - 0.8**2):.1f}$",
        f"$q = 0.9$: ${log(right):.2f} = {bound:.2f} + {kl(0.9, knew):.2f}$",
    )
    rest = " ".join(MATHEMATICS.split())
    for line in sorted(lines, key=len, reverse=True):
        assert line in rest, line
        rest = rest.replace(line, "")
    assert not re.findall(r"\d+\.\d+", rest)


def page(*parts: nodes.Node) -> nodes.document:
    document = nodes.document(None, None)
    document += list(parts)
    return document


def found(*parts: nodes.Node) -> list[tuple[str, str]]:
    """What would be linked on a page of these parts: the words, and the entry."""
    texts = list(kt_terms.prose(page(*parts)))
    spans = kt_terms.first_uses([(text.astext(), folded) for text, folded in texts], TERMS)
    return [(texts[i][0].astext()[a:b], term.name) for i in sorted(spans) for a, b, term in spans[i]]


def said(text: str) -> nodes.paragraph:
    return nodes.paragraph("", text)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Intervals, and an interval.", [("Intervals", "Interval")]),
        ("the log likelihood", [("log likelihood", "Log likelihood")]),
        ("BKT, bkt, Em and EM", [("BKT", "Bayesian Knowledge Tracing"), ("EM", "EM")]),
        ("A lucky guess; she may slip.", []),
        ("slip and guess", [("slip and guess", "Guess")]),
        ("off by a factor of two; factors of two", []),
        ("three factors", [("factors", "Factor")]),
        ("prior knowledge and a prior", [("prior", "Prior")]),
        ("It shrinks towards nothing.", []),
        ("They are drawn towards the middle.", [("drawn towards", "Shrinkage")]),
        ("a posteriori, an F10 key, prioritise", []),
        ("from N(0, 1)", [("N(0, 1)", "Normal distribution")]),
        ("the two-parameter model", [("two-parameter model", "Two-parameter model")]),
        ("mean-field intervals", [("mean-field", "Mean-field"), ("intervals", "Interval")]),
    ],
)
def test_words_are_found_in_their_forms_and_no_others(text, linked):
    assert found(said(text)) == linked


def test_only_running_prose_is_linked():
    title, link = nodes.title("", "A prior"), nodes.paragraph("", "", nodes.reference("", "a prior", refuri="x"))
    code, maths = nodes.literal_block("", "prior"), nodes.paragraph("", "", nodes.math("", "prior"))
    raw = nodes.raw("", "<svg>prior</svg>", format="html")
    card = nodes.section("", said("a prior"), classes=["kt-pitch"])
    table = nodes.table("", nodes.tgroup("", nodes.tbody("", nodes.row("", nodes.entry("", said("a prior"))))))
    assert found(title, link, code, maths, raw, card, table) == []
    item = nodes.bullet_list("", nodes.list_item("", said("a prior")))
    assert found(item.deepcopy()) == [("prior", "Prior")]
    item["classes"] = ["kt-choices"]  # a prediction's: each becomes a button
    assert found(item) == []


def test_a_fold_may_stay_closed_so_the_next_use_is_linked_too():
    fold = nodes.admonition("", said("a prior"), said("a prior"), classes=["dropdown"])
    assert [term for _, term in found(fold, said("a prior"), said("a prior"))] == ["Prior", "Prior"]
    assert [term for _, term in found(said("a prior"), fold.deepcopy())] == ["Prior"]


def test_a_link_says_the_first_sentence_and_leads_to_the_entry():
    document = page(said("So the prior wins."))
    (text,) = (text for text, _ in kt_terms.prose(document))
    term = next(term for term in TERMS if term.name == "Prior")
    kt_terms.replace(text, [(7, 12, term)], "../glossary.html")
    (link,) = document.findall(nodes.reference)
    assert (link.astext(), link["refuri"]) == ("prior", "../glossary.html#term-Prior")
    assert link["reftitle"] == term.sentence and document.astext() == "So the prior wins."
