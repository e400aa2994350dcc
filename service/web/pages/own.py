"""An agent's start: their own calls, both scores over time, what worked, who listened; their switch for the voice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.archive import own_calls
from service.archive.access import Viewer
from service.archive.calls import Page, Wanted, list_calls
from service.archive.goals import MIN_CALLS, open_goals
from service.archive.own_calls import Listen, Period, Said
from service.archive.tables import Campaign
from service.archive.tables_calls import Call
from service.archive.weeks import starts_at, week_of
from service.labels import Labels, band_of
from service.rubric_shown import ShownLine, shown_sections
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric
from service.web.guard import Here, Visitor, may
from service.web.pages.dates import day_of, line_name, week_said
from service.web.pages.session_view import goal_shown
from service.web.pages.shell import labels_of, posted, seen_next, shown
from service.web.pages.trend_drawn import HIGH, WIDE, band, drawn

router = APIRouter(include_in_schema=False)
SHOWN = 10
LIVED_WEEKS = 13
MOST_LIVED = 8


@router.get("/me")
def me(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("acknowledge"))],
    here: Here,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The agent's own calls, as far as they may see them, and everything around them."""
    labels, viewer = labels_of(visitor), visitor.viewer
    with here.archive.reading() as session:
        person = own_calls.own_person(session, viewer)
        page = list_calls(session, viewer, Wanted(state="done"), cursor=cursor, limit=SHOWN)
        said = own_calls.said_by(session, viewer, page.calls)
        names = {call.id: call.name for call in page.calls}
        around: dict[str, object] = {
            "goal": _goal(session, viewer, page, labels),
            "worked": _worked(session, viewer, page.calls, labels),
            "lived": _lived(session, viewer, page.calls, labels),
            "listens": [_listen(one, names, labels) for one in own_calls.listens(session, viewer, page.calls)],
            "trend": _trend(own_calls.scores_over_time(session, viewer), labels),
        }
    return shown(
        request,
        visitor,
        "me.html",
        person=person,
        calls=[_call(call, said, labels) for call in page.calls],
        next=page.next,
        disputes=_disputes(said, labels),
        examples=_examples(said, labels),
        few=MIN_CALLS,
        first_page=not cursor,
        around=around,
    )


def _call(call: Call, said: Said, labels: Labels) -> dict[str, object]:
    return {
        "id": call.id,
        "name": call.name,
        "day": day_of(call.started_at, labels),
        "length": labels.clock(call.duration_s) if call.duration_s is not None else "",
        "script": _band(call.script, labels),
        "intention": _band(call.intention, labels),
        "read": call.id in said.read,
    }


def _band(value: float | None, labels: Labels) -> str:
    found = band_of(value)
    return labels.say.text("me.band", low=found[0], high=found[1]) if found else ""


def _goal(session: Session, viewer: Viewer, page: Page, labels: Labels) -> object:
    goal = open_goals(session, [viewer.person_id]).get(viewer.person_id)
    if goal is None:
        return None
    until = week_of(page.calls[0].started_at) if page.calls else 0
    return goal_shown(session, viewer, goal, until, labels)


def _worked(session: Session, viewer: Viewer, calls: Sequence[Call], labels: Labels) -> list[dict[str, object]]:
    return [
        {
            "name": labels.of("moment gesture act criterion", row.kind),
            "day": day_of(call.started_at, labels),
            "at": labels.clock(row.start_s),
            "link": f"/calls/{call.id}#t={row.start_s:.2f}",
        }
        for row, call in own_calls.good_moments(session, viewer, calls)
    ]


def _lived(session: Session, viewer: Viewer, calls: Sequence[Call], labels: Labels) -> list[dict[str, object]]:
    since = week_of(calls[0].started_at) - LIVED_WEEKS if calls else 0
    return [
        {
            "name": line_name(one.line, labels),
            "calls": one.calls,
            "day": day_of(one.started_at, labels),
            "link": f"/calls/{one.call_id}#t={one.start_s:.2f}",
        }
        for one in own_calls.lived_gestures(session, viewer, since)[:MOST_LIVED]
    ]


def _listen(one: Listen, names: Mapping[str, str], labels: Labels) -> dict[str, object]:
    text = labels.say.text
    role = text(f"me.role_{one.role}") if one.role else text("me.on_the_machine")
    return {"day": day_of(one.at, labels), "what": text(f"me.did_{one.action}"), "name": one.name, "role": role,
            "call": one.call_id, "call_name": names.get(one.call_id, ""),
            "times": text("me.times", n=one.times) if one.times > 1 else ""}  # fmt: skip


def _disputes(said: Said, labels: Labels) -> list[dict[str, object]]:
    return [
        {
            "line": line_name(dispute.target, labels),
            "call": call.id,
            "day": day_of(call.started_at, labels),
            "state": labels.say.text(f"me.dispute_{dispute.state}"),
            "due": day_of(dispute.deadline_at, labels) if dispute.state == "open" else None,
            "answer": dispute.answer,
        }
        for dispute, call in said.disputes
    ]


def _examples(said: Said, labels: Labels) -> list[dict[str, object]]:
    return [
        {"call": call.id, "day": day_of(call.started_at, labels), "state": labels.say.text(f"me.example_{one.state}")}
        for one, call in said.examples
    ]


def _trend(periods: Sequence[Period], labels: Labels) -> dict[str, object]:
    """The two pictures side by side, and the rows of the table they are drawn from."""
    return {
        "rows": list(_rows(periods, labels)),
        "pictures": [(name, drawn(periods, name)) for name in ("script", "intention")],
        "any": any(period.script or period.intention for period in periods),
        "first": _monday(periods[0].first_week, labels) if periods else "",
        "last": _monday(periods[-1].first_week, labels) if len(periods) > 1 else "",
        "wide": WIDE,
        "high": HIGH,
    }


def _rows(periods: Sequence[Period], labels: Labels) -> Iterator[dict[str, object]]:
    before: Period | None = None
    for period in periods:
        yield {
            "when": week_said(period.first_week, labels) if period.weeks == 1 else _months(period, labels),
            "calls": period.calls,
            "script": labels.say.text("me.band", **_fields(period, "script")) if period.script else "",
            "intention": labels.say.text("me.band", **_fields(period, "intention")) if period.intention else "",
            "cut": before is not None and before.series != period.series,
        }
        before = period


def _fields(period: Period, score: str) -> dict[str, int]:
    low, high = band(getattr(period, score))
    return {"low": low, "high": high}


def _months(period: Period, labels: Labels) -> str:
    return labels.say.text("me.weeks_from", n=period.weeks, first=_monday(period.first_week, labels))


def _monday(week: int, labels: Labels) -> str:
    return day_of(starts_at(week), labels).said


@router.get("/me/lines")
def lines(request: Request, visitor: Annotated[Visitor, Depends(may("acknowledge"))], here: Here) -> Response:
    """How each line of the agent's scorecards is counted: when it is expected, what it weighs, its formula."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        page = list_calls(session, visitor.viewer, Wanted(state="done"), limit=1)
        campaign = session.get(Campaign, page.calls[0].campaign_id) if page.calls else None
    rubric = load_rubric(campaign.rubric) if campaign else None
    sections = list(_sections(rubric, labels)) if rubric else []
    return shown(request, visitor, "me_lines.html", rubric=rubric.name if rubric else "", sections=sections)


def _sections(rubric: Rubric, labels: Labels) -> Iterator[dict[str, object]]:
    for section in shown_sections(rubric, labels):
        yield {"title": section.title, "rows": [_line(line, labels) for line in section.lines]}


def _line(line: ShownLine, labels: Labels) -> dict[str, object]:
    """A line in sentences: when it is expected and what it weighs, how it is measured, what counts."""
    said = [f"{_capital(part)}." for part in (line.when, line.weighs) if part]
    told = {kind: f"{kind}.{line.id}" for kind in ("formula", "expected")}
    more = {kind: _capital(labels.say.text(key)) if labels.say.has(key) else "" for kind, key in told.items()}
    return {"name": line.name, "said": " ".join(said), "rule": _capital(line.rule), **more}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@router.post("/me/voice")
def voice(
    visitor: Annotated[Visitor, Depends(posted("acknowledge"))],
    here: Here,
    analyse: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Whether one's voice is analysed in the calls that come. No reason is asked."""
    with here.archive.writing() as session:
        own_calls.set_voice(session, visitor.viewer, analyse=analyse == "yes")
    return seen_next("/me#voice")
