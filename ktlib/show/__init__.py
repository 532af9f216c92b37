"""What a reader sees.

figures: drawings that state a finding, one module a chapter, each a figure at two widths, drawn with the strokes in the
style of the book, letters as outlines where no font is at hand. tables: tables and computed sentences. quotes: numbers,
claims and cards that the book takes from a cell. explorers: things to touch that need no kernel. live: sliders above a
figure, for those who run a notebook. report: a log of one's own on one page. command: `ktlib` on the command line.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    ("figures", "figure", "strokes", "style", "outlines", "tables", "quotes", "explorers", "live", "report", "command"),
)
