"""The deck: each card fits its slide, a page a card, one file that needs nothing else; claims in their texts' order."""

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest

from ktlib.show import quotes
from ktlib.show.figure import Figure

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book/_ext"))

for needed in ("sphinx", "docutils", "resvg_py", "fontTools", "tinycss2"):
    pytest.importorskip(needed)

import kt_claims  # noqa: E402
import kt_deck  # noqa: E402
import kt_pdf  # noqa: E402
import kt_quotes  # noqa: E402
import kt_slides  # noqa: E402

CARD = {
    "question": "Is it 5 or 6?",
    "also": ("Which is it?",),
    "answer": "It is 5 & no other.",
    "figure": "line",
    "false": "It is 6.",
    "limits": ("Not that it stays.", "Not that it was."),
    "expert": "n = 5, seed 1",
    "shown": "sec:line",
}


def draw(page):
    axes = page.panels()
    axes.plot([0, 1], [0, 5], ls="--")
    axes.text(0.5, 2, "5", gid="halo", rotation=30)


@pytest.fixture
def invented(tmp_path):
    """Makes a notebook whose cells show a figure and cards, and reads what it quotes."""

    def read(*cards):
        figure = Figure(draw, finding="It rises to 5", alt="A line that rises from 0 to 5.", name="line")
        shown = [figure._repr_mimebundle_()[0]] + [quotes.Card(**card)._repr_mimebundle_() for card in cards]
        cells = [{"cell_type": "markdown", "source": "# A line\n\n<!-- label: sec:line -->\n## Where it rises"}]
        cells += [{"cell_type": "code", "source": "", "outputs": [{"data": data}]} for data in shown]
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        (tmp_path / "notebooks/07_line.ipynb").write_text(json.dumps({"cells": cells}))
        return kt_quotes.read(tmp_path / "notebooks")

    return read


@pytest.fixture(scope="module")
def book():
    return kt_quotes.read(ROOT / "notebooks")


def test_every_card_of_the_book_fits_its_slide(book):
    slides = list(kt_slides.slides(book))
    assert [slide.name for slide in slides] == ["title", *book.cards]
    assert not [fault for slide in slides for fault in slide.faults]


def test_every_figure_of_a_card_shows_the_number_of_its_answer(book):
    for card in book.cards.values():
        drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)", book.figures[card.data["figure"]].data["svg"]["page"]))
        seen = set(re.findall(r"\d+(?:[.,]\d+)*", drawn))
        (number,) = quotes.numbers_in(card.data["answer"])
        assert set(re.findall(r"\d+(?:[.,]\d+)*", number)) <= seen, f"{card.data['name']}: {number} is not in {drawn!r}"


def test_a_slide_says_question_answer_source_and_the_strongest_limit(invented):
    read = invented(CARD | {"name": "a"}, CARD | {"name": "b", "audience": "investor"})
    title, one, two = kt_slides.slides(read)
    text = " ".join(line.text for line in one.lines)
    for said in (
        "“Is it 5 or 6?”",
        CARD["answer"],
        "Not that it stays.",
        "n = 5, seed 1",
        "NB-7 A line · Where it rises",
    ):
        assert said in text
    assert "Not that it was." not in text and "It is 6." not in text and kt_slides.BOOK in text
    assert "for an investor" in two.lines[0].text and not one.faults
    assert [line.text for line in title.lines].count("Is it 5 or 6?") == 1


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("limits", ("Not that " + "this is short, " * 300,), "px more"),
        ("question", "So" + "o" * 300, "is too wide"),
        ("expert", "n = 5 家", "its font has no 家"),
    ],
)
def test_what_does_not_fit_a_slide_is_said(invented, field, text, fault):
    _, slide = kt_slides.slides(invented(CARD | {"name": "a", field: text}))
    assert any(fault in said for said in slide.faults)


def test_the_pdf_has_a_page_a_card_and_a_title(invented):
    slides = list(kt_slides.slides(invented(CARD | {"name": "a"}, CARD | {"name": "b"})))
    pdf = kt_pdf.pdf(slides)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 3
    assert pdf == kt_pdf.pdf(slides)


def test_the_pdf_refuses_what_it_cannot_draw():
    slide = kt_slides.Slide("a", drawing="<circle r='5'/>")
    with pytest.raises(ValueError, match="<circle>, which kt_pdf does not draw"):
        kt_pdf.page(slide)


def test_a_dash_a_turn_and_a_nested_drawing_stand_where_svg_puts_them():
    drawing = (
        '<svg x="100" y="200" width="400" height="100" viewBox="0 0 10 10" preserveAspectRatio="xMinYMin meet">'
        '<g transform="translate(2 1) rotate(90)">'
        '<path d="M0 0H3" style="stroke: #112233; stroke-dasharray: 1,2"/></g></svg>'
    )
    axes = kt_pdf.page(kt_slides.Slide("a", drawing=drawing)).axes[0]
    (line,) = [
        patch for patch in axes.patches if patch.get_edgecolor()[:3] == pytest.approx((17 / 255, 34 / 255, 51 / 255))
    ]
    placed = (line.get_transform() - axes.transData).transform(line.get_path().vertices)
    assert placed.ravel() == pytest.approx([120, 210, 120, 240])
    assert line.get_linewidth() == pytest.approx(10 * kt_pdf.POINTS)


def test_the_deck_is_one_page_that_needs_nothing_else_and_a_zip(invented, tmp_path):
    read = invented(CARD | {"name": "a"})
    kt_slides.export(read.figures, tmp_path / "figures")
    assert kt_slides.export_slides(read, tmp_path / "slides") == []
    kt_deck.export(read, tmp_path)
    page = (tmp_path / "deck.html").read_text("utf-8")
    assert not re.search(r"""(src|href)=["'](?!#|data:)|url\((?!data:|#)""", page)
    assert 'id="a"' in page and 'href="#a"' in page and '<b class="kt-number">5</b> &amp; no other' in page
    made = zipfile.ZipFile(tmp_path / "deck.zip").namelist()
    files = {f"{folder}.{kind}" for folder in ("slides/title", "slides/a", "figures/line") for kind in ("png", "svg")}
    assert set(made) == {f"deck/{name}" for name in {"deck.html", "deck.pdf"} | files}
    (tmp_path / "deck.pdf").write_bytes(b"old")
    kt_deck.export(read, tmp_path)
    assert (tmp_path / "deck.pdf").read_bytes() == b"old"  # nothing changed, so nothing is made again
    kt_deck.export(invented(CARD | {"name": "a", "expert": "n = 6"}), tmp_path)
    assert (tmp_path / "deck.pdf").read_bytes() != b"old"


def test_places_stand_in_the_order_of_the_text():
    guide = ["NB-3, introduction", "NB-3, step 1, class", "NB-3, step 4, output", "NB-3, below the expected output"]
    guide += ["NB-3, how much data", "NB-3, how much data and talking points", "NB-3, talking points"]
    paper = ["abstract and §7.2", "§1", "§5", "§5.2, Table 2", "§7.1, Figure 7", "§7.1, Figure 8", "§10"]
    paper += ["Table 2, VI, β", "footnote 2", "appendix A"]
    for places in (guide, paper):
        assert sorted(places[::-1], key=kt_claims.place) == places
