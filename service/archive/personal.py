"""Everything the archive holds of one person, in a zip they can be given: results that were not released included, and
what was measured of their voice too, which no other export has.
"""

from __future__ import annotations

import base64
import json
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from service.archive.audit import note_down
from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.errors import NotThere
from service.archive.persons import Subject
from service.archive.pitch_track import kept_pitch
from service.archive.results import stored_result
from service.archive.stages import LISTEN
from service.archive.tables import AuditRow, Base, Person
from service.archive.tables_calls import Call, Event, Job, MomentRow, RecordingFile, ResultDocument, SeenFile
from service.scoring.documents import as_json

SECRET = frozenset({"password_hash", "key_hash", "secret", "csrf"})
_ELSEWHERE = frozenset(
    str(table.__tablename__)
    for table in (Call, Person, AuditRow, ResultDocument, RecordingFile, Event, Job, SeenFile, MomentRow)
)
"""Tables that are told in a way of their own, or that say of a call only how the work on it went."""
PORTION = 200


def export_person(
    archive: Archive, blobs: Blobs, subject: Subject, target: Path, *, by: str, sound: bool = False
) -> int:
    """`person.json`, a JSON per call, the rows of every table about them, the sound if asked for. How many calls."""
    with archive.writing() as session:
        note_down(session, by, "person_exported", person=subject.person.id if subject.person else "")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out, archive.reading() as session:
        ids = list(session.scalars(select(Call.id).where(subject.calls()).order_by(Call.started_at, Call.id)))
        out.writestr("person.json", _json(_person(subject)))
        for call_id in ids:
            _call(session, blobs, out, call_id, sound=sound)
        for name, rows in _tables(session, subject, ids):
            out.writestr(f"tables/{name}.json", _json(rows))
        out.writestr("tables/audit.json", _json(list(_audit(session, subject, ids))))
    return len(ids)


def _person(subject: Subject) -> dict[str, Any]:
    return row_of(subject.person) if subject.person else {"name": subject.name}


def _call(session: Session, blobs: Blobs, out: zipfile.ZipFile, call_id: str, *, sound: bool) -> None:
    out.writestr(f"calls/{call_id}/call.json", _json(row_of(session.get_one(Call, call_id))))
    with suppress(NotThere):
        out.writestr(f"calls/{call_id}/result.json", as_json(stored_result(session, call_id)))
    pitch = kept_pitch(session, call_id)
    if pitch is not None:
        out.writestr(f"calls/{call_id}/pitch.json", pitch)
    moments = session.scalars(select(MomentRow).where(MomentRow.call_id == call_id).order_by(MomentRow.start_s))
    out.writestr(f"calls/{call_id}/moments.json", _json([row_of(m) for m in moments]))
    own = select(RecordingFile).where(RecordingFile.call_id == call_id, RecordingFile.kind == LISTEN)
    copy = session.scalars(own).first()
    if sound and copy is not None:
        with blobs.open(copy.place) as source, out.open(f"calls/{call_id}/sound.webm", "w", force_zip64=True) as entry:
            shutil.copyfileobj(source, entry)


def _tables(session: Session, subject: Subject, call_ids: Sequence[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every other table that points at the person or at a call of theirs."""
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if not isinstance(table, Table) or table.name in _ELSEWHERE:
            continue
        rows = [row_of(row) for row in _about(session, mapper.class_, table, subject, call_ids)]
        if rows:
            yield table.name, rows


def _about(session: Session, model: Any, table: Table, subject: Subject, call_ids: Sequence[str]) -> Iterator[Any]:
    people = [c for c in table.columns if subject.person and _points_at(c, "person", "agent_id")]
    mine = [c == subject.person.id for c in people if subject.person]
    if "call_id" not in table.columns:
        yield from session.scalars(select(model).where(or_(*mine))) if mine else ()
        return
    for first in range(0, max(len(call_ids), 1), PORTION):
        of_calls = table.columns["call_id"].in_(call_ids[first : first + PORTION])
        own = mine if first == 0 else []
        yield from session.scalars(select(model).where(or_(of_calls, *own)))


def _points_at(column: Any, table: str, name: str) -> bool:
    return column.name == name or any(key.column.table.name == table for key in column.foreign_keys)


def _audit(session: Session, subject: Subject, call_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What they did, and what others did with their calls: by role, and by name where somebody listened or read."""
    if subject.person:
        for row in session.scalars(select(AuditRow).where(AuditRow.person_id == subject.person.id)):
            yield row_of(row)
    people = {p.id: p for p in session.scalars(select(Person))}
    for first in range(0, len(call_ids), PORTION):
        for row in session.scalars(select(AuditRow).where(AuditRow.call_id.in_(call_ids[first : first + PORTION]))):
            who = people.get(row.person_id)
            yield {**row_of(row), "by": who.name if who else row.person_id, "role": who.role if who else ""}


def row_of(row: Any) -> dict[str, Any]:
    """A row as JSON has it: bytes as base64; no secret, no hash of one."""
    columns = row.__table__.columns
    return {c.name: _plain(getattr(row, _attribute(row, c.name))) for c in columns if c.name not in SECRET}


def _attribute(row: Any, column: str) -> str:
    return str(row.__mapper__.get_property_by_column(row.__table__.columns[column]).key)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
