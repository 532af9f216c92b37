"""Every loop over replicates, splits or skills, by name; and what their full runs stored."""

from pathlib import Path

from .._checks import one_of

STORED = Path(__file__).resolve().parent / "stored"


def stored(name: str) -> Path:
    """Where a result that comes with ktlib lies, such as "results/exams.json" or "peers/dense_truth.csv.gz".

    results: what the studies in `benchmarks` wrote, with seeds and versions. peers: what other programs printed.
    Raises ValueError for a name that is not there.
    """
    names = sorted(path.relative_to(STORED).as_posix() for path in STORED.rglob("*.*"))
    return STORED / one_of(name, names, "name")
