"""ktlib: knowledge tracing and item response models, thin and tested.

`import ktlib` costs numpy alone; every other module loads when it is first touched.
"""

from importlib import import_module

from .bkt import BKTParams

_ROOMS = (
    "ascent",
    "baselines",
    "bkt",
    "datasets",
    "designs",
    "dkt",
    "em",
    "exams",
    "explorers",
    "figures",
    "inference",
    "information",
    "irt",
    "likelihood",
    "metrics",
    "mml",
    "models",
    "posterior",
    "prediction",
    "profiles",
    "quotes",
    "recommend",
    "responses",
    "sensitivity",
    "sequences",
    "skills",
    "uncertainty",
)
_NAMES = {"BKTFit": "em", "Sequences": "sequences", "Responses": "responses", "DataError": "datasets"}
__all__ = ["BKTParams", *_NAMES, *_ROOMS]


def __getattr__(name):
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
