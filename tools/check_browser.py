"""Read a built site as a reader would: python tools/check_browser.py book/_build/html [--screenshots DIR]

In headless Chromium, from http://localhost and from the disk, light and dark, at 1280 and 375 pixels. Each
page asks nothing of any other host, logs no error, never scrolls sideways, weighs at most 350 KB as sent with gzip,
breaks no serious axe rule (a page of each kind in all four views, the others in fewer), shows its skip link to whoever
presses Tab, gives the Tab key every control, and says what a word of the glossary means. What a reader predicts is
remembered and said where the answer comes. A search quotes prose, the boxes above cards and claims leave what is
asked for, a printed card has a sheet to itself, and an address that does not exist leads back to the first page.

Needs Chromium (apt-get install chromium) and pip install playwright axe-playwright-python.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import gzip
import http.server
import re
import shutil
import sys
import threading
from pathlib import Path

SIZES = ((1280, 900), (375, 800))
SCHEMES = ("light", "dark")
LIMIT_KB = 350
ALONE = ("404.html", "deck.html")  # without the frame of the other pages
PREDICTION = "kt-return admonition"
CODE = r"\w\(\w+=|import \w|(\bP\([A-Z]\)){2}"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# every box that scrolls sideways has its place in the Tab order: given a frame after the window changed its width
SETTLED = """() => [...document.querySelectorAll('pre, div.math, .output.text_html, .pst-scrollable-table-container')]
  .every(box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0 || !box.checkVisibility())"""
FILTERED = (
    ("pitch.html", "section.kt-pitch"),
    ("deck.html", ".kt-asked li"),
    ("claims.html", "table.kt-claims tbody tr"),
)
# a page of each kind, looked at from all sides: axe in all four views, Tab in both widths, predictions from disk and
# where nothing is stored; a chapter besides is judged light and wide, dark and narrow, a page of the reference once
CORNERS = (
    "api.html",
    "claims.html",
    "deck.html",
    "intro.html",
    "notebooks/01_bkt.html",
    "notebooks/14_smart_homework.html",
    "pitch.html",
    "search.html",
)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

CONTROLS = """() => {
  const found = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
  return found.filter(e => e.checkVisibility({visibilityProperty: true})
    && e.getClientRects().length && !e.disabled);
}"""
# at most so many times the Tab key stops: boxes that scroll sideways have their place too
STOPS = f"() => ({CONTROLS})().length + document.querySelectorAll('[tabindex=\"0\"]').length"
# the Tab key stops once at a group of radio buttons; the arrow keys do the rest
UNREACHED = f"""() => ({CONTROLS})().filter(e => !window.ktReached.has(e)
    && !(e.type === 'radio' && [...document.getElementsByName(e.name)].some(r => window.ktReached.has(r))))
  .map(e => e.outerHTML.replace(/\\s+/g, ' ').slice(0, 110))"""
# the skip link once the Tab key has reached it: how far its words stand out, and whether they are in sight
SKIP_LINK = """() => {
  const link = document.querySelector('.skip-link a'), bar = link.parentElement;
  const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) + 0.05;
  };
  const two = [light(getComputedStyle(link).color), light(getComputedStyle(bar).backgroundColor)];
  const {top, bottom} = link.getBoundingClientRect();
  return {focus: document.activeElement === link, inside: top >= 0 && bottom > top,
    contrast: Math.max(...two) / Math.min(...two)};
}"""
# the control before the first that the Tab key did not reach takes the focus, and nothing scrolls
STEP_BEFORE = f"""() => {{
  const all = ({CONTROLS})(), at = all.findIndex(e => !window.ktReached.has(e) && e.type !== 'radio');
  all[at - 1]?.focus({{preventScroll: true}});
}}"""
REFUSE = """Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError'); }})"""
RECORD_FOCUS = """() => {
  window.ktReached = new WeakSet();
  document.addEventListener('focusin', event => window.ktReached.add(event.target));
  const top = document.createElement('span');  // the next Tab starts from where it was
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus();
  top.remove();
}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site in silence."""

    def log_message(self, *args):
        pass

    def send_error(self, code, *args):
        """What hosts do with a missing page: send 404.html."""
        if code != 404:
            return super().send_error(code, *args)
        page = Path(self.directory, "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)


class Check:
    """One page after another in one browser; what passed and what did not."""

    def __init__(self, browser, site: Path, axe: str, screenshots: Path | None):
        self.browser, self.site, self.axe, self.screenshots = browser, site, axe, screenshots
        self.passed = 0
        self.faults: list[str] = []

    def expect(self, right: bool, fault: str) -> None:
        if right:
            self.passed += 1
        else:
            self.faults.append(fault)
            print(fault, flush=True)

    def page(self, base: str, name: str) -> None:
        """Open a page once and look at it in every scheme and size."""
        context = self.browser.new_context(viewport=dict(zip(("width", "height"), SIZES[0], strict=True)))
        page = context.new_page()
        heard, sent = listen(page)
        page.goto(base + name, wait_until="load")
        online = base.startswith("http")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=scheme)
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                where = f"{base.split(':')[0]} {scheme} {width} {name}"
                opposite = (scheme == "light") == (width == SIZES[0][0])
                judged = name in CORNERS or (opposite and not (name.startswith("api/") and scheme == "light"))
                self.look(page, where, axe=online and judged)
                if self.screenshots and online:
                    file = f"{name.replace('/', '-').removesuffix('.html')}-{scheme}-{width}.png"
                    page.screenshot(path=self.screenshots / file, full_page=True)
        if online:
            self.skip(page, name)
            for width, height in SIZES if name in CORNERS else SIZES[:1]:
                page.set_viewport_size({"width": width, "height": height})
                self.tab_through(page, f"{width} {name}")
                self.explain(page, f"{width} {name}")
        for fault in dict.fromkeys(heard):
            self.expect(False, f"{base}{name}: {fault}")
        self.passed += not heard
        strangers = [u for u in dict.fromkeys(sent) if not u.startswith((base, "data:", "blob:", "about:"))]
        self.expect(not strangers, f"{base}{name}: asks {', '.join(strangers)}")
        if online:
            kb = sum(self.weight(u.removeprefix(base)) for u in set(sent) if u.startswith(base)) / 1024
            self.expect(kb <= LIMIT_KB, f"{name}: {kb:.0f} KB sent, more than {LIMIT_KB}")
        context.close()

    def look(self, page, where: str, axe: bool) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.expect(wide <= 0, f"{where}: scrolls sideways by {wide} px")
        if axe:
            for _ in range(20):  # a second; what is not settled by then, axe reports
                if page.evaluate(SETTLED):
                    break
                page.wait_for_timeout(50)
            self.obey_axe(page, where)

    def obey_axe(self, page, where: str, within: tuple[str, ...] = ("html",)) -> None:
        if not page.evaluate("!!window.axe"):
            page.evaluate(self.axe)
        # without preload, which would fetch style sheets again from wrong addresses
        options = {"runOnly": AXE_TAGS, "resultTypes": ["violations"], "preload": False}
        run = "([include, options]) => axe.run({include}, options)"
        found = page.evaluate(run, [list(within), options])["violations"]
        grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        for rule in grave:
            nodes = "; ".join(" ".join(map(str, n["target"])) for n in rule["nodes"][:3])
            self.expect(False, f"{where}: axe {rule['id']} ({len(rule['nodes'])}): {nodes}")
        self.passed += not grave

    def skip(self, page, name: str) -> None:
        """The first press of Tab shows the skip link."""
        if name in ALONE:
            return
        page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
        page.keyboard.press("Tab")
        page.wait_for_timeout(50)
        found = page.evaluate(SKIP_LINK)
        seen = found["focus"] and found["inside"] and found["contrast"] >= 4.5
        self.expect(seen, f"{name}: the skip link does not show: {found}")

    def predict(self, base: str, name: str) -> None:
        """A choice is large enough for a thumb, and the box at the answer says it, also after the page is loaded again.

        Online once more, on a page of each kind, as where the browser stores nothing: then as long as the page stays.
        """
        for stored in (True, False) if base.startswith("http") and name in CORNERS else (True,):
            context = self.browser.new_context(viewport=dict(zip(("width", "height"), SIZES[-1], strict=True)))
            page = context.new_page()
            if not stored:
                page.add_init_script(REFUSE)
            page.goto(base + name)
            answer, choices = page.locator(".kt-return"), page.locator(".kt-predict label")
            before = answer.text_content()
            self.expect(choices.count() >= 3, f"{base}{name}: {choices.count()} choices")
            if not choices.count():
                break
            low = min(choice.bounding_box()["height"] for choice in choices.all())
            self.expect(low >= 44, f"{name}: a choice is {low} px high")
            self.expect("You said" not in before, f"{base}{name}: says a prediction before there is one: {before}")
            choices.last.click()
            if stored:
                page.wait_for_timeout(300)  # a page that goes at once may lose what it has just stored
                page.reload()
            said = f"You said {choices.last.text_content()}."
            self.expect(said in answer.text_content(), f"{base}{name}: not {said!r} but {answer.text_content()}")
            if stored and base.startswith("http"):
                self.obey_axe(page, f"{name}, predicted", (".kt-predict", ".kt-return"))
            context.close()

    def explain(self, page, where: str) -> None:
        """A word of the glossary says what it means when it has the focus, inside the window, until Escape."""
        words = page.locator(".bd-article a.kt-term:visible")
        if not words.count():
            return
        words.first.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        page.wait_for_timeout(100)
        tip, size = page.locator("#kt-tip"), page.viewport_size
        box = tip.bounding_box() if tip.is_visible() else None
        seen = box and box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= size["width"]
        self.expect(bool(seen and tip.inner_text().strip()), f"{where}: a word of the glossary says nothing: {box}")
        page.keyboard.press("Escape")
        self.expect(tip.is_hidden(), f"{where}: what a word means stays after Escape")

    def search(self, base: str) -> None:
        """Results quote sentences: no code, no formula twice."""
        page = self.browser.new_page()
        page.goto(base + "search.html?q=slip")
        page.wait_for_function("document.querySelectorAll('#search-results p.context').length > 5")
        for text in page.locator("#search-results p.context").all_inner_texts():
            self.expect(not re.search(CODE, text), f"search quotes code: {text}")
        page.close()

    def filters(self, base: str) -> None:
        """Words and a verdict leave the rows that have them; an address shows its row again; cards and deck alike."""
        page = self.browser.new_page()
        for name, items in FILTERED:
            page.goto(base + name)
            shown = page.locator(items).filter(visible=True)
            every = shown.count()
            last = page.locator(items).last
            word = last.evaluate("e => (e.dataset.words ?? e.querySelector('[data-words]').dataset.words).slice(0, 30)")
            page.locator(".kt-filter input[type=search]").fill(word)
            self.expect(0 < shown.count() < every, f"{base}{name}: {word!r} leaves {shown.count()} of {every}")
            page.locator(".kt-filter input[type=search]").fill("")
            self.expect(shown.count() == every, f"{base}{name}: nothing asked for leaves {shown.count()} of {every}")
        page.goto(base + "claims.html")
        page.locator(".kt-filter label", has_text="does not hold").click()
        left = page.locator("table.kt-claims tbody tr").filter(visible=True)
        tags = set(left.evaluate_all("rows => rows.map(row => row.dataset.tag)"))
        self.expect(tags == {"does not hold"}, f"{base}claims.html: a verdict leaves {tags}")
        gone = page.locator("table.kt-claims tbody tr:not([data-tag='does not hold'])").first
        page.evaluate("id => { location.hash = id; }", gone.get_attribute("id"))
        page.wait_for_timeout(200)
        self.expect(gone.is_visible(), f"{base}claims.html: an address does not show its row")
        page.close()

    def sheets(self, base: str) -> None:
        """Printed upright and on its side, the deck gives each card one sheet, after that of the questions."""
        page = self.browser.new_page()
        page.goto(base + "deck.html")
        cards = page.locator("section.kt-pitch").count()
        for landscape in (False, True):
            printed = page.pdf(format="A4", landscape=landscape)
            sheets = len(re.findall(rb"/Type /Page\b", printed))
            self.expect(sheets == cards + 1, f"deck.html: {cards} cards on {sheets} sheets, {landscape=}")
        page.close()

    def missing(self, base: str) -> None:
        """A page that is not there, deep down, leads to the first page."""
        page = self.browser.new_page()
        page.goto(base + "notebooks/deep/none.html", wait_until="networkidle")
        to = page.locator("main a").first.evaluate("link => link.href")
        self.expect(to == base + "intro.html", f"404.html leads to {to}")
        page.close()

    def tab_through(self, page, where: str) -> None:
        """Press Tab once round the page: every visible control has the focus.

        What shows only while the page scrolls one way, like the theme's way back to the top, is asked for at the end,
        from the control before it, with the page held still.
        """
        page.evaluate(RECORD_FOCUS)
        for _ in range(page.evaluate(STOPS) + 5):
            page.keyboard.press("Tab")
        left = page.evaluate(UNREACHED)
        for _ in range(5):
            if not left:
                break
            page.evaluate(STEP_BEFORE)
            page.keyboard.press("Tab")
            left = page.evaluate(UNREACHED)
        self.expect(not left, f"{where}: Tab does not reach {len(left)}: {'; '.join(left[:4])}")

    def weight(self, address: str) -> int:
        path = self.site / address.split("?")[0].split("#")[0]
        data = path.read_bytes() if path.is_file() else b""
        return len(data) if path.suffix in (".woff2", ".png", ".jpg") else len(gzip.compress(data))


def listen(page) -> tuple[list[str], list[str]]:
    """Two lists that fill as the page runs: what went wrong, and every address asked for."""
    heard, sent = [], []
    page.on("console", lambda m: heard.append(f"logs {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: heard.append(f"throws {e}"))
    page.on("response", lambda r: heard.append(f"gets {r.status} for {r.url}") if r.status >= 400 else None)
    page.on("requestfailed", lambda r: heard.append(f"cannot load {r.url}"))
    page.on("request", lambda r: sent.append(r.url))
    return heard, sent


def requirements() -> tuple[str, str]:
    """Where Chromium is and the text of axe; ends with 2 and says how to get what is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        sys.exit(missing("Chromium is missing: apt-get install chromium"))
    try:
        import axe_playwright_python
        import playwright  # noqa: F401
    except ImportError:
        sys.exit(missing("Playwright or axe is missing: pip install playwright axe-playwright-python"))
    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    return chromium, axe.read_text("utf-8")


def missing(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


def serve(site: Path) -> http.server.ThreadingHTTPServer:
    handler = functools.partial(Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[2])
    parser.add_argument("site", type=Path)
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="save every view of every page")
    parser.add_argument("--jobs", type=int, default=2, help="browsers side by side")
    arguments = parser.parse_args()
    site = arguments.site.resolve()
    if not any(site.glob("*.html")):
        return missing(f"{arguments.site} holds no site: run make book first")
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    requirements()
    names = sorted(str(p.relative_to(site)) for p in site.rglob("*.html") if "_static" not in p.parts)
    names = [n for n in names if n != "index.html"]  # a redirect
    # heavy pages first, and each browser takes every so-manieth, so that all end at about the same time
    heavy = sorted(names, key=lambda name: -(site / name).stat().st_size)
    shares = [share for share in (heavy[k :: arguments.jobs] for k in range(arguments.jobs)) if share]
    with concurrent.futures.ProcessPoolExecutor(len(shares)) as pool:
        done = list(pool.map(functools.partial(visit, site, arguments.screenshots), shares))
    passed, failed = sum(p for p, _ in done), sum(f for _, f in done)
    print(f"{len(names)} pages in {len(SCHEMES) * len(SIZES)} views, twice")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def visit(site: Path, screenshots: Path | None, names: list[str]) -> tuple[int, int]:
    """What passed and what failed on these pages, in a browser of their own."""
    from playwright.sync_api import sync_playwright

    chromium, axe = requirements()
    server = serve(site)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        check = Check(browser, site, axe, screenshots)
        for base in (f"http://127.0.0.1:{server.server_port}/", site.as_uri() + "/"):
            for name in names:
                check.page(base, name)
                asked = base.startswith("http") or name in CORNERS
                if asked and PREDICTION in (site / name).read_text("utf-8"):
                    check.predict(base, name)
            if "search.html" in names and base.startswith("http"):
                check.search(base)
                check.missing(base)
            if "claims.html" in names:
                check.filters(base)
            if "deck.html" in names:
                check.sheets(base)
        browser.close()
    server.shutdown()
    return check.passed, len(check.faults)


if __name__ == "__main__":
    sys.exit(main())
