"""Delivery of a gesture: the agent's voice over its turn against the agent's other turns of the call.

It supports and is shown; alone it never changes a verdict. Physical terms only: pitch spread (st) and
articulation rate (syll/s). The reference (median of how many other turns) is part of the sentence.
"""

from __future__ import annotations

from statistics import median

from audio.notes import Note
from service.scoring.evidence import Act, SpokenTurn
from service.scoring.facts import Facts
from service.scoring.findings import Finding

MIN_VOICED_S = 0.8
MAX_TURN_S = 8.0
MIN_REFERENCE_TURNS = 4
FLATTER_THAN = 0.6
"""Pitch spread under this share of the agent's other turns counts as flatter; our own, to calibrate."""
AS_WIDE_AS = 0.8
FASTER_THAN = 1.25
"""measures.md 8: template shortening, articulation rate of the phrase over that of other speech."""


def delivery_of(facts: Facts, act: Act) -> Finding:
    """The delivery family around one occurrence."""
    turn = facts.turn_of(act)
    reference = [_spread(t) for t in facts.turns if t.index != turn.index and _usable(t)]
    if not _usable(turn) or turn.span.duration_s > MAX_TURN_S:
        return _withheld("turn_unsuitable")
    if len(reference) < MIN_REFERENCE_TURNS:
        return _withheld("too_few_turns", n=len(reference), minimum=MIN_REFERENCE_TURNS)
    return _compared(facts, turn, median(reference), len(reference))


def _usable(turn: SpokenTurn) -> bool:
    voice = turn.voice
    return (
        turn.party == "agent"
        and voice is not None
        and voice.pitch_spread_st is not None
        and voice.voiced_s >= MIN_VOICED_S
    )


def _spread(turn: SpokenTurn) -> float:
    return (turn.voice.pitch_spread_st or 0.0) if turn.voice else 0.0


def _withheld(code: str, **params: int) -> Finding:
    return Finding("delivery", "not_assessable", code, reason=Note(f"scoring.delivery.{code}", params))


def _compared(facts: Facts, turn: SpokenTurn, reference_st: float, n: int) -> Finding:
    spread_st, ratio = _spread(turn), _rate_ratio(facts, turn)
    params = {"spread_st": spread_st, "reference_st": reference_st, "n": n, "rate_ratio": ratio or 1.0}
    if spread_st < FLATTER_THAN * reference_st or (ratio is not None and ratio > FASTER_THAN):
        return Finding("delivery", "absent", "flatter_or_faster", params, span=turn.span)
    if spread_st >= AS_WIDE_AS * reference_st:
        return Finding("delivery", "present", "as_wide", params, span=turn.span)
    return Finding("delivery", "not_applicable", "between", params, span=turn.span)


def _rate_ratio(facts: Facts, turn: SpokenTurn) -> float | None:
    others = [
        t.voice.articulation_rate_per_s
        for t in facts.turns
        if t.index != turn.index and t.voice is not None and t.voice.articulation_rate_per_s is not None
    ]
    own = turn.voice.articulation_rate_per_s if turn.voice else None
    return own / median(others) if own is not None and len(others) >= MIN_REFERENCE_TURNS else None
