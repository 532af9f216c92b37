"""Write each figure as NAME.svg and, ready for a slide, as NAME.png."""

from __future__ import annotations

import re
from pathlib import Path

import resvg_py
from kt_quotes import Quote

from ktlib.show.outlines import outlined

WIDTH, HEIGHT, MARGIN = 1920, 1080, 60
INK = "#1b2430"


def export(figures: dict[str, Quote], folder: Path) -> None:
    """Bring the folder up to date with the figures; those that did not change are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.stem not in figures:
            old.unlink()
    for name, figure in figures.items():
        svg, png = folder / f"{name}.svg", folder / f"{name}.png"
        drawing = plain_colours(outlined(figure.data["svg"]["page"]))
        if png.exists() and svg.exists() and svg.read_text("utf-8") == drawing:
            continue
        svg.write_text(drawing, "utf-8")
        png.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=slide(drawing), width=WIDTH, height=HEIGHT)))


def plain_colours(svg: str) -> str:
    """The drawing as it stands outside a page: no variables, and ink for the page's text colour."""
    svg = re.sub(r"var\(--[\w-]+,\s*([^)]+)\)", r"\1", svg)
    return svg.replace("currentColor", INK)


def slide(svg: str) -> str:
    """The drawing centred on a white 16:9 slide."""
    place = f'x="{MARGIN}" y="{MARGIN}" width="{WIDTH - 2 * MARGIN}" height="{HEIGHT - 2 * MARGIN}"'
    placed = svg.replace("<svg ", f"<svg {place} ", 1)
    paper = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{paper}{placed}</svg>'
