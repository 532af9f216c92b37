"""Hypothesis draws the same examples in every run, and no example fails for being slow."""

import os
from importlib.util import find_spec

import pytest
from hypothesis import settings

from ktlib import datasets

settings.register_profile("ktlib", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("ktlib")

if not (find_spec("pyro") or os.environ.get("KTLIB_REQUIRE_ALL")):
    collect_ignore = ["test_irt.py", "test_inference.py", "test_dkt.py"]  # `make test TORCH=` leaves PyTorch out


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
