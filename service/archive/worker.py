"""A worker: takes jobs, does them, keeps their results; any number of them on one database.

While it works a second thread renews the lease. Killed at any point it leaves a lease that runs out, and nothing else:
results are kept in the transaction that ends the job.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from types import TracebackType

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from audio.notes import Note
from service.archive import jobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.jobs import LeaseLost, Taken, fail, finish, give_back, release, renew, take
from service.archive.memory import EXIT_FULL, MIB, Watched, held_bytes
from service.archive.room import NO_ROOM, WAIT_S, is_full
from service.archive.scratch import remove_held, sweep
from service.archive.stages import Keep, Workshop, work
from service.archive.workers import is_gone, new_name
from service.calls import STEPS
from service.logs import place_of

log = logging.getLogger("timbre.worker")
PASSING = (OperationalError, InterfaceError, ArchiveError, OSError, MemoryError)
"""What another try may get past: the database, the disk, the memory."""
Do = Callable[[Workshop, Taken, Callable[[str, float], None]], Keep]


class GivenBack(Exception):
    """This program ends and can't wait: the job is begun anew by another."""


@dataclass(frozen=True)
class Ending:
    """How a worker is told to end: `stop` after the job in hand, `hurry` at the next step of it."""

    stop: threading.Event = field(default_factory=threading.Event)
    hurry: threading.Event = field(default_factory=threading.Event)

    def after(self, wait_s: float) -> None:
        """Stop, and hurry when the job in hand takes longer than `wait_s`."""
        self.stop.set()
        timer = threading.Timer(wait_s, self.hurry.set)
        timer.daemon = True
        timer.start()


def run(
    shop: Workshop,
    *,
    ending: Ending,
    name: str | None = None,
    idle_s: float = 1.0,
    do: Do = work,
    memory_mib: int = 0,
) -> bool:
    """Work until told to end; the job in hand is finished or given back. A database that is away is waited for.

    With `memory_mib` the worker is this whole process: over it in a job the process ends (`memory.EXIT_FULL`); over it
    between two jobs this comes back with True, and another worker should take its place.
    """
    name, stop, begun = name or new_name(), ending.stop, False
    sweep()
    while not stop.is_set():
        try:
            if not begun:
                release(shop.archive, is_gone)
                begun = True
            worked = work_once(shop, name, do=do, hurry=ending.hurry, memory_mib=memory_mib)
        except DBAPIError as exc:
            log.warning("no database", extra={"kind": type(exc).__name__})
            worked = False
        if worked and memory_mib and held_bytes() > memory_mib * MIB:
            return True
        if not worked:
            stop.wait(idle_s)
    return False


def work_once(
    shop: Workshop, worker: str, *, do: Do = work, hurry: threading.Event | None = None, memory_mib: int = 0
) -> bool:
    """One job, if there is one. False when there is none. Once `hurry` is set the job is given back."""
    job = take(shop.archive, worker)
    if job is None:
        return False
    begun = time.monotonic()
    try:
        with _bounded(shop.archive, job, memory_mib), Heartbeat(shop.archive, job, hurry) as heartbeat:
            keep = do(shop, job, heartbeat.note)
            with shop.archive.writing() as session:
                keep(session)
                finish(session, job)
        log.info("done", extra={"call": job.call_id, "stage": job.stage, "took_s": round(time.monotonic() - begun, 3)})
    except GivenBack:
        give_back(shop.archive, job)
        log.info("given back", extra={"call": job.call_id, "stage": job.stage})
    except LeaseLost:
        log.warning("lease lost", extra={"call": job.call_id, "stage": job.stage})
    except Exception as exc:  # whatever it is, the call has its reason and the worker goes on
        _failed(shop.archive, job, exc)
    return True


def _failed(archive: Archive, job: Taken, exc: Exception) -> None:
    if is_full(exc):
        _waits_for_room(archive, job, exc)
        return
    note = problem_of(exc)
    log.warning(
        "failed", extra={"call": job.call_id, "stage": job.stage, "code": note.code, "kind": type(exc).__name__}
    )
    try:
        fail(archive, job, note, again=isinstance(exc, PASSING) or note.code == "cli.our_bug")
    except LeaseLost:
        log.warning("lease lost", extra={"call": job.call_id, "stage": job.stage})


def _waits_for_room(archive: Archive, job: Taken, exc: Exception) -> None:
    """No attempt of the call's. Where the database has no room either, the lease runs out."""
    log.warning("no room", extra={"call": job.call_id, "stage": job.stage, "kind": type(exc).__name__})
    with suppress(LeaseLost):
        give_back(archive, job, wait_s=WAIT_S, problem=NO_ROOM)


def _bounded(archive: Archive, job: Taken, memory_mib: int) -> AbstractContextManager[None]:
    """While the job is done the process is ended when it holds more than that; no bound without a number."""
    if not memory_mib:
        return nullcontext()

    def over() -> None:
        log.warning("too much memory", extra={"call": job.call_id, "stage": job.stage})
        with suppress(LeaseLost, DBAPIError):
            fail(archive, job, Note("archive.too_much_memory", {"limit_mib": memory_mib}), again=True)
        remove_held()
        os._exit(EXIT_FULL)

    return Watched(memory_mib * MIB, over)


def problem_of(exc: Exception) -> Note:
    """The sentence of an error; of a bug of ours its place and never its text, which may quote the call."""
    note = getattr(exc, "note", None)
    if isinstance(note, Note):
        return note
    if isinstance(exc, MemoryError):
        return Note("archive.no_memory")
    return Note("cli.our_bug", {"kind": type(exc).__name__, "place": place_of(exc.__traceback__)})


class Heartbeat:
    """Renews a lease while its job is done. A lease that is lost is noticed when the result is to be kept."""

    def __init__(self, archive: Archive, job: Taken, hurry: threading.Event | None = None) -> None:
        self._hurry = hurry or threading.Event()
        self._archive, self._job, self._every_s = archive, job, jobs.RENEW_S
        self._progress = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def note(self, step: str, share: float) -> None:
        """How far the work is: what the next beat tells. Raises GivenBack when there is no time for more."""
        if self._hurry.is_set():
            raise GivenBack
        at = STEPS.index(step) if step in STEPS else 0
        self._progress = (at + min(max(share, 0.0), 1.0)) / len(STEPS)

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                renew(self._archive, self._job, progress=self._progress)
            except LeaseLost:
                return
            except (OperationalError, InterfaceError):  # a database that is away for a moment
                continue

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
