"""What a built site owes its readers: python tools/check_reading.py book/_build/html

Numbers: no paragraph of a chapter holds more than six. Exercises: three to six a chapter, each with a solution that
says a number or a reason, two of them for pen and paper. Prediction: each chapter asks for one and comes back to it.
Terms: what the glossary explains is linked to it where a chapter first uses it. Cards: the number of a card's answer
stands in its figure. Standard library only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

MOST_NUMBERS = 6
EXERCISES = range(3, 7)
WITHOUT_COMPUTER = 2

VOID = set("area base br col embed hr img input link meta param source track wbr".split())
BLOCKS = {"p", "li", "dd", "ul", "ol", "dl", "div", "table", "figure", "details", "aside", "section", "blockquote"}
ASIDE_TAGS = {"table", "figure", "svg", "pre", "code", "details", "script", "style", "button", "math"}
ASIDE_CLASSES = {"dropdown", "math", "katex", "cell_input", "kt-claim", "kt-card", "kt-numbers", "kt-explorer"}

NUMBER = re.compile(
    r"(?<![\w.,§])(?<!§ )(?<![A-Za-z][-–/])"  # not in a name: NB-3, 2PL, §5.1
    r"(?>\.?\d+(?:[.,]\d+)*)(?:/\d+)?(?:e-?\d+)?%?(?![\w]|[-–][A-Z])"
)
NAMED = re.compile(r"\b(?:[Cc]hapters?|[Pp]arts?|[Ff]igures?|[Tt]ables?|[Ss]ections?|[Ee]xercises?|NB) \d+(?:\.\d+)*")
YEAR = re.compile(r"(?:19[5-9]\d|20(?:0[1-9]|[1-3]\d))\Z")
REASON = re.compile(r"\b(because|since|hence|therefore|thus|why|so that)\b|(?:^|[,;:.] )so\b|, for\b|\bSo\b")
PEN_AND_PAPER = "(pen and paper)"

# Entries whose names are everyday words too: the build links the uses that mean the entry, which no rule here can tell
EVERYDAY = {
    "Ability", "Absorbing", "Attribute", "Calibration", "Correlation", "Coverage", "Degenerate fit", "Difficulty",
    "Factor", "Filtering", "Flag", "Guess", "Identifiable", "Interval", "Item", "Mastery", "Nat", "Normal distribution",
    "Odds", "Posterior", "Prior", "Profile", "Replicate", "Seed", "Shrinkage", "Skill", "Slip",
}  # fmt: skip


@dataclass
class Node:
    """An element and what is in it, texts and elements in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.attributes.get("class", "").split())

    def all(self, *tags: str, of: str = "") -> Iterator[Node]:
        """Elements in it, in order, with one of these tags if any are given, and of this class."""
        for child in self.children:
            if isinstance(child, Node):
                if (not tags or child.tag in tags) and (not of or of in child.classes):
                    yield child
                yield from child.all(*tags, of=of)

    def text(self, without=lambda node: False) -> str:
        """The text in it, but for elements that `without` leaves out."""
        parts = (c if isinstance(c, str) else "" if without(c) else c.text(without) for c in self.children)
        return "".join(parts)


class Tree(HTMLParser):
    """A page as nodes."""

    def __init__(self, page: str):
        super().__init__()
        self.root = Node("")
        self._open = [self.root]
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Open an element."""
        node = Node(tag, {name: value or "" for name, value in attributes})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag, attributes):
        """An element that holds nothing."""
        self._open[-1].children.append(Node(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag):
        """Close it, and what was left open in it."""
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data):
        """Text."""
        self._open[-1].children.append(data)


def article(page: str) -> Node:
    """The page's own text, without the frame."""
    root = Tree(page).root
    return next((node for node in root.all("article") if "bd-article" in node.classes), root)


def aside(node: Node) -> bool:
    """Whether it is no running text: a table, a figure, code, mathematics, a fold, an explorer, a quoted claim."""
    return node.tag in ASIDE_TAGS or node.tag.startswith("kt-") or bool(ASIDE_CLASSES & node.classes)


def blocks(node: Node) -> Iterator[Node]:
    """Paragraphs, and list items that hold none, of the running text."""
    for child in node.children:
        if isinstance(child, Node) and not aside(child):
            if child.tag in ("p", "li", "dd"):
                yield child
            yield from blocks(child)


def own_text(block: Node) -> str:
    """The text of a paragraph or an item, without blocks in it, citations, code and mathematics."""
    text = block.text(lambda n: aside(n) or n.tag in BLOCKS or "references.html" in n.attributes.get("href", ""))
    return " ".join(text.split())


def numbers(text: str) -> list[str]:
    """The numbers in a text as a reader would count them: "0.65 to 0.72" are two, "3,114" is one, "NB-3" is none."""
    found = NUMBER.findall(NAMED.sub("", re.sub(r"^\d+\. ", "", text)))
    return [number for number in found if not YEAR.match(number)]


def crowded(page: Node) -> list[str]:
    """Paragraphs that hold too many numbers."""
    texts = [own_text(block) for block in blocks(page)]
    return [f"{len(numbers(text))} numbers in {text[:70]!r}" for text in texts if len(numbers(text)) > MOST_NUMBERS]


def exercises(page: Node) -> dict[str, list[Node]]:
    """Each exercise's number, with the elements of its section from there to the next one."""
    section = next((node for node in page.all("section") if node.attributes.get("id") == "exercises"), Node(""))
    found: dict[str, list[Node]] = {}
    for node in parts(section):
        number = re.match(r"(\d+)\.", node.text().strip()) if node.tag == "p" else None
        if number:
            found[number[1]] = []
        if found:
            list(found.values())[-1].append(node)
    return found


def parts(node: Node) -> Iterator[Node]:
    """Paragraphs, folds and the like in a section, also those that its cells printed."""
    for child in node.children:
        if isinstance(child, Node) and child.tag in ("div", "section") and not aside(child):
            yield from parts(child)
        elif isinstance(child, Node):
            yield child


def unanswered(page: Node) -> list[str]:
    """What is wrong with the exercises."""
    found, faults = exercises(page), []
    if len(found) not in EXERCISES:
        faults.append(f"{len(found)} exercises, not {EXERCISES[0]} to {EXERCISES[-1]}")
    by_hand = sum(PEN_AND_PAPER in nodes[0].text() for nodes in found.values())
    if by_hand < WITHOUT_COMPUTER:
        faults.append(f"{by_hand} exercises for pen and paper, fewer than {WITHOUT_COMPUTER}")
    for number, nodes in found.items():
        solution = next((node for node in nodes if is_solution(node)), None)
        if solution is None:
            faults.append(f"exercise {number} has no solution")
        elif not answers(solution.text(lambda node: node.tag in ("pre", "code", "button"))):
            faults.append(f"the solution of exercise {number} gives no number and no reason")
    return faults


def is_solution(node: Node) -> bool:
    """Whether this is a fold whose title says so."""
    title = next((title.text() for title in node.all("p", of="admonition-title")), "")
    return "dropdown" in node.classes and title.startswith("Solution")


def answers(text: str) -> bool:
    """Whether a solution says a number or a reason."""
    return bool(numbers(text) or REASON.search(text))


def unpredicted(page: Node) -> list[str]:
    """Whether the page asks for a prediction with choices and comes back to it."""
    order = [node for node in page.all() if {"kt-choices", "kt-return"} & node.classes]
    kinds = ["choices" if "kt-choices" in node.classes else "return" for node in order]
    if kinds != ["choices", "return"]:
        return [f"{kinds.count('choices')} predictions with choices, {kinds.count('return')} returns to it"]
    return []


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its anchor and how it looks in a sentence."""

    name: str
    anchor: str
    pattern: str


def terms(glossary: Node) -> list[Term]:
    """The entries that can be told from everyday words, the longest first."""
    found = []
    for entry in glossary.all("dl", of="glossary"):
        heads: list[Node] = []
        for node in entry.children:
            if isinstance(node, Node) and node.tag == "dt":
                heads.append(node)
            elif isinstance(node, Node) and heads:
                names = [head.text(lambda n: "headerlink" in n.classes).strip() for head in heads]
                if names[0] not in EVERYDAY:
                    words = "|".join(form(name) for name in names)
                    found.append(Term(names[0], heads[0].attributes["id"], rf"(?<![\w-])(?:{words})(?![\w-])"))
                heads = []
    return sorted(found, key=lambda term: -len(term.name))


def form(name: str) -> str:
    """A term as it stands in a sentence: singular or plural; a capital only where it always has one."""
    first = f"[{name[0]}{name[0].lower()}]" if re.match(r"[A-Z][a-z]", name) and not name.istitle() else ""
    if re.fullmatch(r"[A-Z][a-z]+", name):
        first = f"[{name[0]}{name[0].lower()}]"
    return (first + re.escape(name[1:]) if first else re.escape(name)) + "(?:s|es)?"


def pieces(node: Node) -> Iterator[tuple[str, str]]:
    """The running text of a page in order, piece by piece, each with the address of the link that it stands in."""
    for child in node.children:
        if isinstance(child, str):
            yield child, node.attributes.get("href", "")
        elif child.tag not in ("h1", "h2", "h3", "h4") and not aside(child) and "kt-choices" not in child.classes:
            if child.tag == "a" or node.tag == "a":
                yield child.text(), child.attributes.get("href", "") or node.attributes.get("href", "")
            else:
                yield from pieces(child)


def unexplained(page: Node, known: list[Term]) -> list[str]:
    """Terms that the page uses before it leads to the glossary; longer ones hide the shorter ones in them."""
    faults, explained = [], set()
    for text, address in pieces(page):
        explained.add(unquote(address.partition("glossary.html#")[2]))
        for term in () if address else known:
            use = re.search(term.pattern, text)
            if use and term.anchor not in explained:
                faults.append(f"uses {use[0]!r} without a link to the glossary")
                explained.add(term.anchor)
    return faults


def unshown(card: Node) -> list[str]:
    """Numbers of a card's answer that one of its drawings does not show; a card without an answer or a drawing."""
    said = " ".join(node.text() for node in card.all("p", of="kt-answer"))
    drawings = [" ".join(text.text() for text in svg.all("text")) for svg in card.all("svg")]
    if not said or not drawings:
        return ["no answer" if not said else "no figure"]
    shown = [set(numbers(drawing)) for drawing in drawings]
    return [f"{n} of its answer is not in its figure" for n in numbers(said) if any(n not in these for these in shown)]


def faults(site: Path) -> dict[str, dict[str, list[str]]]:
    """Rule -> chapter or card -> what is wrong, with an empty list where nothing is."""
    found: dict[str, dict[str, list[str]]] = {
        rule: {} for rule in ("numbers", "exercises", "prediction", "terms", "cards")
    }
    glossary = site / "glossary.html"
    known = terms(article(glossary.read_text("utf-8"))) if glossary.exists() else []
    for path in sorted(site.glob("notebooks/*.html")):
        page = article(path.read_text("utf-8"))
        found["numbers"][path.stem] = crowded(page)
        found["exercises"][path.stem] = unanswered(page)
        found["prediction"][path.stem] = unpredicted(page)
        found["terms"][path.stem] = unexplained(page, known)
    pitch = site / "pitch.html"
    if pitch.exists():
        cards = article(pitch.read_text("utf-8")).all("section", of="kt-pitch")
        found["cards"] = {card.attributes.get("id", "?"): unshown(card) for card in cards} or {"pitch": ["no card"]}
    return found


def told(found: dict[str, dict[str, list[str]]]) -> list[str]:
    """The faults, a line each: what stops a build."""
    return [f"{place}: {rule}: {this}" for rule, at in found.items() for place, these in at.items() for this in these]


def main() -> int:
    """Print every fault, rule by rule."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    found = faults(Path(sys.argv[1]))
    for rule, places in found.items():
        wrong = {place: these for place, these in places.items() if these}
        print(f"== {rule}: {len(places) - len(wrong)} of {len(places)} keep it")
        for place, these in wrong.items():
            print(place, *these, sep="\n  ")
    return 1 if told(found) else 0


if __name__ == "__main__":
    sys.exit(main())
