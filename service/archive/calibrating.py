"""Calibration: several people score one call without seeing each other or the machine, against one of them.

Each sees their own values until the session is closed; then how far each line spread and how far oneself was from the
reference. Whoever leads sees the members' distances; a member sees the others' values without their names.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, calls_for, not_there, viewer_of, visible
from service.archive.agreement import category
from service.archive.audit import note_down
from service.archive.calls import get_call
from service.archive.errors import ArchiveError
from service.archive.lines import CRITERION, GESTURE
from service.archive.logins import teams_of
from service.archive.results import stored_judgement
from service.archive.reviewing import Said, check_said, line_of
from service.archive.tables import Person
from service.archive.tables_calls import Call
from service.archive.tables_reviews import Calibration, CalibrationMember, CalibrationScore
from service.figures import Figure, alpha, median
from service.scoring.judgement import Judgement
from service.scoring.views import judgement_without_voice

MOST_MEMBERS = 12


def begin(
    session: Session, viewer: Viewer, call_id: str, title: str, logins: Sequence[str], reference: str
) -> Calibration:
    """A session on one call. Raises NotThere, NotAllowed; ArchiveError: somebody who can't take part, no title."""
    viewer.require("rescore")
    call = get_call(session, viewer, call_id, "review")
    if stored_judgement(session, call.id) is None:
        raise ArchiveError("web.not_done")
    people = [_member(session, login, call) for login in dict.fromkeys([reference, *logins]) if login]
    if not title.strip() or not 2 <= len(people) <= MOST_MEMBERS:
        raise ArchiveError("calibrating.too_few", most=MOST_MEMBERS)
    found = Calibration(call_id=call.id, title=title.strip()[:200], created_by=viewer.person_id, reference_id=people[0])
    session.add(found)
    session.flush()
    session.add_all(CalibrationMember(calibration_id=found.id, person_id=person) for person in people)
    note_down(session, viewer.person_id, "calibration", call_id=call.id, calibration=found.id)
    return found


def _member(session: Session, login: str, call: Call) -> str:
    person = session.scalars(select(Person).where(Person.login == login.strip())).one_or_none()
    if person is not None:
        theirs = viewer_of(person, teams_of(session, person.id))
        if theirs.may("review") and session.scalar(calls_for(theirs, "review").where(Call.id == call.id)) is not None:
            return person.id
    raise ArchiveError("calibrating.nobody", login=login.strip()[:40])


def scores_now(session: Session, person_id: str, call_id: str) -> bool:
    """Whether somebody still has to score this call: until then they see nothing of the machine's."""
    member = (CalibrationMember.person_id == person_id) & CalibrationMember.finished_at.is_(None)
    wanted = select(Calibration.id).join(CalibrationMember, CalibrationMember.calibration_id == Calibration.id)
    return (
        session.scalar(wanted.where(member, Calibration.call_id == call_id, Calibration.closed_at.is_(None)))
        is not None
    )


def calibrations(session: Session, viewer: Viewer) -> list[tuple[Calibration, Call]]:
    """Those one leads or takes part in, newest first."""
    viewer.require("review")
    mine = select(CalibrationMember.calibration_id).where(CalibrationMember.person_id == viewer.person_id)
    own = or_(Calibration.created_by == viewer.person_id, Calibration.id.in_(mine))
    wanted = select(Calibration, Call).join(Call, Call.id == Calibration.call_id).where(own, visible(viewer))
    return [(c, call) for c, call in session.execute(wanted.order_by(Calibration.created_at.desc()).limit(100))]


@dataclass(frozen=True)
class Sitting:
    """A session as this person may have it. `lines`: what is scored, of the call's scorecard without its values."""

    calibration: Calibration
    call: Call
    lines: tuple[str, ...]
    own: Mapping[str, CalibrationScore]
    finished: bool
    member: bool
    leads: bool
    waiting: int


def sitting(session: Session, viewer: Viewer, calibration_id: str) -> Sitting:
    """Raises NotThere for who neither leads nor takes part."""
    found = session.get(Calibration, calibration_id)
    members = _members(session, calibration_id)
    me = next((m for m in members if m.person_id == viewer.person_id), None)
    if found is None or (me is None and found.created_by != viewer.person_id):
        raise not_there()
    call = get_call(session, viewer, found.call_id, "review")
    wanted = select(CalibrationScore).where(
        CalibrationScore.calibration_id == found.id, CalibrationScore.person_id == viewer.person_id
    )
    return Sitting(
        calibration=found,
        call=call,
        lines=tuple(_lines(_judgement(session, call))),
        own={score.line: score for score in session.scalars(wanted)},
        finished=me is not None and me.finished_at is not None,
        member=me is not None,
        leads=found.created_by == viewer.person_id,
        waiting=sum(m.finished_at is None for m in members),
    )


def _members(session: Session, calibration_id: str) -> Sequence[CalibrationMember]:
    wanted = select(CalibrationMember).where(CalibrationMember.calibration_id == calibration_id)
    return session.scalars(wanted.order_by(CalibrationMember.person_id)).all()


def _judgement(session: Session, call: Call) -> Judgement:
    """Without the voice's own lines: several people score, and one of them may be no coach of this agent's."""
    judgement = stored_judgement(session, call.id)
    if judgement is None:
        raise ArchiveError("web.not_done")
    return judgement_without_voice(judgement)


def _lines(judgement: Judgement) -> list[str]:
    gestures = [GESTURE + g.id for g in judgement.gestures]
    return gestures + [CRITERION + c.id for c in judgement.criteria if c.kind != "context"]


def score(
    session: Session, viewer: Viewer, calibration_id: str, values: Mapping[str, Mapping[str, Any]], *, finish: bool
) -> None:
    """One's own values, kept until one has finished. Raises ArchiveError: finished or closed, a value that is none."""
    now = sitting(session, viewer, calibration_id)
    if not now.member or now.finished or now.calibration.closed_at is not None:
        raise ArchiveError("calibrating.over")
    judgement = _judgement(session, now.call)
    for line, value in values.items():
        check_said(Said(line, "blind", "", value), line_of(judgement, line))
        kept = now.own.get(line)
        if kept is None:
            own = {"calibration_id": calibration_id, "person_id": viewer.person_id, "line": line}
            session.add(CalibrationScore(**own, value=dict(value)))
        else:
            kept.value = dict(value)
    if finish:
        if set(now.lines) - set(now.own) - set(values):
            raise ArchiveError("calibrating.lines_left", n=len(set(now.lines) - set(now.own) - set(values)))
        member = session.get_one(CalibrationMember, (calibration_id, viewer.person_id))
        member.finished_at = time.time()


def close(session: Session, viewer: Viewer, calibration_id: str) -> None:
    """Whoever leads ends it: from now on the values are compared. Raises NotThere."""
    found = sitting(session, viewer, calibration_id)
    if not found.leads:
        raise not_there()
    if found.calibration.closed_at is None:
        found.calibration.closed_at = time.time()
        note_down(session, viewer.person_id, "calibration_closed", call_id=found.call.id, calibration=calibration_id)


@dataclass(frozen=True)
class LineSpread:
    """One line: the reference's value, how many of `n` others gave the same, and oneself's value and distance."""

    line: str
    reference: Hashable | None
    same: int
    n: int
    spread: tuple[tuple[Hashable, int], ...]
    own: Hashable | None


@dataclass(frozen=True)
class Compared:
    """A closed session. `distances`: of every member but the reference, share of lines unlike it, for who leads."""

    lines: tuple[LineSpread, ...]
    gestures: Figure
    criteria: Figure
    own_unlike: tuple[int, int] | None
    distances: tuple[tuple[str, int, int], ...]
    middle: float | None


def compared(session: Session, viewer: Viewer, calibration_id: str) -> Compared:
    """Raises NotThere; ArchiveError while it is open."""
    now = sitting(session, viewer, calibration_id)
    if now.calibration.closed_at is None:
        raise ArchiveError("calibrating.open")
    wanted = select(CalibrationScore).where(CalibrationScore.calibration_id == calibration_id)
    by_line: dict[str, dict[str, Hashable]] = defaultdict(dict)
    for row in session.scalars(wanted):
        said = category(row.line, row.value)
        if said is not None:
            by_line[row.line][row.person_id] = said
    reference = now.calibration.reference_id
    spreads = tuple(_spread(line, by_line[line], reference, viewer.person_id) for line in now.lines)
    people = [m.person_id for m in _members(session, calibration_id) if m.person_id != reference]
    unlike = {person: _unlike(by_line, person, reference) for person in people}
    names = {p.id: p.name for p in session.scalars(select(Person).where(Person.id.in_(people)))}
    told = sorted((names.get(person, ""), *unlike[person]) for person in people) if now.leads else []
    return Compared(
        lines=spreads,
        gestures=alpha(_units(by_line, GESTURE)),
        criteria=alpha(_units(by_line, CRITERION), interval=True),
        own_unlike=unlike.get(viewer.person_id),
        distances=tuple(told),
        middle=median(n / of for n, of in unlike.values() if of),
    )


def _spread(line: str, said: Mapping[str, Hashable], reference: str, me: str) -> LineSpread:
    counts: dict[Hashable, int] = defaultdict(int)
    for value in said.values():
        counts[value] += 1
    others = [value for person, value in said.items() if person != reference]
    wanted = said.get(reference)
    same = sum(value == wanted for value in others)
    return LineSpread(line, wanted, same, len(others), tuple(sorted(counts.items(), key=str)), said.get(me))


def _unlike(by_line: Mapping[str, Mapping[str, Hashable]], person: str, reference: str) -> tuple[int, int]:
    both = [said for said in by_line.values() if person in said and reference in said]
    return sum(said[person] != said[reference] for said in both), len(both)


def _units(by_line: Mapping[str, Mapping[str, Hashable]], kind: str) -> dict[str, list[float]]:
    """Ratings per line as numbers; verdicts by the order of their names, which a nominal alpha does not use."""
    lines = {line: list(said.values()) for line, said in by_line.items() if line.startswith(kind)}
    names = sorted({str(value) for values in lines.values() for value in values})
    if kind == GESTURE:
        return {line: [float(names.index(str(v))) for v in values] for line, values in lines.items()}
    return {line: [float(str(v)) for v in values] for line, values in lines.items()}
