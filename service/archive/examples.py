"""Good examples: an agent proposes a call of theirs, or a moment of it, for others to hear; a reviewer decides."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.reviewing import line_of, shown_judgement
from service.archive.tables_calls import Call
from service.archive.tables_reviews import Acknowledgement, Example


def acknowledge(session: Session, viewer: Viewer, call: Call) -> None:
    """The agent of the call has read it; once is enough."""
    viewer.require("acknowledge")
    if session.get(Acknowledgement, (call.id, viewer.person_id)) is None:
        session.add(Acknowledgement(call_id=call.id, person_id=viewer.person_id))
        note_down(session, viewer.person_id, "acknowledge", call_id=call.id)


def has_acknowledged(session: Session, call: Call) -> float | None:
    """When the call's agent said that they had read it."""
    found = session.get(Acknowledgement, (call.id, call.agent_id)) if call.agent_id else None
    return found.at if found else None


def propose(session: Session, viewer: Viewer, call: Call, moment: str, comment: str) -> Example:
    """The agent proposes the call, or one of its moments. Raises ArchiveError: no such moment, proposed already."""
    viewer.require("acknowledge")
    if moment:
        line_of(shown_judgement(session, viewer, call), f"moment:{moment}")
    same = (Example.call_id == call.id, Example.moment == moment, Example.state != "declined")
    if session.scalar(select(Example.id).where(*same).limit(1)):
        raise ArchiveError("web.proposed_already")
    row = Example(call_id=call.id, moment=moment, comment=comment.strip(), proposed_by=viewer.person_id)
    session.add(row)
    note_down(session, viewer.person_id, "propose", call_id=call.id)
    session.flush()
    return row


def decide_example(session: Session, viewer: Viewer, call: Call, example_id: str, *, accepted: bool) -> Example:
    """Takes a proposed example, or declines it. Raises NotThere, ArchiveError for one that is decided."""
    viewer.require("review")
    row = session.scalars(select(Example).where(Example.id == example_id, Example.call_id == call.id)).one_or_none()
    if row is None:
        raise not_there()
    if row.state != "proposed":
        raise ArchiveError("web.example_decided")
    row.state = "accepted" if accepted else "declined"
    row.decided_by, row.decided_at = viewer.person_id, time.time()
    note_down(session, viewer.person_id, "example", call_id=call.id, state=row.state)
    return row


def examples_of(session: Session, call: Call) -> list[Example]:
    """All of a call, oldest first."""
    wanted = select(Example).where(Example.call_id == call.id)
    return list(session.scalars(wanted.order_by(Example.proposed_at, Example.id)))
