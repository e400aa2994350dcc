"""Workers in processes of their own, for a batch: `timbre worker`, as many as asked for, each with one copy of every
model and one thread per library. One that dies is replaced; its job is taken by another when its lease runs out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from service.settings import one_thread_environment

WORKER = (sys.executable, "-P", "-c", "from service.cli import main; main()", "worker")
MOST_DEATHS = 20


class Crew:
    """`n` workers from the beginning to the end of the block; they finish the job in hand."""

    def __init__(self, n: int, *, command: Sequence[str] = WORKER) -> None:
        self._n, self._command = n, command
        self._workers: list[subprocess.Popen[bytes]] = []
        self._deaths = 0

    def __enter__(self) -> Crew:
        self._workers = [self._hired() for _ in range(self._n)]
        return self

    def _hired(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, env=one_thread_environment())  # noqa: S603 - our own

    def keep_up(self) -> bool:
        """Replaces workers that died. False when too many did: something kills them all."""
        for i, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self._deaths += 1
                self._workers[i] = self._hired()
        return self._deaths < MOST_DEATHS

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait()
