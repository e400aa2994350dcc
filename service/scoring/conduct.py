"""Conduct: call-long criteria with their formulas (design 4). Here the drawing of lines; formulas in the two halves.

`conduct_floor` draws what rests on floor and voice, `conduct_words` what needs words. A criterion is a value, a
curve of the rubric, and the events it alone counts. It may be without occasion (leaves the score) or not
assessable (stays in the weight that a score needs, and says why).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from audio.notes import Note
from service.scoring import conduct_floor, conduct_words
from service.scoring.catalog import CRITERIA
from service.scoring.drawn import Drawn
from service.scoring.gestures import Court
from service.scoring.judgement import Criterion, Occurrence
from service.scoring.occasions import uncovered
from service.scoring.rubric import CriterionAsked, on_curve

_FORMULAS: Mapping[str, Callable[[Court], Drawn]] = {
    # In the order in which they take events: the specific before the general.
    "listened_first": conduct_floor.listened_first,
    "room_after_question": conduct_floor.room_after_question,
    "interruptions": conduct_floor.interruptions,
    "longest_monologue": conduct_floor.longest_monologue,
    "talk_share": conduct_floor.talk_share,
    "dead_air": conduct_floor.dead_air,
    "pulse": conduct_floor.pulse,
    "out_of_the_metal": conduct_floor.out_of_the_metal,
    "accommodation": conduct_floor.accommodation,
    "automatism": conduct_floor.automatism,
    "questions_answered": conduct_words.questions_answered,
    "honest_limit": conduct_words.honest_limit,
    "pressure": conduct_words.pressure,
    "plain_speech": conduct_words.plain_speech,
    "promises": conduct_words.promises,
    "free_care": conduct_words.free_care,
    "taught_and_learnt": conduct_words.taught_and_learnt,
    "choice_and_reason": conduct_words.choice_and_reason,
}


def judge_conduct(court: Court) -> tuple[list[Criterion], list[Occurrence]]:
    """All criteria in the rubric's order, and the free gestures found on the way."""
    asked = {c.id: c for c in court.rubric.criteria}
    drawn = {name: _draw(name, court) for name in _FORMULAS if name in asked}
    lines = [_line(asked[name], drawn[name]) for name in asked]
    free = sorted((o for d in drawn.values() for o in d.free), key=lambda o: (o.span, o.rule))
    return lines, free


def _draw(name: str, court: Court) -> Drawn:
    drawn = Drawn.not_assessable(why) if (why := _withheld(name, court)) else _FORMULAS[name](court)
    court.ledger.claim(drawn.counted, name)
    return drawn


def _withheld(name: str, court: Court) -> Note | None:
    """Why a criterion can't be drawn from this evidence at all."""
    facts, rule = court.facts, CRITERIA[name]
    if rule.group == "delivery" and court.policy == "no_voice":
        return Note("scoring.policy_no_voice")
    if not rule.needs_words:
        return None
    if not facts.evidence.words.available:
        return facts.evidence.words.reason or Note("scoring.no_transcript")
    return uncovered(facts.call, facts, court.rubric.limits)


def _line(asked: CriterionAsked, drawn: Drawn) -> Criterion:
    rule = CRITERIA[asked.id]
    full = not drawn.applies and asked.na == "count_full"
    return Criterion(
        id=asked.id,
        idea=asked.idea,
        value=drawn.value,
        unit=rule.unit,
        score=None if drawn.value is None else on_curve(asked.curve, drawn.value),
        weight=0.0 if rule.kind == "context" else asked.weight,
        why=drawn.why,
        spans=drawn.spans,
        group=rule.group,
        kind=rule.kind,
        counted=drawn.counted,
        applies=drawn.applies,
        counted_full=full,
        notes=(Note("scoring.na_counted_full"),) if full else (),
    )
