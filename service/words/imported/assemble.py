"""Raw lines into a checked `Transcript`: limits, clean text, times that make sense, and notes for what did not.

Rules
    A time that is missing, not finite, before 0 or backward is left out; the text stays. All are counted.
    A start up to `ROUNDING_S` before 0 is 0.
    A word without time among timed ones gets the gap between its neighbours, marked as estimated.
    Words of a line are put in time order; lines keep the file's order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from audio.notes import Note
from audio.timeline import Span, Word
from service.words.errors import TranscriptOverLimit, UnreadableTranscript
from service.words.imported.limits import ImportLimits, clean
from service.words.imported.raw import RawLine, RawTranscript, RawWord
from service.words.transcript import Line, Transcript

ROUNDING_S = 0.05
MAX_TIME_S = 1e6
MAX_LABEL = 80
MAX_CHANNEL = 63
_LANGUAGES = {"french": "fr", "english": "en", "francais": "fr"}


def assemble(raw: RawTranscript, source: str, limits: ImportLimits) -> Transcript:
    """The transcript, or the error that says which limit was passed or that nothing was in it."""
    seen: Counter[str] = Counter()
    lines: list[Line] = []
    for raw_line in raw.lines:
        line = _line(raw_line, seen)
        if not line.text and not raw.keeps_empty:
            continue
        lines.append(line)
        seen["words"] += max(len(line.words), line.text.count(" ") + 1)
        if len(lines) > limits.max_lines:
            raise TranscriptOverLimit("words.too_many_lines", limit=limits.max_lines)
        if seen["words"] > limits.max_words:
            raise TranscriptOverLimit("words.too_many_words", limit=limits.max_words)
    if not any(line.text for line in lines):
        raise UnreadableTranscript("words.no_text")
    notes = (*raw.notes, *_notes(seen, lines))
    return Transcript(tuple(lines), source=source, language=language_code(raw.language), notes=notes)


def language_code(value: object) -> str | None:
    """`fr` of "fr-FR" or "French"; None for anything that is no language tag."""
    name = clean(value).lower()
    name = _LANGUAGES.get(name, name)
    return match.group(1) if (match := re.fullmatch(r"([a-z]{2,3})(?:[-_][a-z0-9-]{1,20})?", name)) else None


def _notes(seen: Counter[str], lines: Sequence[Line]) -> list[Note]:
    notes = []
    if seen["bad_lines"]:
        notes.append(Note("words.line_times_left_out", {"n_lines": seen["bad_lines"]}))
    if seen["bad_words"]:
        notes.append(Note("words.word_times_left_out", {"n_words": seen["bad_words"]}))
    if seen["backward_words"]:
        notes.append(Note("words.words_put_in_order", {"n_lines": seen["backward_words"]}))
    starts_s = [line.span.start_s for line in lines if line.span is not None]
    backward = sum(1 for a, b in pairwise(starts_s) if b < a)
    if backward:
        notes.append(Note("words.lines_go_back", {"n_lines": backward}))
    return notes


def _span(start_s: float | None, end_s: float | None) -> Span | None:
    """The span, when both times are there and make sense."""
    if start_s is None or end_s is None or not -ROUNDING_S <= start_s <= end_s <= MAX_TIME_S:
        return None
    return Span(max(0.0, start_s), max(0.0, end_s))


def _line(raw: RawLine, seen: Counter[str]) -> Line:
    span = _span(raw.start_s, raw.end_s)
    if span is None and not (raw.start_s is None and raw.end_s is None):
        seen["bad_lines"] += 1
    words = _words(raw.words, span, seen)
    text = clean(raw.text) or " ".join(cleaned for w in raw.words if (cleaned := clean(w.text)))
    if span is None and words:
        span = Span(min(w.span.start_s for w in words), max(w.span.end_s for w in words))
    channel = raw.channel if raw.channel is not None and 0 <= raw.channel <= MAX_CHANNEL else None
    return Line(text=text, speaker=clean(raw.speaker)[:MAX_LABEL], channel=channel, span=span, words=words)


def _words(raw: Sequence[RawWord], line: Span | None, seen: Counter[str]) -> tuple[Word, ...]:
    """Words with times; () when the file gives none, so that a line's text is spread over its speech later."""
    cleaned = [replace(w, text=text) for w in raw if (text := clean(w.text))]
    spans = [_span(w.start_s, w.end_s) for w in cleaned]
    seen["bad_words"] += sum(
        1 for w, s in zip(cleaned, spans, strict=True) if s is None and not (w.start_s is None and w.end_s is None)
    )
    if not any(spans):
        return ()
    words: list[Word] = []
    position = 0
    for has_time, group in groupby(zip(cleaned, spans, strict=True), key=lambda pair: pair[1] is not None):
        run = list(group)
        if has_time:
            words += [_word(w, s) for w, s in run if s is not None]
        else:
            words += _between([w for w, _ in run], _gap(spans, position, len(run), line))
        position += len(run)
    ordered = sorted(words, key=lambda w: w.span.start_s)
    seen["backward_words"] += ordered != words
    return tuple(ordered)


def _gap(spans: Sequence[Span | None], first: int, n: int, line: Span | None) -> Span:
    """The room for words without time: from the word before to the word after, inside the line."""
    before = spans[first - 1] if first else None
    after = spans[first + n] if first + n < len(spans) else None
    start_s = before.end_s if before else (line.start_s if line else after.start_s if after else 0.0)
    end_s = after.start_s if after else (line.end_s if line else start_s)
    return Span(start_s, max(start_s, end_s))


def _between(words: Sequence[RawWord], gap: Span) -> list[Word]:
    step_s = gap.duration_s / len(words)
    starts_s = [gap.start_s + i * step_s for i in range(len(words))]
    return [
        _word(w, Span(s, min(max(s, s + step_s), max(s, gap.end_s))), estimated=True)
        for w, s in zip(words, starts_s, strict=True)
    ]


def _word(raw: RawWord, span: Span, *, estimated: bool = False) -> Word:
    confidence = raw.confidence
    known = confidence if confidence is not None and 0.0 <= confidence <= 1.0 else None
    return Word(str(raw.text), span, confidence=known, time_is_estimated=estimated)
