"""Folders of calls: gone after the work, gone when a killed worker left them, and never those of others."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from service.archive import scratch
from tests.calls import REPOSITORY

HOLDS = """
import os, signal
from service.archive.scratch import scratch
with scratch() as folder:
    (folder / "recording").write_text("somebody's call")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_temp(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_is_gone_with_its_work():
    with pytest.raises(KeyError), scratch.scratch() as folder:
        (folder / "x").write_text("x")
        raise KeyError
    assert not folder.exists()


def test_what_a_killed_program_left_is_swept_and_nothing_else(tmp_path):
    killed = subprocess.run([sys.executable, "-c", HOLDS], cwd=REPOSITORY, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert killed.returncode == -9
    (left,) = tmp_path.glob("timbre-call-*")
    (tmp_path / "timbre-call-by-somebody").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / scratch.LOCK).touch()
    (tmp_path / "timbre-call-link").symlink_to(tmp_path / "elsewhere")
    with scratch.scratch() as at_work:
        scratch.sweep()
        assert at_work.exists() and not left.exists()
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"timbre-call-by-somebody", "elsewhere", "timbre-call-link"}


def test_a_program_that_ends_at_once_takes_its_folders_along():
    with scratch.scratch() as folder:
        scratch.remove_held()
        assert not folder.exists()
