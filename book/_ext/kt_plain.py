"""Turn the plain Markdown of the notebooks into what Sphinx needs, each time one is read.

A notebook is written so that JupyterLab, GitHub and Colab show it well without any extension. Here

    <!-- label: sec:coin -->                          becomes  (sec:coin)=
    > **Predict first.** …  > - a choice              an admonition; book.js makes buttons of its list
    > **Your prediction.** It is …                    an admonition; book.js puts before it what the reader chose
    <details><summary>Solution</summary> … </details> an admonition of class dropdown
    [as before](03_em.ipynb#How-sure-is-that?)        a link to the heading's slug on the site
    [here](#One-coin)                                 the same, within the chapter
    [References](../book/references.md)               a link to that page
    [`a.json`](../ktlib/studies/stored/a.json)                a download
    [@fisher1925; @cramer1946]  @shi2021              {cite:p}`fisher1925,cramer1946`  {cite:t}`shi2021`
    -0.24                                             a true minus sign, as in figures

What leads nowhere is a warning of Sphinx, and a strict build stops. Code and mathematics are left as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

from sphinx.application import Sphinx

CODE = re.compile(r"^ *(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^ *(?P=fence)[`~]*[ \t]*$", re.M | re.S)
CODE_OR_MATHS = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\$\$.*?\$\$|\$[^$\n]+\$", re.S)
PREDICTION = re.compile(r"^> \*\*(Predict first|Your prediction)\.\*\* *(.*(?:\n>.*)*)", re.M)
PREDICTION_KIND = {"Predict first": "tip kt-predict", "Your prediction": "tip kt-return"}
LABEL = re.compile(r"^<!-- label: (\S+) -->$", re.M)
SOLUTION = re.compile(r"^<details><summary>(.*)</summary>$", re.M)
SOLUTION_END = re.compile(r"^</details>$", re.M)
LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))")
CITED = re.compile(r"\[(@[\w-]+(?:; @[\w-]+)*)\]")
MINUS = re.compile(r"(?<![^\s(\[|*,])-(?=\.?\d)")  # not in 2009-2010, NB-3 or 1e-12
CITED_BY_NAME = re.compile(r"(?<![\w/.])@([a-z][\w-]*)")
ADMONITION = "::::{{admonition}} {title}\n:class: {kind}"
ADMONITION_END = "::::"


def translate(app: Sphinx, docname: str, content: list[str]) -> None:
    """For `source-read`: a notebook's Markdown, and its cells' Markdown and claims, in Sphinx's words."""
    if docname.startswith("notebooks/"):
        notebook = json.loads(content[0])
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = to_myst("".join(cell["source"]))
            for output in cell.get("outputs", []):
                if "text/markdown" in output.get("data", {}):
                    output["data"]["text/markdown"] = to_myst("".join(output["data"]["text/markdown"]))
                html = "".join(output.get("data", {}).get("text/html", ""))
                if html.startswith('<div class="kt-claim"'):
                    output["data"]["text/html"] = minus(html)
        content[0] = json.dumps(notebook)


def to_myst(text: str) -> str:
    """A plain Markdown text in MyST."""
    return outside(CODE, text, _outside_fences)


def outside(apart: re.Pattern, text: str, change: Callable[[str], str]) -> str:
    """The text with `change` applied to what lies between the matches of `apart`."""
    parts, end = [], 0
    for match in apart.finditer(text):
        parts += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, change(text[end:])])


def _outside_fences(text: str) -> str:
    return outside(CODE_OR_MATHS, PREDICTION.sub(_prediction, text), _prose)


def _prediction(quotation: re.Match) -> str:
    title, body = quotation.groups()
    body = re.sub(r"^> ?", "", body, flags=re.M).strip()
    body = body.replace("\n\n- ", "\n\n{.kt-choices}\n- ", 1)
    return ADMONITION.format(title=title, kind=PREDICTION_KIND[title]) + f"\n\n{body}\n{ADMONITION_END}"


def _prose(text: str) -> str:
    text = LABEL.sub(r"(\1)=", text)
    text = SOLUTION.sub(lambda match: ADMONITION.format(title=match[1], kind="dropdown"), text)
    text = SOLUTION_END.sub(ADMONITION_END, text)
    text = LINK.sub(lambda match: address(match[0]), text)
    text = CITED.sub(lambda match: "{cite:p}`" + match[1].replace("; ", ",").replace("@", "") + "`", text)
    return minus(CITED_BY_NAME.sub(r"{cite:t}`\1`", text))


def minus(text: str) -> str:
    """The text with true minus signs before its numbers."""
    return MINUS.sub("−", text)


def address(link: str) -> str:
    """Where a notebook's link leads from the book's copy of it; addresses of the web stay as they are."""
    if "://" in link:
        return link
    file, hash_, heading = link.removeprefix("../ktlib/studies/stored/").partition("#")
    return re.sub(r"^\.\./book/", "../", file) + hash_ + slug(unquote(heading))


def slug(heading: str) -> str:
    """A heading as the site's address for it, given as it stands or as in JupyterLab's address, `One-coin`."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))
