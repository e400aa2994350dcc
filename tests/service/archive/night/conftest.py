"""Where Ray keeps its things for a test."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def ray_tmp():
    """Short: sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="tr", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
