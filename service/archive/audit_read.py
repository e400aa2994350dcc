"""Reading the audit: who did what, latest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, visible
from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Call

PAGE = 100


@dataclass(frozen=True)
class AuditFilter:
    """None and empty leave a filter out. `who`: login or id. Times are Unix seconds."""

    who: str = ""
    action: str = ""
    call_id: str = ""
    since: float | None = None
    until: float | None = None


def audit_rows(
    session: Session, viewer: Viewer, wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE
) -> Sequence[AuditRow]:
    """Rows with an id under `before`, latest first. Raises NotAllowed.

    An admin of one account reads what was done with calls of that account.
    """
    viewer.require("audit")
    found = _chosen(session, wanted)
    if viewer.account_id:
        found = found.where(AuditRow.call_id.in_(select(Call.id).where(visible(viewer))))
    if before is not None:
        found = found.where(AuditRow.id < before)
    return session.scalars(found.order_by(AuditRow.id.desc()).limit(limit)).all()


def _chosen(session: Session, wanted: AuditFilter) -> Select[AuditRow]:
    found = select(AuditRow)
    if wanted.who:
        known = or_(Person.login == wanted.who, Person.id == wanted.who)
        ids = [*session.scalars(select(Person.id).where(known)), wanted.who]
        found = found.where(AuditRow.person_id.in_(ids))
    if wanted.action:
        found = found.where(AuditRow.action == wanted.action)
    if wanted.call_id:
        found = found.where(AuditRow.call_id == wanted.call_id)
    if wanted.since is not None:
        found = found.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(AuditRow.at < wanted.until)
    return found


def people_of(session: Session, rows: Sequence[AuditRow]) -> dict[str, Person]:
    """Who did it, by id; those who were deleted are missing."""
    return {p.id: p for p in session.scalars(select(Person).where(Person.id.in_({row.person_id for row in rows})))}


def actions_known(session: Session) -> list[str]:
    """Actions that were ever written down."""
    return sorted(session.scalars(select(AuditRow.action).distinct()))
