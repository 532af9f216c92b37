"""Check a built site without a browser: python tools/check_site.py book/_build/html

Every local link, anchor and asset resolves; nothing is loaded from elsewhere; pictures have words; each page
has a title, a description, a language and a picture for links to it; a missing page is answered by one that loads
nothing; the deck has every card, as a page that loads nothing and as a PDF; no page with its styles, scripts and
pictures exceeds 350 KB compressed (fonts load as needed: tools/check_browser.py weighs what is really sent); and what
tools/check_reading.py asks of chapters and cards. Standard library only.
"""

from __future__ import annotations

import gzip
import re
import struct
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import check_reading

LIMIT_KB = 350
MISSING = "404.html"
PREVIEW = (1200, 630)  # pixels
LOADED_TAGS = {"script", "img", "source", "iframe", "video", "audio", "embed"}
LOADED_LINKS = {"stylesheet", "preload", "icon", "shortcut icon"}
COMPRESSIBLE = {".html", ".css", ".js", ".mjs", ".svg", ".json"}


@dataclass
class Page(HTMLParser):
    """What one page holds that can be checked."""

    path: Path
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    title: str = ""
    description: str = ""
    language: str = ""
    preview: str = ""
    redirect: bool = False

    def __post_init__(self):
        super().__init__()
        self._in_title = False
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if a.get("id"):
            self.ids.append(a["id"])
        if tag in ("a", "area") and a.get("href"):
            self.links.append(a["href"])
        if tag in LOADED_TAGS and a.get("src"):
            self.assets.append(a["src"])
        if tag == "link" and a.get("href") and a.get("rel") in LOADED_LINKS:
            self.assets.append(a["href"])
        if tag == "img" and not (a.get("alt") or "").strip():
            self.wordless.append(f"img {a.get('src')}")
        if tag == "svg" and a.get("role") == "img" and not (a.get("aria-label") or "").strip():
            self.wordless.append("svg role=img")
        if tag == "meta":
            self._meta(a)
        if tag == "html":
            self.language = a.get("lang") or ""
        self._in_title = tag == "title" and not self.title

    def _meta(self, a):
        if a.get("name") == "description":
            self.description = (a.get("content") or "").strip()
        if a.get("property") == "og:image":
            self.preview = a.get("content") or ""
        if (a.get("http-equiv") or "").lower() == "refresh":
            self.redirect = True
            self.links.append(a.get("content", "").partition("url=")[2])

    def handle_data(self, data):
        if self._in_title:
            self.title += data.strip()
            self._in_title = False


class Site:
    """All pages below a folder, and what is wrong with them."""

    def __init__(self, root: Path):
        self.root = root.resolve()
        self.pages = {p: Page(p) for p in sorted(self.root.rglob("*.html")) if "_static" not in p.parts}
        self.passed = 0
        self.faults: list[str] = []

    def expect(self, right: bool, fault: str) -> None:
        if right:
            self.passed += 1
        else:
            self.faults.append(fault)

    def check(self) -> None:
        for path, page in self.pages.items():
            name = path.relative_to(self.root)
            self.check_addresses(page, name)
            self.check_words(page, name)
            self.check_preview(page, name)
            kb = self.weight(page) / 1024
            self.expect(kb <= LIMIT_KB, f"{name}: {kb:.0f} KB compressed, more than {LIMIT_KB}")
        self.check_walk()
        self.check_deck()
        self.check_fonts()
        unread = check_reading.told(check_reading.faults(self.root))
        self.faults += unread
        self.passed += not unread
        for css in sorted(self.root.rglob("*.css")):
            self.check_style_sheet(css)

    def check_fonts(self) -> None:
        """The font that drawings ask for is one that the style sheets bring: in another one letters would not fit."""
        css = "".join(path.read_text("utf-8") for path in self.root.glob("_static/*.css"))
        pages = "".join(path.read_text("utf-8") for path in self.pages)
        for family in set(re.findall(r'<svg[^>]* font-family="([\w-]+)', pages)):
            brought = re.search(rf"@font-face *{{[^}}]*font-family: *{family}\b", css)
            self.expect(bool(brought), f"no @font-face for {family}, in which figures are drawn")

    def check_walk(self) -> None:
        """From every card a link to its figure, above which stands the code, whose function has an entry in the API."""
        pitch = self.root / "pitch.html"
        cards = re.split(r'<section class="kt-pitch"', pitch.read_text("utf-8"))[1:] if pitch.exists() else []
        for card in cards:
            made = re.search(r'href="(notebooks/[^"#]+)#(figure-[^"]+)"', card)
            before = (self.root / made[1]).read_text("utf-8").partition(f'id="{made[2]}"')[0] if made else ""
            code = before[before.rfind("<details") :]
            found = re.search(r'class="kt-api" href="\.\./(api/show\.html)#([^"]+)"', code)
            listed = found and f'id="{found[2]}"' in (self.root / found[1]).read_text("utf-8")
            self.expect(bool(listed), f"pitch.html: no way from card {card[:60]!r} to its figure's function")

    def check_deck(self) -> None:
        """The PDF has a page for the title and one a card; the page to carry along has all cards and loads nothing."""
        pitch, deck, pdf = (self.root / name for name in ("pitch.html", "deck.html", "deck.pdf"))
        if pitch not in self.pages:
            return
        cards = pitch.read_text("utf-8").count('<section class="kt-pitch"')
        pages = len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) if pdf.is_file() else 0
        self.expect(pages == cards + 1, f"deck.pdf: {pages} pages for {cards} cards and a title")
        carried = self.pages.get(deck)
        told = deck.read_text("utf-8").count('<section class="kt-pitch"') if carried else 0
        self.expect(told == cards, f"deck.html: {told} of {cards} cards")
        loads = [address for address in carried.assets if not address.startswith("data:")] if carried else []
        self.expect(not loads, f"deck.html: loads {', '.join(map(str, loads))}")

    def check_addresses(self, page: Page, name: Path) -> None:
        for address in page.assets:
            if not address.startswith("data:"):
                self.expect(not elsewhere(address), f"{name}: loads {address} from elsewhere")
        for address in {*page.links, *page.assets}:
            if elsewhere(address) or address.startswith("data:"):
                continue
            target = self.target(page.path, address)
            if not target.is_file():
                self.expect(False, f"{name}: nothing at {address}")
                continue
            anchor = unquote(urlsplit(address).fragment)
            found = not anchor or target not in self.pages or anchor in self.pages[target].ids
            self.expect(found, f"{name}: no anchor for {address}")

    def check_words(self, page: Page, name: Path) -> None:
        for picture in page.wordless:
            self.expect(False, f"{name}: no words for {picture}")
        doubles = {i for i in page.ids if page.ids.count(i) > 1}
        self.expect(not doubles, f"{name}: ids used twice: {', '.join(sorted(doubles))}")
        if page.redirect:
            return
        self.expect(bool(page.title), f"{name}: no title")
        self.expect(bool(page.language), f"{name}: no language")
        self.expect(page.path.stem == "search" or bool(page.description), f"{name}: no description")

    def check_preview(self, page: Page, name: Path) -> None:
        """A picture for links to the page; the page for missing ones needs none, and stands at any depth."""
        if page.redirect:
            return
        if name.as_posix() == MISSING:
            loaded = [address for address in page.assets if not address.startswith("data:")]
            self.expect(not loaded, f"{name}: loads {', '.join(loaded)}, which is elsewhere from a deeper address")
            return
        local = urlsplit(page.preview).path.rpartition("/")[2] if elsewhere(page.preview) else page.preview
        picture = self.target(self.root / MISSING if elsewhere(page.preview) else page.path, local)
        self.expect(bool(page.preview) and size(picture) == PREVIEW, f"{name}: no preview of {PREVIEW} pixels")

    def check_style_sheet(self, css: Path) -> None:
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", css.read_text("utf-8")):
            name = css.relative_to(self.root)
            if address.startswith(("data:", "#", "%23")):
                continue
            self.expect(not elsewhere(address), f"{name}: loads {address} from elsewhere")
            self.expect(self.target(css, address).is_file(), f"{name}: nothing at {address}")

    def target(self, source: Path, address: str) -> Path:
        path = unquote(urlsplit(address).path)
        target = (source.parent / path).resolve() if path else source
        return target / "index.html" if target.is_dir() else target

    def weight(self, page: Page) -> int:
        """Bytes of the page and what it names, compressed where servers compress."""
        local = {a for a in page.assets if not elsewhere(a) and not a.startswith("data:")}
        files = {page.path, *(self.target(page.path, a) for a in local)}
        return sum(compressed(f) for f in files if f.is_file())


def size(path: Path) -> tuple[int, ...]:
    """Width and height of a PNG; nothing for anything else."""
    data = path.read_bytes()[:24] if path.is_file() else b""
    return struct.unpack(">II", data[16:24]) if data[:8] == b"\x89PNG\r\n\x1a\n" else ()


def elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)


def compressed(path: Path) -> int:
    data = path.read_bytes()
    return len(gzip.compress(data)) if path.suffix in COMPRESSIBLE else len(data)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    if not any(Path(sys.argv[1]).glob("*.html")):
        print(f"{sys.argv[1]} holds no site: run make book first")
        return 2
    site = Site(Path(sys.argv[1]))
    site.check()
    site.expect((site.root / MISSING).is_file(), f"no {MISSING}")
    for fault in sorted(set(site.faults)):
        print(fault)
    heaviest = max(site.pages.values(), key=site.weight)
    kb = site.weight(heaviest) / 1024
    print(f"{len(site.pages)} pages; the heaviest is {heaviest.path.name}, {kb:.0f} KB compressed")
    print(f"{site.passed} passed, {len(site.faults)} failed")
    return 1 if site.faults else 0


if __name__ == "__main__":
    sys.exit(main())
