"""ktlib: knowledge tracing and item response models, thin and tested.

`import ktlib` costs numpy alone; every other module loads when it is first touched. Three of them (`dkt`, `inference`,
`irt`) need PyTorch and are offered where it is installed: pip install 'ktlib[bayes]'.
"""

from importlib import import_module
from importlib.util import find_spec

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
_EXTRA = () if find_spec("torch") and find_spec("pyro") else ("dkt", "inference", "irt")  # what is not offered
__all__ = ["BKTParams", *_NAMES, *(room for room in _ROOMS if room not in _EXTRA)]


def __getattr__(name):
    if name in _ROOMS:
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(str(error)) from error
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    if name == "__version__":
        from importlib.metadata import version  # of what is installed: pyproject.toml is the only place that says it

        return version(__name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, "__version__"])
