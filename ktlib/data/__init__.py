"""Who answered what, when.

log: your own file, however messy, with an account. responses: answers to many questions. sequences: one skill, in
order. datasets: real logs, checked. designs: who is asked what in a simulation. exams: answers, and what is known of
each question.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    ("log", "responses", "sequences", "datasets", "designs", "exams"),
    {
        "read": "log",
        "Log": "log",
        "Responses": "responses",
        "Sequences": "sequences",
        "Exam": "exams",
        "DataError": "datasets",
    },
)
