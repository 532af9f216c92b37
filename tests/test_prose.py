"""Numbers in the notebooks' prose: each is a definition, a setting or a choice in a question, and stands on a list.

Results are printed by the cell that computed them. A number typed into a Markdown cell fails here until somebody has
looked at it: a result moves into a cell; what is none is added to `prose_numbers.txt`, in the words around it.

    python tests/test_prose.py      writes the list again, from the notebooks as they are
"""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("prose_numbers.txt")
NOT_PROSE = (
    r"\$\$.*?\$\$",  # formulas
    r"\$[^$\n]*\$",
    r"\]\([^)]*\)|\[?@[\w-]+(; @[\w-]+)*\]?",  # where links lead, citations
    r"`[^`]*`",
    r"“[^”]*”",  # quotations
    r"^<!--[^\n]*-->$|^> ?(\*\*Predict first\.\*\*)?|</?(details|summary)>",  # labels, predictions, solutions
    r"§\s?[\d.]+|\b(NB|Figures?|Tables?|[Ff]ootnotes?|Exercise)[ -]?\d+( (and|to) \d+)?",  # places
    r"\b(19|20)\d\d\b|^\*\*\d+\.\*\*|^\d+\. |\b[1-4]PL\b|\bF1\b",  # years, list marks, names
    r"N\([^()]*\)",  # distributions
)


def without_code(markdown: str) -> str:
    """Without fenced code."""
    return re.sub(r"^ *(`{3,})[^\n]*\n.*?^ *\1$", "", markdown, flags=re.M | re.S)


def numbers_in(markdown: str) -> list[str]:
    """The sentences of a Markdown text that hold a digit, without what is no prose."""
    markdown = without_code(markdown)
    for pattern in NOT_PROSE:
        markdown = re.sub(pattern, " ", markdown, flags=re.S | re.M)
    sentences = (" ".join(s.split()) for s in re.split(r"(?<=[.?!:])\s+|\n\n|\n- ", markdown))
    return [s for s in sentences if re.search(r"\d", s)]


def found() -> list[str]:
    """Such sentences of all notebooks, each with its notebook's name."""
    return [
        f"{path.stem}: {sentence}"
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in nbformat.read(path, 4).cells
        if cell.cell_type == "markdown"
        for sentence in numbers_in(cell.source)
    ]


def test_numbers_in_prose_are_definitions():
    listed = LIST.read_text("utf8").splitlines()
    new = sorted(set(found()) - set(listed))
    assert not new, "a number is typed: let a cell print it, or list it if it is no result:\n" + "\n".join(new)
    gone = sorted(set(listed) - set(found()))
    assert not gone, "no longer said, drop it from the list:\n" + "\n".join(gone)


def test_what_counts_as_a_number_in_prose():
    assert numbers_in("We fit 7 skills. See [so](03_em.ipynb), [@a2020] and `x[3]`, $x_2$, §5.1 and NB-4.") == [
        "We fit 7 skills."
    ]
    assert numbers_in("Shi (2021) says “0.95”.\n\n```python\nx = 3\n```\n") == []
    assert numbers_in("> It is\n> 1.\n\nIt is 2.\n\n```python\nx = 3\n```") == ["It is 1.", "It is 2."]
    assert numbers_in("| a | 0.5 |\n\nIt is 3%.") == ["| a | 0.5 |", "It is 3%."]


if __name__ == "__main__":
    LIST.write_text("\n".join(dict.fromkeys(found())) + "\n", "utf8")
