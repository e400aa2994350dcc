"""Across calls: `python -m tests.bench across`. What a big archive costs the analysis of one call, and its morning.

A SQLite archive of CALLS calls of 300 agents, every one with the same greeting and offer of help, as a centre has them.
Timed: the baseline of one agent's earlier calls; one phrase against twelve own sayings and twenty readings by others
(with 32 comparisons of signatures in it); the report of a night of 4,000 calls against four weeks; a re-score of
shipped calls, counted and kept. Wall time, the best of three, beside whatever else runs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from service.archive.across import DAY_S
from service.archive.blobs import Blobs
from service.archive.earlier import across_calls, earlier_of
from service.archive.engine import Archive, open_archive
from service.archive.morning import morning_of, night_at
from service.archive.rescore import Tally, applied, previewed
from service.archive.results import keep_evidence, keep_judgement
from service.archive.tables import Base, Campaign, Person
from service.archive.tables_across import Digest, PhraseRow, SignatureRow, VoiceWindows, Wording
from service.archive.tables_calls import Call
from service.demo.site import shipped_calls
from service.rescoring import Asked
from service.scoring.documents import parse_result
from service.scoring.rubric_file import load_rubric
from tests.bench.bench_rescore import analysis_of
from tests.bench.report import Report
from tests.service.archive.fixtures import Cast, add
from tests.service.archive.test_across import heard, kept

CALLS, AGENTS, PER_DAY, PORTION = 100_000, 300, 4000, 5000
LAST_DAY = 20_000 + CALLS // PER_DAY
RESCORED = 30


def run(report: Report) -> None:
    """The tables, and the targets."""
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as folder:
        archive = open_archive(str(Path(folder) / "timbre.db"))
        cast, blobs = Cast(archive), Blobs(str(Path(folder) / "blobs"))
        fill(archive, blobs, cast)
        lookups(archive, blobs, cast, report)
        archive.close()
    if shipped_calls():
        rescoring(report)


def fill(archive: Archive, blobs: Blobs, cast: Cast) -> None:
    """CALLS calls of one team, a day after the other."""
    model = kept(archive, blobs, cast, heard(1), LAST_DAY - CALLS // PER_DAY - 40)
    with archive.writing() as session:
        session.add_all(
            Person(id=f"p{i}", login=f"p{i}", name=f"P{i}", role="agent", team_id=cast.team.id) for i in range(AGENTS)
        )
    with archive.reading() as session:
        tables = (Digest, VoiceWindows, Wording, PhraseRow, SignatureRow)
        rows = {t: session.scalars(sa.select(t).where(t.call_id == model.id)).first() for t in tables}
        call = session.get_one(Call, model.id)
    rng = np.random.default_rng(1)
    for first in range(0, CALLS, PORTION):
        with archive.writing() as session:
            _portion(session, call, rows, first, rng)


def _portion(session: Any, call: Call, rows: dict[Any, Any], first: int, rng: np.random.Generator) -> None:
    ids = [f"c{first + i:012d}" for i in range(PORTION)]
    starts = [(LAST_DAY - (CALLS - first - i) / PER_DAY) * DAY_S for i in range(PORTION)]
    told = {"state": "done", "outcome": "conversation", "policy": "combined"}
    session.execute(
        sa.insert(Call),
        [
            _row(call, **told, id=x, content_key=x, started_at=at, received_at=at, agent_id=f"p{rng.integers(AGENTS)}")
            for x, at in zip(ids, starts, strict=True)
        ],
    )
    for table, row in rows.items():
        more = ({"started_at": at} if table is SignatureRow else {} for at in starts)
        measures = (
            {"measures": {"talk_share": float(v)}} if table is Digest else {} for v in rng.normal(50, 5, PORTION)
        )
        given = zip(ids, more, measures, strict=True)
        session.execute(sa.insert(table), [_row(row, call_id=x, **a, **b) for x, a, b in given])


def _row(model: Base, **changes: object) -> dict[str, object]:
    columns = (c.key for c in sa.inspect(type(model)).columns if c.key != "id" or isinstance(model, Call))
    return {**{name: getattr(model, name) for name in columns}, **changes}


def lookups(archive: Archive, blobs: Blobs, cast: Cast, report: Report) -> None:
    """What one more call costs, and the report of the last night."""
    new, _ = add(archive, blobs, cast, b"new", started_at=(LAST_DAY + 1) * DAY_S, agent_id="p7")
    with archive.reading() as session:
        campaign = session.get_one(Campaign, cast.campaign.id)
        night = night_at((LAST_DAY - 1) * DAY_S + 50_000, UTC)
        ms = {
            "baseline of the agent's earlier calls": best_ms(lambda: earlier_of(session, new)),
            "one phrase against own sayings and others' readings": best_ms(
                lambda: across_calls(session, new, heard(9))
            ),
            "the morning report of a night": best_ms(lambda: morning_of(session, campaign, night)),
        }
    report.heading(f"{CALLS} calls of {AGENTS} agents, SQLite")
    report.table(("what", "ms"), list(ms.items()))
    report.target("across: baseline and one phrase, for one call", sum(list(ms.values())[:2]), 500.0, "ms")


def best_ms(do: Callable[[], object]) -> float:
    """Milliseconds, the best of three."""
    times = []
    for _ in range(3):
        begun_s = time.perf_counter()
        do()
        times.append(time.perf_counter() - begun_s)
    return 1000 * min(times)


def rescoring(report: Report) -> None:
    """Calls a second, counted only and kept: ten-minute calls that are dense with gestures, one core."""
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        folder = Path(name)
        archive = open_archive(str(folder / "timbre.db"))
        cast, blobs = Cast(archive), Blobs(str(folder / "blobs"))
        result = parse_result(analysis_of("fr", folder))
        for i in range(RESCORED):
            call, _ = add(archive, blobs, cast, f"{i}".encode(), started_at=float(i))
            with archive.writing() as session:
                keep_evidence(session, call.id, result.evidence)
                keep_judgement(session, call.id, result.judgement)
                session.get_one(Call, call.id).state = "done"
        asked = Asked(rubric=load_rubric("outbound_sales"), audience="coach")
        tallies = {
            "what would change, counted": last(previewed(archive, cast.campaign.id, asked)),
            "new judgements kept": last(applied(archive, cast.campaign.id, asked)),
        }
        archive.close()
    report.heading("a campaign scored again, ten-minute calls dense with gestures")
    report.table(("what", "calls/s"), [(what, tally.per_s) for what, tally in tallies.items()])


def last(tallies: Iterator[Tally]) -> Tally:
    """The count at the end."""
    *_, tally = tallies
    return tally
