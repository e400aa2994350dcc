"""Deleting what is held of a person: their calls with everything counted from them, then the person.

Rows go first, in portions; then blobs that no row names, and at the end whatever an earlier run that was cut off left
behind. Run again it goes on. What stays is one row in the audit: that it was done, by whom, of how many calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.archive.audit import note_down
from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.holds import agent_is_held, held
from service.archive.persons import Subject
from service.archive.removal import remove_call, remove_orphans, sweep_orphans
from service.archive.tables import Coaching, LoginSession, Person, Token, new_id
from service.archive.tables_calls import Call
from service.archive.tables_reviews import CoachingSession, Goal

PORTION = 50


@dataclass(frozen=True)
class Gone:
    """What went, or would go."""

    calls: int
    person: bool


def delete_person(
    archive: Archive, blobs: Blobs, subject: Subject, *, by: str, now: float, dry_run: bool = False
) -> Gone:
    """Raises ArchiveError when a hold is on the person or on one of their calls: nothing is deleted then."""
    with archive.reading() as session:
        _require_free(session, subject)
        n = session.scalar(select(func.count()).select_from(Call).where(subject.calls())) or 0
    gone = Gone(n, subject.person is not None)
    if dry_run:
        return gone
    for call_ids in _portions(archive, subject):
        delete_calls(archive, blobs, call_ids)
    with archive.writing() as session:
        if subject.person is not None:
            _remove_person(session, subject.person.id)
        note_down(session, by, "person_deleted", person=subject.person.id if subject.person else "", calls=n)
    sweep_orphans(archive, blobs, now=now)
    scrub(archive)
    return gone


def _require_free(session: Session, subject: Subject) -> None:
    whole = subject.person is not None and agent_is_held(session, subject.person.id)
    n = session.scalar(select(func.count()).select_from(Call).where(subject.calls(), held())) or 0
    if whole or n:
        raise ArchiveError("keeping.held", n=n)


def _portions(archive: Archive, subject: Subject) -> Iterator[Sequence[str]]:
    while True:
        with archive.reading() as session:
            ids = session.scalars(select(Call.id).where(subject.calls()).limit(PORTION)).all()
        if not ids:
            return
        yield ids


def delete_calls(archive: Archive, blobs: Blobs, call_ids: Sequence[str]) -> None:
    """These calls are gone. Raises ArchiveError for one under a hold: none of them goes then."""
    places: list[str] = []
    with archive.writing() as session:
        for call in session.scalars(select(Call).where(Call.id.in_(call_ids))).all():
            places += remove_call(session, call)
    remove_orphans(archive, blobs, places)


def _remove_person(session: Session, person_id: str) -> None:
    """The row goes; where others' work points at it (what a coach said of a call), it stays without a name."""
    for model in (LoginSession, Token, Coaching):
        session.execute(delete(model).where(model.person_id == person_id))
    for own in (CoachingSession, Goal):
        session.execute(delete(own).where(own.agent_id == person_id))
    person = session.get(Person, person_id)
    if person is None:
        return
    try:
        with session.begin_nested():
            session.delete(person)
            session.flush()
    except DBAPIError:  # drivers name a broken reference differently
        session.execute(update(Person).where(Person.id == person_id).values(**_nobody()))


def _nobody() -> dict[str, object]:
    none = dict.fromkeys(("password_hash", "telephony_id", "team_id", "active_from"))
    return {**none, "login": f"deleted-{new_id()}", "name": "", "active_until": 0.0}


def scrub(archive: Archive) -> None:
    """What a database keeps of deleted rows in its free room: overwritten, where that is ours to do.

    SQLite overwrites freed pages itself (`secure_delete`); the index of words is merged, and the log of writes emptied.
    PostgreSQL gives the room up at its next vacuum.
    """
    if archive.is_postgresql:
        return
    with archive.writing() as session:
        session.execute(text("INSERT INTO words(words) VALUES ('optimize')"))
    with archive.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def calls_known_as(session: Session, name: str) -> Sequence[str]:
    """Calls by their id here or by their id in the telephone system: what a caller's request names."""
    return session.scalars(select(Call.id).where(or_(Call.id == name, Call.external_id == name))).all()
