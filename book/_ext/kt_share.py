"""How the book looks elsewhere: in a browser's tab, in a link's preview, and where a page is missing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import matplotlib
import resvg_py
from markupsafe import Markup, escape
from sphinx.application import Sphinx

WIDTH, HEIGHT = 1200, 630
PICTURE = "share.png"
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")
LINES = ("Where do", "the numbers", "come from?")


def site_address(top: Path) -> str:
    """Where the site is served, if pyproject.toml says so under [project.urls] Documentation; else nothing."""
    urls = tomllib.loads((top / "pyproject.toml").read_text("utf-8"))["project"].get("urls", {})
    address = urls.get("Documentation", "")
    return address and address.rstrip("/") + "/"


def draw_picture(app: Sphinx, config) -> None:
    """The preview of a shared link, 1200 by 630: the title beside the cover's drawing."""
    cover = (Path(app.srcdir) / "_assets" / "cover.svg").read_text("utf-8")
    target = Path(app.srcdir) / "_generated" / PICTURE
    target.parent.mkdir(exist_ok=True)
    svg = preview(cover)
    target.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, font_files=[str(FONT)], skip_system_fonts=True)))


def preview(cover: str) -> str:
    """The picture as SVG: paper, three lines of title with the step mark under them, and the cover."""
    title = "".join(f'<text x="60" y="{190 + 74 * i}">{line}</text>' for i, line in enumerate(LINES))
    step = '<path d="M60 486H108V462H150V476H182V446H224V426H270" fill="none" stroke="#0072b2" stroke-width="7"/>'
    drawing = cover.replace("<svg ", '<svg x="480" y="112" width="720" height="405" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fdfdfb"/>'
        f'<g font-family="DejaVu Sans" font-weight="700" font-size="58" letter-spacing="-2" fill="#1b2430">{title}</g>'
        f"{step}{drawing}</svg>"
    )


def share(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Tell those who show links to the page its title and picture; on the first page say the book's name once."""
    if pagename == app.config.root_doc:
        context["docstitle"] = ""
    base = site_address(Path(app.srcdir).parent)
    picture = base + PICTURE if base else context["pathto"](PICTURE, 1)
    said = {"og:type": "article", "og:site_name": app.config.html_title, "og:image": picture}
    said |= {"og:image:width": WIDTH, "og:image:height": HEIGHT, "twitter:card": "summary_large_image"}
    said["og:image:alt"] = "Belief in 12 simulated students' knowledge, rising in steps over 20 answers"
    said["og:title"] = Markup(context.get("title", "")).striptags()
    lines = [f'<meta property="{name}" content="{escape(value)}" />' for name, value in said.items()]
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines])
