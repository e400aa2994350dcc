"""The version of the program, as documents name it; the package's metadata is read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version


@lru_cache
def timbre_version() -> str:
    """`0.1.0`."""
    return version("timbre")
