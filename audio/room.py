"""Room: what the other party was left after something was said (a question, an offer, a reassurance).

Room is given when the asker stays silent for at least 1.0 s, or when the other takes the floor and is not cut off
(design.md 3; from ~700 ms on silence after a request is heard, Roberts & Francis 2013, second-hand).

Method: the end of the asker's speech around `time_s` is found in the speech regions (word times stretch over
pauses; 0.3 s of error is allowed). The other takes the floor by speaking before the asker does again; an overlap
with the last 0.5 s of the question counts. The answer is *cut off* when the asker's next speech (backchannels left
out) interrupts it by the rule of `audio.overlaps`, or starts over at least 250 ms of it within 1.0 s of its onset
and outlasts it; in the last 500 ms of an answer of at least 0.5 s that is ordinary timing, and no cut.
On mono, a silence of 0.5 s or less can't be told from none: not assessable, and a cut can't be heard.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from audio.floor import MONO_BLIND_S
from audio.notes import Note
from audio.overlaps import RULE, Overlap, find_ipus, find_overlaps
from audio.timeline import Party, Span, merge
from audio.turns import Speech

ROOM_S = 1.0
WORD_TIME_ERROR_S = 0.3
RESTART_S = 1.0
ANSWER_S = 0.5
LEAST_ANSWER_S = 0.1


@dataclass(frozen=True)
class Room:
    """`given` None: not assessable, see `reason`.

    silence_s   from the end of the asker's speech to whoever spoke next; 0 when that was in overlap, or when the
                asker talked straight on; None when nobody spoke again and the end of the call was not told
    other_took  the other spoke before the asker did again
    cut_off     the asker cut that answer
    """

    given: bool | None
    silence_s: float | None
    other_took: bool
    cut_off: bool
    reason: Note | None = None


def room_after(time_s: float, speech: Speech, *, asker: Party, mono: bool, end_s: float | None = None) -> Room:
    """Room left to the other parties after `time_s` (the end of a question's last word).

    `end_s`: end of the recording. When nobody speaks again, a second of silence up to there is room; anything
    less, or an end that is not told, is not assessable.
    """
    return Rooms(speech, asker, mono, end_s).after(time_s)


@dataclass(frozen=True, eq=False)
class Rooms:
    """`room_after` at any moment of one call: breaths and overlaps are worked out once."""

    speech: Speech
    asker: Party
    mono: bool
    end_s: float | None = None

    def after(self, time_s: float) -> Room:
        """See `room_after`."""
        own, mono = self._own, self.mono
        anchor_s = _end_of_speech(own, time_s)
        if own.holding(anchor_s) is not None:
            return _judged(0.0, took=False, cut_off=False, mono=mono)
        again = own.first_from(anchor_s)
        answer = _answer(self._others, anchor_s, again)
        if answer is None and again is None:
            return _at_end(anchor_s, self.end_s)
        next_s = min(s.start_s for s in (answer, again) if s is not None)
        cut_off = answer is not None and not mono and self._is_cut(answer, anchor_s)
        return _judged(max(0.0, next_s - anchor_s), took=answer is not None, cut_off=cut_off, mono=mono)

    @cached_property
    def _own(self) -> _Breaths:
        return _Breaths(find_ipus(self.speech.get(self.asker, ())))

    @cached_property
    def _others(self) -> _Breaths:
        return _Breaths(find_ipus(merge(s for p, spans in self.speech.items() if p != self.asker for s in spans)))

    @cached_property
    def _cuts(self) -> dict[Span, Overlap]:
        """The asker's onsets over the others' speech, by each of their breaths."""
        asker: Party = "agent"  # only names here: `_own` is the asker's, whoever that is
        found = find_overlaps({asker: self._own.spans, "customer": self._others.spans})
        return {ipu: o for o in found if o.by == asker for ipu in o.ipus}

    def _is_cut(self, answer: Span, after_s: float) -> bool:
        """Whether the asker's next speech, backchannels left out, cuts into the others'."""
        for ipu in self._own.spans[self._own.index_from(after_s) :]:
            cut = self._cuts.get(ipu)
            if cut is None or cut.kind != "backchannel":
                return cut is not None and (cut.kind == "interruption" or _is_restart(cut, answer))
        return False


@dataclass(frozen=True, eq=False)
class _Breaths:
    """Sorted, disjoint IPUs, made quick to ask."""

    spans: Sequence[Span]

    @cached_property
    def _starts_s(self) -> list[float]:
        return [s.start_s for s in self.spans]

    @cached_property
    def _ends_s(self) -> list[float]:
        return [s.end_s for s in self.spans]

    def holding(self, time_s: float) -> Span | None:
        """The IPU that holds a time."""
        at = bisect_right(self._starts_s, time_s) - 1
        return self.spans[at] if at >= 0 and self.spans[at].contains(time_s) else None

    def index_from(self, time_s: float) -> int:
        """Index of the first IPU that starts at a time or later."""
        return bisect_left(self._starts_s, time_s)

    def first_from(self, time_s: float) -> Span | None:
        """That IPU."""
        at = self.index_from(time_s)
        return self.spans[at] if at < len(self.spans) else None

    def last_end_s(self, time_s: float) -> float | None:
        """The last end up to a time."""
        at = bisect_right(self._ends_s, time_s) - 1
        return self._ends_s[at] if at >= 0 else None

    def lasting(self, time_s: float) -> Sequence[Span]:
        """The IPUs that end at a time or later."""
        return self.spans[bisect_left(self._ends_s, time_s) :]


def _judged(silence_s: float, *, took: bool, cut_off: bool, mono: bool) -> Room:
    if mono and silence_s <= MONO_BLIND_S:
        return Room(None, silence_s, took, cut_off, Note("floor.room_mono", {"limit_s": MONO_BLIND_S}))
    given = not cut_off if took else silence_s >= ROOM_S - 1e-6
    return Room(given, silence_s, took, cut_off)


def _at_end(anchor_s: float, end_s: float | None) -> Room:
    """Nobody speaks again."""
    silence_s = None if end_s is None else max(0.0, end_s - anchor_s)
    if silence_s is None or silence_s < ROOM_S:
        return Room(None, silence_s, other_took=False, cut_off=False, reason=Note("floor.room_at_end"))
    return Room(True, silence_s, other_took=False, cut_off=False)


def _end_of_speech(own: _Breaths, time_s: float) -> float:
    """End of the asker's IPU that `time_s` belongs to; `time_s` itself when the asker talks straight on."""
    before_s, around = own.last_end_s(time_s), own.holding(time_s)
    if around is None:
        return time_s if before_s is None else before_s
    if around.end_s - time_s <= WORD_TIME_ERROR_S:
        return around.end_s
    begun_s = time_s - around.start_s
    return before_s if before_s is not None and begun_s < WORD_TIME_ERROR_S else time_s


def _answer(others: _Breaths, anchor_s: float, again: Span | None) -> Span | None:
    """The others' first speech after the question, or already running at its end, before the asker's next one."""
    for ipu in others.lasting(anchor_s + LEAST_ANSWER_S):
        timely = ipu.start_s >= anchor_s - RULE.terminal_s
        if timely or (ipu.start_s < anchor_s and ipu.end_s >= anchor_s + ANSWER_S):
            return ipu if again is None or ipu.start_s < again.start_s else None
    return None


def _is_restart(cut: Overlap, answer: Span) -> bool:
    """The asker speaks again soon after the answer's onset, and outlasts it."""
    into_s = cut.span.start_s - answer.start_s
    ordinary = cut.kind == "terminal_overlap" and into_s >= ANSWER_S
    return (
        answer.overlap(cut.span) is not None and into_s <= RESTART_S and cut.ipu.end_s > answer.end_s and not ordinary
    )
