"""How notebooks are held to their stored outputs: by meaning, or byte for byte where KTLIB_EXACT is set.

Those that need real answers, or PyTorch, are skipped without them, or fail where everything is required.
"""

import os
from importlib.util import find_spec

import meaning
import nbval.plugin
import pytest

from ktlib.data import datasets

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # kernels inherit it: sums in one order, as `make notebooks` has them


_byte_for_byte = nbval.plugin.IPyNbCell.compare_outputs


def by_meaning(cell, test, ref, skip_compare=None) -> bool:
    """Outputs may differ by rounding, as `tools/meaning.py` says; nbval judges and reports the rest."""
    return _byte_for_byte(cell, meaning.settled(test, ref), ref, skip_compare)


if not os.environ.get("KTLIB_EXACT"):
    nbval.plugin.IPyNbCell.compare_outputs = by_meaning

NEEDS_DATA = {
    "03_em.ipynb",
    "05_one_class.ipynb",
    "06_tutor_logs.ipynb",
    "07_irt_or_bkt.ipynb",
    "08_two_parameter.ipynb",
    "12_factorization.ipynb",
    "13_hierarchical.ipynb",
    "14_smart_homework.ipynb",
    "16_trial.ipynb",
    "17_gaps.ipynb",
    "18_your_own_log.ipynb",
    "19_beyond.ipynb",
}
NEEDS_TORCH = {"08_two_parameter.ipynb"}


def pytest_collection_modifyitems(items):
    if os.environ.get("KTLIB_REQUIRE_ALL"):
        return
    reasons = {} if find_spec("pyro") else dict.fromkeys(NEEDS_TORCH, "needs PyTorch and Pyro: make test TORCH=torch")
    if any(item.path.name in NEEDS_DATA for item in items):
        try:
            for name in datasets.FILES:
                datasets.path_to(name)
        except datasets.DataError as error:
            reasons |= dict.fromkeys(NEEDS_DATA, str(error))
    for item in items:
        if item.path.name in reasons:
            item.add_marker(pytest.mark.skip(reason=reasons[item.path.name]))
