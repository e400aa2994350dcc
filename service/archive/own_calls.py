"""What an agent sees of their own calls: both scores over time, what worked, who listened. Only calls they may see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from scipy.special import stdtrit
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there, visible
from service.archive.across import DAY_S, forget_voice
from service.archive.audit import note_down
from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Call, LineRow, MomentRow
from service.archive.tables_reviews import Acknowledgement, Dispute, Example
from service.archive.weeks import starts_at, week_of

MIN_CALLS = 8
"""A period with fewer calls shows no value."""
PERIODS, LONG_WEEKS = 13, 4
"""How many periods are shown; how many weeks each has where no single week holds enough calls."""
MOST_GOOD, MOST_LISTENS, MOST_ROWS, MOST_DISPUTES = 6, 12, 300, 20
_LISTENS = ("listen", "read", "export", "override", "release")


class Interval(NamedTuple):
    """Where the mean of some calls lies, 0 to 100: 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Period:
    """Calls of one stretch of time and one series. None: too few calls with that score to say anything."""

    first_week: int
    weeks: int
    series: str | None
    calls: int
    script: Interval | None
    intention: Interval | None


class _Scored(NamedTuple):
    week: int
    series: str | None
    script: float | None
    intention: float | None


def scores_over_time(session: Session, viewer: Viewer) -> tuple[Period, ...]:
    """The last periods up to the newest call, oldest first; a period in which the rules changed is two."""
    own = (visible(viewer), Call.agent_id == viewer.person_id, Call.state == "done", Call.outcome == "conversation")
    newest = session.scalar(select(Call.started_at).where(*own).order_by(Call.started_at.desc()).limit(1))
    if newest is None:
        return ()
    last = week_of(newest)
    since = starts_at(last + 1 - PERIODS * LONG_WEEKS)
    wanted = select(Call.started_at, Call.series, Call.script, Call.intention).where(*own, Call.started_at >= since)
    rows = session.execute(wanted.order_by(Call.started_at, Call.id))
    calls = [_Scored(week_of(at), series, script, intention) for at, series, script, intention in rows]
    return periods(calls, last)


def periods(calls: Sequence[_Scored], last: int) -> tuple[Period, ...]:
    """By week where a week holds enough calls for a value, else by four weeks."""
    by_week = tuple(_periods([c for c in calls if c.week > last - PERIODS], 1, last))
    return by_week if any(p.calls >= MIN_CALLS for p in by_week) else tuple(_periods(calls, LONG_WEEKS, last))


def _periods(calls: Sequence[_Scored], weeks: int, last: int) -> Iterator[Period]:
    def number(call: _Scored) -> int:
        return (last - call.week) // weeks

    for back, of_period in groupby(calls, key=number):
        by_series: dict[str | None, list[_Scored]] = {}
        for call in of_period:
            by_series.setdefault(call.series, []).append(call)
        for series, same in by_series.items():
            script, intention = (interval(c.script for c in same), interval(c.intention for c in same))
            yield Period(last + 1 - (back + 1) * weeks, weeks, series, len(same), script, intention)


def interval(values: Iterable[float | None]) -> Interval | None:
    """Of the mean, by Student's t; None under `MIN_CALLS` values."""
    known = [v for v in values if v is not None]
    n = len(known)
    if n < MIN_CALLS:
        return None
    mean = sum(known) / n
    spread = math.sqrt(sum((v - mean) ** 2 for v in known) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    return Interval(max(0.0, mean - half), min(100.0, mean + half))


def good_moments(session: Session, viewer: Viewer, calls: Sequence[Call]) -> list[tuple[MomentRow, Call]]:
    """The best good moment of each of these calls, in their order."""
    ids = [call.id for call in calls]
    wanted = select(MomentRow).join(Call, Call.id == MomentRow.call_id).where(visible(viewer), Call.id.in_(ids))
    rows = session.scalars(wanted.where(MomentRow.good.is_(True)).order_by(MomentRow.severity, MomentRow.moment))
    best = {row.call_id: row for row in rows}
    return [(best[call.id], call) for call in calls if call.id in best][:MOST_GOOD]


class Lived(NamedTuple):
    """A gesture that was lived in `calls` calls since some week, and where it was last."""

    line: str
    calls: int
    call_id: str
    start_s: float
    started_at: float


def lived_gestures(session: Session, viewer: Viewer, since_week: int) -> list[Lived]:
    """Most often first: of one's own gestures, never of people."""
    newest = (
        func.row_number().over(partition_by=LineRow.line, order_by=(Call.started_at.desc(), Call.id)).label("place")
    )
    n = func.count().over(partition_by=LineRow.line).label("n")
    own = (
        select(LineRow.line, n, Call.id, LineRow.start_s, Call.started_at, newest)
        .join(Call, Call.id == LineRow.call_id)
        .where(visible(viewer), LineRow.agent_id == viewer.person_id, LineRow.week >= since_week)
        .where(LineRow.verdict == "lived", LineRow.disputed.is_(False), LineRow.start_s.is_not(None))
        .subquery()
    )
    rows = session.execute(select(own).where(own.c.place == 1).order_by(own.c.n.desc(), own.c.line))
    return [Lived(*row[:5]) for row in rows]


class Listen(NamedTuple):
    """Somebody heard, read, exported, changed or released a call, `times` in one day; `at`: the last of them."""

    at: float
    action: str
    name: str
    role: str
    call_id: str
    times: int = 1


def listens(session: Session, viewer: Viewer, calls: Sequence[Call]) -> list[Listen]:
    """What others did with these of one's own calls, latest first. `name` empty: on the machine itself."""
    ids = [call.id for call in calls if call.agent_id == viewer.person_id]
    wanted = (
        select(AuditRow, Person)
        .outerjoin(Person, Person.id == AuditRow.person_id)
        .where(AuditRow.call_id.in_(ids), AuditRow.action.in_(_LISTENS), AuditRow.person_id != viewer.person_id)
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
        .limit(MOST_ROWS)
    )
    found: dict[tuple[object, ...], Listen] = {}
    for row, who in session.execute(wanted):
        one = Listen(row.at, row.action, who.name if who else "", who.role if who else "", row.call_id or "")
        key = (row.at // DAY_S, *one[1:])
        found[key] = found[key]._replace(times=found[key].times + 1) if key in found else one
    return list(found.values())[:MOST_LISTENS]


class Said(NamedTuple):
    """What an agent said about calls: read, disputed, proposed."""

    read: frozenset[str]
    disputes: list[tuple[Dispute, Call]]
    examples: list[tuple[Example, Call]]


def said_by(session: Session, viewer: Viewer, calls: Sequence[Call]) -> Said:
    """Of this agent; `read` among `calls` alone."""
    ids, me = [call.id for call in calls], viewer.person_id
    read = select(Acknowledgement.call_id).where(Acknowledgement.person_id == me, Acknowledgement.call_id.in_(ids))
    disputes = (
        select(Dispute, Call).join(Call, Call.id == Dispute.call_id).where(Dispute.person_id == me, visible(viewer))
    )
    examples = (
        select(Example, Call).join(Call, Call.id == Example.call_id).where(Example.proposed_by == me, visible(viewer))
    )
    return Said(
        frozenset(session.scalars(read)),
        [(d, c) for d, c in session.execute(disputes.order_by(Dispute.opened_at.desc()).limit(MOST_DISPUTES))],
        [(e, c) for e, c in session.execute(examples.order_by(Example.proposed_at.desc()).limit(MOST_DISPUTES))],
    )


def own_person(session: Session, viewer: Viewer) -> Person:
    """The agent's own row. Raises NotAllowed, NotThere."""
    viewer.require("acknowledge")
    found = session.get(Person, viewer.person_id)
    if found is None:
        raise not_there()
    return found


def set_voice(session: Session, viewer: Viewer, *, analyse: bool) -> None:
    """Whether the agent's voice is analysed in calls that come; no reason is asked. Off: nothing is left to compare
    with, and the results there are stay as they are."""
    person = own_person(session, viewer)
    if person.analyse_voice == analyse:
        return
    person.analyse_voice = analyse
    note_down(session, viewer.person_id, "voice_on" if analyse else "voice_off")
    if not analyse:
        forget_voice(session, person.id)
