"""The audit: who listened, read, overrode, exported or changed what. Rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.archive.tables import AuditRow

CLI = "cli"
"""Who the audit names for what was done on the machine itself."""


def note_down(
    session: Session, person_id: str, action: str, *, call_id: str | None = None, **detail: str | float
) -> None:
    """One row, in the transaction of what it tells: neither stands without the other. Ids and codes only."""
    session.add(AuditRow(person_id=person_id, action=action, call_id=call_id, detail=detail))


def has_heard(session: Session, person_id: str, call_id: str, since: float) -> bool:
    """Whether this person's listening to the call is written down since then."""
    own = (AuditRow.person_id == person_id) & (AuditRow.action == "listen")
    return bool(session.scalar(select(exists().where(own, AuditRow.call_id == call_id, AuditRow.at >= since))))


def who_heard(session: Session, call_id: str, *, limit: int = 200) -> list[AuditRow]:
    """Who listened to a call or read it, latest first: what its agent may see."""
    actions = ("listen", "read", "export", "override", "release")
    wanted = select(AuditRow).where(AuditRow.call_id == call_id, AuditRow.action.in_(actions))
    return list(session.scalars(wanted.order_by(AuditRow.at.desc()).limit(limit)))
