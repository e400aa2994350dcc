"""Calls: list, status, result, moments, delete. Every fetch carries who may see what; every reading is written down."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audio.notes import Note
from service.archive import calls as archive_calls
from service.archive.access import audience_of
from service.archive.audit import note_down
from service.archive.calls import MOST_PER_PAGE, PAGE, Wanted, get_call
from service.archive.jobs import STAGES, enqueue
from service.archive.removal import remove_call, remove_orphans
from service.archive.results import stored_result
from service.archive.tables_calls import Call, Job, MomentRow
from service.say import Say
from service.scoring.documents import Result, as_json
from service.scoring.views import shown_to, without_other_calls
from service.web.api.models import CallStatus, MomentMeasureOut, MomentOut, PageOut, StageOut, call_out, fields_of
from service.web.guard import Here, Visitor, may
from service.web.problems import lang_of

router = APIRouter(prefix="/api/v1/calls", tags=["calls"])
State = Literal["waiting", "running", "done", "failed", "skipped"]


def problem_of(call: Call, say: Say) -> str | None:
    """Why the call failed, as a sentence."""
    return say(Note(call.problem["code"], call.problem.get("params", {}))) if call.problem else None


class ListQuery(BaseModel):
    """Filters of a list, its cursor and its length."""

    model_config = ConfigDict(extra="forbid")
    campaign: str | None = Field(default=None, max_length=16)
    team: str | None = Field(default=None, max_length=16)
    agent: str | None = Field(default=None, max_length=16)
    state: State | None = None
    language: Literal["fr", "en"] | None = None
    direction: Literal["inbound", "outbound"] | None = None
    moment: str | None = Field(default=None, max_length=40)
    to_review: bool = False
    since: float | None = Field(default=None, ge=0, le=1e11, description="Unix time")
    until: float | None = Field(default=None, ge=0, le=1e11, description="Unix time")
    words: str = Field(default="", max_length=200, description="said in the call, with or without accents")
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=PAGE, ge=1, le=MOST_PER_PAGE)

    def wanted(self) -> Wanted:
        """The filters as the archive takes them."""
        return Wanted(
            campaign_id=self.campaign,
            team_id=self.team,
            agent_id=self.agent,
            state=self.state,
            language=self.language,
            direction=self.direction,
            moment=self.moment,
            to_review=self.to_review,
            since=self.since,
            until=self.until,
            words=self.words,
        )


@router.get("", response_model=PageOut)
def list_calls(
    request: Request,
    query: Annotated[ListQuery, Query()],
    visitor: Annotated[Visitor, Depends(may("list"))],
    here: Here,
) -> PageOut:
    """Calls, newest first, a page at a time. There is no order by score."""
    say = Say(lang_of(request))
    with here.archive.reading() as session:
        page = archive_calls.list_calls(session, visitor.viewer, query.wanted(), cursor=query.cursor, limit=query.limit)
    return PageOut(calls=[call_out(c, visitor.viewer, problem_of(c, say)) for c in page.calls], next=page.next)


@router.get("/{call_id}", response_model=CallStatus)
def get_status(
    call_id: str, request: Request, visitor: Annotated[Visitor, Depends(may("list"))], here: Here
) -> CallStatus:
    """A call and how far the work on it is."""
    with here.archive.reading() as session:
        call = get_call(session, visitor.viewer, call_id, "list")
        stages = stages_of(session, call_id)
    said = problem_of(call, Say(lang_of(request)))
    return CallStatus.model_validate({**fields_of(call, visitor.viewer, said), "stages": stages})


def stages_of(session: Session, call_id: str) -> list[StageOut]:
    """The stages that were begun, in their order."""
    jobs = {job.stage: job for job in session.scalars(select(Job).where(Job.call_id == call_id))}
    return [StageOut(stage=s, state=jobs[s].state, progress=jobs[s].progress) for s in STAGES if s in jobs]


@router.get("/{call_id}/result", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def get_result(call_id: str, visitor: Annotated[Visitor, Depends(may("read"))], here: Here) -> Response:
    """Evidence and judgement, as this person may have them."""
    with here.archive.writing() as session:
        result = result_for(session, visitor, call_id)
    return Response(as_json(result), media_type="application/json")


def result_for(session: Session, visitor: Visitor, call_id: str) -> Result:
    """The result of a call, without the voice where it is not for them. Written down as read."""
    call = get_call(session, visitor.viewer, call_id, "read")
    return as_shown(visitor, call, stored_result(session, call_id))


def as_shown(visitor: Visitor, call: Call, stored: Result) -> Result:
    """A result as this person may have it: without the voice, names and other calls where these are not for them."""
    evidence, judgement = shown_to(audience_of(visitor.viewer, call), stored.evidence, stored.judgement)
    if visitor.viewer.role == "auditor":
        named = evidence.call.model_copy(
            update={"agent_name": fields_of(call, visitor.viewer, None)["agent"], "name": call.id, "external_id": ""}
        )
        evidence = evidence.model_copy(update={"call": named})
    if visitor.viewer.role in ("auditor", "agent"):
        evidence = without_other_calls(evidence)
    edits = None if visitor.viewer.role == "auditor" else stored.edits  # they name who made them
    return stored.model_copy(update={"evidence": evidence, "judgement": judgement, "edits": edits})


@router.get("/{call_id}/moments", response_model=list[MomentOut])
def get_moments(
    call_id: str, request: Request, visitor: Annotated[Visitor, Depends(may("read"))], here: Here
) -> list[MomentOut]:
    """The moments worth listening to, best first, each with its sentence and a question to ask."""
    say = Say(lang_of(request))
    with here.archive.writing() as session:
        result = result_for(session, visitor, call_id)
        rows = session.execute(select(MomentRow.moment, MomentRow.reviewed_at).where(MomentRow.call_id == call_id))
        reviewed = {moment for moment, at in rows if at is not None}
    moments = result.judgement.moments if result.judgement else ()
    return [
        MomentOut(
            id=m.id,
            kind=m.kind,
            good=m.good,
            severity=m.severity,
            start_s=m.listen.start_s,
            end_s=m.listen.end_s,
            why=say(m.why),
            measures=[MomentMeasureOut(name=v.name, value=v.value, unit=v.unit) for v in m.measures],
            compared=say(m.compared) if m.compared else "",
            baseline=m.baseline,
            hint=say(m.hint),
            quote=m.quote,
            reviewed=m.id in reviewed,
        )
        for m in moments
    ]


@router.post("/{call_id}/rescore", status_code=202, response_model=CallStatus)
def rescore(
    call_id: str, request: Request, visitor: Annotated[Visitor, Depends(may("rescore"))], here: Here
) -> CallStatus:
    """Score again with the campaign's rubric as it is now, from the evidence alone; a call that failed begins anew."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "rescore")
        if call.state == "failed":
            call.state, call.problem = "waiting", None
            enqueue(session, call_id)
        else:
            stored_result(session, call_id)
            enqueue(session, call_id, stage="score")
        note_down(session, visitor.viewer.person_id, "rescore", call_id=call_id)
    return get_status(call_id, request, visitor, here)


@router.delete("/{call_id}", status_code=204)
def delete_call(call_id: str, visitor: Annotated[Visitor, Depends(may("delete"))], here: Here) -> Response:
    """The call is gone: rows, documents, recordings. That it was, and by whom, stays in the audit."""
    with here.archive.writing() as session:
        places = remove_call(session, get_call(session, visitor.viewer, call_id, "delete"))
        note_down(session, visitor.viewer.person_id, "delete", call_id=call_id)
    remove_orphans(here.archive, here.blobs, places)
    return Response(status_code=204)
