"""Many questions: 2PL, factorization and hierarchical factorization.

model: what they say of an answer. simulation: draws from it. priors, posterior: beliefs before and after. fits: what
a fit returns. ascent: the fast fit. distributed: the same by many machines. processes: how these add up and fail
together. svi: the same by Pyro. nuts: draws to judge both by. programs: the models as Pyro programs. mml: fits by
marginal likelihood, 2PL, Rasch and 3PL. marginal: that likelihood, its slopes and curvature. information: item curves
and what items say about whom. item_fit: does each item behave as the model says? recipe: the paper's released code.
updating: a week's answers added to a posterior. surprise: the sign that a refit is due. new_items: what is believed
of items nobody has answered. scoring: one student's ability from fixed items.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    (
        "model",
        "simulation",
        "priors",
        "posterior",
        "fits",
        "ascent",
        "distributed",
        "processes",
        "svi",
        "nuts",
        "programs",
        "mml",
        "marginal",
        "information",
        "item_fit",
        "recipe",
        "updating",
        "surprise",
        "new_items",
        "scoring",
    ),
    {"Model": "model", "Normal": "priors", "Posterior": "posterior", "ability": "scoring"},
)
