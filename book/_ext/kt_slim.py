"""One style sheet and one script for the whole site, holding what its pages use.

The theme and the extensions bring 14 style sheets and 11 scripts to every page, nine tenths of it for things that
no page has. Here they become `_static/site.css`, without the rules that can match nothing, and `_static/site.js`,
which waits until the page is read. A rule stays when every tag, class and id in its selector occurs in a page, or,
for classes and ids, as a word in a script: states that scripts set later are kept.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import tinycss2

SHEET = re.compile(r'\s*<link\b[^>]*rel="stylesheet"[^>]*>')
SCRIPT = re.compile(r'\s*<script\b[^>]*\bsrc="[^"]*_static/[^"]*"[^>]*></script>')
PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
PAGENAME = re.compile(r"\s*<script>DOCUMENTATION_OPTIONS\.pagename = [^<]*</script>")  # no script asks for it
THEME = 'dataset.theme = localStorage.getItem("theme") || "auto";'
SETTLED = """dataset.theme = { light: "light", dark: "dark" }[document.documentElement.dataset.mode] ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");"""
SPY = re.compile(r' data-bs-spy="scroll" data-bs-target="\.bd-toc-nav" data-offset="[^"]*" data-bs-root-margin="[^"]*"')
# The theme asks each box, one by one, whether it scrolls, and lays the page out anew for each; book.js asks all at once
BOX_BY_BOX = re.compile(r',?"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')
# Names, brackets and blanks in code, which have the colour of the text around them: a quarter of a chapter's elements
COLOURLESS = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
ALONE = ("searchtools.js", "language_data.js", "search.js")  # the search page's own
NESTED = {"media", "supports", "container", "layer"}
ANY_OF = {"is", "where", "has"}
# What Bootstrap's script may set on its own. Its other words name parts of it that no page has, such as carousels.
BOOTSTRAP = "_static/scripts/bootstrap.js"
BOOTSTRAP_SETS = (
    "active arrow collapse collapsed collapsing disabled dropdown-menu fade show tooltip tooltip-arrow tooltip-inner"
)
BOOTSTRAP_SETS += " bs-tooltip-auto bs-tooltip-top bs-tooltip-bottom bs-tooltip-start bs-tooltip-end"


@dataclass
class Used(HTMLParser):
    """Tags, classes, ids and attributes of the pages, and the words of the scripts."""

    tags: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)
    fonts: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()
        self._script = False

    def read(self, page: str) -> None:
        """Take in one page: its elements, and its inline scripts and styles as text."""
        self.feed(page)
        self.text += re.findall(r"--[\w-]+", page)

    def hear(self, script: str) -> None:
        """Take in a script: every word of it may be a class or an id."""
        self.names |= set(re.findall(r"[\w-]+", script))
        self.text += re.findall(r"--[\w-]+", script)

    def handle_starttag(self, tag, attributes):
        """Note what the element is called."""
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("class", "id"):
                self.names |= set((value or "").split())
            if name == "font-family":  # drawings name theirs in an attribute
                self.fonts |= set(re.findall(r"[\w-]+", value or ""))
        self._script = tag == "script"

    def handle_endtag(self, tag):
        """An inline script ends."""
        self._script = False

    def handle_data(self, data):
        """Text in a script counts as a script."""
        if self._script:
            self.hear(data)


def is_new(site: Path) -> bool:
    """Whether Sphinx has written pages since they were last slimmed: it writes the search page each time."""
    return "_static/site.css" not in (site / "search.html").read_text("utf-8")


def slim(site: Path) -> None:
    """Write the two files and make every page name them instead of their parts."""
    newest = (site / "search.html").read_text("utf-8")
    sheets = addresses(SHEET, "href", newest)
    scripts = [a for a in addresses(SCRIPT, "src", newest) if Path(a).name not in ALONE]
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html") if "_static" not in path.parts}
    pages = {path: COLOURLESS.sub(r"\1", text) for path, text in pages.items()}
    if not any("sd-tab" in text for text in pages.values()):
        scripts = [address for address in scripts if "design-tabs" not in address]
    used = whatever_is_used(site, list(pages.values()), scripts)
    css = purged([sheet(site, address) for address in sheets], used)
    js, found = BOX_BY_BOX.subn("", "\n;\n".join((site / address).read_text("utf-8") for address in scripts))
    if found != 1:
        raise ValueError(f"the theme asks {found} times which boxes scroll, not once: look at BOX_BY_BOX again")
    (site / "_static/site.css").write_text(css, "utf-8")
    (site / "_static/site.js").write_text(re.sub(r"//# sourceMappingURL=\S+", "", js), "utf-8")
    for path, text in pages.items():
        up = "../" * (len(path.relative_to(site).parts) - 1)
        head = (
            f'\n    <link rel="stylesheet" href="{up}_static/site.css?v={digest(css)}" />'
            f'\n    <script defer src="{up}_static/site.js?v={digest(js)}"></script>'
        )
        path.write_text(with_head(text, head), "utf-8")
    for address in {*sheets, *scripts, "_static/basic.css", "_static/design-tabs.js", "_static/copybutton_funcs.js"}:
        (site / address).unlink(missing_ok=True)


def addresses(pattern: re.Pattern, attribute: str, page: str) -> list[str]:
    """What the tags that the pattern finds point to, without versions."""
    return [re.search(rf'{attribute}="([^"?]*)', tag)[1] for tag in pattern.findall(page)]


def digest(text: str) -> str:
    """A version for a file's address, so that a browser asks again when it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def with_head(page: str, head: str) -> str:
    """The page with these lines where its first style sheet was, and without the tags that they stand for."""
    first = SHEET.search(page)
    if first is None:
        return page
    before, after = page[: first.start()], page[first.start() :]
    for pattern in (SHEET, PRELOAD, PAGENAME):
        after = pattern.sub("", after)
    after = SCRIPT.sub(lambda tag: later(tag[0]) if any(name in tag[0] for name in ALONE) else "", after)
    after = re.sub(r'<script (src="(?:\.\./)*searchindex\.js")', r"<script defer \1", after)
    # light or dark is settled before anything is painted; nothing is spied on: this theme has no such navigation
    return before.replace(THEME, SETTLED) + head + SPY.sub("", after)


def later(tag: str) -> str:
    """The script tag, so that the page does not wait for it."""
    return tag if "defer" in tag else tag.replace("<script", "<script defer")


def whatever_is_used(site: Path, pages: list[str], scripts: list[str]) -> Used:
    """What all pages and all scripts of the site name."""
    used = Used()
    for page in pages:
        used.read(page)
    for address in [*scripts, *(f"_static/{name}" for name in ALONE)]:
        used.hear(BOOTSTRAP_SETS if address == BOOTSTRAP else (site / address).read_text("utf-8"))
    return used


def sheet(site: Path, address: str) -> str:
    """A style sheet with what it imports, its addresses made relative to _static."""
    folder = posixpath.dirname(address)
    text = (site / address).read_text("utf-8")

    def moved(match: re.Match) -> str:
        path = posixpath.normpath(f"{folder}/{match[2]}")
        return f"url({match[1]}{posixpath.relpath(path, '_static')}"

    text = re.sub(r"""url\((["']?)(?!["']?(?:data:|#|%23|https?:))([^)"']+)""", moved, text)
    return re.sub(r'@import "([^"]+)";', lambda m: sheet(site, posixpath.normpath(f"{folder}/{m[1]}")), text)


def purged(sheets: list[str], used: Used) -> str:
    """The sheets as one, without rules, variables, fonts and animations that nothing uses."""
    css = "\n".join(rules(tinycss2.parse_stylesheet(text, True, True), lambda s: alive(s, used)) for text in sheets)
    named = set(used.text)
    while True:
        mentioned = named | set(re.findall(r"var\(\s*(--[\w-]+)", css))
        words = used.fonts | set(re.findall(r"[\w-]+", uses(css)))
        shorter = rules(tinycss2.parse_stylesheet(css), lambda s: True, mentioned, words)
        if shorter == css:
            return css
        css = shorter


def uses(css: str) -> str:
    """The declarations that may name a font or an animation."""
    return " ".join(
        re.findall(r"(?:font|font-family|animation|animation-name|--[\w-]+):[^;}]*", FONT_FACE.sub("", css))
    )


FONT_FACE = re.compile(r"@font-face\{[^}]*\}")


def rules(nodes: list, keep: Callable, variables: set[str] | None = None, words: set[str] | None = None) -> str:
    """Rules as text, without those whose selectors are all dropped or that are left empty."""
    return "".join(rule(node, keep, variables, words) for node in nodes)


def rule(node, keep: Callable, variables: set[str] | None, words: set[str] | None) -> str:
    """One rule, one at-rule or one declaration as text; nothing if it is not needed."""
    if node.type == "declaration":
        if variables is not None and node.name.startswith("--") and node.name not in variables:
            return ""
        value = tinycss2.serialize(short(node.value)).strip()
        return f"{node.name}:{value}{'!important' if node.important else ''};"
    if node.type == "qualified-rule":
        chosen = [s for s in split(node.prelude) if keep(s)]
        body = rules(tinycss2.parse_blocks_contents(node.content, True, True), lambda s: True, variables, words)
        return f"{','.join(tinycss2.serialize(short(s)).strip() for s in chosen)}{{{body}}}" if chosen and body else ""
    if node.type != "at-rule" or node.at_keyword == "charset":
        return ""
    head = f"@{node.at_keyword}{tinycss2.serialize(short(node.prelude)).rstrip()}"
    if node.content is None:
        return head + ";"
    if node.lower_at_keyword in NESTED:
        body = rules(tinycss2.parse_blocks_contents(node.content, True, True), keep, variables, words)
        return f"{head}{{{body}}}" if body else ""
    if words is not None and not named(node, words):
        return ""
    return f"{head}{{{rules(tinycss2.parse_blocks_contents(node.content, True, True), lambda s: True)}}}"


def named(node, words: set[str]) -> bool:
    """Whether a font or an animation is asked for by its name; other at-rules always are."""
    if node.lower_at_keyword == "font-face":
        family = re.search(r"font-family:\s*[\"']?([^;\"']+)", tinycss2.serialize(node.content))[1]
        return set(re.findall(r"[\w-]+", family)) <= words
    if node.lower_at_keyword.endswith("keyframes"):
        return tinycss2.serialize(node.prelude).strip() in words
    return True


def short(tokens: list) -> list:
    """Tokens with each run of white space as one blank, and without comments."""
    kept = [token for token in tokens if token.type != "comment"]
    for token in kept:
        if token.type == "whitespace":
            token.value = " "
    return kept


def split(prelude: list) -> list[list]:
    """The selectors of a list, at its outermost commas."""
    parts: list[list] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def alive(selector: list, used: Used) -> bool:
    """Whether everything that the selector names occurs somewhere."""
    previous = None
    for token in selector:
        if token.type == "ident":
            known = used.names if previous == "." else used.tags
            if previous != ":" and (token.value if previous == "." else token.lower_value) not in known:
                return False
        elif token.type == "hash" and token.value not in used.names:
            return False
        elif token.type == "function" and token.lower_name in ANY_OF:
            if not any(alive(part, used) for part in split(token.arguments)):
                return False
        previous = token.value if token.type == "literal" else None
    return True
