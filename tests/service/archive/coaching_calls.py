"""Calls with moments and lines as a scoring leaves them, without the documents: for what is counted and chosen."""

from __future__ import annotations

from service.archive.access import viewer_of
from service.archive.logins import teams_of
from service.archive.tables import Person
from service.archive.tables_calls import Call, LineRow, MomentRow
from service.archive.weeks import WEEK_S, read_week, starts_at, week_of
from tests.service.archive.fixtures import add

WEEK = "2026-W47"
NUMBER = read_week(WEEK)
HOUR_S = 3600.0


def viewer(archive, person):
    """Who they are when they log in."""
    with archive.reading() as session:
        return viewer_of(session.get_one(Person, person.id), teams_of(session, person.id))


def call_in(archive, blobs, cast, week=NUMBER, *, hour=1, agent="agent", released=True, **columns):
    """A call that is done, in an hour of a week; `columns`: of its row."""
    person = getattr(cast, agent)
    at = starts_at(week) + hour * HOUR_S
    facts = {"agent_id": person.id, "agent_name": person.name, "team_id": person.team_id, "started_at": at}
    call, new = add(archive, blobs, cast, content=f"{agent} {week} {hour}".encode(), **facts)
    assert new
    with archive.writing() as session:
        row = session.get_one(Call, call.id)
        row.state, row.outcome, row.series, row.duration_s = "done", "conversation", "s", 600.0
        row.released_at = at + WEEK_S if released else None
        for name, value in columns.items():
            setattr(row, name, value)
    return call.id


def moment(archive, call_id, name, *, kind="greeting", good=False, severity=0.5):
    """A moment of it."""
    with archive.writing() as session:
        if not good:
            session.get_one(Call, call_id).has_work = True
        session.add(
            MomentRow(
                call_id=call_id, moment=name, kind=kind, good=good, severity=severity, start_s=10.0, end_s=30.0
            )
        )  # fmt: skip


def line(archive, call_id, gesture, verdict, **columns):
    """A gesture's line of it."""
    with archive.writing() as session:
        call = session.get_one(Call, call_id)
        own = {"team_id": call.team_id, "agent_id": call.agent_id, "series": call.series}
        session.add(
            LineRow(
                call_id=call_id, line=f"gesture:{gesture}", verdict=verdict, machine_verdict=verdict,
                week=week_of(call.started_at),
                **{"start_s": 5.0, "end_s": 7.0, **own, **columns},
            )
        )  # fmt: skip
