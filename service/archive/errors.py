"""Errors of the archive: one sentence each, without names or words of anybody."""

from __future__ import annotations

from service.errors import ServiceError


class ArchiveError(ServiceError):
    """Something asked of the archive that can't be done; the note says what and the way out."""


class NotAllowed(ArchiveError):
    """The person may not do this. What they may not see is reported as not there, not as refused."""


class NotThere(ArchiveError):
    """There is no such thing, or it is not for this person: nobody can tell which."""
