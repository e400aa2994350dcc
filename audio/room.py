"""Room: what the other party was left after something was said (a question, an offer, a reassurance).

Room is given when the asker stays silent for at least 1.0 s, or when the other takes the floor and is not cut off
(design.md 3; from ~700 ms on silence after a request is heard, Roberts & Francis 2013, second-hand).

Method: the end of the asker's speech around `time_s` is found in the speech regions (word times stretch over
pauses; 0.3 s of error is allowed). The other takes the floor by starting before the asker speaks again, at the
earliest 0.5 s before that end (a terminal overlap). An answer is *cut off* when the asker interrupts it by the
rule of `audio.overlaps`, or starts again within 1.0 s of its onset, over at least 250 ms, and outlasts it.
On mono, a silence of 0.5 s or less can't be told from none: not assessable, and a cut can't be heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.floor import MONO_BLIND_S
from audio.notes import Note
from audio.overlaps import RULE, find_ipus, find_overlaps
from audio.timeline import Party, Span, merge
from audio.turns import Speech

ROOM_S = 1.0
WORD_TIME_ERROR_S = 0.3
RESTART_S = 1.0


@dataclass(frozen=True)
class Room:
    """`given` None: not assessable, see `reason`. `silence_s`: the silence the other actually got.

    silence_s  from the end of the asker's speech to whoever spoke next; 0 when that was in overlap; None when
               nobody spoke again and the end of the call was not told
    other_took the other spoke before the asker did
    cut_off    the asker cut that answer
    """

    given: bool | None
    silence_s: float | None
    other_took: bool
    cut_off: bool
    reason: Note | None = None


def room_after(time_s: float, speech: Speech, *, asker: Party, mono: bool, end_s: float | None = None) -> Room:
    """Room left to the other parties after `time_s` (the end of a question's last word).

    `end_s`: end of the recording, to know the silence after the last speech; without it that is not assessable.
    """
    own = find_ipus(speech.get(asker, ()))
    others = find_ipus(merge(s for p, spans in speech.items() if p != asker for s in spans))
    anchor_s = _end_of_speech(own, time_s)
    again = next((s for s in own if s.end_s > anchor_s and s.start_s >= anchor_s - 1e-9), None)
    answer = _answer(others, anchor_s, again)
    if _goes_straight_on(own, anchor_s) and answer is None:
        return _judged(0.0, None, cut_off=False, mono=mono)
    next_s = answer.start_s if answer else (again.start_s if again else end_s)
    silence_s = None if next_s is None else max(0.0, next_s - anchor_s)
    cut_off = answer is not None and not mono and _is_cut(answer, own, others, anchor_s)
    return _judged(silence_s, answer, cut_off=cut_off, mono=mono)


def _judged(silence_s: float | None, answer: Span | None, *, cut_off: bool, mono: bool) -> Room:
    took = answer is not None
    if silence_s is None:
        return Room(None, None, took, cut_off, Note("floor.room_at_end"))
    if mono and silence_s <= MONO_BLIND_S:
        return Room(None, silence_s, took, cut_off, Note("floor.room_mono", {"limit_s": MONO_BLIND_S}))
    given = not cut_off if took else silence_s >= ROOM_S - 1e-6
    return Room(given, silence_s, took, cut_off)


def _end_of_speech(own: Sequence[Span], time_s: float) -> float:
    """End of the asker's IPU that `time_s` belongs to; `time_s` itself when it talks straight on."""
    for index, ipu in enumerate(own):
        if ipu.contains(time_s):
            if index and time_s - ipu.start_s < WORD_TIME_ERROR_S < ipu.end_s - time_s:
                return own[index - 1].end_s
            return ipu.end_s if ipu.end_s - time_s <= WORD_TIME_ERROR_S else time_s
    before = [ipu.end_s for ipu in own if ipu.end_s <= time_s]
    return before[-1] if before else time_s


def _goes_straight_on(own: Sequence[Span], anchor_s: float) -> bool:
    return any(ipu.contains(anchor_s) for ipu in own)


def _answer(others: Sequence[Span], anchor_s: float, again: Span | None) -> Span | None:
    """The other's first IPU after the question (or in its last 0.5 s), if it comes before the asker's next one."""
    for ipu in others:
        if ipu.start_s >= anchor_s - RULE.terminal_s and ipu.end_s > anchor_s:
            return ipu if again is None or ipu.start_s < again.start_s else None
    return None


def _is_cut(answer: Span, own: Sequence[Span], others: Sequence[Span], after_s: float) -> bool:
    overlaps = find_overlaps({"agent": own, "customer": others})
    cuts = [o for o in overlaps if o.by == "agent" and o.span.start_s >= after_s and answer.overlap(o.span)]
    return any(o.kind == "interruption" or _is_restart(o.span, o.ipu, answer) for o in cuts)


def _is_restart(overlap: Span, ipu: Span, answer: Span) -> bool:
    """The asker speaks again right after the answer's onset, and outlasts it."""
    return overlap.start_s - answer.start_s <= RESTART_S and ipu.end_s > answer.end_s
