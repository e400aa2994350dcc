"""What to listen to around a moment: the words that led there, the moment, the room after it and the reply.

A clip begins at the start of a breath, at least BEFORE_S before the moment, and earlier when the customer's words
that led there began a little before. It ends when the next reply has ended. At most LONGEST_S.
"""

from __future__ import annotations

from audio.timeline import Party, Span
from service.scoring.facts import Facts

BEFORE_S, BEFORE_MOST_S = 3.0, 8.0
AFTER_S, LEAST_AFTER_S, TAIL_S = 3.0, 2.0, 0.5
REPLY_WITHIN_S = 8.0
"""A reply that comes later is left out: the silence itself is what there is to hear."""
LONGEST_S = 25.0


def listening(facts: Facts, span: Span, party: Party) -> Span:
    """The stretch of the call to play for a moment of `party`, inside the call."""
    end_s = max(facts.evidence.call.duration_s, span.end_s)
    start_s = max(0.0, _start_s(facts, span, party), span.end_s + LEAST_AFTER_S - LONGEST_S)
    reply_s = _reply_end_s(facts, span, party)
    wanted_s = max(span.end_s + AFTER_S, reply_s + TAIL_S)
    return Span(min(start_s, span.start_s), min(end_s, max(span.end_s, min(wanted_s, start_s + LONGEST_S))))


def _other(party: Party) -> Party:
    return "agent" if party == "customer" else "customer"


def _start_s(facts: Facts, span: Span, party: Party) -> float:
    """A breath's start between BEFORE_MOST_S and BEFORE_S before: of what the other party said, else of anybody."""
    reach = Span(max(0.0, span.start_s - BEFORE_MOST_S), max(0.0, span.start_s - BEFORE_S))
    turns = [t for t in facts.turns_around(reach) if reach.end_s <= t.span.end_s or _starts_in(t.span, reach)]
    led = [t.span.start_s for t in turns if t.party == _other(party) and _starts_in(t.span, reach)]
    if led:
        return max(led)
    breaths = [i.start_s for t in turns for i in t.ipus if _starts_in(i, reach)]
    return max(breaths, default=reach.end_s)


def _starts_in(span: Span, reach: Span) -> bool:
    return reach.start_s <= span.start_s <= reach.end_s


def _reply_end_s(facts: Facts, span: Span, party: Party) -> float:
    """End of the other party's next turn."""
    position = facts.next_after(span.end_s, _other(party))
    if position is None:
        return span.end_s
    reply = facts.turns[position].span
    latest_s = span.end_s + REPLY_WITHIN_S
    return reply.end_s if reply.start_s <= latest_s else latest_s
