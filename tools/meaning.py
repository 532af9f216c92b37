"""Whether two outputs of a cell mean the same: what nbval asks for every cell, by way of notebooks/conftest.py.

Words are the same, and numbers differ by at most one unit in the last digit printed. A drawing has the same marks and
writings in the same order, each within half a pixel; what is written in it is compared as any text. An explorer's
script is left out: the book takes the modules as they are now, and they have tests of their own. Machines differ
in how they round a sum; a change of meaning is more than that. KTLIB_EXACT=1 asks for the same bytes instead.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.font_manager import get_font

HALF = 0.5  # pixels of the drawing's own size
EXACT_DIGITS, NOISE = 15, 1e-9  # so many digits are a float printed whole: its last ones are noise
_NUMBER = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)(?P<sign>(?<![)%])[-+−])?"  # NB-13 is a word; the hyphen of 3-5 is no sign
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<power>e[-+]?\d+)?(?!\w)(?!\.\d)",
    re.IGNORECASE,
)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_SCRIPT = re.compile(r'<script type="module">.*?</script>', re.DOTALL)
_LINK = re.compile(r"(?:url\()?#([^)]+)\)?")
_LENGTHS = {"x", "y", "width", "height", "cx", "cy", "r", "viewBox", "points"}
_XLINK = "{http://www.w3.org/1999/xlink}href"


def same(left: object, right: object) -> bool:
    """Whether two values of an output mean the same: texts, HTML with drawings in it, or JSON."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        left, right = (_SCRIPT.sub("", text) for text in (left, right))
        return _same_page(left, right) if "<svg" in left + right else same_text(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return isinstance(left, int | float) and isinstance(right, int | float) and same_text(repr(left), repr(right))


def same_text(left: str, right: str) -> bool:
    """Whether two texts have the same words, and numbers within one unit in the last digit printed."""
    return left == right or (
        _words(left) == _words(right)
        and all(_close(a, b) for a, b in zip(_NUMBER.finditer(left), _NUMBER.finditer(right), strict=True))
    )


def _words(text: str) -> list[str]:
    """What is left without the numbers; how many blanks stand between two words says nothing."""
    return _NUMBER.sub(" \0 ", text).split()


def _value(number: re.Match) -> tuple[Decimal, Decimal, int]:
    """The number, the unit of its last digit, and how many significant digits it has."""
    digits = number["digits"].replace(",", "")
    value = Decimal(digits + (number["power"] or ""))
    unit = Decimal(1).scaleb(value.as_tuple().exponent)
    return value * (-1 if number["sign"] in ("-", "−") else 1), unit, len(digits.replace(".", "").lstrip("0"))


def _close(left: re.Match, right: re.Match) -> bool:
    (a, unit_a, long_a), (b, unit_b, long_b) = _value(left), _value(right)
    noise = Decimal(NOISE) * max(abs(a), abs(b)) if max(long_a, long_b) >= EXACT_DIGITS else 0
    return abs(a - b) <= max(min(unit_a, unit_b), noise)


def _same_page(left: str, right: str) -> bool:
    drawings = _SVG.findall(left), _SVG.findall(right)
    return (
        same_text(_SVG.sub(" <svg> ", left), _SVG.sub(" <svg> ", right))
        and len(drawings[0]) == len(drawings[1])
        and all(same_drawing(a, b) for a, b in zip(*drawings, strict=True))
    )


def same_drawing(left: str, right: str) -> bool:
    """Whether two SVG drawings have the same marks and writings, each within half a pixel."""
    if left == right:
        return True
    try:
        marks = [list(_marks(*_read(text))) for text in (left, right)]
    except ElementTree.ParseError:
        return False
    return len(marks[0]) == len(marks[1]) and all(_same_mark(a, b) for a, b in zip(*marks, strict=True))


def _read(text: str) -> tuple[ElementTree.Element, dict[str, ElementTree.Element]]:
    root = ElementTree.fromstring(text)
    return root, {element.get("id"): element for element in root.iter() if element.get("id")}


def _marks(element: ElementTree.Element, named: dict[str, ElementTree.Element]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every mark in order, as tag and attributes; a writing is one mark; what is linked to stands in its place."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("defs", "style"):
        return
    attributes = {key: value for key, value in element.attrib.items() if key not in ("id", _XLINK, "clip-path")}
    glyphs = [child.get(_XLINK, "") for child in element if child.tag.endswith("}use")]
    if glyphs and all(_glyph(link) for link in glyphs):
        yield "writing", attributes | {"text": "".join(_glyph(link) or "" for link in glyphs)}
        return
    if tag == "text":
        yield "writing", attributes | {"text": element.text or ""}
        return
    yield tag, attributes
    for link in (element.get(_XLINK), element.get("clip-path")):
        if link:
            target = named[_LINK.fullmatch(link)[1]]
            if target.tag.endswith("}path"):
                yield "path", {key: value for key, value in target.attrib.items() if key != "id"}
            for child in target:
                yield from _marks(child, named)
    for child in element:
        yield from _marks(child, named)


def _glyph(link: str) -> str | None:
    """The character behind a link such as #f757bc5-DejaVuSans-13; None where it is to no glyph."""
    found = re.search(r"(DejaVu\w+(?:-[A-Z]\w+)?|STIX\w+|cm\w+)-([0-9a-f]+)$", link)
    return _characters(found[1]).get(int(found[2], 16), f"<{found[2]}>") if found else None


@functools.cache
def _characters(font: str) -> dict[int, str]:
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    return {index: chr(code) for code, index in get_font(path).get_charmap().items()} if path.exists() else {}


def _same_mark(left: tuple[str, dict[str, str]], right: tuple[str, dict[str, str]]) -> bool:
    (tag, a), (other, b) = left, right
    if tag != other or a.keys() != b.keys():
        return False
    moved = "text" in a and len(a["text"]) != len(b["text"])  # a longer number begins elsewhere
    return all(_same_attribute(key, a[key], b[key]) for key in a if not (moved and key == "transform"))


def _same_attribute(key: str, left: str, right: str) -> bool:
    if left == right:
        return True
    if key == "d":
        return _same_line(left, right)
    if key in _LENGTHS:
        return _near(_floats(left), _floats(right), HALF)
    if key == "transform":
        steps = [re.findall(r"(\w+)\(([^)]*)\)", text) for text in (left, right)]
        return [name for name, _ in steps[0]] == [name for name, _ in steps[1]] and all(
            _near(_floats(a), _floats(b), 1e-3 if name in ("scale", "matrix") else HALF)
            for (name, a), (_, b) in zip(*steps, strict=True)
        )
    return same_text(_in_channels(left), _in_channels(right))


def _in_channels(text: str) -> str:
    """Colours as three numbers from 0 to 255."""
    return re.sub(r"#([0-9a-f]{6})\b", lambda found: " ".join(map(str, bytes.fromhex(found[1]))), text)


def _floats(text: str) -> np.ndarray:
    return np.array([float(number) for number in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", text)])


def _near(left: np.ndarray, right: np.ndarray, tolerance: float) -> bool:
    return left.shape == right.shape and bool((np.abs(left - right) <= tolerance + 1e-9).all())


def _same_line(left: str, right: str) -> bool:
    """Two paths: the same strokes with every point near, or polygons that nowhere lie half a pixel apart."""
    strokes = [re.sub(r"[^A-Za-z]", "", text) for text in (left, right)]
    if strokes[0] == strokes[1] and _near(_floats(left), _floats(right), HALF):
        return True
    if set(strokes[0] + strokes[1]) - set("MLz") or any(s.count("M") != strokes[0].count("M") for s in strokes):
        return False
    (a, ends_a), (b, ends_b) = _segments(left), _segments(right)
    return bool(len(a) and len(b)) and _beside(ends_a, b) and _beside(ends_b, a)


def _segments(path: str) -> tuple[np.ndarray, np.ndarray]:
    """The straight pieces of a path, (pieces, 2 ends, 2), and its corners, (corners, 2)."""
    pieces, corners, first, here = [], [], None, None
    for stroke, x, y in re.findall(r"([MLz])\s*(?:(-?[\d.]+)\s+(-?[\d.]+))?", path):
        point = first if stroke == "z" else (float(x), float(y))
        if stroke != "M":
            pieces.append((here, point))
        else:
            first = point
        corners.append(point)
        here = point
    return np.array(pieces), np.array(corners)


def _beside(points: np.ndarray, pieces: np.ndarray) -> bool:
    """Whether every point lies within half a pixel of some piece."""
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    length = np.maximum((along**2).sum(1), 1e-12)
    for point in points:
        share = np.clip(((point - start) * along).sum(1) / length, 0, 1)[:, None]
        if math.sqrt(((start + share * along - point) ** 2).sum(1).min()) > HALF:
            return False
    return True


def settled(test: list, reference: list) -> list:
    """The outputs `test`, with what means the same as in `reference` replaced by it, so that bytes can be compared."""
    if len(test) != len(reference):
        return test
    return [_settle(a, b) for a, b in zip(test, reference, strict=True)]


def _settle(test: dict, reference: dict) -> dict:
    out = type(test)(test)
    for key in ("text", "data"):
        if key in test and key in reference:
            out[key] = _replace(test[key], reference[key])
    return out


def _replace(test: object, reference: object) -> object:
    if isinstance(test, dict) and isinstance(reference, dict):
        return type(test)(
            {key: reference[key] if key in reference and same(v, reference[key]) else v for key, v in test.items()}
        )
    return reference if same(test, reference) else test


if __name__ == "__main__":  # two notebooks: which cells differ, byte for byte and in meaning
    import sys

    first, second = (json.loads(Path(name).read_text("utf8")) for name in sys.argv[1:3])
    for number, (a, b) in enumerate(zip(first["cells"], second["cells"], strict=True)):
        if a.get("outputs") != b.get("outputs"):
            print(number, a["id"], "same meaning" if settled(a["outputs"], b["outputs"]) == b["outputs"] else "DIFFERS")
