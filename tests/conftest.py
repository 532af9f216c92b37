"""Hypothesis draws the same examples in every run, and no example fails for being slow."""

from hypothesis import settings

settings.register_profile("ktlib", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("ktlib")
