"""Hypothesis draws the same examples in every run, and no example fails for being slow."""

import os
from importlib.util import find_spec

from hypothesis import settings

settings.register_profile("ktlib", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("ktlib")

if not (find_spec("pyro") or os.environ.get("KTLIB_REQUIRE_ALL")):
    collect_ignore = ["test_irt.py", "test_inference.py", "test_dkt.py"]  # `make test TORCH=` leaves PyTorch out
