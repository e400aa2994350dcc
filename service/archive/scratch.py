"""Folders of the calls that are worked on: gone when the work is over, and swept when a program was killed in it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

PREFIX, LOCK = "timbre-call-", ".held"
_held: set[Path] = set()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own, locked as long as this program lives."""
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _held.add(folder)
            try:
                yield folder
            finally:
                _held.discard(folder)


def remove_held() -> None:
    """For a program that ends at once: what it holds is gone first."""
    for folder in list(_held):
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Removes what killed programs left: folders of ours whose lock nobody holds."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
