"""Words meet turns. Turns come from the sound; words never move their borders.

A word belongs to the turn of its party that holds the middle of the word, or else to the nearest one: recognisers
stretch words over pauses, so borders of words are not trusted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import median

from audio.timeline import Party, Span, Turn, Word
from service.scoring.evidence import SpokenTurn
from service.words.parties import party_of
from service.words.transcript import Transcript


def spoken_turns(turns: Sequence[Turn], words: Mapping[Party, Sequence[Word]]) -> list[SpokenTurn]:
    """The turns in their order, `index` 0-based, each with its words in time order and their median confidence.

    Words of a party that holds no turn at all find no place.
    """
    placed: dict[int, list[Word]] = {}
    for party, said in words.items():
        own = sorted((i for i, turn in enumerate(turns) if turn.party == party), key=lambda i: turns[i].span)
        for word, at in zip(said, _nearest([turns[i].span for i in own], said), strict=True):
            if at is not None:
                placed.setdefault(own[at], []).append(word)
    return [_spoken(i, turn, placed.get(i, [])) for i, turn in enumerate(turns)]


def turns_of_transcript(transcript: Transcript) -> list[SpokenTurn]:
    """Text alone: one turn per line, in file order. A line without times stands at the end of the one before it."""
    turns: list[SpokenTurn] = []
    last_s = 0.0
    for index, line in enumerate(transcript.lines):
        span = line.span or Span(last_s, last_s)
        last_s = span.end_s
        turns.append(
            SpokenTurn(
                index=index,
                party=party_of(line.speaker),
                span=span,
                text=line.text,
                words=line.words,
                confidence=_median_confidence(line.words),
            )
        )
    return turns


def _spoken(index: int, turn: Turn, words: Sequence[Word]) -> SpokenTurn:
    ordered = tuple(sorted(words, key=lambda w: (w.span.start_s, w.span.end_s)))
    return SpokenTurn(
        index=index,
        party=turn.party,
        span=turn.span,
        ipus=turn.ipus,
        text=" ".join(text for w in ordered if (text := w.text.strip())),
        words=ordered,
        confidence=_median_confidence(ordered),
    )


def _median_confidence(words: Sequence[Word]) -> float | None:
    known = [w.confidence for w in words if w.confidence is not None]
    return median(known) if known else None


def _nearest(spans: Sequence[Span], words: Sequence[Word]) -> list[int | None]:
    """For each word the position of its span in the sorted `spans`; None for all when there is none."""
    starts_s = [s.start_s for s in spans]
    found: list[int | None] = []
    for word in words:
        mid_s = (word.span.start_s + word.span.end_s) / 2
        after = bisect_right(starts_s, mid_s)
        around = [i for i in (after - 1, after) if 0 <= i < len(spans)]
        found.append(min(around, key=lambda i: _distance_s(spans[i], mid_s), default=None))
    return found


def _distance_s(span: Span, time_s: float) -> float:
    return max(span.start_s - time_s, time_s - span.end_s, 0.0)
