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
AUDIENCES = ("", "investor", "head teacher", "data scientist")  # "" is everybody
# Words that an answer for everybody does without
JARGON = (
    r"\b(?:AUC|F1|RMSE|log[- ]loss|likelihood|[Kk]endall|[Pp]earson|[Ss]pearman|Rasch|[1-4]PL|K\s*=|ELBO|MCMC|EM\b|"
    r"Cramér|[Bb]ootstrap|[Pp]osteriors?|[Hh]yperparameters?|[Ll]ogits?|[Mm]ean-field|P\(L|[Pp]riors?\b(?! knowledge))"
)
_NUMERAL = r"(?<![\w.,/-])[±+−-]?(?>\d+(?:[.,]\d+)*)%?(?!\w)"
_SHARE = rf" (?:out of|of|in)(?: every)? {_NUMERAL}|/\d+\b"
_STRETCH = rf"(?<![Ff]rom ){_NUMERAL}(?: to |–)(?>\d+(?:[.,]\d+)*)%?(?!\w)"
_NUMBER = re.compile(rf"{_STRETCH}|{_NUMERAL}(?:{_SHARE})?")
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


def check_name(name: str) -> None:
    """Raise ValueError unless it can stand in an address: lower-case letters, digits, hyphens."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError(f"name {shown(name)} must be lower-case letters, digits and hyphens, such as 'mean-rate'")


def stored_path(stored: str) -> str:
    """Where in the repository a claim's `stored` lies: a bare name is a script in `benchmarks`."""
    return stored if "/" in stored else f"benchmarks/{stored}"


def numbers_in(text: str) -> list[str]:
    """The numbers that a text says, as they stand there.

    A number is written in digits, with its sign, its % and its commas: "412", "95%", "±0.05", "10,019". A share is one
    number: "9 of 10", "1 in 20", "70% of 200", "3/4". So is a stretch, "0.70 to 0.78" or "5–7%", unless it follows
    "from", which tells of a change. Words ("one class", "half") are none, nor are digits in a name ("NB-4", "2PL").
    """
    return [found[0] for found in _NUMBER.finditer(text)]


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
    Raises ValueError for an unknown verdict, an empty field, a NaN, or a full stop after ours, n or seed.
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
        for field in ("ours", "n", "seed"):
            if getattr(self, field).endswith("."):
                raise ValueError(f"claim {self.name!r} ends {field} with a full stop: leave it to the page")

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

    question: as it is asked; also: other ways in which it is asked, for the search. answer: at most 20 words, exactly
    one number, no word that a head teacher would have to ask about (`JARGON`). figure: name of a `Figure` shown in the
    same notebook, which shows that number. false: the nearest false sentence, what one would wrongly say. limits: what
    we may not say, a sentence each, the strongest first. expert: one plain line with score, interval, n and seed.
    shown: label of the section that shows it. audience: one of `AUDIENCES`, where others get another answer.

    A number is what `numbers_in` finds. Raises ValueError when the answer breaks a rule, no limit is stated, a field is
    empty or says NaN.
    """

    kind = "card"
    name: str
    question: str
    also: tuple[str, ...] = ()
    answer: str
    figure: str
    false: str
    limits: tuple[str, ...]
    expert: str
    shown: str
    audience: str = ""

    def __post_init__(self):
        check_name(self.name)
        for field, need in (("limits", "what we may not say, the strongest first"), ("also", "other ways to ask")):
            given = getattr(self, field)
            if isinstance(given, str) or not isinstance(given, Sequence) or (field == "limits" and not len(given)):
                raise ValueError(f"card {self.name!r} needs {field}, a tuple of {need}")
            object.__setattr__(self, field, tuple(given))
        checks.one_of(self.audience, AUDIENCES, f"audience of card {self.name!r}")
        fields = asdict(self)
        if isinstance(self.audience, str) and not self.audience:
            del fields["audience"]
        limits, also = fields.pop("limits"), fields.pop("also")
        _check_said(self, "card", fields | _counted("limit", limits) | _counted("other way to ask", also))
        self._check_answer()

    def _check_answer(self) -> None:
        """Whether the answer can be said in one breath to anybody."""
        of, words = f"the answer of card {self.name!r}", len(self.answer.split())
        if words > 20:
            raise ValueError(f"{of} has {words} words; one breath is 20: cut it")
        found = numbers_in(self.answer)
        if len(found) != 1:
            raise ValueError(f"{of} holds {len(found)} numbers ({' | '.join(found) or 'none'}): keep exactly one")
        jargon = re.search(JARGON, self.answer)
        if jargon and self.audience != "data scientist":
            raise ValueError(f"{of} says {jargon[0]!r}, which a head teacher would have to ask about: use plain words")

    def _html(self) -> str:
        e = {k: html.escape(v) for k, v in asdict(self).items() if isinstance(v, str)}
        limits = "".join(f"<li>{html.escape(t)}</li>" for t in self.limits)
        false = f'<p class="kt-false"><strong>Not:</strong> “{e["false"]}”</p>'
        expert = f'<p class="kt-expert"><strong>For the expert.</strong> {e["expert"]}</p>'
        return (
            f'<div class="kt-card" id="card-{self.name}"><p class="kt-question">“{e["question"]}”</p>'
            f'<p class="kt-answer">{e["answer"]}</p>{false}'
            f'<p class="kt-limits">What we may not say:</p><ul>{limits}</ul>{expert}</div>'
        )


def _counted(what: str, texts: Sequence) -> dict:
    """The texts of a tuple, each under its own name."""
    return {f"{what} {i + 1}": text for i, text in enumerate(texts)}
