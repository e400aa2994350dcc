"""Workers for a batch, from the beginning to the end of a block, each with one copy of every model and one thread per
library: in processes of their own on this machine, or on a Ray cluster (`crew_ray`). Truth is in the database: a worker
takes its next job there, and keeps its result there; one that dies is replaced, and its job is taken by another.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

from service.archive.engine import Archive
from service.archive.memory import EXIT_FULL
from service.settings import Settings, worker_environment

EngineName = Literal["local", "ray"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
WORKER = (sys.executable, "-P", "-c", "from service.cli.serve import worker_of_a_crew; worker_of_a_crew()")
MOST_DEATHS = 10
"""Of each worker, before any call has ended: each job is begun four times before it has failed."""


class Keeping(Protocol):
    """What a batch asks of its workers while it waits."""

    def keep_up(self, ended: int = 0) -> bool:
        """Replaces workers that died. False when too many did with no more than `ended` calls ended: something kills
        them all.
        """
        ...


@dataclass(frozen=True)
class Engine:
    """Where the work is done. `address`: of a Ray cluster; none: one of this machine's, which ends with the batch.
    `gpus`: how many the workers share; None: whatever there is. `apart`: the folder of an archive of its own, that no
    setting names.
    """

    name: EngineName = "local"
    workers: int = 1
    gpus: int | None = None
    address: str = ""
    apart: Path | None = None


def crew_of(engine: Engine, archive: Archive, settings: Settings) -> AbstractContextManager[Keeping]:
    """The workers of a batch. Raises ServiceError when it is entered: no Ray, no cluster, no room on it."""
    if engine.name == "ray":
        from service.archive.crew_ray import RayCrew

        return RayCrew(engine, archive, settings)
    return Crew(engine.workers, gpus=engine.gpus, apart=engine.apart)


class Deaths:
    """How many workers died since a call last ended."""

    def __init__(self, workers: int) -> None:
        self._most, self._n, self._ended = MOST_DEATHS * workers, 0, 0

    def one_more(self) -> None:
        """A worker died."""
        self._n += 1

    def bearable(self, ended: int) -> bool:
        """False: nothing gets done between the deaths."""
        if ended > self._ended:
            self._n, self._ended = 0, ended
        return self._n < self._most


class Crew:
    """`n` workers on this machine; they finish the job in hand, or give it back. Theirs is the end of a pipe: they end
    with this program, however that ends.
    """

    def __init__(
        self, n: int, *, gpus: int | None = None, command: Sequence[str] = WORKER, apart: Path | None = None
    ) -> None:
        self._n, self._gpus, self._command = n, gpus, command
        own = {"TIMBRE_DATA_DIR": str(apart), "TIMBRE_DATABASE": "", "TIMBRE_RECORDINGS": ""}
        self._own = own if apart else {}
        self._workers: list[subprocess.Popen[bytes]] = []
        self._deaths = Deaths(n)

    def __enter__(self) -> Crew:
        self._workers = [self._hired(number) for number in range(self._n)]
        return self

    def _hired(self, number: int) -> subprocess.Popen[bytes]:
        environment = {**worker_environment(number, self._gpus), **self._own}
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, env=environment)  # noqa: S603 - our own

    def keep_up(self, ended: int = 0) -> bool:
        """As `Keeping` says. One that held too much memory has said so on its call, and is no death."""
        for number, worker in enumerate(self._workers):
            status = worker.poll()
            if status is None:
                continue
            if status != EXIT_FULL:
                self._deaths.one_more()
            _let_go(worker)
            self._workers[number] = self._hired(number)
        return self._deaths.bearable(ended)

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait()
            _let_go(worker)


def _let_go(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None:
        with suppress(OSError):
            worker.stdin.close()
