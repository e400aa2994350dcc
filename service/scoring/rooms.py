"""Room around a gesture: did the customer get the floor after it? From speech regions, never from word times.

Room itself is measured by `audio.room`; here is only the question of *when* it should have begun:
after the breath in which the question ends, or after the whole turn. Two questions in one breath leave no room
after the first. Not being cut off can speak against a gesture but never for it: `not_cut` is contrary or nothing.
"""

from __future__ import annotations

import re

from audio.timeline import Span
from service.scoring.catalog import ASKING_ACTS, GestureRule
from service.scoring.evidence import Act, SpokenTurn
from service.scoring.facts import Facts
from service.scoring.findings import Finding, not_applicable

EDGE_S = 0.1
"""Word ends and speech ends of the same word differ by about this much."""
SOON_S = 6.0
"""A turn that ends within this ends with the gesture; one that runs on has left its room, or not, before."""
TAG_WORDS = 4
_SENTENCE_GOES_ON = re.compile(r"[.?!…]\s*\w")


def room_of(facts: Facts, act: Act, rule: GestureRule) -> Finding:
    """The room family around one occurrence of a gesture. Remembered: several lines ask about the same question."""
    key = (id(act), rule.room)  # acts live as long as the evidence does
    if key not in facts.known_rooms:
        facts.known_rooms[key] = _room_of(facts, act, rule)
    return facts.known_rooms[key]


def _room_of(facts: Facts, act: Act, rule: GestureRule) -> Finding:
    if rule.room == "none":
        return not_applicable("room")
    if rule.room == "not_cut":
        return _not_cut(facts, act)
    turn_end_s = facts.turn_of(act).span.end_s
    ends_turn = rule.room == "after_turn" or (rule.room == "to_correct" and not _asks_something_else(facts, act))
    if ends_turn and turn_end_s - act.span.end_s <= SOON_S:
        return room_at(facts, turn_end_s)
    end_s = question_end_s(facts, act)
    follower = _asked_on_in_same_breath(facts, act, end_s)
    if follower is not None:
        events = (f"room:{act.span.end_s:.2f}",)
        return Finding("room", "absent", "same_breath", {"asked_s": follower.span.start_s}, events, follower.span)
    return room_at(facts, end_s)


def _asks_something_else(facts: Facts, act: Act) -> bool:
    """True when another question follows in the turn; a tag of a few words ("is that right?") is the same question."""
    rest = Span(act.span.end_s - EDGE_S, max(act.span.end_s, facts.turn_of(act).span.end_s))
    later = [a for a in facts.acts(ASKING_ACTS, within=rest) if a.turn == act.turn]
    return any(len(a.quote.split()) > TAG_WORDS for a in later)


def question_end_s(facts: Facts, act: Act) -> float:
    """End of the breath (IPU) in which the words of `act` end; with estimated word times, the turn's if it may be."""
    turn = facts.turn_of(act)
    if any(w.time_is_estimated for w in turn.words) and _ends_its_turn(turn, act):
        return turn.span.end_s
    return breath_of(turn, act.span).end_s


def breath_of(turn: SpokenTurn, words: Span) -> Span:
    """The IPU that holds most of the second half of some words of a turn: their end may be off by a few 0.1 s."""
    half = Span((words.start_s + words.end_s) / 2, words.end_s)
    held = [(shared.duration_s, ipu) for ipu in turn.ipus if (shared := ipu.overlap(half)) is not None]
    if held:
        return max(held, key=lambda pair: pair[0])[1]
    return next((ipu for ipu in turn.ipus if ipu.end_s >= words.end_s), turn.span)


def _ends_its_turn(turn: SpokenTurn, act: Act) -> bool:
    at = turn.text.rfind(act.quote)
    rest = turn.text[at + max(0, len(act.quote) - 1) :] if at >= 0 else turn.text  # - 1: the quote may hold the "?"
    return _SENTENCE_GOES_ON.search(rest) is None


def _asked_on_in_same_breath(facts: Facts, act: Act, end_s: float) -> Act | None:
    within = Span(act.span.end_s - EDGE_S, max(act.span.end_s - EDGE_S, end_s - EDGE_S))
    later = facts.acts(ASKING_ACTS - {act.id}, within=within)
    return next((a for a in later if a.turn == act.turn and a.span.start_s > act.span.start_s), None)


def room_at(facts: Facts, end_s: float) -> Finding:
    """Room after a moment at which the agent stops."""
    room = facts.rooms.after(end_s)
    events = (f"room:{end_s:.2f}",)
    silence_s = round(room.silence_s or 0.0, 3)
    span = Span(end_s, end_s + silence_s)
    params = {"silence_s": silence_s}
    if room.given is None:
        return Finding("room", "not_assessable", "unknown", params, (), span, reason=room.reason)
    if room.given:
        return Finding("room", "present", "answered" if room.other_took else "waited", params, events, span)
    if room.cut_off:
        cuts = tuple(f"floor:{i}" for i in cuts_of_next_turn(facts, end_s))
        return Finding("room", "contrary", "cut", params, events + cuts, span)
    return Finding("room", "absent", "short", params, events, span)


def cuts_of_next_turn(facts: Facts, time_s: float) -> list[int]:
    """Indexes of the agent's interruptions inside the customer's next turn after a time."""
    position = facts.next_after(time_s, "customer")
    if position is None:
        return []
    turn = facts.turns[position].span
    return [i for i, start_s in facts.cuts if turn.contains(start_s)]


def _not_cut(facts: Facts, act: Act) -> Finding:
    cuts = [] if facts.mono else cuts_of_next_turn(facts, act.span.end_s)
    if not cuts:
        return not_applicable("room")
    event = facts.evidence.floor[cuts[0]]
    events = tuple(f"floor:{i}" for i in cuts)
    return Finding("room", "contrary", "cut", {"cut_s": event.span.start_s}, events, event.span)
