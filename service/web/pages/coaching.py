"""My week and a session: from the coach's start to sound in three clicks."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from service.archive.coaching import NOTE_CHARACTERS, MyWeek, my_week, own_session, session_for, write_note
from service.archive.goals import MIN_CALLS, set_goal
from service.archive.session_moments import fill, swap
from service.archive.weeks import read_week, week_of, written
from service.labels import Labels
from service.web.guard import Here, Visitor, may
from service.web.pages.dates import day_of, line_name, week_link, week_said
from service.web.pages.session_view import shown_session
from service.web.pages.shell import labels_of, posted, seen_next, shown

router = APIRouter(include_in_schema=False)
Id = Annotated[str, Form(max_length=16)]


@router.get("/week")
def week(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("coach"))],
    here: Here,
    w: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """The agents of the coach's teams by name: who was not coached yet, goals, disputes."""
    number, now, labels = read_week(w) if w else week_of(time.time()), week_of(time.time()), labels_of(visitor)
    with here.archive.reading() as session:
        found = my_week(session, visitor.viewer, number)
    return shown(
        request,
        visitor,
        "week.html",
        written=written(number),
        said=week_said(number, labels),
        before=week_link(number - 1),
        after=week_link(number + 1) if number < now else "",
        last=week_link(found.last_with_calls) if _elsewhere(found) and found.last_with_calls is not None else "",
        groups=_groups(found, labels),
        disputes=_disputes(found, labels),
    )


def _elsewhere(found: MyWeek) -> bool:
    """Whether there are calls, and none in this week."""
    return found.last_with_calls not in (None, found.week) and not any(a.calls for a in found.agents)


def _groups(found: MyWeek, labels: Labels) -> list[dict[str, object]]:
    rows = [
        {
            "id": agent.person.id,
            "name": agent.person.name,
            "calls": agent.calls,
            "goal": labels.gesture(agent.goal.gesture) if agent.goal else "",
            "since": week_said(read_week(agent.goal.week), labels) if agent.goal else "",
            "own": agent.own.id if agent.own else "",
            "coached": agent.coached,
        }
        for agent in found.agents
    ]
    return [
        {"key": key, "rows": [row for row in rows if row["coached"] is coached]}
        for key, coached in (("to_coach", False), ("coached", True))
    ]


def _disputes(found: MyWeek, labels: Labels) -> list[dict[str, object]]:
    now = time.time()
    return [
        {
            "agent": call.agent_name,
            "line": line_name(dispute.target, labels),
            "call": call.id,
            "day": day_of(call.started_at, labels),
            "due": day_of(dispute.deadline_at, labels),
            "late": dispute.deadline_at < now,
        }
        for dispute, call in found.disputes
    ]


@router.post("/sessions")
def begin(
    visitor: Annotated[Visitor, Depends(posted("coach"))],
    here: Here,
    agent: Id = "",
    week: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """The session of an agent and a week: the one there is, or a new one with its moments."""
    with here.archive.writing() as session:
        coaching = session_for(session, visitor.viewer, agent, week)
        fill(session, visitor.viewer, coaching)
    return seen_next(f"/sessions/{coaching.id}")


@router.get("/sessions/{session_id}")
def coaching_session(
    request: Request,
    session_id: str,
    visitor: Annotated[Visitor, Depends(may("coach"))],
    here: Here,
    swap: Annotated[int, Query(ge=0, le=3)] = 0,
    compare: Annotated[int, Query(ge=0, le=3)] = 0,
) -> Response:
    """The list to play, the goal, the note. `swap`, `compare`: the place for which more is shown."""
    labels = labels_of(visitor)
    with here.archive.writing() as session:  # what is shown of calls is written down as read
        coaching, agent = own_session(session, visitor.viewer, session_id)
        view = shown_session(session, visitor.viewer, coaching, labels, swap=swap, compare=compare)
    number = read_week(coaching.week)
    return shown(
        request,
        visitor,
        "session.html",
        coaching=coaching,
        agent=agent.name,
        said=week_said(number, labels),
        back=week_link(number),
        view=view,
        swap=swap,
        compare=compare,
        done_on=day_of(coaching.done_at, labels) if coaching.done_at is not None else None,
        few=MIN_CALLS,
        note_characters=NOTE_CHARACTERS,
    )


@router.post("/sessions/{session_id}/moments/{place}")
def take(
    session_id: str,
    place: int,
    visitor: Annotated[Visitor, Depends(posted("coach"))],
    here: Here,
    call: Id = "",
    moment: Id = "",
) -> Response:
    """Another moment at a place of the list."""
    with here.archive.writing() as session:
        coaching, _ = own_session(session, visitor.viewer, session_id)
        swap(session, visitor.viewer, coaching, place, call, moment)
    return seen_next(f"/sessions/{coaching.id}#place-{place}")


@router.post("/sessions/{session_id}/goal")
def goal(
    session_id: str,
    visitor: Annotated[Visitor, Depends(posted("coach"))],
    here: Here,
    gesture: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """The one gesture to work on until the next session."""
    with here.archive.writing() as session:
        coaching, _ = own_session(session, visitor.viewer, session_id)
        set_goal(session, visitor.viewer, coaching, gesture)
    return seen_next(f"/sessions/{coaching.id}#goal")


@router.post("/sessions/{session_id}/note")
def note(
    session_id: str,
    visitor: Annotated[Visitor, Depends(posted("coach"))],
    here: Here,
    note: Annotated[str, Form(max_length=2 * NOTE_CHARACTERS)] = "",
    done: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """The coach's note; `done` yes or no: that the session has taken place, or has not."""
    with here.archive.writing() as session:
        coaching, _ = own_session(session, visitor.viewer, session_id)
        write_note(session, visitor.viewer, coaching, note, done={"yes": True, "no": False}.get(done))
    return seen_next(f"/sessions/{coaching.id}#note")
