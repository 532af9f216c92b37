"""What a product does with forecasts.

pool: the questions to choose from.
recommend: the next question.
session: one homework, question by question.
school: a simulated school that learns from it.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(__name__, ("pool", "recommend", "session", "school"))
