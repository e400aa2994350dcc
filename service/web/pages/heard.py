"""What a player tells of the seconds that were really played: `/static/heard.js` sends them a few at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from service.archive.calls import get_call
from service.archive.heard import keep_heard
from service.web.guard import Here, Visitor, may

router = APIRouter(include_in_schema=False)
MOST_AT_ONCE = 100


class Played(BaseModel):
    """Stretches of a call, seconds from its start."""

    model_config = ConfigDict(extra="forbid")
    played: list[tuple[float, float]] = Field(max_length=MOST_AT_ONCE)


@router.post("/calls/{call_id}/heard", status_code=204)
def heard(call_id: str, body: Played, visitor: Annotated[Visitor, Depends(may("listen"))], here: Here) -> Response:
    """Keeps them; the listen itself was written down when the sound was asked for."""
    with here.archive.writing() as session:
        keep_heard(session, visitor.viewer, get_call(session, visitor.viewer, call_id, "list"), body.played)
    return Response(status_code=204)
