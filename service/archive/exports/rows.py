"""Rows of the tables, read in portions: a whole archive goes through without being held.

The reader's rights are part of every fetch; what was measured of a voice is left out where the policy of the call
keeps it for the agent and their coach, whoever exports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from service.archive.access import Viewer, agent_shown, calls_for
from service.archive.engine import Archive
from service.archive.exports.columns import Cell, TableName
from service.archive.holds import held
from service.archive.lines import CRITERION
from service.archive.tables import Campaign, Team
from service.archive.tables_calls import Call, LineRow, MomentRow
from service.archive.weeks import written
from service.scoring.catalog import CRITERIA

PORTION = 500
VOICE_MOMENT = "metallic"
Row = tuple[Cell, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """Which calls; None leaves a filter out. Times are Unix seconds of when calls began."""

    campaign_id: str | None = None
    team_id: str | None = None
    since: float | None = None
    until: float | None = None
    state: str | None = None
    released: bool = False


def table_rows(archive: Archive, viewer: Viewer, table: TableName, asked: Asked) -> Iterator[Row]:
    """Every row of a table for this viewer, oldest call first. Raises NotAllowed."""
    for session, calls in _portions(archive, viewer, asked):
        names = _Names(session)
        yield from _OF_TABLE[table](session, calls, partial(_head, viewer=viewer, names=names))


def call_ids(archive: Archive, viewer: Viewer, asked: Asked) -> Iterator[str]:
    """The calls themselves, oldest first. Raises NotAllowed."""
    for _, calls in _portions(archive, viewer, asked):
        yield from (call.id for call in calls)


def _portions(archive: Archive, viewer: Viewer, asked: Asked) -> Iterator[tuple[Session, Sequence[Call]]]:
    wanted = _wanted(viewer, asked).order_by(Call.started_at, Call.id).limit(PORTION)
    after: tuple[float, str] | None = None
    while True:
        page = wanted if after is None else wanted.where(tuple_(Call.started_at, Call.id) > after)
        with archive.reading() as session:
            calls = session.scalars(page).all()
            if calls:
                yield session, calls
        if len(calls) < PORTION:
            return
        after = (calls[-1].started_at, calls[-1].id)


def _wanted(viewer: Viewer, asked: Asked) -> Select[Call]:
    found = calls_for(viewer, "export")
    equal = ((Call.campaign_id, asked.campaign_id), (Call.team_id, asked.team_id), (Call.state, asked.state))
    for column, value in equal:
        if value is not None:
            found = found.where(column == value)
    if asked.since is not None:
        found = found.where(Call.started_at >= asked.since)
    if asked.until is not None:
        found = found.where(Call.started_at < asked.until)
    return found.where(Call.released_at.is_not(None)) if asked.released else found


class _Names:
    """Names of campaigns and teams, looked up once a portion."""

    def __init__(self, session: Session) -> None:
        self.campaign = {i: name for i, name in session.execute(select(Campaign.id, Campaign.name))}
        self.team = {i: name for i, name in session.execute(select(Team.id, Team.name))}


Head = Callable[[Call], Row]


def _head(call: Call, viewer: Viewer, names: _Names) -> Row:
    campaign, team = names.campaign.get(call.campaign_id, ""), names.team.get(call.team_id or "", "")
    return call.id, call.external_id, call.started_at, campaign, team, agent_shown(viewer, call)


def _calls(session: Session, calls: Sequence[Call], head: Head) -> Iterator[Row]:
    kept = set(session.scalars(select(Call.id).where(Call.id.in_([call.id for call in calls]), held())))
    for call in calls:
        yield (
            *head(call), call.name, call.received_at, call.direction, call.language, call.state,
            call.problem["code"] if call.problem else None, call.outcome, call.duration_s, call.policy, call.rubric,
            call.series, call.script, call.intention, call.open_moments, call.released_at, call.id in kept,
        )  # fmt: skip


def _lines(session: Session, calls: Sequence[Call], head: Head) -> Iterator[Row]:
    by_id = {call.id: call for call in calls}
    wanted = select(LineRow).where(LineRow.call_id.in_(by_id)).order_by(LineRow.id)
    found = _by_call(session.scalars(wanted), lambda row: row.call_id)
    for call in calls:
        for row in found.get(call.id, ()):
            if withheld(call.policy, row.line):
                continue
            yield (
                *head(call), written(row.week), row.line, row.verdict, row.score, row.expected, row.start_s, row.end_s,
                row.disputed, row.series,
            )  # fmt: skip


def withheld(policy: str | None, line: str) -> bool:
    """True for a line of the voice in a call whose voice is for its agent and their coach alone."""
    criterion = CRITERIA.get(line.removeprefix(CRITERION)) if line.startswith(CRITERION) else None
    return policy == "words_and_turns" and criterion is not None and criterion.group == "delivery"


def _moments(session: Session, calls: Sequence[Call], head: Head) -> Iterator[Row]:
    by_id = {call.id: call for call in calls}
    wanted = select(MomentRow).where(MomentRow.call_id.in_(by_id)).order_by(MomentRow.start_s, MomentRow.id)
    found = _by_call(session.scalars(wanted), lambda row: row.call_id)
    for call in calls:
        for row in found.get(call.id, ()):
            if call.policy == "words_and_turns" and row.kind == VOICE_MOMENT:
                continue
            yield (
                *head(call), row.moment, row.kind, row.good, row.severity, row.start_s, row.end_s, row.reviewed_at,
            )  # fmt: skip


def _by_call(rows: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


_OF_TABLE: dict[TableName, Callable[[Session, Sequence[Call], Head], Iterator[Row]]] = {
    "calls": _calls,
    "lines": _lines,
    "moments": _moments,
}
