"""The team over time, and how people and machine agree: tables with pictures beside them, no person in either."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.archive.agreement import FEWEST, FEWEST_CALLS, LineAgreement, agreement
from service.archive.drift import FEWEST_AGENTS
from service.archive.tables import Campaign, Team
from service.archive.team import FEWEST_CALLS as POINT_CALLS
from service.archive.team import GestureTrend, Point, TeamView, team_view, teams_of_viewer
from service.archive.weeks import week_of, written
from service.figures import Figure
from service.labels import Labels
from service.scoring.errors import ScoringError
from service.scoring.rubric import Cuts
from service.scoring.rubric_file import load_rubric
from service.web.figures_told import coefficient
from service.web.guard import Here, Visitor, may
from service.web.pages.dates import line_name
from service.web.pages.shell import labels_of, shown

router = APIRouter(include_in_schema=False)
WEEKS = (12, 26, 52)
WIDE, HIGH, LEFT, TOP, BOTTOM = 340, 96, 26, 8, 70


@router.get("/team")
def team(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("review"))],
    here: Here,
    team: Annotated[str, Query(max_length=16)] = "",
    weeks: Annotated[int, Query(ge=4, le=104)] = 12,
) -> Response:
    """One team; without a name the first one."""
    labels, last = labels_of(visitor), week_of(time.time())
    with here.archive.reading() as session:
        teams = [(t.id, f"{campaign} / {t.name}") for t, campaign in teams_of_viewer(session, visitor.viewer)]
        chosen = team or (teams[0][0] if teams else "")
        cuts = _cuts(session, chosen) if chosen else None
        asked = (cuts.script, cuts.intention) if cuts else (0.0, 0.0)
        view = team_view(session, visitor.viewer, chosen, last - weeks + 1, last, asked) if chosen else None
    return shown(
        request, visitor, "team.html", teams=teams, chosen=chosen, weeks=weeks, periods=WEEKS, view=view, cuts=cuts,
        gestures=_shown(view, labels, last - weeks + 1, weeks) if view and view.enough else [],
        people=_shown(view, labels, last - weeks + 1, weeks, people=True) if view and view.enough else [],
        few_agents=FEWEST_AGENTS, few_calls=POINT_CALLS, wide=WIDE, high=HIGH,
    )  # fmt: skip


def _cuts(session: Session, team_id: str) -> Cuts:
    """Of the rubric of the team's campaign as it is now."""
    team = session.get(Team, team_id)
    campaign = session.get(Campaign, team.campaign_id) if team else None
    try:
        return load_rubric(campaign.rubric).cuts if campaign else Cuts()
    except ScoringError:
        return Cuts()


def _shown(view: TeamView, labels: Labels, first: int, weeks: int, *, people: bool = False) -> list[dict[str, Any]]:
    return [_trend(one, labels, first, weeks) for one in (view.people if people else view.trends)]


def _trend(found: GestureTrend, labels: Labels, first: int, weeks: int) -> dict[str, Any]:
    return {
        "name": line_name(found.line, labels),
        "rows": list(_rows(found.points)),
        "hidden": found.hidden,
        "made": _drawn(found.points, "made", first, weeks),
        "lived": _drawn(found.points, "lived", first, weeks),
    }


def _rows(points: tuple[Point, ...]) -> Iterator[dict[str, Any]]:
    before = ""
    for point in points:
        cut = bool(before) and before != point.series
        before = point.series
        yield {"week": written(point.week), "cut": cut, "made": percent(point.made), "lived": percent(point.lived)}


def percent(figure: Figure) -> str:
    """81 % (73 to 88), n 96: as a table says it; empty where nothing was counted."""
    if figure.value is None or figure.low is None or figure.high is None:
        return ""
    return f"{100 * figure.value:.0f} % ({100 * figure.low:.0f}\u2013{100 * figure.high:.0f}), n {figure.n}"


def _drawn(points: tuple[Point, ...], name: str, first: int, weeks: int) -> dict[str, Any]:
    """Intervals as bars, joined within one series between neighbours; a dashed line where the rules changed."""
    step = (WIDE - LEFT) / weeks
    at = [(LEFT + (p.week - first + 0.5) * step, getattr(p, name), p) for p in points]
    told = [(x, f, p) for x, f, p in at if f.value is not None]
    joins = [
        (round(x1, 1), _y(f1.value), round(x2, 1), _y(f2.value))
        for (x1, f1, p1), (x2, f2, p2) in pairwise(told)
        if p1.series == p2.series and p2.week == p1.week + 1
    ]
    cuts = [round((x1 + x2) / 2, 1) for (x1, _, p1), (x2, _, p2) in pairwise(at) if p1.series != p2.series]
    bars = [(round(x, 1), _y(f.high), _y(f.low), _y(f.value)) for x, f, _ in told]
    return {"bars": bars, "joins": joins, "cuts": cuts}


def _y(value: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value, 1)


@router.get("/agreement")
def agreement_page(request: Request, visitor: Annotated[Visitor, Depends(may("review"))], here: Here) -> Response:
    """Kappa of blind reviews that were listened to; other reviews apart."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        found = agreement(session, visitor.viewer)
    rows = [_agreed(line, labels) for line in found]
    return shown(request, visitor, "agreement.html", rows=rows, few=FEWEST, few_calls=FEWEST_CALLS)


def _agreed(found: LineAgreement, labels: Labels) -> dict[str, Any]:
    return {
        "name": line_name(found.line, labels),
        "n": found.n,
        "calls": found.calls,
        "kappa": coefficient(found.blind, labels),
        "enough": found.blind is not None,
        "other": percent(found.other),
        "unheard": found.heard_not,
    }
