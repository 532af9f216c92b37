"""Last touches to the built pages: small icon fonts for a big script, and nothing shipped unused."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

THEME_CSS = "_static/styles/pydata-sphinx-theme.css"
FONTS = "_static/vendor/fontawesome/webfonts"
# classes that place or size an icon, and name none
MODIFIERS = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-sm", "fa-xs", "fa-fw", "fa-2x"}


def slim_icons(site: Path) -> None:
    """Drop the theme's 1.5 MB icon script; embed the few glyphs in use as fonts in its style sheet.

    The theme's own styles can draw its icons from fonts, which look the same. Raises ExtensionError for an
    icon that the theme does not have, so that no page shows an empty button.
    """
    css = site / THEME_CSS
    styles = css.read_text("utf-8")
    glyphs = icons_in_styles(site) | icons_in_pages(site, styles)
    css.write_text(embed_fonts(styles, site / FONTS, glyphs), "utf-8")
    for page in site.rglob("*.html"):
        rewrite(page, r"\s*<script[^>]*fontawesome\.js[^>]*></script>", "")


def mend_roles(site: Path) -> None:
    """Give the entries of a bibliography the role that their list calls for, and the sidebar's folds a name."""
    for page in site.rglob("*.html"):
        rewrite(page, 'role="doc-biblioentry"', 'role="listitem"')
        rewrite(
            page,
            '<summary><span class="toctree-toggle"',
            '<summary aria-label="The pages below"><span class="toctree-toggle"',
        )


def let_names_break(folder: Path) -> None:
    """Let a module's name in a heading break at its dots on a narrow screen, and not inside a word."""
    for page in folder.glob("*.html"):
        rewrite(page, r"(?<=<h[12]>)[\w.]+(?=<a class=\"headerlink\")", lambda name: name[0].replace(".", ".<wbr/>"))


def rewrite(page: Path, pattern: str, replacement: str | Callable[[re.Match], str]) -> None:
    before = page.read_text("utf-8")
    after = re.sub(pattern, replacement, before)
    if after != before:
        page.write_text(after, "utf-8")


def icons_in_pages(site: Path, styles: str) -> set[int]:
    """Code points of the icons that pages and scripts name by class, for example fa-download."""
    named = {}
    for names, code in re.findall(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}', styles):
        named |= {name: int(code, 16) for name in re.findall(r"fa-[a-z0-9-]+", names)}
    used = set()
    for page in [*site.rglob("*.html"), *site.glob("_static/scripts/*-theme.js"), *site.glob("_static/*.js")]:
        used |= set(re.findall(r"(?<![\w-])fa-[a-z0-9-]+", page.read_text("utf-8")))
    missing = used - MODIFIERS - set(named)
    if missing:
        raise ExtensionError(f"the theme has no icon for {', '.join(sorted(missing))}")
    return {named[name] for name in used - MODIFIERS}


def icons_in_styles(site: Path) -> set[int]:
    """Code points in the style sheets: admonition marks, download arrows, the contents chevron."""
    glyphs = set()
    for css in site.glob("_static/**/*.css"):
        text = re.sub(r"\.fa-[^{}]*\{[^{}]*\}", "", css.read_text("utf-8"))
        glyphs |= {ord(c) for c in text if "\ue000" <= c <= "\uf8ff"}
        glyphs |= {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", text)}
    return glyphs


def embed_fonts(styles: str, fonts: Path, glyphs: set[int]) -> str:
    """The style sheet with each icon font, cut to the glyphs, written into it."""

    def small(match: re.Match) -> str:
        data = base64.b64encode(cut(fonts / f"{match[1]}.ttf", glyphs)).decode()
        return f'src:url(data:font/woff;base64,{data}) format("woff")'

    return re.sub(r"src:url\([^)]*/(fa-[\w-]+)\.woff2\)[^}]*", small, styles)


def cut(path: Path, glyphs: set[int]) -> bytes:
    """A font with these glyphs alone, as WOFF."""
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True, name_IDs=[1, 2])
    font = TTFont(path, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=glyphs)
    cutter.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def drop_unused(site: Path) -> None:
    """Remove what the theme ships and no page asks for: the icon script, its fonts, source maps."""
    for pattern in ("_static/scripts/fontawesome.js*", "_static/s*/*.map", f"{FONTS}/*"):
        for path in [*site.glob(pattern)]:
            path.unlink()
