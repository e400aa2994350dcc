"""What people say about lines and moments, with what the machine said then kept beside it, never joined.

`agree` repeats the machine's value as the person's own; `disagree` has a reason and no value; `override` gives another
value and decides the line; `blind` was given before the machine's was shown; `comment` judges nothing. A value is
{"verdict": ...} of a gesture and {"score": 0..1 or null} of a criterion or a line for a person.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from audio.timeline import Span
from service.archive.access import Viewer, audience_of
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.events import tell
from service.archive.heard import has_covered
from service.archive.results import stored_judgement
from service.archive.tables import AuditRow, Person
from service.archive.tables_calls import Call, MomentRow, ReviewRow
from service.scoring.judgement import Criterion, GestureLine, Judgement, Moment, PersonLine, Verdict
from service.scoring.views import judgement_without_voice, voice_withheld

Says = Literal["agree", "disagree", "comment", "override", "blind"]
Line = GestureLine | Criterion | Moment | PersonLine
REASON_CHARACTERS = 1000


@dataclass(frozen=True)
class Said:
    """What a person says. `target`: gesture:ID, criterion:ID, person:ID, moment:ID, or call:whole."""

    target: str
    says: Says
    reason: str = ""
    value: Mapping[str, Any] = field(default_factory=dict)


def say(session: Session, viewer: Viewer, call: Call, said: Said) -> ReviewRow:
    """Keeps what a person says, with what the machine said then, and whether they had heard the line's seconds.

    A moment anyone has judged leaves the inbox. Raises ArchiveError: a reason or a value is missing, no such line.
    """
    judgement = shown_judgement(session, viewer, call)
    line = line_of(judgement, said.target)
    check_said(said, line)
    row = ReviewRow(
        call_id=call.id,
        person_id=viewer.person_id,
        target=said.target,
        says=said.says,
        reason=said.reason.strip(),
        value=dict(said.value) if said.says != "agree" else machine_value(line),
        blind=said.says == "blind" and not has_seen(session, viewer, call),
        heard=has_covered(session, viewer.person_id, call.id, spans_of(line, call)),
        machine=machine_value(line) or None,
    )
    session.add(row)
    if isinstance(line, Moment) and viewer.may("review"):
        _judged(session, call, line.id)
    note_down(session, viewer.person_id, "review", call_id=call.id, says=said.says)
    session.flush()
    return row


def shown_judgement(session: Session, viewer: Viewer, call: Call) -> Judgement | None:
    """The latest scorecard as this viewer may have it."""
    judgement = stored_judgement(session, call.id)
    if judgement is None or not voice_withheld(audience_of(viewer, call), judgement.policy):
        return judgement
    return judgement_without_voice(judgement)


def line_of(judgement: Judgement | None, target: str) -> Line | None:
    """The line or moment that is meant; None for the call as a whole. Raises ArchiveError: there is none."""
    kind, _, identifier = target.partition(":")
    if kind == "call":
        return None
    lines: Mapping[str, tuple[Line, ...]] = (
        {
            "gesture": judgement.gestures,
            "criterion": judgement.criteria,
            "person": judgement.person_lines,
            "moment": judgement.moments,
        }
        if judgement
        else {}
    )
    found = next((line for line in lines.get(kind, ()) if line.id == identifier), None)
    if found is None:
        raise ArchiveError("web.no_such_moment" if kind == "moment" else "web.no_such_line")
    return found


def check_said(said: Said, line: Line | None) -> None:
    """Raises ArchiveError: a reason, a comment or a value that fits the line is missing."""
    needs = said.says in ("disagree", "override")
    if needs and not said.reason.strip():
        raise ArchiveError("web.reason_needed")
    if said.says == "comment" and not said.reason.strip():
        raise ArchiveError("web.comment_empty")
    if said.says in ("override", "blind"):
        _check_value(said, line)


def _check_value(said: Said, line: Line | None) -> None:
    value = dict(said.value)
    fits = (
        (isinstance(line, GestureLine) and value.keys() == {"verdict"} and value["verdict"] in get_args(Verdict))
        or (isinstance(line, Criterion) and value.keys() == {"score"} and _is_score(value["score"], said))
        or (isinstance(line, PersonLine) and value.keys() == {"score"} and _is_score(value["score"], said))
    )
    if not fits:
        raise ArchiveError("web.value_needed")


def _is_score(score: object, said: Said) -> bool:
    """From 0 to 1; somebody who judges blind may find that it can't be told."""
    if score is None:
        return said.says == "blind"
    return isinstance(score, int | float) and 0.0 <= score <= 1.0


def machine_value(line: Line | None) -> dict[str, Any]:
    """What the machine says of a line, whatever a person decided since; empty where it says nothing."""
    if isinstance(line, GestureLine):
        return {"verdict": line.overridden.verdict if line.overridden else line.verdict}
    if isinstance(line, Criterion):
        return {"score": line.overridden.score if line.overridden else line.score}
    return {"kind": line.kind, "good": line.good} if isinstance(line, Moment) else {}


def spans_of(line: Line | None, call: Call) -> list[Span]:
    """The seconds a line rests on; the whole call where it rests on none in particular."""
    whole = [Span(0.0, call.duration_s)] if call.duration_s else []
    if isinstance(line, Moment):
        return [line.span]
    if isinstance(line, Criterion):
        return list(line.spans) or whole
    if isinstance(line, GestureLine):
        return [o.span for o in line.occurrences] or ([line.window] if line.window else whole)
    return whole


def has_seen(session: Session, viewer: Viewer, call: Call) -> bool:
    """Whether this person was shown the machine's scorecard of the call: every reading but a blind one is."""
    own = (AuditRow.call_id == call.id, AuditRow.person_id == viewer.person_id, AuditRow.action == "read")
    return any("blind" not in detail for detail in session.scalars(select(AuditRow.detail).where(*own)))


def _judged(session: Session, call: Call, moment: str) -> None:
    row = session.scalars(select(MomentRow).where(MomentRow.call_id == call.id, MomentRow.moment == moment)).first()
    if row is None or row.reviewed_at is not None:
        return
    row.reviewed_at = time.time()
    session.flush()
    waits = (MomentRow.call_id == call.id, MomentRow.reviewed_at.is_(None))
    waiting = session.scalar(select(func.count()).select_from(MomentRow).where(*waits))
    work = session.scalar(select(MomentRow.id).where(*waits, MomentRow.good.is_(False)).limit(1)) is not None
    session.execute(update(Call).where(Call.id == call.id).values(open_moments=waiting, has_work=work))


def release_call(session: Session, viewer: Viewer, call: Call) -> None:
    """The agent sees the call from now on. Raises ArchiveError before there is a result."""
    if call.state != "done":
        raise ArchiveError("web.not_done")
    if call.released_at is None:
        session.execute(update(Call).where(Call.id == call.id).values(released_at=time.time()))
        note_down(session, viewer.person_id, "release", call_id=call.id)
        tell(session, call.id, "released")


def reviews_of(session: Session, viewer: Viewer, call: Call) -> list[tuple[ReviewRow, Person]]:
    """What was said of a call, oldest first, without lines of the voice where these are not for the viewer."""
    wanted = select(ReviewRow, Person).join(Person, Person.id == ReviewRow.person_id)
    rows = session.execute(wanted.where(ReviewRow.call_id == call.id).order_by(ReviewRow.created_at, ReviewRow.id))
    found = [(row, person) for row, person in rows]
    if not found or not voice_withheld(audience_of(viewer, call), _policy(call)):
        return found
    judgement = shown_judgement(session, viewer, call)
    return [(row, person) for row, person in found if _is_there(judgement, row.target)]


def _policy(call: Call) -> Any:
    return call.policy or "combined"


def _is_there(judgement: Judgement | None, target: str) -> bool:
    try:
        line_of(judgement, target)
    except ArchiveError:
        return False
    return True
