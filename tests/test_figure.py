"""Figures draw what they were given, at two widths, and say themselves where their texts clash."""

import base64
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from ktlib import BKTParams, bkt
from ktlib.show import strokes
from ktlib.show import style as looks
from ktlib.show.figure import Figure
from ktlib.show.figures import bkt as figures
from ktlib.show.outlines import outlined
from ktlib.show.quotes import MIME

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ALT = "A line that rises from nothing to one."
PHONE = 343  # CSS pixels across which a phone of 375 shows a figure, at least
PARAMS = BKTParams(p_init=0.2, p_transit=0.1, p_slip=0.1, p_guess=0.2)


def figure(draw, finding="It rises by one step a step, which is what a line of slope one does", name=None):
    return Figure(draw, finding=finding, alt=ALT, name=name)


def line(page, *texts):
    """A rising line with texts at places; returns its axes."""
    ax = page.panels()
    ax.plot([0, 1], [0, 1], color=looks.ESTIMATE)
    for x, y, words in texts:
        ax.text(x, y, words, ha="center", va="center")
    return ax


def clean():
    return figure(lambda page: strokes.label(line(page), 0.2, 0.8, "steep"), name="clean")


def texts(svg):
    return [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def pixels(svg, across=PHONE):
    """The size of every text where a drawing is shown so wide, in CSS pixels."""
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    sizes = [float(re.search(r"font-size: ([\d.]+)px", element.get("style"))[1]) for element in texts(svg)]
    return [size * across / width for size in sizes]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_clean_figure_has_no_clash_and_its_words_are_text(narrow):
    assert clean().clashes(narrow) == []
    words = [element.text for element in texts(clean().svg(narrow))]
    assert "steep" in words and " ".join(words).count("It rises by one step a step,") == 1
    assert min(pixels(clean().svg(narrow), PHONE if narrow else 640)) >= 9


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ([(0.2, 0.8, "one"), (0.21, 0.81, "other")], "'one' and 'other' overlap"),
        ([(0.5, 0.5, "on it")], "'on it' is struck through"),
        ([(0, 0.5, "on the axis")], "'on the axis' is struck through"),
    ],
)
def test_a_clash_is_said(added, said):
    for narrow in (False, True):
        (clash,) = figure(lambda page: line(page, *added).margins(0)).clashes(narrow)
        assert clash.startswith(said)


def test_a_text_off_the_canvas_and_one_too_small_are_said():
    def draw(page):
        ax = line(page)
        page.later(lambda: ax.annotate("far out", (1, 0.2), (60, 0), textcoords="offset points"))
        page.fig.text(0.5, 0.5, "tiny", fontsize=5)

    said = figure(draw).clashes()
    assert "'far out' leaves the canvas" in said and any(
        clash.startswith("'tiny' is set in 5 points") for clash in said
    )


def test_what_is_turned_is_measured_turned():
    turned = figure(lambda page: line(page).text(0.25, 0.32, "along the line", rotation=29, ha="center", va="center"))
    across = figure(lambda page: line(page).text(0.25, 0.32, "along the line", rotation=-45, ha="center", va="center"))
    assert turned.clashes() == [] and len(across.clashes()) == 1


@pytest.mark.parametrize(
    ("mark", "struck"),
    [
        (lambda ax: ax.plot(0.2, 0.8, "o", ms=14), True),
        (lambda ax: ax.bar(0.2, 0.8, width=0.2), True),
        (lambda ax: ax.bar(0.2, 0.95, width=0.5), False),
        (lambda ax: ax.fill_between([0, 0.4], 0, 0.8, alpha=0.15, lw=0), False),
        (lambda ax: ax.grid(True), False),
        (lambda ax: ax.contour([0, 0.4], [0.6, 1], [[0, 0], [1, 1]], levels=[0.5]), True),
        (lambda ax: ax.plot([0.2, 0.2, np.nan, 0.9], [0, 0.6, np.nan, 0.1]), False),
    ],
)
def test_dots_edges_and_contours_strike_through_and_shades_do_not(mark, struck):
    assert bool(figure(lambda page: mark(line(page, (0.2, 0.8, "here")))).clashes()) is struck


def test_a_halo_covers_lines_drawn_before_it_but_no_text():
    def draw(page, over=0):
        ax = line(page)
        ax.lines[0].set_zorder(2 + over)
        looks.halo(ax.text(0.5, 0.5, "on it", ha="center", va="center"))

    assert figure(draw).clashes() == []
    assert len(figure(lambda page: draw(page, over=2)).clashes()) == 1
    assert "paint-order: stroke; stroke: var(--kt-paper" in figure(draw).svg()


def test_a_figure_is_the_same_twice_and_follows_the_page():
    (first, about), second = clean()._repr_mimebundle_(), clean()._repr_mimebundle_()
    assert (first, about) == second and about["image/png"] == {"width": 720, "alt": ALT}
    assert set(first) == {"text/plain", "image/png", MIME}
    quote = json.loads(json.dumps(first[MIME]))
    assert quote["name"] == "clean" and quote["alt"] == ALT and quote["clashes"] == []
    for svg in quote["svg"].values():
        assert f'role="img" aria-label="{ALT}"' in svg and "var(--kt-estimate,#0072b2)" in svg
        assert looks.TRUTH not in svg and looks.PAPER not in re.sub(r"var\([^)]*\)", "", svg) and "<metadata" not in svg
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
        assert used == set(re.findall(r' id="([^"]+)"', svg))
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in quote["svg"].values()]
    assert ids[0] and not ids[0] & ids[1]


def test_the_picture_is_twice_the_size_in_ink_on_white():
    picture = Image.open(io.BytesIO(clean().png()))
    assert picture.size == (1440, 810) and picture.convert("RGB").getpixel((5, 800)) == (255, 255, 255)
    assert len(clean().png()) < 40_000


def test_a_sign_the_font_lacks_and_a_formula_are_refused():
    with pytest.raises(ValueError, match="'never ☃': its font has no ☃"):
        figure(lambda page: line(page, (0.2, 0.8, "never ☃"))).svg()
    with pytest.raises(ValueError, match="write formulas as characters"):
        figure(lambda page: line(page, (0.2, 0.8, r"$\theta$"))).png()
    assert set("✗✓θαβησπ±×≥≤→½¼−…′₀²⁵◆▲■●○■°·–—’é√∞≈≠∑") <= looks.characters()


def test_a_logarithmic_axis_says_plain_numbers():
    def draw(page):
        page.panels().loglog([1, 1000, 20000], [1, 10, 100])

    assert {"1", "1,000", "10,000"} <= {element.text for element in texts(figure(draw).svg())}


@pytest.mark.parametrize(
    ("given", "message"),
    [({"alt": "A line"}, "must say in a sentence"), ({"name": "A b"}, "lower-case"), ({"finding": 3}, "finding = 3")],
)
def test_a_figure_that_cannot_stand_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Figure(line, **{"finding": "It rises.", "alt": ALT} | given)


def test_panels_stand_side_by_side_on_a_page_and_stack_on_a_phone():
    def places(narrow, **given):
        drawn = figure(lambda page: page.panels(4, **given)).fig(narrow)
        boxes = [ax.get_position() for ax in drawn.axes]
        return len({round(box.x0, 2) for box in boxes}), len({round(box.y0, 2) for box in boxes})

    assert places(False) == (4, 1) and places(True) == (1, 4)
    assert places(False, columns=2) == (2, 2) and places(True, stacked=2) == (2, 2)
    assert places(True, stacked=False) == (4, 1)


def test_labels_at_the_ends_of_lines_are_pushed_apart_in_their_order():
    def draw(page):
        ax = line(page)
        strokes.end_labels(page, ax, [(1, y, f"at {y}", looks.TRUTH) for y in (0.5, 0.51, 0.52, 0.1)])

    drawn = figure(draw)
    assert drawn.clashes() == [] and drawn.clashes(narrow=True) == []
    heights = {text.get_text(): text.get_window_extent().y0 for text in drawn.fig().axes[0].texts}
    assert heights["at 0.1"] < heights["at 0.5"] < heights["at 0.51"] < heights["at 0.52"]


def test_rows_of_dots_intervals_and_bars_show_the_values():
    def draw(page):
        left, right = page.panels(2, ratios=[2, 1])
        strokes.rows(page, left, ["one", "a name that is too long for a phone"])
        strokes.paired_dots(left, [0.1, 0.2], [0.4, 0.3])
        strokes.intervals(left, [0.5, 0.6], [0.45, 0.5], [0.55, 0.7])
        strokes.bars(right, [3, 5], ["3", "5"])
        right.set_xlim(0, 6)

    drawn = figure(draw)
    left, right = drawn.fig().axes
    points = [one.get_xdata().tolist() for one in left.lines if one.get_marker() == "o"]
    assert points == [[0.1, 0.2], [0.4, 0.3], [0.5, 0.6]]
    assert [bar.get_width() for bar in right.patches] == [3, 5]
    assert drawn.clashes() == [] and drawn.clashes(narrow=True) == []


def test_outlines_stand_where_the_text_stood():
    resvg = pytest.importorskip("resvg_py")
    svg = clean().svg().replace("currentColor", "#000").replace("var(--kt-paper,", "").replace("var(--kt-estimate,", "")
    svg = re.sub(r"(#\w{6})\)", r"\1", svg)
    assert "<text" not in outlined(svg)
    fonts = [str(path) for path in looks.FONTS.values()]
    drawn = [resvg.svg_to_bytes(svg_string=one, font_files=fonts, background="#fff") for one in (svg, outlined(svg))]
    one, other = (np.asarray(Image.open(io.BytesIO(bytes(png))).convert("L"), dtype=float) for png in drawn)
    assert one.min() < 100 and np.abs(one - other).mean() < 0.2


def test_nb_1_figures_draw_what_they_were_given():
    answers = {"Ana": [1, 1, 0, 1, 0, 0], "Ben": [0, 0, 1, 0, 1, 1]}
    drawn = figures.two_children(PARAMS, answers)
    for trace, given in zip(drawn.fig().axes[0].lines, answers.values(), strict=True):
        np.testing.assert_array_equal(trace.get_ydata(), [PARAMS.p_init, *bkt.filter(given, PARAMS).p_known])
    assert "Ana ends at 0.19, Ben at 0.86" in drawn.finding
    marks = figures.one_wrong_answer(PARAMS, [1, 0, 1]).fig(narrow=True).axes[0].lines[2:]
    assert [mark.get_color() for mark in marks] == [looks.ESTIMATE, looks.PEER, looks.ESTIMATE]


def stored():
    """Every new-form figure in the committed notebooks."""
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf8"))["cells"]
        for output in [output for cell in cells for output in cell.get("outputs", [])]:
            bundle = output.get("data", {})
            if "svg" in bundle.get(MIME, {}):
                yield pytest.param(bundle, id=f"{path.stem}-{bundle[MIME]['name'] or bundle[MIME]['finding']}")


@pytest.mark.parametrize("bundle", list(stored()))
def test_every_figure_of_the_book_is_clear_at_both_widths_and_shows_untrusted(bundle):
    quote = bundle[MIME]
    assert quote["clashes"] == []
    assert min(pixels(quote["svg"]["phone"])) >= 9
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).width == 1440
    assert "text/html" not in bundle
