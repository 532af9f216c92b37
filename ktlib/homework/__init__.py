"""What a product does with forecasts.

pool: the questions to choose from.
recommend: the next questions, by a score that gives its reasons.
picks: what was chosen for whom, and why.
session: one homework, question by question.
school: a simulated school that learns from it.
trial: the experiment that shows whether a homework works. analysis: what a trial says. power: what it can see, and how
many classes that takes. alarms: false ones, of many looks and many comparisons. pilot: what a first run can pin.
gaps: where a student is weaker than her own level.
proficiency: a score on a fixed set of questions; who is falling behind.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    (
        "pool", "recommend", "picks", "session", "school",
        "trial", "analysis", "power", "alarms", "pilot",
        "gaps", "proficiency",
    ),
)  # fmt: skip
