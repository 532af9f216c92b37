"""What all explorers share: how one shows itself, and how it writes a number."""

from __future__ import annotations

import html
import json
import math
import re
from importlib.resources import files

from ..._checks import finite

_IMPORT = re.compile(r'^import [^;]*? from "\./(\w+)\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


class Element:
    """An explorer as an output: its element, what it says in words, and the script that draws it.

    A subclass gives its tag, kt- and the name of its module, `finding()` and `_config()`.
    """

    tag: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        config = html.escape(json.dumps(self._config()))
        element = f'<{self.tag} config="{config}"><p>{html.escape(self.finding())}</p></{self.tag}>'
        return {"text/plain": self.finding(), "text/html": f"{element}\n{script(self.tag)}"}


def script(*tags: str) -> str:
    """The modules of these elements as one inline script: what they share first and once, then each by itself.

    A page opened from disk cannot import a file, so the modules are joined: imports are left out, and braces keep
    the names of one explorer from those of the next.
    """
    shared: dict[str, str] = {}
    own = [_module(tag.removeprefix("kt-"), shared) for tag in tags]
    text = "\n".join([*shared.values(), *(f"{{\n{module}}}\n" for module in own)])
    return f'<script type="module">\n{text}</script>'


def _module(name: str, shared: dict[str, str]) -> str:
    """The text of a module; what it imports is added to `shared`, the furthest first."""
    text = files(__package__).joinpath(f"{name}.mjs").read_text(encoding="utf-8")
    for other in _IMPORT.findall(text):
        if other not in shared:
            shared[other] = _module(other, shared)
    return _EXPORT.sub("", _IMPORT.sub("", text))


def count(n: int, word: str) -> str:
    """ "1 student", "1,000 students"."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def rounded(x: float, digits: int = 0) -> float:
    """To so many digits, halves up: Python and JavaScript round ties apart when they format."""
    return math.floor(10**digits * x + 0.5) / 10**digits


def tenths(x: float) -> str:
    """One digit, with a true minus sign."""
    return f"{rounded(x, 1):.1f}".replace("-", "−")


def places(x: float) -> str:
    """Two digits, with a true minus sign."""
    return f"{rounded(x, 2):.2f}".replace("-", "−")


def thousandths(x: float) -> str:
    """Three digits."""
    return f"{rounded(x, 3):.3f}"


def percent(p: float) -> str:
    """A share as per cent, with the digits that it has."""
    return f"{rounded(1e6 * p) / 1e4:g}%"


def whole(p: float) -> str:
    """A share in whole per cent."""
    return f"{rounded(100 * p):.0f}%"


def stop(value, stops, name: str):
    """A value at which a slider stops, as `stops` has it; anything else is refused by name."""
    if not (value is None and None in stops):
        value = finite(value, name)
    for one in stops:
        if one == value:
            return one
    raise ValueError(f"{name} = {value:g}: give one of {', '.join(f'{one:g}' for one in stops if one is not None)}")


def likely(p: float) -> str:
    """A probability in whole per cent, never rounded to 0 or 100."""
    return whole(p) if 0.005 <= p < 0.995 else "less than 1%" if p < 0.5 else "more than 99%"
