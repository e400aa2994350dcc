"""Taking calls out: the rows first, in one transaction; then blobs that no row names any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import Session

from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.holds import is_held
from service.archive.tables_calls import Call, RecordingFile


def remove_call(session: Session, call: Call) -> list[str]:
    """The call's rows are gone; where its recordings lie. Raises ArchiveError under legal hold."""
    if is_held(session, call.id):
        raise ArchiveError("archive.legal_hold")
    places = list(session.scalars(select(RecordingFile.place).where(RecordingFile.call_id == call.id)))
    session.execute(text("DELETE FROM words WHERE call_id = :call"), {"call": call.id})
    session.execute(delete(Call).where(Call.id == call.id))
    return places


def remove_orphans(archive: Archive, blobs: Blobs, places: Iterable[str]) -> None:
    """Blobs no row names. Asked inside a write, so that no upload of the same content comes between."""
    for place in places:
        with archive.writing() as session:
            if not session.scalar(select(exists().where(RecordingFile.place == place))):
                blobs.remove(place)


SETTLED_S = 3600.0
"""A blob younger than this may belong to a call that is just being received."""


def sweep_orphans(archive: Archive, blobs: Blobs, *, now: float) -> int:
    """Blobs that no row names: a removal that was cut off after its rows leaves them. How many went."""
    gone = 0
    for place in blobs.settled(now - SETTLED_S):
        with archive.reading() as session:
            named = session.scalar(select(exists().where(RecordingFile.place == place)))
        if not named:
            remove_orphans(archive, blobs, [place])
            gone += 1
    return gone
