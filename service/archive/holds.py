"""Legal hold: calls that must be kept while somebody says so, whatever their days or who asks for their deletion.

A hold is on one call, on every call of an agent, or on a campaign, those that come later too. Who set it, when and why
stays, and so does who released it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from service.archive.access import not_there
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.tables import Campaign, Person
from service.archive.tables_calls import Call
from service.archive.tables_holds import Hold

Kind = Literal["call", "agent", "campaign"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_TABLES: dict[Kind, type[Call] | type[Person] | type[Campaign]] = {
    "call": Call,
    "agent": Person,
    "campaign": Campaign,
}


def held() -> ColumnElement[bool]:
    """The condition on `Call` that nothing of it may go."""
    ids = {"call": Call.id, "agent": Call.agent_id, "campaign": Call.campaign_id}
    under = [and_(Hold.kind == kind, Hold.target == column) for kind, column in ids.items()]
    return or_(Call.legal_hold, select(Hold.id).where(or_(*under), Hold.released_at.is_(None)).exists())


def is_held(session: Session, call_id: str) -> bool:
    """Whether the call is under a hold."""
    return session.scalar(select(Call.id).where(Call.id == call_id, held())) is not None


def agent_is_held(session: Session, person_id: str) -> bool:
    """Whether a person's calls are under a hold as a whole."""
    own = (Hold.kind == "agent") & (Hold.target == person_id) & Hold.released_at.is_(None)
    return session.scalar(select(Hold.id).where(own).limit(1)) is not None


def add_hold(session: Session, kind: Kind, target: str, reason: str, by: str) -> Hold:
    """Hold it from now on. Raises NotThere, and ArchiveError without a reason."""
    if not reason.strip():
        raise ArchiveError("hold.no_reason")
    if session.get(_TABLES[kind], target) is None:
        raise not_there()
    hold = Hold(kind=kind, target=target, reason=" ".join(reason.split())[:400], by=by)
    session.add(hold)
    session.flush()
    note_down(session, by, "hold", hold=hold.id, kind=kind, target=target)
    return hold


def release_hold(session: Session, hold_id: str, by: str) -> None:
    """It holds nothing any more. Raises NotThere for one that is none, or released already."""
    hold = session.get(Hold, hold_id)
    if hold is None or hold.released_at is not None:
        raise not_there()
    hold.released_by, hold.released_at = by, time.time()
    note_down(session, by, "hold_released", hold=hold.id)


def open_holds(session: Session) -> Sequence[Hold]:
    """Those that hold, oldest first."""
    return session.scalars(select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.at, Hold.id)).all()
