"""What people say about lines and moments, and a call's release to its agent. It all stays, with who and when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from service.archive.audit import who_heard
from service.archive.calls import get_call
from service.archive.errors import NotAllowed
from service.archive.reviewing import Said, release_call, reviews_of, say
from service.archive.tables import Person
from service.archive.tables_calls import ReviewRow
from service.web.api.models import ListenerOut, ReviewIn, ReviewOut
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/calls", tags=["reviews"])


@router.post("/{call_id}/reviews", status_code=201, response_model=ReviewOut)
def add_review(
    call_id: str, review: ReviewIn, visitor: Annotated[Visitor, Depends(may("review"))], here: Here
) -> ReviewOut:
    """Agree, disagree (with a reason) or comment. A moment anyone has judged leaves the inbox."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "review")
        return _out(say(session, visitor.viewer, call, Said(review.target, review.says, review.reason)))


@router.get("/{call_id}/reviews", response_model=list[ReviewOut])
def get_reviews(call_id: str, visitor: Annotated[Visitor, Depends(may("read"))], here: Here) -> list[ReviewOut]:
    """What was said, oldest first."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "read")
        return [_out(row) for row, _ in reviews_of(session, visitor.viewer, call)]


def _out(row: ReviewRow) -> ReviewOut:
    return ReviewOut.model_validate(
        {"id": row.id, "person_id": row.person_id, "at": row.created_at, "target": row.target, "says": row.says,
         "reason": row.reason, "value": row.value, "blind": row.blind, "heard": row.heard}
    )  # fmt: skip


@router.post("/{call_id}/release", status_code=204)
def release(call_id: str, visitor: Annotated[Visitor, Depends(may("release"))], here: Here) -> Response:
    """The agent sees the call from now on. Raises ArchiveError before there is a result."""
    with here.archive.writing() as session:
        release_call(session, visitor.viewer, get_call(session, visitor.viewer, call_id, "release"))
    return Response(status_code=204)


@router.get("/{call_id}/listeners", response_model=list[ListenerOut])
def get_listeners(call_id: str, visitor: Annotated[Visitor, Depends(may("list"))], here: Here) -> list[ListenerOut]:
    """Who listened to a call, read it, exported, overrode or released it, latest first. Not for auditors."""
    with here.archive.reading() as session:
        call = get_call(session, visitor.viewer, call_id, "list")
        if visitor.viewer.role == "auditor":
            raise NotAllowed("archive.not_allowed", action="listeners")
        rows = who_heard(session, call.id)
        people = {p.id: p for p in session.scalars(select(Person).where(Person.id.in_({r.person_id for r in rows})))}
    return [
        ListenerOut(at=row.at, action=row.action, name=people[row.person_id].name, role=people[row.person_id].role)
        for row in rows
        if row.person_id in people
    ]
