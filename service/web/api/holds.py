"""Legal holds, for admins of the house: which calls may not go, who said so, and why."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from service.archive.errors import NotAllowed
from service.archive.holds import add_hold, open_holds, release_hold
from service.archive.tables_holds import Hold
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/holds", tags=["holds"])
Admin = Annotated[Visitor, Depends(may("settings"))]


class HoldIn(BaseModel):
    """What is to be kept: `target` is the id of a call, of an agent or of a campaign."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "campaign", "target": "c0aB1cq3jXo9s8VY", "reason": "case 2026/118"}]},
    )
    kind: Literal["call", "agent", "campaign"]
    target: str = Field(min_length=1, max_length=16)
    reason: str = Field(min_length=1, max_length=400)


class HoldOut(HoldIn):
    """A hold that is open."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "h0aB1cq3jXo9s8VY", "kind": "campaign", "target": "c0aB1cq3jXo9s8VY", "reason": "case 2026/118",
                 "by": "p0aB1cq3jXo9s8VY", "at": 1764115200.0}
            ]
        }
    )  # fmt: skip
    id: str
    by: str
    at: float


@router.post("", status_code=201, response_model=HoldOut)
def post_hold(new: HoldIn, visitor: Admin, here: Here) -> HoldOut:
    """From now on nothing of these calls is purged or deleted, of those that come later neither."""
    _require_house(visitor)
    with here.archive.writing() as session:
        return _out(add_hold(session, new.kind, new.target, new.reason, visitor.viewer.person_id))


@router.get("", response_model=list[HoldOut])
def get_holds(visitor: Admin, here: Here) -> list[HoldOut]:
    """Those that are open, oldest first."""
    _require_house(visitor)
    with here.archive.reading() as session:
        return [_out(hold) for hold in open_holds(session)]


@router.delete("/{hold_id}", status_code=204)
def delete_hold(hold_id: str, visitor: Admin, here: Here) -> Response:
    """The hold ends. That it was, with who and why, stays."""
    _require_house(visitor)
    with here.archive.writing() as session:
        release_hold(session, hold_id, visitor.viewer.person_id)
    return Response(status_code=204)


def _require_house(visitor: Visitor) -> None:
    """An admin of one account does not see the other accounts' holds."""
    if visitor.viewer.account_id is not None:
        raise NotAllowed("archive.not_allowed", action="settings")


def _out(hold: Hold) -> HoldOut:
    return HoldOut.model_validate(
        {name: getattr(hold, name) for name in ("id", "kind", "target", "reason", "by", "at")}
    )
