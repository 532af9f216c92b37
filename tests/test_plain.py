"""Notebooks are plain Markdown that any viewer shows well; the book's extension turns it into what Sphinx needs."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import kt_plain
import nbformat
import pytest
import run_notebooks

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KEYS = set(re.findall(r"^@\w+\{([\w-]+),", (ROOT / "book/references.bib").read_text("utf8"), flags=re.M))
MYST = {  # in Markdown, and in code that makes Markdown, where an f-string doubles the braces
    "a label": r"^\([\w:-]+\)=$",
    "a role": r"\{\w[\w:-]*\}\}?`",
    "a directive": r"(`{3}|:{3})\{+\w",
    "a link to a label": r"\]\((sec|ch|fig):",
    "a link without words": r"(?<!!)\[\]\(",
    "a numbered equation": r"\$\$ \([\w-]+\)$",
    "a substitution": r"\{\{ \w+ \}\}",
    "a MyST comment": r"^% ",
}


@pytest.mark.parametrize(
    ("plain", "myst"),
    [
        ("<!-- label: sec:coin -->\n## One coin", "(sec:coin)=\n## One coin"),
        ("It holds [@a2020].", "It holds {cite:p}`a2020`."),
        ("[@a2020; @de-b1995], so", "{cite:p}`a2020,de-b1995`, so"),
        ("(@a2020, §7) and @bc.", "({cite:t}`a2020`, §7) and {cite:t}`bc`."),
        ("Write to a.b@c.org or x@y.", "Write to a.b@c.org or x@y."),
        ("[so](03_em.ipynb)", "[so](03_em.ipynb)"),
        ("[so](03_em.ipynb#How-sure-is-that?)", "[so](03_em.ipynb#how-sure-is-that)"),
        ("[so](05_x.ipynb#When-it-says-70%25,-is-it-70%25?)", "[so](05_x.ipynb#when-it-says-70-is-it-70)"),
        ("([a `b`](#What-is-BKT's-figure?))", "([a `b`](#what-is-bkts-figure))"),
        ("[References](../book/references.md)", "[References](../references.md)"),
        ("[`a.json`](../ktlib/studies/stored/a.json)", "[`a.json`](a.json)"),
        ("[code](https://example.org/A?b#C-d)", "[code](https://example.org/A?b#C-d)"),
        (
            "> **Predict first.** Ten of `n`,\n> or $k$?\n>\n> And [@a2020]?\n\nNow.",
            "::::{admonition} Predict first\n:class: tip kt-predict\n\n"
            "Ten of `n`,\nor $k$?\n\nAnd {cite:p}`a2020`?\n::::\n\nNow.",
        ),
        (
            "> **Predict first.** How many?\n>\n> - 5\n> - $k$\n\nNow.",
            "::::{admonition} Predict first\n:class: tip kt-predict\n\n"
            "How many?\n\n{.kt-choices}\n- 5\n- $k$\n::::\n\nNow.",
        ),
        (
            "So.\n\n> **Your prediction.** It is\n> ten.",
            "So.\n\n::::{admonition} Your prediction\n:class: tip kt-return\n\nIt is\nten.\n::::",
        ),
        ("> **Note.** Ten.", "> **Note.** Ten."),
        ("| -3.36 | **-.5** | (-1 to 2)", "| −3.36 | **−.5** | (−1 to 2)"),
        ("- 5 of `-1`, NB-3, 2009-2010 and 1e-12", "- 5 of `-1`, NB-3, 2009-2010 and 1e-12"),
        (
            "<details><summary>Solution</summary>\n\nTen.\n\n</details>\n",
            "::::{admonition} Solution\n:class: dropdown\n\nTen.\n\n::::\n",
        ),
    ],
)
def test_each_form_becomes_what_sphinx_needs(plain, myst):
    assert kt_plain.to_myst(plain) == myst


@pytest.mark.parametrize(
    "text",
    [
        "`x @y`, ``a ` @b``, `[a](#B-C)` and `[@a2020]`",
        "$x_{@a}$ and $$\n[@a2020]\n$$",
        "```python\n<!-- label: sec:a -->\n@cache\n[@a2020]\n> **Predict first.** Ten.\n```",
        "~~~\n<details><summary>Solution</summary>\n</details>\n~~~",
        "  ```\n  @cache\n  ```",
    ],
)
def test_code_and_mathematics_stay_as_they_are(text):
    assert kt_plain.to_myst(text) == text


def test_a_solution_may_hold_code():
    text = "<details><summary>Solution</summary>\n\n```python\n@cache\n```\n\n[@a2020]\n\n</details>"
    middle = kt_plain.to_myst(text).splitlines()[2:-1]
    assert middle == ["", "```python", "@cache", "```", "", "{cite:p}`a2020`", ""]


def printed(cell) -> list[str]:
    """What a code cell showed as Markdown."""
    return [o.data["text/markdown"] for o in cell.get("outputs", []) if "text/markdown" in o.get("data", {})]


def texts(path: Path) -> list[tuple[str, str]]:
    """Every Markdown text of a notebook, and the code that may make some, each with where it stands."""
    return [
        (f"{path.name}, cell {number}", text)
        for number, cell in enumerate(nbformat.read(path, 4).cells)
        for text in [cell.source, *printed(cell)]
    ]


def markdown(path: Path) -> list[tuple[str, str]]:
    """Every Markdown text of a notebook, its own and its cells', without code and mathematics."""
    found = [
        (f"{path.name}, cell {number}", text)
        for number, cell in enumerate(nbformat.read(path, 4).cells)
        for text in ([cell.source] if cell.cell_type == "markdown" else printed(cell))
    ]
    return [(where, re.sub(r"(?s)```.*?```|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+\$", "", text)) for where, text in found]


def raw(text: str) -> list[str]:
    """What of MyST stands in a text."""
    return [f"{what}: {m[0]!r}" for what, pattern in MYST.items() for m in re.finditer(pattern, text, flags=re.M)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_holds_no_myst(path):
    assert not [f"{where}: {found}" for where, text in texts(path) for found in raw(text)]


@pytest.mark.parametrize(
    "text",
    [
        "(sec:a)=\n## A",
        "see {ref}`sec:a`",
        'f"see {{ref}}`sec:a`"',
        "so {cite:p}`a`",
        "```{admonition} Solution",
        "```{{admonition}} Solution",
        ":::{tip}",
        "[a](sec:a)",
        "[](01_bkt.ipynb)",
        "$$ (eq-a)",
        "it took {{ em_steps }} steps",
        "% a comment",
    ],
)
def test_myst_is_seen(text):
    assert raw(text)


def headings(path: Path) -> list[str]:
    """The headings as JupyterLab and GitHub address them: their words, with hyphens for spaces."""
    found = [m for _, text in texts(path) for m in re.findall(r"^#{1,4} (.+)$", text, flags=re.M)]
    return [re.sub(r"[`*]", "", heading.strip()).replace(" ", "-") for heading in found]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(path):
    for where, text in markdown(path):
        for link in re.findall(r"\]\(([^)]+)\)", text):
            file, _, heading = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert "://" in link or target.is_file(), f"{where}: nothing at {link}"
            assert "://" in link or not heading or unquote(heading) in headings(target), f"{where}: no heading {link}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_work_cited_is_in_the_bibliography(path):
    cited = {(where, key) for where, text in markdown(path) for key in re.findall(r"(?<![\w/.])@([\w-]+)", text)}
    assert not {(where, key) for where, key in cited if key not in KEYS}


LABELLED = re.compile(r"^<!-- label: [a-z]+:[\w-]+ -->\n#{1,4} ", re.M)
SOLUTION = re.compile(r"^<details><summary>[^<\n]+</summary>\n\n(?:(?!<details>).)+?\n\n</details>$", re.M | re.S)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_opens_is_closed_and_stands_free(path):
    """A label directly above its heading; a solution between blank lines, or its Markdown is not drawn."""
    for where, text in markdown(path):
        assert text.count("<!--") == len(LABELLED.findall(text)), where
        assert text.count("<details") == text.count("</details") == len(SOLUTION.findall(text)), where


def test_labels_are_unique():
    labels = [m for p in NOTEBOOKS for _, text in markdown(p) for m in re.findall(r"<!-- label: (\S+) -->", text)]
    assert len(labels) > 100 and len(set(labels)) == len(labels)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_book_reads_a_notebook_with_its_forms_turned_and_all_else_untouched(path):
    before = path.read_text("utf8")
    content = [before]
    kt_plain.translate(None, f"notebooks/{path.stem}", content)
    old, new = nbformat.reads(before, 4), nbformat.reads(content[0], 4)
    for was, now in zip(old.cells, new.cells, strict=True):
        if was.cell_type == "markdown":
            assert now.source == kt_plain.to_myst(was.source)
            now.source = was.source
        for shown, turned in zip(was.get("outputs", []), now.get("outputs", []), strict=True):
            if "text/markdown" in shown.get("data", {}):
                assert turned.data["text/markdown"] == kt_plain.to_myst(shown.data["text/markdown"])
                turned.data["text/markdown"] = shown.data["text/markdown"]
            if 'class="kt-claim"' in shown.get("data", {}).get("text/html", ""):
                assert turned.data["text/html"] == kt_plain.minus(shown.data["text/html"])
                turned.data["text/html"] = shown.data["text/html"]
    assert new == old
    story = json.dumps([cell["source"] for cell in json.loads(content[0])["cells"] if cell["cell_type"] == "markdown"])
    assert "<!-- label" not in story and "<details>" not in story and "[@" not in story
    assert "::::{admonition} Predict first" in story


def test_other_pages_are_left_alone():
    content = ["[@a2020]"]
    kt_plain.translate(None, "glossary", content)
    assert content == ["[@a2020]"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_is_folded_on_the_page_is_folded_in_jupyterlab(path):
    for number, cell in enumerate(nbformat.read(path, 4).cells):
        if cell.cell_type != "code":
            continue
        stored = dict(cell.metadata.get("jupyter", {}))
        run_notebooks.fold(cell)
        assert stored == cell.metadata.get("jupyter", {}), f"cell {number}: python tools/run_notebooks.py {path.stem}"


@pytest.mark.parametrize(
    ("tags", "outputs", "folded"),
    [
        ([], 1, {}),
        (["hide-input"], 1, {"source_hidden": True}),
        (["remove-cell"], 0, {"source_hidden": True}),
        (["remove-cell"], 1, {"source_hidden": True, "outputs_hidden": True}),
    ],
)
def test_tags_say_what_is_folded(tags, outputs, folded):
    shown = [nbformat.v4.new_output("stream", text="x")] * outputs
    cell = nbformat.v4.new_code_cell("x", metadata={"tags": tags, "jupyter": {"outputs_hidden": True}}, outputs=shown)
    run_notebooks.fold(cell)
    assert cell.metadata.get("jupyter", {}) == folded
