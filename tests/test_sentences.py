"""Sentences that readers praised stand as they are; phrases that lost them are gone, and do not come back."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]

PRAISED = (
    "Percent correct says: no difference. Any teacher would say: Ben, probably. This chapter builds the smallest model "
    "that agrees with the teacher",
    "those who would have given this answer stay, the others go.",
    "What one answer is worth depends on what was known before it.",
    "Read the first row twice. Even the true numbers make mistakes.",
    "A large slip or guess is a question about the label before it is a fact about children.",
    "more questions per child do not add children.",
    "Within each skill this forecaster tosses a coin. Pooled it looks skilled, because it knows that skills differ.",
    "IRT reads twelve answers, half of them right, and has no way to say since.",
    "Correlation is the last thing to break, so it is a poor alarm.",
    "Believe the continents. Do not believe every village.",
    "test students come back so late",
    "this log does not say",
)
# Phrases, as patterns, that no page may hold
LOST = (
    r"missed with|\bby those who know it\b",
    r"of all \S+ fits raise a flag",
    r"In symbols, for a right and for a wrong answer:",
    r"verdict flips|decided at another answer, or flips",
    r"are no slip",
    r"every run of answers that students share only once",
    r"Steepness is curvature",
    r"That is a theorem",
    r"its log changes at the rate",
    r"Slip keeps falling",
    r"all four together in \d+%|which the interval just reaches",
    r"pins one combination of the four numbers|two pin three",
    r"surer than either figure(?!, because)",
    r"Ties, both, with everything each has",
    r"Is it the state, or the four numbers\? Note the first two rows",
    r"no gain that we can tell from nothing",
    r"When they are not, one N\(0, 1\)",
    r"Not alone\. With a prior[^.]* log loss",
)


def plain(text: str) -> str:
    """A text without marks of emphasis, code and quotation, on one line."""
    return " ".join(re.sub(r"[*`]|^> ?", "", text.replace("\\n", " "), flags=re.M).split())


def of_notebook(path: Path) -> tuple[str, str]:
    """What a reader reads in it, and its code, in which sentences are written too."""
    read, code = [], []
    for cell in nbformat.read(path, 4).cells:
        (read if cell.cell_type == "markdown" else code).append(cell.source)
        read += [output.data.get("text/markdown", "") for output in cell.get("outputs", []) if "data" in output]
    return plain("\n".join(read)), plain("\n".join(code))


CHAPTERS = {path.stem: of_notebook(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
PAGES = {path.stem: plain(path.read_text("utf8")) for path in (ROOT / "book").glob("*.md")}
ALL = {name: " ".join(texts) for name, texts in CHAPTERS.items()} | PAGES


@pytest.mark.parametrize("sentence", PRAISED)
def test_what_was_praised_stands(sentence):
    assert any(sentence.lower() in read.lower() for read, _ in CHAPTERS.values())


@pytest.mark.parametrize("phrase", LOST)
def test_what_lost_readers_is_gone(phrase):
    assert {name for name, text in ALL.items() if re.search(phrase, text)} == set()


@pytest.mark.parametrize(
    ("text", "as_read"),
    [
        ("**Even the true\nnumbers** make `mistakes`.", "Even the true numbers make mistakes."),
        ("no way to say *since*.", "no way to say since."),
        ("> It is\n> so.", "It is so."),
    ],
)
def test_marks_do_not_hide_a_sentence(text, as_read):
    assert plain(text) == as_read
