"""A session as its page shows it: moments with their sound, their sentence and their question; what else could be
played; the same gesture lived; the goal before and since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from audio.timeline import Span
from service.archive.access import Viewer
from service.archive.goals import BeforeAndSince, before_and_since, goal_before, open_goals
from service.archive.session_moments import (
    PARTS,
    Candidate,
    accepted_examples,
    judged_for,
    lived_elsewhere,
    offers,
    placed,
)
from service.archive.tables_calls import Call
from service.archive.tables_reviews import CoachingSession, Goal
from service.archive.weeks import read_week
from service.labels import Labels, plain
from service.scoring.judgement import GestureLine, Judgement, Moment
from service.scoring.moments import telling
from service.web.pages.dates import Day, day_of, week_said

BEFORE_S, AFTER_S = 3.0, 6.0
"""What is heard around an occurrence that is no moment of its own."""


@dataclass(frozen=True)
class Clip:
    """Seconds of a call to play: from `start_s` to `end_s` of its sound."""

    call_id: str
    start_s: float
    end_s: float
    when: str
    day: Day

    @property
    def length_s(self) -> float:
        """How long it plays."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Shown:
    """A moment with what there is to say of it. `gesture`: its id when it is one, to compare and to work on.

    `earlier`: the week it comes from when that is not the session's. `moment`: its id.
    """

    moment: str
    name: str
    situation: str
    why: str
    compared: str
    quote: str
    hint: str
    gesture: str
    earlier: str
    clip: Clip


@dataclass(frozen=True)
class Place:
    """A place of the list; `shown` None: the call was scored again and has that moment no more."""

    number: int
    part: str
    shown: Shown | None


@dataclass(frozen=True)
class GoalShown:
    """What was agreed: the gesture, since which week, and the counts."""

    name: str
    week: str
    counts: BeforeAndSince


@dataclass(frozen=True)
class SessionShown:
    """All that the page of a session tells; `gestures`: id and name of those to choose a goal from."""

    places: tuple[Place, ...]
    missing: int
    widened: bool
    whole_s: float
    offers: tuple[Shown, ...]
    lived: tuple[Shown, ...]
    goal_before: GoalShown | None
    goal_id: str
    gestures: tuple[tuple[str, str], ...]


def shown_session(
    session: Session, viewer: Viewer, coaching: CoachingSession, labels: Labels, *, swap: int = 0, compare: int = 0
) -> SessionShown:
    """`swap`, `compare`: the place for which others, or the same gesture lived, are shown; 0: none."""
    reader = _Reader(session, viewer, labels, read_week(coaching.week))
    kept = placed(session, viewer, coaching)
    places = tuple(Place(p.place, p.part, reader.shown(p.found) if p.found else None) for p in kept)
    found = [p.shown for p in places if p.shown is not None]
    compared = next((p.shown for p in places if p.number == compare and p.shown), None)
    others = offers(session, viewer, coaching, swap) if 1 <= swap <= len(PARTS) else []
    goal = open_goals(session, [coaching.agent_id]).get(coaching.agent_id)
    return SessionShown(
        places=places,
        missing=len(PARTS) - len(found),
        widened=any(one.earlier for one in found),
        whole_s=sum(one.clip.length_s for one in found),
        offers=tuple(one for c in others if (one := reader.shown(c)) is not None),
        lived=tuple(reader.lived(coaching.agent_id, compared)) if compared else (),
        goal_before=_goal_before(session, viewer, coaching, labels),
        goal_id=goal.gesture if goal else "",
        gestures=tuple((gesture, labels.gesture(gesture)) for gesture in reader.gestures),
    )


def goal_shown(session: Session, viewer: Viewer, goal: Goal, until_week: int, labels: Labels) -> GoalShown:
    """A goal with its counts up to a week."""
    counts = before_and_since(session, viewer, goal, until_week)
    return GoalShown(labels.gesture(goal.gesture), week_said(read_week(goal.week), labels), counts)


def _goal_before(session: Session, viewer: Viewer, coaching: CoachingSession, labels: Labels) -> GoalShown | None:
    goal = goal_before(session, coaching.agent_id, coaching.week)
    return goal_shown(session, viewer, goal, read_week(coaching.week), labels) if goal else None


class _Reader:
    """Reads each call once, and writes that down once."""

    def __init__(self, session: Session, viewer: Viewer, labels: Labels, week: int) -> None:
        self._session, self._viewer, self._labels, self._week = session, viewer, labels, week
        self._read: dict[str, tuple[Call, Judgement | None]] = {}

    def _judged(self, call_id: str) -> tuple[Call, Judgement | None]:
        if call_id not in self._read:
            self._read[call_id] = judged_for(self._session, self._viewer, call_id)
        return self._read[call_id]

    @property
    def gestures(self) -> Iterable[str]:
        """Of the rubrics of the calls that were read, in their order."""
        lines = (g.id for _, judgement in self._read.values() if judgement for g in judgement.gestures)
        return dict.fromkeys(lines)

    def shown(self, one: Candidate) -> Shown | None:
        """A moment; None where the judgement has it no more, or not for this viewer."""
        call, judgement = self._judged(one.call_id)
        moment = next((m for m in judgement.moments if m.id == one.moment), None) if judgement else None
        if judgement is None or moment is None:
            return None
        earlier = week_said(one.week, self._labels) if one.week != self._week else ""
        return self._moment(call, judgement, moment, earlier)

    def _moment(self, call: Call, judgement: Judgement, moment: Moment, earlier: str = "") -> Shown:
        labels = self._labels
        return Shown(
            moment=moment.id,
            name=labels.of("moment gesture act criterion", moment.kind),
            situation=labels.of("situation", moment.situation) if moment.situation else "",
            why=labels.note(moment.why),
            compared=labels.note(moment.compared) if moment.compared and moment.baseline != "none" else "",
            quote=plain(moment.quote),
            hint=labels.note(moment.hint),
            gesture=moment.kind if any(g.id == moment.kind for g in judgement.gestures) else "",
            earlier=earlier,
            clip=self._clip(call, moment.listen),
        )

    def _clip(self, call: Call, span: Span) -> Clip:
        return Clip(
            call.id, round(span.start_s, 2), round(span.end_s, 2), self._labels.stretch(span),
            day_of(call.started_at, self._labels),
        )  # fmt: skip

    def lived(self, agent_id: str, compared: Shown) -> Iterator[Shown]:
        """The same gesture lived by the same agent, then examples that were accepted for others to hear."""
        if not compared.gesture:
            return
        own = lived_elsewhere(self._session, self._viewer, agent_id, compared.gesture, compared.clip.call_id)
        if own is not None:
            yield from self._lived_in(own.call_id, compared.gesture)
        examples = accepted_examples(self._session, self._viewer, compared.gesture, compared.clip.call_id)
        for call_id, moment in examples:
            call, judgement = self._judged(call_id)
            found = next((m for m in judgement.moments if m.id == moment), None) if judgement else None
            if judgement is not None and found is not None:
                yield self._moment(call, judgement, found)

    def _lived_in(self, call_id: str, gesture: str) -> Iterator[Shown]:
        call, judgement = self._judged(call_id)
        if judgement is None:
            return
        moment = next((m for m in judgement.moments if m.kind == gesture and m.good), None)
        line = next((g for g in judgement.gestures if g.id == gesture), None)
        if moment is not None:
            yield self._moment(call, judgement, moment)
        elif line is not None and line.occurrences:
            yield self._occurrence(call, line)

    def _occurrence(self, call: Call, line: GestureLine) -> Shown:
        one = (*telling(line), *line.occurrences)[0]
        end_s = max(one.span.end_s, min(one.span.end_s + AFTER_S, call.duration_s or one.span.end_s))
        return Shown(
            moment="",
            name=self._labels.gesture(line.id),
            situation=self._labels.verdict(line.verdict),
            why=self._labels.note(line.why),
            compared="",
            quote=plain(one.quote),
            hint="",
            gesture=line.id,
            earlier="",
            clip=self._clip(call, Span(max(0.0, one.span.start_s - BEFORE_S), end_s)),
        )
