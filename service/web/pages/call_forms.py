"""The forms of a call's page. Each does one thing and leads back to the place it was sent from.

say     a reviewer agrees, disagrees, decides otherwise or comments; blind: judges before the machine's is shown
mend    it was said here, that was not said, a line as it was really said, the parties swapped; and back
release the agent sees the call; decide: an answer to a dispute, a proposed example taken or not
agent   the agent of the call has read it, comments, disputes, withdraws, proposes an example
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response
from sqlalchemy.orm import Session

from audio.timeline import Span
from service.archive.access import Viewer
from service.archive.calls import get_call
from service.archive.disputes import answer, open_dispute, withdraw
from service.archive.errors import ArchiveError
from service.archive.examples import acknowledge, decide_example, propose
from service.archive.mending import mend
from service.archive.overriding import override
from service.archive.reviewing import REASON_CHARACTERS, Said, release_call, say
from service.archive.tables_calls import Call
from service.scoring.edits import CorrectedLine, Edits, NotThat, SaidHere, SwappedRoles
from service.web.guard import Here, Visitor
from service.web.pages.call_page import NOT_TOLD
from service.web.pages.call_state import CallState, state_of
from service.web.pages.shell import posted, seen_next

router = APIRouter(include_in_schema=False)
MOST_LINES = 200
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(?:(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)", re.ASCII)
Target = Annotated[str, Form(max_length=60)]
Text = Annotated[str, Form(max_length=2000)]
Word = Annotated[str, Form(max_length=20)]
State = Annotated[CallState, Depends(state_of)]


@router.post("/calls/{call_id}/say")
def do_say(  # noqa: PLR0913 - the fields of its form
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    state: State,
    agree: Target = "",
    target: Target = "",
    says: Annotated[Literal["agree", "disagree", "override", "comment"], Form()] = "agree",
    reason: Text = "",
    verdict: Word = "",
    score: Word = "",
) -> Response:
    """What a reviewer says of a line or a moment; `agree` names it in one click."""
    target = agree or target
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, state.call_id, "review")
        if says == "override" and not agree:
            value = value_of(verdict, score)
            if value is None:
                raise ArchiveError("web.value_needed")
            override(session, visitor.viewer, call, target, _reason(reason), value)
        else:
            say(session, visitor.viewer, call, Said(target, "agree" if agree else says, _reason(reason)))
    return seen_next(state.place(target))


def value_of(verdict: str, score: str) -> dict[str, Any] | None:
    """A verdict or a score as a form sends it; None for neither. Raises ArchiveError for a score that is none."""
    if verdict:
        return {"verdict": verdict}
    if score == NOT_TOLD:
        return {"score": None}
    try:
        return {"score": float(score)} if score else None
    except ValueError as exc:
        raise ArchiveError("web.value_needed") from exc


@router.post("/calls/{call_id}/blind")
def do_blind(
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    state: State,
    line: Annotated[list[str], Form(max_length=MOST_LINES)] = [],  # noqa: B006 - FastAPI copies it
    value: Annotated[list[str], Form(max_length=MOST_LINES)] = [],  # noqa: B006
) -> Response:
    """The lines that were judged, each before the machine's was shown; those left open are left open."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, state.call_id, "review")
        for target, chosen in zip(line, value, strict=False):
            given = (chosen, "") if target.startswith("gesture:") else ("", chosen)
            found = value_of(*given)
            if found is not None:
                say(session, visitor.viewer, call, Said(target, "blind", "", found))
    return seen_next(f"{state.seen(True)}#blind")


@router.post("/calls/{call_id}/mend")
def do_mend(  # noqa: PLR0913 - the fields of its form
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    state: State,
    does: Annotated[Literal["said_here", "not_that", "line", "swap", "undo"], Form()] = "swap",
    target: Target = "",
    act: Annotated[str, Form(max_length=64)] = "",
    start: Word = "",
    end: Word = "",
    turn: Annotated[int, Form(ge=0)] = 0,
    text: Annotated[str, Form(max_length=5000)] = "",
    reason: Text = "",
    kind: Annotated[Literal["", "swapped", "lines", "not_that", "said_here", "overrides"], Form()] = "",
    number: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Puts something right, or takes it back; the call is scored again at once."""
    anchor = {"line": f"#turn-{turn}", "swap": "#mends", "undo": "#mends"}.get(does, "")
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, state.call_id, "review")

        def change(edits: Edits) -> Edits:
            if does == "undo":
                return without(edits, kind, number)
            if does == "swap":
                return edits.model_copy(update={"swapped_roles": SwappedRoles(by="-", reason=_reason(reason))})
            if does == "line":
                return with_line(edits, CorrectedLine(turn=turn, text=text, by="-"))
            place = SaidHere if does == "said_here" else NotThat
            new = place(act=_act(act), span=stretch(start, end), by="-", reason=_needed(reason))
            return edits.model_copy(update={does: (*getattr(edits, does), new)})

        mend(session, visitor.viewer, call, change)
    return seen_next(state.address + anchor if anchor else state.place(target))


def without(edits: Edits, kind: str, number: int) -> Edits:
    """The edits with one taken back. Raises ArchiveError when it is not there any more."""
    if kind == "swapped":
        return edits.model_copy(update={"swapped_roles": None})
    kept = list(getattr(edits, kind)) if kind else []
    if number >= len(kept):
        raise ArchiveError("web.mend_gone")
    del kept[number]
    return edits.model_copy(update={kind: tuple(kept)})


def with_line(edits: Edits, line: CorrectedLine) -> Edits:
    """A turn as it was really said, in place of what stood for it."""
    others = tuple(one for one in edits.lines if one.turn != line.turn)
    return edits.model_copy(update={"lines": (*others, line)})


def stretch(start: str, end: str) -> Span:
    """`1:05` and `1:08.5`, or seconds. Raises ArchiveError for what is no stretch."""
    first, last = seconds(start), seconds(end)
    if first is None or last is None or last <= first:
        raise ArchiveError("web.no_stretch")
    return Span(first, last)


def seconds(written: str) -> float | None:
    """A place in a call as people write it: `65`, `1:05`, `1:02:05,5`; None for anything else."""
    match = _CLOCK.fullmatch(written.strip())
    if match is None:
        return None
    first, second, rest = match.groups()
    hours, minutes = (first, second) if second is not None else ("0", first)
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(rest.replace(",", "."))


def _act(act: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", act, re.ASCII) is None:
        raise ArchiveError("web.no_such_line")
    return act


def _reason(reason: str) -> str:
    """As it is kept. Raises ArchiveError for more than a reason may hold."""
    found = reason.replace("\r\n", "\n").strip()
    if len(found) > REASON_CHARACTERS:
        raise ArchiveError("web.text_long", limit=REASON_CHARACTERS)
    return found


def _needed(reason: str) -> str:
    if not reason.strip():
        raise ArchiveError("web.reason_needed")
    return _reason(reason)


@router.post("/calls/{call_id}/release")
def do_release(visitor: Annotated[Visitor, Depends(posted("release"))], here: Here, state: State) -> Response:
    """The agent sees the call from now on."""
    with here.archive.writing() as session:
        release_call(session, visitor.viewer, get_call(session, visitor.viewer, state.call_id, "release"))
    return seen_next(f"{state.address}#standing")


@router.post("/calls/{call_id}/decide")
def do_decide(  # noqa: PLR0913 - the fields of its form
    visitor: Annotated[Visitor, Depends(posted("review"))],
    here: Here,
    state: State,
    does: Annotated[Literal["uphold", "decline", "accept", "refuse"], Form()],
    dispute: Annotated[str, Form(max_length=16)] = "",
    example: Annotated[str, Form(max_length=16)] = "",
    answer: Text = "",
    verdict: Word = "",
    score: Word = "",
) -> Response:
    """An answer to a dispute, with what holds instead where it is upheld; or a proposed example taken, or not."""
    with here.archive.writing() as session:
        call = get_call(session, visitor.viewer, state.call_id, "review")
        if does in ("accept", "refuse"):
            row = decide_example(session, visitor.viewer, call, example, accepted=does == "accept")
            return seen_next(state.place(f"moment:{row.moment}" if row.moment else "call:whole"))
        target = _answered(session, visitor.viewer, call, does, dispute, _reason(answer), value_of(verdict, score))
    return seen_next(state.place(target))


def _answered(
    session: Session, viewer: Viewer, call: Call, does: str, dispute: str, text: str, value: dict[str, Any] | None
) -> str:
    if does == "uphold" and value is None:
        raise ArchiveError("web.value_needed")
    return answer(session, viewer, call, dispute, text, value=value if does == "uphold" else None).target


@router.post("/calls/{call_id}/agent")
def do_agent(  # noqa: PLR0913 - the fields of its form
    visitor: Annotated[Visitor, Depends(posted("acknowledge"))],
    here: Here,
    state: State,
    does: Annotated[Literal["read", "comment", "dispute", "withdraw", "propose"], Form()],
    target: Target = "",
    reason: Text = "",
    dispute: Annotated[str, Form(max_length=16)] = "",
    moment: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """What the agent of the call says to it."""
    viewer = visitor.viewer
    with here.archive.writing() as session:
        call = get_call(session, viewer, state.call_id, "acknowledge")
        if does == "read":
            acknowledge(session, viewer, call)
            return seen_next(f"{state.address}#standing")
        if does == "propose":
            propose(session, viewer, call, moment, _reason(reason))
            target = f"moment:{moment}" if moment else "call:whole"
        elif does == "withdraw":
            target = withdraw(session, viewer, call, dispute).target
        elif does == "dispute":
            open_dispute(session, viewer, call, target, _reason(reason))
        else:
            say(session, viewer, call, Said(target, "comment", _reason(reason)))
    return seen_next(state.place(target))
