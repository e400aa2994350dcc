"""Disputes: an agent says that a line of a call of theirs is wrong; somebody answers within the campaign's deadline.

While a dispute is open its line counts in no aggregate. Upheld, the line is decided anew in the same step; declined or
withdrawn, it counts again as it was.
"""

from __future__ import annotations

import time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.mending import mend, name_of
from service.archive.overriding import decided
from service.archive.reviewing import line_of, shown_judgement
from service.archive.tables import Campaign
from service.archive.tables_calls import Call, LineRow
from service.archive.tables_reviews import Dispute

DAY_S = 86400.0
LINES = ("gesture", "criterion")
TEXT_CHARACTERS = 1000


def open_dispute(session: Session, viewer: Viewer, call: Call, target: str, reason: str) -> Dispute:
    """The agent of the call disputes a line. Raises ArchiveError: no such line, no reason, disputed already."""
    _own(viewer, call)
    if target.partition(":")[0] not in LINES:
        raise ArchiveError("web.no_such_line")
    line_of(shown_judgement(session, viewer, call), target)
    if not reason.strip():
        raise ArchiveError("web.dispute_reason")
    open_ = (Dispute.call_id == call.id, Dispute.target == target, Dispute.state == "open")
    if session.scalar(select(Dispute.id).where(*open_).limit(1)):
        raise ArchiveError("web.disputed_already")
    days = session.get_one(Campaign, call.campaign_id).dispute_days
    now = time.time()
    row = Dispute(call_id=call.id, person_id=viewer.person_id, target=target, reason=reason.strip(), opened_at=now,
                  deadline_at=now + days * DAY_S)  # fmt: skip
    session.add(row)
    _counts(session, call, target, not_now=True)
    note_down(session, viewer.person_id, "dispute", call_id=call.id, state="open")
    session.flush()
    return row


def _own(viewer: Viewer, call: Call) -> None:
    viewer.require("acknowledge")
    if call.agent_id != viewer.person_id:
        raise not_there()


def withdraw(session: Session, viewer: Viewer, call: Call, dispute_id: str) -> Dispute:
    """The agent takes their own dispute back. Raises NotThere, ArchiveError for one that is closed."""
    _own(viewer, call)
    row = _open_one(session, call, dispute_id)
    if row.person_id != viewer.person_id:
        raise not_there()
    _close(session, viewer, call, row, "withdrawn", "")
    return row


def answer(
    session: Session, viewer: Viewer, call: Call, dispute_id: str, text: str, *, value: dict[str, object] | None
) -> Dispute:
    """Closes a dispute with an answer: upheld where `value` says what holds instead, else declined.

    Raises ArchiveError: no answer, a value that does not fit the line, closed already; and as `mend` does.
    """
    viewer.require("review")
    row = _open_one(session, call, dispute_id)
    if not text.strip():
        raise ArchiveError("web.answer_needed")
    _close(session, viewer, call, row, "declined" if value is None else "upheld", text.strip())
    if value is not None:
        change = decided(session, viewer, call, row.target, text.strip(), value, name_of(session, viewer))
        mend(session, viewer, call, change)
    return row


def _open_one(session: Session, call: Call, dispute_id: str) -> Dispute:
    row = session.scalars(select(Dispute).where(Dispute.id == dispute_id, Dispute.call_id == call.id)).one_or_none()
    if row is None:
        raise not_there()
    if row.state != "open":
        raise ArchiveError("web.dispute_closed")
    return row


def _close(session: Session, viewer: Viewer, call: Call, row: Dispute, state: str, text: str) -> None:
    row.state, row.answer, row.decided_by, row.decided_at = state, text, viewer.person_id, time.time()
    session.flush()
    _counts(session, call, row.target, not_now=False)
    note_down(session, viewer.person_id, "dispute", call_id=call.id, state=state)


def _counts(session: Session, call: Call, target: str, *, not_now: bool) -> None:
    """Whether aggregates leave the line out."""
    own = (LineRow.call_id == call.id, LineRow.line == target)
    session.execute(update(LineRow).where(*own).values(disputed=not_now))


def disputes_of(session: Session, call: Call) -> list[Dispute]:
    """All of a call, oldest first."""
    wanted = select(Dispute).where(Dispute.call_id == call.id)
    return list(session.scalars(wanted.order_by(Dispute.opened_at, Dispute.id)))
