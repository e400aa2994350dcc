"""A disk that is full: no call's fault. What it stopped waits for room, as long as that takes."""

from __future__ import annotations

import errno
from typing import Any

from sqlalchemy.exc import DBAPIError

from audio.notes import Note
from service.archive.errors import ArchiveError

WAIT_S = 15.0
NO_ROOM = Note("batch.no_room")
_CODES = ("archive.no_room", "sound.cannot_keep")
_SQLITE_FULL, _POSTGRESQL_FULL = (13, 4874), "53100"
"""SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: no room for the index that the first connection makes beside the file."""


def is_full(exc: Exception) -> bool:
    """The disk of the recordings, of the database or of the folder for scratch had no room."""
    if isinstance(exc, DBAPIError):
        return _database_full(exc.orig)
    note = getattr(exc, "note", None)
    if isinstance(note, Note) and note.code in _CODES:
        return True
    return isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT)


def _database_full(orig: Any) -> bool:
    if getattr(orig, "sqlite_errorcode", None) in _SQLITE_FULL:
        return True
    told = orig.args[0] if getattr(orig, "args", None) else None
    return isinstance(told, dict) and told.get("C") == _POSTGRESQL_FULL


def room_needed() -> ArchiveError:
    """For a program that can't go on without room."""
    return ArchiveError(NO_ROOM.code)
