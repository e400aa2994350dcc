"""What people put right in a call: said here, not that, a corrected line, swapped roles, a line decided otherwise.

The whole document is sent; what is new in it is signed with the name of who sends it, whatever it claims. The call is
scored again at once, and the answer is what changed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends
from fastapi.responses import Response

from service.archive.audit import note_down
from service.archive.calls import get_call
from service.archive.mending import mend
from service.archive.results import stored_result
from service.scoring.diff import Difference
from service.scoring.documents import as_json
from service.scoring.edits import Edits
from service.web.guard import Here, Visitor, may

router = APIRouter(prefix="/api/v1/calls", tags=["edits"])
EXAMPLES = [{"lines": [{"turn": 3, "text": "I will call you back on Monday.", "by": "qa"}]}]


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
        difference = mend(session, visitor.viewer, call, lambda _: edits)
    return Response(as_json(difference), media_type="application/json")
