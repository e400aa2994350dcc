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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Literal, cast

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

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
from service.archive.sampling import DAY_S, Sample, Taken, chosen, day_of, drawn, ticket_of
from service.archive.sources import Entry, File, Refused
from service.archive.tables_calls import Call, SeenFile
from service.archive.tables_nights import PassedOver
from service.archive.weeks import starts_at
from service.errors import ServiceError
from service.metadata import unbroken

State = Literal["received", "known", "skipped", "growing", "refused", "not_sampled", "too_old"]
SETTLED_S = 30.0
"""A file that changed this recently may still be written."""
PORTION = 500
"""Entries looked up in one go."""


@dataclass(frozen=True)
class Outcome:
    """What became of one entry when it was received; what became of its call later is told by the call.

    `growing`: the entry again, when it may still be written, to be received later; not one with a time of the future,
    which says nothing of when.
    """

    name: str
    state: State
    call_id: str | None = None
    problem: Note | None = None
    growing: Entry | None = None


@dataclass(frozen=True)
class Into:
    """Where a batch goes. `sample` None: every call is analysed. `keep_days`: a call that began longer ago would be
    removed at once, and is left where it is; None: however old. `now`: Unix seconds; None: the clock.
    """

    archive: Archive
    blobs: Blobs
    campaign_id: str
    max_bytes: int
    sample: Sample | None = None
    now: float | None = None
    keep_days: int | None = None

    @property
    def clock(self) -> float:
        """Unix seconds."""
        return time.time() if self.now is None else self.now


@dataclass(frozen=True)
class _Met:
    """An entry with what is known of it without reading it: the row it left, or the ticket it drew, or why not."""

    entry: Entry | Refused
    key: str = ""
    call_id: str | None = None
    ticket: str | None = None
    problem: Note | None = None
    growing: bool = False
    ahead: bool = False
    too_old: bool = False

    @property
    def is_new(self) -> bool:
        """It would become a call that is worked on."""
        known = self.call_id or self.problem or self.growing or self.too_old
        return isinstance(self.entry, Entry) and not known and not self.entry.do_not_analyse


def receive(into: Into, found: Iterable[Entry | Refused]) -> Iterator[Outcome]:
    """One outcome per entry, as it is received. Raises ArchiveError when the disk of the archive is full."""
    try:
        met = _met(into, found)
        yield from (_sampled(into, list(met), into.sample) if into.sample else (_received(into, m) for m in met))
    except DBAPIError as exc:
        if not is_full(exc):
            raise
        raise room_needed() from exc


def _met(into: Into, found: Iterable[Entry | Refused]) -> Iterator[_Met]:
    """Every entry with what the archive knows of it, looked up in portions."""
    entries = iter(found)
    while some := list(islice(entries, PORTION)):
        looked = [_looked_at(into, entry) for entry in some]
        keys = [m.key for m in looked if m.key]
        with into.archive.reading() as session:
            calls = select(SeenFile.key, SeenFile.call_id).where(SeenFile.key.in_(keys))
            seen = {key: call_id for key, call_id in session.execute(calls)}
            left = select(PassedOver.key, PassedOver.ticket).where(PassedOver.key.in_(keys))
            tickets = {key: ticket for key, ticket in session.execute(left)}
        yield from (replace(m, call_id=seen.get(m.key), ticket=tickets.get(m.key)) for m in looked)


def _looked_at(into: Into, entry: Entry | Refused) -> _Met:
    if isinstance(entry, Refused):
        return _Met(entry, problem=entry.error.note)
    try:
        key, changed_s = _seen_as(entry, into.campaign_id)
    except ServiceError as exc:
        return _Met(entry, problem=exc.note)
    began, days = entry.started_at, into.keep_days
    return _Met(
        entry,
        key,
        growing=changed_s > into.clock - SETTLED_S,
        ahead=changed_s > into.clock + SETTLED_S,
        too_old=began is not None and days is not None and began < into.clock - days * DAY_S,
    )


def _received(into: Into, met: _Met) -> Outcome:
    entry = met.entry
    if isinstance(entry, Refused) or met.problem:
        return Outcome(entry.name, "refused", problem=met.problem)
    if met.growing:
        return Outcome(entry.name, "growing", problem=Note("batch.growing"), growing=None if met.ahead else entry)
    if met.call_id is not None:
        return Outcome(entry.name, "skipped" if entry.do_not_analyse else "known", met.call_id)
    if met.too_old:
        return Outcome(entry.name, "too_old", problem=Note("batch.too_old", {"days": into.keep_days or 0}))
    try:
        return _stored_whole(into, entry, met.key)
    except (ServiceError, AudioError) as exc:
        if isinstance(exc, ArchiveError) and exc.note.code in ("archive.no_room", "archive.no_campaign"):
            raise  # every other file would meet the same
        return Outcome(entry.name, "refused", problem=exc.note)


def _stored_whole(into: Into, entry: Entry, key: str) -> Outcome:
    stored = [(kind, _stored(into.blobs, entry, kind, into.max_bytes)) for kind in entry.files]
    with into.archive.writing() as session:
        agent = agent_known_as(session, _kept(entry.agent))
        new = NewCall(
            campaign_id=into.campaign_id,
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
        session.execute(delete(PassedOver).where(PassedOver.key == key))
    state: State = "skipped" if entry.do_not_analyse else "received" if is_new else "known"
    return Outcome(entry.name, state, call.id)


# -- sampling ----------------------------------------------------------------------------------------------------------


def _sampled(into: Into, met: list[_Met], sample: Sample) -> Iterator[Outcome]:
    """Tickets first, so that the choice depends on no order; then the same as without, but for those left out."""
    met = [_with_ticket(m, into) for m in met]
    taking = _chosen(into, sample, [m for m in met if m.is_new])
    for m in met:
        if not m.is_new or m.key in taking:
            yield _received(into, m)
            continue
        left = PassedOver(key=m.key, campaign_id=into.campaign_id, ticket=m.ticket, rule=sample.rule)
        with into.archive.writing() as session:
            if session.get(PassedOver, m.key) is None:
                session.add(left)
        yield Outcome(m.entry.name, "not_sampled", problem=Note("batch.not_sampled", {"rule": sample.rule}))


def _with_ticket(met: _Met, into: Into) -> _Met:
    """Read once: of its external id, or of its content. What is no recording takes nobody's place."""
    if not met.is_new or met.ticket is not None:
        return met
    try:
        return replace(met, ticket=_ticket(cast(Entry, met.entry), into.campaign_id))
    except (ServiceError, AudioError) as exc:
        return replace(met, problem=exc.note)


def _ticket(entry: Entry, campaign_id: str) -> str:
    hashes = []
    for kind, path in sorted(entry.files.items()):
        if kind == "transcript":
            continue
        digest = hashlib.sha256()
        with _readable(path) as stream:
            head = stream.read(HEAD_BYTES)
            choose_demuxer(head)
            while head and not entry.external_id:
                digest.update(head)
                head = stream.read(1 << 20)
        hashes.append(digest.hexdigest())
    return ticket_of(campaign_id, *([entry.external_id] if entry.external_id else hashes))


def _chosen(into: Into, sample: Sample, met: Sequence[_Met]) -> set[str]:
    agents: dict[str, str] = {}
    calls = []
    with into.archive.reading() as session:
        for m in met:
            entry = cast(Entry, m.entry)
            name = _kept(entry.agent)
            if name not in agents:
                person = agent_known_as(session, name)
                agents[name] = person.id if person else name
            calls.append(drawn(m.key, m.ticket or "", agents[name], entry.started_at, into.clock))
        taken = _taken(session, into.campaign_id, {c.week for c in calls}) if sample.per_week else {}
    return chosen(sample, calls, taken, into.clock)


def _taken(session: Session, campaign_id: str, weeks: set[int]) -> Taken:
    """The days of the calls that batches brought in, by agent and week."""
    found: Taken = {}
    for week in weeks:
        of_week = (Call.started_at >= starts_at(week), Call.started_at < starts_at(week + 1))
        rows = select(Call.agent_id, Call.agent_name, Call.started_at).where(Call.campaign_id == campaign_id, *of_week)
        rows = rows.where(Call.do_not_analyse.is_(False), exists().where(SeenFile.call_id == Call.id))
        for agent_id, name, at in session.execute(rows):
            found.setdefault((agent_id or name, week), []).append(day_of(at))
    return found


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
    with _readable(path) as stream:
        if kind != "transcript":
            choose_demuxer(stream.read(HEAD_BYTES))
            stream.seek(0)
        return blobs.put(stream, limit_bytes=max_bytes, suffix=path.suffix.lower())


@contextmanager
def _readable(path: File) -> Iterator[IO[bytes]]:
    """Raises ArchiveError where it can't be read."""
    try:
        stream = path.open("rb")
    except OSError as exc:
        raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc
    with stream:
        yield cast(IO[bytes], _Source(stream))


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

    def seek(self, to: int, whence: int = 0, /) -> int:
        """As the file's own."""
        return self._stream.seek(to, whence)


def states_of(archive: Archive, call_ids: Iterable[str]) -> dict[str, tuple[str, Note | None]]:
    """State and problem of calls, read in portions."""
    ids, told = list(call_ids), {}
    for first in range(0, len(ids), 500):
        wanted = select(Call.id, Call.state, Call.problem).where(Call.id.in_(ids[first : first + 500]))
        with archive.reading() as session:
            for call_id, state, problem in session.execute(wanted):
                told[call_id] = state, Note(problem["code"], problem.get("params", {})) if problem else None
    return told
