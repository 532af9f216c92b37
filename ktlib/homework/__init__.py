"""What a product does with forecasts.

pool: the questions to choose from.
recommend: the next questions, by a score that gives its reasons.
picks: what was chosen for whom, and why.
session: one homework, question by question.
school: a simulated school that learns from it.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(__name__, ("pool", "recommend", "picks", "session", "school"))
