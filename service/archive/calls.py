"""Calls in and out of the archive: added once, listed by pages, found by what is said in them.

A list never sorts people or calls by a score: the order is time, newest first, or what is still to be reviewed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, column, delete, exists, or_, select, table, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.archive.access import Action, Viewer, calls_for, not_there
from service.archive.audit import note_down
from service.archive.blobs import Blob
from service.archive.errors import ArchiveError
from service.archive.events import tell
from service.archive.jobs import UPLOAD, enqueue
from service.archive.tables import Campaign
from service.archive.tables_calls import Call, MomentRow, RecordingFile

PAGE, MOST_PER_PAGE = 50, 200
_ID = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_WORD = re.compile(r"\w+")
_WORDS = table("words", column("call_id"), column("said"))


@dataclass(frozen=True)
class NewCall:
    """What is known of a call that comes in."""

    campaign_id: str
    name: str
    started_at: float
    start_known: bool = True
    agent_id: str | None = None
    agent_name: str = ""
    team_id: str | None = None
    external_id: str = ""
    direction: str = "inbound"
    language: str = ""
    agent_channel: int | None = None
    leg_offset_s: float = 0.0
    do_not_analyse: bool = False


def add_call(
    session: Session, new: NewCall, files: Sequence[tuple[str, Blob, str]], *, priority: int = UPLOAD
) -> tuple[Call, bool]:
    """The call with its `files` (kind, blob, media type), and whether it was new.

    The same recordings with the same facts are the same call: it is given back as it is, and nothing is done twice.
    """
    campaign = session.get(Campaign, new.campaign_id)
    if campaign is None:
        raise ArchiveError("archive.no_campaign")
    key = content_key(new, [blob.sha256 for _, blob, _ in files])
    same = select(Call).where(Call.account_id == campaign.account_id, Call.content_key == key)
    known = session.scalars(same).one_or_none()
    if known is not None:
        return known, False
    try:
        with session.begin_nested():
            call = _added(session, new, campaign, key)
    except IntegrityError:  # somebody sent the same call in the same moment
        return session.scalars(same).one(), False
    for kind, blob, media_type in files:
        session.add(_file(call.id, kind, blob, media_type))
    tell(session, call.id, "received")
    if not new.do_not_analyse:
        enqueue(session, call.id, priority=priority)
    return call, True


def _added(session: Session, new: NewCall, campaign: Campaign, key: str) -> Call:
    facts = {name: value for name, value in new.__dict__.items() if name != "start_known"}
    call = Call(content_key=key, account_id=campaign.account_id, **facts)
    call.state = "skipped" if new.do_not_analyse else "waiting"
    session.add(call)
    session.flush()
    return call


def _file(call_id: str, kind: str, blob: Blob, media_type: str) -> RecordingFile:
    return RecordingFile(
        call_id=call_id,
        kind=kind,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        place=blob.place,
        media_type=media_type,
    )


def content_key(new: NewCall, hashes: Sequence[str]) -> str:
    """Of the recordings in their order and of what names the call; not of its display name."""
    at = f"{new.started_at:.0f}" if new.start_known else ""
    said = [*hashes, new.campaign_id, new.external_id, new.agent_id or new.agent_name, at]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True)
class Wanted:
    """Filters of a list; None and empty leave it out. `words`: all of them said in the call."""

    campaign_id: str | None = None
    team_id: str | None = None
    agent_id: str | None = None
    state: str | None = None
    language: str | None = None
    direction: str | None = None
    moment: str | None = None
    to_review: bool = False
    since: float | None = None
    until: float | None = None
    words: str = ""


@dataclass(frozen=True)
class Page:
    """A page of calls, newest first, and the cursor of the next one."""

    calls: list[Call]
    next: str | None


def list_calls(session: Session, viewer: Viewer, wanted: Wanted, *, cursor: str = "", limit: int = PAGE) -> Page:
    """The calls this viewer may list, newest first. Raises ArchiveError for a cursor that is none."""
    limit = max(1, min(limit, MOST_PER_PAGE))
    found = _filtered(calls_for(viewer, "list"), wanted, session)
    if cursor:
        at, call_id = _decoded(cursor)
        found = found.where(or_(Call.started_at < at, and_(Call.started_at == at, Call.id < call_id)))
    rows = list(session.scalars(found.order_by(Call.started_at.desc(), Call.id.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows[:limit], _encoded(rows[limit - 1]) if more else None)


def _filtered(found: Select[Call], wanted: Wanted, session: Session) -> Select[Call]:
    equal = {
        Call.campaign_id: wanted.campaign_id,
        Call.team_id: wanted.team_id,
        Call.agent_id: wanted.agent_id,
        Call.state: wanted.state,
        Call.language: wanted.language,
        Call.direction: wanted.direction,
    }
    found = found.where(*(name == value for name, value in equal.items() if value))
    if wanted.since is not None:
        found = found.where(Call.started_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(Call.started_at < wanted.until)
    if wanted.to_review:
        found = found.where(Call.open_moments > 0)
    if wanted.moment:
        has = (MomentRow.call_id == Call.id) & (MomentRow.kind == wanted.moment) & MomentRow.reviewed_at.is_(None)
        found = found.where(exists().where(has))
    said = folded(wanted.words)
    return found.where(_says(said, session)) if said else found


def folded(words: str) -> list[str]:
    """The words that are looked for, twenty at most, folded as they are kept."""
    return _WORD.findall(_fold(words))[:20]


def _fold(text: str) -> str:
    """Without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _says(said: list[str], session: Session) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        match = text("said @@ plainto_tsquery('simple', :said)").bindparams(said=" ".join(said))
    else:
        match = text("words MATCH :said").bindparams(said=" ".join(f'"{word}"' for word in said))
    return Call.id.in_(select(_WORDS.c.call_id).where(match))


def keep_words(session: Session, call_id: str, said: str) -> None:
    """What is said in a call, for the search; replaces what was kept."""
    session.execute(delete(_WORDS).where(_WORDS.c.call_id == call_id))
    if session.get_bind().dialect.name == "postgresql":
        insert = "INSERT INTO words (call_id, said) VALUES (:call, to_tsvector('simple', :said))"
    else:
        insert = "INSERT INTO words (call_id, said) VALUES (:call, :said)"
    session.execute(text(insert), {"call": call_id, "said": _fold(said)})


def get_call(session: Session, viewer: Viewer, call_id: str, action: Action = "read") -> Call:
    """The call, when this viewer may do `action` on it; reading and listening are written down.

    Raises NotAllowed, or NotThere for what is absent and for what is not theirs alike.
    """
    call = session.scalars(calls_for(viewer, action).where(Call.id == call_id)).one_or_none()
    if call is None:
        raise not_there()
    if action in ("read", "listen", "export"):
        note_down(session, viewer.person_id, action, call_id=call.id)
    return call


def _encoded(call: Call) -> str:
    return base64.urlsafe_b64encode(json.dumps([call.started_at, call.id]).encode()).decode()


def _decoded(cursor: str) -> tuple[float, str]:
    try:
        at, call_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        if _ID.fullmatch(call_id) is None:
            raise ValueError("no id")
        return float(at), call_id
    except (ValueError, TypeError, RecursionError) as exc:
        raise ArchiveError("archive.bad_cursor") from exc


def neighbours(session: Session, viewer: Viewer, wanted: Wanted, call: Call) -> tuple[str | None, str | None]:
    """The calls before and after one in the list of these filters, newest first; the call itself need not be in it."""
    found = _filtered(calls_for(viewer, "list"), wanted, session).with_only_columns(Call.id)
    at = call.started_at  # the bound alone is what an index is entered by
    newer = and_(Call.started_at >= at, or_(Call.started_at > at, Call.id > call.id))
    older = and_(Call.started_at <= at, or_(Call.started_at < at, Call.id < call.id))
    before = found.where(newer).order_by(Call.started_at, Call.id).limit(1)
    after = found.where(older).order_by(Call.started_at.desc(), Call.id.desc()).limit(1)
    return session.scalar(before), session.scalar(after)
