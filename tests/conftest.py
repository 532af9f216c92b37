"""Hypothesis draws the same examples in every run, and no example fails for being slow."""

import os
from importlib.util import find_spec

import pytest
from hypothesis import settings

from ktlib.data import datasets

settings.register_profile("ktlib", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("ktlib")

# the files that take longest begin, then the notebooks: so processes that share the work end at about the same time
LONG = ("test_reader.py", "test_svi.py", "test_memory.py", "test_distributed.py")
NEEDS_TORCH = {"test_programs.py", "test_svi.py", "test_dkt.py"}


class WithoutTorch(pytest.Module):
    """A file of tests that is skipped, with the reason in the closing lines."""

    def collect(self):
        pytest.skip("needs PyTorch and Pyro: make test TORCH=torch", allow_module_level=True)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (item.path.name not in LONG, item.path.suffix != ".ipynb"))


def pytest_pycollect_makemodule(module_path, parent):
    if module_path.name in NEEDS_TORCH and not (find_spec("pyro") or os.environ.get("KTLIB_REQUIRE_ALL")):
        return WithoutTorch.from_parent(parent, path=module_path)


@pytest.fixture
def needs():
    """Asked for a data file by name: its path, or a skip with the reason (a failure where everything is required)."""

    def path_to(name: str):
        try:
            return datasets.path_to(name)
        except datasets.DataError as error:
            if os.environ.get("KTLIB_REQUIRE_ALL"):
                raise
            pytest.skip(str(error))

    return path_to
