"""Uploads: recordings with what is known of them, streamed to disk, each a call of its own or one call of two legs.

The same call sent again gives the call that is there. A recording that is refused does not stop the others. Nothing a
sender wrote becomes a path: blobs are named by content, and names are kept as text.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from audio.decode_sniff import HEAD_BYTES, choose_demuxer
from audio.errors import AudioError
from service.archive.access import Viewer
from service.archive.audit import note_down
from service.archive.blobs import Blob, Blobs
from service.archive.calls import NewCall, add_call
from service.archive.errors import ArchiveError
from service.archive.people import agent_known_as
from service.archive.removal import remove_orphans
from service.archive.sources import customer_legs
from service.archive.tables import Campaign
from service.errors import ServiceError
from service.metadata import from_name, unbroken
from service.say import Say
from service.web.api.models import Received, Uploaded
from service.web.api.upload_table import MOST_BYTES, UploadTable, read_table
from service.web.guard import Here, Rooms, Visitor, may
from service.web.problems import lang_of

router = APIRouter(prefix="/api/v1/calls", tags=["uploads"])
TRANSCRIPTS = (".vtt", ".srt", ".json", ".ctm", ".tsv")
MOST_FILES = 200
_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg",
          ".webm": "audio/webm", ".flac": "audio/flac", ".amr": "audio/amr"}  # fmt: skip


class UploadForm(BaseModel):
    """What is sent with the recordings. What a file's own name tells (agent, start, id) fills what is left out."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        json_schema_extra={
            "examples": [
                {"campaign": "c0aB1cq3jXo9s8VY", "recordings": ["call.wav"], "agent": "1001", "language": "fr"}
            ]
        },
    )
    campaign: str = Field(max_length=16, description="id of the campaign")
    recordings: list[UploadFile] = Field(default=[], description="one call each; transcripts of the same name beside")
    agent_leg: UploadFile | None = None
    customer_leg: UploadFile | None = None
    leg_offset_s: float = Field(default=0.0, ge=-86400, le=86400, description="the customer's leg starts so much later")
    agent: str = Field(default="", max_length=200, description="login, telephony id or name of the agent")
    external_id: str = Field(default="", max_length=200)
    started_at: datetime | None = Field(default=None, description="ISO 8601; without a zone it is UTC")
    direction: Literal["inbound", "outbound"] = "inbound"
    language: Literal["fr", "en", ""] = ""
    agent_channel: int | None = Field(default=None, ge=0, le=7)
    do_not_analyse: bool = False
    table: UploadFile | None = Field(default=None, description="CSV with what is known of each recording, by its name")


@router.post("", status_code=201, response_model=Uploaded)
def upload(
    request: Request,
    form: Annotated[UploadForm, Form()],
    visitor: Annotated[Visitor, Depends(may("upload"))],
    here: Here,
) -> Uploaded:
    """Send one or many recordings, or the two legs of one."""
    return Uploaded(calls=received(form, visitor.viewer, here, Say(lang_of(request))))


def received(form: UploadForm, viewer: Viewer, here: Rooms, say: Say) -> list[Received]:
    """What became of each call of an upload. Raises ArchiveError: neither recordings nor legs, a table that is none."""
    if form.agent_leg and form.customer_leg and not form.recordings:
        groups = [("", [("agent_leg", form.agent_leg), ("customer_leg", form.customer_leg)])]
    elif form.recordings and not (form.agent_leg or form.customer_leg):
        groups = grouped(form.recordings)
    else:
        raise ArchiveError("web.recordings_or_legs")
    table = read_table(form.table.file.read(MOST_BYTES + 1)) if form.table else UploadTable()
    return [_received(files, form, table, viewer, here, say) for _, files in groups]


def grouped(files: Sequence[UploadFile]) -> list[tuple[str, list[tuple[str, UploadFile]]]]:
    """Each recording with the transcript of its name. Raises ArchiveError: too many, a transcript without recording."""
    if len(files) > MOST_FILES:
        raise ArchiveError("web.too_many_files", limit=MOST_FILES)
    transcripts = {_stem(f): f for f in files if _ending(f) in TRANSCRIPTS}
    recordings = [f for f in files if _ending(f) not in TRANSCRIPTS]
    lonely = set(transcripts) - {_stem(f) for f in recordings}
    if lonely or not recordings:
        raise ArchiveError("web.lonely_transcript")
    legs = _legs(recordings)
    customers = {id(customer) for _, customer in legs.values()}
    return [_group(f, legs, transcripts) for f in recordings if id(f) not in customers]


Pairs = dict[int, tuple[UploadFile, UploadFile]]


def _group(
    file: UploadFile, legs: Pairs, transcripts: dict[str, UploadFile]
) -> tuple[str, list[tuple[str, UploadFile]]]:
    if id(file) in legs:
        return _stem(file), [("agent_leg", file), ("customer_leg", legs[id(file)][1])]
    words = transcripts.get(_stem(file))
    return _stem(file), [("recording", file), *([("transcript", words)] if words else [])]


def _legs(files: Sequence[UploadFile]) -> Pairs:
    """Two files that are named as the two legs of one call, by the agent's, as in a batch."""
    named = {Path(_name(f)): f for f in files}
    pairs = customer_legs(named)
    return {id(named[agent]): (named[agent], named[customer]) for agent, customer in pairs.items()}


def _name(file: UploadFile) -> str:
    """Its last part, as text that can be stored."""
    return unbroken(PurePosixPath((file.filename or "").replace("\\", "/")).name)[:200] or "call"


def _stem(file: UploadFile) -> str:
    return PurePosixPath(_name(file)).stem


def _ending(file: UploadFile) -> str:
    ending = PurePosixPath(_name(file)).suffix.lower()
    return ending if ending.isascii() and ending[1:].isalnum() and len(ending) <= 9 else ""


def _received(
    files: Sequence[tuple[str, UploadFile]], form: UploadForm, table: UploadTable, viewer: Viewer, here: Rooms, say: Say
) -> Received:
    """One call of the upload. What is wrong with it is its own answer, unless nothing can be stored at all."""
    name, blobs = _name(files[0][1]), list[tuple[str, Blob, str]]()
    try:
        form = told_by(table, name, form)
        for kind, file in files:
            ending = _ending(file)
            blob = here.blobs.put(file.file, limit_bytes=here.settings.max_bytes, suffix=ending)
            blobs.append((kind, blob, _TYPES.get(ending, "application/octet-stream")))
            if kind != "transcript":
                _require_sound(here.blobs, blob)
        return _kept(name, blobs, form, viewer, here)
    except (ServiceError, AudioError) as exc:
        remove_orphans(here.archive, here.blobs, [blob.place for _, blob, _ in blobs])
        if exc.note.code == "archive.no_room":
            raise
        return Received(name=name, problem=say(exc.note))


def told_by(table: UploadTable, name: str, form: UploadForm) -> UploadForm:
    """The form with what the table says of a recording in the place of what it says of all. Raises ArchiveError."""
    entry = table.entry(name)
    if entry is None:
        return form
    at = None if entry.started_at is None else datetime.fromtimestamp(entry.started_at, UTC)
    row = table.rows_of(name)
    known = {
        "agent": entry.agent[:200], "external_id": entry.external_id[:200], "started_at": at,
        "direction": entry.direction, "language": entry.language, "agent_channel": entry.agent_channel,
        "leg_offset_s": entry.leg_offset_s, "do_not_analyse": entry.do_not_analyse,
    }  # fmt: skip
    return form.model_copy(update={field: known[field] for field in known if row.get(field)})


def _require_sound(blobs: Blobs, blob: Blob) -> None:
    """Raises AudioError for what is no recording by its first bytes: the sender hears it now and not tomorrow."""
    with blobs.open(blob.place) as stream:
        choose_demuxer(stream.read(HEAD_BYTES))


def _kept(name: str, blobs: list[tuple[str, Blob, str]], form: UploadForm, viewer: Viewer, here: Rooms) -> Received:
    with here.archive.writing() as session:
        call, new = add_call(session, _new_call(session, name, form, viewer), blobs)
        for _, blob, _ in blobs:  # somebody may have removed the same content since it was put
            here.blobs.size(blob.place)
        note_down(session, viewer.person_id, "upload", call_id=call.id)
    if not new:
        remove_orphans(here.archive, here.blobs, [blob.place for _, blob, _ in blobs])
    return Received(name=name, id=call.id, new=new)


def _new_call(session: Session, name: str, form: UploadForm, viewer: Viewer) -> NewCall:
    campaign = session.get(Campaign, form.campaign)
    if campaign is None or viewer.account_id not in (None, campaign.account_id):
        raise ArchiveError("archive.no_campaign")
    told = from_name(PurePosixPath(name).stem)
    agent = agent_known_as(session, form.agent or told.agent)
    started_at = _started_at(form.started_at, told.started_at)
    return NewCall(
        campaign_id=campaign.id,
        name=name,
        started_at=started_at if started_at is not None else float(int(time.time())),
        start_known=started_at is not None,
        agent_id=agent.id if agent else None,
        agent_name=agent.name if agent else unbroken(form.agent or told.agent),
        team_id=agent.team_id if agent else None,
        external_id=unbroken(form.external_id or told.external_id),
        direction=form.direction,
        language=form.language,
        agent_channel=form.agent_channel if form.agent_channel is not None else told.agent_channel,
        leg_offset_s=form.leg_offset_s,
        do_not_analyse=form.do_not_analyse,
    )


def _started_at(given: datetime | None, told: str) -> float | None:
    """Unix time as given, else as the name tells, else None. Raises ArchiveError before 1990 or after tomorrow."""
    at = given or _from_name(told)
    if at is None:
        return None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if not 631152000.0 <= seconds <= time.time() + 86400:
        raise ArchiveError("web.started_at")
    return seconds


def _from_name(told: str) -> datetime | None:
    try:
        return datetime.strptime(told, "%Y-%m-%dT%H-%M-%S").replace(tzinfo=UTC) if told else None
    except ValueError:
        return None
