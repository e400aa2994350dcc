"""A team over time: how often its expected gestures were made, and lived; and its calls in the quadrant.

Nothing is shown of fewer than five agents, in the whole or at one point; no point rests on fewer than eight calls; no
person stands out. A point belongs to one series (rubric, packs, model, policy): nothing joins two. The rules' verdicts
are counted, and what a person decided otherwise is counted beside them in a series of its own, never in theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, not_there, visible
from service.archive.drift import FEWEST_AGENTS
from service.archive.lines import GESTURE
from service.archive.tables import Campaign, Team
from service.archive.tables_calls import Call, LineRow
from service.archive.weeks import WEEK_S, starts_at
from service.figures import Figure, share

FEWEST_CALLS = 8
MADE, LIVED = frozenset({"lived", "mechanical", "done"}), "lived"
TOLD = MADE | {"missing", "free"}
Source = Literal["machine", "people"]


@dataclass(frozen=True)
class Point:
    """One week of one gesture. `made` of the calls in which it was expected and told; `lived` of those."""

    week: int
    series: str
    made: Figure
    lived: Figure


@dataclass(frozen=True)
class GestureTrend:
    """Points by week, oldest first; weeks without enough are not there. `hidden`: how many weeks had too few."""

    line: str
    points: tuple[Point, ...]
    hidden: int


@dataclass(frozen=True)
class TeamView:
    """`enough` False: fewer than five agents had calls, and nothing else is filled."""

    team: Team
    agents: int
    enough: bool
    trends: tuple[GestureTrend, ...] = ()
    people: tuple[GestureTrend, ...] = ()
    quadrant: tuple[int, int, int, int] = (0, 0, 0, 0)


def team_view(
    session: Session, viewer: Viewer, team_id: str, first_week: int, last_week: int, cuts: tuple[float, float]
) -> TeamView:
    """What a team's calls of these weeks say. Raises NotThere for a team that is not theirs, NotAllowed.

    `cuts`: of the quadrant, script and intention. `quadrant`: calls with both, script only, intention only, neither.
    """
    viewer.require("review")
    team = _team(session, viewer, team_id)
    rows = list(session.execute(_lines(team_id, first_week, last_week)))
    agents = len({agent for *_, agent in rows if agent})
    if agents < FEWEST_AGENTS:
        return TeamView(team, agents, enough=False)
    machine = [(line, week, series or "", verdict, agent) for line, week, series, verdict, _, agent in rows]
    people = [(line, week, "people", said, agent) for line, week, _, _, said, agent in rows if said]
    quadrant = _quadrant(session, viewer, team_id, first_week, last_week, cuts)
    return TeamView(team, agents, enough=True, trends=_trends(machine), people=_trends(people), quadrant=quadrant)


def _team(session: Session, viewer: Viewer, team_id: str) -> Team:
    team = session.get(Team, team_id)
    own = viewer.account_id is None or (
        team is not None and session.get_one(Campaign, team.campaign_id).account_id == viewer.account_id
    )
    if team is None or not own or (viewer.role == "coach" and team_id not in viewer.team_ids):
        raise not_there()
    return team


def _lines(team_id: str, first: int, last: int) -> Select[str, int, str | None, str | None, str | None, str | None]:
    told = (LineRow.machine_verdict, LineRow.person_verdict, LineRow.agent_id)
    return select(LineRow.line, LineRow.week, LineRow.series, *told).where(
        LineRow.team_id == team_id,
        LineRow.week.between(first, last),
        LineRow.line.startswith(GESTURE),
        LineRow.expected.is_(True),
        LineRow.disputed.is_(False),
    )


Told = tuple[str, int, str, str | None, str | None]
"""Line, week, series, verdict, agent."""


def _trends(rows: Iterable[Told]) -> tuple[GestureTrend, ...]:
    by_line: dict[str, dict[tuple[int, str], list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for line, week, series, verdict, agent in rows:
        if verdict in TOLD and agent:
            by_line[line][week, series].append((verdict, agent))
    return tuple(_trend(line, weeks) for line, weeks in sorted(by_line.items()))


def _trend(line: str, weeks: dict[tuple[int, str], list[tuple[str, str]]]) -> GestureTrend:
    points, hidden = [], 0
    for (week, series), told in sorted(weeks.items()):
        if len(told) < FEWEST_CALLS or len({agent for _, agent in told}) < FEWEST_AGENTS:
            hidden += 1
            continue
        made = sum(verdict in MADE for verdict, _ in told)
        lived = sum(verdict == LIVED for verdict, _ in told)
        points.append(Point(week, series, share(made, len(told)), share(lived, made)))
    return GestureTrend(line, tuple(points), hidden)


def _quadrant(
    session: Session, viewer: Viewer, team_id: str, first: int, last: int, cuts: tuple[float, float]
) -> tuple[int, int, int, int]:
    within = Call.started_at.between(starts_at(first), starts_at(last) + WEEK_S)
    scored = (Call.script.is_not(None), Call.intention.is_not(None), Call.state == "done")
    script, intention = Call.script >= cuts[0], Call.intention >= cuts[1]
    places = (and_(script, intention), and_(script, ~intention), and_(~script, intention), and_(~script, ~intention))
    counts = (func.count(case((place, 1))) for place in places)
    row = session.execute(select(*counts).where(visible(viewer), Call.team_id == team_id, within, *scored)).one()
    return row[0], row[1], row[2], row[3]


def teams_of_viewer(session: Session, viewer: Viewer) -> Sequence[tuple[Team, str]]:
    """Teams this viewer may look at, with the campaign's name, by name."""
    wanted = select(Team, Campaign.name).join(Campaign, Campaign.id == Team.campaign_id)
    if viewer.role == "coach":
        wanted = wanted.where(Team.id.in_(sorted(viewer.team_ids)))
    if viewer.account_id:
        wanted = wanted.where(Campaign.account_id == viewer.account_id)
    rows = session.execute(wanted.order_by(Campaign.name, Team.name).limit(500))
    return [(team, name) for team, name in rows]
