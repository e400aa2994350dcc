"""What happens to calls, numbered, for those who watch: a watcher who was away asks for what came after a number."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.tables_calls import Event


def tell(session: Session, call_id: str, kind: str, **detail: str | float) -> None:
    """Add an event: ids, codes and numbers only."""
    session.add(Event(call_id=call_id, kind=kind, detail=detail))


def since(session: Session, call_id: str, after: int = 0, *, limit: int = 100) -> list[Event]:
    """Events of a call after number `after`, oldest first."""
    wanted = select(Event).where(Event.call_id == call_id, Event.id > after).order_by(Event.id).limit(limit)
    return list(session.scalars(wanted))
