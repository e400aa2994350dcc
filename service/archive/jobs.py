"""Durable work: one row per call and stage, leased by a worker, resumed by any other.

Truth is in the database. A stage's result and the end of its job are one transaction, and that transaction holds only
while the lease is the worker's own: a worker that was thought lost and comes back can't leave a second result. A worker
renews its lease while it works; one that is gone for good is noticed when the lease runs out, and its job is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from audio.notes import Note
from service.archive.engine import Archive
from service.archive.events import tell
from service.archive.tables_calls import Call, Job
from service.archive.webhooks import webhooks_of

Stage = Literal["analyse", "copy", "score", "announce"]
STAGES: tuple[Stage, ...] = get_args(Stage)
UPLOAD, ARCHIVE = 10, 100
"""Priorities: what a person waits for goes before the nightly archive. Each stage of a call goes a little before the
one before it: calls that were begun are done first, so that a night that ends early leaves whole calls.
"""

LEASE_S = 45.0
RENEW_S = 10.0
BACK_OFF_S = (5.0, 30.0, 120.0)
ANNOUNCE_BACK_OFF_S = (*BACK_OFF_S, 600.0, 3600.0, 4 * 3600.0, 12 * 3600.0)
"""The call is done by then, and a receiver may be down for a night."""
MOST_LOOKED_AT = 1000
MAX_ATTEMPTS = len(BACK_OFF_S) + 1


def back_off(stage: str) -> tuple[float, ...]:
    """How long each failed attempt of a stage waits for the next, in seconds; after the last there is none."""
    return ANNOUNCE_BACK_OFF_S if stage == "announce" else BACK_OFF_S


class LeaseLost(Exception):
    """Another worker has the job by now: what was done here is dropped."""


@dataclass(frozen=True)
class Taken:
    """A job in the hands of `worker`. Ids only: the call's facts are read from the database."""

    id: int
    call_id: str
    stage: Stage
    worker: str
    attempt: int
    priority: int


def enqueue(session: Session, call_id: str, *, stage: Stage = STAGES[0], priority: int = UPLOAD) -> None:
    """Work on a call from `stage` on; what was there of that and of later stages is replaced."""
    later = STAGES[STAGES.index(stage) :]
    session.execute(delete(Job).where(Job.call_id == call_id, Job.stage.in_(later)))
    session.add(Job(call_id=call_id, stage=stage, priority=priority))


def take(archive: Archive, worker: str, *, now: float | None = None) -> Taken | None:
    """The next job that may be done now, leased to `worker`; None when there is none.

    A job whose lease ran out counts as one more attempt that came to nothing; after the last it has failed.
    """
    now = time.time() if now is None else now
    with archive.writing() as session:
        job = session.scalars(_next(now).with_for_update(skip_locked=True)).first()
        if job is None:
            return None
        if job.attempts > len(back_off(job.stage)):
            _give_up(session, job, Note("archive.worker_died", {"n": job.attempts}))
            return None
        job.attempts += 1
        job.state, job.leased_by, job.leased_until, job.progress = "running", worker, now + LEASE_S, 0.0
        job.problem = None
        _told(session, job, "waiting", "running")
        tell(session, job.call_id, "stage", stage=job.stage)
        return Taken(job.id, job.call_id, cast(Stage, job.stage), worker, job.attempts, job.priority)


def _next(now: float) -> Select[Job]:
    ready = (Job.state == "ready") & (Job.not_before <= now)
    lost = (Job.state == "running") & (Job.leased_until < now)
    return select(Job).where(or_(ready, lost)).order_by(Job.priority, Job.id).limit(1)


def renew(archive: Archive, job: Taken, *, progress: float | None = None, now: float | None = None) -> None:
    """Keep the lease. Raises LeaseLost."""
    now = time.time() if now is None else now
    values: dict[str, object] = {"leased_until": now + LEASE_S}
    if progress is not None:
        values["progress"] = progress
    with archive.writing() as session:
        _mine(session, job, values)


def finish(session: Session, job: Taken) -> None:
    """The job is done, in the transaction that keeps its result; the next stage is ready. Raises LeaseLost."""
    _mine(session, job, {"state": "done", "progress": 1.0, "leased_by": None, "leased_until": None})
    later = STAGES[STAGES.index(job.stage) + 1 :]
    if later:
        enqueue(session, job.call_id, stage=later[0], priority=job.priority - 1)


def fail(archive: Archive, job: Taken, problem: Note, *, again: bool, now: float | None = None) -> None:
    """The job came to nothing: tried again later when that can help, else the call has failed with its reason."""
    now = time.time() if now is None else now
    with archive.writing() as session:
        if again and job.attempt <= len(back_off(job.stage)):
            wait_s = back_off(job.stage)[job.attempt - 1]
            _mine(session, job, {"state": "ready", "not_before": now + wait_s, "leased_by": None, "leased_until": None})
            _told(session, job, "running", "waiting")
            tell(session, job.call_id, "retry", stage=job.stage, in_s=wait_s)
            return
        _mine(session, job, {"leased_until": now})
        _give_up(session, session.get_one(Job, job.id), problem)


def release(archive: Archive, is_gone: Callable[[str], bool]) -> None:
    """Jobs of workers that are known to be gone: whoever asks next takes them, without waiting for their leases."""
    held = select(Job.leased_by).where(Job.state == "running", Job.leased_by.is_not(None)).distinct()
    with archive.reading() as session:
        gone = [name for name in session.scalars(held) if name is not None and is_gone(name)]
    for name in gone:
        with archive.writing() as session:
            session.execute(update(Job).where(Job.state == "running", Job.leased_by == name).values(leased_until=0.0))


def give_back(
    archive: Archive, job: Taken, *, wait_s: float = 0.0, problem: Note | None = None, now: float | None = None
) -> None:
    """The job waits for another worker, as if it had not been begun. `problem`: what it waits for. Raises LeaseLost."""
    now = time.time() if now is None else now
    free = {"leased_by": None, "leased_until": None, "attempts": job.attempt - 1}
    said = {"code": problem.code, "params": dict(problem.params)} if problem else None
    with archive.writing() as session:
        _mine(session, job, {"state": "ready", "not_before": now + wait_s, "problem": said, **free})
        _told(session, job, "running", "waiting")
        tell(session, job.call_id, "retry", stage=job.stage, in_s=wait_s)


def waits_for(session: Session, problem: Note, *, since: float) -> bool:
    """Whether a job that was to be tried again after that moment waits for that to be over."""
    waiting = select(Job.problem).where(Job.state == "ready", Job.not_before >= since).limit(MOST_LOOKED_AT)
    return any(said is not None and said["code"] == problem.code for said in session.scalars(waiting))


def _told(session: Session, job: Job | Taken, before: str, after: str) -> None:
    """What lists say of the call. One that is done stays so while it is scored again; telling of it is no work."""
    if job.stage != "announce":
        session.execute(update(Call).where(Call.id == job.call_id, Call.state == before).values(state=after))


def _give_up(session: Session, job: Job, problem: Note) -> None:
    said = {"code": problem.code, "params": dict(problem.params)}
    job.state, job.leased_by, job.leased_until, job.problem = "failed", None, None, said
    if job.stage == "announce":  # the call is what it was
        tell(session, job.call_id, "webhook_failed", code=problem.code)
        return
    session.execute(update(Call).where(Call.id == job.call_id).values(state="failed", problem=said))
    tell(session, job.call_id, "failed", code=problem.code)
    if session.scalar(select(webhooks_of(job.call_id).exists())):
        enqueue(session, job.call_id, stage="announce", priority=job.priority)


def _mine(session: Session, job: Taken, values: dict[str, object]) -> None:
    held = (Job.id == job.id) & (Job.state == "running") & (Job.leased_by == job.worker)
    done = cast(CursorResult[tuple[()]], session.execute(update(Job).where(held).values(**values)))
    if done.rowcount != 1:
        raise LeaseLost


def open_jobs(session: Session) -> int:
    """How many jobs wait or run."""
    return session.scalar(select(func.count()).select_from(Job).where(Job.state.in_(("ready", "running")))) or 0
