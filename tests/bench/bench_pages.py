"""Pages at 100,000 calls: `python -m tests.bench pages` (long: it fills two databases).

Calls, moments and lines as a scoring leaves them, spread over 300 agents in 20 teams and a year; documents of one real
judgement for the calls of one team, whose coach and agents ask. Each page is asked through the application, 30 times.
TIMBRE_BENCH_CALLS makes it smaller; the figures then say so.
"""

from __future__ import annotations

import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from fastapi.testclient import TestClient

from service.archive.blobs import Blobs
from service.archive.engine import Archive, open_archive
from service.archive.lines import rows_of
from service.archive.logins import open_session
from service.archive.results import stored_result
from service.archive.tables import Coaching, Person
from service.archive.tables_calls import Call, LineRow, MomentRow, ResultDocument
from service.archive.tables_reviews import Goal
from service.archive.weeks import week_of, written
from service.scoring.documents import Result, as_json
from service.scoring.judgement import Judgement
from service.settings import Settings
from service.web.app import create_app
from service.web.guard import COOKIE, Rooms
from service.web.settling import settle
from tests.bench.bench_archive import AGENTS, BATCH, CALLS, House, _call, _postgresql, _sqlite
from tests.bench.report import Report
from tests.service.archive.fixtures import Cast
from tests.service.archive.test_worker import shipped_call, work_all

TRIES, MOST_S = 30, 0.200
VERDICTS = ("lived", "mechanical", "done", "missing", "not_expected")


def run(report: Report) -> None:
    """Both databases."""
    result = _judged_once()
    for name, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with opened() as archive, tempfile.TemporaryDirectory() as folder:
            begun_s = time.perf_counter()
            house = fill(archive, result)
            report.heading(f"{name}: pages at {CALLS} calls ({time.perf_counter() - begun_s:.0f} s to fill)")
            _ask_all(report, name, Rooms(archive, Blobs(folder), Settings(transcriber="none")), house)


def _judged_once() -> Result:
    """A shipped call, analysed."""
    with tempfile.TemporaryDirectory() as folder:
        archive, blobs = open_archive(str(Path(folder) / "one.db")), Blobs(str(Path(folder) / "blobs"))
        call = shipped_call(archive, blobs, Cast(archive), name="en_lived")
        work_all(archive, blobs)
        with archive.reading() as session:
            result = stored_result(session, call.id)
        archive.close()
        return result


def fill(archive: Archive, result: Result) -> House:
    """An archive full of calls like one."""
    house, rng = House(archive), np.random.default_rng(7)
    judgement = result.judgement
    assert judgement is not None
    documents = _documents(result)
    for first in range(0, CALLS, BATCH):
        work = {"has_work": not all(m.good for m in judgement.moments)}
        calls = [{**_done(_call(house, n, rng)), **work} for n in range(first, min(first + BATCH, CALLS))]
        of_team = [call for call in calls if call["team_id"] == house.teams[0].id]
        with archive.writing() as session:
            session.execute(sa.insert(Call), calls)
            session.execute(sa.insert(MomentRow), [m for call in calls for m in _moments(call, judgement, rng)])
            session.execute(sa.insert(LineRow), [row for call in calls for row in _lines(call, judgement, rng)])
            session.execute(sa.insert(ResultDocument), [{"call_id": c["id"], **d} for c in of_team for d in documents])
    _people(archive, house)
    with archive.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return house


def _done(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "state": "done", "outcome": "conversation", "series": "s", "released_at": call["started_at"]}


def _documents(result: Result) -> list[dict[str, Any]]:
    evidence = zlib.compress(as_json(Result(evidence=result.evidence)))
    judgement = zlib.compress(as_json(result.judgement)) if result.judgement else b""
    return [{"kind": "evidence", "body": evidence}, {"kind": "judgement", "body": judgement}]


def _moments(call: dict[str, Any], judgement: Judgement, rng: np.random.Generator) -> list[dict[str, Any]]:
    return [
        {"call_id": call["id"], "moment": m.id, "kind": m.kind, "good": m.good, "severity": float(rng.random()),
         "start_s": m.listen.start_s, "end_s": m.listen.end_s, "reviewed_at": None}
        for m in judgement.moments
    ]  # fmt: skip


def _lines(call: dict[str, Any], judgement: Judgement, rng: np.random.Generator) -> list[dict[str, Any]]:
    own = {"call_id": call["id"], "team_id": call["team_id"], "agent_id": call["agent_id"], "series": "s"}
    week = week_of(call["started_at"])
    verdicts = rng.integers(0, len(VERDICTS), 100)
    return [
        {**own, "week": week, "line": row.line, "verdict": row.verdict and VERDICTS[verdicts[i]],
         "machine_verdict": row.verdict and VERDICTS[verdicts[i]], "score": row.score,
         "start_s": 5.0, "end_s": 7.0, "expected": True, "disputed": False}
        for i, row in enumerate(rows_of(judgement))
    ]  # fmt: skip


def _people(archive: Archive, house: House) -> None:
    """The team's coach; a goal of its first agent."""
    with archive.writing() as session:
        session.add(Person(id="boss", login="boss", name="Boss", role="admin"))
        coach = Person(id="coach", login="coach", name="Coach", role="coach")
        session.add(coach)
        session.flush()
        session.add(Coaching(person_id="coach", team_id=house.teams[0].id))
        agent = house.agents[0]
        week = written(week_of(1.72e9))
        session.add(Goal(agent_id=agent.id, coach_id="coach", gesture="reformulation", week=week))


def _ask_all(report: Report, name: str, rooms: Rooms, house: House) -> None:
    coach, agent = _client(rooms, "coach"), _client(rooms, house.agents[0].id)
    boss = _client(rooms, "boss")
    week = written(week_of(1.725e9))
    begun = {"csrf": coach.headers["x-csrf-token"], "agent": house.agents[0].id, "week": week}
    address = str(coach.post("/sessions", data=begun).headers["location"])
    one = _one_call(rooms, house)
    asked = {
        "My week": (coach, f"/week?w={week}"),
        "a session": (coach, address),
        "a session, others offered": (coach, f"{address}?swap=2"),
        "a session, compared": (coach, f"{address}?compare=2"),
        "an agent's start": (agent, "/me"),
        "how lines are counted": (agent, "/me/lines"),
        "a call": (coach, f"/calls/{one}"),
        "a call, a line open": (coach, f"/calls/{one}?on=gesture:greeting"),
        "a call, blind": (coach, f"/calls/{one}?blind=1"),
        "a call of a filtered list": (coach, f"/calls/{one}?from=%2Fcalls%3Flanguage%3Dfr%26to_review%3Dtrue"),
        "the inbox, all of it": (boss, "/inbox?days=0"),
        "the inbox, below a threshold": (boss, "/inbox?days=0&below=40"),
        "the inbox, not released": (boss, "/inbox?days=0&show=unreleased"),
        "the inbox of a coach": (coach, "/inbox?days=0"),
        "rules, a sentence tried": (boss, "/rules?text=How+are+you+today"),
        "settings": (boss, "/settings"),
        "a team over a year": (boss, f"/team?team={house.teams[0].id}&weeks=52"),
        "agreement": (boss, "/agreement"),
        "calibrations": (boss, "/calibrations"),
        "listening tests": (boss, "/listening"),
        "the audit": (boss, "/audit"),
        "upload": (boss, "/upload"),
    }
    settle()  # as `timbre serve` does
    rows = []
    for title, (client, path) in asked.items():
        taken = sorted(_timed(client, path) for _ in range(TRIES))
        p95_s = taken[int(0.95 * TRIES)]
        rows.append((title, 1000 * taken[TRIES // 2], 1000 * p95_s))
        report.target(f"{name}, {title}, p95", p95_s, MOST_S, "s")
    report.table((f"{AGENTS} agents", "median ms", "p95 ms"), rows)


def _one_call(rooms: Rooms, house: House) -> str:
    """A call of the coach's team in the middle of the year."""
    with rooms.archive.reading() as session:
        own = sa.select(Call.id).where(Call.team_id == house.teams[0].id).order_by(Call.started_at)
        ids = list(session.scalars(own))
    return ids[len(ids) // 2]


def _client(rooms: Rooms, person_id: str) -> TestClient:
    client = TestClient(create_app(rooms), follow_redirects=False)
    with rooms.archive.writing() as session:
        logged_in = open_session(session, person_id, time.time())
    client.cookies.set(COOKIE, logged_in.cookie)
    client.headers["x-csrf-token"] = logged_in.csrf
    return client


def _timed(client: TestClient, path: str) -> float:
    begun_s = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - begun_s


def main() -> None:
    """On its own: the same, and the targets."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
