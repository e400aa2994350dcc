"""When a night's work is due, and who does it: once, however many processes of the service run.

A row per night stands in the database, leased like a job: a process that is killed in its middle leaves a lease that
runs out, and the next one goes on with the tasks that have not ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.archive.engine import Archive
from service.archive.tables_nights import NightRun

LEASE_S = 90.0
FIRST_S = 3600.0
"""A service that never lived a night makes up for none that was due longer ago than this: it waits for its first."""


@dataclass(frozen=True)
class Due:
    """A night by the day its work is due on, and when that is (Unix seconds)."""

    day: str
    at: float


def due(at: time, zone: tzinfo, now: float) -> Due:
    """The latest night that was due by `now`: one that was missed while nothing ran is made up for until the next."""
    today = datetime.fromtimestamp(now, zone).date()
    tonight = _on(today, at, zone)
    return tonight if tonight.at <= now else _on(today - timedelta(days=1), at, zone)


def _on(day: date, at: time, zone: tzinfo) -> Due:
    return Due(day.isoformat(), datetime.combine(day, at, zone).timestamp())


def claim(archive: Archive, night: Due, worker: str, now: float) -> Mapping[str, Any] | None:
    """What its ended tasks came to so far, when the night is `worker`'s to do; None when it is done or another's."""
    try:
        with archive.writing() as session:
            row = session.get(NightRun, night.day, with_for_update=True)
            if row is None:
                return _begun(session, night, worker, now)
            if row.ended_at is not None or row.leased_until > now:
                return None
            row.leased_by, row.leased_until = worker, now + LEASE_S
            return dict(row.told)
    except IntegrityError:  # another process began it in the same moment
        return None


def _begun(session: Session, night: Due, worker: str, now: float) -> Mapping[str, Any] | None:
    first = session.scalar(select(NightRun.day).limit(1)) is None
    missed = first and now - night.at > FIRST_S
    row = NightRun(day=night.day, begun_at=now, ended_at=now if missed else None)
    if not missed:
        row.leased_by, row.leased_until = worker, now + LEASE_S
    session.add(row)
    session.flush()
    return None if missed else {}


def renew(archive: Archive, night: Due, worker: str, now: float) -> bool:
    """Keep the lease. False when another process has taken the night."""
    return _mine(archive, night, worker, leased_until=now + LEASE_S)


def keep_told(archive: Archive, night: Due, worker: str, told: Mapping[str, Any]) -> bool:
    """What the tasks that ended came to: a night that is taken up again does not repeat them."""
    return _mine(archive, night, worker, told=dict(told))


def end(archive: Archive, night: Due, worker: str, now: float) -> bool:
    """The night is done."""
    return _mine(archive, night, worker, ended_at=now, leased_by=None, leased_until=0.0)


def let_go(archive: Archive, night: Due, worker: str) -> bool:
    """The process ends: another one need not wait for the lease."""
    return _mine(archive, night, worker, leased_by=None, leased_until=0.0)


def _mine(archive: Archive, night: Due, worker: str, **values: object) -> bool:
    held = (NightRun.day == night.day) & (NightRun.leased_by == worker) & NightRun.ended_at.is_(None)
    with archive.writing() as session:
        done = cast(CursorResult[tuple[()]], session.execute(update(NightRun).where(held).values(**values)))
    return done.rowcount == 1
