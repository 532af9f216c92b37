"""What the built pages owe their readers is seen by tools/check_reading.py: rule by rule, on pages that break one."""

import check_reading as reading
import pytest


def page(body: str) -> reading.Node:
    return reading.article(f"<html><body><nav>1 2 3</nav><article class='bd-article'>{body}</article></body></html>")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("from 0.65 to 0.72", 2),
        ("3,114 answers", 1),
        ("70%, −0.5, ±0.05, ±.01 and 1e-12", 5),
        ("9 of 10, 6/22, 5–7", 5),
        ("22 × 15 answers.", 2),
        ("It took 3. Then 4.", 2),
        ("NB-3, 2PL, §5.1, § 7, K-2, chapter 4, Part 2, GPT-4, p_0", 0),
        ("Corbett, 1995, and the log of 2009–2010", 0),
        ("1. How many?", 0),
    ],
)
def test_numbers_are_counted_as_a_reader_counts_them(text, count):
    assert len(reading.numbers(text)) == count, reading.numbers(text)


SEVEN = "1, 2, 3, 4, 5, 6 and 7"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (f"<p>{SEVEN}</p>", 1),
        ("<p>1, 2, 3, 4, 5 and 6</p>", 0),
        (f"<ul><li>{SEVEN}</li></ul>", 1),
        (f"<ul><li><p>{SEVEN}</p></li></ul>", 1),
        (f"<div class='cell_output'><p>{SEVEN}</p></div>", 1),
        ("<ul><li>1, 2, 3<ul><li>4, 5, 6</li><li>7</li></ul></li></ul>", 0),
        (f"<table><tr><td><p>{SEVEN}</p></td></tr></table>", 0),
        (f"<details><summary>More</summary><p>{SEVEN}</p></details>", 0),
        (f"<div class='admonition dropdown'><p>{SEVEN}</p></div>", 0),
        (f"<kt-data config='{{}}'><p>{SEVEN}</p></kt-data>", 0),
        (f"<p><code>{SEVEN}</code> and <span class='math'>{SEVEN}</span></p>", 0),
        ("<p>1, 2, 3, 4, 5 and <strong>6</strong> of <em>7</em></p>", 1),
        ("<p>1, 2, 3, 4, 5, 6 <a href='../references.html#x'>A, 7</a></p>", 0),
        ("<p>1, 2, 3<br>4, 5, 6</p><img src='x'><p>7</p>", 0),
    ],
)
def test_a_crowded_paragraph_is_seen(body, faults):
    assert len(reading.crowded(page(body))) == faults


def exercise(number: int, answer: str = "It is 5.", mark: str = "(pen and paper)") -> str:
    fold = f'<div class="admonition dropdown"><p class="admonition-title">Solution</p><p>{answer}</p></div>'
    return f"<p><strong>{number}.</strong> {mark} What is it?</p><div class='cell'>{fold if answer else ''}</div>"


def exercises(*parts: str) -> list[str]:
    return reading.unanswered(page(f"<section id='exercises'><h2>Exercises</h2>{''.join(parts)}</section>"))


def test_exercises_with_answers_pass_also_where_cells_print_them():
    assert not exercises(exercise(1), exercise(2, "No, because she slips."), f"<div>{exercise(3, mark='')}</div>")


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ((exercise(1), exercise(2)), "2 exercises"),
        ([exercise(n) for n in range(1, 8)], "7 exercises"),
        ((exercise(1), exercise(2, mark=""), exercise(3, mark="")), "1 exercises for pen and paper"),
        ((exercise(1), exercise(2), exercise(3, "")), "exercise 3 has no solution"),
        ((exercise(1), exercise(2, "Run <code>f(5)</code>."), exercise(3)), "exercise 2 gives no number"),
        ((exercise(1), exercise(2, "<pre>x = 5</pre>Look."), exercise(3)), "exercise 2 gives no number"),
        ((exercise(1), exercise(2), exercise(3).replace(">Solution", ">Aside")), "exercise 3 has no solution"),
    ],
)
def test_what_exercises_lack_is_seen(parts, fault):
    (found,) = exercises(*parts)
    assert fault in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It falls, so she waits.", True),
        ("Nobody forgets; hence it stays.", True),
        ("Late answers count more, for learning goes one way.", True),
        ("Look for the first one.", False),
        ("Also run it.", False),
    ],
)
def test_a_reason_is_a_word_that_gives_one(text, reason):
    assert reading.answers(text) == reason


ASKED = "<div class='kt-predict'><ul class='kt-choices simple'><li>5</li></ul></div>"
RETURN = "<div class='tip kt-return'><p>5</p></div>"


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (ASKED + RETURN, True),
        (ASKED, False),
        (RETURN + ASKED, False),
        (ASKED + RETURN + RETURN, False),
        ("<div class='kt-predict'></div>" + RETURN, False),
    ],
)
def test_a_chapter_comes_back_to_its_prediction(body, right):
    assert bool(reading.unpredicted(page(body))) != right


GLOSSARY = """<dl class="glossary">
<dt id="term-Log-loss">Log loss<a class="headerlink">#</a></dt><dd><p>A score.</p></dd>
<dt id="term-Loss">Loss</dt><dd><p>What it costs.</p></dd>
<dt id="term-Bayesian-Knowledge-Tracing">Bayesian Knowledge Tracing</dt><dt id="term-BKT">BKT</dt><dd><p>It.</p></dd>
<dt id="term-Guess">Guess</dt><dd><p>Right without knowing.</p></dd></dl>"""
TERMS = reading.terms(page(GLOSSARY))
LOG_LOSS, BKT, LOSS = (
    f"<a href='../glossary.html#term-{anchor}'>{text}</a>"
    for anchor, text in (("Log-loss", "log losses"), ("Bayesian-Knowledge-Tracing", "BKT"), ("Loss", "loss"))
)


def test_terms_are_the_entries_but_for_everyday_words():
    assert [term.name for term in TERMS] == ["Bayesian Knowledge Tracing", "Log loss", "Loss"]
    assert "Guess" in reading.EVERYDAY


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"<p>{LOG_LOSS}, {LOSS}; log loss, {BKT}.</p><p>BKT has a log loss.</p>", []),
        ("<p>The log loss.</p>", ["log loss", "loss"]),
        (f"<p>Its log losses: {LOG_LOSS}.</p>", ["log losses", "losses"]),
        (f"<p><em>BKT</em>, then {BKT}</p>", ["BKT"]),
        ("<h2>BKT</h2><p><a href='01.html'>BKT</a><code>BKT</code></p><table><tr><td>BKT</td></tr></table>", []),
        ("<ul class='kt-choices'><li>BKT</li></ul><div class='dropdown'><p>BKT</p></div><p>No BKTree.</p>", []),
        ("<p>A guess.</p>", []),
    ],
)
def test_a_term_used_before_it_is_explained_is_seen(body, found):
    assert reading.unexplained(page(body), TERMS) == [f"uses {use!r} without a link to the glossary" for use in found]


def card(answer: str, *drawings: str) -> reading.Node:
    svgs = "".join(f"<svg>{text}</svg>" for text in drawings)
    return page(f'<section class="kt-pitch"><p class="kt-answer">{answer}</p><figure>{svgs}</figure></section>')


@pytest.mark.parametrize(
    ("answer", "drawings", "faults"),
    [
        ("About 70% do.", ["<text>It is 70%</text>"], 0),
        ("About 70% do.", ["<text>It is <tspan>70%</tspan></text>", "<text>30%</text>"], 1),
        ("About 7 do.", ["<text>70</text><text>0.7</text><path d='7'/>"], 1),
        ("From 412 on.", ["<text>412</text>"], 0),
        ("It is ±0.05.", ["<text>0.05</text>"], 0),
        ("About 70% do.", [], 1),
        ("", ["<text>70%</text>"], 1),
    ],
)
def test_a_cards_figure_holds_the_number_of_its_answer(answer, drawings, faults):
    assert len(reading.unshown(card(answer, *drawings))) == faults


def test_a_site_is_checked_page_by_page(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "glossary.html").write_text(GLOSSARY)
    (tmp_path / "pitch.html").write_text("<section class='kt-pitch' id='who'><p class='kt-answer'>Me.</p></section>")
    good = f"<article class='bd-article'>{ASKED}{RETURN}<p>{SEVEN}</p></article>"
    (tmp_path / "notebooks/01_a.html").write_text(good)
    found = reading.faults(tmp_path)
    assert {rule: {place: len(these) for place, these in places.items()} for rule, places in found.items()} == {
        "numbers": {"01_a": 1},
        "exercises": {"01_a": 2},
        "prediction": {"01_a": 0},
        "terms": {"01_a": 0},
        "cards": {"who": 1},
    }
    told = reading.told(found)
    assert len(told) == 4 and told[0].startswith("01_a: numbers: 7 numbers in")
