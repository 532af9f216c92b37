"""What the build does to the site: unused styles go, the API is read from the source, code leads to it."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

tinycss2 = pytest.importorskip("tinycss2")

import kt_api  # noqa: E402
import kt_codelinks  # noqa: E402
import kt_slim  # noqa: E402

PAGE = """<html><head>
<script>document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";</script>
<link rel="stylesheet" href="_static/a/theme.css?v=1" />
<link rel="stylesheet" href="_static/own.css" />
<link rel="preload" as="script" href="_static/b.js" />
<script src="_static/a.js?v=1"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'intro';</script>
</head><body class="page"><main id="top"><p class="note" style="color: var(--shown)">Hello</p>
<pre><span class="k">for</span><span class="w"> </span><span class="n">name</span><span class="p">(</span></pre></main>
<script defer src="_static/b.js"></script></body></html>"""


def used():
    found = kt_slim.Used()
    found.read(PAGE)
    found.hear('element.classList.add("open")')
    return found


@pytest.mark.parametrize(
    ("selector", "stays"),
    [
        ("p.note", True),
        ("p.note.open", True),  # a script sets it
        ("p.warning", False),
        ("#top > p:hover::before", True),
        ("#bottom p", False),
        ("table td", False),
        ("*", True),
        ("main:not(.absent) p", True),
        (":is(.absent, .note)", True),
        (":is(.absent, .gone)", False),
        ("main:has(.gone)", False),
        ('html[data-theme="dark"] p', True),
        ("p:nth-child(2n + 1)", True),
    ],
)
def test_a_rule_stays_where_its_selector_can_match(selector, stays):
    (rule,) = tinycss2.parse_stylesheet(selector + "{}", True, True)
    assert kt_slim.alive(rule.prelude, used()) == stays


def test_what_nothing_uses_is_left_out():
    css = """
    @charset "utf-8"; /* words */
    :root { --shown: red; --chained: var(--unseen); --unseen: blue }
    p.note, p.absent { color: var(--shown); animation: turn 1s; & .x { margin: 0 !important } }
    @media print { .absent { color: red } }
    @media (width < 9px) { p { font-family: "Used One", serif } }
    @font-face { font-family: "Used One"; src: url(u.woff2) }
    @font-face { font-family: Unused; src: url(n.woff2) }
    @keyframes turn { to { rotate: 1turn } }
    @keyframes never { to { rotate: 1turn } }
    """
    slim = kt_slim.purged([css], used())
    assert slim.startswith(":root{--shown:red;}p.note{color:var(--shown);")
    for gone in ("absent", "chained", "unseen", "print", "Unused", "never", "charset", "words"):
        assert gone not in slim
    for kept in ("& .x{margin:0!important;}", "@media (width < 9px){p{", "Used One", "@keyframes turn{"):
        assert kept in slim


BOX_BY_BOX = ',"complete"===document.readyState?O():window.addEventListener("load",O)'  # how the theme has it


@pytest.fixture
def site(tmp_path):
    (tmp_path / "_static/a").mkdir(parents=True)
    (tmp_path / "sub").mkdir()
    texts = {
        "search.html": PAGE.replace("</head>", '<script src="_static/searchtools.js"></script></head>'),
        "sub/page.html": PAGE.replace("_static", "../_static"),
        "_static/basic.css": "p { color: black }",
        "_static/a/theme.css": '@import "../basic.css"; p { background: url("../i.png") } .gone { color: red }',
        "_static/own.css": "p.note { color: blue }",
        "_static/a.js": f"const a = 1;(function O() {{}}{BOX_BY_BOX})();",
        "_static/b.js": "const b = a;",
    } | {f"_static/{name}": "" for name in kt_slim.ALONE}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_site_keeps_one_style_sheet_and_one_script_that_waits(site):
    assert kt_slim.is_new(site)
    kt_slim.slim(site)
    css, js = (site / "_static/site.css").read_text(), (site / "_static/site.js").read_text()
    assert css == 'p{color:black;}p{background:url("i.png");}p.note{color:blue;}'  # in the order of the cascade
    assert js.index("const a") < js.index("const b") and "readyState" not in js
    page = (site / "sub/page.html").read_text()
    assert '<pre><span class="k">for</span> name(</pre>' in page  # what has no colour of its own needs no element
    assert page.count("stylesheet") == 1 and '<link rel="stylesheet" href="../_static/site.css?v=' in page
    assert page.count("<script") == 2 and "matchMedia" in page.partition("stylesheet")[0]  # light or dark, then paint
    assert '<script defer src="../_static/site.js?v=' in page
    assert '<script defer src="_static/searchtools.js">' in (site / "search.html").read_text()
    assert not (site / "_static/own.css").exists()
    assert not kt_slim.is_new(site)


def test_a_theme_that_looks_for_scrolling_boxes_another_way_is_not_passed_over(site):
    (site / "_static/a.js").write_text("const a = 1;")
    with pytest.raises(ValueError, match="asks 0 times"):
        kt_slim.slim(site)


@pytest.fixture
def library(tmp_path):
    package = tmp_path / "lib"
    texts = {
        "__init__.py": '"""The front door."""\nFLOORS = ("low", "high")\n',
        "_hidden.py": "def secret(): ...\n",
        "high/__init__.py": '"""Above, see `model.climb`. It is short."""\n',
        "low/__init__.py": '"""A floor."""\nROOMS = ("model", "early")\n',
        "low/early.py": '"""Before the model, by the alphabet."""\n',
        "low/model.py": '''"""A model."""
from dataclasses import KW_ONLY, dataclass

SIDES = 6  # of a die


@dataclass
class Fit:
    """What came out, with *stars*.

    slope: how steep. trace: see `climb`.
    """

    slope: float
    _: KW_ONLY
    trace: tuple = ()

    def frame(self):
        """A table."""

    def _own(self):
        """Nobody's."""


def climb(data, *, rng=None) -> Fit:
    """Climb once.

    data: a `Fit` or a list [0, 1]. rng: seed; not `data`. Raises nothing.
    """


def _private(): ...
''',
    }
    for name, text in texts.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    return kt_api.read(package)


def test_the_library_is_every_public_name_and_no_other(library):
    assert {page: [m.name for m in inside] for page, inside in library.pages.items()} == {
        "low": ["lib.low", "lib.low.model", "lib.low.early"],
        "high": ["lib.high"],
    }
    names = {"lib.low", "lib.high", "lib.low.early", "lib.low.model"}
    names |= {f"lib.low.model.{name}" for name in ("Fit", "Fit.frame", "climb")}
    assert set(library.places) == names
    assert library.find("model.climb") == "lib.low.model.climb" and library.find("absent") is None
    assert library.find("Fit.frame") == "lib.low.model.Fit.frame" and library.find("frame") is None


def test_a_page_says_what_the_docstrings_say(library):
    page = kt_api.page(library, "low")
    assert ":::{py:function} climb(data, *, rng=None)" in page
    assert "::::{py:class} Fit(slope, *, trace=())" in page
    assert ":::{py:data} SIDES\n:value: 6\n\nof a die" in page
    assert (
        "- **data**: a {py:obj}`Fit <lib.low.model.Fit>` or a list \\[0, 1\\].\n- **rng**: seed; not `data`.\n\n"
        in page
    )
    assert "`data`.\n\nRaises nothing." in page
    assert "with \\*stars\\*" in page and "Nobody" not in page and "secret" not in page


def test_the_overview_names_every_module_with_its_first_sentence(library):
    text = kt_api.overview(library, "api")
    assert "The front door." in text and "- {py:mod}`lib.low.early`: Before the model, by the alphabet." in text
    assert "## [lib.high](api/high.md)\n\nAbove, see {py:obj}`model.climb <lib.low.model.climb>`.\n" in text


def test_every_public_name_of_ktlib_has_a_docstring_to_build_from():
    library = kt_api.read(ROOT / "ktlib")
    bare = [
        f"{module.name}.{node.name}"
        for page in library.pages.values()
        for module in page
        for node in module.members()
        if not kt_api.ast.get_docstring(node)
    ]
    assert not bare and len(library.places) > 100


def test_code_leads_to_the_api_once_a_cell(library, tmp_path):
    sources = ["from ktlib import model\nfrom ktlib.model import Fit, climb", "climb = 3", "%time model.climb([])"]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    meant = kt_codelinks.imports(tmp_path / "n.ipynb")
    assert meant == {"model": "ktlib.model", "Fit": "ktlib.model.Fit"}  # climb is also something else
    n, dot, eq = '<span class="n">{}</span>'.format, '<span class="o">.</span>', '<span class="o">=</span>'
    code = "".join([n("model"), dot, n("climb"), n("x"), dot, n("model"), n("Fit"), eq, n("model"), dot, n("climb")])
    out = kt_codelinks.with_links(f'<div class="highlight"><pre>{code}</pre></div>', meant, library, "api")
    assert out.count("<a ") == 1
    assert f'<a class="kt-api" href="../api/low.html#lib.low.model.climb">{n("model")}' in out


def test_the_search_index_has_no_code_and_no_drawing():
    nodes = pytest.importorskip("docutils.nodes")
    utils = pytest.importorskip("docutils.utils")
    kt_search = pytest.importorskip("kt_search")
    page = utils.new_document("page")
    page += nodes.paragraph("", "Prose stays.")
    page += nodes.container("", nodes.literal_block("", "secret()"), classes=["cell_input"])
    page += nodes.raw("", "<div><svg><text>axis</text></svg></div>", format="html")
    page += nodes.raw("", "<table>claims</table>", format="html")
    text = kt_search.prose(page).astext()
    assert "Prose stays." in text and "claims" in text and "secret" not in text and "axis" not in text
    assert "secret" in page.astext()  # the page itself keeps it
