"""A call as it is served: the scorecard with its sound, what people said of it, and what this reader may do.

`?blind=1` shows a reviewer everything but what the machine found, until they have judged: none of it is in the page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.archive.access import audience_of
from service.archive.audit import note_down
from service.archive.calibrating import scores_now
from service.archive.calls import get_call
from service.archive.mending import as_mended
from service.archive.pitch_track import pitch_of
from service.archive.results import stored_result
from service.archive.reviewing import has_seen, reviews_of
from service.archive.tables_calls import Call, ReviewRow
from service.labels import Labels
from service.scoring.documents import Result
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.scoring.views import voice_withheld
from service.web.api.calls import as_shown
from service.web.guard import Here, Visitor, may
from service.web.packed import masked, packed
from service.web.page import render_page
from service.web.page_timeline import PageTracks
from service.web.pages.call_state import CallState, state_of
from service.web.pages.call_view import (
    BlindLine,
    Choice,
    ServedCall,
    level_choices,
    served_call,
    value_said,
    verdict_choices,
)
from service.web.pages.shell import labels_of
from service.web.problems import POLICY
from service.web.sound import served_sound

router = APIRouter(include_in_schema=False)
NOT_TOLD = "none"
"""Sent where somebody who judges blind finds that a criterion can't be told."""


@router.get("/calls/{call_id}")
def call_page(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("read"))],
    here: Here,
    state: Annotated[CallState, Depends(state_of)],
) -> Response:
    """The scorecard of a call with its sound, as this person may have both."""
    labels = labels_of(visitor)
    if state.blind and not visitor.viewer.may("review"):
        state = replace(state, blind=False)
    with here.archive.writing() as session:
        if scores_now(session, visitor.viewer.person_id, state.call_id):
            state = replace(state, blind=True)
        html = _blind(session, visitor, state, labels) if state.blind else _whole(session, visitor, state, labels)
    return packed(request, html.encode("utf-8"), {"content-security-policy": POLICY})


def _whole(session: Session, visitor: Visitor, state: CallState, labels: Labels) -> str:
    call = get_call(session, visitor.viewer, state.call_id, "read")
    stored = stored_result(session, call.id)
    shown = as_shown(visitor, call, stored.model_copy(update={"evidence": as_mended(session, call, stored)}))
    served = _served(session, visitor, call, state, labels, shown)
    swapped = stored.edits is not None and stored.edits.swapped_roles is not None
    tracks = None if swapped else _tracks(session, visitor, call, shown)  # what was tracked is the other's voice then
    return _rendered(call, shown, served, labels, tracks)


def _tracks(session: Session, visitor: Visitor, call: Call, shown: Result) -> PageTracks | None:
    """The agent's pitch and pace, for whom the voice is."""
    policy = shown.judgement.policy if shown.judgement else shown.evidence.policy
    if policy == "no_voice" or voice_withheld(audience_of(visitor.viewer, call), policy):
        return None
    pace = ((t.span, t.voice.articulation_rate_per_s) for t in shown.evidence.turns if t.party == "agent" and t.voice)
    known = tuple((span, per_s) for span, per_s in pace if per_s is not None)
    return PageTracks(pitch_of(session, call.id), known)


def _served(
    session: Session, visitor: Visitor, call: Call, state: CallState, labels: Labels, shown: Result
) -> ServedCall:
    served = served_call(session, visitor.viewer, call, state, masked(visitor.csrf or ""), labels, shown.edits)
    roles = shown.evidence.roles
    return replace(served, can_swap=roles is not None and roles.customer is not None)


def _rendered(call: Call, shown: Result, served: ServedCall, labels: Labels, tracks: PageTracks | None = None) -> str:
    sound = served_sound(f"/api/v1/calls/{call.id}/audio", shown.evidence.call.duration_s)
    return render_page(
        shown.evidence,
        shown.judgement,
        lang=labels.lang,
        sound=sound,
        tracks=tracks,
        served=served,
        blind=served.blind is not None,
    )


def _blind(session: Session, visitor: Visitor, state: CallState, labels: Labels) -> str:
    """Written down as a blind reading: it shows nothing that the machine judged."""
    viewer = visitor.viewer
    call = get_call(session, viewer, state.call_id, "list")
    viewer.require("read")
    stored = as_shown(visitor, call, stored_result(session, call.id))
    seen = has_seen(session, viewer, call)
    note_down(session, viewer.person_id, "read", call_id=call.id, blind=1)
    own = {
        row.target: row
        for row, person in reviews_of(session, viewer, call)
        if person.id == viewer.person_id and row.says == "blind"
    }
    whole = _served(session, visitor, call, state, labels, stored)
    lines = tuple(blind_lines(stored.judgement, own, labels))
    served = replace(whole, reviews={}, disputes={}, examples={}, mends=(), listens=(), blind=lines, seen_before=seen)
    return _rendered(call, Result(evidence=as_heard(stored.evidence)), served, labels)


def as_heard(evidence: Evidence) -> Evidence:
    """What is left when everything is taken out that the machine found beside who spoke when, and which words."""
    nothing: dict[str, object] = {
        "acts": (),
        "floor": (),
        "deliveries": (),
        "metallic": {},
        "across": None,
        "measures": {},
    }
    turns = tuple(turn.model_copy(update={"voice": None}) for turn in evidence.turns)
    return evidence.model_copy(update={**nothing, "call_measures": (), "turns": turns})


def blind_lines(judgement: Judgement | None, own: dict[str, ReviewRow], labels: Labels) -> list[BlindLine]:
    """The lines of the rubric in its order; of those this person judged, both views."""
    if judgement is None:
        return []
    verdicts = verdict_choices(labels)
    scores = (*level_choices(labels), Choice(NOT_TOLD, labels.say.text("page.level_none")))
    gestures = [(f"gesture:{g.id}", labels.gesture(g.id), verdicts) for g in judgement.gestures]
    criteria = [
        (f"criterion:{c.id}", labels.of("criterion measure act", c.id), scores)
        for c in judgement.criteria
        if c.kind != "context"
    ]
    return [BlindLine(*line, *_views(own.get(line[0]), labels)) for line in (*gestures, *criteria)]


def _views(row: ReviewRow | None, labels: Labels) -> tuple[str, str]:
    return (value_said(row.value, labels), value_said(row.machine, labels)) if row else ("", "")
