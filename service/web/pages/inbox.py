"""The inbox of those who review: what waits, by list, kind, team, period and threshold; many are done at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.archive.access import agent_shown
from service.archive.calls import get_call
from service.archive.inbox import (
    MOST_COUNTED,
    SHOWS,
    Filter,
    Item,
    Show,
    assign_agent,
    counts,
    kinds,
    teams_for,
    try_again,
    waiting,
)
from service.archive.reviewing import Said, release_call, say
from service.errors import ServiceError
from service.labels import Labels
from service.web.guard import Here, Visitor, may
from service.web.pages.dates import day_of
from service.web.pages.shell import labels_of, posted, seen_next, shown

router = APIRouter(include_in_schema=False)
PERIODS = (7, 28, 92)
THRESHOLDS = (40, 60, 80)
MOST_AT_ONCE = 200


class InboxQuery(BaseModel):
    """The state of the page, all of it in its address."""

    model_config = ConfigDict(extra="ignore")
    show: Show = "moments"
    kind: str = Field(default="", max_length=40)
    good: bool = False
    team: str = Field(default="", max_length=16)
    days: Annotated[int, Field(ge=0, le=3660)] = 7
    score: Literal["script", "intention"] = "intention"
    below: Annotated[int, Field(ge=0, le=100)] = 0
    after: str = Field(default="", max_length=80)
    did: Annotated[int, Field(ge=0, le=MOST_AT_ONCE)] = 0
    left: Annotated[int, Field(ge=0, le=MOST_AT_ONCE)] = 0
    why: str = Field(default="", max_length=60)

    def filter(self) -> Filter:
        """As the archive takes it."""
        return Filter(
            show=self.show,
            kind=self.kind or None,
            good=self.good,
            team_id=self.team or None,
            days=self.days or None,
            score=self.score,
            below=self.below or None,
        )

    def address(self, **changes: Any) -> str:
        """The page with these changes, its messages and its place left out."""
        defaults = {name: field.default for name, field in InboxQuery.model_fields.items()}
        told = {**self.model_dump(exclude={"after", "did", "left", "why"}), **changes}
        kept = {name: value for name, value in told.items() if value != defaults.get(name)}
        return f"/inbox?{urlencode(kept)}" if kept else "/inbox"


@router.get("/inbox")
def inbox(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("review"))],
    here: Here,
    query: Annotated[InboxQuery, Query()],
) -> Response:
    """What waits for somebody."""
    labels, now, wanted = labels_of(visitor), time.time(), query.filter()
    with here.archive.reading() as session:
        page = waiting(session, visitor.viewer, wanted, now=now, after=query.after)
        counted = counts(session, visitor.viewer, wanted, now=now)
        by_kind = kinds(session, visitor.viewer, wanted, now=now) if query.show == "moments" else {}
        teams = [(team.id, team.name) for team in teams_for(session, visitor.viewer)]
    names = {kind: labels.of("moment gesture act criterion", kind) for kind in by_kind}
    return shown(
        request,
        visitor,
        "inbox.html",
        query=query,
        shows=[(show, counted[show], query.address(show=show, kind="", good=False)) for show in SHOWS],
        kinds=sorted(((kind, names[kind], n) for kind, n in by_kind.items()), key=lambda one: one[1]),
        teams=teams,
        periods=PERIODS,
        thresholds=THRESHOLDS,
        rows=[_row(item, visitor, labels, query) for item in page.items],
        next=query.address(after=page.after) if page.after else "",
        said=_outcome(query, labels),
        many=MOST_COUNTED,
        back=query.address(),
        may_change=visitor.viewer.may("rescore"),
    )


def _row(item: Item, visitor: Visitor, labels: Labels, query: InboxQuery) -> dict[str, Any]:
    call, moment = item.call, item.moment
    place = f"#t={moment.start_s:.2f}" if moment else ""
    problem = labels.say.text("inbox.failed") if call.state == "failed" else ""
    return {
        "value": f"{call.id}|{moment.moment}" if moment else call.id,
        "name": labels.of("moment gesture act criterion", moment.kind) if moment else call.name,
        "good": moment.good if moment else False,
        "at": labels.clock(moment.start_s) if moment else "",
        "agent": agent_shown(visitor.viewer, call) or labels.say.text("inbox.agent_unknown"),
        "day": day_of(call.started_at, labels),
        "problem": problem,
        "link": f"/calls/{call.id}?{urlencode({'from': query.address()})}{place}" if call.state == "done" else "",
    }


def _outcome(query: InboxQuery, labels: Labels) -> str:
    """What the last form came to."""
    if not query.did and not query.left:
        return ""
    said = labels.say.text("inbox.did", n=query.did)
    if not query.left:
        return said
    why = labels.say.text(f"inbox.why.{query.why}") if labels.say.has(f"inbox.why.{query.why}") else ""
    return f"{said} {labels.say.text('inbox.left', n=query.left)} {why}".strip()


Does = Literal["agree", "disagree", "release", "agent", "again"]
Do = Callable[[Session, str], None]


@dataclass
class Tally:
    """How many were done and how many were not, with the code of the first reason."""

    did: int = 0
    left: int = 0
    why: str = ""


@router.post("/inbox")
def do_many(
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    does: Annotated[Does, Form()] = "agree",
    chosen: Annotated[list[Annotated[str, Field(max_length=40)]], Form(max_length=MOST_AT_ONCE)] = [],  # noqa: B006
    reason: Annotated[str, Form(max_length=2000)] = "",
    agent: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form(max_length=600)] = "/inbox",
) -> Response:
    """The same for everything that was chosen: each by its own right, one that can't be done stops no other."""
    do, tally = _action(visitor, does, reason, agent), Tally()
    for value in dict.fromkeys(chosen):
        try:
            with here.archive.writing() as session:
                do(session, value)
            tally.did += 1
        except ServiceError as exc:
            tally.left += 1
            tally.why = tally.why or exc.note.code
    told = urlencode({"did": tally.did, "left": tally.left, "why": tally.why})
    at = back if back.startswith("/inbox") else "/inbox"
    return seen_next(f"{at}{'&' if '?' in at else '?'}{told}")


def _action(visitor: Visitor, does: Does, reason: str, agent: str) -> Do:
    viewer = visitor.viewer

    def judged(session: Session, value: str) -> None:
        call_id, _, moment = value.partition("|")
        call = get_call(session, viewer, call_id, "review")
        say(session, viewer, call, Said(f"moment:{moment}", "disagree" if does == "disagree" else "agree", reason))

    def released(session: Session, value: str) -> None:
        release_call(session, viewer, get_call(session, viewer, value, "release"))

    def assigned(session: Session, value: str) -> None:
        assign_agent(session, viewer, value, agent)

    def again(session: Session, value: str) -> None:
        try_again(session, viewer, value)

    return {"agree": judged, "disagree": judged, "release": released, "agent": assigned, "again": again}[does]
