"""Taking calls out: the rows first, in one transaction; then blobs that no row names any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import Session

from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.tables_calls import Call, RecordingFile


def remove_call(session: Session, call: Call) -> list[str]:
    """The call's rows are gone; where its recordings lie. Raises ArchiveError under legal hold."""
    if call.legal_hold:
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
