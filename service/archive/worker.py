"""A worker: takes jobs, does them, keeps their results; any number of them on one database.

While it works a second thread renews the lease. Killed at any point it leaves a lease that runs out, and nothing else:
results are kept in the transaction that ends the job.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import OperationalError

from audio.notes import Note
from service.archive import jobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.jobs import LeaseLost, Taken, fail, finish, renew, take
from service.archive.stages import Keep, Workshop, work
from service.calls import STEPS

log = logging.getLogger("timbre.worker")
PASSING = (OperationalError, ArchiveError, OSError, MemoryError)
"""What another try may get past: the database, the disk, the memory."""
Do = Callable[[Workshop, Taken, Callable[[str, float], None]], Keep]


def new_name() -> str:
    """A worker's name: machine, process, and what makes it one of its kind."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def run(shop: Workshop, *, stop: threading.Event, idle_s: float = 1.0, do: Do = work) -> None:
    """Work until `stop` is set; the job in hand is finished first."""
    name = new_name()
    while not stop.is_set():
        if not work_once(shop, name, do=do):
            stop.wait(idle_s)


def work_once(shop: Workshop, worker: str, *, do: Do = work) -> bool:
    """One job, if there is one. False when there is none."""
    job = take(shop.archive, worker)
    if job is None:
        return False
    begun = time.monotonic()
    try:
        with Heartbeat(shop.archive, job) as heartbeat:
            keep = do(shop, job, heartbeat.note)
            with shop.archive.writing() as session:
                keep(session)
                finish(session, job)
        log.info("done", extra={"call": job.call_id, "stage": job.stage, "took_s": round(time.monotonic() - begun, 3)})
    except LeaseLost:
        log.warning("lease lost", extra={"call": job.call_id, "stage": job.stage})
    except Exception as exc:  # whatever it is, the call has its reason and the worker goes on
        _failed(shop.archive, job, exc)
    return True


def _failed(archive: Archive, job: Taken, exc: Exception) -> None:
    note = problem_of(exc)
    log.warning(
        "failed", extra={"call": job.call_id, "stage": job.stage, "code": note.code, "kind": type(exc).__name__}
    )
    try:
        fail(archive, job, note, again=isinstance(exc, PASSING) or note.code == "cli.our_bug")
    except LeaseLost:
        log.warning("lease lost", extra={"call": job.call_id, "stage": job.stage})


def problem_of(exc: Exception) -> Note:
    """The sentence of an error; of a bug of ours its place and never its text, which may quote the call."""
    note = getattr(exc, "note", None)
    if isinstance(note, Note):
        return note
    last = exc.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno}" if last else "?"
    return Note("cli.our_bug", {"kind": type(exc).__name__, "place": place})


class Heartbeat:
    """Renews a lease while its job is done. A lease that is lost is noticed when the result is to be kept."""

    def __init__(self, archive: Archive, job: Taken) -> None:
        self._archive, self._job, self._every_s = archive, job, jobs.RENEW_S
        self._progress = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def note(self, step: str, share: float) -> None:
        """How far the work is: what the next beat tells."""
        at = STEPS.index(step) if step in STEPS else 0
        self._progress = (at + min(max(share, 0.0), 1.0)) / len(STEPS)

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                renew(self._archive, self._job, progress=self._progress)
            except LeaseLost:
                return
            except OperationalError:  # a database that is away for a moment
                continue

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
