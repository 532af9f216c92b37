"""A pitch card as HTML, the same on the book's page and in the deck that one carries along."""

from __future__ import annotations

from html import escape

import kt_figures
from kt_quotes import Quote, Quotes

from ktlib.show.quotes import AUDIENCES, numbers_in


def answer(card: Quote) -> str:
    """The answer, its one number set apart, with the words that a search should find."""
    said = escape(card.data["answer"])
    for number in numbers_in(card.data["answer"])[:1]:
        said = said.replace(escape(number), f'<b class="kt-number">{escape(number)}</b>', 1)
    return f'<p class="kt-answer" {searched(card)}>{said}</p>'


def searched(card: Quote) -> str:
    """The attributes that the filter reads: every word of question, answer and the other ways to ask; and for whom."""
    data = card.data
    words = " ".join([data["question"], *data["also"], data["answer"], data["false"]])
    return f'data-words="{escape(words)}" data-tag="{escape(data["audience"])}"'


def asked(card: Quote) -> str:
    """The question in quotation marks, and for whom its answer is, where it is not for everybody."""
    return f"“{card.data['question']}”" + for_whom(card)


def for_whom(card: Quote) -> str:
    """The audience in words."""
    audience = card.data["audience"]
    return f" – for {'an' if audience[0] in 'aeiou' else 'a'} {audience}" if audience else ""


def drawing(card: Quote, quotes: Quotes) -> str:
    """The figure as inline SVG, which follows light and dark; its ids begin with the card's name."""
    figure = quotes.figures.get(card.data["figure"])
    return kt_figures.markup(figure.data, card.data["name"], links=False) if figure else ""


def limits(card: Quote) -> str:
    """The nearest false sentence, what we may not say, and the line for the expert."""
    data = card.data
    false = f'<p class="kt-false"><b>Not:</b> “{escape(data["false"])}”</p>'
    expert = f'<p class="kt-expert"><b>For the expert</b> {escape(data["expert"])}</p>'
    told = "".join(f"<li>{escape(text)}</li>" for text in data["limits"])
    return f'{false}<p class="kt-limits">What we may not say</p><ul class="kt-limits">{told}</ul>{expert}'


def search_box(quotes: Quotes, of: str, hint: str) -> str:
    """A box that shows the cards in which all words stand, and for whom; hidden until filter.js wakes it."""
    known = {card.data["audience"] for card in quotes.cards.values()}
    audiences = [
        (name, f"{'an' if name[0] in 'aeiou' else 'a'} {name}") for name in AUDIENCES if name and name in known
    ]
    choice = [("", "everybody"), *audiences] if audiences else []
    return filter_box(of, "Search the questions", hint, "Answers for", choice)


def filter_box(of: str, label: str, hint: str, legend: str, choice: list[tuple[str, str]]) -> str:
    """A form for filter.js: a box for words and, where there is a choice, a button each; the first is all."""
    radio = '<label><input type="radio" name="tag" value="{}"{}><span>{}</span></label>'.format
    buttons = "".join(radio(escape(value), " checked" * (k == 0), text) for k, (value, text) in enumerate(choice))
    chosen = f"<fieldset><legend>{legend}</legend>{buttons}</fieldset>" if choice else ""
    box = f'<input type="search" name="words" placeholder="{escape(hint)}" autocomplete="off" enterkeyhint="search">'
    return (
        f'<form class="kt-filter" role="search" data-of="{of}" hidden>'
        f'<label class="kt-words"><span>{label}</span>{box}</label>{chosen}<output></output></form>'
    )


def contents(quotes: Quotes) -> str:
    """All questions, each a link to its card."""
    lines = "".join(
        f'<li {searched(card)}><a href="#{name}">{escape(card.data["question"] + for_whom(card))}</a></li>'
        for name, card in quotes.cards.items()
    )
    return f'<nav class="kt-asked" aria-label="All questions"><ol>{lines}</ol></nav>'
