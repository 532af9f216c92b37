"""What the book may quote, and from where: numbers, claims and pitch cards.

Nothing quoted anywhere in the book is typed. A cell computes it, or reads it from a stored study, and shows one of the
objects below; it travels inside that cell's output, and the book picks it up from there (`book/_ext/kt_book.py`). So
every number on a card leads back to the cell that made it, and a changed result changes every page that quotes it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from reprlib import repr as shown

from .. import _checks as checks

MIME = "application/vnd.ktlib.quote+json"
VERDICTS = ("holds", "holds with a caveat", "does not hold", "cannot be checked here")
OTHERWISE = "Otherwise than in the book"
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


def check_name(name: str) -> None:
    """Raise ValueError unless it can stand in an address: lower-case letters, digits, hyphens."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError(f"name {shown(name)} must be lower-case letters, digits and hyphens, such as 'mean-rate'")


def stored_path(stored: str) -> str:
    """Where in the repository a claim's `stored` lies: a bare name is a script in `benchmarks`."""
    return stored if "/" in stored else f"benchmarks/{stored}"


def _holds_nan(text) -> bool:
    """Whether the word NaN stands in a text: a computation went wrong."""
    return bool(re.search(r"\bnan\b", str(text), flags=re.IGNORECASE))


def book_says(holds, what: str) -> None:
    """Check what the book says of its own numbers; where it does not hold, print a line that says so, and go on.

    holds: the check. what: it in words. A reader who changed an input is told and not stopped; the book itself is not
    committed with such a line in it. What holds for any input is asserted instead.
    """
    if not holds:
        print(f"{OTHERWISE}: {what}. Where you changed a number, that is no fault; what the book says is of its own.")


def _check_said(quote, kind: str, fields: dict) -> None:
    """Every field of a claim or card is text that says something, and nothing of NaN."""
    for field, text in fields.items():
        if not isinstance(text, str):
            raise ValueError(f"{kind} {quote.name!r} has {field} = {shown(text)}: give text")
        if not text.strip():
            raise ValueError(f"{kind} {quote.name!r} leaves {field} empty: say it or drop the {kind}")
        if _holds_nan(text):
            raise ValueError(f"{kind} {quote.name!r} says NaN in {field}, {text!r}: mend the cell that computes it")


class _Quote:
    """Shared display: readable HTML for a person, which `_html` of each kind gives, and JSON for the book."""

    kind = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": repr(self),
            "text/html": self._html(),
            MIME: {"kind": self.kind, **asdict(self)},
        }


@dataclass(frozen=True, kw_only=True)
class Numbers(_Quote):
    """Named numbers, as text, for `{{ name }}` on any page of the book.

    values: name -> the number as it is to be read, for example {"em-steps": "16"}.
    """

    kind = "numbers"
    values: dict[str, str]

    def __post_init__(self):
        object.__setattr__(self, "values", checks.mapping(self.values, "values", '{"em-steps": "16"}'))
        for name, text in self.values.items():
            check_name(name)
            if not isinstance(text, str) or _holds_nan(text):
                raise ValueError(f"{name} = {text!r}: give the number as text, and never NaN")

    def _html(self) -> str:
        rows = " · ".join(f"<code>{n}</code> {html.escape(t)}" for n, t in self.values.items())
        return f'<p class="kt-numbers">Quoted elsewhere as: {rows}</p>'


@dataclass(frozen=True, kw_only=True)
class Claim(_Quote):
    """One figure that a source states, beside ours.

    source, place: which text, and where in it. says: what it states. ours: our value with its interval. n: sample
    and replicates behind ours, in words. seed: of our draws, or "none drawn". verdict: one of `VERDICTS`.
    why: one sentence. stored: where the cell reads a stored result instead of computing it, the file that tells how
    it was made: a script in `benchmarks`, such as "coverage_study.py", or with a slash a path in the repository.
    Raises ValueError for an unknown verdict, an empty field or a NaN.
    """

    kind = "claim"
    name: str
    source: str
    place: str
    says: str
    ours: str
    n: str
    seed: str
    verdict: str
    why: str
    stored: str = ""

    def __post_init__(self):
        check_name(self.name)
        checks.one_of(self.verdict, VERDICTS, f"verdict of claim {self.name!r}")
        _check_said(self, "claim", {k: v for k, v in asdict(self).items() if k != "stored" or v})

    def _html(self) -> str:
        e = {k: html.escape(str(v)) for k, v in asdict(self).items()}
        mark = self.verdict.replace(" ", "-")
        path = html.escape(stored_path(self.stored))
        read = f" Read from a stored study (<code>{path}</code>)." if self.stored else ""
        return (
            f'<div class="kt-claim" id="claim-{e["name"]}"><p><strong>Claim, checked.</strong> {e["says"]} '
            f'<span class="kt-place">({e["source"]}, {e["place"]})</span></p>'
            f"<p>Ours: {e['ours']}. n: {e['n']}. Seed: {e['seed']}.{read}</p>"
            f'<p><span class="kt-verdict kt-{mark}">{e["verdict"]}</span> {e["why"]}</p></div>'
        )


@dataclass(frozen=True, kw_only=True)
class Card(_Quote):
    """A tough question and what one may answer.

    question: as it is asked. answer: one breath, at most 30 words, numbers computed. figure: name of a `Figure` shown
    in the same notebook. limits: what we may not say, a sentence each. shown: label of the section that shows it.
    Raises ValueError when the answer is longer than 30 words, no limit is stated, a field is empty or says NaN.
    """

    kind = "card"
    name: str
    question: str
    answer: str
    figure: str
    limits: tuple[str, ...]
    shown: str

    def __post_init__(self):
        check_name(self.name)
        limits = self.limits
        if isinstance(limits, str) or not isinstance(limits, Sequence) or not len(limits):
            raise ValueError(f"card {self.name!r} needs limits, a tuple of what we may not say")
        object.__setattr__(self, "limits", tuple(limits))
        fields = asdict(self)
        _check_said(self, "card", fields | {f"limit {i + 1}": text for i, text in enumerate(fields.pop("limits"))})
        words = len(self.answer.split())
        if words > 30:
            raise ValueError(f"the answer of card {self.name!r} has {words} words; one breath is 30: cut it")

    def _html(self) -> str:
        limits = "".join(f"<li>{html.escape(t)}</li>" for t in self.limits)
        return (
            f'<div class="kt-card" id="card-{self.name}"><p class="kt-question">“{html.escape(self.question)}”</p>'
            f'<p class="kt-answer">{html.escape(self.answer)}</p>'
            f'<p class="kt-limits">What we may not say:</p><ul>{limits}</ul></div>'
        )
