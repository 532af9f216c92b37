"""Fits of several models to the same answers, side by side: log likelihood, and what a number more costs.

A model with more numbers always fits the answers it was fitted to at least as well. AIC (Akaike 1974) charges two for
each number, and estimates how well new students like these would be described; BIC (Schwarz 1978) charges the logarithm
of the number of students, and finds the true model if it is among those compared and there are many. Both are guides
where no students can be held out; where they can, `validation.cross_validate` asks the question itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as shown

from .._checks import mapping

_NEEDED = ("log_likelihood", "parameters", "aic", "bic", "students", "data", "converged")


def compare(fits: Mapping):
    """A DataFrame with a row a fit, the lowest AIC first: log likelihood, parameters, aic, bic, converged.

    fits: name -> fit by likelihood, such as what `mml.fit`, `em.fit` and `variants.fit` returned. above_aic, above_bic:
    by how much a fit lies above the lowest. Raises ValueError for anything else, for fewer than two, for fits with a
    learned prior, and for fits to other answers, or to the same in another order, whose likelihoods say nothing of each
    other.
    """
    import pandas as pd

    fits = mapping(fits, "fits", '{"2PL": mml.fit(answers), "Rasch": mml.fit(answers, "rasch")}')
    if len(fits) < 2:
        raise ValueError(f"fits = {shown(fits)}: give at least two to compare")
    for name, fit in fits.items():
        if isinstance(fit, type) or not all(hasattr(fit, part) for part in _NEEDED):
            raise ValueError(
                f"fits[{name!r}] = {shown(fit)}: give a fit by likelihood, of mml.fit, em.fit or variants.fit"
            )
    (first, one), *others = fits.items()
    for name, fit in others:
        if type(fit.students) is not type(one.students) or (fit.students, fit.data) != (one.students, one.data):
            raise ValueError(
                f"{first!r} and {name!r} were fitted to other answers, or to the same in another order: fit both to "
                "the same Responses or Sequences"
            )
    rows = [(fit.log_likelihood, fit.parameters, fit.aic, fit.bic, fit.converged) for fit in fits.values()]
    table = pd.DataFrame(
        rows,
        columns=["log_likelihood", "parameters", "aic", "bic", "converged"],
        index=pd.Index(list(fits), name="fit", tupleize_cols=False),
    )
    for name in ("aic", "bic"):
        table[f"above_{name}"] = table[name] - table[name].min()
    return table.sort_values("aic", kind="stable")
