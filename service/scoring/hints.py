"""Which question a coach can ask at a moment: one per gesture and situation, one per conduct line.

A situation is what happened around the gesture, read from its families of evidence. The questions themselves are
sentences (`scoring.hint.<gesture>.<situation>`): open, about the call, never a verdict on the person.
"""

from __future__ import annotations

from collections.abc import Mapping

from audio.notes import Note
from service.scoring.judgement import Family, Occurrence, Verdict

_ASKED = ("no_room", "cut", "not_taken_up", "taken_up", "room", "missing")
_ACKNOWLEDGED = ("cut", "not_taken_up", "brushed_off", "taken_up", "free", "missing")

HINTS: Mapping[str, tuple[str, ...]] = {
    "greeting": ("missing",),
    "self_intro": ("missing",),
    "courtesy_question": _ASKED,
    "offer_help": _ASKED,
    "open_question": _ASKED,
    "reformulation": ("no_room", "cut", "not_echoed", "taken_up", "room", "free", "missing"),
    "empathy_phrase": _ACKNOWLEDGED,
    "reassurance": _ACKNOWLEDGED,
    "explanation_why": ("not_echoed", "taken_up", "free", "missing"),
    "offer_choice": ("no_room", "cut", "pushed", "respected", "room", "missing"),
    "check_in": ("no_room", "cut", "room", "missing"),
    "action_commitment": ("open", "taken_up", "missing"),
    "hold_notice": ("late", "taken_up", "missing"),
    "hold_thanks": ("missing",),
    "check_understanding": ("no_room", "cut", "room", "free", "missing"),
    "anything_else": ("no_room", "cut", "room", "missing"),
    "thanks": ("missing",),
    "closing": ("cut", "missing"),
}
"""The situations each gesture can be in; any other falls back to the question of its verdict."""

CONDUCT_HINTS: Mapping[str, tuple[str, ...]] = {
    "plain_speech": ("condescension", "dismissal", "jargon"),
    "free_care": ("choice", "reason", "limit", "learnt"),
}
"""Conduct lines whose moments differ by what was said."""

_AGAINST = {"cut": "cut", "contrary": "brushed_off", "pushed": "pushed", "late": "late"}
_UNHEARD = {"open": "open", "no_answer": "no_room", "not_echoed": "not_echoed", "unlinked": "not_echoed"}
_FREE_ACTS = {
    **{"offer_choice": "choice", "freedom_phrase": "choice"},
    **{"explanation_why": "reason", "admits_limit": "limit"},
}


def situation_of(gesture: str, verdict: Verdict, one: Occurrence | None) -> str:
    """What happened around one occurrence of a gesture."""
    if one is None or verdict in ("missing", "free"):
        return verdict
    room, follow = _family(one, "room"), _family(one, "follow_through")
    return _good(room, follow) if verdict == "lived" else _to_work(gesture, room, follow)


def _family(one: Occurrence, name: str) -> Family | None:
    return next((f for f in one.families if f.name == name and f.state != "not_applicable"), None)


def _variant(family: Family) -> str:
    return family.why.code.rsplit(".", 1)[-1]


def _good(room: Family | None, follow: Family | None) -> str:
    if follow is not None and follow.state == "present":
        return "respected" if _variant(follow) == "respected" else "taken_up"
    return "room" if room is not None and room.state == "present" else "lived"


def _to_work(gesture: str, room: Family | None, follow: Family | None) -> str:
    """Harm first; then, for a reformulation, words that were not the customer's; then room; then what came after."""
    for family in (follow, room):
        if family is not None and family.state == "contrary":
            return _AGAINST.get(_variant(family), "mechanical")
    unheard = follow is not None and follow.state == "absent"
    if room is not None and room.state == "absent" and not (unheard and gesture == "reformulation"):
        return "no_room"
    if follow is not None and unheard:
        return _UNHEARD.get(_variant(follow), "not_taken_up")
    return "mechanical"


def gesture_hint(gesture: str, verdict: Verdict, situation: str) -> Note:
    """The question for a gesture; the verdict's own when the situation has none."""
    known = situation in HINTS.get(gesture, ())
    return Note(f"scoring.hint.{gesture}.{situation}" if known else f"scoring.hint.{verdict}")


def conduct_hint(criterion: str, said: str) -> Note:
    """The question for a conduct line; `said`: the act or the kind of gift the moment is about."""
    known = said in CONDUCT_HINTS.get(criterion, ())
    return Note(f"scoring.hint.{criterion}.{said}" if known else f"scoring.hint.{criterion}")


def gift_of(rule: str) -> str:
    """What a free gesture gave, from the rule that found it (`fr/offer_choice/...`); no rule: a word taken up later."""
    parts = rule.split("/")
    return _FREE_ACTS.get(parts[1], "") if len(parts) > 1 else "learnt"
