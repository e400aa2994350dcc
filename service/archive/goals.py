"""The one gesture an agent works on, and how often it came before the goal was set and since. Counts, no percentage.

Only calls of one series are counted together (rubric, packs, words, policy): what the others say is another thing.
Lines that are disputed, not expected or not assessable count nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from service.archive.access import Viewer, visible
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.lines import GESTURE
from service.archive.tables_calls import Call, LineRow
from service.archive.tables_reviews import CoachingSession, Goal
from service.archive.weeks import read_week

MIN_CALLS = 8
"""Below, counts are too few to say that anything changed."""
WEEKS_BEFORE = 8
_SAID = frozenset({"lived", "mechanical", "done"})
_COUNTS = (*sorted(_SAID), "free", "missing")


@dataclass(frozen=True)
class Counted:
    """Calls in which the gesture was expected and could be judged; in how many it was said, and in how many lived."""

    calls: int = 0
    said: int = 0
    lived: int = 0

    @property
    def few(self) -> bool:
        """Too few calls to compare."""
        return self.calls < MIN_CALLS


@dataclass(frozen=True)
class BeforeAndSince:
    """`other_rules`: calls left out, since they were judged by other rules than the latest."""

    before: Counted
    since: Counted
    other_rules: int


def open_goals(session: Session, agents: Sequence[str]) -> Mapping[str, Goal]:
    """The open goal of each of these agents who has one."""
    wanted = select(Goal).where(Goal.agent_id.in_(agents), Goal.closed_at.is_(None)).order_by(Goal.set_at, Goal.id)
    return {goal.agent_id: goal for goal in session.scalars(wanted)}


def goal_before(session: Session, agent_id: str, week: str) -> Goal | None:
    """What was agreed last before a week: what the week's session opens with."""
    wanted = select(Goal).where(Goal.agent_id == agent_id, Goal.week < week)
    return session.scalars(wanted.order_by(Goal.week.desc(), Goal.set_at.desc()).limit(1)).first()


def goal_of(session: Session, agent_id: str, week: str) -> Goal | None:
    """What was agreed in a week."""
    wanted = select(Goal).where(Goal.agent_id == agent_id, Goal.week == week)
    return session.scalars(wanted.order_by(Goal.set_at.desc()).limit(1)).first()


def set_goal(session: Session, viewer: Viewer, coaching: CoachingSession, gesture: str) -> None:
    """The gesture to work on from this session on; an open goal on the same gesture goes on.

    Raises ArchiveError for a gesture that none of the agent's calls was judged on.
    """
    judged = select(LineRow.id).where(LineRow.agent_id == coaching.agent_id, LineRow.line == GESTURE + gesture).limit(1)
    if session.scalar(judged) is None:
        raise ArchiveError("coaching.no_gesture")
    open_ = open_goals(session, [coaching.agent_id]).get(coaching.agent_id)
    if open_ is not None and open_.gesture == gesture:
        return
    own = Goal.agent_id == coaching.agent_id
    session.execute(update(Goal).where(own, Goal.closed_at.is_(None)).values(closed_at=time.time()))
    session.add(Goal(agent_id=coaching.agent_id, coach_id=viewer.person_id, gesture=gesture, week=coaching.week))
    note_down(session, viewer.person_id, "goal", coaching=coaching.id, gesture=gesture)


def before_and_since(session: Session, viewer: Viewer, goal: Goal, until_week: int) -> BeforeAndSince:
    """Of the agent's calls that this viewer may see: up to the week the goal was set in, and after it."""
    set_in = read_week(goal.week)
    wanted = (
        select(LineRow.week, LineRow.series, LineRow.verdict, func.count())
        .join(Call, Call.id == LineRow.call_id)
        .where(visible(viewer), LineRow.agent_id == goal.agent_id, LineRow.line == GESTURE + goal.gesture)
        .where(LineRow.week > set_in - WEEKS_BEFORE, LineRow.week <= until_week)
        .where(LineRow.disputed.is_(False), LineRow.expected.is_(True), LineRow.verdict.in_(_COUNTS))
        .group_by(LineRow.week, LineRow.series, LineRow.verdict)
    )
    rows = session.execute(wanted).all()
    latest = _latest_series(rows)
    same = [row for row in rows if row[1] == latest]
    return BeforeAndSince(
        before=_counted(row for row in same if row[0] <= set_in),
        since=_counted(row for row in same if row[0] > set_in),
        other_rules=sum(row[3] for row in rows) - sum(row[3] for row in same),
    )


def _latest_series(rows: Sequence[Row[int, str | None, str | None, int]]) -> str | None:
    """Of the series in the newest week the one with most calls: two languages have two at any time."""
    newest = max((row[0] for row in rows), default=0)
    calls = {row[1]: 0 for row in rows if row[0] == newest}
    for _, series, _, n in rows:
        if series in calls:
            calls[series] += n
    return max(calls, key=lambda series: (calls[series], series or ""), default=None)


def _counted(rows: Iterable[Row[int, str | None, str | None, int]]) -> Counted:
    by_verdict: dict[str, int] = {}
    for _, _, verdict, n in rows:
        by_verdict[verdict or ""] = by_verdict.get(verdict or "", 0) + n
    said = sum(n for verdict, n in by_verdict.items() if verdict in _SAID)
    return Counted(sum(by_verdict.values()), said, by_verdict.get("lived", 0))
