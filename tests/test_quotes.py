"""What the book quotes is checked when it is made, shows itself, and carries itself as JSON; figures are stable."""

import json

import pytest

from ktlib.show import quotes

CLAIM = {
    "name": "rate",
    "source": "guide",
    "place": "p. 1",
    "says": "it is .6 < .7",
    "ours": ".657",
    "n": "1,000",
    "seed": "1",
    "verdict": "does not hold",
    "why": "it is not",
}
CARD = {
    "name": "card",
    "question": "Why?",
    "also": ("How come?",),
    "answer": "It is right for 9 of 10 students.",
    "figure": "fig",
    "false": "It is right for every student.",
    "limits": ("Not so.",),
    "expert": "AUC 0.72 (0.70 to 0.74), n = 1,000 students, seed 1",
    "shown": "sec:x",
    "audience": "head teacher",
}


def test_quotes_show_and_carry_themselves():
    for quote in (
        quotes.Claim(**CLAIM),
        quotes.Card(**CARD),
        quotes.Numbers(values={"em-steps": "16"}),
    ):
        bundle = quote._repr_mimebundle_()
        assert bundle[quotes.MIME]["kind"] == quote.kind
        json.dumps(bundle[quotes.MIME])
        assert bundle["text/html"].startswith("<")
    assert "it is .6 &lt; .7" in quotes.Claim(**CLAIM)._repr_mimebundle_()["text/html"]


def test_a_claim_that_reads_a_stored_result_says_so():
    computed = quotes.Claim(**CLAIM)._repr_mimebundle_()
    read = quotes.Claim(**CLAIM, stored="coverage_study.py")._repr_mimebundle_()
    assert "stored study" not in computed["text/html"] and computed[quotes.MIME]["stored"] == ""
    assert "Read from a stored study (<code>benchmarks/coverage_study.py</code>)." in read["text/html"]
    assert read[quotes.MIME]["stored"] == "coverage_study.py"
    assert quotes.stored_path("ktlib/studies/stored/peers/README.md") == "ktlib/studies/stored/peers/README.md"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: quotes.Claim(**CLAIM | {"verdict": "maybe"}),
            "verdict of claim 'rate' = 'maybe': give one of 'holds'",
        ),
        (lambda: quotes.Claim(**CLAIM | {"seed": " "}), "claim 'rate' leaves seed empty"),
        (lambda: quotes.Claim(**CLAIM | {"seed": "100 ff."}), "claim 'rate' ends seed with a full stop"),
        (lambda: quotes.Claim(**CLAIM | {"name": "Mean rate"}), "name 'Mean rate' must be lower-case"),
        (lambda: quotes.Card(**CARD | {"limits": ()}), "needs limits"),
        (lambda: quotes.Card(**CARD | {"limits": 5}), "needs limits"),
        (lambda: quotes.Card(**CARD | {"limits": ("So.", " ")}), "leaves limit 2 empty"),
        (lambda: quotes.Card(**CARD | {"limits": ("nan of 5",)}), "says NaN in limit 1"),
        (lambda: quotes.Card(**CARD | {"answer": "Within nan."}), "says NaN in answer"),
        (lambda: quotes.Card(**CARD | {"question": ""}), "leaves question empty"),
        (lambda: quotes.Card(**CARD | {"answer": 5}), "has answer = 5: give text"),
        (lambda: quotes.Card(**CARD | {"answer": "word " * 20 + "5"}), "has 21 words; one breath is 20"),
        (
            lambda: quotes.Card(**CARD | {"answer": "It rose from 5% to 7%."}),
            r"holds 2 numbers \(5% \| 7%\): keep exactly",
        ),
        (lambda: quotes.Card(**CARD | {"answer": "It rose."}), r"holds 0 numbers \(none\): keep exactly one"),
        (lambda: quotes.Card(**CARD | {"answer": "Its AUC is 0.75."}), "says 'AUC', which a head teacher would"),
        (lambda: quotes.Card(**CARD | {"audience": "pupil"}), "audience of card 'card' = 'pupil': give one of"),
        (lambda: quotes.Card(**CARD | {"also": "How come?"}), "needs also, a tuple of other ways to ask"),
        (lambda: quotes.Card(**CARD | {"also": ("",)}), "leaves other way to ask 1 empty"),
        (lambda: quotes.Card(**CARD | {"false": ""}), "leaves false empty"),
        (lambda: quotes.Card(**CARD | {"expert": " "}), "leaves expert empty"),
        (lambda: quotes.Card(**CARD | {"expert": "AUC nan"}), "says NaN in expert"),
        (lambda: quotes.Numbers(values=5), "values = 5: give a dict"),
        (lambda: quotes.Numbers(values={"x": float("nan")}), "never NaN"),
        (lambda: quotes.Numbers(values={"x": "nan"}), "never NaN"),
        (lambda: quotes.Numbers(values={"x": "±NaN%"}), "never NaN"),
        (lambda: quotes.Claim(**CLAIM | {"ours": "0.2 (nan to nan)"}), "claim 'rate' says NaN in ours"),
        (lambda: quotes.Claim(**CLAIM | {"name": 3}), "name 3 must be lower-case"),
    ],
)
def test_a_quote_that_cannot_stand_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_word_with_nan_inside_is_no_nan():
    assert quotes.Numbers(values={"x": "12 bananas"}).values["x"]


def test_the_book_says_nothing_where_it_holds_and_goes_on_where_it_does_not(capsys):
    quotes.book_says(True, "ten lines and ktlib agree")
    assert not capsys.readouterr().out
    quotes.book_says(False, "ten lines and ktlib agree")
    assert capsys.readouterr().out.startswith(f"{quotes.OTHERWISE}: ten lines and ktlib agree. ")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("412 students with 10,019 answers.", ["412", "10,019"]),
        ("within ±0.05 (95%)", ["±0.05", "95%"]),
        ("right for 9 of 10, in 70% of 200 classes, 1 in 20 and 3/4", ["9 of 10", "70% of 200", "1 in 20", "3/4"]),
        ("0.70 to 0.78, 5–7%", ["0.70 to 0.78", "5–7%"]),
        ("from 97% to 83%", ["97%", "83%"]),
        ("NB-4, 2PL and one class", []),
    ],
)
def test_a_number_is_written_in_digits_and_a_share_or_a_stretch_is_one(text, numbers):
    assert quotes.numbers_in(text) == numbers


def test_an_answer_for_data_scientists_may_use_their_words():
    assert quotes.Card(**CARD | {"answer": "Its AUC is 0.75.", "audience": "data scientist"})
