"""The inbox: moments nobody has judged, and calls that wait for somebody. By time, newest first; never by a score.

Counts stop at `MOST_COUNTED`: beyond it a number says no more than "many", and counting would cost seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, update
from sqlalchemy.orm import Session

from service.archive.access import Viewer, visible
from service.archive.audit import note_down
from service.archive.calls import get_call
from service.archive.errors import ArchiveError
from service.archive.jobs import enqueue
from service.archive.people import agent_known_as
from service.archive.tables import Team
from service.archive.tables_calls import Call, LineRow, MomentRow
from service.archive.tables_reviews import Dispute

Show = Literal["moments", "unreleased", "no_agent", "disputes", "failed"]
SHOWS: tuple[Show, ...] = get_args(Show)
PAGE, MOST_COUNTED = 50, 500
DAY_S = 86400.0
_NEWEST = (Call.started_at.desc(), Call.id.desc())
"""Counts are of the newest too: a database then stops at its index instead of looking through all."""


@dataclass(frozen=True)
class Filter:
    """What is looked for; None leaves a filter out. `days`: of calls that began so long ago at most.

    `below`: calls whose script or intention (`score`) is under this many percent.
    """

    show: Show = "moments"
    kind: str | None = None
    good: bool = False
    team_id: str | None = None
    days: int | None = 7
    score: Literal["script", "intention"] = "intention"
    below: int | None = None


@dataclass(frozen=True)
class Item:
    """A call that waits, and for the list of moments which of its moments."""

    call: Call
    moment: MomentRow | None = None


@dataclass(frozen=True)
class Waiting:
    """A page of the inbox. `after`: the place the next page begins after."""

    items: tuple[Item, ...]
    after: str | None


def waiting(session: Session, viewer: Viewer, wanted: Filter, *, now: float, after: str = "") -> Waiting:
    """A page, newest call first. Raises NotAllowed for who reviews nothing, ArchiveError for a place that is none."""
    viewer.require("review")
    moments = wanted.show == "moments"
    whole = cast(Select[Any], select(Call, MomentRow) if moments else select(Call))
    found = _chosen(whole.select_from(Call), viewer, wanted, now)
    if after:
        found = found.where(_beyond(after, moments=moments))
    order = (*_NEWEST, *((MomentRow.id.desc(),) if moments else ()))
    rows = session.execute(found.order_by(*order).limit(PAGE + 1)).all()
    items = tuple(Item(row[0], row[1] if moments else None) for row in rows[:PAGE])
    return Waiting(items, _place(items[-1]) if len(rows) > PAGE else None)


def _place(item: Item) -> str:
    return f"{item.call.started_at!r}:{item.call.id}:{item.moment.id if item.moment else 0}"


def _beyond(after: str, *, moments: bool) -> ColumnElement[bool]:
    try:
        at, call_id, moment = after.split(":")
        started_at, moment_id = float(at), int(moment)
    except ValueError as exc:
        raise ArchiveError("archive.bad_cursor") from exc
    same = and_(Call.started_at == started_at, Call.id == call_id)
    earlier = or_(Call.started_at < started_at, and_(Call.started_at == started_at, Call.id < call_id))
    return or_(earlier, and_(same, MomentRow.id < moment_id)) if moments else earlier


def _chosen(found: Select[Any], viewer: Viewer, wanted: Filter, now: float) -> Select[Any]:
    if wanted.show == "moments":
        found = found.join(MomentRow, MomentRow.call_id == Call.id)
        found = found.where(MomentRow.reviewed_at.is_(None), MomentRow.good.is_(wanted.good), _heard_by(viewer))
        found = found.where(Call.has_work.is_(True) if not wanted.good else Call.open_moments > 0)
        if wanted.kind:
            found = found.where(MomentRow.kind == wanted.kind)
    found = found.where(visible(viewer), _WAITS[wanted.show])
    if wanted.team_id:
        found = found.where(Call.team_id == wanted.team_id)
    if wanted.days is not None:
        found = found.where(Call.started_at >= now - wanted.days * DAY_S)
    if wanted.below is not None:
        found = found.where((Call.script if wanted.score == "script" else Call.intention) < wanted.below)
    return found


def _heard_by(viewer: Viewer) -> ColumnElement[bool]:
    """Moments of the voice are for the agent and their coach where the policy says so."""
    if viewer.role == "coach" and viewer.scopes is None:
        return true()
    return ~and_(MomentRow.kind == "metallic", Call.policy == "words_and_turns")


_OPEN_DISPUTE = Call.id.in_(select(Dispute.call_id).where(Dispute.state == "open"))
_WAITS: Mapping[Show, ColumnElement[bool]] = {
    "moments": Call.state == "done",
    "unreleased": and_(Call.state == "done", Call.released_at.is_(None)),
    "no_agent": and_(Call.state == "done", Call.agent_id.is_(None)),
    "disputes": _OPEN_DISPUTE,
    "failed": Call.state == "failed",
}


def counts(session: Session, viewer: Viewer, wanted: Filter, *, now: float) -> dict[Show, int]:
    """How many wait in each list under the same team, period and threshold; `MOST_COUNTED` + 1: more than that."""
    return {show: _count(session, viewer, replace(wanted, show=show, kind=None), now) for show in SHOWS}


def _count(session: Session, viewer: Viewer, wanted: Filter, now: float) -> int:
    some = _chosen(select(Call.id).select_from(Call), viewer, wanted, now).order_by(*_NEWEST).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def kinds(session: Session, viewer: Viewer, wanted: Filter, *, now: float) -> dict[str, int]:
    """Kinds of the moments that wait, by name, with how many; of the first `MOST_COUNTED`."""
    of = replace(wanted, show="moments", kind=None)
    found = _chosen(select(MomentRow.kind).select_from(Call), viewer, of, now)
    some = found.order_by(*_NEWEST).limit(MOST_COUNTED).subquery()
    counted = select(some.c.kind, func.count()).group_by(some.c.kind).order_by(some.c.kind)
    return {kind: n for kind, n in session.execute(counted)}


def teams_for(session: Session, viewer: Viewer) -> Sequence[Team]:
    """Teams this viewer may choose, by name."""
    wanted = select(Team).order_by(Team.name, Team.id)
    if viewer.role == "coach":
        wanted = wanted.where(Team.id.in_(sorted(viewer.team_ids)))
    elif viewer.account_id:
        own = select(Call.team_id).where(Call.account_id == viewer.account_id).distinct()
        wanted = wanted.where(Team.id.in_(own))
    return session.scalars(wanted.limit(500)).all()


# -- what can be done with calls --------------------------------------------------------------------------------------


def assign_agent(session: Session, viewer: Viewer, call_id: str, who: str) -> None:
    """Says whose call it is; what is counted from it follows. Raises NotThere, NotAllowed, ArchiveError for nobody."""
    call = get_call(session, viewer, call_id, "rescore")
    agent = agent_known_as(session, who.strip())
    if agent is None:
        raise ArchiveError("inbox.nobody")
    call.agent_id, call.agent_name, call.team_id = agent.id, agent.name, agent.team_id
    lines = update(LineRow).where(LineRow.call_id == call.id)
    session.execute(lines.values(agent_id=agent.id, team_id=agent.team_id))
    note_down(session, viewer.person_id, "agent_set", call_id=call.id, agent=agent.id)


def try_again(session: Session, viewer: Viewer, call_id: str) -> None:
    """A call that failed begins anew. Raises NotThere, NotAllowed; ArchiveError when it did not fail."""
    call = get_call(session, viewer, call_id, "rescore")
    if call.state != "failed":
        raise ArchiveError("inbox.not_failed")
    call.state, call.problem = "waiting", None
    enqueue(session, call.id)
    note_down(session, viewer.person_id, "rescore", call_id=call.id)
