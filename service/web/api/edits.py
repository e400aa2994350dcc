"""What people put right in a call: said here, not that, a corrected line, swapped roles, a line decided otherwise.

The whole document is sent; what is new in it is signed with the name of who sends it, whatever it claims. The call is
scored again at once, and the answer is what changed.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.archive.audit import note_down
from service.archive.calls import get_call
from service.archive.results import keep_judgement, stored_result
from service.archive.stages import rubric_of
from service.archive.tables import Campaign, Person
from service.rescoring import Asked, rescored
from service.scoring.diff import Difference
from service.scoring.documents import as_json
from service.scoring.edits import Edits
from service.web.guard import Here, Visitor, may
from service.words.rules import named_pack

router = APIRouter(prefix="/api/v1/calls", tags=["edits"])
EXAMPLES = [{"lines": [{"turn": 3, "text": "I will call you back on Monday.", "by": "qa"}]}]
_KINDS = ("lines", "not_that", "said_here", "overrides")


@router.get("/{call_id}/edits", response_model=Edits)
def get_edits(call_id: str, visitor: Annotated[Visitor, Depends(may("review"))], here: Here) -> Edits:
    """What was put right so far. It quotes lines: written down as read."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "review")
        note_down(session, visitor.viewer.person_id, "read", call_id=call.id)
        return stored_result(session, call_id).edits or Edits()


@router.put("/{call_id}/edits", response_model=Difference)
def put_edits(
    call_id: str,
    edits: Annotated[Edits, Body(examples=EXAMPLES)],
    visitor: Annotated[Visitor, Depends(may("review"))],
    here: Here,
) -> Response:
    """Replace what was put right, and score again: from the evidence, which stays as it was heard."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, call_id, "review")
        stored = stored_result(session, call.id)
        campaign = session.get_one(Campaign, call.campaign_id)
        packs = tuple(named_pack(name) for name in campaign.packs) or None
        by = _name(session, visitor)
        asked = Asked(rubric_of(campaign), packs, edits=signed(edits, stored.edits or Edits(), by), audience="coach")
        done = rescored(stored, asked)
        keep_judgement(
            session, call.id, done.result.judgement, done.result.edits or Edits(), evidence=done.result.evidence
        )
        note_down(session, visitor.viewer.person_id, "override", call_id=call.id)
    return Response(as_json(done.difference), media_type="application/json")


def _name(session: Session, visitor: Visitor) -> str:
    return session.get_one(Person, visitor.viewer.person_id).name or visitor.viewer.person_id


def signed(new: Edits, old: Edits, by: str) -> Edits:
    """`new` with `by` under everything that does not stand in `old` as it is."""
    kept: dict[str, Any] = {
        kind: tuple(_signed(edit, getattr(old, kind), by) for edit in getattr(new, kind)) for kind in _KINDS
    }
    swapped = new.swapped_roles
    if swapped is not None and swapped != old.swapped_roles:
        swapped = swapped.model_copy(update={"by": by})
    return new.model_copy(update={**kept, "swapped_roles": swapped})


def _signed(edit: Any, before: tuple[Any, ...], by: str) -> Any:
    return edit if edit in before else edit.model_copy(update={"by": by})
