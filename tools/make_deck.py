"""Make the deck without the site: python tools/make_deck.py book/_build/deck

The cards of the notebooks as they are stored: deck.html, one page that needs nothing else; deck.pdf, a slide a page;
each slide as PNG and SVG in slides/, and its figure alone in figures/; deck.zip, all of it. Ends with 1 where a text
does not fit its slide.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

import kt_deck  # noqa: E402
import kt_quotes  # noqa: E402
import kt_slides  # noqa: E402


def main() -> int:
    """Write it, and say where it is."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    quotes = kt_quotes.read(ROOT / "notebooks")
    figures = {card.data["figure"]: quotes.figures[card.data["figure"]] for card in quotes.cards.values()}
    kt_slides.export(figures, folder / "figures")
    faults = kt_slides.export_slides(quotes, folder / "slides")
    kt_deck.export(quotes, folder)
    for fault in faults:
        print(fault)
    print(f"{len(quotes.cards)} cards: {folder / 'deck.html'}, deck.pdf, slides, figures, and all in deck.zip")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
