"""Whom a request about a person means: somebody of the staff, or a name that calls carry and no staff list knows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from service.archive.errors import ArchiveError
from service.archive.tables import Person
from service.archive.tables_calls import Call


@dataclass(frozen=True)
class Subject:
    """`person` None: a name alone, in calls whose agent nobody knows."""

    person: Person | None
    name: str

    def calls(self) -> ColumnElement[bool]:
        """The condition on `Call` of the calls they spoke in as the agent."""
        if self.person is None:
            return Call.agent_id.is_(None) & (Call.agent_name == self.name)
        return Call.agent_id == self.person.id


def subject_named(session: Session, who: str) -> Subject:
    """By login, telephony id or person's id; else by a name that calls carry. Raises ArchiveError for nobody."""
    if who:
        known = or_(Person.login == who, Person.telephony_id == who, Person.id == who)
        person = session.scalars(select(Person).where(known)).first()
        if person is not None:
            return Subject(person, person.name)
        subject = Subject(None, who)
        if session.scalar(select(Call.id).where(subject.calls()).limit(1)) is not None:
            return subject
    raise ArchiveError("keeping.nobody")
