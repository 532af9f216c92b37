"""Notebooks that need real answers, or PyTorch, are skipped without them, or fail where everything is required."""

import os
from importlib.util import find_spec

import pytest

from ktlib import datasets

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # kernels inherit it: sums in one order, as `make notebooks` has them

NEEDS_DATA = {
    "03_em.ipynb",
    "04_how_sure.ipynb",
    "05_tutor_logs.ipynb",
    "06_irt_or_bkt.ipynb",
    "07_two_parameter.ipynb",
    "11_factorization.ipynb",
    "12_hierarchical.ipynb",
}
NEEDS_TORCH = {"07_two_parameter.ipynb"}


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
