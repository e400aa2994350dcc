"""The sound of a call for ears: byte ranges, so that a player can jump. Every listen is written down, once per player.

A player asks for many ranges: the one that begins at the first byte counts as a listen, and so does any other of
somebody who is not known to have listened today.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from audio.decode import decoded
from audio.listening import MIME, EncodedAudio, encode
from audio.timeline import Span
from service.archive.access import not_there
from service.archive.audit import has_heard
from service.archive.calls import get_call
from service.archive.stages import LISTEN
from service.archive.tables_calls import MomentRow, RecordingFile
from service.web.guard import Here, Rooms, Visitor, may
from service.wiring import limits_of

router = APIRouter(prefix="/api/v1/calls", tags=["audio"])
CHUNK_BYTES = 1 << 16
LISTEN_S = 12 * 3600.0
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


@router.get("/{call_id}/audio", response_class=StreamingResponse, responses={206: {}, 416: {}})
def get_audio(
    call_id: str,
    visitor: Annotated[Visitor, Depends(may("listen"))],
    here: Here,
    range: Annotated[str, Header(max_length=100)] = "",
) -> Response:
    """The copy that browsers play (Opus in WebM), whole or a range of bytes."""
    with here.archive.writing() as session:
        row = _copy_of(session, visitor, call_id, counts=_is_listen(session, visitor, call_id, range))
    return ranged(here, row.place, row.media_type, range)


def _is_listen(session: Session, visitor: Visitor, call_id: str, asked: str) -> bool:
    if not asked or asked.startswith("bytes=0-"):
        return True
    return not has_heard(session, visitor.viewer.person_id, call_id, time.time() - LISTEN_S)


@router.get("/{call_id}/moments/{moment}/clip", response_class=Response, responses={200: {"content": {MIME: {}}}})
def get_clip(call_id: str, moment: str, visitor: Annotated[Visitor, Depends(may("listen"))], here: Here) -> Response:
    """The seconds of one moment, with what led there: Opus in WebM of its own."""
    with here.archive.writing() as session:
        row = _copy_of(session, visitor, call_id, counts=True)
        wanted = select(MomentRow).where(MomentRow.call_id == call_id, MomentRow.moment == moment)
        found = session.scalars(wanted).one_or_none()
        if found is None:  # and nothing was heard
            raise not_there()
    sound = cut(here, row.place, Span(found.start_s, found.end_s))
    return Response(sound.data, media_type=row.media_type, headers={"cache-control": "private, no-store"})


def cut(here: Rooms, place: str, span: Span) -> EncodedAudio:
    """A stretch of the copy that browsers play."""
    with NamedTemporaryFile(prefix="timbre-clip-", suffix=".webm") as file:
        with here.blobs.open(place) as source:
            shutil.copyfileobj(source, file)
        file.flush()
        with decoded(Path(file.name), limits=limits_of(here.settings)) as recording:
            return encode(recording.channels[:2], span)


def _copy_of(session: Session, visitor: Visitor, call_id: str, *, counts: bool) -> RecordingFile:
    call = get_call(session, visitor.viewer, call_id, "listen" if counts else "list")
    wanted = select(RecordingFile).where(RecordingFile.call_id == call.id, RecordingFile.kind == LISTEN)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise not_there()
    return row


def ranged(here: Rooms, place: str, media_type: str, asked: str) -> Response:
    """A blob, whole or in part."""
    size = here.blobs.size(place)
    headers = {"accept-ranges": "bytes", "cache-control": "private, no-store"}
    span = range_of(asked, size) if asked else (0, size - 1)
    if span is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    first, last = span
    headers["content-length"] = str(last - first + 1)
    if asked:
        headers["content-range"] = f"bytes {first}-{last}/{size}"
    body = _bytes(here, place, first, last - first + 1)
    return StreamingResponse(body, 206 if asked else 200, headers, media_type)


def range_of(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range header; None when it can't be given."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    if match.group(1) == "":  # the last so many bytes
        first, last = max(0, size - int(match.group(2))), size - 1
    else:
        first, last = int(match.group(1)), min(int(match.group(2) or size - 1), size - 1)
    return (first, last) if first <= last < size else None


def _bytes(here: Rooms, place: str, first: int, n: int) -> Iterator[bytes]:
    with ExitStack() as stack:
        stream: IO[bytes] = stack.enter_context(here.blobs.open(place))
        stream.seek(first)
        while n > 0 and (chunk := stream.read(min(CHUNK_BYTES, n))):
            n -= len(chunk)
            yield chunk
