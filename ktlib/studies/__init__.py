"""Every loop over replicates, splits or skills, by name; and what their full runs stored."""

from pathlib import Path
from pkgutil import iter_modules

from .._checks import one_of
from .._doors import lazily

STORED = Path(__file__).resolve().parent / "stored"


def stored(name: str) -> Path:
    """Where a result that comes with ktlib lies, such as "results/exams.json" or "peers/dense_truth.csv.gz".

    results: what the studies in `benchmarks` wrote, with seeds and versions. peers: what other programs printed.
    Raises ValueError for a name that is not there.
    """
    names = sorted(path.relative_to(STORED).as_posix() for path in STORED.rglob("*.*"))
    return STORED / one_of(name, names, "name")


__getattr__, __dir__, __all__ = lazily(__name__, tuple(sorted(module.name for module in iter_modules(__path__))))
__all__ = ["stored", *__all__]
