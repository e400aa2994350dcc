"""What people say about lines and moments, and a call's release to its agent. It all stays, with who and when."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.archive.audit import note_down, who_heard
from service.archive.calls import get_call
from service.archive.errors import ArchiveError, NotAllowed
from service.archive.events import tell
from service.archive.tables import Person
from service.archive.tables_calls import Call, MomentRow, ReviewRow
from service.web.api.models import ListenerOut, ReviewIn, ReviewOut
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/calls", tags=["reviews"])


@router.post("/{call_id}/reviews", status_code=201, response_model=ReviewOut)
def add_review(
    call_id: str, review: ReviewIn, visitor: Annotated[Visitor, Depends(may("review"))], here: Here
) -> ReviewOut:
    """Agree, disagree (with a reason) or comment. A moment anyone has judged leaves the inbox."""
    if review.says == "disagree" and not review.reason.strip():
        raise ArchiveError("web.reason_needed")
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "review")
        row = ReviewRow(call_id=call.id, person_id=visitor.viewer.person_id, **review.model_dump())
        session.add(row)
        _judge_moment(session, call, review.target)
        note_down(session, visitor.viewer.person_id, "review", call_id=call.id, says=review.says)
        session.flush()
        return _out(row)


def _judge_moment(session: Session, call: Call, target: str) -> None:
    """Raises ArchiveError when the call has no such moment."""
    kind, _, moment = target.partition(":")
    if kind != "moment":
        return
    row = session.scalars(select(MomentRow).where(MomentRow.call_id == call.id, MomentRow.moment == moment)).first()
    if row is None:
        raise ArchiveError("web.no_such_moment")
    if row.reviewed_at is None:
        row.reviewed_at = time.time()
        session.flush()
        open_ = select(func.count()).select_from(MomentRow)
        waiting = session.scalar(open_.where(MomentRow.call_id == call.id, MomentRow.reviewed_at.is_(None)))
        session.execute(update(Call).where(Call.id == call.id).values(open_moments=waiting))


@router.get("/{call_id}/reviews", response_model=list[ReviewOut])
def get_reviews(call_id: str, visitor: Annotated[Visitor, Depends(may("read"))], here: Here) -> list[ReviewOut]:
    """What was said, oldest first."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "read")
        rows = session.scalars(select(ReviewRow).where(ReviewRow.call_id == call.id).order_by(ReviewRow.created_at))
        return [_out(row) for row in rows]


def _out(row: ReviewRow) -> ReviewOut:
    return ReviewOut.model_validate(
        {"id": row.id, "person_id": row.person_id, "at": row.created_at, "target": row.target, "says": row.says,
         "reason": row.reason}
    )  # fmt: skip


@router.post("/{call_id}/release", status_code=204)
def release(call_id: str, visitor: Annotated[Visitor, Depends(may("release"))], here: Here) -> Response:
    """The agent sees the call from now on. Raises ArchiveError before there is a result."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "release")
        if call.state != "done":
            raise ArchiveError("web.not_done")
        if call.released_at is None:
            session.execute(update(Call).where(Call.id == call.id).values(released_at=time.time()))
            note_down(session, visitor.viewer.person_id, "release", call_id=call.id)
            tell(session, call.id, "released")
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
