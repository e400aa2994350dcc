"""A call of the archive as a vCon, and a vCon as a call of the archive.

Out goes what others than the agent and their coach may have of the result, with the words as they are masked; the sound
is the recording as it was sent, or, where private passages are silent for listeners, the copy in which they are.
"""

from __future__ import annotations

import io
import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from audio.decode_sniff import HEAD_BYTES, choose_demuxer
from service.archive.access import Viewer, agent_shown
from service.archive.blobs import Blob, Blobs
from service.archive.calls import NewCall, add_call, get_call
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.exports import vcon
from service.archive.exports.columns import written_date
from service.archive.jobs import ARCHIVE
from service.archive.people import agent_known_as
from service.archive.results import stored_result
from service.archive.stages import LISTEN, TRANSCRIPT
from service.archive.tables_calls import Call, RecordingFile
from service.scoring.documents import rounded
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.scoring.views import shown_to, without_other_calls
from service.version import timbre_version
from service.words.errors import WordsError
from service.words.imported import read_transcript

AGENT, CUSTOMER = 0, 1
FACTS, TRANSCRIPT_SHAPE = "timbre.call/1", "whisperx"
VENDOR = "timbre"
LEGS = ("agent_leg", "customer_leg")


def call_as_vcon(
    session: Session, viewer: Viewer, blobs: Blobs, call_id: str, *, sound: bool, now: float
) -> vcon.Conversation:
    """The call for a reader who may export it. Raises NotThere, NotAllowed, ArchiveError (no result yet; too large)."""
    call = get_call(session, viewer, call_id, "export")
    if call.state != "done":
        raise ArchiveError("web.not_done")
    stored = stored_result(session, call_id)
    evidence, judgement = shown_to("others", stored.evidence, stored.judgement)
    evidence = without_other_calls(evidence)
    files = {f.kind: f for f in session.scalars(select(RecordingFile).where(RecordingFile.call_id == call_id))}
    recordings = tuple(_recordings(call, evidence, files, blobs if sound else None))
    return vcon.Conversation(
        uuid=vcon.new_uuid(call_id, now),
        created_at=written_date(now),
        parties=(vcon.Party(agent_shown(viewer, call), "agent"), vcon.Party("", "customer")),
        recordings=recordings,
        analyses=tuple(_analyses(call, evidence, judgement, tuple(range(len(recordings))))),
        redacted=evidence.redaction if evidence.redactions else "",
    )


def _recordings(
    call: Call, evidence: Evidence, files: Mapping[str, RecordingFile], blobs: Blobs | None
) -> Iterator[vcon.Recording]:
    """One, or one per leg."""
    muted = evidence.redaction == "text_and_sound"
    kinds = [LISTEN] if muted else [kind for kind in ("recording", *LEGS) if kind in files]
    for kind in kinds if kinds and kinds[0] in files else [""]:
        offset_s = call.leg_offset_s if kind == "customer_leg" else 0.0
        content, media_type, filename = _sound(files.get(kind), call, blobs)
        yield vcon.Recording(
            content=content,
            media_type=media_type,
            filename=filename,
            start=datetime.fromtimestamp(call.started_at + offset_s, UTC).isoformat(),
            duration_s=evidence.call.duration_s,
            channels=_channels(kind, evidence),
        )


def _sound(row: RecordingFile | None, call: Call, blobs: Blobs | None) -> tuple[bytes | None, str, str]:
    """Nothing to hear where it is left out, or gone by its days."""
    suffix = PurePosixPath(row.place).suffix if row else ""
    media_type = mimetypes.types_map.get(suffix, "application/octet-stream")
    filename = f"{PurePosixPath(call.name).stem or 'call'}{suffix}" if row else call.name
    if row is None or blobs is None:
        return None, media_type, filename
    if row.size_bytes > vcon.MOST_SOUND_BYTES:
        raise ArchiveError("vcon.sound_too_large", limit_mib=vcon.MOST_SOUND_BYTES >> 20)
    with blobs.open(row.place) as stream:
        return stream.read(), media_type, filename


def _channels(kind: str, evidence: Evidence) -> vcon.Channels:
    if kind in LEGS:
        return ((LEGS.index(kind),),)
    if evidence.source != "two channels" or evidence.roles is None:
        return ((AGENT, CUSTOMER),)
    first = (AGENT,) if evidence.roles.agent == "channel_0" else (CUSTOMER,)
    return (first, (CUSTOMER,) if first == (AGENT,) else (AGENT,))


def _analyses(
    call: Call, evidence: Evidence, judgement: Judgement | None, dialogs: tuple[int, ...]
) -> Iterator[vcon.Analysis]:
    product = f"timbre {timbre_version()}"
    yield vcon.Analysis("report", VENDOR, product, FACTS, _facts(call), dialogs)
    if evidence.words.available:
        yield vcon.Analysis("transcript", VENDOR, product, TRANSCRIPT_SHAPE, _transcript(evidence), dialogs)
    for document in (evidence, judgement):
        if document is not None:
            body = rounded(document).model_dump(mode="json")
            yield vcon.Analysis("report", VENDOR, product, document.schema_version, body, dialogs)


def _facts(call: Call) -> dict[str, Any]:
    return {
        "external_id": call.external_id,
        "direction": call.direction,
        "language": call.language,
        "agent_channel": call.agent_channel,
        "leg_offset_s": call.leg_offset_s,
    }


def _transcript(evidence: Evidence) -> dict[str, Any]:
    """Segments with words, as WhisperX writes them: our reader of transcripts and many others take it."""
    segments = [
        {
            "start": turn.span.start_s,
            "end": turn.span.end_s,
            "text": turn.text,
            "speaker": turn.party,
            "words": [{"word": w.text, "start": w.span.start_s, "end": w.span.end_s} for w in turn.words],
        }
        for turn in evidence.turns
        if turn.text
    ]
    return {"segments": segments, "language": evidence.words.language}


# -- in ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What a vCon says of a call beside its sound."""

    external_id: str = ""
    direction: Literal["inbound", "outbound"] = "inbound"
    language: str = ""
    agent_channel: int | None = None
    leg_offset_s: float = 0.0


def bring_in(
    archive: Archive, blobs: Blobs, campaign_id: str, content: bytes, *, name: str, max_bytes: int
) -> tuple[str, bool]:
    """The call of a vCon in the archive, and whether it was new. Raises ArchiveError, AudioError."""
    found = vcon.read(content)
    sounds = _sounds(found)
    facts = _facts_in(found)
    started_at = _time(found.recordings[0].start)
    stored = [(kind, _put(blobs, sound, max_bytes)) for kind, sound in sounds.items()]
    words = _words_in(found)
    if words is not None:
        stored.append((TRANSCRIPT, blobs.put(io.BytesIO(words), limit_bytes=max_bytes, suffix=".json")))
    agent_name = next((p.name for p in found.parties if p.role == "agent"), "")[:200]
    with archive.writing() as session:
        agent = agent_known_as(session, agent_name)
        new = NewCall(
            campaign_id=campaign_id,
            name=_plain(name),
            started_at=started_at or 0.0,
            start_known=started_at is not None,
            agent_id=agent.id if agent else None,
            agent_name=agent.name if agent else _plain(agent_name),
            team_id=agent.team_id if agent else None,
            external_id=_plain(facts.external_id),
            direction=facts.direction,
            language=facts.language,
            agent_channel=facts.agent_channel,
            leg_offset_s=facts.leg_offset_s,
        )
        files = [(kind, blob, "application/octet-stream") for kind, blob in stored]
        call, is_new = add_call(session, new, files, priority=ARCHIVE)
        return call.id, is_new


def _plain(text: str) -> str:
    return text.replace("\x00", "\ufffd")[:200]


def _sounds(found: vcon.Conversation) -> dict[str, bytes]:
    """By kind of file: one recording, or one per leg, told apart by whose channel each is."""
    heard = [r for r in found.recordings if r.content is not None]
    if not heard:
        raise ArchiveError("vcon.nothing_to_hear")
    if len(heard) == 1:
        return {"recording": cast(bytes, heard[0].content)}
    roles = [_role_of(r, found.parties) for r in heard]
    if len(heard) == 2 and sorted(roles) == ["agent", "customer"]:
        return {f"{role}_leg": cast(bytes, r.content) for role, r in sorted(zip(roles, heard, strict=True), key=_first)}
    raise ArchiveError("vcon.several", n=len(heard))


def _first(pair: tuple[str, vcon.Recording]) -> str:
    return pair[0]


def _role_of(recording: vcon.Recording, parties: tuple[vcon.Party, ...]) -> str:
    places = {place for channel in recording.channels for place in channel}
    return parties[min(places)].role if len(places) == 1 and min(places) < len(parties) else ""


def _facts_in(found: vcon.Conversation) -> Facts:
    """As we wrote them; a value that can't be is left at its default."""
    told = next((a.body for a in found.analyses if a.vendor == VENDOR and a.schema == FACTS), None)
    if not isinstance(told, dict):
        return Facts(external_id=found.uuid)  # so that a foreign document brought in twice is one call
    channel, offset_s = told.get("agent_channel"), told.get("leg_offset_s")
    return Facts(
        external_id=told["external_id"][:200] if isinstance(told.get("external_id"), str) else "",
        direction="outbound" if told.get("direction") == "outbound" else "inbound",
        language=told["language"] if told.get("language") in ("fr", "en") else "",
        agent_channel=channel if type(channel) is int and channel in (0, 1) else None,
        leg_offset_s=float(offset_s) if isinstance(offset_s, int | float) and abs(offset_s) <= 3600 else 0.0,
    )


def _put(blobs: Blobs, sound: bytes, max_bytes: int) -> Blob:
    """Refused before it is kept when no reader knows it."""
    choose_demuxer(sound[:HEAD_BYTES])
    return blobs.put(io.BytesIO(sound), limit_bytes=max_bytes)


def _words_in(found: vcon.Conversation) -> bytes | None:
    """The first transcript that our reader takes; the call is transcribed where there is none."""
    for analysis in found.analyses:
        if analysis.type != "transcript" or not isinstance(analysis.body, dict | list):
            continue
        content = json.dumps(analysis.body).encode()
        with NamedTemporaryFile(prefix="timbre-words-", suffix=".json") as file, suppress(WordsError):
            file.write(content)
            file.flush()
            read_transcript(Path(file.name))
            return content
    return None


def _time(told: str) -> float | None:
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(told)
        return at.timestamp() if at.tzinfo else None
    return None
