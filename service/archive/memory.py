"""What a worker may hold of memory, its decoder included; over it the job in hand fails, and the worker ends.

A native library that is let grow takes the machine with it, or another's worker. The job is tried again by a fresh
worker, later; a call that needs more each time has failed, with this as its reason, and stops nobody.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

MIB = 2**20
LOOK_S, TIMES = 0.25, 2
EXIT_FULL = 75
"""How a worker ends that held too much: not a death of unknown cause."""


def held_bytes() -> int:
    """Resident memory of this process and what it started; its peak where the system tells no more."""
    own = _resident(os.getpid())
    if own == 0:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return own + sum(_resident(child) for child in _children())


def _resident(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    return 0


def _children() -> Iterator[int]:
    """Of every thread: a decoder belongs to the one that started it."""
    for told in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        with suppress(OSError):
            yield from (int(pid) for pid in told.read_text(encoding="ascii").split())


class Watched:
    """Looks while the block runs; calls `over` once, in a thread of its own, when more than `limit_bytes` is held."""

    def __init__(self, limit_bytes: int, over: Callable[[], None]) -> None:
        self._limit_bytes, self._over = limit_bytes, over
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        """Twice in a row: while a process is being started its parent's memory is seen twice."""
        seen = 0
        while seen < TIMES and not self._end.wait(LOOK_S):
            seen = seen + 1 if held_bytes() > self._limit_bytes else 0
        if seen == TIMES:
            self._over()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
