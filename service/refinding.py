"""Acts from the stored turns, and what of the evidence rests on them: holds, long silences, room after questions.

The analysis of a call and a re-score come through here alike, on the same rounded document, so that the same packs find
the same acts without the sound. The sound conditions of rules need what the evidence holds: speech, floor events, and
the voice turn by turn. How an act was said needs the sound itself: an act that nothing was measured of has no delivery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from audio.floor import FloorEvent, announced, measure_silences
from audio.notes import Measure, Note
from audio.timeline import Party
from service.asking import measure_room
from service.scoring.catalog import GESTURES
from service.scoring.evidence import Act, Evidence, GestureDelivery, WordsInfo
from service.scoring.rounding import rounded
from service.words.rules import HeardSound, Pack, find_acts, packs_of, together

FORMS = frozenset(act for rule in GESTURES.values() for act in rule.acts)
"""The acts that can be a gesture: those of the agent have a delivery."""
_UNUSED = "cli.pack_unused"


def refound(evidence: Evidence, own: Sequence[Pack], *, voice: bool) -> Evidence:
    """Rounded evidence with the acts that today's built-in pack and packs of one's `own` find in it.

    `voice` False keeps the voice out of the acts: else they would give it away where it may not weigh. Raises
    PackError when two of the packs share an id.
    """
    words = evidence.words
    if not words.available or words.language is None:
        return rested(evidence.model_copy(update={"acts": (), "deliveries": ()}), ())
    packs = packs_of(words.language, own)
    acts = find_acts(evidence.turns, together(packs), sound_of(evidence, voice=voice))
    unused = (Note(_UNUSED, {"pack": p.name, "language": words.language}) for p in own if p.language != words.language)
    changes = {
        "words": words.model_copy(update={"packs": tuple(p.name for p in packs)}),
        "notes": (*(n for n in evidence.notes if n.code != _UNUSED), *unused),
    }
    return rested(evidence.model_copy(update=changes), acts)


def sound_of(evidence: Evidence, *, voice: bool) -> HeardSound:
    """What rules may ask of the sound."""
    return HeardSound(
        evidence.turns,
        evidence.speech,
        evidence.floor,
        duration_s=evidence.call.duration_s,
        mono=evidence.source == "diarized mono",
        voice=voice,
    )


def rested(evidence: Evidence, acts: Sequence[Act]) -> Evidence:
    """Rounded evidence with these acts, and everything that rests on acts worked out from them, rounded too."""
    acts = rounded(tuple(acts))
    floor = _with_holds(evidence.floor, acts)
    changed = evidence.model_copy(
        update={
            "acts": acts,
            "floor": floor,
            "call_measures": rounded(_silences(evidence, floor)),
            "deliveries": kept_deliveries(evidence, acts),
        }
    )
    return changed.model_copy(update={"measures": _with_room(changed)})


def _with_holds(floor: Sequence[FloorEvent], acts: Sequence[Act]) -> tuple[FloorEvent, ...]:
    """Silences the agent announced are holds, and no dead air; without acts nobody can tell them."""
    notices_s = [a.span.end_s for a in acts if a.id == "hold_notice" and a.party == "agent"]
    heard = [replace(e, kind="dead_air") if e.kind == "hold" else e for e in floor]
    return tuple(announced(heard, notices_s))


def _silences(evidence: Evidence, floor: Sequence[FloorEvent]) -> tuple[Measure, ...]:
    found = measure_silences(
        evidence.speech,
        floor,
        source=evidence.source,
        paused=evidence.layout.recorder_paused,
        words=_has_packs(evidence.words),
    )
    measured = {m.name: m for m in found}
    return tuple(measured.get(m.name, m) for m in evidence.call_measures)


def _has_packs(words: WordsInfo) -> bool:
    return words.available and bool(words.packs)


def _with_room(evidence: Evidence) -> Mapping[Party, tuple[Measure, ...]]:
    """The measures, with room after the agent's questions as the last of the agent's."""
    if "agent" not in evidence.measures:
        return evidence.measures
    others = (m for m in evidence.measures["agent"] if m.name != "room_after_question")
    return {**evidence.measures, "agent": (*others, rounded(measure_room(evidence)))}


def kept_deliveries(evidence: Evidence, acts: Sequence[Act]) -> tuple[GestureDelivery, ...]:
    """The deliveries that were measured on the same seconds of the agent, each with its act's place in `acts`."""
    measured = {
        (act.turn, act.span): held
        for held in evidence.deliveries
        if held.act < len(evidence.acts) and (act := evidence.acts[held.act]).party == "agent"
    }
    found = ((i, measured.get((act.turn, act.span))) for i, act in enumerate(acts) if has_delivery(act))
    return tuple(held.model_copy(update={"act": i}) for i, held in found if held is not None)


def has_delivery(act: Act) -> bool:
    """Whether it matters how an act was said: the agent's, when it can be the form of a gesture."""
    return act.party == "agent" and act.id in FORMS and not act.by_echo
