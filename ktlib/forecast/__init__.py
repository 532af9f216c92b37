"""How good forecasts are, and who else makes them.

scores: AUC, log loss and others, with intervals. recovery: estimates against a known truth. baselines: means, Rasch,
PFA, best logistic. dkt: a recurrent network. validation: any models, cross-validated over students in one call.
criteria: likelihood fits side by side by AIC and BIC, the same answers only.
"""

from .._doors import lazily

__getattr__, __dir__, __all__ = lazily(__name__, ("scores", "recovery", "baselines", "dkt", "validation", "criteria"))
