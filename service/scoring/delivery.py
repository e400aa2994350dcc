"""Delivery of a gesture: the agent's voice over its own seconds against the agent's other speech in the call.

It supports and is shown; alone it never changes a verdict. Physical terms only: pitch spread (st) and
articulation rate (syll/s), measured in `audio.phrase`. The reference (the median of how many stretches as long) is
part of the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from audio.notes import Measure, Note, Param
from service.scoring.evidence import Act, GestureDelivery
from service.scoring.facts import Facts
from service.scoring.findings import Finding
from service.scoring.judgement import FamilyState

FLATTER_THAN = 0.5
"""Pitch spread under this share of that of other stretches as long: under it lie 6 of 100 ordinary phrases (64 of 6
talkers, `audio.phrase`), 15 of 100 under 0.6."""
AS_WIDE_AS = 0.8
FASTER_THAN = 1.4
"""Articulation rate over this many times that of the rest: 4 of 100 ordinary phrases. The 1.25 of measures.md 8 is for
the median of many sayings; of single phrases it would take twice as many."""

NARROW_ST = 1.0
"""Where the other stretches themselves move less than this (their median), to be as wide as they are is no sign of
anything. Ordinary talk: 1.2 to 2.9 st for eight of ten stretches of 1 to 5 s (6 talkers)."""

Standing = Literal["apart", "between", "as_wide", "as_narrow"]
_STATES: Mapping[Standing, FamilyState] = {
    "apart": "absent",
    "between": "not_applicable",
    "as_wide": "present",
    "as_narrow": "not_applicable",
}
_SENTENCES: Mapping[tuple[Standing, bool, bool], str] = {
    # how it stands to the reference, whether the pitch could be compared, whether the pace could
    ("apart", True, True): "flatter_or_faster",
    ("apart", True, False): "flatter",
    ("apart", False, True): "faster",
    ("as_wide", True, True): "as_wide",
    ("as_wide", True, False): "pitch_as_wide",
    ("as_narrow", True, True): "as_narrow",
    ("as_narrow", True, False): "pitch_as_narrow",
    ("between", True, True): "between",
    ("between", True, False): "pitch_between",
    ("between", False, True): "pace_usual",
}


def delivery_of(facts: Facts, act: Act) -> Finding:
    """The delivery family around one occurrence."""
    held = facts.delivery_of(act)
    if held is None:
        return _withheld(Note(f"scoring.delivery.{'found_later' if facts.evidence.deliveries else 'not_measured'}"))
    spread, rate = (_measure(held, name) for name in ("phrase_span_ratio", "phrase_rate_ratio"))
    if spread.value is None and rate.value is None:
        return _withheld(spread.reason or Note("scoring.delivery.not_measured"))
    return _compared(held, spread.value, rate.value)


def _withheld(reason: Note) -> Finding:
    return Finding("delivery", "not_assessable", reason.code, reason=reason)


def _measure(held: GestureDelivery, name: str) -> Measure:
    return next(m for m in held.delivery.measures if m.name == name)


def _compared(held: GestureDelivery, spread: float | None, rate: float | None) -> Finding:
    standing = _standing(spread, rate, held.delivery.reference.spread_st)
    variant = _SENTENCES[standing, spread is not None, rate is not None]
    return Finding("delivery", _STATES[standing], variant, _params(held, rate), span=held.delivery.span)


def _standing(spread: float | None, rate: float | None, reference_st: float | None) -> Standing:
    if (spread is not None and spread < FLATTER_THAN) or (rate is not None and rate > FASTER_THAN):
        return "apart"
    if spread is None or spread < AS_WIDE_AS:
        return "between"
    return "as_narrow" if reference_st is not None and reference_st < NARROW_ST else "as_wide"


def _params(held: GestureDelivery, rate: float | None) -> dict[str, Param]:
    """What was measured and against what; a sentence names only what there is."""
    said, reference = held.delivery, held.delivery.reference
    known = {"spread_st": said.spread_st, "reference_st": reference.spread_st, "rate_ratio": rate}
    params: dict[str, Param] = {name: value for name, value in known.items() if value is not None}
    return {**params, "n": reference.stretches, "reference_s": reference.speech_s}
