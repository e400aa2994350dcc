"""What happens to a call, as server-sent events: numbered, so that a browser that was away catches up."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.archive.calls import get_call
from service.archive.events import since
from service.archive.tables_calls import Event
from service.web.guard import Here, Rooms, Visitor, may

router = APIRouter(prefix="/api/v1/calls", tags=["events"])
HEARTBEAT_S = 15.0
LOOK_S = 0.5
LONGEST_S = 600.0
"""Then the browser asks again, from where it was: no watcher holds on for ever."""
LAST = frozenset({"done", "failed"})


@router.get("/{call_id}/events", response_class=StreamingResponse)
async def events(
    call_id: str,
    request: Request,
    visitor: Annotated[Visitor, Depends(may("list"))],
    here: Here,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> StreamingResponse:
    """Events of a call after `Last-Event-ID` (or `after`), until it is done; a heartbeat in between.

    Whoever can't hold a stream polls the call itself.
    """
    at = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else after
    await run_in_threadpool(_look, here, visitor, call_id, 0)  # not there is an answer, not a stream
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_told(here, visitor, call_id, at, request), 200, headers, "text/event-stream")


async def _told(here: Rooms, visitor: Visitor, call_id: str, at: int, request: Request) -> AsyncIterator[str]:
    begun = beat = time.monotonic()
    while time.monotonic() - begun < LONGEST_S and not await request.is_disconnected():
        found = await run_in_threadpool(_look, here, visitor, call_id, at)
        for event in found:
            at = event.id
            yield f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(event.detail)}\n\n"
        if any(event.kind in LAST for event in found):
            return
        if time.monotonic() - beat >= HEARTBEAT_S:
            beat = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)


def _look(here: Rooms, visitor: Visitor, call_id: str, at: int) -> list[Event]:
    """Asked anew each time: who may no longer see the call hears no more of it."""
    with here.archive.reading() as session:
        get_call(session, visitor.viewer, call_id, "list")
        return since(session, call_id, at)
