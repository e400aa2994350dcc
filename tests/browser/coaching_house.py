"""A service with a coach, an agent with four real calls this week, and a past: for browsers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.archive.engine import Archive, open_archive
from service.archive.tables import Person, new_id
from service.archive.tables_calls import Call, LineRow
from service.archive.tables_reviews import Dispute, Goal
from service.archive.weeks import WEEK_S, week_of, written
from service.say import Lang
from tests.calls import NAMES
from tests.service.running import PASSWORD, Browser, Home, campaign_id, serving

TEAM = "service/red"
COACH, AGENT, AGENT_NAME = "claude", "lea", "Léa Martin"
EVIL = "<img src=x onerror=alert(1)>"
GOAL = "reformulation"
DAY_S = 86400.0


@dataclass(frozen=True)
class House:
    """Where it answers, and its archive."""

    address: str
    archive: Archive
    calls: tuple[str, ...]

    def speak(self, lang: Lang) -> None:
        """Everybody reads their pages in this language from now on."""
        with self.archive.writing() as session:
            session.execute(sa.update(Person).values(lang=lang))


@contextmanager
def coaching_house(folder: Path) -> Iterator[House]:
    """Open until the block ends."""
    home = Home(folder)
    campaign = campaign_id(home.quickly("campaigns", "add", "service"))
    home.quickly("users", "add", "quality", "--role", "qa", said=PASSWORD)
    home.quickly("users", "add", "boss", "--role", "admin", said=PASSWORD)
    home.quickly("users", "add", COACH, "--role", "coach", "--team", TEAM, said=PASSWORD)
    home.quickly("users", "add", AGENT, "--role", "agent", "--team", TEAM, "--name", AGENT_NAME, said=PASSWORD)
    home.quickly("users", "add", "evil", "--role", "agent", "--team", TEAM, "--name", EVIL, "--no-password")
    with serving(home) as (address, _):
        client = Browser(address, "quality")
        calls = tuple(str(call["id"]) for call in client.upload(campaign, *NAMES, agent=AGENT))
        assert [client.events(call)[-1] for call in calls] == ["done"] * len(calls), home.log.read_text()
        for call in calls:
            client.client.post(f"/api/v1/calls/{call}/release", headers={"x-csrf-token": client.csrf})
        archive = open_archive(str(folder / "data" / "timbre.db"))
        _past(archive)
        yield House(address, archive, calls)
        archive.close()


def _past(archive: Archive) -> None:
    """Nine calls in each of the eight weeks before, a goal set five weeks ago, an open dispute."""
    with archive.writing() as session:
        coach, agent = (session.scalars(sa.select(Person).where(Person.login == who)).one() for who in (COACH, AGENT))
        newest = session.scalars(sa.select(Call).where(Call.agent_id == agent.id).order_by(Call.name)).all()
        week = written(week_of(time.time()) - 5)
        session.add(Goal(agent_id=agent.id, coach_id=coach.id, gesture=GOAL, week=week))
        facts = {"call_id": newest[0].id, "person_id": agent.id, "deadline_at": time.time() + 5 * DAY_S}
        session.add(Dispute(target="gesture:greeting", reason="Je l’ai dit.", **facts))
        for n in range(72):
            _earlier(session, newest[0], n)


def _earlier(session: Session, like: Call, n: int) -> None:
    """A call like one of this week's, 1 to 8 weeks before, without its sound."""
    at = like.started_at - (1 + n % 8) * WEEK_S - n * 60.0
    names = ("account_id", "campaign_id", "team_id", "agent_id", "agent_name", "series", "language")
    call = Call(id=new_id(), content_key=f"{n:03}{like.id}", name=f"appel {n}.wav", started_at=at, released_at=at,
                state="done", outcome="conversation", duration_s=300.0, script=55.0 + n % 8 * 3 + n % 5,
                intention=40.0 + n % 7 * 5, **{name: getattr(like, name) for name in names})  # fmt: skip
    session.add(call)
    session.flush()
    session.add(
        LineRow(call_id=call.id, line=f"gesture:{GOAL}", verdict=("missing", "lived", "mechanical")[n % 3],
                week=week_of(at), series=like.series, agent_id=like.agent_id, team_id=like.team_id)
    )  # fmt: skip
