"""What a session plays: one good moment and two to work on, each from another call, five minutes at most in all.

The choice is the same each time it is made: first what the goal is about, then severity, then the newest call. A week
with too little is widened by earlier ones. Moments that a person found wrong, that their agent disputes, or that
another session played, are out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, exists, literal, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, audience_of, visible
from service.archive.calls import get_call
from service.archive.errors import ArchiveError
from service.archive.goals import goal_before, goal_of
from service.archive.lines import CRITERION, GESTURE
from service.archive.results import stored_judgement
from service.archive.tables_calls import Call, LineRow, MomentRow, ReviewRow
from service.archive.tables_reviews import CoachingSession, Dispute, Example, SessionMoment
from service.archive.weeks import WEEK_S, read_week, starts_at, week_of
from service.scoring.judgement import Judgement
from service.scoring.views import judgement_without_voice, voice_withheld

PARTS = ("good", "work", "work")
"""What stands at the places 1, 2 and 3."""
MOST_S = 300.0
WEEKS_BACK = 4
OFFERED, MOST_EXAMPLES = 5, 3
_TRIED, _GOOD_TRIED = 200, 40


@dataclass(frozen=True)
class Candidate:
    """A moment that could be played, with the seconds to listen to."""

    call_id: str
    moment: str
    kind: str
    good: bool
    start_s: float
    end_s: float
    week: int

    @property
    def length_s(self) -> float:
        """How long it plays."""
        return self.end_s - self.start_s

    @property
    def part(self) -> str:
        """Where in a session it may stand."""
        return "good" if self.good else "work"


@dataclass(frozen=True)
class Placed:
    """A place of a session. `found` None: the call was scored again since, and has that moment no more."""

    place: int
    part: str
    found: Candidate | None


def fill(session: Session, viewer: Viewer, coaching: CoachingSession) -> None:
    """Chooses what stands at the places of a session that are free, unless it has taken place."""
    kept = [p for p in placed(session, viewer, coaching) if p.found is not None]
    if coaching.done_at is not None or len(kept) == len(PARTS):
        return
    taken = {p.place for p in kept}
    others = SessionMoment.place.not_in(taken)
    session.execute(delete(SessionMoment).where(SessionMoment.session_id == coaching.id, others))
    free = [place for place in range(1, len(PARTS) + 1) if place not in taken]
    for one in _chosen(session, viewer, coaching, tuple(p.found for p in kept if p.found is not None)):
        place = next(p for p in free if PARTS[p - 1] == one.part)
        free.remove(place)
        session.add(_row(coaching, place, one))


def _row(coaching: CoachingSession, place: int, one: Candidate) -> SessionMoment:
    return SessionMoment(session_id=coaching.id, place=place, call_id=one.call_id, moment=one.moment, part=one.part)


def _chosen(
    session: Session, viewer: Viewer, coaching: CoachingSession, kept: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    good: list[Candidate] = []
    work: list[Candidate] = []
    best: tuple[Candidate, ...] = ()
    for back in range(WEEKS_BACK + 1):
        for pool, part in ((good, "good"), (work, "work")):
            pool += _in_week(session, viewer, coaching, part, back)
        best = picked(good, work, kept)
        if len(best) + len(kept) == len(PARTS):
            break
    return best


def picked(
    good: Sequence[Candidate], work: Sequence[Candidate], kept: tuple[Candidate, ...] = ()
) -> tuple[Candidate, ...]:
    """What completes `kept` to one good moment and two to work on: each of another call, not too long in all.

    As many as there can be; of choices that are as many, the one with the best moments.
    """
    n_good, n_work = (PARTS.count(part) - sum(k.part == part for k in kept) for part in ("good", "work"))
    firsts = [(one,) for one in good[:_GOOD_TRIED] if _fits(one, kept)] if n_good else []
    best: tuple[Candidate, ...] = ()
    for first in (*firsts, ()):
        chosen: tuple[Candidate, ...] = first
        for one in work:
            if len(chosen) - len(first) < n_work and _fits(one, (*kept, *chosen)):
                chosen = (*chosen, one)
        if len(chosen) > len(best):
            best = chosen
        if len(best) == n_good + n_work:
            break
    return best


def _fits(one: Candidate, others: Sequence[Candidate]) -> bool:
    whole_s = one.length_s + sum(other.length_s for other in others)
    return whole_s <= MOST_S and all(one.call_id != other.call_id for other in others)


def _in_week(session: Session, viewer: Viewer, coaching: CoachingSession, part: str, back: int) -> list[Candidate]:
    """Of one week, best first."""
    begin_s = starts_at(read_week(coaching.week) - back)
    goal = _goal(session, coaching)
    order = [(MomentRow.kind == goal).desc()] if goal else []
    wanted = (
        _playable(viewer, coaching)
        .where(MomentRow.good.is_(part == "good"), Call.started_at >= begin_s, Call.started_at < begin_s + WEEK_S)
        .order_by(*order, MomentRow.severity.desc(), Call.started_at.desc(), Call.id, MomentRow.moment)
        .limit(_TRIED)
    )
    return [_candidate(moment, at) for moment, at in session.execute(wanted)]


def _goal(session: Session, coaching: CoachingSession) -> str | None:
    found = goal_of(session, coaching.agent_id, coaching.week) or goal_before(session, coaching.agent_id, coaching.week)
    return found.gesture if found else None


def _playable(viewer: Viewer, coaching: CoachingSession) -> Select[MomentRow, float]:
    """The agent's moments that this coach may hear, nobody found wrong or disputes, and no other session has played."""
    return (
        select(MomentRow, Call.started_at)
        .join(Call, Call.id == MomentRow.call_id)
        .where(visible(viewer), Call.agent_id == coaching.agent_id, Call.state == "done")
        .where(~_refuted(), ~_disputed(), ~_played_elsewhere(coaching))
    )


def _refuted() -> ColumnElement[bool]:
    said = ReviewRow.target == literal("moment:") + MomentRow.moment
    return exists().where(ReviewRow.call_id == MomentRow.call_id, said, ReviewRow.says == "disagree")


def _disputed() -> ColumnElement[bool]:
    """Its agent disputes the moment, or the line it is of; or was right about the moment."""
    moment = (Dispute.target == literal("moment:") + MomentRow.moment) & Dispute.state.in_(("open", "upheld"))
    lines = (literal(kind) + MomentRow.kind for kind in (GESTURE, CRITERION))
    line = Dispute.target.in_(tuple(lines)) & (Dispute.state == "open")
    return exists().where(Dispute.call_id == MomentRow.call_id, moment | line)


def _played_elsewhere(coaching: CoachingSession) -> ColumnElement[bool]:
    same = (SessionMoment.call_id == MomentRow.call_id) & (SessionMoment.moment == MomentRow.moment)
    return exists().where(same, SessionMoment.session_id != coaching.id)


def _candidate(row: MomentRow, started_at: float) -> Candidate:
    return Candidate(row.call_id, row.moment, row.kind, row.good, row.start_s, row.end_s, week_of(started_at))


def placed(session: Session, viewer: Viewer, coaching: CoachingSession) -> list[Placed]:
    """The places of a session that are taken, in the order they are played."""
    same = (MomentRow.call_id == SessionMoment.call_id) & (MomentRow.moment == SessionMoment.moment)
    wanted = (
        select(SessionMoment, MomentRow, Call.started_at)
        .join(Call, Call.id == SessionMoment.call_id)
        .outerjoin(MomentRow, same)
        .where(SessionMoment.session_id == coaching.id, visible(viewer))
        .order_by(SessionMoment.place)
    )
    return [
        Placed(kept.place, kept.part, _candidate(row, at) if row is not None else None)
        for kept, row, at in session.execute(wanted)
    ]


def offers(session: Session, viewer: Viewer, coaching: CoachingSession, place: int) -> list[Candidate]:
    """What could stand at a place instead, best first; from this week, then from the ones before."""
    part, others = _part_of(place), _others(session, viewer, coaching, place)
    now = next((p.found for p in placed(session, viewer, coaching) if p.place == place), None)
    found: list[Candidate] = []
    for back in range(WEEKS_BACK + 1):
        found += (c for c in _in_week(session, viewer, coaching, part, back) if c != now and _fits(c, others))
        if len(found) >= OFFERED:
            break
    return found[:OFFERED]


def swap(session: Session, viewer: Viewer, coaching: CoachingSession, place: int, call_id: str, moment: str) -> None:
    """Another moment at a place. Raises ArchiveError for one that can't stand there."""
    part, others = _part_of(place), _others(session, viewer, coaching, place)
    asked = _playable(viewer, coaching).where(MomentRow.call_id == call_id, MomentRow.moment == moment)
    row = session.execute(asked).one_or_none()
    found = _candidate(*row) if row is not None else None
    if found is None or found.part != part or not _fits(found, others):
        raise ArchiveError("coaching.no_moment")
    at = (SessionMoment.session_id == coaching.id) & (SessionMoment.place == place)
    session.execute(delete(SessionMoment).where(at))
    session.add(_row(coaching, place, found))


def _part_of(place: int) -> str:
    if not 1 <= place <= len(PARTS):
        raise ArchiveError("coaching.no_moment")
    return PARTS[place - 1]


def _others(session: Session, viewer: Viewer, coaching: CoachingSession, place: int) -> list[Candidate]:
    return [p.found for p in placed(session, viewer, coaching) if p.found is not None and p.place != place]


def judged_for(session: Session, viewer: Viewer, call_id: str) -> tuple[Call, Judgement | None]:
    """A call with its judgement as this viewer may have it. Written down as read. Raises NotThere."""
    call = get_call(session, viewer, call_id, "read")
    judgement = stored_judgement(session, call.id)
    if judgement is not None and voice_withheld(audience_of(viewer, call), judgement.policy):
        judgement = judgement_without_voice(judgement)
    return call, judgement


def lived_elsewhere(session: Session, viewer: Viewer, agent_id: str, gesture: str, call_id: str) -> LineRow | None:
    """Where the same agent made the same gesture with what surrounds it: in the newest other call."""
    wanted = (
        select(LineRow)
        .join(Call, Call.id == LineRow.call_id)
        .where(visible(viewer), LineRow.agent_id == agent_id, LineRow.line == GESTURE + gesture)
        .where(LineRow.verdict == "lived", LineRow.disputed.is_(False), LineRow.start_s.is_not(None))
        .where(LineRow.call_id != call_id)
        .order_by(LineRow.week.desc(), Call.started_at.desc(), Call.id)
    )
    return session.scalars(wanted.limit(1)).first()


def accepted_examples(session: Session, viewer: Viewer, kind: str, call_id: str) -> list[tuple[str, str]]:
    """Call and moment of examples of this kind that a coach accepted, newest first."""
    same = (MomentRow.call_id == Example.call_id) & (MomentRow.moment == Example.moment)
    wanted = (
        select(Example.call_id, Example.moment)
        .join(Call, Call.id == Example.call_id)
        .join(MomentRow, same)
        .where(visible(viewer), Example.state == "accepted", MomentRow.kind == kind, Example.call_id != call_id)
        .order_by(Example.proposed_at.desc(), Example.id)
    )
    return [(call, moment) for call, moment in session.execute(wanted.limit(MOST_EXAMPLES))]
