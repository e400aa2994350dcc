"""A drawn criterion, before the rubric's curve gives it a score."""

from __future__ import annotations

from dataclasses import dataclass

from audio.notes import Measure, Note
from audio.timeline import Party, Span
from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.judgement import Occurrence


@dataclass(frozen=True)
class Drawn:
    """`counted`: events this criterion alone counts. `free`: free gestures found while counting."""

    value: float | None
    why: Note
    spans: tuple[Span, ...] = ()
    counted: tuple[str, ...] = ()
    applies: bool = True
    free: tuple[Occurrence, ...] = ()

    @classmethod
    def not_assessable(cls, why: Note) -> Drawn:
        """Should be known and is not."""
        return cls(None, why)

    @classmethod
    def no_occasion(cls, criterion: str) -> Drawn:
        """The call gave no occasion: the line leaves the score."""
        return cls(None, Note(f"scoring.no_occasion.{criterion}"), applies=False)


def measure(facts: Facts, name: str, party: Party | None) -> Measure | None:
    """A measure of a party, or of the call; None when the evidence has none of that name."""
    measures = facts.evidence.call_measures if party is None else facts.evidence.measures.get(party, ())
    return next((m for m in measures if m.name == name and not m.below_gate), None)


def of_measure(facts: Facts, name: str, party: Party | None, unit_param: str) -> Drawn:
    """A criterion that is one measure; its sentence has the measure's name, `unit_param` names the number in it."""
    found = measure(facts, name, party)
    if found is None or found.value is None:
        reason = found.reason if found is not None and found.reason is not None else Note("scoring.not_measured")
        return Drawn.not_assessable(reason)
    key = f"measure:{party or 'call'}/{name}"
    return Drawn(found.value, Note(f"scoring.{name}", {unit_param: found.value}), counted=(key,))


def occurrence(act: Act) -> Occurrence:
    """An act as a free gesture."""
    return Occurrence(turn=act.turn, span=act.span, quote=act.quote, rule=act.rule)


def act_key(act: Act) -> str:
    """The event name of an act: its turn, its name and its start, the same whatever other acts were found."""
    return f"act:{act.turn}:{act.id}:{act.span.start_s:.2f}"
