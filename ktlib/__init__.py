"""ktlib: knowledge tracing and item response models, thin and tested. Each part stands on those named before it.

    data        who answered what, when: real logs, simulated designs, your own file
    bkt         one skill: Bayesian Knowledge Tracing, its fit, how sure it is, how much data it takes
    irt         many questions: 2PL, factor and hierarchical models; ascent, SVI, NUTS and marginal likelihood
    forecast    how good forecasts are, and who else makes them
    homework    what a product does with forecasts
    studies     every loop over replicates, splits or skills, by name, with what its full run stored
    show        what a reader sees: figures, tables, quotes, things to touch

A first fit, from a table with a row an answer:

    from ktlib import Sequences
    from ktlib.bkt import em, uncertainty
    answers = Sequences.from_frame(table, student="who", correct="right", order="when")
    fit = em.fit(answers)
    uncertainty.standard_errors(answers, fit).interval("p_transit")

`import ktlib` costs numpy alone; everything else loads when it is first touched. Four modules need PyTorch
(`forecast.dkt`, `irt.programs`, `irt.svi`, `irt.nuts`): `pip install 'ktlib[bayes]'`.
"""

from ._doors import lazily
from .bkt import BKTParams

_open, __dir__, __all__ = lazily(
    __name__,
    ("data", "bkt", "irt", "forecast", "homework", "studies", "show"),
    {
        "Sequences": "data.sequences",
        "Responses": "data.responses",
        "Exam": "data.exams",
        "DataError": "data.datasets",
        "Posterior": "irt.posterior",
        "Normal": "irt.priors",
    },
)
__all__ = ["BKTParams", *__all__]


def __getattr__(name):
    if name == "__version__":
        from importlib.metadata import version  # of what is installed: pyproject.toml is the only place that says it

        return version(__name__)
    return _open(name)
