"""How the agent said each act that can be a gesture: which seconds stand for it, and what they are held against.

The seconds are the act's own words when they hold a second of speech. Shorter ones (`bonjour`) can't be compared, so
the units between pauses that hold them stand for them, five seconds at most around the act. What they are held against
is the agent's speech outside of all such phrases; where that is under twenty seconds, as in a short call that is mostly
script, all the agent's speech outside of this one (from a hundred phrases on all of it: one in a hundred moves little,
and reading the rest a hundred times takes long).
"""

from __future__ import annotations

from collections.abc import Sequence

from audio.phrase import LEAST, Rest, measure_phrase, read_rest
from audio.signature import sign_phrase
from audio.timeline import Span, intersect, merge, subtract, total_s
from audio.voice import VoiceTracks
from service.measuring import Known
from service.refinding import has_delivery
from service.scoring.evidence import Act, GestureDelivery, SpokenTurn
from service.words.repetition import phrase_key

LONGEST_S = 5.0
ENOUGH_REST_S = 20.0
MANY_PHRASES = 100


def measure_deliveries(
    acts: Sequence[Act],
    turns: Sequence[SpokenTurn],
    tracks: VoiceTracks,
    known: Known,
    *,
    source: str,
    snr_db: float | None = None,
) -> tuple[GestureDelivery, ...]:
    """One for each act of the agent that can be a gesture, in the order of `acts`. `tracks`, `known`: the agent's."""
    by_index = {turn.index: turn for turn in turns}
    spans = {
        i: phrase_span(act.span, by_index[act.turn].ipus, tracks.speech)
        for i, act in enumerate(acts)
        if has_delivery(act)
    }
    rests = _Rests(tracks, list(spans.values()), known)
    return tuple(
        GestureDelivery(
            act=i,
            delivery=measure_phrase(tracks, span, rests.of(span), source=source, snr_db=snr_db),
            signature=sign_phrase(tracks, span, key=_key(span, known)),
        )
        for i, span in spans.items()
    )


def phrase_span(act: Span, ipus: Sequence[Span], speech: Sequence[Span]) -> Span:
    """The seconds that stand for an act: its own, or the units (`ipus`) that hold it when it has under 1 s of speech.

    `speech`: where the agent speaks alone, sorted, disjoint. Never over 5 s.
    """
    if total_s(intersect(speech, [act])) >= LEAST.speech_s:
        return _cut(act, around=act)
    held = [act, *(ipu for ipu in ipus if ipu.overlap(act) is not None)]
    return _cut(Span(min(s.start_s for s in held), max(s.end_s for s in held)), around=act)


def _cut(whole: Span, *, around: Span) -> Span:
    if whole.duration_s <= LONGEST_S:
        return whole
    first_s = (around.start_s + around.end_s - LONGEST_S) / 2
    start_s = min(max(first_s, whole.start_s), whole.end_s - LONGEST_S)
    return Span(start_s, start_s + LONGEST_S)


class _Rests:
    """The speech each phrase is held against: read once where it is the same for all."""

    def __init__(self, tracks: VoiceTracks, phrases: Sequence[Span], known: Known) -> None:
        self._tracks, self._known = tracks, known
        self._shared: Rest | None = None
        free = subtract(tracks.speech, merge(phrases))
        if total_s(free) >= ENOUGH_REST_S:
            self._shared = self._read(free)
        elif len(phrases) >= MANY_PHRASES:
            self._shared = self._read(tracks.speech)

    def of(self, phrase: Span) -> Rest:
        """Without all phrases where enough is left, else without this one."""
        return self._shared or self._read(subtract(self._tracks.speech, [phrase]))

    def _read(self, speech: Sequence[Span]) -> Rest:
        return read_rest(self._tracks, speech, words=self._known.words, language=self._known.language)


def _key(span: Span, known: Known) -> str:
    inside = (w.text for w in known.words if span.contains((w.span.start_s + w.span.end_s) / 2))
    return phrase_key(" ".join(inside), known.language)
