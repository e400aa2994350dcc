"""A batch: every call of its sources is received into the archive, worked on, and has one outcome.

Receiving is cheap and comes first, so that the whole night's work is known and durable before any of it is done; the
work is the same jobs that uploads make, after them. A batch that is stopped and started again goes on: what was
received is known by its content, what was done is done. One bad file stops nothing; a file that still grows waits.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Literal, cast

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from audio.decode_sniff import HEAD_BYTES, choose_demuxer
from audio.errors import AudioError
from audio.notes import Note
from service.archive.blobs import Blob, Blobs
from service.archive.calls import NewCall, add_call
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.jobs import ARCHIVE
from service.archive.people import agent_known_as
from service.archive.room import is_full, room_needed
from service.archive.sources import Entry, Refused
from service.archive.tables_calls import Call, SeenFile
from service.errors import ServiceError
from service.metadata import unbroken

State = Literal["received", "known", "skipped", "growing", "refused"]
SETTLED_S = 30.0
"""A file that changed this recently may still be written."""


@dataclass(frozen=True)
class Outcome:
    """What became of one entry when it was received; what became of its call later is told by the call."""

    name: str
    state: State
    call_id: str | None = None
    problem: Note | None = None


def receive(
    archive: Archive,
    blobs: Blobs,
    campaign_id: str,
    found: Iterable[Entry | Refused],
    *,
    max_bytes: int,
    now: float | None = None,
) -> Iterator[Outcome]:
    """One outcome per entry, as it is received. Raises ArchiveError when the disk of the archive is full."""
    try:
        yield from _each_received(archive, blobs, campaign_id, found, max_bytes=max_bytes, now=now)
    except DBAPIError as exc:
        if not is_full(exc):
            raise
        raise room_needed() from exc


def _each_received(
    archive: Archive,
    blobs: Blobs,
    campaign_id: str,
    found: Iterable[Entry | Refused],
    *,
    max_bytes: int,
    now: float | None,
) -> Iterator[Outcome]:
    for entry in found:
        if isinstance(entry, Refused):
            yield Outcome(entry.name, "refused", problem=entry.error.note)
            continue
        try:
            yield _received(archive, blobs, campaign_id, entry, max_bytes=max_bytes, now=now)
        except (ServiceError, AudioError) as exc:
            if isinstance(exc, ArchiveError) and exc.note.code in ("archive.no_room", "archive.no_campaign"):
                raise  # every other file would meet the same
            yield Outcome(entry.name, "refused", problem=exc.note)


def _received(
    archive: Archive, blobs: Blobs, campaign_id: str, entry: Entry, *, max_bytes: int, now: float | None
) -> Outcome:
    key, changed_s = _seen_as(entry, campaign_id)
    if changed_s > (time.time() if now is None else now) - SETTLED_S:
        return Outcome(entry.name, "growing", problem=Note("batch.growing"))
    with archive.reading() as session:
        seen = session.get(SeenFile, key)
    if seen is not None:
        return Outcome(entry.name, "skipped" if entry.do_not_analyse else "known", seen.call_id)
    stored = [(kind, _stored(blobs, entry, kind, max_bytes)) for kind in entry.files]
    with archive.writing() as session:
        agent = agent_known_as(session, _kept(entry.agent))
        new = NewCall(
            campaign_id=campaign_id,
            name=_kept(entry.name),
            started_at=entry.started_at if entry.started_at is not None else float(int(time.time())),
            start_known=entry.started_at is not None,
            agent_id=agent.id if agent else None,
            agent_name=agent.name if agent else _kept(entry.agent),
            team_id=agent.team_id if agent else None,
            external_id=_kept(entry.external_id),
            direction=entry.direction,
            language=entry.language,
            agent_channel=entry.agent_channel,
            leg_offset_s=entry.leg_offset_s,
            do_not_analyse=entry.do_not_analyse,
        )
        files = [(kind, blob, "application/octet-stream") for kind, blob in stored]
        call, is_new = add_call(session, new, files, priority=ARCHIVE)
        session.merge(SeenFile(key=key, call_id=call.id))
    state: State = "skipped" if entry.do_not_analyse else "received" if is_new else "known"
    return Outcome(entry.name, state, call.id)


def _kept(text: str) -> str:
    """As a database can keep it: no half characters, and PostgreSQL has no NUL in a text."""
    return unbroken(text).replace("\x00", "\ufffd")[:200]


def _seen_as(entry: Entry, campaign_id: str) -> tuple[str, float]:
    """What tells this entry without reading its files: their paths, sizes and times, and its facts; and when the last
    of them changed.
    """
    try:
        files = [(kind, str(path.resolve()), path.stat()) for kind, path in sorted(entry.files.items())]
    except OSError as exc:
        raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc
    facts = {**entry.__dict__, "files": [(kind, name, stat.st_size, stat.st_mtime_ns) for kind, name, stat in files]}
    said = json.dumps([campaign_id, facts], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest(), max(stat.st_mtime for _, _, stat in files)


def _stored(blobs: Blobs, entry: Entry, kind: str, max_bytes: int) -> Blob:
    path = entry.files[kind]
    try:
        with path.open("rb") as stream:
            if kind != "transcript":
                choose_demuxer(stream.read(HEAD_BYTES))
                stream.seek(0)
            return blobs.put(cast(IO[bytes], _Source(stream)), limit_bytes=max_bytes, suffix=path.suffix.lower())
    except OSError as exc:
        raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc


class _Source(io.BufferedIOBase):
    """A file whose errors are its own: what stops it being read is no lack of room in the archive."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises ArchiveError."""
        try:
            return self._stream.read(-1 if size is None else size)
        except OSError as exc:
            raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc


def states_of(archive: Archive, call_ids: Iterable[str]) -> dict[str, tuple[str, Note | None]]:
    """State and problem of calls, read in portions."""
    ids, told = list(call_ids), {}
    for first in range(0, len(ids), 500):
        wanted = select(Call.id, Call.state, Call.problem).where(Call.id.in_(ids[first : first + 500]))
        with archive.reading() as session:
            for call_id, state, problem in session.execute(wanted):
                told[call_id] = state, Note(problem["code"], problem.get("params", {})) if problem else None
    return told
