"""Each chapter asks the reader to predict, offers choices, and comes back to the prediction once."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
QUESTION, ANSWER = "> **Predict first.**", "> **Your prediction.**"


def quotations(text: str, beginning: str) -> list[str]:
    """The quotations of a text that begin so, each whole."""
    return re.findall(rf"^{re.escape(beginning)}.*(?:\n.+)*", text, flags=re.M)


def as_read(notebook) -> str:
    """What a reader reads from top to bottom: the text, and what cells print as Markdown."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        parts += [o.data.get("text/markdown", "") for o in cell.get("outputs", []) if "data" in o]
    return "\n\n".join(parts)


def faults(text: str) -> list[str]:
    """What is wrong with the prediction of a chapter's text."""
    questions, answers = quotations(text, QUESTION), quotations(text, ANSWER)
    found = [
        f"{len(these)} quotations begin with {beginning}"
        for these, beginning in ((questions, QUESTION), (answers, ANSWER))
        if len(these) != 1
    ]
    if found:
        return found
    question, answer = questions[0], answers[0]
    choices = re.findall(r"^> - (.+)$", question, flags=re.M)
    if text.index(answer) < text.index(question):
        found.append("the answer comes before the question")
    if not 3 <= len(set(choices)) == len(choices) <= 5:
        found.append(f"choices: {choices}, not 3 to 5 different ones")
    found += [f"no sentence after {q[:25]!r}" for q in (question, answer) if not re.match(r"> \*\*.+?\*\* \w", q)]
    if "\n>\n> - " not in question:
        found.append("no empty line above the choices")
    found += [f"choice {c!r} ends like a sentence or is a link" for c in choices if c[-1] in ".?!;:" or "](" in c]
    found += [f"{line!r} falls out of its quotation" for q in (question, answer) for line in outside(q)]
    return found


def outside(quotation: str) -> list[str]:
    """Lines that some viewers count to the quotation and others do not."""
    return [line for line in quotation.splitlines() if not line.startswith(">")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_chapter_asks_once_and_comes_back_once(path):
    assert not faults(as_read(nbformat.read(path, 4)))


GOOD = f"{QUESTION} How\n> many?\n>\n> - 5\n> - 7\n> - 9\n\nSo.\n\n{ANSWER} It is\n> 7.\n\nOn."


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", ""),
        ("> - 9\n", "", "not 3 to 5"),
        ("> - 9\n", "> - 7\n", "not 3 to 5"),
        ("> - 9\n", "> - 9.\n", "like a sentence"),
        ("> - 9\n", "> - [9](a.md)\n", "is a link"),
        (">\n> - 5", "> - 5", "no empty line"),
        ("> 7.\n", "7.\n", "falls out"),
        ("** It is\n", "**\n>\n> It is\n", "no sentence"),
        (ANSWER, "> **Answer.**", "0 quotations"),
        ("\n\nOn.", f"\n\n{ANSWER} Yes.", "2 quotations"),
    ],
)
def test_what_is_wrong_with_a_prediction_is_seen(old, new, fault):
    found = faults(GOOD.replace(old, new) if old else GOOD)
    assert bool(found) == bool(fault) and all(fault in each for each in found)
