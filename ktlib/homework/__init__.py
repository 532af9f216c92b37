"""What a product does with forecasts.

pool: the questions to choose from.
recommend: the next questions, by a score that gives its reasons.
picks: what was chosen for whom, and why.
session: one homework, question by question.
school: a simulated school that learns from it.
gaps: where a student is weaker than her own level.
proficiency: a score on a fixed set of questions; who is falling behind.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__, ("pool", "recommend", "picks", "session", "school", "gaps", "proficiency")
)
