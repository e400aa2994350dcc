"""A coach's week: their agents by name, who was not coached yet, goals and disputes that are open; and the sessions.

A session is between one coach and one agent in one week; nobody else opens it. Agents stand by name, never by a score.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.archive.access import Viewer, coached, not_there, visible
from service.archive.audit import note_down
from service.archive.goals import open_goals
from service.archive.tables import Person
from service.archive.tables_calls import Call
from service.archive.tables_reviews import CoachingSession, Dispute, Goal
from service.archive.weeks import WEEK_S, read_week, starts_at, week_of, written

MOST_AGENTS, MOST_DISPUTES = 500, 100
NOTE_CHARACTERS = 2000


@dataclass(frozen=True)
class AgentWeek:
    """One agent of the coach's. `calls`: done in the week, and for this coach. `own`: the coach's own session of it."""

    person: Person
    calls: int
    own: CoachingSession | None
    coached: bool
    goal: Goal | None


@dataclass(frozen=True)
class MyWeek:
    """`week`: its number (`service.archive.weeks`). `last_with_calls`: where there is something to hear, if any."""

    week: int
    agents: tuple[AgentWeek, ...]
    disputes: tuple[tuple[Dispute, Call], ...]
    last_with_calls: int | None


def my_week(session: Session, viewer: Viewer, week: int) -> MyWeek:
    """What waits for this coach in a week. Raises NotAllowed for who coaches nobody."""
    viewer.require("coach")
    people = agents_of(session, viewer)
    ids = [person.id for person in people]
    counted, sessions, goals = (
        _calls_in(session, viewer, week),
        _sessions_in(session, ids, week),
        open_goals(session, ids),
    )
    agents = tuple(
        AgentWeek(
            person=person,
            calls=counted.get(person.id, 0),
            own=next((s for s in sessions.get(person.id, ()) if s.coach_id == viewer.person_id), None),
            coached=any(s.done_at is not None for s in sessions.get(person.id, ())),
            goal=goals.get(person.id),
        )
        for person in people
    )
    return MyWeek(week, agents, _disputes(session, viewer), _last_with_calls(session, viewer))


def agents_of(session: Session, viewer: Viewer) -> list[Person]:
    """The agents of the coach's teams, by name; not those who have left."""
    here = (Person.active_until.is_(None)) | (Person.active_until > time.time())
    wanted = select(Person).where(coached(viewer), here).order_by(Person.name, Person.login).limit(MOST_AGENTS)
    return list(session.scalars(wanted))


def _calls_in(session: Session, viewer: Viewer, week: int) -> Mapping[str, int]:
    begin_s = starts_at(week)
    within = (Call.started_at >= begin_s) & (Call.started_at < begin_s + WEEK_S) & (Call.state == "done")
    counted = select(Call.agent_id, func.count()).where(visible(viewer), within).group_by(Call.agent_id)
    return {agent: n for agent, n in session.execute(counted) if agent is not None}


def _sessions_in(session: Session, agents: Sequence[str], week: int) -> Mapping[str, list[CoachingSession]]:
    wanted = select(CoachingSession).where(CoachingSession.agent_id.in_(agents), CoachingSession.week == written(week))
    found: dict[str, list[CoachingSession]] = {}
    for one in session.scalars(wanted):
        found.setdefault(one.agent_id, []).append(one)
    return found


def _disputes(session: Session, viewer: Viewer) -> tuple[tuple[Dispute, Call], ...]:
    """Open ones on calls of the coach's teams, the one that is due first at the top."""
    wanted = (
        select(Dispute, Call).join(Call, Call.id == Dispute.call_id).where(Dispute.state == "open", visible(viewer))
    )
    rows = session.execute(wanted.order_by(Dispute.deadline_at, Dispute.id).limit(MOST_DISPUTES))
    return tuple((dispute, call) for dispute, call in rows)


def _last_with_calls(session: Session, viewer: Viewer) -> int | None:
    newest = select(Call.started_at).where(visible(viewer), Call.state == "done")
    at = session.scalar(newest.order_by(Call.started_at.desc()).limit(1))
    return None if at is None else week_of(at)


def coached_agent(session: Session, viewer: Viewer, agent_id: str) -> Person:
    """The agent, when this viewer coaches them. Raises NotAllowed, NotThere."""
    viewer.require("coach")
    found = session.scalars(select(Person).where(Person.id == agent_id, coached(viewer))).one_or_none()
    if found is None:
        raise not_there()
    return found


def session_for(session: Session, viewer: Viewer, agent_id: str, week: str) -> CoachingSession:
    """The coach's session with an agent in a week, begun when there is none. Raises NotThere, ArchiveError."""
    agent, week = coached_agent(session, viewer, agent_id), written(read_week(week))
    own = select(CoachingSession).where(
        CoachingSession.agent_id == agent.id, CoachingSession.coach_id == viewer.person_id, CoachingSession.week == week
    )
    found = session.scalars(own).one_or_none()
    return found or _begun(session, viewer, agent, week) or session.scalars(own).one()


def _begun(session: Session, viewer: Viewer, agent: Person, week: str) -> CoachingSession | None:
    """A new session; None when the same was begun in this moment."""
    begun = CoachingSession(agent_id=agent.id, coach_id=viewer.person_id, week=week)
    try:
        with session.begin_nested():
            session.add(begun)
    except IntegrityError:
        return None
    note_down(session, viewer.person_id, "session", coaching=begun.id, agent=agent.id)
    return begun


def own_session(session: Session, viewer: Viewer, session_id: str) -> tuple[CoachingSession, Person]:
    """A session of this coach, with its agent, whom they still coach. Raises NotAllowed, NotThere."""
    viewer.require("coach")
    wanted = select(CoachingSession).where(
        CoachingSession.id == session_id, CoachingSession.coach_id == viewer.person_id
    )
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise not_there()
    return found, coached_agent(session, viewer, found.agent_id)


def write_note(session: Session, viewer: Viewer, found: CoachingSession, note: str, *, done: bool | None) -> None:
    """What the coach wants to keep; `done`: whether the session has taken place, None leaves it as it is."""
    found.note = note[:NOTE_CHARACTERS]
    if done is not None and done != (found.done_at is not None):
        found.done_at = time.time() if done else None
        note_down(session, viewer.person_id, "session_done" if done else "session_reopened", coaching=found.id)
