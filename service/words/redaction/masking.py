"""Words and lines with their private passages replaced, and what was replaced where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from audio.timeline import Span, Word
from service.words.masks import KINDS, MASKS, Kind
from service.words.redaction.addresses import email_passages
from service.words.redaction.dates import birth_dates
from service.words.redaction.runs import Passage, Stops, number_passages

DICTATION_GAP_S = 8.0
"""A longer silence ends a number: the other party has answered at length, or something else began."""
WORD_GAP_S = 0.8
"""A mask covers words closer than this; a longer pause may be the border of a turn."""
_DEFAULT = "en"


@dataclass(frozen=True)
class Redaction:
    """What was masked, and when it was said: `span` in call time; `estimated`: its words had no times of their own."""

    kind: Kind
    span: Span
    estimated: bool = False


@dataclass(frozen=True)
class Masked:
    """The words as they may be stored, and what was taken from them."""

    words: tuple[Word, ...]
    redactions: tuple[Redaction, ...]


def mask_words(words: Sequence[Word], language: str | None) -> Masked:
    """One voice's words (in time order) with their private passages masked. Unknown languages are read as English."""
    tongue = language if language in MASKS else _DEFAULT
    tokens = [w.text for w in words]
    stops = frozenset(
        i + 1 for i, (a, b) in enumerate(pairwise(words)) if b.span.start_s - a.span.end_s > DICTATION_GAP_S
    )
    kept: list[Word] = []
    redactions: list[Redaction] = []
    at = 0
    for passage in find_passages(tokens, tongue, stops):
        kept += words[at : passage.first]
        for part in _parts(words[passage.first : passage.last + 1]):
            kept.append(_mask(part, MASKS[tongue][passage.kind]))
            redactions.append(Redaction(passage.kind, kept[-1].span, kept[-1].time_is_estimated))
        at = passage.last + 1
    return Masked((*kept, *words[at:]), tuple(redactions))


def mask_text(text: str, language: str | None) -> str:
    """The same for a line of text; a line with nothing private comes back as it is."""
    tongue = language if language in MASKS else _DEFAULT
    tokens = text.split()
    passages = find_passages(tokens, tongue, frozenset())
    for passage in reversed(passages):
        tokens[passage.first : passage.last + 1] = [MASKS[tongue][passage.kind]]
    return " ".join(tokens) if passages else text


def find_passages(tokens: Sequence[str], language: str, stops: Stops) -> list[Passage]:
    """Private passages, sorted, disjoint; where several touch the same tokens the first kind of KINDS names them."""
    found = [
        *number_passages(tokens, language, stops),
        *birth_dates(tokens, language, stops),
        *email_passages(tokens, language, stops),
    ]
    return _joined(found)


def _joined(found: Sequence[Passage]) -> list[Passage]:
    joined: list[Passage] = []
    for passage in sorted(found, key=lambda p: (p.first, p.last)):
        if joined and passage.first <= joined[-1].last:
            before = joined.pop()
            kind = min(before.kind, passage.kind, key=KINDS.index)
            passage = Passage(before.first, max(before.last, passage.last), kind)
        joined.append(passage)
    return joined


def _parts(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The words of a passage in stretches without a pause."""
    first = 0
    for i, (a, b) in enumerate(pairwise(words), 1):
        if b.span.start_s - a.span.end_s > WORD_GAP_S:
            yield words[first:i]
            first = i
    yield words[first:]


def _mask(words: Sequence[Word], text: str) -> Word:
    """One word in place of several, from the start of the first to the end of the last."""
    known = [w.confidence for w in words if w.confidence is not None]
    span = Span(words[0].span.start_s, max(w.span.end_s for w in words))
    return Word(text, span, min(known) if known else None, any(w.time_is_estimated for w in words))
